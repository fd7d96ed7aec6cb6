"""Many patterns read one word at a time: a bit-parallel automaton.

Each pattern is laid out over consecutive bits of one integer; a set bit says "the text so far can have brought this
pattern to this point". Reading a letter is a few operations on whole integers, however many patterns there are. A word
has texts on several tracks, such as a user's ARN and its name; the patterns of a track are bits side by side, and a
letter is read by the bits of the tracks that it stands on.

Two words that lead to the same state are told apart by no pattern, and neither are their continuations. What can't
change an answer any more is taken out of a state, so that there are few: what lies before a `*` that has been reached,
and all of a pattern that matches whatever follows.

Source of the method: R. Baeza-Yates and G. Gonnet, "A new approach to text searching", CACM 35 (1992).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TypeAlias

from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.policy.patterns import Pattern, Wildcard, split_arn_pattern
from sekisho.reasoning.endings import OTHER_LETTERS, Rest


class Reading(Enum):
    """How a pattern is compared with a text."""

    EXACT = "letter by letter"
    IGNORING_CASE = "ignoring case"
    ARN = "component by component"
    RESOURCE = "component by component, the last one to the end"


Written: TypeAlias = tuple[Pattern, Reading]
"""A pattern with how it is compared."""


class Automaton:
    """All patterns of the texts of a word, read together.

    Attributes:
        start: the state before the first letter; 0 is the state from which no pattern matches any more.
        literals: the bits that wait for certain letters.
    """

    def __init__(self, tracks: Mapping[str, Iterable[Sequence[Written]]]) -> None:
        """Lay the patterns out.

        Args:
            tracks: of each text what it may match: each a group of patterns of which one has to match it.
        """
        self._written: list[str] = []  # by bit, the letters that a literal step accepts
        self._literal: dict[str, int] = {}  # by letter, the literal steps that accept it
        self.literals = 0
        self._ones = self._ones_in_component = 0  # `?`, and `?` that does not accept a colon
        self._stars = self._stars_in_component = 0  # `*`, likewise
        self._vague = 0  # the bits that wait for more than one letter, and are no stars
        self._outdone: dict[int, tuple[int, int]] = {}  # by a star that is reached, what goes, and what stands for it
        self._groups: list[int] = []  # the bits of each
        self._ends = 0  # the bits after the last step of each pattern
        self._finals = 0  # of the groups of one pattern, the bits that say that it matches a text that ends here
        self._several: list[tuple[int, int]] = []  # of the others all such bits, and the one that stands for them
        self._tracks: dict[str, int] = {}
        starts = 0
        for track, groups in tracks.items():
            first = len(self._written)
            for group in groups:
                starts |= self._add_group(group)
            self._tracks[track] = _bits(first, len(self._written))
        self._all_stars = self._stars | self._stars_in_component
        self._bounded = self._ones_in_component | self._stars_in_component
        self._outdoing = sum(self._outdone)
        self._settled = sum({instead for _, instead in self._outdone.values()})
        # by what stays of a state and an alphabet, where each letter leads from it, and any other
        self._of_staying: dict[tuple[int, str], tuple[dict[str, int], int]] = {}
        start = starts | (starts & self._all_stars) << 1
        self.start = self._without_outdone(start, start & self._outdoing)

    def _add_group(self, group: Iterable[Written]) -> int:
        first, starts, finals, whatever_follows = len(self._written), 0, 0, list[int]()
        for pattern, reading in group:
            components = _components(pattern, reading)
            if components is None:
                continue
            starts |= 1 << len(self._written)
            self._lay_out(components, ignore_case=reading is Reading.IGNORING_CASE)
            final = 1 << len(self._written) - 1
            if final >> 1 & self._stars:
                whatever_follows.append(final >> 1)
            finals |= final
        if whatever_follows:
            star, everything = whatever_follows[0], _bits(first, len(self._written))
            self._outdone |= dict.fromkeys(whatever_follows, (everything, star | star << 1))
        self._groups.append(_bits(first, len(self._written)))
        self._ends |= finals
        if finals & (finals - 1):
            self._several.append((finals, finals & -finals))
        else:
            self._finals |= finals
        return starts

    def _lay_out(self, components: list[Pattern], *, ignore_case: bool) -> None:
        first_of_pattern = len(self._written)
        any_star = False
        for index, component in enumerate(components):
            if index:
                self._add_text(":", ignore_case=False)
            bounded = index < len(components) - 1
            first_of_component, star_in_component = len(self._written), False
            previous: str | Wildcard = ""
            for part in component:
                if isinstance(part, str):
                    self._add_text(part, ignore_case=ignore_case)
                elif part is Wildcard.ANY_ONE:
                    self._add_one(bounded=bounded)
                elif part is not previous:  # two stars are one
                    if star_in_component or (any_star and not bounded):
                        start = first_of_component if bounded else first_of_pattern
                        self._outdone[1 << len(self._written)] = _bits(start, len(self._written)), 0
                    self._add_star(bounded=bounded)
                    any_star = star_in_component = True
                previous = part
        self._written.append("")

    def _add_text(self, text: str, *, ignore_case: bool) -> None:
        first, literal = len(self._written), self._literal
        bit = 1 << first
        if ignore_case:
            self._written += [_both_cases(letter) for letter in text]
            self._vague |= _bits(first, len(self._written))
            for letters in self._written[first:]:
                for letter in letters:
                    literal[letter] = literal.get(letter, 0) | bit
                bit <<= 1
        else:
            self._written += text
            for letter in text:
                literal[letter] = literal.get(letter, 0) | bit
                bit <<= 1
        self.literals |= _bits(first, len(self._written))

    def _add_one(self, *, bounded: bool) -> None:
        self._vague |= 1 << len(self._written)
        if bounded:
            self._ones_in_component |= 1 << len(self._written)
        else:
            self._ones |= 1 << len(self._written)
        self._written.append("")

    def _add_star(self, *, bounded: bool) -> None:
        if bounded:
            self._stars_in_component |= 1 << len(self._written)
        else:
            self._stars |= 1 << len(self._written)
        self._written.append("")

    @property
    def size(self) -> int:
        """How many bits a state has."""
        return len(self._written)

    def bits_of(self, track: str) -> int:
        """Return the bits of the patterns of a track; of one without any there are none."""
        return self._tracks.get(track, 0)

    def waiting_for_others(self, track: str, letter: str) -> int:
        """Return the bits of a track's patterns that wait for certain letters, of which a letter is none."""
        return self._tracks.get(track, 0) & self.literals & ~self._literal.get(letter, 0)

    def read(self, state: int, text: str) -> int:
        """Return the state after reading `text` from `state`."""
        literal, stars, before = self._literal, self._all_stars, state
        for letter in text:
            if not state:
                return 0
            moves, loops = literal.get(letter, 0) | self._ones, self._stars
            if letter != ":":
                moves |= self._ones_in_component
                loops |= self._stars_in_component
            state = (state & moves) << 1 | state & loops
            state |= (state & stars) << 1  # a star may be taken no times; never two follow each other
        reached = state & self._outdoing & ~before
        return self._without_outdone(state, reached) if reached else state

    def onward(self, state: int, alphabet: str) -> list[tuple[str, int]]:
        """Return where one more letter leads: each that a pattern waits for, and one that stands for all others.

        Args:
            state: before the letter.
            alphabet: the letters there are, the preferred ones first; empty for every letter.
        """
        literal, stars, outdoing = self._literal, self._all_stars, self._outdoing
        ones, loops = self._ones | self._ones_in_component, state & stars
        outdoing &= ~state
        letters = self._waited_for(state, alphabet)
        other = _other(letters, alphabet or OTHER_LETTERS, any_letter=not alphabet)
        if other is not None:
            letters.append(other)
        found: list[tuple[str, int]] = []
        for letter in letters:
            if letter == ":":
                found.append((letter, self.read(state, letter)))
                continue
            after = (state & (literal.get(letter, 0) | ones)) << 1 | loops
            after |= (after & stars) << 1
            reached = after & outdoing
            found.append((letter, self._without_outdone(after, reached) if reached else after))
        return found

    def staying(self, state: int) -> int:
        """Return the stars that are reached, with what comes right after each: they bring it again letter by letter."""
        stars = state & self._all_stars
        return stars | stars << 1

    def onward_beside(self, staying: int, state: int, alphabet: str) -> list[tuple[str, int]]:
        """Return what `onward` does, without letters that lead where they lead from what stays of the state alone."""
        moving = state & ~staying
        if moving & self._vague:
            return self.onward(state, alphabet)
        known = self._of_staying.get((staying, alphabet))
        if known is None:
            steps = self.onward(staying, alphabet)
            known = self._of_staying[staying, alphabet] = dict(steps), steps[-1][1]
        after_letter, after_others = known
        moved: dict[str, int] = {}
        while moving:
            place = moving.bit_length() - 1
            moving ^= 1 << place
            letter = self._written[place]
            if letter and (not alphabet or letter in alphabet):
                moved[letter] = moved.get(letter, 0) | 2 << place
        stars, outdoing = self._all_stars, self._outdoing & ~state
        found: list[tuple[str, int]] = []
        for letter in sorted(moved) if len(moved) > 1 else moved:
            after = after_letter.get(letter, after_others) | moved[letter]
            after |= (after & stars) << 1
            reached = after & outdoing
            found.append((letter, self._without_outdone(after, reached) if reached else after))
        return found

    def run(self, state: int, alphabet: str, outlook: int) -> str:
        """Return the text that a single pattern waits for next, if nothing but all of it brings anything.

        Empty where others may come as far, or where to break off in the middle may matter: after that, only the bits
        of the outlook do.
        """
        if not state or state & (state - 1):
            return ""
        first = place = state.bit_length() - 1
        while len(letter := self._written[place]) == 1 and (not alphabet or letter in alphabet):
            place += 1
        return "" if _bits(first, place) & outlook else "".join(self._written[first:place])

    def most_answers(self, state: int) -> int:
        """Return how many verdicts there can be at most, of all words that go on from a state."""
        groups = sum(1 for bits in self._groups if state & bits)
        return 1 << groups

    def rests(self, state: int) -> list[Rest] | None:
        """Return what a text has to be from a state on so that patterns match, each way a pattern can, one by one.

        None where one is more than a text, or a beginning and an end.
        """
        found: list[Rest] = []
        while state:
            place = (state & -state).bit_length() - 1
            state &= state - 1
            start, place = self._text_at(place)
            end = None
            if 1 << place & self._stars:
                end, place = self._text_at(place + 1)
            if not 1 << place & self._ends:
                return None
            found.append(Rest(start, end, 1 << place))
        return found

    def _text_at(self, first: int) -> tuple[str, int]:
        """Return the text that a pattern has at a place, and the place after it."""
        place = first
        while len(self._written[place]) == 1:
            place += 1
        return "".join(self._written[first:place]), place

    def _waited_for(self, state: int, alphabet: str) -> list[str]:
        """Return the letters of an alphabet that some pattern waits for in a state.

        What may not go on over a colon tells it apart from other letters.
        """
        waiting = state & self.literals
        letters: Iterable[str]
        if waiting.bit_count() > _FEW:
            letters = [letter for letter, bits in self._literal.items() if waiting & bits]
        else:
            letters = set[str]()
            while waiting:
                place = waiting.bit_length() - 1
                letters.update(self._written[place])
                waiting ^= 1 << place
        if state & self._bounded:
            letters = {":", *letters}
        return sorted(letters if not alphabet else [letter for letter in letters if letter in alphabet])

    def _without_outdone(self, state: int, reached: int) -> int:
        """Take out of a state what can't change an answer any more.

        A text that gets to a `*` from further back gets there anyway; a group that one pattern matches whatever
        follows is matched.

        Args:
            state: after some letters.
            reached: the stars in it that were not there before; what the others outdo is taken out already.
        """
        while reached:
            star = 1 << reached.bit_length() - 1
            outdone, instead = self._outdone[star]
            state = state & ~outdone | instead
            reached &= ~(outdone | star)
        return state

    def is_settled(self, state: int) -> bool:
        """Say whether all that can follow comes to the same."""
        return not state & ~self._settled

    def verdict(self, state: int) -> int:
        """Return which groups match a text that ends here, as one bit for each."""
        if not state & self._ends:
            return 0
        found = state & self._finals
        for finals, one in self._several:
            if state & finals:
                found |= one
        return found


def rest_of(pattern: Pattern, reading: Reading, final: int) -> Rest | None:
    """Return what a pattern says of a text, where it says how it begins and ends; None where it says more."""
    start = pattern[0] if pattern and isinstance(pattern[0], str) else ""
    if reading is Reading.IGNORING_CASE or (reading is Reading.ARN and start.count(":") < ARN_COMPONENTS - 1):
        return None
    match pattern[1:] if start else pattern:
        case ():
            return Rest(start, None, final)
        case (Wildcard.ANY_RUN,):
            return Rest(start, "", final)
        case (Wildcard.ANY_RUN, str(end)):
            return Rest(start, end, final)
        case _:
            return None


def is_text(written: Written) -> bool:
    """Say whether a pattern matches one text and no other."""
    pattern, reading = written
    return reading is not Reading.IGNORING_CASE and not any(isinstance(part, Wildcard) for part in pattern)


def apart(patterns: Iterable[Written]) -> list[Sequence[Written]]:
    """Return each pattern as a group by itself: an automaton tells them all apart."""
    return [(one,) for one in patterns]


def _other(letters: Sequence[str], preferred: str, *, any_letter: bool) -> str | None:
    """Return a letter that stands for all that no pattern waits for."""
    for letter in preferred:
        if letter not in letters:
            return letter
    if any_letter:
        return next(chr(code) for code in range(0x3042, 0x30000) if chr(code) not in letters)
    return None


def _both_cases(letter: str) -> str:
    """Return the letters that are the same in lower case: of `ß`, whose upper case is two letters, itself alone."""
    cases = {one for one in (letter, letter.lower(), letter.upper()) if one.lower() == letter.lower()}
    return "".join(one for one in cases if len(one) == 1)


def _bits(first: int, after: int) -> int:
    return (1 << after) - (1 << first)


def _components(pattern: Pattern, reading: Reading) -> list[Pattern] | None:
    """Return what has to match between colons, or the whole; None when no text matches the pattern."""
    if reading not in _BY_COMPONENT or pattern == (Wildcard.ANY_RUN,):
        return [pattern]
    components = split_arn_pattern(pattern)
    if reading is Reading.ARN and len(components) != ARN_COMPONENTS:
        return None
    return list(components)


_BY_COMPONENT = (Reading.ARN, Reading.RESOURCE)

_FEW = 10
"""For so few steps the letters that they wait for are put together; for more, each letter is asked for."""
