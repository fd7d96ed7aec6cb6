import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from sekisho.analyzers.observation import AnalysisError, ExternalAccess, Severity
from sekisho.cli.render.ocsf import EVIDENCE, OCSF_VERSION, SEVERITIES, STATUSES, render_ocsf
from sekisho.findings import Finding, Status, finding_document
from unit.cli.exported import access, every_kind, finding, hostile_findings, risk_finding
from unit.findings.builders import ACCOUNT, BUCKET, MONDAY, TUESDAY, analysis_error

ELSEWHERE = {
    "id", "findingType", "status", "severity", "resource", "resourceType", "resourceOwnerAccount", "sentence", "remedy",
    "check", "error", "reason", "createdAt", "analyzedAt", "updatedAt",
}  # fmt: skip
"""The members of a finding that have a place of their own in OCSF."""


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = get_ocsf_schema(version=OCSF_VERSION)
    return found


@cache
def validator(class_uid: int) -> Draft202012Validator:
    ocsf = OcsfJsonSchemaEmbedded(schema())
    name = ocsf.lookup_class_name_from_uid(class_uid=class_uid)
    return Draft202012Validator(ocsf.get_class_schema(class_name=name, profiles=["cloud"]))


def caption(class_uid: int, attribute: str, value: int) -> str:
    (of_class,) = (one for one in schema()["classes"].values() if one["uid"] == class_uid)
    found: str = of_class["attributes"][attribute]["enum"][str(value)]["caption"]
    return found


def events_of(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads("\n".join(render_ocsf(findings)))
    return events


def event_of(one: Finding) -> dict[str, Any]:
    (event,) = events_of([one])
    return event


def check(event: dict[str, Any]) -> None:
    of_class = event["class_uid"]
    validator(of_class).validate(event)
    json.dumps(event, ensure_ascii=False).encode()
    for number, name in (("activity_id", "activity_name"), ("severity_id", "severity"), ("status_id", "status")):
        assert caption(of_class, number, event[number]) == event[name]
    assert caption(of_class, "type_uid", event["type_uid"]) == event["type_name"]


def test_every_kind_of_finding_fits_the_schema() -> None:
    for event in events_of(every_kind()):
        check(event)


@given(st.lists(hostile_findings, max_size=3))
def test_whatever_a_policy_says_fits_the_schema(findings: list[Finding]) -> None:
    for event in events_of(findings):
        check(event)


@pytest.mark.parametrize(
    ("member", "value"), [("severity_id", 7), ("time", "yesterday"), ("cloud", {}), ("finding_info", {}), ("extra", 1)]
)
def test_the_schema_refuses_what_is_wrong(member: str, value: object) -> None:
    event = event_of(finding(access())) | {member: value}

    assert not validator(event["class_uid"]).is_valid(event)


def test_no_findings_are_an_empty_array() -> None:
    assert events_of(()) == []


def test_access_is_detected_and_everything_else_is_a_check() -> None:
    for one in every_kind():
        is_access = isinstance(one.observation.outcome, ExternalAccess)
        assert event_of(one)["class_uid"] == (2004 if is_access else 2003)


def test_every_severity_and_status_has_a_number() -> None:
    assert set(SEVERITIES) == {*Severity, None}
    assert set(STATUSES) == set(Status)


@pytest.mark.parametrize(
    ("status", "told", "activity"),
    [
        (Status.ACTIVE, (1, "New"), "Create"),
        (Status.ARCHIVED, (3, "Suppressed"), "Update"),
        (Status.RESOLVED, (4, "Resolved"), "Close"),
    ],
)
def test_the_life_of_a_finding_is_told(status: Status, told: tuple[int, str], activity: str) -> None:
    event = event_of(finding(access(), status=status))

    assert (event["status_id"], event["status"]) == told
    assert event["activity_name"] == activity
    assert event["type_uid"] == 200400 + event["activity_id"]


def test_what_could_not_be_decided_has_no_outcome_and_no_severity() -> None:
    event = event_of(finding(analysis_error()))

    assert event["severity_id"] == 0
    assert event["compliance"] == {
        "control": "NOT-DECIDED",
        "desc": "What could not be read or decided may be open: that it has no other finding says nothing.",
        "status_id": 0,
        "status": "Unknown",
        "status_code": "ACCESS_DENIED",
        "status_details": ["the bucket policy could not be read"],
    }
    assert "evidences" not in event


def test_a_check_fails_and_names_who_else_asks_for_it() -> None:
    compliance = event_of(risk_finding("CRED-KEY-OLD"))["compliance"]

    assert (compliance["status_id"], compliance["status"], compliance["control"]) == (3, "Fail", "CRED-KEY-OLD")
    assert compliance["standards"] == ["CIS AWS Foundations Benchmark"]
    assert "AWS Security Hub IAM.3" in compliance["requirements"]


def test_what_is_worth_knowing_fails_nothing() -> None:
    assert event_of(risk_finding("CRED-PW-NOEXPIRY"))["compliance"]["status"] == "Warning"


def test_a_finding_is_told_with_its_place_its_proof_and_its_times() -> None:
    event = event_of(finding(access()))

    monday, tuesday = int(MONDAY.timestamp()) * 1000, int(TUESDAY.timestamp()) * 1000
    account = {"uid": ACCOUNT, "type_id": 10, "type": "AWS Account"}
    assert event["finding_info"]["uid"] == finding(access()).id
    assert event["finding_info"]["analytic"]["uid"] == "EXTERNAL-PUBLIC-READ"
    assert event["time"] == event["finding_info"]["created_time"] == monday
    assert event["finding_info"]["last_seen_time"] == tuesday
    assert event["cloud"] == {
        "provider": "AWS", "account": account, "cloud_partition": "aws", "region": "us-west-2",
    }  # fmt: skip
    assert event["resources"][0]["uid"] == BUCKET
    assert event["evidences"][0]["data"]["witness"]["action"] == "s3:GetObject"
    assert event["remediation"] == {"desc": "remove the account from the statement"}
    assert event["metadata"]["version"] == OCSF_VERSION


def test_what_is_gone_was_not_seen_when_it_was_looked_for() -> None:
    assert "last_seen_time" not in event_of(finding(access(), status=Status.RESOLVED))["finding_info"]


def test_what_belongs_to_no_region_has_none() -> None:
    event = event_of(risk_finding())

    assert "region" not in event["cloud"]
    assert "region" not in event["resources"][0]


def test_nothing_of_a_finding_is_lost() -> None:
    members = {member for one in every_kind() for member in finding_document(one)}

    assert members <= {*EVIDENCE, *ELSEWHERE}
    assert not {*EVIDENCE} & ELSEWHERE


def test_an_error_is_told_by_no_event_of_access() -> None:
    errors = [one for one in every_kind() if isinstance(one.observation.outcome, AnalysisError)]

    assert {event["class_name"] for event in events_of(errors)} == {"Compliance Finding"}
