"""From the result of an operation, or an error, to an answer that the service description knows.

A page of findings has thousands of values. So each shape becomes a type once, and msgspec holds a whole answer against
it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final

import msgspec
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpResponse
from sekisho.api.model import error_shapes
from sekisho.api.timestamps import DEFAULT_FORMATS


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
    if shape is None:
        if output:
            raise EncodingError("", "the operation has none")
        return {}, b"{}"
    in_headers = {name: one for name, one in shape.members.items() if one.serialization.get("location") == "header"}
    body = {name: value for name, value in output.items() if name not in in_headers} if in_headers else output
    try:
        written = msgspec.convert(body, _type_of(shape))
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        raise EncodingError(place.lstrip(".").removesuffix("`"), problem) from error
    headers = {
        str(one.serialization.get("name", name)): str(output[name])
        for name, one in in_headers.items()
        if output.get(name) is not None
    }
    return headers, msgspec.json.encode(written)


@cache
def _type_of(shape: Shape) -> Any:
    """Return the type of the values of a shape."""
    match shape:
        case StructureShape():
            return _struct_of(shape)
        case ListShape():
            return list[_type_of(shape.member)]  # type: ignore[misc] # a type that is made at run time
        case MapShape():
            return dict[str, _type_of(shape.value)]  # type: ignore[misc] # as above
        case _ if shape.type_name == "timestamp":
            return _timestamp_of(shape)
        case _:
            return _KINDS[shape.type_name]


def _struct_of(shape: StructureShape) -> type[msgspec.Struct]:
    """Return the type of a structure; each member may be missing, and one that is None is left out."""
    fields = [(name, _type_of(one) | None, None) for name, one in _body_members(shape)]
    return msgspec.defstruct(
        shape.name,
        fields,
        forbid_unknown_fields=True,
        omit_defaults=True,
        namespace={"__post_init__": _check_union} if shape.is_tagged_union else {},
    )


def _body_members(shape: StructureShape) -> Iterator[tuple[str, Shape]]:
    for name, member in shape.members.items():
        if member.serialization.get("name", name) != name and "location" not in member.serialization:
            raise TypeError(f"{shape.name}.{name} has another name on the wire, which is not provided for")
        if member.serialization.get("location") != "header":
            yield name, member


def _check_union(union: msgspec.Struct) -> None:
    members = sum(getattr(union, name) is not None for name in union.__struct_fields__)
    if members != 1:
        raise ValueError(f"{type(union).__name__} is a union; it holds one member, not {members}")


def _timestamp_of(shape: Shape) -> Any:
    """Return the type of times, which msgspec writes itself where they are in ISO 8601; they have a zone."""
    form = str(shape.serialization.get("timestampFormat", DEFAULT_FORMATS["body"]))
    if form != "iso8601":
        raise TypeError(f"times in the form {form} are not provided for")
    return Annotated[datetime, msgspec.Meta(tz=True)]


_KINDS: Final[Mapping[str, type]] = {"string": str, "integer": int, "long": int, "boolean": bool}
