"""Snapshots: whom they are shared with, and what takes the sharing with everyone away."""

from typing import Any

import pytest

from sekisho.policy import EVERYONE, Principal, PrincipalForm
from sekisho.resources.answers import UnexpectedAnswerError, UnreadableError
from sekisho.resources.exposure import SIGNED, Exposure
from sekisho.resources.registry import read_exposure
from sekisho.resources.shared_snapshots import DATABASE_SNAPSHOTS, SHARED_TYPES
from sekisho.resources.snapshot import ApiCall, RawResource
from unit.resources.builders import KEY, OWNER, VENDOR, answered, failed

PARTNER = "777788889999"
VOLUME = "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0"
DATABASE = f"arn:aws:rds:us-east-1:{OWNER}:snapshot:orders"
CLUSTER = f"arn:aws:rds:us-east-1:{OWNER}:cluster-snapshot:orders"
ARNS = {"AWS::EC2::Snapshot": VOLUME, "AWS::RDS::DBSnapshot": DATABASE, "AWS::RDS::DBClusterSnapshot": CLUSTER}
every_type = pytest.mark.parametrize("resource_type", ARNS)


def snapshot(resource_type: str, *calls: ApiCall) -> RawResource:
    return RawResource(resource_type, ARNS[resource_type], OWNER, "us-east-1", calls)


def shared(resource_type: str, *values: str) -> ApiCall:
    """The answer that says whom a snapshot is shared with, of either service."""
    kind = DATABASE_SNAPSHOTS.get(resource_type)
    if kind is None:
        entries = [{"Group": one} if one == "all" else {"UserId": one} for one in values]
        return permissions(*entries)
    attributes = [
        {"AttributeName": "other", "AttributeValues": [PARTNER]},
        {"AttributeName": "restore", "AttributeValues": list(values)},
    ]
    result = {f"{kind.kind}Attributes": attributes}
    return answered(f"rds.describe_{kind.call}_attributes", {f"{kind.kind}AttributesResult": result})


def permissions(*entries: dict[str, Any]) -> ApiCall:
    return answered("ec2.describe_snapshot_attribute", {"CreateVolumePermissions": list(entries)})


def described(resource_type: str, **members: Any) -> ApiCall:
    """The listing that describes the snapshot after another one."""
    kind = DATABASE_SNAPSHOTS.get(resource_type)
    if kind is None:
        listed = [{"SnapshotId": "snap-other"}, {"SnapshotId": "snap-0123456789abcdef0", **members}]
        return answered("ec2.describe_snapshots", {"Snapshots": listed})
    arn = f"{kind.kind}Arn"
    if "Encrypted" in members:
        members[kind.encrypted] = members.pop("Encrypted")
    listed = [{arn: f"{ARNS[resource_type]}-2"}, {arn: ARNS[resource_type], **members}]
    return answered(f"rds.describe_{kind.call}s", {f"{kind.kind}s": listed})


def entries(exposure: Exposure) -> list[tuple[str, Principal]]:
    """The label and the principal of each share."""
    (way,) = exposure.ways
    (document,) = way.gates[0].documents
    found: list[tuple[str, Principal]] = []
    for label, statement in zip(document.labels, document.policy.statements, strict=True):
        assert statement.principals is not None
        found.append((label, statement.principals.entries[0]))
    return found


def account(number: str) -> Principal:
    return Principal(PrincipalForm.ACCOUNT, number)


def test_every_shared_type_is_tested_here() -> None:
    assert set(ARNS) == SHARED_TYPES


BLOCK_UNKNOWN = {"AWS::EC2::Snapshot": ("whether the Region blocks public snapshots is not known",)}
"""What is said of snapshots for anyone where the Region's setting was not read; RDS has none."""


@pytest.mark.parametrize(
    ("resource_type", "label"),
    [
        ("AWS::EC2::Snapshot", "CreateVolumePermissions"),
        ("AWS::RDS::DBSnapshot", "restore"),
        ("AWS::RDS::DBClusterSnapshot", "restore"),
    ],
)
def test_each_share_is_told_by_the_attribute_and_its_place(resource_type: str, label: str) -> None:
    calls = described(resource_type, Encrypted=False), shared(resource_type, VENDOR, "all", PARTNER)
    exposure = read_exposure(snapshot(resource_type, *calls))

    assert entries(exposure) == [
        (f"{label}[0]", account(VENDOR)),
        (f"{label}[1]", EVERYONE),
        (f"{label}[2]", account(PARTNER)),
    ]
    assert exposure.callers == SIGNED
    assert exposure.notes == ()
    assert exposure.approximations == BLOCK_UNKNOWN.get(resource_type, ())


@every_type
def test_a_share_gives_every_action_that_works_across_accounts(resource_type: str) -> None:
    exposure = read_exposure(snapshot(resource_type, shared(resource_type, VENDOR)))

    (way,) = exposure.ways
    (document,) = way.gates[0].documents
    (statement,) = document.policy.statements
    assert statement.actions.globs == way.actions.names
    assert way.actions.levels_of(way.actions.all) == {"Read"}
    assert document.resource == ARNS[resource_type]


@every_type
@pytest.mark.parametrize(
    "of", [pytest.param({"Encrypted": True}, id="the flag"), pytest.param({"KmsKeyId": KEY}, id="a key alone")]
)
def test_what_is_encrypted_is_not_public(resource_type: str, of: dict[str, Any]) -> None:
    calls = described(resource_type, **of), shared(resource_type, "all", VENDOR)
    exposure = read_exposure(snapshot(resource_type, *calls))

    assert [one for _, one in entries(exposure)] == [account(VENDOR)]
    assert exposure.notes == ("it is encrypted, so it cannot be public: its sharing with `all` opens nothing",)


@every_type
@pytest.mark.parametrize(("of", "named"), [({}, "it is encrypted under"), ({"KmsKeyId": KEY}, KEY)])
def test_the_key_of_what_is_encrypted_is_taken_to_let_the_account_in(
    resource_type: str, of: dict[str, str], named: str
) -> None:
    calls = described(resource_type, Encrypted=True, **of), shared(resource_type, VENDOR)

    assert read_exposure(snapshot(resource_type, *calls)).approximations == (
        f"whether the key {named} also lets the caller in is not known",
    )


@every_type
def test_what_is_not_described_is_taken_to_be_public_and_says_so(resource_type: str) -> None:
    exposure = read_exposure(snapshot(resource_type, shared(resource_type, "all")))

    assert [one for _, one in entries(exposure)] == [EVERYONE]
    unencrypted = "whether it is encrypted, and so cannot be public, is not known"
    assert exposure.approximations == (unencrypted, *BLOCK_UNKNOWN.get(resource_type, ()))
    assert read_exposure(snapshot(resource_type, shared(resource_type, VENDOR))).approximations == ()


@every_type
def test_what_is_shared_with_nobody_is_closed(resource_type: str) -> None:
    closed = "it is shared with no account: only its own gets in"

    for calls in ((), (shared(resource_type),), (described(resource_type, Encrypted=False),)):
        exposure = read_exposure(snapshot(resource_type, *calls))
        assert exposure.ways == ()
        assert exposure.notes == (closed,)


@every_type
@pytest.mark.parametrize("value", ["everyone", "4444", f"arn:aws:iam::{VENDOR}:role/reader", "*"])
def test_what_is_neither_an_account_nor_all_is_refused(resource_type: str, value: str) -> None:
    with pytest.raises(UnexpectedAnswerError, match="neither an account nor `all`"):
        read_exposure(snapshot(resource_type, shared(resource_type, value)))


@pytest.mark.parametrize(
    ("state", "public"),
    [
        pytest.param("block-all-sharing", False, id="all sharing is blocked"),
        pytest.param("block-new-sharing", True, id="only new sharing is blocked"),
        pytest.param("unblocked", True, id="nothing is blocked"),
        pytest.param("a-later-invention", True, id="an unknown state blocks nothing"),
    ],
)
def test_only_the_block_of_all_sharing_takes_the_group_away(
    state: str,
    public: bool,  # noqa: FBT001 - a table
) -> None:
    calls = (
        described("AWS::EC2::Snapshot", Encrypted=False),
        shared("AWS::EC2::Snapshot", "all", VENDOR),
        answered("ec2.get_snapshot_block_public_access_state", {"State": state}),
    )
    exposure = read_exposure(snapshot("AWS::EC2::Snapshot", *calls))

    assert [one for _, one in entries(exposure)] == ([EVERYONE] if public else []) + [account(VENDOR)]
    assert any("block-all-sharing" in note for note in exposure.notes) is not public


@pytest.mark.parametrize("entry", [{}, {"UserId": ""}, {"UserId": 1}, {"Group": "some"}])
def test_a_permission_that_ec2_never_lists_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswerError):
        read_exposure(snapshot("AWS::EC2::Snapshot", permissions(entry)))


@pytest.mark.parametrize(
    ("resource_type", "call"),
    [
        ("AWS::EC2::Snapshot", "ec2.describe_snapshots"),
        ("AWS::EC2::Snapshot", "ec2.describe_snapshot_attribute"),
        ("AWS::EC2::Snapshot", "ec2.get_snapshot_block_public_access_state"),
        ("AWS::RDS::DBSnapshot", "rds.describe_db_snapshots"),
        ("AWS::RDS::DBSnapshot", "rds.describe_db_snapshot_attributes"),
        ("AWS::RDS::DBClusterSnapshot", "rds.describe_db_cluster_snapshot_attributes"),
    ],
)
def test_a_snapshot_that_could_not_be_read_is_not_understood(resource_type: str, call: str) -> None:
    with pytest.raises(UnreadableError):
        read_exposure(snapshot(resource_type, failed(call, "UnauthorizedOperation")))
