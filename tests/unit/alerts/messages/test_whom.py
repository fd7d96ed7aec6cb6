import json
from pathlib import Path
from typing import Any

import pytest

from alert_events import ACCOUNT, ALICE, ROOT, call, created_key, role
from sekisho.alerts.messages import acts_on_another
from sekisho.alerts.messages.plain import tidy_object
from sekisho.alerts.messages.principals import principal_of
from sekisho.alerts.messages.whom import whom_of

RECORDS = Path(__file__).parents[3] / "recorded" / "cloudtrail" / "records.jsonl"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

CALLS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "the user whose key is made": (created_key(), ("user", "bob")),
    "the user in the answer, where the request has none": (
        created_key("alice", requestParameters=None),
        ("user", "alice"),
    ),
    "oneself, where neither has one": (call("CreateAccessKey"), ("user", "alice")),
    "root, where neither has one": (call("CreateAccessKey", identity=ROOT), ("root", "root")),
    "nobody, where a role says nobody": (call("CreateAccessKey", identity=role()), ("", "")),
    "the owner of a device": (
        call("DeactivateMFADevice", requestParameters={"userName": "bob", "serialNumber": "arn:aws:iam::1:mfa/x"}),
        ("user", "bob"),
    ),
    "a device": (
        call("DeleteVirtualMFADevice", requestParameters={"serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/phone"}),
        ("device", "phone"),
    ),
    "root by its device": (
        call(
            "DeleteVirtualMFADevice",
            requestParameters={"serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"},
        ),
        ("root", "root"),
    ),
    "the user and not the group": (
        call("AddUserToGroup", requestParameters={"userName": "bob", "groupName": "Admins"}),
        ("user", "bob"),
    ),
    "a role": (call("UpdateAssumeRolePolicy", requestParameters={"roleName": "App"}), ("role", "App")),
    "a policy": (
        call("SetDefaultPolicyVersion", requestParameters={"policyArn": "arn:aws:iam::1:policy/p"}),
        ("policy", "arn:aws:iam::1:policy/p"),
    ),
    "a provider": (
        call(
            "CreateSAMLProvider",
            requestParameters={"name": "okta"},
            responseElements={"sAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"},
        ),
        ("provider", f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"),
    ),
    "a trail": (call("StopLogging", "cloudtrail", requestParameters={"name": TRAIL}), ("trail", TRAIL)),
    "a trail of selectors": (
        call("PutEventSelectors", "cloudtrail", requestParameters={"trailName": "main"}),
        ("trail", "main"),
    ),
    "a rule of targets": (call("RemoveTargets", "events", requestParameters={"rule": "r"}), ("rule", "r")),
    "the account whose root is taken on": (
        call("AssumeRoot", "sts", requestParameters={"targetPrincipal": "444455556666"}),
        ("account", "444455556666"),
    ),
    "the account that leaves": (call("LeaveOrganization", "organizations"), ("account", ACCOUNT)),
    "a bucket": (
        call("PutBucketPolicy", "s3", requestParameters={"bucketName": "reports", "bucketPolicy": {}}),
        ("bucket", "reports"),
    ),
    "a whole account": (
        call("PutAccountPublicAccessBlock", "s3", requestParameters={"PublicAccessBlockConfiguration": {}}),
        ("account", ACCOUNT),
    ),
    "a key by its ARN, and not by an alias": (
        call(
            "PutKeyPolicy",
            "kms",
            requestParameters={"keyId": "alias/x"},
            resources=[{"ARN": KEY, "accountId": ACCOUNT, "type": "AWS::KMS::Key"}],
        ),
        ("key", KEY),
    ),
    "a queue that is made": (
        call("CreateQueue", "sqs", responseElements={"queueUrl": "https://sqs.us-east-1.amazonaws.com/1/q"}),
        ("queue", "https://sqs.us-east-1.amazonaws.com/1/q"),
    ),
    "a cluster's snapshot": (
        call("ModifyDBClusterSnapshotAttribute", "rds", requestParameters={"dBClusterSnapshotIdentifier": "s"}),
        ("cluster snapshot", "s"),
    ),
    "the first resource of a service that is not in the table": (
        call("DoIt", "new", resources=[{"ARN": "arn:aws:new:::thing"}]),
        ("resource", "arn:aws:new:::thing"),
    ),
    "nothing, where nothing is told": (call("DoIt", "new"), ("", "")),
}


def told(event: dict[str, Any]) -> tuple[str, str]:
    detail = tidy_object(event["detail"])
    whom = whom_of(detail, principal_of(detail["userIdentity"]))
    return whom.kind, whom.name


@pytest.mark.parametrize(("event", "expected"), CALLS.values(), ids=CALLS)
def test_a_call_is_made_on_what_its_record_says(event: dict[str, Any], expected: tuple[str, str]) -> None:
    assert told(event) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(created_key("bob"), True, id="a user makes a key for another"),
        pytest.param(created_key("alice"), False, id="a user makes a key for herself"),
        pytest.param(created_key("alice", requestParameters=None), False, id="a user makes a key and names nobody"),
        pytest.param(created_key("alice", identity=role()), True, id="a role makes a key for a user"),
        pytest.param(created_key("alice", identity=ROOT), True, id="root makes a key for a user"),
        pytest.param(call("CreateAccessKey", identity=ROOT), False, id="root makes a key for itself"),
        pytest.param(call("CreateAccessKey", identity=role()), False, id="nobody is told"),
        pytest.param(
            call("UpdateAssumeRolePolicy", requestParameters={"roleName": "x"}), False, id="a role is no user"
        ),
        pytest.param({"detail": 7}, False, id="no call at all"),
    ],
)
def test_who_acts_on_another_is_told_from_who_acts_on_themselves(event: dict[str, Any], *, expected: bool) -> None:
    assert acts_on_another(event) is expected


def test_the_identity_of_a_call_without_members_is_nobody() -> None:
    assert ALICE["userName"] == told(call("CreateAccessKey"))[1]
    assert told(
        {"detail": {"eventName": "CreateAccessKey", "eventSource": "iam.amazonaws.com", "userIdentity": 3}}
    ) == (
        "",
        "",
    )


def test_no_published_record_is_in_the_way() -> None:
    for line in RECORDS.read_text("utf-8").splitlines():
        kind, name = told(json.loads(line))

        assert bool(kind) == bool(name)
