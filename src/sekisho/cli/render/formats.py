"""Findings for programs: JSON, JSON Lines and CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sekisho.cli.escape import plain
from sekisho.findings import Finding, finding_document

COLUMNS: Final = (
    "id", "findingType", "status", "severity", "isPublic", "resource", "resourceType", "resourceOwnerAccount",
    "sentence", "principal", "action", "condition", "because", "witness", "blockedBy", "sources",
    "resourceControlPolicyRestriction", "remedy", "severityRule", "approximations", "error", "reason",
    "createdAt", "analyzedAt", "updatedAt",
)  # fmt: skip
"""One column for each member that a finding's JSON object may have; a test compares them."""

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet compute a cell. Source: OWASP, "CSV Injection"."""


def render_json(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of one JSON array, one finding to a line."""
    opening = "["
    for finding in findings:
        yield f"{opening}{_compact(finding_document(finding))}"
        opening = ","
    yield "]" if opening == "," else "[]"


def render_jsonl(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield one JSON object for each finding."""
    for finding in findings:
        yield _compact(finding_document(finding))


def render_csv(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the records of a CSV table with a heading, safe to open in a spreadsheet."""
    yield _record(COLUMNS)
    for finding in findings:
        document = finding_document(finding)
        yield _record(_cell(document.get(column)) for column in COLUMNS)


def _compact(value: Any) -> str:
    # ASCII: the same value, and safe on any terminal.
    return json.dumps(value, separators=(",", ":"))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            text = plain(value)
        case _:
            text = _compact(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _record(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
