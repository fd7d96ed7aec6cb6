"""Findings as events of the Open Cybersecurity Schema Framework.

Source: OCSF schema 1.8.0, classes `detection_finding` and `compliance_finding`, profile `cloud`.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess, Observation, Severity
from sekisho.cli.render.documents import json_array
from sekisho.cli.render.exports import (
    BENCHMARK,
    NO_REGION,
    PRODUCT,
    VERSION,
    description_of,
    members_of,
    printable,
    remedy_of,
    requirements_of,
    rule_of,
    title_of,
)
from sekisho.findings import Finding, Status

OCSF_VERSION: Final = "1.8.0"
EPOCH: Final = datetime.fromtimestamp(0, UTC)
FINDINGS: Final = (2, "Findings")
DETECTION_FINDING: Final = (2004, "Detection Finding")
COMPLIANCE_FINDING: Final = (2003, "Compliance Finding")

SEVERITIES: Final = {
    Severity.CRITICAL: (5, "Critical"),
    Severity.HIGH: (4, "High"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.LOW: (2, "Low"),
    Severity.INFORMATIONAL: (1, "Informational"),
    None: (0, "Unknown"),
}

STATUSES: Final = {
    Status.ACTIVE: (1, "New"),
    Status.ARCHIVED: (3, "Suppressed"),
    Status.RESOLVED: (4, "Resolved"),
}

CREATE, UPDATE, CLOSE = (1, "Create"), (2, "Update"), (3, "Close")
UNKNOWN, PASS, WARNING, FAIL = (0, "Unknown"), (1, "Pass"), (2, "Warning"), (3, "Fail")

EVIDENCE: Final = (
    "principal", "action", "condition", "isPublic", "witness", "because", "blockedBy", "sources",
    "resourceControlPolicyRestriction", "severityRule", "approximations", "atMost", "facts", "credentialType",
    "credential", "lastUsed", "thresholdDays", "dataAt",
)  # fmt: skip
"""The members of a finding that have no place of their own in OCSF."""


def render_ocsf(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of one JSON array, one event to a line."""
    return json_array(printable(_event(one)) for one in findings)


def _event(finding: Finding) -> dict[str, Any]:
    seen = finding.observation
    of_class, activity = _class_of(seen), _activity(finding)
    partition = finding.analyzer_arn.split(":")[1]
    event = {
        **_coded("category_uid", "category_name", FINDINGS),
        **_coded("class_uid", "class_name", of_class),
        **_coded("activity_id", "activity_name", activity),
        "type_uid": of_class[0] * 100 + activity[0],
        "type_name": f"{of_class[1]}: {activity[1]}",
        **_coded("severity_id", "severity", SEVERITIES[seen.severity]),
        **_coded("status_id", "status", STATUSES[finding.status]),
        "time": _milliseconds(finding.updated_at),
        "message": description_of(seen),
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": VERSION},
            "profiles": ["cloud"],
        },
        "finding_info": _finding_info(finding),
        "cloud": _cloud(seen, partition),
        "resources": [_resource(seen, partition)],
    }
    if evidence := members_of(finding, EVIDENCE):
        event["evidences"] = [{"data": evidence}]
    if remedy := remedy_of(seen):
        event["remediation"] = {"desc": remedy}
    if of_class is COMPLIANCE_FINDING:
        event["compliance"] = _compliance(finding)
    return event


def _class_of(seen: Observation) -> tuple[int, str]:
    """Return the class.

    Access is detected: an analysis finds it, and no standard has a control for it. A check of credentials is a control
    that is met or not, with the standards that ask for it. What could not be decided must not count as access, and a
    Compliance Finding alone has a status that says that the outcome is unknown.
    """
    return DETECTION_FINDING if isinstance(seen.outcome, ExternalAccess) else COMPLIANCE_FINDING


def _activity(finding: Finding) -> tuple[int, str]:
    if finding.status is Status.RESOLVED:
        return CLOSE
    return CREATE if finding.updated_at == finding.created_at else UPDATE


def _finding_info(finding: Finding) -> dict[str, Any]:
    seen = finding.observation
    rule = rule_of(seen)
    info = {
        "uid": finding.id,
        "title": title_of(seen),
        "desc": description_of(seen),
        "types": [seen.finding_type.value],
        "analytic": {"uid": rule.id, "name": rule.title, "desc": rule.description, "type_id": 1, "type": "Rule"},
        "created_time": _milliseconds(finding.created_at),
        "first_seen_time": _milliseconds(finding.created_at),
        "modified_time": _milliseconds(finding.updated_at),
    }
    if finding.status is not Status.RESOLVED:
        info["last_seen_time"] = _milliseconds(finding.analyzed_at)
    return info


def _cloud(seen: Observation, partition: str) -> dict[str, Any]:
    return {"provider": "AWS", "account": _account(seen), "cloud_partition": partition, **_region(seen)}


def _resource(seen: Observation, partition: str) -> dict[str, Any]:
    return {
        "uid": seen.resource,
        "type": seen.resource_type,
        "owner": {"account": _account(seen)},
        "cloud_partition": partition,
        **_region(seen),
        "role_id": 3,
        "role": "Affected",
    }


def _account(seen: Observation) -> dict[str, Any]:
    return {"uid": seen.resource_owner_account, "type_id": 10, "type": "AWS Account"}


def _region(seen: Observation) -> dict[str, str]:
    return {} if seen.region == NO_REGION else {"region": seen.region}


def _compliance(finding: Finding) -> dict[str, Any]:
    seen = finding.observation
    rule = rule_of(seen)
    more: dict[str, Any]
    match seen.outcome:
        case CredentialRisk(severity=severity):
            # What is worth knowing, and no fault by itself, fails nothing.
            status = WARNING if severity is Severity.INFORMATIONAL else FAIL
            if finding.status is Status.RESOLVED:
                status = PASS
            more = {"standards": [BENCHMARK]} if rule.check and rule.check.cis else {}
        case AnalysisError(code=code, reason=reason):
            status, more = UNKNOWN, {"status_code": code.value, "status_details": [reason]}
        case ExternalAccess():
            raise AssertionError(seen)  # it is no Compliance Finding
    asked = {"requirements": requirements} if (requirements := requirements_of(rule)) else {}
    return {"control": rule.id, "desc": rule.description, **_coded("status_id", "status", status), **more, **asked}


def _coded(number: str, name: str, value: tuple[int, str]) -> dict[str, Any]:
    return {number: value[0], name: value[1]}


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
