"""Resources of one account with only the answers that a test is about."""

import json
from typing import Any

from sekisho.resources.snapshot import ApiCall, ApiError, RawResource
from sekisho.resources.zone import ZoneOfTrust, ZoneType

OWNER = "111122223333"
VENDOR = "444455556666"
BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
KEY = f"arn:aws:kms:us-east-1:{OWNER}:key/1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f"
SECRET = f"arn:aws:secretsmanager:us-east-1:{OWNER}:secret:database-AbCdEf"
ROLE = f"arn:aws:iam::{OWNER}:role/deploy"
QUEUE = f"arn:aws:sqs:us-east-1:{OWNER}:orders"
ACCOUNT_ZONE = ZoneOfTrust(ZoneType.ACCOUNT, OWNER, "us-east-1")


def allow(principal: Any = "*", action: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **members}


def deny(principal: Any = "*", action: Any = "*", **members: Any) -> dict[str, Any]:
    return {**allow(principal, action, **members), "Effect": "Deny"}


def policy_text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def answered(call: str, response: dict[str, Any], **params: Any) -> ApiCall:
    return ApiCall(call, params, response)


def failed(call: str, code: str, **params: Any) -> ApiCall:
    return ApiCall(call, params, error=ApiError(code))


def bucket(*calls: ApiCall, policy: str | None = None) -> RawResource:
    own = () if policy is None else (answered("s3.get_bucket_policy", {"Policy": policy}),)
    return RawResource("AWS::S3::Bucket", BUCKET, OWNER, "us-east-1", (*own, *calls))


def key(*calls: ApiCall, policy: str | None = None) -> RawResource:
    text = policy_text(allow({"AWS": OWNER})) if policy is None else policy
    return RawResource(
        "AWS::KMS::Key", KEY, OWNER, "us-east-1", (answered("kms.get_key_policy", {"Policy": text}), *calls)
    )


def secret(*calls: ApiCall, policy: str, key_id: str | None = KEY) -> RawResource:
    described = {} if key_id is None else {"KmsKeyId": key_id}
    own = (
        answered("secretsmanager.describe_secret", described),
        answered("secretsmanager.get_resource_policy", {"ResourcePolicy": policy}),
    )
    return RawResource("AWS::SecretsManager::Secret", SECRET, OWNER, "us-east-1", (*own, *calls))


def role(trust_policy: Any) -> RawResource:
    got = answered("iam.get_role", {"Role": {"AssumeRolePolicyDocument": trust_policy}})
    return RawResource("AWS::IAM::Role", ROLE, OWNER, "global", (got,))


def trusts(principal: Any, action: Any = "sts:AssumeRole", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **members}


def queue(policy: str) -> RawResource:
    got = answered("sqs.get_queue_attributes", {"Attributes": {"QueueArn": QUEUE, "Policy": policy}})
    return RawResource("AWS::SQS::Queue", QUEUE, OWNER, "us-east-1", (got,))
