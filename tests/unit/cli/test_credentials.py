import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from sekisho.analyzers.credentials import CHECKS, Thresholds
from sekisho.cli.commands import sekisho
from sekisho.cli.commands.credentials import THRESHOLDS
from sekisho.cli.settings import SETTINGS
from sekisho.cli.status import ExitStatus

HEADER: Final = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)
OLD: Final = "2026-01-02T03:04:05Z"
NO_KEY: Final = "false,N/A,N/A,N/A,N/A"
REST: Final = f"{NO_KEY},false,N/A,false,N/A"
ARN: Final = "arn:aws:iam::111122223333"
ROOT: Final = f"<root_account>,{ARN}:root,{OLD},true,{OLD},{OLD},not_supported,true,{NO_KEY},{REST}"
ANNA: Final = f"anna,{ARN}:user/anna,{OLD},true,2026-11-19T08:00:00Z,{OLD},2027-01-01T00:00:00Z,false,{NO_KEY},{REST}"
BUILD: Final = f"build,{ARN}:user/build,{OLD},false,N/A,N/A,N/A,true,true,{OLD},{OLD},eu-west-1,s3,{REST}"
AS_OF: Final = ("--as-of", "2026-11-20T08:00:00Z")

Ask = Callable[..., Result]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Write a report and ask about it."""

    def ask(*rows: str, options: tuple[str, ...] = AS_OF, text: str | None = None) -> Result:
        report = tmp_path / "report.csv"
        report.write_text("\n".join((HEADER, *rows)) if text is None else text, encoding="utf-8")
        arguments = ["credentials", "--report", str(report), *options]
        return CliRunner().invoke(sekisho, arguments, standalone_mode=False, catch_exceptions=False)

    return ask


def test_the_worst_comes_first_and_is_told_in_a_sentence(ask: Ask) -> None:
    said = ask(ROOT, ANNA, BUILD)

    assert "3 rows of its credential report, as of 2026-11-20 08:00 UTC" in said.output
    assert said.output.index("console user without MFA") < said.output.index("unused access key")
    assert "Access key 1 was last used 322 days ago." in said.output
    assert "Not looked at, as a report does not have it" in said.stderr
    assert said.return_value is ExitStatus.DONE


def test_programs_get_every_finding(ask: Ask) -> None:
    found = json.loads(ask(ROOT, ANNA, BUILD, options=(*AS_OF, "--format", "json")).stdout)

    assert {(one["check"], one["resource"].rpartition("/")[2], one["findingType"]) for one in found} >= {
        ("CRED-MFA-CONSOLE", "anna", "Credential"),
        ("CRED-KEY-UNUSED", "build", "UnusedIAMUserAccessKey"),
    }
    (key,) = (one for one in found if one["check"] == "CRED-KEY-UNUSED")
    assert (key["credential"], key["lastUsed"], key["thresholdDays"]) == ("1", "2026-01-02T03:04:05.000Z", 45)
    source = "credential report, access_key_1_last_used_date"
    assert {"name": "lastUsedService", "value": "s3", "source": source} in key["facts"]


def test_ids_are_the_same_from_run_to_run(ask: Ask) -> None:
    once, again = (
        [json.loads(line)["id"] for line in ask(BUILD, options=(*AS_OF, "--format", "jsonl")).stdout.splitlines()]
        for _ in range(2)
    )

    assert once == again
    assert len(set(once)) == len(once)


def test_a_name_that_a_spreadsheet_would_compute_is_text(ask: Ask) -> None:
    evil = ANNA.replace("anna,", "=1+cmd|'/C calc'!A0,", 1).replace(":user/anna", ":user/+evil")
    records = list(csv.DictReader(io.StringIO(ask(evil, options=(*AS_OF, "--format", "csv")).stdout)))

    assert records
    assert not any(value.startswith(("=", "+", "-", "@")) for record in records for value in record.values())


def test_a_name_cannot_steer_the_terminal(ask: Ask) -> None:
    assert "\x1b[2J" not in ask(ANNA.replace(":user/anna", ":user/\x1b[2J")).output


def test_thresholds_move_what_is_found(ask: Ask) -> None:
    assert "CRED-KEY-UNUSED" not in ask(BUILD, options=(*AS_OF, "--unused-days", "400")).output
    assert "CRED-KEY-UNUSED" in ask(BUILD, options=(*AS_OF, "--unused-days", "300")).output


def test_every_threshold_is_a_setting() -> None:
    assert {SETTINGS[name].parameter for name in THRESHOLDS} == {one.name for one in structs.fields(Thresholds)}
    assert {check.threshold for check in CHECKS.values() if check.threshold} <= {
        one.name for one in structs.fields(Thresholds)
    }
    for one in structs.fields(Thresholds):
        assert one.default is False or SETTINGS[one.name.replace("_", "-")].help.endswith(f"Default: {one.default}.")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--fail-on", "HIGH"), ExitStatus.FINDINGS),
        (("--fail-on", "critical"), ExitStatus.DONE),
        (("--strict",), ExitStatus.DONE),
    ],
)
def test_the_exit_status_is_what_was_asked_for(ask: Ask, options: tuple[str, ...], status: ExitStatus) -> None:
    assert ask(ROOT, ANNA, options=(*AS_OF, *options)).return_value is status


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ((), "The report has no row, not even of the root user"),
        ((ANNA,), "The report has no row of the root user"),
        ((ROOT, ANNA.replace("true,", "perhaps,", 1)), "1 of the rows leave something open"),
    ],
)
def test_what_was_not_looked_at_is_told_and_counts_under_strict(ask: Ask, rows: tuple[str, ...], note: str) -> None:
    said = ask(*rows, options=(*AS_OF, "--strict"))

    assert note in said.stderr
    assert said.return_value is ExitStatus.GAPS


def test_without_a_time_the_file_was_made_when_it_was_changed(ask: Ask, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    report.touch()
    ask(ROOT)
    os.utime(report, (datetime(2026, 3, 4, 5, 6, tzinfo=UTC).timestamp(),) * 2)
    said = CliRunner().invoke(sekisho, ["credentials", "--report", str(report)], standalone_mode=False)

    assert "as of 2026-03-04 05:06 UTC" in said.output


def test_a_report_may_come_on_standard_input() -> None:
    arguments = ["credentials", "--report", "-", *AS_OF]
    said = CliRunner().invoke(sekisho, arguments, input=f"{HEADER}\n{ROOT}", standalone_mode=False)

    assert "1 row of its credential report, as of 2026-11-20 08:00 UTC" in said.output


def test_a_hundred_thousand_findings_are_not_shown_one_by_one(ask: Ask) -> None:
    said = ask(*(BUILD.replace("build", f"build-{number}") for number in range(1000))).output

    assert "1,000  build-0, build-1, build-2, …" in said
    assert "more; --format csv has all of them" in said
    assert said.count("\n") < 500


def test_the_script_is_a_script(ask: Ask) -> None:
    script = ask(ROOT, ANNA, BUILD, options=(*AS_OF, "--script")).stdout

    assert script.startswith("#!/bin/sh\n")
    subprocess.run([str(shutil.which("sh")), "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--report", "x.csv", "--organization"), "--organization says how to read AWS, and --report reads a file"),
        (("--as-of", "2026-01-01"), "--as-of says when a --report was made"),
        (("--report", "-", "--as-of", "yesterday"), "`yesterday` is no time"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: tuple[str, ...], message: str) -> None:
    said = CliRunner().invoke(sekisho, ["credentials", *arguments], input=HEADER)

    assert said.exit_code == ExitStatus.USAGE
    assert message in said.output


def test_a_report_from_after_the_time_it_is_judged_as_of_is_told(ask: Ask) -> None:
    said = ask(ROOT, ANNA, options=("--as-of", "2026-02-01", "--strict"))

    assert "The report has dates up to 2026-11-19 08:00 UTC" in said.stderr
    assert said.return_value is ExitStatus.GAPS


def test_a_time_that_no_calendar_has_is_refused() -> None:
    said = CliRunner().invoke(sekisho, ["credentials", "--report", "-", "--as-of", "0001-01-01T00:00:00+05:00"])

    assert said.exit_code == ExitStatus.USAGE


def test_nothing_found_in_a_part_is_not_nothing_found(ask: Ask) -> None:
    assert "No findings in what was read." in ask(options=("--as-of", datetime.now(UTC).isoformat())).output


@pytest.mark.parametrize("instead", ["--report", "--recording"])
def test_a_file_is_not_asked_for_more_than_it_holds(tmp_path: Path, instead: str) -> None:
    recording = tmp_path / "account.jsonl"
    recording.write_text("", encoding="utf-8")
    options = ("--recording", str(recording)) if instead == "--recording" else ("--report", str(recording))

    said = CliRunner().invoke(sekisho, ["credentials", *options, "--unused-permissions"])

    assert said.exit_code == 2
    assert f"{instead} reads a file" in said.output


def test_a_role_of_which_it_is_open_whether_it_is_used_is_told_and_counts_under_strict(tmp_path: Path) -> None:
    role = {"Arn": f"{ARN}:role/batch", "RoleName": "batch", "Path": "/", "CreateDate": OLD}
    listed = {"UserDetailList": [], "RoleDetailList": [role]}
    call = {"call": "iam.get_account_authorization_details", "params": {}, "response": listed}
    zone = {"type": "ACCOUNT", "accountId": "111122223333", "region": "us-east-1"}
    lines = (
        {"recording": 1, "takenAt": "2026-11-20T08:00:00Z", "zoneOfTrust": zone},
        {"account": {"accountId": "111122223333", "apiCalls": [call]}},
    )
    recording = tmp_path / "account.jsonl"
    recording.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    said = CliRunner().invoke(
        sekisho, ["credentials", "--no-keep", "--recording", str(recording), "--strict"], standalone_mode=False
    )

    assert "1 of the roles leave open whether they are used." in said.stderr
    assert said.return_value is ExitStatus.GAPS
