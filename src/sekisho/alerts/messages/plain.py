r"""Text of strangers, made safe to put into a message: visible to the last character, and not too long.

Nothing that comes out of here moves a cursor, turns the direction of a line, or hides: what has no shape of its own is
written as its code, such as `\u202e`. Dropping it would have `ad\u200bmin` pass for `admin`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

ELLIPSIS: Final = "…"

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""A JSON value whose texts are visible and of one line each."""

_BREAKS: Final = re.compile("(?:\r\n|[\t\n\v\f\r\x85\u2028\u2029])")

_HIDDEN: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f\xad"  # control characters, soft hyphen
    "\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"  # joiners and marks before Arabic numbers
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # fillers and selectors without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # zero width, direction, separators
    "\ufe00-\ufe0f\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"  # selectors, what is no character, surrogates
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags, further selectors
    "]"
)
"""What is not seen, or steers what is: Unicode's control, format, surrogate and separator characters, and those that
are to be ignored where a font has no shape for them. Source: Unicode Standard, `DerivedCoreProperties.txt`."""

_GAPS: Final = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]{2,}")
_TRAILING: Final = re.compile(r" +(?=\n|$)")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


def visible(text: str) -> str:
    """Return a text on one line in which every character is seen."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_code, _BREAKS.sub(" ", text))


def visible_lines(text: str) -> str:
    """Return a text in which every character is seen, and which keeps its lines."""
    return "\n".join(_HIDDEN.sub(_code, line.replace("\t", " ")) for line in _lines_of(text))


def one_line(text: str, most: int) -> str:
    """Return a text on one line, without blanks around it, of at most `most` characters."""
    return clip(_GAPS.sub(" ", visible(text[: _ahead(most)])).strip(), most)


def clip(text: str, most: int) -> str:
    """Return the beginning of a text that is too long, with an ellipsis, which counts."""
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


def squeezed(text: str) -> str:
    """Return lines without blanks at their ends, no two empty ones together, none first or last."""
    return _EMPTY_LINES.sub("\n\n", _TRAILING.sub("", text)).strip(" \n")


def _ahead(most: int) -> int:
    """Return how much of a text is looked at: blanks may go, and more than that nobody needs."""
    return 4 * most + 16


def _lines_of(text: str) -> list[str]:
    return re.split("\r\n|[\n\v\f\r\x85\u2028\u2029]", text)


def _code(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode("ascii")


MOST_TEXT: Final = 4_000
"""How many characters of one value of an event are looked at."""

MOST_ITEMS: Final = 200
"""How many members of one list or object are looked at."""

MOST_VALUES: Final = 20_000
"""How many values of one event are looked at."""

MOST_DEPTH: Final = 24

SECRETS: Final = frozenset({"sessiontoken", "secretaccesskey", "x-amz-security-token", "password", "newpassword"})
"""Members, in lower case, that are shown to nobody, whoever wrote them into an event."""


def tidy_object(value: object) -> dict[str, Plain]:
    """Return what can be told of an event: its texts visible and bounded, its lists and objects too.

    Args:
        value: JSON of any shape and size; what is no object comes back empty, what is no JSON is left out.
    """
    tidied = _Tidying().tidy(value, 0)
    return tidied if isinstance(tidied, dict) else {}


class _Tidying:
    """One pass over an event, which ends after so many values."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def tidy(self, value: object, depth: int) -> Plain:
        self._left -= 1
        match value:
            case str():
                return clip(visible(value[: MOST_TEXT + 1]), MOST_TEXT)
            case bool() | float() | None:
                return value
            case int():
                return value if value.bit_length() <= _LARGEST_BITS else None
            case _ if depth == MOST_DEPTH:
                return None
            case Mapping():
                return self._members(cast("Mapping[Any, Any]", value), depth)  # type: ignore[redundant-cast]  # for pyright
            case list() | tuple():
                some = cast("list[Any]", value)[:MOST_ITEMS]
                return [self.tidy(one, depth + 1) for one in some if self._left > 0]
            case _:
                return None

    def _members(self, value: Mapping[Any, Any], depth: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for key, one in value.items():
            if self._left <= 0 or len(found) == MOST_ITEMS:
                break
            if isinstance(key, str) and key.lower() not in SECRETS:
                found[clip(visible(key[:_LONGEST_KEY]), _LONGEST_KEY)] = self.tidy(one, depth + 1)
        return found


_LARGEST_BITS: Final = 256
_LONGEST_KEY: Final = 200


def value_at(event: Plain, path: str) -> Plain:
    """Return what stands at a path, such as `detail.resources.0.ARN`; None where there is nothing."""
    for name in path.split("."):
        match event:
            case dict():
                event = event.get(name)
            case list() if name.isdecimal() and int(name) < len(event):
                event = event[int(name)]
            case _:
                return None
    return event


def text_at(event: Plain, *paths: str) -> str:
    """Return the first text or number that stands at one of the paths, as text; empty where there is none."""
    for path in paths:
        if text := text_of(value_at(event, path)):
            return text
    return ""


def object_at(event: Plain, path: str) -> dict[str, Plain]:
    """Return the object at a path; empty where there is none."""
    found = value_at(event, path)
    return found if isinstance(found, dict) else {}


def list_at(event: Plain, path: str) -> list[Plain]:
    """Return the list at a path; empty where there is none."""
    found = value_at(event, path)
    return found if isinstance(found, list) else []


def text_of(value: Plain) -> str:
    """Return a text or a number as text, true and false as JSON has them; anything else as nothing."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return ""
