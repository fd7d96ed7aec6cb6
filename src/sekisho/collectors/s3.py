"""Amazon S3 general purpose buckets: policies, ACLs, Block Public Access, and the access points that lead to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Pages, Read, answer, says_gone
from sekisho.collectors.errors import OutOfReachError
from sekisho.resources.snapshot import ApiCall, Json, RawResource

MULTI_REGION_CONTROL = "us-west-2"
"""Where multi-Region access points are managed. Source: S3 User Guide, "Managing Multi-Region Access Points"."""


@dataclass(frozen=True, slots=True)
class _AccountWide:
    """What an account's buckets have in common: read once, kept with each of them."""

    public_access_block: ApiCall
    access_points: Pages
    policies: Mapping[str, ApiCall]

    def multi_region(self, bucket: str) -> tuple[ApiCall, ...]:
        """Return what there is to know of the multi-Region access points that lead to `bucket`."""
        leading = [point for point in self.access_points.items if _leads_to(point, bucket)]
        listing = tuple(
            made if made.response is None else ApiCall(made.call, made.params, response={"AccessPoints": leading})
            for made in self.access_points.calls
        )
        return listing + tuple(self.policies[point["Name"]] for point in leading)


def _find_buckets(aws: Account, region: str) -> Found:
    listed = aws.list("s3.list_buckets", region)
    if not listed.items:
        return Found((), listed.failed)
    shared = _read_account_wide(aws, region)
    return Found(tuple(partial(_bucket, aws, shared, bucket) for bucket in listed.items), listed.failed)


def _read_account_wide(aws: Account, region: str) -> _AccountWide:
    control = {"region": MULTI_REGION_CONTROL, "AccountId": aws.account_id}
    listed = Pages((), ())
    if aws.partition == "aws":  # the others have none
        listed = aws.list("s3control.list_multi_region_access_points", **control)
    return _AccountWide(
        aws.call("s3control.get_public_access_block", region, AccountId=aws.account_id),
        listed,
        {
            point["Name"]: aws.call("s3control.get_multi_region_access_point_policy", **control, Name=point["Name"])
            for point in listed.items
        },
    )


def _leads_to(point: Mapping[str, Json], bucket: str) -> bool:
    return any(region.get("Bucket") == bucket for region in point.get("Regions", ()))


def _bucket(aws: Account, shared: _AccountWide, bucket: Mapping[str, Json]) -> RawResource | None:
    name: str = bucket["Name"]
    located = aws.call("s3.get_bucket_location", aws.home, Bucket=name)
    region = _region(located) or bucket.get("BucketRegion")
    if region is not None and not aws.wants(region):
        return None
    return _described(aws, shared, name, located, region or aws.home)


def _read_bucket(aws: Account, region: str, arn: str) -> RawResource | ApiCall | None:
    """Read a bucket that is among the account's own: an ARN does not tell whose it is.

    A bucket that another account has made under the name of one that is gone is not taken for it, whatever it answers.
    """
    name = arn.rpartition(":")[2]
    listed = aws.list("s3.list_buckets", region, Prefix=name)
    own = next((bucket for bucket in listed.items if bucket["Name"] == name), None)
    if own is None and listed.failed:
        return listed.failed[0]
    located = aws.call("s3.get_bucket_location", aws.home, Bucket=name)
    if says_gone(located, "NoSuchBucket"):
        return None
    if own is None:
        raise OutOfReachError(
            arn, f"is not among the buckets of account {aws.account_id}; name the account that has it"
        )
    where = _region(located) or own.get("BucketRegion")
    if where is not None and not aws.wants(where):
        raise OutOfReachError(arn, f"is in the Region {where}, which is not among those to read")
    return _described(aws, _read_account_wide(aws, region), name, located, where or aws.home)


def _described(aws: Account, shared: _AccountWide, name: str, located: ApiCall, where: str) -> RawResource:
    calls = (
        located,
        *(aws.call(call, where, Bucket=name) for call in BUCKET_READS if call != located.call),
        shared.public_access_block,
        *_read_access_points(aws, where, name),
        *shared.multi_region(name),
    )
    return RawResource("AWS::S3::Bucket", f"arn:{aws.partition}:s3:::{name}", aws.account_id, where, calls)


def _region(located: ApiCall) -> str | None:
    """Return where a bucket is, or None when S3 does not say.

    Source: API reference, "GetBucketLocation": no constraint is us-east-1, and `EU` is an old name of eu-west-1.
    """
    if located.error is not None:
        return None
    constraint = answer(located).get("LocationConstraint") or "us-east-1"
    return "eu-west-1" if constraint == "EU" else str(constraint)


def _read_access_points(aws: Account, region: str, bucket: str) -> Iterable[ApiCall]:
    listed = aws.list("s3control.list_access_points", region, AccountId=aws.account_id, Bucket=bucket)
    yield from listed.calls
    for point in listed.items:
        for call in ("s3control.get_access_point", "s3control.get_access_point_policy"):
            yield aws.call(call, region, AccountId=aws.account_id, Name=point["Name"])


BUCKET_READS = {
    "s3.get_bucket_location": Read("s3:GetBucketLocation", keep=("LocationConstraint",), needs=("LocationConstraint",)),
    "s3.get_bucket_policy": Read("s3:GetBucketPolicy", keep=("Policy",), needs=("Policy",)),
    "s3.get_bucket_acl": Read(
        "s3:GetBucketAcl",
        keep=("Owner.ID", "Grants.Grantee.Type", "Grants.Grantee.ID", "Grants.Grantee.URI", "Grants.Permission"),
        needs=("Owner.ID", "Grants"),
    ),
    "s3.get_public_access_block": Read(
        "s3:GetBucketPublicAccessBlock",
        keep=("PublicAccessBlockConfiguration",),
        needs=("PublicAccessBlockConfiguration",),
    ),
    "s3.get_bucket_ownership_controls": Read(
        "s3:GetBucketOwnershipControls", keep=("OwnershipControls",), needs=("OwnershipControls",)
    ),
}

BUCKETS = Collector(
    title="S3 buckets",
    reads={
        # Without a page size S3 refuses accounts with more than 10,000 buckets. Source: API reference, "ListBuckets".
        "s3.list_buckets": Read(
            "s3:ListAllMyBuckets",
            keep=("Buckets.Name", "Buckets.BucketRegion"),
            needs=("Buckets.Name",),
            page_size=1000,
        ),
        **BUCKET_READS,
        "s3control.get_public_access_block": Read(
            "s3:GetAccountPublicAccessBlock",
            keep=("PublicAccessBlockConfiguration",),
            needs=("PublicAccessBlockConfiguration",),
        ),
        "s3control.list_access_points": Read(
            "s3:ListAccessPoints",
            keep=("AccessPointList.Name", "AccessPointList.Bucket", "AccessPointList.AccessPointArn"),
            needs=("AccessPointList?.Name",),
        ),
        "s3control.get_access_point": Read(
            "s3:GetAccessPoint",
            keep=(
                "Name",
                "Bucket",
                "NetworkOrigin",
                "VpcConfiguration",
                "PublicAccessBlockConfiguration",
                "AccessPointArn",
                "BucketAccountId",
            ),
            needs=("Name",),
        ),
        "s3control.get_access_point_policy": Read("s3:GetAccessPointPolicy", keep=("Policy",), needs=("Policy",)),
        "s3control.list_multi_region_access_points": Read(
            "s3:ListMultiRegionAccessPoints",
            keep=(
                "AccessPoints.Name",
                "AccessPoints.Alias",
                "AccessPoints.PublicAccessBlock",
                "AccessPoints.Status",
                "AccessPoints.Regions",
            ),
            needs=("AccessPoints?.Name",),
        ),
        # Nothing is needed of the answer: a multi-Region access point may have no policy.
        "s3control.get_multi_region_access_point_policy": Read(
            "s3:GetMultiRegionAccessPointPolicy", keep=("Policy.Established",)
        ),
    },
    find=_find_buckets,
    arns=ArnForm("s3", r"[A-Za-z0-9._-]{3,255}", region="", account=""),
    read_one=_read_bucket,
    regional=False,
    account_wide="s3control.get_public_access_block",
)
