"""The main job, from the outside: the installed program against an account over HTTP."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from surfaces.account_of_four import AccountOfFour, Way, ways_into
from surfaces.aws import ENVIRONMENT, OWNER, Babbles, Hangs, Refuses, Wire, reset_moto, running_proxy

pytestmark = pytest.mark.slow

SEKISHO = Path(sys.executable).parent / "sekisho"
NO_NETWORK = """
import socket
def refuse(*args, **kwargs):
    raise SystemExit("the network was used")
socket.socket.connect = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def wire(moto: str) -> Iterator[Wire]:
    with running_proxy(moto) as found:
        yield found


@pytest.fixture
def account(moto: str) -> AccountOfFour:
    reset_moto(moto)
    made = AccountOfFour(moto)
    made.build()
    return made


class Program:
    """The installed program, with a home of its own."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}

    def run(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [SEKISHO, *arguments], cwd=self.home, env=self.environment, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == status, done.stderr
        self.said = done.stderr
        return done.stdout

    def findings(self, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run(*arguments, "--format", "json", status=status))
        return found


@pytest.fixture
def program(tmp_path: Path, moto: str) -> Program:
    return Program(tmp_path, {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto})


def ways(findings: list[dict[str, Any]]) -> set[Way]:
    return {
        Way(one["resource"], next(iter(one["principal"].values())), tuple(one["condition"].items()), one["isPublic"])
        for one in findings
    }


def test_a_scan_finds_exactly_what_is_open(program: Program, account: AccountOfFour) -> None:
    found = program.findings("scan", "--region", "us-east-1")

    assert ways(found) == account.expected
    assert len(found) == len(account.expected) == 24
    assert all(one["witness"] and one["because"] for one in found)


def test_what_is_closed_resolves_and_returns_under_its_own_id(program: Program, account: AccountOfFour) -> None:
    before = {one["id"]: one for one in program.findings("scan", "--region", "us-east-1")}
    account.open_bucket("bucket-public", "closed")
    account.open_queue("queue-account", "closed")
    account.open_role("role-organization", "closed")
    closed = (
        ways_into("arn:aws:s3:::bucket-public", "public")
        | ways_into(f"arn:aws:sqs:us-east-1:{OWNER}:queue-account", "account")
        | ways_into(f"arn:aws:iam::{OWNER}:role/role-organization", "organization")
    )

    assert ways(program.findings("scan", "--region", "us-east-1")) == account.expected - closed
    resolved = program.findings("findings", "list", "--status", "RESOLVED")
    assert ways(resolved) == closed
    assert {one["id"] for one in resolved} <= before.keys()

    account.open_bucket("bucket-public", "public")
    account.open_queue("queue-account", "account")
    account.open_role("role-organization", "organization")
    after = {one["id"]: one for one in program.findings("scan", "--region", "us-east-1")}

    assert after.keys() == before.keys()
    assert all(after[key]["createdAt"] == before[key]["createdAt"] for key in before)
    assert all(after[one["id"]]["updatedAt"] > before[one["id"]]["updatedAt"] for one in resolved)


def test_a_recording_gives_the_same_findings_without_credentials_or_network(
    program: Program, account: AccountOfFour, tmp_path: Path
) -> None:
    assert account.expected
    live = program.findings("scan", "--region", "us-east-1")
    program.run("record", "--region", "us-east-1", "--out", "account.jsonl.gz")
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "sitecustomize.py").write_text(NO_NETWORK)
    offline = Program(tmp_path, {"PYTHONPATH": str(tmp_path / "blocked")})
    replayed = offline.findings("scan", "--recording", "account.jsonl.gz", "--db", "other.db")

    times = {"createdAt", "analyzedAt", "updatedAt"}
    assert [{k: v for k, v in one.items() if k not in times} for one in replayed] == [
        {k: v for k, v in one.items() if k not in times} for one in live
    ]
    assert b"must-not-leave" not in gzip.decompress((tmp_path / "account.jsonl.gz").read_bytes())


def test_what_cannot_be_read_is_named_and_the_rest_is_complete(
    program: Program, account: AccountOfFour, wire: Wire
) -> None:
    program.environment["AWS_ENDPOINT_URL"] = wire.endpoint
    wire.clear()
    wire.faults |= {
        "s3.get_bucket_policy bucket-public": Refuses(),
        "sqs.get_queue_attributes queue-account": Babbles(),
        "sns.get_topic_attributes topic-public": Refuses("Throttling", 400),
        "iam.list_roles": Refuses("Throttling", 400, times=2),
        "secretsmanager.get_resource_policy secret-account": Hangs(),
        "lambda.list_layers": Refuses("AccessDeniedException"),
    }
    found = program.findings("scan", "--region", "us-east-1", "--timeout", "1", "--strict", status=3)

    errors = {one["resource"].rpartition(":")[2]: one["error"] for one in found if "error" in one}
    assert errors.pop("bucket-public") == "ACCESS_DENIED"
    assert errors.pop("queue-account") == "INTERNAL_ERROR"
    assert errors.pop("topic-public") == "INTERNAL_ERROR"
    assert [error for name, error in errors.items() if name.startswith("secret-account")] == ["INTERNAL_ERROR"]
    unseen = ("bucket-public", "queue-account", "topic-public", "secret-account")
    rest = {
        way for way in account.expected if ":layer:" not in way.resource and not any(x in way.resource for x in unseen)
    }
    assert ways([one for one in found if "error" not in one]) == rest
    for call in ("s3.get_bucket_policy", "sqs.get_queue_attributes", "sns.get_topic_attributes", "lambda.list_layers"):
        assert call in program.said
    assert "secretsmanager.get_resource_policy" in program.said
    assert "iam.list_roles" not in program.said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("not json", "not JSON", id="not JSON"),
        pytest.param(
            '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Condition": {"StringLikes": {"a:b": "c"}}}]}',
            "unknown condition operator `StringLikes` at Statement[0].Condition.StringLikes",
            id="unknown operator",
        ),
        pytest.param('{"Version": "2012-10-17", "Version": "2012-10-17"}', "stands twice at Version", id="duplicate"),
        pytest.param(json.dumps({"Statement": "x" * 2**20}), "the document has 1,048,593 characters", id="a megabyte"),
        pytest.param("[" * 20_000 + "]" * 20_000, "nested too deeply", id="deep"),
    ],
)
def test_a_policy_that_is_none_gets_one_line_and_nothing_is_stored(
    program: Program, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "policy.json").write_text(text)
    program.run("explain", "--policy", "policy.json", status=4)

    assert said in " ".join(program.said.split())
    assert len(program.said.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["policy.json"]
