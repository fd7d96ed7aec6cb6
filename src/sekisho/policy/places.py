"""Reading policy text as JSON without losing where things stand.

Documents are read by the standard library's fast decoder. Only when a place is asked for, which happens once per
message, does the slower walk below go over the text again and note where each element starts.
"""

import json
import re
from collections.abc import Callable, Iterator
from json import decoder
from json.decoder import JSONDecodeError
from typing import Any, NoReturn, TypeAlias

from sekisho.policy.errors import Location, PolicySyntaxError

MAX_CHARACTERS = 65_536
"""Twice the longest policy that any AWS service takes (32,768 for KMS key policies)."""

Path: TypeAlias = tuple[str | int, ...]


class NumberText(str):
    """A JSON number as its author spelled it. Source: IAM grammar, numbers and booleans are taken as text."""

    __slots__ = ()


def read_json(text: str, *, most_characters: int = MAX_CHARACTERS) -> Any:
    """Return the JSON value that `text` holds, its numbers as `NumberText`.

    Raises:
        PolicySyntaxError: not JSON, longer than `most_characters`, nested too deeply, or an object with a key twice.
    """
    if len(text) > most_characters:
        raise PolicySyntaxError(
            f"the document has {len(text):,} characters",
            at=Location(""),
            remedy=f"AWS takes at most 32,768 in any policy, Sekisho reads up to {most_characters:,}",
        )
    if text.startswith("\ufeff"):
        raise PolicySyntaxError(
            "not JSON: it starts with a byte order mark", at=Location("", 1, 1), remedy="save it as UTF-8 without one"
        )
    try:
        return _decoded(text)
    except JSONDecodeError as error:
        raise PolicySyntaxError(
            f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            at=Location("", error.lineno, error.colno),
            remedy="mend the text there, or check that it is the policy you mean",
        ) from error
    except _DuplicateKeyError as error:
        raise PolicySyntaxError(
            f"the key `{shorten(error.key)}` stands twice",
            at=_place_of_duplicate(text),
            remedy="keep one of the two, AWS would use only one",
        ) from error
    except RecursionError as error:
        raise PolicySyntaxError(
            "the document is nested too deeply", at=Location(""), remedy="a policy has at most six levels"
        ) from error


def _decoded(text: str) -> Any:
    """Return what `decode` does, which looks for blanks with regular expressions: there are none as a rule."""
    if text.startswith("{"):
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    return _DECODER.decode(text)


def locate(text: str, path: Path) -> Location:
    """Return where the element at `path` starts, or a location without line when the text has no such element."""
    shown = format_path(path)
    for found, start in _walk(text):
        if found == path:
            return _location(text, shown, start)
    return Location(shown)


def lines_of(text: str, member: str) -> list[int]:
    """Return the lines where the elements of a list start that a JSON object has for a member, counted from 1.

    What stands alone is a list of one. The text is valid JSON, and an object; what is between is skipped unread.
    """
    at = _skip(text, text.index("{") + 1)
    while text[at] == '"':
        key, end = _scan_string(text, at + 1)
        at = _skip(text, _skip(text, end) + 1)
        if key == member:
            return list(_lines_from(text, at))
        at = _after_comma(text, _skip_value(text, at))
    return []


def _lines_from(text: str, at: int) -> Iterator[int]:
    line, counted = 1, 0
    listed = text[at] == "["
    at = _skip(text, at + 1) if listed else at
    while text[at] != "]":
        line += text.count("\n", counted, at)
        counted = at
        yield line
        if not listed:
            return
        at = _after_comma(text, _skip_value(text, at))


def _after_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip_value(text: str, at: int) -> int:
    _, end = _SKIPPING.raw_decode(text, at)
    return end


_SKIPPING = json.JSONDecoder()


def format_path(path: Path) -> str:
    """Write a path as people do: `Statement[2].Condition.StringLike`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{shorten(step)}" if shown else shorten(step)
    return shown


def shorten(text: str) -> str:
    """Return what of a text fits into a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - what fits in a message


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen = set[str]()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return found


def _constant(name: str) -> NoReturn:
    raise JSONDecodeError(f"`{name}` is not a JSON value", name, 0)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=NumberText, parse_float=NumberText, parse_constant=_constant
)


def _place_of_duplicate(text: str) -> Location:
    seen = set[Path]()
    for path, start in _walk(text):
        if path in seen:
            return _location(text, format_path(path), start)
        seen.add(path)
    return Location("")


def _location(text: str, shown: str, start: int) -> Location:
    line = text.count("\n", 0, start) + 1
    return Location(shown, line, start - text.rfind("\n", 0, start))


_scan_string: Callable[[str, int], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]
"""The decoder's own reader of a JSON string: from after the opening quote, the text and where it ends."""

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def _walk(text: str) -> Iterator[tuple[Path, int]]:
    """Yield every element of valid JSON text with the offset where its value starts, in document order.

    An explicit stack instead of recursion: the text may be as deep as the decoder allows.
    """
    at = _skip(text, 0)
    stack: list[tuple[Path, str, int]] = []  # the container's path, its opening bracket, the next index
    path: Path = ()
    while at < len(text):
        yield path, at
        if text[at] in "{[":
            stack.append((path, text[at], 0))
            at = _skip(text, at + 1)
        elif text[at] == '"':
            at = _skip(text, _scan_string(text, at + 1)[1])
        else:
            scalar = _SCALAR.match(text, at)
            at = _skip(text, scalar.end() if scalar else len(text))
        while at < len(text) and text[at] in "]},":
            closing = text[at] != ","
            if closing:
                stack.pop()
            at = _skip(text, at + 1)
            if not closing:
                break
        if not stack or at >= len(text):
            return
        parent, opened, index = stack[-1]
        stack[-1] = (parent, opened, index + 1)
        if opened == "[":
            path = (*parent, index)
        else:
            key, end = _scan_string(text, at + 1)
            path = (*parent, key)
            at = _skip(text, _skip(text, end) + 1)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
