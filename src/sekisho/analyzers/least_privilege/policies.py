"""Grants as policies: few statements in one order, split where IAM's limits ask for it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from sekisho.analyzers.least_privilege.activity import Activity, Context, Evidence, Grant
from sekisho.analyzers.least_privilege.patterns import Width, widen
from sekisho.analyzers.least_privilege.proof import NotAllowed, prove
from sekisho.policy import parse_policy
from sekisho.policy.resource_types import arn_fits, parse_arn_template, placeholder_arns

LARGEST_MANAGED_POLICY: Final = 6144
"""How many characters a managed policy may have, white space aside.

Source: IAM User Guide, "IAM and AWS STS quotas".
"""

MOST_MANAGED_POLICIES: Final = 10
"""How many managed policies a role or user may have, unless AWS has raised it. Source: the same."""

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The policies under which all of it would have worked.

    Attributes:
        activity: what was done.
        granted: what the policies are made of, with what shows it.
        policies: policy documents; each fits into a managed policy.
        widened: patterns that stand for more than one ARN, or for another one, with how many.
        not_allowed: what was done and is not allowed by them, which is a fault of ours; nothing otherwise.
        is_template: whether they have placeholders, of which nobody can say what they allow.
    """

    activity: Activity
    granted: Mapping[Grant, Evidence]
    policies: tuple[Mapping[str, Any], ...]
    widened: Mapping[str, int]
    not_allowed: tuple[NotAllowed, ...] = ()
    is_template: bool = False


def propose(
    activity: Activity, *, width: Width = Width.GROUPED, denied: bool = False, context: bool = True
) -> Proposal:
    """Return the policies under which all that a principal did would have worked.

    Args:
        activity: what it did.
        width: how resources are written.
        denied: whether what was denied is granted as well.
        context: whether conditions are written that held each time: `iam:PassedToService`, `kms:ViaService`, ….
    """
    wanted = dict(activity.grants)
    if denied:
        wanted |= {Grant(one.action, one.resource): seen for one, seen in activity.denied.items()}
    needed = _without_repeats(wanted if context else _without_context(wanted))
    if width is Width.PLACEHOLDERS:
        templates = _policies(_placeholders(needed, activity.principal.split(":")[1]))
        return Proposal(activity, wanted, templates, {}, is_template=True)
    resources, widened = _widened(needed, width)
    policies = _policies(resources)
    parsed = [parse_policy(json.dumps(one)) for one in policies]
    return Proposal(activity, wanted, policies, widened, prove(parsed, wanted, activity.principal))


def _policies(resources: Mapping[tuple[str, Context], frozenset[str]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {"Version": "2012-10-17", "Statement": list(statements)} for statements in _split(_statements(resources))
    )


def _placeholders(grants: Iterable[Grant], partition: str) -> Mapping[tuple[str, Context], frozenset[str]]:
    """Return what each action works on under each condition: of several kinds, those that it was used on."""
    used: dict[tuple[str, Context], set[str]] = defaultdict(set)
    for grant in grants:
        used[grant.action, grant.context].add(grant.resource)
    return {
        (action, context): _templates(placeholder_arns(action, partition), arns)
        for (action, context), arns in used.items()
        if not context or (action, ()) not in used
    }


def _templates(templates: Iterable[str], arns: Iterable[str]) -> frozenset[str]:
    """Return those of an action's templates that what it was used on fits; all where none does, or nobody knows."""
    all_of_them = frozenset(templates)
    return (
        frozenset(
            one for one in all_of_them if any(arn_fits(parse_arn_template(one), arn) for arn in arns if one != "*")
        )
        or all_of_them
    )


def _without_context(grants: Mapping[Grant, Evidence]) -> Mapping[Grant, Evidence]:
    plain: dict[Grant, Evidence] = {}
    for grant, seen in grants.items():
        plain.setdefault(Grant(grant.action, grant.resource), Evidence()).join(seen)
    return plain


def _without_repeats(grants: Iterable[Grant]) -> list[Grant]:
    """Leave out what is granted under a condition and without one as well."""
    plain = {(grant.action, grant.resource) for grant in grants if not grant.context}
    return [grant for grant in grants if not grant.context or (grant.action, grant.resource) not in plain]


def _widened(
    grants: Iterable[Grant], width: Width
) -> tuple[Mapping[tuple[str, Context], frozenset[str]], Mapping[str, int]]:
    """Return the resources of each action under each condition, and how many ARNs each pattern stands for."""
    recorded: dict[tuple[str, Context], set[str]] = defaultdict(set)
    for grant in grants:
        recorded[grant.action, grant.context].add(grant.resource)
    resources: dict[tuple[str, Context], frozenset[str]] = {}
    widened: dict[str, set[str]] = defaultdict(set)
    for key, arns in recorded.items():
        patterns = widen(arns, _width(key[0], width))
        resources[key] = frozenset(patterns)
        for pattern, covered in patterns.items():
            if covered != frozenset({pattern}):
                widened[pattern] |= covered
    return resources, {pattern: len(covered) for pattern, covered in sorted(widened.items())}


def _width(action: str, asked: Width) -> Width:
    """Return how the resources of an action are written: who may become or pass whom is always listed."""
    return Width.EXACT if asked is Width.GROUPED and action.startswith(("iam:", "sts:")) else asked


def _statements(resources: Mapping[tuple[str, Context], frozenset[str]]) -> Iterator[Statement]:
    """Yield statements: one for each set of resources and condition, those of a service together, in one order."""
    actions: dict[tuple[tuple[str, ...], Context], set[str]] = defaultdict(set)
    for (action, context), patterns in resources.items():
        actions[tuple(sorted(patterns)), context].add(action)
    for (arns, context), some in sorted(actions.items(), key=lambda one: (sorted(one[1]), one[0])):
        yield _statement(sorted(some), arns, context)


def _statement(actions: Sequence[str], arns: Sequence[str], context: Context) -> Statement:
    statement: dict[str, Any] = {
        "Sid": _sid(actions, arns, context),
        "Effect": "Allow",
        "Action": _one_or_list(actions),
        "Resource": _one_or_list(arns),
    }
    if context:
        statement["Condition"] = {"StringEquals": {key: _one_or_list(values) for key, values in context}}
    return statement


def _one_or_list(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _sid(actions: Sequence[str], arns: Sequence[str], context: Context) -> str:
    """Return a name that stays the same as long as the statement is about the same: `Sqs3f9a1c`."""
    services = {action.partition(":")[0] for action in actions}
    name = "".join(part.capitalize() for part in min(services).split("-")) if len(services) == 1 else "Several"
    return name + blake2b(repr((arns, context)).encode(), digest_size=4).hexdigest()


def _split(statements: Iterable[Statement]) -> Iterator[list[Statement]]:
    """Yield the statements of each policy, in order, as many as fit."""
    policy: list[Statement] = []
    size = _EMPTY
    for statement in _small_enough(statements):
        more = _size(statement) + 1
        if policy and size + more > LARGEST_MANAGED_POLICY:
            yield policy
            policy, size = [], _EMPTY
        policy.append(statement)
        size += more
    if policy:
        yield policy


_EMPTY: Final = len('{"Version":"2012-10-17","Statement":[]}')


def _size(statement: Statement) -> int:
    return len(json.dumps(statement, separators=(",", ":"), ensure_ascii=False))


def _small_enough(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield statements that fit into a policy each: one too large in halves, of its resources or else its actions."""
    for statement in statements:
        if _size(statement) + _EMPTY <= LARGEST_MANAGED_POLICY:
            yield statement
            continue
        halves = list(_halves(statement))
        yield from _small_enough(halves) if len(halves) > 1 else halves


def _halves(statement: Statement) -> Iterator[Statement]:
    for element in ("Resource", "Action"):
        values: str | list[str] = statement[element]
        if not isinstance(values, str):
            middle = len(values) // 2
            for part, some in (("a", values[:middle]), ("b", values[middle:])):
                yield {**statement, "Sid": f"{statement['Sid']}{part}", element: _one_or_list(some)}
            return
    yield statement
