"""What of today's permissions was not used: services, actions, statements and resources."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sekisho.activity.visibility import Hidden
from sekisho.analyzers.least_privilege.activity import Grant
from sekisho.analyzers.least_privilege.overlap import are_apart
from sekisho.analyzers.least_privilege.today import Piece, Today
from sekisho.policy import Effect, Policy, Statement
from sekisho.policy.catalogue import actions_covered, levels_of_actions

RISKIEST_FIRST: Final = ("Permissions management", "Write", "Tagging", "Read", "List")

GIVE_RIGHTS: Final = frozenset({"iam", "organizations", "sso", "sts"})
"""Services whose actions decide what others, or the principal itself, may do: they come first."""


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """A service that today's policies allow something of.

    Attributes:
        service: the prefix of its actions.
        used: the actions that were done.
        unseen: those that are kept, as nothing could have shown their use.
        unused: the others, with their access levels, the riskiest first.
    """

    service: str
    used: tuple[str, ...]
    unseen: tuple[str, ...]
    unused: Mapping[str, str]

    @property
    def is_unused(self) -> bool:
        """Whether nothing of it was used, and nothing is kept."""
        return not self.used and not self.unseen

    @property
    def riskiest(self) -> tuple[str, ...]:
        """The unused actions of the riskiest level that there is."""
        riskiest = next(iter(self.unused.values()), None)
        return tuple(name for name, level in self.unused.items() if level == riskiest)

    @property
    def risk(self) -> int:
        """The place in `RISKIEST_FIRST` of the riskiest unused action."""
        return next(map(RISKIEST_FIRST.index, self.unused.values()), len(RISKIEST_FIRST))


@dataclass(frozen=True, slots=True)
class StatementUse:
    """An Allow of today's policies.

    Attributes:
        policy: the name of the policy it stands in.
        statement: its `Sid`, or its place.
        actions: how many actions it allows.
        used: how many of them were done on what it is about.
        unseen: how many are kept, as nothing could have shown their use.
        unused_resources: values of its `Resource` that nothing was done on.
    """

    policy: str
    statement: str
    actions: int
    used: int
    unseen: int
    unused_resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Uses:
    """What of today's permissions was used, and what not; services with the riskiest unused actions come first."""

    services: tuple[ServiceUse, ...]
    statements: tuple[StatementUse, ...]

    @property
    def unused_services(self) -> tuple[ServiceUse, ...]:
        """The services of which nothing was used."""
        return tuple(one for one in self.services if one.is_unused)

    @property
    def unused_actions(self) -> int:
        """How many actions were not used, those of unused services among them."""
        return sum(len(one.unused) for one in self.services)


def uses_of(today: Today, done: Collection[Grant], hidden: Mapping[str, Hidden]) -> Uses:
    """Return what of today's permissions was used.

    Args:
        today: what is allowed today.
        done: what was done and is allowed.
        hidden: the actions that are kept, as nothing could have shown their use.
    """
    used = {grant.action for grant in done}
    allowed = _allowed(today)
    found = [_service_use(service, names, used, hidden) for service, names in allowed.items()]
    found.sort(key=lambda one: (one.service not in GIVE_RIGHTS, one.risk, -len(one.riskiest), one.service))
    return Uses(tuple(found), tuple(_statement_use(piece, done, hidden) for piece in today.allows))


def _allowed(today: Today) -> Mapping[str, list[str]]:
    """Return the actions that some Allow is about and neither a Deny nor the boundary rules out, by service."""
    names = _all_of(one.statement for one in today.allows)
    names -= _all_of(
        one.statement for one in today.denies if one.resources == ("*",) and not (one.is_negated or one.block)
    )
    boundary = today.permissions.boundary
    if boundary is not None:
        names &= allowed_by(boundary.policy)
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(name.partition(":")[0], []).append(name)
    return found


def _all_of(statements: Iterable[Statement]) -> frozenset[str]:
    return frozenset[str]().union(*(actions_covered(one.actions) for one in statements))


def allowed_by(policy: Policy) -> frozenset[str]:
    """Return the actions that some Allow of a policy is about."""
    return _all_of(one for one in policy.statements if one.effect is Effect.ALLOW)


def _service_use(service: str, names: Iterable[str], used: set[str], hidden: Mapping[str, Hidden]) -> ServiceUse:
    levels = levels_of_actions(service)
    own = set(names)
    unused = sorted(own - used - hidden.keys(), key=lambda name: (RISKIEST_FIRST.index(levels[name]), name))
    return ServiceUse(
        service,
        tuple(sorted(own & used)),
        tuple(sorted(own & hidden.keys() - used)),
        {name: levels[name] for name in unused},
    )


def _statement_use(piece: Piece, done: Iterable[Grant], hidden: Mapping[str, Hidden]) -> StatementUse:
    actions = actions_covered(piece.statement.actions)
    about = [grant for grant in done if grant.action in actions]
    touched = [grant for grant in about if any(not _is_apart(grant, value) for value in _values(piece))]
    unseen = len(actions & hidden.keys())
    idle = (
        ()
        if piece.is_negated or unseen
        else tuple(value for value in piece.resources if all(_is_apart(grant, value) for grant in about))
    )
    return StatementUse(
        piece.policy,
        piece.statement.sid or piece.statement.path,
        len(actions),
        len({grant.action for grant in touched} - hidden.keys()),
        unseen,
        idle,
    )


def _values(piece: Piece) -> tuple[str, ...]:
    return ("*",) if piece.is_negated else piece.resources


def _is_apart(grant: Grant, value: str) -> bool:
    return value != "*" and are_apart(grant.resource, value)
