"""Resources as they would be: what is there now, with a proposed configuration over it.

A configuration has the shape of the Access Analyzer API: an object with one member, named for the kind of resource. A
part that it leaves out stays as it is; of a new resource it is what AWS would make it.

Source: Access Analyzer API reference, `Configuration` and the types of its members.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from sekisho.policy.arns import parse_arn
from sekisho.resources.answers import UnreadableError
from sekisho.resources.gaps import Gap, account_gaps
from sekisho.resources.proposed import (
    PolicyPart,
    ProposalError,
    UnreadPartError,
    read_proposal,
    with_calls,
    with_policy,
)
from sekisho.resources.proposed_bucket import owner_known_from, propose_bucket, propose_directory_bucket
from sekisho.resources.proposed_key import propose_key, propose_secret
from sekisho.resources.proposed_snapshot import propose_ebs_snapshot, propose_rds_snapshot
from sekisho.resources.shared_snapshots import DATABASE_SNAPSHOTS
from sekisho.resources.snapshot import ApiCall, Json, RawResource, Snapshot
from sekisho.resources.zone import ZoneOfTrust


def _propose_policy(part: PolicyPart, before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return a resource as it would be whose configuration is a policy and nothing else."""
    proposal = read_proposal(configuration, dict[str, str | None], at)
    text = proposal.pop(part.member, None)
    if proposal:
        problem = f"unknown member `{min(proposal)[:60]}`"
        raise ProposalError(problem, at=at, remedy=f"the one member is `{part.member}`")
    return with_policy(before, part, text, at=at)


class Kind(msgspec.Struct, frozen=True):
    """A kind of configuration.

    Attributes:
        forms: how ARNs of the resource look; a NAME has no slash or colon in it, a PATH may have.
        propose: takes the resource as it is, the configuration, and the place of that for messages.
        parts: what has to be proposed of a resource that was not looked for; else it may be there, and let others in.
            Dotted paths, in which `*` stands for every member.
        stand_in: the call whose answer all of these parts replace, in the place of what was not looked for.
    """

    resource_type: str
    forms: tuple[str, ...]
    propose: Callable[[RawResource, Json, str], RawResource]
    parts: tuple[str, ...] = ()
    stand_in: str | None = None


def _kind(resource_type: str, *forms: str, policy: PolicyPart) -> Kind:
    return Kind(resource_type, forms, partial(_propose_policy, policy), (policy.member,))


def _database(resource_type: str, form: str) -> Kind:
    kind = DATABASE_SNAPSHOTS[resource_type]
    propose_it = partial(propose_rds_snapshot, kind)
    return Kind(
        resource_type, (form,), propose_it, ("attributes.restore.accountIds",), f"rds.describe_{kind.call}_attributes"
    )


_TABLE = "dynamodb:REGION:ACCOUNT:table/NAME"
_RESOURCE_POLICY = "dynamodb.get_resource_policy"

KINDS: Mapping[str, Kind] = {
    "dynamodbStream": _kind(
        "AWS::DynamoDB::Stream", f"{_TABLE}/stream/PATH", policy=PolicyPart("streamPolicy", _RESOURCE_POLICY)
    ),
    "dynamodbTable": _kind(
        "AWS::DynamoDB::Table", _TABLE, f"{_TABLE}/index/NAME", policy=PolicyPart("tablePolicy", _RESOURCE_POLICY)
    ),
    "ebsSnapshot": Kind(
        "AWS::EC2::Snapshot",
        ("ec2:REGION::snapshot/NAME", "ec2:REGION:ACCOUNT:snapshot/NAME"),
        propose_ebs_snapshot,
        ("userIds", "groups"),
        "ec2.describe_snapshot_attribute",
    ),
    "ecrRepository": _kind(
        "AWS::ECR::Repository",
        "ecr:REGION:ACCOUNT:repository/PATH",
        policy=PolicyPart("repositoryPolicy", "ecr.get_repository_policy", ("policyText",)),
    ),
    "efsFileSystem": _kind(
        "AWS::EFS::FileSystem",
        "elasticfilesystem:REGION:ACCOUNT:file-system/NAME",
        policy=PolicyPart("fileSystemPolicy", "efs.describe_file_system_policy"),
    ),
    "iamRole": _kind(
        "AWS::IAM::Role",
        "iam::ACCOUNT:role/PATH",
        policy=PolicyPart("trustPolicy", "iam.get_role", ("Role", "AssumeRolePolicyDocument"), required=True),
    ),
    "kmsKey": Kind("AWS::KMS::Key", ("kms:REGION:ACCOUNT:key/NAME",), propose_key),
    "rdsDbClusterSnapshot": _database("AWS::RDS::DBClusterSnapshot", "rds:REGION:ACCOUNT:cluster-snapshot:NAME"),
    "rdsDbSnapshot": _database("AWS::RDS::DBSnapshot", "rds:REGION:ACCOUNT:snapshot:NAME"),
    "s3Bucket": Kind("AWS::S3::Bucket", ("s3:::NAME",), propose_bucket),
    "s3ExpressDirectoryBucket": Kind(
        "AWS::S3Express::DirectoryBucket",
        ("s3express:REGION:ACCOUNT:bucket/NAME",),
        propose_directory_bucket,
        ("bucketPolicy", "accessPoints.*.accessPointPolicy", "accessPoints.*.networkOrigin"),
    ),
    "secretsManagerSecret": Kind(
        "AWS::SecretsManager::Secret", ("secretsmanager:REGION:ACCOUNT:secret:PATH",), propose_secret
    ),
    "snsTopic": _kind(
        "AWS::SNS::Topic",
        "sns:REGION:ACCOUNT:NAME",
        policy=PolicyPart("topicPolicy", "sns.get_topic_attributes", ("Attributes", "Policy")),
    ),
    "sqsQueue": _kind(
        "AWS::SQS::Queue",
        "sqs:REGION:ACCOUNT:NAME",
        policy=PolicyPart("queuePolicy", "sqs.get_queue_attributes", ("Attributes", "Policy")),
    ),
}
"""To each member of a configuration what it is of. RDS gives the names of automated snapshots a colon; no one shares
them."""

_PLACEHOLDERS = {"REGION": r"[a-z0-9-]+", "ACCOUNT": r"[0-9]{12}", "NAME": r"[^/:*?]+", "PATH": r"[^*?]+"}
_SHARED_CALLS = {
    "AWS::S3::Bucket": "s3control.get_public_access_block",
    "AWS::EC2::Snapshot": "ec2.get_snapshot_block_public_access_state",
}
"""What holds for every resource of a type in an account, and so for a new one too."""


def propose(arn: str, configuration: Mapping[str, Json], present: Snapshot) -> RawResource:
    """Return a resource as it would be.

    Args:
        arn: the resource, which need not exist.
        configuration: as the API has it, one member in it.
        present: the zone of trust, and the resource where there is one. Of an account's other resources a new one has
            what they share: the block of public access, and the owner's canonical user id. Where the resource is none
            of those that were looked at, it may be there.

    Raises:
        UnreadPartError: something is left out of a configuration of a resource that was not looked at.
        ProposalError: AWS would not take the configuration, or it is of another type than the ARN.
        ReadingError: what is there now could not be read or understood.
    """
    if len(configuration) != 1:
        raise ProposalError(
            f"{len(configuration)} configurations", at=f"`{arn[:200]}`", remedy=f"write one of {', '.join(KINDS)}"
        )
    (member,) = configuration
    kind = KINDS.get(member)
    if kind is None:
        raise ProposalError(
            f"unknown configuration `{member[:60]}`", at=f"`{arn[:200]}`", remedy=f"write one of {', '.join(KINDS)}"
        )
    before = _before(arn, kind, present)
    if present.only is not None and arn not in present.only:
        before = _unread(before, kind, configuration[member], member)
    return kind.propose(before, configuration[member], member)


def _unread(before: RawResource, kind: Kind, configuration: Json, at: str) -> RawResource:
    """Return a resource that was not looked at, provided that the configuration leaves nothing to it.

    The key of a snapshot may be left out: then it is not known whether it is encrypted, and the findings say so.
    """
    given = read_proposal(configuration, dict[str, Any], at)
    for part in kind.parts:
        for place in _left_out(given, part.split("."), at):
            raise UnreadPartError(kind.resource_type, at=place)
    return before if kind.stand_in is None else with_calls(before, ApiCall(kind.stand_in, {}, {}))


def _left_out(given: Json, path: Sequence[str], at: str) -> Iterator[str]:
    """Yield the places on a path where nothing is given. What is no object where one has to be is refused later."""
    if not path or not isinstance(given, Mapping):
        return
    head, *rest = path
    members = cast("Mapping[str, Json]", given)
    for name in members if head == "*" else (head,):
        if members.get(name) is None:
            yield f"{at}.{name}"
        else:
            yield from _left_out(members[name], rest, f"{at}.{name}")


def _before(arn: str, kind: Kind, present: Snapshot) -> RawResource:
    """Return the resource as it is; without answers of its own when it is new."""
    found = parse_arn(arn)
    if found is None or not any(_pattern(form).fullmatch(arn) for form in kind.forms):
        forms = " or ".join(f"`arn:aws:{form}`" for form in kind.forms)
        raise ProposalError(f"`{arn[:200]}` is no {kind.resource_type}", at="the ARN", remedy=f"write {forms}")
    known = arn.replace(f":{found.account}:", "::", 1) if found.service == "ec2" else arn
    zone = present.zone_of_trust
    for resource in present.resources:
        if resource.arn in (arn, known) and resource.resource_type == kind.resource_type:
            _check_owner(resource.owner_account, zone)
            return resource
    owner = found.account or zone.account_id
    _check_partition(found.partition, zone)
    _check_owner(owner, zone)
    if gaps := tuple(_in_the_way(kind.resource_type, owner, found.region, present)):
        raise UnreadableError(gaps)
    region = "global" if found.service == "iam" else found.region or zone.region
    new = RawResource(kind.resource_type, known, owner, region)
    return replace(new, api_calls=tuple(_shared(new, present)))


def _pattern(form: str) -> re.Pattern[str]:
    """Return the regular expression for the ARNs of a form."""
    words = re.split(r"([A-Z]+)", form)
    return re.compile("arn:[a-z-]+:" + "".join(_PLACEHOLDERS.get(word) or re.escape(word) for word in words))


def _check_partition(partition: str, zone: ZoneOfTrust) -> None:
    if partition != zone.partition:
        raise ProposalError(
            f"the partition is `{partition}`", at="the ARN", remedy=f"the analyzer's partition is `{zone.partition}`"
        )


def _check_owner(owner: str, zone: ZoneOfTrust) -> None:
    if owner not in zone.trusted_accounts - zone.partners:
        raise ProposalError(
            f"the account {owner} is not the analyzer's", at="the ARN", remedy=f"that is {zone.account_id}"
        )


def _in_the_way(resource_type: str, owner: str, region: str, present: Snapshot) -> Iterator[Gap]:
    """Yield what failed when the resource was looked for, so that it is not known whether it exists."""
    for account in present.accounts:
        for gap in account_gaps(account):
            here = not region or gap.region in {None, region}
            if here and gap.account == owner and resource_type in gap.resource_types:
                yield gap


def _shared(new: RawResource, present: Snapshot) -> Iterator[ApiCall]:
    """Yield what is known of a new resource because it holds for every one of its account."""
    alike = [
        one
        for one in present.resources
        if one.resource_type == new.resource_type and one.owner_account == new.owner_account
    ]
    call = _SHARED_CALLS.get(new.resource_type)
    calls = [made for one in alike if one.region == new.region for made in one.api_calls if made.call == call]
    calls += [
        made
        for account in present.accounts
        if account.account_id == new.owner_account
        for made in account.api_calls
        if made.call == call and made.region in {None, new.region}
    ]
    yield from calls[:1]
    if new.resource_type == "AWS::S3::Bucket":
        yield from [made for one in alike for made in owner_known_from(one)][:1]
