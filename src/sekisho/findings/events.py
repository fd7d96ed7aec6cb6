"""Events: a change of a finding in the envelope that EventBridge would carry it in."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sekisho.analyzers.credentials import unused_actions
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialKind,
    CredentialRisk,
    ExternalAccess,
    FindingType,
)
from sekisho.findings.change import Change, ChangeKind
from sekisho.findings.finding import NAMESPACE, Finding

DETAIL_TYPE: Final = "Access Analyzer Finding"
UNUSED_DETAIL_TYPE: Final = "Unused Access Finding for IAM entities"


def finding_event(change: Change, sequence: int) -> dict[str, Any]:
    """Return the event that tells of a change.

    Its id is the same however often it is made, so that a receiver can leave out what it has.

    Args:
        change: what happened.
        sequence: which of the finding's changes since its creation it is, from 1.

    Source: IAM User Guide, "Monitoring AWS IAM Access Analyzer with Amazon EventBridge".
    """
    finding = change.finding
    _, _, _, region, account, _ = finding.analyzer_arn.split(":", 5)
    is_external = finding.observation.finding_type is FindingType.EXTERNAL_ACCESS
    is_deleted = change.kind is ChangeKind.DELETED
    return {
        "version": "0",
        "id": str(uuid5(_EVENTS, f"{finding.id}/{finding.created_at.timestamp()}/{sequence}")),
        "detail-type": DETAIL_TYPE if is_external else UNUSED_DETAIL_TYPE,
        "source": "aws.access-analyzer",
        "account": account,
        "time": _to_the_second(change.at),
        "region": region,
        "resources": [finding.analyzer_arn],
        "detail": _detail(finding, is_deleted=is_deleted) if is_external else _unused(change, is_deleted=is_deleted),
    }


_EVENTS: Final[UUID] = uuid5(NAMESPACE, "events")


def _detail(finding: Finding, *, is_deleted: bool) -> dict[str, Any]:
    detail = {
        "version": "1.0",
        "id": finding.id,
        **_life(finding),
        "region": finding.observation.region,
        "isDeleted": is_deleted,
    }
    match finding.observation.outcome:
        case ExternalAccess() as access:
            return detail | {
                "principal": dict(access.principal),
                "action": list(access.action),
                "condition": dict(access.condition),
                "isPublic": access.is_public,
            }
        case AnalysisError(code=code):
            return detail | {"error": code.value}
        case CredentialRisk():
            raise TypeError("a credential gives no external access")


def _unused(change: Change, *, is_deleted: bool) -> dict[str, Any]:
    """Return what is told of a credential; of external access it has other members."""
    finding = change.finding
    detail = {
        "version": "1.0",
        "findingId": finding.id,
        **_life(finding),
        "previousStatus": "" if change.before is None else change.before.value,
        "findingType": finding.observation.finding_type.value,
        "isDeleted": is_deleted,
    }
    match finding.observation.outcome:
        case CredentialRisk(check=check, severity=severity, sentence=sentence) as risk:
            ours = {"check": check, "severity": severity.name, "sentence": sentence}
            return detail | ours | (_counted(risk) if risk.kind is CredentialKind.PERMISSION else {})
        case AnalysisError(code=code):
            return detail | {"error": code.value}
        case ExternalAccess():
            raise TypeError("external access is told otherwise")


def _counted(risk: CredentialRisk) -> dict[str, int]:
    actions = len(unused_actions(risk))
    return {"numberOfUnusedServices": 0 if actions else 1, "numberOfUnusedActions": actions}


def _life(finding: Finding) -> dict[str, str]:
    seen = finding.observation
    return {
        "status": finding.status.value,
        "resourceType": seen.resource_type,
        "resource": seen.resource,
        "createdAt": _to_the_second(finding.created_at),
        "analyzedAt": _to_the_second(finding.analyzed_at),
        "updatedAt": _to_the_second(finding.updated_at),
        "accountId": seen.resource_owner_account,
    }


def _to_the_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
