"""One scan, from what was read to what is stored."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings.analyzer import Analyzer
from sekisho.findings.coverage import Coverage, coverage_of
from sekisho.findings.document import to_the_millisecond
from sekisho.findings.errors import AnalyzerExistsError, UnknownAnalyzerError
from sekisho.findings.finding import Status, analyzer_arn
from sekisho.findings.lifecycle import tidy
from sekisho.findings.reconcile import Reconciliation, reconcile
from sekisho.findings.store import FindingFilter, FindingStore, Known, Scan
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import ZoneType


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
    finished = to_the_millisecond(now)
    arn = analyzer or analyzer_arn(snapshot.zone_of_trust)
    analyzed = tuple(analyses)
    coverage = coverage_of(snapshot, analyzed)

    def reconciled(known: Known) -> Reconciliation:
        return reconcile(known.findings, analyzed, analyzer_arn=arn, coverage=coverage, now=finished, rules=known.rules)

    if analyzer is None:
        _make_known(store, arn, snapshot.zone_of_trust.type, finished)
    reconciliation = store.record_scan(Scan(arn, finished, coverage), analyzed, reconciled)
    if coverage.only is None:
        by_time = FindingFilter(analyzer_arn=arn, statuses=frozenset({Status.ARCHIVED, Status.RESOLVED}))
        store.change(by_time, lambda known: tidy(known.rules, known.findings, now=finished))
    return ScanReport(arn, coverage, reconciliation)


def _make_known(store: FindingStore, arn: str, zone: ZoneType, now: datetime) -> None:
    """Make the analyzer of the first scan; one that looks at another zone from now on is of that type."""
    try:
        if store.analyzer(arn).type is not zone:
            store.change_analyzer(arn, lambda known: replace(known, type=zone))
    except UnknownAnalyzerError:
        with suppress(AnalyzerExistsError):  # another first scan was faster
            store.create_analyzer(Analyzer(arn, zone, now))
