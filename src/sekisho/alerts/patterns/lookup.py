"""Which tests a value passes, found from the value: a few hashes in place of a test for each rule."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Final, Generic, TypeAlias, TypeVar

from sekisho.alerts.patterns.addresses import parse_address, prefix_of
from sekisho.alerts.patterns.json_text import Number, Value
from sekisho.alerts.patterns.operators import (
    Equals,
    IgnoringCase,
    InNetwork,
    InRange,
    Part,
    Prefix,
    SameAddress,
    Suffix,
    Test,
    Wildcard,
)

Ways: TypeAlias = tuple[int, ...]
"""The numbers of what is looked up: those alternatives of rules that wait for a test."""

_Held = TypeVar("_Held")


class Lookup:
    """The tests of one field, each of them once, however many rules have it.

    Found by hash are equal values, addresses and networks, beginnings and ends; numbers by bisection; wildcards by what
    stands before the first star or after the last. What is left is tried one by one: `anything-but`, wildcards with a
    star at both ends, and letters outside ASCII without regard to case.
    """

    def __init__(self, tests: Mapping[Test, Ways]) -> None:  # noqa: C901 - one case for each operator
        self._equal: Final[dict[Value, Ways]] = {}
        self._addresses: Final[dict[bytes, Ways]] = {}
        self._networks: Final[dict[tuple[int, int, int], Ways]] = {}
        self._tried: Final[list[tuple[Test, Ways]]] = []
        ranges: dict[InRange, Ways] = {}
        texts: defaultdict[tuple[Part, bool], dict[str, Ways]] = defaultdict(dict)
        wildcards: defaultdict[Part, dict[str, list[tuple[Wildcard, Ways]]]] = defaultdict(dict)
        for test, ways in tests.items():
            match test:
                case Equals(value):
                    self._equal[value] = ways
                case SameAddress(address=address):
                    self._addresses[address] = (*self._addresses.get(address, ()), *ways)
                case InNetwork(network=network):
                    key = network.size, network.bits, network.prefix
                    self._networks[key] = (*self._networks.get(key, ()), *ways)
                case InRange():
                    ranges[test] = ways
                case Prefix(text):
                    texts[Part.START, True][text] = ways
                case Suffix(text):
                    texts[Part.END, True][text] = ways
                case IgnoringCase(text, part) if text.isascii():
                    held = texts[part, False]
                    held[text.lower()] = (*held.get(text.lower(), ()), *ways)
                case Wildcard(runs=runs) if runs[0]:
                    wildcards[Part.START].setdefault(runs[0], []).append((test, ways))
                case Wildcard(runs=runs) if runs[-1]:
                    wildcards[Part.END].setdefault(runs[-1], []).append((test, ways))
                case _:
                    self._tried.append((test, ways))
        self._ranges: Final = _Ranges(ranges) if ranges else None
        self._network_sizes: Final = sorted({(size, bits) for size, bits, _ in self._networks})
        self._texts: Final = [_ByLength(held, part) for (part, has_case), held in texts.items() if has_case]
        self._folded: Final = [_ByLength(held, part) for (part, has_case), held in texts.items() if not has_case]
        self._wildcards: Final = [_ByLength(held, part) for part, held in wildcards.items()]
        self._has_addresses: Final = bool(self._addresses or self._networks)

    def add_passed(self, value: Value, into: set[int]) -> None:
        """Put in what waits for a test that the value passes."""
        equal = self._equal.get(value)
        if equal is not None:
            into.update(equal)
        if isinstance(value, str):
            self._add_text(value, into)
        elif isinstance(value, Number) and self._ranges is not None:
            into.update(self._ranges.of(value))
        for test, ways in self._tried:
            if test.accepts(value):
                into.update(ways)

    def _add_text(self, text: str, into: set[int]) -> None:
        for held in self._texts:
            into.update(*held.of(text))
        for wildcards in self._wildcards:
            for wildcard, ways in chain.from_iterable(wildcards.of(text)):
                if wildcard.accepts(text):
                    into.update(ways)
        if self._folded:
            lower = text.lower() if text.isascii() else _ascii_lower(text)
            for held in self._folded:
                into.update(*held.of(lower))
        if self._has_addresses:
            self._add_address(text, into)

    def _add_address(self, text: str, into: set[int]) -> None:
        address = parse_address(text)
        if address is None:
            return
        into.update(self._addresses.get(address, ()))
        for size, bits in self._network_sizes:
            if size == len(address):
                into.update(self._networks.get((size, bits, prefix_of(address, bits)), ()))


_LOWER: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _ascii_lower(text: str) -> str:
    """Return the text with letters of ASCII in lower case; no others, such as the Kelvin sign, are equal to them."""
    return text.translate(_LOWER)


class _ByLength(Generic[_Held]):
    """What is held for texts, found by the first or last so many characters of another, or by all of them."""

    def __init__(self, held: Mapping[str, _Held], part: Part) -> None:
        tables: defaultdict[int, dict[str, _Held]] = defaultdict(dict)
        for text, one in held.items():
            tables[len(text)][text] = one
        self._tables: Final = [(length, _slice(length, part), table) for length, table in sorted(tables.items())]

    def of(self, text: str) -> list[_Held]:
        """Return what is held for the text, its beginnings, or its ends."""
        found: list[_Held] = []
        size = len(text)
        for length, part, table in self._tables:
            if length > size:
                break
            one = table.get(text[part])
            if one is not None:
                found.append(one)
        return found


def _slice(length: int, part: Part) -> slice:
    match part:
        case Part.START:
            return slice(0, length)
        case Part.END:
            return slice(-length, None) if length else slice(0, 0)
        case Part.WHOLE:
            return slice(None)


class _Ranges:
    """Ranges of numbers, found by bisection. What holds between two bounds is found out when it is first asked for."""

    def __init__(self, ranges: Mapping[InRange, Ways]) -> None:
        self._ranges: Final = ranges
        self._bounds: Final = sorted({bound.value for one in ranges for bound in (one.low, one.high) if bound})
        self._found: Final[dict[tuple[int, bool], Ways]] = {}

    def of(self, value: Number) -> Ways:
        """Return what is held for the ranges that a number is in."""
        number = value.comparable
        if number is None:
            return ()
        at = bisect_left(self._bounds, number)
        slot = at, at < len(self._bounds) and self._bounds[at] == number
        found = self._found.get(slot)
        if found is None:
            found = tuple(chain.from_iterable(ways for one, ways in self._ranges.items() if one.holds(number)))
            self._found[slot] = found
        return found
