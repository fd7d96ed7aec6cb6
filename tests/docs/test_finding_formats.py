"""What the reference tells of the formats of other tools is what the program writes."""

import re
from pathlib import Path

import pytest

from sekisho.analyzers.observation import Severity
from sekisho.cli.render import asff, ocsf, sarif
from sekisho.cli.render.exports import EXTERNAL_IDS, RULES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "finding-formats.md").read_text("utf-8")


def test_every_rule_that_is_no_check_is_told() -> None:
    section = PAGE.partition("\n## Rules\n")[2].partition("\n## ")[0]
    told = dict(re.findall(r"^\| `([A-Z-]+)` \| (.+) \|$", section, re.MULTILINE))

    assert list(told) == [rule.id for rule in RULES if rule.check is None]
    assert {words: told[one] for words, one in EXTERNAL_IDS.items()} == {words: words for words in EXTERNAL_IDS}


@pytest.mark.parametrize("severity", [*Severity, None])
def test_every_severity_is_told(severity: Severity | None) -> None:
    name = "none: an error finding" if severity is None else severity.name
    level, number = sarif.LEVELS[severity], ocsf.SEVERITIES[severity][0]
    score = "none" if severity is None else sarif.SCORES.get(severity, "none")
    label = "MEDIUM" if severity is None else severity.name

    assert f"\n| {name} | `{level}` | {score} | {number} | `{label}` |\n" in PAGE


def test_versions_and_limits_are_told() -> None:
    assert f" OCSF {ocsf.OCSF_VERSION} " in PAGE
    assert asff.SCHEMA_VERSION in PAGE
    for limit in (asff.LONGEST_TITLE, asff.LONGEST_DESCRIPTION, asff.LONGEST_ADVICE, asff.LONGEST_FIELD):
        assert f" {limit:,}" in PAGE
