"""Analyzers of unused access over the API: boto3 in front, a recording of an account's credentials behind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_accessanalyzer import AccessAnalyzerClient

from sekisho.api import Role
from sekisho.collectors import LiveCredentialsReader, LiveOptions, write_recording
from surfaces.aws import ENVIRONMENT
from surfaces.fake_iam import IDLE, OWNER, FakeIam, running_iam
from surfaces.serving import REGION, Program, wait_for

pytestmark = pytest.mark.slow

ANALYZER = f"arn:aws:access-analyzer:{REGION}:{OWNER}:analyzer/unused"
ALICE = f"arn:aws:iam::{OWNER}:user/people/alice"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAST = "2026-06-01T09:00:00Z"
EXEMPTION = """
[exemption.signer]
users = ["signer"]
owner = "security@example.com"
reason = "it signs for the old client"
until = 2999-12-31
"""


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIam]:
    with running_iam() as fake:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": fake.endpoint, "AWS_REGION": REGION}.items():
            monkeypatch.setenv(name, value)
        unused = {"LastUsedDate": LAST, "ServiceName": "s3", "Region": "eu-west-1"}
        fake.answers("GetAccessKeyLastUsed", {"UserName": "alice", "AccessKeyLastUsed": unused})
        yield fake


@pytest.fixture
def recording(iam: FakeIam, tmp_path: Path) -> Path:
    file = tmp_path / "credentials.jsonl"
    write_recording(LiveCredentialsReader(LiveOptions(), now=lambda: NOON).read(), file)
    assert iam.count("GetCredentialReport") == 1
    return file


@pytest.fixture
def aws(recording: Path, tmp_path: Path) -> Iterator[AccessAnalyzerClient]:
    (tmp_path / "sekisho.toml").write_text(EXEMPTION)
    program = Program(tmp_path, {**ENVIRONMENT, "SEKISHO_REGION": REGION})
    key = program.issue_key(Role.ADMIN)
    with program.serving("--recording", str(recording)) as served:
        yield served.client(key)


def make(aws: AccessAnalyzerClient, age: int = 90) -> list[Any]:
    """Make the analyzer, and return what it finds, all of it by pages of two."""
    configuration: Any = {"unusedAccess": {"unusedAccessAge": age}}
    made = aws.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS", configuration=configuration)
    assert made["arn"] == ANALYZER
    return wait_for(listing(aws))


def listing(aws: AccessAnalyzerClient, **of: Any) -> Callable[[], list[Any]]:
    pages = aws.get_paginator("list_findings_v2")

    def listed() -> list[Any]:
        walked = pages.paginate(analyzerArn=ANALYZER, PaginationConfig={"PageSize": 2}, **of)
        return [one for page in walked for one in page["findings"]]

    return listed


def active(aws: AccessAnalyzerClient, finding_type: str) -> Callable[[], list[Any]]:
    return listing(aws, filter={"status": {"eq": ["ACTIVE"]}, "findingType": {"eq": [finding_type]}})


def test_what_is_unused_is_told_in_the_shapes_of_version_2(aws: AccessAnalyzerClient) -> None:
    found = make(aws)
    assert len({one["id"] for one in found}) == len(found)
    (key,) = active(aws, "UnusedIAMUserAccessKey")()
    assert (key["resource"], key["resourceType"], key["resourceOwnerAccount"]) == (ALICE, "AWS::IAM::User", OWNER)

    got = aws.get_finding_v2(analyzerArn=ANALYZER, id=key["id"])
    assert got["findingType"] == "UnusedIAMUserAccessKey"
    (details,) = got["findingDetails"]
    last = datetime.fromisoformat(LAST)
    assert details == {"unusedIamUserAccessKeyDetails": {"accessKeyId": "AKIAEXAMPLEALICE", "lastAccessed": last}}

    ours = next(one for one in found if one["findingType"] == "Credential")
    assert aws.get_finding_v2(analyzerArn=ANALYZER, id=ours["id"])["findingDetails"] == []


def test_they_are_counted_by_type_and_account(aws: AccessAnalyzerClient) -> None:
    found = make(aws)
    first = next(one["id"] for one in found if one["status"] == "ACTIVE")
    aws.update_findings(analyzerArn=ANALYZER, status="ARCHIVED", ids=[first])
    left = sum(one["status"] == "ACTIVE" for one in listing(aws)())

    (counted,) = aws.get_findings_statistics(analyzerArn=ANALYZER)["findingsStatistics"]

    unused = counted["unusedAccessFindingsStatistics"]
    assert (unused["totalActiveFindings"], unused["totalArchivedFindings"]) == (left, 2)
    assert sum(one["total"] for one in unused["unusedAccessTypeStatistics"]) == left
    (account,) = unused["topAccounts"]
    assert (account["account"], account["numberOfActiveFindings"]) == (OWNER, left)
    assert sum(account["details"].values()) == left


def test_another_age_is_looked_for_at_once(aws: AccessAnalyzerClient) -> None:
    make(aws)
    shown: Any = aws.get_analyzer(analyzerName="unused")["analyzer"]["configuration"]
    assert shown == {"unusedAccess": {"unusedAccessAge": 90}}

    longer: Any = {"unusedAccess": {"unusedAccessAge": 365}}
    assert aws.update_analyzer(analyzerName="unused", configuration=longer)["configuration"] == longer

    wait_for(lambda: not active(aws, "UnusedIAMUserAccessKey")())
    closed = listing(aws, filter={"findingType": {"eq": ["UnusedIAMUserAccessKey"]}})()
    assert [one["status"] for one in closed] == ["RESOLVED"]


def test_who_is_excluded_by_a_tag_has_no_findings(aws: AccessAnalyzerClient) -> None:
    assert any(one["resource"] == ALICE for one in make(aws))

    exclusions: Any = [{"resourceTags": [{"team": "web"}]}]
    without: Any = {"unusedAccess": {"unusedAccessAge": 90, "analysisRule": {"exclusions": exclusions}}}
    assert aws.update_analyzer(analyzerName="unused", configuration=without)["configuration"] == without

    of_alice = listing(aws, filter={"resource": {"eq": [ALICE]}, "status": {"eq": ["ACTIVE"]}})
    wait_for(lambda: {one["findingType"] for one in of_alice()} == {"Credential"})
    assert active(aws, "UnusedIAMRole")()


def test_an_unused_role_is_told_in_the_shapes_of_version_2(aws: AccessAnalyzerClient) -> None:
    make(aws)
    (role,) = active(aws, "UnusedIAMRole")()

    assert (role["resource"], role["resourceType"]) == (IDLE, "AWS::IAM::Role")
    (details,) = aws.get_finding_v2(analyzerArn=ANALYZER, id=role["id"])["findingDetails"]
    assert details == {"unusedIamRoleDetails": {}}


def test_unused_permissions_are_told_service_by_service(iam: FakeIam, tmp_path: Path) -> None:
    file = tmp_path / "credentials.jsonl"
    write_recording(LiveCredentialsReader(LiveOptions(), now=lambda: NOON, unused_permissions=True).read(), file)
    assert iam.count("GenerateServiceLastAccessedDetails")
    program = Program(tmp_path, {**ENVIRONMENT, "SEKISHO_REGION": REGION})
    key = program.issue_key(Role.ADMIN)
    with program.serving("--recording", str(file)) as served:
        client = served.client(key)
        make(client)
        found = active(client, "UnusedPermission")()
        told = [client.get_finding_v2(analyzerArn=ANALYZER, id=one["id"])["findingDetails"] for one in found]

    by_service = {details["unusedPermissionDetails"]["serviceNamespace"]: details for (details,) in told}
    assert set(by_service) == {"s3", "sqs"}
    assert "actions" not in by_service["sqs"]["unusedPermissionDetails"]
    assert all(one["action"].startswith("s3:") for one in by_service["s3"]["unusedPermissionDetails"]["actions"])


def test_an_update_without_a_configuration_changes_nothing(aws: AccessAnalyzerClient) -> None:
    make(aws, age=40)

    aws.update_analyzer(analyzerName="unused")

    shown: Any = aws.get_analyzer(analyzerName="unused")["analyzer"]["configuration"]
    assert shown == {"unusedAccess": {"unusedAccessAge": 40}}


def test_a_list_of_another_kind_is_refused_also_where_nothing_would_be_in_it(aws: AccessAnalyzerClient) -> None:
    make(aws)
    with pytest.raises(aws.exceptions.ValidationException):
        aws.list_findings(analyzerArn=ANALYZER, filter={"isPublic": {"eq": ["true"]}})


def test_what_is_of_external_access_alone_is_refused(aws: AccessAnalyzerClient) -> None:
    (first, *_) = make(aws)
    refused: list[Callable[[], Any]] = [
        lambda: aws.list_findings(analyzerArn=ANALYZER),
        lambda: aws.get_finding(analyzerArn=ANALYZER, id=first["id"]),
        lambda: aws.list_analyzed_resources(analyzerArn=ANALYZER),
        lambda: aws.get_analyzed_resource(analyzerArn=ANALYZER, resourceArn=ALICE),
        lambda: aws.start_resource_scan(analyzerArn=ANALYZER, resourceArn="arn:aws:s3:::logs"),
        lambda: aws.create_access_preview(
            analyzerArn=ANALYZER, configurations={"arn:aws:s3:::logs": {"s3Bucket": {"bucketPolicy": "{}"}}}
        ),
    ]
    for ask in refused:
        with pytest.raises(ClientError) as caught:
            ask()
        assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_what_is_exempt_is_archived(aws: AccessAnalyzerClient, tmp_path: Path) -> None:
    assert (tmp_path / "sekisho.toml").exists()
    make(aws)
    (exempt,) = listing(aws, filter={"status": {"eq": ["ARCHIVED"]}})()

    assert exempt["resource"] == f"arn:aws:iam::{OWNER}:user/signer"


@pytest.mark.parametrize(
    ("type_", "configuration"),
    [
        ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"unusedAccessAge": 0}}),
        ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"unusedAccessAge": 366}}),
        ("ACCOUNT_UNUSED_ACCESS", {"internalAccess": {}}),
        ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"analysisRule": {"exclusions": [{"accountIds": [OWNER]}]}}}),
        ("ACCOUNT_UNUSED_ACCESS", {"unusedAccess": {"analysisRule": {"exclusions": [{}]}}}),
        ("ACCOUNT", {"unusedAccess": {"unusedAccessAge": 90}}),
        ("ORGANIZATION_UNUSED_ACCESS", {}),
        ("ACCOUNT_INTERNAL_ACCESS", {}),
    ],
)
def test_what_cannot_be_looked_for_is_refused(aws: AccessAnalyzerClient, type_: Any, configuration: Any) -> None:
    of = {"configuration": configuration} if configuration else {}
    with pytest.raises(aws.exceptions.ValidationException):
        aws.create_analyzer(analyzerName="other", type=type_, **of)
