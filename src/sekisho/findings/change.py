"""A change of a finding: what its history keeps and its events tell."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum

import msgspec

from sekisho.findings.finding import Finding, Status


class ChangeKind(Enum):
    """What happened to a finding."""

    CREATED = "CREATED"
    RETURNED = "RETURNED"
    CHANGED = "CHANGED"
    RESOLVED = "RESOLVED"
    ARCHIVED = "ARCHIVED"
    UNARCHIVED = "UNARCHIVED"
    DELETED = "DELETED"


class Change(msgspec.Struct, frozen=True):
    """One change of one finding.

    Attributes:
        finding: as it is after the change; of a deleted one as it was.
        before: the status before; None for a new one.
        by: who or what made it: `scan`, `rule NAME`, `retention`, or the name of a person or key.
        reason: why, in the words of whoever made it.
    """

    kind: ChangeKind
    finding: Finding
    before: Status | None
    at: datetime
    by: str
    reason: str = ""


class HistoryEntry(msgspec.Struct, frozen=True):
    """A change as a finding's history keeps it."""

    kind: ChangeKind
    before: Status | None
    after: Status
    at: datetime
    by: str
    reason: str = ""


BY_SCAN = "scan"


def changes_of_scan(
    groups: Iterable[tuple[ChangeKind, Iterable[Finding]]], existing: Iterable[Finding], now: datetime
) -> Iterator[Change]:
    """Yield what a scan changed.

    Args:
        groups: the findings after the scan, by what happened to them.
        existing: the findings before it.
        now: when.
    """
    before = {finding.id: finding.status for finding in existing}
    for kind, findings in groups:
        for finding in findings:
            by = finding.archived_by if kind is not ChangeKind.CHANGED and finding.archived_by else BY_SCAN
            yield Change(kind, finding, before.get(finding.id), now, by)
