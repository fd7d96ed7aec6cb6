"""Numbers, dates and addresses: one value for every interval that the bounds in a policy mark off."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TypeAlias

from sekisho.policy.patterns import Pattern
from sekisho.policy.values import END_OF_ADDRESSES, FIRST_OF_IPV6, parse_address, parse_date, parse_number
from sekisho.reasoning.automaton import Automaton, Reading, apart
from sekisho.reasoning.budget import Budget

SAMPLE_ADDRESSES = ("203.0.113.10", "198.51.100.7", "192.0.2.44", "8.8.8.8", "2001:db8::10", "2606:4700::6810:84e5")
"""Preferred where an interval has one of them; the documentation ranges of RFC 5737 and RFC 3849 come first."""

SAMPLE_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def number_points(bounds: Iterable[str]) -> Iterator[str]:
    """Yield every bound, a number between each two neighbours, and one on either side of all."""
    values = sorted({value for text in bounds if (value := parse_number(text)) is not None})
    if not values:
        yield "1"
        return
    yield _number_text(values[0] - 1)
    for value, following in zip(values, [*values[1:], None], strict=True):
        yield _number_text(value)
        yield _number_text(value + 1 if following is None else _between(value, following))


def _between(low: Decimal, high: Decimal) -> Decimal:
    following = low.to_integral_value() + 1
    return following if low < following < high else (low + high) / 2


def _number_text(value: Decimal) -> str:
    return f"{value.normalize():f}"


def date_points(bounds: Iterable[str]) -> Iterator[str]:
    """Yield every bound, a moment between each two neighbours, and one on either side of all, in UTC."""
    values = sorted({value for text in bounds if (value := parse_date(text)) is not None})
    if not values:
        yield _date_text(SAMPLE_NOW)
        return
    second = timedelta(seconds=1)
    if values[0] > datetime.min.replace(tzinfo=UTC) + second:
        yield _date_text(values[0] - second)
    for value, following in zip(values, [*values[1:], None], strict=True):
        yield _date_text(value)
        if following is not None:
            yield _date_text(value + (following - value) / 2)
        elif value < datetime.max.replace(tzinfo=UTC) - second:
            yield _date_text(value + second)


def _date_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


Interval: TypeAlias = tuple[int, int, int]
"""Addresses of one version from a first to before a last one, and the bits of the ranges that all of them lie in."""


def address_points(intervals: Iterable[Interval]) -> list[str]:
    """Return one address for all intervals that lie in the same ranges: of the first of them."""
    found: dict[int, str] = {}
    for start, end, bits in intervals:
        if bits not in found:
            found[bits] = _point_in(start, end)
    return list(found.values())


def address_points_and_texts(
    intervals: Iterable[Interval], patterns: Iterable[tuple[Pattern, Reading]], budget: Budget
) -> Iterator[str]:
    """Yield an address for every kind that ranges and text patterns together tell apart.

    The address and its text are one thing: `192.0.2.0/24` has no address that `192.?.*.*` does not match. Exact for
    IPv4. Addresses of IPv6 have many spellings, of which AWS documents none to be compared with; of each interval
    several addresses are tried in their shortest spelling.

    Raises:
        UndecidedError: more kinds than the budget allows to keep apart.
    """
    dotted = _DottedWalk(Automaton({"address": apart(patterns)}), budget)
    for start, end, _ in intervals:
        yield _point_in(start, end)
        if end <= FIRST_OF_IPV6:
            yield from dotted.between(start, end - 1)
        else:
            yield from map(_address, (start, (start + end) // 2, end - 1))


def _point_in(start: int, end: int) -> str:
    """Return an address from a first to before a last one: a sample where there is one."""
    if _SAMPLED[bisect_left(_SAMPLED, start)] < end:
        return next(text for number, text in _SAMPLES if start <= number < end)
    return _address(start + (start + 1 < end and start % 256 == 0))


_SAMPLES = [(number, text) for text in SAMPLE_ADDRESSES if (number := parse_address(text)) is not None]
_SAMPLED = [*sorted(number for number, _ in _SAMPLES), END_OF_ADDRESSES]


def _address(number: int) -> str:
    """Write an address; of version 6 in its shortest spelling."""
    if number < FIRST_OF_IPV6:
        return inet_ntop(AF_INET, number.to_bytes(4, "big"))
    return inet_ntop(AF_INET6, (number - FIRST_OF_IPV6).to_bytes(16, "big"))


_PLACES = (24, 16, 8, 0)


class _DottedWalk:
    """Dotted addresses of every kind that text patterns tell apart, between two bounds."""

    def __init__(self, automaton: Automaton, budget: Budget) -> None:
        self._automaton = automaton
        self._budget = budget
        self._after: dict[tuple[int, int], list[int]] = {}
        self._known: dict[tuple[int, int, int, int], dict[int, str]] = {}

    def between(self, low: int, high: int) -> Iterator[str]:
        """Yield an address of every kind from `low` to `high`."""
        yield from self._kinds(0, self._automaton.start, low, high).values()

    def _kinds(self, octet: int, state: int, low: int, high: int) -> dict[int, str]:
        """Return the rest of an address for every verdict that can be reached from a state.

        Args:
            octet: how many octets are read.
            state: where reading them led to.
            low: the least that the rest may be, as a number.
            high: the most.
        """
        if octet == len(_PLACES):
            return {self._automaton.verdict(state): ""}
        asked = (octet, state, low, high)
        if asked in self._known:
            return self._known[asked]
        found = self._known[asked] = {}
        after = self._after.get((octet, state)) or self._read_all(octet, state)
        place = _PLACES[octet]
        rest = (1 << place) - 1
        seen: set[tuple[int, int, int]] = set()
        for value in range(low >> place, (high >> place) + 1):
            further = (
                after[value],
                low & rest if value == low >> place else 0,
                high & rest if value == high >> place else rest,
            )
            if further not in seen:
                seen.add(further)
                self._budget.spend(1)
                for verdict, text in self._kinds(octet + 1, *further).items():
                    found.setdefault(verdict, f"{'.' if octet else ''}{value}{text}")
        return found

    def _read_all(self, octet: int, state: int) -> list[int]:
        self._budget.spend(256)
        dot = "." if octet else ""
        self._after[octet, state] = [self._automaton.read(state, f"{dot}{value}") for value in range(256)]
        return self._after[octet, state]
