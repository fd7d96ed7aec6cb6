"""Directory buckets: a policy and access points, under a block that is always on."""

from typing import Any

import pytest

from sekisho.resources.answers import UnreadableError
from sekisho.resources.exposure import SIGNED, Exposure
from sekisho.resources.s3_directory_bucket import read_directory_bucket
from sekisho.resources.snapshot import ApiCall, RawResource
from unit.resources.builders import OWNER, VENDOR, allow, answered, failed, policy_text

BUCKET = f"arn:aws:s3express:us-east-1:{OWNER}:bucket/example--use1-az4--x-s3"
NAME = "reports--use1-az4--xa-s3"
POINT = f"arn:aws:s3express:us-east-1:{OWNER}:accesspoint/{NAME}"
SESSION = "s3express:CreateSession"
NAMED = policy_text(allow({"AWS": VENDOR}, SESSION))
PUBLIC = policy_text(allow("*", SESSION))


def delegating(account: str = OWNER) -> str:
    condition = {"StringEquals": {"s3express:DataAccessPointAccount": account}}
    return policy_text(allow("*", SESSION, Condition=condition))


def access_point(policy: str, **settings: Any) -> tuple[ApiCall, ApiCall]:
    return (
        answered("s3control.get_access_point_policy", {"Policy": policy}, Name=NAME),
        answered("s3control.get_access_point", {"Name": NAME, **settings}, Name=NAME),
    )


def read(*calls: ApiCall, policy: str | None = None) -> Exposure:
    own = () if policy is None else (answered("s3.get_bucket_policy", {"Policy": policy}),)
    return read_directory_bucket(
        RawResource("AWS::S3Express::DirectoryBucket", BUCKET, OWNER, "us-east-1", (*own, *calls))
    )


def test_a_policy_that_names_an_account_opens_the_bucket() -> None:
    exposure = read(policy=NAMED)

    (way,) = exposure.ways
    assert way.narrow
    assert way.access_point is None
    assert [one.name for one in way.gates[0].documents] == ["BucketPolicy"]
    assert exposure.callers == SIGNED
    assert exposure.notes == ()


def test_what_only_the_owner_may_do_is_not_asked_for() -> None:
    names = set(read(policy=NAMED).ways[0].actions.names)

    assert SESSION in names
    assert not names & {"s3express:GetBucketPolicy", "s3express:PutBucketPolicy", "s3express:DeleteBucket"}


def test_a_public_policy_leaves_the_bucket_to_its_own_account() -> None:
    exposure = read(policy=PUBLIC)

    assert exposure.ways == ()
    assert exposure.notes == (
        "Block Public Access, always on here, leaves its public BucketPolicy to its own account alone",
    )


def test_a_bucket_without_policy_is_closed() -> None:
    exposure = read(failed("s3.get_bucket_policy", "NoSuchBucketPolicy"), *access_point(NAMED))

    assert exposure.ways == ()
    assert exposure.notes == ("it has no BucketPolicy: only its own account gets in",)


def test_through_an_access_point_both_policies_have_to_let_a_session_through() -> None:
    _, way = read(*access_point(NAMED), policy=delegating()).ways

    assert [[one.name for one in gate.documents] for gate in way.gates] == [["BucketPolicy"], ["AccessPointPolicy"]]
    assert way.access_point == POINT
    (target,) = way.targets
    assert list(way.actions.names_in(target.actions)) == [SESSION]
    assert [view.resource for view in target.views] == [BUCKET, POINT]
    assert way.given == {
        "s3express:dataaccesspointarn": (POINT,),
        "s3express:dataaccesspointaccount": (OWNER,),
        "s3express:accesspointnetworkorigin": ("Internet",),
    }


def test_a_public_access_point_is_cut_unless_it_is_within_a_vpc() -> None:
    cut = read(*access_point(PUBLIC), policy=delegating())
    within = read(*access_point(PUBLIC, VpcConfiguration={"VpcId": "vpc-1a2b3c4d"}), policy=delegating())

    assert len(cut.ways) == 1
    assert any(POINT in note for note in cut.notes)
    _, way = within.ways
    assert way.narrow
    assert way.given["aws:sourcevpc"] == ("vpc-1a2b3c4d",)


def test_the_scope_of_an_access_point_is_not_needed() -> None:
    denied = failed("s3control.get_access_point_scope", "AccessDenied", Name=NAME)

    assert len(read(denied, *access_point(NAMED), policy=delegating()).ways) == 2


@pytest.mark.parametrize(
    "call",
    ["s3.get_bucket_policy", "s3control.list_access_points_for_directory_buckets", "s3control.get_access_point_policy"],
)
def test_a_bucket_that_could_not_be_read_is_not_understood(call: str) -> None:
    with pytest.raises(UnreadableError):
        read(failed(call, "AccessDenied"), policy=NAMED)
