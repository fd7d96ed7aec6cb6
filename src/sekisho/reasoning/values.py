"""Keys by themselves: a value of every kind that the policies tell apart, for each type the language has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count

from sekisho.policy.keys import has_type, is_catalogued, is_multivalued
from sekisho.policy.operators import Family
from sekisho.reasoning.automaton import Automaton, apart, rest_of
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.endings import Rest, texts_of_every_kind
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.keys import Key
from sekisho.reasoning.points import address_points, address_points_and_texts, date_points, number_points
from sekisho.reasoning.samples import FIXED_VALUES, SAMPLES
from sekisho.reasoning.words import Free, explore

_ADDRESS_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip"})


def values_of(name: str, scene: Scene) -> Iterable[str]:
    """Return a value of every kind that the policies tell apart, without repeats; of a settled key that value alone.

    Raises:
        UndecidedError: more kinds than the budget allows to keep apart.
    """
    if name in FIXED_VALUES:
        return FIXED_VALUES[name]
    if name in scene.settled:
        settled = scene.settled[name]
        return () if settled is None else (settled,)
    key = scene.keys[name]
    if key.is_literal and key.patterns and not key.flags and name not in _ADDRESS_KEYS:
        return dict.fromkeys((*key.texts, _fresh(key)))
    return dict.fromkeys(_values(key, scene.budget))


def _values(key: Key, budget: Budget) -> Iterator[str]:
    bounds = key.bounds
    for family, points in _POINTS.items():
        if family in bounds:
            yield from points(bounds[family])
    if key.name in _ADDRESS_KEYS or Family.ADDRESS in bounds:
        yield from _addresses(key, budget)
    if key.name not in _ADDRESS_KEYS:
        yield from _texts(key, budget)


def _texts(key: Key, budget: Budget) -> Iterator[str]:
    if key.flags:
        yield from ("true", "false")
        if key.is_flag:
            return
    if key.is_literal:
        yield from key.texts
        yield _fresh(key)
    elif key.patterns:
        yield from written_texts(key) or _walked_texts(key, budget)
    elif not has_type(key.name):
        yield _fresh(key)


def _walked_texts(key: Key, budget: Budget) -> Iterator[str]:
    shape = (Free((key.name,), least=0, samples=SAMPLES.get(key.name, ("example",))),)
    return (word[key.name] for word in explore(shape, Automaton({key.name: apart(key.patterns)}), budget))


def written_texts(key: Key) -> list[str]:
    """Return a text of every kind where patterns are no more than a beginning and an end; none where they are more."""
    rests: list[Rest] = []
    for pattern, reading in key.patterns:
        rest = rest_of(pattern, reading, 1 << len(rests))
        if rest is None:
            return []
        rests.append(rest)
    return texts_of_every_kind(rests, (*SAMPLES.get(key.name, ("example",)), "")) or []


def _binaries(wanted: Iterable[str]) -> Iterator[str]:
    yield from wanted
    yield "ZXhhbXBsZQ=="


_POINTS: Mapping[Family, Callable[[Iterable[str]], Iterator[str]]] = {
    Family.NUMERIC: number_points,
    Family.DATE: date_points,
    Family.BINARY: _binaries,
}


def _addresses(key: Key, budget: Budget) -> Iterable[str]:
    if key.patterns:
        return address_points_and_texts(key.intervals, key.patterns, budget)
    return address_points(key.intervals)


def _fresh(key: Key) -> str:
    """Return a text that no statement names."""
    samples = SAMPLES.get(key.name, ("example",))
    for one in samples:
        if one not in key.texts:
            return one
    return next(one for number in count(2) if (one := f"{samples[0]}-{number}") not in key.texts)


def sets_of(key: Key, values: Iterable[str], budget: Budget, *, shown: bool) -> Iterable[tuple[str, ...]]:
    """Return the values a request can have for a key: single ones, and sets of them for a multivalued key.

    A set matters by the tests that some of its values passes and those that all of them do, and by the labels that
    contain one of them. Sets are made larger, value by value, until nothing new comes.

    Args:
        key: the key.
        values: one of every kind.
        budget: what this may cost.
        shown: whether a region is described by the key, so that labels matter.

    Raises:
        UndecidedError: more kinds of sets than the budget allows to keep apart.
    """
    if not has_several(key):
        return [(value,) for value in values]
    singles: list[tuple[int, int, str]] = []
    for value in values:
        bits = key.bits_of(value)
        singles.append((key.passed(bits), bits if shown else 0, value))
    every = key.every
    found: dict[tuple[int, int, int], tuple[str, ...]] = {}
    level: list[tuple[int, int, int]] = []
    for passed, labels, value in singles:
        state = (passed & ~every, passed & every, labels)
        if state not in found:
            found[state] = (value,)
            level.append(state)
    while level:
        further: list[tuple[int, int, int]] = []
        for some, all_, labels in level:
            budget.spend(len(singles))
            chosen = found[some, all_, labels]
            for passed, more, value in singles:
                state = (some | passed & ~every, all_ & passed, labels | more)
                if state not in found:
                    found[state] = (*chosen, value)
                    further.append(state)
        level = further
    return found.values()


def has_several(key: Key) -> bool:
    """Say whether a request can have several values for the key."""
    return is_multivalued(key.name) or (key.quantified and not is_catalogued(key.name))
