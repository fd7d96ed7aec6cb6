"""From raw answers to documents: the text of a policy, and what means the same as one."""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

import msgspec

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
from sekisho.resources.answers import ReadingError, UnexpectedAnswerError
from sekisho.resources.snapshot import Json


class MalformedDocumentError(ReadingError):
    """A document of the resource is not a policy that AWS would take; `error` says what is wrong with it."""

    def __init__(self, document: str, error: PolicyError) -> None:
        super().__init__(f"the {document} is malformed: {error}")
        self.error = error


def policy_document(name: str, text: Json, resource: str) -> Document | None:
    """Parse the text of a policy; None when there is none.

    IAM answers with URL-encoded text on the wire, and boto3 with an object; both are taken.

    Raises:
        MalformedDocumentError: the text is not a policy.
        UnexpectedAnswerError: it is no text at all.
    """
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        text = _as_text(name, text)
    if text.lstrip().startswith("%7B"):
        text = unquote(text)
    try:
        return Document(name, parse_policy(text), resource)
    except PolicyError as error:
        raise MalformedDocumentError(name, error) from error


def _as_text(name: str, value: Json) -> str:
    if not isinstance(value, Mapping):
        raise UnexpectedAnswerError(f"the {name} is neither text nor an object")
    try:
        return json.dumps(value)
    except TypeError as error:
        raise UnexpectedAnswerError(f"the {name} is an object that no JSON text gives") from error


class Grant(msgspec.Struct, frozen=True, gc=False):
    """An entry of an ACL, a KMS grant or a sharing attribute.

    Attributes:
        label: its place, such as `Grants[1]`.
        actions: concrete names.
        conditions: operator, key and value of each condition.
    """

    label: str
    principals: Principals
    actions: tuple[str, ...]
    conditions: tuple[tuple[str, str, str], ...] = ()


def grants_document(name: str, grants: Iterable[Grant], resource: str) -> Document | None:
    """Write grants as the policy that means the same; None when there are none."""
    listed = list(grants)
    if not listed:
        return None
    statements = tuple(
        Statement(index, Effect.ALLOW, Patterns(one.actions), one.principals, None, tuple(_conditions(one)))
        for index, one in enumerate(listed)
    )
    return Document(name, Policy(statements, Version.V2008), resource, tuple(one.label for one in listed))


def _conditions(grant: Grant) -> Iterable[Condition]:
    for name, key, value in grant.conditions:
        operator = find_operator(name)
        if operator is None:
            raise ValueError(name)
        yield Condition(operator, key, (value,))
