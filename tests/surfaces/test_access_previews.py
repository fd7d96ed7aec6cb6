"""Access previews as cfn-policy-validator asks for them: one for each resource of a template, before it is deployed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from surfaces.api_service import ACCOUNT, serving_sample
from unit.api.signing import REGION

pytestmark = pytest.mark.slow

OUTSIDER = "123456789123"
ROLE = f"arn:aws:iam::{OUTSIDER}:role/MyOtherRole"
OWNER_ID = "a" * 64
EC2_ID = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
GROUPS = "http://acs.amazonaws.com/groups/"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessAnalyzerClient]:
    place: Path = tmp_path_factory.mktemp("previews") / "sekisho.db"
    with serving_sample(str(place)) as served:
        yield served.server.client()


@pytest.fixture(scope="module")
def analyzer(client: AccessAnalyzerClient) -> str:
    known = client.list_analyzers(type="ACCOUNT")["analyzers"]
    assert not [one for one in known if one["status"] == "ACTIVE"]
    return client.create_analyzer(analyzerName="AnalyzerCreatedByCfnIAMPolicyValidator", type="ACCOUNT")["arn"]


def policy(principal: Any, action: str, *resources: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    named = {"Resource": list(resources)} if resources else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | named]})


def delegating(bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "*",
        "Resource": [bucket, f"{bucket}/*"],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def access_point(arn: str, principal: str, **settings: Any) -> dict[str, Any]:
    bucket = f"arn:aws:s3:::{uuid4()}"
    point = {"accessPointPolicy": policy(principal, "*", arn, f"{arn}/object/*"), **settings}
    return {bucket: {"s3Bucket": {"accessPoints": {arn: point}, "bucketPolicy": delegating(bucket)}}}


def acl(*grants: tuple[str, str, str]) -> dict[str, Any]:
    listed = [{"permission": permission, "grantee": {kind: name}} for kind, name, permission in grants]
    return {"arn:aws:s3:::resource1": {"s3Bucket": {"bucketAclGrants": listed}}}


OWN = ("id", OWNER_ID, "FULL_CONTROL")
POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/resource1"
MULTI_REGION_POINT = f"arn:aws:s3::{ACCOUNT}:accesspoint/resource1.mrap"
IN_A_VPC = {"networkOrigin": {"vpcConfiguration": {"vpcId": "vpc-010e1791024eb0af9"}}}
ON_THE_INTERNET: dict[str, Any] = {"networkOrigin": {"internetConfiguration": {}}}


def template(principal: str) -> dict[str, dict[str, Any]]:
    """Return what is sent for each kind of resource, where `principal` is let in."""
    everything = policy(principal, "*", "*")
    bucket = policy(principal, "*", "arn:aws:s3:::resource1", "arn:aws:s3:::resource1/*")
    return {
        "a role": {f"arn:aws:iam::{ACCOUNT}:role/resource1": {"iamRole": {"trustPolicy": policy(principal, "sts:*")}}},
        "a queue": {f"arn:aws:sqs:{REGION}:{ACCOUNT}:resource1": {"sqsQueue": {"queuePolicy": everything}}},
        "a key": {f"arn:aws:kms:{REGION}:{ACCOUNT}:key/MyKey": {"kmsKey": {"keyPolicies": {"default": everything}}}},
        "a bucket": {"arn:aws:s3:::resource1": {"s3Bucket": {"bucketPolicy": bucket}}},
        "an access point": access_point(POINT, principal, **ON_THE_INTERNET),
        "an access point in a VPC": access_point(POINT, principal, **IN_A_VPC),
        "a multi-Region access point": access_point(MULTI_REGION_POINT, principal),
    }


def active(client: AccessAnalyzerClient, analyzer: str, configurations: dict[str, Any]) -> list[str]:
    """Return who the active findings of a preview are about, as the validator matches its allow-list."""
    identity = client.create_access_preview(analyzerArn=analyzer, configurations=configurations)["id"]
    preview = client.get_access_preview(accessPreviewId=identity, analyzerArn=analyzer)["accessPreview"]
    assert (preview["status"], preview["configurations"]) == ("COMPLETED", configurations)
    pages = client.get_paginator("list_access_preview_findings").paginate(
        accessPreviewId=identity, analyzerArn=analyzer
    )
    principals = [one["principal"] for page in pages for one in page["findings"] if one["status"] == "ACTIVE"]
    return [one.get("AWS") or one.get("Federated") or one["CanonicalUser"] for one in principals]


@pytest.mark.parametrize("kind", template(""))
@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        pytest.param(ROLE, [ROLE], id="a role outside"),
        pytest.param(f"arn:aws:iam::{OUTSIDER}:root", [OUTSIDER], id="an account outside, by its bare id"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:root", [], id="the own account"),
    ],
)
def test_whoever_a_template_lets_in_is_told(
    client: AccessAnalyzerClient, analyzer: str, kind: str, principal: str, expected: list[str]
) -> None:
    assert active(client, analyzer, template(principal)[kind]) == expected


def test_a_secret_under_the_default_key_is_closed(client: AccessAnalyzerClient, analyzer: str) -> None:
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:resource1-3xyxqI"
    secret = {"secretPolicy": policy(ROLE, "secretsmanager:GetSecretValue", "*")}

    assert active(client, analyzer, {arn: {"secretsManagerSecret": secret}}) == []


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        pytest.param([OWN], [], id="Private"),
        pytest.param([OWN, ("uri", f"{GROUPS}global/AllUsers", "READ")], ["*"], id="PublicRead"),
        pytest.param([OWN, ("uri", f"{GROUPS}global/AuthenticatedUsers", "READ")], ["*"], id="AuthenticatedRead"),
        pytest.param([("uri", f"{GROUPS}s3/LogDelivery", "WRITE")], [], id="LogDeliveryWrite"),
        pytest.param([OWN, ("id", EC2_ID, "READ")], [], id="AwsExecRead"),
    ],
)
def test_canned_acls_are_told_by_whom_they_let_in(
    client: AccessAnalyzerClient, analyzer: str, grants: list[tuple[str, str, str]], expected: list[str]
) -> None:
    assert active(client, analyzer, acl(*grants)) == expected


@pytest.mark.parametrize(
    "configurations",
    [
        pytest.param(
            {f"arn:aws:sqs:{REGION}:{ACCOUNT}:q": {"sqsQueue": {"queuePolicy": '{"Statement": "invalid"}'}}},
            id="statements that are none",
        ),
        pytest.param(
            {"arn:aws:s3:::b": {"s3Bucket": {"bucketPolicy": policy(ACCOUNT, "s3:PutObject", "arn:aws:s4:notvalid")}}},
            id="a resource that is no ARN",
        ),
    ],
)
def test_what_is_no_policy_is_an_invalid_configuration(
    client: AccessAnalyzerClient, analyzer: str, configurations: dict[str, Any]
) -> None:
    identity = client.create_access_preview(analyzerArn=analyzer, configurations=configurations)["id"]

    preview = client.get_access_preview(accessPreviewId=identity, analyzerArn=analyzer)["accessPreview"]
    assert (preview["status"], preview.get("statusReason")) == ("FAILED", {"code": "INVALID_CONFIGURATION"})


def test_a_request_that_is_sent_twice_makes_one_preview(client: AccessAnalyzerClient, analyzer: str) -> None:
    asked: dict[str, Any] = {"configurations": acl(OWN), "clientToken": "once"}

    first, second = (client.create_access_preview(analyzerArn=analyzer, **asked)["id"] for _ in range(2))

    assert first == second
    listed = client.get_paginator("list_access_previews").paginate(analyzerArn=analyzer).build_full_result()
    assert [one["id"] for one in listed["accessPreviews"]].count(first) == 1
