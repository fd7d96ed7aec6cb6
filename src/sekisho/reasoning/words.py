"""Texts of a known make, and one example of every kind that a set of patterns can tell apart.

A user's ARN, the account in it and the user's name are three texts, but one fact: they are read here as one word on
three tracks. A shape says how such a word is made; `explore` walks all words of the shape at once, joining those that
no pattern on any track tells apart, and returns one word of each kind, so that an answer found on these words is an
answer for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import add
from typing import TypeAlias

from sekisho.reasoning.automaton import Automaton
from sekisho.reasoning.errors import UndecidedError

MAX_STEPS = 3_000_000
"""How many words an exploration makes a piece longer before the reasoner gives up: some seconds."""


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
    """

    tracks: tuple[str, ...]
    alphabet: str = ""
    least: int = 1
    most: int | None = None
    samples: tuple[str, ...] = ()


Slot: TypeAlias = Fixed | Free
Shape: TypeAlias = tuple[Slot, ...]
Word: TypeAlias = Mapping[str, str]
"""The text of each track."""

_States: TypeAlias = tuple[int, ...]
_Texts: TypeAlias = tuple[str, ...]
_Kinds: TypeAlias = dict[_States, list[_Texts]]


def explore(shape: Shape, automata: Mapping[str, Automaton], *, keep: int = 1) -> list[list[Word]]:
    """Return the words of a shape, one list for each kind that the automata tell apart.

    Args:
        shape: how the words are made.
        automata: the patterns of each track; a track without patterns may be left out.
        keep: how many words of a kind to return where there are as many, for callers who can't use every word.

    Raises:
        UndecidedError: more than `MAX_STEPS` steps.
    """
    walk = _Walk(shape, automata, keep)
    kinds: _Kinds = {walk.start: [("",) * len(walk.tracks)]}
    for slot in shape:
        kinds = walk.fixed(kinds, slot.texts) if isinstance(slot, Fixed) else walk.free(kinds, slot)
    answers: dict[_States, list[_Texts]] = {}
    for states, words in kinds.items():
        _add(answers, walk.verdict(states), words, keep)
    return [[dict(zip(walk.tracks, word, strict=True)) for word in words] for words in answers.values()]


def _add(kinds: _Kinds, states: _States, words: Iterable[_Texts], keep: int) -> None:
    known = kinds.setdefault(states, [])
    for word in words:
        if len(known) >= keep:
            return
        if word not in known:
            known.append(word)


class _Walk:
    """One exploration: what each track reads, and how many steps it has taken."""

    def __init__(self, shape: Shape, automata: Mapping[str, Automaton], keep: int) -> None:
        self.tracks = tuple(dict.fromkeys(track for slot in shape for track in _tracks(slot)))
        self.automata = tuple(automata.get(track) or Automaton(()) for track in self.tracks)
        self.start = tuple(automaton.start for automaton in self.automata)
        self.keep = keep
        self.steps = 0

    def verdict(self, states: _States) -> _States:
        return tuple(automaton.verdict(state) for automaton, state in zip(self.automata, states, strict=True))

    def fixed(self, kinds: _Kinds, texts: Mapping[str, str]) -> _Kinds:
        """Read the same piece after every kind; each track reads its own text."""
        self.steps += sum(map(len, kinds.values()))
        if self.steps > MAX_STEPS:
            raise UndecidedError(f"telling its values apart takes more than {MAX_STEPS:,} steps")
        pieces = [texts.get(track, "") for track in self.tracks]
        readers = list(zip(self.automata, pieces, strict=True))
        after: _Kinds = {}
        for states, words in kinds.items():
            further = tuple(
                automaton.read(state, piece) if piece else state
                for (automaton, piece), state in zip(readers, states, strict=True)
            )
            if len(after.get(further, ())) < self.keep:
                longer = (tuple(map(add, word, pieces)) for word in words)
                _add(after, further, longer, self.keep)
        return after

    def free(self, kinds: _Kinds, slot: Free) -> _Kinds:
        """Read any text that the slot allows: the samples first, then letter by letter until nothing new comes."""
        done: _Kinds = {}
        for sample in slot.samples:
            for states, words in self.fixed(kinds, dict.fromkeys(slot.tracks, sample)).items():
                _add(done, states, words, self.keep)
        letters = [dict.fromkeys(slot.tracks, letter) for letter in self._letters(slot)]
        level, seen = kinds, set[_States]()
        length = 0
        while level:
            if length >= slot.least:
                level = {states: words for states, words in level.items() if states not in seen}
                seen |= level.keys()
                for states, words in level.items():
                    _add(done, states, words, self.keep)
            if length == slot.most:
                break
            further: _Kinds = {}
            for letter in letters:
                for states, words in self.fixed(level, letter).items():
                    _add(further, states, words, self.keep)
            level, length = further, length + 1
        return done

    def _letters(self, slot: Free) -> Iterator[str]:
        """The letters that some pattern knows, and one that stands for all others."""
        known = frozenset[str]().union(
            *(a.letters for a, track in zip(self.automata, self.tracks, strict=True) if track in slot.tracks)
        )
        alphabet = slot.alphabet
        if self.keep > 1 and slot.most is not None:  # several words of a kind are wanted, and they are few
            yield from alphabet
            return
        yield from sorted(known & frozenset(alphabet) if alphabet else known)
        others = alphabet or "xyzwvutsrqponmlkjihgfedcba0123456789-_XYZWVUTSRQPONMLKJIHGFEDCBA"
        other = next((letter for letter in reversed(others) if letter not in known), None)
        if alphabet == "" and other is None:
            other = next(chr(code) for code in range(0x3042, 0x30000) if chr(code) not in known)
        if other is not None:
            yield other


def _tracks(slot: Slot) -> Iterable[str]:
    return slot.texts if isinstance(slot, Fixed) else slot.tracks
