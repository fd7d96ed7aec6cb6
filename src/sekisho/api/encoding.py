"""From the result of an operation, or an error, to an answer that the service description knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    written = {} if shape is None and not output else _structure(_known(shape), output, "")
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


def _write(shape: Shape, value: Any, at: str) -> Any:
    _check_kind(shape, value, at)
    match shape:
        case StructureShape():
            return _structure(shape, value, at)
        case ListShape():
            return [_write(shape.member, one, f"{at}[{place}]") for place, one in enumerate(value)]
        case MapShape():
            return {_write(shape.key, key, at): _write(shape.value, one, f"{at}.{key}") for key, one in value.items()}
        case _ if shape.type_name == "timestamp":
            return _timestamp(shape, value, at)
        case _:
            return value


def _check_kind(shape: Shape, value: object, at: str) -> None:
    kinds = _KINDS[shape.type_name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise EncodingError(at, f"a {type(value).__name__} for a {shape.type_name}")


def _structure(shape: StructureShape, value: Mapping[str, Any], at: str) -> dict[str, Any]:
    if unknown := sorted(set(value) - set(shape.members)):
        raise EncodingError(at, f"{shape.name} has no {', '.join(unknown)}")
    present = {name: one for name, one in value.items() if one is not None}
    if shape.is_tagged_union and len(present) != 1:
        raise EncodingError(at, f"{shape.name} is a union; it holds one member, not {len(present)}")
    written: dict[str, Any] = {}
    for name, one in present.items():
        member = shape.members[name]
        written[str(member.serialization.get("name", name))] = _write(member, one, f"{at}.{name}" if at else name)
    return written


def _timestamp(shape: Shape, value: Any, at: str) -> str | float:
    location = str(shape.serialization.get("location", "body"))
    try:
        return format_timestamp(value, str(shape.serialization.get("timestampFormat", DEFAULT_FORMATS[location])))
    except ValueError as error:
        raise EncodingError(at, str(error)) from error


_KINDS: Mapping[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "list": (list, tuple),
    "map": (Mapping,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (datetime,),
}
