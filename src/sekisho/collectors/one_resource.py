"""One resource among all: which collector reads it, whose it is, and whether a reader looks there."""

from sekisho.collectors.collector import Collector
from sekisho.collectors.errors import OutOfReachError, UnsupportedArnError
from sekisho.collectors.services import COLLECTORS
from sekisho.policy.arns import Arn, parse_arn
from sekisho.resources.zone import ZoneOfTrust


def collector_of(arn: str) -> tuple[Collector, Arn]:
    """Return what reads a resource, and the parts of its ARN.

    Raises:
        UnsupportedArnError: the text is no ARN, or one of something that is not read.
    """
    parts = parse_arn(arn)
    if parts is not None:
        for collector in COLLECTORS:
            if collector.arns.fits(parts):
                return collector, parts
    raise UnsupportedArnError(arn)


def owner_of(arn: str, parts: Arn, told: str | None, *, zone: ZoneOfTrust, own: str) -> str:
    """Return the account that a resource belongs to, if it exists: the one in its ARN, or that is told, or `own`.

    Args:
        arn: the resource.
        parts: the parts of its ARN.
        told: what the caller says of its account.
        zone: its accounts are those that are read; partners are trusted and not read.
        own: the account that reads.

    Raises:
        OutOfReachError: it is none of the accounts that are read, or two are named.
    """
    owner = parts.account or told or own
    if told not in {None, owner}:
        raise OutOfReachError(arn, f"belongs to account {owner} and not to the account that is named")
    if parts.partition != zone.partition:
        raise OutOfReachError(arn, f"is in another partition than {zone.partition}")
    if owner not in {own, *(member.account_id for member in zone.accounts)}:
        raise OutOfReachError(arn, "belongs to an account outside the zone of trust")
    return owner
