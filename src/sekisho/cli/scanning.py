"""`scan`, `record` and `demo`: read, analyse, store, tell."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.text import Text

from sekisho.analyzers.external import analyze_external_access
from sekisho.analyzers.observation import AnalysisError, Severity
from sekisho.cli.output import Output
from sekisho.cli.render import words
from sekisho.cli.render.coverage import render_changes, render_coverage, render_gaps
from sekisho.cli.render.html import Report, accounts_of_scans, notes_of_scan
from sekisho.cli.render.page import render_finding
from sekisho.cli.render.since import Since
from sekisho.cli.settings import LiveSettings
from sekisho.cli.shown_findings import show_findings
from sekisho.cli.status import ExitStatus
from sekisho.collectors import LiveOptions
from sekisho.collectors.reader import CredentialsReader, SnapshotReader
from sekisho.collectors.recording import write_recording
from sekisho.findings import (
    Coverage,
    Finding,
    FindingFilter,
    FindingStore,
    ScanReport,
    Status,
    analyzer_arn,
    coverage_of,
    coverage_of_credentials,
    record_scan,
)
from sekisho.resources.credentials import credentials_in
from sekisho.resources.snapshot import Snapshot
from sekisho.wiring import live_credentials_reader, live_options, live_reader, open_store, read_sample, recorded_reader

NOWHERE = "sqlite://"
"""A store that lives as long as the process."""


def scan(
    live: LiveSettings,
    *,
    recording: str | None,
    database: str | None,
    output_format: str,
    strict: bool,
    fail_on: str | None,
) -> ExitStatus:
    """Scan a recording when one is named, else AWS; store, and print the active findings.

    Returns:
        What `--fail-on` and `--strict` ask for.
    """
    output = Output()
    with open_store(database) as store:  # first, so that a store that cannot be used costs no reading
        snapshot = _read(_reader(live, recording), output)
        earlier = store.scans(limit=1, analyzer_arn=analyzer_arn(snapshot.zone_of_trust))
        report = _scan(snapshot, store, keep_newer=recording is None)
        active = store.findings(_active(report))
    if earlier and earlier[0].coverage.taken_at > report.coverage.taken_at:
        output.note(
            Text("this recording is older than the last scan; the findings are now as they were then", "yellow")
        )
    since = Since.of(report.reconciliation, earlier)
    show_findings(
        output,
        active,
        output_format=output_format,
        marks=since.marks if since else {},
        report=lambda: _page(report, active, since=since),
    )
    _tell_coverage(output, report.coverage, left_alone=len(report.reconciliation.left_alone))
    output.note(Text(render_changes(report.reconciliation)))
    return _status(active, report.coverage, strict=strict, fail_on=fail_on)


def record(live: LiveSettings, out: Path, *, strict: bool, credentials: bool, unused_permissions: bool) -> ExitStatus:
    """Read resources, or credentials, into a recording."""
    output = Output()
    snapshot = _read(
        live_credentials_reader(options_of(live), unused_permissions=unused_permissions)
        if credentials
        else _reader(live, None),
        output,
    )
    write_recording(snapshot, out)
    if credentials:
        coverage = coverage_of_credentials(snapshot.taken_at, credentials_in(snapshot), ())
    else:
        coverage = coverage_of(snapshot, ())
    _tell_coverage(output, coverage)
    return _status((), coverage, strict=strict, fail_on=None)


def demonstrate(output_format: str, *, serve: bool) -> ExitStatus:
    """Scan the sample organization into a store that nobody keeps, and say what to try next.

    Args:
        output_format: a format for programs ends there.
        serve: whether to serve what was found, to a key that nobody keeps either, until someone stops it.
    """
    if serve and output_format == "table":
        from sekisho.cli.serving import serve_sample  # noqa: PLC0415 - the HTTP server takes its time to import

        return serve_sample(lambda store: show_sample(store, output_format))
    with open_store(NOWHERE) as store:
        show_sample(store, output_format)
    return ExitStatus.DONE


def show_sample(store: FindingStore, output_format: str) -> ScanReport:
    """Scan the sample organization, and print what was found."""
    output = Output()
    report = _scan(read_sample(), store)
    active = store.findings(_active(report))
    show_findings(
        output, active, output_format=output_format, report=lambda: _page(report, active, about=OF_THE_SAMPLE)
    )
    if output_format == "table":
        if active:
            worst = min(active, key=_place_in_demonstration)
            output.show(Text("\nOne of them in full:\n", "bold"), render_finding(worst))
        output.show(Text(NEXT))
    _tell_coverage(output, report.coverage)
    return report


OF_THE_SAMPLE = "A sample organization, read from a recording that comes with Sekisho."

NEXT = """This was a sample organization, read from a recording; nothing was stored. Next:
  sekisho iam-policy                 the read permissions that a scan needs
  sekisho scan                       scan the account of your credentials
  sekisho explain RESOURCE-ARN       why a resource is open, or why it is not
  sekisho demo --format json         the same findings for a program"""


def _reader(live: LiveSettings, recording: str | None) -> SnapshotReader:
    if recording is not None:
        return recorded_reader(Path(recording).expanduser())
    return live_reader(options_of(live))


def options_of(live: LiveSettings) -> LiveOptions:
    """Return how the settings say to read AWS."""
    return live_options(
        profile=live.profile,
        regions=live.region,
        organization=live.organization,
        role_name=live.role_name,
        partners=frozenset(live.partner),
        timeout=None if live.timeout is None else timedelta(seconds=live.timeout),
        workers=live.workers,
    )


def _read(reader: CredentialsReader, output: Output) -> Snapshot:
    with output.reading_bar() as bar:
        return reader.read(bar)


def _scan(snapshot: Snapshot, store: FindingStore, *, keep_newer: bool = False) -> ScanReport:
    analyses = analyze_external_access(snapshot)
    return record_scan(store, snapshot, analyses, now=datetime.now(UTC), keep_newer=keep_newer)


def _active(report: ScanReport) -> FindingFilter:
    return FindingFilter(analyzer_arn=report.analyzer_arn, statuses=frozenset({Status.ACTIVE}))


def _page(report: ScanReport, active: Sequence[Finding], *, since: Since | None = None, about: str = "") -> Report:
    """Return what a page tells of a scan.

    Args:
        report: what the scan looked at and changed.
        active: the findings that it leaves active.
        since: what it has changed; None for a first one.
        about: a sentence below the heading.
    """
    return Report(
        "External access",
        datetime.now(UTC),
        active,
        about=about,
        accounts=accounts_of_scans([report.coverage]),
        notes=(*notes_of_scan(report.coverage), *left_alone(report)),
        marks=since.marks if since else {},
        fixed=since.fixed if since else (),
        since=since.at if since else None,
    )


def left_alone(report: ScanReport) -> Iterator[str]:
    """Yield how many findings are told as they were before."""
    if number := len(report.reconciliation.left_alone):
        yield f"{words.count(number, 'finding')} could not be looked at again; what is told of them is as before."


def _tell_coverage(output: Output, coverage: Coverage, *, left_alone: int = 0) -> None:
    if not coverage.is_complete:
        output.note(render_gaps(coverage))
    output.note(Text(render_coverage(coverage, left_alone=left_alone), "" if coverage.is_complete else "yellow"))


def _place_in_demonstration(finding: Finding) -> tuple[bool, int, str]:
    """Access is a better example than a failure to decide, and severe access the best."""
    is_error = isinstance(finding.observation.outcome, AnalysisError)
    return is_error, words.rank(finding.observation), finding.id


def _status(active: tuple[Finding, ...], coverage: Coverage, *, strict: bool, fail_on: str | None) -> ExitStatus:
    if fail_on is not None and any(one.observation.is_at_least(Severity[fail_on]) for one in active):
        return ExitStatus.FINDINGS
    if strict and not coverage.is_complete:
        return ExitStatus.GAPS
    return ExitStatus.DONE
