"""Conditions that held each time, offered: each with the statement that it would make, and what shows it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeAlias

from sekisho.activity.permission import Basis
from sekisho.analyzers.least_privilege import conditions
from sekisho.analyzers.least_privilege.activity import Activity, Evidence, Grant
from sekisho.analyzers.least_privilege.circumstances import Circumstances
from sekisho.analyzers.least_privilege.drafts import Condition, Draft, joined
from sekisho.analyzers.least_privilege.requests import Requests
from sekisho.analyzers.least_privilege.tag_conditions import Tags, constant, is_of_principal, matched

Widen: TypeAlias = Callable[[str, Iterable[str]], Iterable[str]]
"""How the resources of an action are written."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A condition that can be written as well.

    Attributes:
        condition: the clauses of it.
        draft: the statement that it makes, with this condition alone.
        evidence: the records that met it, which are all of those that the statement is about.
        instead_of: the ARNs in place of which the statement has a pattern; none where its resources stay the same.
        without_tag: ARNs of the same kind of which no such tag is known; they stay listed.
    """

    condition: Condition
    draft: Draft
    evidence: Evidence
    instead_of: tuple[str, ...] = ()
    without_tag: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """All conditions that can be written as well.

    Attributes:
        suggestions: each on its own.
        drafts: the statements with all of them.
    """

    suggestions: tuple[Suggestion, ...] = ()
    drafts: tuple[Draft, ...] = ()


def offer(drafts: Iterable[Draft], activity: Activity, requests: Requests, widen: Widen) -> Offer:
    """Return which conditions held each time that something was done.

    Args:
        drafts: of one action each.
        activity: what the principal did.
        requests: what is known of how it did that.
        widen: how resources are written.
    """
    inferred = frozenset(grant for grant, seen in activity.grants.items() if Basis.INFERRED in seen.bases)
    seen = _Seen(activity, requests.tags, requests.ranges, widen, inferred)
    parts = chain.from_iterable(map(seen.by_tags, map(seen.on_parameters, seen.in_regions(list(drafts)))))
    whole = tuple(joined(map(seen.on_requests, joined(parts))))
    return Offer(tuple(chain.from_iterable(map(seen.suggestions, whole))), whole)


@dataclass(slots=True)
class _Seen:
    """What is known of how a principal did what it did."""

    activity: Activity
    tags: Tags
    ranges: tuple[str, ...]
    widen: Widen
    inferred: frozenset[Grant]
    without_tag: dict[tuple[tuple[str, ...], Condition], set[str]] = field(
        default_factory=lambda: defaultdict(set[str])
    )

    def in_regions(self, drafts: Sequence[Draft]) -> Iterator[Draft]:
        """Yield drafts, with the condition on their Region where the principal works in few."""
        is_regional = [self._is_direct_evidence(one) and conditions.is_regional(one) for one in drafts]
        some = [one for one, is_one in zip(drafts, is_regional, strict=True) if is_one]
        regions = frozenset(chain.from_iterable(self._circumstances(one).regions for one in some))
        is_few = 0 < len(regions) <= conditions.MOST_REGIONS and "" not in regions
        is_often = self._are_often(some)
        for draft, is_one in zip(drafts, is_regional, strict=True):
            yield _under(draft, conditions.in_regions(regions)) if is_one and is_few and is_often else draft

    def on_parameters(self, draft: Draft) -> Draft:
        """Return a draft with the conditions that the parameters of its calls met."""
        if not (self._is_seen(draft) and self._are_often([draft])):
            return draft
        return _under(draft, *conditions.of_parameters(draft.actions[0], self._circumstances(draft)))

    def by_tags(self, draft: Draft) -> Iterator[Draft]:
        """Yield a draft with the tags that its resources had alike; or patterns by tags, and what they leave."""
        if not self._is_seen(draft):
            yield draft
            return
        left = set(draft.grants)
        for match in matched(draft, self.tags):
            yield match.draft
            left -= match.draft.grants
            self.without_tag[match.draft.resources, match.condition].update(match.without)
        if len(left) == len(draft.grants):
            yield _under(draft, *constant(draft, self.tags)) if self._are_often([draft]) else draft
        elif left:
            resources = self.widen(draft.actions[0], {grant.resource for grant in left})
            yield replace(draft, resources=tuple(sorted(resources)), grants=frozenset(left))

    def on_requests(self, draft: Draft) -> Draft:
        """Return a draft with the conditions on whence and how its requests came."""
        if not (self._is_direct_evidence(draft) and self._are_often([draft])):
            return draft
        return _under(draft, *conditions.of_requests(self._circumstances(draft), self.ranges))

    def suggestions(self, draft: Draft) -> Iterator[Suggestion]:
        """Yield each condition of a draft on its own; what has a pattern for its tags has it always."""
        of_tags = tuple(filter(is_of_principal, draft.conditions))
        evidence = self._evidence(draft) if draft.conditions else Evidence()
        for condition in draft.conditions:
            mine = is_of_principal(condition)
            yield Suggestion(
                condition,
                replace(draft, conditions=(condition,) if mine else (*of_tags, condition)),
                evidence,
                tuple(sorted({grant.resource for grant in draft.grants})) if mine else (),
                tuple(sorted(self.without_tag[draft.resources, condition])) if mine else (),
            )

    def _is_seen(self, draft: Draft) -> bool:
        return draft.grants <= self.activity.ways.keys()

    def _is_direct_evidence(self, draft: Draft) -> bool:
        """Say whether it is known how each request came: of one that is inferred from another it is not."""
        return self._is_seen(draft) and self.inferred.isdisjoint(draft.grants)

    def _are_often(self, drafts: Iterable[Draft]) -> bool:
        """Say whether what was done by these was done often enough to say anything."""
        uses = (self.activity.grants[grant].count for draft in drafts for grant in draft.grants)
        return sum(uses) >= conditions.FEWEST_USES

    def _circumstances(self, draft: Draft) -> Circumstances:
        return Circumstances(chain.from_iterable(self.activity.ways[grant] for grant in draft.grants))

    def _evidence(self, draft: Draft) -> Evidence:
        together = Evidence()
        for grant in draft.grants:
            together.join(self.activity.grants[grant])
        return together


def _under(draft: Draft, *more: Condition) -> Draft:
    return replace(draft, conditions=(*draft.conditions, *more))
