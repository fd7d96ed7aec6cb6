"""One scan, from what was read to what is stored."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings.analyzer import Analyzer, AnalyzerType
from sekisho.findings.change import Cause
from sekisho.findings.coverage import Coverage, coverage_of
from sekisho.findings.document import to_the_millisecond
from sekisho.findings.errors import AnalyzerError, AnalyzerExistsError, UnknownAnalyzerError
from sekisho.findings.finding import Status, analyzer_arn
from sekisho.findings.lifecycle import tidy
from sekisho.findings.reconcile import Accept, Reconciliation, reconcile
from sekisho.findings.store import FindingFilter, FindingStore, Known, Scan
from sekisho.resources.snapshot import Snapshot


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
    cause: Cause | None = None,
    keep_newer: bool = False,
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
        cause: the call after which one resource was read; what the scan changes tells of it.
        keep_newer: whether a scan of everything leaves alone what was looked at by itself while it was read: it may
            have read that earlier. The report says which resources these are.

    Raises:
        UnknownAnalyzerError: the analyzer that is named is not there, or no longer; nothing was stored.
        AnalyzerError: the analyzer of this name looks for unused access; nothing was stored.
        StoreError: nothing was stored; or the scan was, and what time has changed was not, which the next one does.
    """
    zone, analyzed = snapshot.zone_of_trust, tuple(analyses)
    coverage = coverage_of(snapshot, analyzed)
    if analyzer is None:
        analyzer = make_known(store, Analyzer(analyzer_arn(zone), AnalyzerType.of(zone.type), to_the_millisecond(now)))
    scan = Scan(analyzer, to_the_millisecond(now), coverage)
    return record(store, scan, analyzed, cause=cause, keep_newer=keep_newer)


def record(
    store: FindingStore,
    scan: Scan,
    analyzed: Sequence[ResourceAnalysis],
    *,
    accept: Accept | None = None,
    cause: Cause | None = None,
    keep_newer: bool = False,
) -> ScanReport:
    """Reconcile and store a scan, whatever was looked for; then what time has changed."""
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
            cause=cause,
            newer=known.newer if keep_newer else None,
        )

    reconciliation = store.record_scan(scan, analyzed, reconciled)
    if coverage.only is None:
        by_time = FindingFilter(analyzer_arn=arn, statuses=frozenset({Status.ARCHIVED, Status.RESOLVED}))
        store.change(by_time, lambda known: tidy(known.rules, known.findings, now=finished))
    return ScanReport(arn, coverage, reconciliation)


def make_known(store: FindingStore, analyzer: Analyzer) -> str:
    """Make the analyzer of the first scan; one that looks at another zone from now on is of that type.

    Raises:
        AnalyzerError: there is one of this name that looks for something else.
    """
    try:
        known = store.analyzer(analyzer.arn).type
    except UnknownAnalyzerError:
        with suppress(AnalyzerExistsError):  # another first scan was faster
            store.create_analyzer(analyzer)
        return analyzer.arn
    if known.is_of_unused_access is not analyzer.type.is_of_unused_access:
        raise AnalyzerError(
            f"the analyzer `{analyzer.name}` is of type {known.value}, and {analyzer.type.value} is wanted; "
            "delete it, or name another database with --db"
        )
    if known is not analyzer.type:
        store.change_analyzer(analyzer.arn, lambda one: replace(one, type=analyzer.type))
    return analyzer.arn
