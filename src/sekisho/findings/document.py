"""A finding as JSON: the members of the public API's `Finding` shape, and what Sekisho adds to them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sekisho.analyzers.observation import (
    AnalysisError,
    Because,
    CredentialRisk,
    ExternalAccess,
    Remedy,
    Source,
    WitnessRequest,
)
from sekisho.findings.finding import Finding


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return the finding as a JSON object, its members in a fixed order.

    A failure to decide has `error` and the reason for it in place of everything that describes access.

    Source: Access Analyzer API reference, `FindingSummary`.
    """
    seen = finding.observation
    document: dict[str, Any] = {
        "id": finding.id,
        "findingType": seen.finding_type.value,
        "status": finding.status.value,
        "resource": seen.resource,
        "resourceType": seen.resource_type,
        "resourceOwnerAccount": seen.resource_owner_account,
    }
    match seen.outcome:
        case ExternalAccess() as access:
            document |= _access(access)
        case CredentialRisk() as risk:
            document |= _risk(risk)
        case AnalysisError() as error:
            document |= {"error": error.code.value, "condition": {}, "reason": error.reason}
            if error.at_most:
                document["atMost"] = [
                    {"principal": dict(one.principal), "action": list(one.action)} for one in error.at_most
                ]
    return document | {
        "createdAt": format_time(finding.created_at),
        "analyzedAt": format_time(finding.analyzed_at),
        "updatedAt": format_time(finding.updated_at),
    }


def format_time(moment: datetime) -> str:
    """Write a time as the API does: ISO 8601, UTC, to the millisecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def to_the_millisecond(moment: datetime) -> datetime:
    """Return a time as exactly as the API gives it; what is stored is no more exact than what is shown."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _access(access: ExternalAccess) -> dict[str, Any]:
    document: dict[str, Any] = {
        "principal": dict(access.principal),
        "action": list(access.action),
        "condition": dict(access.condition),
        "isPublic": access.is_public,
    }
    if access.sources:
        document["sources"] = [_source(one) for one in access.sources]
    return document | {
        "resourceControlPolicyRestriction": access.resource_control_policy_restriction.value,
        **_present(sentence=access.sentence or None),
        "severity": access.severity.name,
        "severityRule": access.severity_rule,
        "witness": witness_document(access.witness),
        "because": [because_document(one) for one in access.because],
        "blockedBy": [
            {"document": one.document, **_present(resource=one.resource), "reason": one.reason}
            for one in access.blocked_by
        ],
        "remedy": _remedy(access.remedy),
        "approximations": list(access.approximations),
    }


def _risk(risk: CredentialRisk) -> dict[str, Any]:
    return {
        "check": risk.check,
        "credentialType": risk.kind.value,
        **_present(credential=risk.credential or None),
        "sentence": risk.sentence,
        "severity": risk.severity.name,
        "severityRule": risk.severity_rule,
        **_present(lastUsed=None if risk.last_used is None else format_time(risk.last_used), thresholdDays=risk.days),
        "facts": [{"name": one.name, "value": one.value, "source": one.source} for one in risk.facts],
        "dataAt": format_time(risk.data_at),
    }


def witness_document(witness: WitnessRequest) -> dict[str, Any]:
    """Return a witness as a JSON object; a context key with several values has a list."""
    return {
        "principal": dict(witness.principal),
        "action": witness.action,
        "resource": witness.resource,
        "context": {key: value if isinstance(value, str) else list(value) for key, value in witness.context.items()},
    }


def _source(source: Source) -> dict[str, Any]:
    detail = _present(accessPointArn=source.access_point_arn, accessPointAccount=source.access_point_account)
    return {"type": source.type, **({"detail": detail} if detail else {})}


def because_document(because: Because) -> dict[str, Any]:
    """Return a statement that lets the access in as a JSON object."""
    return {
        "document": because.document,
        "statement": because.statement,
        **_present(sid=because.sid, path=because.path, line=because.line),
    }


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {"text": remedy.text, **_present(policy=remedy.policy)}


def _present(**members: str | int | None) -> Mapping[str, str | int]:
    return {name: value for name, value in members.items() if value is not None}
