"""From a queue to people: events on SQS, `sekisho serve` between, and what stands for Slack, mail and the others."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fakes.certificates import make_certificates
from fakes.mail_server import running_mail_server
from fakes.receiver import Receiver, Reply, running_receiver
from sekisho.api import Role
from surfaces.aws import ENVIRONMENT, OWNER, client, policy, reset_moto
from surfaces.serving import Program, wait_for

pytestmark = pytest.mark.slow

BUCKET = "arn:aws:s3:::ledger"
NUMBERS = count(1)
AT = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)


@dataclass
class Queue:
    """The queue that a rule of EventBridge would fill."""

    url: str
    sqs: Any

    def put(self, *events: dict[str, Any]) -> None:
        for event in events:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps(event))

    def is_empty(self) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(map(int, told.values())) == 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as server:
        yield server


@pytest.fixture
def account(moto: str) -> str:
    reset_moto(moto)
    client(moto, "s3").create_bucket(Bucket="ledger")
    return moto


@pytest.fixture
def queue(account: str) -> Queue:
    sqs = client(account, "sqs")
    return Queue(sqs.create_queue(QueueName=f"sekisho-events-{next(NUMBERS)}")["QueueUrl"], sqs)


@pytest.fixture
def make_program(tmp_path: Path, account: str, receiver: Receiver) -> Callable[..., Program]:
    def make(settings: str, **environment: str) -> Program:
        (tmp_path / "sekisho.toml").write_text(settings, "utf-8")
        usual = {**ENVIRONMENT, "AWS_ENDPOINT_URL": account, "SEKISHO_REGION": "us-east-1"}
        return Program(tmp_path, {**usual, "SLACK_WEBHOOK": receiver.url("/slack"), **environment})

    return make


SLACK = """
[[alerts.target]]
name = "security"
type = "slack"
url = "env:SLACK_WEBHOOK"
"""


def key_made(user: str = "bob", *, event_id: str | None = None, by: str = "alice") -> dict[str, Any]:
    """A key that somebody made, as EventBridge brings it."""
    identity = event_id or f"11111111-2222-3333-4444-{next(NUMBERS):012d}"
    at = AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    person = {
        "type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{OWNER}:user/{by}",
        "accountId": OWNER, "accessKeyId": "AKIAEXAMPLE1", "userName": by,
    }  # fmt: skip
    detail = {
        "eventVersion": "1.11", "userIdentity": person, "eventTime": at, "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey", "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.31", "requestParameters": {"userName": user},
        "responseElements": {"accessKey": {"accessKeyId": "AKIAEXAMPLE2", "status": "Active", "userName": user}},
        "eventID": identity, "readOnly": False, "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": OWNER, "eventCategory": "Management",
    }  # fmt: skip
    return {
        "version": "0", "id": f"e-{identity}", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam",
        "account": OWNER, "time": at, "region": "us-east-1", "resources": [], "detail": detail,
    }  # fmt: skip


def bucket_call(name: str, event_id: str) -> dict[str, Any]:
    """A call on the bucket, as EventBridge brings it."""
    event = key_made(event_id=event_id)
    changed = {
        "eventSource": "s3.amazonaws.com", "eventName": name, "requestParameters": {"bucketName": "ledger"},
        "responseElements": None,
    }  # fmt: skip
    return {**event, "source": "aws.s3", "detail": {**event["detail"], **changed}}


def titles(receiver: Receiver, path: str = "/slack") -> list[str]:
    """What came to Slack, by the first line."""
    return [one.json["text"] for one in receiver.got if one.path == path]


def test_a_key_is_made_and_everyone_hears_of_it(
    make_program: Callable[..., Program], queue: Queue, receiver: Receiver, account: str, tmp_path: Path
) -> None:
    certificates = make_certificates(tmp_path)
    topic = client(account, "sns").create_topic(Name="alerts")["TopicArn"]
    inbox = client(account, "sqs").create_queue(QueueName=f"inbox-{next(NUMBERS)}")["QueueUrl"]
    inbox_arn = f"arn:aws:sqs:us-east-1:{OWNER}:{inbox.rpartition('/')[2]}"
    client(account, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox_arn)
    with running_mail_server(certificates) as mail:
        program = make_program(
            EVERYONE.format(receiver=receiver.url(""), mail=mail.port, ca=certificates.ca_file, topic=topic),
            ROUTING_KEY="0123456789abcdef0123456789abcdef",
            SIGNING_SECRET="for the webhook alone",
        )
        receiver.otherwise = Reply(202)
        with program.serving("--events-from", queue.url) as served:
            queue.put(key_made(event_id="11111111-2222-3333-4444-555555555555"))
            wait_for(lambda: {"/slack", "/teams", "/pagerduty", "/hook"} <= {one.path for one in receiver.got})
            wait_for(lambda: mail.got)
            told = wait_for(lambda: _messages(queue, inbox))
            hub = client(account, "securityhub")
            wait_for(lambda: hub.get_findings()["Findings"])
            wait_for(queue.is_empty)
            page = served.ask("GET", "/readyz", key=program.issue_key(Role.READER))[1]

    slack, teams, pagerduty, hook = (
        next(one for one in receiver.got if one.path == path) for path in ("/slack", "/teams", "/pagerduty", "/hook")
    )
    assert slack.json == json.loads((Path(__file__).parent / "alerts_slack.json").read_text("utf-8"))
    assert "alice made an access key for bob" in json.dumps(teams.json)
    assert pagerduty.json["payload"]["severity"] == "critical"
    assert hook.json["entries"][0]["event"]["detail"]["eventName"] == "CreateAccessKey"
    assert mail.got[0].was_encrypted
    assert mail.got[0].message["Subject"].endswith("alice が bob のアクセスキーを作成しました")
    assert "2026-11-20 19:11:12 JST" in mail.got[0].text()
    assert "alice made an access key for bob" in json.loads(told)["Message"]
    assert json.loads(page)["troubles"] == {}
    assert served.other == []
    logged = json.dumps(served.said)
    assert not any(secret in logged for secret in ("0123456789abcdef", "for the webhook alone", "/slack"))


EVERYONE = """
[alerts]
timezone = "Asia/Tokyo"

[[alerts.target]]
name = "slack"
type = "slack"
url = "env:SLACK_WEBHOOK"

[[alerts.target]]
name = "teams"
type = "teams"
url = "{receiver}/teams"

[[alerts.target]]
name = "pagerduty"
type = "pagerduty"
routing-key = "env:ROUTING_KEY"
url = "{receiver}/pagerduty"

[[alerts.target]]
name = "program"
type = "webhook"
url = "{receiver}/hook"
secret = "env:SIGNING_SECRET"
allow-private = true

[[alerts.target]]
name = "mail"
type = "mail"
host = "localhost"
port = {mail}
from = "sekisho@example.com"
to = ["security@example.com"]
ca-file = "{ca}"
language = "ja"

[[alerts.target]]
name = "topic"
type = "sns"
topic-arn = "{topic}"

[[alerts.target]]
name = "bus"
type = "eventbridge"
region = "us-east-1"

[[alerts.target]]
name = "hub"
type = "security-hub"
region = "us-east-1"
"""


def _messages(queue: Queue, url: str) -> str:
    found = queue.sqs.receive_message(QueueUrl=url).get("Messages", [])
    return str(found[0]["Body"]) if found else ""


def test_a_bucket_is_opened_and_closed_and_people_hear_who_did_it(
    make_program: Callable[..., Program], queue: Queue, receiver: Receiver, account: str
) -> None:
    program = make_program(SLACK + "[alerts.shipped.finding-resolved]\nenabled = true\n")
    with program.serving("--events-from", queue.url) as served:
        wait_for(lambda: any(one.get("message") == "scan done" and "resource" not in one for one in served.said))
        assert titles(receiver) == []

        client(account, "s3").put_bucket_policy(Bucket="ledger", Policy=policy("s3:GetObject", f"{BUCKET}/*"))
        queue.put(bucket_call("PutBucketPolicy", "opened"))
        receiver.wait_for(1)
        client(account, "s3").delete_bucket_policy(Bucket="ledger")
        queue.put(bucket_call("DeleteBucketPolicy", "closed"))
        receiver.wait_for(2)

    opened, closed = titles(receiver)
    assert opened == "🟡 alice opened S3 bucket ledger to account 444455556666 [MEDIUM]"
    assert closed.endswith("account 444455556666 can no longer reach S3 bucket ledger [RESOLVED]")


def test_ten_keys_made_in_a_minute_are_one_message_with_ten_lines(
    make_program: Callable[..., Program], queue: Queue, receiver: Receiver
) -> None:
    program = make_program(SLACK + '[alerts.shipped.access-key-created]\nwait = "2s"\n')
    with program.serving("--events-from", queue.url):
        queue.put(*(key_made(f"user-{number}") for number in range(10)))
        receiver.wait_for(1)
        wait_for(queue.is_empty)

    (told,) = receiver.got
    text = told.body.decode()
    assert "10 access keys made" in text
    assert all(f"user-{number}" in text for number in range(10))


def test_what_came_is_told_once_whatever_is_down_and_however_often_the_server_is_killed(
    make_program: Callable[..., Program], queue: Queue, receiver: Receiver
) -> None:
    program = make_program(SLACK + '[alerts.shipped.access-key-created]\nwait = "0s"\nrate = "none"\n')
    receiver.otherwise = Reply(500)
    expected = set[str]()
    for number in range(2):
        with program.serving("--events-from", queue.url) as served:
            events = [key_made(f"user-{number}-{one}") for one in range(4)]
            expected |= {f"user-{number}-{one}" for one in range(4)}
            queue.put(*events, *events)
            receiver.wait_for(len(receiver.got) + 1, seconds=60)
            served.process.send_signal(signal.SIGKILL)
            served.process.wait(30)
    failed = len(receiver.got)
    receiver.otherwise = Reply()
    with program.serving("--events-from", queue.url):
        told = wait_for(lambda: _told(receiver, expected, failed), seconds=120)

    assert {user for users in told for user in users} == expected
    assert sum(map(len, told)) == len(expected)  # each once: what was refused was no message


def _told(receiver: Receiver, users: set[str], after: int) -> list[set[str]]:
    told = [{user for user in users if f"for {user}" in one.body.decode()} for one in receiver.got[after:]]
    return told if {user for some in told for user in some} == users else []
