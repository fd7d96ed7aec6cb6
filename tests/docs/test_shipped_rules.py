"""What the documentation tells of the shipped rules is what they are."""

import json
import re
from pathlib import Path

import pytest

from sekisho.alerts.shipped import ORDER, ShippedRule, shipped_rules

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "shipped-rules.md").read_text("utf-8")


def section(name: str) -> str:
    _, found, rest = PAGE.partition(f"\n## {name}\n")
    assert found, f"no section `{name}`"
    return rest.partition("\n## ")[0]


def test_every_rule_is_told_in_its_order() -> None:
    rows = re.findall(r"^\| \[`([\w-]+)`\]\(#[\w-]+\) \| (.*?) \| (.*?) \| (\w+) \|$", PAGE, re.MULTILINE)

    assert rows == [
        (
            rule.name,
            rule.words["en"].about,
            "the finding's own" if rule.severity_at else rule.severity.name,
            "on" if rule.is_on else "off",
        )
        for rule in shipped_rules()
    ]


@pytest.mark.parametrize("rule", shipped_rules(), ids=ORDER)
def test_a_rule_is_told_as_it_is(rule: ShippedRule) -> None:
    told = section(rule.name)
    wait = f"{rule.wait.total_seconds():g}"
    patterns = re.findall(r"^```json\n(.*?)^```$", told, re.MULTILINE | re.DOTALL)
    overrides = re.findall(r"^\| ([A-Z]+) \| (.*) \|$", told, re.MULTILINE)

    assert [json.loads(one) for one in patterns] == [json.loads(rule.pattern)]
    assert overrides == [(one.severity.name, one.when) for one in rule.overrides]
    assert rule.words["ja"].about in told
    assert f"{'On' if rule.is_on else 'Off'} by default" in told
    assert ("Resolves what told of the finding" in told) is rule.is_resolution
    assert (f"Waits {wait} seconds" if rule.wait else "Is told at once") in told
    assert re.search(
        rf"^Severity: the finding's own, at `{re.escape(rule.severity_at)}`; {rule.severity.name} where it has none\.$"
        if rule.severity_at
        else rf"^Severity: {rule.severity.name}\.$",
        told,
        re.MULTILINE,
    )
