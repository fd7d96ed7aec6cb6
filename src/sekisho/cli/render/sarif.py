"""Findings as a SARIF log, for code scanning.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01"; GitHub Docs, "SARIF
support for code scanning".
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from sekisho.analyzers.observation import ExternalAccess, Observation, Severity
from sekisho.cli.escape import plain
from sekisho.cli.render.documents import json_array
from sekisho.cli.render.exports import (
    PRODUCT,
    RULES,
    VERSION,
    Rule,
    description_of,
    printable,
    remedy_of,
    requirements_of,
    rule_of,
)
from sekisho.findings import Finding, Status, format_time, witness_document

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
    None: "warning",
}
"""What could not be decided has no severity. It counts as medium: it asks for work, and not before all else."""

SCORES: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""What GitHub reads as critical, high, medium and low; a rule without a score is no matter of security to it."""

_PLACES: Final = {rule.id: place for place, rule in enumerate(RULES)}


def render_sarif(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of one log with one run, one result to a line.

    There is no invocation in it. One that says `executionSuccessful: false` makes GitHub refuse the whole log, and one
    that says true would promise that everything was looked at, which findings alone cannot know. What could not be
    decided is a result of a rule of its own, which every consumer shows.

    Source: GitHub's upload-sarif action, which takes "unsuccessful execution" as the answer to such a log.
    """
    driver = {"name": PRODUCT, "version": VERSION, "rules": [_rule(one) for one in RULES]}
    yield f'{{"$schema":"{SCHEMA}","version":"2.1.0","runs":[{{"tool":{{"driver":{json.dumps(driver)}}},"results":'
    yield from json_array(printable(_result(one)) for one in findings)
    yield "}]}"


def _rule(rule: Rule) -> dict[str, Any]:
    score = None if rule.severity is None else SCORES.get(rule.severity)
    properties = {"tags": ["security", *requirements_of(rule)]} | ({"security-severity": score} if score else {})
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": " ".join(filter(None, (rule.description, rule.remedy)))},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }


def _result(finding: Finding) -> dict[str, Any]:
    seen = finding.observation
    rule = rule_of(seen)
    return {
        "ruleId": rule.id,
        "ruleIndex": _PLACES[rule.id],
        **_verdict(finding),
        "message": {"text": _message(seen)},
        "locations": [_location(seen)],
        "fingerprints": {"findingId/v1": finding.id},
        # The one name that GitHub looks at.
        "partialFingerprints": {"primaryLocationLineHash": finding.id},
        # Either all results of a run have the member or none has: an empty list says that it is not suppressed.
        "suppressions": _suppressions(finding),
        "properties": _properties(finding),
    }


def _verdict(finding: Finding) -> dict[str, str]:
    """Say how bad it is; of what is resolved, that the rule is met now."""
    if finding.status is Status.RESOLVED:
        return {"kind": "pass", "level": "none"}
    # "open" would be SARIF's word for what could not be decided. It goes with no level, and consumers that look at
    # levels alone would not show it.
    return {"kind": "fail", "level": LEVELS[finding.observation.severity]}


def _message(seen: Observation) -> str:
    """Return a sentence that names the resource, with nothing in it that a viewer takes for a placeholder or a link."""
    said = description_of(seen)
    is_whole = isinstance(seen.outcome, ExternalAccess) and seen.outcome.sentence
    text = said if is_whole else f"{plain(seen.resource)}: {said}"
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _location(seen: Observation) -> dict[str, Any]:
    """Return the resource as a place.

    GitHub asks for a file, and refuses a log with a URI whose scheme is not that of its checkout. An ARN with all of
    its colons and slashes encoded has no scheme and is one file name.
    """
    line = 1
    if isinstance(seen.outcome, ExternalAccess):
        line = next((one.line for one in seen.outcome.because if one.line is not None), 1)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(plain(seen.resource), safe="")},
            "region": {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": seen.resource, "kind": "resource"}],
    }


def _suppressions(finding: Finding) -> list[dict[str, str]]:
    if finding.status is not Status.ARCHIVED:
        return []
    why = {"justification": finding.archived_by} if finding.archived_by else {}
    return [{"kind": "external", "status": "accepted", **why}]


def _properties(finding: Finding) -> dict[str, Any]:
    seen = finding.observation
    proof = {"witness": witness_document(seen.outcome.witness)} if isinstance(seen.outcome, ExternalAccess) else {}
    return {
        "findingType": seen.finding_type.value,
        "severity": None if seen.severity is None else seen.severity.name,
        "resourceType": seen.resource_type,
        "resourceOwnerAccount": seen.resource_owner_account,
        "region": seen.region,
        "remedy": remedy_of(seen),
        **proof,
        "createdAt": format_time(finding.created_at),
        "analyzedAt": format_time(finding.analyzed_at),
    }
