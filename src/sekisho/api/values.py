"""From JSON and text to values, each held against its shape; every problem is kept with the place of the field."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeGuard

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sekisho.api.errors import FieldProblem, Reason, validation_error
from sekisho.api.timestamps import DEFAULT_FORMATS, parse_timestamp

MOST_PROBLEMS = 20
"""How many problems an answer lists; who sends more has enough to do with these."""

_LONGEST_NAME = 64
_INTEGER = re.compile(r"-?\d{1,19}", flags=re.ASCII)
_INTEGER_BITS = {"integer": 32, "long": 64}


class Problems:
    """What is wrong with one request. A value of a wrong type makes it unreadable, anything else invalid."""

    def __init__(self) -> None:
        self._fields: list[FieldProblem] = []
        self._reason = Reason.FIELD_VALIDATION_FAILED

    def invalid(self, at: str, message: str) -> None:
        """Note a value that the shape does not allow."""
        if len(self._fields) < MOST_PROBLEMS:
            self._fields.append(FieldProblem(at, message))

    def unreadable(self, at: str, message: str) -> None:
        """Note a value of another type than the shape's."""
        self._reason = Reason.CANNOT_PARSE
        self.invalid(at, message)

    def raise_if_any(self) -> None:
        """Raise `ValidationException` when something was noted. No message repeats what the caller sent as a value."""
        if self._fields:
            first = self._fields[0]
            raise validation_error(self._reason, f"`{first.name}` {first.message}", self._fields)


def read_text(shape: Shape, text: str, at: str, problems: Problems, *, location: str) -> Any:
    """Read a value that came as text, in the path, the query or a header; None when it cannot be read.

    Source: Smithy 2.0, "httpLabel trait", "httpQuery trait": numbers in decimal, booleans `true` and `false`.
    """
    match shape, shape.type_name:
        case StringShape(), _:
            return _string(shape, text, at, problems)
        case _, "integer" | "long" if _INTEGER.fullmatch(text):
            return _integer(shape, int(text), at, problems)
        case _, "boolean" if text in {"true", "false"}:
            return text == "true"
        case _, "timestamp":
            return _timestamp(shape, text, at, problems, location=location)
        case _, other:
            problems.unreadable(at, f"must be {_TYPES[other]}")
            return None


def read_json(shape: Shape, value: Any, at: str, problems: Problems) -> Any:
    """Read a value out of a JSON body; None when it cannot be read.

    Members that the shape does not know are passed over, and one that is `null` counts as absent.

    Source: Smithy 2.0, "AWS restJson1 protocol", and "Constraint traits" for lengths, ranges, patterns.
    """
    match shape:
        case StructureShape():
            return _structure(shape, value, at, problems)
        case ListShape():
            return _list(shape, value, at, problems)
        case MapShape():
            return _map(shape, value, at, problems)
        case StringShape():
            return _string(shape, value, at, problems)
        case _:
            return _SCALARS[shape.type_name](shape, value, at, problems)


def check_size(shape: Shape, size: int, at: str, problems: Problems, *, of: str) -> None:
    """Note when a length or number is outside the bounds of the shape."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < int(least):
        problems.invalid(at, f"must have {of} of at least {least}")
    if most is not None and size > int(most):
        problems.invalid(at, f"must have {of} of at most {most}")


def member_at(at: str, name: str) -> str:
    """Return the place of a member; a name that the caller chose is shortened."""
    shown = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
    return f"{at}.{shown}" if at else shown


def read_members(shape: StructureShape, value: Mapping[str, Any], at: str, problems: Problems) -> dict[str, Any]:
    """Read the members that a JSON object holds, and note the required ones that it lacks.

    Members that have a place elsewhere in the request are not looked for.
    """
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        if "location" in member.serialization:
            continue
        given = value.get(str(member.serialization.get("name", name)))
        if given is not None:
            found[name] = read_json(member, given, member_at(at, name), problems)
        elif name in shape.required_members:
            problems.invalid(member_at(at, name), "is required")
    return found


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a JSON value is an object."""
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _structure(shape: StructureShape, value: Any, at: str, problems: Problems) -> Any:
    if not is_object(value):
        problems.unreadable(at, "must be an object")
        return None
    found = read_members(shape, value, at, problems)
    if shape.is_tagged_union and len(found) != 1:
        problems.invalid(at, f"must have exactly one member out of {', '.join(shape.members)}")
    return found


def _list(shape: ListShape, value: Any, at: str, problems: Problems) -> Any:
    if not _is_list(value):
        problems.unreadable(at, "must be a list")
        return None
    check_size(shape, len(value), at, problems, of="a length")
    return [read_json(shape.member, one, f"{at}[{place}]", problems) for place, one in enumerate(value)]


def _map(shape: MapShape, value: Any, at: str, problems: Problems) -> Any:
    if not is_object(value):
        problems.unreadable(at, "must be an object")
        return None
    check_size(shape, len(value), at, problems, of="a size")
    found: dict[str, Any] = {}
    for key, one in value.items():
        place = member_at(at, key)
        read_json(shape.key, key, place, problems)
        found[key] = read_json(shape.value, one, place, problems)
    return found


def _string(shape: StringShape, value: Any, at: str, problems: Problems) -> Any:
    """Read text. A NUL is refused everywhere: PostgreSQL cannot store it, and no field here has a use for it."""
    if not isinstance(value, str):
        problems.unreadable(at, "must be a string")
        return None
    if "\0" in value:
        problems.invalid(at, "must not contain the character NUL")
    if shape.enum and value not in shape.enum:
        problems.invalid(at, f"must be one of {', '.join(shape.enum)}")
    check_size(shape, len(value), at, problems, of="a length")
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _compiled(pattern).fullmatch(value):
        problems.invalid(at, f"must match the pattern {pattern}")
    return value


def _integer(shape: Shape, value: Any, at: str, problems: Problems) -> Any:
    bits = _INTEGER_BITS[shape.type_name]
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << bits - 1) <= value < 1 << bits - 1:
        problems.unreadable(at, f"must be {_TYPES[shape.type_name]}")
        return None
    check_size(shape, value, at, problems, of="a value")
    return value


def _boolean(_: Shape, value: Any, at: str, problems: Problems) -> Any:
    if not isinstance(value, bool):
        problems.unreadable(at, "must be true or false")
        return None
    return value


def _timestamp(shape: Shape, value: Any, at: str, problems: Problems, *, location: str = "body") -> Any:
    form = str(shape.serialization.get("timestampFormat", DEFAULT_FORMATS[location]))
    try:
        return parse_timestamp(value, form)
    except ValueError as error:
        problems.unreadable(at, str(error))
        return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern for a whole value: the service's patterns describe all of it, with or without anchors."""
    return re.compile(pattern)


_SCALARS: Mapping[str, Callable[[Shape, Any, str, Problems], Any]] = {
    "integer": _integer,
    "long": _integer,
    "boolean": _boolean,
    "timestamp": _timestamp,
}

_TYPES: Mapping[str, str] = {
    "integer": "a whole number of 32 bits",
    "long": "a whole number of 64 bits",
    "boolean": "true or false",
}
