"""`credentials`: read what there is of credentials, judge it, tell."""

import gc
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click
from rich.text import Text

from sekisho.analyzers.credentials import Exemption, Exemptions, Thresholds, key_ages, tags_in
from sekisho.analyzers.credentials.repair_script import render_script
from sekisho.analyzers.observation import AnalysisError, Observation, ResourceAnalysis, Severity
from sekisho.cli.escape import plain
from sekisho.cli.output import Output
from sekisho.cli.render.credentials import Mark, render_credentials, render_since
from sekisho.cli.render.html import AccountLine, Report
from sekisho.cli.render.since import Since
from sekisho.cli.render.words import count
from sekisho.cli.scanning import left_alone, options_of
from sekisho.cli.settings import LiveSettings
from sekisho.cli.shown_findings import show_findings
from sekisho.cli.status import ExitStatus
from sekisho.collectors import CredentialsReader
from sekisho.findings import (
    CREDENTIALS,
    REPORTS,
    Finding,
    FindingFilter,
    FindingStore,
    Status,
    UnknownAnalyzerError,
    UnusedAccess,
    analyzer_arn,
    coverage_of_credentials,
    finding_id,
    judge_credentials,
    record_credentials,
)
from sekisho.policy.arns import parse_arn
from sekisho.resources.credentials import (
    ROLE_TYPE,
    AccountCredentials,
    CredentialReport,
    ReportError,
    credentials_in,
    parse_report,
)
from sekisho.resources.zone import HOME_REGIONS, ZoneOfTrust, ZoneType
from sekisho.wiring import live_credentials_reader, open_store, recorded_reader

ODD: Final = timedelta(days=1)
"""How far two clocks may differ."""

STANDARD_INPUT: Final = Path("-")

NOT_IN_A_REPORT: Final = (
    "Not looked at, as a report does not have it: the password policy, the ids of access keys, MFA devices, "
    "credentials for one service, roles and permissions."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How to answer.

    Attributes:
        as_script: print the repair as a shell script in place of the findings.
        keep: whether what was found is stored.
        exemptions: what the operator has agreed to.
    """

    thresholds: Mapping[str, Any]
    output_format: str
    strict: bool
    fail_on: str | None
    as_script: bool = False
    keep: bool = False
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a zone.

    Attributes:
        taken_at: when, in UTC.
        analyzer: the name of the one that keeps what is made of it.
        not_in_source: what could not be looked at as there was no place for it, a sentence each.
    """

    zone: ZoneOfTrust
    taken_at: datetime
    accounts: Sequence[AccountCredentials]
    analyzer: str = CREDENTIALS
    not_in_source: tuple[str, ...] = ()

    @property
    def analyzer_arn(self) -> str:
        """The ARN of the analyzer."""
        return analyzer_arn(self.zone, self.analyzer)


@dataclass(frozen=True, slots=True)
class Judged:
    """An account, what was made of it where that is kept, all that was seen, and which of that is still to be told."""

    account: AccountCredentials
    analyses: Sequence[ResourceAnalysis]
    observations: Sequence[Observation]
    told: Sequence[Observation]


@dataclass(frozen=True, slots=True)
class Run:
    """What was made of what was read."""

    read: Read
    judged: Sequence[Judged]
    exemptions: Exemptions


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has after a run.

    Attributes:
        active: all that nobody has archived, of accounts that were not read this time too.
        since: what the run has changed; None for a first one.
        notes: what is told as it was before, a sentence each.
    """

    active: Sequence[Finding]
    since: Since | None
    notes: Sequence[str]


def judge_report(file: Path, *, as_of: str | None, database: str | None, answer: Answer) -> ExitStatus:
    """Judge the credential report in a file, and print what was found.

    Args:
        file: CSV, or `-`.
        as_of: when it was made.
        database: where what was found is kept, if it is.
        answer: how to answer.

    Returns:
        What `--fail-on` and `--strict` ask for.
    """
    output = Output()
    with _no_garbage():
        account = _read_report(file, None if as_of is None else _moment(as_of))
        zone = ZoneOfTrust(ZoneType.ACCOUNT, account.account_id, HOME_REGIONS.get(account.partition, "us-east-1"))
        read = Read(zone, account.now, [account], REPORTS, (NOT_IN_A_REPORT,))
        status = _answer(output, read, database, answer)
    output.note(Text(NOT_IN_A_REPORT, "dim"))
    return status


def judge_accounts(reader: CredentialsReader, *, database: str | None, answer: Answer) -> ExitStatus:
    """Judge what a recording or AWS itself tells of the credentials of accounts.

    Returns:
        What `--fail-on` and `--strict` ask for.
    """
    output = Output()
    if answer.keep:
        with open_store(database):  # so that one that cannot be used costs no reading
            pass
    with output.reading_bar() as bar:
        snapshot = reader.read(bar)
    read = Read(snapshot.zone_of_trust, snapshot.taken_at, credentials_in(snapshot))
    return _answer(output, read, database, answer)


def credentials_reader(live: LiveSettings, *, recording: str | None, unused_permissions: bool) -> CredentialsReader:
    """Return who reads credentials: a recording when one is named, else AWS."""
    if recording is not None:
        return recorded_reader(Path(recording).expanduser())
    return live_credentials_reader(options_of(live), unused_permissions=unused_permissions)


@contextmanager
def _no_garbage() -> Generator[None]:
    """Look for no garbage meanwhile: a hundred thousand users are millions of objects, all needed to the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _answer(output: Output, read: Read, database: str | None, answer: Answer) -> ExitStatus:
    if answer.as_script and len(read.accounts) != 1:
        raise click.UsageError("a script is for one account; read them one by one")
    if not answer.keep:
        return _tell(output, _judge(read, answer, None), answer)
    with open_store(database) as store:
        return _keep(output, store, read, answer)


def _judge(read: Read, answer: Answer, asked: UnusedAccess | None) -> Run:
    """Judge what was read, as the analyzer has it judged that keeps it."""
    thresholds, tags = Thresholds(**answer.thresholds), tags_in(read.accounts)
    exemptions = Exemptions(answer.exemptions, tags=tags, on=datetime.now(UTC).date())
    judged: list[Judged] = []
    for account in read.accounts:
        analyses = judge_credentials(account, thresholds, asked, tags)
        seen = [one for analysis in analyses for one in analysis.observations]
        told = [one for one in seen if exemptions.of(one) is None] if exemptions.live else seen
        judged.append(Judged(account, analyses if answer.keep else (), seen, told))
    return Run(read, judged, exemptions)


def _keep(output: Output, store: FindingStore, read: Read, answer: Answer) -> ExitStatus:
    """Store what was found, tell what of it nobody has archived, and what has changed since the last time."""
    run = _judge(read, answer, _settings(store, read.analyzer_arn))
    analyses = [analysis for one in run.judged for analysis in one.analyses]
    coverage = coverage_of_credentials(read.taken_at, read.accounts, analyses)
    earlier = store.scans(limit=1, analyzer_arn=read.analyzer_arn)
    report = record_credentials(
        store, read.zone, analyses, coverage, now=datetime.now(UTC), exemptions=run.exemptions, name=read.analyzer
    )
    active = store.findings(FindingFilter(analyzer_arn=report.analyzer_arn, statuses=frozenset({Status.ACTIVE})))
    by_account: dict[str, list[Observation]] = {}
    for finding in active:
        by_account.setdefault(finding.observation.resource_owner_account, []).append(finding.observation)
    told = [replace(one, told=by_account.pop(one.account.account_id, [])) for one in run.judged]
    kept = Kept(
        active,
        Since.of(report.reconciliation, earlier),
        [*left_alone(report), *(_not_read(account, len(some)) for account, some in sorted(by_account.items()))],
    )
    return _tell(output, replace(run, judged=told), answer, kept)


def _settings(store: FindingStore, arn: str) -> UnusedAccess | None:
    try:
        return store.analyzer(arn).unused_access
    except UnknownAnalyzerError:
        return None


def _not_read(account: str, number: int) -> str:
    return f"Account {account} was not read this time; {count(number, 'finding')} on it as before."


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


def _tell(output: Output, run: Run, answer: Answer, kept: Kept | None = None) -> ExitStatus:
    gaps = [gap for one in run.judged for gap in _gaps(one)]
    if answer.as_script:
        (one,) = run.judged
        output.write(render_script(one.told, made_at=datetime.now(UTC), account=one.account.account_id))
    elif answer.output_format == "table":
        _tell_people(output, run, kept)
    else:
        shown = list(_findings(run)) if kept is None else kept.active
        show_findings(output, shown, output_format=answer.output_format, report=lambda: _page(run, shown, kept))
    for line in _exempt(run):
        output.note(Text(plain(line), "dim"))
    for gap in (*gaps, *(kept.notes if kept else ())):
        output.note(Text(plain(gap), "yellow"))
    told = (
        (seen for one in run.judged for seen in one.told) if kept is None else (one.observation for one in kept.active)
    )
    return _status(told, has_gaps=bool(gaps), answer=answer)


def _tell_people(output: Output, run: Run, kept: Kept | None) -> None:
    since = kept.since if kept else None
    for one in run.judged:
        table = render_credentials(
            one.told, one.account, width=output.width, verdict=_verdict(run, one), mark=_marking(run, since)
        )
        output.show(table, Text())
    if since is not None:
        output.show(render_since(since))


def _verdict(run: Run, judged: Judged) -> Text:
    """Say that there are no findings, and of what."""
    if judged.observations:
        return Text("No findings but what is archived or exempt.", "bold")
    if run.read.not_in_source or any(_gaps(judged)):
        return Text("No findings in what was read.", "bold yellow")
    return Text("No findings.", "bold green")


def _marking(run: Run, since: Since | None) -> Mark | None:
    """Return what tells the new from the old; the names of a hundred thousand findings are made only where shown."""
    if since is None:
        return None
    return lambda one: since.marks.get(finding_id(run.read.analyzer_arn, one), "")


def _page(run: Run, findings: Sequence[Finding], kept: Kept | None) -> Report:
    """Return what a page tells of the credentials of accounts."""
    reported = [one.account for one in run.judged if one.account.report is not None]
    since = kept.since if kept else None
    return Report(
        "Credentials",
        datetime.now(UTC),
        findings,
        accounts=[
            AccountLine(
                one.account.account_id,
                one.account.now if one.account.report is not None else None,
                [note.removeprefix(f"Account {one.account.account_id}: ") for note in _gaps(one)],
            )
            for one in run.judged
        ],
        notes=[*run.read.not_in_source, *(kept.notes if kept else ())],
        agreed=list(_exempt(run)),
        marks=since.marks if since else {},
        fixed=since.fixed if since else (),
        since=since.at if since else None,
        key_ages=[age for account in reported for age in key_ages(account)] if reported else None,
    )


def _findings(run: Run) -> Iterator[Finding]:
    """Yield findings that nobody keeps, under the ids that they would be kept under."""
    arn = run.read.analyzer_arn
    for judged in run.judged:
        now = judged.account.now
        for one in judged.told:
            identity = finding_id(arn, one)
            yield Finding(identity, arn, one, Status.ACTIVE, created_at=now, analyzed_at=now, updated_at=now)


def _exempt(run: Run) -> Iterator[str]:
    """Yield how much each exemption leaves out, and which have ended."""
    if not run.exemptions:
        return
    held = (run.exemptions.of(seen) for one in run.judged for seen in one.observations)
    numbers = Counter(one.name for one in held if one is not None)
    for exemption in run.exemptions.live:
        yield (
            f"Exempt by `{exemption.name}` until {exemption.until}, {exemption.owner}: {exemption.reason}: "
            f"{count(numbers[exemption.name], 'finding')}."
        )
    for exemption in run.exemptions.ended:
        yield f"The exemption `{exemption.name}` of {exemption.owner} has ended on {exemption.until}."


def _gaps(judged: Judged) -> Iterator[str]:
    """Yield what was not looked at and should have been."""
    account = judged.account
    for gap in account.gaps:
        yield f"Account {account.account_id}: {gap.call} answered {gap.code}: {gap.message}"
    report = account.report
    if report is not None and not report.rows:
        yield "The report has no row, not even of the root user: nobody was judged."
    elif report is not None and not any(row.is_root for row in report.rows):
        yield "The report has no row of the root user: nothing is known of it."
    if report is not None and report.latest is not None and report.latest > account.now + ODD:
        yield f"The report has dates up to {report.latest:%Y-%m-%d %H:%M} UTC, after the time that it is judged as of."
    unread = Counter(
        one.resource_type
        for one in judged.observations
        if isinstance(one.outcome, AnalysisError) and not one.outcome.gaps
    )
    if roles := unread.pop(ROLE_TYPE, 0):
        yield f"{roles:,} of the roles leave open whether they are used."
    if report is None:
        yield f"Account {account.account_id}: there is no credential report; its passwords and keys were not looked at."
    elif rows := unread.total():
        yield f"{rows:,} of the rows leave something open: cells of theirs could not be read."


def _status(observations: Iterable[Observation], *, has_gaps: bool, answer: Answer) -> ExitStatus:
    if answer.fail_on is not None and any(one.is_at_least(Severity[answer.fail_on]) for one in observations):
        return ExitStatus.FINDINGS
    return ExitStatus.GAPS if answer.strict and has_gaps else ExitStatus.DONE
