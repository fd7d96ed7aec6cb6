import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers.observation import AnalysisError, ErrorCode, Severity
from sekisho.cli.escape import plain
from sekisho.cli.render.asff import FIELDS, OTHER_TYPE, RESOURCE_TYPES, clipped, render_asff
from sekisho.findings import Finding, Status
from sekisho.resources.registry import READERS
from unit.cli.exported import KEY_ID, USER, access, every_kind, finding, hostile_findings, risk_finding
from unit.findings.builders import ACCOUNT, BUCKET, analysis_error

SERVICE = botocore.session.get_session().get_service_model("securityhub")
REQUEST = SERVICE.shape_for("BatchImportFindingsRequest")
FINDING = SERVICE.shape_for("AwsSecurityFinding")
DETAILS = SERVICE.shape_for("ResourceDetails")

LONGEST = re.compile(r"Maximum (?:length )?of (\d+)")
"""How the service's own description says a limit."""
MOST_ITEMS = re.compile(r"Maximum number of (\d+) item")
LARGEST_FINDING = 240 * 1024
SECURITY_HUB_ALONE = {"AwsAccount"}
"""Types that Security Hub uses in findings of its own, and describes no details of."""


def findings_of(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads("\n".join(render_asff(findings)))
    return found


def finding_of(one: Finding) -> dict[str, Any]:
    (found,) = findings_of([one])
    return found


def leaves(shape: Shape, value: Any, limits: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with what the description says of it."""
    match shape, value:
        case StructureShape(), dict():
            for name, part in value.items():
                member = shape.members[name]
                yield from leaves(member, part, member.documentation)
        case ListShape(), list():
            most = MOST_ITEMS.search(limits)
            assert most is None or len(value) <= int(most[1]), limits
            for part in value:
                yield from leaves(shape.member, part, shape.member.documentation)
        case MapShape(), dict():
            for name, part in value.items():
                yield name, ""
                yield from leaves(shape.value, part)
        case StringShape(), str():
            assert not shape.enum or value in shape.enum, value
            yield value, limits
        case _:
            raise AssertionError((shape, value))


def check(found: dict[str, Any]) -> None:
    report = ParamValidator().validate({"Findings": [found]}, REQUEST)
    assert not report.has_errors(), report.generate_report()
    for text, limits in leaves(FINDING, found):
        most = LONGEST.search(limits)
        assert most is None or len(text.encode()) <= int(most[1]), text
        assert re.search(r"\S", text)
        assert plain(text) == text
    fields = found["ProductFields"]
    assert len(fields) <= 50
    assert all(len(name) <= 128 and len(value.encode()) <= 2048 for name, value in fields.items())
    assert len(json.dumps(found, ensure_ascii=False).encode()) <= LARGEST_FINDING


def test_every_kind_of_finding_may_be_imported() -> None:
    for found in findings_of(every_kind()):
        check(found)


@given(st.lists(hostile_findings, max_size=3))
def test_whatever_a_policy_says_may_be_imported(findings: list[Finding]) -> None:
    for found in findings_of(findings):
        check(found)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Title", "x" * 257),
        ("Description", "é" * 513),
        ("Title", " "),
        ("Title", "\x1b"),
        ("RecordState", "GONE"),
        ("Nonsense", "x"),
        ("Remediation", {"Recommendation": {"Text": "x" * 513}}),
        ("Resources", [{"Type": "Other"}]),
        ("Types", ["x"] * 51),
    ],
)
def test_the_check_refuses_what_is_wrong(member: str, value: object) -> None:
    found = finding_of(finding(access())) | {member: value}

    with pytest.raises((AssertionError, KeyError)):
        check(found)


def test_no_findings_are_an_empty_array() -> None:
    assert findings_of(()) == []


@pytest.mark.parametrize(
    ("analyzer", "product"),
    [
        pytest.param(
            "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/a",
            "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default",
            id="the analyzer's Region",
        ),
        pytest.param(
            "arn:aws-us-gov:access-analyzer:us-gov-east-1:111122223333:analyzer/a",
            "arn:aws-us-gov:securityhub:us-gov-east-1:111122223333:product/111122223333/default",
            id="GovCloud",
        ),
    ],
)
def test_the_product_is_one_of_the_analyzers_account(analyzer: str, product: str) -> None:
    found = finding_of(finding(access(), analyzer=analyzer))

    assert found["ProductArn"] == product
    assert found["AwsAccountId"] == "111122223333"
    assert found["Resources"][0]["Partition"] == analyzer.split(":")[1]


@pytest.mark.parametrize(
    ("status", "record", "workflow"),
    [
        (Status.ACTIVE, "ACTIVE", "NEW"),
        (Status.ARCHIVED, "ACTIVE", "SUPPRESSED"),
        (Status.RESOLVED, "ARCHIVED", "RESOLVED"),
    ],
)
def test_the_life_of_a_finding_is_told(status: Status, record: str, workflow: str) -> None:
    found = finding_of(finding(access(), status=status))

    assert (found["RecordState"], found["Workflow"]["Status"]) == (record, workflow)


def test_a_scan_that_changes_nothing_updates_the_record() -> None:
    found = finding_of(finding(access()))

    assert found["CreatedAt"] == found["FirstObservedAt"] == "2026-11-16T08:00:00.000Z"
    assert found["UpdatedAt"] == found["LastObservedAt"] == "2026-11-17T08:00:00.000Z"


@pytest.mark.parametrize("severity", Severity)
def test_the_severity_is_that_of_the_finding(severity: Severity) -> None:
    found = finding_of(finding(access(severity=severity)))

    assert found["Severity"]["Label"] == severity.name
    assert found["FindingProviderFields"] == {"Severity": found["Severity"], "Types": found["Types"]}


@pytest.mark.parametrize("code", ErrorCode)
def test_what_could_not_be_decided_is_neither_passed_nor_failed_nor_access(code: ErrorCode) -> None:
    found = finding_of(finding(replace(analysis_error(), code=code)))

    assert found["GeneratorId"] == "sekisho/NOT-DECIDED"
    assert found["Types"] == ["Software and Configuration Checks/AWS Security Best Practices/Not Decided"]
    assert found["Compliance"]["Status"] == "NOT_AVAILABLE"
    assert found["Compliance"]["StatusReasons"][0]["ReasonCode"] == code.value
    assert found["Severity"] == {"Label": "MEDIUM", "Original": "NOT-DECIDED"}
    assert found["Description"] == "not decided: the bucket policy could not be read"
    assert not {"sekisho/principal", "sekisho/condition", "sekisho/witness"} & set(found["ProductFields"])


def test_only_errors_are_told_as_not_decided() -> None:
    for one in every_kind():
        is_error = isinstance(one.observation.outcome, AnalysisError)
        told = finding_of(one)
        assert (told.get("Compliance", {}).get("Status") == "NOT_AVAILABLE") == is_error
        assert (told["Types"][0].endswith("/Not Decided")) == is_error


def test_a_check_is_failed_access_is_no_check_and_what_is_worth_knowing_is_no_fault() -> None:
    assert finding_of(risk_finding("CRED-KEY-OLD"))["Compliance"]["Status"] == "FAILED"
    assert "Compliance" not in finding_of(finding(access()))
    assert "Compliance" not in finding_of(risk_finding("CRED-PW-NOEXPIRY"))


def test_types_are_those_of_aws_where_it_has_them() -> None:
    named = finding(access("named outsiders can read it"))

    assert finding_of(finding(access()))["Types"] == ["Effects/Data Exposure/External Access Granted"]
    assert finding_of(named)["Types"][0].endswith("/AWS Security Best Practices/External Access Granted")
    assert finding_of(risk_finding())["Types"][0].endswith("/Unused IAM User Access Key")
    assert finding_of(risk_finding("CRED-PW-UNUSED"))["Types"][0].endswith("/Unused IAM User Password")


def test_an_access_key_is_a_resource_where_its_id_is_known() -> None:
    assert finding_of(risk_finding())["Resources"] == [
        {"Type": "AwsIamUser", "Id": USER, "Partition": "aws"},
        {"Type": "AwsIamAccessKey", "Id": KEY_ID, "Partition": "aws"},
    ]
    assert len(finding_of(risk_finding(credential="1"))["Resources"]) == 1


@pytest.mark.parametrize("resource_type", [*READERS, "AWS::IAM::User", "AWS::Account"])
def test_a_type_of_resource_is_one_that_asff_has_or_other(resource_type: str) -> None:
    told = finding_of(finding(access(), resource_type=resource_type))["Resources"][0]["Type"]

    assert isinstance(DETAILS, StructureShape)
    known = {*DETAILS.members, *SECURITY_HUB_ALONE}
    assert told in known
    same = {name.casefold() for name in known} & {resource_type.replace("::", "").casefold()}
    assert (told == OTHER_TYPE) == (not same)


def test_no_type_is_translated_that_nothing_is_of() -> None:
    assert set(RESOURCE_TYPES) <= {*READERS, "AWS::IAM::User", "AWS::Account"}


def test_the_owner_and_the_proof_travel_as_fields() -> None:
    found = finding_of(finding(access()))

    assert found["Resources"] == [{"Type": "AwsS3Bucket", "Id": BUCKET, "Partition": "aws", "Region": "us-west-2"}]
    assert found["ProductFields"]["sekisho/resourceOwnerAccount"] == ACCOUNT
    assert json.loads(found["ProductFields"]["sekisho/witness"])["action"] == "s3:GetObject"
    assert len(FIELDS) + 2 <= 50


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        pytest.param("abc", 3, "abc", id="short enough"),
        pytest.param("abcdefg", 6, "abc…", id="too long"),
        pytest.param("ééééé", 8, "éé…", id="between the bytes of a character"),
        pytest.param("\x1b" * 3, 11, "\\x1b\\x1b…", id="longer as it is shown"),
        pytest.param("", 3, "", id="nothing"),
    ],
)
def test_a_text_is_clipped_with_an_ellipsis(text: str, most: int, shown: str) -> None:
    assert clipped(text, most) == shown


@given(st.text(st.characters(exclude_categories=())), st.integers(3, 100))
def test_a_clipped_text_is_never_too_long(text: str, most: int) -> None:
    assert len(clipped(text, most).encode()) <= most
