"""Making a finding's outcome: what the check says goes without saying again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sekisho.analyzers.credentials.checks import CHECKS
from sekisho.analyzers.credentials.keys import REPORT, Key, shown
from sekisho.analyzers.observation import CredentialRisk, Fact, Severity
from sekisho.resources.credentials import Mark


def risk(
    check: str,
    sentence: str,
    facts: Iterable[Fact],
    *,
    data_at: datetime,
    credential: str = "",
    severity: Severity | None = None,
    last_used: datetime | None = None,
    days: int | None = None,
) -> CredentialRisk:
    """Return what a check has found.

    Args:
        check: its id.
        sentence: what is wrong, in one English sentence.
        facts: what it rests on.
        data_at: when that was so.
        credential: which of several.
        severity: where it is not the usual one.
        last_used: None for never.
        days: the threshold.
    """
    row = CHECKS[check]
    return CredentialRisk(
        check=check,
        kind=row.kind,
        credential=credential,
        severity=severity or row.severity,
        severity_rule=row.rule,
        sentence=sentence,
        facts=tuple(facts),
        data_at=data_at,
        last_used=last_used,
        days=days,
    )


def key_risk(
    check: str, key: Key, sentence: str, *, severity: Severity | None = None, days: int | None = None
) -> CredentialRisk:
    """Return what a check has found in an access key."""
    return risk(
        check,
        sentence,
        key.facts,
        data_at=key.now,
        credential=key.name,
        severity=severity,
        last_used=key.used,
        days=days,
    )


def cell(column: str, value: datetime | bool | str | Mark) -> Fact:  # noqa: FBT001 - a value, not a switch
    """Return what a cell of the report says."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = value
        case Mark():
            text = value.value
        case datetime():
            text = shown(value)
    return Fact(column, text, f"{REPORT}, {column}")


def in_words(age: timedelta) -> str:
    """Return an age as a sentence has it."""
    days = age.days
    return "less than a day" if not days else "1 day" if days == 1 else f"{days:,} days"


def named(key: Key) -> str:
    """Return how a sentence calls an access key that it begins with."""
    return f"Access key {key.name}"
