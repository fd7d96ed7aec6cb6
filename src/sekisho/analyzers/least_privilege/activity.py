"""What a principal did, as permissions: each with the records that show it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import msgspec

from sekisho.activity.actions.known import find_action
from sekisho.activity.call import Call
from sekisho.activity.dependent_actions import hints_of
from sekisho.activity.needs import NO_PROFILES, Needs, needs_of
from sekisho.activity.outcome import Denial, Outcome
from sekisho.activity.permission import Basis, Permission, Reach
from sekisho.activity.request_context import context_of
from sekisho.activity.usage import Usage, UseOf, call_of
from sekisho.analyzers.least_privilege.circumstances import RequestKeys, Way, way_of, with_way
from sekisho.policy.patterns import literal

if TYPE_CHECKING:
    from sekisho.analyzers.least_privilege.aside import Aside

Context = tuple[tuple[str, tuple[str, ...]], ...]
"""Condition keys with their values, sorted."""


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What records show, apart from how many they are and when.

    Attributes:
        call: `s3.amazonaws.com GetObject`.
        region: where.
        rule: what says that the call needs this; empty where nothing is needed.
        basis: how that is known; `reach`: how well the resource is known. None where nothing is needed.
    """

    call: str
    region: str
    rule: str = ""
    basis: Basis | None = None
    reach: Reach | None = None


class Evidence(msgspec.Struct, gc=False):
    """The records that show that something was needed.

    Attributes:
        count: how many.
        first: the earliest `eventTime`; `last`: the latest.
        samples: a few `eventID`s, sorted.
        shown: what they show, each once.
    """

    count: int = 0
    first: str = "~"
    last: str = ""
    samples: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = ()

    def see(self, use: UseOf, shown: Shown) -> None:
        """Add the records of a row."""
        self.count += use.count
        self.first = min(self.first, use.first)
        self.last = max(self.last, use.last)
        if use.sample:
            self._keep(use.sample)
        if shown not in self.shown:
            self.shown += (shown,)

    def join(self, other: "Evidence") -> None:
        """Add what another one shows."""
        self.count += other.count
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        for sample in other.samples:
            self._keep(sample)
        self.shown += tuple(one for one in other.shown if one not in self.shown)

    def _keep(self, sample: str) -> None:
        if not self.samples:
            self.samples = (sample,)
        elif sample not in self.samples and (len(self.samples) < MOST_SAMPLES or sample < self.samples[-1]):
            self.samples = tuple(sorted((*self.samples, sample))[:MOST_SAMPLES])

    @property
    def calls(self) -> frozenset[str]:
        """The calls, `s3.amazonaws.com GetObject`."""
        return frozenset(one.call for one in self.shown)

    @property
    def regions(self) -> frozenset[str]:
        """Where."""
        return frozenset(one.region for one in self.shown)

    @property
    def rules(self) -> frozenset[str]:
        """What says that these calls need this."""
        return frozenset(one.rule for one in self.shown if one.rule)

    @property
    def bases(self) -> frozenset[Basis]:
        """How that is known."""
        return frozenset(one.basis for one in self.shown if one.basis)

    @property
    def reaches(self) -> frozenset[Reach]:
        """How well the resource is known."""
        return frozenset(one.reach for one in self.shown if one.reach)


class Grant(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """Something that a policy has to allow.

    Attributes:
        action: as the catalogue spells it.
        resource: an ARN or a pattern, as a policy writes it.
        context: the condition under which that is enough.
    """

    action: str
    resource: str
    context: Context = ()


class Denied(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """An action that was not allowed, and did not succeed on that resource either.

    Attributes:
        action: as AWS names it, or as its call would have it.
        resource: an ARN; `*` where nobody says which.
        reason: what AWS says stood in the way; empty where it says nothing.
        context: the condition under which it would have been enough, as far as the call tells it.
    """

    action: str
    resource: str
    reason: str
    context: Context = ()

    @property
    def wanted(self) -> Grant:
        """What would have had to be allowed."""
        return Grant(self.action, self.resource, self.context)


class Unmapped(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
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
        ways: of each of `grants`, where and how it was used.
        addresses: the `sourceIPAddress`es of its calls, names of services among them; None where they are not known, or
            are too many.
        aside: has what is like one of `grants` in all but its resource, which is not among them; None where all are.
    """

    principal: str
    grants: dict[Grant, Evidence] = field(default_factory=dict[Grant, Evidence])
    denied: dict[Denied, Evidence] = field(default_factory=dict[Denied, Evidence])
    refused: dict[Grant, Evidence] = field(default_factory=dict[Grant, Evidence])
    unmapped: dict[Unmapped, Evidence] = field(default_factory=dict[Unmapped, Evidence])
    free: dict[Unmapped, Evidence] = field(default_factory=dict[Unmapped, Evidence])
    assumed: set[str] = field(default_factory=set[str])
    hints: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ways: dict[Grant, tuple[Way, ...]] = field(default_factory=dict[Grant, tuple[Way, ...]])
    addresses: frozenset[str] | None = None
    aside: "Aside | None" = None


def activity_of(
    principal: str,
    uses: Iterable[UseOf],
    profiles: Mapping[str, str] = NO_PROFILES,
    addresses: frozenset[str] | None = None,
    aside: "Aside | None" = None,
) -> Activity:
    """Return what a principal did.

    Args:
        principal: its ARN.
        uses: its rows, in any order.
        profiles: the roles of instance profiles, as far as they are known.
        addresses: the `sourceIPAddress`es of its calls.
        aside: takes what need not be held; None to hold everything.
    """
    activity = Activity(principal, addresses=addresses, aside=aside)
    known: dict[tuple[str, str, str, str, str, str], tuple[Needs, tuple[RequestKeys, ...]]] = {}
    done: set[tuple[str, str]] = set()
    for use in uses:
        row = use.usage
        key = (row.source, row.name, row.account, row.region, row.invoked_by, row.call)
        understood = known.get(key)
        if understood is None:
            call = call_of(row)
            needs = needs_of(call, profiles)
            understood = needs, tuple(_request_keys(call, needs))
            if len(known) < _MOST_KNOWN:
                known[key] = understood
        _take(activity, use, *understood)
        if row.outcome in _GRANTED:
            done.add((row.source, row.name))
        if aside is not None and len(activity.grants) >= aside.most_held:
            aside.relieve(activity)
    actions = {grant.action for grant in activity.grants}
    for hint in chain.from_iterable(hints_of(source, name) for source, name in done):
        if hint.action not in actions:
            activity.hints[hint.action].add(hint.because_of)
    if aside is not None:
        aside.give_back(activity)
    activity.denied = {one: seen for one, seen in activity.denied.items() if not _is_done(one.wanted, activity)}
    activity.refused = {grant: seen for grant, seen in activity.refused.items() if grant not in activity.grants}
    return activity


_DENIED: Final = Outcome.DENIED.value
_GRANTED: Final = frozenset({Outcome.SUCCEEDED.value, Outcome.FAILED.value})
_MOST_KNOWN: Final = 1024
MOST_SAMPLES: Final = 3


def _is_done(wanted: Grant, activity: Activity) -> bool:
    """Say whether something was done under a condition, or without any."""
    return wanted in activity.grants or Grant(wanted.action, wanted.resource) in activity.grants


def _request_keys(call: Call, needs: Needs) -> Iterator[RequestKeys]:
    """Yield the condition keys of the request for each action on each resource, in order."""
    for permission in needs.permissions:
        for resource in permission.resources:
            yield context_of(call, permission.action, resource)


def _take(activity: Activity, use: UseOf, needs: Needs, request_keys: tuple[RequestKeys, ...]) -> None:
    row = use.usage
    if row.outcome == _DENIED:
        denied = tuple(_denied(row, needs))
        for one in denied:
            activity.denied.setdefault(one, Evidence()).see(use, _shown(row.source, row.name, row.region))
        if denied:
            return
    if not needs.permissions:
        call = Unmapped(row.source, row.name, needs.why_none)
        kind = activity.free if needs.is_mapped else activity.unmapped
        kind.setdefault(call, Evidence()).see(use, _shown(row.source, row.name, row.region))
        return
    into = activity.grants if row.outcome in _GRANTED else activity.refused
    activity.assumed.update(needs.assumed)
    keys = iter(request_keys)
    for permission in needs.permissions:
        shown = _shown(row.source, row.name, row.region, (permission.rule, permission.basis, permission.reach))
        for grant in _grants(permission):
            seen = into.get(grant)
            if seen is None:
                seen = into[grant] = Evidence()
            seen.see(use, shown)
            if into is activity.grants:
                way = way_of(row.region, row.endpoint, row.invoked_by, next(keys), has_mfa=row.has_mfa)
                activity.ways[grant] = with_way(activity.ways.get(grant, ()), way)


@lru_cache(maxsize=16384)
def _shown(source: str, name: str, region: str, of: tuple[str, Basis | None, Reach | None] = ("", None, None)) -> Shown:
    """Return what records show: one value for all records that show the same."""
    return Shown(f"{source} {name}", region, *of)


def _parts(action: str) -> tuple[str, str]:
    prefix, _, name = action.partition(":")
    return prefix.lower(), name


def _grants(permission: Permission) -> Iterator[Grant]:
    told = permission.context
    context = tuple(sorted((key, tuple(values)) for key, values in told.items())) if told else ()
    for resource in permission.resources:
        yield Grant(permission.action, resource, context)


def _denied(row: Usage, needs: Needs) -> Iterator[Denied]:
    """Yield what was not allowed: the action that AWS names, on what the record names; else all that the call needs."""
    said = Denial(*msgspec.json.decode(row.denial)) if row.denial else None
    if said:
        # Services name actions in any case: `SNS:Publish`, `sqs:sendmessage`.
        said = replace(said, action=find_action(*_parts(said.action)) or said.action)
    named = [one for one in needs.permissions if said is None or one.action == said.action]
    for permission in named:
        for grant in _grants(permission):
            yield Denied(grant.action, grant.resource, said.reason if said else "", grant.context)
    if said and not named:
        yield Denied(said.action, literal(said.resource) or "*", said.reason)
