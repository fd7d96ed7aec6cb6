"""From kinds to regions: which groups of requests get in, described as briefly as the documents themselves allow.

A **region** is one label for the principal and for every shown key. A request belongs to the regions whose labels are
*minimal* among those that contain its values, so that nothing has to search the lattice of regions: every allowed
request names its own.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import prod
from typing import TypeAlias, cast

import msgspec

from sekisho.reasoning.budget import Budget
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.judging import Extents, Kind

MAX_GROUPS = 20_000
"""How many groups of requests are kept apart before the reasoner gives up."""

MAX_REGIONS = 2_000
"""How many regions are told before the reasoner gives up."""

MAX_DESCRIPTIONS = 20 * MAX_REGIONS
"""How many are looked at to find those that lie within no other."""

Shape: TypeAlias = tuple[int, ...]
"""A region: one label for each described key, as its bit; 0 is anything."""

_both = cast("Callable[[int, int], int]", operator.and_)  # pyright: ignore[reportUnknownMemberType]
"""The bits of both; in `map` much faster than `int.__and__`."""


class Sides(msgspec.Struct, frozen=True, gc=False):
    """What of a mask helps a request through, and what hinders it; no bit does both.

    Attributes:
        good: bits of which a request can only gain by having more: Allows, families that are still possible.
        bad: bits of which it can only lose: Denies.
        needed: groups of bits of which one each has to be left.
    """

    good: int
    bad: int
    needed: tuple[int, ...]


def combine(sides: Sides, front: Sequence[Kind], kinds: list[Kind], budget: Budget) -> list[Kind]:
    """Put the kinds of one more facet together with groups, dropping what cannot get in and what another one says.

    Args:
        sides: what helps and what hinders.
        front: the groups so far.
        kinds: those of the facet; each of them, and each group, has one bit left of those that are needed.
        budget: what this may cost.

    Raises:
        UndecidedError: more than `MAX_GROUPS` groups, or more work than the budget allows.
    """
    kinds = prune(sides, kinds)
    if len(front) == 1 and not front[0].examples:  # the first facet: nothing to put together yet
        return kinds
    budget.spend(len(front) * (1 + len(kinds) // 4))
    in_all, in_some = _in_all_and_some(front)
    of_all, of_some = _in_all_and_some(kinds)
    needed = [group for group in sides.needed if group & ~in_all and group & ~of_all]  # others each pair has one of
    further: dict[tuple[int, tuple[int, ...]], Kind] = {}
    for group in front:
        mask, labels, examples = group.mask, group.labels, group.examples
        for kind in kinds:
            joined = mask & kind.mask
            for group_of_bits in needed:
                if not joined & group_of_bits:
                    break
            else:
                both = labels + kind.labels
                if (joined, both) not in further:
                    further[joined, both] = Kind(joined, both, examples + kind.examples)
        if len(further) > MAX_GROUPS:
            raise UndecidedError(f"its statements tell more than {MAX_GROUPS:,} groups of requests apart")
    found = list(further.values())
    # Where nothing that tells the kinds of one list apart is ruled out by a kind of the other, two put together say all
    # of two others only where each says all of its like; and of these, pruned lists have none.
    ruled_out = in_some & ~in_all & ~of_all | of_some & ~of_all & ~in_all
    return prune(sides, found) if (sides.good | sides.bad) & ruled_out else found


def _in_all_and_some(kinds: Iterable[Kind]) -> tuple[int, int]:
    """Return the bits that all kinds have, and those that some have."""
    in_all, in_some = -1, 0
    for kind in kinds:
        mask = kind.mask
        in_all &= mask
        in_some |= mask
    return in_all, in_some


_FEW = 4
"""So few kinds are compared with each other, without an order."""

_MOST_COMPARED = 16
"""With how many of the strongest kinds each is compared; what is left in too many is dropped at the end."""


def prune(sides: Sides, kinds: list[Kind]) -> list[Kind]:
    """Leave out the kinds of which another one says all: more can be done, by requests that are described as widely.

    The regions of what is left out lie within regions of what stays.
    """
    if len(kinds) < 2:  # noqa: PLR2004 - one has no other
        return kinds
    bad, counted = sides.bad, sides.good | sides.bad
    chances = [(kind.mask ^ bad) & counted for kind in kinds]  # what speaks for each: what helps, and what hinders not
    kept = _kept_of_few(kinds, chances) if len(kinds) <= _FEW else _kept_of_many(kinds, chances)
    return kinds if len(kept) == len(kinds) else [kinds[place] for place in sorted(kept)]


def _kept_of_few(kinds: Sequence[Kind], chances: Sequence[int]) -> list[int]:
    """Return the places of the kinds of which no other one that is left says all."""
    kept = list(range(len(kinds)))
    for place, own in enumerate(chances):
        for other in kept:
            if not own & ~chances[other] and other != place and _as_wide(kinds[other].labels, kinds[place].labels):
                kept.remove(place)
                break
    return kept


def _kept_of_many(kinds: Sequence[Kind], chances: Sequence[int]) -> Sequence[int]:
    """Return the places of the kinds of which none of the strongest says all."""
    widths = [sum(map(int.bit_count, kind.labels)) + _ANYTHING * kind.labels.count(0) for kind in kinds]
    one_label_each = sum(widths) == len(widths) * len(kinds[0].labels)
    if one_label_each and len({kind.labels for kind in kinds}) == len(kinds):  # none is described as widely
        return range(len(kinds))
    strengths = [chance.bit_count() << 32 | width for chance, width in zip(chances, widths, strict=True)]
    kept = _Kept()
    return [
        place
        for place in sorted(range(len(kinds)), key=strengths.__getitem__, reverse=True)
        if kept.add(kinds[place].labels, chances[place])
    ]


_ANYTHING = 64
"""How wide a kind is described that has no label for a key: more widely than by labels, as a rule."""


class _Kept:
    """Kinds that stay, the strongest first.

    What each key describes with one label, or with none, is looked up: it says all of a kind with the same labels,
    or with more keys described. The others are compared one by one.
    """

    def __init__(self) -> None:
        self._looked_up: dict[tuple[int, ...], dict[tuple[int, ...], list[int]]] = {}
        self._compared: list[tuple[int, tuple[int, ...]]] = []

    def add(self, labels: tuple[int, ...], own: int) -> bool:
        """Keep a kind, unless one that is kept says all; return whether it is."""
        described = tuple(map(operator.neg, map(bool, labels)))  # all bits for a key, or none
        for of_kept, alike in self._looked_up.items():
            wider = labels if of_kept == described else tuple(map(_both, labels, of_kept))
            for chance in alike.get(wider, ()):
                if not own & ~chance:
                    return False
        for chance, wide in self._compared:
            if not own & ~chance and _as_wide(wide, labels):
                return False
        for bits in labels:
            if bits & (bits - 1):
                if len(self._compared) < _MOST_COMPARED:
                    self._compared.append((own, labels))
                return True
        chances = self._looked_up.setdefault(described, {}).setdefault(labels, [])
        if len(chances) < _MOST_COMPARED:
            chances.append(own)
        return True


def _as_wide(labels: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Say whether some labels are wider than others, or the same."""
    for wide, narrow in zip(labels, others, strict=True):  # noqa: SIM110 - a loop, not `all`: this is asked of pairs
        if wide and (not narrow or narrow & ~wide):
            return False
    return True


def shapes_of(kind: Kind) -> Iterable[Shape]:
    """Return the regions that a kind belongs to.

    Raises:
        UndecidedError: far more than `MAX_REGIONS`.
    """
    for bits in kind.labels:
        if bits & (bits - 1):
            if prod(several.bit_count() or 1 for several in kind.labels) > MAX_DESCRIPTIONS:
                raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
            return product(*[_single_bits(several) for several in kind.labels])
    return (kind.labels,)


def _single_bits(bits: int) -> list[int]:
    if not bits & (bits - 1):
        return [bits]
    found: list[int] = []
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        found.append(lowest)
    return found


def uncovered(regions: Mapping[Shape, int], extents: Sequence[Extents]) -> dict[Shape, int]:
    """Return the regions with the actions that no wider region has; those with none left are dropped.

    Args:
        regions: to each region its actions, as a set.
        extents: of each described key.
    """
    if len(regions) < 2:  # noqa: PLR2004 - one has no wider one
        return dict(regions)
    for one in extents:
        if one.overlap:
            return _uncovered_by_any_label(regions, extents)
    return _uncovered_by_same_labels(regions, extents)


_MOST_CHOICES = 16
"""For so many choices of keys each region is looked up; more are compared."""


def _uncovered_by_same_labels(regions: Mapping[Shape, int], extents: Sequence[Extents]) -> dict[Shape, int]:
    """Return the regions with what is left of their actions, where no two labels of a key overlap.

    A wider region then has the same labels, for fewer keys, and is looked up for every choice of keys that some region
    makes.
    """
    choices = {tuple(map(operator.neg, map(bool, shape))) for shape in regions}  # all bits for a key, or none
    if len(choices) == 1:
        return dict(regions)
    if len(choices) > _MOST_CHOICES:
        return _uncovered_by_any_label(regions, extents)
    left: dict[Shape, int] = {}
    for shape, actions in regions.items():
        for choice in choices:
            wider = tuple(map(_both, shape, choice))
            if wider != shape:
                actions &= ~regions.get(wider, 0)  # noqa: PLW2901 - what is left of them
        if actions:
            left[shape] = actions
    return left


def _uncovered_by_any_label(regions: Mapping[Shape, int], extents: Sequence[Extents]) -> dict[Shape, int]:
    """Return the regions with what is left of their actions, where labels may lie within others."""
    wider = _wider(regions, extents)
    by_actions: dict[int, int] = {}
    for place, actions in enumerate(regions.values()):
        by_actions[actions] = by_actions.get(actions, 0) | 1 << place
    left: dict[Shape, int] = {}
    for place, (shape, actions) in enumerate(regions.items()):
        covering = ~(1 << place)
        for bits, places in zip(shape, wider, strict=True):
            covering &= places[bits]
        if covering:
            for covered, having in by_actions.items():
                if covering & having:
                    actions &= ~covered  # noqa: PLW2901 - what is left of them
        if actions:
            left[shape] = actions
    return left


def _wider(regions: Iterable[Shape], extents: Sequence[Extents]) -> list[dict[int, int]]:
    """Return, for each key and each label, the regions whose label there is the same or a wider one, as bits."""
    with_label: list[dict[int, int]] = [{} for _ in extents]
    for place, shape in enumerate(regions):
        for bits, places in zip(shape, with_label, strict=True):
            places[bits] = places.get(bits, 0) | 1 << place
    return [
        {bits: _with_wider_label(places, one, bits) for bits in places}
        for one, places in zip(extents, with_label, strict=True)
    ]


def _with_wider_label(places: Mapping[int, int], extents: Extents, bits: int) -> int:
    """Return the regions that a label, a wider one, or none, which is anything, describes; as bits."""
    found = places.get(0, 0)
    if bits:
        above = extents.above(bits)
        for up in (bits,) if above == bits else _single_bits(above):
            found |= places.get(up, 0)
    return found
