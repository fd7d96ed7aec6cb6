"""Texts of a known make, and one example of every kind that a set of patterns can tell apart.

A user's ARN, the account in it and the user's name are three texts, but one fact: they are read here as one word on
three tracks. A shape says how such a word is made; a `Walk` goes through all words of a shape at once, joining those
that no pattern on any track tells apart, and keeps one word of each kind, so that an answer found on these words is an
answer for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sekisho.reasoning.automaton import Automaton
from sekisho.reasoning.budget import Budget


@dataclass(frozen=True, slots=True)
class Fixed:
    """A piece that is the same in every word; a track that is not named reads nothing of it."""

    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Free:
    """A piece that may be any text over an alphabet, the same on each of its tracks.

    Attributes:
        alphabet: the letters allowed; empty allows every letter.
        least: how many letters at least.
        most: how many at most; None for any number.
        samples: texts to prefer, for a reader's sake, where a kind has one of them.
        but: texts that the piece may not be; for pieces of one length only.
        closed: whether the samples are all that the piece may be.
    """

    tracks: tuple[str, ...]
    alphabet: str = ""
    least: int = 1
    most: int | None = None
    samples: tuple[str, ...] = ()
    but: frozenset[str] = frozenset()
    closed: bool = False


Slot: TypeAlias = Fixed | Free
Shape: TypeAlias = tuple[Slot, ...]
Word: TypeAlias = Mapping[str, str]
"""The text of each track."""

States: TypeAlias = tuple[int, ...]
Kinds: TypeAlias = dict[States, tuple[str, ...]]
"""To the states that a walk can be in, the texts of the pieces that lead there."""

_OTHERS = "xyzwvutsrqponmlkjihgfedcba0123456789-_XYZWVUTSRQPONMLKJIHGFEDCBA"


def explore(shape: Shape, automata: Mapping[str, Automaton], budget: Budget | None = None) -> list[Word]:
    """Return the words of a shape, one for each kind that the automata tell apart.

    Args:
        shape: how the words are made.
        automata: the patterns of each track; a track without patterns may be left out.
        budget: what the exploration may cost.

    Raises:
        UndecidedError: it costs more.
    """
    walk = Walk(automata, budget or Budget())
    return walk.words(shape, walk.through(walk.start, shape))


class Walk:
    """An exploration: the patterns that each track is read by."""

    def __init__(self, automata: Mapping[str, Automaton], budget: Budget) -> None:
        self._places = {track: place for place, track in enumerate(automata)}
        self._automata = tuple(automata.values())
        self._budget = budget
        self._weight = 1 + sum(automaton.size for automaton in self._automata) // 2048  # of one step: numbers are long
        self.start: Kinds = {tuple(automaton.start for automaton in self._automata): ()}

    def through(self, kinds: Kinds, slots: Iterable[Slot]) -> Kinds:
        """Read the pieces one after the other, in every way that makes a difference."""
        for slot in slots:
            kinds = self._fixed(kinds, slot) if isinstance(slot, Fixed) else self._free(kinds, slot)
        return kinds

    def words(self, shape: Sequence[Slot], kinds: Kinds) -> list[Word]:
        """Return the texts of one word of each kind, once the whole shape is read."""
        answers: dict[States, tuple[str, ...]] = {}
        for states, pieces in kinds.items():
            verdict = tuple([one.verdict(state) for one, state in zip(self._automata, states, strict=True)])
            answers.setdefault(verdict, pieces)
        return [_word(shape, pieces) for pieces in answers.values()]

    def _fixed(self, kinds: Kinds, slot: Fixed) -> Kinds:
        self._budget.spend(len(kinds) * self._weight)
        readers = [(self._places[track], text) for track, text in slot.texts.items() if track in self._places]
        after: Kinds = {}
        for states, pieces in kinds.items():
            for place, text in readers:
                states = self._moved(states, place, text)  # noqa: PLW2901 - track after track
            after.setdefault(states, (*pieces, ""))
        return after

    def _moved(self, states: States, place: int, text: str) -> States:
        return (*states[:place], self._automata[place].read(states[place], text), *states[place + 1 :])

    def _free(self, kinds: Kinds, slot: Free) -> Kinds:
        """Read any text that the slot allows: the samples first, then letter by letter until nothing new comes."""
        places = [self._places[track] for track in slot.tracks if track in self._places]
        samples = [sample for sample in slot.samples if sample not in slot.but]
        done: Kinds = {}
        for states, pieces in kinds.items():
            for sample in samples:
                done.setdefault(self._read(states, places, sample), (*pieces, sample))
        if slot.closed:
            return done
        if samples:  # where no pattern waits for anything, one text is as good as another
            kinds = {states: pieces for states, pieces in kinds.items() if any(states[place] for place in places)}
        alphabet = frozenset(slot.alphabet)
        level = {states: (pieces, "") for states, pieces in kinds.items()}
        seen: set[States] = set()
        length = 0
        while level:
            if length >= slot.least:
                level = {states: word for states, word in level.items() if states not in seen}
                seen.update(level)
                for states, (pieces, text) in level.items():
                    done.setdefault(states, (*pieces, text))
            if length == slot.most:
                break
            level = self._longer(level, places, alphabet, slot.alphabet or _OTHERS)
            length += 1
        if slot.but:
            self._leave_out(kinds, slot, places, done)
        return done

    def _longer(
        self,
        level: Mapping[States, tuple[tuple[str, ...], str]],
        places: Sequence[int],
        alphabet: frozenset[str],
        preferred: str,
    ) -> dict[States, tuple[tuple[str, ...], str]]:
        """Read one more letter: each that a pattern waits for, and one that stands for all others."""
        further: dict[States, tuple[tuple[str, ...], str]] = {}
        for states, (pieces, text) in level.items():
            letters = {letter for place in places for letter in self._automata[place].letters(states[place])}
            if alphabet:
                letters &= alphabet
            steps = sorted(letters)
            other = _other(letters, preferred, any_letter=not alphabet)
            if other is not None:
                steps.append(other)
            self._budget.spend(len(steps) * self._weight)
            for letter in steps:
                further.setdefault(self._read(states, places, letter), (pieces, text + letter))
        return further

    def _read(self, states: States, places: Sequence[int], text: str) -> States:
        if len(states) == 1:
            return (self._automata[0].read(states[0], text),) if places else states
        after = list(states)
        for place in places:
            after[place] = self._automata[place].read(states[place], text)
        return tuple(after)

    def _leave_out(self, before: Kinds, slot: Free, places: Sequence[int], done: Kinds) -> None:
        """Where a kind's text is one that may not be, look for another of the same kind; drop the kind without any."""
        for states in [states for states, pieces in done.items() if pieces[-1] in slot.but]:
            del done[states]
            for start, earlier in before.items():
                texts = self._texts(start, states, (slot, places), length=0, hopeless={})
                found = next((text for text in texts if text not in slot.but), None)
                if found is not None:
                    done[states] = (*earlier, found)
                    break

    def _texts(
        self,
        states: States,
        goal: States,
        reading: tuple[Free, Sequence[int]],
        *,
        length: int,
        hopeless: dict[tuple[int, States], bool],
    ) -> Iterator[str]:
        """Yield every text of the slot's greatest length that leads from some states to others."""
        slot, places = reading
        if length == slot.most:
            if states == goal:
                yield ""
            return
        if hopeless.get((length, states)):
            return
        waiting = {letter for place in places for letter in self._automata[place].letters(states[place])}
        others = [letter for letter in slot.alphabet if letter not in waiting]
        any_found = False
        for alike in (*([letter] for letter in slot.alphabet if letter in waiting), others):
            if not alike:
                continue
            self._budget.spend(self._weight)
            after = self._read(states, places, alike[0])
            for rest in self._texts(after, goal, reading, length=length + 1, hopeless=hopeless):
                any_found = True
                yield from (letter + rest for letter in alike)
        hopeless[length, states] = not any_found


def _other(letters: set[str], preferred: str, *, any_letter: bool) -> str | None:
    """Return a letter that stands for all that no pattern waits for."""
    for letter in preferred:
        if letter not in letters:
            return letter
    if any_letter:
        return next(chr(code) for code in range(0x3042, 0x30000) if chr(code) not in letters)
    return None


def _word(shape: Sequence[Slot], pieces: Sequence[str]) -> Word:
    texts: dict[str, str] = {}
    for slot, piece in zip(shape, pieces, strict=True):
        if isinstance(slot, Fixed):
            for track, text in slot.texts.items():
                texts[track] = texts.get(track, "") + text
        else:
            for track in slot.tracks:
                texts[track] = texts.get(track, "") + piece
    return texts
