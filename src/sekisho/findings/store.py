"""What a store of findings promises; `storage` keeps the promise."""

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import msgspec

from sekisho.analyzers.observation import FindingType, ResourceAnalysis, Severity
from sekisho.findings.coverage import Coverage
from sekisho.findings.finding import Finding, Status
from sekisho.findings.reconcile import Reconciliation


class Scan(msgspec.Struct, frozen=True):
    """One completed scan.

    Attributes:
        finished_at: when its findings were stored, in UTC; also the `analyzed_at` of what it saw.
    """

    analyzer_arn: str
    finished_at: datetime
    coverage: Coverage


class FindingFilter(msgspec.Struct, frozen=True):
    """Which findings to list; None leaves a question open.

    Attributes:
        statuses: any of these.
        severity_at_least: leaves out findings that are milder; a failure to decide has no severity and stays.
    """

    analyzer_arn: str | None = None
    statuses: frozenset[Status] | None = None
    resource: str | None = None
    resource_type: str | None = None
    account: str | None = None
    region: str | None = None
    finding_type: FindingType | None = None
    is_public: bool | None = None
    severity_at_least: Severity | None = None


class AnalyzedResource(msgspec.Struct, frozen=True):
    """A resource as the last scan that looked at it left it, with or without findings."""

    analyzer_arn: str
    resource: str
    resource_type: str
    resource_owner_account: str
    region: str
    analyzed_at: datetime
    notes: tuple[str, ...]


class FindingStore(Protocol):
    """Findings, analyzed resources and scans, kept between runs."""

    def record_scan(
        self,
        scan: Scan,
        analyses: Sequence[ResourceAnalysis],
        reconcile: Callable[[Sequence[Finding]], Reconciliation],
    ) -> Reconciliation:
        """Store a scan in one transaction: all of it, or, whatever happens half-way, nothing.

        Args:
            scan: when and what was looked at.
            analyses: one for each resource that was looked at. A resource that the coverage includes and that is not
                among them is forgotten.
            reconcile: given all findings of the analyzer, resolved ones too, says what becomes of them. No other scan
                of the analyzer can write between this reading and the end of the transaction.

        Returns:
            what `reconcile` returned, now stored.

        Raises:
            StoreError: nothing was stored.
        """
        ...

    def findings(self, where: FindingFilter) -> tuple[Finding, ...]:
        """Return the findings that `where` asks for, by account, resource type, resource and id."""
        ...

    def finding(self, prefix: str) -> Finding:
        """Return the one finding whose id begins with `prefix`.

        Raises:
            UnknownFindingError: there is none.
            AmbiguousFindingError: there are several.
        """
        ...

    def analyzed_resources(self, resource: str) -> tuple[AnalyzedResource, ...]:
        """Return what every analyzer that looked at `resource` left of it; empty when none did."""
        ...

    def scans(self, *, limit: int) -> tuple[Scan, ...]:
        """Return the last scans, the newest first."""
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
