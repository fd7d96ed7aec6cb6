"""Events and messages to try intakes with."""

import json
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
BUCKET = "trail-logs"
KEY = (
    "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/20/"
    "111122223333_CloudTrail_us-east-1_20261120T1015Z_0123456789abcdef.json.gz"
)


def record(event_id: str = "e0000000-0000-4000-8000-000000000001", **changed: Any) -> dict[str, Any]:
    """Return a record of CloudTrail's."""
    return {
        "eventVersion": "1.10",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333",
            "userName": "alice",
        },
        "eventTime": "2026-11-20T10:11:12Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": {"userName": "bob"},
        "responseElements": {"accessKey": {"accessKeyId": "AKIAEXAMPLE2", "status": "Active", "userName": "bob"}},
        "eventID": event_id,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        **changed,
    }


def envelope(event_id: str = "e0000000-0000-4000-8000-000000000001", **changed: Any) -> dict[str, Any]:
    """Return a record in an envelope, as EventBridge sends it."""
    return {
        "version": "0",
        "id": "11111111-1111-4111-8111-111111111111",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": "111122223333",
        "time": "2026-11-20T10:11:12Z",
        "region": "us-east-1",
        "resources": [],
        "detail": record(event_id),
        **changed,
    }


def heartbeat(region: str = "us-east-1") -> dict[str, Any]:
    """Return what a scheduled rule sends."""
    return envelope(
        **{"detail-type": "Scheduled Event"}, source="aws.events", region=region, time="2026-11-20T10:00:00Z", detail={}
    )


def notification(message: str) -> dict[str, Any]:
    """Return what a topic sends to a queue."""
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:events",
        "Message": message,
        "Timestamp": "2026-11-20T10:11:13.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
    }


def s3_notice(*keys: str, bucket: str = BUCKET, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """Return what S3 sends of new objects; keys as in a URL."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1024}},
            }
            for key in keys
        ]
    }


def text(value: object) -> str:
    return json.dumps(value)
