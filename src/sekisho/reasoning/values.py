"""Keys by themselves: a value of every kind that the policies tell apart, for each type the language has."""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from sekisho.policy.keys import is_catalogued, is_multivalued
from sekisho.policy.operators import Family
from sekisho.policy.patterns import Pattern
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.mentions import Mentions
from sekisho.reasoning.points import address_points, date_points, number_points
from sekisho.reasoning.samples import DIGITS, FIXED_VALUES, SAMPLES
from sekisho.reasoning.words import Fixed, Free, explore

MAX_SETS = 4096
"""How many sets of values of a multivalued key are looked at before the reasoner gives up."""

_ADDRESS_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip"})


def values_of(key: str, mentions: Mentions, accounts: Iterable[str] = ()) -> Iterator[str]:
    """Yield a value of every kind that the policies tell apart, without repeats."""
    yield from dict.fromkeys(_raw_values(key, mentions, accounts))


def _raw_values(key: str, mentions: Mentions, accounts: Iterable[str]) -> Iterator[str]:
    if key in FIXED_VALUES:
        yield from FIXED_VALUES[key]
        return
    for families, points in _POINTS:
        bounds = [value for _, value, _ in mentions.of(key, *families)]
        if bounds:
            yield from points(bounds)
    yield from dict.fromkeys(value for _, value, _ in mentions.of(key, Family.BINARY))
    texts = list(mentions.patterns(key))
    only_flags = any(mentions.of(key, Family.BOOL)) and not any(mentions.of(key, Family.STRING, Family.ARN))
    if any(mentions.of(key, Family.BOOL)):
        yield from ("true", "false")
    if only_flags:
        return
    if key in _ADDRESS_KEYS:
        yield from _address_texts(texts)
        yield from address_points((value for _, value, _ in mentions.of(key, Family.ADDRESS)), dense=bool(texts))
    elif texts or not any(mentions.of(key, Family.NUMERIC, Family.DATE, Family.ADDRESS, Family.BINARY)):
        own = (((one,), Reading.EXACT) for one in accounts)
        shape = (Free((key,), least=0, samples=SAMPLES.get(key, ("example",))),)
        yield from (words[0][key] for words in explore(shape, {key: Automaton([*texts, *own])}))


_POINTS: tuple[tuple[tuple[Family, ...], Callable[[Iterable[str]], Iterator[str]]], ...] = (
    ((Family.NUMERIC,), number_points),
    ((Family.DATE,), date_points),
    ((Family.ADDRESS,), address_points),
)


def _address_texts(patterns: list[tuple[Pattern, Reading]]) -> Iterator[str]:
    """Yield dotted addresses of every kind that text patterns tell apart."""
    if not patterns:
        return
    octets = [Free(("text",), DIGITS, 1, 3, (sample,)) for sample in ("203", "0", "113", "10")]
    shape: list[Fixed | Free] = [octets[0]]
    for octet in octets[1:]:
        shape += [Fixed({"text": "."}), octet]
    for words in explore(tuple(shape), {"text": Automaton(patterns)}):
        yield words[0]["text"]


def sets_of(key: str, values: list[str], mentions: Mentions) -> Iterator[tuple[str, ...]]:
    """Yield the values a request can have for a key: single ones, and sets of them for a multivalued key.

    A set needs no more values than there are conditions on the key: one for each `ForAnyValue` that has to hold, one
    for each `ForAllValues` that must not.
    """
    conditions = [condition for condition, _ in mentions.conditions.get(key, ())]
    quantified = any(condition.operator.quantifier is not None for condition in conditions)
    several = is_multivalued(key) or (quantified and not is_catalogued(key))
    count = 0
    for length in range(1, min(len(conditions) if several else 1, len(values)) + 1):
        for chosen in combinations(values, length):
            count += 1
            if count > MAX_SETS:
                raise UndecidedError(f"`{key}` has more than {MAX_SETS:,} sets of values to tell apart")
            yield chosen
    if not conditions:
        yield from ((value,) for value in values)
