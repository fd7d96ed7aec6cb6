"""A finding: what an analyzer saw, with a name that survives rescans and a life over time."""

import json
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID, uuid5

import msgspec

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess, Observation
from sekisho.resources.zone import ZoneOfTrust

NAMESPACE: Final = UUID("5d2f7a52-6f0c-5c0e-9a5b-3c1b6a1d4e77")
"""The UUID namespace of finding ids. To change it would rename every finding that was ever stored."""


class Status(Enum):
    """Where a finding is in its life. Source: Access Analyzer API reference, `FindingStatus`."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    RESOLVED = "RESOLVED"


class Finding(msgspec.Struct, frozen=True):
    """An observation and its history.

    Attributes:
        created_at: when the access was first seen; it survives a time during which the access was gone.
        analyzed_at: when the resource was last looked at.
        updated_at: when the status or the content last changed.
        archived_by: who or which rule archived it, as its history says; None while it is not archived.
    """

    id: str
    analyzer_arn: str
    observation: Observation
    status: Status
    created_at: datetime
    analyzed_at: datetime
    updated_at: datetime
    archived_by: str | None = None


def analyzer_arn(zone: ZoneOfTrust, name: str = "sekisho") -> str:
    """Return the ARN of the analyzer that watches `zone`.

    Source: Service Authorization Reference, "Resource types defined by AWS IAM Access Analyzer".
    """
    return f"arn:{zone.partition}:access-analyzer:{zone.region}:{zone.account_id}:analyzer/{name}"


def finding_id(analyzer: str, observation: Observation) -> str:
    """Return the id of a finding: the same for the same access on any machine, whatever the store.

    Only the resource, the finding type, the principal and the condition make the identity; for a credential the check
    and the credential stand in place of the principal. A failure to decide has neither, so that a resource has one such
    finding at most.
    """
    match observation.outcome:
        case ExternalAccess(principal=principal, condition=condition):
            who, when = dict(principal), dict(condition)
        case CredentialRisk(check=check, credential=credential):
            who, when = {"check": check, "credential": credential}, {}
        case AnalysisError():
            who, when = {}, {}
    parts = [analyzer, observation.resource, observation.finding_type.value, who, when]
    return str(uuid5(NAMESPACE, json.dumps(parts, sort_keys=True, separators=(",", ":"))))
