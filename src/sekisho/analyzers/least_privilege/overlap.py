"""Values of `Resource` elements set against each other: which is within which, and what two have in common.

Where what two have in common is more than one value can say, `meet` returns nothing, and callers take one of the two.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from sekisho.policy.arns import COMPONENTS
from sekisho.policy.patterns import (
    Variable,
    Wildcard,
    literal,
    parse_resource_glob,
    resource_pattern_matches,
    unescaped,
)

Token: TypeAlias = str | Wildcard | Variable
"""A character, a wildcard or a variable."""

_ANY: Final = Wildcard.ANY_RUN


@lru_cache(maxsize=65536)
def is_within(narrow: str, wide: str) -> bool:
    """Say whether one value matches nothing that the other does not match.

    A variable is within a star and within itself, as its value is not known. False may be said too often, True not.
    """
    if wide in {"*", narrow}:
        return True
    start, star, rest = wide.partition("*")
    if star and not rest and "?" not in wide and "$" not in wide:
        return narrow.startswith(start)
    if is_exact(narrow) and "${" not in wide:
        return resource_pattern_matches(_pattern(wide), unescaped(narrow))
    outer = _components(wide)
    inner = _joined(_components(narrow), len(outer))
    return len(inner) == len(outer) and all(map(_covers, outer, inner))


def is_exact(value: str) -> bool:
    """Say whether a value has neither wildcard nor variable."""
    return all(isinstance(token, str) for token in _tokens(value))


@lru_cache(maxsize=65536)
def meet(one: str, other: str) -> str | None:
    """Return a value for what both match; None where that is nothing, or no one value can say it."""
    if is_within(one, other):
        return one
    if is_within(other, one):
        return other
    left, right = _components(one), _components(other)
    if len(left) != len(right):
        return None
    parts = list(map(_common, left, right))
    found = [part for part in parts if part is not None]
    return ":".join(map(_text, found)) if len(found) == len(parts) else None


def are_apart(one: str, other: str) -> bool:
    """Say whether nothing is matched by both. False may be said too often, True not."""
    if is_within(one, other) or is_within(other, one):
        return False
    if (is_exact(one) and not _varies(other)) or (is_exact(other) and not _varies(one)):
        return True
    left, right = _components(one), _components(other)
    if len(left) != len(right):
        return _differ(_tokens(one), _tokens(other))
    return any(map(_differ, left, right))


def _varies(value: str) -> bool:
    return any(isinstance(token, Variable) for token in _tokens(value))


def _differ(one: Sequence[Token], other: Sequence[Token]) -> bool:
    """Say whether two begin or end with texts that cannot both be so."""
    if not _wild(one) and not _wild(other):
        return list(one) != list(other)
    heads = zip(_head(one), _head(other), strict=False)
    tails = zip(_head(one[::-1]), _head(other[::-1]), strict=False)
    return any(a != b for a, b in (*heads, *tails)) or _is_longer(one, other) or _is_longer(other, one)


def _is_longer(one: Sequence[Token], other: Sequence[Token]) -> bool:
    """Say whether one that has no wildcard is shorter than what another has for certain."""
    return not _wild(one) and sum(isinstance(token, str) for token in other) > len(one)


def _wild(tokens: Sequence[Token]) -> bool:
    return not all(isinstance(token, str) for token in tokens)


def _head(tokens: Sequence[Token]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if not isinstance(token, str):
            break
        found.append(token)
    return found


def _common(one: tuple[Token, ...], other: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """Return what two parts have in common, where both are texts, or have one star between texts."""
    if _covers(one, other):
        return other
    if _covers(other, one):
        return one
    if one.count(_ANY) != 1 or other.count(_ANY) != 1 or _others(one) or _others(other):
        return None
    (start, end), (other_start, other_end) = _around(one), _around(other)
    longer = start if len(start) >= len(other_start) else other_start
    ending = end if len(end) >= len(other_end) else other_end
    fits = longer[: len(start)] == start and longer[: len(other_start)] == other_start
    fits = fits and ending[len(ending) - len(end) :] == end and ending[len(ending) - len(other_end) :] == other_end
    # Where the one may begin the other, texts shorter than both together are matched as well: no one value has them.
    is_all = not any(longer[-size:] == ending[:size] for size in range(1, min(len(longer), len(ending)) + 1))
    return (*longer, _ANY, *ending) if fits and is_all else None


def _others(tokens: tuple[Token, ...]) -> bool:
    return any(token is Wildcard.ANY_ONE or isinstance(token, Variable) for token in tokens)


def _around(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    at = tokens.index(_ANY)
    return tokens[:at], tokens[at + 1 :]


def _covers(outer: Sequence[Token], inner: Sequence[Token]) -> bool:
    """Say whether a part matches all that another one does, the latter's wildcards taken as characters of their own."""
    reached = {0}
    for token in outer:
        following: set[int] = set()
        if token is _ANY:
            following.update(range(min(reached), len(inner) + 1))
        else:
            following.update(at + 1 for at in reached if at < len(inner) and _is_one(token, inner[at]))
        if not following:
            return False
        reached = following
    return len(inner) in reached


def _is_one(outer: Token, inner: Token) -> bool:
    return inner == outer or (outer is Wildcard.ANY_ONE and isinstance(inner, str))


@lru_cache(maxsize=16384)
def _tokens(value: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    for part in parse_resource_glob(value, variables=True):
        tokens.extend(part if isinstance(part, str) else (part,))
    return tuple(tokens)


def _pattern(value: str) -> tuple[str | Wildcard, ...]:
    return tuple(part for part in parse_resource_glob(value, variables=True) if not isinstance(part, Variable))


@lru_cache(maxsize=16384)
def _components(value: str) -> tuple[tuple[Token, ...], ...]:
    """Cut a value at its first five colons, as the parts of an ARN are compared each with its own."""
    found: list[list[Token]] = [[]]
    for one in _tokens(value):
        if one == ":" and len(found) < COMPONENTS:
            found.append([])
        else:
            found[-1].append(one)
    return tuple(map(tuple, found))


def _joined(parts: tuple[tuple[Token, ...], ...], number: int) -> tuple[tuple[Token, ...], ...]:
    """Return parts as those of a value that breaks off early sees them: the rest belongs to the last."""
    if len(parts) <= number:
        return parts
    last: list[Token] = list(parts[number - 1])
    for part in parts[number:]:
        last += [":", *part]
    return (*parts[: number - 1], tuple(last))


def _text(tokens: Sequence[Token]) -> str:
    return "".join(map(_written, tokens))


def _written(one: Token) -> str:
    match one:
        case Wildcard():
            return one.value
        case Variable(key=key, default=default):
            return f"${{{key}}}" if default is None else f"${{{key}, '{default}'}}"
        case str():
            return literal(one)
