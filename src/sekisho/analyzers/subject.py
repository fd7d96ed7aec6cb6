"""A resource with all that its analysis has to know, and the question that is asked of it."""

import msgspec

from sekisho.analyzers.aws_accounts import AWS_OPERATED_ACCOUNTS, AWS_OPERATED_CANONICAL_IDS
from sekisho.analyzers.keys import SHOWN_KEYS
from sekisho.reasoning import Inside, Question, World
from sekisho.resources.exposure import Exposure, Way
from sekisho.resources.snapshot import RawResource
from sekisho.resources.zone import ZoneOfTrust


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A resource that is analysed.

    Attributes:
        own_resources: ARNs without an account, such as buckets, that belong to the zone.
        control_policies_known: whether the zone's resource control policies could be read.
    """

    resource: RawResource
    zone: ZoneOfTrust
    exposure: Exposure
    own_resources: frozenset[str] = frozenset()
    control_policies_known: bool = True


def question_of(subject: Subject, way: Way) -> Question:
    """Return the question who outside the zone gets through one way."""
    return Question(way.gates, way.targets, way.actions, _world(subject, way))


def _world(subject: Subject, way: Way) -> World:
    zone, resource = subject.zone, subject.resource
    organization = zone.organization_id or zone.member_of_organization_id
    given: dict[str, tuple[str, ...]] = {"aws:resourceaccount": (resource.owner_account,)}
    if organization is not None:
        given["aws:resourceorgid"] = (organization,)
    given.update(way.given)
    return World(
        partition=resource.partition,
        inside=Inside(
            accounts=AWS_OPERATED_ACCOUNTS | zone.trusted_accounts,
            organization_id=zone.organization_id,
            canonical_ids=subject.exposure.canonical_ids | AWS_OPERATED_CANONICAL_IDS,
            resources=subject.own_resources,
        ),
        callers=subject.exposure.callers,
        shown=SHOWN_KEYS,
        given=given,
    )
