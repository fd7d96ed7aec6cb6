"""Access previews: which findings a proposed configuration would bring, keep or end.

Nothing of a preview touches findings. Source: IAM User Guide, "Preview access with IAM Access Analyzer APIs"; Access
Analyzer API reference, `AccessPreview`, `AccessPreviewFinding`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.external import analyze_external_access
from sekisho.analyzers.observation import ExternalAccess, Observation, ResourceAnalysis
from sekisho.findings.archive_rules import ArchiveRule
from sekisho.findings.coverage import Coverage
from sekisho.findings.criteria import LIST_KEYS, Criteria, matches
from sekisho.findings.finding import Finding, Status, finding_id
from sekisho.findings.reconcile import reconcile
from sekisho.findings.store import Known
from sekisho.resources.answers import ReadingError
from sekisho.resources.proposals import propose
from sekisho.resources.proposed import ProposalError, UnreadPartError
from sekisho.resources.snapshot import Snapshot


class ChangeType(Enum):
    """How a preview finding compares with what is there. Source: Access Analyzer API reference, `FindingChangeType`."""

    NEW = "NEW"
    UNCHANGED = "UNCHANGED"
    CHANGED = "CHANGED"


class PreviewFinding(msgspec.Struct, frozen=True):
    """A finding as it would be.

    Attributes:
        id: its own; nothing to do with the ids of findings.
        observation: the access as it would be; as it was where it would end.
        status: what it would be: `RESOLVED` where the access would end.
        existing_finding_id: the finding that is there; None for a new one.
        existing_finding_status: the status of that.
    """

    id: str
    observation: Observation
    change_type: ChangeType
    status: Status
    created_at: datetime
    existing_finding_id: str | None = None
    existing_finding_status: Status | None = None


class PreviewStatus(Enum):
    """Where a preview is in its making. Source: Access Analyzer API reference, `AccessPreviewStatus`."""

    CREATING = "CREATING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class FailureReason(Enum):
    """Why there is no preview. Source: Access Analyzer API reference, `AccessPreviewStatusReason`."""

    INVALID_CONFIGURATION = "INVALID_CONFIGURATION"
    INTERNAL_ERROR = "INTERNAL_ERROR"


Configurations = Mapping[str, Mapping[str, Any]]
"""To the ARN of a resource its configuration, in the API's shape."""


class AccessPreview(msgspec.Struct, frozen=True):
    """What a proposed configuration would mean.

    Attributes:
        configurations: as they were given.
        reason: why it failed; None unless it did.
        detail: that in one sentence, with the place and the remedy.
        findings: empty unless it is completed.
    """

    id: str
    analyzer_arn: str
    created_at: datetime
    configurations: Configurations
    status: PreviewStatus
    reason: FailureReason | None = None
    detail: str | None = None
    findings: tuple[PreviewFinding, ...] = ()


def make_preview(
    configurations: Configurations,
    *,
    preview_id: str,
    analyzer_arn: str,
    present: Snapshot,
    known: Known,
    now: datetime,
    new_id: Callable[[], str],
    own_resources: frozenset[str] = frozenset(),
) -> AccessPreview:
    """Say what one proposed configuration would mean; a configuration that is none makes a preview that failed.

    What is made is finished: it is `COMPLETED` or `FAILED`.

    Args:
        configurations: one resource with its configuration.
        preview_id: of the preview.
        analyzer_arn: whose findings `known` are.
        present: the zone of trust, the resource as it is where there is one, and what was read of its account.
        known: the analyzer's findings on the resource, resolved ones too, and its archive rules.
        now: UTC.
        new_id: makes the ids of preview findings.
        own_resources: ARNs without an account, such as buckets, that belong to the zone.

    Raises:
        UnreadPartError: something is left out of a configuration of a resource that was not looked at.
    """
    if len(configurations) != 1:
        raise ValueError("a preview is of one resource")
    ((arn, configuration),) = configurations.items()
    made = AccessPreview(preview_id, analyzer_arn, now, configurations, PreviewStatus.COMPLETED)
    try:
        proposed = propose(arn, configuration, present)
    except ProposalError as error:
        return _failed(made, FailureReason.INVALID_CONFIGURATION, str(error))
    except UnreadPartError:
        raise
    except ReadingError as error:
        return _failed(made, FailureReason.INTERNAL_ERROR, str(error))
    would_be = replace(present, resources=(proposed,))
    (analysis,) = analyze_external_access(would_be, known_resources=own_resources)
    findings = preview_findings(
        known.findings, analysis, analyzer_arn=analyzer_arn, rules=known.rules, now=now, new_id=new_id
    )
    return replace(made, findings=findings)


def _failed(preview: AccessPreview, reason: FailureReason, detail: str) -> AccessPreview:
    return replace(preview, status=PreviewStatus.FAILED, reason=reason, detail=detail)


def preview_findings(
    existing: Iterable[Finding],
    analysis: ResourceAnalysis,
    *,
    analyzer_arn: str,
    now: datetime,
    new_id: Callable[[], str],
    rules: Sequence[ArchiveRule] = (),
) -> tuple[PreviewFinding, ...]:
    """Say what an analysis of a resource as it would be means for its findings.

    A scan keeps a finding whose actions or sources change. A preview says that it ends and that another one begins, as
    AWS's do, so that what was accepted is looked at anew.

    Args:
        existing: the analyzer's findings, resolved ones too; those on other resources don't count.
        analysis: of the resource as it would be.
        analyzer_arn: the analyzer.
        now: UTC.
        new_id: makes their ids.
        rules: the analyzer's archive rules; they act on what is new or has returned.

    Returns:
        what would be there first, then what would end; empty when nobody outside gets in, before or after.

    Raises:
        DuplicateFindingError: two different observations have one identity.
    """
    known = [one for one in existing if one.observation.resource == analysis.resource]
    seen = {finding_id(analyzer_arn, one): one for one in analysis.observations}
    other = {one.id for one in known if one.id in seen and _allowed(one.observation) != _allowed(seen[one.id])}
    after = reconcile(
        [one for one in known if one.id not in other],
        [analysis],
        analyzer_arn=analyzer_arn,
        coverage=Coverage(now, accounts=(), regions=(), resources=1),
        now=now,
        rules=rules,
    )
    ended = [*after.resolved, *(replace(one, status=Status.RESOLVED) for one in known if one.id in other)]
    before = {one.id: one for one in known}
    told = (
        *((one, None) for one in after.new),
        *((one, before[one.id]) for one in (*after.returned, *after.changed, *after.unchanged)),
        *((one, before[one.id]) for one in ended if before[one.id].status is not Status.RESOLVED),
    )
    return tuple(_preview_finding(new_id(), finding, was, now) for finding, was in told)


def _allowed(observation: Observation) -> object:
    """Return what makes access another one in a preview, beside what is part of a finding's id."""
    match observation.outcome:
        case ExternalAccess(action=action, sources=sources):
            return frozenset(action), frozenset(sources)
        case _:
            return None


def _preview_finding(identity: str, finding: Finding, was: Finding | None, now: datetime) -> PreviewFinding:
    if was is None:
        return PreviewFinding(identity, finding.observation, ChangeType.NEW, finding.status, now)
    change_type = ChangeType.UNCHANGED if was.status is finding.status else ChangeType.CHANGED
    return PreviewFinding(identity, finding.observation, change_type, finding.status, now, was.id, was.status)


_OWN_KEYS = ("changeType", "existingFindingId", "existingFindingStatus")
PREVIEW_KEYS = (*(key for key in LIST_KEYS if key != "findingType"), *_OWN_KEYS)
"""The keys that a list of preview findings takes, apart from those of conditions.

Source: IAM User Guide, "Filter keys".
"""


def preview_matches(criteria: Criteria, finding: PreviewFinding) -> bool:
    """Say whether a preview finding is as every criterion wants it."""
    own = dict(_own_values(finding))
    at = finding.created_at
    alike = Finding(finding.id, "", finding.observation, finding.status, at, at, at)
    plain = {key: criterion for key, criterion in criteria.items() if key not in own}
    return matches(plain, alike) and all(one.holds(own[key]) for key, one in criteria.items() if key in own)


def _own_values(finding: PreviewFinding) -> Iterator[tuple[str, tuple[str, ...]]]:
    was, status = finding.existing_finding_id, finding.existing_finding_status
    values = (finding.change_type.value, was, status and status.value)
    for key, value in zip(_OWN_KEYS, values, strict=True):
        yield key, () if value is None else (value,)
