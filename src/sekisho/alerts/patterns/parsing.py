"""From the text of a pattern to what it means, and back.

EventBridge's engine has two readers. The first knows `$or`; what it refuses, the second may still take, which knows
neither `$or` nor two newer forms of `anything-but`, so that `$or` becomes a field like any other.

Source: Amazon EventBridge User Guide, "Event patterns" and "Comparison operators"; event-ruler, `JsonRuleCompiler` and
`RuleCompiler`, which PutRule agrees with.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, TypeAlias

from sekisho.alerts.patterns.addresses import parse_address
from sekisho.alerts.patterns.errors import PatternError
from sekisho.alerts.patterns.json_text import Json, JsonError, Number, Object, read_json, write_json
from sekisho.alerts.patterns.operators import (
    Absent,
    AnythingBut,
    Bound,
    Equals,
    IgnoringCase,
    InNetwork,
    InRange,
    Part,
    Prefix,
    Present,
    SameAddress,
    Suffix,
    Test,
    Wildcard,
)
from sekisho.alerts.patterns.pattern import Field, Pattern, in_order
from sekisho.alerts.patterns.wildcards import MOST_COMPLEX, complexity

MAX_LENGTH: Final = 4096
"""The most characters that PutRule takes. The quota is 2,048 until it is raised."""

MAX_FIELDS: Final = 256
MAX_ALTERNATIVES: Final = 1000

_RESERVED: Final = frozenset(
    {
        *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr"),
        *("=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    }
)
"""Names that no field inside an `$or` may have."""

_Tests: TypeAlias = tuple[Test, ...]
_Way: TypeAlias = dict[str, _Tests]
"""The fields of one alternative, by their paths."""

_Negated: TypeAlias = Prefix | Suffix | IgnoringCase | Wildcard
"""What can stand inside `anything-but`, besides texts and numbers."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the reader is.

    Attributes:
        names: of the fields above and of this one; `$or` is none of them.
        place: the same for people, with `$or` and which branch of it.
        is_in_or: whether `$or` stands above.
    """

    names: tuple[str, ...] = ()
    place: str = ""
    is_in_or: bool = False

    def below(self, name: str) -> "_Spot":
        return _Spot((*self.names, name), f"{self.place}.{name}" if self.place else name, self.is_in_or)

    @property
    def or_place(self) -> str:
        return f"{self.place}.$or" if self.place else "$or"

    def branch(self, number: int) -> "_Spot":
        return _Spot(self.names, f"{self.or_place}[{number}]", is_in_or=True)


def parse_pattern(text: str | bytes, *, max_length: int = MAX_LENGTH) -> Pattern:
    """Read an event pattern as EventBridge does.

    Of a name that is repeated the last copy counts, and text after the pattern is ignored; `hints` tells of both.

    Args:
        text: JSON, in UTF-8 where it is bytes.
        max_length: the most characters.

    Raises:
        PatternError: PutRule would refuse the pattern. Only how much of a wildcard is too much is our own guess; see
            `wildcards.complexity`.
    """
    written = _decoded(text)
    if len(written) > max_length:
        raise PatternError(
            f"the pattern has {len(written):,} characters", remedy=f"EventBridge takes up to {max_length:,}"
        )
    try:
        document, end = read_json(written)
    except JsonError as error:
        raise PatternError(f"the pattern is no JSON: {error}") from error
    if not isinstance(document, tuple):
        raise PatternError(
            "the pattern is no JSON object", remedy='put it into braces, such as {"source": ["aws.iam"]}'
        )
    after = ("what follows the pattern is ignored",) if written[end:].strip() else ()
    try:
        return _parsed(written, document, after)
    except RecursionError:
        raise PatternError("fields of the pattern are nested too deep") from None


def format_pattern(pattern: Pattern) -> str:
    """Return the shortest text of a pattern: without spaces, everything else as it was written."""
    return write_json(pattern.document)


def _decoded(text: str | bytes) -> str:
    try:
        return text if isinstance(text, str) else text.decode()
    except UnicodeDecodeError as error:
        raise PatternError("the pattern is not in UTF-8") from error


def _parsed(text: str, document: Object, noted: tuple[str, ...]) -> Pattern:
    reader = _Reader(knows_or=True)
    try:
        ways = reader.fields(document, _Spot(), [{}])
    except PatternError as error:
        reader = _Reader(knows_or=False)
        try:
            ways = reader.fields(document, _Spot(), [{}])
        except PatternError:
            raise error from None
        reader.noted.append(
            f"`$or` is taken as the name of a field, because it cannot be taken as alternatives: {error}"
        )
    for way in ways:
        if len(way) > MAX_FIELDS:
            raise PatternError(f"the pattern has {len(way)} fields", remedy=f"EventBridge takes up to {MAX_FIELDS}")
    alternatives = tuple(tuple(Field(path, way[path]) for path in sorted(way, key=in_order)) for way in ways)
    return Pattern(text, alternatives, document, (*noted, *reader.noted))


@dataclass(slots=True)
class _Reader:
    """Reads a pattern, and notes what was surely meant otherwise."""

    knows_or: bool
    noted: list[str] = field(default_factory=list[str])

    def fields(self, members: Object, at: _Spot, ways: list[_Way]) -> list[_Way]:
        """Return the ways, with the fields of an object put into each of them."""
        if not members:
            raise PatternError("an empty object", place=at.place, remedy="name a field in it, or leave it out")
        for name, inner in members:
            ways = self._field(name, inner, at, ways)
        return ways

    def _field(self, name: str, inner: Json, above: _Spot, ways: list[_Way]) -> list[_Way]:
        if name == "$or" and self.knows_or:
            return self._branches(inner, above, ways)
        at = above.below(name)
        if above.is_in_or and name in _RESERVED:
            raise PatternError(
                f"`{name}` is no name for a field inside `$or`",
                place=at.place,
                remedy="operators stand inside an array",
            )
        match inner:
            case tuple():
                return self.fields(inner, at, ways)
            case list():
                return self._put(at, self._tests(inner, at.place), ways)
            case _:
                raise PatternError("a value outside an array", place=at.place, remedy=f"write [{write_json(inner)}]")

    def _branches(self, branches: Json, above: _Spot, ways: list[_Way]) -> list[_Way]:
        at = above.or_place
        if not isinstance(branches, list) or not all(isinstance(branch, tuple) for branch in branches):
            raise PatternError("`$or` without an array of objects", place=at)
        if len(branches) < 2:  # noqa: PLR2004 - one branch is no choice
            raise PatternError("`$or` with fewer than two objects", place=at, remedy="name the fields without `$or`")
        together: list[_Way] = []
        for number, branch in enumerate(branches):
            assert isinstance(branch, tuple)  # noqa: S101 - seen above
            together += self.fields(branch, above.branch(number), ways)
            if len(together) > MAX_ALTERNATIVES:
                raise PatternError(
                    f"more than {MAX_ALTERNATIVES:,} combinations of `$or`", place=at, remedy="make several rules of it"
                )
        return together

    def _put(self, at: _Spot, tests: _Tests, ways: list[_Way]) -> list[_Way]:
        path = ".".join(at.names)
        if any(path in way for way in ways):
            self.noted.append(
                f"`{path}` is named again at `{at.place}`: this list takes the place of the earlier one, and only this "
                "one has to match"
            )
        return [{**way, path: tests} for way in ways]

    def _tests(self, values: list[Json], place: str) -> _Tests:
        if not values:
            raise PatternError("an empty array", place=place, remedy="it would match nothing; name a value")
        return tuple(self._test(value, f"{place}[{number}]") for number, value in enumerate(values))

    def _test(self, value: Json, place: str) -> Test:
        match value:
            case list():
                raise PatternError("an array inside an array", place=place, remedy="take the inner brackets away")
            case tuple():
                name, inner = _only(value, place)
                return self._operator(name, inner, place)
            case str():
                address = parse_address(value)
                return Equals(value) if address is None else SameAddress(value, address)
            case _:
                return Equals(value)

    def _operator(self, name: str, inner: Json, place: str) -> Test:
        at = f"{place}.{name}"
        if name == "anything-but":
            return self._anything_but(inner, at)
        if name not in _OPERATORS:
            raise PatternError(
                f"`{name}` is no operator", place=place, remedy=_meant(name, (*_OPERATORS, "anything-but"))
            )
        return _OPERATORS[name](inner, at)

    def _anything_but(self, value: Json, place: str) -> AnythingBut:
        match value:
            case str() | Number():
                return AnythingBut((_plain(value, place),))
            case list():
                tests = tuple(_plain(one, f"{place}[{number}]") for number, one in enumerate(value))
                if len({type(test.value) for test in tests}) != 1:
                    raise PatternError(
                        "neither only texts nor only numbers",
                        place=place,
                        remedy="make it two fields, or leave some out",
                    )
                return AnythingBut(tests)
            case tuple():
                name, inner = _only(value, place)
                return self._anything_but_like(name, inner, place)
            case _:
                raise PatternError(
                    f"{write_json(value)} instead of texts or numbers",
                    place=place,
                    remedy="name what is wanted instead",
                )

    def _anything_but_like(self, name: str, inner: Json, place: str) -> AnythingBut:
        at = f"{place}.{name}"
        known = _NEGATED if self.knows_or else _NEGATED_WITHOUT_OR
        if name not in known:
            raise PatternError(
                f"`{name}` is no operator inside `anything-but`", place=place, remedy=_meant(name, (*known,))
            )
        texts = [(inner, at)]
        if isinstance(inner, list) and (self.knows_or or name == "equals-ignore-case"):
            texts = [(one, f"{at}[{number}]") for number, one in enumerate(inner)]
        return AnythingBut(tuple(known[name](one, where) for one, where in texts))


def _only(members: Object, place: str) -> tuple[str, Json]:
    """Return the operator of an object, and what it is applied to."""
    if len(members) != 1:
        said = "no operator" if not members else f"{len(members)} operators in one object"
        raise PatternError(said, place=place, remedy="write one object for each, or put fields outside the array")
    return members[0]


def _meant(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name.lower().replace("_", "-"), known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"there are {', '.join(f'`{one}`' for one in known)}"


def _text(value: Json, place: str) -> str:
    if isinstance(value, str):
        return value
    several = "; write one object for each text" if isinstance(value, list) else ""
    raise PatternError("no text in double quotes", place=place, remedy=f"this operator takes a text{several}")


def _plain(value: Json, place: str) -> Equals:
    match value:
        case str():
            return Equals(value)
        case Number():
            return Equals(_bound(value, place, is_inside=True).number)
        case _:
            raise PatternError(f"{write_json(value)} instead of a text or a number", place=place)


def _exactly(value: Json, place: str) -> Equals:
    return Equals(_text(value, place))


def _prefix(value: Json, place: str) -> Prefix | IgnoringCase:
    return (
        IgnoringCase(_ignoring_case(value, place), Part.START)
        if isinstance(value, tuple)
        else Prefix(_text(value, place))
    )


def _suffix(value: Json, place: str) -> Suffix | IgnoringCase:
    return (
        IgnoringCase(_ignoring_case(value, place), Part.END)
        if isinstance(value, tuple)
        else Suffix(_text(value, place))
    )


def _ignoring_case(members: Object, place: str) -> str:
    name, inner = _only(members, place)
    if name != "equals-ignore-case":
        raise PatternError(f"`{name}` is not possible here", place=place, remedy="only `equals-ignore-case` is")
    return _text(inner, f"{place}.{name}")


def _equals_ignore_case(value: Json, place: str) -> IgnoringCase:
    return IgnoringCase(_text(value, place))


def _any_wildcard(value: Json, place: str) -> Wildcard:
    try:
        return Wildcard(_text(value, place))
    except ValueError as error:
        raise PatternError(str(error), place=place) from error


def _wildcard(value: Json, place: str) -> Wildcard:
    wildcard = _any_wildcard(value, place)
    if complexity(wildcard.runs) > MOST_COMPLEX:
        raise PatternError(
            "too complex a wildcard",
            place=place,
            remedy="use fewer stars, fewer repetitions after a star, or `prefix` and `suffix`",
        )
    return wildcard


def _cidr(value: Json, place: str) -> InNetwork:
    try:
        return InNetwork(_text(value, place))
    except ValueError as error:
        raise PatternError(str(error), place=place, remedy="a single address stands alone, without `cidr`") from error


def _exists(value: Json, place: str) -> Present | Absent:
    if not isinstance(value, bool):
        raise PatternError(f"{write_json(value)} instead of true or false", place=place)
    return Present() if value else Absent()


def _numeric(value: Json, place: str) -> InRange:
    """Read `["=", n]`, or one bound, or a lower and an upper one."""
    if not isinstance(value, list):
        raise PatternError("no array", place=place, remedy='write it like [">", 0, "<=", 5]')
    match value:
        case ["=", number]:
            same = _bound(number, f"{place}[1]", is_inside=True)
            return InRange(same, same)
        case ["<" | "<=" as sign, number]:
            return InRange(None, _bound(number, f"{place}[1]", is_inside=sign == "<="))
        case [">" | ">=" as sign, number]:
            return InRange(_bound(number, f"{place}[1]", is_inside=sign == ">="), None)
        case [">" | ">=" as sign, number, "<" | "<=" as other, top]:
            low = _bound(number, f"{place}[1]", is_inside=sign == ">=")
            high = _bound(top, f"{place}[3]", is_inside=other == "<=")
            if low.value >= high.value:
                raise PatternError(
                    f"{low.number.text} is not below {high.number.text}",
                    place=place,
                    remedy="no number is in this range",
                )
            return InRange(low, high)
        case _:
            raise PatternError(
                f"{write_json(value)} is no comparison",
                place=place,
                remedy='write it like [">", 0, "<=", 5] or ["=", 5]',
            )


def _bound(value: Json, place: str, *, is_inside: bool) -> Bound:
    if not isinstance(value, Number):
        raise PatternError(f"{write_json(value)} instead of a number", place=place)
    number = value.comparable
    if number is None:
        raise PatternError(f"{value.text[:40]} cannot be compared exactly", place=place, remedy="write fewer digits")
    return Bound(value, number, is_inside)


def _not_empty(read: Callable[[Json, str], _Negated]) -> Callable[[Json, str], _Negated]:
    """Have texts refused that every text begins and ends with."""

    def checked(value: Json, place: str) -> _Negated:
        if not _text(value, place):
            raise PatternError("an empty text", place=place, remedy="every text begins and ends with it")
        return read(value, place)

    return checked


_OPERATORS: Final[dict[str, Callable[[Json, str], Test]]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "exists": _exists,
}

_NEGATED_WITHOUT_OR: Final[dict[str, Callable[[Json, str], _Negated]]] = {
    "prefix": _not_empty(_prefix),
    "suffix": _not_empty(_suffix),
    "equals-ignore-case": _equals_ignore_case,
}

_NEGATED: Final = {**_NEGATED_WITHOUT_OR, "wildcard": _any_wildcard}
