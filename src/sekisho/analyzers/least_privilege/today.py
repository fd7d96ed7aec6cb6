"""Today's permissions as pieces: each Allow and each Deny by itself, with what is known of the principal put in."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sekisho.analyzers.least_privilege.overlap import are_apart, is_within
from sekisho.evaluation.conditions import Context as Keys
from sekisho.evaluation.conditions import condition_holds
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Condition, Effect, Patterns, Statement
from sekisho.policy.catalogue import actions_covered, levels_of_actions
from sekisho.policy.patterns import literal
from sekisho.resources.identity_policies import IdentityPolicy, Permissions

Block = Mapping[str, Mapping[str, tuple[str, ...]]]
"""A condition block: by operator and key, the values."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A statement.

    Attributes:
        policy: the name of the policy it stands in.
        statement: as it stands there.
        resources: the values of its `Resource` or `NotResource`, as a policy of 2012 writes them.
        is_negated: whether they are those of a `NotResource`.
        written: the same as they stand there, or as a policy of 2012 would write them.
        block: its conditions.
    """

    policy: str
    statement: Statement
    resources: tuple[str, ...]
    is_negated: bool
    written: tuple[str, ...]
    block: Block

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.statement.sid or self.statement.path} of {self.policy}"

    def is_about(self, action: str) -> bool:
        """Say whether it is about an action, on whatever resource."""
        actions = self.statement.actions
        service = action.partition(":")[0]
        return (
            action in actions_covered(actions)
            if action in levels_of_actions(service)
            else actions_match(actions, action)
        )

    def covers(self, resource: str) -> bool:
        """Say whether it is about all that a value matches."""
        if self.is_negated:
            return all(are_apart(resource, one) for one in self.resources)
        return any(is_within(resource, one) for one in self.resources)


@dataclass(frozen=True, slots=True)
class Today:
    """What a principal may do today.

    Attributes:
        permissions: the policies that it is made of.
        known: condition keys of every request of the principal, in lower case, with their values.
    """

    permissions: Permissions
    known: Keys
    allows: tuple[Piece, ...]
    denies: tuple[Piece, ...]
    _about: dict[str, Sequence[Piece]] = field(default_factory=dict[str, Sequence[Piece]])

    def allowing(self, action: str) -> Sequence[Piece]:
        """Return the Allows that are about an action."""
        if action not in self._about:
            self._about[action] = [one for one in self.allows if one.is_about(action)]
        return self._about[action]

    def may_hold(self, piece: Piece, context: Keys) -> bool:
        """Say whether all conditions of a piece may hold, given some of the keys."""
        known = {**self.known, **context}
        return all(_holds(one, known) is not False for one in piece.statement.conditions)

    def denying(self, action: str, resource: str, context: Keys) -> Piece | None:
        """Return a Deny that refuses an action on a resource for certain; None where none does."""
        known = {**self.known, **context}
        for piece in self.denies:
            is_about = piece.is_about(action) and piece.covers(resource)
            if is_about and all(_holds(one, known) is True for one in piece.statement.conditions):
                return piece
        return None


def today_of(permissions: Permissions, principal: str) -> Today:
    """Return what a principal may do by its identity policies.

    Args:
        permissions: what is attached to it.
        principal: its ARN.
    """
    known = facts_of(principal)
    pieces = [piece for one in permissions.policies for piece in _pieces(one, known)]
    return Today(
        permissions,
        known,
        tuple(one for one in pieces if one.statement.effect is Effect.ALLOW),
        tuple(one for one in pieces if one.statement.effect is Effect.DENY),
    )


def facts_of(principal: str) -> Keys:
    """Return the condition keys that follow from who a principal is, and are the same for all its requests.

    Source: IAM User Guide, "AWS global condition context keys", properties of the principal.
    """
    account, resource = principal.split(":", 5)[4:]
    facts: dict[str, tuple[str, ...]] = {"aws:principalarn": (principal,), "aws:principalaccount": (account,)}
    if resource.startswith("user/"):
        facts["aws:username"] = (resource.rpartition("/")[2],)
    return facts


def _pieces(one: IdentityPolicy, known: Keys) -> Iterator[Piece]:
    for statement in one.policy.statements:
        has_variables = one.policy.version.has_variables
        values = statement.resources or Patterns(("*",))
        written = values.globs if has_variables else tuple(map(_plain, values.globs))
        resources = tuple(_filled(value, known) for value in written)
        block = _block(statement.conditions, has_variables=has_variables)
        yield Piece(one.name, statement, resources, values.negated, written, block)


def _block(conditions: Iterable[Condition], *, has_variables: bool) -> Block:
    block: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in conditions:
        values = one.values if has_variables else tuple(map(_plain, one.values))
        block.setdefault(str(one.operator), {})[one.key] = values
    return block


def _filled(value: str, known: Keys) -> str:
    """Return a value with the variables filled in whose values are known."""
    return _VARIABLE.sub(lambda found: _value(found[0], found[1], known), value) if "${" in value else value


_VARIABLE: Final = re.compile(r"\$\{\s*([^},*?$]+?)\s*\}")


def _value(text: str, key: str, known: Keys) -> str:
    values = known.get(key.lower(), ())
    return literal(values[0]) if len(values) == 1 else text


def _plain(value: str) -> str:
    """Return a value of the older version, in which there are no variables, as a policy of 2012 writes it."""
    return value.replace("${", "${$}{")


def _holds(condition: Condition, known: Keys) -> bool | None:
    """Say whether a condition holds; None where that hangs on what is not known."""
    if condition.key.lower() not in known or any("${" in value for value in condition.values):
        return None
    return condition_holds(condition, known, variables=True)
