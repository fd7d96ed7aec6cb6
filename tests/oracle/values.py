"""The values that a request can have for a key, each with what an operator says of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol, TypeAlias

from oracle.addresses import ADDRESS_BITS, read_address, read_range
from oracle.formulas import FALSE, TRUE, Formula, conj, disj, neg, number
from oracle.globs import Reading, Steps, arn_steps, folded_steps, matches, plain_steps
from oracle.texts import Piece, Pieces, SymbolicPattern, Unknown, UnsupportedError, matching, octets
from sekisho.policy.operators import BaseOperator, Comparison, Family
from sekisho.policy.patterns import Template, Variable, parse_template
from sekisho.policy.values import parse_binary, parse_date, parse_number

Assignment: TypeAlias = Mapping[str, bool | int | str]
"""What a solver chose, by the names of its constants."""

Guard: TypeAlias = frozenset[Formula]
"""Facts that all have to hold."""

TEXT_FAMILIES = frozenset({Family.STRING, Family.ARN, Family.BOOL})


@dataclass(frozen=True, slots=True)
class Option:
    """One way a text can be made, and when it is."""

    guard: Guard
    pieces: Pieces

    @property
    def when(self) -> Formula:
        """The guard as one formula."""
        return conj(sorted(self.guard))


class Variables(Protocol):
    """What policy variables stand for."""

    def options_of(self, key: str) -> tuple[tuple[Option, ...], Formula]:
        """Return the ways a key's only value can be made, and when it has none, or several."""
        ...

    def keep_small(self, unknown: Unknown) -> None:
        """Look only at requests in which this text has no capitals."""
        ...


class Value(Protocol):
    """A value that the solver chooses."""

    def holds(self, base: BaseOperator, wanted: str, variables: Variables | None) -> Formula:
        """Say when one policy value matches, the operator's negation left aside.

        Args:
            base: the operator.
            wanted: the policy's value.
            variables: what policy variables stand for; None where they are plain text.
        """
        ...

    def text(self, chosen: Assignment) -> str:
        """Write what the solver chose as a request has it."""
        ...


def is_so(fact: Formula, chosen: Assignment) -> bool:
    """Say whether a solver chose so: facts, and what `and`, `or` and `not` make of them."""
    return _read(iter(fact.replace("(", "( ").replace(")", " )").split()), chosen) is True


def _read(words: Iterator[str], chosen: Assignment) -> bool | None:
    word = next(words)
    if word == ")":
        return None
    if word != "(":
        return word == TRUE or chosen.get(word) is True
    operator = next(words)
    parts: list[bool] = []
    while (part := _read(words, chosen)) is not None:
        parts.append(part)
    match operator:
        case "not":
            return not parts[0]
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case _:
            raise ValueError(operator)


# Texts.


@dataclass(frozen=True, slots=True)
class Text:
    """A text, in one of several ways; where the key is present exactly one of their guards holds."""

    options: tuple[Option, ...]

    def holds(self, base: BaseOperator, wanted: str, variables: Variables | None) -> Formula:
        """See `Value`."""
        if base.family not in TEXT_FAMILIES:
            return disj(one.when for one in self.options if known_value_matches(base, wanted, _known(one.pieces)))
        template = _template(base, wanted, known=variables is not None)
        reading = _reading(base)
        found: dict[Formula, list[Formula]] = {}
        for guard, pattern in resolved(template, variables):
            for option in self.options:
                both = option.guard | guard
                if conflicting(both):
                    continue
                if reading is Reading.FOLDED and variables is not None:
                    _keep_small(pattern, option.pieces, variables)
                matched = matching(pattern, reading, option.pieces)
                if matched != FALSE:
                    found.setdefault(matched, []).append(conj(sorted(both)))
        return disj(conj((disj(guards), matched)) for matched, guards in found.items())

    def text(self, chosen: Assignment) -> str:
        """See `Value`."""
        option = next(one for one in self.options if all(is_so(fact, chosen) for fact in one.guard))
        return "".join(one if isinstance(one, str) else str(chosen.get(one.name, "")) for one in option.pieces)


def conflicting(guard: Guard) -> bool:
    """Say whether a guard has two facts of one kind, `a@1` and `a@2`, of which only one can be."""
    kinds = [fact.partition("@")[0] for fact in guard if "@" in fact and not fact.startswith("(")]
    return len(set(kinds)) < len(kinds)


def _keep_small(pattern: SymbolicPattern, pieces: Pieces, variables: Variables) -> None:
    if any(isinstance(one, Unknown) for one in pattern):
        for one in (*pattern, *pieces):
            if isinstance(one, Unknown):
                variables.keep_small(one)


def resolved(template: Template, variables: Variables | None) -> Iterator[tuple[Guard, SymbolicPattern]]:
    """Yield what a template becomes when its variables are put in, and when; nothing where one has no value."""
    found: list[tuple[Guard, SymbolicPattern]] = [(frozenset(), ())]
    for part in template:
        if not isinstance(part, Variable):
            found = [(guard, (*pattern, part)) for guard, pattern in found]
            continue
        if variables is None:
            raise TypeError(part)
        options, missing = variables.options_of(part.key)
        ways = [(option.guard, option.pieces) for option in options]
        if part.default is not None and missing != FALSE:
            ways.append((frozenset({missing}) - {TRUE}, (part.default,)))
        found = [
            (guard | further, (*pattern, *pieces))
            for guard, pattern in found
            for further, pieces in ways
            if not conflicting(guard | further)
        ]
    yield from found


@lru_cache(maxsize=16384)
def _template(base: BaseOperator, wanted: str, *, known: bool) -> Template:
    return parse_template(wanted, wildcards=base.takes_wildcards, variables=known)


def _reading(base: BaseOperator) -> Reading:
    if base.family is Family.ARN:
        return Reading.ARN
    return Reading.FOLDED if base.comparison is Comparison.EQUAL_IGNORING_CASE else Reading.PLAIN


def _known(pieces: Iterable[Piece]) -> str:
    found: list[str] = []
    for piece in pieces:
        if isinstance(piece, Unknown):
            raise UnsupportedError("any text, compared as something else than a text")
        found.append(piece)
    return "".join(found)


def known_value_matches(base: BaseOperator, wanted: str, value: str) -> bool:
    """Say whether a policy value without variables matches a request value that is all known."""
    match base.family:
        case Family.NUMERIC:
            return _compared(base.comparison, parse_number(value), parse_number(wanted))
        case Family.DATE:
            return _compared(base.comparison, parse_date(value), parse_date(wanted))
        case Family.ADDRESS:
            address, network = read_address(value), read_range(wanted)
            return address is not None and network is not None and address in network
        case Family.BINARY:
            return parse_binary(value) == parse_binary(wanted)
        case _:
            steps = _known_steps(base, wanted)
            return steps is not None and matches(steps, value)


def _known_steps(base: BaseOperator, wanted: str) -> Steps | None:
    template = tuple(one for one in _template(base, wanted, known=False) if not isinstance(one, Variable))
    match _reading(base):
        case Reading.ARN:
            return arn_steps(template)
        case Reading.FOLDED:
            return folded_steps(wanted)
        case _:
            return plain_steps(template)


def _compared(comparison: Comparison, left: Decimal | datetime | None, right: Decimal | datetime | None) -> bool:
    if left is None or right is None:
        return False
    order = (left > right) - (left < right)  # type: ignore[operator]  # both numbers, or both dates
    return order in _ORDERS[comparison]


_ORDERS: Mapping[Comparison, frozenset[int]] = {
    Comparison.EQUAL: frozenset({0}),
    Comparison.LESS: frozenset({-1}),
    Comparison.LESS_OR_EQUAL: frozenset({-1, 0}),
    Comparison.GREATER: frozenset({1}),
    Comparison.GREATER_OR_EQUAL: frozenset({0, 1}),
}


# Numbers and dates: whole numbers of a small unit.


@dataclass(frozen=True, slots=True)
class Number:
    """A number, counted in units of `10 ** -decimals`: one decimal more than any bound has, so that gaps stay gaps."""

    name: str
    decimals: int

    def holds(self, base: BaseOperator, wanted: str, variables: Variables | None) -> Formula:
        """See `Value`."""
        del variables
        bound = parse_number(wanted)
        if base.family is not Family.NUMERIC or bound is None:
            raise UnsupportedError("a number, compared as something else")
        return _ordered(base.comparison, self.name, int(bound.scaleb(self.decimals)))

    def text(self, chosen: Assignment) -> str:
        """See `Value`."""
        found = Decimal(int(chosen.get(self.name, 0))).scaleb(-self.decimals)
        return f"{found.normalize():f}"


_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
FIRST_MOMENT = (datetime.min.replace(tzinfo=UTC) - _START) // _MICROSECOND
LAST_MOMENT = (datetime.max.replace(tzinfo=UTC) - _START) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, counted in microseconds since 1970."""

    name: str

    def holds(self, base: BaseOperator, wanted: str, variables: Variables | None) -> Formula:
        """See `Value`."""
        del variables
        bound = parse_date(wanted)
        if base.family is not Family.DATE or bound is None:
            raise UnsupportedError("a date, compared as something else")
        return _ordered(base.comparison, self.name, (bound - _START) // _MICROSECOND)

    def text(self, chosen: Assignment) -> str:
        """See `Value`."""
        found = _START + int(chosen.get(self.name, 0)) * _MICROSECOND
        return found.isoformat().replace("+00:00", "Z")


def _ordered(comparison: Comparison, name: str, bound: int) -> Formula:
    sign = {
        Comparison.EQUAL: "=",
        Comparison.LESS: "<",
        Comparison.LESS_OR_EQUAL: "<=",
        Comparison.GREATER: ">",
        Comparison.GREATER_OR_EQUAL: ">=",
    }[comparison]
    return f"({sign} {name} {number(bound)})"


# Addresses.


@dataclass(frozen=True, slots=True)
class Address:
    """An address of either version, as its numbers between dots or colons.

    Attributes:
        old: the constant that says the address is of version 4.
        four: the constants of the numbers of version 4.
        six: those of version 6; none when `few` stands for all.
        few: where addresses are compared as texts too, some of version 6, each with the constant that chooses it.
    """

    old: str
    four: tuple[str, ...]
    six: tuple[str, ...] = ()
    few: tuple[tuple[str, str], ...] = ()

    def holds(self, base: BaseOperator, wanted: str, variables: Variables | None) -> Formula:
        """See `Value`."""
        few = disj(name for name, one in self.few if "${" not in wanted and known_value_matches(base, wanted, one))
        new = conj((neg(self.old), few))
        if base.family is Family.ADDRESS:
            network = read_range(wanted)
            if network is None:
                raise UnsupportedError("no address")
            if isinstance(network, IPv4Network):
                return conj((self.old, _in_range(network, self.four)))
            return new if self.few else conj((neg(self.old), _in_range(network, self.six)))
        if base.family not in TEXT_FAMILIES or ("${" in wanted and variables is not None):
            raise UnsupportedError("an address, compared as something else")
        steps = _known_steps(base, wanted)
        return disj((new, FALSE if steps is None else conj((self.old, _dotted(steps, self.four)))))

    def text(self, chosen: Assignment) -> str:
        """See `Value`."""
        if chosen.get(self.old) is True:
            return ".".join(str(chosen.get(name, 0)) for name in self.four)
        for name, one in self.few:
            if chosen.get(name) is True:
                return one
        return str(ip_address(":".join(f"{int(chosen.get(name, 0)):x}" for name in self.six)))


@lru_cache(maxsize=4096)
def _dotted(steps: Steps, names: tuple[str, ...]) -> Formula:
    return octets(steps, names)


def _in_range(network: IPv4Network | IPv6Network, names: tuple[str, ...]) -> Formula:
    count, bits = ADDRESS_BITS[network.version]
    first, left = int(network.network_address), network.prefixlen
    checks: list[Formula] = []
    for place, name in enumerate(names):
        low = first >> (bits * (count - 1 - place)) & ((1 << bits) - 1)
        fixed = min(max(left - bits * place, 0), bits)
        if fixed == bits:
            checks.append(f"(= {name} {low})")
        elif fixed:
            checks.append(f"(<= {low} {name} {low + (1 << (bits - fixed)) - 1})")
    return conj(checks)
