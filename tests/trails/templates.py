"""Values with `{placeholders}` in their texts, and the same filled in, as JSON."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


class Template:
    """A JSON value to fill in, many times.

    What fills it must need no escape within a JSON string: no quotation mark, no backslash, no control character.
    """

    __slots__ = ("_text", "placeholders")

    def __init__(self, value: Any) -> None:
        self.placeholders = placeholders(value)
        self._text = _PLACEHOLDER.sub(r"%(\1)s", json.dumps(value, separators=(",", ":")).replace("%", "%%"))

    def fill(self, values: Mapping[str, str]) -> msgspec.Raw:
        """Return the JSON text with the values in their places."""
        return msgspec.Raw((self._text % values).encode() if self.placeholders else self._text.encode())


def compile_text(text: str) -> str:
    """Return a text with placeholders as one to be filled in by `%`."""
    return _PLACEHOLDER.sub(r"%(\1)s", text.replace("%", "%%"))


def placeholders(value: Any) -> frozenset[str]:
    """Return the names of the placeholders of all texts in a JSON value."""
    return frozenset(_named(value))


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACEHOLDER.findall(value)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _named(key)
            yield from _named(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _named(one)
