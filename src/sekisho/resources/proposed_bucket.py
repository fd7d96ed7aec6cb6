"""Proposed S3 buckets: policy, ACL, Block Public Access, and the access points that lead to them.

Source: Access Analyzer API reference, `S3BucketConfiguration`, `S3AccessPointConfiguration`,
`S3ExpressDirectoryBucketConfiguration`; IAM User Guide, "Quotas".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from sekisho.policy.arns import parse_arn
from sekisho.resources.answers import answer, answer_of, object_in, objects_in, text_in
from sekisho.resources.proposed import (
    PolicyPart,
    Proposal,
    ProposalError,
    check_policy,
    read_proposal,
    with_answer,
    with_calls,
    with_policy,
    without,
)
from sekisho.resources.snapshot import ApiCall, Json, RawResource

MOST_GRANTS: Final = 100
MOST_ACCESS_POINTS: Final = 100
MOST_NEW_ACCESS_POINTS: Final = 10

_BUCKET_POLICY = PolicyPart("bucketPolicy", "s3.get_bucket_policy")
_POINT = "s3control.get_access_point"
_POINT_POLICY = "s3control.get_access_point_policy"
_MULTI_REGION = "s3control.list_multi_region_access_points"
_MULTI_REGION_POLICY = "s3control.get_multi_region_access_point_policy"
_LISTINGS = ("s3control.list_access_points", "s3control.list_access_points_for_directory_buckets")
_BLOCK = "PublicAccessBlockConfiguration"
_OTHER_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy")
"""What refuses new settings only; a proposal says nothing of it."""


class Grantee(Proposal, frozen=True):
    """Whom a grant of an ACL is for: one of the two."""

    id: str | None = None
    uri: str | None = None


class AclGrant(Proposal, frozen=True):
    """A proposed grant of an ACL."""

    permission: Literal["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"]
    grantee: Grantee


class PublicAccessBlock(Proposal, frozen=True):
    """The two settings of Block Public Access that change existing access."""

    ignore_public_acls: bool
    restrict_public_buckets: bool


class Vpc(Proposal, frozen=True):
    """A VPC that all requests have to come from."""

    vpc_id: str


class Internet(Proposal, frozen=True):
    """No VPC."""


class NetworkOrigin(Proposal, frozen=True):
    """Where requests through an access point may come from: one of the two."""

    vpc_configuration: Vpc | None = None
    internet_configuration: Internet | None = None


class AccessPoint(Proposal, frozen=True):
    """A proposed access point."""

    access_point_policy: str | None = None
    public_access_block: PublicAccessBlock | None = None
    network_origin: NetworkOrigin | None = None


class DirectoryAccessPoint(Proposal, frozen=True):
    """A proposed access point of a directory bucket, where public access is always blocked."""

    access_point_policy: str | None = None
    network_origin: NetworkOrigin | None = None


class Bucket(Proposal, frozen=True):
    """A proposed general purpose bucket."""

    bucket_policy: str | None = None
    bucket_acl_grants: tuple[AclGrant, ...] | None = None
    bucket_public_access_block: PublicAccessBlock | None = None
    access_points: Mapping[str, AccessPoint] | None = None


class DirectoryBucket(Proposal, frozen=True):
    """A proposed directory bucket."""

    bucket_policy: str | None = None
    access_points: Mapping[str, DirectoryAccessPoint] | None = None


def propose_bucket(before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return a bucket as it would be.

    Raises:
        ProposalError: AWS would not take the configuration.
    """
    proposal = read_proposal(configuration, Bucket, at)
    after = with_policy(before, _BUCKET_POLICY, proposal.bucket_policy, at=at)
    if proposal.bucket_acl_grants is not None:
        after = _with_grants(after, proposal.bucket_acl_grants, f"{at}.bucketAclGrants")
    if proposal.bucket_public_access_block is not None:
        call = "s3.get_public_access_block"
        present = object_in(answer(before, call), _BLOCK)
        after = with_answer(after, call, {_BLOCK: {**present, **_flags(proposal.bucket_public_access_block)}})
    if proposal.access_points is not None:
        after = _with_access_points(after, proposal.access_points, f"{at}.accessPoints")
    return after


def propose_directory_bucket(before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return a directory bucket as it would be.

    Raises:
        ProposalError: AWS would not take the configuration.
    """
    proposal = read_proposal(configuration, DirectoryBucket, at)
    after = with_policy(before, _BUCKET_POLICY, proposal.bucket_policy, at=at)
    if proposal.access_points is None:
        return after
    points = {
        arn: AccessPoint(access_point_policy=one.access_point_policy, network_origin=one.network_origin)
        for arn, one in proposal.access_points.items()
    }
    return _with_access_points(after, points, f"{at}.accessPoints")


def owner_known_from(neighbour: RawResource) -> tuple[ApiCall, ...]:
    """Return what another bucket of the account says of the owner of a new one: the canonical user id."""
    acl = neighbour.find("s3.get_bucket_acl")
    owner = text_in(object_in(answer_of(acl), "Owner"), "ID")
    return () if owner is None else (ApiCall("s3.get_bucket_acl", {}, {"Owner": {"ID": owner}, "Grants": []}),)


def _with_grants(before: RawResource, grants: tuple[AclGrant, ...], at: str) -> RawResource:
    """Put an ACL in its place. That the bucket has ACLs switched off now is no reason to pass over proposed ones.

    Who owns a new bucket is not said. Every canned ACL but `log-delivery-write` begins with the owner's full control,
    and so the first grant is taken for that when nothing else is known: too little access where it is a stranger's.
    Where an ACL is there that could not be read, it stays unknown who of the proposed grantees is a stranger.
    Source: Amazon S3 User Guide, "Canned ACL".
    """
    if len(grants) > MOST_GRANTS:
        raise ProposalError(f"{len(grants)} grants are too many", at=at, remedy=f"propose {MOST_GRANTS} at most")
    call = "s3.get_bucket_acl"
    present = before.find(call)
    owner = text_in(object_in(answer_of(present), "Owner"), "ID")
    if present is None and grants and grants[0].permission == "FULL_CONTROL":
        owner = grants[0].grantee.id
    written = [_grant(one, f"{at}[{place}]") for place, one in enumerate(grants)]
    response = {**({} if owner is None else {"Owner": {"ID": owner}}), "Grants": written}
    after = with_answer(without(before, "s3.get_bucket_ownership_controls"), call, response)
    if present is not None and present.error is not None and any(one.grantee.id for one in grants):
        return with_calls(after, present)
    return after


def _grant(grant: AclGrant, at: str) -> dict[str, Json]:
    match grant.grantee:
        case Grantee(id=str(identity), uri=None):
            grantee = {"Type": "CanonicalUser", "ID": identity}
        case Grantee(id=None, uri=str(uri)):
            grantee = {"Type": "Group", "URI": uri}
        case _:
            raise ProposalError("a grantee is one of `id` and `uri`", at=f"{at}.grantee", remedy="name one of them")
    return {"Grantee": grantee, "Permission": grant.permission}


def _flags(block: PublicAccessBlock) -> dict[str, Json]:
    return {"IgnorePublicAcls": block.ignore_public_acls, "RestrictPublicBuckets": block.restrict_public_buckets}


_ALL_BLOCKED = {
    **dict.fromkeys(_OTHER_BLOCKS, True),
    **_flags(PublicAccessBlock(ignore_public_acls=True, restrict_public_buckets=True)),
}
"""What a new access point has unless it is said otherwise."""


def _with_access_points(before: RawResource, points: Mapping[str, AccessPoint], at: str) -> RawResource:
    """Put access points in the place of all that are there.

    One that no listing names is new; but where the listing failed, and the proposal leaves a part of it out, it may be
    there with a part that lets others in, and the failure stays.
    """
    calls: list[ApiCall] = []
    multi_region: list[Mapping[str, Json]] = []
    listings: set[str] = set()
    new = 0
    for arn, point in points.items():
        place = f"{at}.{arn}"
        region, name = _named(before, arn, place)
        if point.access_point_policy:
            check_policy(point.access_point_policy, at=f"{place}.accessPointPolicy")
        is_new = (before.find(_POINT, {"Name": name}) if region else _multi_region_point(before, name)) is None
        new += is_new
        if is_new and not _is_whole(point, arn):
            listings.update(_LISTINGS if region else (_MULTI_REGION,))
        if region:
            calls += _access_point(before, arn, name, point, place)
        else:
            found = _multi_region_point(before, name)
            described = _multi_region_settings(found or {"Name": name, "Alias": name}, point, place)
            multi_region.append(described)
            calls += _multi_region_policy(before, str(described["Name"]), point)
    if new > MOST_NEW_ACCESS_POINTS or len(points) > MOST_ACCESS_POINTS:
        remedy = f"propose {MOST_NEW_ACCESS_POINTS} new ones and {MOST_ACCESS_POINTS} in all at most"
        raise ProposalError(f"{len(points)} access points, {new} of them new, are too many", at=at, remedy=remedy)
    if multi_region:
        calls.append(ApiCall(_MULTI_REGION, {}, {"AccessPoints": multi_region}))
    calls += [made for made in before.api_calls if made.call in listings and made.error is not None]
    bare = without(before, _POINT, _POINT_POLICY, _MULTI_REGION, _MULTI_REGION_POLICY, *_LISTINGS)
    return with_calls(bare, *calls)


def _named(bucket: RawResource, arn: str, at: str) -> tuple[str, str]:
    """Return the Region of an access point, empty for a multi-Region one, and its name or alias."""
    own, parsed = parse_arn(bucket.arn), parse_arn(arn)
    kind, _, name = parsed.resource.partition("/") if parsed else ("", "", "")
    if parsed is None or own is None or kind != "accesspoint" or not name or parsed.service != own.service:
        raise ProposalError(
            "this is no ARN of an access point", at=at, remedy="write `arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME`"
        )
    if parsed.account != bucket.owner_account:
        raise ProposalError(
            f"the access point belongs to another account than the bucket, {bucket.owner_account}", at=at,
            remedy="propose the bucket's own ones",
        )  # fmt: skip
    return parsed.region, name


def _is_whole(point: AccessPoint, arn: str) -> bool:
    """Say whether a proposal leaves nothing of an access point to what is there."""
    policy = point.access_point_policy
    return policy == "" or (policy is not None and _settings_are_whole(point, arn))


def _settings_are_whole(point: AccessPoint, arn: str) -> bool:
    """Say the same of what is not its policy: a multi-Region one has no origin, and of a directory bucket no choice."""
    parsed = parse_arn(arn)
    is_placed = point.network_origin is not None or (parsed is not None and not parsed.region)
    is_blocked = point.public_access_block is not None or (parsed is not None and parsed.service == "s3express")
    return is_placed and is_blocked


def _access_point(before: RawResource, arn: str, name: str, point: AccessPoint, at: str) -> Iterator[ApiCall]:
    made = before.find(_POINT, {"Name": name})
    params = {"AccountId": before.owner_account, "Name": name}
    proposes_settings = point.public_access_block is not None or point.network_origin is not None
    if made is None or (proposes_settings and (made.error is None or _settings_are_whole(point, arn))):
        new = {"Name": name, "NetworkOrigin": "Internet", _BLOCK: _ALL_BLOCKED}
        settings = {**(new if made is None else answer_of(made)), "AccessPointArn": arn}
        if point.public_access_block is not None:
            settings[_BLOCK] = {**object_in(settings, _BLOCK), **_flags(point.public_access_block)}
        if point.network_origin is not None:
            settings |= _origin(point.network_origin, at)
        made = ApiCall(_POINT, params, settings)
    yield made
    if point.access_point_policy is None:
        yield from filter(None, [before.find(_POINT_POLICY, {"Name": name})])
    elif point.access_point_policy:
        yield ApiCall(_POINT_POLICY, params, {"Policy": point.access_point_policy})


def _origin(origin: NetworkOrigin, at: str) -> dict[str, Json]:
    match origin:
        case NetworkOrigin(vpc_configuration=Vpc(vpc_id=vpc), internet_configuration=None):
            return {"NetworkOrigin": "VPC", "VpcConfiguration": {"VpcId": vpc}}
        case NetworkOrigin(vpc_configuration=None, internet_configuration=Internet()):
            return {"NetworkOrigin": "Internet", "VpcConfiguration": None}
        case _:
            problem = "a network origin is one of `vpcConfiguration` and `internetConfiguration`"
            raise ProposalError(problem, at=f"{at}.networkOrigin", remedy="name one of them")


def _multi_region_point(before: RawResource, alias: str) -> Mapping[str, Json] | None:
    listed: Iterable[Mapping[str, Json]] = objects_in(answer(before, _MULTI_REGION), "AccessPoints")
    return next((one for one in listed if one.get("Alias") == alias), None)


def _multi_region_settings(found: Mapping[str, Json], point: AccessPoint, at: str) -> Mapping[str, Json]:
    if point.network_origin is not None and point.network_origin.vpc_configuration is not None:
        raise ProposalError(
            "a multi-Region access point has no VPC", at=f"{at}.networkOrigin", remedy="leave the VPC out"
        )
    block = object_in(found, "PublicAccessBlock") or _ALL_BLOCKED
    if point.public_access_block is not None:
        block = {**block, **_flags(point.public_access_block)}
    return {**found, "PublicAccessBlock": block}


def _multi_region_policy(before: RawResource, name: str, point: AccessPoint) -> Iterator[ApiCall]:
    if point.access_point_policy is None:
        yield from filter(None, [before.find(_MULTI_REGION_POLICY, {"Name": name})])
    elif point.access_point_policy:
        policy = {"Established": {"Policy": point.access_point_policy}}
        yield ApiCall(_MULTI_REGION_POLICY, {"Name": name}, {"Policy": policy})
