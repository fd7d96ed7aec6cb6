from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.alerts.errors import RuleError
from sekisho.alerts.gathering import Rate
from sekisho.alerts.timing import QuietHours, Timing, parse_duration, parse_hours, parse_rate
from sekisho.analyzers.observation import Severity

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7), TOKYO)
WEEKEND = QuietHours(time(0), time(12), TOKYO, frozenset({5, 6}))


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "over"),
    [
        pytest.param(NIGHT, "2026-11-20T21:59:59", None, id="just before they begin"),
        pytest.param(NIGHT, "2026-11-20T22:00:00", "2026-11-21T07:00:00", id="as they begin"),
        pytest.param(NIGHT, "2026-11-21T03:00:00", "2026-11-21T07:00:00", id="after midnight"),
        pytest.param(NIGHT, "2026-11-21T07:00:00", None, id="as they end"),
        pytest.param(WEEKEND, "2026-11-21T08:00:00", "2026-11-21T12:00:00", id="on a Saturday"),
        pytest.param(WEEKEND, "2026-11-20T08:00:00", None, id="on a Friday"),
    ],
)
def test_quiet_hours_are_on_the_clock_of_their_zone(hours: QuietHours, moment: str, over: str | None) -> None:
    assert hours.over_at(at(moment)) == (None if over is None else at(over))


def test_quiet_hours_end_by_the_clock_also_when_it_is_changed_that_night() -> None:
    night = QuietHours(time(22), time(7), BERLIN)
    before = datetime(2026, 10, 24, 21, tzinfo=UTC)  # 23:00, and the night has an hour more

    assert night.over_at(before) == datetime(2026, 10, 25, 6, tzinfo=UTC)


@given(st.integers(1_767_225_600, 1_798_761_600))
def test_nothing_is_quiet_when_quiet_hours_are_over(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    over = NIGHT.over_at(moment)

    assert over is None or (over > moment and NIGHT.over_at(over) is None)


def test_an_alert_waits_for_its_group_and_for_quiet_hours_unless_it_is_spared() -> None:
    timing = Timing(timedelta(minutes=1), quiet_hours=NIGHT)
    evening, night = at("2026-11-20T20:00:00"), at("2026-11-20T23:00:00")

    assert timing.due_at(evening, Severity.HIGH) == evening + timedelta(minutes=1)
    assert timing.due_at(night, Severity.HIGH) == at("2026-11-21T07:00:00")
    assert timing.due_at(night, Severity.CRITICAL) == night + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "duration"),
    [("0s", timedelta()), ("90s", timedelta(seconds=90)), ("10m", timedelta(minutes=10)), ("1d", timedelta(days=1))],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


def test_a_rate_is_messages_and_a_time() -> None:
    assert parse_rate("10/1h") == Rate(10, timedelta(hours=1), Severity.CRITICAL)


@pytest.mark.parametrize("text", ["", "60", "1w", "-1s", "2d", "1.5h", "10s "])
def test_what_is_no_duration_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(RuleError, match=f"`{text}`"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["10", "0/1h", "10/0s", "10/1w", "a/1h", "10 / 1h"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse_rate(text)


@pytest.mark.parametrize("text", ["22-7", "22:00", "24:00-07:00", "22:00-22:00", "00:00-00:00"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse_hours(text)


def test_hours_are_a_start_and_an_end() -> None:
    assert parse_hours("22:00-07:30") == (time(22), time(7, 30))
