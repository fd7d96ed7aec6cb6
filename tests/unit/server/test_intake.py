from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.collectors import UnsupportedArnError
from sekisho.collectors.one_resource import collector_of
from sekisho.findings import Analyzer, AnalyzerType, FindingStore, ResourcePage, ResourceQuery
from sekisho.server import When, request_rescans, resources_named_by
from sekisho.server.intake import _CALLS
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ACCOUNT, ANALYZER, BUCKET, MONDAY, analysis, keep_analyzer
from unit.server.outboxes import scan

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
        pytest.param(event("s3", "PutAccessPointPolicy", {"name": "door"}), None, id="an access point, of some bucket"),
        pytest.param(event("s3", "PutAccountPublicAccessBlock", {}), None, id="a whole account"),
        pytest.param(event("s3", "PutMultiRegionAccessPointPolicy"), None, id="a multi-Region access point"),
        pytest.param(
            event("iam", "CreateRole", {"roleName": "x"}, {"role": {"arn": f"{ROLE}/team/x"}}),
            f"{ROLE}/team/x",
            id="a new role with its path",
        ),
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
        pytest.param(
            event("sns", "SetTopicAttributes", {"topicArn": TOPIC, "attributeName": "Policy"}), TOPIC, id="a topic"
        ),
        pytest.param(event("sns", "CreateTopic", {"name": "news"}, {"topicArn": TOPIC}), TOPIC, id="a new topic"),
        pytest.param(
            event("secretsmanager", "PutResourcePolicy", {"secretId": "db"}, {"aRN": SECRET}),
            SECRET,
            id="a secret by its name",
        ),
        pytest.param(
            event("secretsmanager", "DeleteResourcePolicy", {"secretId": SECRET}), SECRET, id="a secret by its ARN"
        ),
    ],
)
def test_a_call_names_its_resource(told: dict[str, Any], arn: str | None) -> None:
    (named,) = resources_named_by(told)

    assert (named.account, named.arn, named.like, named.soon) == (ACCOUNT, arn, None, True)
    if arn is not None:
        collector_of(arn)


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


@dataclass
class Asked:
    everything: list[str] = field(default_factory=list[str])
    resources: list[tuple[str, str, str | None, When]] = field(default_factory=list[tuple[str, str, str | None, When]])

    def scan(self, analyzer_arn: str) -> None:
        self.everything.append(analyzer_arn)

    def scan_resource(
        self, analyzer_arn: str, resource: str, *, owner_account: str | None = None, when: When = When.NOW
    ) -> None:
        if "unreadable" in resource:
            raise UnsupportedArnError(resource)
        self.resources.append((analyzer_arn, resource, owner_account, when))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        keep_analyzer(opened)
        yield opened


def test_a_resource_is_looked_at_at_once_and_again(store: FindingStore) -> None:
    asked = Asked()

    assert request_rescans([event("s3", "PutBucketPolicy", {"bucketName": "reports"})], store, asked) == 1
    assert asked.resources == [(ANALYZER, BUCKET, ACCOUNT, When.NOW), (ANALYZER, BUCKET, ACCOUNT, When.AGAIN)]


def test_what_can_wait_is_looked_at_within_the_hour(store: FindingStore) -> None:
    asked = Asked()
    grant = event("kms", "CreateGrant", {"keyId": KEY, "granteePrincipal": "rds.amazonaws.com"})

    assert request_rescans([grant, grant], store, asked) == 2
    assert set(asked.resources) == {(ANALYZER, KEY, ACCOUNT, When.WITHIN_THE_HOUR)}


def test_everything_is_looked_at_where_the_event_does_not_say_what(store: FindingStore) -> None:
    asked = Asked()

    assert request_rescans([event("s3", "DeleteAccountPublicAccessBlock")], store, asked) == 1
    assert (asked.everything, asked.resources) == ([ANALYZER], [])


def test_an_analyzer_of_an_account_looks_at_its_own_and_one_of_an_organization_at_all(store: FindingStore) -> None:
    all_of_them = "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/all"
    store.create_analyzer(Analyzer(all_of_them, AnalyzerType.ORGANIZATION, MONDAY))
    asked = Asked()
    told = event("s3", "PutBucketPolicy", {"bucketName": "reports"}, recipientAccountId="222233334444")

    assert request_rescans([told], store, asked) == 1
    assert asked.resources[0] == (all_of_them, BUCKET, "222233334444", When.NOW)


def test_a_role_is_found_by_its_name_under_any_path(store: FindingStore) -> None:
    known = (f"{ROLE}/team/deploy", f"{ROLE}/deploy", f"{ROLE}/redeploy", f"arn:aws:iam::{ACCOUNT}:role/team/other")
    scan(store, *(analysis(resource=arn, resource_type="AWS::IAM::Role", region="global") for arn in known))
    asked = Asked()
    changed = [event("iam", "UpdateAssumeRolePolicy", {"roleName": name}) for name in ("deploy", "new")]

    assert request_rescans(changed, store, asked) == 3
    assert {one[1] for one in asked.resources} == {f"{ROLE}/team/deploy", f"{ROLE}/deploy", f"{ROLE}/new"}


def test_what_is_known_of_a_type_is_listed_once_for_many_events(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(store, analysis(resource=f"{ROLE}/deploy", resource_type="AWS::IAM::Role", region="global"))
    listed: list[str | None] = []
    list_resources = store.list_resources

    def counted(query: ResourceQuery) -> ResourcePage:
        listed.append(query.resource_type)
        return list_resources(query)

    monkeypatch.setattr(store, "list_resources", counted)
    changed = [event("iam", "UpdateAssumeRolePolicy", {"roleName": f"role-{number}"}) for number in range(50)]

    assert request_rescans(changed, store, Asked()) == 50
    assert listed == ["AWS::IAM::Role"]


def test_a_secret_is_found_by_its_name_or_everything_is_looked_at(store: FindingStore) -> None:
    kind = "AWS::SecretsManager::Secret"
    scan(store, *(analysis(resource=arn, resource_type=kind) for arn in (SECRET, SECRET.replace("db-", "db-2-"))))
    asked = Asked()

    assert request_rescans([event("secretsmanager", "DeleteSecret", {"secretId": "db"})], store, asked) == 1
    assert {one[1] for one in asked.resources} == {SECRET}
    assert request_rescans([event("secretsmanager", "DeleteSecret", {"secretId": "new"})], store, asked) == 1
    assert asked.everything == [ANALYZER]


def test_what_no_collector_reads_is_passed_over(store: FindingStore) -> None:
    asked = Asked()

    assert request_rescans([event("s3", "PutBucketAcl", {"bucketName": "unreadable"})], store, asked) == 0
    assert (asked.everything, asked.resources) == ([], [])
