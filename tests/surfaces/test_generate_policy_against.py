"""`sekisho generate-policy --against` from the outside: files, and IAM itself as moto plays it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hcl import policy_documents
from sekisho.policy import parse_policy
from surfaces.aws import ENVIRONMENT, Refuses, Wire, client
from surfaces.test_generate_policy import allows
from trails import Truth, write_trail

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("sekisho")
MOTO_ACCOUNT = "123456789012"
CALL = "iam.get_account_authorization_details"


def run(
    *arguments: str, usage: Path, env: Mapping[str, str] | None = None, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    said = subprocess.run(
        [str(PROGRAM), "generate-policy", *arguments, "--usage", str(usage)],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "200", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or said.returncode == 0, said.stderr
    return said


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **members}


def role(arn: str, *policies: dict[str, Any], **members: Any) -> dict[str, Any]:
    own = [{"PolicyName": f"p{number}", "PolicyDocument": policy} for number, policy in enumerate(policies)]
    return {"Arn": arn, "RoleName": arn.rpartition("/")[2], "RolePolicyList": own, **members}


def record(name: str, source: str, principal: str, **members: Any) -> dict[str, Any]:
    account = principal.split(":")[4]
    issuer = {"type": "Role", "arn": principal, "accountId": account, "principalId": "AROAEXAMPLE"}
    session = {"type": "AssumedRole", "accountId": account, "sessionContext": {"sessionIssuer": issuer}}
    return {
        "eventVersion": "1.11",
        "userIdentity": session,
        "eventTime": "2026-06-01T10:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "eventID": f"00000000-0000-4000-8000-{abs(hash((name, source))) % 10**12:012}",
        "eventType": "AwsApiCall",
        "recipientAccountId": account,
        **members,
    }


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("trail")
    return folder, write_trail(folder, 1, 6_000, files=12)


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("usage")


# --- with a file


def test_replacements_of_all_principals_are_proven(trail: tuple[Path, Truth], usage: Path, tmp_path: Path) -> None:
    folder, truth = trail
    narrow = allow("s3:*", "sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    policies = [
        [document(allow("*"))],
        [document({"Effect": "Allow", "NotAction": ["iam:*", "kms:*"], "Resource": "*"}), document(narrow)],
        [document(narrow, {**allow("s3:DeleteBucket"), "Effect": "Deny", "Sid": "KeepBuckets"})],
    ]
    principals = sorted(arn for arn in truth.needed if ":role/" in arn)
    details = [role(arn, *policies[number % 3]) for number, arn in enumerate(principals)]
    today = tmp_path / "today.json"
    today.write_text(json.dumps({"RoleDetailList": details}))

    said = run("--principal", "all", "--from", str(folder), "--against", str(today), "--format", "json", usage=usage)

    told = {one["principal"]: one for one in json.loads(said.stdout)}
    assert set(principals) <= set(told)
    for number, arn in enumerate(principals):
        one, comparison = told[arn], told[arn]["comparison"]
        assert comparison["isContained"] is True
        assert comparison["losesNothingUsed"] is True
        assert one["isProven"] is True
        assert not one["notAllowed"]
        lacking = {(grant["action"], grant["resource"]) for grant in comparison["notAllowedToday"]}
        assert number % 3 or not lacking
        parsed = [parse_policy(json.dumps(policy)) for policy in one["policies"]]
        assert number % 3 or all(allows(parsed, arn, one, *pair) for pair in truth.needed[arn])
        assert all(len(json.dumps(policy, separators=(",", ":"))) <= 6144 for policy in one["policies"])
        sids = [statement.get("Sid") for policy in one["policies"] for statement in policy["Statement"]]
        assert number % 3 != 2 or "KeepBuckets" in sids
    user = next(one for one in told.values() if ":user/" in one["principal"])
    assert "does not have it" in user["comparison"]["notCompared"]


def test_the_terminal_says_what_is_unused_and_that_the_rest_is_proven(
    trail: tuple[Path, Truth], usage: Path, tmp_path: Path
) -> None:
    folder, truth = trail
    arn = next(arn for arn in sorted(truth.needed) if ":role/" in arn)
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(document(allow("*"))))

    said = run("--principal", arn, "--from", str(folder), "--against", str(policy), usage=usage)

    assert "proven: nothing is allowed that today's policies do not allow" in said.stderr
    assert "unused today: " in said.stderr
    assert "- ec2:*" in said.stderr or "ec2" in said.stdout
    assert "kept, as nothing here could show its use" in said.stderr

    dropped = run("--principal", arn, "--from", str(folder), "--against", str(policy), "--drop-unseen", usage=usage)
    assert '"Sid": "Kept' in said.stdout
    assert '"Sid": "Kept' not in dropped.stdout
    assert len(dropped.stdout) < len(said.stdout)


def test_the_change_is_printed_as_a_diff(trail: tuple[Path, Truth], usage: Path, tmp_path: Path) -> None:
    folder, truth = trail
    arn = next(arn for arn in sorted(truth.needed) if ":role/" in arn)
    today = tmp_path / "today.json"
    kept = {**allow("s3:DeleteBucket"), "Effect": "Deny", "Sid": "Keep\x1b[31m\u202eBuckets"}
    today.write_text(json.dumps({"RoleDetailList": [role(arn, document(kept, allow("*")))]}))
    arguments = ("--principal", arn, "--from", str(folder), "--against", str(today))

    said = run(*arguments, "--format", "diff", usage=usage)

    lines = said.stdout.splitlines()
    assert lines[0] == "--- inline policy p0"
    assert lines[1].startswith("+++ proposed policy ")
    assert '-        "*"' in lines
    assert any(line.startswith('+      "Sid": ') for line in lines)
    assert not any("s3:DeleteBucket" in line for line in lines if line[0] in "+-")
    assert "\x1b" not in said.stdout
    assert "\u202e" not in said.stdout
    assert "proven: nothing is allowed that today's policies do not allow" in said.stderr

    coloured = run(*arguments, "--format", "diff", usage=usage, env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == said.stdout


def test_a_diff_with_nothing_is_refused(trail: tuple[Path, Truth], usage: Path) -> None:
    said = run("--principal", "all", "--from", str(trail[0]), "--format", "diff", usage=usage, check=False)

    assert (said.returncode, said.stdout) == (2, "")
    assert "--format diff is for --against" in said.stderr


@pytest.mark.parametrize("language", ["terraform", "cloudformation"])
def test_a_replacement_is_printed_as_code(
    trail: tuple[Path, Truth], usage: Path, tmp_path: Path, language: str
) -> None:
    folder, truth = trail
    arn = next(arn for arn in sorted(truth.needed) if ":role/" in arn)
    denied = {"Effect": "Deny", "NotAction": "s3:*", "Resource": "arn:aws:sqs:*:*:${aws:PrincipalAccount}-*"}
    other = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "NotResource": "arn:aws:s3:::nobodys/*"}
    today = tmp_path / "today.json"
    today.write_text(json.dumps({"RoleDetailList": [role(arn, document(other, denied))]}))
    arguments = ("--principal", arn, "--from", str(folder), "--against", str(today))

    said = run(*arguments, "--format", language, usage=usage)
    (told,) = json.loads(run(*arguments, "--format", "json", usage=usage).stdout)

    if language == "terraform":
        documents = policy_documents(said.stdout)
        assert [len(one) for one in documents.values()] == [len(one["Statement"]) for one in told["policies"]]
        assert '"arn:aws:sqs:*:*:$${aws:PrincipalAccount}-*"' in said.stdout
    else:
        resources = json.loads(said.stdout)["Resources"].values()
        assert [one["Properties"]["PolicyDocument"] for one in resources] == told["policies"]


def test_data_that_the_trail_does_not_record_is_warned_of_without_any_policy(tmp_path: Path) -> None:
    arn = f"arn:aws:iam::{MOTO_ACCOUNT}:role/app"
    log = tmp_path / "log.json"
    log.write_text(
        json.dumps({"Records": [record("GetQueueUrl", "sqs", arn, requestParameters={"queueName": "jobs"})]})
    )

    said = run("--principal", arn, "--from", str(log), usage=tmp_path / "usage")

    assert "probably used, and not recorded by this trail:" in said.stderr
    assert "messages of SQS queues: record data events of AWS::SQS::Queue" in said.stderr


ALONE = json.dumps(document(allow("*")))
REFUSED = [
    (("--principal", "role/deploy"), "{}", 4, "neither what `aws iam get-account-authorization-details` answers"),
    (("--principal", "role/deploy"), "", 4, "not JSON"),
    (("--principal", "all"), ALONE, 2, "does not say whose policies it has"),
    ((), ALONE, 2, "--against takes the policies of a --principal"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=["something else", "nothing", "of nobody", "no principal"])
def test_what_cannot_be_compared_with_is_said_in_one_line(
    trail: tuple[Path, Truth], usage: Path, tmp_path: Path, refused: tuple[tuple[str, ...], str, int, str]
) -> None:
    arguments, content, status, said = refused
    today = tmp_path / "today.json"
    today.write_text(content)

    found = run(*arguments, "--from", str(trail[0]), "--against", str(today), usage=usage, check=False)

    assert found.returncode == status
    assert said in " ".join(found.stderr.split())
    assert not found.stdout


def test_strict_sees_a_principal_that_could_not_be_compared(
    trail: tuple[Path, Truth], usage: Path, tmp_path: Path
) -> None:
    today = tmp_path / "today.json"
    today.write_text(json.dumps({"RoleDetailList": []}))
    arn = min(trail[1].needed)
    arguments = ("--principal", arn, "--from", str(trail[0]), "--against", str(today))

    assert "not compared with today's policies" in run(*arguments, usage=usage).stderr
    assert run(*arguments, "--strict", usage=usage, check=False).returncode == 3


# --- with IAM


def asked_live(wire: Wire, folder: Path, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    arn = f"arn:aws:iam::{MOTO_ACCOUNT}:role/team/app"
    log = folder / "log.json"
    made = [
        record("ListRoles", "iam", arn),
        record("GetBucketAcl", "s3", arn, requestParameters={"bucketName": "data"}),
        record("CreateTopic", "sns", arn, requestParameters={"name": "news"}),
    ]
    log.write_text(json.dumps({"Records": made}))
    env = {**ENVIRONMENT, "AWS_ENDPOINT_URL": wire.endpoint}
    return run(
        "--principal",
        arn,
        "--from",
        str(log),
        "--against",
        "aws",
        *arguments,
        usage=folder / "usage",
        env=env,
        check=check,
    )


def test_what_is_attached_is_read_from_iam(wire: Wire, moto: str, tmp_path: Path) -> None:
    iam = client(moto, "iam")
    trust = json.dumps(document())
    iam.create_role(RoleName="app", Path="/team/", AssumeRolePolicyDocument=trust)
    denied = {**allow("s3:DeleteBucket"), "Effect": "Deny", "Sid": "KeepBuckets"}
    iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=json.dumps(document(allow("s3:*"), denied)))
    managed = iam.create_policy(PolicyName="roles", PolicyDocument=json.dumps(document(allow("iam:*"))))
    iam.attach_role_policy(RoleName="app", PolicyArn=managed["Policy"]["Arn"])

    (told,) = json.loads(asked_live(wire, tmp_path, "--drop-unseen", "--format", "json").stdout)

    comparison = told["comparison"]
    assert comparison["today"] == ["inline policy own", f"arn:aws:iam::{MOTO_ACCOUNT}:policy/roles"]
    assert comparison["isContained"] is True
    assert [(one["action"], one["reason"]) for one in comparison["notAllowedToday"]] == [
        ("sns:CreateTopic", "no policy of today allows it")
    ]
    statements = [statement for policy in told["policies"] for statement in policy["Statement"]]
    assert [one["Action"] for one in statements] == ["iam:ListRoles", "s3:GetBucketAcl", "s3:DeleteBucket"]
    assert statements[-1] == {**denied, "Action": "s3:DeleteBucket"}
    assert {call for call in wire.seen if call.startswith("iam.")} == {CALL}


def test_iam_that_refuses_says_which_permission_is_missing(wire: Wire, tmp_path: Path) -> None:
    wire.faults[CALL] = Refuses()

    said = asked_live(wire, tmp_path, check=False)

    assert said.returncode == 4
    assert "takes iam:GetAccountAuthorizationDetails, which is denied to these credentials" in " ".join(
        said.stderr.split()
    )
    assert not said.stdout
