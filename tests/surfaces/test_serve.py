"""`sekisho serve` and the serving `sekisho demo`, from the outside: boto3 in front, moto behind."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sekisho.api import IssuedKey, Role
from surfaces.aws import ENVIRONMENT, OWNER, Hangs, Wire, client, policy, reset_moto, running_proxy
from surfaces.serving import SEKISHO, Program, Served, wait_for

pytestmark = pytest.mark.slow

ANALYZER = f"arn:aws:access-analyzer:us-east-1:{OWNER}:analyzer/sekisho"
BUCKET = "arn:aws:s3:::ledger"
QUEUE = f"arn:aws:sqs:us-east-1:{OWNER}:jobs"
TOKEN = "for the scraper alone"


@pytest.fixture
def account(moto: str) -> str:
    """An account with a bucket that nobody outside can reach, and a queue that a partner can."""
    reset_moto(moto)
    client(moto, "s3").create_bucket(Bucket="ledger")
    queues = client(moto, "sqs")
    url = queues.create_queue(QueueName="jobs")["QueueUrl"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy("sqs:SendMessage")})
    return moto


@pytest.fixture
def program(tmp_path: Path, account: str) -> Program:
    environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": account, "SEKISHO_REGION": "us-east-1"}
    return Program(tmp_path, {**environment, "SEKISHO_METRICS_TOKEN": TOKEN})


PERSON = f"arn:aws:sts::{OWNER}:assumed-role/Admin/ann@example.com"


def event(name: str, **record: Any) -> dict[str, Any]:
    """An event on the bucket, as EventBridge has it."""
    detail = {
        "eventID": f"{name}-1",
        "eventTime": "2026-11-20T10:11:12Z",
        "userIdentity": {"type": "AssumedRole", "arn": PERSON, "accountId": OWNER},
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": OWNER,
        "requestParameters": {"bucketName": "ledger"},
        **record,
    }
    return {"detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "account": OWNER, "detail": detail}


def active(served: Served, key: IssuedKey) -> set[str]:
    asked = served.client(key).list_findings(analyzerArn=ANALYZER, filter={"status": {"eq": ["ACTIVE"]}})
    return {one["resource"] for one in asked["findings"]}


def scanned(served: Served) -> bool:
    return any(one.get("message") == "scan done" and "resource" not in one for one in served.said)


def test_it_scans_answers_follows_events_tells_and_stops(program: Program, account: str) -> None:
    operator, reader = program.issue_key(Role.OPERATOR), program.issue_key(Role.READER)
    with program.serving("--events-to", "events.jsonl") as served:
        assert [one["arn"] for one in served.client(reader).list_analyzers()["analyzers"]] == [ANALYZER]
        wait_for(lambda: active(served, reader) == {QUEUE})

        client(account, "s3").put_bucket_policy(Bucket="ledger", Policy=policy("s3:GetObject", f"{BUCKET}/*"))
        started = time.monotonic()
        assert served.ask("POST", "/events", key=operator, body=event("PutBucketPolicy")) == (202, '{"taken": 1}')
        wait_for(lambda: active(served, reader) == {QUEUE, BUCKET})
        client(account, "s3").delete_bucket_policy(Bucket="ledger")
        changes = [event("DeleteBucketPolicy"), event("ListObjects"), event("PutBucketAcl", errorCode="AccessDenied")]
        assert served.ask("POST", "/events", key=operator, body=changes) == (202, '{"taken": 3}')
        wait_for(lambda: active(served, reader) == {QUEUE})
        assert time.monotonic() - started < 20

        told = wait_for(lambda: _events(program.home / "events.jsonl", at_least=3))
        assert [(one["detail"]["resource"], one["detail"]["status"]) for one in told] == [
            (QUEUE, "ACTIVE"), (BUCKET, "ACTIVE"), (BUCKET, "RESOLVED"),
        ]  # fmt: skip
        by_scan, opened, closed = (one["detail"]["sekisho"] for one in told)
        assert (by_scan["change"], "cause" in by_scan) == ("CREATED", False)
        assert opened["cause"] == {
            "eventId": "PutBucketPolicy-1", "eventName": "PutBucketPolicy", "eventSource": "s3.amazonaws.com",
            "principal": PERSON, "at": "2026-11-20T10:11:12Z",
        }  # fmt: skip
        assert (closed["change"], closed["cause"]["eventId"]) == ("RESOLVED", "DeleteBucketPolicy-1")
        history = json.loads(program.document("findings", "history", told[-1]["detail"]["id"], "--format", "json"))
        assert history[-1]["reason"] == f"after s3:DeleteBucketPolicy by {PERSON}, event DeleteBucketPolicy-1"

        started = time.monotonic()
        served.process.terminate()
        assert served.process.wait(30) == 0
        assert time.monotonic() - started < 10
    assert served.other == []
    assert served.printed == []
    assert [one["message"] for one in served.said if "message" in one][-2:] == ["stopping", "stopped"]
    assert all({"time", "level", "logger"} <= one.keys() for one in served.said)
    logged = json.dumps(served.said)
    assert not any(secret in logged for secret in (operator.secret, reader.secret, TOKEN, "Signature"))


def _events(file: Path, *, at_least: int) -> list[Mapping[str, Any]]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines] if len(lines) >= at_least else []


def test_what_is_beside_the_service_asks_who_is_there(program: Program) -> None:
    operator, reader = program.issue_key(Role.OPERATOR), program.issue_key(Role.READER)
    with program.serving() as served:
        wait_for(lambda: scanned(served))
        assert served.ask("GET", "/healthz") == (200, "ok\n")
        for path in ("/metrics", "/readyz"):
            assert served.ask("GET", path)[0] == 403
            assert served.ask("GET", path, headers={"authorization": "Bearer for the scraper"})[0] == 403
            assert served.ask("GET", path, headers={"authorization": f"Bearer {TOKEN}"})[0] == 200
            assert served.ask("GET", path, key=reader)[0] == 200
        assert served.ask("POST", "/events", body=[])[0] == 403
        assert served.ask("POST", "/events", headers={"authorization": f"Bearer {TOKEN}"}, body=[])[0] == 403
        status, said = served.ask("POST", "/events", key=reader, body=[])
        assert (status, "events needs a key with the role OPERATOR" in said) == (403, True)
        status, said = served.ask("POST", "/events", key=operator, body=["no event"])
        assert (status, json.loads(said)["reason"]) == (400, "cannotParse")
        status, said = served.ask("POST", "/events", key=operator, body=[{}] * 1001)
        assert (status, "post 1000 at a time" in said) == (400, True)

        ready = json.loads(served.ask("GET", "/readyz", key=reader)[1])
        assert ready["ready"]
        parts = ("scheduler", "scanner", "generator", "intake", "sorter", "couriers", "store")
        assert (ready["works"], ready["troubles"]) == (dict.fromkeys(parts, True), {})
        assert ready["lastScans"][ANALYZER]
        page = served.ask("GET", "/metrics", key=reader)[1]
        assert f'sekisho_findings{{analyzer="{ANALYZER}",status="ACTIVE"}} 1.0' in page
        assert 'sekisho_requests_total{operation="metrics",status="403"} 2.0' in page
        assert 'sekisho_scans_total{of="everything",outcome="done"} 1.0' in page
        assert time.time() - served.metric(page, "sekisho_last_scan_timestamp_seconds")[0] < 60


@pytest.mark.skipif(which("curl") is None, reason="there is no curl")
def test_curl_can_sign_for_events(program: Program) -> None:
    operator = program.issue_key(Role.OPERATOR)
    with program.serving() as served:
        done = subprocess.run(
            [
                "curl", "--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:access-analyzer",
                "--user", f"{operator.access_key_id}:{operator.secret}", "--json", json.dumps([event("PutBucketAcl")]),
                f"{served.url}/events",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, '{"taken": 1}'), done.stderr


def test_a_resource_is_scanned_on_request_and_an_unreadable_arn_is_refused(program: Program, account: str) -> None:
    operator = program.issue_key(Role.OPERATOR)
    with program.serving() as served:
        wait_for(lambda: scanned(served))
        asked = served.client(operator)
        client(account, "s3").put_bucket_policy(Bucket="ledger", Policy=policy("s3:GetObject", f"{BUCKET}/*"))

        asked.start_resource_scan(analyzerArn=ANALYZER, resourceArn=BUCKET)
        wait_for(lambda: active(served, operator) == {QUEUE, BUCKET})
        assert asked.get_analyzed_resource(analyzerArn=ANALYZER, resourceArn=BUCKET)["resource"]["status"] == "ACTIVE"
        with pytest.raises(ClientError, match="no ARN of a resource"):
            asked.start_resource_scan(analyzerArn=ANALYZER, resourceArn=f"arn:aws:ec2:us-east-1:{OWNER}:instance/i-1")


def test_page_tokens_and_findings_survive_a_restart_and_a_fresh_scan_is_not_repeated(program: Program) -> None:
    admin = program.issue_key(Role.ADMIN)
    with program.serving() as served:
        wait_for(lambda: scanned(served))
        asked = served.client(admin)
        asked.create_analyzer(analyzerName="second", type="ACCOUNT")
        wait_for(lambda: sum(one.get("message") == "scan done" for one in served.said) == 2)
        token = asked.list_analyzers(maxResults=1)["nextToken"]
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(30) == 0
    with program.serving() as served:
        found = served.client(admin).list_analyzers(maxResults=1, nextToken=token)["analyzers"]
        assert [one["name"] for one in found] == ["sekisho"]
        time.sleep(3)
        assert not any(one.get("message") == "scan done" for one in served.said)


def test_a_scan_that_hangs_is_abandoned_and_stores_nothing(program: Program, account: str) -> None:
    with running_proxy(account) as wire:
        assert isinstance(wire, Wire)
        program.environment["AWS_ENDPOINT_URL"] = wire.endpoint
        wire.faults["sqs.get_queue_attributes"] = Hangs()
        reader = program.issue_key(Role.READER)
        with program.serving() as served:
            wait_for(lambda: wire.seen["sqs.get_queue_attributes"])
            started = time.monotonic()
            served.process.terminate()
            assert served.process.wait(30) == 0
            assert time.monotonic() - started < 15
    assert not scanned(served)
    program.environment["AWS_ENDPOINT_URL"] = account
    with program.serving() as served:
        wait_for(lambda: active(served, reader) == {QUEUE})


def test_a_request_that_hangs_holds_up_no_stop(program: Program, account: str) -> None:
    with running_proxy(account) as wire:
        program.environment["AWS_ENDPOINT_URL"] = wire.endpoint
        operator = program.issue_key(Role.OPERATOR)
        with program.serving() as served:
            wait_for(lambda: scanned(served))
            wire.faults["sqs.get_queue_attributes"] = Hangs()
            before = wire.seen["sqs.get_queue_attributes"]
            proposed = {QUEUE: {"sqsQueue": {"queuePolicy": ""}}}
            asking = Thread(
                target=lambda: served.ask(
                    "PUT", "/access-preview", key=operator, body={"analyzerArn": ANALYZER, "configurations": proposed}
                )
            )
            asking.start()
            wait_for(lambda: wire.seen["sqs.get_queue_attributes"] > before)
            started = time.monotonic()
            served.process.terminate()
            assert served.process.wait(30) == 0
            assert time.monotonic() - started < 15
            asking.join()


def test_without_a_key_it_says_how_to_make_one_and_takes_it_at_once(program: Program) -> None:
    with program.serving() as served:
        assert any("sekisho keys create" in one.get("message", "") for one in served.said)
        assert served.client(program.issue_key(Role.READER)).list_analyzers()["analyzers"]


def test_without_aws_it_does_not_start_before_anything_is_stored_and_starts_after(program: Program) -> None:
    somewhere = program.environment["AWS_ENDPOINT_URL"]
    program.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    assert "Error: " in program.run("serve", "--port", "0", "--timeout", "1", status=4)
    program.environment["AWS_ENDPOINT_URL"] = somewhere
    program.run("scan")
    reader = program.issue_key(Role.READER)
    program.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    with program.serving("--timeout", "1") as served:
        assert active(served, reader) == {QUEUE}


def test_a_recording_is_served_without_credentials(program: Program, tmp_path: Path) -> None:
    program.run("record", "--out", "account.jsonl")
    offline = Program(tmp_path, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    reader = offline.issue_key(Role.READER)
    with offline.serving("--recording", "account.jsonl") as served:
        wait_for(lambda: active(served, reader) == {QUEUE})


def test_where_it_cannot_listen_it_says_so_in_one_line(program: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = program.run("serve", "--port", str(port), status=4)
    assert said.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in said
    assert "--insecure-http" in program.run("serve", "--host", "0.0.0.0", "--port", "0", status=2)  # noqa: S104
    assert "cannot use the certificate" in program.run("serve", "--port", "0", "--tls-cert", "none.pem", status=4)


@pytest.mark.skipif(which("openssl") is None, reason="there is no openssl to make a certificate with")
def test_it_speaks_tls(program: Program) -> None:
    made = subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "server.key", "-out", "server.pem", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        cwd=program.home, capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    reader = program.issue_key(Role.READER)
    with program.serving("--tls-cert", "server.pem", "--tls-key", "server.key") as served:
        assert served.url.startswith("https://")
        asked = boto3.client(
            "accessanalyzer",
            endpoint_url=served.url,
            region_name="us-east-1",
            aws_access_key_id=reader.access_key_id,
            aws_secret_access_key=reader.secret,
            verify=str(program.home / "server.pem"),
        )
        assert asked.list_analyzers()["analyzers"]
        asked.close()


def test_the_demonstration_serves_what_it_printed_to_the_key_that_it_prints(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [SEKISHO, "demo"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        while "list-findings" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        (folder,) = tmp_path.glob("sekisho-demo-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "demo.db").stat().st_mode & 0o777 == 0o600

        exported = dict(re.findall(r"^export (\w+)=(\S+)$", printed, re.MULTILINE))
        assert exported["AWS_REGION"] == "us-east-1"
        arn = printed.split()[-1]
        asked = boto3.client(
            "accessanalyzer",
            endpoint_url=exported["AWS_ENDPOINT_URL_ACCESSANALYZER"],
            region_name=exported["AWS_REGION"],
            aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
        )
        assert f"{len(asked.list_findings(analyzerArn=arn)['findings'])} findings on 22 resources" in printed
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_revoked_key_is_a_stranger_at_once(program: Program) -> None:
    reader = program.issue_key(Role.READER)
    with program.serving() as served:
        asked = served.client(reader)
        assert asked.list_analyzers()["analyzers"]

        program.run("keys", "revoke", reader.access_key_id)

        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            asked.list_analyzers()
        assert served.ask("GET", "/metrics", key=reader)[0] == 403
