"""Texts of a known make, and one example of every kind that a set of patterns can tell apart.

A user's ARN, the account in it and the user's name are three texts, but one fact: they are read here as one word on
three tracks. A shape says how such a word is made; a `Walk` goes through all words of a shape at once, joining those
that no pattern on any track tells apart, and keeps one word of each kind, so that an answer found on these words is an
answer for all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec

from sekisho.reasoning.automaton import Automaton
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.endings import OTHER_LETTERS, endings


class Fixed(msgspec.Struct, frozen=True, gc=False):
    """A piece that is the same in every word; a track that is not named reads nothing of it."""

    texts: Mapping[str, str]


class Free(msgspec.Struct, frozen=True, gc=False):
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

Kinds: TypeAlias = dict[int, tuple[str, ...]]
"""To the states that a walk can be in, the texts of the pieces that lead there."""


def explore(shape: Shape, automaton: Automaton, budget: Budget | None = None) -> list[Word]:
    """Return the words of a shape, one for each kind that the automaton tells apart.

    Args:
        shape: how the words are made.
        automaton: the patterns of the tracks; a track without patterns may be left out.
        budget: what the exploration may cost.

    Raises:
        UndecidedError: it costs more.
    """
    return Walk(automaton, budget or Budget()).words(shape)


class _Outlook(NamedTuple):
    """What can still happen after a piece.

    Attributes:
        bits: what of a state can still make a difference.
        is_last: whether nothing more comes on its tracks.
    """

    bits: int
    is_last: bool = False


class Walk:
    """An exploration: the patterns that words are read by."""

    def __init__(self, automaton: Automaton, budget: Budget) -> None:
        self._automaton = automaton
        self._budget = budget
        self._weight = 1 + automaton.size // 2048  # of one step: numbers are long
        self._onward: dict[tuple[int, str], list[tuple[str, int]]] = {}
        self._beside: dict[tuple[int, str], list[tuple[str, int]]] = {}  # as `_steps_beside` says
        self._behind: list[tuple[Slot, _Outlook, Kinds]] = []  # of the last shape: its pieces, and where each led

    def words(self, shape: Shape) -> list[Word]:
        """Return the texts of one word of each kind; shapes that begin alike are best asked for one after another.

        Raises:
            UndecidedError: it costs more than the budget.
        """
        outlooks = self._outlooks(shape)
        begun = self._begun(shape, outlooks)
        del self._behind[begun:]
        kinds: Kinds = self._behind[-1][2] if begun else {self._automaton.start: ()}
        for slot, outlook in zip(shape[begun:], outlooks[begun:], strict=True):
            if isinstance(slot, Fixed):
                kinds = self._fixed(kinds, slot, outlook.bits)
            else:
                kinds = self._free(kinds, slot, outlook)
            self._behind.append((slot, outlook, kinds))
        answers: dict[int, tuple[str, ...]] = {}
        for state, pieces in kinds.items():
            answers.setdefault(self._automaton.verdict(state), pieces)
        self._budget.spend(2 * len(answers))  # what is made of a word costs as much as the word
        return [_word(shape, pieces) for pieces in answers.values()]

    def _outlooks(self, shape: Shape) -> list[_Outlook]:
        """Return, for each piece, what of a state still matters after it: the rest waits for letters that don't come.

        After the last piece nothing comes; where text is fixed that comes next, its first letter.
        """
        automaton = self._automaton
        hopeless, later = automaton.literals, 0
        outlooks: list[_Outlook] = []
        for slot in reversed(shape):
            if isinstance(slot, Fixed):
                outlooks.append(_Outlook(~hopeless))
                for track, text in slot.texts.items():
                    if text and (bits := automaton.bits_of(track)):
                        hopeless = hopeless & ~bits | automaton.waiting_for_others(track, text[0])
                        later |= bits
            else:
                own = 0
                for track in slot.tracks:
                    own |= automaton.bits_of(track)
                outlooks.append(_Outlook(~hopeless, not own & later))
                hopeless &= ~own
                later |= own
        outlooks.reverse()
        return outlooks

    def _begun(self, shape: Shape, outlooks: Sequence[_Outlook]) -> int:
        """Return how many of the first pieces are as those of the last shape were."""
        begun = 0
        for (slot, outlook, _), one, other in zip(self._behind, shape, outlooks, strict=False):
            if outlook != other or (slot is not one and slot != one):
                break
            begun += 1
        return begun

    def _fixed(self, kinds: Kinds, slot: Fixed, outlook: int) -> Kinds:
        self._budget.spend(len(kinds) * self._weight)
        automaton = self._automaton
        readers = [(bits, text) for track, text in slot.texts.items() if (bits := automaton.bits_of(track))]
        after: Kinds = {}
        for state, pieces in kinds.items():
            for bits, text in readers:
                state = state & ~bits | automaton.read(state & bits, text)  # noqa: PLW2901 - track after track
            after.setdefault(state & outlook, (*pieces, ""))
        return after

    def _free(self, kinds: Kinds, slot: Free, outlook: _Outlook) -> Kinds:
        """Read any text that the slot allows: the samples first, then letter by letter until nothing new comes.

        Only the bits of the slot's tracks change, so that states which are alike in these go on alike.
        """
        bits = 0
        for track in slot.tracks:
            bits |= self._automaton.bits_of(track)
        samples = [sample for sample in slot.samples if sample not in slot.but]
        if not bits and samples:
            return {state: (*pieces, samples[0]) for state, pieces in kinds.items()}
        done = self._by_samples(kinds, samples, bits, outlook.bits)
        if slot.closed:
            return done
        known: dict[int, dict[int, str]] = {}
        for state, pieces in kinds.items():
            part = state & bits
            if samples and self._automaton.is_settled(part):  # one text is as good as another
                continue
            if part not in known:
                written = self._written_down(part, slot) if outlook.is_last else None
                known[part] = self._reached(part, slot, outlook) if written is None else written
            reached = known[part]
            self._budget.spend(len(reached) * self._weight // 2)
            for after, text in reached.items():
                whole = (state & ~bits | after) & outlook.bits
                if whole not in done:
                    allowed = text if text not in slot.but else self._other_than(part, after, slot)
                    if allowed is not None:
                        done[whole] = (*pieces, allowed)
        return done

    def _by_samples(self, kinds: Kinds, samples: Sequence[str], bits: int, outlook: int) -> Kinds:
        self._budget.spend(len(kinds) * len(samples) * self._weight)
        read = self._automaton.read
        done: Kinds = {}
        for state, pieces in kinds.items():
            for sample in samples:
                after = (state & ~bits | read(state & bits, sample)) & outlook
                if after not in done:
                    done[after] = (*pieces, sample)
        return done

    def _written_down(self, start: int, slot: Free) -> dict[int, str] | None:
        """Return what `_reached` does, of the last text of its tracks, where that can be written down."""
        if slot.most is not None or slot.least != 1 or slot.but:
            return None
        rests = self._automaton.rests(start)
        if rests is None:
            return None
        self._budget.spend(len(rests) * self._weight + len(rests) ** 2 // _COMPARISONS_IN_A_STEP)
        return endings(rests, slot.alphabet or OTHER_LETTERS, any_letter=not slot.alphabet)

    def _reached(self, start: int, slot: Free, outlook: _Outlook) -> dict[int, str]:
        """Return the states that texts of a slot lead to and that matter after it, each with the first text that does.

        Where the length is free, a text that has to be whole to bring anything is read in one go. Of the last text it
        is enough to have every answer that there can be, each once.
        """
        automaton = self._automaton
        found: dict[int, str] = {}
        answers: dict[int, int] = {}  # of the last text: to each the first state that gives it
        answers_matter = outlook.is_last and not slot.but
        most_answers = automaton.most_answers(start) if answers_matter else 0
        gone_on = set[int]()
        level = {start: ""}
        length = 0
        while level:
            if length >= slot.least:
                found |= level
                if answers_matter:
                    for state in level:
                        answers.setdefault(automaton.verdict(state), state)
                    if len(answers) == most_answers:
                        break
            if length == slot.most:
                break
            level = self._further(level, found, slot, outlook, gone_on if length + 1 >= slot.least else None)
            length += 1
        return {state: found[state] for state in answers.values()} if answers_matter else found

    def _further(
        self, level: dict[int, str], found: dict[int, str], slot: Free, outlook: _Outlook, gone_on: set[int] | None
    ) -> dict[int, str]:
        """Return the states that one more letter leads to and that are not found yet, each with the first text.

        Args:
            level: the states before that letter, each with its text.
            found: the states that are found.
            slot: the piece that is read.
            outlook: what can still happen after it.
            gone_on: the states of nothing but what stays from which all that comes is found, to be added to; None
                where what comes is not kept yet.
        """
        automaton, alphabet = self._automaton, slot.alphabet
        further: dict[int, str] = {}
        for state, text in level.items():
            staying = automaton.staying(state)
            if gone_on and staying in gone_on:
                steps = self._steps_beside(staying, state, alphabet)
            else:
                steps = self._steps(state, alphabet)
                if gone_on is not None and staying == state:
                    gone_on.add(state)
            if not staying and slot.most is None and (run := automaton.run(state, alphabet, outlook.bits)):
                steps = [(run, automaton.read(state, run)), *steps[1:]]
            for letter, after in steps:
                if after not in further and after not in found:
                    further[after] = text + letter
        return further

    def _steps(self, state: int, alphabet: str) -> list[tuple[str, int]]:
        """Return where one more letter leads; what was asked before costs one step."""
        known = self._onward.get((state, alphabet))
        if known is not None:
            self._budget.spend(1)
            return known
        steps = self._onward[state, alphabet] = self._automaton.onward(state, alphabet)
        beside = self._beside.get((state, alphabet))
        paid = 0 if beside is None else 1 + len(beside)
        self._budget.spend(max(1, (len(steps) - paid) * self._weight))
        return steps

    def _steps_beside(self, staying: int, state: int, alphabet: str) -> list[tuple[str, int]]:
        """Return the same without letters that lead where what stays of the state leads alone, or with all, if known.

        All that are left out cost one step.
        """
        known = self._onward.get((state, alphabet)) or self._beside.get((state, alphabet))
        if known is not None:
            self._budget.spend(1)
            return known
        steps = self._beside[state, alphabet] = self._automaton.onward_beside(staying, state, alphabet)
        self._budget.spend((1 + len(steps)) * self._weight + (state ^ staying).bit_count() // 8)
        return steps

    def _other_than(self, start: int, goal: int, slot: Free) -> str | None:
        """Return a text that leads from one state to another and is none of those that the slot may not be."""
        texts = self._texts(start, goal, slot, length=0, hopeless=set())
        return next((text for text in texts if text not in slot.but), None)

    def _texts(
        self, state: int, goal: int, slot: Free, *, length: int, hopeless: set[tuple[int, int]]
    ) -> Iterator[str]:
        """Yield every text of the slot's greatest length that leads from one state to another."""
        if length == slot.most:
            if state == goal:
                yield ""
            return
        if (length, state) in hopeless:
            return
        steps = self._steps(state, slot.alphabet)
        waited_for = {letter for letter, _ in steps}
        others = [letter for letter in slot.alphabet if letter not in waited_for]
        any_found = False
        for letter, after in steps:
            alike = [letter, *others] if letter is steps[-1][0] else [letter]
            for rest in self._texts(after, goal, slot, length=length + 1, hopeless=hopeless):
                any_found = True
                yield from (one + rest for one in alike)
        if not any_found:
            hopeless.add((length, state))


_COMPARISONS_IN_A_STEP = 64
"""How many times a text is held against a pattern for a step."""


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
