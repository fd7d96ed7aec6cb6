"""A finding in one sentence: who can do what, because of which statement, and why its conditions do not stop them."""

import json
from functools import cache
from importlib.resources import as_file
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers import analyze_external_access, analyze_resource
from sekisho.analyzers.callers_in_words import OF_CALL, OF_CALLER
from sekisho.analyzers.joining import join
from sekisho.analyzers.keys import SHOWN_KEYS
from sekisho.analyzers.lax_conditions import ANYBODYS
from sekisho.analyzers.observation import Blocker, ExternalAccess, Observation
from sekisho.analyzers.sentence import kind_of, short_name
from sekisho.cli.escape import plain
from sekisho.collectors import RecordedReader
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.snapshot import RawResource
from sekisho.resources.zone import MemberAccount, ResourceControlPolicy, ZoneOfTrust, ZoneType
from sekisho.sample import sample_recording
from unit.findings.builders import external_access
from unit.resources.builders import (
    ACCOUNT_ZONE,
    KEY,
    OWNER,
    SECRET,
    allow,
    answered,
    bucket,
    key,
    policy_text,
    secret,
)

OTHER = "444455556666"
OTHER_ROLE = f"arn:aws:iam::{OTHER}:role/app"
BUCKET = "arn:aws:s3:::reports"
OIDC = f"arn:aws:iam::{OWNER}:oidc-provider/"
GITHUB = "token.actions.githubusercontent.com"
GITHUB_PROVIDER = f"{OIDC}{GITHUB}"
SAML_PROVIDER = f"arn:aws:iam::{OWNER}:saml-provider/Okta"
VENDOR: dict[str, Any] = {"Principal": {"AWS": OTHER}}

S3, SQS, SNS = "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"
ROLE, KMS, SECRET_TYPE = "AWS::IAM::Role", "AWS::KMS::Key", "AWS::SecretsManager::Secret"
FUNCTION = "AWS::Lambda::Function"
USUAL: dict[str, tuple[str, dict[str, Any]]] = {
    S3: (BUCKET, {"Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}),
    SQS: (f"arn:aws:sqs:us-east-1:{OWNER}:orders", {"Action": "sqs:SendMessage", "Resource": "*"}),
    SNS: (f"arn:aws:sns:us-east-1:{OWNER}:alerts", {"Action": "sns:Publish", "Resource": "*"}),
    ROLE: (f"arn:aws:iam::{OWNER}:role/team/deploy", {"Action": "sts:AssumeRole"}),
    KMS: (KEY, {"Action": "kms:Decrypt", "Resource": "*"}),
    FUNCTION: (
        f"arn:aws:lambda:us-east-1:{OWNER}:function:hook",
        {"Action": "lambda:InvokeFunction", "Resource": "*"},
    ),
    SECRET_TYPE: (SECRET, {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}),
}
MOST_CHARACTERS = 340


def resource_with(resource_type: str, *statements: dict[str, Any]) -> RawResource:
    arn, usual = USUAL[resource_type]
    listed: list[dict[str, Any]] = []
    for one in statements:
        whole = {"Effect": "Allow", "Principal": "*", **usual, **one}
        if "NotPrincipal" in one:
            del whole["Principal"]
        listed.append(whole)
    return hypothetical_resource(policy_text(*listed), resource_type=resource_type, owner_account=OWNER, resource=arn)


def accesses(resource: RawResource, zone: ZoneOfTrust = ACCOUNT_ZONE) -> list[ExternalAccess]:
    found: list[ExternalAccess] = []
    for observation in analyze_resource(resource, zone).observations:
        assert isinstance(observation.outcome, ExternalAccess), observation.outcome
        found.append(observation.outcome)
    return found


def the_sentence(resource: RawResource, zone: ZoneOfTrust = ACCOUNT_ZONE) -> str:
    (access,) = accesses(resource, zone)
    return access.sentence


def when(operator: str, key_name: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key_name: value}}}


def deny(**members: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "s3:*", **members}


def web(provider: str, **members: Any) -> dict[str, Any]:
    return {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", **members}


TOLD = [
    pytest.param(
        S3,
        [{}],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and has no condition.",
        id="anyone",
    ),
    pytest.param(
        S3,
        [when("StringLike", "aws:Referer", "https://example.com/*")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:Referer`, is whatever the caller says it is.",
        id="the referer",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:UserAgent", "curl")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:UserAgent`, is whatever the caller says it is.",
        id="the user agent",
    ),
    pytest.param(
        S3,
        [when("StringLike", "s3:prefix", "a/*")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `s3:prefix`, is whatever the caller says it is.",
        id="a prefix that is asked for",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:PrincipalOrgID", "o-z9y8x7w6v5")],
        "Any AWS principal of the organization `o-z9y8x7w6v5` can `s3:GetObject` from the bucket "
        "`reports`, because `Statement[0]` names `*` and has no other condition.",
        id="an organization",
    ),
    pytest.param(
        S3,
        [when("StringLike", "aws:PrincipalOrgID", "o-*")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalOrgID`, can match any organization.",
        id="any organization",
    ),
    pytest.param(
        S3,
        [when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-z9y8x7w6v5/r-ab12/*")],
        "Any AWS principal of the organization path `o-z9y8x7w6v5/r-ab12/*` can `s3:GetObject` from the "
        "bucket `reports`, because `Statement[0]` names `*` and has no other condition.",
        id="an organization path",
    ),
    pytest.param(
        S3,
        [when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-z9y8x7w6v5")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalOrgID`, is also met where the key is absent.",
        id="an organization, unless there is none",
    ),
    pytest.param(
        S3,
        [when("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-z9y8x7w6v5/r-ab12/")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalOrgPaths`, is also met where the key is absent.",
        id="all of no organizations",
    ),
    pytest.param(
        S3,
        [when("IpAddress", "aws:SourceIp", "203.0.113.0/24")],
        "Anyone calling from addresses in `203.0.113.0/24` can `s3:GetObject` from the bucket `reports`, "
        "because `Statement[0]` names `*` and has no other condition.",
        id="addresses",
    ),
    pytest.param(
        S3,
        [when("IpAddress", "aws:SourceIp", "0.0.0.0/0")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:SourceIp`, can match every address.",
        id="all addresses",
    ),
    pytest.param(
        S3,
        [when("IpAddress", "aws:SourceIp", "0.0.0.0/1")],
        "Anyone calling from addresses in `0.0.0.0/1` can `s3:GetObject` from the bucket `reports`, "
        "because `Statement[0]` names `*` and has no other condition.",
        id="half of all addresses",
    ),
    pytest.param(
        S3,
        [when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:SourceIp`, rules out nothing but the listed values.",
        id="all addresses but some",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:SourceVpc", "vpc-1a2b3c4d")],
        "Anyone calling through VPC `vpc-1a2b3c4d` can `s3:GetObject` from the bucket `reports`, because "
        "`Statement[0]` names `*` and has no other condition.",
        id="a VPC",
    ),
    pytest.param(
        S3,
        [when("StringLike", "aws:SourceVpc", "vpc-*")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:SourceVpc`, can match anyone's VPC.",
        id="any VPC",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d")],
        "Anyone calling through the VPC endpoint `vpce-1a2b3c4d` can `s3:GetObject` from the bucket "
        "`reports`, because `Statement[0]` names `*` and has no other condition.",
        id="a VPC endpoint",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:VpceAccount", OTHER)],
        "Anyone calling through VPC endpoints of account 444455556666 can `s3:GetObject` from the bucket "
        "`reports`, because `Statement[0]` names `*` and has no other condition.",
        id="endpoints of an account",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:PrincipalAccount", OTHER)],
        "Any AWS principal of account 444455556666 can `s3:GetObject` from the bucket `reports`, because "
        "`Statement[0]` names `*` and has no other condition.",
        id="an account, by a condition",
    ),
    pytest.param(
        S3,
        [when("StringNotEquals", "aws:PrincipalAccount", OWNER)],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalAccount`, rules out nothing but the listed "
        "values.",
        id="every account but the own",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:PrincipalAccount", "anonymous")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalAccount`, is `anonymous` for whoever signs "
        "nothing.",
        id="requests that nobody signs",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalTag/account}")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalAccount`, is compared with what the request "
        "itself brings.",
        id="an account that the caller says",
    ),
    pytest.param(
        S3,
        [when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OTHER}:role/*")],
        "Any AWS principal whose ARN matches `arn:aws:iam::444455556666:role/*` can `s3:GetObject` from "
        "the bucket `reports`, because `Statement[0]` names `*` and has no other condition.",
        id="roles of an account",
    ),
    pytest.param(
        S3,
        [when("ArnEquals", "aws:PrincipalArn", OTHER_ROLE)],
        "The role `app` of account 444455556666 can `s3:GetObject` from the bucket `reports`, because "
        "`Statement[0]` names `*` and has no other condition.",
        id="a role, by a condition",
    ),
    pytest.param(
        S3,
        [when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Admin")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalArn`, can match principals of any account.",
        id="a role name in any account",
    ),
    pytest.param(
        S3,
        [VENDOR | when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Admin")],
        "Any principal of account 444455556666 whose ARN matches `arn:aws:iam::*:role/Admin` can "
        "`s3:GetObject` from the bucket `reports`, because `Statement[0]` names that account and has no "
        "other condition.",
        id="a role name in any account, of a named account",
    ),
    pytest.param(
        S3,
        [when("StringLike", "aws:userid", "AROAEXAMPLEID12345678:*")],
        "Any AWS principal whose user id matches `AROAEXAMPLEID12345678:*` can `s3:GetObject` from the "
        "bucket `reports`, because `Statement[0]` names `*` and has no other condition.",
        id="a user id",
    ),
    pytest.param(
        S3,
        [when("StringLike", "aws:userid", "*:alice")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:userid`, can match principals of any account.",
        id="a session name",
    ),
    pytest.param(
        S3,
        [when("Bool", "aws:SecureTransport", "true")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:SecureTransport`, can be met by any caller.",
        id="encryption on the way",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "aws:PrincipalTag/team", "blue")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalTag/team`, is decided by the caller's own "
        "account.",
        id="a tag of the caller",
    ),
    pytest.param(
        S3,
        [when("Bool", "aws:MultiFactorAuthPresent", "true")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:MultiFactorAuthPresent`, is decided by the caller's own "
        "account.",
        id="MFA",
    ),
    pytest.param(
        S3,
        [when("BoolIfExists", "aws:MultiFactorAuthPresent", "true")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:MultiFactorAuthPresent`, is also met where the key is "
        "absent.",
        id="MFA, unless it does not apply",
    ),
    pytest.param(
        S3,
        [when("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:CurrentTime`, is a matter of time, not of who calls.",
        id="a date",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "s3:ExistingObjectTag/public", "yes")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `s3:ExistingObjectTag/public`, is about the resource, not the "
        "caller.",
        id="a tag of the object",
    ),
    pytest.param(
        S3,
        [when("Null", "aws:PrincipalArn", "false")],
        "Anyone with an AWS account can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `aws:PrincipalArn`, only asks whether the key is there.",
        id="whether a key is there",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "example:key", "value")],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its only condition, `example:key`, is not known to keep anybody out.",
        id="a key that nobody knows",
    ),
    pytest.param(
        S3,
        [when("StringEquals", "s3:DataAccessPointAccount", OTHER)],
        "Anyone calling through access points of account 444455556666 can `s3:GetObject` from the bucket "
        "`reports`, because `Statement[0]` names `*` and has no other condition.",
        id="access points of another account",
    ),
    pytest.param(
        S3,
        [{"Condition": {"StringLike": {"aws:UserAgent": "x*", "aws:Referer": "y"}}}],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its conditions, `aws:UserAgent` and `aws:Referer`, are whatever the caller says "
        "they are.",
        id="two keys for one reason",
    ),
    pytest.param(
        S3,
        [{"Condition": {"StringLike": {"aws:Referer": "y"}, "Bool": {"aws:SecureTransport": "true"}}}],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and its conditions narrow nothing: `aws:Referer` is whatever the caller says it is "
        "and `aws:SecureTransport` can be met by any caller.",
        id="two keys for two reasons",
    ),
    pytest.param(
        S3,
        [
            VENDOR
            | {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:SecureTransport": "true"}}}
        ],
        "Any principal of account 444455556666 calling from addresses in `203.0.113.0/24` can "
        "`s3:GetObject` from the bucket `reports`, because `Statement[0]` names that account and its "
        "other condition, `aws:SecureTransport`, can be met by any caller.",
        id="one key that narrows and one that does not",
    ),
    pytest.param(
        S3,
        [{"Resource": [f"{BUCKET}/public/*", f"{BUCKET}/img/*"]}],
        "Anyone on the internet can `s3:GetObject` from `public/*` and `img/*` in the bucket `reports`, "
        "because `Statement[0]` names `*` and has no condition.",
        id="a part of the bucket",
    ),
    pytest.param(
        S3,
        [VENDOR | {"Resource": f"{BUCKET}/${{aws:username}}/*"}],
        "Any principal of account 444455556666 can `s3:GetObject` from `${aws:username}/*` in the bucket "
        "`reports`, because `Statement[0]` names that account and has no condition.",
        id="a part by a variable",
    ),
    pytest.param(
        S3,
        [{}, deny(**when("Bool", "aws:SecureTransport", "false"))],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names `*` and has no condition, and the Deny at `Statement[1]` does not close it.",
        id="a Deny that does not close it",
    ),
    pytest.param(
        S3,
        [{}, deny(**when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"))],
        "Anyone calling from addresses in `203.0.113.0/24` can `s3:GetObject` from the bucket `reports`, "
        "because `Statement[0]` names `*` and has no condition, and the Deny at `Statement[1]` does not "
        "close it.",
        id="a Deny that narrows",
    ),
    pytest.param(
        S3,
        [{"NotPrincipal": {"AWS": OWNER}}],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names everyone but account 111122223333 and has no condition.",
        id="everyone but an account",
    ),
    pytest.param(
        S3,
        [{"NotPrincipal": {"AWS": [OWNER, OTHER, "555566667777"]}}],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names everyone but account 111122223333 and 2 others and has no condition.",
        id="everyone but three",
    ),
    pytest.param(
        S3,
        [{"NotPrincipal": {}}],
        "Anyone on the internet can `s3:GetObject` from the bucket `reports`, because `Statement[0]` "
        "names everyone by its empty `NotPrincipal` and has no condition.",
        id="everyone but nobody",
    ),
    pytest.param(
        S3,
        [{"Principal": {"AWS": f"arn:aws:sts::{OTHER}:assumed-role/app/run"}}],
        "The session `run` of the role `app` of account 444455556666 can `s3:GetObject` from the bucket "
        "`reports`, because `Statement[0]` names that session and has no condition.",
        id="a session",
    ),
    pytest.param(
        S3,
        [{"Principal": {"CanonicalUser": "7" * 64}}],
        "The account with the canonical user id "
        "`77777777777777777777777777777...7777777777777777777777777777` can `s3:GetObject` from the "
        "bucket `reports`, because `Statement[0]` names that id and has no condition.",
        id="a canonical user",
    ),
    pytest.param(
        S3,
        [VENDOR | {"Action": ["s3:GetObject", "s3:PutObject"]}],
        "Any principal of account 444455556666 can `s3:GetObject` and `s3:PutObject` on the bucket "
        "`reports`, because `Statement[0]` names that account and has no condition.",
        id="two actions",
    ),
    pytest.param(
        SQS,
        [VENDOR | {"Action": "sqs:*"}],
        "Any principal of account 444455556666 can `sqs:ReceiveMessage` and 10 others (read, write) on "
        "the queue `orders`, because `Statement[0]` names that account and has no condition.",
        id="all actions",
    ),
    pytest.param(
        S3,
        [
            {"Sid": "Read"} | when("StringLike", "aws:Referer", "https://example.com/*"),
            {"Sid": "Write", "Action": "s3:PutObject"},
        ],
        "Anyone on the internet can `s3:GetObject` and `s3:PutObject` on the bucket `reports`, because "
        "`Statement[0]` (`Read`) names `*` and its only condition, `aws:Referer`, is whatever the caller "
        "says it is; 1 other statement lets them in too.",
        id="several statements",
    ),
    pytest.param(
        ROLE,
        [VENDOR],
        "Any principal of account 444455556666 can `sts:AssumeRole` on the role `deploy`, because "
        "`Statement[0]` names that account and has no condition.",
        id="an account assumes a role",
    ),
    pytest.param(
        ROLE,
        [VENDOR | when("StringEquals", "sts:ExternalId", "secret")],
        "Any principal of account 444455556666 that knows the external id can `sts:AssumeRole` on the "
        "role `deploy`, because `Statement[0]` names that account and has no other condition.",
        id="an external id",
    ),
    pytest.param(
        ROLE,
        [VENDOR | when("StringLike", "sts:ExternalId", "*")],
        "Any principal of account 444455556666 can `sts:AssumeRole` on the role `deploy`, because "
        "`Statement[0]` names that account and its only condition, `sts:ExternalId`, is met by any "
        "value.",
        id="an external id of any value",
    ),
    pytest.param(
        ROLE,
        [
            web(
                GITHUB_PROVIDER,
                Condition={
                    "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
                    "StringLike": {f"{GITHUB}:sub": "repo:o/r:*"},
                },
            )
        ],
        "Whoever has a token of GitHub Actions whose `sub` matches `repo:o/r:*` can "
        "`sts:AssumeRoleWithWebIdentity` on the role `deploy`, because `Statement[0]` names that "
        "provider and its other condition, `aud`, names the audience, not the user.",
        id="a repository of GitHub",
    ),
    pytest.param(
        ROLE,
        [web(GITHUB_PROVIDER, **when("StringLike", f"{GITHUB}:sub", ["repo:o/r:*", "repo:o/q:*", "repo:o/w:*"]))],
        "Whoever has a token of GitHub Actions whose `sub` matches `repo:o/r:*` or 2 others can "
        "`sts:AssumeRoleWithWebIdentity` on the role `deploy`, because `Statement[0]` names that "
        "provider and has no other condition.",
        id="three repositories of GitHub",
    ),
    pytest.param(
        ROLE,
        [web(GITHUB_PROVIDER, **when("StringLike", f"{GITHUB}:sub", "repo:*"))],
        "Whoever has a token of GitHub Actions can `sts:AssumeRoleWithWebIdentity` on the role `deploy`, "
        "because `Statement[0]` names that provider and its only condition, `sub`, can match anybody's "
        "token.",
        id="any repository of GitHub",
    ),
    pytest.param(
        ROLE,
        [
            web(
                f"{OIDC}oidc.example.com/id/A1",
                **when("StringEquals", "oidc.example.com/id/A1:sub", "system:serviceaccount:a:b"),
            )
        ],
        "Whoever has a token of the OIDC provider `oidc.example.com/id/A1` whose `sub` is "
        "`system:serviceaccount:a:b` can `sts:AssumeRoleWithWebIdentity` on the role `deploy`, because "
        "`Statement[0]` names that provider and has no other condition.",
        id="a cluster",
    ),
    pytest.param(
        ROLE,
        [web("accounts.google.com")],
        "Anyone with a Google account can `sts:AssumeRoleWithWebIdentity` on the role `deploy`, because "
        "`Statement[0]` names that provider and has no condition.",
        id="Google",
    ),
    pytest.param(
        ROLE,
        [web("accounts.google.com", **when("StringEquals", "accounts.google.com:aud", "12.apps.example"))],
        "Anyone with a Google account signed in to the application `12.apps.example` can "
        "`sts:AssumeRoleWithWebIdentity` on the role `deploy`, because `Statement[0]` names that "
        "provider and has no other condition.",
        id="an application of Google",
    ),
    pytest.param(
        ROLE,
        [web("cognito-identity.amazonaws.com")],
        "Anyone with an identity of any Cognito identity pool can `sts:AssumeRoleWithWebIdentity` on the "
        "role `deploy`, because `Statement[0]` names that provider and has no condition.",
        id="any identity pool",
    ),
    pytest.param(
        ROLE,
        [
            web(
                "cognito-identity.amazonaws.com",
                Condition={
                    "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1a"},
                    "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
                },
            )
        ],
        "Any guest of the Cognito identity pool `us-east-1:1a` can `sts:AssumeRoleWithWebIdentity` on "
        "the role `deploy`, because `Statement[0]` names that provider and has no other condition.",
        id="guests of an identity pool",
    ),
    pytest.param(
        ROLE,
        [
            {"Principal": {"Federated": SAML_PROVIDER}, "Action": "sts:AssumeRoleWithSAML"}
            | when("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml")
        ],
        "Users of the SAML provider `Okta` can `sts:AssumeRoleWithSAML` on the role `deploy`, because "
        "`Statement[0]` names that provider and its only condition, `SAML:aud`, names the audience, not "
        "the user.",
        id="a SAML provider",
    ),
    pytest.param(
        ROLE,
        [{"Action": "sts:AssumeRoleWithWebIdentity"}],
        "Anyone with a token of an identity provider can `sts:AssumeRoleWithWebIdentity` on the role "
        "`deploy`, because `Statement[0]` names `*` and has no condition.",
        id="everyone who signs in",
    ),
    pytest.param(
        ROLE,
        [
            {"Action": "sts:AssumeRoleWithWebIdentity"}
            | when("StringEquals", "cognito-identity.amazonaws.com:aud", "us-east-1:1a"),
        ],
        "Anyone with an identity of the Cognito identity pool `us-east-1:1a` can "
        "`sts:AssumeRoleWithWebIdentity` on the role `deploy`, because `Statement[0]` names `*` and has no "
        "other condition.",
        id="everyone of an identity pool",
    ),
    pytest.param(
        ROLE,
        [{"Action": "sts:*"}],
        "Anyone with an AWS account can `sts:AssumeRole` and 2 others, and with a SAML provider's "
        "sign-in `sts:AssumeRoleWithSAML` and with an identity provider's token "
        "`sts:AssumeRoleWithWebIdentity`, on the role `deploy`, because `Statement[0]` names `*` and has "
        "no condition.",
        id="everyone, in three ways",
    ),
    pytest.param(
        SQS,
        [when("ArnLike", "aws:SourceArn", f"arn:aws:sns:us-east-1:{OTHER}:topic")],
        "Anyone calling through an AWS service that acts for `arn:aws:sns:us-east-1:444455556666:topic` "
        "can `sqs:SendMessage` to the queue `orders`, because `Statement[0]` names `*` and has no other "
        "condition.",
        id="a topic of another account",
    ),
    pytest.param(
        SQS,
        [when("ArnLike", "aws:SourceArn", "arn:aws:sns:us-east-1:*:topic")],
        "Anyone with an AWS account can `sqs:SendMessage` to the queue `orders`, because `Statement[0]` "
        "names `*` and its only condition, `aws:SourceArn`, can match anyone's resources.",
        id="topics of any account",
    ),
    pytest.param(
        SNS,
        [when("StringEquals", "aws:SourceAccount", OTHER)],
        "Anyone calling through an AWS service that acts for account 444455556666 can `sns:Publish` to "
        "the topic `alerts`, because `Statement[0]` names `*` and has no other condition.",
        id="services for another account",
    ),
    pytest.param(
        SNS,
        [{"Action": "sns:Subscribe"} | when("StringEquals", "sns:Protocol", "https")],
        "Anyone on the internet can `sns:Subscribe` to the topic `alerts`, because `Statement[0]` names "
        "`*` and its only condition, `sns:Protocol`, is whatever the caller says it is.",
        id="a protocol",
    ),
    pytest.param(
        KMS,
        [when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com")],
        "Anyone with an AWS account can `kms:Decrypt` with the key "
        "`1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f`, because `Statement[0]` names `*` and its only "
        "condition, `kms:ViaService`, is met by calling through an AWS service.",
        id="a key through a service",
    ),
    pytest.param(
        KMS,
        [{"Condition": {"StringEquals": {"kms:CallerAccount": OTHER, "kms:ViaService": "s3.us-east-1.amazonaws.com"}}}],
        "Any AWS principal of account 444455556666 can `kms:Decrypt` with the key "
        "`1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f`, because `Statement[0]` names `*` and its other "
        "condition, `kms:ViaService`, is met by calling through an AWS service.",
        id="a key of an account through a service",
    ),
    pytest.param(
        KMS,
        [VENDOR | when("StringEquals", "kms:EncryptionContext:team", "blue")],
        "Any principal of account 444455556666 can `kms:Decrypt` with the key "
        "`1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f`, because `Statement[0]` names that account and its only "
        "condition, `kms:EncryptionContext:team`, is whatever the caller says it is.",
        id="an encryption context",
    ),
    pytest.param(
        FUNCTION,
        [{"Action": "lambda:InvokeFunctionUrl"} | when("StringEquals", "lambda:FunctionUrlAuthType", "NONE")],
        "Anyone on the internet can `lambda:InvokeFunctionUrl` on the function `hook`, because "
        "`Statement[0]` names `*` and its only condition, `lambda:FunctionUrlAuthType`, is about how the "
        "call is made, not who makes it.",
        id="a function URL",
    ),
    pytest.param(
        FUNCTION,
        [{"Action": "lambda:InvokeFunctionUrl"} | when("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM")],
        "Anyone with an AWS account can `lambda:InvokeFunctionUrl` on the function `hook`, because "
        "`Statement[0]` names `*` and its only condition, `lambda:FunctionUrlAuthType`, is about how the "
        "call is made, not who makes it.",
        id="a function URL that wants a signature",
    ),
    pytest.param(
        FUNCTION,
        [{"Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]}],
        "Anyone on the internet can `lambda:InvokeFunctionUrl`, and with an AWS account "
        "`lambda:InvokeFunction`, on the function `hook`, because `Statement[0]` names `*` and has no "
        "condition.",
        id="a function by URL and without",
    ),
    pytest.param(
        SECRET_TYPE,
        [{"Principal": {"AWS": OTHER_ROLE}}],
        "The role `app` of account 444455556666 can `secretsmanager:GetSecretValue` on the secret "
        "`database-AbCdEf`, because `Statement[0]` names that role and has no condition; something had to "
        "be assumed.",
        id="a secret",
    ),
]


@pytest.mark.parametrize(("resource_type", "statements", "sentence"), TOLD)
def test_a_finding_is_told_in_one_sentence(resource_type: str, statements: list[dict[str, Any]], sentence: str) -> None:
    assert the_sentence(resource_with(resource_type, *statements)) == sentence


def test_a_secret_is_not_told_where_another_statement_does_without() -> None:
    secret_wanted = VENDOR | when("StringEquals", "sts:ExternalId", "secret")

    assert the_sentence(resource_with(ROLE, secret_wanted, VENDOR)).startswith(
        "Any principal of account 444455556666 can `sts:AssumeRole` on the role `deploy`, because `Statement[1]` "
        "names that account and has no condition"
    )


def test_what_another_statement_may_add_is_not_kept_back() -> None:
    told = the_sentence(resource_with(S3, {"Resource": f"{BUCKET}/public/*"}, {"Resource": f"{BUCKET}/img/*"}))

    assert "/*` in the bucket `reports`" in told
    assert told.endswith("; another statement may let in more.")


def test_a_grant_is_named_by_its_place() -> None:
    grants = {"Grants": [{"GranteePrincipal": OTHER_ROLE, "Operations": ["Decrypt"]}]}

    assert the_sentence(key(answered("kms.list_grants", grants))) == (
        "The role `app` of account 444455556666 can `kms:Decrypt` with the key "
        "`1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f`, because `Grants[0].GranteePrincipal` names that role and has no "
        "condition."
    )


@pytest.mark.parametrize(
    ("group", "who", "named"),
    [
        pytest.param("AllUsers", "Anyone on the internet", "everyone", id="everyone"),
        pytest.param("AuthenticatedUsers", "Anyone with an AWS account", "all AWS users", id="all AWS users"),
    ],
)
def test_an_acl_is_told_by_the_group_that_it_names(group: str, who: str, named: str) -> None:
    uri = f"http://acs.amazonaws.com/groups/global/{group}"
    acl = {"Owner": {"ID": "1" * 64}, "Grants": [{"Grantee": {"URI": uri}, "Permission": "WRITE"}]}

    assert the_sentence(bucket(answered("s3.get_bucket_acl", acl))) == (
        f"{who} can `s3:PutObject` to the bucket `amzn-s3-demo-bucket`, because `Grants[0]` of the BucketAcl names "
        f"{named} and has no condition."
    )


def access_point(policy: str, **settings: Any) -> RawResource:
    to_own = allow("*", "s3:GetObject", Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}})
    return bucket(
        answered("s3control.get_access_point_policy", {"Policy": policy}, Name="team"),
        answered("s3control.get_access_point", settings, Name="team"),
        policy=policy_text(to_own),
    )


@pytest.mark.parametrize(
    ("settings", "who"),
    [
        pytest.param({}, "Anyone on the internet", id="from the internet"),
        pytest.param(
            {"VpcConfiguration": {"VpcId": "vpc-1a2b3c4d"}}, "Anyone calling through VPC `vpc-1a2b3c4d`", id="in a VPC"
        ),
    ],
)
def test_the_way_through_an_access_point_is_told(settings: dict[str, Any], who: str) -> None:
    assert the_sentence(access_point(policy_text(allow("*", "s3:GetObject")), **settings)) == (
        f"{who} can `s3:GetObject` from the bucket `amzn-s3-demo-bucket` through the access point `team`, because "
        "`Statement[0]` of the AccessPointPolicy names `*` and has no condition, and `Statement[0]` of the "
        "BucketPolicy lets that through."
    )


def test_what_stands_in_the_way_is_told() -> None:
    policy = policy_text(allow({"AWS": OTHER}, "secretsmanager:GetSecretValue"))
    own_key = answered("kms.get_key_policy", {"Policy": policy_text(allow({"AWS": OWNER}))})

    assert the_sentence(secret(own_key, policy=policy)).endswith(
        "; today the KeyPolicy of `1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f` stands in the way."
    )


def test_what_stands_before_a_part_is_told_as_that() -> None:
    policy = policy_text(allow({"AWS": OTHER}, ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]))
    own_key = answered("kms.get_key_policy", {"Policy": policy_text(allow({"AWS": OWNER}))})

    assert the_sentence(secret(own_key, policy=policy)).endswith(" stands in the way of some of that.")


def test_a_resource_control_policy_that_concerns_it_is_told() -> None:
    content = policy_text({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})
    zone = ZoneOfTrust(
        ZoneType.ORGANIZATION,
        "999999999999",
        "us-east-1",
        organization_id="o-a1b2c3d4e5",
        accounts=(MemberAccount(OWNER, "o-a1b2c3d4e5/r-ab12/"),),
        resource_control_policies=(ResourceControlPolicy(OWNER, content),),
    )

    assert the_sentence(resource_with(S3, {}), zone).endswith("; a resource control policy may keep some out.")


def test_an_assumption_is_told() -> None:
    policy = policy_text(allow({"AWS": OTHER}, "secretsmanager:GetSecretValue"))

    assert the_sentence(secret(policy=policy)).endswith("; something had to be assumed.")


def test_two_ways_are_one_sentence_that_says_what_the_second_adds() -> None:
    by_policy = replace(external_access(), sentence="They can `s3:GetObject`.")
    by_point = replace(external_access(action=("s3:GetObject", "s3:PutObject")), sentence="They can do both.")

    (joined,) = join([by_policy, by_point])

    assert joined.sentence == "They can `s3:GetObject`; another way in adds `s3:PutObject`."


def test_of_two_ways_the_open_one_is_told() -> None:
    blocker = Blocker("KeyPolicy", KEY, "the key does not let them in")
    blocked = replace(external_access(), sentence="The key stands in the way.", blocked_by=(blocker,))
    free = replace(external_access(), sentence="They can `s3:GetObject`.")

    (joined,) = join([blocked, free])

    assert joined.sentence == free.sentence


@pytest.mark.parametrize(
    ("entry", "who", "named"),
    [
        ({"Group": "all"}, "Anyone with an AWS account", "everyone"),
        ({"UserId": OTHER}, f"Any principal of account {OTHER}", "that account"),
    ],
)
def test_a_share_is_told_by_its_place_and_has_no_condition_to_tell(entry: dict[str, str], who: str, named: str) -> None:
    shared = answered("ec2.describe_snapshot_attribute", {"CreateVolumePermissions": [entry]})
    arn = "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0"

    assert the_sentence(RawResource("AWS::EC2::Snapshot", arn, OWNER, "us-east-1", (shared,))).startswith(
        f"{who} can `ec2:CreateVolume` and `ec2:CopySnapshot` on the snapshot `snap-0123456789abcdef0`, because "
        f"`CreateVolumePermissions[0]` names {named}"
    )


@pytest.mark.parametrize(
    ("condition", "who", "why"),
    [
        pytest.param({}, "Any client that reaches a mount target", "no condition", id="no condition"),
        pytest.param(
            {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
            "Anyone calling through a mount target",
            "no other condition",
            id="through a mount target",
        ),
    ],
)
def test_who_mounts_a_file_system_is_on_its_network_not_on_the_internet(
    condition: dict[str, Any], who: str, why: str
) -> None:
    text = policy_text(allow("*", "elasticfilesystem:ClientMount", Condition=condition))
    resource = hypothetical_resource(text, resource_type="AWS::EFS::FileSystem", owner_account=OWNER)

    assert the_sentence(resource) == (
        f"{who} can `elasticfilesystem:ClientMount` on the file system `fs-0123456789abcdef0`, because "
        f"`Statement[0]` names `*` and has {why}."
    )


@pytest.mark.parametrize(
    ("resource_type", "arn", "told"),
    [
        (S3, BUCKET, "bucket reports"),
        (ROLE, f"arn:aws:iam::{OWNER}:role/aws-reserved/sso.amazonaws.com/Admin", "role Admin"),
        (SECRET_TYPE, f"arn:aws:secretsmanager:us-east-1:{OWNER}:secret:prod/db-AbCdEf", "secret prod/db-AbCdEf"),
        ("AWS::Lambda::LayerVersion", f"arn:aws:lambda:us-east-1:{OWNER}:layer:agent:7", "layer version agent:7"),
        ("AWS::RDS::DBSnapshot", f"arn:aws:rds:us-east-1:{OWNER}:snapshot:nightly", "DB snapshot nightly"),
        ("AWS::EC2::Snapshot", "arn:aws:ec2:us-east-1::snapshot/snap-0123", "snapshot snap-0123"),
        ("AWS::ECR::Repository", f"arn:aws:ecr:us-east-1:{OWNER}:repository/team/app", "repository team/app"),
        ("Odd", "no ARN", "odd no ARN"),
    ],
)
def test_a_resource_has_a_short_name(resource_type: str, arn: str, told: str) -> None:
    assert f"{kind_of(resource_type)} {short_name(arn)}" == told


def test_every_shown_key_is_told_when_it_narrows_and_when_it_does_not() -> None:
    assert OF_CALLER.keys() | OF_CALL.keys() == SHOWN_KEYS
    assert ANYBODYS.keys() == SHOWN_KEYS
    assert not OF_CALLER.keys() & OF_CALL.keys()


@cache
def sample() -> tuple[Observation, ...]:
    with as_file(sample_recording()) as path:
        snapshot = RecordedReader(path).read()
    return tuple(one for analysis in analyze_external_access(snapshot) for one in analysis.observations)


def is_well_formed(sentence: str) -> bool:
    return (
        sentence[:1].isupper()
        and sentence.endswith(".")
        and sentence == plain(sentence)
        and sentence.count("`") % 2 == 0
        and len(sentence) <= MOST_CHARACTERS
    )


def test_every_finding_of_the_sample_is_told_with_its_action_and_its_resource() -> None:
    found = [(one, one.outcome) for one in sample() if isinstance(one.outcome, ExternalAccess)]

    assert found
    for observation, access in found:
        assert is_well_formed(access.sentence), access.sentence
        assert f"`{access.witness.action}`" in access.sentence
        assert f"{kind_of(observation.resource_type)} `{short_name(observation.resource)}`" in access.sentence
        assert any(one.path.partition(".")[0] in access.sentence for one in access.because)


texts = st.text(min_size=1, max_size=12) | st.sampled_from(["`", "\u202e", "\n", "x" * 200, "${aws:username}"])


@given(sid=texts, name=texts, key_name=texts, value=texts, bucket_name=texts)
def test_whatever_stands_in_a_policy_the_sentence_is_one_short_line(
    sid: str, name: str, key_name: str, value: str, bucket_name: str
) -> None:
    arn = f"arn:aws:s3:::{bucket_name}"
    role = f"arn:aws:iam::{OTHER}:role/{name.replace('*', '').replace('?', '') or 'x'}"
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": [OTHER, role]},
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/{value}"],
        "Condition": {
            "StringLikeIfExists": {key_name: value, "aws:userid": f"AIDAEXAMPLEUSERID1234:{value}"},
            "StringEquals": {"aws:SourceVpc": value},
            "StringLike": {f"{key_name}.com:sub": value},
        },
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    resource = hypothetical_resource(text, resource_type=S3, owner_account=OWNER, resource=arn)

    for observation in analyze_resource(resource, ACCOUNT_ZONE).observations:
        if isinstance(observation.outcome, ExternalAccess):
            assert is_well_formed(observation.outcome.sentence), observation.outcome.sentence
