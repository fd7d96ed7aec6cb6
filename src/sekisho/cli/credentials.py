"""`credentials`: read what there is of credentials, judge it, tell."""

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from rich.text import Text

from sekisho.analyzers.credentials import Thresholds, analyze_credentials
from sekisho.analyzers.credentials.repair_script import render_script
from sekisho.analyzers.observation import AnalysisError, Observation, Severity
from sekisho.cli.escape import plain
from sekisho.cli.output import Output, show_findings
from sekisho.cli.render.credentials import render_credentials
from sekisho.cli.scanning import options_of
from sekisho.cli.settings import LiveSettings
from sekisho.cli.status import ExitStatus
from sekisho.findings import Finding, Status
from sekisho.findings.finding import finding_id
from sekisho.policy.arns import parse_arn
from sekisho.resources.credentials import (
    AccountCredentials,
    CredentialReport,
    ReportError,
    credentials_of,
    parse_report,
)
from sekisho.resources.snapshot import RawAccount, Snapshot
from sekisho.wiring import live_credentials_reader, recorded_reader

ANALYZER: Final = "sekisho-credentials"
ODD: Final = timedelta(days=1)
"""How far two clocks may differ."""

STANDARD_INPUT: Final = Path("-")

NOT_IN_A_REPORT: Final = (
    "Not looked at, as a report does not have it: the password policy, the ids of access keys, MFA devices, "
    "credentials for one service."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How to answer.

    Attributes:
        as_script: print the repair as a shell script in place of the findings.
    """

    thresholds: Mapping[str, Any]
    output_format: str
    strict: bool
    fail_on: str | None
    as_script: bool = False


def judge_report(file: Path, *, as_of: str | None, answer: Answer) -> ExitStatus:
    """Judge the credential report in a file, and print what was found; nothing is kept.

    Returns:
        What `--fail-on` and `--strict` ask for.
    """
    gc.disable()  # a hundred thousand users are millions of objects, and all of them are needed to the end
    output = Output()
    account = _read_report(file, None if as_of is None else _moment(as_of))
    status = _tell(output, [account], answer)
    output.note(Text(NOT_IN_A_REPORT, "dim"))
    return status


def judge_accounts(live: LiveSettings, *, recording: str | None, answer: Answer) -> ExitStatus:
    """Judge what a recording or AWS itself tells of the credentials of accounts; nothing is kept.

    Returns:
        What `--fail-on` and `--strict` ask for.
    """
    output = Output()
    if recording is not None:
        return _tell(output, _accounts(recorded_reader(Path(recording).expanduser()).read()), answer)
    with output.reading_bar() as bar:
        snapshot = live_credentials_reader(options_of(live)).read(bar)
    return _tell(output, _accounts(snapshot), answer)


def _accounts(snapshot: Snapshot) -> list[AccountCredentials]:
    partition, taken_at = snapshot.zone_of_trust.partition, snapshot.taken_at
    zone, read = snapshot.zone_of_trust, {one.account_id: one for one in snapshot.accounts}
    for account_id in (zone.account_id, *(one.account_id for one in zone.accounts)):
        read.setdefault(account_id, RawAccount(account_id))  # a recording may have nothing of some of them
    return [credentials_of(one, partition=partition, taken_at=taken_at) for _, one in sorted(read.items())]


def _read_report(file: Path, as_of: datetime | None) -> AccountCredentials:
    """Read a report; it says itself of which account it is."""
    now = datetime.now(UTC)
    if file == STANDARD_INPUT:
        content, changed = sys.stdin.buffer.read(), now
    else:
        content, changed = file.read_bytes(), datetime.fromtimestamp(file.stat().st_mtime, UTC)
    try:
        report = parse_report(content)
    except ReportError as error:
        raise ReportError(f"{file}, {error}") from None
    account_id, partition = _whose(report)
    generated_at = (as_of or changed).replace(microsecond=0)
    return AccountCredentials(account_id, partition, taken_at=now, report=report, generated_at=generated_at)


def _whose(report: CredentialReport) -> tuple[str, str]:
    """Return the account and the partition of a report; `unknown` is the account of one without an ARN."""
    arns = (parse_arn(row.arn) for row in report.rows)
    return next(((arn.account, arn.partition) for arn in arns if arn and arn.account), ("unknown", "aws"))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"`{text}` is no time; write 2026-11-20T08:00:00Z", param_hint="--as-of") from None


def _tell(output: Output, accounts: Sequence[AccountCredentials], answer: Answer) -> ExitStatus:
    thresholds = Thresholds(**answer.thresholds)
    judged = [
        (account, [one for analysis in analyze_credentials(account, thresholds) for one in analysis.observations])
        for account in accounts
    ]
    if answer.as_script:
        output.write(_script(judged))
    elif answer.output_format == "table":
        for account, observations in judged:
            output.show(render_credentials(observations, account, width=output.width), Text())
    else:
        findings = [one for account, observations in judged for one in _findings(observations, account)]
        show_findings(output, findings, output_format=answer.output_format)
    gaps = [gap for account, observations in judged for gap in _gaps(account, observations)]
    for gap in gaps:
        output.note(Text(plain(gap), "yellow"))
    return _status((one for _, some in judged for one in some), has_gaps=bool(gaps), answer=answer)


def _script(judged: Sequence[tuple[AccountCredentials, Sequence[Observation]]]) -> Iterator[str]:
    match judged:
        case [(account, observations)]:
            return render_script(observations, made_at=datetime.now(UTC), account=account.account_id)
        case _:
            raise click.UsageError("a script is for one account; read them one by one, without --organization")


def _findings(observations: Iterable[Observation], account: AccountCredentials) -> Iterator[Finding]:
    arn = f"arn:{account.partition}:access-analyzer:us-east-1:{account.account_id}:analyzer/{ANALYZER}"
    now = account.now
    for one in observations:
        yield Finding(finding_id(arn, one), arn, one, Status.ACTIVE, created_at=now, analyzed_at=now, updated_at=now)


def _gaps(account: AccountCredentials, observations: Iterable[Observation]) -> Iterator[str]:
    """Yield what was not looked at and should have been."""
    for gap in account.gaps:
        yield f"Account {account.account_id}: {gap.call} answered {gap.code}: {gap.message}"
    report = account.report
    if report is not None and not report.rows:
        yield "The report has no row, not even of the root user: nobody was judged."
    elif report is not None and not any(row.is_root for row in report.rows):
        yield "The report has no row of the root user: nothing is known of it."
    if report is not None and report.latest is not None and report.latest > account.now + ODD:
        yield f"The report has dates up to {report.latest:%Y-%m-%d %H:%M} UTC, after the time that it is judged as of."
    unread = sum(isinstance(one.outcome, AnalysisError) and not one.outcome.gaps for one in observations)
    if report is None:
        yield f"Account {account.account_id}: there is no credential report; its passwords and keys were not looked at."
    elif unread:
        yield f"{unread:,} of the rows leave something open: cells of theirs could not be read."


def _status(observations: Iterable[Observation], *, has_gaps: bool, answer: Answer) -> ExitStatus:
    if answer.fail_on is not None and any(one.is_at_least(Severity[answer.fail_on]) for one in observations):
        return ExitStatus.FINDINGS
    return ExitStatus.GAPS if answer.strict and has_gaps else ExitStatus.DONE
