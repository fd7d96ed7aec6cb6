"""Many patterns read one text at a time: a bit-parallel automaton.

Each pattern is laid out over consecutive bits of one integer; a set bit says "the text so far can have brought this
pattern to this point". Reading a letter is a few operations on whole integers, however many patterns there are. Two
texts that lead to the same state are told apart by no pattern, and neither are their continuations.

Source of the method: R. Baeza-Yates and G. Gonnet, "A new approach to text searching", CACM 35 (1992).
"""

from collections.abc import Iterable, Iterator
from enum import Enum

from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.policy.patterns import Pattern, Wildcard, split_arn_pattern


class Reading(Enum):
    """How a pattern is compared with a text."""

    EXACT = "letter by letter"
    IGNORING_CASE = "ignoring case"
    ARN = "component by component"
    RESOURCE = "component by component, the last one to the end"


class Automaton:
    """All patterns of one text, read together.

    Attributes:
        start: the state before the first letter; 0 is the state from which no pattern matches any more.
    """

    def __init__(self, patterns: Iterable[tuple[Pattern, Reading]]) -> None:
        self._written: list[str] = []  # by bit, the letters that a literal step accepts
        self._literal: dict[str, int] = {}  # by letter, the literal steps that accept it
        self._literals = 0
        self._ones = self._ones_in_component = 0  # `?`, and `?` that does not accept a colon
        self._stars = self._stars_in_component = 0  # `*`, likewise
        self._finals = 0
        starts = 0
        for pattern, reading in patterns:
            components = _components(pattern, reading)
            if components is None:
                continue
            starts |= 1 << len(self._written)
            self._lay_out(components, ignore_case=reading is Reading.IGNORING_CASE)
        self._all_stars = self._stars | self._stars_in_component
        self._bounded = self._ones_in_component | self._stars_in_component
        self.start = starts | (starts & self._all_stars) << 1

    def _lay_out(self, components: list[Pattern], *, ignore_case: bool) -> None:
        for index, component in enumerate(components):
            if index:
                self._add_letter(":", ignore_case=False)
            bounded = index < len(components) - 1
            previous: str | Wildcard = ""
            for part in component:
                if isinstance(part, str):
                    for letter in part:
                        self._add_letter(letter, ignore_case=ignore_case)
                elif part is not previous or part is Wildcard.ANY_ONE:  # two stars are one
                    self._add_wildcard(part, bounded=bounded)
                previous = part
        self._finals |= 1 << len(self._written)
        self._written.append("")

    def _add_letter(self, letter: str, *, ignore_case: bool) -> None:
        bit = 1 << len(self._written)
        accepted = letter if not ignore_case else "".join({letter, *letter.lower(), *letter.upper()})
        for one in accepted:
            self._literal[one] = self._literal.get(one, 0) | bit
        self._literals |= bit
        self._written.append(accepted)

    def _add_wildcard(self, part: Wildcard, *, bounded: bool) -> None:
        bit = 1 << len(self._written)
        match part, bounded:
            case Wildcard.ANY_RUN, False:
                self._stars |= bit
            case Wildcard.ANY_RUN, True:
                self._stars_in_component |= bit
            case Wildcard.ANY_ONE, False:
                self._ones |= bit
            case _:
                self._ones_in_component |= bit
        self._written.append("")

    @property
    def size(self) -> int:
        """How many bits a state has."""
        return len(self._written)

    def read(self, state: int, text: str) -> int:
        """Return the state after reading `text` from `state`."""
        literal, stars = self._literal, self._all_stars
        for letter in text:
            if not state:
                return 0
            moves, loops = literal.get(letter, 0) | self._ones, self._stars
            if letter != ":":
                moves |= self._ones_in_component
                loops |= self._stars_in_component
            state = (state & moves) << 1 | state & loops
            state |= (state & stars) << 1  # a star may be taken no times; never two follow each other
        return state

    def verdict(self, state: int) -> int:
        """Return which patterns match a text that ends here, as an integer that is equal for equal answers."""
        return state & self._finals

    def letters(self, state: int) -> Iterator[str]:
        """Yield the letters that some pattern waits for in this state; all others are alike to it."""
        waiting = state & self._literals
        while waiting:
            lowest = waiting & -waiting
            waiting ^= lowest
            yield from self._written[lowest.bit_length() - 1]
        if state & self._bounded:
            yield ":"


def _components(pattern: Pattern, reading: Reading) -> list[Pattern] | None:
    """Return what has to match between colons, or the whole; None when no text matches the pattern."""
    if reading not in _BY_COMPONENT or pattern == (Wildcard.ANY_RUN,):
        return [pattern]
    components = split_arn_pattern(pattern)
    if reading is Reading.ARN and len(components) != ARN_COMPONENTS:
        return None
    return list(components)


_BY_COMPONENT = (Reading.ARN, Reading.RESOURCE)
