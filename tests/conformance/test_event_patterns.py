"""Event patterns and input transformers: our own cases, and those of every folder of `SEKISHO_CASES`.

Every answer is asked of the plain matcher, of the index, and of what explains a miss. There are many cases and they are
quick, so that a file is one test; what fails is named.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import pytest

from sekisho.alerts.patterns import (
    EventError,
    PatternError,
    PatternIndex,
    check_envelope,
    explain_miss,
    format_pattern,
    matches,
    parse_event,
    parse_pattern,
)
from sekisho.alerts.transformers import TransformerError, parse_transformer

OWN: Final = Path(__file__).parent / "event-patterns"
GIVEN: Final = [Path(one) / "event-patterns" for one in os.environ.get("SEKISHO_CASES", "").split(os.pathsep) if one]
NOW: Final = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
RULE: Final = ("my-rule", "arn:aws:events:us-east-1:111122223333:rule/my-rule")
TRANSFORMERS: Final = "transformer"
NOTHING: Final = msgspec.Raw()

Verdict = Literal["match", "no-match", "invalid-pattern", "invalid-event"]


def text_of(raw: msgspec.Raw) -> str:
    """Return what a case has as JSON, to the letter, or as a text that may be no JSON."""
    text = bytes(raw)
    return msgspec.json.decode(text, type=str) if text.startswith(b'"') else text.decode()


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A pattern of ours with events, or patterns and events that are refused."""

    name: str
    source: str
    pattern: msgspec.Raw = NOTHING
    match: list[msgspec.Raw] = []
    no_match: list[msgspec.Raw] = []
    refused: list[msgspec.Raw] = []
    taken: list[msgspec.Raw] = []
    refused_events: list[msgspec.Raw] = []

    def wrong(self) -> Iterator[str]:
        if bytes(self.pattern):
            for wanted, events in (("match", self.match), ("no-match", self.no_match)):
                for event in map(text_of, events):
                    got = verdict(text_of(self.pattern), event)
                    if got != wanted:
                        yield f"{self.name}: {got}, not {wanted}, for {event}"
        for is_taken, patterns in ((False, self.refused), (True, self.taken)):
            for pattern in map(text_of, patterns):
                if is_valid(pattern) != is_taken:
                    yield f"{self.name}: {pattern} is {'refused' if is_taken else 'taken'}"
        for event in map(text_of, self.refused_events):
            if verdict('{"a": ["x"]}', event) != "invalid-event":
                yield f"{self.name}: {event} is taken"


class Given(msgspec.Struct):
    """A case of somebody else's, with more members than these; what it expects stands in one of three forms."""

    pattern: str
    id: str = ""
    name: str = ""
    event: str | None = None
    match: bool | None = None
    valid: bool | None = None
    expect: Verdict | None = None

    def wrong(self, *, with_envelope: bool) -> Iterator[str]:
        named = self.id or self.name
        if self.valid is not None and is_valid(self.pattern) != self.valid:
            yield f"{named}: {'refused' if self.valid else 'taken'}: {self.pattern}"
        wanted = self.expect or {True: "match", False: "no-match", None: None}[self.match]
        if self.valid is None:
            assert wanted is not None
            assert self.event is not None
            got = verdict(self.pattern, self.event, with_envelope=with_envelope)
            if got != wanted:
                yield f"{named}: {got}, not {wanted}: {self.pattern} on {self.event}"


class Transformed(msgspec.Struct, forbid_unknown_fields=True):
    """An input transformer of ours, and what comes of an event: JSON, a text, nothing, or a refusal."""

    name: str
    source: str
    paths: dict[str, str]
    template: str
    event: msgspec.Raw = NOTHING
    json: Any = msgspec.UNSET
    text: str | None = None
    dropped: bool = False
    refused: bool = False

    def wrong(self) -> Iterator[str]:
        if self.refused:
            try:
                parse_transformer(self.paths, self.template)
            except TransformerError:
                return
            yield f"{self.name}: taken"
            return
        got = filled(self.paths, self.template, text_of(self.event))
        if self.json is not msgspec.UNSET:
            right = got is not None and msgspec.json.decode(got) == self.json
        else:
            right = got is None if self.dropped else got == self.text
        if not right:
            yield f"{self.name}: {got}"


class GivenTransformed(msgspec.Struct):
    """An input transformer of somebody else's, and what was delivered."""

    id: str
    input_paths: dict[str, str]
    template: str
    event: msgspec.Raw
    expect_kind: Literal["json", "raw-string", "not-delivered"]
    expect: Any

    def wrong(self) -> Iterator[str]:
        got = filled(self.input_paths, self.template, text_of(self.event))
        match self.expect_kind:
            case "json":
                right = got is not None and msgspec.json.decode(got) == self.expect
            case "raw-string":
                right = got == self.expect
            case "not-delivered":
                right = got is None
        if not right:
            yield f"{self.id}: {got}"


def is_valid(pattern: str) -> bool:
    try:
        parsed = parse_pattern(pattern)
    except PatternError:
        return False
    again = parse_pattern(format_pattern(parsed))
    assert again.alternatives == parsed.alternatives, pattern
    return True


def verdict(pattern_text: str, event_text: str, *, with_envelope: bool = False) -> Verdict:
    """Answer as TestEventPattern does, once all who can answer agree."""
    try:
        pattern = parse_pattern(pattern_text)
    except PatternError:
        return "invalid-pattern"
    try:
        event = parse_event(event_text)
        if with_envelope:
            check_envelope(event)
    except EventError:
        return "invalid-event"
    answer = matches(pattern, event)
    assert PatternIndex({"it": pattern}).matching(event) == (("it",) if answer else ())
    assert (explain_miss(pattern, event) is None) == answer
    return "match" if answer else "no-match"


def filled(paths: dict[str, str], template: str, event: str) -> str | None:
    name, arn = RULE
    transformer = parse_transformer(paths, template)
    return transformer.fill(parse_event(event), rule_name=name, rule_arn=arn, ingestion_time=NOW)


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", sorted(OWN.glob("*.json")), ids=named)
def test_our_cases_hold(path: Path) -> None:
    text = path.read_bytes()
    cases: list[Transformed] | list[Case]
    if TRANSFORMERS in path.name:
        cases = msgspec.json.decode(text, type=list[Transformed])
    else:
        cases = msgspec.json.decode(text, type=list[Case])

    assert [said for case in cases for said in case.wrong()] == []


def test_names_of_our_cases_differ() -> None:
    decoder = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
    names = [bytes(case["name"]) for path in OWN.glob("*.json") for case in decoder.decode(path.read_bytes())]

    assert len(names) == len(set(names)) > 60


@pytest.mark.parametrize("path", [path for folder in GIVEN for path in sorted(folder.glob("*.jsonl"))], ids=named)
def test_given_cases_hold(path: Path) -> None:
    lines = [line for line in path.read_bytes().splitlines() if line]
    wrong: list[str] = []
    for line in lines:
        if TRANSFORMERS in path.name:
            wrong += msgspec.json.decode(line, type=GivenTransformed).wrong()
        elif b'"pattern"' in line:
            # Only TestEventPattern itself asks for the whole envelope.
            wrong += msgspec.json.decode(line, type=Given).wrong(with_envelope=path.name.startswith("aws-"))

    assert lines
    assert wrong == []
