"""Policies that have fooled an analyzer, each with whether anyone outside gets in and whether that is everyone."""

import json
from typing import Any

import pytest

from sekisho.analyzers.external import analyze_resource
from sekisho.analyzers.observation import ExternalAccess
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.zone import ZoneOfTrust, ZoneType

OWNER, OTHER = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::example-bucket"
QUEUE = f"arn:aws:sqs:us-east-1:{OWNER}:example"


def accesses(resource_type: str, *statements: dict[str, Any]) -> list[ExternalAccess]:
    base: dict[str, dict[str, Any]] = {
        "AWS::S3::Bucket": {"Action": "s3:GetObject", "Resource": f"{BUCKET}/*"},
        "AWS::SQS::Queue": {"Action": "sqs:SendMessage", "Resource": QUEUE},
        "AWS::IAM::Role": {"Action": "sts:AssumeRoleWithWebIdentity"},
        "AWS::Lambda::Function": {"Action": "lambda:InvokeFunctionUrl", "Resource": "*"},
    }
    listed: list[dict[str, Any]] = []
    for one in statements:
        whole = {"Effect": "Allow", "Principal": "*", **base[resource_type], **one}
        for name in ("Principal", "Resource"):
            if f"Not{name}" in one:
                del whole[name]
        listed.append(whole)
    text = json.dumps({"Version": "2012-10-17", "Statement": listed})
    zone = ZoneOfTrust(ZoneType.ACCOUNT, OWNER, "us-east-1", member_of_organization_id="o-a1b2c3d4e5")
    resource = hypothetical_resource(text, resource_type=resource_type, owner_account=OWNER)
    found: list[ExternalAccess] = []
    for observation in analyze_resource(resource, zone).observations:
        assert isinstance(observation.outcome, ExternalAccess), observation.outcome
        found.append(observation.outcome)
    return found


def deny(**condition: Any) -> dict[str, Any]:
    return {"Effect": "Deny", **condition}


SESSION = f"arn:aws:sts::{OTHER}:assumed-role/Admin_0123456789abcdef/bob"
ALICE = f"arn:aws:iam::{OTHER}:user/team*"
S3, SQS, ROLE = "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::IAM::Role"

OPEN = [
    pytest.param(
        S3,
        [
            {
                "Principal": {"AWS": SESSION},
                "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/aws*"}},
            }
        ],
        id="a session of a role whose path the pattern begins",
    ),
    pytest.param(
        S3,
        [{"Condition": {"ArnLike": {"aws:PrincipalArn": ALICE}, "StringEquals": {"aws:username": "alice"}}}],
        id="a user whose path the pattern begins, by name",
    ),
    pytest.param(
        S3,
        [{"Action": "s3:ListBucket", "Resource": BUCKET, "Condition": {"StringEquals": {"s3:prefix": ""}}}],
        id="an empty value",
    ),
    pytest.param(
        S3,
        [
            {"Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
            deny(Condition={"StringEquals": {"aws:SourceIp": "192.0.2.44"}}),
        ],
        id="a range less one of its addresses, as text",
    ),
    pytest.param(
        S3,
        [
            {"Condition": {"StringEquals": {"aws:PrincipalTag/admin": "yes"}}},
            deny(Condition={"Bool": {"aws:PrincipalTag/admin": "true"}}),
        ],
        id="a text beside a Bool on one key",
    ),
    pytest.param(ROLE, [{}, deny(Principal={"Federated": "accounts.google.com"})], id="every provider but one"),
    pytest.param(
        ROLE, [{"Condition": {"StringEquals": {"graph.facebook.com:app_id": "1"}}}], id="a provider named by its claim"
    ),
    pytest.param(
        ROLE,
        [{"Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}}}],
        id="a provider named by its subject",
    ),
    pytest.param(
        S3,
        [{"Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalTag/acct}"}}}],
        id="a tag that repeats the account",
    ),
    pytest.param(
        S3,
        [{"Resource": f"{BUCKET}/${{aws:PrincipalTag/t}}/*"}, deny(NotResource=f"{BUCKET}/home/*")],
        id="a variable in a path that a Deny leaves open",
    ),
    pytest.param(
        S3,
        [{"Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}}],
        id="the own organization, which an account analyzer does not trust",
    ),
    pytest.param(
        S3, [{"Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/div(a)/app"}}], id="a path with unusual letters"
    ),
    pytest.param(
        S3,
        [{"Principal": {"CanonicalUser": "7" * 64}}, deny(NotPrincipal={"AWS": [OTHER, OWNER]})],
        id="a canonical user who may be of the account that a Deny spares",
    ),
    pytest.param(
        S3,
        [{"Condition": {"StringEquals": {"aws:PrincipalTag/owner": "${aws:ResourceAccount}"}}}],
        id="a variable that the resource decides",
    ),
]


OPEN.append(
    pytest.param(
        SQS,
        [{"Condition": {"StringLike": {"aws:SourceArn": f"arn:aws:cloudwatch:*:{OWNER}:alarm:*"}}}],
        id="own alarms, by a pattern that a stranger's alarm named so matches across colons",
    )
)


@pytest.mark.parametrize(("resource_type", "statements"), OPEN)
def test_what_is_open_is_found(resource_type: str, statements: list[dict[str, Any]]) -> None:
    assert accesses(resource_type, *statements)


@pytest.mark.parametrize(
    ("resource_type", "statements"),
    [
        pytest.param(
            SQS,
            [{"Condition": {"StringLike": {"aws:SourceArn": f"arn:aws:sns:*:{OWNER}:*"}}}],
            id="own topics, by a pattern that could match across colons",
        ),
        pytest.param(
            SQS,
            [{"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:*:{OWNER}:alarm:*"}}}],
            id="own alarms, part by part",
        ),
        pytest.param(
            S3,
            [{"Condition": {"StringLike": {"aws:userid": ["AROAEXAMPLEID12345678:*", OWNER]}}}, deny(
                Condition={"StringLike": {"aws:userid": "AROA*"}}
            )],
            id="the own root user, whose id is the account's",
        ),
    ],
)  # fmt: skip
def test_what_is_closed_is_not_reported(resource_type: str, statements: list[dict[str, Any]]) -> None:
    assert accesses(resource_type, *statements) == []


@pytest.mark.parametrize(
    ("resource_type", "statements", "public"),
    [
        pytest.param(
            S3, [{"Condition": {"StringEquals": {"aws:PrincipalAccount": "anonymous"}}}], True, id="anonymous"
        ),
        pytest.param(S3, [{"Condition": {"IpAddress": {"aws:SourceIp": "2001::/23"}}}], True, id="a wide IPv6 range"),
        pytest.param(
            ROLE,
            [
                {
                    "Principal": {"Federated": "accounts.google.com"},
                    "Condition": {"StringEquals": {"accounts.google.com:sub": "1234567890"}},
                }
            ],
            False,
            id="one subject of a public provider",
        ),
        pytest.param(ROLE, [{"Principal": {"Federated": "accounts.google.com"}}], True, id="a public provider"),
    ],
)
def test_public_means_anyone(resource_type: str, statements: list[dict[str, Any]], public: bool) -> None:  # noqa: FBT001 - a table
    assert [one.is_public for one in accesses(resource_type, *statements)] == [public]


def test_a_request_without_a_signature_reaches_a_function_url_only_where_none_is_wanted() -> None:
    condition = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    (signed,) = accesses("AWS::Lambda::Function", {"Condition": condition})
    (unsigned,) = accesses("AWS::Lambda::Function", {})

    assert signed.witness.principal != {"AWS": "anonymous"}
    assert unsigned.witness.principal == {"AWS": "anonymous"}


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(
            [{"Resource": f"{BUCKET}/{'*a' * 40}"}, deny(Resource=f"{BUCKET}/{'*aa' * 30}")],
            id="a glob with many stars",
        ),
        pytest.param(
            [
                {
                    "Condition": {
                        "StringEquals": {
                            "aws:SourceVpc": "vpc-1",
                            "aws:SourceVpce": "vpce-1",
                            "aws:VpceAccount": OTHER,
                            "aws:VpceOrgID": "o-z9y8x7w6v5",
                        }
                    }
                }
            ],
            id="four keys of one endpoint",
        ),
        pytest.param([{"Condition": {"NumericLessThan": {"s3:max-keys": "1e20"}}}], id="a large number"),
    ],
)
def test_hard_policies_are_decided(statements: list[dict[str, Any]]) -> None:
    assert len(accesses(S3, *statements)) == 1
