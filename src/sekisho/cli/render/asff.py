"""Findings in the AWS Security Finding Format, as `BatchImportFindings` of AWS Security Hub takes them.

Source: AWS Security Hub API reference, `AwsSecurityFinding`, with its limits; AWS Security Hub User Guide, "Required
top-level ASFF attributes" and "Types taxonomy for ASFF"; IAM User Guide, "Integrate IAM Access Analyzer with AWS
Security Hub".
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialKind,
    CredentialRisk,
    ExternalAccess,
    FindingType,
    Observation,
    Severity,
)
from sekisho.cli.escape import plain
from sekisho.cli.render.documents import json_array
from sekisho.cli.render.exports import (
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
from sekisho.findings import Finding, Status, format_time

SCHEMA_VERSION: Final = "2018-10-08"

LONGEST_TITLE: Final = 256
LONGEST_DESCRIPTION: Final = 1024
LONGEST_ADVICE: Final = 512
LONGEST_FIELD: Final = 2048
MOST_REQUIREMENTS: Final = 32

BEST_PRACTICES: Final = "Software and Configuration Checks/AWS Security Best Practices"

TYPES: Final = {
    FindingType.EXTERNAL_ACCESS: f"{BEST_PRACTICES}/External Access Granted",
    FindingType.UNUSED_IAM_USER_ACCESS_KEY: f"{BEST_PRACTICES}/Unused IAM User Access Key",
    FindingType.UNUSED_IAM_USER_PASSWORD: f"{BEST_PRACTICES}/Unused IAM User Password",
    FindingType.UNUSED_IAM_ROLE: f"{BEST_PRACTICES}/Unused IAM Role",
    FindingType.UNUSED_PERMISSION: f"{BEST_PRACTICES}/Unused Permission",
    FindingType.CREDENTIAL: BEST_PRACTICES,
}
"""The types that AWS's own Access Analyzer sends, where it has one."""
PUBLIC_TYPE: Final = "Effects/Data Exposure/External Access Granted"
NOT_DECIDED_TYPE: Final = f"{BEST_PRACTICES}/Not Decided"

RESOURCE_TYPES: Final = {
    "AWS::Account": "AwsAccount",
    "AWS::DynamoDB::Table": "AwsDynamoDbTable",
    "AWS::ECR::Repository": "AwsEcrRepository",
    "AWS::IAM::Role": "AwsIamRole",
    "AWS::IAM::User": "AwsIamUser",
    "AWS::KMS::Key": "AwsKmsKey",
    "AWS::Lambda::Function": "AwsLambdaFunction",
    "AWS::Lambda::LayerVersion": "AwsLambdaLayerVersion",
    "AWS::RDS::DBClusterSnapshot": "AwsRdsDbClusterSnapshot",
    "AWS::RDS::DBSnapshot": "AwsRdsDbSnapshot",
    "AWS::S3::Bucket": "AwsS3Bucket",
    "AWS::SNS::Topic": "AwsSnsTopic",
    "AWS::SQS::Queue": "AwsSqsQueue",
    "AWS::SecretsManager::Secret": "AwsSecretsManagerSecret",
}
OTHER_TYPE: Final = "Other"
"""For what ASFF has no type of its own."""

KEY_ID: Final = re.compile("[A-Z0-9]{16,128}")
"""An id of an access key; where it is not known there is a column of the report. Source: IAM API reference."""
REGION: Final = re.compile("[a-z0-9-]{1,16}")

WORKFLOWS: Final = {Status.ACTIVE: "NEW", Status.ARCHIVED: "SUPPRESSED", Status.RESOLVED: "RESOLVED"}

FIELDS: Final = (
    "resourceType", "resourceOwnerAccount", "principal", "action", "condition", "isPublic", "witness", "because",
    "blockedBy", "severityRule", "check", "credentialType", "credential", "lastUsed", "thresholdDays", "dataAt",
    "facts", "error", "atMost",
)  # fmt: skip
"""The members of a finding that travel as fields of the product."""


def render_asff(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of one JSON array, one finding to a line."""
    return json_array(printable(_document(one)) for one in findings)


def clipped(text: str, most: int) -> str:
    """Return a text of at most so many bytes, with an ellipsis where it was longer.

    The limits are told in characters. Counting bytes keeps to them whatever a character is.
    """
    encoded = plain(text).encode()
    if len(encoded) <= most:
        return encoded.decode()
    return encoded[: most - len("…".encode())].decode(errors="ignore") + "…"


def _document(finding: Finding) -> dict[str, Any]:
    """Return one finding.

    The account is the analyzer's, and not the owner's of the resource: with the product ARN of a product of one's own,
    Security Hub takes findings only of the account that sends them. The owner is among the fields of the product.
    """
    seen = finding.observation
    _, partition, _, region, account, _ = finding.analyzer_arn.split(":", 5)
    document = {
        "SchemaVersion": SCHEMA_VERSION,
        "Id": finding.id,
        "ProductArn": f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default",
        "ProductName": PRODUCT,
        "CompanyName": PRODUCT,
        "GeneratorId": f"sekisho/{rule_of(seen).id}",
        "AwsAccountId": account,
        **_rating(seen),
        **_times(finding),
        "Title": clipped(title_of(seen), LONGEST_TITLE),
        "Description": clipped(description_of(seen), LONGEST_DESCRIPTION),
        "ProductFields": _fields(finding),
        "Resources": _resources(seen, partition),
        "Workflow": {"Status": WORKFLOWS[finding.status]},
        "RecordState": "ARCHIVED" if finding.status is Status.RESOLVED else "ACTIVE",
    }
    if remedy := remedy_of(seen):
        document["Remediation"] = {"Recommendation": {"Text": clipped(remedy, LONGEST_ADVICE)}}
    if compliance := _compliance(finding):
        document["Compliance"] = compliance
    return document


def _rating(seen: Observation) -> dict[str, Any]:
    """Return severity and types, once for a new finding and once for what it becomes later."""
    if seen.severity is None:
        # A finding has to have a label. `INFORMATIONAL` would say that no issue was found.
        severity = {"Label": Severity.MEDIUM.name, "Original": rule_of(seen).id}
    else:
        severity = {"Label": seen.severity.name, "Original": seen.severity.name}
    rating = {"Severity": severity, "Types": [_type(seen)]}
    return {**rating, "FindingProviderFields": rating}


def _type(seen: Observation) -> str:
    match seen.outcome:
        case AnalysisError():
            return NOT_DECIDED_TYPE
        case ExternalAccess(is_public=True):
            return PUBLIC_TYPE
        case _:
            return TYPES[seen.finding_type]


def _times(finding: Finding) -> dict[str, str]:
    """Return the times; every scan updates the record, which is forgotten 90 days after its last update."""
    return {
        "CreatedAt": format_time(finding.created_at),
        "UpdatedAt": format_time(max(finding.updated_at, finding.analyzed_at)),
        "FirstObservedAt": format_time(finding.created_at),
        "LastObservedAt": format_time(finding.analyzed_at),
    }


def _fields(finding: Finding) -> dict[str, str]:
    """Return what ASFF has no place for; what is not text as JSON."""
    values = members_of(finding, FIELDS)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    fields = {f"sekisho/{name}": clipped(text, LONGEST_FIELD) for name, text in texts.items() if text.strip()}
    return {"ProviderName": PRODUCT, "ProviderVersion": VERSION, **fields}


def _resources(seen: Observation, partition: str) -> list[dict[str, Any]]:
    place = {"Partition": partition}
    if REGION.fullmatch(seen.region) and seen.region != NO_REGION:
        place["Region"] = seen.region
    of_type = RESOURCE_TYPES.get(seen.resource_type, OTHER_TYPE)
    resources: list[dict[str, Any]] = [{"Type": of_type, "Id": seen.resource, **place}]
    match seen.outcome:
        case CredentialRisk(kind=CredentialKind.ACCESS_KEY, credential=key) if KEY_ID.fullmatch(key):
            resources.append({"Type": "AwsIamAccessKey", "Id": key, **place})
        case _:
            pass
    return resources


def _compliance(finding: Finding) -> dict[str, Any]:
    """Return the outcome of a check; empty for what is none, and for what is worth knowing and no fault."""
    seen = finding.observation
    match seen.outcome:
        case CredentialRisk(severity=severity) if severity is not Severity.INFORMATIONAL:
            requirements = requirements_of(rule_of(seen))[:MOST_REQUIREMENTS]
            status = "PASSED" if finding.status is Status.RESOLVED else "FAILED"
            return {"Status": status, **({"RelatedRequirements": requirements} if requirements else {})}
        case AnalysisError(code=code):
            why = {"ReasonCode": code.value, "Description": clipped(description_of(seen), LONGEST_DESCRIPTION)}
            return {"Status": "NOT_AVAILABLE", "StatusReasons": [why]}
        case _:
            return {}
