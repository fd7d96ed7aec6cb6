"""The decision: what a policy says of one request, and which statements say so."""

from collections.abc import Iterable
from enum import Enum

import msgspec

from sekisho.evaluation.conditions import ConditionTest, Context, single_value
from sekisho.evaluation.principals import principals_test
from sekisho.evaluation.request import Request
from sekisho.policy import Effect, Patterns, Policy, Statement
from sekisho.policy.catalogue import action_matches
from sekisho.policy.patterns import parse_resource_glob, resolve, resource_matches_plainly, resource_pattern_matches


class Outcome(Enum):
    """What a policy says of a request."""

    ALLOW = "allow"
    DENY = "deny"
    NO_MATCH = "no match"


class Decision(msgspec.Struct, frozen=True, gc=False):
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
    variables = policy.version.has_variables
    return decide(one for one in policy.statements if statement_matches(one, request, variables=variables))


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
    """Say whether a statement is about one request, as `StatementTest` does."""
    return StatementTest(statement, variables=variables).matches(request)


class StatementTest:
    """A statement, to be asked of any number of requests: what several have in common is found out once."""

    __slots__ = ("_conditions", "_covers", "_is_about", "_statement", "_variables")

    def __init__(self, statement: Statement, *, variables: bool) -> None:
        """Take a statement.

        Args:
            statement: of a resource policy; one without a principal element, as in an identity policy, is about
                everyone.
            variables: whether the policy's version knows policy variables.
        """
        self._statement = statement
        self._variables = variables
        principals = statement.principals
        self._is_about = None if principals is None else principals_test(principals, deny=statement.effect is _DENY)
        self._covers: dict[tuple[str, str], bool] = {}
        self._conditions: list[ConditionTest] | None = None

    def matches(self, request: Request) -> bool:
        """Say whether the statement is about a request: its principal, action, resource and every condition."""
        if self._is_about is not None and not self._is_about(request.caller):
            return False
        covers = self._covers.get((request.action, request.resource))
        if not (self._covers_what_is_asked(request) if covers is None else covers):
            return False
        if self._conditions is None:
            self._conditions = [ConditionTest(one, variables=self._variables) for one in self._statement.conditions]
        for condition in self._conditions:  # noqa: SIM110 - a loop, not `all`: this is asked for every request
            if not condition.holds(request.context):
                return False
        return True

    def _covers_what_is_asked(self, request: Request) -> bool:
        """Say whether the statement covers the action on the resource; keep what is so whatever else is asked."""
        actions, resources = self._statement.actions, self._statement.resources
        covers = actions_match(actions, request.action) and resources_match(
            resources, request.resource, request.context, variables=self._variables
        )
        if resources is None or not (self._variables and "$" in "".join(resources.globs)):
            self._covers[request.action, request.resource] = covers
        return covers


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
