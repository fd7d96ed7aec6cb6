"""The proof of a generated policy: each thing that was done is put to the evaluator."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from sekisho.analyzers.least_privilege.activity import Grant
from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Policy
from sekisho.policy.patterns import unescaped


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """Something that was done and that no policy allows."""

    grant: Grant


Contexts: TypeAlias = Callable[[Grant], Iterable[Mapping[str, tuple[str, ...]]]]
"""The condition keys of the requests that were made for a grant, in lower case, with their values."""


def own_context(grant: Grant) -> tuple[Mapping[str, tuple[str, ...]]]:
    """Return the condition keys that a grant names: those of one request."""
    return ({key.lower(): values for key, values in grant.context},)


def prove(
    policies: Sequence[Policy], grants: Iterable[Grant], principal: str, contexts: Contexts = own_context
) -> tuple[NotAllowed, ...]:
    """Return what of all that was done the policies do not allow together; nothing when they are enough.

    Args:
        policies: identity policies of the principal.
        grants: what was done, with the resources as they were recorded. A `*` in one, for an id that a call made,
            stands for itself.
        principal: the ARN of the role or user.
        contexts: of the requests that were made.
    """
    caller = Caller(CallerKind.AWS, account=principal.split(":")[4], principal_arn=principal)
    about: dict[str, Sequence[Policy]] = {}
    refused: list[NotAllowed] = []
    for grant in grants:
        if grant.action not in about:
            about[grant.action] = tuple(_about(policies, grant.action))
        resource = unescaped(grant.resource)
        requests = (Request(caller, grant.action, resource, context) for context in contexts(grant))
        if not all(_is_allowed(about[grant.action], request) for request in requests):
            refused.append(NotAllowed(grant))
    return tuple(refused)


def _about(policies: Iterable[Policy], action: str) -> Iterator[Policy]:
    """Yield policies with those statements alone that are about an action, as all others decide nothing of it."""
    for policy in policies:
        statements = tuple(one for one in policy.statements if actions_match(one.actions, action))
        if statements:
            yield replace(policy, statements=statements)


def _is_allowed(policies: Sequence[Policy], request: Request) -> bool:
    return any(evaluate_policy(policy, request).outcome is Outcome.ALLOW for policy in policies)
