"""The conditions that held each time that something was done, of those that its actions support."""

from collections.abc import Iterator
from typing import Final

from sekisho.activity.actions.parameters import words
from sekisho.activity.request_context import REQUEST_TAG, TAG_KEYS
from sekisho.analyzers.least_privilege.circumstances import Circumstances
from sekisho.analyzers.least_privilege.drafts import Clause, Condition, Draft
from sekisho.policy.patterns import literal
from sekisho.policy.resource_types import resources_of_action

FEWEST_USES: Final = 10
"""How often something has to be done before what held each time says anything."""

MOST_REGIONS: Final = 3
MOST_ENDPOINTS: Final = 5
MOST_TEXTS: Final = 5
"""How many values of a key are worth a condition."""

MOST_REQUEST_TAGS: Final = 3

_GLOBAL: Final = frozenset(
    words(
        """account artifact aws-marketplace aws-portal billing budgets ce chatbot cloudfront consolidatedbilling cur
    ecr-public freetier globalaccelerator health iam importexport invoicing networkmanager organizations payments
    pricing route53 route53-recovery-control-config route53-recovery-readiness route53domains s3 savingsplans shield sts
    support supportplans tax trustedadvisor waf"""
    )
)
"""Services with one endpoint for all Regions, whose requests name the Region that it stands in.

A bucket is in one Region, and any Region answers some of the calls about it.

Source: IAM User Guide, "AWS global condition context keys", aws:RequestedRegion; AWS General Reference, "Service
endpoints". Of AWS STS the old global endpoint is one.
"""

_REGION: Final = 3


def is_regional(draft: Draft) -> bool:
    """Say whether the Region of requests says something that their resources do not say already."""
    services = {action.partition(":")[0] for action in draft.actions}
    return not services & _GLOBAL and any(map(_has_no_region, draft.resources))


def in_regions(regions: frozenset[str]) -> Condition:
    """Return the condition that requests are for some Regions."""
    return (Clause("StringEquals", "aws:RequestedRegion", tuple(sorted(regions))),)


def of_parameters(action: str, seen: Circumstances) -> Iterator[Condition]:
    """Yield the conditions that the parameters of each call met."""
    always = {key: values for key, values in seen.always() if _supports(action, key)}
    tags = {key for values in always.get(TAG_KEYS, ()) for key in values}
    if tags and len(tags) <= 2 * MOST_TEXTS:
        yield (Clause("ForAllValues:StringEquals", TAG_KEYS, tuple(map(literal, sorted(tags)))),)
    constant = [key for key in always if key.startswith(REQUEST_TAG) and len(always[key]) == 1]
    for key in constant[:MOST_REQUEST_TAGS]:
        yield (_equals(key, always[key]),)
    for key, values in always.items():
        if key != TAG_KEYS and not key.startswith(REQUEST_TAG) and len(values) <= MOST_TEXTS:
            yield (_equals(key, values),)


def of_requests(seen: Circumstances, ranges: tuple[str, ...]) -> Iterator[Condition]:
    """Yield the conditions that each request met, whatever it was for.

    Args:
        seen: the circumstances of all that a statement allows.
        ranges: of the addresses that the principal called from; none where they are not known, or are too many.

    Source: IAM User Guide, "AWS global condition context keys". A request through an endpoint has no `aws:SourceIp`,
    and one that a service makes with the rights of its caller has neither that nor the caller's MFA for sure.
    """
    if len(seen.endpoints) <= MOST_ENDPOINTS and all(one.startswith("vpce-") for one in seen.endpoints):
        yield (Clause("StringEquals", "aws:SourceVpce", tuple(sorted(seen.endpoints))),)
    if not seen.is_direct:
        return
    if all(seen.mfa):
        yield (Clause("Bool", "aws:MultiFactorAuthPresent", ("true",)),)
    if ranges and not any(seen.endpoints):
        yield (Clause("IpAddress", "aws:SourceIp", ranges), Clause("Bool", "aws:ViaAWSService", ("false",)))


def _has_no_region(resource: str) -> bool:
    parts = resource.split(":", _REGION + 1)
    return len(parts) <= _REGION or not parts[_REGION] or "*" in parts[_REGION]


def _equals(key: str, values: frozenset[tuple[str, ...]]) -> Clause:
    return Clause("StringEquals", key, tuple(sorted(literal(value) for some in values for value in some)))


def _supports(action: str, key: str) -> bool:
    """Say whether the catalogue has a condition key for an action; `aws:RequestTag/team` is `aws:RequestTag/${…}`."""
    known = resources_of_action(action)
    if known is None:
        return False
    names = {one.partition("${")[0].lower() for one in known.condition_keys}
    lowered = key.lower()
    return lowered in names or any(name.endswith((":", "/")) and lowered.startswith(name) for name in names)
