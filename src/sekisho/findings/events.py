"""Events: a change of a finding in the envelope that EventBridge would carry it in."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess
from sekisho.findings.change import Change, ChangeKind
from sekisho.findings.finding import NAMESPACE, Finding

DETAIL_TYPE: Final = "Access Analyzer Finding"


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
    return {
        "version": "0",
        "id": str(uuid5(_EVENTS, f"{finding.id}/{finding.created_at.timestamp()}/{sequence}")),
        "detail-type": DETAIL_TYPE,
        "source": "aws.access-analyzer",
        "account": account,
        "time": _to_the_second(change.at),
        "region": region,
        "resources": [finding.analyzer_arn],
        "detail": _detail(finding, is_deleted=change.kind is ChangeKind.DELETED),
    }


_EVENTS: Final[UUID] = uuid5(NAMESPACE, "events")


def _detail(finding: Finding, *, is_deleted: bool) -> dict[str, Any]:
    seen = finding.observation
    detail: dict[str, Any] = {
        "version": "1.0",
        "id": finding.id,
        "status": finding.status.value,
        "resourceType": seen.resource_type,
        "resource": seen.resource,
        "createdAt": _to_the_second(finding.created_at),
        "analyzedAt": _to_the_second(finding.analyzed_at),
        "updatedAt": _to_the_second(finding.updated_at),
        "accountId": seen.resource_owner_account,
        "region": seen.region,
        "isDeleted": is_deleted,
    }
    match seen.outcome:
        case ExternalAccess() as access:
            return detail | {
                "principal": dict(access.principal),
                "action": list(access.action),
                "condition": dict(access.condition),
                "isPublic": access.is_public,
            }
        case AnalysisError(code=code):
            return detail | {"error": code.value}
        case CredentialRisk(check=check, severity=severity):
            return detail | {"findingType": seen.finding_type.value, "check": check, "severity": severity.name}


def _to_the_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
