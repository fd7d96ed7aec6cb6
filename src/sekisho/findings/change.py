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


class Cause(msgspec.Struct, frozen=True):
    """The call after which a resource was looked at; what was found may have been so before.

    Attributes:
        event_id: CloudTrail's `eventID`; None where the event has none.
        event_name: such as `PutBucketPolicy`.
        event_source: such as `s3.amazonaws.com`.
        principal: who made the call: an ARN, which of a role is that of the session, `root`, or a service; None where
            the event does not say.
        at: when it was made, UTC; None where the event does not say.
    """

    event_id: str | None
    event_name: str
    event_source: str
    principal: str | None = None
    at: datetime | None = None

    def __str__(self) -> str:
        """Say what was called, by whom, and in which event."""
        call = f"{self.event_source.partition('.')[0]}:{self.event_name}"
        by = "" if self.principal is None else f" by {self.principal}"
        event = "" if self.event_id is None else f", event {self.event_id}"
        return call + by + event


class Change(msgspec.Struct, frozen=True):
    """One change of one finding.

    Attributes:
        finding: as it is after the change; of a deleted one as it was.
        before: the status before; None for a new one.
        by: who or what made it: `scan`, `rule NAME`, `retention`, or the name of a person or key.
        reason: why, in the words of whoever made it.
        cause: the call that led to it, where one did.
    """

    kind: ChangeKind
    finding: Finding
    before: Status | None
    at: datetime
    by: str
    reason: str = ""
    cause: Cause | None = None


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
    groups: Iterable[tuple[ChangeKind, Iterable[Finding]]],
    existing: Iterable[Finding],
    now: datetime,
    cause: Cause | None = None,
) -> Iterator[Change]:
    """Yield what a scan changed.

    Args:
        groups: the findings after the scan, by what happened to them.
        existing: the findings before it.
        now: when.
        cause: the call after which the scan was made.
    """
    before = {finding.id: finding.status for finding in existing}
    reason = "" if cause is None else f"after {cause}"
    for kind, findings in groups:
        for finding in findings:
            by = finding.archived_by if kind is not ChangeKind.CHANGED and finding.archived_by else BY_SCAN
            yield Change(kind, finding, before.get(finding.id), now, by, reason, cause)
