"""What a finding shows of an access: whether it is public, a request that gets through, and what opens it."""

import json
from typing import Any

import pytest

from sekisho.analyzers import analyze_resource
from sekisho.analyzers.observation import ExternalAccess, Source
from sekisho.resources.snapshot import ApiCall, RawResource
from unit.resources.builders import (
    ACCOUNT_ZONE,
    BUCKET,
    OWNER,
    VENDOR,
    allow,
    answered,
    bucket,
    deny,
    key,
    policy_text,
    role,
    trusts,
)

SESSION = f"arn:aws:sts::{VENDOR}:assumed-role/app/run"
CANONICAL = "2" * 64
POINT = f"arn:aws:s3:us-east-1:{OWNER}:accesspoint/reports"
RESTRICTED = answered("s3.get_public_access_block", {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}})
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


def the_access(resource: RawResource) -> ExternalAccess:
    (observation,) = analyze_resource(resource, ACCOUNT_ZONE).observations
    assert isinstance(observation.outcome, ExternalAccess), observation
    return observation.outcome


def access_to(*statements: dict[str, Any]) -> ExternalAccess:
    return the_access(bucket(policy=policy_text(*statements)))


def access_point(**settings: Any) -> tuple[ApiCall, ApiCall]:
    return (
        answered("s3control.get_access_point_policy", {"Policy": policy_text(allow())}, Name="reports"),
        answered("s3control.get_access_point", settings, Name="reports"),
    )


def delegating(key: str, value: str) -> str:
    return policy_text(allow("*", "s3:GetObject", Condition={"StringLike": {key: value}}))


@pytest.mark.parametrize(
    ("principal", "public"),
    [
        pytest.param({"Federated": "accounts.google.com"}, True, id="a provider with the whole world for its users"),
        pytest.param(
            {"Federated": f"arn:aws:iam::{OWNER}:oidc-provider/login.example.com"}, False, id="a provider with an ARN"
        ),
    ],
)
def test_a_federated_domain_is_public_and_a_provider_by_arn_is_not(
    principal: dict[str, str],
    public: bool,  # noqa: FBT001 - a table
) -> None:
    access = the_access(role(policy_text(trusts(principal, WEB_IDENTITY))))

    assert access.is_public is public
    assert access.principal == access.witness.principal == principal


def test_an_audience_keeps_a_federated_domain_from_being_public() -> None:
    condition = {"StringEquals": {"accounts.google.com:aud": "12345.apps.example"}}
    trust = trusts({"Federated": "accounts.google.com"}, WEB_IDENTITY, Condition=condition)
    access = the_access(role(policy_text(trust)))

    assert not access.is_public
    assert access.condition == {"accounts.google.com:aud": "12345.apps.example"}


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        pytest.param({}, True, id="nothing is asked"),
        pytest.param({"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}, False, id="one VPC"),
        pytest.param({"StringLike": {"aws:SourceVpc": "vpc-*"}}, True, id="any VPC"),
        pytest.param({"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}}, False, id="one organization"),
        pytest.param({"Bool": {"aws:SecureTransport": "true"}}, True, id="an encrypted connection"),
    ],
)
def test_everyone_is_public_unless_a_shown_condition_narrows(
    condition: dict[str, Any],
    public: bool,  # noqa: FBT001 - a table
) -> None:
    assert access_to(allow("*", "s3:GetObject", Condition=condition)).is_public is public


def test_a_named_account_is_never_public() -> None:
    assert not access_to(allow({"AWS": VENDOR}, "s3:GetObject")).is_public


@pytest.mark.parametrize(
    ("settings", "public"),
    [
        pytest.param({"VpcConfiguration": {"VpcId": "vpc-1a2b3c4d"}}, False, id="within a VPC"),
        pytest.param({}, True, id="from the internet"),
    ],
)
def test_an_access_point_is_public_unless_it_is_within_a_vpc(
    settings: dict[str, Any],
    public: bool,  # noqa: FBT001 - a table
) -> None:
    to_own = delegating("s3:DataAccessPointAccount", OWNER)
    access = the_access(bucket(*access_point(**settings), policy=to_own))

    assert access.is_public is public
    assert access.sources == (Source("S3_ACCESS_POINT", access_point_arn=POINT),)


@pytest.mark.parametrize(
    ("calls", "public"),
    [
        pytest.param((), True, id="nothing restricts it"),
        pytest.param((RESTRICTED,), False, id="RestrictPublicBuckets"),
    ],
)
def test_a_delegated_access_point_is_public_unless_the_bucket_is_restricted(
    calls: tuple[ApiCall, ...],
    public: bool,  # noqa: FBT001 - a table
) -> None:
    access = the_access(bucket(*calls, policy=delegating("s3:DataAccessPointAccount", VENDOR)))

    assert access.is_public is public
    assert access.condition == {"s3:DataAccessPointAccount": VENDOR}
    assert access.sources == (Source("S3_ACCESS_POINT_ACCOUNT", access_point_account=VENDOR),)


def test_a_delegated_access_point_that_is_named_names_its_account() -> None:
    arn = f"arn:aws:s3:us-east-1:{VENDOR}:accesspoint/reports"
    access = the_access(bucket(policy=delegating("s3:DataAccessPointArn", arn)))

    assert access.sources == (Source("S3_ACCESS_POINT_ACCOUNT", arn, VENDOR),)


def test_a_way_within_a_vpc_does_not_hide_an_account_that_gets_in_from_everywhere() -> None:
    to_vendor = allow({"AWS": VENDOR}, "s3:GetObject")
    to_own = allow(Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}})
    point = access_point(VpcConfiguration={"VpcId": "vpc-1a2b3c4d"})
    analysis = analyze_resource(bucket(*point, policy=policy_text(to_vendor, to_own)), ACCOUNT_ZONE)

    shown = [one.outcome.principal for one in analysis.observations if isinstance(one.outcome, ExternalAccess)]
    assert {"AWS": VENDOR} in shown
    assert {"AWS": "*"} in shown


def test_a_witness_shows_the_keys_that_are_mentioned_and_no_others() -> None:
    condition = {"Bool": {"aws:secureTransport": "true"}, "StringEquals": {"aws:SourceVPC": "vpc-1a2b3c4d"}}
    access = access_to(allow({"AWS": VENDOR}, "s3:GetObject", Condition=condition))

    assert access.witness.context == {"aws:secureTransport": "true", "aws:SourceVPC": "vpc-1a2b3c4d"}
    assert access.condition == {"aws:SourceVPC": "vpc-1a2b3c4d"}


def test_a_witness_shows_nothing_where_nothing_is_mentioned() -> None:
    access = access_to(allow({"AWS": VENDOR}, "s3:GetObject"))

    assert access.witness.context == {}
    assert access.witness.action == "s3:GetObject"
    assert access.witness.resource.startswith(f"{BUCKET}/")


def test_a_witness_shows_what_a_policy_variable_stands_for() -> None:
    access = access_to(allow({"AWS": VENDOR}, "s3:GetObject", Resource=f"{BUCKET}/${{aws:username}}/*"))

    name = access.witness.context["aws:username"]
    assert access.witness.resource.startswith(f"{BUCKET}/{name}/")


def test_several_values_of_a_key_are_shown_together() -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}, "ForAnyValue:StringLike": {"aws:TagKeys": "b"}}
    access = access_to(allow({"AWS": VENDOR}, "s3:GetObject", Condition=condition))

    assert set(access.witness.context["aws:TagKeys"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("principal", "shown"),
    [
        pytest.param("*", {"AWS": "anonymous"}, id="anyone is shown without a signature"),
        pytest.param({"AWS": SESSION}, {"AWS": SESSION}, id="a session by the session's ARN"),
        pytest.param(
            {"AWS": f"arn:aws:iam::{VENDOR}:role/app"},
            {"AWS": f"arn:aws:iam::{VENDOR}:role/app"},
            id="a role by its ARN",
        ),
        pytest.param({"CanonicalUser": CANONICAL}, {"CanonicalUser": CANONICAL}, id="a canonical user by its id"),
    ],
)
def test_a_witness_shows_who_calls(principal: Any, shown: dict[str, str]) -> None:
    assert access_to(allow(principal, "s3:GetObject")).witness.principal == shown


def test_an_account_is_shown_by_somebody_in_it() -> None:
    shown = access_to(allow({"AWS": VENDOR}, "s3:GetObject")).witness.principal

    assert f":{VENDOR}:" in shown["AWS"]


def test_the_statement_that_opens_is_told_with_its_place() -> None:
    text = json.dumps(
        {"Statement": [deny("*", "s3:PutObject"), allow({"AWS": VENDOR}, "s3:GetObject", Sid="Read")]}, indent=1
    )
    line = text[: text.index('"Read"')].count("\n")

    (because,) = the_access(bucket(policy=text)).because

    assert (because.document, because.statement, because.path) == ("BucketPolicy", 1, "Statement[1].Principal")
    assert because.sid == "Read"
    assert because.line is not None
    assert text.splitlines()[because.line - 1].strip() == "{"
    assert 1 < because.line <= line


def test_a_statement_with_not_principal_is_told_by_that_element() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": OWNER}, "Action": "s3:GetObject", "Resource": "*"}

    assert access_to(statement).because[0].path == "Statement[0].NotPrincipal"


def test_a_grant_is_told_by_its_place_and_has_no_line() -> None:
    grants = {"Grants": [{"GranteePrincipal": f"arn:aws:iam::{VENDOR}:role/reader", "Operations": ["Decrypt"]}]}

    (because,) = the_access(key(answered("kms.list_grants", grants))).because

    assert (because.document, because.path, because.line) == ("Grants", "Grants[0].GranteePrincipal", None)


def test_policy_and_acl_are_both_named_as_sources() -> None:
    acl = {
        "Owner": {"ID": "1" * 64},
        "Grants": [
            {"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"},
        ],
    }
    access = the_access(bucket(answered("s3.get_bucket_acl", acl), policy=policy_text(allow("*", "s3:GetObject"))))

    assert access.sources == (Source("POLICY"), Source("BUCKET_ACL"))


def test_other_resources_have_no_sources() -> None:
    assert the_access(role(policy_text(trusts({"AWS": VENDOR})))).sources == ()


def test_a_denied_action_is_not_listed() -> None:
    access = access_to(allow({"AWS": VENDOR}, ["s3:GetObject", "s3:PutObject"]), deny("*", "s3:PutObject"))

    assert access.action == ("s3:GetObject",)


def test_each_access_is_told_with_the_statements_that_open_it() -> None:
    first = {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "s3:PutObject",
        "Resource": f"{BUCKET}/*",
    }
    second = {**first, "Principal": {"AWS": "777788889999"}, "Condition": {"StringLike": {"aws:UserAgent": "a*"}}}
    both = {**first, "Principal": {"AWS": ["444455556666", "121212121212"]}, "Action": "s3:GetObject"}
    resource = bucket(policy=policy_text(first, second, both))

    found = analyze_resource(resource, ACCOUNT_ZONE).observations

    assert [
        (outcome.principal["AWS"], [because.statement for because in outcome.because])
        for outcome in (observation.outcome for observation in found)
        if isinstance(outcome, ExternalAccess)
    ] == [("444455556666", [0, 2]), ("777788889999", [1]), ("121212121212", [2])]
