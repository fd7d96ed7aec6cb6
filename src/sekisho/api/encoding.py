"""From the result of an operation, or an error, to an answer that the service description knows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

import msgspec
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpResponse
from sekisho.api.model import error_shapes
from sekisho.api.timestamps import DEFAULT_FORMATS, format_timestamp


class EncodingError(Exception):
    """An operation returned what its output cannot hold: a mistake of ours, never the caller's."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(f"{at or 'the output'}: {message}")
        self.at = at
        self.message = message

    def within(self, name: str) -> "EncodingError":
        """Return the error as it is told one level further out."""
        between = "" if not self.at or self.at.startswith("[") else "."
        return EncodingError(f"{name}{between}{self.at}", self.message)


def encode_output(operation: OperationModel, output: Mapping[str, Any]) -> HttpResponse:
    """Return the answer of an operation that went well.

    Members that are None are left out. A required member may be missing and an enum may have a new value: AWS's own
    answers lack members that the description calls required, and clients are told to expect new values.

    Raises:
        EncodingError: a member that the shape does not know, or a value of another type.

    Source: Smithy 2.0, "AWS restJson1 protocol" and "enum shapes".
    """
    headers, body = _encode(operation.output_shape, output)
    return HttpResponse(int(operation.http["responseCode"]), headers, body)


def encode_error(error: ApiError) -> HttpResponse:
    """Return the answer for an error: its code in `x-amzn-ErrorType`, its members in the body and in headers.

    Source: Smithy 2.0, "AWS restJson1 protocol", "Operation error serialization".
    """
    shape = error_shapes().get(error.code)
    headers, body = _encode(shape, error.members) if shape else ({}, msgspec.json.encode(error.members))
    return HttpResponse(error.status, {"x-amzn-ErrorType": error.code, **headers}, body)


def _encode(shape: StructureShape | None, output: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    written: dict[str, Any] = {} if shape is None and not output else _writer(_known(shape))(output)
    headers: dict[str, str] = {}
    for key, member in shape.members.items() if shape else ():
        name = str(member.serialization.get("name", key))
        if member.serialization.get("location") == "header" and name in written:
            headers[name] = str(written.pop(name))
    return headers, msgspec.json.encode(written)


def _known(shape: StructureShape | None) -> StructureShape:
    if shape is None:
        raise EncodingError("", "the operation has none")
    return shape


Writer = Callable[[Any], Any]
"""Takes a value and returns it as JSON has it. What is wrong with it is told with its place from here on."""


@cache
def _writer(shape: Shape) -> Writer:
    """Return what writes values of a shape; made once for each, since a page has thousands of them."""
    match shape:
        case StructureShape():
            return _structure_writer(shape)
        case ListShape():
            return _list_writer(shape)
        case MapShape():
            return _map_writer(shape)
        case _ if shape.type_name == "timestamp":
            return _timestamp_writer(shape)
        case _:
            return _scalar_writer(shape)


def _structure_writer(shape: StructureShape) -> Writer:
    members: dict[str, tuple[str, Writer]] = {}
    is_union = shape.is_tagged_union

    def write(value: Any) -> dict[str, Any]:
        if not isinstance(value, (dict, Mapping)):  # the first is answered at once
            raise _unlike(shape, value)
        if not members:  # not before it is needed, since a shape may have itself among its members
            members.update(_member_writers(shape))
        written = _write_members(shape, members, cast("Mapping[str, Any]", value))
        if is_union and len(written) != 1:
            raise EncodingError("", f"{shape.name} is a union; it holds one member, not {len(written)}")
        return written

    return write


def _member_writers(shape: StructureShape) -> Iterator[tuple[str, tuple[str, Writer]]]:
    """Yield the members with their names on the wire."""
    for name, member in shape.members.items():
        yield name, (str(member.serialization.get("name", name)), _writer(member))


def _write_members(
    shape: StructureShape, members: Mapping[str, tuple[str, Writer]], given: Mapping[str, Any]
) -> dict[str, Any]:
    written: dict[str, Any] = {}
    name = ""
    try:
        for name, one in given.items():
            if one is not None:
                wire, write_member = members[name]
                written[wire] = write_member(one)
    except KeyError as error:
        if unknown := sorted(set(given) - set(members)):
            raise EncodingError("", f"{shape.name} has no {', '.join(unknown)}") from error
        raise
    except EncodingError as error:
        raise error.within(name) from error
    return written


def _list_writer(shape: ListShape) -> Writer:
    write_one = _writer(shape.member)

    def write(value: Any) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise _unlike(shape, value)
        items = cast("Sequence[Any]", value)
        written: list[Any] = []
        try:
            for one in items:
                written.append(write_one(one))  # noqa: PERF401 - the place of what is wrong is told by its length
        except EncodingError as error:
            raise error.within(f"[{len(written)}]") from error
        return written

    return write


def _map_writer(shape: MapShape) -> Writer:
    write_key, write_value = _writer(shape.key), _writer(shape.value)

    def write(value: Any) -> dict[str, Any]:
        if not isinstance(value, (dict, Mapping)):
            raise _unlike(shape, value)
        items = cast("Mapping[str, Any]", value)
        written: dict[str, Any] = {}
        key = ""
        try:
            for key, one in items.items():
                written[write_key(key)] = write_value(one)
        except EncodingError as error:
            raise error.within(str(key)) from error
        return written

    return write


def _timestamp_writer(shape: Shape) -> Writer:
    location = str(shape.serialization.get("location", "body"))
    form = str(shape.serialization.get("timestampFormat", DEFAULT_FORMATS[location]))

    def write(value: Any) -> str | float:
        if not isinstance(value, datetime):
            raise _unlike(shape, value)
        try:
            return format_timestamp(value, form)
        except ValueError as error:
            raise EncodingError("", str(error)) from error

    return write


def _scalar_writer(shape: Shape) -> Writer:
    kind = _KINDS[shape.type_name]

    def write(value: Any) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _unlike(shape, value)
        return value

    return write


def _unlike(shape: Shape, value: object) -> EncodingError:
    return EncodingError("", f"a {type(value).__name__} for a {shape.type_name}")


_KINDS: Mapping[str, type] = {"string": str, "integer": int, "long": int, "boolean": bool}
