"""Values of any shape of the service description, for tests that generate them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
NOT_LABELS = {"", ".", ".."}


def values(shape: Shape | None, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Inputs or outputs; `given` stands in for members of the top level, or with `st.none()` leaves them out."""
    if shape is None:
        return st.just({})
    made = _structure(cast("StructureShape", shape), given)
    return made.map(lambda value: {name: one for name, one in value.items() if one is not None})


def _of(shape: Shape) -> st.SearchStrategy[Any]:
    match shape:
        case StructureShape():
            return _structure(shape, {})
        case ListShape():
            most = min(int(shape.metadata.get("max", 2)), max(_least(shape), 2))
            return st.lists(_of(shape.member), min_size=_least(shape), max_size=most)
        case MapShape():
            return st.dictionaries(_of(shape.key), _of(shape.value), max_size=2)
        case StringShape():
            return _string(shape)
        case _:
            return _SCALARS[shape.type_name](shape)


def _structure(shape: StructureShape, given: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: given[name] if name in given else _member(member) for name, member in shape.members.items()}
    if shape.is_tagged_union:
        return st.one_of([st.fixed_dictionaries({name: member}) for name, member in members.items()])
    required = {name: members.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=members)


def _member(shape: Shape) -> st.SearchStrategy[Any]:
    match shape.serialization.get("location"):
        case "uri":
            return _of(shape).filter(lambda label: label not in NOT_LABELS)
        case "querystring" if isinstance(shape, ListShape):
            return st.lists(_of(shape.member), min_size=1, max_size=3)
        case _:
            return _of(shape)


def _string(shape: StringShape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    least, most = _least(shape), int(shape.metadata.get("max", 1 << 30))
    if pattern := shape.metadata.get("pattern"):
        made = st.from_regex(str(pattern), fullmatch=True, alphabet=CHARACTERS)
        return made.filter(lambda text: least <= len(text) <= most)
    return st.text(CHARACTERS, min_size=least, max_size=min(most, least + 20))


def _least(shape: Shape) -> int:
    return int(shape.metadata.get("min", 0))


_SCALARS: Mapping[str, Callable[[Shape], st.SearchStrategy[Any]]] = {
    "integer": lambda shape: st.integers(
        int(shape.metadata.get("min", -(1 << 31))), int(shape.metadata.get("max", (1 << 31) - 1))
    ),
    "boolean": lambda _: st.booleans(),
    "timestamp": lambda _: st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis takes bounds without zones
}
