"""Access points of a bucket, of either kind: further ways in, each behind a policy of its own.

Source: Amazon S3 User Guide, "Managing access to shared datasets with access points", "Managing access to shared
datasets in directory buckets with access points", "Blocking public access to your Amazon S3 storage".
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Document, Gate, Target
from sekisho.resources.answers import answer, answer_of, flag_in, object_in, objects_in, required_text, text_in
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import Way
from sekisho.resources.s3_public import is_public
from sekisho.resources.snapshot import Json, RawResource


class Blocks(msgspec.Struct, frozen=True, gc=False):
    """The two settings of Block Public Access that change existing access; the other two refuse new settings only."""

    ignore_public_acls: bool = False
    restrict_public_buckets: bool = False

    def __or__(self, other: "Blocks") -> "Blocks":
        return Blocks(
            self.ignore_public_acls or other.ignore_public_acls,
            self.restrict_public_buckets or other.restrict_public_buckets,
        )


def blocks_in(configuration: Mapping[str, Json]) -> Blocks:
    """Read a `PublicAccessBlockConfiguration`; what it does not say is off."""
    if not configuration:
        return _OPEN
    return Blocks(flag_in(configuration, "IgnorePublicAcls"), flag_in(configuration, "RestrictPublicBuckets"))


_OPEN = Blocks()


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """A bucket whose access points are asked for.

    Attributes:
        service: the prefix of its ARNs, actions and condition keys: `s3` or `s3express`.
        gate: what the bucket's own documents say, which counts on every way.
        targets: from the ARN of an access point to what one can want through it.
    """

    resource: RawResource
    service: str
    gate: Gate
    blocks: Blocks
    targets: Callable[[str], tuple[Target, ...]]


def access_point_ways(bucket: Bucket, notes: list[str]) -> Iterator[Way]:
    """Yield the ways through the account's own access points: the bucket has to let the request through as well.

    Args:
        bucket: the bucket.
        notes: what is told of those that are cut.
    """
    for arn, policy, found in _access_points(bucket):
        own_blocks = blocks_in(object_in(found, "PublicAccessBlockConfiguration"))
        restricted = (bucket.blocks | own_blocks).restrict_public_buckets
        vpc = text_in(object_in(found, "VpcConfiguration"), "VpcId")
        if vpc is None and restricted and is_public(policy.policy, of_access_point=True):
            notes.append(
                f"Block Public Access (RestrictPublicBuckets) cuts the public policy of the access point {arn}"
            )
            continue
        yield Way(
            (bucket.gate, Gate((policy,))),
            bucket.targets(arn),
            cross_account_table(bucket.resource.resource_type),
            _given(bucket, arn, vpc),
            narrow=vpc is not None,
            access_point=arn,
        )


def _given(bucket: Bucket, arn: str, vpc: str | None) -> dict[str, tuple[str, ...]]:
    """Return what is known of calls through an access point: one in a VPC is open to that VPC alone."""
    given: dict[str, tuple[str, ...]] = {
        f"{bucket.service}:dataaccesspointarn": (arn,),
        f"{bucket.service}:dataaccesspointaccount": (bucket.resource.owner_account,),
        f"{bucket.service}:accesspointnetworkorigin": ("VPC" if vpc else "Internet",),
    }
    return given if vpc is None else given | {"aws:sourcevpc": (vpc,), "aws:sourceip": ()}


def _access_points(bucket: Bucket) -> Iterator[tuple[str, Document, Mapping[str, Json]]]:
    """Yield each access point that has a policy: its ARN, the policy, and its settings."""
    resource = bucket.resource
    for made in resource.api_calls:
        if made.call not in {"s3control.get_access_point_policy", "s3control.get_multi_region_access_point_policy"}:
            continue
        own = f"arn:{resource.partition}:{bucket.service}:{{}}:{resource.owner_account}:accesspoint/{{}}"
        name = required_text(made.params, "Name")
        if made.call == "s3control.get_access_point_policy":
            text = answer_of(made).get("Policy")
            settings = answer(resource, "s3control.get_access_point", Name=name)
            arn = text_in(settings, "AccessPointArn") or own.format(resource.region, name)
        else:
            text = object_in(answer_of(made), "Policy", "Established").get("Policy")
            settings = _multi_region_settings(resource, name)
            arn = own.format("", required_text(settings, "Alias"))
        policy = policy_document("AccessPointPolicy", text, arn)
        if policy is not None:
            yield arn, policy, settings


def _multi_region_settings(resource: RawResource, name: str) -> Mapping[str, Json]:
    listed = objects_in(answer(resource, "s3control.list_multi_region_access_points"), "AccessPoints")
    nothing: Mapping[str, Json] = {}
    found = next((one for one in listed if one.get("Name") == name), nothing)
    return {**found, "PublicAccessBlockConfiguration": found.get("PublicAccessBlock")}
