"""Values with wildcards and variables: what they are made of, and which texts they match.

Source: IAM User Guide, "IAM JSON policy elements: Variables and tags" and "Using wildcards in …".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS


class Wildcard(Enum):
    """The two wildcards."""

    ANY_RUN = "*"
    ANY_ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`: the request's value of a key."""

    key: str
    default: str | None = None


Part: TypeAlias = str | Wildcard | Variable
Template: TypeAlias = tuple[Part, ...]
"""A value as the policy writes it; literal texts are never empty and never adjacent."""

Pattern: TypeAlias = tuple[str | Wildcard, ...]
"""A template whose variables have been given their values."""

_TOKEN = re.compile(r"\$\{(?P<body>[^}]*)\}|[*?]")


@lru_cache(maxsize=8192)
def parse_template(text: str, *, wildcards: bool, variables: bool) -> Template:
    """Split `text` into literal texts, wildcards and variables.

    `${*}`, `${?}` and `${$}` are the characters themselves, where variables work at all.
    """
    parts: list[Part] = []
    at = 0
    for token in _TOKEN.finditer(text):
        body: str | None = token.group("body")
        if not (wildcards if body is None else variables):
            continue
        _append(parts, text[at : token.start()])
        at = token.end()
        if body is None:
            parts.append(Wildcard(token.group()))
        elif body in {"*", "?", "$"}:
            _append(parts, body)
        else:
            parts.append(_variable(body))
    _append(parts, text[at:])
    return tuple(parts)


def _variable(body: str) -> Variable:
    key, comma, default = body.partition(",")
    quoted = default.strip()
    if comma and len(quoted) > 1 and quoted[0] == quoted[-1] == "'":
        return Variable(key.strip().lower(), quoted[1:-1])
    return Variable(body.strip().lower())


def _append(parts: list[Part], text: str) -> None:
    if not text:
        return
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    else:
        parts.append(text)


def parse_resource_glob(glob: str, *, variables: bool) -> Template:
    """Split a value of a `Resource` element; variables work after the fifth colon only, so short values have none.

    Source: IAM User Guide, "IAM policy elements: Variables and tags", where you can use policy variables.
    """
    return parse_template(glob, wildcards=True, variables=variables and glob.count(":") >= ARN_COMPONENTS - 1)


def variables_of(template: Template) -> tuple[Variable, ...]:
    """Return the variables of a template, in order."""
    return tuple(part for part in template if isinstance(part, Variable))


def resolve(template: Template, value_of: Callable[[str], str | None]) -> Pattern | None:
    """Put in the variables' values; None when one has neither value nor default, and then nothing matches.

    Args:
        template: what the policy wrote.
        value_of: gives the request's value of a key, by its lower-case name, or None when the request has not one.
    """
    parts: list[Part] = []
    for part in template:
        if isinstance(part, Variable):
            value = value_of(part.key)
            value = part.default if value is None else value
            if value is None:
                return None
            _append(parts, value)
        elif isinstance(part, str):
            _append(parts, part)
        else:
            parts.append(part)
    return tuple(part for part in parts if not isinstance(part, Variable))


def pattern_matches(pattern: Pattern, text: str) -> bool:
    """Say whether the whole text is what the pattern describes; wildcards span every character.

    The first piece has to begin the text, the last to end it, and each between is taken where it first occurs: no
    pattern takes long to compare, which a regular expression with many stars can.
    """
    (first, _), *middle = _pieces(pattern)
    if not middle:
        return first.fullmatch(text) is not None
    last, length = middle.pop()
    found = first.match(text)
    for piece, _ in middle:
        found = piece.search(text, found.end()) if found else None
    start = len(text) - length
    return found is not None and start >= found.end() and last.fullmatch(text, start) is not None


def arn_pattern_matches(pattern: Pattern, text: str) -> bool:
    """Compare two ARNs component by component: a wildcard does not reach across a colon, except in the last one.

    A pattern that is `*` alone matches every ARN, though it has one component only.
    """
    if pattern == (Wildcard.ANY_RUN,):
        return True
    return len(split_arn_pattern(pattern)) == ARN_COMPONENTS and resource_pattern_matches(pattern, text)


def resource_pattern_matches(pattern: Pattern, text: str) -> bool:
    """Compare an ARN with a value of a `Resource` element, which may break off early: `*`, `arn:aws:sqs:*`.

    A wildcard stays within its part of the ARN, the parts being what stands between colons; in the last part that the
    value has, it reaches to the end. Source: IAM User Guide, "IAM JSON policy elements: Resource", wildcards.
    """
    components = split_arn_pattern(pattern)
    values = text.split(":", len(components) - 1)
    return len(components) == len(values) and all(map(pattern_matches, components, values))


@lru_cache(maxsize=8192)
def split_arn_pattern(pattern: Pattern) -> tuple[Pattern, ...]:
    """Split a pattern at its first five colons."""
    components: list[list[str | Wildcard]] = [[]]
    for part in pattern:
        if isinstance(part, Wildcard):
            components[-1].append(part)
            continue
        pieces = part.split(":", ARN_COMPONENTS - len(components))
        for index, piece in enumerate(pieces):
            if index:
                components.append([])
            if piece:
                components[-1].append(piece)
    return tuple(tuple(component) for component in components)


@lru_cache(maxsize=16384)
def _pieces(pattern: Pattern) -> tuple[tuple[re.Pattern[str], int], ...]:
    """Cut a pattern at its `*`; each piece is an expression without repeats, with the length of what it matches."""
    pieces = [("", 0)]
    for part in pattern:
        expression, length = pieces[-1]
        if part is Wildcard.ANY_RUN:
            pieces.append(("", 0))
        elif part is Wildcard.ANY_ONE:
            pieces[-1] = f"{expression}.", length + 1
        else:
            pieces[-1] = expression + re.escape(str(part)), length + len(str(part))
    return tuple((re.compile(expression, re.DOTALL), length) for expression, length in pieces)
