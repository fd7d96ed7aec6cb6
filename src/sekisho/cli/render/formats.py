"""Findings for programs: JSON, JSON Lines and CSV."""

from collections.abc import Iterable, Iterator
from typing import Final

from sekisho.cli.render.documents import csv_records, json_array, json_lines
from sekisho.findings import Finding, finding_document

COLUMNS: Final = (
    "id", "findingType", "status", "severity", "isPublic", "resource", "resourceType", "resourceOwnerAccount",
    "sentence", "principal", "action", "condition", "because", "witness", "blockedBy", "sources",
    "resourceControlPolicyRestriction", "remedy", "severityRule", "approximations", "error", "reason",
    "check", "credentialType", "credential", "lastUsed", "thresholdDays", "facts", "dataAt",
    "createdAt", "analyzedAt", "updatedAt",
)  # fmt: skip
"""One column for each member that a finding's JSON object may have; a test compares them."""


def render_json(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of one JSON array, one finding to a line."""
    return json_array(map(finding_document, findings))


def render_jsonl(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one JSON object for each finding."""
    return json_lines(map(finding_document, findings))


def render_csv(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the records of a CSV table with a heading, safe to open in a spreadsheet."""
    return csv_records(COLUMNS, map(finding_document, findings))
