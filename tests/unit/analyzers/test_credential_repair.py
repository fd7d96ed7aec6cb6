"""The steps that repair a credential finding: complete, in a safe order, and commands that the AWS CLI takes."""

import json
import re
import shlex
from datetime import UTC, datetime
from itertools import pairwise

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import OperationModel

from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.credentials.repair import _STEPS, known_key_id, repair_steps
from sekisho.analyzers.credentials.repair_case import Step, StepKind, known_in_words, role_name, user_name
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialKind,
    CredentialRisk,
    ErrorCode,
    Fact,
    FindingType,
    Observation,
    Severity,
)
from sekisho.policy import parse_policy

ACCOUNT = "111122223333"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/staff/alice"
BATCH = f"arn:aws:iam::{ACCOUNT}:role/jobs/batch"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = "AKIAIOSFODNN7EXAMPLE"
DATA_AT = datetime(2026, 11, 22, 8, tzinfo=UTC)

OF_ROOT = {"CRED-ROOT-KEY", "CRED-ROOT-MFA", "CRED-ROOT-MFA-VIRTUAL", "CRED-ROOT-USED", "CRED-ROOT-CERT"}


def found(
    check: str,
    *,
    resource: str = "",
    credential: str = "",
    facts: tuple[Fact, ...] = (),
    last_used: datetime | None = None,
) -> Observation:
    risk = CredentialRisk(
        check=check,
        kind=CHECKS[check].kind if check in CHECKS else CredentialKind.USER,
        credential=credential,
        severity=Severity.MEDIUM,
        severity_rule="",
        sentence="Something is wrong.",
        facts=facts,
        data_at=DATA_AT,
        last_used=last_used,
    )
    arn = resource or (ROOT if check in OF_ROOT else BATCH if check == "CRED-ROLE-UNUSED" else ALICE)
    return Observation(arn, "AWS::IAM::User", ACCOUNT, "global", FindingType.CREDENTIAL, risk)


def commands(steps: tuple[Step, ...], kind: StepKind) -> list[str]:
    return [shlex.join(one.command) for one in steps if one.kind is kind and one.command]


def test_every_check_has_steps() -> None:
    assert set(_STEPS) == set(CHECKS)


def test_a_check_without_steps_is_our_fault() -> None:
    with pytest.raises(KeyError, match="CRED-NEW"):
        repair_steps(found("CRED-NEW"))


def test_an_error_has_no_steps() -> None:
    error = AnalysisError(ErrorCode.ACCESS_DENIED, "no report")
    observation = Observation(ALICE, "AWS::IAM::User", ACCOUNT, "global", FindingType.CREDENTIAL, error)

    with pytest.raises(TypeError, match="no credential finding"):
        repair_steps(observation)


@pytest.mark.parametrize("check", CHECKS)
def test_every_step_is_one_sentence(check: str) -> None:
    for step in repair_steps(found(check, facts=(Fact("lastUsedService", "s3", "iam"),))):
        assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", step.text)
        assert ". " not in step.text


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("credential", ["", "2", KEY])
def test_the_order_is_safe(check: str, credential: str) -> None:
    """Look, tell, and only then change; try out and wait before what cannot be undone."""
    kinds = [step.kind for step in repair_steps(found(check, credential=credential))]
    firsts = [kinds.index(kind) for kind in (StepKind.LOOK, StepKind.TELL) if kind in kinds]
    changes = [at for at, kind in enumerate(kinds) if kind not in {StepKind.LOOK, StepKind.TELL}]

    assert all(one < other for one, other in pairwise([*firsts, *changes]))
    assert StepKind.TELL in kinds or check == "CRED-STALE-REPORT"
    if StepKind.DEACTIVATE in kinds:
        order = [StepKind.DEACTIVATE, StepKind.WAIT, StepKind.UNDO, StepKind.DELETE]
        assert [kind for kind in dict.fromkeys(kinds) if kind in order] == order
    elif StepKind.DELETE in kinds:
        assert kinds.index(StepKind.WAIT) < kinds.index(StepKind.DELETE)
        assert StepKind.UNDO in kinds


@pytest.mark.parametrize("check", CHECKS)
def test_the_aws_cli_takes_the_commands(check: str) -> None:
    """Each operation exists, and gets options that it has and all that it needs."""
    for step in repair_steps(found(check)):
        if step.command:
            program, service, operation, *options = step.command
            model = operation_of(service, operation)
            members = model.input_shape.members if model.input_shape else {}
            required = model.input_shape.required_members if model.input_shape else []
            given = {one for one in options if one.startswith("--")}

            assert program == "aws"
            assert given <= set(map(as_option, members))
            assert set(map(as_option, required)) <= given


def operation_of(service: str, operation: str) -> OperationModel:
    model = SESSION.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    return model.operation_model(names[operation])


def as_option(member: str) -> str:
    return f"--{xform_name(member, '-')}"


SESSION = botocore.session.get_session()


def test_an_unused_key_goes_in_steps() -> None:
    steps = repair_steps(found("CRED-KEY-UNUSED", credential=KEY))

    assert commands(steps, StepKind.LOOK) == [
        "aws iam list-access-keys --user-name alice",
        f"aws iam get-access-key-last-used --access-key-id {KEY}",
    ]
    of_key = f"--user-name alice --access-key-id {KEY}"
    assert commands(steps, StepKind.DEACTIVATE) == [f"aws iam update-access-key {of_key} --status Inactive"]
    assert commands(steps, StepKind.UNDO) == [f"aws iam update-access-key {of_key} --status Active"]
    assert commands(steps, StepKind.DELETE) == [f"aws iam delete-access-key {of_key}"]
    waiting = next(one for one in steps if one.kind is StepKind.WAIT)
    assert "at least 14 days and past the end of a month" in waiting.text


def test_a_key_that_is_known_by_its_column_is_looked_up_first() -> None:
    steps = repair_steps(found("CRED-KEY-NEVER", credential="1"))

    assert "stands below as ACCESS_KEY_ID" in steps[1].text
    assert steps[1].command == ("aws", "iam", "list-access-keys", "--user-name", "alice")
    assert commands(steps, StepKind.DELETE) == [
        "aws iam delete-access-key --user-name alice --access-key-id ACCESS_KEY_ID"
    ]


@pytest.mark.parametrize(
    ("credential", "known"),
    [
        pytest.param(KEY, True, id="a key of a user"),
        pytest.param("ASIAIOSFODNN7EXAMPLE", True, id="a key of a session"),
        pytest.param("AKIA12345678901", False, id="too short"),
        pytest.param(f"AKIA{'A' * 125}", False, id="too long"),
        pytest.param(f"{KEY}\n", False, id="with a line break"),
        pytest.param("AKIAIOSFODNN7EXAMPLÉ", False, id="with an accent"),
        pytest.param("2", False, id="a column"),
        pytest.param("", False, id="none"),
    ],
)
def test_an_id_is_one_only_in_its_form(credential: str, known: bool) -> None:  # noqa: FBT001 - a table row
    risk = found("CRED-KEY-OLD", credential=credential).outcome

    assert isinstance(risk, CredentialRisk)
    assert known_key_id(risk) == (credential if known else None)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        pytest.param(ALICE, "alice", id="behind a path"),
        pytest.param(f"arn:aws-cn:iam::{ACCOUNT}:user/bob", "bob", id="without a path"),
        pytest.param(ROOT, None, id="root is no user"),
        pytest.param(f"AWS::::Account:{ACCOUNT}", None, id="an account"),
    ],
)
def test_the_name_is_read_from_the_arn(arn: str, name: str | None) -> None:
    assert user_name(arn) == name


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        pytest.param(BATCH, "batch", id="behind a path"),
        pytest.param(f"arn:aws-cn:iam::{ACCOUNT}:role/batch", "batch", id="without a path"),
        pytest.param(ALICE, None, id="a user is no role"),
    ],
)
def test_the_name_of_a_role_is_read_from_the_arn(arn: str, name: str | None) -> None:
    assert role_name(arn) == name


def test_an_unused_role_is_stopped_in_a_way_that_leaves_it_as_it_is() -> None:
    steps = repair_steps(found("CRED-ROLE-UNUSED"))
    [stopped] = [one.command for one in steps if one.kind is StepKind.DEACTIVATE]
    assert stopped is not None

    (statement,) = json.loads(stopped[-1])["Statement"]
    assert len(parse_policy(stopped[-1]).statements) == 1
    assert statement == {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert stopped[:7] == ("aws", "iam", "put-role-policy", "--role-name", "batch", "--policy-name", "DenyAllAsUnused")
    assert commands(steps, StepKind.UNDO) == [
        "aws iam delete-role-policy --role-name batch --policy-name DenyAllAsUnused"
    ]


def test_a_role_is_deleted_after_all_that_keeps_iam_from_it() -> None:
    deleted = [command.split()[2] for command in commands(repair_steps(found("CRED-ROLE-UNUSED")), StepKind.DELETE)]

    assert deleted == [
        "remove-role-from-instance-profile",
        "delete-role-policy",
        "detach-role-policy",
        "delete-role",
    ]


@pytest.mark.parametrize(
    ("arn", "inline"),
    [
        pytest.param(ALICE, "put-user-policy --user-name alice", id="of a user"),
        pytest.param(BATCH, "put-role-policy --role-name batch", id="of a role"),
    ],
)
def test_an_unused_permission_is_written_out_of_its_policies(arn: str, inline: str) -> None:
    steps = repair_steps(found("CRED-PERMISSION-UNUSED", resource=arn, credential="s3"))

    assert f"aws iam list-policies-granting-service-access --arn {arn} --service-namespaces s3" in commands(
        steps, StepKind.LOOK
    )
    managed, own = commands(steps, StepKind.SETTING)
    assert managed.endswith("--set-as-default")
    assert own.startswith(f"aws iam {inline} ")
    assert commands(steps, StepKind.UNDO) == [
        "aws iam set-default-policy-version --policy-arn POLICY_ARN --version-id VERSION_ID"
    ]


def test_a_name_like_an_option_is_none() -> None:
    steps = repair_steps(found("CRED-PW-UNUSED", resource=f"arn:aws:iam::{ACCOUNT}:user/--help"))

    assert commands(steps, StepKind.DELETE) == ["aws iam delete-login-profile --user-name=--help"]


def test_who_used_it_last_is_told() -> None:
    facts = (Fact("lastUsedService", "s3\n", "iam.get_access_key_last_used"),)
    risk = found("CRED-KEY-UNUSED", facts=facts, last_used=datetime(2026, 3, 1, 9, 30, tzinfo=UTC)).outcome

    assert isinstance(risk, CredentialRisk)
    assert known_in_words(risk) == (
        r"last used at 2026-03-01 09:30 UTC; `lastUsedService` is `s3\n`; by data of 2026-11-22 08:00 UTC"
    )


@pytest.mark.parametrize(
    ("check", "words"),
    [
        pytest.param("CRED-KEY-NEVER", "no use is known; by data of 2026-11-22 08:00 UTC", id="a key never used"),
        pytest.param("CRED-MFA-CONSOLE", "by data of 2026-11-22 08:00 UTC", id="of MFA no use is told"),
    ],
)
def test_no_use_is_told_where_one_would_be(check: str, words: str) -> None:
    risk = found(check).outcome

    assert isinstance(risk, CredentialRisk)
    assert known_in_words(risk) == words


def test_a_password_cannot_be_deactivated_and_the_step_says_so() -> None:
    steps = repair_steps(found("CRED-PW-NEVER"))
    deleting = next(one for one in steps if one.kind is StepKind.DELETE)

    assert StepKind.DEACTIVATE not in {one.kind for one in steps}
    assert "it cannot be deactivated, and only an administrator can set a new password" in deleting.text


def test_an_old_key_is_replaced_before_it_goes() -> None:
    steps = repair_steps(found("CRED-KEY-OLD", credential=KEY))
    kinds = [one.kind for one in steps]

    assert commands(steps, StepKind.CREATE) == ["aws iam create-access-key --user-name alice"]
    assert kinds.index(StepKind.CREATE) < kinds.index(StepKind.DEACTIVATE)
    assert commands(steps, StepKind.LOOK)[-2:] == [
        "aws iam get-access-key-last-used --access-key-id NEW_ACCESS_KEY_ID",
        f"aws iam get-access-key-last-used --access-key-id {KEY}",
    ]


@pytest.mark.parametrize("check", ["CRED-KEY-TWO-USED", "CRED-PW-KEY", "CRED-MFA-KEY", "CRED-USER-NOT-ROLE"])
def test_a_program_gets_a_role_before_its_key_goes(check: str) -> None:
    kinds = [one.kind for one in repair_steps(found(check))]

    assert kinds.index(StepKind.CREATE) < kinds.index(StepKind.DEACTIVATE)


def test_the_policy_is_set_in_one_command() -> None:
    [command] = commands(repair_steps(found("CRED-PW-POLICY-REUSE")), StepKind.SETTING)

    assert command == (
        "aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24"
        " --require-symbols --require-numbers --require-uppercase-characters --require-lowercase-characters"
        " --allow-users-to-change-password"
    )


def test_a_policy_that_was_not_there_is_deleted_to_undo_it() -> None:
    steps = repair_steps(found("CRED-PW-POLICY-NONE"))

    assert commands(steps, StepKind.UNDO) == ["aws iam delete-account-password-policy"]


def test_passwords_expire_only_where_that_is_asked_for() -> None:
    [command] = commands(repair_steps(found("CRED-PW-POLICY-EXPIRY")), StepKind.SETTING)

    assert command.endswith("--max-password-age 90")


def test_the_mfa_policy_is_a_policy_for_this_user_alone() -> None:
    steps = repair_steps(found("CRED-MFA-CONSOLE"))
    [command] = [one.command for one in steps if one.kind is StepKind.SETTING]
    assert command is not None
    policy = json.loads(command[-1])

    assert len(parse_policy(command[-1]).statements) == 4
    assert policy["Statement"][0]["Resource"] == ALICE
    assert policy["Statement"][-1]["Condition"] == {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def test_both_ways_are_told_for_root() -> None:
    texts = [one.text for one in repair_steps(found("CRED-ROOT-KEY", credential="1"))]

    assert any(one.startswith("Member account, from the management or the delegated account: ") for one in texts)
    assert any(one.startswith("Management or standalone account, as root itself: ") for one in texts)


def test_a_session_of_root_is_never_asked_to_deactivate() -> None:
    """IAMDeleteRootUserCredentials denies iam:UpdateAccessKey: a service control policy is the trial run instead."""
    steps = repair_steps(found("CRED-ROOT-KEY", credential=KEY))
    by_itself, stand_in = [one for one in steps if one.kind is StepKind.DEACTIVATE]

    assert by_itself.command == ("aws", "iam", "update-access-key", "--access-key-id", KEY, "--status", "Inactive")
    assert by_itself.text.startswith("Management or standalone account")
    assert stand_in.command == (
        *("aws", "organizations", "attach-policy"),
        *("--policy-id", "POLICY_ID", "--target-id", ACCOUNT),
    )


def test_a_session_of_root_is_of_the_partition() -> None:
    steps = repair_steps(found("CRED-ROOT-KEY", resource=f"arn:aws-us-gov:iam::{ACCOUNT}:root"))

    assert commands(steps, StepKind.DELETE)[0] == (
        f"aws sts assume-root --target-principal {ACCOUNT} --duration-seconds 900"
        " --task-policy-arn arn=arn:aws-us-gov:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
    )


def test_a_password_policy_is_set_to_what_is_asked_for() -> None:
    facts = (Fact("wantedLength", "20", "setting password-length"), Fact("wantedReuse", "10", "setting password-reuse"))
    (command,) = (
        step.command
        for step in repair_steps(found("CRED-PW-POLICY-LENGTH", facts=facts))
        if step.command and "update-account-password-policy" in step.command
    )

    assert "--minimum-password-length 20 --password-reuse-prevention 10" in " ".join(command)
