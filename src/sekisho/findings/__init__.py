"""From observations to findings: their identity, their life over time, and what a store of them promises.

This layer does not know how findings are stored, how they are shown, or how accounts are read.
"""

from sekisho.findings.archive_rules import ArchiveRule, archiving_rule, check_rule
from sekisho.findings.change import Change, ChangeKind, HistoryEntry
from sekisho.findings.coverage import Coverage, Undecided, coverage_of
from sekisho.findings.criteria import Criteria, Criterion, check_criteria, matches
from sekisho.findings.document import finding_document, format_time, witness_document
from sekisho.findings.errors import (
    AmbiguousFindingError,
    ArchiveRuleError,
    CriteriaError,
    DuplicateFindingError,
    FindingsError,
    StoreError,
    UnknownArchiveRuleError,
    UnknownFindingError,
    UnknownResourceError,
)
from sekisho.findings.events import finding_event
from sekisho.findings.finding import Finding, Status, analyzer_arn, finding_id
from sekisho.findings.lifecycle import apply_rule, archive, forget, lapse, unarchive
from sekisho.findings.query import (
    ActiveCounts,
    AnalyzedResource,
    Cursor,
    FindingQuery,
    FindingStatistics,
    Page,
    ResourceDetails,
    ResourcePage,
    ResourceQuery,
    Sort,
    details_of,
    page_of,
    resource_page_of,
)
from sekisho.findings.reconcile import Reconciliation, reconcile
from sekisho.findings.scan import ScanReport, record_scan
from sekisho.findings.store import FindingFilter, FindingStore, Known, Scan, StoredEvent

__all__ = [
    "ActiveCounts",
    "AmbiguousFindingError",
    "AnalyzedResource",
    "ArchiveRule",
    "ArchiveRuleError",
    "Change",
    "ChangeKind",
    "Coverage",
    "Criteria",
    "CriteriaError",
    "Criterion",
    "Cursor",
    "DuplicateFindingError",
    "Finding",
    "FindingFilter",
    "FindingQuery",
    "FindingStatistics",
    "FindingStore",
    "FindingsError",
    "HistoryEntry",
    "Known",
    "Page",
    "Reconciliation",
    "ResourceDetails",
    "ResourcePage",
    "ResourceQuery",
    "Scan",
    "ScanReport",
    "Sort",
    "Status",
    "StoreError",
    "StoredEvent",
    "Undecided",
    "UnknownArchiveRuleError",
    "UnknownFindingError",
    "UnknownResourceError",
    "analyzer_arn",
    "apply_rule",
    "archive",
    "archiving_rule",
    "check_criteria",
    "check_rule",
    "coverage_of",
    "details_of",
    "finding_document",
    "finding_event",
    "finding_id",
    "forget",
    "format_time",
    "lapse",
    "matches",
    "page_of",
    "reconcile",
    "record_scan",
    "resource_page_of",
    "unarchive",
    "witness_document",
]
