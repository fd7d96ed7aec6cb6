"""Policy documents: values that cannot be wrong, and their text; `sekisho.policy.parsing` makes them of text.

Source: IAM User Guide, "Grammar of the IAM JSON policy language" and the page of each element.
"""

import json
from enum import Enum
from functools import cached_property
from typing import Any

import msgspec

from sekisho.policy.operators import Operator
from sekisho.policy.places import lines_of
from sekisho.policy.principals import EVERYONE, Principal, PrincipalForm


class Effect(Enum):
    """What a matching statement does."""

    ALLOW = "Allow"
    DENY = "Deny"


class Version(Enum):
    """The two versions of the language; in the older one `${…}` is plain text."""

    V2008 = "2008-10-17"
    V2012 = "2012-10-17"

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` is a policy variable."""
        return self is Version.V2012


class Principals(msgspec.Struct, frozen=True, gc=False):
    """The entries of a `Principal` element, or with `negated` of a `NotPrincipal` element, in document order."""

    entries: tuple[Principal, ...]
    negated: bool = False


class Patterns(msgspec.Struct, frozen=True, gc=False):
    """The values of an `Action`, `NotAction`, `Resource` or `NotResource` element, in document order."""

    globs: tuple[str, ...]
    negated: bool = False


class Condition(msgspec.Struct, frozen=True, gc=False):
    """One line of a condition block: an operator, a key, and the values that are compared with it.

    Attributes:
        key: as the policy spells it; keys are compared without regard to case.
        values: numbers and booleans as their text.
    """

    operator: Operator
    key: str
    values: tuple[str, ...]


class Statement(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One statement; two are equal that say the same, wherever they stand.

    Attributes:
        index: its place among the statements, from 0.
        principals: None in a document that has no such element, such as an identity policy.
        resources: None in a document that applies to what it is attached to, such as a trust policy.
        path: where it stands in the document: `Statement[1]`, or `Statement` when there is no list.
    """

    index: int
    effect: Effect
    actions: Patterns
    principals: Principals | None = None
    resources: Patterns | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str | None = None
    path: str = "Statement"

    @property
    def _said(self) -> tuple[Any, ...]:
        return (
            self.index, self.effect, self.actions, self.principals, self.resources, self.conditions, self.sid,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Statement) and self._said == other._said

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._said)


class Policy(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A policy document; it knows its own text, and the place of every element in it.

    Two are equal that say the same, however they are written.
    """

    statements: tuple[Statement, ...]
    version: Version = Version.V2008
    id: str | None = None
    text: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self._said == other._said

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._said)

    @property
    def _said(self) -> tuple[Any, ...]:
        return self.statements, self.version, self.id

    def line_of(self, statement: Statement) -> int | None:
        """Return the line of the text where a statement starts, from 1, or None when the policy has no text."""
        if not self.text:
            return None
        if "\n" not in self.text:
            return 1
        lines = self._lines
        return lines[statement.index] if statement.index < len(lines) else None

    @cached_property
    def _lines(self) -> list[int]:
        return lines_of(self.text, "Statement")


def format_policy(policy: Policy, *, indent: int | None = 2) -> str:
    """Write a policy as JSON: `parse_policy` gives it back, apart from its text and its places."""
    document: dict[str, Any] = {"Version": policy.version.value}
    if policy.id is not None:
        document["Id"] = policy.id
    document["Statement"] = [_format_statement(statement) for statement in policy.statements]
    return json.dumps(document, indent=indent, ensure_ascii=False)


def _format_statement(statement: Statement) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    if statement.sid is not None:
        raw["Sid"] = statement.sid
    raw["Effect"] = statement.effect.value
    if statement.principals is not None:
        raw["NotPrincipal" if statement.principals.negated else "Principal"] = _format_principals(statement.principals)
    raw["NotAction" if statement.actions.negated else "Action"] = _one_or_list(statement.actions.globs)
    if statement.resources is not None:
        name = "NotResource" if statement.resources.negated else "Resource"
        raw[name] = _one_or_list(statement.resources.globs)
    if statement.conditions:
        block: dict[str, dict[str, Any]] = {}
        for condition in statement.conditions:
            block.setdefault(str(condition.operator), {})[condition.key] = _one_or_list(condition.values)
        raw["Condition"] = block
    return raw


def _format_principals(principals: Principals) -> Any:
    if principals.entries == (EVERYONE,):
        return "*"
    grouped: dict[str, list[str]] = {}
    for entry in principals.entries:
        grouped.setdefault(entry.form.key, []).append(_principal_text(entry))
    return {key: _one_or_list(tuple(values)) for key, values in grouped.items()}


def _principal_text(entry: Principal) -> str:
    if entry.form is PrincipalForm.ACCOUNT and not entry.value.isdigit():
        return f"arn:aws:iam::{entry.value}:root"
    return entry.value


def _one_or_list(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
