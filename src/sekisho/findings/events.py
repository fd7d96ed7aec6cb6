"""Events: a change of a finding in the envelope that EventBridge would carry it in."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
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
from sekisho.findings.change import Cause, Change, ChangeKind
from sekisho.findings.document import because_document, witness_document
from sekisho.findings.finding import NAMESPACE, Finding

DETAIL_TYPE: Final = "Access Analyzer Finding"
UNUSED_DETAIL_TYPE: Final = "Unused Access Finding for IAM entities"

MOST_STATEMENTS: Final = 20
MOST_BYTES: Final = 16 * 1024
MOST_CHARACTERS: Final = 4000
"""How much of each of its parts an event tells, so that it stays far below what EventBridge and its like take."""


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
    detail = _detail(finding, is_deleted=is_deleted) if is_external else _unused(change, is_deleted=is_deleted)
    return {
        "version": "0",
        "id": str(uuid5(_EVENTS, f"{finding.id}/{finding.created_at.timestamp()}/{sequence}")),
        "detail-type": DETAIL_TYPE if is_external else UNUSED_DETAIL_TYPE,
        "source": "aws.access-analyzer",
        "account": account,
        "time": _to_the_second(change.at),
        "region": region,
        "resources": [finding.analyzer_arn],
        "detail": detail | {"sekisho": _ours(change)},
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


def _ours(change: Change) -> dict[str, Any]:
    """Return what is told beside the members that AWS's own events have."""
    told: dict[str, Any] = {"change": change.kind.value, "by": change.by}
    match change.finding.observation.outcome:
        case ExternalAccess() as access:
            told |= {"severity": access.severity.name} | _sentences(access.sentence, access.remedy.text)
            told |= _reasons(access)
        case CredentialRisk() as risk:
            told |= {"severity": risk.severity.name} | _sentences(risk.sentence)
        case AnalysisError() as error:
            told |= _sentences(error.reason)
    return told if change.cause is None else told | {"cause": _cause(change.cause)}


def _sentences(sentence: str, remedy: str = "") -> dict[str, str]:
    found = {"sentence": sentence, "remedy": remedy}
    return {name: _cut(text) for name, text in found.items() if text}


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."


def _reasons(access: ExternalAccess) -> dict[str, Any]:
    """Return the first statements that let somebody in, and the request that shows it: a part of one shows nothing."""
    because = _first([because_document(one) for one in access.because])
    told: dict[str, Any] = {"because": because}
    if omitted := len(access.because) - len(because):
        told["becauseOmitted"] = omitted
    witness = witness_document(access.witness)
    return told if _size(witness) > MOST_BYTES else told | {"witness": witness}


def _first(documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    sizes = accumulate(_size(one) for one in documents)
    fitting = [one for one, size in zip(documents, sizes, strict=True) if size <= MOST_BYTES]
    return fitting[:MOST_STATEMENTS]


def _size(document: Any) -> int:
    return len(json.dumps(document, ensure_ascii=False).encode(errors="replace"))


def _cause(cause: Cause) -> dict[str, str]:
    told = {
        "eventId": cause.event_id,
        "eventName": cause.event_name,
        "eventSource": cause.event_source,
        "principal": cause.principal,
        "at": None if cause.at is None else _to_the_second(cause.at),
    }
    return {name: text for name, text in told.items() if text is not None}


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
