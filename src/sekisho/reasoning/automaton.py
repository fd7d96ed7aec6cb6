"""Many patterns read one text at a time: a bit-parallel automaton.

Each pattern is laid out over consecutive bits of one integer; a set bit says "the text so far can have brought this
pattern to this point". Reading a letter is a few operations on whole integers, however many patterns there are. Two
texts that lead to the same state are told apart by no pattern, and neither are their continuations.

Source of the method: R. Baeza-Yates and G. Gonnet, "A new approach to text searching", CACM 35 (1992).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.policy.patterns import Pattern, Wildcard, split_arn_pattern


class Reading(Enum):
    """How a pattern is compared with a text."""

    EXACT = "letter by letter"
    IGNORING_CASE = "ignoring case"
    ARN = "component by component"
    RESOURCE = "component by component, the last one to the end"


@dataclass(frozen=True, slots=True)
class _Token:
    """One step of a pattern.

    Attributes:
        letters: what the step accepts; empty accepts every letter.
        repeats: whether it may be taken any number of times, also none.
        stops_at_colon: whether it does not accept a colon.
    """

    letters: frozenset[str] = frozenset()
    repeats: bool = False
    stops_at_colon: bool = False

    def accepts(self, letter: str) -> bool:
        if self.letters:
            return letter in self.letters
        return not (self.stops_at_colon and letter == ":")


class Automaton:
    """All patterns of one text, read together.

    Attributes:
        letters: the letters that some pattern writes; all others are alike to it.
        start: the state before the first letter.
    """

    def __init__(self, patterns: Iterable[tuple[Pattern, Reading]]) -> None:
        self._tokens: list[tuple[int, _Token]] = []
        self._stars = 0
        self._finals = 0
        self.start = 0
        bit = 0
        for pattern, reading in patterns:
            tokens = _tokens(pattern, reading)
            if tokens is None:
                continue
            self.start |= 1 << bit
            for token in tokens:
                self._tokens.append((bit, token))
                if token.repeats:
                    self._stars |= 1 << bit
                bit += 1
            self._finals |= 1 << bit
            bit += 1
        self.letters = frozenset(letter for _, token in self._tokens for letter in token.letters)
        if any(token.stops_at_colon for _, token in self._tokens):
            self.letters |= {":"}
        self._masks: dict[str, tuple[int, int]] = {}
        self.start = self._closure(self.start)

    def read(self, state: int, text: str) -> int:
        """Return the state after reading `text` from `state`."""
        for letter in text:
            moves, loops = self._masks.get(letter) or self._mask(letter)
            state = self._closure((state & moves) << 1 | state & loops)
        return state

    def verdict(self, state: int) -> int:
        """Return which patterns match a text that ends here, as an integer that is equal for equal answers."""
        return state & self._finals

    def _closure(self, state: int) -> int:
        """A star may be taken no times: from before it, one is also after it."""
        while (further := state | (state & self._stars) << 1) != state:
            state = further
        return state

    def _mask(self, letter: str) -> tuple[int, int]:
        moves = loops = 0
        for bit, token in self._tokens:
            if token.accepts(letter):
                if token.repeats:
                    loops |= 1 << bit
                else:
                    moves |= 1 << bit
        self._masks[letter] = moves, loops
        return moves, loops


def _tokens(pattern: Pattern, reading: Reading) -> list[_Token] | None:
    """Lay a pattern out in steps; None when no text matches it."""
    if reading not in {Reading.ARN, Reading.RESOURCE} or pattern == (Wildcard.ANY_RUN,):
        return _plain_tokens(pattern, ignore_case=reading is Reading.IGNORING_CASE, stops_at_colon=False)
    components = split_arn_pattern(pattern)
    if reading is Reading.ARN and len(components) != ARN_COMPONENTS:
        return None
    tokens: list[_Token] = []
    for index, component in enumerate(components):
        if index:
            tokens.append(_Token(frozenset(":")))
        last = index == len(components) - 1
        tokens += _plain_tokens(component, ignore_case=False, stops_at_colon=not last)
    return tokens


def _plain_tokens(pattern: Pattern, *, ignore_case: bool, stops_at_colon: bool) -> list[_Token]:
    tokens: list[_Token] = []
    for part in pattern:
        if isinstance(part, Wildcard):
            tokens.append(_Token(repeats=part is Wildcard.ANY_RUN, stops_at_colon=stops_at_colon))
        else:
            tokens += (_Token(frozenset({one, one.lower(), one.upper()} if ignore_case else {one})) for one in part)
    return tokens
