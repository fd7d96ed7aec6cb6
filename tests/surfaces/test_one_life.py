"""The life of one finding, told by nothing but the aws CLI: Sekisho's endpoint in front, moto behind."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sekisho.api import IssuedKey, Role
from surfaces.api_server import AWS
from surfaces.aws import ENVIRONMENT, OWNER, PARTNER, policy, running_moto
from surfaces.serving import REGION, Program, wait_for

pytestmark = pytest.mark.slow

ANALYZER = f"arn:aws:access-analyzer:{REGION}:{OWNER}:analyzer/mine"
BUCKET = "arn:aws:s3:::ledger"
OPEN = policy("s3:GetObject", f"{BUCKET}/*")


@pytest.fixture
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


class Cli:
    """The aws CLI, with the environment that `sekisho keys create` tells to set."""

    def __init__(self, endpoint: str, moto: str, key: IssuedKey) -> None:
        common = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": REGION, **ENVIRONMENT}
        ours = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret}
        self._sekisho = common | ours | {"AWS_ENDPOINT_URL_ACCESSANALYZER": endpoint}
        self._account = common | {"AWS_ENDPOINT_URL": moto}

    def ask(self, operation: str, *arguments: str) -> Any:
        return self._run(self._sekisho, "accessanalyzer", operation, *arguments)

    def account(self, *arguments: str) -> Any:
        return self._run(self._account, *arguments)

    def _run(self, environment: dict[str, str], *arguments: str) -> Any:
        command = [str(AWS), *arguments, "--output", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}


def test_one_finding_is_found_accepted_closed_and_comes_back(tmp_path: Path, moto: str) -> None:
    program = Program(tmp_path, {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto, "SEKISHO_REGION": REGION})
    key = program.issue_key(Role.ADMIN)
    with program.serving() as served:
        aws = Cli(served.url, moto, key)
        aws.account("s3api", "create-bucket", "--bucket", "ledger")
        aws.account("s3api", "put-bucket-policy", "--bucket", "ledger", "--policy", OPEN)

        def found() -> list[Any]:
            listed: list[Any] = aws.ask("list-findings", "--analyzer-arn", ANALYZER)["findings"]
            return listed

        def status_becomes(status: str) -> Callable[[], bool]:
            return lambda: [one["status"] for one in found()] == [status]

        made = aws.ask("create-analyzer", "--analyzer-name", "mine", "--type", "ACCOUNT")
        assert made == {"arn": ANALYZER}
        assert ANALYZER in [one["arn"] for one in aws.ask("list-analyzers")["analyzers"]]
        (finding,) = wait_for(found)
        identity, of_ours = finding["id"], ("--analyzer-arn", ANALYZER)
        got = aws.ask("get-finding", *of_ours, "--id", identity)["finding"]
        assert got == finding
        assert (got["status"], got["resource"], got["principal"]) == ("ACTIVE", BUCKET, {"AWS": PARTNER})

        aws.ask("update-findings", *of_ours, "--status", "ARCHIVED", "--ids", identity)
        assert status_becomes("ARCHIVED")()
        aws.ask("update-findings", *of_ours, "--status", "ACTIVE", "--resource-arn", BUCKET)
        assert status_becomes("ACTIVE")()

        criteria = json.dumps({"principal.AWS": {"eq": [PARTNER]}})
        rule = ("--analyzer-name", "mine", "--rule-name", "partner")
        aws.ask("create-archive-rule", *rule, "--filter", criteria)
        assert status_becomes("ACTIVE")()
        aws.ask("apply-archive-rule", *of_ours, "--rule-name", "partner")
        assert status_becomes("ARCHIVED")()
        aws.ask("delete-archive-rule", *rule)
        aws.ask("update-findings", *of_ours, "--status", "ACTIVE", "--ids", identity)

        aws.account("s3api", "delete-bucket-policy", "--bucket", "ledger")
        aws.ask("start-resource-scan", *of_ours, "--resource-arn", BUCKET)
        wait_for(status_becomes("RESOLVED"))
        aws.account("s3api", "put-bucket-policy", "--bucket", "ledger", "--policy", OPEN)
        aws.ask("start-resource-scan", *of_ours, "--resource-arn", BUCKET)
        wait_for(status_becomes("ACTIVE"))

        (back,) = found()
        assert (back["id"], back["createdAt"]) == (identity, finding["createdAt"])
        assert back["updatedAt"] > finding["updatedAt"]
        history = json.loads(program.document("findings", "history", identity, "--format", "json"))
        assert [one["kind"] for one in history] == [
            "CREATED", "ARCHIVED", "UNARCHIVED", "ARCHIVED", "UNARCHIVED", "RESOLVED", "RETURNED",
        ]  # fmt: skip
        assert [one["by"] for one in history[1:5]] == [
            key.access_key_id,
            key.access_key_id,
            "rule partner",
            key.access_key_id,
        ]
