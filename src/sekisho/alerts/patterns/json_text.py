"""JSON as event patterns see it: every copy of a repeated key, and numbers as they were written.

Text after the first value is left unread, as EventBridge's engine leaves it.
"""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from sekisho.alerts.errors import AlertsError

MAX_DEPTH: Final = 1000
"""How deep values may be nested. Source: EventBridge User Guide, "Event size and JSON limits"."""

_LONGEST_NUMBER: Final = 1000
_SURELY_EXACT: Final = 15
"""So many digits survive the way to binary64 and back."""


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A number as it was written. Two are equal when they mean the same, however they are written."""

    text: str

    @property
    def comparable(self) -> float | None:
        """The number in binary64; None where that is another number, and then only the text can be compared."""
        text = self.text
        if len(text) <= _SURELY_EXACT and "e" not in text and "E" not in text:
            return float(text)
        if len(text) > _LONGEST_NUMBER:
            return None
        value = float(text)
        if value == 0:
            return value if not re.search("[1-9]", re.split("[eE]", text)[0]) else None
        return value if math.isfinite(value) and Decimal(repr(value)) == Decimal(text) else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Number):
            return NotImplemented
        value = self.comparable
        return self.text == other.text if value is None else value == other.comparable

    def __hash__(self) -> int:
        value = self.comparable
        return hash(self.text if value is None else value)


Value: TypeAlias = str | Number | bool | None
"""What can be compared. Neither objects nor arrays can."""

Object: TypeAlias = "tuple[tuple[str, Json], ...]"
"""The members of an object in their order, repeated ones too."""

Json: TypeAlias = "Object | list[Json] | Value"


class JsonError(AlertsError):
    """Text that is no JSON; the message says why and where."""


def read_json(text: str) -> tuple[Json, int]:
    """Return the first value of a text, and where it ends.

    Raises:
        JsonError: it is no JSON, or nested too deep.
    """
    start = len(text) - len(text.lstrip(" \t\n\r"))
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _failure(text, error.pos, error.msg) from error
    except RecursionError:
        return _read_deep(text, start)
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise _too_deep()
    return value, end


def write_json(value: Json, *, quoted: Callable[[str], str] | None = None) -> str:
    """Return a value as JSON without spaces; numbers as they were written.

    Args:
        value: what to write.
        quoted: how to write names and texts, where that is not as JSON has them.
    """
    quoted = quoted or _quoted
    written: list[str] = []
    left: list[Json | _Mark] = [value]
    while left:
        match left.pop():
            case _Mark(text):
                written.append(text)
            case Number(text):
                written.append(text)
            case tuple() as members:
                left.append(_Mark("}"))
                for place, (key, member) in reversed([*enumerate(members)]):
                    left += (member, _Mark(f"{',' if place else ''}{quoted(key)}:"))
                left.append(_Mark("{"))
            case list() as elements:
                left.append(_Mark("]"))
                for place, element in reversed([*enumerate(elements)]):
                    left += (element, _Mark("," if place else ""))
                left.append(_Mark("["))
            case str() as text:
                written.append(quoted(text))
            case scalar:
                written.append(json.dumps(scalar))
    return "".join(written)


@dataclass(frozen=True, slots=True)
class _Mark:
    text: str


_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=_LONE_SURROGATE.search(text) is not None)


def _refuse_constant(name: str) -> Json:
    raise JsonError(f"`{name}` is no number in JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
)


def _failure(text: str, at: int, reason: str) -> JsonError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return JsonError(f"{reason[:1].lower()}{reason[1:]} at line {line} column {column}")


def _too_deep() -> JsonError:
    return JsonError(f"values are nested more than {MAX_DEPTH} deep")


def _depth(value: Json) -> int:
    """Return how many objects and arrays stand in one another."""
    depth = 0
    level: list[Object | list[Json]] = [value] if isinstance(value, tuple | list) else []
    while level:
        depth += 1
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, tuple | list)]
    return depth


def _inside(outer: "Object | list[Json]") -> list[Json]:
    return [member for _, member in outer] if isinstance(outer, tuple) else outer


class _Open:
    """An object or an array that has not ended."""

    def __init__(self, *, is_object: bool) -> None:
        self.is_object = is_object
        self.members: list[tuple[str, Json]] = []
        self.elements: list[Json] = []
        self.key = ""

    def add(self, value: Json) -> None:
        if self.is_object:
            self.members.append((self.key, value))
        else:
            self.elements.append(value)

    @property
    def value(self) -> Json:
        return tuple(self.members) if self.is_object else self.elements


_SPACE: Final = re.compile(r"[ \t\n\r]*")


def _read_deep(text: str, at: int) -> tuple[Json, int]:
    """Read what is nested too deep for the standard library's decoder, which depends on the depth of its callers."""
    opened: list[_Open] = []
    while True:
        if text[at : at + 1] in {"{", "["}:
            if len(opened) == MAX_DEPTH:
                raise _too_deep()
            one = _Open(is_object=text[at] == "{")
            at = _after_space(text, at + 1)
            if text[at : at + 1] != ("}" if one.is_object else "]"):
                opened.append(one)
                at = _after_key(text, at, one)
                continue
            value, at = one.value, at + 1
        else:
            value, at = _scalar(text, at)
        while opened:
            outer = opened[-1]
            outer.add(value)
            at = _after_space(text, at)
            if text[at : at + 1] == ",":
                at = _after_key(text, _after_space(text, at + 1), outer)
                break
            if text[at : at + 1] != ("}" if outer.is_object else "]"):
                raise _failure(text, at, "expecting ',' or the end of what is open")
            value, at = opened.pop().value, at + 1
        else:
            return value, at


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _after_key(text: str, at: int, outer: _Open) -> int:
    """Read the key of the next member, if an object is open, and return where the value begins."""
    if not outer.is_object:
        return at
    if text[at : at + 1] != '"':
        raise _failure(text, at, "expecting a name in double quotes")
    outer.key, at = _string(text, at)
    at = _after_space(text, at)
    if text[at : at + 1] != ":":
        raise _failure(text, at, "expecting ':'")
    return _after_space(text, at + 1)


def _string(text: str, at: int) -> tuple[str, int]:
    value, end = _scalar(text, at)
    assert isinstance(value, str)  # noqa: S101 - the caller saw the quote
    return value, end


def _scalar(text: str, at: int) -> tuple[Json, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _failure(text, error.pos, error.msg) from error
