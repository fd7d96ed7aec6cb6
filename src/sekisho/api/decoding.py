"""From a request to the parameters of an operation, checked against the shape of its input."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
from botocore.model import ListShape, Shape, StructureShape

from sekisho.api.errors import Reason, validation_error
from sekisho.api.exchange import HttpRequest
from sekisho.api.model import Match
from sekisho.api.values import Problems, check_size, is_object, read_members, read_text

JSON_DEPTH = 64


def decode_input(match: Match, request: HttpRequest, *, depth: int = JSON_DEPTH) -> dict[str, Any]:
    """Return the parameters by the names of the input's members; those that were not sent are absent.

    A body is read only when the operation has members in it, as AWS's own services do.

    Args:
        match: the operation, and what its path labels hold.
        request: the whole request; parameters that the operation does not know are passed over.
        depth: how deep objects and lists may be nested.

    Raises:
        ApiError: `ValidationException`; it lists every field that is wrong, up to a limit.

    Source: Smithy 2.0, "HTTP bindings" and "AWS restJson1 protocol".
    """
    shape = match.operation.input_shape
    if shape is None:
        return {}
    problems = Problems()
    found: dict[str, Any] = {}
    texts = _texts(match, request)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location is None:
            continue
        given = texts[str(location)].get(str(member.serialization.get("name", name)), [])
        if given:
            found[name] = _read_texts(member, given, name, problems, location=str(location))
        elif name in shape.required_members:
            problems.invalid(name, "is required")
    found |= _read_body(shape, request.body, depth, problems)
    problems.raise_if_any()
    return found


def parse_json(body: bytes, *, depth: int) -> Any:
    """Read JSON that is nested no deeper than `depth`.

    Raises:
        ApiError: `ValidationException`, reason `cannotParse`.
    """
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise validation_error(Reason.CANNOT_PARSE, "the body is not JSON in UTF-8") from error
    level = [value]
    for _ in range(depth):
        level = [inner for one in level for inner in _inside(one)]
    if any(isinstance(one, dict | list) for one in level):
        raise validation_error(Reason.CANNOT_PARSE, f"the body is nested deeper than {depth} levels")
    return value


def _inside(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from value.values()
        case list():
            yield from value
        case _:
            pass


def _texts(match: Match, request: HttpRequest) -> Mapping[str, Mapping[str, list[bytes]]]:
    """Return everything that comes as text: by location, then by name, in order."""
    query: dict[str, list[bytes]] = {}
    for name, value in request.query_pairs():
        query.setdefault(name.decode(errors="replace"), []).append(value)
    return {
        "uri": {name: [unquote_to_bytes(label)] for name, label in match.labels.items()},
        "querystring": query,
        "header": {},
    }


def _read_texts(shape: Shape, given: list[bytes], at: str, problems: Problems, *, location: str) -> Any:
    if isinstance(shape, ListShape):
        check_size(shape, len(given), at, problems, of="a length")
        member = shape.member
        return [
            _read_text(member, one, f"{at}[{place}]", problems, location=location) for place, one in enumerate(given)
        ]
    if len(given) > 1:
        problems.invalid(at, "must be given once")
    return _read_text(shape, given[0], at, problems, location=location)


def _read_text(shape: Shape, given: bytes, at: str, problems: Problems, *, location: str) -> Any:
    try:
        text = given.decode()
    except UnicodeDecodeError:
        problems.unreadable(at, "must be text in UTF-8")
        return None
    return read_text(shape, text, at, problems, location=location)


def _read_body(shape: StructureShape, body: bytes, depth: int, problems: Problems) -> dict[str, Any]:
    if all("location" in member.serialization for member in shape.members.values()):
        return {}
    value: Any = parse_json(body, depth=depth) if body else {}
    if not is_object(value):
        raise validation_error(Reason.CANNOT_PARSE, "the body is not a JSON object")
    return read_members(shape, value, "", problems)
