"""Texts with `*`: how they are written, what they match, and how much work they may make.

Matching looks for one literal run after the other and never goes back, so that it takes time in proportion to the text.
"""

from collections import deque
from typing import Final

from sekisho.policy.patterns import stand_in_order

MOST_COMPLEX: Final = 9
"""What EventBridge refuses as too complex is not published; see `complexity`."""


def parse_wildcard(text: str) -> tuple[str, ...]:
    r"""Return the literal runs between the stars: `a*b*` is `a`, `b` and an empty run; without a star there is one run.

    `\*` is a star and `\\` a backslash.

    Raises:
        ValueError: two stars stand together, or a backslash stands before anything else.
    """
    runs: list[str] = []
    run: list[str] = []
    characters = iter(enumerate(text))
    for at, character in characters:
        if character == "\\":
            _, escaped = next(characters, (at, ""))
            if escaped not in {"*", "\\"}:
                raise ValueError(rf"the backslash at character {at + 1} escapes neither `*` nor `\`")
            run.append(escaped)
        elif character == "*":
            if text[at + 1 : at + 2] == "*":
                raise ValueError(f"two stars stand together at character {at + 1}")
            runs.append("".join(run))
            run.clear()
        else:
            run.append(character)
    return (*runs, "".join(run))


def wildcard_matches(runs: tuple[str, ...], text: str) -> bool:
    """Say whether a text is made of the runs, in order, with anything or nothing between them."""
    if len(runs) == 1:
        return text == runs[0]
    first, *middle, last = runs
    return stand_in_order(first, middle, last, text)


def complexity(runs: tuple[str, ...]) -> int:
    """Return how many places of a wildcard one text can have reached at the same time.

    These are all stars, and those literal characters after a star that can be under way together: `*:*:event-bus/*` has
    three stars, and after a colon two places between them. A run before the first star ends the search for every text
    that begins otherwise; then that star and what follows up to the next do not count.

    Source: PutRule answers "Rule is too complex - try using fewer wildcard characters or fewer repeating character
    sequences after a wildcard character" to `*:*:*:*:*:event-bus/*`, where this is 11, and takes
    `arn:aws:events:us-east-1:*:event-bus/*`, where it is 1. Where between them the limit lies is not published.
    """
    counted = runs[2:] if runs[0] else runs[1:]
    return len(counted) + _most_under_way(counted)


def _most_under_way(runs: tuple[str, ...]) -> int:
    """Return how many beginnings of runs one text can end with.

    The runs are laid out as a tree, and each place of it knows the next shorter one that a text there ends with too.
    """
    below: list[dict[str, int]] = [{}]
    under_way = [0]
    for run in runs:
        at = 0
        for letter in run:
            at = below[at].setdefault(letter, len(below))
            if at == len(below):
                below.append({})
                under_way.append(0)
            under_way[at] += 1
    shorter = [0] * len(below)
    waiting = deque([0])
    while waiting:
        at = waiting.popleft()
        for letter, place in below[at].items():
            back = shorter[at]
            while back and letter not in below[back]:
                back = shorter[back]
            shorter[place] = below[back].get(letter, 0) if at else 0
            under_way[place] += under_way[shorter[place]]
            waiting.append(place)
    return max(under_way)
