"""Findings in the shapes of the API; previews have the members that describe access, too."""

from collections.abc import Mapping
from typing import Any

from sekisho.analyzers.credentials import unused_actions
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ExternalAccess,
    FindingType,
    Observation,
    Source,
)
from sekisho.findings import Finding


def shown_finding(finding: Finding) -> dict[str, Any]:
    """Return a `Finding`, whose members `FindingSummary` has too."""
    shown = access_of(finding.observation)
    shown.update(_life(finding))
    shown.update(place_of(finding.observation))
    return shown


def shown_summary(finding: Finding) -> dict[str, Any]:
    """Return a `FindingSummaryV2`, whose members `GetFindingV2` answers with too."""
    seen = finding.observation
    return {**_life(finding), **place_of(seen), "findingType": seen.finding_type.value}


def finding_details(seen: Observation) -> list[dict[str, Any]]:
    """Return the `findingDetails` of a finding: one member of a union, or none where the API has no words for it.

    An error has those of external access, where that was looked for.
    """
    match seen.finding_type, seen.outcome:
        case FindingType.EXTERNAL_ACCESS, _:
            return [{"externalAccessDetails": access_of(seen)}]
        case FindingType.UNUSED_IAM_USER_ACCESS_KEY, CredentialRisk(credential=key, last_used=last):
            return [{"unusedIamUserAccessKeyDetails": {"accessKeyId": key, "lastAccessed": last}}]
        case FindingType.UNUSED_IAM_USER_PASSWORD, CredentialRisk(last_used=last):
            return [{"unusedIamUserPasswordDetails": {"lastAccessed": last}}]
        case FindingType.UNUSED_IAM_ROLE, CredentialRisk(last_used=last):
            return [{"unusedIamRoleDetails": {"lastAccessed": last}}]
        case FindingType.UNUSED_PERMISSION, CredentialRisk() as risk:
            return [{"unusedPermissionDetails": _permissions(risk)}]
        case _:
            return []


def _permissions(risk: CredentialRisk) -> dict[str, Any]:
    """Return the unused actions of a service; none of them where all of it is unused."""
    actions = [{"action": name, "lastAccessed": last} for name, last in unused_actions(risk)]
    return {"serviceNamespace": risk.credential, "lastAccessed": risk.last_used, "actions": actions or None}


def access_of(seen: Observation) -> dict[str, Any]:
    """Return `ExternalAccessDetails`: but for an empty condition, nothing where it could not be decided who gets in."""
    match seen.outcome:
        case ExternalAccess() as access:
            return {
                "principal": access.principal,
                "action": access.action,
                "condition": access.condition,
                "isPublic": access.is_public,
                "sources": [_source(one) for one in access.sources] or None,
                "resourceControlPolicyRestriction": access.resource_control_policy_restriction.value,
            }
        case _:
            return {"condition": {}}


def _life(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "status": finding.status.value,
        "createdAt": finding.created_at,
        "analyzedAt": finding.analyzed_at,
        "updatedAt": finding.updated_at,
    }


def place_of(seen: Observation) -> dict[str, Any]:
    """Return the members that say what the access is to, and why it could not be decided where that is so."""
    return {
        "resource": seen.resource,
        "resourceType": seen.resource_type,
        "resourceOwnerAccount": seen.resource_owner_account,
        "error": seen.outcome.code.value if isinstance(seen.outcome, AnalysisError) else None,
    }


def _source(source: Source) -> Mapping[str, Any]:
    detail = {"accessPointArn": source.access_point_arn, "accessPointAccount": source.access_point_account}
    shown = {name: value for name, value in detail.items() if value is not None}
    return {"type": source.type, "detail": shown or None}
