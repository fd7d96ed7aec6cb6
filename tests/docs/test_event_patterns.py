"""What the reference of event patterns tells is what patterns do."""

import json
import re
from pathlib import Path

import pytest

from sekisho.alerts.patterns import explain_miss, hints, matches, parse_event, parse_pattern
from sekisho.alerts.patterns.hints import QUOTA
from sekisho.alerts.patterns.parsing import MAX_ALTERNATIVES, MAX_FIELDS, MAX_LENGTH
from sekisho.alerts.patterns.wildcards import MOST_COMPLEX

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "event-patterns.md").read_text("utf-8")
ROWS = [row.strip("| ").split(" | ") for row in re.findall(r"^\|.*`\[.*$", PAGE.split("## Arrays")[0], re.MULTILINE)]


def events(cell: str) -> list[str]:
    values = [f'{{"a": {value}}}' for value in re.findall(r"`([^`]*)`", cell)]
    return values + ["{}"] * ("absent" in cell)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-3])
def test_every_row_of_the_table_holds(row: list[str]) -> None:
    tests, good, bad = row[-3:]
    pattern = parse_pattern(f'{{"a": {tests.strip("`")}}}')

    assert [one for one in events(good) if not matches(pattern, parse_event(one))] == []
    assert [one for one in events(bad) if matches(pattern, parse_event(one))] == []
    assert events(good)
    assert events(bad)


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 20


def test_the_first_example_is_good() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    assert hints(parse_pattern(example)) == ()


def test_the_explanation_is_what_is_said() -> None:
    said = PAGE.split("## Why not?")[1].split("```")[1].strip("\n")
    event = {"source": "aws.iam", "detail": {"eventName": "CreateUser"}}
    pattern = '{"source": ["aws.iam"], "detail": {"eventName": ["createuser"]}}'

    assert str(explain_miss(parse_pattern(pattern), parse_event(json.dumps(event)))) == said


def test_the_limits_are_those_of_the_code() -> None:
    assert f"| {MAX_LENGTH:,} characters." in PAGE
    assert f"quota is {QUOTA:,} " in PAGE
    assert f"| {MAX_FIELDS} in each" in PAGE
    assert f"| {MAX_ALTERNATIVES:,} |" in PAGE
    assert MOST_COMPLEX == 9
    assert "ten places at once" in PAGE
