"""Values with wildcards and variables: what they are made of, and which texts they match.

Source: IAM User Guide, "IAM JSON policy elements: Variables and tags" and "Using wildcards in …".
"""

import operator
import re
from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import TypeAlias

import msgspec

from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS


class Wildcard(Enum):
    """The two wildcards."""

    ANY_RUN = "*"
    ANY_ONE = "?"


_ANY_RUN, _ANY_ONE = Wildcard.ANY_RUN, Wildcard.ANY_ONE
_WILDCARDS = {one.value: one for one in Wildcard}


class Variable(msgspec.Struct, frozen=True, gc=False):
    """`${key}` or `${key, 'default'}`: the request's value of a key."""

    key: str
    default: str | None = None


Part: TypeAlias = str | Wildcard | Variable
Template: TypeAlias = tuple[Part, ...]
"""A value as the policy writes it; literal texts are never empty and never adjacent."""

Pattern: TypeAlias = tuple[str | Wildcard, ...]
"""A template whose variables have been given their values."""

_TOKEN = re.compile(r"\$\{(?P<body>[^}]*)\}|[*?]")


_ESCAPES = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})
_ESCAPED = re.compile(r"\$\{([*?$])\}")


def literal(text: str) -> str:
    """Return a text as a policy has to write it, so that nothing in it is a wildcard or a variable.

    Source: IAM User Guide, "IAM policy elements: Variables and tags", special characters.
    """
    return text.translate(_ESCAPES) if "*" in text or "?" in text or "$" in text else text


def unescaped(text: str) -> str:
    """Return what `literal` was given."""
    return _ESCAPED.sub(r"\1", text) if "${" in text else text


def parse_template(text: str, *, wildcards: bool, variables: bool) -> Template:
    """Split `text` into literal texts, wildcards and variables.

    `${*}`, `${?}` and `${$}` are the characters themselves, where variables work at all.
    """
    if "${" not in text:
        return split_at_wildcards(text) if wildcards else (text,) if text else ()
    parts: list[Part] = []
    at = 0
    for token in _TOKEN.finditer(text):
        body: str | None = token.group("body")
        if not (wildcards if body is None else variables):
            continue
        _append(parts, text[at : token.start()])
        at = token.end()
        if body is None:
            parts.append(_WILDCARDS[token.group()])
        elif body in {"*", "?", "$"}:
            _append(parts, body)
        else:
            parts.append(_variable(body))
    _append(parts, text[at:])
    return tuple(parts)


def split_at_wildcards(text: str) -> Pattern:
    """Split a text without variables into literal texts and wildcards."""
    if "*" not in text and "?" not in text:
        return (text,) if text else ()
    return tuple([_WILDCARDS.get(part, part) for part in _WILDCARD.split(text) if part])


_WILDCARD = re.compile(r"([*?])")


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
    for part in template:
        if isinstance(part, Variable):
            break
    else:
        return template  # type: ignore[return-value]  # no variable is left in it
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
    """Say whether the whole text is what the pattern describes; wildcards span every character."""
    return matcher(pattern)(text)


def matcher(pattern: Pattern) -> Callable[[str], bool]:
    """Return the test whether a whole text is what the pattern describes; wildcards span every character.

    The first piece has to begin the text, the last to end it, and each between is taken where it first occurs: no
    pattern takes long to compare, which a regular expression with many stars can.
    """
    match pattern:
        case ():
            return operator.not_
        case (str(whole),):
            return partial(operator.eq, whole)
        case (Wildcard.ANY_RUN,):
            return _anything
        case (str(start), Wildcard.ANY_RUN):
            return lambda text: text.startswith(start)
        case _:
            return _pieces_matcher(pattern)


def _pieces_matcher(pattern: Pattern) -> Callable[[str], bool]:
    first, *others = _pieces(pattern)
    if not others:
        length = _length(first)
        return lambda text: len(text) == length and _stands_at(first, text, 0)
    *middle, last = others
    if _ANY_ONE not in pattern:
        return partial(stand_in_order, _text(first), [_text(piece) for piece in middle], _text(last))
    ends = (first, _length(first)), (last, _length(last))
    return partial(_matches_pieces, ends, [(piece, _length(piece)) for piece in middle])


def _anything(text: str) -> bool:
    del text
    return True


def stand_in_order(first: str, middle: Iterable[str], last: str, text: str) -> bool:
    """Say whether a text begins with one text and ends with another, the middle ones between, in order and apart."""
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    if end < at:
        return False
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _matches_pieces(
    ends: "tuple[tuple[_Piece, int], tuple[_Piece, int]]", middle: "list[tuple[_Piece, int]]", text: str
) -> bool:
    (first, at), (last, length_of_last) = ends
    end = len(text) - length_of_last
    if end < at or not _stands_at(first, text, 0) or not _stands_at(last, text, end):
        return False
    for piece, length in middle:
        found = _first_place(piece, text, at, end - length)
        if found is None:
            return False
        at = found + length
    return at <= end


_Piece: TypeAlias = list[str | Wildcard]
"""What stands between two `*` of a pattern: literal texts and `?`."""


def _pieces(pattern: Pattern) -> list[_Piece]:
    """Cut a pattern at its `*`."""
    pieces: list[_Piece] = [[]]
    for part in pattern:
        if part is _ANY_RUN:
            pieces.append([])
        else:
            pieces[-1].append(part)
    return pieces


def _text(piece: _Piece) -> str:
    """Return a piece without `?` as the text that it is."""
    return "".join(map(str, piece))


def _length(piece: _Piece) -> int:
    return sum(len(part) if isinstance(part, str) else 1 for part in piece)


def _stands_at(piece: _Piece, text: str, at: int) -> bool:
    """Say whether a piece matches the text that starts at a place where there is room for it."""
    for part in piece:
        if isinstance(part, str):
            if not text.startswith(part, at):
                return False
            at += len(part)
        else:
            at += 1
    return True


def _first_place(piece: _Piece, text: str, at: int, last: int) -> int | None:
    """Return the first place of a piece from `at` to `last`; None when there is none."""
    match piece:
        case [str(literal)]:
            found = text.find(literal, at, last + len(literal))
            return None if found < 0 else found
        case _:
            return next((place for place in range(at, last + 1) if _stands_at(piece, text, place)), None)


def arn_pattern_matches(pattern: Pattern, text: str) -> bool:
    """Compare two ARNs component by component: a wildcard does not reach across a colon, except in the last one.

    A pattern that is `*` alone matches every ARN, though it has one component only.
    """
    return arn_matcher(pattern)(text)


def arn_matcher(pattern: Pattern) -> Callable[[str], bool]:
    """Return the test that `arn_pattern_matches` makes of a text."""
    if pattern == (Wildcard.ANY_RUN,):
        return _anything
    components = split_arn_pattern(pattern)
    if len(components) != ARN_COMPONENTS:
        return _nothing
    return partial(_matches_components, [matcher(component) for component in components])


def _nothing(text: str) -> bool:
    del text
    return False


def resource_pattern_matches(pattern: Pattern, text: str) -> bool:
    """Compare an ARN with a value of a `Resource` element, which may break off early: `*`, `arn:aws:sqs:*`.

    A wildcard stays within its part of the ARN, the parts being what stands between colons; in the last part that the
    value has, it reaches to the end. Source: IAM User Guide, "IAM JSON policy elements: Resource", wildcards.
    """
    match pattern:
        case (Wildcard.ANY_RUN,):
            return True
        case (str(whole),) if whole == text:
            return True
        case (str(start), Wildcard.ANY_RUN):
            return text.startswith(start)
        case _:
            return _matches_components([matcher(component) for component in split_arn_pattern(pattern)], text)


def resource_matches_plainly(glob: str, text: str) -> bool | None:
    """Compare an ARN with a value of a `Resource` element that has nothing like a variable; else return None.

    It says what `resource_pattern_matches` says.
    """
    if glob == text or glob == "*":  # noqa: PLR1714 - a set would be made each time
        return True
    if "$" in glob:
        return None
    start, star, rest = glob.partition("*")
    if not rest and "?" not in start:
        return bool(star) and text.startswith(start)
    if not text.startswith(start.partition("?")[0]):
        return False
    globs = glob.split(":", ARN_COMPONENTS - 1)
    values = text.split(":", len(globs) - 1)
    if len(values) != len(globs):
        return False
    return all(map(_component_matches, globs, values))


def _component_matches(glob: str, text: str) -> bool:
    if "?" in glob:
        return matcher(split_at_wildcards(glob))(text)
    first, *others = glob.split("*")
    return stand_in_order(first, others[:-1], others[-1], text) if others else first == text


def _matches_components(components: list[Callable[[str], bool]], text: str) -> bool:
    values = text.split(":", len(components) - 1)
    if len(values) != len(components):
        return False
    for matches, value in zip(components, values, strict=True):  # noqa: SIM110 - a loop, not `all`: asked of every ARN
        if not matches(value):
            return False
    return True


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
