"""Proposed EBS and RDS snapshots: the accounts they are shared with, and whether they are encrypted.

Source: Access Analyzer API reference, `EbsSnapshotConfiguration`, `RdsDbSnapshotConfiguration`,
`RdsDbClusterSnapshotConfiguration`.
"""

import re
from collections.abc import Mapping

from sekisho.policy.arns import parse_arn
from sekisho.resources.answers import answer, answer_of, object_in, objects_in
from sekisho.resources.proposed import Proposal, ProposalError, read_proposal, with_answer
from sekisho.resources.shared_snapshots import DatabaseSnapshot
from sekisho.resources.snapshot import Json, RawResource

_ACCOUNT = re.compile(r"[0-9]{12}")
_EVERYONE = "all"


class EbsSnapshot(Proposal, frozen=True):
    """A proposed EBS snapshot."""

    user_ids: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    kms_key_id: str | None = None


class RdsAttribute(Proposal, frozen=True):
    """The accounts of a sharing attribute."""

    account_ids: tuple[str, ...] | None = None


class RdsSnapshot(Proposal, frozen=True):
    """A proposed snapshot of an RDS database or cluster."""

    attributes: Mapping[str, RdsAttribute] | None = None
    kms_key_id: str | None = None


def propose_ebs_snapshot(before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return an EBS snapshot as it would be.

    Raises:
        ProposalError: AWS would not take the configuration.
    """
    proposal = read_proposal(configuration, EbsSnapshot, at)
    call, listed = "ec2.describe_snapshot_attribute", "CreateVolumePermissions"
    present = [one for made in before.api_calls if made.call == call for one in objects_in(answer_of(made), listed)]
    users, groups = ([one for one in present if member in one] for member in ("UserId", "Group"))
    if proposal.user_ids is not None:
        _check(proposal.user_ids, at=f"{at}.userIds")
        users = [{"UserId": one} for one in proposal.user_ids]
    if proposal.groups is not None:
        if other := [one for one in proposal.groups if one != _EVERYONE]:
            raise ProposalError(f"there is no group `{other[0][:60]}`", at=f"{at}.groups", remedy="the one is `all`")
        groups = [{"Group": one} for one in proposal.groups]
    own = {"SnapshotId": _resource_of(before).removeprefix("snapshot/")}
    new = {**own, "OwnerId": before.owner_account, "Encrypted": False} if before.find(call) is None else None
    key = _key(proposal.kms_key_id, "Encrypted")
    after = _encrypted(before, "ec2.describe_snapshots", "Snapshots", own=own, new=new, key=key)
    if new is None and proposal.user_ids is None and proposal.groups is None:
        return after
    return with_answer(after, call, {**own, listed: [*users, *groups]})


def propose_rds_snapshot(kind: DatabaseSnapshot, before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return an RDS snapshot as it would be.

    Raises:
        ProposalError: AWS would not take the configuration.
    """
    proposal = read_proposal(configuration, RdsSnapshot, at)
    attributes = dict(proposal.attributes or {})
    accounts = attributes.pop("restore", RdsAttribute()).account_ids
    if attributes:
        problem = f"there is no attribute `{min(attributes)[:60]}`"
        raise ProposalError(problem, at=f"{at}.attributes", remedy="the one is `restore`")
    _check([one for one in accounts or () if one != _EVERYONE], at=f"{at}.attributes.restore.accountIds")
    call, result, listed = (
        f"rds.describe_{kind.call}_attributes",
        f"{kind.kind}AttributesResult",
        f"{kind.kind}Attributes",
    )
    name = {f"{kind.kind}Identifier": _resource_of(before).partition(":")[2]}
    own = {f"{kind.kind}Arn": before.arn}
    new = None
    if before.find(call) is None:
        new = {**name, **own, "SnapshotType": "manual", kind.encrypted: False}
    key = _key(proposal.kms_key_id, kind.encrypted)
    after = _encrypted(before, f"rds.describe_{kind.call}s", f"{kind.kind}s", own=own, new=new, key=key)
    if new is None and accounts is None:
        return after
    present = objects_in(object_in(answer(before, call), result), listed)
    kept = [one for one in present if one.get("AttributeName") != "restore"]
    shared = {"AttributeName": "restore", "AttributeValues": list(accounts or ())}
    return with_answer(after, call, {result: {**name, listed: [*kept, shared]}})


def _resource_of(snapshot: RawResource) -> str:
    arn = parse_arn(snapshot.arn)
    return "" if arn is None else arn.resource


def _check(accounts: tuple[str, ...] | list[str], *, at: str) -> None:
    for account in accounts:
        if not _ACCOUNT.fullmatch(account):
            raise ProposalError(f"`{account[:60]}` is no account id", at=at, remedy="write its twelve digits")


def _key(key: str | None, encrypted: str) -> Mapping[str, Json]:
    """Return what a proposed key says of a snapshot: nothing when it is left out or empty."""
    return {encrypted: True, "KmsKeyId": key} if key else {}


def _encrypted(
    before: RawResource,
    call: str,
    listed: str,
    *,
    own: Mapping[str, Json],
    new: Mapping[str, Json] | None,
    key: Mapping[str, Json],
) -> RawResource:
    """Have a snapshot say of itself that it is encrypted under `key`.

    Args:
        before: the snapshot as it is.
        call: the listing that describes it.
        listed: the member with the list.
        own: the member that tells the snapshot from others, with its value.
        new: what it says of itself if it is new; None where it is there.
        key: empty leaves it as it is.
    """
    if new is None and not key:
        return before
    described = [
        one
        for made in before.api_calls
        if made.call == call
        for one in objects_in(answer_of(made), listed)
        if own.items() <= one.items()
    ]
    return with_answer(before, call, {listed: [{**(new or (described[0] if described else own)), **key}]})
