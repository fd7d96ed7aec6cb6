"""The proof that policies allow no more than others, and lose nothing that was done: the reasoner is asked.

Every request of the principal is meant: any action, resource and condition keys. What is contained while Denies that
both have are left aside is contained with them as well; only where it is not, they are put to the reasoner too.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from sekisho.analyzers.least_privilege.activity import Context, Grant
from sekisho.analyzers.least_privilege.overlap import is_exact
from sekisho.analyzers.steps import steps_of_each
from sekisho.evaluation import CallerKind, Request
from sekisho.evaluation.conditions import Context as Keys
from sekisho.policy import Effect, Patterns, Policy, Principal, PrincipalForm, Principals, Statement
from sekisho.policy.actions import ActionTable
from sekisho.policy.patterns import unescaped
from sekisho.reasoning import (
    Document,
    Gate,
    Inside,
    Question,
    Target,
    UndecidedError,
    View,
    Wanted,
    World,
    gained,
)

MOST_AT_ONCE: Final = 100
"""How many resources one question is about."""

MOST_TOLD: Final = 5
"""How many requests are kept that show that something does not hold."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the reasoner found.

    Attributes:
        more: requests that the policies allow and the others do not; some, where there are many.
        lost: requests that were made, which the others allow and the policies do not.
        undecided: what could not be decided, and why, in words.
    """

    more: tuple[Request, ...] = ()
    lost: tuple[Request, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything was decided, and nothing was found."""
        return not (self.more or self.lost or self.undecided)


def compare_policies(
    principal: str, known: Keys, today: Sequence[Policy], new: Sequence[Policy], done: Iterable[Grant]
) -> Proof:
    """Say whether new policies of a principal allow no more than today's, and all that was done and today's allow.

    Args:
        principal: its ARN.
        known: condition keys that all its requests have, in lower case.
        today: its policies.
        new: those that are to take their place; their Allows name actions in full.
        done: what was done, in any order.
    """
    anything = (Target(0, (View(""),), open_ended=True),)
    given, needed = [_Subject(actions, anything) for actions in _alike(new)], list(_subjects(done))
    steps = steps_of_each(len(given) + len(needed), in_full=_QUESTIONS_IN_FULL)
    asked = _Asked(principal, known, _denies(today) == _denies(new), steps)
    more = [asked.allowed_only_by(new, today, subject) for subject in given]
    lost = [asked.allowed_only_by(today, new, subject) for subject in needed]
    return Proof(
        tuple(one for found in more if not isinstance(found, str) for one in found)[:MOST_TOLD],
        tuple(one for found in lost if not isinstance(found, str) for one in found)[:MOST_TOLD],
        tuple(dict.fromkeys(found for found in (*more, *lost) if isinstance(found, str))),
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What one question is about.

    Attributes:
        given: condition keys of its requests, in lower case.
    """

    actions: tuple[str, ...]
    targets: tuple[Target, ...]
    given: Keys = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def name(self) -> str:
        named = sorted(self.actions)[:MOST_TOLD]
        return ", ".join([*named, *(["…"] if len(self.actions) > MOST_TOLD else [])])


def _alike(policies: Iterable[Policy]) -> list[tuple[str, ...]]:
    """Return the actions that are allowed, those of the same statements together."""
    allowing: dict[str, list[tuple[int, int]]] = {}
    for number, policy in enumerate(policies):
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                for action in statement.actions.globs:
                    allowing.setdefault(action, []).append((number, statement.index))
    groups: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for action, where in allowing.items():
        groups.setdefault(tuple(where), []).append(action)
    return [tuple(group) for group in groups.values()]


def _denies(policies: Iterable[Policy]) -> frozenset[object]:
    """Return what is denied, whatever the order and the names of the statements."""
    return frozenset(
        (policy.version.has_variables, one.actions, one.resources, one.conditions)
        for policy in policies
        for one in policy.statements
        if one.effect is Effect.DENY
    )


def _subjects(done: Iterable[Grant]) -> Iterator[_Subject]:
    """Yield what was done, some resources of an action under one condition at once."""
    found: dict[tuple[str, Context], list[Target]] = {}
    for grant in done:
        found.setdefault((grant.action, grant.context), []).append(_target(grant.resource))
    for (action, context), targets in found.items():
        given = {key.lower(): values for key, values in context}
        for at in range(0, len(targets), MOST_AT_ONCE):
            yield _Subject((action,), tuple(targets[at : at + MOST_AT_ONCE]), given)


def _target(resource: str) -> Target:
    """Return a resource as it was recorded, or all that begin as it does where it ends in a star."""
    start = resource.removesuffix("*")
    if start != resource and is_exact(start):
        return Target(0, (View(unescaped(start)),), open_ended=True)
    return Target(0, (View(unescaped(resource)),))


_QUESTIONS_IN_FULL: Final = 4
"""How many questions there are the usual steps for; where there are more, they share these."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Puts questions about a principal to the reasoner."""

    principal: str
    known: Keys
    have_same_denies: bool
    steps: int

    def allowed_only_by(
        self, some: Sequence[Policy], others: Sequence[Policy], subject: _Subject
    ) -> list[Request] | str:
        """Return requests that some policies allow and others do not, one for each group; or why that is not known."""
        if self.have_same_denies:
            with suppress(UndecidedError):  # with the Denies it may be another matter
                if not self._gained(some, others, subject, denies=False):
                    return []
        try:
            return self._gained(some, others, subject, denies=True)
        except UndecidedError as error:
            return f"{subject.name}: {error}"

    def _gained(
        self, some: Sequence[Policy], others: Sequence[Policy], subject: _Subject, *, denies: bool
    ) -> list[Request]:
        table = ActionTable(subject.actions)
        before, after = (self._gate(_about(one, table, denies=denies)) for one in (others, some))
        _, partition, _, _, account, _ = self.principal.split(":", 5)
        world = World(
            partition,
            Inside(frozenset({account})),
            frozenset({CallerKind.AWS}),
            frozenset(),
            {**self.known, **subject.given},
            Wanted.ANYONE,
        )
        targets = tuple(replace(target, actions=table.all) for target in subject.targets)
        regions = gained(Question((before,), targets, table, world), (after,), steps=self.steps)
        return [next(iter(region.witnesses.values())).request for region in regions]

    def _gate(self, policies: Sequence[Policy]) -> Gate:
        who = Principals((Principal(PrincipalForm.IDENTITY, self.principal),))
        named = [
            replace(policy, statements=tuple(replace(one, principals=who) for one in policy.statements))
            for policy in policies
        ]
        return Gate(tuple(Document(str(number), policy, self.principal) for number, policy in enumerate(named)))


def _about(policies: Iterable[Policy], actions: ActionTable, *, denies: bool) -> list[Policy]:
    """Return policies with those statements alone that are about some actions, as all others decide nothing of them."""
    return [
        replace(
            policy,
            statements=tuple(
                part
                for one in policy.statements
                if (denies or one.effect is Effect.ALLOW) and actions.covered(one.actions)
                for part in _by_resource(one)
            ),
        )
        for policy in policies
    ]


def _by_resource(statement: Statement) -> Iterator[Statement]:
    """Yield a statement once for each resource where these have variables.

    It says the same, and the reasoner sees where another policy has the same resource with the same variable.
    """
    resources = statement.resources
    if resources is None or resources.negated or not any("${" in glob for glob in resources.globs):
        yield statement
        return
    for glob in resources.globs:
        yield replace(statement, resources=Patterns((glob,)))
