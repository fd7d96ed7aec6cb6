"""What the documentation tells of credentials is what the checks are, and what the command prints."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from sekisho.analyzers.credentials import CHECKS, Check, Thresholds
from sekisho.analyzers.observation import CredentialKind, FindingType
from sekisho.cli.commands import sekisho
from sekisho.resources.credentials import ReportError, parse_report

DOCS = Path(__file__).parents[2] / "docs"
CHECK_PAGE = (DOCS / "reference" / "credential-checks.md").read_text("utf-8")
FINDING_PAGE = (DOCS / "reference" / "finding.md").read_text("utf-8")
RECORDED_PAGES = ("unused-role.md", "unused-permission.md")
PAGES = ("unused-access-key.md", "unused-password.md", "credential.md")
AS_OF = "2026-11-20T08:00:00Z"

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated\n"
)
ROW = f"anna,arn:aws:iam::111122223333:user/anna,{',' * 19}\n"

REFUSED = {
    "nothing at all": b"",
    "another file": b"hello\n",
    "a column is missing": HEADER.replace(",mfa_active", "").encode(),
    "a column stands twice": HEADER.replace("cert_2_active", "user").encode(),
    "a row is too short": f"{HEADER}a,b,c,d,e,f,g,h,i,j\n".encode(),
    "a row is not UTF-8": f"{HEADER}{ROW}".encode() + b"\xff\n",
    "quotes do not close": f'{HEADER}{ROW}"anna'.encode(),
}


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def fenced(page: str, language: str) -> list[str]:
    found = re.findall(r"^```([\w ]*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [body for name, body in found if name == language]


def judged(report: str, *options: str) -> str:
    done = CliRunner().invoke(
        sekisho,
        ["credentials", "--report", "-", "--as-of", AS_OF, *options],
        input=report,
        env={"COLUMNS": "100", "SEKISHO_CONFIG": None, "SEKISHO_DB": "sqlite://"},
    )
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_check_has_one_row_with_what_it_is(check: Check) -> None:
    rows = [line for line in CHECK_PAGE.splitlines() if line.startswith(f"| `{check.id}` |")]

    assert [row.strip("| ").split(" | ") for row in rows] == [
        [
            f"`{check.id}`",
            check.title,
            check.severity.name,
            f"`{check.threshold.replace('_', '-')}`" if check.threshold else "none",
            check.rule,
            check.cis or "none",
            codes(check.security_hub),
            codes(check.prowler),
            codes(check.trusted_advisor),
        ]
    ]


def test_no_check_is_told_that_is_none_and_they_stand_in_order() -> None:
    assert re.findall(r"^\| `(CRED-[A-Z-]+)` \|", CHECK_PAGE, re.MULTILINE) == list(CHECKS)


def test_the_defaults_of_the_thresholds_are_told() -> None:
    told = (DOCS / "reference" / "commands.md").read_text("utf-8")

    for name, value in msgspec.structs.asdict(Thresholds()).items():
        default = ("on" if value else "off") if isinstance(value, bool) else value
        assert re.search(rf"^\| `--{name.replace('_', '-')}`.* \| {default} \|$", told, re.MULTILINE), name


@pytest.mark.parametrize(
    "kind", sorted(set(FindingType) - {FindingType.EXTERNAL_ACCESS, FindingType.CREDENTIAL}, key=str)
)
def test_the_page_of_a_finding_type_names_its_checks(kind: FindingType) -> None:
    (page,) = [
        text
        for one in (*PAGES, *RECORDED_PAGES)
        if f"`findingType`: `{kind.value}`" in (text := (DOCS / "findings" / one).read_text("utf-8"))
    ]

    assert re.findall(r"^\| `(CRED-[A-Z-]+)` \|", page, re.MULTILINE) == [
        check.id for check in CHECKS.values() if check.finding_type is kind
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_report_is_judged_as_its_page_shows(name: str) -> None:
    page = (DOCS / "findings" / name).read_text("utf-8")
    (report,) = fenced(page, "csv")
    (shown,) = [block for block in fenced(page, "") if "credential report" in block]

    said = squeezed(judged(report))

    for line in shown.splitlines():
        assert squeezed(line).strip() in said, line


@pytest.mark.parametrize("name", RECORDED_PAGES)
def test_a_recording_is_judged_as_its_page_shows(name: str, tmp_path: Path) -> None:
    page = (DOCS / "findings" / name).read_text("utf-8")
    (recording,) = fenced(page, "json lines")
    (shown,) = [block for block in fenced(page, "") if "MEDIUM" in block or "LOW" in block]
    file = tmp_path / "account.jsonl"
    file.write_text(recording, encoding="utf-8")

    done = CliRunner().invoke(
        sekisho,
        ["credentials", "--recording", str(file)],
        env={"COLUMNS": "100", "SEKISHO_CONFIG": None, "SEKISHO_DB": "sqlite://"},
    )

    assert done.exit_code == 0, done.output
    said = squeezed(done.stdout)
    for line in shown.splitlines():
        assert squeezed(line).strip() in said, line


def test_the_finding_that_is_shown_as_json_is_the_one_of_the_report() -> None:
    (report,) = fenced((DOCS / "findings" / "unused-access-key.md").read_text("utf-8"), "csv")
    shown: dict[str, Any] = json.loads(fenced(FINDING_PAGE.partition("## A finding on a credential")[2], "json")[0])
    found: list[dict[str, Any]] = json.loads(judged(report, "--format", "json"))

    assert shown in found
    assert list(shown) == list(next(one for one in found if one == shown))


@pytest.mark.parametrize("name", [*FindingType, *CredentialKind], ids=str)
def test_every_finding_type_and_kind_of_credential_is_told(name: FindingType | CredentialKind) -> None:
    rows = re.findall(r"^\| `(?:findingType|credentialType)` \| .+$", FINDING_PAGE, re.MULTILINE)

    assert f"`{name.value}`" in " ".join(rows)


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_the_message_on_a_report_that_is_refused_is_told(content: bytes) -> None:
    with pytest.raises(ReportError) as refused:
        parse_report(content)

    assert str(refused.value) in (DOCS / "reference" / "errors.md").read_text("utf-8")
