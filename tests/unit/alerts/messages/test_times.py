from datetime import UTC, datetime

import pytest

from sekisho.alerts.messages import TimeZoneError, format_time
from sekisho.alerts.moments import parse_time

AT = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", "2026-11-20 19:11:12 JST (10:11:12 UTC)"),
        ("America/Los_Angeles", "2026-11-20 02:11:12 PST (10:11:12 UTC)"),
        ("Pacific/Auckland", "2026-11-20 23:11:12 NZDT (10:11:12 UTC)"),
        ("America/Sao_Paulo", "2026-11-20 07:11:12 UTC-03:00 (10:11:12 UTC)"),
        ("Asia/Kathmandu", "2026-11-20 15:56:12 UTC+05:45 (10:11:12 UTC)"),
        ("UTC", "2026-11-20 10:11:12 UTC"),
        ("Europe/London", "2026-11-20 10:11:12 UTC"),
    ],
)
def test_a_time_is_told_in_its_zone_with_utc_beside_it(zone: str, expected: str) -> None:
    assert format_time(AT, zone) == expected


def test_the_day_is_told_where_it_is_another_one_in_utc() -> None:
    late = AT.replace(hour=20)

    assert format_time(late, "Asia/Tokyo") == "2026-11-21 05:11:12 JST (2026-11-20 20:11:12 UTC)"


def test_summer_time_holds_in_summer() -> None:
    assert format_time(AT.replace(month=7), "Europe/Berlin") == "2026-07-20 12:11:12 CEST (10:11:12 UTC)"


@pytest.mark.parametrize("zone", ["Asia/Tokio", "", "../etc/passwd", "Asia", "x\0y", "JST+9", "é" * 300])
def test_what_is_no_zone_is_told_with_a_remedy(zone: str) -> None:
    with pytest.raises(TimeZoneError, match="is no time zone; name one as the IANA does, such as `Asia/Tokyo`"):
        format_time(AT, zone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:11:12Z", AT),
        ("2026-11-20T19:11:12+09:00", AT),
        ("2026-11-20T10:11:12", AT),
        ("2026-11-20T10:11:12.999Z", AT),
        ("Nov 20, 2026, 10:11:12 AM", None),
        ("0001-01-01T00:00:00+09:00", None),
        ("", None),
        ("2" * 10_000, None),
    ],
)
def test_a_time_is_read_or_is_none(text: str, expected: datetime | None) -> None:
    assert parse_time(text) == expected


def test_the_ends_of_the_calendar_have_a_time() -> None:
    assert format_time(datetime.max.replace(tzinfo=UTC), "Asia/Tokyo").endswith("UTC")
