import json
import tomllib
from datetime import timedelta
from typing import Any

import pytest

from sekisho.alerts.alert import Alert
from sekisho.alerts.configuration import parse_configuration
from sekisho.alerts.rulebook import RuleBook
from sekisho.analyzers.observation import Severity
from unit.alerts.records import NOW, envelope, finding, incoming

TARGETS = """
[[target]]
name = "security"
type = "slack"
url = "env:SLACK"

[[target]]
name = "tokyo"
type = "slack"
url = "env:SLACK"
language = "ja"
timezone = "Asia/Tokyo"
"""


def book(text: str = TARGETS) -> RuleBook:
    found = parse_configuration(tomllib.loads(text))
    return RuleBook(found.rules, found.readers)


def alerts(event: dict[str, Any], text: str = TARGETS) -> dict[str, Alert]:
    return {one.target: one for one in book(text).alerts_of(incoming(event), now=NOW)}


def title(alert: Alert) -> str:
    return "".join(str(one) for one in alert.entry.title)


def test_every_target_hears_of_an_event_in_its_own_words() -> None:
    told = alerts(envelope())

    assert title(told["security"]) == "alice made an access key for bob"
    assert title(told["tokyo"]) == "alice が bob のアクセスキーを作成しました"
    assert told["security"].rule == "access-key-created"
    assert told["security"].severity is Severity.CRITICAL  # by another than the user
    assert told["security"].entry.at == incoming(envelope()).at


def test_a_target_hears_through_the_first_rule_that_matches_and_tells_it() -> None:
    text = (
        TARGETS
        + """
[[rule]]
name = "mine"
pattern = '{"detail": {"eventName": ["CreateAccessKey"]}}'
targets = ["tokyo"]
title = "mine"
"""
    )
    told = alerts(envelope(), text)

    assert {name: one.rule for name, one in told.items()} == {"tokyo": "mine", "security": "access-key-created"}


def test_an_event_that_no_rule_is_about_is_told_to_nobody() -> None:
    assert alerts(envelope("GetUser")) == {}
    assert book().alerts_of(incoming({**envelope(), "detail": {"a": []}}), now=NOW) == ()


def test_the_same_event_makes_the_same_alert_whichever_rule_it_is() -> None:
    other = TARGETS + '[[rule]]\nname = "mine"\npattern = \'{"source": ["aws.iam"]}\'\n'

    assert alerts(envelope())["security"].id == alerts(envelope(), other)["security"].id
    assert alerts(envelope())["security"].id != alerts(envelope(event_id="event-2"))["security"].id


def test_a_finding_is_told_in_order_with_its_own_severity_and_what_resolves_it_has_its_key() -> None:
    text = TARGETS + "[shipped.finding-resolved]\nenabled = true\n"
    new, gone = alerts(finding(), text)["security"], alerts(finding("RESOLVED", "RESOLVED"), text)["security"]

    assert (new.rule, gone.rule) == ("finding-new", "finding-resolved")
    assert new.severity is Severity.LOW
    assert new.order == gone.order != ""
    assert new.dedup_key == gone.dedup_key
    assert (new.is_resolved, gone.is_resolved) == (False, True)


def test_a_finding_has_one_order_and_key_whether_a_rule_is_ones_own_or_shipped() -> None:
    mine = """
[[rule]]
name = "mine"
pattern = '{"source": ["aws.access-analyzer"], "detail": {"status": ["ACTIVE"]}}'
"""
    text = TARGETS + "[shipped.finding-resolved]\nenabled = true\n" + mine
    new, gone = alerts(finding(), text)["security"], alerts(finding("RESOLVED", "RESOLVED"), text)["security"]

    assert (new.rule, gone.rule) == ("mine", "finding-resolved")
    assert new.order == gone.order != ""
    assert new.dedup_key == gone.dedup_key


def test_alerts_of_one_account_are_a_group_and_those_of_a_rule_that_says_so_otherwise() -> None:
    by_person = TARGETS + '[shipped.access-key-created]\ngroup-by = ["detail.requestParameters.userName"]\n'
    other = envelope(event_id="event-2", requestParameters={"userName": "carol"})

    assert alerts(envelope())["security"].group == alerts(other)["security"].group
    assert alerts(envelope(), by_person)["security"].group != alerts(other, by_person)["security"].group


def test_quiet_hours_put_off_what_they_do_not_spare() -> None:
    night = (
        TARGETS + '[shipped.access-key-created]\nseverity = "LOW"\nwait = "10s"\n[quiet-hours]\nhours = "10:00-11:00"\n'
    )

    told = alerts(envelope(), night.replace("[shipped", "[shipped", 1))
    assert told["security"].due_at.isoformat() == "2026-11-20T11:00:00+00:00"
    assert alerts(envelope())["security"].due_at - NOW == timedelta(milliseconds=500)


def test_what_waits_for_different_times_is_no_group() -> None:
    night = TARGETS + '[quiet-hours]\nhours = "10:00-11:00"\n'
    spared = envelope(userIdentity={"type": "Root", "accountId": "111122223333"})
    usual = envelope(event_id="event-2", userIdentity={"type": "IAMUser", "userName": "bob"})

    assert alerts(spared, night)["security"].group != alerts(usual, night)["security"].group


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('"<who> made a key"', "alice made a key"),
        ('{"who": <who>}', '{"who": "alice"}'),
    ],
)
def test_an_input_transformer_stands_in_place_of_a_template(template: str, text: str) -> None:
    rule = (
        f'[[rule]]\nname = "mine"\nabout = "Keys"\npattern = \'{{"source": ["aws.iam"]}}\'\n'
        f"input-template = '{template}'\ninput-paths = {{who = \"$.detail.userIdentity.userName\"}}\n"
    )
    told = alerts(envelope(), TARGETS + rule)["security"]

    assert title(told) == "Keys"
    assert "".join(map(str, told.entry.text)) == text


def test_what_a_transformer_drops_is_told_nevertheless() -> None:
    rule = (
        '[[rule]]\nname = "mine"\npattern = \'{"source": ["aws.iam"]}\'\n'
        'input-template = \'{"who": "<who>"}\'\ninput-paths = {who = "$.detail.userIdentity"}\n'
    )
    told = alerts(envelope(), TARGETS + rule)["security"]

    assert "CreateAccessKey" in title(told)


def test_many_alerts_have_the_title_of_many() -> None:
    rules = book()
    entries = [alerts(envelope(event_id=f"event-{number}"))["security"].entry for number in range(3)]

    assert rules.title_of("security")("access-key-created", entries, 7) == ("10 access keys made",)
    assert rules.title_of("security")("a rule that is gone", entries, 0) == (
        "3 \N{MULTIPLICATION SIGN} a rule that is gone",
    )
    assert json.loads(entries[0].envelope)["detail"]["eventName"] == "CreateAccessKey"
