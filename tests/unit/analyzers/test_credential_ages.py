from datetime import UTC, datetime
from typing import Any, Final

from sekisho.analyzers.credentials import key_ages
from sekisho.resources.credentials import ROOT, AccessKey, AccountCredentials, KeyStatus, parse_report
from unit.analyzers.test_credentials import ACCOUNT, NOW, report

MADE: Final = "2026-11-10T08:00:00Z"
FIRST: Final = {"access_key_1_active": "true", "access_key_1_last_rotated": MADE}
SECOND: Final = {"access_key_2_active": "true", "access_key_2_last_rotated": "2024-11-20T09:00:00Z"}


def ages(*rows: dict[str, str], **beside: Any) -> tuple[int | None, ...]:
    return key_ages(AccountCredentials(ACCOUNT, "aws", NOW, parse_report(report(*rows)), NOW, **beside))


def key(day: str, status: KeyStatus = KeyStatus.ACTIVE) -> AccessKey:
    return AccessKey("AKIAIOSFODNN7EXAMPLE", status, datetime.fromisoformat(f"{day}T08:00:00Z").astimezone(UTC))


def test_every_active_key_counts_in_whole_days_and_no_inactive_one() -> None:
    inactive = {"access_key_1_active": "false", "access_key_1_last_rotated": MADE}

    assert ages(FIRST | SECOND, inactive | {"user": "bob"}, {"user": "carl"}) == (10, 729)


def test_the_keys_of_the_root_user_count_too() -> None:
    assert ages(FIRST | {"user": ROOT}) == (10,)


def test_what_iam_lists_is_exacter_than_the_report() -> None:
    assert ages(FIRST, access_keys={"anna": (key("2025-11-20"),)}) == (365,)
    assert ages(FIRST, access_keys={"anna": (key("2025-11-20", KeyStatus.INACTIVE),)}) == ()


def test_a_user_whom_the_report_does_not_know_yet_counts_too() -> None:
    assert ages(FIRST, access_keys={"new": (key("2026-11-19"),)}) == (10, 1)


def test_an_age_that_is_not_known_is_none() -> None:
    assert ages(FIRST | {"access_key_1_last_rotated": "?"}, {"user": "bob"} | SECOND) == (None, 729)


def test_without_a_report_there_is_nothing() -> None:
    assert key_ages(AccountCredentials(ACCOUNT, "aws", NOW)) == ()
