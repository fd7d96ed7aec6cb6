"""What a principal did, as permissions: each with the records that show it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import msgspec

from sekisho.activity.dependent_actions import hints_of
from sekisho.activity.needs import NO_PROFILES, Needs, needs_of
from sekisho.activity.outcome import Denial, Outcome
from sekisho.activity.permission import Basis, Permission, Reach
from sekisho.activity.usage import Usage, UseOf, call_of
from sekisho.policy.patterns import literal

Context = tuple[tuple[str, tuple[str, ...]], ...]
"""Condition keys with their values, sorted."""


@dataclass(slots=True)
class Evidence:
    """The records that show that something was needed.

    Attributes:
        count: how many.
        first: the earliest `eventTime`; `last`: the latest.
        calls: the calls, `s3.amazonaws.com GetObject`.
        regions: where.
        samples: a few `eventID`s.
        rules: what says that these calls need this.
        bases: how that is known.
        reaches: how well the resource is known.
    """

    count: int = 0
    first: str = "~"
    last: str = ""
    calls: set[str] = field(default_factory=set[str])
    regions: set[str] = field(default_factory=set[str])
    samples: set[str] = field(default_factory=set[str])
    rules: set[str] = field(default_factory=set[str])
    bases: set[Basis] = field(default_factory=set[Basis])
    reaches: set[Reach] = field(default_factory=set[Reach])

    def see(self, use: UseOf) -> None:
        """Add the records of a row."""
        self.count += use.count
        self.first = min(self.first, use.first)
        self.last = max(self.last, use.last)
        self.calls.add(f"{use.usage.source} {use.usage.name}")
        self.regions.add(use.usage.region)
        self.samples = set(sorted(self.samples.union(use.samples))[:MOST_SAMPLES])

    def join(self, other: "Evidence") -> None:
        """Add what another one shows."""
        self.count += other.count
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.samples = set(sorted(self.samples | other.samples)[:MOST_SAMPLES])
        for name in ("calls", "regions", "rules", "bases", "reaches"):
            getattr(self, name).update(getattr(other, name))


@dataclass(frozen=True, slots=True)
class Grant:
    """Something that a policy has to allow.

    Attributes:
        action: as the catalogue spells it.
        resource: an ARN or a pattern, as a policy writes it.
        context: the condition under which that is enough.
    """

    action: str
    resource: str
    context: Context = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """An action that was not allowed, and did not succeed on that resource either.

    Attributes:
        action: as AWS names it, or as its call would have it.
        resource: an ARN; `*` where nobody says which.
        reason: what AWS says stood in the way; empty where it says nothing.
    """

    action: str
    resource: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A call of which it is not known which actions it needs."""

    source: str
    name: str
    why: str


@dataclass(slots=True)
class Activity:
    """What a principal did.

    Attributes:
        principal: the ARN of a role or user.
        grants: what was needed, with what shows it.
        denied: what was not allowed.
        refused: what was throttled or malformed, and is granted only where something else shows it.
        unmapped: calls of unknown actions.
        free: calls that need no permission.
        assumed: what had to be assumed, a sentence each.
        hints: actions that may be needed in some cases as well, and are not granted, with those because of which.
    """

    principal: str
    grants: dict[Grant, Evidence] = field(default_factory=dict[Grant, Evidence])
    denied: dict[Denied, Evidence] = field(default_factory=dict[Denied, Evidence])
    refused: dict[Grant, Evidence] = field(default_factory=dict[Grant, Evidence])
    unmapped: dict[Unmapped, Evidence] = field(default_factory=dict[Unmapped, Evidence])
    free: dict[Unmapped, Evidence] = field(default_factory=dict[Unmapped, Evidence])
    assumed: set[str] = field(default_factory=set[str])
    hints: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def activity_of(principal: str, uses: Iterable[UseOf], profiles: Mapping[str, str] = NO_PROFILES) -> Activity:
    """Return what a principal did.

    Args:
        principal: its ARN.
        uses: its rows, in any order.
        profiles: the roles of instance profiles, as far as they are known.
    """
    activity = Activity(principal)
    known: dict[tuple[str, str, str, str, str, str], Needs] = {}
    done: set[tuple[str, str]] = set()
    for use in uses:
        row = use.usage
        key = (row.source, row.name, row.account, row.region, row.invoked_by, row.call)
        needs = known.get(key)
        if needs is None:
            needs = needs_of(call_of(row), profiles)
            if len(known) < _MOST_KNOWN:
                known[key] = needs
        _take(activity, use, needs)
        if row.outcome in _GRANTED:
            done.add((row.source, row.name))
    actions = {grant.action for grant in activity.grants}
    for hint in chain.from_iterable(hints_of(source, name) for source, name in done):
        if hint.action not in actions:
            activity.hints[hint.action].add(hint.because_of)
    granted = {(grant.action, grant.resource) for grant in activity.grants}
    activity.denied = {one: seen for one, seen in activity.denied.items() if (one.action, one.resource) not in granted}
    activity.refused = {grant: seen for grant, seen in activity.refused.items() if grant not in activity.grants}
    return activity


_GRANTED: Final = frozenset({Outcome.SUCCEEDED.value, Outcome.FAILED.value})
_MOST_KNOWN: Final = 4096
MOST_SAMPLES: Final = 3


def _take(activity: Activity, use: UseOf, needs: Needs) -> None:
    outcome = Outcome(use.usage.outcome)
    denied = tuple(_denied(use.usage, needs)) if outcome is Outcome.DENIED else ()
    for one in denied:
        activity.denied.setdefault(one, Evidence()).see(use)
    if denied:
        return
    if not needs.permissions:
        call = Unmapped(use.usage.source, use.usage.name, needs.why_none)
        kind = activity.free if needs.is_mapped else activity.unmapped
        kind.setdefault(call, Evidence()).see(use)
        return
    into = activity.grants if outcome.value in _GRANTED else activity.refused
    activity.assumed.update(needs.assumed)
    for permission in needs.permissions:
        for grant in _grants(permission):
            seen = into.setdefault(grant, Evidence())
            seen.see(use)
            seen.rules.add(permission.rule)
            seen.bases.add(permission.basis)
            seen.reaches.add(permission.reach)


def _grants(permission: Permission) -> Iterator[Grant]:
    context = tuple(sorted((key, tuple(values)) for key, values in permission.context.items()))
    for resource in permission.resources:
        yield Grant(permission.action, resource, context)


def _denied(row: Usage, needs: Needs) -> Iterator[Denied]:
    """Yield what was not allowed: the action that AWS names, on what the record names; else all that the call needs."""
    said = Denial(*msgspec.json.decode(row.denial)) if row.denial else None
    named = [one for one in needs.permissions if said is None or one.action == said.action]
    for permission in named:
        for resource in permission.resources:
            yield Denied(permission.action, resource, said.reason if said else "")
    if said and not named:
        yield Denied(said.action, literal(said.resource) or "*", said.reason)
