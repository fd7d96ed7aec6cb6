"""Texts that are partly known: what a pattern, which may have such texts in it too, says of them.

A text is known up to some unknowns: `arn:aws:iam::444455556666:user/` and then a name. Patterns without unknowns are
read over the known pieces here, so that a solver is asked only whether one unknown lies in one regular language. Where
pattern and text both have unknowns, the comparison is written with the solver's own operations on texts, without
quantifiers: a piece between two `*` is taken where it first occurs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from oracle.formulas import FALSE, TRUE, Formula, between, conj, disj, either, text
from oracle.globs import (
    ANY_RUN,
    COLONS_OF_AN_ARN,
    RUN_IN_PART,
    RUNS,
    Reading,
    State,
    Steps,
    after,
    arn_steps,
    closed,
    expression,
    folded_steps,
    plain_steps,
    resource_steps,
    start,
    without_followers,
)
from sekisho.policy.patterns import Wildcard


class UnsupportedError(Exception):
    """The oracle has no exact formula for this; it says so instead of a verdict."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that the solver chooses.

    Attributes:
        name: of the solver's constant.
        alphabet: the letters it may have; empty for all.
    """

    name: str
    alphabet: str = ""


Piece: TypeAlias = str | Unknown
Pieces: TypeAlias = tuple[Piece, ...]
SymbolicPattern: TypeAlias = tuple[str | Wildcard | Unknown, ...]


def matching(pattern: SymbolicPattern, reading: Reading, value: Pieces) -> Formula:
    """Say when a pattern matches a text.

    Raises:
        UnsupportedError: both have unknowns, in a way that takes a quantifier to say.
    """
    known = tuple(part for part in pattern if not isinstance(part, Unknown))
    if len(known) < len(pattern):
        return _matching_with_unknowns(_merged(pattern), reading, _merged_pieces(value))
    steps = _laid_out(_joined(known), reading)
    return FALSE if steps is None else member(steps, value)


@lru_cache(maxsize=16384)
def _laid_out(pattern: tuple[str | Wildcard, ...], reading: Reading) -> Steps | None:
    match reading:
        case Reading.PLAIN:
            return plain_steps(pattern)
        case Reading.FOLDED:
            return folded_steps("".join(map(str, pattern)))
        case Reading.ARN:
            return arn_steps(pattern)
        case Reading.RESOURCE:
            return resource_steps(pattern)


def _joined(pattern: tuple[str | Wildcard, ...]) -> tuple[str | Wildcard, ...]:
    found: list[str | Wildcard] = []
    for part in pattern:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)


@lru_cache(maxsize=65536)
def member(steps: Steps, value: Pieces) -> Formula:
    """Say when the steps describe a text: a disjunction over the places where the pattern can be between two pieces."""
    return _member(steps, start(steps), value)


def _member(steps: Steps, state: State, value: Pieces) -> Formula:
    if not state:
        return FALSE
    if not value:
        return TRUE if len(steps) in state else FALSE
    first, *rest = value
    if isinstance(first, str):
        return _member(steps, after(steps, state, first), tuple(rest))
    by_rest: dict[Formula, list[Steps]] = {}
    for begin in without_followers(steps, state):
        for end, read in _readings(steps, begin) if rest else [(len(steps), steps[begin:])]:
            following = _member(steps, closed(steps, frozenset({end})), tuple(rest))
            if following != FALSE and _spellable(read, first):
                by_rest.setdefault(following, []).append(read)
    return disj(conj((_in_language(first, reads), following)) for following, reads in by_rest.items())


def _readings(steps: Steps, begin: int) -> Iterator[tuple[int, Steps]]:
    """Yield each place where the pattern can be after an unknown, with the steps that the unknown has then taken."""
    for end in range(begin, len(steps) + 1):
        if end > begin and steps[end - 1] in RUNS:
            continue  # the run itself is such a place already
        taken = end + 1 if end < len(steps) and steps[end] in RUNS else end
        yield end, steps[begin:taken]


def _spellable(read: Steps, unknown: Unknown) -> bool:
    return not unknown.alphabet or all(
        len(step) > 2 or any(one in unknown.alphabet for one in {step[-1], step[-1].upper()}) for step in read
    )


def _in_language(unknown: Unknown, reads: list[Steps]) -> Formula:
    if (ANY_RUN,) in reads or ((RUN_IN_PART,) in reads and unknown.alphabet and ":" not in unknown.alphabet):
        return TRUE
    if all(len(step) == 1 for read in reads for step in read):
        return disj(f"(= {unknown.name} {text(''.join(read))})" for read in dict.fromkeys(reads))
    return f"(str.in_re {unknown.name} {either(map(expression, reads))})"


# Patterns with unknowns.


def _matching_with_unknowns(pattern: SymbolicPattern, reading: Reading, value: Pieces) -> Formula:
    if reading is Reading.FOLDED:
        return _equal_when_small(pattern, value)
    if reading is Reading.PLAIN:
        return _like(pattern, value)
    parts, values = _parts(pattern), _value_parts(value)
    if reading is Reading.ARN and len(parts) != COLONS_OF_AN_ARN + 1:
        return FALSE
    if len(values) < len(parts):
        # The text's colons are not all known: an unknown that can have some stands before the last part.
        if any(isinstance(one, Unknown) and not _lacks_colons(one) for one in value):
            raise UnsupportedError("an ARN pattern with a variable, on a text whose parts are not known")
        return FALSE
    last = len(parts) - 1
    if any(isinstance(one, Unknown) and not _lacks_colons(one) for each in values[:last] for one in each):
        raise UnsupportedError("an ARN pattern with a variable, on a text whose parts are not known")
    tail: Pieces = tuple(one for place, each in enumerate(values[last:]) for one in ((":", *each) if place else each))
    checks = [_like(part, each) for part, each in zip(parts[:last], values, strict=False)]
    return conj((*checks, _like(parts[last], tail)))


def _lacks_colons(unknown: Unknown) -> bool:
    return bool(unknown.alphabet) and ":" not in unknown.alphabet


def _parts(pattern: SymbolicPattern) -> list[SymbolicPattern]:
    """Split a pattern at its first five colons; unknowns before the last of them have to be without colons."""
    found: list[list[str | Wildcard | Unknown]] = [[]]
    for part in pattern:
        if not isinstance(part, str):
            found[-1].append(part)
            continue
        for place, piece in enumerate(part.split(":", COLONS_OF_AN_ARN + 1 - len(found))):
            if place:
                found.append([])
            if piece:
                found[-1].append(piece)
    if any(isinstance(one, Unknown) and not _lacks_colons(one) for part in found[:COLONS_OF_AN_ARN] for one in part):
        raise UnsupportedError("an ARN pattern with a variable that may have colons of its own")
    return [tuple(part) for part in found]


def _value_parts(value: Pieces) -> list[Pieces]:
    """Split a text at the colons of its known pieces, at most five."""
    found: list[list[Piece]] = [[]]
    for piece in value:
        if isinstance(piece, Unknown):
            found[-1].append(piece)
            continue
        for place, one in enumerate(piece.split(":", COLONS_OF_AN_ARN + 1 - len(found))):
            if place:
                found.append([])
            if one:
                found[-1].append(one)
    return [tuple(part) for part in found]


def _equal_when_small(pattern: SymbolicPattern, value: Pieces) -> Formula:
    """Compare without regard to case, for unknowns without capitals; whoever asks sees to it that they have none."""
    return _like(
        tuple(one.lower() if isinstance(one, str) else one for one in pattern),
        tuple(one.lower() if isinstance(one, str) else one for one in value),
    )


def _like(pattern: SymbolicPattern, value: Pieces) -> Formula:
    """Compare letter by letter; wildcards take every letter."""
    pattern, value = _without_common_ends(pattern, value)
    if not any(isinstance(one, Unknown) for one in pattern):
        known = _joined(tuple(one for one in pattern if not isinstance(one, Unknown)))
        return member(plain_steps(known), value)
    if not any(isinstance(one, Unknown) for one in value):
        return _fit("".join(map(str, value)), pattern)
    pieces = _between_runs(pattern)
    whole = _concatenated(value)
    if len(pieces) == 1:
        return _equal(pieces[0], value, whole)
    return _pieces_in_order(pieces, whole)


def _without_common_ends(pattern: SymbolicPattern, value: Pieces) -> tuple[SymbolicPattern, Pieces]:
    left, right = list(_merged(pattern)), list(_merged_pieces(value))
    while left and right:
        one, two = left[0], right[0]
        if isinstance(one, str) and isinstance(two, str):
            size = len(_common_start(one, two))
            if not size:
                break
            left[:1] = [one[size:]] if one[size:] else []
            right[:1] = [two[size:]] if two[size:] else []
        elif isinstance(one, Unknown) and one == two:
            del left[0], right[0]
        else:
            break
    return tuple(left), tuple(right)


def _common_start(one: str, two: str) -> str:
    size = 0
    while size < min(len(one), len(two)) and one[size] == two[size]:
        size += 1
    return one[:size]


def _merged(pattern: SymbolicPattern) -> SymbolicPattern:
    found: list[str | Wildcard | Unknown] = []
    for part in pattern:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)


def _merged_pieces(value: Pieces) -> Pieces:
    found: list[Piece] = []
    for piece in value:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)


def _fit(value: str, pattern: SymbolicPattern) -> Formula:
    """Compare a pattern with a text that is all known: each unknown is one of the text's parts."""
    if not pattern:
        return FALSE if value else TRUE
    first, rest = pattern[0], pattern[1:]
    if isinstance(first, str):
        return _fit(value[len(first) :], rest) if value.startswith(first) else FALSE
    if first is Wildcard.ANY_ONE:
        return _fit(value[1:], rest) if value else FALSE
    ends = range(len(value) + 1) if rest else [len(value)]
    if first is Wildcard.ANY_RUN:
        return disj(_fit(value[end:], rest) for end in ends)
    if not isinstance(first, Unknown):
        raise TypeError(first)
    return disj(
        conj((f"(= {first.name} {text(value[:end])})", _fit(value[end:], rest)))
        for end in ends
        if not first.alphabet or set(value[:end]) <= set(first.alphabet)
    )


def _between_runs(pattern: SymbolicPattern) -> list[SymbolicPattern]:
    found: list[list[str | Wildcard | Unknown]] = [[]]
    for part in pattern:
        if part is Wildcard.ANY_RUN:
            found.append([])
        else:
            found[-1].append(part)
    return [tuple(piece) for piece in found]


def _concatenated(parts: SymbolicPattern | Pieces) -> str:
    terms = [text(one) if isinstance(one, str) else str(getattr(one, "name", "")) for one in parts]
    return terms[0] if len(terms) == 1 else f"(str.++ {' '.join(terms)})" if terms else '""'


def _length(parts: SymbolicPattern) -> str:
    fixed = sum(len(one) if isinstance(one, str) else isinstance(one, Wildcard) for one in parts)
    unknown = [f"(str.len {one.name})" for one in parts if isinstance(one, Unknown)]
    return f"(+ {fixed} {' '.join(unknown)})" if unknown else str(fixed)


def _equal(piece: SymbolicPattern, value: Pieces, whole: str) -> Formula:
    if Wildcard.ANY_ONE not in piece:
        if len(piece) == len(value) == 1:
            return f"(= {_concatenated(piece)} {whole})"
        return f"(= {whole} {_concatenated(piece)})"
    return conj((f"(= (str.len {whole}) {_length(piece)})", _stands_at(piece, whole, "0")))


def _stands_at(piece: SymbolicPattern, whole: str, offset: str) -> Formula:
    """Say that a piece stands at an offset of a text that is long enough."""
    checks: list[Formula] = []
    gathered: list[str | Wildcard | Unknown] = []
    before: tuple[str | Wildcard | Unknown, ...] = ()
    for part in (*piece, Wildcard.ANY_ONE):
        if part is not Wildcard.ANY_ONE:
            gathered.append(part)
            continue
        if gathered:
            chunk = tuple(gathered)
            at = f"(+ {offset} {_length(before)})"
            checks.append(f"(= (str.substr {whole} {at} {_length(chunk)}) {_concatenated(chunk)})")
        before = (*before, *gathered, Wildcard.ANY_ONE)
        gathered = []
    return conj(checks)


def _pieces_in_order(pieces: list[SymbolicPattern], whole: str) -> Formula:
    """Say that the first piece begins a text, the last ends it, and the others stand between, one after the other."""
    first, *middle, last = pieces
    checks = [_begins(first, whole)]
    at = _length(first)
    for piece in middle:
        if not piece:
            continue
        if Wildcard.ANY_ONE in piece:
            raise UnsupportedError("a variable beside `?`, between two `*`")
        place = f"(str.indexof {whole} {_concatenated(piece)} {at})"
        checks.append(f"(>= {place} 0)")
        at = f"(+ {place} {_length(piece)})"
    left = f"(- (str.len {whole}) {_length(last)})"
    checks.append(f"(>= {left} {at})")
    if Wildcard.ANY_ONE in last:
        checks.append(_stands_at(last, whole, left))
    elif last:
        checks.append(f"(str.suffixof {_concatenated(last)} {whole})")
    return conj(checks)


def _begins(piece: SymbolicPattern, whole: str) -> Formula:
    if not piece:
        return TRUE
    if Wildcard.ANY_ONE in piece:
        return conj((f"(>= (str.len {whole}) {_length(piece)})", _stands_at(piece, whole, "0")))
    return f"(str.prefixof {_concatenated(piece)} {whole})"


def octets(steps: Steps, names: tuple[str, ...]) -> Formula:
    """Say when the steps describe a dotted address, in terms of its four numbers."""
    ends = (*["."] * (len(names) - 1), "")
    known: dict[tuple[int, State], Formula] = {}

    def read(place: int, state: State) -> Formula:
        if place == len(names):
            return TRUE if len(steps) in state else FALSE
        if (place, state) not in known:
            runs: dict[State, list[tuple[int, int]]] = {}
            for value in range(256):
                ranges = runs.setdefault(after(steps, state, f"{value}{ends[place]}"), [])
                if ranges and ranges[-1][1] == value - 1:
                    ranges[-1] = ranges[-1][0], value
                else:
                    ranges.append((value, value))
            known[place, state] = disj(
                conj((_within(names[place], ranges), read(place + 1, following)))
                for following, ranges in runs.items()
                if following
            )
        return known[place, state]

    return read(0, start(steps))


def _within(name: str, ranges: list[tuple[int, int]]) -> Formula:
    return TRUE if ranges == [(0, 255)] else disj(between(name, low, high) for low, high in ranges)
