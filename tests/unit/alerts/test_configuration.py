import tomllib
from datetime import timedelta

import pytest

from sekisho.alerts import AlertsError
from sekisho.alerts.configuration import SHIPPED_RATE, Configuration, parse_configuration
from sekisho.alerts.gathering import Rate
from sekisho.alerts.shipped import shipped_rules
from sekisho.analyzers.observation import Severity

TARGET = """
[[target]]
name = "security"
type = "slack"
url = "env:SLACK"
"""
RULE = """
[[rule]]
name = "mine"
pattern = '{"detail": {"eventName": ["AssumeRole"]}}'
"""


def parsed(text: str) -> Configuration:
    return parse_configuration(tomllib.loads(text))


def test_without_a_table_the_shipped_rules_tell_nobody() -> None:
    found = parsed("")

    assert [rule.name for rule in found.rules] == [one.name for one in shipped_rules() if one.is_on]
    assert {rule.targets for rule in found.rules} == {()}
    assert set(found.off) == {one.name for one in shipped_rules() if not one.is_on}


def test_rules_of_ones_own_come_before_the_shipped_ones_and_tell_everyone() -> None:
    first = parsed(TARGET + RULE).rules[0]

    assert (first.name, first.targets, first.is_shipped) == ("mine", ("security",), False)
    assert first.severities.usual is Severity.MEDIUM


def test_a_target_reads_as_it_says_and_else_as_all_do() -> None:
    text = (
        'language = "ja"\ntimezone = "Asia/Tokyo"\n'
        + TARGET
        + TARGET.replace("security", "other")
        + 'language = "en"\n'
    )

    readers = parsed(text).readers

    assert (readers["security"].language, readers["security"].timezone) == ("ja", "Asia/Tokyo")
    assert (readers["other"].language, readers["other"].timezone) == ("en", "Asia/Tokyo")


def test_a_shipped_rule_is_changed_by_its_name() -> None:
    text = (
        TARGET
        + """
[shipped.access-key-created]
wait = "60s"
rate = "none"
severity = "low"
title = "a key"

[shipped.user-changed]
enabled = true

[shipped.root-activity]
enabled = false
"""
    )
    found = parsed(text)
    rules = {rule.name: rule for rule in found.rules}

    key = rules["access-key-created"]
    assert (key.timing.wait, key.timing.rate) == (timedelta(minutes=1), None)
    assert (key.severities.usual, key.severities.raises) == (Severity.LOW, ())
    assert key.words_in("ja").template is not None
    assert "user-changed" in rules
    assert "root-activity" in found.off
    assert rules["mfa-deactivated"].timing.rate == SHIPPED_RATE


def test_a_pattern_may_be_a_table_and_a_rate_and_quiet_hours_are_understood() -> None:
    text = (
        TARGET
        + """
[[rule]]
name = "mine"
rate = "3/1h"
group-by = ["detail.userIdentity.arn"]
quiet-hours = {hours = "22:00-07:00", timezone = "Asia/Tokyo", days = ["mon"], spares = "none"}

[rule.pattern.detail]
eventName = ["AssumeRole"]
"""
    )
    rule = parsed(text).rules[0]

    assert rule.timing.rate == Rate(3, timedelta(hours=1), Severity.CRITICAL)
    assert rule.keys.group_by == ("detail.userIdentity.arn",)
    assert rule.timing.quiet_hours is not None
    assert rule.timing.quiet_hours.in_words() == "22:00-07:00 Asia/Tokyo mon"
    assert rule.timing.quiet_hours.spares is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('langage = "en"', "`[alerts]` cannot be used: Object contains unknown field `langage`", id="key"),
        pytest.param('language = "de"', "no words in `de`", id="language"),
        pytest.param('console-url = "javascript:x"', "`console-url` is `javascript:x`", id="console"),
        pytest.param('timezone = "Tokyo"', "`Tokyo` is no time zone", id="time zone"),
        pytest.param(TARGET + TARGET, "the target `security` cannot be used: there is another one", id="same target"),
        pytest.param(TARGET + 'fallback = "mail"', "its fallback `mail` is no other target", id="fallback"),
        pytest.param(TARGET + 'fallback = "security"', "is no other target", id="fallback to itself"),
        pytest.param(TARGET.replace("security", "a b"), "its name has other characters", id="name of a target"),
        pytest.param(
            TARGET.replace('slack"', 'slak"'),
            "the types of targets are slack, teams, pagerduty, webhook, mail",
            id="type",
        ),
        pytest.param(TARGET.replace("env:SLACK", "hook"), "$.target[0]", id="url"),
        pytest.param(RULE + RULE, "there are two rules `mine`", id="same rule"),
        pytest.param(RULE.replace("mine", "root-activity"), "there are two rules `root-activity`", id="shipped name"),
        pytest.param(RULE.replace('["Assume', '[{"prefx": "Assume'), "the rule `mine` cannot be used", id="pattern"),
        pytest.param(RULE + 'targets = ["securty"]\n' + TARGET, "did you mean `security`?", id="unknown target"),
        pytest.param(RULE + 'severity = "BAD"', "`BAD` is no severity", id="severity"),
        pytest.param(RULE + 'title = "{{ who"', "cannot be used: template `mine`, title", id="template"),
        pytest.param(RULE + 'wait = "soon"', "`soon` is no time", id="wait"),
        pytest.param(RULE + 'rate = "often"', "`often` is no rate", id="rate"),
        pytest.param(RULE + 'quiet-hours = {hours = "night"}', "`night` are no hours", id="hours"),
        pytest.param(RULE + 'quiet-hours = {hours = "22:00-07:00", days = ["monday"]}', "`monday` is no day", id="day"),
        pytest.param(RULE + 'group-by = ["a b"]', "`group-by` has `a b`", id="path"),
        pytest.param(RULE + "input-template = '\"<x>\"'", "`<x>`, which is not among its paths", id="transformer"),
        pytest.param(RULE + 'input-paths = {x = "$.id"}', "without an `input-template`", id="paths of nothing"),
        pytest.param(RULE + 'input-template = \'"x"\'\ntitle = "y"', "leave one of them out", id="two ways"),
        pytest.param('[shipped.user-changed]\nwait = "60s"', "`user-changed` is off; add `enabled", id="off"),
        pytest.param("[shipped.root-activty]\nenabled = false", "did you mean `root-activity`?", id="shipped rule"),
    ],
)
def test_a_mistake_is_told_with_what_it_is_in(text: str, message: str) -> None:
    with pytest.raises(AlertsError) as error:
        parsed(text)

    assert message in str(error.value)
    assert "\n" not in str(error.value)
