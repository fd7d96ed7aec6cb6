"""Times as events write them."""

from datetime import UTC, datetime
from typing import Final

_LONGEST: Final = 40


def parse_time(text: object) -> datetime | None:
    """Return a time in ISO 8601 in UTC, to the second; without a zone it is UTC. None for what is none."""
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=0)
