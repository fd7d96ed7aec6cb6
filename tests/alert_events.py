"""Events as EventBridge brings them: CloudTrail's records with values that are made up, and events of findings."""

import copy
from typing import Any

ACCOUNT = "111122223333"
EVENT_ID = "0b1f0a3e-1111-4222-8333-444455556666"
FINDING_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BUCKET = "arn:aws:s3:::reports"
PARTNER = "arn:aws:iam::444455556666:role/Partner"

ALICE = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLEALICE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAEXAMPLEALICE0001",
    "userName": "alice",
}
ROOT = {
    "type": "Root",
    "principalId": ACCOUNT,
    "arn": f"arn:aws:iam::{ACCOUNT}:root",
    "accountId": ACCOUNT,
    "accessKeyId": "",
}


def role(name: str = "Admin", session: str = "build-7", **context: Any) -> dict[str, Any]:
    """Return the identity of a role's session."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                "accountId": ACCOUNT,
                "userName": name,
            },
            "attributes": {"creationDate": "2026-11-20T09:00:00Z", "mfaAuthenticated": "false"},
            **context,
        },
    }


def call(name: str, source: str = "iam", identity: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """Return the event of a call; members of the record that are None are left out."""
    record: dict[str, Any] = {
        "eventVersion": "1.10",
        "userIdentity": ALICE if identity is None else identity,
        "eventTime": "2026-11-20T10:11:12Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux",
        "requestParameters": None,
        "responseElements": None,
        "requestID": "2f7a1bd1-3b61-4c39-8c1d-111111111111",
        "eventID": EVENT_ID,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    } | members
    kind = {"AwsConsoleSignIn": "Console Signin", "AwsConsoleAction": "Console Action"}
    return copy.deepcopy(
        {
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": f"AWS {kind.get(record['eventType'], 'API Call')} via CloudTrail",
            "source": f"aws.{source}",
            "account": ACCOUNT,
            "time": record["eventTime"],
            "region": record["awsRegion"],
            "resources": [],
            "detail": record,
        }
    )


def created_key(user: str = "bob", identity: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """Return the event of an access key that was made for a user."""
    key = {
        "accessKeyId": "AKIAEXAMPLEBOB000002",
        "status": "Active",
        "userName": user,
        "createDate": "Nov 20, 2026, 10:11:12 AM",
    }
    told: dict[str, Any] = {"requestParameters": {"userName": user}, "responseElements": {"accessKey": key}}
    return call("CreateAccessKey", identity=identity, **(told | members))


def sign_in(identity: dict[str, Any], result: str = "Success", mfa: str = "No", **members: Any) -> dict[str, Any]:
    """Return the event of somebody who signed in to the console, or tried to."""
    told: dict[str, Any] = {
        "eventType": "AwsConsoleSignIn",
        "responseElements": {"ConsoleLogin": result},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": mfa,
        },
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    }
    return call("ConsoleLogin", "signin", identity, **(told | members))


def found(change: str = "CREATED", status: str = "ACTIVE", **members: Any) -> dict[str, Any]:
    """Return the event of a finding of external access; members that are None are left out, ours are added to."""
    ours = {
        "change": change,
        "severity": "MEDIUM",
        "sentence": f"`{PARTNER}` can read objects of the bucket `reports`, as its policy allows it.",
        "because": [{"document": "BucketPolicy", "statement": 1, "sid": "Partner", "path": "Statement[1].Principal"}],
        "witness": {
            "principal": {"AWS": PARTNER},
            "action": "s3:GetObject",
            "resource": f"{BUCKET}/example",
            "context": {"aws:SecureTransport": "true"},
        },
    } | members.pop("sekisho", {})
    detail: dict[str, Any] = {
        "version": "1.0",
        "id": FINDING_ID,
        "status": status,
        "resourceType": "AWS::S3::Bucket",
        "resource": BUCKET,
        "createdAt": "2026-11-20T10:15:00Z",
        "analyzedAt": "2026-11-20T10:15:00Z",
        "updatedAt": "2026-11-20T10:15:00Z",
        "accountId": ACCOUNT,
        "region": "eu-central-1",
        "isDeleted": False,
        "principal": {"AWS": PARTNER},
        "action": ["s3:GetObject", "s3:ListBucket"],
        "condition": {},
        "isPublic": False,
        "sekisho": ours,
    } | members
    return _of_finding("Access Analyzer Finding", detail)


def found_public(change: str = "CREATED", **members: Any) -> dict[str, Any]:
    """Return the event of a bucket that anyone can read."""
    told: dict[str, Any] = {
        "isPublic": True,
        "principal": {"AWS": "*"},
        "sekisho": {
            "severity": "HIGH",
            "sentence": "Anyone can read objects of the bucket `reports`, as its policy allows it.",
            "witness": {"principal": {"AWS": "anonymous"}, "action": "s3:GetObject", "resource": f"{BUCKET}/example"},
        }
        | members.pop("sekisho", {}),
    }
    return found(change, **(told | members))


CAUSE = {
    "eventId": EVENT_ID,
    "eventName": "PutBucketPolicy",
    "eventSource": "s3.amazonaws.com",
    "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/anna@example.com",
    "at": "2026-11-20T10:11:12Z",
}


def found_credential(change: str = "CREATED", status: str = "ACTIVE", **members: Any) -> dict[str, Any]:
    """Return the event of a finding on a credential."""
    detail: dict[str, Any] = {
        "version": "1.0",
        "findingId": FINDING_ID,
        "status": status,
        "resourceType": "AWS::IAM::User",
        "resource": f"arn:aws:iam::{ACCOUNT}:user/build/ci",
        "createdAt": "2026-11-20T10:15:00Z",
        "analyzedAt": "2026-11-20T10:15:00Z",
        "updatedAt": "2026-11-20T10:15:00Z",
        "accountId": ACCOUNT,
        "previousStatus": "",
        "findingType": "UnusedIAMUserAccessKey",
        "isDeleted": False,
        "check": "CRED-KEY-UNUSED",
        "severity": "MEDIUM",
        "sentence": "The access key `AKIAEXAMPLECI0000001` was last used 120 days ago.",
        "sekisho": {"change": change, "severity": "MEDIUM"},
    } | members
    return _of_finding("Unused Access Finding for IAM entities", detail)


def _of_finding(kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "version": "0",
            "id": "22222222-3333-4444-8555-666666666666",
            "detail-type": kind,
            "source": "aws.access-analyzer",
            "account": ACCOUNT,
            "time": "2026-11-20T10:15:00Z",
            "region": "us-east-1",
            "resources": [f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/sekisho"],
            "detail": {name: value for name, value in detail.items() if value is not None},
        }
    )
