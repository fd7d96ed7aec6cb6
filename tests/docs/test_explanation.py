"""The worked example of "How it is decided" is what the code computes, table by table."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sekisho.analyzers import analyze_policy_document
from sekisho.analyzers.observation import ExternalAccess
from sekisho.analyzers.subject import Subject, question_of
from sekisho.reasoning import Label, Question, Region, solve
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.clauses import Clause, live_clauses
from sekisho.reasoning.facets import Example
from sekisho.reasoning.judging import PRINCIPAL, Judge, Kind
from sekisho.reasoning.regions import Sides, combine, prune
from sekisho.reasoning.scene import scene_of
from sekisho.reasoning.sides import facets_of
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.registry import read_exposure
from sekisho.resources.zone import ZoneOfTrust, ZoneType

FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = (FOLDER / "how-it-is-decided.md").read_text("utf-8")
PICTURE = FOLDER / "how-it-is-decided.svg"
OWNER, TYPE = "111122223333", "AWS::SQS::Queue"
POLICY, WITNESS = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FACETS = ("network", "caller", "TLS")


def rows(first_column: str, second_column: str) -> list[list[str]]:
    """Return the cells of the table whose header begins with two columns, code marks left aside."""
    _, found, rest = PAGE.partition(f"\n| {first_column} | {second_column} |")
    assert found, first_column
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def the_question() -> Question:
    zone = ZoneOfTrust(ZoneType.ACCOUNT, OWNER, "us-east-1")
    raw = hypothetical_resource(POLICY, resource_type=TYPE, owner_account=OWNER)
    exposure = read_exposure(raw)
    (way,) = exposure.ways
    return question_of(Subject(raw, zone, exposure), way)


class Worked:
    """The example, step by step."""

    def __init__(self) -> None:
        self.question = the_question()
        self.clauses: list[Clause] = live_clauses(self.question) or []
        budget = Budget()
        scene, self.principals = scene_of(self.question, self.clauses, {}, budget)
        self.keys = scene.keys
        self.judge = Judge(self.clauses, scene.keys, self.principals, len(scene.families))
        allows = sum(clause.bit for clause in self.clauses if clause.allows)
        denies = sum(clause.bit for clause in self.clauses if not clause.allows)
        families = self.judge.all_families
        self.sides = Sides(families | allows, denies, (families, allows))
        self.groups = [Kind(self.judge.everything, (), ())]
        self.examples: list[int] = []
        self.kinds: list[list[Kind]] = []
        self.names: list[list[str]] = []
        for facet in facets_of(scene):
            known = len(self.judge.keys)
            kinds = self.judge.kinds(facet, scene.world.shown, (self.judge.outside,))
            self.examples.append(len(facet.examples))
            self.kinds.append(kinds)
            self.names.append(self.judge.keys[known:])
            self.groups = combine(self.sides, self.groups, kinds, budget)

    def mask(self, kind: Kind) -> str:
        """Write a mask without its families of callers."""
        return format(kind.mask & (1 << len(self.clauses)) - 1, f"0{len(self.clauses)}b")

    def labels(self, kind: Kind, names: Iterable[str]) -> set[str]:
        """Return the labels of a kind in words."""
        found: set[str] = set()
        for name, bits in zip(names, kind.labels, strict=True):
            texts: list[str] = [
                one.text if isinstance(one, Label) else one.value
                for one in (self.principals.labels if name == PRINCIPAL else self.keys[name].labels)
            ]
            found |= {text for place, text in enumerate(texts) if bits >> place & 1}
        return found


def shown(example: Example) -> str:
    """Return what the page calls an example."""
    if example.caller is not None:
        return example.caller.principal_arn or example.caller.kind.value
    return next(iter(example.context.values()))[0]


@pytest.fixture(scope="module")
def worked() -> Worked:
    return Worked()


def test_each_statement_has_the_bit_and_the_actions_that_are_told(worked: Worked) -> None:
    names = worked.question.actions
    for clause, (bit, sid, effect, actions) in zip(worked.clauses, rows("bit", "statement"), strict=True):
        assert (format(clause.bit, "04b"), clause.statement.sid) == (bit, sid)
        assert clause.statement.effect.value == effect
        told = "all eleven" if clause.actions == names.all else ", ".join(names.names_in(clause.actions))
        assert told == actions


def test_as_many_examples_are_made_as_are_told(worked: Worked) -> None:
    told = [int(count) for _, made in rows("facet", "examples made") for count in re.findall(r"^(\d+):", made)]

    assert worked.examples == told


def test_the_picture_has_as_many_examples_and_kinds(worked: Worked) -> None:
    told = re.findall(r"(\d+) examples, (\d+) kinds", PICTURE.read_text("utf-8"))

    assert [(int(made), int(kinds)) for made, kinds in told] == [
        (made, len(kinds)) for made, kinds in zip(worked.examples, worked.kinds, strict=True)
    ]


def test_the_kinds_have_the_masks_and_labels_that_are_told(worked: Worked) -> None:
    computed = [
        [facet, shown(kind.examples[0]), worked.mask(kind), worked.labels(kind, names)]
        for facet, kinds, names in zip(FACETS, worked.kinds, worked.names, strict=True)
        for kind in kinds
    ]

    assert computed == [
        [facet, example, mask, set(labels.split(", ")) if labels else set[str]()]
        for facet, _, example, mask, labels in rows("facet", "kind")
    ]


def test_without_tls_is_dropped_early(worked: Worked) -> None:
    assert prune(worked.sides, worked.kinds[-1]) == worked.kinds[-1][:1]


def test_the_groups_are_those_that_are_told(worked: Worked) -> None:
    called = {example: name for _, name, example, _, _ in rows("facet", "kind")}
    told = {(network, caller): mask for network, caller, _, mask, _ in rows("network", "caller")}

    assert told == {
        (called[shown(kind.examples[0])], called[shown(kind.examples[1])]): worked.mask(kind) for kind in worked.groups
    }


def test_the_masks_of_the_groups_are_the_and_that_is_told() -> None:
    for _, _, written, mask, _ in rows("network", "caller"):
        network, caller, tls = (int(one, 2) for one in written.split(" & "))
        assert format(network & caller & tls, "04b") == mask


def described(region: Region) -> list[str]:
    labels = [region.condition.get(key) for key in ("aws:sourceip", "aws:principalarn")]
    return [
        region.principal.value.replace("*", "anything"),
        *("anything" if label is None else label.text for label in labels),
    ]


def test_the_regions_that_are_left_are_those_that_are_told_and_take_few_steps(worked: Worked) -> None:
    computed = [[*described(region), ", ".join(region.witnesses)] for region in solve(worked.question, steps=1_000)]

    assert computed == [[*labels, left] for *labels, _, left in rows("principal", "`aws:SourceIp`") if left]


def in_words(condition: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in condition.items())


def test_the_findings_and_the_witness_are_those_that_are_told() -> None:
    analysis = analyze_policy_document(POLICY, resource_type=TYPE, owner_account=OWNER)
    found = [one.outcome for one in analysis.observations if isinstance(one.outcome, ExternalAccess)]

    assert [
        [
            one.principal["AWS"],
            in_words(one.condition),
            ", ".join(one.action),
            ", ".join(str(reason.sid) for reason in one.because),
        ]
        for one in found
    ] == rows("principal", "condition")
    asked = found[1].witness
    assert json.loads(WITNESS) == {
        "principal": asked.principal,
        "action": asked.action,
        "resource": asked.resource,
        "context": dict(asked.context),
    }


def test_the_picture_is_well_formed_has_its_words_and_shows_the_masks_of_the_page() -> None:
    tree = ET.parse(PICTURE).getroot()  # noqa: S314 - our own file
    space = "{http://www.w3.org/2000/svg}"

    assert tree.get("role") == "img"
    assert tree.findtext(f"{space}title")
    assert tree.findtext(f"{space}desc")
    assert not re.search(r"href|url\((?!#)|@import|<script", PICTURE.read_text("utf-8"))
    pictured = {text for node in tree.iter() for text in [(node.text or "").strip()] if re.fullmatch(r"[01]{4}", text)}
    assert pictured == {row[column] for row, column in _masks()}


def _masks() -> Iterable[tuple[list[str], int]]:
    yield from ((row, 0) for row in rows("bit", "statement"))
    yield from ((row, 3) for row in rows("facet", "kind"))
    yield from ((row, 3) for row in rows("network", "caller"))
