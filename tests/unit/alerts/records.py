"""Events as they come in, for what takes them further."""

import json
from datetime import UTC, datetime
from typing import Any

from sekisho.alerts.alert import IncomingEvent

NOW = datetime(2026, 11, 20, 10, 11, 30, tzinfo=UTC)
AT = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)
ACCOUNT = "111122223333"


def envelope(name: str = "CreateAccessKey", *, event_id: str = "event-1", **detail: Any) -> dict[str, Any]:
    """A call of alice's on bob in EventBridge's envelope."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    record = {
        "eventID": event_id, "eventName": name, "eventSource": "iam.amazonaws.com", "awsRegion": "us-east-1",
        "eventTime": "2026-11-20T10:11:12Z", "recipientAccountId": ACCOUNT, "eventType": "AwsApiCall",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": arn, "accountId": ACCOUNT},
        "requestParameters": {"userName": "bob"},
        **detail,
    }  # fmt: skip
    return {
        "id": f"e-{event_id}", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam", "account": ACCOUNT,
        "time": "2026-11-20T10:11:12Z", "region": "us-east-1", "resources": [], "detail": record,
    }  # fmt: skip


def finding(status: str = "ACTIVE", change: str = "CREATED", **detail: Any) -> dict[str, Any]:
    """An event of a finding on a bucket."""
    told = {
        "id": "finding-1", "status": status, "isPublic": False, "isDeleted": False, "accountId": ACCOUNT,
        "resource": "arn:aws:s3:::ledger", "resourceType": "AWS::S3::Bucket", "principal": {"AWS": "444455556666"},
        "action": ["s3:GetObject"], "sekisho": {"change": change, "severity": "LOW"}, **detail,
    }  # fmt: skip
    return {
        "id": f"f-{change}", "detail-type": "Access Analyzer Finding", "source": "aws.access-analyzer",
        "account": ACCOUNT, "time": "2026-11-20T10:11:12Z", "region": "us-east-1", "resources": [], "detail": told,
    }  # fmt: skip


def incoming(event: dict[str, Any]) -> IncomingEvent:
    """The event as it was taken."""
    return IncomingEvent(event["detail"].get("eventID", event["id"]), json.dumps(event), AT, "sqs")
