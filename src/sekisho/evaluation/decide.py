"""The decision: what a policy says of one request, and which statements say so."""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial

import msgspec

from sekisho.evaluation.conditions import Context, condition_holds, condition_test, single_value
from sekisho.evaluation.principals import Names, names_of, principals_match
from sekisho.evaluation.request import Caller, Request
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
    """Say whether a statement is about a request: its principal, action, resource and every condition.

    Args:
        statement: of a resource policy; one without a principal element, as in an identity policy, is about everyone.
        request: the request.
        variables: whether the policy's version knows policy variables.
    """
    principals, context = statement.principals, request.context
    return (
        (principals is None or principals_match(principals, request.caller, deny=statement.effect is _DENY))
        and actions_match(statement.actions, request.action)
        and resources_match(statement.resources, request.resource, context, variables=variables)
        and all(condition_holds(one, context, variables=variables) for one in statement.conditions)
    )


class StatementsTest:
    """Statements, to be asked of any number of requests: what several have in common is found out once."""

    __slots__ = ("_tests",)

    def __init__(self) -> None:
        """Take no statement yet."""
        self._tests: list[_Test] = []

    def add(self, statement: Statement, *, variables: bool) -> None:
        """Add a statement; `variables` says whether its policy's version knows policy variables."""
        principals = statement.principals
        names, is_about = None, None
        if principals is not None:
            if principals.negated:
                is_about = partial(principals_match, principals, deny=statement.effect is _DENY)
            else:
                names = names_of(principals.entries)
        self._tests.append(_Test(1 << len(self._tests), statement, variables, names, is_about))

    def matching(self, request: Request) -> int:
        """Return the statements for which `statement_matches` holds, as bits: the first one's is the lowest."""
        caller, context = request.caller, request.context
        asked = request.action, request.resource
        found = 0
        for test in self._tests:
            if test.names is not None:
                for fact, values in test.names:
                    if getattr(caller, fact) in values:
                        break
                else:
                    continue
            elif test.is_about is not None and not test.is_about(caller):
                continue
            covers = test.covers.get(asked)
            if not (_covers(test, request) if covers is None else covers):
                continue
            if test.conditions is None:
                test.conditions = _conditions_of(test)
            for holds in test.conditions:
                if not holds(context):
                    break
            else:
                found |= test.bit
        return found


class _Test(msgspec.Struct, gc=False):
    """What a statement asks of a request, as far as that was found out.

    Attributes:
        names: what the caller has to be named by; None where that does not matter, or is not all that does.
        is_about: the test of the caller, for a `NotPrincipal`.
        covers: whether the statement covers an action on a resource.
        conditions: the tests of the context.
    """

    bit: int
    statement: Statement
    variables: bool
    names: Names | None
    is_about: Callable[[Caller], bool] | None
    covers: dict[tuple[str, str], bool] = {}
    conditions: list[Callable[[Context], bool]] | None = None


def _covers(test: _Test, request: Request) -> bool:
    """Say whether a statement covers the action on the resource; keep what is so whatever else is asked."""
    variables, resources = test.variables, test.statement.resources
    covers = actions_match(test.statement.actions, request.action) and resources_match(
        resources, request.resource, request.context, variables=variables
    )
    if resources is None or not (variables and "$" in "".join(resources.globs)):
        test.covers[request.action, request.resource] = covers
    return covers


def _conditions_of(test: _Test) -> list[Callable[[Context], bool]]:
    return [condition_test(one, variables=test.variables) for one in test.statement.conditions]


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
