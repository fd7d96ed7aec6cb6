"""The last text of a word, where all that patterns still say of it is how it begins and how it ends.

Two choices tell such texts apart: the most that one begins with, and the most that it ends with. Or it is so short
that the two overlap, and then they are all of it. So the texts that matter can be written down, and need not be looked
for letter by letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple


class Rest(NamedTuple):
    """What a text still has to be so that a pattern matches.

    Attributes:
        start: how it begins; all of it where there is no end.
        end: how it ends, with anything between; None where nothing may be between.
        final: the bit that says that the pattern matches; no two that have an end have the same.
    """

    start: str
    end: str | None
    final: int


OTHER_LETTERS = "xyzwvutsrqponmlkjihgfedcba0123456789-_XYZWVUTSRQPONMLKJIHGFEDCBA"
"""Letters to take where it matters only that no pattern has them, the preferred ones first."""

MOST_COMBINATIONS = 1_024
"""How many beginnings are put together with how many endings."""


def texts_of_every_kind(rests: Sequence[Rest], samples: Iterable[str]) -> list[str] | None:
    """Return a text for every set of patterns that some text matches, and no others: a sample where one does.

    The empty text is looked at only as a sample. The texts that patterns match come in the order of the patterns; None
    where there are too many to write down.
    """
    written = endings(rests, OTHER_LETTERS, any_letter=True)
    if written is None:
        return None
    found: dict[int, str] = {}
    for text in samples:
        found.setdefault(matching(rests, text), text)
    for bits in sorted(written, key=lambda bits: bits & -bits):
        found.setdefault(bits, written[bits])
    return list(found.values())


def endings(rests: Sequence[Rest], letters: str, *, any_letter: bool = False) -> dict[int, str] | None:
    """Return the shortest text for every set of patterns that some text matches, and no others, as bits.

    The texts have one letter at least. None where every letter stands in some pattern, or there are too many to write
    down.

    Args:
        rests: what the patterns say of the text.
        letters: those that it may have, the preferred ones first.
        any_letter: whether it may have others too.
    """
    if not any_letter:
        rests = [one for one in rests if not (set(one.start) | set(one.end or "")).difference(letters)]
    framed = [one for one in rests if one.end is not None]
    starts = {"", *[one.start for one in framed]}
    ends = {"", *[one.end for one in framed if one.end is not None]}
    used = set("".join([one.start + (one.end or "") for one in rests]))
    between = next((letter for letter in letters if letter not in used), None)
    if between is None or len(starts) * len(ends) > MOST_COMBINATIONS:
        return None
    if len(ends) == 1 and len(framed) == len(rests):
        return _beginnings(rests, starts, between)
    pairs = sorted(product(starts, ends), key=lambda pair: (len(pair[0]) + len(pair[1]), pair))
    texts = {text for start, end in pairs for text in (start + end, *_overlapping(start, end))}
    texts.update(one.start for one in rests if one.end is None)
    texts.discard("")
    found: dict[int, str] = {}
    for text in sorted(texts, key=lambda text: (len(text), text)):
        found.setdefault(matching(rests, text), text)
    begun = {start: sum([one.final for one in framed if start.startswith(one.start)]) for start in starts}
    ended = {end: sum([one.final for one in framed if end.endswith(one.end or "")]) for end in ends}
    for start, end in pairs:
        finals = begun[start] & ended[end]
        if finals not in found:
            found[finals] = start + between + end
    return found


def _beginnings(rests: Sequence[Rest], starts: Iterable[str], other: str) -> dict[int, str]:
    """Return what `endings` does where patterns say no more than how a text begins; no pattern has the other letter."""
    found: dict[int, str] = {}
    for start in sorted(filter(None, starts), key=lambda start: (len(start), start)):
        found.setdefault(matching(rests, start), start)
    found.setdefault(matching(rests, ""), other)
    return found


def _overlapping(start: str, end: str) -> Iterator[str]:
    """Yield the texts that begin with one text and end with another that has letters of it."""
    for shared in range(1, min(len(start), len(end)) + 1):
        if start.endswith(end[:shared]):
            yield start + end[shared:]


def matching(rests: Sequence[Rest], text: str) -> int:
    """Return the patterns that match a text, as bits."""
    finals = 0
    for start, end, final in rests:
        if not text.startswith(start):
            continue
        if text == start if end is None else text.endswith(end) and len(text) >= len(start) + len(end):
            finals |= final
    return finals
