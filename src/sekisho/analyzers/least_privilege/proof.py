"""The proof of a generated policy: each thing that was done is put to the evaluator."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from sekisho.analyzers.least_privilege.activity import Grant
from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Patterns, Policy, Statement
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
    abouts = [_About(policy) for policy in policies]
    about: dict[str, Sequence[Policy]] = {}
    refused: list[NotAllowed] = []
    for grant in grants:
        if grant.action not in about:
            about[grant.action] = tuple(filter(None, (one.only(grant.action) for one in abouts)))
        resource = unescaped(grant.resource)
        requests = (Request(caller, grant.action, resource, context) for context in contexts(grant))
        if not all(_is_allowed(about[grant.action], request) for request in requests):
            refused.append(NotAllowed(grant))
    return tuple(refused)


class _About:
    """The statements of a policy that are about an action, as all others decide nothing of it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._named: dict[str, list[Statement]] = defaultdict(list)
        self._others: list[Statement] = []
        for one in policy.statements:
            if one.actions.negated or any("*" in glob or "?" in glob for glob in one.actions.globs):
                self._others.append(one)
                continue
            for name in {glob.lower() for glob in one.actions.globs}:
                self._named[name].append(one)

    def only(self, action: str) -> Policy | None:
        """Return the policy with nothing else; None where it has nothing about the action."""
        found = [one for one in self._others if actions_match(one.actions, action)]
        named = [replace(one, actions=Patterns((action,))) for one in self._named.get(action.lower(), ())]
        return replace(self._policy, statements=(*named, *found)) if named or found else None


def _is_allowed(policies: Sequence[Policy], request: Request) -> bool:
    return any(evaluate_policy(policy, request).outcome is Outcome.ALLOW for policy in policies)
