import pytest

from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.credentials.remedies import REMEDIES
from sekisho.analyzers.observation import ExternalAccess, Severity
from sekisho.analyzers.severity import RULES as SEVERITY_RULES
from sekisho.cli.render.exports import (
    EXTERNAL_IDS,
    NOT_DECIDED,
    OTHER,
    RULES,
    description_of,
    printable,
    requirements_of,
    rule_of,
    title_of,
)
from unit.cli.exported import access, every_kind, finding, risk_finding
from unit.findings.builders import BUCKET, analysis_error, external_access


def test_every_check_has_a_remedy_and_nothing_else_has() -> None:
    assert list(REMEDIES) == list(CHECKS)


def test_every_severity_rule_has_an_id_and_nothing_else_has() -> None:
    assert list(EXTERNAL_IDS) == [rule for rule, _ in SEVERITY_RULES]


def test_ids_are_different_and_made_of_capitals() -> None:
    ids = [rule.id for rule in RULES]

    assert len(set(ids)) == len(ids)
    assert all(one.replace("-", "").isalpha() and one.isupper() for one in ids)


def test_every_finding_has_its_own_rule() -> None:
    found = [(one.observation.outcome, rule_of(one.observation)) for one in every_kind()]

    assert {rule.id for _, rule in found} == {rule.id for rule in RULES} - {OTHER.id}
    for outcome, rule in found:
        assert rule.id.startswith("EXTERNAL-") == isinstance(outcome, ExternalAccess)


def test_a_rule_has_the_severity_of_its_findings() -> None:
    for one in every_kind():
        assert rule_of(one.observation).severity is one.observation.severity


@pytest.mark.parametrize("rule", ["", "a rule of tomorrow"])
def test_a_rule_of_another_version_is_no_other_rule(rule: str) -> None:
    assert rule_of(finding(access(rule)).observation) is OTHER


def test_titles_name_the_resource_and_an_error_is_no_access() -> None:
    assert title_of(finding(access()).observation) == f"any principal may s3:GetObject: {BUCKET}"
    assert title_of(finding(analysis_error()).observation) == f"not decided: {BUCKET}"
    assert title_of(risk_finding().observation).startswith("unused access key: arn:aws:iam::")


def test_access_that_was_stored_without_a_sentence_is_described_by_its_title() -> None:
    seen = finding(external_access({"AWS": "444455556666"})).observation

    assert description_of(seen) == f"account 444455556666 may s3:GetObject: {BUCKET}"


def test_an_error_is_described_as_what_it_is() -> None:
    assert description_of(finding(analysis_error()).observation) == ("not decided: the bucket policy could not be read")


def test_requirements_are_those_of_the_check() -> None:
    assert requirements_of(rule_of(risk_finding("CRED-KEY-OLD").observation)) == [
        "CIS AWS Foundations Benchmark 1.4-4.0: 1.14",
        "CIS AWS Foundations Benchmark 5.0: 1.13",
        "CIS AWS Foundations Benchmark 6.0: 2.13",
        "CIS AWS Foundations Benchmark 7.0: 2.12",
        "AWS Security Hub IAM.3",
    ]
    assert requirements_of(NOT_DECIDED) == []


def test_printable_reaches_everything() -> None:
    assert printable({"\x1b": ["\ud800", {"a": "\u202e", "b": 1, "c": None}]}) == {
        "\\x1b": ["\\ud800", {"a": "\\u202e", "b": 1, "c": None}]
    }


def test_severities_are_those_that_are_known() -> None:
    assert {rule.severity for rule in RULES} == {*Severity, None}
