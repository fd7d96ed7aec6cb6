"""The documentation says what the program does: nothing is missing, nothing leads nowhere."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from sekisho.analyzers import lax_conditions
from sekisho.analyzers.keys import SHOWN_KEYS
from sekisho.analyzers.lax_conditions import Laxity
from sekisho.analyzers.observation import ErrorCode, FindingType, Severity
from sekisho.analyzers.severity import RULES
from sekisho.api.model import operation_models
from sekisho.api.operations import Service, make_operations
from sekisho.api.roles import least_role
from sekisho.cli.commands import sekisho
from sekisho.cli.exemptions import read_exemptions
from sekisho.cli.render.formats import COLUMNS
from sekisho.cli.settings import EXEMPTIONS, SETTINGS, Setting
from sekisho.cli.status import ExitStatus
from sekisho.collectors.services import COLLECTORS
from sekisho.policy.catalogue import CROSS_ACCOUNT
from sekisho.reasoning.budget import MAX_STEPS
from sekisho.reasoning.regions import MAX_GROUPS, MAX_REGIONS
from sekisho.reasoning.settle import STEPS_OF_A_COMBINATION
from sekisho.resources.gaps import ABSENT, ACCOUNT_CALLS
from sekisho.resources.registry import READERS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("changelog.d/*.md")]
)
PAGE_NAMES = [str(page.relative_to(ROOT)) for page in PAGES]

README_LINES = 90
"""Two screens."""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(sekisho))


def text_of(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """Return what stands under a heading of a reference page, up to the next one of the same level."""
    _, found, rest = text_of(page).partition(f"\n## {heading}\n")
    assert found, f"{page} has no section `{heading}`"
    return rest.partition("\n## ")[0]


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [body for _, body in fenced]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_that_names_every_option(name: str) -> None:
    told = section("commands.md", f"`sekisho {name}`")

    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    for spelling in (spelling for option in options for spelling in option.opts if spelling.startswith("--")):
        if spelling != "--help":
            assert re.search(rf"`{spelling}[` ]", told), spelling


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_is_listed_with_its_variable_and_key(setting: Setting) -> None:
    rows = [line for line in text_of("commands.md").splitlines() if line.startswith(f"| `--{setting.name}`")]

    assert len(rows) == 1
    assert f"`{setting.environment_variable}`" in rows[0]
    assert f"| `{setting.name}` |" in rows[0]
    assert all(f"`{choice}`" in rows[0] for choice in setting.choices)


def test_no_setting_is_listed_that_is_none() -> None:
    listed = re.findall(r"^\| `--([a-z-]+)`.*`SEKISHO_", text_of("commands.md"), re.MULTILINE)

    assert set(listed) == set(SETTINGS)


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_variable_that_is_named_exists(page: Path) -> None:
    known = {setting.environment_variable for setting in SETTINGS.values()} | {
        "SEKISHO_CONFIG", "SEKISHO_CASES", "SEKISHO_SECRET_KEY", "SEKISHO_METRICS_TOKEN",
    }  # fmt: skip

    assert set(re.findall(r"SEKISHO_[A-Z_]+", page.read_text("utf-8"))) <= known


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    known = {
        one for command in COMMANDS.values() for param in command.params for one in (*param.opts, *param.secondary_opts)
    }
    for line in re.findall(r"^ *(?:\S+=\S+ )?(?:\.venv/bin/)?sekisho (.+)$", page.read_text("utf-8"), re.MULTILINE):
        words = line.split()
        assert any(line == name or line.startswith(f"{name} ") for name in COMMANDS), line
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("status", ExitStatus)
def test_every_exit_status_is_listed(status: ExitStatus) -> None:
    assert re.search(rf"^\| {status.value} \| ", text_of("exit-status.md"), re.MULTILINE)


@pytest.mark.parametrize("resource_type", READERS)
def test_every_resource_type_has_a_section(resource_type: str) -> None:
    told = section("resource-types.md", resource_type)

    only = CROSS_ACCOUNT[resource_type].only or ()
    for name in (*only, *(call for call, types in ACCOUNT_CALLS.items() if resource_type in types)):
        assert re.search(rf"`(sts:)?{re.escape(name)}`", told), name


def test_every_call_is_listed_with_the_type_it_reads() -> None:
    told = text_of("resource-types.md")

    for call in (call for collector in COLLECTORS for call in collector.reads):
        assert f"`{call}`" in told, call


def test_every_answer_that_means_nothing_is_there_is_listed() -> None:
    told = text_of("errors.md")

    assert all(f"`{code}`" in told for codes in ABSENT.values() for code in codes)


@pytest.mark.parametrize(("rule", "severity"), RULES)
def test_every_severity_rule_is_listed_in_its_place(rule: str, severity: Severity) -> None:
    place = [known for known, _ in RULES].index(rule) + 1

    assert f"\n| {place} | {rule} | {severity.name} | " in text_of("severity.md")


def test_every_shown_key_is_listed_and_no_other() -> None:
    table = text_of("condition-keys.md").partition("| key | narrows when |")[2].partition("\n\n")[0]

    assert {key.lower() for key in re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)} == SHOWN_KEYS


@pytest.mark.parametrize("reason", [one.one for one in vars(lax_conditions).values() if isinstance(one, Laxity)])
def test_every_reason_why_a_condition_keeps_nobody_out_is_listed(reason: str) -> None:
    assert f"\n| {reason} | " in section("condition-keys.md", "Why a condition keeps nobody out")


@pytest.mark.parametrize("member", COLUMNS)
def test_every_member_of_a_finding_is_described(member: str) -> None:
    assert re.search(rf"^\| (`\w+`, )*`{member}`(, `\w+`)* \| ", text_of("finding.md"), re.MULTILINE)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_is_described(code: ErrorCode) -> None:
    assert f"\n| `{code.value}` | " in text_of("errors.md")


@pytest.mark.parametrize("limit", [MAX_STEPS, STEPS_OF_A_COMBINATION, MAX_GROUPS, MAX_REGIONS])
def test_every_budget_of_the_analysis_is_told(limit: int) -> None:
    assert f" {limit:,} " in text_of("errors.md")


@pytest.mark.parametrize("kind", FindingType)
def test_every_kind_of_finding_has_a_page_with_the_same_parts(kind: FindingType) -> None:
    pages = [
        page
        for page in (ROOT / "docs/findings").glob("*.md")
        if f"`findingType`: `{kind.value}`" in page.read_text("utf-8")
    ]

    assert len(pages) == 1
    assert re.findall(r"^## (.+)$", pages[0].read_text("utf-8"), re.MULTILINE) == [
        "What it finds", "Why it matters", "An example", "The fix", "How it is decided", "Known limits", "References",
    ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def test_every_page_is_reached_from_the_index() -> None:
    index, seen = ROOT / "docs/README.md", set[Path]()
    ahead = [index]
    while ahead:
        page = ahead.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            targets = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
            ahead += [(page.parent / target).resolve() for target in targets]

    assert {page.resolve() for page in ROOT.glob("docs/**/*.md")} <= seen


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_json_example_parses(page: Path) -> None:
    for body in blocks(page, "json"):
        json.loads(body)


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_settings_example_is_taken(page: Path, tmp_path: Path) -> None:
    for body in blocks(page, "toml"):
        assert tomllib.loads(body).keys() <= {*SETTINGS, EXEMPTIONS, "alerts"}  # which has tests of its own
        example = tmp_path / "sekisho.toml"
        example.write_text(body, "utf-8")
        read_exemptions(example)


def test_the_readme_fits_on_two_screens_and_begins_with_the_demo() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    first, second = lines.index("make demo"), lines.index("make test")

    assert len(lines) <= README_LINES
    assert first < second
    assert not any(line.startswith(("make ", "sekisho ", "pip ")) for line in lines[:first])


def test_every_operation_of_the_api_is_told_with_the_role_it_needs() -> None:
    nothing: Any = None
    served = set(make_operations(Service(nothing, nothing, nothing, nothing, nothing, nothing, "111122223333")))
    told = section("api.md", "Operations")
    table, _, others = told.partition("\nAll others answer")
    roles: dict[str, str] = {}
    for row in re.findall(r"^\| (`.+?) \| (\w+) \|", table, re.MULTILINE):
        roles |= dict.fromkeys(re.findall(r"`(\w+)`", row[0]), row[1])

    assert roles == {name: least_role(name).value for name in served}
    assert sorted(re.findall(r"`([A-Z]\w+[a-z])`", others.partition("reason `notSupported`")[2])) == sorted(
        set(operation_models()) - served
    )
