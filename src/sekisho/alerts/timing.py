"""How fast alerts are told: how long the first waits for others, how many messages there are, and when rather not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sekisho.alerts.errors import RuleError
from sekisho.alerts.gathering import Rate
from sekisho.analyzers.observation import Severity

LONGEST_WAIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nobody is to be told; what happens then is told when they end, as one message.

    Attributes:
        start: on the clock of `zone`.
        end: likewise; earlier than the start for hours that go over midnight.
        days: on which they begin, Monday is 0.
        spares: alerts that are at least this severe are told nevertheless.
    """

    start: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))
    spares: Severity | None = Severity.CRITICAL

    def in_words(self) -> str:
        """Return the hours as they are written, with their zone and days."""
        days = "" if len(self.days) == len(DAYS) else f" {', '.join(DAYS[day] for day in sorted(self.days))}"
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone.key}{days}"

    def over_at(self, moment: datetime) -> datetime | None:
        """Return when the quiet hours end that a moment is in, UTC; None where it is in none."""
        local = moment.astimezone(self.zone)
        for back in (1, 0):
            day = local.date() - timedelta(days=back)
            if day.weekday() not in self.days:
                continue
            starts = datetime.combine(day, self.start, self.zone)
            last = day + timedelta(days=1) if self.end <= self.start else day
            ends = datetime.combine(last, self.end, self.zone)
            if starts.astimezone(UTC) <= moment < ends.astimezone(UTC):
                return ends.astimezone(UTC)
        return None


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast a rule tells what it finds.

    Attributes:
        wait: how long the first alert of a group waits for others; they are told as one message.
    """

    wait: timedelta = timedelta()
    rate: Rate | None = None
    quiet_hours: QuietHours | None = None

    def due_at(self, now: datetime, severity: Severity) -> datetime:
        """Return when an alert may be told that is found now."""
        quiet = self.quiet_hours
        if quiet is not None and not is_spared(severity, quiet.spares):
            return quiet.over_at(now + self.wait) or now + self.wait
        return now + self.wait

    def in_words(self) -> str:
        """Return all that in a few words."""
        parts = [
            f"after {format_duration(self.wait)}" if self.wait else "at once",
            f"at most {format_rate(self.rate)}" if self.rate else "",
            f"not {self.quiet_hours.in_words()}" if self.quiet_hours else "",
        ]
        return ", ".join(part for part in parts if part)


def is_spared(severity: Severity, spares: Severity | None) -> bool:
    """Say whether an alert is too severe to wait."""
    return spares is not None and severity.value >= spares.value


# --- as people write it


_UNITS: Final[Mapping[str, timedelta]] = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION: Final = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)")
_RATE: Final = re.compile(r"([0-9]{1,6})/(.+)")
_HOURS: Final = re.compile(r"([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_duration(text: str) -> timedelta:
    """Return the time that a text such as `90s`, `10m` or `1h` means.

    Raises:
        RuleError: it means none, or more than a day.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise RuleError(f"`{text}` is no time; write a number with s, m, h or d, such as `60s`")
    duration = int(found[1]) * _UNITS[found[2]]
    if duration > LONGEST_WAIT:
        raise RuleError(f"`{text}` is more than a day")
    return duration


def format_duration(duration: timedelta) -> str:
    """Return a time as people write it; to the millisecond."""
    unit, size = next(
        ((unit, size) for unit, size in reversed(tuple(_UNITS.items())) if not duration % size), ("ms", _UNITS["ms"])
    )
    return f"{duration // size}{unit}"


def format_rate(rate: Rate) -> str:
    """Return a rate as people write it."""
    return f"{rate.count}/{format_duration(rate.per)}"


def parse_rate(text: str, *, spares: Severity | None = Severity.CRITICAL) -> Rate:
    """Return the rate that a text such as `10/1h` means.

    Raises:
        RuleError: it means none.
    """
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise RuleError(f"`{text}` is no rate; write messages and time, such as `10/1h`")
    per = parse_duration(found[2])
    if not per:
        raise RuleError(f"`{text}` is no rate; the time is nothing")
    return Rate(int(found[1]), per, spares)


def parse_hours(text: str) -> tuple[time, time]:
    """Return the start and the end that a text such as `22:00-07:00` means.

    Raises:
        RuleError: it means none.
    """
    found = _HOURS.fullmatch(text)
    try:
        start, end = (time.fromisoformat(one) for one in found.groups()) if found else (time(), time())
    except ValueError:
        start = end = time()
    if start == end:
        raise RuleError(f"`{text}` are no hours; write the start and the end, such as `22:00-07:00`")
    return start, end
