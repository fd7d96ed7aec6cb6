"""From kinds to regions: which groups of requests get in, described as briefly as the documents themselves allow.

A **region** is one label for the principal and for every shown key. A request belongs to the regions whose labels are
*minimal* among those that contain its values, so that nothing has to search the lattice of regions: every allowed
request names its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TypeAlias

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


class Sides(msgspec.Struct, frozen=True):
    """What of a mask helps a request through, and what hinders it.

    Attributes:
        good: bits of which a request can only gain by having more: Allows, families that are still possible.
        bad: bits of which it can only lose: Denies.
        needed: groups of bits of which one each has to be left.
    """

    good: int
    bad: int
    needed: tuple[int, ...]


def combine(sides: Sides, front: Sequence[Kind], kinds: Sequence[Kind], budget: Budget) -> list[Kind]:
    """Put the kinds of one more facet together with groups, dropping what cannot get in and what another one says.

    Raises:
        UndecidedError: more than `MAX_GROUPS` groups, or more work than the budget allows.
    """
    kinds = prune(sides, kinds)
    if len(front) == 1 and not front[0].examples:  # the first facet: nothing to put together yet
        return [one for one in kinds if all(map(one.mask.__and__, sides.needed))]
    further: dict[tuple[int, tuple[int, ...]], Kind] = {}
    for mask, labels, examples in front:
        budget.spend(1 + len(kinds) // 4)
        for one in kinds:
            joined = mask & one.mask
            described = labels + one.labels
            if (joined, described) not in further and all(map(joined.__and__, sides.needed)):
                further[joined, described] = Kind(joined, described, examples + one.examples)
        if len(further) > MAX_GROUPS:
            raise UndecidedError(f"its statements tell more than {MAX_GROUPS:,} groups of requests apart")
    return prune(sides, list(further.values()))


def _prune_few(sides: Sides, kinds: Sequence[Kind]) -> list[Kind]:
    kept = list(kinds)
    for kind in kinds:
        if any(one is not kind and _says_all(sides, one, kind) for one in kept):
            kept.remove(kind)
    return kept


_FEW = 4
"""So few kinds are compared with each other, without an order."""

_MOST_COMPARED = 16
"""With how many of the strongest kinds each is compared; what is left in too many is dropped at the end."""


def prune(sides: Sides, kinds: Sequence[Kind]) -> list[Kind]:
    """Leave out the kinds of which another one says all: more can be done, by requests that are described as widely.

    The regions of what is left out lie within regions of what stays.
    """
    if len(kinds) < 2:  # noqa: PLR2004 - one has no other
        return list(kinds)
    if len(kinds) <= _FEW:
        return _prune_few(sides, kinds)
    ranked = sorted(kinds, key=lambda kind: _strength(sides, kind), reverse=True)
    kept: dict[tuple[int, ...], list[Kind]] = {}
    for kind in ranked:
        narrow = _is_narrow(kind)
        alike = kept.setdefault(kind.labels if narrow else _WIDE, [])
        wide = kept.get(_WIDE, []) if narrow else []
        if not any(_says_all(sides, one, kind) for one in (*alike[:_MOST_COMPARED], *wide[:_MOST_COMPARED])):
            alike.append(kind)
    chosen = {id(one) for listed in kept.values() for one in listed}
    return list(kinds) if len(chosen) == len(kinds) else [kind for kind in kinds if id(kind) in chosen]


_WIDE: tuple[int, ...] = (-1,)
"""Stands for the labels of the kinds that some key describes with several labels, or with none."""


def _is_narrow(kind: Kind) -> bool:
    """Say whether each key describes a kind with one label: then only a kind with the same, or a wide one, says all."""
    for bits in kind.labels:  # noqa: SIM110 - a loop, not `all`: this is asked of every kind
        if not bits or bits & (bits - 1):
            return False
    return True


def _strength(sides: Sides, kind: Kind) -> tuple[int, int]:
    described = sum([64 if not bits else bits.bit_count() for bits in kind.labels])
    return (kind.mask & sides.good).bit_count() - (kind.mask & sides.bad).bit_count(), described


def _says_all(sides: Sides, one: Kind, other: Kind) -> bool:
    if other.mask & sides.good & ~one.mask or one.mask & sides.bad & ~other.mask:
        return False
    for wide, narrow in zip(one.labels, other.labels, strict=True):
        if wide and (not narrow or narrow & ~wide):
            return False
    return True


def shapes_of(kind: Kind) -> Iterator[Shape]:
    """Yield the regions that a kind belongs to."""
    for bits in kind.labels:
        if bits & (bits - 1):
            return product(*[_single_bits(several) for several in kind.labels])
    return iter((kind.labels,))


def count_shapes(kind: Kind) -> int:
    """Return how many regions a kind belongs to."""
    return prod(bits.bit_count() or 1 for bits in kind.labels)


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
    wider = _wider(regions, extents)
    by_actions: dict[int, int] = {}
    for place, actions in enumerate(regions.values()):
        by_actions[actions] = by_actions.get(actions, 0) | 1 << place
    left: dict[Shape, int] = {}
    for place, (shape, actions) in enumerate(regions.items()):
        covering = ~(1 << place)
        for bits, places in zip(shape, wider, strict=True):
            covering &= places[bits]
        remaining = actions & ~_union(covered for covered, having in by_actions.items() if covering & having)
        if remaining:
            left[shape] = remaining
    return left


def _wider(regions: Iterable[Shape], extents: Sequence[Extents]) -> list[dict[int, int]]:
    """Return, for each key and each label, the regions whose label there is the same or a wider one, as bits."""
    with_label: list[dict[int, int]] = [{} for _ in extents]
    for place, shape in enumerate(regions):
        for bits, places in zip(shape, with_label, strict=True):
            places[bits] = places.get(bits, 0) | 1 << place
    return [
        {bits: _union(places.get(up, 0) for up in _above(one, bits)) for bits in places}
        for one, places in zip(extents, with_label, strict=True)
    ]


def _union(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


def _above(extents: Extents, bits: int) -> list[int]:
    """Return the labels that a label lies within, itself and `anything` included."""
    if not bits:
        return [0]
    return [0, *_single_bits(extents.above(bits.bit_length() - 1))]
