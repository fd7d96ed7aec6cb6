"""A scan that leaves events."""

from collections.abc import Sequence

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings import Coverage, FindingStore, Known, Reconciliation, Scan, reconcile
from unit.findings.builders import ACCOUNT, ANALYZER, MONDAY


def scan(store: FindingStore, *analyses: ResourceAnalysis, analyzer: str = ANALYZER) -> Reconciliation:
    coverage = Coverage(MONDAY, (ACCOUNT,), None, len(analyses))

    def reconciled(known: Known) -> Reconciliation:
        found: Sequence[ResourceAnalysis] = analyses
        return reconcile(known.findings, found, analyzer_arn=analyzer, coverage=coverage, now=MONDAY)

    return store.record_scan(Scan(analyzer, MONDAY, coverage), analyses, reconciled)
