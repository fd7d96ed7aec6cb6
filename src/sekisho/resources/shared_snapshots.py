"""Snapshots of volumes and databases: an attribute names the accounts they are shared with, or everyone.

Source: Amazon EBS User Guide, "Share an Amazon EBS snapshot with other AWS accounts", "Block public access for Amazon
EBS snapshots"; Amazon RDS User Guide, "Sharing a DB snapshot for Amazon RDS"; Amazon Aurora User Guide, "Sharing a DB
cluster snapshot".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from sekisho.policy import EVERYONE, Principal, PrincipalForm, Principals
from sekisho.policy.arns import parse_arn
from sekisho.policy.catalogue import cross_account_table
from sekisho.policy.principals import parse_principal
from sekisho.reasoning import Gate
from sekisho.resources.answers import (
    UnexpectedAnswerError,
    answer,
    answer_of,
    flag_in,
    object_in,
    objects_in,
    require_read,
    text_in,
    texts_in,
)
from sekisho.resources.documents import Grant, grants_document
from sekisho.resources.exposure import SIGNED, Exposure, Way, targets
from sekisho.resources.snapshot import RawResource

_ALL = "all"
"""The group of everyone with an AWS account, in the words of both services."""


class _Share(msgspec.Struct, frozen=True):
    """One entry of the attribute.

    Attributes:
        label: its place, such as `restore[0]`.
        value: an account, or `all`.
    """

    label: str
    value: str


class _Encryption(msgspec.Struct, frozen=True):
    """How a snapshot is encrypted.

    Attributes:
        encrypted: None when the snapshot's description was not read.
        key: what names the key, where it is known.
    """

    encrypted: bool | None
    key: str | None = None


_NOT_DESCRIBED = _Encryption(None)


def read_volume_snapshot(resource: RawResource) -> Exposure:
    """Read whom an EBS snapshot is shared with.

    Raises:
        ReadingError: some of it could not be read or understood.
    """
    require_read(resource)
    parsed = parse_arn(resource.arn)
    own = {"SnapshotId": parsed.resource.rpartition("/")[2] if parsed else ""}
    shares = tuple(_permissions(resource))
    block = resource.find(_BLOCK)
    blocked = answer_of(block).get("State") == "block-all-sharing"
    notes: list[str] = []
    if blocked and any(one.value == _ALL for one in shares):
        notes.append("block public access for snapshots (`block-all-sharing`) takes its sharing with `all` away")
        shares = tuple([one for one in shares if one.value != _ALL])
    encryption = _encryption(resource, "ec2.describe_snapshots", "Snapshots", own, "Encrypted")
    exposure = _exposure(resource, _PERMISSIONS, shares, encryption, notes)
    if block is None and not encryption.encrypted and any(one.value == _ALL for one in shares):
        unknown = "whether the Region blocks public snapshots is not known"
        return replace(exposure, approximations=(*exposure.approximations, unknown))
    return exposure


_PERMISSIONS = "CreateVolumePermissions"
_BLOCK = "ec2.get_snapshot_block_public_access_state"


def _permissions(resource: RawResource) -> Iterator[_Share]:
    for made in resource.api_calls:
        if made.call == "ec2.describe_snapshot_attribute":
            for place, one in enumerate(objects_in(answer_of(made), _PERMISSIONS)):
                label = f"{_PERMISSIONS}[{place}]"
                value = text_in(one, "UserId") or text_in(one, "Group")
                if not value:
                    raise UnexpectedAnswerError(f"{label} names neither a `UserId` nor a `Group`")
                yield _Share(label, value)


@dataclass(frozen=True, slots=True)
class DatabaseSnapshot:
    """Where RDS keeps what it knows of a kind of snapshot.

    Attributes:
        kind: the beginning of the members' names.
        call: the end of the calls' names.
        encrypted: the member that says whether it is encrypted.
    """

    kind: str
    call: str
    encrypted: str


DATABASE_SNAPSHOTS = {
    "AWS::RDS::DBSnapshot": DatabaseSnapshot("DBSnapshot", "db_snapshot", "Encrypted"),
    "AWS::RDS::DBClusterSnapshot": DatabaseSnapshot("DBClusterSnapshot", "db_cluster_snapshot", "StorageEncrypted"),
}


def read_database_snapshot(resource: RawResource) -> Exposure:
    """Read whom a manual snapshot of a database or a cluster is shared with; automated ones cannot be shared.

    Raises:
        ReadingError: some of it could not be read or understood.
    """
    require_read(resource)
    kind = DATABASE_SNAPSHOTS[resource.resource_type]
    own = {f"{kind.kind}Arn": resource.arn}
    encryption = _encryption(resource, f"rds.describe_{kind.call}s", f"{kind.kind}s", own, kind.encrypted)
    return _exposure(resource, f"{kind.kind}Attributes", tuple(_restorers(resource, kind)), encryption, [])


def _restorers(resource: RawResource, kind: DatabaseSnapshot) -> Iterator[_Share]:
    result = object_in(answer(resource, f"rds.describe_{kind.call}_attributes"), f"{kind.kind}AttributesResult")
    for attribute in objects_in(result, f"{kind.kind}Attributes"):
        if text_in(attribute, "AttributeName") == _RESTORE:
            for place, value in enumerate(texts_in(attribute, "AttributeValues")):
                yield _Share(f"{_RESTORE}[{place}]", value)


_RESTORE = "restore"

SHARED_TYPES = frozenset({"AWS::EC2::Snapshot", *DATABASE_SNAPSHOTS})
"""The types that no policy opens, but an attribute that names accounts."""


def _encryption(resource: RawResource, call: str, listed: str, own: Mapping[str, str], encrypted: str) -> _Encryption:
    """Return how a snapshot is encrypted, by the listing that describes it among others.

    Args:
        resource: the snapshot.
        call: the listing.
        listed: the member with the list.
        own: the member that tells the snapshot from others, with its value.
        encrypted: the member that says whether it is encrypted.
    """
    for made in resource.api_calls:
        if made.call == call:
            for one in objects_in(answer_of(made), listed):
                if own.items() <= one.items():
                    key = text_in(one, "KmsKeyId")
                    return _Encryption(flag_in(one, encrypted) or bool(key), key)
    return _NOT_DESCRIBED


def _exposure(
    resource: RawResource, document: str, shares: tuple[_Share, ...], encryption: _Encryption, notes: list[str]
) -> Exposure:
    public = any(one.value == _ALL for one in shares)
    if public and encryption.encrypted:
        notes.append("it is encrypted, so it cannot be public: its sharing with `all` opens nothing")
        shares = tuple([one for one in shares if one.value != _ALL])
    cross_account = cross_account_table(resource.resource_type)
    grants = [Grant(one.label, Principals((_principal(one),)), tuple(cross_account.names)) for one in shares]
    shared = grants_document(document, grants, resource.arn)
    if shared is None:
        return Exposure((), notes=(*notes, "it is shared with no account: only its own gets in"))
    way = Way((Gate((shared,)),), targets(resource.resource_type, resource.arn), cross_account)
    return Exposure((way,), SIGNED, notes=tuple(notes), approximations=tuple(_assumed(encryption, public=public)))


def _assumed(encryption: _Encryption, *, public: bool) -> Iterator[str]:
    """Yield what is taken to let callers in without a look: the key of an encrypted snapshot has to let them in too."""
    if encryption.encrypted:
        yield f"whether the key {encryption.key or 'it is encrypted under'} also lets the caller in is not known"
    elif encryption.encrypted is None and public:
        yield "whether it is encrypted, and so cannot be public, is not known"


def _principal(share: _Share) -> Principal:
    if share.value == _ALL:
        return EVERYONE
    entry = parse_principal("AWS", share.value)
    if isinstance(entry, Principal) and entry.form is PrincipalForm.ACCOUNT:
        return entry
    raise UnexpectedAnswerError(f"`{share.value}` of {share.label} is neither an account nor `{_ALL}`")
