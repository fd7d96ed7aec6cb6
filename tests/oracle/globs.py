"""Patterns without variables: laid out in steps, read letter by letter, written as regular expressions.

A step is a letter, or one of the longer texts below. A state is the set of steps that may come next.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from oracle.formulas import NO_COLON, sequence, text
from sekisho.policy.patterns import Part, Wildcard

Step: TypeAlias = str
Steps: TypeAlias = tuple[Step, ...]
State: TypeAlias = frozenset[int]

ANY_ONE, ANY_RUN = "one letter", "any letters"
ONE_IN_PART, RUN_IN_PART = "one letter but a colon", "any letters but colons"
FOLDED = "~"
"""Before a small letter: the letter or its capital."""

RUNS = frozenset({ANY_RUN, RUN_IN_PART})
COLONS_OF_AN_ARN = 5


class Reading(Enum):
    """How a pattern is compared with a text."""

    PLAIN = "letter by letter"
    FOLDED = "without regard to case"
    ARN = "part by part, six parts"
    RESOURCE = "part by part, as many as the pattern has"


def plain_steps(pattern: Iterable[Part]) -> Steps:
    """Lay out a pattern whose wildcards take every letter."""
    return tuple(_steps(pattern))


def folded_steps(value: str) -> Steps:
    """Lay out a text that is compared without regard to case."""
    return tuple(f"{FOLDED}{one}" if one.upper() != one and len(one.upper()) == 1 else one for one in value.lower())


def arn_steps(pattern: tuple[Part, ...]) -> Steps | None:
    """Lay out a pattern that is compared as an ARN; None when nothing matches it."""
    if pattern == (Wildcard.ANY_RUN,):
        return (ANY_RUN,)
    return resource_steps(pattern) if _colons(pattern) >= COLONS_OF_AN_ARN else None


def resource_steps(pattern: tuple[Part, ...]) -> Steps:
    """Lay out a pattern of a `Resource` element: up to its last part, at most the sixth, wildcards stop at colons."""
    left = min(_colons(pattern), COLONS_OF_AN_ARN)
    found: list[Step] = []
    for step in _steps(pattern):
        within = {ANY_ONE: ONE_IN_PART, ANY_RUN: RUN_IN_PART}.get(step, step) if left else step
        found.append(within)
        left -= step == ":" and left > 0
    return tuple(found)


def _colons(pattern: Iterable[Part]) -> int:
    return sum(part.count(":") for part in pattern if isinstance(part, str))


def _steps(pattern: Iterable[Part]) -> Iterator[Step]:
    for part in pattern:
        if isinstance(part, str):
            yield from part
        else:
            yield ANY_ONE if part is Wildcard.ANY_ONE else ANY_RUN


def accepts(step: Step, letter: str) -> bool:
    """Say whether a step takes a letter."""
    if len(step) == 1:
        return step == letter
    if step in {ANY_ONE, ANY_RUN}:
        return True
    if step in {ONE_IN_PART, RUN_IN_PART}:
        return letter != ":"
    return letter in {step[1], step[1].upper()}


@lru_cache(maxsize=65536)
def closed(steps: Steps, state: State) -> State:
    """Add what may come next because a run may be empty."""
    found = set(state)
    for place in sorted(state):
        at = place
        while at < len(steps) and steps[at] in RUNS:
            at += 1
            found.add(at)
    return frozenset(found)


@lru_cache(maxsize=1 << 18)
def after_letter(steps: Steps, state: State, letter: str) -> State:
    """Return the state after one more letter."""
    found = set[int]()
    for place in state:
        if place < len(steps) and accepts(steps[place], letter):
            found.add(place if steps[place] in RUNS else place + 1)
    return closed(steps, frozenset(found))


def after(steps: Steps, state: State, read: str) -> State:
    """Return the state after reading a text."""
    for letter in read:
        if not state:
            break
        state = after_letter(steps, state, letter)
    return state


def start(steps: Steps) -> State:
    """Return the state before the first letter."""
    return closed(steps, frozenset({0}))


def matches(steps: Steps, value: str) -> bool:
    """Say whether the steps describe the whole text."""
    return len(steps) in after(steps, start(steps), value)


def without_followers(steps: Steps, state: State) -> list[int]:
    """Return the places of a state that no other one reaches by an empty run."""
    return [place for place in sorted(state) if not (place and place - 1 in state and steps[place - 1] in RUNS)]


@lru_cache(maxsize=65536)
def expression(steps: Steps) -> str:
    """Write steps as a regular expression."""
    pieces: list[str] = []
    literal = ""
    for step in steps:
        if len(step) == 1:
            literal += step
            continue
        if literal:
            pieces.append(f"(str.to_re {text(literal)})")
            literal = ""
        pieces.append(_EXPRESSIONS.get(step) or _folded(step[1]))
    if literal:
        pieces.append(f"(str.to_re {text(literal)})")
    return sequence(pieces)


def _folded(letter: str) -> str:
    return f"(re.union (str.to_re {text(letter)}) (str.to_re {text(letter.upper())}))"


_EXPRESSIONS = {
    ANY_ONE: "re.allchar",
    ANY_RUN: "re.all",
    ONE_IN_PART: NO_COLON,
    RUN_IN_PART: f"(re.* {NO_COLON})",
}
