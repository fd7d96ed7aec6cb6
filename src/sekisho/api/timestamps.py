"""Times on the wire, in the three forms of the REST JSON protocol."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-]\d\d:\d\d))", flags=re.ASCII
)

DEFAULT_FORMATS = {"body": "unixTimestamp", "header": "rfc822", "querystring": "iso8601", "uri": "iso8601"}
"""The form of a time that does not name its own, by its place. Source: Smithy 2.0, "AWS restJson1 protocol"."""


def parse_timestamp(value: object, form: str) -> datetime:
    """Read a time; whatever its offset, the result is in UTC. More than microseconds are cut off.

    Args:
        value: text, or for `unixTimestamp` a number of seconds.
        form: `iso8601`, `rfc822` or `unixTimestamp`.

    Raises:
        ValueError: it is no such time.

    Source: Smithy 2.0, "timestampFormat trait".
    """
    try:
        return _parse(value, form)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"must be a time in the form {form}") from error


def _parse(value: object, form: str) -> datetime:
    match form, value:
        case "iso8601", str():
            return _parse_date_time(value)
        case "rfc822", str():
            return parsedate_to_datetime(value).astimezone(UTC)
        case "unixTimestamp", int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC)
        case _:
            raise ValueError(type(value).__name__)


def _parse_date_time(text: str) -> datetime:
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    date, time, fraction, _, offset = found.groups()
    micros = (fraction or "0")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{date}T{time}.{micros}{offset or '+00:00'}").astimezone(UTC)
