"""`sekisho generate-policy` from the outside: the program in front of made-up trails, of which all is known."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.policy import Policy, parse_policy
from trails import PLANTED, Truth, write_trail

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")
OWN = "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role/app"


def run(*arguments: str, usage: Path | None = None, check: bool = True) -> "subprocess.CompletedProcess[str]":
    said = subprocess.run(
        [str(PROGRAM), "generate-policy", *arguments, *(("--usage", str(usage)) if usage else ())],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or said.returncode == 0, said.stderr
    return said


def asked(*arguments: str, usage: Path | None = None) -> Mapping[str, Any]:
    documents = json.loads(run(*arguments, "--format", "json", usage=usage).stdout)
    return {one["principal"]: one for one in documents}


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("trail")
    return folder, write_trail(folder, 1, 15_000, files=60)


@pytest.fixture(scope="module")
def told(trail: tuple[Path, Truth], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder, _ = trail
    return asked(
        "--principal", "all", "--from", str(folder), "--resources", "exact", usage=tmp_path_factory.mktemp("usage")
    )


def allows(policies: list[Policy], principal: str, document: Mapping[str, Any], action: str, resource: str) -> bool:
    """Say whether policies allow an action under one of the conditions that were seen with it."""
    caller = Caller(CallerKind.AWS, account=principal.split(":")[4], principal_arn=principal)
    contexts = [
        {key.lower(): tuple(values) for key, values in grant.get("condition", {}).items()}
        for grant in document["grants"]
        if grant["action"] == action
    ]
    concrete = resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
    return any(
        evaluate_policy(policy, Request(caller, action, concrete, context)).outcome is Outcome.ALLOW
        for policy in policies
        for context in contexts
    )


def parsed(document: Mapping[str, Any]) -> list[Policy]:
    return [parse_policy(json.dumps(one)) for one in document["policies"]]


def test_every_principal_that_did_something_has_a_policy(trail: tuple[Path, Truth], told: Mapping[str, Any]) -> None:
    assert set(told) == set(trail[1].needed)
    assert all(document["isProven"] for document in told.values())


def test_all_that_was_done_is_allowed(trail: tuple[Path, Truth], told: Mapping[str, Any]) -> None:
    for principal, needed in trail[1].needed.items():
        policies = parsed(told[principal])
        missing = {pair for pair in needed if not allows(policies, principal, told[principal], *pair)}
        assert not missing, principal


def test_nothing_is_granted_that_was_not_done(trail: tuple[Path, Truth], told: Mapping[str, Any]) -> None:
    for principal, needed in trail[1].needed.items():
        granted = {grant["action"] for grant in told[principal]["grants"]} - {"iam:PassRole"}
        assert granted == {action for action, _ in needed}


def test_no_star_stands_where_the_record_has_the_resource(trail: tuple[Path, Truth], told: Mapping[str, Any]) -> None:
    for principal, needed in trail[1].needed.items():
        named = {action for action, resource in needed if resource != "*"}
        stars = {grant["action"] for grant in told[principal]["grants"] if grant["resource"] == "*"}
        assert not stars & named - {action for action, resource in needed if resource == "*"}


def test_every_role_that_was_passed_is_inferred_and_none_is_made_up(
    trail: tuple[Path, Truth], told: Mapping[str, Any]
) -> None:
    passed = {
        (principal, grant["resource"], grant["condition"]["iam:PassedToService"][0], *grant["basis"])
        for principal, document in told.items()
        for grant in document["grants"]
        if grant["action"] == "iam:PassRole"
    }
    assert passed == {
        (principal, role, service, "inferred") for principal, some in trail[1].passed.items() for role, service in some
    }


def test_what_was_only_ever_denied_is_not_granted(trail: tuple[Path, Truth], told: Mapping[str, Any]) -> None:
    for principal, denied in trail[1].denied_only.items():
        if principal not in told:
            continue
        assert not denied & {grant["action"] for grant in told[principal]["grants"]}
        assert denied <= {one["action"] for one in told[principal]["denied"]}


def test_no_action_can_be_left_out(told: Mapping[str, Any]) -> None:
    for principal, document in islice(told.items(), 10):
        for action in {grant["action"] for grant in document["grants"]}:
            less = [_without(policy, action) for policy in document["policies"]]
            policies = [parse_policy(json.dumps(one)) for one in less if one["Statement"]]
            grants = [grant["resource"] for grant in document["grants"] if grant["action"] == action]
            assert not all(allows(policies, principal, document, action, resource) for resource in grants)


def _without(policy: Mapping[str, Any], action: str) -> dict[str, Any]:
    left = []
    for statement in policy["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if rest := [one for one in actions if one != action]:
            left.append({**statement, "Action": rest})
    return {**policy, "Statement": left}


def test_events_count_once_however_often_they_were_delivered(
    trail: tuple[Path, Truth], told: Mapping[str, Any], tmp_path: Path
) -> None:
    folder, _ = trail
    again = tmp_path / "again"
    again.symlink_to(folder, target_is_directory=True)
    both = asked(
        "--principal", "all", "--from", str(folder), "--from", str(again), "--resources", "exact",
        usage=tmp_path / "usage",
    )  # fmt: skip

    assert both == told


def test_the_answer_is_the_same_from_two_processes_and_from_what_is_kept(
    trail: tuple[Path, Truth], told: Mapping[str, Any], tmp_path: Path
) -> None:
    arguments = ("--principal", "all", "--from", str(trail[0]), "--resources", "exact")
    two = asked(*arguments, "--workers", "2", usage=tmp_path)

    assert two == told
    assert asked(*arguments, usage=tmp_path) == told
    assert "known already" in run(*arguments, usage=tmp_path).stderr


def test_placeholders_are_marked_as_a_template(tmp_path: Path) -> None:
    write(tmp_path / "log.json.gz", RECORD)
    arguments = ("--from", str(tmp_path / "log.json.gz"), "--resources", "placeholders", "--principal", ROLE)

    (document,) = asked(*arguments, usage=tmp_path / "u").values()
    said = run(*arguments, usage=tmp_path / "u")

    (statement,) = json.loads(said.stdout)["Statement"]
    assert statement["Resource"] == "arn:aws:sqs:${Region}:${Account}:${QueueName}"
    assert document["isProven"] is None
    assert "the evaluator was asked" not in said.stderr
    assert "fill in what stands in ${…}" in said.stderr


def test_no_secret_of_a_record_comes_out(trail: tuple[Path, Truth], tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and for this test alone

    free = tmp_path / "free.json.gz"
    write(free, *({**RECORD, "eventID": f"{at:036}", **one} for at, one in enumerate(FREE_FORM)))
    sources = ("--from", str(trail[0]), "--from", str(free))
    said = run("--principal", "all", *sources, "--format", "json", usage=tmp_path)
    assert "ssm:SendCommand" in said.stdout
    kept = "\n".join(str(pq.read_table(part).to_pylist()) for part in (tmp_path / "parts").iterdir())
    manifest = (tmp_path / "manifest.jsonl").read_text()

    for secret in PLANTED:
        for text in (said.stdout, said.stderr, kept, manifest):
            assert secret not in text


FREE_FORM: list[dict[str, Any]] = [
    {
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "requestParameters": {**named, member: {"userName": [PLANTED[0]], "policy": PLANTED[-1], "tags": PLANTED[6]}},
    }
    for source, name, member, named in (
        ("ssm", "SendCommand", "parameters", {"documentName": "AWS-RunShellScript", "instanceIds": ["i-0a1b2c3d"]}),
        ("ssm", "StartAutomationExecution", "parameters", {"documentName": "AWS-RestartEC2Instance"}),
        ("cognito-idp", "InitiateAuth", "authParameters", {"authFlow": "USER_PASSWORD_AUTH", "clientId": "c"}),
        ("glue", "StartJobRun", "arguments", {"jobName": "load"}),
        ("logs", "StartQuery", "parameters", {"queryString": f"fields @message | filter a = '{PLANTED[-1]}'"}),
        ("lex", "PutSession", "sessionAttributes", {"botName": "b", "botAlias": "a", "userId": "u"}),
    )
]
"""Calls with parameters whose members callers name, some of them like parameters that are read."""


def test_a_run_that_is_killed_is_gone_on_with(
    trail: tuple[Path, Truth], told: Mapping[str, Any], tmp_path: Path
) -> None:
    arguments = ["generate-policy", "--principal", "all", "--from", str(trail[0]), "--resources", "exact"]
    killed = subprocess.Popen([str(PROGRAM), *arguments, "--usage", str(tmp_path), "--workers", "1"])
    while not list((tmp_path / "parts").glob("*")) and killed.poll() is None:
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    assert asked(*arguments[1:], usage=tmp_path) == told


RECORD: Mapping[str, Any] = {
    "eventTime": "2026-10-01T08:00:00Z",
    "eventType": "AwsApiCall",
    "eventSource": "sqs.amazonaws.com",
    "eventName": "SendMessage",
    "awsRegion": "eu-west-1",
    "eventID": "0a1b2c3d-0000-4000-8000-000000000001",
    "recipientAccountId": OWN,
    "userIdentity": {
        "type": "AssumedRole",
        "accountId": OWN,
        "arn": f"arn:aws:sts::{OWN}:assumed-role/app/s",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
    },
    "requestParameters": {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{OWN}/jobs"},
}


def write(file: Path, *records: Mapping[str, Any]) -> bytes:
    content = gzip.compress(json.dumps({"Records": records}).encode())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return content


def test_the_policy_alone_goes_to_standard_output(tmp_path: Path) -> None:
    write(tmp_path / "log" / "one.json.gz", RECORD)
    said = run("--principal", "role/app", "--from", str(tmp_path / "log"), usage=tmp_path / "usage")

    (statement,) = json.loads(said.stdout)["Statement"]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Resource"] == f"arn:aws:sqs:eu-west-1:{OWN}:jobs"
    assert ROLE in said.stderr


@pytest.mark.parametrize(
    "name", [ROLE, "role/app", f"arn:aws:sts::{OWN}:assumed-role/app/any-session"], ids=["ARN", "name", "session"]
)
def test_a_principal_can_be_named_in_several_ways(name: str, tmp_path: Path) -> None:
    write(tmp_path / "one.json.gz", RECORD)

    assert list(asked("--principal", name, "--from", str(tmp_path / "one.json.gz"), usage=tmp_path / "u")) == [ROLE]


WITH_PATH = f"arn:aws:iam::{OWN}:role/team/app"
IDENTITY: Mapping[str, Any] = RECORD["userIdentity"]


@pytest.mark.parametrize("name", ["all", "role/app", WITH_PATH, ROLE])
def test_what_older_records_tell_without_a_path_is_of_the_same_role(name: str, tmp_path: Path) -> None:
    newer = {
        **RECORD,
        "eventName": "DeleteQueue",
        "eventID": "0a1b2c3d-0000-4000-8000-000000000002",
        "userIdentity": {**IDENTITY, "sessionContext": {"sessionIssuer": {"type": "Role", "arn": WITH_PATH}}},
    }
    older = {**RECORD, "userIdentity": {**IDENTITY, "sessionContext": {}}}
    write(tmp_path / "log.json.gz", older, newer)

    told = asked("--principal", name, "--from", str(tmp_path / "log.json.gz"), usage=tmp_path / "u")
    assert list(told) == [WITH_PATH]
    assert {grant["action"] for grant in told[WITH_PATH]["grants"]} == {"sqs:SendMessage", "sqs:DeleteQueue"}


def test_a_role_of_which_no_record_tells_the_path_answers_to_its_arn(tmp_path: Path) -> None:
    write(tmp_path / "log.json.gz", {**RECORD, "userIdentity": {**IDENTITY, "sessionContext": {}}})

    told = asked("--principal", WITH_PATH, "--from", str(tmp_path / "log.json.gz"), usage=tmp_path / "u")
    assert list(told) == [ROLE]


def test_files_that_cannot_be_read_are_named_and_cost_no_other(tmp_path: Path) -> None:
    log = tmp_path / "log"
    content = write(log / "whole.json.gz", RECORD)
    (log / "cut.json.gz").write_bytes(content[:-9])
    (log / "empty.json.gz").write_bytes(b"")
    (log / "text.json").write_text("not JSON at all")
    (log / "null.json").write_text('{"Records": null}')
    (log / "part.json").write_text(json.dumps({"Records": [RECORD, 7]}))

    said = run("--principal", "role/app", "--from", str(log), "--strict", usage=tmp_path / "usage", check=False)

    assert said.returncode == 3
    assert json.loads(said.stdout)["Statement"]
    for name, reason in {
        "cut.json.gz": "cut off", "empty.json.gz": "empty", "text.json": "neither JSON", "null.json": "no record",
        "part.json": "1 entry is no record",
    }.items():  # fmt: skip
        assert any(name in line and reason in line for line in said.stderr.splitlines()), name
    again = run("--principal", "role/other", "--from", str(log), usage=tmp_path / "usage", check=False)
    assert again.returncode == 2
    assert "part.json" in again.stderr, "what was read in part stays so"
    assert "cut.json.gz" in again.stderr, "an answer of nobody comes with what was not read"


def test_what_a_change_beside_it_has_cost_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log / "gone.json.gz", RECORD)
    write(log / "changed.json.gz", {**RECORD, "eventID": "0a1b2c3d-0000-4000-8000-000000000002"})
    run("--from", str(log), usage=tmp_path / "usage")
    (log / "gone.json.gz").unlink()
    write(
        log / "changed.json.gz",
        {**RECORD, "eventID": "0a1b2c3d-0000-4000-8000-000000000003", "eventName": "GetQueueUrl"},
    )

    said = run("--from", str(log), "--strict", usage=tmp_path / "usage", check=False)
    assert said.returncode == 3
    assert "gone.json.gz: it lies there no more" in said.stderr


def test_what_was_denied_is_granted_under_its_condition(tmp_path: Path) -> None:
    role = f"arn:aws:iam::{OWN}:role/worker"
    create = {
        **RECORD,
        "eventSource": "lambda.amazonaws.com",
        "eventName": "CreateFunction20150331",
        "requestParameters": {"functionName": "f", "role": role},
    }
    run_task = {
        **RECORD,
        "eventID": "0a1b2c3d-0000-4000-8000-000000000002",
        "eventSource": "ecs.amazonaws.com",
        "eventName": "RunTask",
        "requestParameters": {"taskDefinition": "t:1", "overrides": {"taskRoleArn": role}},
        "errorCode": "AccessDenied",
        "errorMessage": f"User: x is not authorized to perform: iam:PassRole on resource: {role}",
    }
    write(tmp_path / "log.json.gz", create, run_task)

    told = asked(
        "--principal", "all", "--from", str(tmp_path / "log.json.gz"), "--include-denied", usage=tmp_path / "u"
    )[ROLE]  # fmt: skip
    assert [one["condition"] for one in told["denied"]] == [{"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}]
    passed = [one for policy in told["policies"] for one in policy["Statement"] if one["Action"] == "iam:PassRole"]
    assert len(passed) == 2
    assert all("Condition" in one for one in passed)


def test_only_the_days_that_are_asked_for_count(tmp_path: Path) -> None:
    log = tmp_path / "log.json.gz"
    later = {**RECORD, "eventTime": "2026-10-09T08:00:00Z", "eventName": "ReceiveMessage", "eventID": "b"}
    write(log, RECORD, later)

    (document,) = asked(
        "--principal", "role/app", "--from", str(log), "--start", "2026-10-02", usage=tmp_path / "u"
    ).values()
    assert {grant["action"] for grant in document["grants"]} == {"sqs:ReceiveMessage"}


def test_only_files_that_can_have_an_answer_are_opened(tmp_path: Path) -> None:
    def key(account: str, kind: str, day: str) -> Path:
        return tmp_path / "AWSLogs" / account / kind / "eu-west-1" / day / f"{account}_{kind}_eu-west-1_x.json.gz"

    write(key(OWN, "CloudTrail", "2026/10/01"), RECORD)
    for other in (
        key("444455556666", "CloudTrail", "2026/10/01"),
        key(OWN, "CloudTrail-Digest", "2026/10/01"),
        key(OWN, "CloudTrail", "2026/09/01"),
        key(OWN, "CloudTrail", "2026/11/01"),
    ):
        other.parent.mkdir(parents=True)
        other.write_bytes(b"never opened")

    said = run(
        "--principal", ROLE, "--from", str(tmp_path), "--start", "2026-10-01", "--end", "2026-10-01", "--strict",
        usage=tmp_path / "u",
    )  # fmt: skip
    assert json.loads(said.stdout)["Statement"]


def test_policies_are_written_to_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "log.json.gz", RECORD)
    run(
        "--principal",
        "all",
        "--from",
        str(tmp_path / "log.json.gz"),
        "--out",
        str(tmp_path / "out"),
        usage=tmp_path / "u",
    )

    (file,) = (tmp_path / "out").iterdir()
    assert json.loads(file.read_text())["Statement"]


def test_of_policies_that_were_written_before_none_stays_beside_the_new_ones(tmp_path: Path) -> None:
    write(tmp_path / "log.json.gz", RECORD)
    out = tmp_path / "out"
    out.mkdir()
    for name in (f"{OWN}.role~app~~1.json", f"{OWN}.role~app~~2.json", f"{OWN}.role~app-2.json"):
        (out / name).write_text("before")
    run("--principal", "all", "--from", str(tmp_path / "log.json.gz"), "--out", str(out), usage=tmp_path / "u")

    assert {file.name for file in out.iterdir()} == {f"{OWN}.role~app.json", f"{OWN}.role~app-2.json"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--principal", "role/other"), "did nothing that is in these files", id="nobody of that name"),
        pytest.param(("--principal", "all", "--format", "sarif"), "no format `sarif`", id="a format of findings"),
        pytest.param(("--start", "2026-10-02", "--end", "2026-10-01"), "--start is after --end", id="an end before"),
        pytest.param(("--from", "/nowhere"), "neither a folder nor a file", id="no such folder"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    write(tmp_path / "log.json.gz", RECORD)
    answer = run(*arguments, "--from", str(tmp_path / "log.json.gz"), usage=tmp_path / "u", check=False)

    assert answer.returncode in {2, 4}
    assert said in answer.stderr.splitlines()[-1]


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    from sekisho.storage.usage import UsageStore  # noqa: PLC0415 - DuckDB, for this test alone

    write(tmp_path / "log.json.gz", RECORD)
    with UsageStore(tmp_path / "u").writing():
        said = run("--from", str(tmp_path / "log.json.gz"), usage=tmp_path / "u", check=False)

    assert said.returncode == 4
    assert "another run is reading" in said.stderr
