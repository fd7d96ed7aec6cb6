"""Grants as policies: few statements in one order, split where IAM's limits ask for it."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sekisho.activity.visibility import Hidden
from sekisho.analyzers.least_privilege.activity import Activity, Context, Evidence, Grant
from sekisho.analyzers.least_privilege.drafts import Draft, Statement, joined, one_or_list, statement_of
from sekisho.analyzers.least_privilege.patterns import Width, widen, width_of
from sekisho.analyzers.least_privilege.proof import NotAllowed, own_context, prove
from sekisho.analyzers.least_privilege.requests import Requests
from sekisho.analyzers.least_privilege.suggestions import Offer, Suggestion, offer
from sekisho.analyzers.least_privilege.tag_conditions import Tags, is_of_principal
from sekisho.analyzers.least_privilege.tag_history import TagHistory
from sekisho.analyzers.least_privilege.widened import Patterns, widened
from sekisho.policy import parse_policy
from sekisho.policy.resource_types import arn_fits, parse_arn_template, placeholder_arns, resources_of_action

if TYPE_CHECKING:
    from sekisho.analyzers.least_privilege.comparison import Comparison, NotCompared

LARGEST_MANAGED_POLICY: Final = 6144
"""How many characters a managed policy may have, white space aside.

Source: IAM User Guide, "IAM and AWS STS quotas".
"""

MOST_MANAGED_POLICIES: Final = 10
"""How many managed policies a role or user may have, unless AWS has raised it. Source: the same."""


class Conditions(Enum):
    """Which conditions are written."""

    NONE = "none"
    SAFE = "safe"
    """Those that follow from what was done: `iam:PassedToService`, `kms:ViaService`, …."""
    ALL = "all"
    """All others that held each time as well."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The policies under which all of it would have worked.

    Attributes:
        activity: what was done.
        granted: what the policies are made of, with what shows it.
        policies: policy documents; each fits into a managed policy.
        widened: patterns that stand for more than one ARN, or for another one, with how many.
        not_allowed: what was done and is not allowed by them, which is a fault of ours; nothing otherwise.
        suggestions: conditions that held each time and are not sure to hold the next time.
        conditions: which were written: the suggestions are among them with `Conditions.ALL`.
        is_template: whether they have placeholders, of which nobody can say what they allow.
        comparison: where the policies take the place of today's, what that changes; None where nobody asked.
        unrecorded: what the principal evidently does and the trail does not record.
    """

    activity: Activity
    granted: Mapping[Grant, Evidence]
    policies: tuple[Mapping[str, Any], ...]
    widened: Mapping[str, int]
    not_allowed: tuple[NotAllowed, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    conditions: Conditions = Conditions.SAFE
    is_template: bool = False
    comparison: "Comparison | NotCompared | None" = None
    unrecorded: tuple[Hidden, ...] = ()


def propose(
    activity: Activity,
    *,
    width: Width = Width.GROUPED,
    denied: bool = False,
    conditions: Conditions = Conditions.SAFE,
    history: TagHistory | None = None,
) -> Proposal:
    """Return the policies under which all that a principal did would have worked.

    Args:
        activity: what it did.
        width: how resources are written.
        denied: whether what was denied is granted as well.
        conditions: which are written. Those that are not, and held each time, are offered, unless none are wanted.
        history: which tags there were.
    """
    wanted = dict(activity.grants)
    if denied:
        wanted |= _wanted_in_vain(activity)
    is_plain = conditions is Conditions.NONE
    granted = _without_context(wanted) if is_plain else wanted
    if width is Width.PLACEHOLDERS:
        templates = _drafts(_placeholders(_without_repeats(granted), activity.principal.split(":")[1]), granted)
        return Proposal(activity, wanted, _policies(joined(templates)), {}, conditions=conditions, is_template=True)
    found = patterns_of(wanted, width, context=not is_plain)
    resources = {key: frozenset(patterns) for key, patterns in found.items()}
    numbers = widened(found, activity.aside or (), width)
    drafts = tuple(_drafts(resources, granted))
    requests = Requests(activity, Tags(history or TagHistory(), activity.principal, activity.grants))
    offered = Offer() if is_plain else offer(drafts, activity, requests, partial(_written, width=width))
    is_all = conditions is Conditions.ALL
    used = offered.drafts if is_all else tuple(joined(drafts))
    policies = _policies(used)
    parsed = [parse_policy(json.dumps(one)) for one in policies]
    not_allowed = prove(parsed, wanted, activity.principal, requests.contexts(used) if is_all else own_context)
    for alike in activity.aside or ():
        contexts = requests.contexts_of(alike, used) if is_all else own_context
        not_allowed += prove(parsed, alike.grants(), activity.principal, contexts)
    return Proposal(
        activity,
        wanted,
        policies,
        _stands_for(used, numbers),
        not_allowed,
        tuple(one for one in offered.suggestions if _is_harmless(one, activity.principal, requests)),
        conditions,
    )


def _wanted_in_vain(activity: Activity) -> Mapping[Grant, Evidence]:
    """Return what would have allowed what was denied: an action on a resource may be denied for several reasons."""
    found: dict[Grant, Evidence] = {}
    for one, seen in activity.denied.items():
        if resources_of_action(one.action) is not None:  # what AWS names and nobody knows can be in no policy
            found.setdefault(one.wanted, Evidence()).join(seen)
    return found


def _policies(drafts: Iterable[Draft]) -> tuple[Mapping[str, Any], ...]:
    return tuple(map(_policy, split(map(statement_of, drafts))))


def _policy(statements: Sequence[Statement]) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _is_harmless(suggestion: Suggestion, principal: str, requests: Requests) -> bool:
    """Say whether all that a statement is about was allowed by it: the evaluator is asked.

    What has the resources of a statement that was proven is asked about once for each way in which it was done.
    """
    draft = suggestion.draft
    policy = parse_policy(json.dumps(_policy([statement_of(draft)])))
    contexts = requests.contexts([draft])
    grants: Collection[Grant] = draft.grants
    if not suggestion.instead_of:
        grants = {(one.action, id(contexts(one))): one for one in draft.grants}.values()
    return not prove([policy], grants, principal, contexts)


def _stands_for(drafts: Iterable[Draft], numbers: Mapping[str, int]) -> Mapping[str, int]:
    """Return for how many ARNs each pattern stands that is written."""
    found: dict[str, int] = {}
    for draft in drafts:
        if any(map(is_of_principal, draft.conditions)):
            found[draft.resources[0]] = len({grant.resource for grant in draft.grants})
        found |= {one: numbers[one] for one in draft.resources if one in numbers and one not in found}
    return dict(sorted(found.items()))


def _drafts(resources: Mapping[tuple[str, Context], frozenset[str]], granted: Collection[Grant]) -> Iterator[Draft]:
    """Yield a statement for each action under each context, with what was done by it."""
    done: dict[tuple[str, Context], set[Grant]] = defaultdict(set)
    for grant in granted:
        context = () if _is_repeated(grant, granted) else grant.context
        done[grant.action, context].add(grant)
    for (action, context), patterns in resources.items():
        yield Draft((action,), tuple(sorted(patterns)), context, frozenset(done[action, context]))


def _written(action: str, arns: Iterable[str], *, width: Width) -> Iterable[str]:
    return widen(arns, width_of(action, width))


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


def _without_repeats(grants: Collection[Grant]) -> list[Grant]:
    """Leave out what is granted under a condition and without one as well."""
    return [grant for grant in grants if not _is_repeated(grant, grants)]


def _is_repeated(grant: Grant, grants: Collection[Grant]) -> bool:
    """Say whether something is granted under a condition and without one as well."""
    return bool(grant.context) and Grant(grant.action, grant.resource) in grants


def patterns_of(granted: Mapping[Grant, Evidence], width: Width, *, context: bool) -> Patterns:
    """Return the patterns of each action under each condition, each with the ARNs that it stands for.

    The arguments are those of `propose`.
    """
    recorded: dict[tuple[str, Context], set[str]] = defaultdict(set)
    for grant in _needed(granted, context=context):
        recorded[grant.action, grant.context].add(grant.resource)
    return {key: widen(arns, width_of(key[0], width)) for key, arns in recorded.items()}


def _needed(granted: Mapping[Grant, Evidence], *, context: bool) -> list[Grant]:
    return _without_repeats(granted if context else _without_context(granted))


def split(statements: Iterable[Statement]) -> Iterator[list[Statement]]:
    """Yield the statements of each policy, in order, as many as fit; one that cannot be cut stands alone."""
    policy: list[Statement] = []
    size = _EMPTY
    for statement in _small_enough(statements):
        more = size_of(statement) + 1
        if policy and size + more > LARGEST_MANAGED_POLICY:
            yield policy
            policy, size = [], _EMPTY
        policy.append(statement)
        size += more
    if policy:
        yield policy


_EMPTY: Final = len('{"Version":"2012-10-17","Statement":[]}')


def size_of(statement: Statement) -> int:
    """Return how many characters a statement or a policy has, white space aside."""
    return len(json.dumps(statement, separators=(",", ":"), ensure_ascii=False))


def _small_enough(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield statements that fit into a policy each: one too large in halves, of its resources or else its actions."""
    for statement in statements:
        if size_of(statement) + _EMPTY <= LARGEST_MANAGED_POLICY:
            yield statement
            continue
        halves = list(_halves(statement))
        yield from _small_enough(halves) if len(halves) > 1 else halves


def _halves(statement: Statement) -> Iterator[Statement]:
    for element in ("Resource", "Action"):
        values: str | list[str] = statement.get(element, "")
        if not isinstance(values, str):
            middle = len(values) // 2
            for part, some in (("a", values[:middle]), ("b", values[middle:])):
                named = {"Sid": f"{statement['Sid']}{part}"} if "Sid" in statement else {}
                yield {**statement, **named, element: one_or_list(some)}
            return
    yield statement
