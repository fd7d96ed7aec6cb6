"""Comparing texts without regard to case, as EventBridge does it: letter by letter.

A letter of the pattern takes its lower and its upper form, whatever their length, and no other letter that some
languages hold equal: `k` does not take the Kelvin sign, and `ss` does not take `ß`.

Source: event-ruler, `EqualsIgnoreCaseParser`.
"""

from collections.abc import Callable, Iterable


def forms_of(letter: str) -> frozenset[str]:
    """Return the texts that a letter of a pattern takes."""
    return frozenset({letter.lower(), letter.upper()})


def equals_ignoring_case(pattern: str, text: str) -> bool:
    """Say whether a text is the pattern's, letter by letter."""
    return len(text) in _ends(pattern, text, str.startswith)


def starts_ignoring_case(pattern: str, text: str) -> bool:
    """Say whether a text begins with the pattern."""
    return bool(_ends(pattern, text, str.startswith))


def ends_ignoring_case(pattern: str, text: str) -> bool:
    """Say whether a text ends with the pattern."""
    return bool(_ends(reversed(pattern), text, _ends_before))


def _ends(pattern: Iterable[str], text: str, has: Callable[[str, str, int], bool]) -> set[int]:
    """Return how much of the text the pattern can take; letters whose forms differ in length leave a choice."""
    taken = {0}
    for letter in pattern:
        taken = {count + len(form) for count in taken for form in forms_of(letter) if has(text, form, count)}
    return taken


def _ends_before(text: str, form: str, count: int) -> bool:
    return text.endswith(form, 0, len(text) - count)
