"""From raw answers to documents: the text of a policy, wherever a service puts it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from sekisho.policy import (
    Condition,
    Effect,
    Patterns,
    Policy,
    PolicyError,
    Principals,
    Statement,
    Version,
    parse_policy,
)
from sekisho.policy.operators import find_operator
from sekisho.reasoning import Document
from sekisho.resources.gaps import Gap, is_absence, resource_gaps
from sekisho.resources.snapshot import ApiCall, Json, RawResource


class ReadingError(Exception):
    """The base of this layer's errors: a resource that cannot be understood; the message says why, for its owner."""


class UnreadableError(ReadingError):
    """Calls that describe the resource failed, so that what it allows is not known."""

    def __init__(self, gaps: tuple[Gap, ...]) -> None:
        calls = ", ".join(f"{gap.call} answered {gap.code}" for gap in gaps)
        super().__init__(f"the resource could not be read: {calls}")
        self.gaps = gaps


class MalformedDocumentError(ReadingError):
    """A document of the resource is not a policy that AWS would take."""

    def __init__(self, document: str, error: PolicyError) -> None:
        super().__init__(f"the {document} is malformed: {error}")


class UnexpectedAnswerError(ReadingError):
    """An answer lacks what the service promises."""


def require_read(resource: RawResource, *, optional: frozenset[str] = frozenset()) -> None:
    """Make sure that every call that matters was answered.

    Args:
        resource: the resource.
        optional: calls without which the resource can be understood.

    Raises:
        UnreadableError: one was not.
    """
    gaps = tuple(gap for gap in resource_gaps(resource) if gap.call not in optional)
    if gaps:
        raise UnreadableError(gaps)


def answer(resource: RawResource, call: str, **params: str) -> Mapping[str, Json] | None:
    """Return the answer to a call, or None when it had nothing to return."""
    return answer_of(resource.find(call, **params))


def answer_of(made: ApiCall | None) -> Mapping[str, Json] | None:
    """Return what a call returned, or None when there was nothing to return."""
    if made is None or (made.error is not None and is_absence(made.call, made.error)):
        return None
    return made.response


def policy_document(name: str, text: Json, resource: str) -> Document | None:
    """Parse the text of a policy; None when there is none.

    IAM answers with URL-encoded text on the wire, and boto3 with an object; both are taken.

    Raises:
        MalformedDocumentError: the text is not a policy.
    """
    if text is None or text == "":
        return None
    if isinstance(text, Mapping):
        text = json.dumps(text)
    if not isinstance(text, str):
        raise UnexpectedAnswerError(f"the {name} is neither text nor an object")
    if text.lstrip().startswith("%7B"):
        text = unquote(text)
    try:
        return Document(name, parse_policy(text), resource)
    except PolicyError as error:
        raise MalformedDocumentError(name, error) from error


def allow(
    index: int, principals: Principals, actions: tuple[str, ...], conditions: tuple[tuple[str, str, str], ...] = ()
) -> Statement:
    """Write an ACL grant, a KMS grant or a sharing attribute as the statement that means the same.

    Args:
        index: its place in the document.
        principals: who gets it.
        actions: what they get, as concrete names.
        conditions: operator, key and value of each condition.
    """
    written: list[Condition] = []
    for name, key, value in conditions:
        operator = find_operator(name)
        if operator is None:
            raise ValueError(name)
        written.append(Condition(operator, key, (value,)))
    return Statement(index, Effect.ALLOW, Patterns(actions), principals, None, tuple(written))


def grants_document(name: str, statements: list[Statement], resource: str, labels: list[str]) -> Document:
    """Put such statements together as one document."""
    return Document(name, Policy(tuple(statements), Version.V2012), resource, tuple(labels))


def text_member(raw: Mapping[str, Any], member: str, call: str) -> str:
    """Return a text that an answer must have.

    Raises:
        UnexpectedAnswerError: it has not.
    """
    value = raw.get(member)
    if not isinstance(value, str):
        raise UnexpectedAnswerError(f"the answer to {call} has no `{member}`")
    return value
