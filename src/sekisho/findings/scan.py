"""One scan, from what was read to what is stored."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.credentials import Exemptions
from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings.analyzer import Analyzer, AnalyzerType
from sekisho.findings.coverage import Coverage, coverage_of
from sekisho.findings.document import to_the_millisecond
from sekisho.findings.errors import AnalyzerExistsError, UnknownAnalyzerError
from sekisho.findings.finding import Finding, Status, analyzer_arn
from sekisho.findings.lifecycle import exempt, tidy
from sekisho.findings.reconcile import Accept, Reconciliation, reconcile
from sekisho.findings.store import FindingFilter, FindingStore, Known, Scan
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import ZoneOfTrust

CREDENTIALS: Final = "sekisho-credentials"
"""What the analyzer of unused access is called that nobody has named."""


class ScanReport(msgspec.Struct, frozen=True):
    """What a scan looked at and what it changed."""

    analyzer_arn: str
    coverage: Coverage
    reconciliation: Reconciliation


def record_scan(
    store: FindingStore,
    snapshot: Snapshot,
    analyses: Iterable[ResourceAnalysis],
    *,
    now: datetime,
    analyzer: str | None = None,
) -> ScanReport:
    """Reconcile the analyses of a snapshot with what the store knows, and store the outcome.

    After a scan of everything, what time has changed is stored too: rules that have expired, findings that have been
    resolved for long. A scan of one resource leaves all others as they are.

    Args:
        store: where the findings live.
        snapshot: what was read.
        analyses: what an analyzer made of it; consumed before the store is touched.
        now: UTC; kept to the millisecond, as the API gives times.
        analyzer: the ARN of the analyzer whose findings these are, which the store has; None is the one that is named
            after the zone of trust, and is made when the store has not got it.

    Raises:
        UnknownAnalyzerError: the analyzer that is named is not there, or no longer; nothing was stored.
        StoreError: nothing was stored; or the scan was, and what time has changed was not, which the next one does.
    """
    zone, analyzed = snapshot.zone_of_trust, tuple(analyses)
    coverage = coverage_of(snapshot, analyzed)
    if analyzer is None:
        analyzer = _make_known(store, Analyzer(analyzer_arn(zone), AnalyzerType.of(zone.type), to_the_millisecond(now)))
    return _record(store, Scan(analyzer, to_the_millisecond(now), coverage), analyzed)


def record_credentials(
    store: FindingStore,
    zone: ZoneOfTrust,
    analyses: Iterable[ResourceAnalysis],
    coverage: Coverage,
    *,
    now: datetime,
    analyzer: str | None = None,
    name: str = CREDENTIALS,
    exemptions: Exemptions | None = None,
) -> ScanReport:
    """Reconcile what was made of the credentials of a zone with what the store knows, and store the outcome.

    Args:
        store: where the findings live.
        zone: whose credentials were read.
        analyses: of every user, role and account that was looked at.
        coverage: what was.
        now: UTC; kept to the millisecond.
        analyzer: as of `record_scan`.
        name: of the analyzer that is made where none is named.
        exemptions: what they are about is archived, what they are about no more is not; None for no change of either.

    Raises:
        UnknownAnalyzerError: the analyzer that is named is not there, or no longer; nothing was stored.
        StoreError: as of `record_scan`.
    """
    if analyzer is None:
        kind = AnalyzerType.of(zone.type, unused_access=True)
        analyzer = _make_known(store, Analyzer(analyzer_arn(zone, name), kind, to_the_millisecond(now)))
    if exemptions is None:
        return _record(store, Scan(analyzer, to_the_millisecond(now), coverage), tuple(analyses))
    accept = partial(_accepted, exemptions)
    report = _record(store, Scan(analyzer, to_the_millisecond(now), coverage), tuple(analyses), accept)
    held = frozenset({Status.ACTIVE, Status.ARCHIVED} if exemptions.live else {Status.ARCHIVED})
    kept = FindingFilter(analyzer_arn=analyzer, statuses=held)
    store.change(kept, lambda known: exempt(known.findings, exemptions, now=to_the_millisecond(now)))
    return report


def _accepted(exemptions: Exemptions, finding: Finding) -> str | None:
    exemption = exemptions.of(finding.observation)
    return None if exemption is None else exemption.signature


def _record(
    store: FindingStore, scan: Scan, analyzed: Sequence[ResourceAnalysis], accept: Accept | None = None
) -> ScanReport:
    arn, finished, coverage = scan.analyzer_arn, scan.finished_at, scan.coverage

    def reconciled(known: Known) -> Reconciliation:
        return reconcile(
            known.findings,
            analyzed,
            analyzer_arn=arn,
            coverage=coverage,
            now=finished,
            rules=known.rules,
            accept=accept,
        )

    reconciliation = store.record_scan(scan, analyzed, reconciled)
    if coverage.only is None:
        by_time = FindingFilter(analyzer_arn=arn, statuses=frozenset({Status.ARCHIVED, Status.RESOLVED}))
        store.change(by_time, lambda known: tidy(known.rules, known.findings, now=finished))
    return ScanReport(arn, coverage, reconciliation)


def _make_known(store: FindingStore, analyzer: Analyzer) -> str:
    """Make the analyzer of the first scan; one that looks at another zone from now on is of that type."""
    try:
        if store.analyzer(analyzer.arn).type is not analyzer.type:
            store.change_analyzer(analyzer.arn, lambda known: replace(known, type=analyzer.type))
    except UnknownAnalyzerError:
        with suppress(AnalyzerExistsError):  # another first scan was faster
            store.create_analyzer(analyzer)
    return analyzer.arn
