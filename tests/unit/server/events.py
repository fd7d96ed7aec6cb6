"""CloudTrail's events as EventBridge delivers them."""

from typing import Any

from unit.findings.builders import ACCOUNT

REGION = "us-west-2"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-a1B2c3"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:bill"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"


def event(source: str, name: str, asked: Any = None, answered: Any = None, **record: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{source}",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [],
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": REGION,
            "recipientAccountId": ACCOUNT,
            "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT},
            "requestParameters": asked,
            "responseElements": answered,
            **record,
        },
    }
