"""Texts of a known make, and one example of every kind that a set of patterns can tell apart.

A user's ARN, the account in it and the user's name are three texts, but one fact: they are read here as one word on
three tracks. A shape says how such a word is made; `explore` walks all words of the shape at once, joining those that
no pattern on any track tells apart, and returns one word of each kind, so that an answer found on these words is an
answer for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sekisho.reasoning.automaton import Automaton
from sekisho.reasoning.errors import UndecidedError

MAX_KINDS = 20_000
"""How many kinds of words are kept apart at one letter before the reasoner gives up."""


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
        UndecidedError: more than `MAX_KINDS` kinds.
    """
    walk = _Walk(shape, automata, keep)
    kinds: _Kinds = {walk.start: [("",) * len(walk.tracks)]}
    for slot in shape:
        kinds = walk.fixed(kinds, slot) if isinstance(slot, Fixed) else walk.free(kinds, slot)
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
    def __init__(self, shape: Shape, automata: Mapping[str, Automaton], keep: int) -> None:
        self.tracks = tuple(dict.fromkeys(track for slot in shape for track in _tracks(slot)))
        self.automata = tuple(automata.get(track) or Automaton(()) for track in self.tracks)
        self.start = tuple(automaton.start for automaton in self.automata)
        self.keep = keep

    def verdict(self, states: _States) -> _States:
        return tuple(automaton.verdict(state) for automaton, state in zip(self.automata, states, strict=True))

    def read(self, states: _States, texts: Mapping[str, str]) -> _States:
        return tuple(
            automaton.read(state, texts.get(track, ""))
            for automaton, state, track in zip(self.automata, states, self.tracks, strict=True)
        )

    def append(self, words: Iterable[_Texts], texts: Mapping[str, str]) -> list[_Texts]:
        return [
            tuple(piece + texts.get(track, "") for piece, track in zip(word, self.tracks, strict=True))
            for word in words
        ]

    def fixed(self, kinds: _Kinds, slot: Fixed) -> _Kinds:
        after: _Kinds = {}
        for states, words in kinds.items():
            _add(after, self.read(states, slot.texts), self.append(words, slot.texts), self.keep)
        return after

    def free(self, kinds: _Kinds, slot: Free) -> _Kinds:
        """Read any text that the slot allows: the samples first, then letter by letter until nothing new comes."""
        done: _Kinds = {}
        for sample in slot.samples:
            for states, words in self.fixed(kinds, Fixed(dict.fromkeys(slot.tracks, sample))).items():
                _add(done, states, words, self.keep)
        letters = list(self._letters(slot))
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
                for states, words in self.fixed(level, Fixed(dict.fromkeys(slot.tracks, letter))).items():
                    _add(further, states, words, self.keep)
            level, length = further, length + 1
            if len(level) + len(done) > MAX_KINDS:
                raise UndecidedError(f"its patterns tell more than {MAX_KINDS:,} kinds of values apart")
        return done

    def _letters(self, slot: Free) -> Iterator[str]:
        """The letters that some pattern knows, and one that stands for all others."""
        known = frozenset[str]().union(
            *(a.letters for a, track in zip(self.automata, self.tracks, strict=True) if track in slot.tracks)
        )
        alphabet = slot.alphabet
        yield from sorted(known & frozenset(alphabet) if alphabet else known)
        others = alphabet or "xyzwvutsrqponmlkjihgfedcba0123456789-_XYZWVUTSRQPONMLKJIHGFEDCBA"
        other = next((letter for letter in reversed(others) if letter not in known), None)
        if alphabet == "" and other is None:
            other = next(chr(code) for code in range(0x3042, 0x30000) if chr(code) not in known)
        if other is not None:
            yield other


def _tracks(slot: Slot) -> Iterable[str]:
    return slot.texts if isinstance(slot, Fixed) else slot.tracks
