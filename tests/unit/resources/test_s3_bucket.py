"""Buckets: which documents open one, and what neutralises them."""

from typing import Any

import pytest

from sekisho.evaluation import CallerKind
from sekisho.policy import EVERYONE, Principal, PrincipalForm
from sekisho.reasoning import Document
from sekisho.resources.answers import UnexpectedAnswerError
from sekisho.resources.exposure import Exposure
from sekisho.resources.s3_bucket import read_bucket
from sekisho.resources.snapshot import ApiCall
from unit.resources.builders import BUCKET, OWNER, VENDOR, allow, answered, bucket, failed, policy_text

PUBLIC = policy_text(allow("*", "s3:GetObject"))
FIXED = policy_text(allow({"AWS": VENDOR}, "s3:GetObject"))
ALL_USERS = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
AUTHENTICATED = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}
LOG_DELIVERY = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
OWN_ID, OTHER_ID = "1" * 64, "2" * 64
OWNER_GRANTEE = {"Type": "CanonicalUser", "ID": OWN_ID}
OTHER_GRANTEE = {"Type": "CanonicalUser", "ID": OTHER_ID}
POINT = f"arn:aws:s3:us-east-1:{OWNER}:accesspoint/reports"


def of_bucket(**settings: Any) -> ApiCall:
    return answered("s3.get_public_access_block", {"PublicAccessBlockConfiguration": settings})


def of_account(**settings: Any) -> ApiCall:
    return answered("s3control.get_public_access_block", {"PublicAccessBlockConfiguration": settings})


def acl(*grants: tuple[dict[str, str], str]) -> ApiCall:
    listed = [{"Grantee": grantee, "Permission": permission} for grantee, permission in grants]
    return answered("s3.get_bucket_acl", {"Owner": {"ID": OWN_ID}, "Grants": listed})


def ownership(rule: str) -> ApiCall:
    return answered("s3.get_bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": rule}]}})


def access_point(policy: str = PUBLIC, **settings: Any) -> tuple[ApiCall, ApiCall]:
    return (
        answered("s3control.get_access_point_policy", {"Policy": policy}, Name="reports"),
        answered("s3control.get_access_point", {"AccessPointArn": POINT, **settings}, Name="reports"),
    )


def multi_region_access_point(policy: str = PUBLIC, **settings: Any) -> tuple[ApiCall, ApiCall]:
    listed = [{"Name": "other", "Alias": "other.mrap"}, {"Name": "world", "Alias": "world123.mrap", **settings}]
    return (
        answered(
            "s3control.get_multi_region_access_point_policy",
            {"Policy": {"Established": {"Policy": policy}}},
            Name="world",
        ),
        answered("s3control.list_multi_region_access_points", {"AccessPoints": listed}),
    )


def documents(exposure: Exposure) -> list[Document]:
    return list(exposure.ways[0].gates[0].documents) if exposure.ways else []


def grants(exposure: Exposure) -> list[tuple[str, Principal]]:
    """The ACL's grants that count: the place and the grantee of each."""
    return [
        (label, statement.principals.entries[0])
        for document in documents(exposure)
        if document.name == "BucketAcl"
        for label, statement in zip(document.labels, document.policy.statements, strict=True)
        if statement.principals is not None
    ]


def test_a_bucket_without_policy_and_grants_is_its_own_account_alone() -> None:
    exposure = read_bucket(bucket(failed("s3.get_bucket_policy", "NoSuchBucketPolicy")))

    assert exposure.ways == ()
    assert any("only its own account" in note for note in exposure.notes)


def test_a_policy_opens_the_bucket_to_signed_and_anonymous_callers() -> None:
    exposure = read_bucket(bucket(policy=PUBLIC))

    assert [one.name for one in documents(exposure)] == ["BucketPolicy"]
    assert exposure.callers == {CallerKind.AWS, CallerKind.ANONYMOUS}
    assert not exposure.ways[0].narrow


def test_policy_and_acl_are_one_gate() -> None:
    exposure = read_bucket(bucket(acl((ALL_USERS, "READ")), policy=FIXED))

    assert [one.name for one in documents(exposure)] == ["BucketPolicy", "BucketAcl"]


@pytest.mark.parametrize("block", [of_bucket, of_account])
def test_restrict_public_buckets_of_bucket_or_account_cuts_a_public_policy_and_says_so(block: Any) -> None:
    exposure = read_bucket(bucket(block(RestrictPublicBuckets=True), policy=PUBLIC))

    assert exposure.ways == ()
    assert any("RestrictPublicBuckets" in note for note in exposure.notes)


@pytest.mark.parametrize("block", [of_bucket, of_account])
def test_restrict_public_buckets_leaves_a_fixed_policy_as_a_narrow_way(block: Any) -> None:
    exposure = read_bucket(bucket(block(RestrictPublicBuckets=True), policy=FIXED))

    assert [way.narrow for way in exposure.ways] == [True]
    assert exposure.notes == ()


def test_the_strictest_of_bucket_and_account_holds() -> None:
    strict, lenient = {"RestrictPublicBuckets": True}, {"RestrictPublicBuckets": False}

    assert not read_bucket(bucket(of_bucket(**lenient), of_account(**strict), policy=PUBLIC)).ways
    assert not read_bucket(bucket(of_bucket(**strict), of_account(**lenient), policy=PUBLIC)).ways
    assert read_bucket(bucket(of_bucket(**lenient), of_account(**lenient), policy=PUBLIC)).ways


@pytest.mark.parametrize("setting", ["BlockPublicAcls", "BlockPublicPolicy"])
def test_a_block_on_new_settings_changes_no_existing_access(setting: str) -> None:
    exposure = read_bucket(bucket(of_bucket(**{setting: True}), acl((ALL_USERS, "READ")), policy=PUBLIC))

    assert len(documents(exposure)) == 2
    assert not exposure.ways[0].narrow


@pytest.mark.parametrize("block", [of_bucket, of_account])
def test_ignore_public_acls_takes_the_grants_to_groups_alone(block: Any) -> None:
    listed = acl((ALL_USERS, "READ"), (OTHER_GRANTEE, "READ"), (AUTHENTICATED, "WRITE"))
    exposure = read_bucket(bucket(block(IgnorePublicAcls=True), listed))

    assert grants(exposure) == [("Grants[1]", Principal(PrincipalForm.CANONICAL_USER, OTHER_ID))]
    assert [place for place in ("Grants[0]", "Grants[2]") if any(place in note for note in exposure.notes)] == [
        "Grants[0]",
        "Grants[2]",
    ]


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        pytest.param("BucketOwnerEnforced", 0, id="ACLs are switched off"),
        pytest.param("BucketOwnerPreferred", 2, id="ACLs count, the owner is preferred"),
        pytest.param("ObjectWriter", 2, id="ACLs count, the writer owns"),
    ],
)
def test_the_owner_may_have_acls_switched_off(rule: str, count: int) -> None:
    exposure = read_bucket(bucket(ownership(rule), acl((ALL_USERS, "READ"), (OTHER_GRANTEE, "READ"))))

    assert len(grants(exposure)) == count


def test_what_the_owner_grants_itself_opens_nothing() -> None:
    exposure = read_bucket(bucket(acl((OWNER_GRANTEE, "FULL_CONTROL"))))

    assert exposure.ways == ()
    assert exposure.canonical_ids == {OWN_ID}


def test_log_delivery_is_a_service_and_nobody_outside() -> None:
    assert read_bucket(bucket(acl((LOG_DELIVERY, "WRITE")))).ways == ()


def test_all_users_need_no_signature_and_authenticated_users_do() -> None:
    exposure = read_bucket(bucket(acl((ALL_USERS, "READ"), (AUTHENTICATED, "READ"))))

    first, second = documents(exposure)[0].policy.statements
    assert grants(exposure) == [("Grants[0]", EVERYONE), ("Grants[1]", EVERYONE)]
    assert first.conditions == ()
    assert [(str(one.operator), one.key, one.values) for one in second.conditions] == [
        ("Null", "aws:PrincipalArn", ("false",))
    ]


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("READ", {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"}),
        ("WRITE", {"s3:PutObject"}),
        ("READ_ACP", {"s3:GetBucketAcl"}),
        ("WRITE_ACP", {"s3:PutBucketAcl"}),
        (
            "FULL_CONTROL",
            {
                "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:PutObject",
                "s3:GetBucketAcl", "s3:PutBucketAcl",
            },
        ),
    ],
)  # fmt: skip
def test_a_permission_means_its_actions(permission: str, actions: set[str]) -> None:
    exposure = read_bucket(bucket(acl((OTHER_GRANTEE, permission))))

    assert set(documents(exposure)[0].policy.statements[0].actions.globs) == actions


def test_an_access_point_is_a_way_through_its_policy_and_the_buckets() -> None:
    exposure = read_bucket(bucket(*access_point(), policy=FIXED))

    _, way = exposure.ways
    assert way.access_point == POINT
    assert [[one.name for one in gate.documents] for gate in way.gates] == [["BucketPolicy"], ["AccessPointPolicy"]]
    assert way.given == {
        "s3:dataaccesspointarn": (POINT,),
        "s3:dataaccesspointaccount": (OWNER,),
        "s3:accesspointnetworkorigin": ("Internet",),
    }
    assert not way.narrow


def test_an_access_point_in_a_vpc_is_reached_from_that_vpc_and_from_no_address() -> None:
    exposure = read_bucket(bucket(*access_point(VpcConfiguration={"VpcId": "vpc-1a2b3c4d"}), policy=FIXED))

    way = exposure.ways[1]
    assert way.given["aws:sourcevpc"] == ("vpc-1a2b3c4d",)
    assert way.given["aws:sourceip"] == ()
    assert way.given["s3:accesspointnetworkorigin"] == ("VPC",)
    assert way.narrow


def test_the_block_of_an_access_point_cuts_its_public_policy_and_says_so() -> None:
    block = {"RestrictPublicBuckets": True}
    exposure = read_bucket(bucket(*access_point(PublicAccessBlockConfiguration=block), policy=FIXED))

    assert [way.access_point for way in exposure.ways] == [None]
    assert any(POINT in note for note in exposure.notes)


def test_the_block_of_an_access_point_leaves_a_fixed_policy() -> None:
    block = {"RestrictPublicBuckets": True}
    exposure = read_bucket(bucket(*access_point(FIXED, PublicAccessBlockConfiguration=block), policy=FIXED))

    assert [way.access_point for way in exposure.ways] == [None, POINT]


def test_the_block_of_the_bucket_holds_for_its_access_points() -> None:
    exposure = read_bucket(bucket(of_bucket(RestrictPublicBuckets=True), *access_point(), policy=FIXED))

    assert [way.access_point for way in exposure.ways] == [None]


def test_a_vpc_keeps_an_access_point_from_being_public() -> None:
    settings: dict[str, Any] = {
        "VpcConfiguration": {"VpcId": "vpc-1a2b3c4d"},
        "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True},
    }
    exposure = read_bucket(bucket(*access_point(**settings), policy=FIXED))

    assert [way.access_point for way in exposure.ways] == [None, POINT]


def test_an_access_point_without_policy_is_no_way() -> None:
    nothing = failed("s3control.get_access_point_policy", "NoSuchAccessPointPolicy", Name="reports")

    assert len(read_bucket(bucket(nothing, policy=FIXED)).ways) == 1


def test_a_multi_region_access_point_has_its_alias_in_its_arn() -> None:
    exposure = read_bucket(bucket(*multi_region_access_point(), policy=FIXED))

    assert [way.access_point for way in exposure.ways] == [None, f"arn:aws:s3::{OWNER}:accesspoint/world123.mrap"]


def test_a_multi_region_access_point_has_its_own_block() -> None:
    calls = multi_region_access_point(PublicAccessBlock={"RestrictPublicBuckets": True})

    assert [way.access_point for way in read_bucket(bucket(*calls, policy=FIXED)).ways] == [None]


def test_objects_and_bucket_are_seen_by_each_gate_under_its_own_arn() -> None:
    way = read_bucket(bucket(*access_point(), policy=FIXED)).ways[1]
    views = {
        action: [view.resource for view in target.views]
        for target in way.targets
        for action in way.actions.names_in(target.actions)
    }

    assert views["s3:GetObject"] == [f"{BUCKET}/", f"{POINT}/object/"]
    assert views["s3:ListBucket"] == [BUCKET, POINT]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(of_bucket(RestrictPublicBuckets="false"), id="a flag of the bucket is a text"),
        pytest.param(of_account(IgnorePublicAcls="false"), id="a flag of the account is a text"),
        pytest.param(answered("s3.get_public_access_block", {"PublicAccessBlockConfiguration": []}), id="a list"),
        pytest.param(answered("s3.get_bucket_acl", {"Grants": {}}), id="grants are no list"),
        pytest.param(answered("s3.get_bucket_acl", {"Owner": {"ID": 1}}), id="the owner's id is a number"),
        pytest.param(answered("s3control.get_access_point_policy", {"Policy": FIXED}), id="no name of access point"),
        pytest.param(
            answered("s3control.get_access_point_policy", {"Policy": FIXED}, Name=1), id="the name is a number"
        ),
        pytest.param(
            answered(
                "s3control.get_multi_region_access_point_policy",
                {"Policy": {"Established": {"Policy": FIXED}}},
                Name="world",
            ),
            id="a multi-Region access point without an alias",
        ),
    ],
)
def test_an_answer_that_s3_never_gives_is_refused(call: ApiCall) -> None:
    with pytest.raises(UnexpectedAnswerError):
        read_bucket(bucket(call, policy=FIXED))
