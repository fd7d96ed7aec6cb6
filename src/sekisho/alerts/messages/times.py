"""Times as people read them: in the zone they asked for, with UTC beside it."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from sekisho.alerts.messages.errors import TimeZoneError

EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LETTERS: Final = re.compile(r"[A-Z]{2,5}")


def zone_of(name: str) -> ZoneInfo:
    """Return the zone with an IANA name.

    Raises:
        TimeZoneError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; a path; a folder of the database
        raise TimeZoneError(name) from error


def format_time(at: datetime, zone: str) -> str:
    """Write a time in a zone: `2026-11-20 19:11:12 JST (10:11:12 UTC)`, and UTC once.

    Raises:
        TimeZoneError: there is no such zone.
    """
    there, utc = _in_zone(at, zone_of(zone)), at.astimezone(UTC)
    if there.utcoffset() == timedelta(0):
        return f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    beside = f"{utc:%H:%M:%S}" if there.date() == utc.date() else f"{utc:%Y-%m-%d %H:%M:%S}"
    return f"{there:%Y-%m-%d %H:%M:%S} {_name_of_zone(there)} ({beside} UTC)"


def _in_zone(at: datetime, zone: tzinfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:  # in the first or last hours that a calendar has
        return at.astimezone(UTC)


def _name_of_zone(there: datetime) -> str:
    """Return `JST` where a zone has letters for itself, else `UTC-03:00`."""
    name = there.tzname() or ""
    if _LETTERS.fullmatch(name):
        return name
    offset = f"{there:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"
