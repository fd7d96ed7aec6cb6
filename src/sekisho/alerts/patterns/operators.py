"""What a field of a pattern asks of a value: one class for each operator of event patterns.

Source: Amazon EventBridge User Guide, "Comparison operators for use in event patterns in Amazon EventBridge".
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from sekisho.alerts.patterns.addresses import Network, parse_address, parse_network
from sekisho.alerts.patterns.json_text import Number, Value, write_json
from sekisho.alerts.patterns.letters import ends_ignoring_case, equals_ignoring_case, starts_ignoring_case
from sekisho.alerts.patterns.wildcards import parse_wildcard, wildcard_matches


class _Test(Protocol):
    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        ...


@dataclass(frozen=True, slots=True)
class Equals(_Test):
    """The same value. Numbers are compared as numbers where binary64 has them, else as text."""

    value: Value

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return type(value) is type(self.value) and value == self.value

    def __str__(self) -> str:
        return _shown(self.value)


@dataclass(frozen=True, slots=True)
class SameAddress(_Test):
    """A text that writes the same IP address, in whatever form."""

    text: str
    address: bytes

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return isinstance(value, str) and parse_address(value) == self.address

    def __str__(self) -> str:
        return _shown(self.text)


@dataclass(frozen=True, slots=True)
class Prefix(_Test):
    """A text that begins so."""

    text: str

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return isinstance(value, str) and value.startswith(self.text)

    def __str__(self) -> str:
        return f"a text that begins with {_shown(self.text)}"


@dataclass(frozen=True, slots=True)
class Suffix(_Test):
    """A text that ends so."""

    text: str

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return isinstance(value, str) and value.endswith(self.text)

    def __str__(self) -> str:
        return f"a text that ends with {_shown(self.text)}"


class Part(Enum):
    """Which part of a text is compared."""

    WHOLE = "whole"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class IgnoringCase(_Test):
    """A text that is so, or begins or ends so, in upper or lower case."""

    text: str
    part: Part = Part.WHOLE

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return isinstance(value, str) and _COMPARED[self.part](self.text, value)

    def __str__(self) -> str:
        return f"{_NAMED[self.part]}{_shown(self.text)} in upper or lower case"


_COMPARED = {Part.WHOLE: equals_ignoring_case, Part.START: starts_ignoring_case, Part.END: ends_ignoring_case}
_NAMED = {Part.WHOLE: "", Part.START: "a text that begins with ", Part.END: "a text that ends with "}


@dataclass(frozen=True, slots=True)
class Wildcard(_Test):
    """A text with anything, or nothing, in place of each star."""

    text: str
    runs: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", parse_wildcard(self.text))

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return isinstance(value, str) and wildcard_matches(self.runs, value)

    def __str__(self) -> str:
        return f"a text like {_shown(self.text)}"


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range of numbers."""

    number: Number
    value: float
    is_inside: bool


@dataclass(frozen=True, slots=True)
class InRange(_Test):
    """A number between the bounds that there are; a number that binary64 has not is in no range."""

    low: Bound | None
    high: Bound | None

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        number = value.comparable if isinstance(value, Number) else None
        return number is not None and self.holds(number)

    def holds(self, number: float) -> bool:
        """Say whether a number is in the range."""
        low, high = self.low, self.high
        return (low is None or number > low.value or (low.is_inside and number == low.value)) and (
            high is None or number < high.value or (high.is_inside and number == high.value)
        )

    def __str__(self) -> str:
        if self.low and self.high and self.low.value == self.high.value:
            return f"the number {self.low.number.text}"
        said = [f"{'≥' if self.low.is_inside else '>'} {self.low.number.text}"] if self.low else []
        said += [f"{'≤' if self.high.is_inside else '<'} {self.high.number.text}"] if self.high else []
        return f"a number {' and '.join(said)}"


@dataclass(frozen=True, slots=True)
class InNetwork(_Test):
    """A text that writes an IP address of a CIDR block."""

    text: str
    network: Network = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", parse_network(self.text))

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        address = parse_address(value) if isinstance(value, str) else None
        return address is not None and address in self.network

    def __str__(self) -> str:
        return f"an address in {self.text}"


@dataclass(frozen=True, slots=True)
class Present(_Test):
    """Any value, null included."""

    def accepts(self, _value: Value, /) -> bool:
        """Say whether a value passes: any does."""
        return True

    def __str__(self) -> str:
        return "any value"


@dataclass(frozen=True, slots=True)
class Absent(_Test):
    """No value; an object, an empty array and a missing field are none."""

    def accepts(self, _value: Value, /) -> bool:
        """Say whether a value passes: none does."""
        return False

    def __str__(self) -> str:
        return "no such field"


@dataclass(frozen=True, slots=True)
class AnythingBut(_Test):
    """Any value, of whatever type, that passes none of these."""

    tests: tuple[Equals | Prefix | Suffix | IgnoringCase | Wildcard, ...]

    def accepts(self, value: Value, /) -> bool:
        """Say whether a value passes."""
        return not any(test.accepts(value) for test in self.tests)

    def __str__(self) -> str:
        return f"anything but {' or '.join(map(str, self.tests))}"


Test: TypeAlias = (
    Equals
    | SameAddress
    | Prefix
    | Suffix
    | IgnoringCase
    | Wildcard
    | InRange
    | InNetwork
    | Present
    | Absent
    | AnythingBut
)


def _shown(value: Value) -> str:
    return f"`{value}`" if isinstance(value, str) else write_json(value)
