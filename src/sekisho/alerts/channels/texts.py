"""Texts on their way out: what cannot be seen is shown, times are written, and what is too long is cut.

What an event says may be written by whoever made the call: a user agent, a session name, a tag. Nothing of it may act
on the reader's side, wherever it arrives.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sekisho.alerts.message import Moment, Text

SHOWN_AS_CODE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories without a shape of their own: control, format (also bidirectional), surrogates, separators."""

LONGEST_URL: Final = 2000

_CALM: Final = re.compile(
    r"(?!\d+[.)] )(?:[^\W_]|(?<=\w)-(?=\w)|[.:;!?](?=[ )]|$)|[ ,'()、。「」・\uff08\uff09\uff0c\uff1a])*"
)
_URL: Final = re.compile(r"https?://[A-Za-z0-9\[][\x21-\x7e]*")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_FULL_WIDTH: Final = str.maketrans({one: chr(ord(one) + 0xFEE0) for one in "*~`[]<>@#|"})


def shown(text: str) -> str:
    r"""Return a text of one or more lines, with every other invisible or steering character as its code: `\u202e`."""
    lines = re.split("\r\n|\n|\r", text)
    return "\n".join(_shown(one) for one in lines)


def line(text: str) -> str:
    r"""Return a text as one line; line breaks inside it are shown as their code."""
    return _shown(text.strip())


def _shown(text: str) -> str:
    return text if text.isprintable() else text.translate(_CODES)


class _Codes(dict[int, str]):
    """What each character is shown as, remembered once it was asked for."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if unicodedata.category(character) in SHOWN_AS_CODE:
            character = character.encode("unicode_escape", "backslashreplace").decode("ascii")
        return self.setdefault(code, character)


_CODES: Final = _Codes()


def said(text: Text, timezone: str) -> str:
    """Return a text with its times in a zone, and in UTC beside it; it may have several lines."""
    return shown("".join(one if isinstance(one, str) else moment(one, timezone) for one in text)).strip()


def said_in_line(text: Text, timezone: str) -> str:
    """Return a text on one line, with its times in a zone, and in UTC beside it."""
    return line("".join(one if isinstance(one, str) else moment(one, timezone) for one in text))


def moment(told: Moment, timezone: str) -> str:
    """Return a time in a zone, and in UTC: `2026-11-20 19:11:12 JST (2026-11-20 10:11:12 UTC)`.

    A zone that nobody knows is as good as UTC.
    """
    utc = _to_the_second(in_utc(told.at), "UTC")
    try:
        there = in_utc(told.at).astimezone(_zone(timezone))
    except OverflowError:  # the first and the last day of all
        return utc
    if there.utcoffset() == in_utc(told.at).utcoffset():
        return utc
    return f"{_to_the_second(there, there.tzname() or timezone)} ({utc})"


def utc_moment(told: Moment) -> str:
    """Return a time in UTC: `2026-11-20 10:11:12 UTC`."""
    return _to_the_second(in_utc(told.at), "UTC")


def iso(at: datetime) -> str:
    """Return a time as programs read it: `2026-11-20T10:11:12Z`."""
    return in_utc(at).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def in_utc(at: datetime) -> datetime:
    """Return a time in UTC; one without a zone is in it already."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _to_the_second(at: datetime, zone: str) -> str:
    return f"{at.replace(tzinfo=None).isoformat(' ', timespec='seconds')} {zone}"


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def is_calm(text: Text) -> bool:
    """Tell whether the words of a text cannot be markup of anything, so that markup of ours may stand among them.

    They are letters, digits and the punctuation of sentences, followed by a space where it could otherwise be part of a
    host name or of an emoji: no mention, no link, no list, no emphasis is written so, in any channel.
    """
    return _CALM.fullmatch("".join(one if isinstance(one, str) else " " for one in text)) is not None


def defused(text: str) -> str:
    """Return a text for a channel that formats whatever it gets, and has no way to say that it should not.

    Characters of markup and mentions become their full-width forms, which look alike and mean nothing. An underscore
    inside a word stays, as it formats nowhere: names keep their spelling.
    """
    wide = text.translate(_FULL_WIDTH).replace("://", "：//")  # noqa: RUF001 - the full-width colon is meant
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", "＿", wide)  # noqa: RUF001 - the full-width line is meant


def link_target(url: str) -> str | None:
    """Return a URL that can stand in any markup; None for one that is no http or https URL, or too long."""
    encoded = quote(url.strip(), safe="%/:=&?~#+!$,;@[]", errors="replace")
    return encoded if len(encoded) <= LONGEST_URL and _URL.fullmatch(encoded) else None


def plain_id(text: str) -> str:
    """Return an id that can stand in a header and elsewhere: itself, or a digest of what cannot."""
    return text if _ID.fullmatch(text) else sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def units(text: str) -> int:
    """Count as those do who count in UTF-16, which is never less than the characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def octets(text: str) -> int:
    """Count the bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def clipped(text: str, most: int, size: Callable[[str], int] = units) -> str:
    """Return a text of at most a size, with an ellipsis where it was longer.

    Args:
        text: as it is shown.
        most: at least the size of an ellipsis.
        size: of a text; a longer one has no smaller size.
    """
    if size(text) <= most:
        return text
    kept = bisect_right(range(len(text)), most, key=lambda end: size(text[:end] + "…")) - 1
    return text[: max(kept, 0)].rstrip() + "…"
