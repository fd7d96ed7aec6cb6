"""Events that no identity policy of these accounts had to allow, with the reason, as whole records to fill in.

Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element", "AWS service events", "AWS Management Console
sign-in events", "CloudTrail record contents for Insights events", "Network activity events".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trails.templates import Template
from trails.world import STRANGER

ROOT: Final = {
    "type": "Root",
    "principalId": "{a}",
    "arn": "arn:{p}:iam::{a}:root",
    "accountId": "{a}",
    "accessKeyId": "ASIA{fresh_upper16}",
    "sessionContext": {"sessionIssuer": {}, "attributes": {"creationDate": "{t}", "mfaAuthenticated": "true"}},
}


@dataclass(frozen=True, slots=True)
class Nobody:
    """A kind of event that counts for no principal.

    Attributes:
        kind: why it counts for none, as `Truth.nobody` names it.
        record: the whole record.
        weight: how often it comes, beside the others.
    """

    kind: str
    record: Template
    weight: float


def _event(
    kind: str,
    identity: Mapping[str, Any],
    source: str,
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    weight: float = 1,
    event_type: str = "AwsApiCall",
    category: str = "Management",
    **more: Any,
) -> Nobody:
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": "{t}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "{r}",
        "sourceIPAddress": "203.0.113.77",
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": "{fresh_uuid}",
        "eventID": "{event}",
        "readOnly": True,
        "eventType": event_type,
        "managementEvent": category == "Management",
        "recipientAccountId": "{a}",
        "eventCategory": category,
    }
    return Nobody(kind, Template(record | more), weight)


def _service(name: str) -> Mapping[str, str]:
    return {"type": "AWSService", "invokedBy": name}


def _assumed(path: str, account: str, **more: Any) -> Mapping[str, Any]:
    name = path.rpartition("/")[2]
    issuer = {
        "type": "Role",
        "principalId": "AROA{fresh_upper17}",
        "arn": f"arn:{{p}}:iam::{account}:role/{path}",
        "accountId": account,
        "userName": name,
    }
    return {
        "type": "AssumedRole",
        "principalId": "AROA{fresh_upper17}:session",
        "arn": f"arn:{{p}}:sts::{account}:assumed-role/{name}/session",
        "accountId": account,
        "accessKeyId": "ASIA{fresh_upper16}",
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": "{t}", "mfaAuthenticated": "false"},
            **more,
        },
    }


def _assume(service: str, weight: float) -> Nobody:
    """Return the record of a service that assumes a role: the role is trusted, not passed, by this event."""
    return _event(
        "service",
        _service(service),
        "sts.amazonaws.com",
        "AssumeRole",
        {"roleArn": "arn:{p}:iam::{a}:role/service-role/only-assumed", "roleSessionName": "worker"},
        weight=weight,
        responseElements={
            "credentials": {"accessKeyId": "ASIA{fresh_upper16}", "sessionToken": "{secret}", "expiration": "later"}
        },
        resources=[
            {"accountId": "{a}", "type": "AWS::IAM::Role", "ARN": "arn:{p}:iam::{a}:role/service-role/only-assumed"}
        ],
        sharedEventID="{fresh_uuid}",
        sourceIPAddress=service,
        userAgent=service,
    )


INSIGHT: Final = {
    "eventVersion": "1.08",
    "eventTime": "{t}",
    "awsRegion": "{r}",
    "eventID": "{event}",
    "eventType": "AwsCloudTrailInsight",
    "recipientAccountId": "{a}",
    "sharedEventID": "{fresh_uuid}",
    "insightDetails": {"state": "Start", "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"},
    "eventCategory": "Insight",
}
SERVICE_LINKED: Final = "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"

NOBODY: Final[tuple[Nobody, ...]] = (
    _assume("lambda.amazonaws.com", 14),
    _assume("ecs-tasks.amazonaws.com", 6),
    _assume("ec2.amazonaws.com", 6),
    _event("root", ROOT, "s3.amazonaws.com", "ListBuckets", {"Host": "s3.{r}.{dns}"}),
    _event("root", ROOT, "iam.amazonaws.com", "GetAccountSummary"),
    _event(
        "root",
        {**ROOT, "sessionContext": {"assumedRoot": "true", "attributes": {"mfaAuthenticated": "false"}}},
        "s3.amazonaws.com",
        "DeleteBucketPolicy",
        {"bucketName": "locked", "Host": "locked.s3.{r}.{dns}", "policy": ""},
    ),
    _event(
        "service-linked role",
        _assumed(SERVICE_LINKED, "{a}"),
        "ec2.amazonaws.com",
        "TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": "i-{fresh_hex17}"}]}},
        weight=6,
        sourceIPAddress="autoscaling.amazonaws.com",
        userAgent="autoscaling.amazonaws.com",
    ),
    _event(
        "anonymous",
        {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"},
        "s3.amazonaws.com",
        "GetObject",
        {"bucketName": "site-{a}", "key": "index.html", "Host": "site-{a}.s3.{r}.{dns}"},
        weight=4,
        category="Data",
        resources=[{"type": "AWS::S3::Object", "ARN": "arn:{p}:s3:::site-{a}/index.html"}],
    ),
    _event(
        "anonymous",
        {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
        "s3.amazonaws.com",
        "PutObject",
        {"bucketName": "site-{a}", "key": "shell.php", "Host": "site-{a}.s3.{r}.{dns}"},
        category="Data",
        errorCode="AccessDenied",
        errorMessage="Access Denied",
    ),
    _event(
        "other account",
        {"type": "AWSAccount", "principalId": "AROA{fresh_upper17}:partner", "accountId": STRANGER},
        "s3.amazonaws.com",
        "GetObject",
        {"bucketName": "shared-{a}", "key": "feed.csv", "Host": "shared-{a}.s3.{r}.{dns}"},
        weight=4,
        category="Data",
        sharedEventID="{fresh_uuid}",
    ),
    _event(
        "other account",
        _assumed("partner", STRANGER),
        "sqs.amazonaws.com",
        "SendMessage",
        {"queueUrl": "https://sqs.{r}.{dns}/{a}/inbox", "messageBody": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        weight=2,
        category="Data",
    ),
    _event(
        "other account",
        {"type": "AWSAccount", "principalId": "AIDA{fresh_upper17}", "accountId": STRANGER},
        "sts.amazonaws.com",
        "AssumeRole",
        {"roleArn": "arn:{p}:iam::{a}:role/for-partners", "roleSessionName": "partner", "externalId": "{fresh_hex8}"},
    ),
    _event(
        "identity center",
        {
            "type": "IdentityCenterUser",
            "accountId": "{a}",
            "onBehalfOf": {
                "userId": "94482488-3041-7026-18f3-be45837cd0e4",
                "identityStoreArn": "arn:{p}:identitystore::{a}:identitystore/d-9067642ac7",
            },
            "credentialId": "{fresh_hex32}",
        },
        "sso.amazonaws.com",
        "ListApplications",
        weight=2,
    ),
    _event(
        "web identity",
        {
            "type": "WebIdentityUser",
            "principalId": "accounts.example.com:app:person",
            "userName": "person",
            "identityProvider": "accounts.example.com",
        },
        "sts.amazonaws.com",
        "AssumeRoleWithWebIdentity",
        {"roleArn": "arn:{p}:iam::{a}:role/only-assumed", "roleSessionName": "pod"},
        weight=3,
        responseElements={"credentials": {"accessKeyId": "ASIA{fresh_upper16}", "sessionToken": "{secret}"}},
    ),
    _event(
        "saml",
        {"type": "SAMLUser", "principalId": "abc:person", "userName": "person", "identityProvider": "abc"},
        "sts.amazonaws.com",
        "AssumeRoleWithSAML",
        {"roleArn": "arn:{p}:iam::{a}:role/only-assumed", "principalArn": "arn:{p}:iam::{a}:saml-provider/idp"},
    ),
    _event(
        "unknown",
        {"type": "Unknown", "principalId": "{a}", "accountId": "{a}", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "dynamodb.amazonaws.com",
        "ListTables",
    ),
    _event(
        "unknown",
        {"type": "Directory", "principalId": "d-9067642ac7", "accountId": "{a}", "userName": "corp\\\\person"},
        "ds.amazonaws.com",
        "DescribeDirectories",
    ),
    _event(
        "no call",
        {"accountId": "{a}", "invokedBy": "kms.amazonaws.com"},
        "kms.amazonaws.com",
        "RotateKey",
        event_type="AwsServiceEvent",
        weight=2,
        serviceEventDetails={"keyId": "arn:{p}:kms:{r}:{a}:key/{fresh_uuid}"},
    ),
    _event(
        "no call",
        _assumed("console-person", "{a}"),
        "signin.amazonaws.com",
        "ConsoleLogin",
        event_type="AwsConsoleSignIn",
        weight=2,
        responseElements={"ConsoleLogin": "Success"},
        additionalEventData={"MobileVersion": "No", "MFAUsed": "No", "LoginTo": "https://console/?token={secret}"},
    ),
    _event(
        "no call",
        {"type": "IAMUser", "accountId": "{a}", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS", "accessKeyId": ""},
        "signin.amazonaws.com",
        "ConsoleLogin",
        event_type="AwsConsoleSignIn",
        errorMessage="No username found in supplied account",
        responseElements={"ConsoleLogin": "Failure"},
    ),
    Nobody("no call", Template(INSIGHT), 1),
    _event(
        "no call",
        {"type": "AWSAccount", "principalId": "AIDA{fresh_upper17}", "accountId": STRANGER},
        "s3.amazonaws.com",
        "GetObject",
        event_type="AwsVpceEvent",
        category="NetworkActivity",
        errorCode="VpceAccessDenied",
        vpcEndpointId="vpce-{fresh_hex17}",
    ),
)
"""All of them."""
