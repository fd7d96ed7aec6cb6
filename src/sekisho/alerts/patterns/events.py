"""An event: the values in it, each with the elements of arrays that it stands in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from sekisho.alerts.patterns.errors import EventError
from sekisho.alerts.patterns.json_text import Json, JsonError, Object, Value, read_json

MAX_EVENT_BYTES: Final = 1 << 20
"""Source: Amazon EventBridge quotas, the size of an entry of PutEvents."""

REQUIRED: Final = ("id", "account", "source", "time", "region", "detail-type")
"""What every event of EventBridge has."""

Elements: TypeAlias = tuple[tuple[int, int], ...]
"""Where a value stands: for each array above it, from the outside in, which array of the event and which element.

A value that is itself an element does not count: `["x", "y"]` has two values of one field, and either may be chosen.
"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that can be compared, and where it stands."""

    value: Value
    elements: Elements = ()


@dataclass(frozen=True)
class Event:
    """An event, read.

    Attributes:
        document: its members, repeated ones too.
    """

    document: Object = field(repr=False)

    @cached_property
    def fields(self) -> Mapping[str, tuple[Leaf, ...]]:
        """The values of all fields, by the names from the top down, joined with dots.

        An object is no value; neither is an empty array.
        """
        found: dict[str, list[Leaf]] = {}
        arrays = 0
        left: list[tuple[str | None, Json, Elements]] = [(None, self.document, ())]
        while left:
            path, value, elements = left.pop()
            if isinstance(value, tuple):
                above = "" if path is None else f"{path}."
                left += [(f"{above}{name}", member, elements) for name, member in reversed(value)]
                continue
            assert path is not None  # noqa: S101 - an event is an object, and so its members have names
            if not isinstance(value, list):
                found.setdefault(path, []).append(Leaf(value, elements))
                continue
            for index, element in reversed([*enumerate(value)]):
                inside = isinstance(element, tuple | list)
                left.append((path, element, (*elements, (arrays, index)) if inside else elements))
            arrays += 1
        return {path: tuple(leaves) for path, leaves in found.items()}


def parse_event(text: str | bytes, *, max_bytes: int = MAX_EVENT_BYTES) -> Event:
    """Read an event as EventBridge does: both copies of a repeated name count, text after the event is ignored.

    Args:
        text: a JSON object, in UTF-8 where it is bytes.
        max_bytes: the most bytes in UTF-8.

    Raises:
        EventError: it is no JSON object, nested more than 1,000 deep, or too long.
    """
    size = len(text)
    if isinstance(text, str) and size <= max_bytes < size * 4:
        size = len(text.encode(errors="surrogatepass"))
    if size > max_bytes:
        raise EventError(f"the event is longer than {max_bytes:,} bytes")
    try:
        document, _ = read_json(text if isinstance(text, str) else text.decode())
    except UnicodeDecodeError as error:
        raise EventError("the event is not in UTF-8") from error
    except JsonError as error:
        raise EventError(f"the event is no JSON: {error}") from error
    if not isinstance(document, tuple):
        raise EventError("the event is no JSON object")
    return Event(document)


def check_envelope(event: Event) -> None:
    """Say whether an event has what EventBridge's own events have.

    Raises:
        EventError: a name is missing that TestEventPattern asks for.

    Source: Amazon EventBridge API Reference, TestEventPattern, `Event`.
    """
    names = {name for name, _ in event.document}
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise EventError(f"the event has no {' and no '.join(f'`{name}`' for name in missing)}")
