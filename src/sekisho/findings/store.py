"""What a store of findings promises; `storage` keeps the promise."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import msgspec

from sekisho.analyzers.observation import FindingType, ResourceAnalysis, Severity
from sekisho.findings.analyzer import Analyzer
from sekisho.findings.archive_rules import ArchiveRule
from sekisho.findings.change import Change, HistoryEntry
from sekisho.findings.coverage import Coverage
from sekisho.findings.finding import Finding, Status
from sekisho.findings.query import (
    AnalyzedResource,
    FindingQuery,
    FindingStatistics,
    Page,
    ResourceDetails,
    ResourcePage,
    ResourceQuery,
    UnusedAccessStatistics,
)
from sekisho.findings.reconcile import Reconciliation


class Scan(msgspec.Struct, frozen=True):
    """One completed scan.

    Attributes:
        finished_at: when its findings were stored, in UTC; also the `analyzed_at` of what it saw.
    """

    analyzer_arn: str
    finished_at: datetime
    coverage: Coverage


class Known(msgspec.Struct, frozen=True):
    """What a store knows of one analyzer while nobody else can change it: findings as asked for, and all its rules.

    Attributes:
        newer: what a scan of everything may have read earlier than another has: resources that were looked at by
            themselves since its reading began, each with the account that has it.
    """

    findings: tuple[Finding, ...]
    rules: tuple[ArchiveRule, ...] = ()
    newer: Mapping[str, str] = {}


class StoredEvent(msgspec.Struct, frozen=True):
    """An event that waits for its targets.

    Attributes:
        position: its place among all events; a later one has a higher one.
        envelope: the event as JSON text.
    """

    position: int
    envelope: str


class FindingFilter(msgspec.Struct, frozen=True):
    """Which findings to list; None leaves a question open.

    Attributes:
        ids: any of these.
        statuses: any of these.
        severity_at_least: leaves out findings that are milder; a failure to decide has no severity and stays.
    """

    analyzer_arn: str | None = None
    ids: frozenset[str] | None = None
    statuses: frozenset[Status] | None = None
    resource: str | None = None
    resource_type: str | None = None
    account: str | None = None
    region: str | None = None
    finding_type: FindingType | None = None
    is_public: bool | None = None
    severity_at_least: Severity | None = None


class FindingStore(Protocol):
    """Findings, analyzed resources and scans, kept between runs."""

    def record_scan(
        self,
        scan: Scan,
        analyses: Sequence[ResourceAnalysis],
        reconcile: Callable[[Known], Reconciliation],
    ) -> Reconciliation:
        """Store a scan of an analyzer in one transaction: all of it, or, whatever happens half-way, nothing.

        Its changes go into the histories, and become events, in the same transaction.

        Args:
            scan: when and what was looked at.
            analyses: one for each resource that was looked at. A resource that the coverage includes and that is not
                among them is forgotten; but what `reconcile` says is newer stays as it is.
            reconcile: given all findings of the analyzer, resolved ones too, says what becomes of them; after a scan of
                one resource those of this resource. Nobody else can change them between this reading and the end of
                the transaction.

        Returns:
            what `reconcile` returned, now stored.

        Raises:
            UnknownAnalyzerError: the analyzer is not there, or no longer; nothing was stored.
            StoreError: nothing was stored.
        """
        ...

    def change(self, where: FindingFilter, decide: Callable[[Known], Iterable[Change]]) -> tuple[Change, ...]:
        """Change findings of one analyzer in one transaction, with their histories and events.

        Args:
            where: which findings to look at; it names the analyzer.
            decide: says what changes; a finding is changed once at most. Nobody else can change them meanwhile.

        Returns:
            what changed, now stored.

        Raises:
            UnknownAnalyzerError: the analyzer is not there.
            StoreError: nothing was stored.
        """
        ...

    def history(self, finding: str) -> tuple[HistoryEntry, ...]:
        """Return all that happened to a finding, the oldest first; empty for an id that the store has not got."""
        ...

    def analyzers(self) -> tuple[Analyzer, ...]:
        """Return every analyzer, by ARN."""
        ...

    def analyzer(self, arn: str) -> Analyzer:
        """Return one analyzer.

        Raises:
            UnknownAnalyzerError: there is none with this ARN.
        """
        ...

    def create_analyzer(
        self, analyzer: Analyzer, rules: Sequence[ArchiveRule] = (), *, at_most: int | None = None
    ) -> None:
        """Keep a new analyzer, and its first archive rules with it.

        Args:
            analyzer: its ARN is its own.
            rules: of this analyzer.
            at_most: how many analyzers there may be then; None for any number.

        Raises:
            AnalyzerExistsError: there is one with this ARN.
            TooManyAnalyzersError: there would be more than `at_most`.
            ArchiveRuleExistsError: two of the rules have one name.
            TooManyArchiveRulesError: more rules than `MOST_RULES`.
        """
        ...

    def change_analyzer(self, arn: str, decide: Callable[[Analyzer], Analyzer]) -> Analyzer:
        """Change an analyzer in one transaction; return it as it is now.

        Raises:
            UnknownAnalyzerError: there is none with this ARN.
        """
        ...

    def delete_analyzer(self, arn: str, *, at: datetime, by: str) -> None:
        """Forget an analyzer and all that is its: rules, scans, resources, and findings, each with its event.

        Raises:
            UnknownAnalyzerError: there is none with this ARN.
        """
        ...

    def archive_rules(self, analyzer_arn: str) -> tuple[ArchiveRule, ...]:
        """Return the archive rules of an analyzer, by name."""
        ...

    def create_archive_rule(self, rule: ArchiveRule) -> None:
        """Keep a new rule.

        Raises:
            UnknownAnalyzerError: its analyzer is not there.
            ArchiveRuleExistsError: its analyzer has one of this name.
            TooManyArchiveRulesError: its analyzer has `MOST_RULES`.
        """
        ...

    def change_archive_rule(self, analyzer_arn: str, name: str, decide: Callable[[ArchiveRule], ArchiveRule]) -> None:
        """Change a rule in one transaction; its name stays.

        Raises:
            UnknownAnalyzerError: there is no such analyzer.
            UnknownArchiveRuleError: it has no rule of this name.
        """
        ...

    def delete_archive_rule(self, analyzer_arn: str, name: str) -> None:
        """Forget a rule; what it has archived stays as it is.

        Raises:
            UnknownAnalyzerError: there is no such analyzer.
            UnknownArchiveRuleError: there is none of this name.
        """
        ...

    def events(self, target: str, *, limit: int) -> tuple[StoredEvent, ...]:
        """Return the first events that a target has not got, in the order of the changes they tell of."""
        ...

    def events_waiting(self, target: str) -> int:
        """Count the events that a target has not got."""
        ...

    def delivered(self, target: str, position: int) -> None:
        """Note that a target has got every event up to a position."""
        ...

    def findings(self, where: FindingFilter) -> tuple[Finding, ...]:
        """Return the findings that `where` asks for, by account, resource type, resource and id."""
        ...

    def list_findings(self, query: FindingQuery) -> Page:
        """Return one page of findings; none for an analyzer that the store has nothing of."""
        ...

    def list_resources(self, query: ResourceQuery) -> ResourcePage:
        """Return one page of analyzed resources, by ARN; none for an analyzer that the store has nothing of."""
        ...

    def resource_details(self, analyzer_arn: str, resource: str) -> ResourceDetails | None:
        """Return an analyzed resource with what its findings say of it; None when the analyzer knows of none."""
        ...

    def unused_access_statistics(self, analyzer_arn: str) -> UnusedAccessStatistics:
        """Count the findings of an analyzer of unused access."""
        ...

    def statistics(self, analyzer_arn: str) -> FindingStatistics:
        """Count the findings of an analyzer; nothing but zeros for one that the store has nothing of."""
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

    def scans(self, *, limit: int, analyzer_arn: str | None = None) -> tuple[Scan, ...]:
        """Return the last scans of everything, the newest first; those of single resources are not kept.

        Args:
            limit: how many at most.
            analyzer_arn: whose; None for everyone's.
        """
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
