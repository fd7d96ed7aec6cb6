"""For how many ARNs patterns stand, those that have been laid aside among them."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final, TypeAlias

from sekisho.analyzers.least_privilege.activity import Context
from sekisho.analyzers.least_privilege.aside import Alike
from sekisho.analyzers.least_privilege.patterns import Width, Writing, width_of

Patterns: TypeAlias = Mapping[tuple[str, Context], Mapping[str, frozenset[str]]]
"""The patterns of each action under each condition, each with the ARNs that it stands for."""


def widened(found: Patterns, aside: Iterable[Alike], width: Width) -> Mapping[str, int]:
    """Return the patterns that stand for more than one ARN, or for another one, sorted, with how many.

    Args:
        found: the patterns, with the ARNs that are held.
        aside: what has been laid aside.
        width: how resources are written.
    """
    laid: dict[tuple[str, Context], set[str]] = defaultdict(set)
    numbers: dict[str, _Number] = defaultdict(_Number)
    for alike in aside:
        key = alike.grant.action, alike.grant.context
        writing = Writing(chain.from_iterable(found[key].values()), width_of(alike.grant.action, width))
        for resource in chain.from_iterable(alike.resources()):
            pattern = writing.pattern_of(resource)
            if pattern != resource:
                numbers[pattern].add(resource)
                laid[key].add(pattern)
    held: dict[str, set[str]] = defaultdict(set)
    for key, patterns in found.items():
        for pattern, covered in patterns.items():
            if covered != frozenset({pattern}) or pattern in laid[key]:
                held[pattern] |= covered
    return {
        pattern: numbers[pattern].with_more(covered) if pattern in numbers else len(covered)
        for pattern, covered in sorted(held.items())
    }


class _Number:
    """The number of different texts, each of which is held as its hash: it is exact unless two have one."""

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(_PARTS)]

    def add(self, text: str) -> None:
        number = hash(text)
        self._hashes[number % _PARTS].append(number)

    def with_more(self, texts: Iterable[str]) -> int:
        """Return the number of all of them together with others."""
        for text in texts:
            self.add(text)
        return sum(len(set(some)) for some in self._hashes)


_PARTS: Final = 16
"""How many parts are counted one after the other: a set takes ten times as much."""
