"""The decision: what a policy says of one request, and which statements say so."""

from collections.abc import Iterable
from enum import Enum

import msgspec

from sekisho.evaluation.conditions import Context, condition_holds, single_value
from sekisho.evaluation.principals import principals_match
from sekisho.evaluation.request import Request
from sekisho.policy import Effect, Patterns, Policy, Statement
from sekisho.policy.catalogue import action_matches
from sekisho.policy.patterns import parse_resource_glob, resolve, resource_matches_plainly, resource_pattern_matches


class Outcome(Enum):
    """What a policy says of a request."""

    ALLOW = "allow"
    DENY = "deny"
    NO_MATCH = "no match"


class Decision(msgspec.Struct, frozen=True):
    """An outcome with its reasons.

    Attributes:
        because: the statements that decide: every matching Deny, else every matching Allow, else none.
    """

    outcome: Outcome
    because: tuple[Statement, ...] = ()


def evaluate_policy(policy: Policy, request: Request) -> Decision:
    """Decide one request by one policy: any matching Deny wins, else any matching Allow, else nothing is said.

    Source: IAM User Guide, "Policy evaluation logic".
    """
    return decide(
        statement
        for statement in policy.statements
        if statement_matches(statement, request, variables=policy.version.has_variables)
    )


def decide(matching: Iterable[Statement]) -> Decision:
    """Combine the statements that match a request into the decision."""
    statements = tuple(matching)
    outcome = outcome_of(statements)
    if outcome is Outcome.DENY:
        return Decision(outcome, tuple([statement for statement in statements if statement.effect is _DENY]))
    return Decision(outcome, statements)


def outcome_of(matching: Iterable[Statement]) -> Outcome:
    """Return what the statements say together that match a request."""
    outcome = _NO_MATCH
    for statement in matching:
        if statement.effect is _DENY:
            return Outcome.DENY
        outcome = _ALLOW
    return outcome


def statement_matches(statement: Statement, request: Request, *, variables: bool) -> bool:
    """Say whether a statement is about the request: its principal, action, resource and every condition.

    Args:
        statement: of a resource policy; one without a principal element, as in an identity policy, is about everyone.
        request: the request.
        variables: whether the policy's version knows policy variables.
    """
    principals = statement.principals
    if principals is not None and not principals_match(principals, request.caller, deny=statement.effect is _DENY):
        return False
    if not actions_match(statement.actions, request.action):
        return False
    if not resources_match(statement.resources, request.resource, request.context, variables=variables):
        return False
    for condition in statement.conditions:  # noqa: SIM110 - a loop, not `all`: most statements have none
        if not condition_holds(condition, request.context, variables=variables):
            return False
    return True


_DENY, _ALLOW, _NO_MATCH = Effect.DENY, Outcome.ALLOW, Outcome.NO_MATCH


def actions_match(actions: Patterns, action: str) -> bool:
    """Say whether an `Action` or `NotAction` element covers an action."""
    for glob in actions.globs:
        if action_matches(glob, action):
            return not actions.negated
    return actions.negated


def resources_match(resources: Patterns | None, resource: str, context: Context, *, variables: bool) -> bool:
    """Say whether a `Resource` or `NotResource` element covers a resource; a missing element covers every one.

    A variable without a value matches nothing. Source: IAM User Guide, "IAM JSON policy elements: Resource".
    """
    if resources is None:
        return True
    for glob in resources.globs:
        if _resource_matches(glob, resource, context, variables=variables):
            return not resources.negated
    return resources.negated


def _resource_matches(glob: str, resource: str, context: Context, *, variables: bool) -> bool:
    matched = resource_matches_plainly(glob, resource)
    if matched is not None:
        return matched
    pattern = resolve(parse_resource_glob(glob, variables=variables), lambda key: single_value(context, key))
    return pattern is not None and resource_pattern_matches(pattern, resource)
