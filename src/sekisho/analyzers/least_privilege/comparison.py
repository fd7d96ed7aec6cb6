"""A proposal set against what is attached today: what is unused, what takes its place, and the proof of both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sekisho.activity.visibility import WITHOUT_CALL, Hidden, actions_without_calls
from sekisho.analyzers.least_privilege.activity import Grant
from sekisho.analyzers.least_privilege.containment import Proof, compare_policies
from sekisho.analyzers.least_privilege.patterns import Width
from sekisho.analyzers.least_privilege.policies import LARGEST_MANAGED_POLICY, Proposal, patterns_of, size_of
from sekisho.analyzers.least_privilege.proof import NotAllowed, prove
from sekisho.analyzers.least_privilege.replacement import Allowed, Missing, replace_policies
from sekisho.analyzers.least_privilege.today import Today, today_of
from sekisho.analyzers.least_privilege.unused import Uses, allowed_by, uses_of
from sekisho.policy import Effect, Patterns, Policy, Version, parse_policy
from sekisho.policy.catalogue import actions_covered
from sekisho.resources.identity_policies import Permissions


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A proposal that could not be set against today's policies, and why, in words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a proposal when it was set against today's policies.

    Attributes:
        permissions: what is attached today.
        uses: what of it was used.
        kept: what is kept though nothing could have shown its use.
        missing: what was done, is not allowed today, and is not added.
        conditional: what was done and is allowed today only under conditions, with the statements they stand in.
        proof: that the replacement allows no more, and nothing less of what was done.
        oversized: how many of the policies fit into no managed policy.
    """

    permissions: Permissions
    uses: Uses
    kept: tuple[Allowed, ...]
    missing: tuple[Missing, ...]
    conditional: Mapping[Grant, tuple[str, ...]]
    proof: Proof
    oversized: int = 0


def compare_with_today(
    proposal: Proposal, permissions: Permissions, hidden: Mapping[str, Hidden], *, width: Width, context: bool
) -> Proposal:
    """Return a proposal whose policies take the place of today's, with what that changes.

    Args:
        proposal: what was done, as policies.
        permissions: what is attached today; where not all of it is known, the policies stay as they are.
        hidden: the actions whose use the trail could not have shown; empty where they are not to be kept.
        width: how resources are written.
        context: whether the conditions are written that held each time.
    """
    if permissions.unknown:
        return replace(proposal, comparison=NotCompared(permissions.unknown))
    principal = proposal.activity.principal
    today = today_of(permissions, permissions.principal or principal)
    needed = patterns_of(proposal.granted, width, context=context)
    unseen = _unseen(hidden, today, {action for action, _ in needed})
    found = replace_policies(today, needed, unseen)
    lacking = {one.grant for one in found.missing}
    done = [
        grant
        for (action, keys), patterns in needed.items()
        for arns in patterns.values()
        for arn in arns
        if (grant := Grant(action, arn, keys)) not in lacking
    ]
    new = [parse_policy(json.dumps(one)) for one in found.policies]
    before = [one.policy for one in permissions.policies]
    proof = compare_policies(permissions.principal or principal, today.known, before, new, done)
    comparison = Comparison(
        permissions,
        uses_of(today, done, unseen),
        tuple(one for one in found.allowed if one.hidden is not None),
        found.missing,
        found.conditional,
        proof,
        sum(size_of(one) > LARGEST_MANAGED_POLICY for one in found.policies),
    )
    written = {one.resource for one in found.allowed}
    return replace(
        proposal,
        policies=found.policies,
        widened={value: number for value, number in proposal.widened.items() if value in written},
        not_allowed=_not_allowed(before, new, done, principal),
        comparison=comparison,
    )


def _unseen(hidden: Mapping[str, Hidden], today: Today, used: set[str]) -> Mapping[str, Hidden]:
    """Return the actions whose grants are kept: those that are named in full and no call is named after as well."""
    without_call = dict.fromkeys(_named(today) & actions_without_calls() - used, WITHOUT_CALL) if hidden else {}
    found = {**without_call, **hidden}
    boundary = today.permissions.boundary
    return {action: found[action] for action in found.keys() & allowed_by(boundary.policy)} if boundary else found


def _named(today: Today) -> frozenset[str]:
    """Return the actions that an Allow names in full."""
    globs = (glob for one in today.allows if not one.statement.actions.negated for glob in one.statement.actions.globs)
    return actions_covered(Patterns(tuple(dict.fromkeys(glob for glob in globs if not {"*", "?"} & set(glob)))))


def _not_allowed(today: list[Policy], new: list[Policy], done: list[Grant], principal: str) -> tuple[NotAllowed, ...]:
    """Return what was done that the evaluator allows by today's policies, and not by the new ones."""
    refused = {one.grant for one in prove([_as_one(today)], done, principal)}
    return prove([_as_one(new)], [grant for grant in done if grant not in refused], principal)


def _as_one(policies: list[Policy]) -> Policy:
    """Return policies as one, without Denies that hang on conditions: what was done was not refused by them."""
    statements = (one for policy in policies for one in policy.statements)
    return Policy(tuple(one for one in statements if one.effect is Effect.ALLOW or not one.conditions), Version.V2012)
