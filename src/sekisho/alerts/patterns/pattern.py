"""A pattern, as it is matched: alternatives, each of them fields that all have to pass."""

from dataclasses import dataclass, field
from typing import TypeAlias

from sekisho.alerts.patterns.json_text import Object
from sekisho.alerts.patterns.operators import Absent, Test


@dataclass(frozen=True, slots=True)
class Field:
    """What one field has to be.

    Attributes:
        path: the names from the top of the event down, joined with dots.
        tests: one of them has to pass.
    """

    path: str
    tests: tuple[Test, ...]

    @property
    def takes_absence(self) -> bool:
        """Whether the field may be absent."""
        return any(isinstance(test, Absent) for test in self.tests)


Alternative: TypeAlias = tuple[Field, ...]
"""Fields in the order of their paths; all of them have to pass."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """An event pattern.

    Attributes:
        text: as it was written.
        alternatives: one of them has to pass; more than one where `$or` stands.
        document: the text, read.
        noted: what is taken and was surely not meant; see `hints`.
    """

    text: str
    alternatives: tuple[Alternative, ...]
    document: Object = field(repr=False)
    noted: tuple[str, ...] = field(repr=False)


def in_order(path: str) -> bytes:
    """Return what fields are ordered by: event-ruler is in Java, which compares texts by UTF-16 units."""
    return path.encode("utf-16-be", "surrogatepass")
