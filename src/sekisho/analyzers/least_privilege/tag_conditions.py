"""Conditions on the tags of resources: those of the principal's own, and those that all resources have alike."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sekisho.activity.actions.parameters import words
from sekisho.analyzers.least_privilege.activity import Evidence, Grant
from sekisho.analyzers.least_privilege.drafts import Clause, Condition, Draft
from sekisho.analyzers.least_privilege.patterns import kind_of
from sekisho.analyzers.least_privilege.tag_history import CHANGED, TagHistory, Value
from sekisho.policy.catalogue import access_level
from sekisho.policy.patterns import literal, unescaped
from sekisho.policy.resource_types import arn_fits, resources_of_action

FEWEST_RESOURCES: Final = 3
"""How many resources have to have a tag before that says anything."""

MOST_CONSTANT: Final = 3

RESOURCE_TAG: Final = "aws:ResourceTag/"
PRINCIPAL_TAG: Final = "aws:PrincipalTag/"

_SUPPORTED: Final = "aws:ResourceTag/${TagKey}"
_KEY: Final = re.compile(r"(?!aws:)[\w .:/=+@-]{1,128}")

_NEVER: Final = frozenset({"s3", "iam", "sts"})
"""Services where no pattern with a condition on tags stands for what was listed.

Whom a principal may become or pass is always listed; tags of S3 count where a bucket was told to let them. Source:
Amazon S3 User Guide, "Using tags for attribute-based access control".
"""


@dataclass(frozen=True, slots=True)
class Matched:
    """Resources whose tag was the principal's own each time.

    Attributes:
        draft: a pattern of them all, under the condition.
        condition: that the tag is the principal's.
        without: ARNs of the same kind of which no such tag is known; they stay listed.
    """

    draft: Draft
    condition: Condition
    without: frozenset[str]


class Tags:
    """What is known of the tags of a principal and of what it used, at the times when it did."""

    def __init__(self, history: TagHistory, principal: str, evidence: Mapping[Grant, Evidence]) -> None:
        """Take the history, and what the principal did when."""
        self._history = history
        self._principal = principal
        self._evidence = evidence
        self.own_keys = frozenset(filter(_KEY.fullmatch, history.keys_of(principal)))
        """The keys that the principal is known to have."""

    def keys(self, grant: Grant) -> frozenset[str]:
        """Return the keys that the resource of a grant is known to have."""
        arn = unescaped(grant.resource)
        return frozenset(filter(_KEY.fullmatch, self._history.keys_of(arn)))

    def of_principal(self, key: str, grant: Grant) -> Value:
        """Return the principal's own value while it used a grant."""
        seen = self._evidence[grant]
        return self._history.value(self._principal, key, seen.first, seen.last)

    def of_resource(self, key: str, grant: Grant) -> Value:
        """Return the value of the resource of a grant while it was used."""
        seen = self._evidence[grant]
        return self._history.value(unescaped(grant.resource), key, seen.first, seen.last)


def matched(draft: Draft, tags: Tags) -> Iterator[Matched]:
    """Yield, for each kind of resource of an action, the tag that was the principal's own each time, if one was.

    Args:
        draft: of one action.
        tags: what is known of them.
    """
    (action,) = draft.actions
    if not tags.own_keys or action.partition(":")[0] in _NEVER or not _is_on_what_exists(action):
        return
    kinds: dict[str, set[Grant]] = defaultdict(set)
    for grant in draft.grants:
        if _is_concrete(grant.resource) and _takes_tags(action, grant.resource):
            kinds[kind_of(grant.resource)].add(grant)
    for kind, grants in sorted(kinds.items()):
        found = [one for key in sorted(tags.own_keys) if (one := _matched(draft, kind, grants, key, tags)) is not None]
        if found:
            yield max(found, key=lambda one: len(one.draft.grants))


def constant(draft: Draft, tags: Tags) -> Iterator[Condition]:
    """Yield the tags that all resources of an action had alike.

    Args:
        draft: of one action.
        tags: what is known of them.
    """
    (action,) = draft.actions
    grants = draft.grants
    if action.startswith("s3:") or not _is_on_what_exists(action):
        return
    if len({grant.resource for grant in grants}) < FEWEST_RESOURCES:
        return
    if not all(_is_concrete(grant.resource) and _takes_tags(action, grant.resource) for grant in grants):
        return
    shared = frozenset[str].intersection(*map(tags.keys, grants))
    told = 0
    for key in sorted(shared):
        values = {tags.of_resource(key, grant) for grant in grants}
        value = values.pop()
        if not values and isinstance(value, str) and told < MOST_CONSTANT:
            told += 1
            yield (Clause("StringEquals", f"{RESOURCE_TAG}{key}", (literal(value),)),)


def is_of_principal(condition: Condition) -> bool:
    """Say whether a condition compares a tag with the principal's own."""
    return any(PRINCIPAL_TAG in value for clause in condition for value in clause.values if "${" in value)


def _matched(draft: Draft, kind: str, grants: Iterable[Grant], key: str, tags: Tags) -> Matched | None:
    """Return the resources whose tag is the principal's; None where one has another, or they are too few."""
    equal: set[Grant] = set()
    without: set[str] = set()
    for grant in grants:
        value = tags.of_resource(key, grant)
        if value is None:
            without.add(grant.resource)
        elif value is CHANGED or value != tags.of_principal(key, grant):
            return None
        else:
            equal.add(grant)
    arns = {grant.resource for grant in equal} - without
    if len(arns) < FEWEST_RESOURCES:
        return None
    condition = (Clause("StringEquals", f"{RESOURCE_TAG}{key}", (f"${{{PRINCIPAL_TAG}{key}}}",)),)
    allowed = frozenset(grant for grant in equal if grant.resource in arns)
    pattern = Draft(draft.actions, (f"{kind}*",), draft.context, allowed, (*draft.conditions, condition))
    return Matched(pattern, condition, frozenset(without))


def _is_concrete(resource: str) -> bool:
    return resource.count(":") >= _COLONS and not set("*?") & set(resource.replace("${*}", "").replace("${?}", ""))


_COLONS: Final = 5


_MAKING: Final = re.compile(r"[\w-]+:(?:Create|Run|Allocate|Copy|Import|Register|Request|Purchase|Restore)")
_ALSO_MAKING: Final = frozenset(
    words(
        """cloudwatch:PutCompositeAlarm cloudwatch:PutDashboard cloudwatch:PutInsightRule cloudwatch:PutMetricAlarm
        cloudwatch:PutMetricStream events:PutRule logs:PutDeliveryDestination logs:PutDeliverySource logs:PutDestination
        ssm:PutParameter"""
    )
)
"""Actions that make what is not there yet, whatever their names are. Source: the API reference of each service."""


def _is_on_what_exists(action: str) -> bool:
    """Say whether what an action works on has tags before: what is made by it, or tagged, has none yet for sure."""
    return not (_MAKING.match(action) or action in _ALSO_MAKING or access_level(action) == "Tagging")


def _takes_tags(action: str, resource: str) -> bool:
    known = resources_of_action(action)
    if known is None:
        return False
    return any(
        _SUPPORTED in kind.condition_keys and any(arn_fits(template, resource) for template in kind.templates)
        for kind in known.resource_types
    )
