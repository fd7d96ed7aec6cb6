"""`sekisho generate-policy` from the outside: conditions, role chains, and policies in other languages."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hcl import policy_documents
from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.policy import parse_policy
from trails import PLANTED, Truth, write_trail

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")
OWN = "111122223333"
THERE = "444455556666"
APP = f"arn:aws:iam::{OWN}:role/app"
WORKER = f"arn:aws:iam::{THERE}:role/team/worker"


def run(*arguments: str, usage: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
    said = subprocess.run(
        [str(PROGRAM), "generate-policy", *arguments, "--usage", str(usage)],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or said.returncode == 0, said.stderr
    return said


def asked(*arguments: str, usage: Path) -> Mapping[str, Any]:
    documents = json.loads(run(*arguments, "--format", "json", usage=usage).stdout)
    return {one["principal"]: one for one in documents}


# A made-up trail


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth, Path]:
    folder = tmp_path_factory.mktemp("trail")
    return folder, write_trail(folder, 1, 15_000, files=60), tmp_path_factory.mktemp("usage")


@pytest.fixture(scope="module")
def written(trail: tuple[Path, Truth, Path]) -> Mapping[str, Any]:
    folder, _, usage = trail
    return asked("--principal", "all", "--from", str(folder), "--conditions", "all", usage=usage)


def test_all_that_was_done_is_allowed_under_all_conditions(
    trail: tuple[Path, Truth, Path], written: Mapping[str, Any]
) -> None:
    assert set(written) == set(trail[1].needed)
    assert all(document["isProven"] for document in written.values())
    assert sum(len(document["suggestions"]) for document in written.values()) > 50


def test_what_is_offered_is_what_would_be_written(trail: tuple[Path, Truth, Path], written: Mapping[str, Any]) -> None:
    folder, _, usage = trail
    safe = asked("--principal", "all", "--from", str(folder), usage=usage)

    for principal, document in safe.items():
        offered = [{**one, "isWritten": True} for one in document["suggestions"]]
        assert offered == written[principal]["suggestions"]
    assert any(document["policies"] != written[principal]["policies"] for principal, document in safe.items())


def test_each_suggestion_is_a_statement_with_its_condition_and_evidence(written: Mapping[str, Any]) -> None:
    for document in written.values():
        for one in document["suggestions"]:
            parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [one["statement"]]}))
            for operator, keys in one["condition"].items():
                assert keys.items() <= one["statement"]["Condition"][operator].items()
            assert one["count"] > 0
            assert one["samples"]
            assert one["first"] <= one["last"]


def test_without_conditions_there_are_none(trail: tuple[Path, Truth, Path]) -> None:
    folder, _, usage = trail
    plain = asked("--principal", "all", "--from", str(folder), "--conditions", "none", usage=usage)

    assert all(document["isProven"] for document in plain.values())
    assert all("Condition" not in json.dumps(document["policies"]) for document in plain.values())
    assert all(document["suggestions"] == [] for document in plain.values())


def test_a_whole_trail_is_terraform(trail: tuple[Path, Truth, Path], written: Mapping[str, Any]) -> None:
    folder, _, usage = trail
    text = run(
        "--principal", "all", "--from", str(folder), "--conditions", "all", "--format", "terraform", usage=usage
    ).stdout  # fmt: skip

    documents = policy_documents(text)
    policies = [policy for document in written.values() for policy in document["policies"]]
    assert len(documents) == len(policies)
    assert sorted(one["sid"].strip('"') for statements in documents.values() for one in statements) == sorted(
        one["Sid"] for policy in policies for one in policy["Statement"]
    )


def test_a_whole_trail_is_a_template(trail: tuple[Path, Truth, Path], written: Mapping[str, Any]) -> None:
    folder, _, usage = trail
    said = run(
        "--principal", "all", "--from", str(folder), "--conditions", "all", "--format", "cloudformation", usage=usage
    )  # fmt: skip

    resources = json.loads(said.stdout)["Resources"].values()
    assert [one["Properties"]["PolicyDocument"] for one in resources] == [
        policy for document in written.values() for policy in document["policies"]
    ]


def test_no_secret_comes_out_with_the_conditions(trail: tuple[Path, Truth, Path]) -> None:
    folder, _, usage = trail
    for output_format in ("json", "terraform", "cloudformation"):
        said = run(
            "--principal", "all", "--from", str(folder), "--conditions", "all", "--format", output_format,
            "--follow-role-chains", usage=usage,
        )  # fmt: skip
        assert not [secret for secret in PLANTED if secret in said.stdout or secret in said.stderr]


# Records of our own


def record(number: int, name: str, principal: str = APP, **more: Any) -> dict[str, Any]:
    account = principal.split(":")[4]
    service, _, event = name.partition(":")
    return {
        "eventTime": f"2026-10-01T08:{number // 60:02}:{number % 60:02}Z",
        "eventType": "AwsApiCall",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": event,
        "awsRegion": "eu-west-1",
        "eventID": f"0a1b2c3d-0000-4000-8000-{number:012}",
        "recipientAccountId": account,
        "userIdentity": {
            "type": "AssumedRole",
            "accountId": account,
            "arn": f"arn:aws:sts::{account}:assumed-role/{principal.rpartition('/')[2]}/s",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": principal}},
        },
        **more,
    }


def table(name: str) -> str:
    return f"arn:aws:dynamodb:eu-west-1:{OWN}:table/{name}"


def reads(first: int, *names: str) -> list[dict[str, Any]]:
    return [
        record(first + at, "dynamodb:GetItem", requestParameters={"tableName": name}, vpcEndpointId="vpce-1")
        for at, name in enumerate(names)
    ]


def write(file: Path, *records: Mapping[str, Any]) -> str:
    file.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return str(file)


TAGS = [{"key": "team", "value": "data"}]


def test_tags_that_the_trail_tells_of_take_the_place_of_a_list(tmp_path: Path) -> None:
    tagging = [
        record(at, "dynamodb:TagResource", f"{APP}-admin", requestParameters={"resourceArn": table(name), "tags": TAGS})
        for at, name in enumerate(("a", "b", "c"))
    ]
    own = record(5, "iam:TagRole", f"{APP}-admin", requestParameters={"roleName": "app", "tags": TAGS})
    log = write(tmp_path / "log.json.gz", own, *tagging, *reads(10, "a", "b", "c", "a", "other"))

    (document,) = asked("--principal", "role/app", "--from", log, "--conditions", "all", usage=tmp_path / "u").values()
    assert document["isProven"]
    (suggestion,) = document["suggestions"]
    assert suggestion["insteadOf"] == [table("a"), table("b"), table("c")]
    assert suggestion["withoutTag"] == [table("other")]
    assert suggestion["condition"] == {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    assert suggestion["statement"]["Resource"] == table("*")
    caller = Caller(CallerKind.AWS, account=OWN, principal_arn=APP)
    (policy,) = [parse_policy(json.dumps(one)) for one in document["policies"]]
    for value, is_allowed in {"data": True, "other": False}.items():
        tags = {"aws:resourcetag/team": (value,), "aws:principaltag/team": ("data",)}
        request = Request(caller, "dynamodb:GetItem", table("next"), tags)
        assert (evaluate_policy(policy, request).outcome is Outcome.ALLOW) is is_allowed


def test_tags_can_be_given_as_files(tmp_path: Path) -> None:
    log = write(tmp_path / "log.json.gz", *reads(10, "a", "b", "c"))
    tags = [{"Key": "team", "Value": "data"}]
    listed = [{"ResourceARN": table(name), "Tags": tags} for name in ("a", "b", "c")]
    (tmp_path / "resources.json").write_text(json.dumps({"ResourceTagMappingList": listed}))
    (tmp_path / "role.json").write_text(json.dumps({"Role": {"Arn": APP, "Tags": tags}}))
    files = ("--tags", str(tmp_path / "resources.json"), "--tags", str(tmp_path / "role.json"))

    said = run("--principal", "role/app", "--from", log, *files, usage=tmp_path / "u")
    assert "aws:ResourceTag/team ${aws:PrincipalTag/team}  in 1 statement, 3 uses, instead of 3 ARNs" in said.stderr
    assert "Condition" not in said.stdout


def test_a_file_without_tags_is_named(tmp_path: Path) -> None:
    log = write(tmp_path / "log.json.gz", *reads(10, "a"))
    (tmp_path / "tags.json").write_text(json.dumps({"Tags": []}))

    said = run(
        "--principal", "role/app", "--from", log, "--tags", str(tmp_path / "tags.json"), usage=tmp_path / "u",
        check=False,
    )  # fmt: skip
    assert said.returncode == 4
    assert said.stdout == ""
    assert "tags.json` has no tags of anything that it names" in said.stderr.splitlines()[-1]


def test_endpoints_are_told_in_one_line(tmp_path: Path) -> None:
    log = write(tmp_path / "log.json.gz", *reads(10, *"aaaaaaaaaaaa"))
    said = run("--principal", "role/app", "--from", log, usage=tmp_path / "u")

    assert "that --conditions all writes as well" in said.stderr
    assert "aws:SourceVpce vpce-1  in 1 statement, 12 uses" in said.stderr


def assumes(number: int, by: str, role: str) -> dict[str, Any]:
    return record(number, "sts:AssumeRole", by, requestParameters={"roleArn": role})


def test_role_chains_are_followed_on_request(tmp_path: Path) -> None:
    last = f"arn:aws:iam::{THERE}:role/last"
    log = write(
        tmp_path / "log.json.gz",
        assumes(1, APP, WORKER),
        assumes(2, APP, WORKER),
        assumes(3, f"{APP}-other", WORKER),
        assumes(4, WORKER, last),
        assumes(5, last, APP),
        assumes(6, APP, f"arn:aws:iam::{THERE}:role/idle"),
        record(7, "cloudwatch:PutMetricData", last),
        record(8, "cloudwatch:GetMetricData", f"{APP}-other"),
    )
    plain = asked("--principal", "role/app", "--from", log, usage=tmp_path / "u")
    chained = asked("--principal", "role/app", "--from", log, "--follow-role-chains", usage=tmp_path / "u")
    said = run("--principal", "role/app", "--from", log, "--follow-role-chains", usage=tmp_path / "u")

    assert set(plain) == {APP}
    assert "roleChains" not in plain[APP]
    assert list(chained) == [APP, WORKER, last], "in the order of the chain, and the cycle ends"
    assert chained[APP]["policies"] == plain[APP]["policies"]
    assert chained[APP]["roleChains"]["assumes"][1] == {
        "role": WORKER, "count": 2, "first": "2026-10-01T08:00:01Z", "last": "2026-10-01T08:00:02Z",
    }  # fmt: skip
    assert [one["by"] for one in chained[WORKER]["roleChains"]["assumedBy"]] == [APP, f"{APP}-other"]
    assert "role/idle  1 time, 2026-10-01 to 2026-10-01; nothing that it did is in these files" in said.stderr
    assert "its policy is for all of them" in said.stderr


def test_a_text_that_a_language_cannot_say_ends_in_one_line(tmp_path: Path) -> None:
    session = {"roleArn": WORKER, "externalId": "&{x}"}
    calls = [record(at, "sts:AssumeRole", requestParameters=session) for at in range(12)]
    log = write(tmp_path / "log.json.gz", *calls)

    said = run(
        "--principal", "role/app", "--from", log, "--conditions", "all", "--format", "terraform", usage=tmp_path / "u",
        check=False,
    )  # fmt: skip
    assert said.returncode == 2
    assert said.stdout == ""
    assert "use --format json" in said.stderr.splitlines()[-1]


def test_other_commands_have_no_policies_to_print_as_terraform(tmp_path: Path) -> None:
    said = subprocess.run(
        [str(PROGRAM), "findings", "list", "--format", "terraform"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "terraform" in said.stderr
