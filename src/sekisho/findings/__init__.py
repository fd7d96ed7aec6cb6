"""From observations to findings: their identity, their life over time, and what a store of them promises.

This layer does not know how findings are stored, how they are shown, or how accounts are read.
"""

from sekisho.findings.coverage import Coverage, Undecided, coverage_of
from sekisho.findings.document import finding_document, format_time, witness_document
from sekisho.findings.errors import (
    AmbiguousFindingError,
    DuplicateFindingError,
    FindingsError,
    StoreError,
    UnknownFindingError,
    UnknownResourceError,
)
from sekisho.findings.finding import Finding, Status, analyzer_arn, finding_id
from sekisho.findings.reconcile import Reconciliation, reconcile
from sekisho.findings.scan import ScanReport, record_scan
from sekisho.findings.store import AnalyzedResource, FindingFilter, FindingStore, Scan

__all__ = [
    "AmbiguousFindingError",
    "AnalyzedResource",
    "Coverage",
    "DuplicateFindingError",
    "Finding",
    "FindingFilter",
    "FindingStore",
    "FindingsError",
    "Reconciliation",
    "Scan",
    "ScanReport",
    "Status",
    "StoreError",
    "Undecided",
    "UnknownFindingError",
    "UnknownResourceError",
    "analyzer_arn",
    "coverage_of",
    "finding_document",
    "finding_id",
    "format_time",
    "reconcile",
    "record_scan",
    "witness_document",
]
