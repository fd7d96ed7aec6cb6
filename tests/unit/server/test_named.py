import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.collectors.one_resource import collector_of
from sekisho.server import resources_named_by
from sekisho.server.named import _CALLS
from unit.findings.builders import ACCOUNT, BUCKET
from unit.server.events import FUNCTION, KEY, LAYER, QUEUE, QUEUE_URL, REGION, ROLE, SECRET, TOPIC, event

OTHER = "444455556666"
RECORDS = Path(__file__).parents[2] / "recorded" / "cloudtrail" / "records.jsonl"


@pytest.mark.parametrize(
    ("told", "arn"),
    [
        pytest.param(event("s3", "PutBucketPolicy", {"bucketName": "reports"}), BUCKET, id="a bucket's policy"),
        pytest.param(event("s3", "CreateBucket", {"bucketName": "reports"}), BUCKET, id="a new bucket"),
        pytest.param(
            event("s3", "PutBucketAcl", resources=[{"type": "AWS::S3::Bucket", "ARN": BUCKET, "accountId": ACCOUNT}]),
            BUCKET,
            id="a bucket among the resources only",
        ),
        pytest.param(
            event("s3", "DeleteBucket", {"bucketName": "reports"}, awsRegion="cn-north-1"),
            "arn:aws-cn:s3:::reports",
            id="a bucket in China",
        ),
        pytest.param(
            event("s3", "CreateAccessPoint", {"name": "door", "bucket": "reports"}), BUCKET, id="a new access point"
        ),
        pytest.param(
            event("s3", "CreateAccessPoint", {"name": "door", "CreateAccessPointRequest": {"Bucket": "reports"}}),
            BUCKET,
            id="a new access point, as its request has it in XML",
        ),
        pytest.param(event("s3", "PutBucketAcl", {}), None, id="a bucket that is not named"),
        pytest.param(
            event("iam", "CreateRole", {"roleName": "x"}, {"role": {"arn": f"{ROLE}/team/x"}}),
            f"{ROLE}/team/x",
            id="a new role with its path",
        ),
        pytest.param(event("kms", "PutKeyPolicy", {"keyId": "alias/x"}, resources=[{"ARN": KEY}]), KEY, id="by alias"),
        pytest.param(event("kms", "PutKeyPolicy", {"keyId": KEY.rpartition("/")[2]}), KEY, id="a key by its id"),
        pytest.param(event("kms", "ScheduleKeyDeletion", {"keyId": KEY}), KEY, id="a key by its ARN"),
        pytest.param(event("kms", "CreateKey", {}, {"keyMetadata": {"arn": KEY}}), KEY, id="a new key"),
        pytest.param(
            event("kms", "ReplicateKey", {"keyId": "mrk-1"}, {"replicaKeyMetadata": {"arn": KEY}}), KEY, id="a replica"
        ),
        pytest.param(event("kms", "RetireGrant", None, resources=[{"ARN": KEY}]), KEY, id="a grant by its token"),
        pytest.param(
            event("kms", "RetireGrant", None, resources=[{"ARN": KEY}, {"ARN": []}, {"ARN": {}}]),
            KEY,
            id="a key among what is no ARN",
        ),
        pytest.param(
            event("kms", "ReplicateKey", {"keyId": KEY, "replicaRegion": "eu-west-1"}, resources=[{"ARN": KEY}]),
            KEY.replace(REGION, "eu-west-1"),
            id="a replica, whose Region the request has",
        ),
        pytest.param(event("lambda", "AddPermission20150331v2", {"functionName": "bill"}), FUNCTION, id="a function"),
        pytest.param(
            event("lambda", "RemovePermission20150331v2", {"functionName": f"{FUNCTION}:live"}),
            FUNCTION,
            id="an alias by its ARN",
        ),
        pytest.param(
            event("lambda", "CreateFunctionUrlConfig", {"functionName": f"{ACCOUNT}:function:bill"}),
            FUNCTION,
            id="a function by a part of its ARN",
        ),
        pytest.param(event("lambda", "PutResourcePolicy", {"resourceArn": FUNCTION}), FUNCTION, id="all of its policy"),
        pytest.param(event("lambda", "AddPermission20150331", {"functionName": "bill:7"}), FUNCTION, id="a version"),
        pytest.param(
            event("lambda", "AddLayerVersionPermission20181031", {"layerName": "shared", "versionNumber": 3}),
            f"{LAYER}:3",
            id="a layer version",
        ),
        pytest.param(
            event("lambda", "DeleteLayerVersion20181031", {"layerName": LAYER, "versionNumber": "3"}),
            f"{LAYER}:3",
            id="a layer version by its ARN",
        ),
        pytest.param(
            event("sqs", "SetQueueAttributes", {"queueUrl": QUEUE_URL, "attributes": {"Policy": ""}}),
            QUEUE,
            id="a queue whose policy goes",
        ),
        pytest.param(
            event("sqs", "CreateQueue", {"queueName": "jobs"}, {"queueUrl": QUEUE_URL}), QUEUE, id="a new queue"
        ),
        pytest.param(event("sqs", "CreateQueue", {"queueName": "jobs"}), QUEUE, id="a queue by its name"),
        pytest.param(event("sqs", "DeleteQueue", {"queueUrl": "jobs"}), QUEUE, id="a queue by no URL"),
        pytest.param(
            event("sns", "SetTopicAttributes", {"topicArn": TOPIC, "attributeName": "Policy"}), TOPIC, id="a topic"
        ),
        pytest.param(event("sns", "CreateTopic", {"name": "news"}, {"topicArn": TOPIC}), TOPIC, id="a new topic"),
        pytest.param(event("sns", "CreateTopic", {"name": "news"}), TOPIC, id="a topic by its name"),
        pytest.param(event("sns", "CreateTopic", eventSource="sns.amazonaws.com.cn"), None, id="a topic of no name"),
    ],
)
def test_a_call_names_its_resource(told: dict[str, Any], arn: str | None) -> None:
    (named,) = resources_named_by(told)

    assert (named.account, named.arn, named.like, named.soon) == (ACCOUNT, arn, None, True)
    if arn is not None:
        collector_of(arn)


@pytest.mark.parametrize(
    ("told", "arn"),
    [
        pytest.param(
            event("s3", "PutBucketPolicy", {"bucketName": "reports"}, resources=[{"ARN": BUCKET, "accountId": OTHER}]),
            BUCKET,
            id="a bucket",
        ),
        pytest.param(
            event("kms", "CreateGrant", {"keyId": KEY.replace(ACCOUNT, OTHER)}), KEY.replace(ACCOUNT, OTHER), id="a key"
        ),
        pytest.param(
            event("lambda", "AddPermission", {"functionName": f"arn:aws:lambda:eu-west-1:{OTHER}:function:bill:live"}),
            f"arn:aws:lambda:eu-west-1:{OTHER}:function:bill",
            id="a function",
        ),
        pytest.param(
            event("lambda", "RemovePermission20150331v2", {"functionName": f"{OTHER}:function:bill"}),
            FUNCTION.replace(ACCOUNT, OTHER),
            id="a function by a part of its ARN",
        ),
        pytest.param(
            event(
                "lambda",
                "AddLayerVersionPermission20181031",
                {"layerName": LAYER.replace(ACCOUNT, OTHER), "versionNumber": 3},
            ),
            f"{LAYER.replace(ACCOUNT, OTHER)}:3",
            id="a layer version",
        ),
        pytest.param(
            event("sqs", "AddPermission", {"queueUrl": QUEUE_URL.replace(ACCOUNT, OTHER)}),
            QUEUE.replace(ACCOUNT, OTHER),
            id="a queue",
        ),
    ],
)
def test_what_another_account_has_is_named_as_its_own(told: dict[str, Any], arn: str) -> None:
    """Who calls hears of it as well as who has it."""
    (named,) = resources_named_by(told)

    assert (named.account, named.arn) == (OTHER, arn)


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("PutAccountPublicAccessBlock", None),
        ("DeleteAccountPublicAccessBlock", None),
        ("PutMultiRegionAccessPointPolicy", None),
        ("PutAccessPointPolicy", REGION),
        ("DeleteAccessPoint", REGION),
        ("CreateAccessPoint", REGION),
    ],
)
def test_where_any_bucket_may_be_meant_all_that_are_known_are(name: str, region: str | None) -> None:
    (named,) = resources_named_by(event("s3", name, {"name": "door"}))

    assert (named.account, named.arn, named.like, named.resource_type) == (ACCOUNT, None, ".*", "AWS::S3::Bucket")
    assert named.region == region


def test_a_new_role_is_named_with_the_path_that_is_asked_for() -> None:
    (named,) = resources_named_by(event("iam", "CreateRole", {"roleName": "x", "path": "/team/"}))

    assert named.arn == f"{ROLE}/team/x"


IRELAND = SECRET.replace(REGION, "eu-west-1")


@pytest.mark.parametrize(
    ("told", "arns"),
    [
        pytest.param(
            event("secretsmanager", "PutResourcePolicy", {"secretId": "db"}, {"aRN": SECRET}), [SECRET], id="name"
        ),
        pytest.param(event("secretsmanager", "CreateSecret", {"name": "db"}, {"ARN": SECRET}), [SECRET], id="new"),
        pytest.param(
            event(
                "secretsmanager",
                "ReplicateSecretToRegions",
                {"secretId": "db", "addReplicaRegions": [{"region": "eu-west-1"}, {"region": 7}, None]},
                {"arn": SECRET},
            ),
            [SECRET, IRELAND],
            id="new replicas",
        ),
        pytest.param(
            event(
                "secretsmanager",
                "RemoveRegionsFromReplication",
                {"secretId": "db", "removeReplicaRegions": ["eu-west-1"]},
                {"arn": SECRET},
            ),
            [SECRET, IRELAND],
            id="replicas that are gone",
        ),
    ],
)
def test_a_secret_is_named_with_its_replicas(told: dict[str, Any], arns: list[str]) -> None:
    *named, others = resources_named_by(told)

    assert [one.arn for one in named] == arns
    assert others.like is not None
    alike = [
        one for one in (SECRET, IRELAND, SECRET + "x", SECRET.replace("db", "db2")) if re.fullmatch(others.like, one)
    ]
    assert (alike, others.or_nothing) == ([IRELAND], True)


@pytest.mark.parametrize("asked", [SECRET, SECRET.rpartition("-")[0], "db"])
def test_a_secret_may_be_known_by_a_part_of_its_arn(asked: str) -> None:
    (named,) = resources_named_by(event("secretsmanager", "DeleteResourcePolicy", {"secretId": asked}))

    assert named.like is not None
    alike = [one for one in (SECRET, IRELAND, SECRET.replace("db", "db-2")) if re.fullmatch(named.like, one)]
    assert (named.arn, alike) == (None, [SECRET, IRELAND])


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(event("s3", "PutBucketPolicy", {"bucketName": "a"}, errorCode="AccessDenied"), id="it failed"),
        pytest.param(event("s3", "GetBucketPolicy", {"bucketName": "reports"}), id="a read"),
        pytest.param(event("ec2", "RunInstances"), id="another service"),
        pytest.param(event("sqs", "SetQueueAttributes", {"attributes": {"DelaySeconds": "5"}}), id="a queue's delay"),
        pytest.param(event("sns", "SetTopicAttributes", {"attributeName": "DisplayName"}), id="a topic's name"),
        pytest.param({**event("s3", "PutBucketPolicy"), "detail-type": "AWS Service Event via CloudTrail"}, id="other"),
        pytest.param({"detail-type": "Access Analyzer Finding", "detail": {}}, id="our own"),
        pytest.param(event("s3", "PutBucketPolicy", recipientAccountId="me", userIdentity=None), id="no account"),
        pytest.param(event("s3", "PutBucketPolicy", {"bucketName": "a"}, awsRegion="*"), id="no Region"),
        pytest.param(event("kms", "CreateGrant", None), id="a grant on who knows what"),
        pytest.param({}, id="empty"),
    ],
)
def test_what_changes_nobodys_access_names_nothing(told: dict[str, Any]) -> None:
    assert resources_named_by(told) == ()


@pytest.mark.parametrize(
    ("asked", "by", "soon"),
    [
        pytest.param({"granteePrincipal": "arn:aws:iam::444455556666:root"}, None, True, id="by a person"),
        pytest.param({"granteePrincipal": "dynamodb.us-west-2.amazonaws.com"}, None, False, id="to a service"),
        pytest.param({"granteePrincipal": "rds.cn-north-1.amazonaws.com.cn"}, None, False, id="to one in China"),
        pytest.param({"granteePrincipal": "arn:aws:iam::1:role/x"}, "autoscaling.amazonaws.com", False, id="by one"),
    ],
)
def test_grants_that_services_make_all_the_time_can_wait(asked: dict[str, str], by: str | None, *, soon: bool) -> None:
    (named,) = resources_named_by(event("kms", "CreateGrant", {"keyId": KEY, **asked}, userIdentity={"invokedBy": by}))

    assert (named.arn, named.soon) == (KEY, soon)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["requestParameters", "responseElements", "resources", "userIdentity", "errorCode", "recipientAccountId"]


@given(st.sampled_from(sorted(_CALLS)), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_a_record_holds_is_no_error(call: tuple[str, str], rest: dict[str, Any]) -> None:
    for named in resources_named_by(event(*call, **rest)):
        assert named.arn is None or named.arn.isascii()


@given(st.dictionaries(st.sampled_from(["detail", "detail-type"]), JSON | st.just("AWS API Call via CloudTrail")))
def test_whatever_an_envelope_holds_is_no_error(told: dict[str, Any]) -> None:
    assert resources_named_by(told) == ()


def test_recorded_calls_name_what_they_changed() -> None:
    named: dict[tuple[str, str], list[str | None]] = {}
    for line in RECORDS.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)["detail"]
        found = resources_named_by({"detail-type": "AWS API Call via CloudTrail", "detail": record})
        if found:
            named.setdefault((record["eventSource"].split(".")[0], record["eventName"]), []).extend(
                one.arn for one in found
            )

    assert named == {
        ("iam", "CreateRole"): [f"{ROLE}/TestRole"],
        ("kms", "CreateGrant"): [
            f"arn:aws:kms:us-west-2:{ACCOUNT}:key/4b55e5bf-39c8-41ad-b589-18464af7758a",
            f"arn:aws:kms:us-east-1:{ACCOUNT}:key/e29ddfd4-1bf6-4e1b-8ecb-08216bd70d07",
        ],
        ("kms", "CreateKey"): [KEY],
        ("lambda", "AddPermission20150331v2"): [
            f"arn:aws:lambda:ca-central-1:{ACCOUNT}:function:stratus-red-team-backdoor-f-func"
        ],
        ("lambda", "DeleteFunction"): [f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:basic-node-task"],
        ("s3", "PutBucketAcl"): [None],
        ("sns", "CreateTopic"): [f"arn:aws:sns:us-west-2:{ACCOUNT}:hello"],
        ("sns", "DeleteTopic"): [f"arn:aws:sns:us-west-2:{ACCOUNT}:hello-topic"],
        **{
            ("sqs", name): [f"arn:aws:sqs:us-east-2:{ACCOUNT}:MyQueue"]
            for name in ("AddPermission", "CreateQueue", "DeleteQueue", "RemovePermission")
        },
    }
