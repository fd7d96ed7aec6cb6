"""`sekisho credentials` from the outside: the installed program in front of an IAM that speaks HTTP, and files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sekisho.collectors import LiveCredentialsReader, LiveOptions, write_recording
from surfaces.aws import ENVIRONMENT
from surfaces.fake_iam import (
    ADMIN,
    ALICE,
    EXPIRED,
    IDLE,
    IN_PROGRESS,
    NO_ENTITY,
    OWNER,
    REPORT,
    STARTED,
    FakeIam,
    Refusal,
    an_account,
    listed_users,
    report_answer,
    running_iam,
)

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""When the fake's dates are lately; without it the tests would judge by the clock on the wall."""

PROGRAM = Path(sys.executable).with_name("sekisho")


@pytest.fixture
def iam() -> Iterator[FakeIam]:
    with running_iam() as fake:
        yield fake


def run(
    *arguments: str,
    iam: FakeIam | None = None,
    text: str = "",
    database: str = "sqlite://",
    settings: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    endpoint = {} if iam is None else {"AWS_ENDPOINT_URL": iam.endpoint}
    return subprocess.run(
        [str(PROGRAM), "credentials", *arguments],
        cwd=settings,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "SEKISHO_DB": database, **ENVIRONMENT, **endpoint},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def asked(*arguments: str, database: str) -> Any:
    """Ask the store something, and return the answer where it is JSON."""
    said = subprocess.run(
        [str(PROGRAM), *arguments, "--db", database], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return json.loads(said.stdout) if "json" in arguments else said.stdout


def test_an_account_is_read_and_judged(iam: FakeIam) -> None:
    said = run("--format", "json", "--strict", iam=iam)

    assert said.stderr == ""
    assert said.returncode == 0
    found = {(one["check"], one.get("credential"), one["resource"]) for one in json.loads(said.stdout)}
    alice, bot = (f"arn:aws:iam::{OWNER}:user/{name}" for name in ("people/alice", "bot,old"))
    assert ("CRED-KEY-OLD", "AKIAEXAMPLEALICE", alice) in found
    assert ("CRED-KEY-INACTIVE", "1", bot) in found  # one of two: the report does not say which
    assert ("CRED-CERT", "1", f"arn:aws:iam::{OWNER}:user/signer") in found


def test_a_report_that_has_to_be_made_is_waited_for(iam: FakeIam) -> None:
    iam.answers("GenerateCredentialReport", STARTED, IN_PROGRESS, {"State": "COMPLETE"})
    iam.answers("GetCredentialReport", EXPIRED, report_answer())

    said = run("--strict", iam=iam)

    assert "5 rows of its credential report" in said.stdout
    assert said.returncode == 0


def test_without_the_right_to_a_report_nothing_counts_as_clean(iam: FakeIam) -> None:
    iam.answers("GenerateCredentialReport", Refusal())

    said = run("--strict", iam=iam)

    assert "ERROR" in said.stdout
    assert "No findings" not in said.stdout
    assert "iam.generate_credential_report answered AccessDenied" in said.stderr
    assert said.returncode == 3


def test_what_stands_beside_the_report_and_cannot_be_read_is_a_gap(iam: FakeIam) -> None:
    iam.answers("GetAccountPasswordPolicy", Refusal())

    said = run("--strict", iam=iam)

    assert "iam.get_account_password_policy answered AccessDenied" in said.stderr
    assert said.returncode == 3


def test_what_is_mended_shows_at_once_and_not_when_the_next_report_is_made(iam: FakeIam) -> None:
    assert "CRED-KEY-OLD" in run(iam=iam).stdout

    iam.answers("ListAccessKeys", {"AccessKeyMetadata": [], "IsTruncated": False})

    assert "CRED-KEY-OLD" not in run(iam=iam).stdout


def test_a_report_in_a_file_needs_no_aws(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_text(REPORT)

    said = run("--report", str(file), "--as-of", "2026-11-22T11:30:00Z", "--fail-on", "MEDIUM")

    assert "CRED-KEY-OLD" in said.stdout
    assert said.returncode == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the report is empty"),
        ("[]", "line 1: this is no credential report"),
        (REPORT[:-30], "line 6: has 20 cells in place of 22; the report is cut off, fetch it again"),
    ],
)
def test_what_is_no_report_is_told_in_one_line(text: str, message: str) -> None:
    said = run("--report", "-", text=text)

    assert message in said.stderr
    assert said.stderr.count("\n") == 1
    assert said.stdout == ""
    assert said.returncode == 4


def test_a_file_that_is_not_there_is_told_in_one_line() -> None:
    said = run("--report", "/nonexistent/report.csv")

    assert said.stderr == "Error: /nonexistent/report.csv: No such file or directory\n"
    assert said.returncode == 4


def test_each_run_is_kept_and_the_next_one_tells_what_is_new_and_what_is_fixed(iam: FakeIam, tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    first = run("--format", "json", iam=iam, database=database)
    assert "Since" not in run(iam=iam).stdout
    old = next(one for one in json.loads(first.stdout) if one["check"] == "CRED-KEY-OLD")

    again = run(iam=iam, database=database)
    assert "Nothing new and nothing fixed since" in again.stdout

    iam.answers("ListAccessKeys", {"AccessKeyMetadata": [], "IsTruncated": False})
    mended = run(iam=iam, database=database)
    assert "fixed  alice" in mended.stdout

    page = run("--format", "html", iam=iam, database=database).stdout
    assert ("New since" in page, "Fixed since" in page) == (True, True)

    known = asked("findings", "show", old["id"], "--format", "json", database=database)
    assert (known["status"], known["createdAt"]) == ("RESOLVED", old["createdAt"])

    iam.answers("ListAccessKeys", an_account()["ListAccessKeys"])
    assert "back  " in run(iam=iam, database=database).stdout


def test_what_is_found_on_a_user_who_was_deleted_since_the_report_is_fixed(iam: FakeIam, tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    assert "CRED-PW-KEY" in run(iam=iam, database=database).stdout
    iam.answers("ListUsers", listed_users(alice=None))
    for operation in ("ListAccessKeys", "ListMFADevices", "GetLoginProfile"):
        iam.answers(operation, NO_ENTITY)

    said = run(iam=iam, database=database).stdout
    left = json.loads(run("--format", "json", iam=iam, database=database).stdout)

    assert "fixed  alice" in said
    assert [one for one in left if one["resource"].endswith("/alice")] == []


def test_what_is_archived_is_told_no_more(iam: FakeIam, tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    found = json.loads(run("--format", "json", iam=iam, database=database).stdout)
    asked("findings", "archive", found[0]["id"], database=database)

    left = json.loads(run("--format", "json", iam=iam, database=database).stdout)

    assert {one["id"] for one in left} == {one["id"] for one in found[1:]}


def test_what_is_not_to_be_kept_is_not(iam: FakeIam, tmp_path: Path) -> None:
    database = tmp_path / "findings.db"

    assert "CRED-KEY-OLD" in run("--no-keep", iam=iam, database=str(database)).stdout
    assert not database.exists()


def test_a_report_is_kept_when_asked(tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    report = ("--report", "-", "--as-of", "2026-11-22T11:30:00Z")
    run(*report, "--keep", text=REPORT, database=database)
    fewer = "\n".join(line for line in REPORT.splitlines() if not line.startswith("alice"))

    said = run(*report, "--keep", text=fewer, database=database)

    assert "fixed  alice" in said.stdout


def test_a_report_without_a_row_resolves_nothing(tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    report = ("--report", "-", "--as-of", "2026-11-22T11:30:00Z", "--keep")
    run(*report, text=REPORT, database=database)

    said = run(*report, text=REPORT.splitlines()[0] + "\n", database=database)

    assert "fixed" not in said.stdout
    assert "nobody was judged" in said.stderr


EXEMPTION = """\
[exemption.alice]
users = ["al*"]
checks = ["CRED-KEY-OLD"]
owner = "security@example.com"
reason = "rotated by hand"
until = {until}
"""


def exempting(folder: Path, until: str = "2999-12-31", text: str = EXEMPTION) -> Path:
    (folder / "sekisho.toml").write_text(text.format(until=until))
    return folder


def checks(said: "subprocess.CompletedProcess[str]") -> set[str]:
    return {one["check"] for one in json.loads(said.stdout)}


def test_what_is_exempt_is_archived_in_the_name_of_its_exemption_until_it_ends(iam: FakeIam, tmp_path: Path) -> None:
    database, settings = str(tmp_path / "findings.db"), exempting(tmp_path)
    said = run("--format", "json", iam=iam, database=database, settings=settings)
    assert "CRED-KEY-OLD" not in checks(said)
    assert "Exempt by `alice` until 2999-12-31, security@example.com: rotated by hand: 1 finding." in said.stderr
    (held,) = asked("findings", "list", "--status", "ARCHIVED", "--format", "json", database=database)
    assert held["check"] == "CRED-KEY-OLD"

    said = run("--format", "json", iam=iam, database=database, settings=exempting(tmp_path, "2020-01-01"))
    assert "CRED-KEY-OLD" in checks(said)
    assert "The exemption `alice` of security@example.com has ended on 2020-01-01." in said.stderr

    run("--format", "json", iam=iam, database=database, settings=exempting(tmp_path))
    history = asked("findings", "history", held["id"], "--format", "json", database=database)
    assert [(one["kind"], one["by"]) for one in history] == [
        ("CREATED", "exemption alice"),
        ("UNARCHIVED", "exemption alice"),
        ("ARCHIVED", "exemption alice"),
    ]
    assert history[-1]["reason"] == "rotated by hand (owner: security@example.com, until 2999-12-31)"


def test_what_is_exempt_is_not_told_of_a_report_either(tmp_path: Path) -> None:
    report = ("--report", "-", "--as-of", "2026-11-22T11:30:00Z", "--format", "json")

    assert "CRED-KEY-OLD" in checks(run(*report, text=REPORT))
    assert "CRED-KEY-OLD" not in checks(run(*report, text=REPORT, settings=exempting(tmp_path)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exemption = 3", "write each exemption under a name of its own, `[exemption.NAME]`"),
        (
            EXEMPTION + 'user = ["x"]',
            "line 1: the exemption `alice` cannot be used: Object contains unknown field `user`",
        ),
        (
            EXEMPTION.replace("owner", "#"),
            "the exemption `alice` cannot be used: Object missing required field `owner`",
        ),
        (EXEMPTION.replace("security@example.com", " "), "does not say who answers for it and why"),
        (EXEMPTION.replace("users", "#").replace("checks", "#"), "the exemption `alice` is of everything"),
        (EXEMPTION.replace("CRED-KEY-OLD", "CRED-KEY-ODL"), "names the check `CRED-KEY-ODL`, which there is not"),
    ],
)
def test_an_exemption_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    said = run("--report", "-", text=REPORT, settings=exempting(tmp_path, text=text))

    assert message in said.stderr
    assert said.stderr.count("\n") == 1
    assert said.returncode == 2


def test_a_recording_of_credentials_is_judged_without_aws(iam: FakeIam, tmp_path: Path) -> None:
    file = tmp_path / "credentials.jsonl.gz"
    recorded = subprocess.run(
        [str(PROGRAM), "record", "--credentials", "--out", str(file), "--strict"],
        env={**ENVIRONMENT, "AWS_ENDPOINT_URL": iam.endpoint},
        capture_output=True,
        text=True,
        check=False,
    )
    assert recorded.returncode == 0, recorded.stderr

    assert checks(run("--recording", str(file), "--format", "json")) == checks(run("--format", "json", iam=iam))


def test_what_is_allowed_and_not_used_is_found_when_asked_for(
    iam: FakeIam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": iam.endpoint}.items():
        monkeypatch.setenv(name, value)
    for asks in (False, True):
        reader = LiveCredentialsReader(LiveOptions(), now=lambda: NOON, unused_permissions=asks)
        write_recording(reader.read(), tmp_path / f"{asks}.jsonl")
    plain, asked = (run("--recording", str(tmp_path / f"{asks}.jsonl"), "--format", "json") for asks in (False, True))

    assert plain.stderr == asked.stderr == ""
    of_roles = ("CRED-ROLE-UNUSED", "CRED-PERMISSION-UNUSED")
    found, more = (
        {
            (one["resource"], one["findingType"], one.get("credential"))
            for one in json.loads(said.stdout)
            if one["check"] in of_roles
        }
        for said in (plain, asked)
    )
    assert found == {(IDLE, "UnusedIAMRole", None)}
    assert more == {(arn, "UnusedPermission", service) for arn in (ADMIN, ALICE, IDLE) for service in ("s3", "sqs")} | {
        (f"arn:aws:iam::{OWNER}:user/idle", "UnusedPermission", service) for service in ("s3", "sqs")
    }


def recording_of(folder: Path, *accounts: str) -> str:
    """Write a recording of an organization in which each of these accounts has a role that was never used."""
    zone = {
        "type": "ORGANIZATION",
        "organizationId": "o-exampleorgid",
        "managementAccountId": "111122223333",
        "region": "us-east-1",
        "accounts": [{"id": one, "orgPath": "o-exampleorgid/r-abcd/"} for one in accounts],
    }
    lines: list[Any] = [{"recording": 1, "takenAt": "2026-11-20T08:00:00Z", "zoneOfTrust": zone}]
    for account in accounts:
        role = {
            "RoleName": "old", "Path": "/", "Arn": f"arn:aws:iam::{account}:role/old", "RoleLastUsed": {},
            "CreateDate": "2020-01-01T00:00:00Z",
        }  # fmt: skip
        answer = {"UserDetailList": [], "RoleDetailList": [role], "IsTruncated": False}
        call = {"call": "iam.get_account_authorization_details", "params": {}, "response": answer}
        lines.append({"account": {"accountId": account, "apiCalls": [call]}})
    file = folder / f"{len(accounts)}.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return str(file)


def test_findings_of_an_account_that_is_read_no_more_are_told_and_count(tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    both, one = recording_of(tmp_path, "111122223333", "444455556666"), recording_of(tmp_path, "111122223333")
    run("--recording", both, database=database)

    said = run("--recording", one, "--fail-on", "MEDIUM", "--format", "json", database=database)

    assert "arn:aws:iam::444455556666:role/old" in {each["resource"] for each in json.loads(said.stdout)}
    assert "Account 444455556666 was not read this time" in said.stderr
    assert said.returncode == 1


def test_ids_are_the_same_whether_findings_are_kept_or_not(tmp_path: Path) -> None:
    recording = recording_of(tmp_path, "111122223333", "444455556666")
    report = ("--report", "-", "--as-of", "2026-11-22T11:30:00Z", "--format", "json")

    for arguments, text in ((("--recording", recording, "--format", "json"), ""), (report, REPORT)):
        kept, not_kept = (
            {one["id"] for one in json.loads(run(*arguments, keep, text=text).stdout)}
            for keep in ("--keep", "--no-keep")
        )
        assert kept == not_kept


def test_a_script_for_several_accounts_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    said = run("--recording", recording_of(tmp_path, "111122223333", "444455556666"), "--script", database=database)

    assert "a script is for one account" in said.stderr
    assert asked("findings", "list", "--format", "json", database=database) == []


def test_nothing_told_is_not_nothing_found(tmp_path: Path) -> None:
    everything = EXEMPTION.replace('users = ["al*"]\nchecks = ["CRED-KEY-OLD"]', 'accounts = ["123456789012"]')
    exempting(tmp_path, text=everything)
    clean = "\n".join(line for line in REPORT.splitlines() if line.startswith(("user,", "idle")))

    exempt = run("--report", "-", "--as-of", "2026-11-22T11:30:00Z", text=REPORT, settings=tmp_path)
    assert "No findings but what is archived or exempt." in exempt.stdout
    just_now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"  # a report that is old is a finding
    rootless = run("--report", "-", "--as-of", just_now, text=clean)
    assert "No findings in what was read." in rootless.stdout


def test_a_standing_setting_for_credentials_does_not_stop_a_recording_of_resources(tmp_path: Path) -> None:
    (tmp_path / "sekisho.toml").write_text("unused-permissions = true\n")
    said = subprocess.run(
        [str(PROGRAM), "record", "--out", "x.jsonl"],
        cwd=tmp_path,
        env={"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "is read with --credentials" not in said.stderr
