"""Choosing a value for each field such that no two stand in different elements of one array, without trying all.

What was chosen is remembered only as far as later fields can tell it apart, so that arrays which have nothing to do
with one another do not multiply.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sekisho.alerts.patterns.events import Elements

_PER_VALUE: Final = 10
_AT_LEAST: Final = 1_000


class Places:
    """Where values stand, as a tree: which arrays lie here, and what lies in each of their elements."""

    __slots__ = ("arrays", "is_place")

    def __init__(self, all_elements: Iterable[Elements] = ()) -> None:
        self.is_place = False
        self.arrays: dict[int, dict[int, Places]] = {}
        for elements in _distinct(all_elements):
            here = self
            for array, index in elements:
                here = here.arrays.setdefault(array, {}).setdefault(index, Places())
            here.is_place = True

    def beside(self, chosen: Elements) -> Iterator[Elements]:
        """Yield the places that agree with what was chosen."""
        elements = dict(chosen)
        left: list[tuple[Places, Elements]] = [(self, ())]
        while left:
            here, way = left.pop()
            if here.is_place:
                yield way
            for array, inside in here.arrays.items():
                index = elements.get(array)
                if index is None:
                    left += [(below, (*way, (array, one))) for one, below in inside.items()]
                elif index in inside:
                    left.append((inside[index], (*way, (array, index))))


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen for one field.

    Attributes:
        passing: the places of its values that pass.
        present: the places of all its values, where it may also be absent; None where it may not.
        arrays: those that any of its values stands in.
        size: how many values it has.
    """

    passing: Places
    present: Places | None
    arrays: frozenset[int]
    size: int

    def beside(self, chosen: Elements) -> Iterator[Elements]:
        """Yield what can be chosen beside what was chosen; nothing more, where the field is absent there."""
        if self.present is not None and next(self.present.beside(chosen), None) is None:
            yield ()
        yield from self.passing.beside(chosen)


def choice_of(values: Sequence[tuple[Elements, bool]], *, takes_absence: bool) -> Choice:
    """Return what can be chosen for a field.

    Args:
        values: where each value of the field stands, and whether it passes.
        takes_absence: whether the field may be absent.
    """
    return Choice(
        passing=Places(elements for elements, passes in values if passes),
        present=Places(elements for elements, _ in values) if takes_absence else None,
        arrays=frozenset(array for elements in _distinct(one for one, _ in values) for array, _ in elements),
        size=len(values),
    )


def _distinct(all_elements: Iterable[Elements]) -> Iterator[Elements]:
    """Yield places but for those that are the same as the one before, as those of an array's values are."""
    last: Elements | None = None
    for elements in all_elements:
        if elements is not last:
            yield elements
        last = elements


def can_choose(choices: Sequence[Choice]) -> bool:
    """Say whether a value can be chosen for every field, in this order.

    Only an event that repeats names, or puts dots into them, can leave more ways to choose than it has values. Where
    there are many times as many it is not looked at further and counts as one that matches: better told than missed.
    """
    most = _AT_LEAST + _PER_VALUE * sum(choice.size for choice in choices)
    later = [frozenset[int]()]
    for choice in reversed(choices):
        later.append(later[-1] | choice.arrays)
    chosen: set[Elements] = {()}
    for choice, still_asked in zip(choices, reversed(later[:-1]), strict=True):
        chosen = _chosen_after(choice, chosen, still_asked, most)
        if len(chosen) > most:
            return True
    return bool(chosen)


def _chosen_after(choice: Choice, before: set[Elements], still_asked: frozenset[int], most: int) -> set[Elements]:
    """Return what may be chosen once this field is, as far as later fields ask; not many more than `most`."""
    after: set[Elements] = set()
    beside: dict[Elements, set[Elements]] = {}
    for one in before:
        related = tuple(element for element in one if element[0] in choice.arrays)
        if related not in beside:
            beside[related] = {_asked_of(more, still_asked) for more in choice.beside(related)}
        kept = _asked_of(one, still_asked)
        for more in beside[related]:
            after.add(tuple(sorted({*kept, *more})) if more else kept)
            if len(after) > most:
                return after
    return after


def _asked_of(elements: Elements, still_asked: frozenset[int]) -> Elements:
    return tuple(element for element in elements if element[0] in still_asked)
