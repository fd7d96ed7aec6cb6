"""Policies that might close a way in: the same with less in it, or with one Deny more. Nothing is proven here."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

from msgspec.structs import replace

from sekisho.analyzers.quoting import listed, quoted
from sekisho.evaluation.decide import actions_match
from sekisho.policy import (
    EVERYONE,
    Condition,
    Effect,
    Patterns,
    Policy,
    Principal,
    PrincipalForm,
    Principals,
    Statement,
    format_policy,
    parse_policy,
)
from sekisho.policy.keys import is_multivalued
from sekisho.policy.operators import BASE_OPERATORS, Operator, Quantifier, positive
from sekisho.reasoning import Label, Region


@dataclass(frozen=True, slots=True)
class Mended:
    """A policy in place of another.

    Attributes:
        policy: as its own text reads; without statements where nothing is left of it.
        steps: what was taken out, in words; empty where something was added.
        deny: the statement that was added, where one was.
    """

    policy: Policy
    steps: tuple[str, ...] = ()
    deny: Statement | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Whom a Deny to everyone leaves alone, beside AWS services.

    Attributes:
        accounts: by number.
        organization_id: all accounts of the organization, where one is trusted.
        arns: patterns of principals whose account has no number.
    """

    accounts: tuple[str, ...]
    organization_id: str | None = None
    arns: tuple[str, ...] = ()


WIDTH = 120
"""How many characters of a text out of a policy are told."""

_Part = tuple[Statement | None, str]
"""What is left of a statement, and what was taken out of it, in words."""


def narrowed(policy: Policy, region: Region, spelled: Mapping[str, str]) -> Iterator[Mended]:
    """Yield the policy without what names a region: its principal, or else one of its condition values.

    A statement in which nothing else is named goes altogether.

    Args:
        policy: the one that lets the region in.
        region: who is let in.
        spelled: how the policy spells condition keys.
    """
    if region.principal != EVERYONE:
        yield from _taken_out(policy, region, lambda one: _without_principal(one, region.principal))
    elif not region.condition:
        yield from _taken_out(policy, region, _without_everyone)
    for label in region.condition.values():
        yield from _taken_out(policy, region, partial(_without_value, label=label, key=spelled[label.key]))


def _taken_out(policy: Policy, region: Region, cut: Callable[[Statement], _Part | None]) -> Iterator[Mended]:
    """Yield the policy with something cut out of each Allow that covers some of a region's actions, if of any."""
    statements: list[Statement] = []
    steps: list[str] = []
    for one in policy.statements:
        allows = one.effect is Effect.ALLOW and any(actions_match(one.actions, action) for action in region.witnesses)
        part = cut(one) if allows else None
        if part is None:
            statements.append(one)
            continue
        left, step = part
        steps.append(step)
        if left is not None:
            statements.append(left)
    if steps:
        yield Mended(_as_read(policy, statements), tuple(steps))


def _as_read(policy: Policy, statements: Iterable[Statement]) -> Policy:
    """Return a policy of other statements as its own text reads, so that what is proven of it is true of the text."""
    return parse_policy(format_policy(replace(policy, statements=tuple(statements))))


def _without_principal(statement: Statement, principal: Principal) -> _Part | None:
    principals = statement.principals
    if principals is None or principals.negated:
        return None
    of_account = principal.value if principal.form is PrincipalForm.ACCOUNT else None
    gone = [one for one in principals.entries if one == principal or (of_account and one.account == of_account)]
    if not gone:
        return None
    left = tuple([one for one in principals.entries if one not in gone])
    if not left:
        return None, f"remove {statement.path}"
    named = listed([quoted(one.value, WIDTH) for one in gone])
    return replace(statement, principals=Principals(left)), f"remove {named} from {statement.path}.Principal"


def _without_everyone(statement: Statement) -> _Part | None:
    principals = statement.principals
    if principals is None or principals.negated or EVERYONE not in principals.entries:
        return None
    return None, f"remove {statement.path}"


def _without_value(statement: Statement, label: Label, key: str) -> _Part | None:
    conditions = list(statement.conditions)
    for place, one in enumerate(conditions):
        if one.key.lower() == label.key and not one.operator.base.negated and label.text in one.values:
            left = tuple([value for value in one.values if value != label.text])
            if not left:
                return None, f"remove {statement.path}"
            conditions[place] = Condition(one.operator, one.key, left)
            step = f"remove {quoted(label.text, WIDTH)} from the values of {quoted(key, WIDTH)} in {statement.path}"
            return replace(statement, conditions=tuple(conditions)), step
    return None


def with_deny(
    policy: Policy,
    region: Region,
    kept: Kept,
    *,
    actions: Patterns,
    resources: Patterns | None,
    spelled: Mapping[str, str],
) -> Mended:
    """Return the policy with one Deny more: to a region's principal, or to everyone but those who are to be kept.

    Args:
        policy: the one that lets the region in.
        region: who is let in.
        kept: whom a Deny to everyone leaves alone.
        actions: what is denied.
        resources: where; None in a policy whose statements have no such element.
        spelled: how the policy spells condition keys.
    """
    conditions = [_condition(label, spelled[key]) for key, label in region.condition.items()]
    if region.principal == EVERYONE:
        conditions += _sparing(kept)
    taken = {one.sid for one in policy.statements}
    names = (f"{_SID}{number}" if number > 1 else _SID for number in count(1))
    sid = next(name for name in names if name not in taken)
    deny = Statement(
        len(policy.statements), Effect.DENY, actions, Principals((region.principal,)), resources, tuple(conditions), sid
    )
    mended = _as_read(policy, (*policy.statements, deny))
    return Mended(mended, deny=mended.statements[-1])


_SID = "DenyOutsideAccess"


def _condition(label: Label, key: str) -> Condition:
    quantifier = Quantifier.ANY if is_multivalued(label.key) else None
    return Condition(Operator(positive(label.operator), quantifier), key, (label.text,))


def _sparing(kept: Kept) -> Iterator[Condition]:
    """Yield conditions that fail for those who are to be kept.

    Source: IAM User Guide, "AWS global condition context keys": of `aws:PrincipalIsAWSService` it says that it is
    absent from requests without a signature; the value of `aws:PrincipalAccount` is `anonymous` there.
    """
    if kept.organization_id is not None:
        yield Condition(_NOT_EQUAL, "aws:PrincipalOrgID", (kept.organization_id,))
    if kept.accounts:
        yield Condition(_NOT_EQUAL, "aws:PrincipalAccount", kept.accounts)
    if kept.arns:
        yield Condition(Operator(BASE_OPERATORS["ArnNotLike"]), "aws:PrincipalArn", kept.arns)
    yield Condition(Operator(BASE_OPERATORS["Bool"], if_exists=True), "aws:PrincipalIsAWSService", ("false",))


_NOT_EQUAL = Operator(BASE_OPERATORS["StringNotEquals"])
