"""The decision: what a policy says of one request, and which statements say so."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sekisho.evaluation.conditions import Context, condition_holds, single_value
from sekisho.evaluation.principals import principals_match
from sekisho.evaluation.request import Request
from sekisho.policy import Effect, Patterns, Policy, Statement
from sekisho.policy.catalogue import action_matches
from sekisho.policy.patterns import parse_resource_glob, resolve, resource_pattern_matches


class Outcome(Enum):
    """What a policy says of a request."""

    ALLOW = "allow"
    DENY = "deny"
    NO_MATCH = "no match"


@dataclass(frozen=True, slots=True)
class Decision:
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
    denies = tuple([statement for statement in statements if statement.effect is Effect.DENY])
    if denies:
        return Decision(Outcome.DENY, denies)
    if statements:
        return Decision(Outcome.ALLOW, statements)
    return Decision(Outcome.NO_MATCH)


def statement_matches(statement: Statement, request: Request, *, variables: bool) -> bool:
    """Say whether a statement is about the request: its principal, action, resource and every condition.

    Args:
        statement: of a resource policy; one without a principal element, as in an identity policy, is about everyone.
        request: the request.
        variables: whether the policy's version knows policy variables.
    """
    deny = statement.effect is Effect.DENY
    return (
        (statement.principals is None or principals_match(statement.principals, request.caller, deny=deny))
        and actions_match(statement.actions, request.action)
        and resources_match(statement.resources, request.resource, request.context, variables=variables)
        and all(condition_holds(condition, request.context, variables=variables) for condition in statement.conditions)
    )


def actions_match(actions: Patterns, action: str) -> bool:
    """Say whether an `Action` or `NotAction` element covers an action."""
    return any(action_matches(glob, action) for glob in actions.globs) != actions.negated


def resources_match(resources: Patterns | None, resource: str, context: Context, *, variables: bool) -> bool:
    """Say whether a `Resource` or `NotResource` element covers a resource; a missing element covers every one.

    A variable without a value matches nothing. Source: IAM User Guide, "IAM JSON policy elements: Resource".
    """
    if resources is None:
        return True
    matched = any(_resource_matches(glob, resource, context, variables=variables) for glob in resources.globs)
    return matched != resources.negated


def _resource_matches(glob: str, resource: str, context: Context, *, variables: bool) -> bool:
    if glob in {"*", resource}:
        return True
    pattern = resolve(parse_resource_glob(glob, variables=variables), lambda key: single_value(context, key))
    return pattern is not None and resource_pattern_matches(pattern, resource)
