"""Making a message fit: a channel takes the first of its ever smaller forms that is within its limits."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace

from sekisho.alerts.message import Entry, Fact, Message, Moment, Text

Rendered = TypeVar("Rendered")

MOST_CHARACTERS: Final = 1_000_000
"""No channel takes more; what has more is not even tried."""

TIME: Final = 50
"""How many characters a time counts as: about what it takes when it is written."""


class _Size(NamedTuple):
    """How much of a message is left: its entries, the facts and links of each, and the characters of each text."""

    entries: int
    facts: int
    links: int
    characters: int


_SIZES: Final = (
    _Size(100, 40, 10, 20_000),
    _Size(50, 30, 8, 3_000),
    _Size(30, 20, 6, 1_500),
    _Size(20, 15, 5, 800),
    _Size(10, 12, 4, 500),
    _Size(5, 10, 3, 300),
    _Size(2, 10, 2, 300),
    _Size(1, 10, 2, 200),
    _Size(1, 5, 1, 100),
    _Size(1, 2, 0, 50),
)


def fitted(message: Message, render: Callable[[Message], Rendered], fits: Callable[[Rendered], bool]) -> Rendered:
    """Return the largest form of a message that fits, as it is rendered; the smallest where none does."""
    forms = (one for one in _forms(message) if _length(one) <= MOST_CHARACTERS)  # the smallest always is
    rendered = render(next(forms))
    for smaller in forms:
        if fits(rendered):
            break
        rendered = render(smaller)
    return rendered


def _forms(message: Message) -> Iterator[Message]:
    """Yield a message, then ever smaller forms, first without the events. Entries that are left out are counted."""
    yield message
    bare = tuple(replace(one, envelope="") for one in message.entries)
    yield replace(message, entries=bare)
    for size in _SIZES:
        kept = tuple(_entry(one, size) for one in bare[: size.entries])
        omitted = message.omitted + len(bare) - len(kept)
        yield replace(message, title=_cut(message.title, size.characters), entries=kept, omitted=omitted)


def _entry(entry: Entry, size: _Size) -> Entry:
    most = size.characters
    return replace(
        entry,
        title=_cut(entry.title, most),
        text=_cut(entry.text, most),
        advice=_cut(entry.advice, most),
        facts=tuple(Fact(_short(one.label, most), _cut(one.value, most)) for one in entry.facts[: size.facts]),
        links=tuple(replace(one, label=_short(one.label, most)) for one in entry.links[: size.links]),
    )


def _cut(text: Text, most: int) -> Text:
    """Return the beginning of a text."""
    kept: list[str | Moment] = []
    left = most
    for one in text:
        if left <= 0:
            break
        kept.append(_short(one, left) if isinstance(one, str) else one)
        left -= len(one) if isinstance(one, str) else TIME
    return tuple(kept)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _length(message: Message) -> int:
    return _text_length(message.title) + sum(_entry_length(one) for one in message.entries)


def _entry_length(entry: Entry) -> int:
    facts = sum(len(one.label) + _text_length(one.value) for one in entry.facts)
    texts = sum(_text_length(one) for one in (entry.title, entry.text, entry.advice))
    return facts + texts + len(entry.envelope)


def _text_length(text: Text) -> int:
    return sum(len(one) if isinstance(one, str) else TIME for one in text)
