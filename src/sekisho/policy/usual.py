"""Policies as they are written as a rule: in ASCII, of texts alone, nothing out of place, negated or escaped.

Such a document is decoded by type, in one step. `read_usual` gives up on any other, right or wrong: then
`sekisho.policy.parsing` reads it plainly, and says what is wrong with it, and where. A law holds both readings equal.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

from sekisho.policy.document import Condition, Effect, Patterns, Policy, Principals, Statement, Version
from sekisho.policy.operators import find_operator
from sekisho.policy.principals import EVERYONE, Principal, parse_principal
from sekisho.policy.values import all_well_formed

_Texts: TypeAlias = str | Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _Statement(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A statement as it is written; None is what is not there."""

    effect: Effect
    action: _Texts
    principal: Literal["*"] | dict[str, _Texts] | None = None
    resource: _Texts | None = None
    condition: dict[str, dict[str, _Texts]] | None = None
    sid: str | None = None


class _Document(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """A policy document as it is written; None is what is not there."""

    statement: tuple[_Statement, ...] | _Statement
    version: Version | None = None
    id: str | None = None


_decoded = msgspec.json.Decoder(_Document).decode
_encoded = msgspec.json.Encoder().encode
_EVERYONE = Principals((EVERYONE,))


class _UnusualError(Exception):
    """The text is no policy, or one that is written in an unusual way."""


def read_usual(text: str) -> Policy | None:
    """Read a policy document; None when it is unusual, and perhaps wrong."""
    if not text.isascii() or "\\" in text:
        return None
    try:
        document = _decoded(text)
        if not _is_whole(document, text):
            return None
        listed = document.statement
        if isinstance(listed, tuple):
            statements = tuple([_statement(one, index, f"Statement[{index}]") for index, one in enumerate(listed)])
        else:
            statements = (_statement(listed, 0, "Statement"),)
    except (msgspec.DecodeError, RecursionError, _UnusualError):
        return None
    return Policy(statements, document.version or Version.V2008, document.id, text)


def _is_whole(document: _Document, text: str) -> bool:
    """Say whether all that stands in the text was decoded.

    Of a key that stands twice only the last value is, and `null` is not told from what is missing. Written again such
    a document lacks a text, which has two quotation marks, since none is escaped. As a rule no blank stands between
    elements, and it is enough to compare how long both are.
    """
    again = _encoded(document)
    return len(again) == len(text) or again.count(b'"') == text.count('"')


def _statement(written: _Statement, index: int, path: str) -> Statement:
    action, resource, principal, condition = written.action, written.resource, written.principal, written.condition
    globs = (action,) if isinstance(action, str) else action
    for glob in globs:
        if not 0 < glob.find(":") < len(glob) - 1 and glob != "*":
            raise _UnusualError
    return Statement(
        index,
        written.effect,
        Patterns(globs),
        None if principal is None else _EVERYONE if isinstance(principal, str) else _principals(principal),
        None if resource is None else Patterns((resource,) if isinstance(resource, str) else resource),
        () if condition is None else _conditions(condition),
        written.sid,
        path,
    )


def _principals(written: dict[str, _Texts]) -> Principals:
    entries: list[Principal] = []
    for key, listed in written.items():
        for text in (listed,) if isinstance(listed, str) else listed:
            entry = parse_principal(key, text)
            if isinstance(entry, str):
                raise _UnusualError
            entries.append(entry)
    return Principals(tuple(entries))


def _conditions(written: dict[str, dict[str, _Texts]]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for name, block in written.items():
        operator = find_operator(name)
        if operator is None or "" in block:
            raise _UnusualError
        checked = operator.base.takes_some_texts_only
        for key, listed in block.items():
            values = (listed,) if isinstance(listed, str) else listed
            if checked and not all_well_formed(operator.base, values):
                raise _UnusualError
            found.append(Condition(operator, key, values))
    return tuple(found)
