"""Exemptions: whom they are about, and for how long."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from sekisho.analyzers.credentials import Exemption, Exemptions
from sekisho.analyzers.observation import FindingType, Observation, Outcome
from unit.findings.builders import ACCOUNT, analysis_error, credential_risk

ALICE = f"arn:aws:iam::{ACCOUNT}:user/people/eu/alice"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
WHOLE = f"arn:aws:account::{ACCOUNT}:account"
TODAY = date(2026, 11, 22)


def seen(resource: str = ALICE, outcome: Outcome | None = None) -> Observation:
    risk = outcome or credential_risk("CRED-KEY-UNUSED")
    return Observation(resource, "AWS::IAM::User", ACCOUNT, "global", FindingType.UNUSED_IAM_USER_ACCESS_KEY, risk)


def exemption(until: date = TODAY, **of: Any) -> Exemption:
    return Exemption(name="agreed", owner="security", reason="locked away", until=until, **of)


def is_exempt(
    one: Exemption,
    observation: Observation,
    *,
    tags: Mapping[str, Mapping[str, str]] | None = None,
    held_by: str | None = None,
) -> bool:
    return Exemptions([one], tags=tags, on=TODAY).of(observation, held_by=held_by) is one


@pytest.mark.parametrize(
    ("of", "holds"),
    [
        ({"users": ("alice",)}, True),
        ({"users": ("[a]lice",)}, False),
        ({"paths": ("",)}, False),
        ({"users": ("bob", "al*")}, True),
        ({"users": ("Alice",)}, False),
        ({"users": ("people/eu/alice",)}, False),
        ({"paths": ("/people/",)}, True),
        ({"paths": ("/people/eu/",)}, True),
        ({"paths": ("/people/eu/alice",)}, False),
        ({"paths": ("/",)}, True),
        ({"accounts": (ACCOUNT,)}, True),
        ({"accounts": ("999999999999",)}, False),
        ({"checks": ("CRED-KEY-*",)}, True),
        ({"checks": ("CRED-PW-*",)}, False),
        ({"users": ("alice",), "checks": ("CRED-PW-*",)}, False),
        ({"users": ("alice",), "checks": ("CRED-KEY-UNUSED",), "accounts": (ACCOUNT,)}, True),
    ],
)
def test_whatever_is_set_has_to_hold(of: Mapping[str, Any], *, holds: bool) -> None:
    assert is_exempt(exemption(**of), seen()) is holds


def test_the_root_user_is_named_as_in_a_report() -> None:
    assert is_exempt(exemption(users=("<root_account>",)), seen(ROOT))
    assert not is_exempt(exemption(users=("root",)), seen(ROOT))


@pytest.mark.parametrize("of", [{"users": ("*",)}, {"paths": ("/",)}, {"users": ("",)}])
def test_an_account_has_no_name_and_no_path(of: Mapping[str, Any]) -> None:
    assert not is_exempt(exemption(**of), seen(WHOLE))
    assert is_exempt(exemption(accounts=(ACCOUNT,)), seen(WHOLE))


def test_it_holds_on_its_last_day_and_not_after() -> None:
    assert is_exempt(exemption(until=TODAY, users=("alice",)), seen())
    over = exemption(until=date(2026, 11, 21), users=("alice",))
    assert not is_exempt(over, seen())
    assert Exemptions([over], on=TODAY).ended == [over]


def test_a_failure_to_read_is_never_exempt() -> None:
    assert not is_exempt(exemption(users=("*",)), seen(outcome=analysis_error()))


@pytest.mark.parametrize(
    ("asked", "known", "holds"),
    [
        ({"team": "payments"}, {"team": "payments", "stage": "prod"}, True),
        ({"team": "pay*"}, {"team": "payments"}, True),
        ({"team": "payments", "stage": "prod"}, {"team": "payments"}, False),
        ({"team": "payments"}, {}, False),
        ({"team": "*"}, {"team": ""}, True),
        ({"team": "[core]"}, {"team": "c"}, False),
        ({"team": "[core]"}, {"team": "[core]"}, True),
    ],
)
def test_all_tags_have_to_be_there(asked: Mapping[str, str], known: Mapping[str, str], *, holds: bool) -> None:
    assert is_exempt(exemption(tags=asked), seen(), tags={ALICE: known}) is holds


def test_where_the_tags_are_not_known_what_is_exempt_stays_so_and_nothing_else_becomes_it() -> None:
    by_tag = exemption(tags={"team": "payments"})

    assert not is_exempt(by_tag, seen())
    assert not is_exempt(by_tag, seen(), held_by="rule other")
    assert is_exempt(by_tag, seen(), held_by="exemption agreed")
