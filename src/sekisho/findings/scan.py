"""One scan, from what was read to what is stored."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings.coverage import Coverage, coverage_of
from sekisho.findings.finding import Status, analyzer_arn
from sekisho.findings.lifecycle import tidy
from sekisho.findings.reconcile import Reconciliation, reconcile
from sekisho.findings.store import FindingFilter, FindingStore, Known, Scan
from sekisho.resources.snapshot import Snapshot


class ScanReport(msgspec.Struct, frozen=True):
    """What a scan looked at and what it changed."""

    analyzer_arn: str
    coverage: Coverage
    reconciliation: Reconciliation


def record_scan(
    store: FindingStore, snapshot: Snapshot, analyses: Iterable[ResourceAnalysis], *, now: datetime
) -> ScanReport:
    """Reconcile the analyses of a snapshot with what the store knows, and store the outcome.

    After it, what time has changed is stored too: rules that have expired, findings that have been resolved for long.

    Args:
        store: where the findings live.
        snapshot: what was read.
        analyses: what an analyzer made of it; consumed before the store is touched.
        now: UTC; kept to the millisecond, as the API gives times.

    Raises:
        StoreError: nothing was stored; or the scan was, and what time has changed was not, which the next one does.
    """
    finished = now.replace(microsecond=now.microsecond // 1000 * 1000)
    arn = analyzer_arn(snapshot.zone_of_trust)
    analyzed = tuple(analyses)
    coverage = coverage_of(snapshot, analyzed)

    def reconciled(known: Known) -> Reconciliation:
        return reconcile(known.findings, analyzed, analyzer_arn=arn, coverage=coverage, now=finished, rules=known.rules)

    reconciliation = store.record_scan(Scan(arn, finished, coverage), analyzed, reconciled)
    by_time = FindingFilter(analyzer_arn=arn, statuses=frozenset({Status.ARCHIVED, Status.RESOLVED}))
    store.change(by_time, lambda known: tidy(known.rules, known.findings, now=finished))
    return ScanReport(arn, coverage, reconciliation)
