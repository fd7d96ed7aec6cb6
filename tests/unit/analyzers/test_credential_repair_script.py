"""The script that deactivates unused keys, run by `sh` against an `aws` that keeps its keys in a file."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.credentials.repair_script import render_script
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ErrorCode,
    Fact,
    FindingType,
    Observation,
    Severity,
)

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
UNUSED, NEVER, OLD = "AKIAUNUSED0000000001", "AKIANEVER00000000002", "AKIAOLD0000000000003"
DATA_AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
LONG_AGO = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

AWS = """\
#!{python} -IS
import json, os, pathlib, sys

state = json.loads(pathlib.Path(os.environ["STATE"]).read_text())
arguments = sys.argv[1:]
with open(os.environ["LOG"], "a") as log:
    log.write(json.dumps(arguments) + "\\n")
operation, text = arguments[1], " ".join(arguments)
if operation in state["broken"]:
    sys.exit(254)
if operation == "get-caller-identity":
    print(state["account"])
    sys.exit()
[(key_id, key)] = [(one, key) for one, key in state["keys"].items() if one in text]
if operation == "list-access-keys":
    print(key["status"] if "--user-name=" + key["user"] in arguments else "")
elif operation == "get-access-key-last-used":
    print(key["used"])
elif operation == "update-access-key":
    assert "--user-name=" + key["user"] in arguments
    key["status"] = arguments[arguments.index("--status") + 1]
    pathlib.Path(os.environ["STATE"]).write_text(json.dumps(state))
else:
    sys.exit("no such operation: " + operation)
"""


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    output: str
    errors: str


class FakeAws:
    """An account with access keys, and the scripts that run against it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account = ACCOUNT
        self.broken: list[str] = []
        self._programs = folder / "programs"
        self._programs.mkdir()
        program = self._programs / "aws"
        program.write_text(AWS.format(python=sys.executable))
        program.chmod(0o755)
        self._log = folder / "log"
        self._state = folder / "state"
        self._keys: dict[str, dict[str, str]] = {}

    def has_key(self, key: str, user: str, *, used: str = "None", status: str = "Active") -> None:
        self._keys[key] = {"user": user, "used": used, "status": status}
        self._save()

    def run(self, *observations: Observation, mode: str = "", path: str = "") -> Ran:
        script = self.folder / "repair.sh"
        script.write_text(rendered(*observations))
        self._save()
        done = subprocess.run(
            ["/bin/sh", script.name, *([mode] if mode else [])],
            cwd=self.folder,
            env={"PATH": path or f"{self._programs}:{os.defpath}", "STATE": str(self._state), "LOG": str(self._log)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if self._state.exists():
            self._keys = json.loads(self._state.read_text())["keys"]
        return Ran(done.returncode, done.stdout, done.stderr)

    @property
    def statuses(self) -> Mapping[str, str]:
        return {name: key["status"] for name, key in self._keys.items()}

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    @property
    def writes(self) -> list[list[str]]:
        reads = ("get-", "list-")
        return [call for call in self.calls if not call[1].startswith(reads)]

    def _save(self) -> None:
        self._state.write_text(json.dumps({"account": self.account, "keys": self._keys, "broken": self.broken}))


@pytest.fixture
def aws(tmp_path: Path) -> FakeAws:
    return FakeAws(tmp_path)


def found(
    check: str,
    user: str = "alice",
    key: str = "",
    *,
    account: str = ACCOUNT,
    last_used: datetime | None = None,
    days: int | None = 45,
    sentence: str = "It is not used.",
    facts: tuple[Fact, ...] = (),
) -> Observation:
    risk = CredentialRisk(
        check=check,
        kind=CHECKS[check].kind,
        credential=key,
        severity=Severity.MEDIUM,
        severity_rule="",
        sentence=sentence,
        facts=facts,
        data_at=DATA_AT,
        last_used=last_used,
        days=days,
    )
    arn = f"arn:aws:iam::{account}:root" if user == "root" else f"arn:aws:iam::{account}:user/staff/{user}"
    return Observation(arn, "AWS::IAM::User", account, "global", FindingType.CREDENTIAL, risk)


UNUSED_KEY = found("CRED-KEY-UNUSED", "alice", UNUSED, last_used=LONG_AGO)
NEVER_USED_KEY = found("CRED-KEY-NEVER", "bob+ci@example.com", NEVER)
OLD_KEY = found("CRED-KEY-OLD", "carol", OLD, last_used=DATA_AT)


def rendered(*observations: Observation) -> str:
    lines = render_script(observations, made_at=DATA_AT, account=ACCOUNT)
    return "".join(f"{line}\n" for line in lines)


def active_lines(script: str) -> list[str]:
    return [line for line in script.splitlines() if line.startswith("treat ")]


def with_three_keys(aws: FakeAws) -> tuple[Observation, ...]:
    aws.has_key(UNUSED, "alice", used="2026-03-01T09:30:00+00:00")
    aws.has_key(NEVER, "bob+ci@example.com")
    aws.has_key(OLD, "carol", used="2026-11-22T07:00:00Z")
    return UNUSED_KEY, NEVER_USED_KEY, OLD_KEY


def test_without_a_word_nothing_is_changed(aws: FakeAws) -> None:
    ran = aws.run(*with_three_keys(aws))

    assert ran.status == 0
    assert f"would deactivate: {UNUSED} of alice\n" in ran.output
    assert aws.writes == []
    assert not (aws.folder / "repair.sh.deactivated").exists()


def test_apply_deactivates_the_unused_keys_alone(aws: FakeAws) -> None:
    ran = aws.run(*with_three_keys(aws), mode="apply")

    assert ran == Ran(0, f"deactivated: {UNUSED} of alice\ndeactivated: {NEVER} of bob+ci@example.com\n", errors="")
    assert aws.writes == [
        ["iam", "update-access-key", f"--user-name={user}", "--access-key-id", key, "--status", "Inactive"]
        for user, key in (("alice", UNUSED), ("bob+ci@example.com", NEVER))
    ]
    assert aws.statuses == {UNUSED: "Inactive", NEVER: "Inactive", OLD: "Active"}


def test_undo_activates_what_apply_deactivated_and_no_more(aws: FakeAws) -> None:
    observations = with_three_keys(aws)
    aws.has_key(NEVER, "bob+ci@example.com", status="Inactive")  # by someone else, before
    aws.run(*observations, mode="apply")
    ran = aws.run(*observations, mode="undo")

    assert ran == Ran(0, f"active again: {UNUSED} of alice\n", errors="")
    assert aws.statuses == {UNUSED: "Active", NEVER: "Inactive", OLD: "Active"}


def test_undo_knows_keys_that_a_newer_script_does_not(aws: FakeAws) -> None:
    aws.run(*with_three_keys(aws), mode="apply")
    aws.run(mode="undo")

    assert set(aws.statuses.values()) == {"Active"}


def test_apply_twice_is_apply_once(aws: FakeAws) -> None:
    observations = with_three_keys(aws)
    aws.run(*observations, mode="apply")
    ran = aws.run(*observations, mode="apply")

    assert f"left alone: {UNUSED} of alice is not active\n" in ran.output
    assert len(aws.writes) == 2
    assert (aws.folder / "repair.sh.deactivated").read_text() == f"{UNUSED} alice\n{NEVER} bob+ci@example.com\n"


def test_there_is_nothing_to_undo_before(aws: FakeAws) -> None:
    observations = with_three_keys(aws)

    assert aws.run(*observations, mode="undo").errors == "nothing to undo: there is no repair.sh.deactivated\n"
    aws.run(*observations, mode="apply")
    aws.run(*observations, mode="undo")
    assert aws.run(*observations, mode="undo").status == 1


def test_what_cannot_be_noted_is_not_done(aws: FakeAws) -> None:
    (aws.folder / "repair.sh.deactivated").mkdir()
    ran = aws.run(*with_three_keys(aws), mode="apply")

    assert ran.status != 0
    assert aws.writes == []


def test_a_key_that_cannot_be_undone_stays_on_record(aws: FakeAws) -> None:
    observations = with_three_keys(aws)
    aws.run(*observations, mode="apply")
    aws.broken = ["update-access-key"]
    failed = aws.run(*observations, mode="undo")
    aws.broken = []
    aws.run(*observations, mode="undo")

    assert failed.status == 1
    assert f"not done: {UNUSED} of alice could not be made active again\n" in failed.errors
    assert set(aws.statuses.values()) == {"Active"}


@pytest.mark.parametrize("mode", ["", "apply", "undo"])
def test_another_account_stops_it(aws: FakeAws, mode: str) -> None:
    aws.account = OTHER_ACCOUNT
    ran = aws.run(*with_three_keys(aws), mode=mode)

    message = f"these are credentials of account {OTHER_ACCOUNT}; this script is for account {ACCOUNT}\n"
    assert ran == Ran(1, "", message)
    assert len(aws.calls) == 1


def test_without_credentials_it_stops(aws: FakeAws) -> None:
    aws.broken = ["get-caller-identity"]

    assert aws.run(UNUSED_KEY, mode="apply") == Ran(1, "", "aws has no credentials that work\n")


def test_without_aws_it_stops(aws: FakeAws) -> None:
    empty = aws.folder / "empty"
    empty.mkdir()

    assert aws.run(UNUSED_KEY, mode="apply", path=str(empty)) == Ran(1, "", "the aws command is not on PATH\n")


def test_an_unknown_word_stops_it(aws: FakeAws) -> None:
    ran = aws.run(*with_three_keys(aws), mode="--apply")

    assert ran == Ran(1, "", "usage: repair.sh [apply | undo]\n")
    assert aws.calls == []


@pytest.mark.parametrize(
    ("used", "status"),
    [
        pytest.param("2026-11-22T09:00:00+00:00", "Active", id="after the data"),
        pytest.param("2026-11-22T09:00:00Z", "Active", id="after the data, in the other form"),
        pytest.param("2026-11-22T07:00:00+00:00", "Active", id="before the data, which lagged behind"),
        pytest.param("2026-10-08T08:00:01+00:00", "Active", id="a second within the threshold"),
        pytest.param("2026-10-08T08:00:00+00:00", "Inactive", id="on the threshold"),
        pytest.param("2026-03-01T09:30:00+00:00", "Inactive", id="as the report says"),
        pytest.param("None", "Inactive", id="never"),
        pytest.param("Sun, 22 Nov 2026", "Active", id="in a form that is not known"),
        pytest.param("2026-03-01T09:30:00+09:00", "Active", id="in another zone"),
        pytest.param("", "Active", id="no answer"),
    ],
)
def test_a_key_that_was_used_since_is_left_alone(aws: FakeAws, used: str, status: str) -> None:
    aws.has_key(UNUSED, "alice", used=used)
    ran = aws.run(UNUSED_KEY, mode="apply")

    assert ran.status == 0
    assert aws.statuses == {UNUSED: status}
    assert ran.output.startswith("deactivated" if status == "Inactive" else "left alone")


def test_any_use_saves_a_key_that_was_never_used(aws: FakeAws) -> None:
    aws.has_key(NEVER, "bob+ci@example.com", used="2020-01-01T00:00:00Z")
    ran = aws.run(NEVER_USED_KEY, mode="apply")

    told = "last used 2020-01-01T00:00:00Z, which the report did not know"
    assert ran == Ran(0, f"left alone: {NEVER} of bob+ci@example.com, {told}\n", "")


@pytest.mark.parametrize("broken", ["list-access-keys", "get-access-key-last-used", "update-access-key"])
def test_a_call_that_fails_leaves_the_key_and_is_told(aws: FakeAws, broken: str) -> None:
    aws.has_key(UNUSED, "alice")
    aws.broken = [broken]
    ran = aws.run(UNUSED_KEY, mode="apply")

    assert ran.status == 1
    assert ran.output == ""
    assert f"not done: {UNUSED} of alice" in ran.errors
    assert aws.statuses == {UNUSED: "Active"}


def test_a_key_of_another_user_is_left_alone(aws: FakeAws) -> None:
    aws.has_key(UNUSED, "mallory")
    aws.run(UNUSED_KEY, mode="apply")

    assert aws.writes == []


def test_a_key_in_two_findings_is_deactivated_once_by_the_stricter_one(aws: FakeAws) -> None:
    initial = found("CRED-KEY-INITIAL", "alice", UNUSED, days=None)
    script = rendered(UNUSED_KEY, initial)

    assert active_lines(script) == [f"treat alice {UNUSED} ''"]
    assert "# CRED-KEY-UNUSED (medium): " in script
    assert "# CRED-KEY-INITIAL (medium): " in script
    aws.has_key(UNUSED, "alice")
    aws.run(UNUSED_KEY, initial, mode="apply")
    assert len(aws.writes) == 1


def test_the_comment_says_who_and_what_and_when() -> None:
    facts = (Fact("lastUsedService", "s3", "iam"),)
    lines = rendered(found("CRED-KEY-UNUSED", "alice", UNUSED, last_used=LONG_AGO, facts=facts)).splitlines()
    at = lines.index(f"treat alice {UNUSED} 2026-10-08T08:00:00")

    assert lines[at - 4 : at] == [
        "",
        f"# arn:aws:iam::{ACCOUNT}:user/staff/alice:",
        "# CRED-KEY-UNUSED (medium): It is not used.",
        "# last used at 2026-03-01 09:30 UTC; 'lastUsedService' is 's3'; by data of 2026-11-22 08:00 UTC.",
    ]


def test_a_threshold_that_is_not_told_is_the_last_use() -> None:
    script = rendered(found("CRED-KEY-UNUSED", "alice", UNUSED, last_used=LONG_AGO, days=None))

    assert active_lines(script) == [f"treat alice {UNUSED} 2026-03-01T09:30:00"]


@pytest.mark.parametrize("check", sorted(set(CHECKS) - {"CRED-KEY-UNUSED", "CRED-KEY-NEVER", "CRED-KEY-INITIAL"}))
def test_what_may_be_in_use_is_left_to_a_person(check: str) -> None:
    script = rendered(found(check, "alice", UNUSED))

    assert active_lines(script) == []
    assert f"# {check} (medium): It is not used.\n" in script
    assert "\n# Left, because " in script


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        pytest.param(found("CRED-KEY-UNUSED", "alice", "2"), "the id of the key is not known", id="a column"),
        pytest.param(found("CRED-KEY-UNUSED", "root", UNUSED), "only root itself", id="root"),
        pytest.param(
            found("CRED-KEY-UNUSED", "alice", UNUSED, account=OTHER_ACCOUNT), "of account 4444", id="another account"
        ),
        pytest.param(found("CRED-PW-NEVER"), "a login profile cannot be deactivated, only deleted", id="a password"),
        pytest.param(found("CRED-KEY-INACTIVE", "alice", UNUSED), "inactive already", id="inactive already"),
    ],
)
def test_the_reason_is_told(observation: Observation, reason: str) -> None:
    script = rendered(observation)

    assert active_lines(script) == []
    assert reason in script.partition("# Left, because ")[2]


def test_what_could_not_be_decided_is_told() -> None:
    error = AnalysisError(ErrorCode.ACCESS_DENIED, "the report could not be read")
    arn = f"arn:aws:iam::{ACCOUNT}:root"
    script = rendered(Observation(arn, "AWS::IAM::User", ACCOUNT, "global", FindingType.CREDENTIAL, error))

    assert "# the report could not be read.\n# Left, because it could not be decided.\n" in script


HOSTILE = [
    pytest.param("x; touch pwned", id="a second command"),
    pytest.param("$(touch pwned)", id="a substitution"),
    pytest.param("`touch pwned`", id="backticks"),
    pytest.param("x\ntouch pwned", id="a line break"),
    pytest.param("x\rtouch pwned", id="a carriage return"),
    pytest.param("x\u2028touch pwned", id="a line separator"),
    pytest.param("'; touch pwned; '", id="single quotes"),
    pytest.param('"; touch pwned; "', id="double quotes"),
    pytest.param("x\\", id="a backslash before the end of the line"),
    pytest.param("x\x1b[2Jtouch", id="a control character"),
    pytest.param("{account}%s", id="placeholders"),
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("mode", ["", "apply"])
def test_hostile_text_executes_nothing(aws: FakeAws, text: str, mode: str) -> None:
    aws.has_key(UNUSED, text)
    aws.has_key(NEVER, "bob")
    hostile = found("CRED-KEY-UNUSED", text, UNUSED, sentence=text, facts=(Fact(text, text, text),))
    ran = aws.run(
        hostile,
        found("CRED-KEY-NEVER", "bob", NEVER, sentence=text),
        found("CRED-PW-NEVER", text, text),
        found("CRED-KEY-UNUSED", "carol", text, account=text),
        mode=mode,
    )

    assert (ran.status, ran.errors) == (0, "")
    assert not (aws.folder / "pwned").exists()
    assert aws.statuses == {UNUSED: "Active", NEVER: "Inactive" if mode else "Active"}


@pytest.mark.parametrize("name", ["--help", "a=b,c.d@e-f_g+h", "-n"])
def test_odd_names_that_iam_allows_are_names(aws: FakeAws, name: str) -> None:
    aws.has_key(NEVER, name)
    observation = found("CRED-KEY-NEVER", name, NEVER)

    assert aws.run(observation, mode="apply").output == f"deactivated: {NEVER} of {name}\n"
    assert aws.run(observation, mode="undo").output == f"active again: {NEVER} of {name}\n"


@given(st.text(), st.text())
def test_whatever_a_report_holds_stays_in_a_comment(name: str, sentence: str) -> None:
    """Every line about a finding is a comment, or deactivates the one key that may be."""
    script = rendered(found("CRED-KEY-UNUSED", name, sentence, sentence=sentence), NEVER_USED_KEY)
    lines = script.partition("sh $0 apply")[2].partition("esac\n")[2].removesuffix('\nexit "$failed"\n')

    assert {line for line in lines.split("\n") if line and not line.startswith("#")} == {
        f"treat bob+ci@example.com {NEVER} ''"
    }
    assert all(line.isprintable() and not line.endswith("\\") for line in lines.split("\n"))


def test_it_never_deletes() -> None:
    assert "delete-" not in rendered(*with_every_check())


def with_every_check() -> list[Observation]:
    return [found(check, user, UNUSED) for check in CHECKS for user in ("alice", "root")]


def test_the_shell_can_read_it(tmp_path: Path) -> None:
    script = tmp_path / "repair.sh"
    script.write_text(rendered(*with_every_check()))

    subprocess.run(["/bin/sh", "-n", str(script)], check=True)


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    script = tmp_path / "repair.sh"
    script.write_text(rendered(*with_every_check()))

    subprocess.run([str(Path(sys.executable).with_name("shellcheck")), str(script)], check=True)
