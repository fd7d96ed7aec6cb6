"""From what was known and what was seen to what has changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.credentials import unused_actions
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ExternalAccess,
    Observation,
    ResourceAnalysis,
)
from sekisho.findings.archive_rules import ArchiveRule, archiving_rule
from sekisho.findings.change import Cause, Change, ChangeKind, changes_of_scan
from sekisho.findings.coverage import Coverage
from sekisho.findings.errors import DuplicateFindingError
from sekisho.findings.finding import Finding, Status, finding_id

Accept = Callable[[Finding], str | None]
"""Returns the signature of whoever has agreed to a finding; None where nobody has."""


class Reconciliation(msgspec.Struct, frozen=True):
    """What one scan did to the findings; every group is sorted by resource and id.

    Attributes:
        new: access that was never seen before.
        returned: access that was resolved and is back, under its old id and creation time.
        changed: access that stays and differs in what it allows or how; an archived one stays archived, unless it has
            become public.
        unchanged: access that stays as it was; only the time of the analysis moves.
        resolved: access that is gone.
        left_alone: open findings on resources that the scan did not look at; nothing about them is written. Those that
            it was not about are not among them, nor those on what is newer.
        changes: what happened, for the history and the events; nothing of what is unchanged or left alone.
        newer: the resources that were looked at by themselves meanwhile, each with the account that has it: nothing
            about them is written.
    """

    new: tuple[Finding, ...] = ()
    returned: tuple[Finding, ...] = ()
    changed: tuple[Finding, ...] = ()
    unchanged: tuple[Finding, ...] = ()
    resolved: tuple[Finding, ...] = ()
    left_alone: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    newer: Mapping[str, str] = {}

    @property
    def written(self) -> tuple[Finding, ...]:
        """The findings that a store has to write, as they are now."""
        return (*self.new, *self.returned, *self.changed, *self.unchanged, *self.resolved)


def reconcile(
    existing: Iterable[Finding],
    analyses: Iterable[ResourceAnalysis],
    *,
    analyzer_arn: str,
    coverage: Coverage,
    now: datetime,
    rules: Sequence[ArchiveRule] = (),
    accept: Accept | None = None,
    cause: Cause | None = None,
    newer: Mapping[str, str] | None = None,
) -> Reconciliation:
    """Say what the analyses of one scan mean for the findings of one analyzer.

    Args:
        existing: all findings of the analyzer, resolved ones too, in any order.
        analyses: one for each resource that was looked at, in any order.
        analyzer_arn: the analyzer whose findings these are.
        coverage: what else was looked at; a resource it includes but `analyses` does not is gone.
        now: the time of the scan, UTC.
        rules: the analyzer's archive rules; they act on what is new or has returned.
        accept: acts on it too, before them.
        cause: the call after which the scan was made.
        newer: resources of which something newer may be known than what the scan has read; see `Known`.

    Raises:
        DuplicateFindingError: two different observations have one identity.

    Source: IAM User Guide, "Resolving findings", "Archive rules"; recorded answers for `updatedAt` and for access that
    returns. Whether an archived finding returns as archived is not documented: only a rule keeps it archived.
    """
    elsewhere = newer or {}
    analyzed = tuple(one for one in analyses if one.resource not in elsewhere)
    looked = _Looked.of(analyzed)
    seen = _by_id(analyzer_arn, analyzed)
    known = {finding.id: finding for finding in existing}
    groups: dict[str, list[Finding]] = {name: [] for name in _GROUPS}
    for identity, observation in seen.items():
        group, finding = _seen(known.get(identity), observation, identity=identity, analyzer_arn=analyzer_arn, now=now)
        if group in _RULED and (by := _archiver(finding, rules, accept, now)) is not None:
            finding = replace(finding, status=Status.ARCHIVED, archived_by=by)
        groups[group].append(finding)
    for finding in known.values():
        resource = finding.observation.resource
        is_open = finding.id not in seen and finding.status is not Status.RESOLVED
        if not is_open or resource in elsewhere or not coverage.is_about(resource):
            continue
        if looked.shows_absence(finding.observation, coverage):
            gone = replace(finding, status=Status.RESOLVED, analyzed_at=now, updated_at=now, archived_by=None)
            groups["resolved"].append(gone)
        else:
            groups["left_alone"].append(finding)
    ordered = {name: tuple(sorted(group, key=_place)) for name, group in groups.items()}
    told = ((kind, ordered[name]) for name, kind in _TOLD.items())
    changes = tuple(changes_of_scan(told, known.values(), now, cause))
    return Reconciliation(**ordered, changes=changes, newer=elsewhere)


class _Looked(msgspec.Struct, frozen=True):
    """What a scan looked at, and how far.

    Attributes:
        at: the resources.
        partly: those of which something could not be read.
        unjudged: to resources the checks of credentials that could not be made.
    """

    at: frozenset[str]
    partly: frozenset[str]
    unjudged: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, analyses: Sequence[ResourceAnalysis]) -> "_Looked":
        return cls(
            frozenset(one.resource for one in analyses),
            frozenset(one.resource for one in analyses if not _is_decided(one)),
            {one.resource: one.unjudged for one in analyses if one.unjudged},
        )

    def shows_absence(self, observation: Observation, coverage: Coverage) -> bool:
        """Say whether what was not seen is gone; else it may just not have been looked at."""
        resource = observation.resource
        match observation.outcome:
            case CredentialRisk(check=check) if resource in self.partly or check in self.unjudged.get(resource, ()):
                return False  # what it rests on was not read
            case _:
                return resource in self.at or _is_included(observation, coverage)


def _archiver(finding: Finding, rules: Sequence[ArchiveRule], accept: Accept | None, now: datetime) -> str | None:
    by = None if accept is None else accept(finding)
    rule = archiving_rule(rules, finding, now) if by is None else None
    return by if rule is None else rule.signature


_GROUPS = ("new", "returned", "changed", "unchanged", "resolved", "left_alone")
_RULED = frozenset({"new", "returned"})
"""What rules act on."""
_TOLD = {
    "new": ChangeKind.CREATED,
    "returned": ChangeKind.RETURNED,
    "changed": ChangeKind.CHANGED,
    "resolved": ChangeKind.RESOLVED,
}


def _seen(
    before: Finding | None, observation: Observation, *, identity: str, analyzer_arn: str, now: datetime
) -> tuple[str, Finding]:
    if before is None:
        return "new", Finding(
            id=identity,
            analyzer_arn=analyzer_arn,
            observation=observation,
            status=Status.ACTIVE,
            created_at=now,
            analyzed_at=now,
            updated_at=now,
        )
    after = replace(before, observation=observation, analyzed_at=now)
    if before.status is Status.RESOLVED:
        return "returned", replace(after, status=Status.ACTIVE, updated_at=now)
    if _access(before.observation) == _access(observation):
        return "unchanged", after
    if _is_public(observation) and not _is_public(before.observation):
        after = replace(after, status=Status.ACTIVE, archived_by=None)  # who accepted it accepted less
    return "changed", replace(after, updated_at=now)


def _is_public(observation: Observation) -> bool:
    return isinstance(observation.outcome, ExternalAccess) and observation.outcome.is_public


def _by_id(analyzer_arn: str, analyses: Iterable[ResourceAnalysis]) -> dict[str, Observation]:
    found: dict[str, Observation] = {}
    for analysis in analyses:
        for observation in _that_count(analysis):
            identity = finding_id(analyzer_arn, observation)
            if found.setdefault(identity, observation) != observation:
                raise DuplicateFindingError(observation.resource, identity)
    return found


def _that_count(analysis: ResourceAnalysis) -> Iterator[Observation]:
    """A resource that could not be decided has that one finding: what else was seen of its access is only a part."""
    is_decided = _is_decided(analysis)
    yield from (one for one in analysis.observations if is_decided or not isinstance(one.outcome, ExternalAccess))


def _is_decided(analysis: ResourceAnalysis) -> bool:
    return not any(isinstance(one.outcome, AnalysisError) for one in analysis.observations)


def _access(observation: Observation) -> object:
    """Return what a change of makes a finding another one in the eyes of its owner.

    Where the statements stand, which request was chosen to prove it, and how it is worded may change with an edit
    elsewhere in the document that changes no access.
    """
    match observation.outcome:
        case ExternalAccess() as access:
            return (
                access.action,
                access.is_public,
                access.sources,
                access.blocked_by,
                access.resource_control_policy_restriction,
            )
        case CredentialRisk(severity=severity) as risk:  # its last use changes with every use, its age every day
            return severity, [name for name, _ in unused_actions(risk)]
        case AnalysisError() as error:
            return error


def _is_included(observation: Observation, coverage: Coverage) -> bool:
    return coverage.includes(
        observation.resource,
        resource_type=observation.resource_type,
        account=observation.resource_owner_account,
        region=observation.region,
    )


def _place(finding: Finding) -> tuple[str, str]:
    return finding.observation.resource, finding.id
