"""The operations on access previews, over real stores."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from msgspec.structs import replace

from sekisho.analyzers.external import analyze_external_access
from sekisho.api import ApiError, Caller, RequestContext, Role
from sekisho.api.encoding import encode_output
from sekisho.api.model import operation_models
from sekisho.api.operations.faults import answering
from sekisho.api.operations.previews import preview_operations
from sekisho.api.operations.service import Service
from sekisho.collectors import UnsupportedArnError
from sekisho.findings import (
    AccessPreview,
    Analyzer,
    AnalyzerType,
    ArchiveRule,
    Criterion,
    PreviewFindingPage,
    PreviewFindingQuery,
    PreviewPage,
    PreviewQuery,
    PreviewStatus,
    PreviewStore,
    record_scan,
)
from sekisho.resources.snapshot import RawResource, Snapshot
from sekisho.storage import SqlFindingStore, SqlPolicyGenerationStore, SqlPreviewStore, SqlReplyStore
from unit.findings.builders import MONDAY, TUESDAY
from unit.resources.builders import ACCOUNT_ZONE, BUCKET, OWNER, QUEUE, VENDOR, allow, bucket, policy_text, queue

ARN = f"arn:aws:access-analyzer:us-east-1:{OWNER}:analyzer/sekisho"
OTHER = f"arn:aws:access-analyzer:us-east-1:{OWNER}:analyzer/other"
NOWHERE = "00000000-0000-0000-0000-000000000000"
OPEN = policy_text(allow({"AWS": VENDOR}, "sqs:SendMessage"))
PARTNER = "777788889999"


class NoScanner:
    def scan(self, analyzer_arn: str) -> None:
        raise AssertionError(analyzer_arn)

    def scan_resource(self, analyzer_arn: str, resource: str, *, owner_account: str | None = None) -> None:
        raise AssertionError((analyzer_arn, resource, owner_account))


@dataclass
class Account:
    """What is there now, and the operations that are asked of it."""

    service: Service
    store: SqlFindingStore
    resources: dict[str, RawResource] = field(default_factory=dict[str, RawResource])
    now: datetime = TUESDAY

    def ask(self, operation: str, *, cursor: Any = None, **params: Any) -> Any:
        """Return the answer as it goes over the wire."""
        context = RequestContext(
            "r-1", operation, Caller("SEKIEXAMPLE", Role.ADMIN, "us-east-1"), self.now, cursor, json.dumps
        )
        asked = answering(operation, preview_operations(self.service)[operation])
        output = asked({"analyzerArn": ARN, **params}, context)
        return json.loads(encode_output(operation_models()[operation], output).body)

    def preview(self, arn: str = QUEUE, **configuration: Any) -> str:
        made: str = self.ask("CreateAccessPreview", configurations={arn: configuration})["id"]
        return made

    def findings(self, identity: str, **params: Any) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.ask("ListAccessPreviewFindings", accessPreviewId=identity, **params)[
            "findings"
        ]
        return listed

    def scan(self, *resources: RawResource) -> None:
        """Have the resources there, and their findings known."""
        self.resources = {one.arn: one for one in resources}
        snapshot = Snapshot(MONDAY, ACCOUNT_ZONE, resources)
        record_scan(self.store, snapshot, analyze_external_access(snapshot), now=MONDAY)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    url = str(tmp_path / "sekisho.db")
    with ExitStack() as held:
        store = held.enter_context(SqlFindingStore(url))
        previews = held.enter_context(SqlPreviewStore(url))
        replies = held.enter_context(SqlReplyStore(url))
        store.create_analyzer(Analyzer(ARN, AnalyzerType.ACCOUNT, MONDAY))
        store.create_analyzer(Analyzer(OTHER, AnalyzerType.ORGANIZATION, MONDAY))

        def present(arn: str, _owner: str | None) -> Snapshot:
            if not arn.startswith("arn:"):
                raise UnsupportedArnError(arn)
            return Snapshot(MONDAY, ACCOUNT_ZONE, tuple(one for one in (made.resources.get(arn),) if one is not None))

        generations = held.enter_context(SqlPolicyGenerationStore(url))
        made = Account(Service(store, previews, generations, replies, NoScanner(), present, OWNER), store)
        yield made


def refusal(account: Account, operation: str, **params: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        account.ask(operation, **params)
    return caught.value


def test_the_first_question_for_the_status_is_the_last(account: Account) -> None:
    configurations = {QUEUE: {"sqsQueue": {"queuePolicy": OPEN}}}
    identity = account.ask("CreateAccessPreview", configurations=configurations)["id"]

    assert account.ask("GetAccessPreview", accessPreviewId=identity) == {
        "accessPreview": {
            "id": identity,
            "analyzerArn": ARN,
            "createdAt": "2026-11-17T08:00:00Z",
            "status": "COMPLETED",
            "configurations": configurations,
        }
    }


def test_a_preview_tells_what_would_begin(account: Account) -> None:
    (finding,) = account.findings(account.preview(sqsQueue={"queuePolicy": OPEN}))

    assert finding.pop("id")
    assert finding == {
        "changeType": "NEW",
        "status": "ACTIVE",
        "createdAt": "2026-11-17T08:00:00Z",
        "principal": {"AWS": VENDOR},
        "action": ["sqs:SendMessage"],
        "condition": {},
        "isPublic": False,
        "resource": QUEUE,
        "resourceType": "AWS::SQS::Queue",
        "resourceOwnerAccount": OWNER,
        "resourceControlPolicyRestriction": "NOT_APPLICABLE",
    }


def test_a_preview_tells_what_would_end(account: Account) -> None:
    account.scan(queue(OPEN))

    (finding,) = account.findings(account.preview(sqsQueue={"queuePolicy": ""}))

    assert (finding["changeType"], finding["existingFindingStatus"], finding["status"]) == (
        "CHANGED", "ACTIVE", "RESOLVED",
    )  # fmt: skip
    assert finding["existingFindingId"] == account.store.finding("").id


def test_findings_stay_as_they_are(account: Account) -> None:
    account.scan(queue(OPEN))
    before = account.store.finding("")

    account.preview(sqsQueue={"queuePolicy": ""})

    assert account.store.finding("") == before


def test_archive_rules_act_on_a_preview(account: Account) -> None:
    rule = ArchiveRule(ARN, "partner", {"principal.AWS": Criterion(eq=(VENDOR,))}, MONDAY, MONDAY)
    account.store.create_archive_rule(rule)

    (finding,) = account.findings(account.preview(sqsQueue={"queuePolicy": OPEN}))

    assert (finding["changeType"], finding["status"]) == ("NEW", "ARCHIVED")


def test_a_known_bucket_is_inside_as_in_a_scan(account: Account) -> None:
    from_bucket = {"ArnEquals": {"aws:SourceArn": BUCKET}}
    policy = policy_text(allow("*", "sqs:SendMessage", Condition=from_bucket))
    assert len(account.findings(account.preview(sqsQueue={"queuePolicy": policy}))) == 1

    account.scan(bucket())

    assert account.findings(account.preview(sqsQueue={"queuePolicy": policy})) == []


def test_a_known_bucket_of_an_account_that_is_no_longer_inside_is_outside(account: Account) -> None:
    policy = policy_text(allow("*", "sqs:SendMessage", Condition={"ArnEquals": {"aws:SourceArn": BUCKET}}))

    account.scan(replace(bucket(), owner_account=PARTNER))

    assert len(account.findings(account.preview(sqsQueue={"queuePolicy": policy}))) == 1


def test_the_sources_of_a_bucket_are_shown(account: Account) -> None:
    policy = policy_text(allow({"AWS": VENDOR}, "s3:GetObject"))

    (finding,) = account.findings(account.preview(BUCKET, s3Bucket={"bucketPolicy": policy}))

    assert finding["sources"] == [{"type": "POLICY"}]


def test_a_configuration_that_cannot_be_analysed_makes_a_preview_that_failed(account: Account) -> None:
    identity = account.preview(sqsQueue={"queuePolicy": "{"})

    preview = account.ask("GetAccessPreview", accessPreviewId=identity)["accessPreview"]
    assert (preview["status"], preview["statusReason"]) == ("FAILED", {"code": "INVALID_CONFIGURATION"})
    assert account.findings(identity) == []


@pytest.mark.parametrize(
    ("configurations", "field"),
    [
        pytest.param({}, "configurations", id="no resource"),
        pytest.param({QUEUE: {"sqsQueue": {}}, BUCKET: {"s3Bucket": {}}}, "configurations", id="two resources"),
        pytest.param({QUEUE: {}}, f"configurations.{QUEUE}", id="no configuration"),
        pytest.param({QUEUE: {"sqsQueue": {}, "snsTopic": {}}}, f"configurations.{QUEUE}", id="two configurations"),
    ],
)
def test_a_preview_is_of_one_resource_with_one_configuration(
    account: Account, configurations: Mapping[str, Any], field: str
) -> None:
    error = refusal(account, "CreateAccessPreview", configurations=configurations)

    assert (error.code, error.members["reason"]) == ("ValidationException", "fieldValidationFailed")
    assert [one["name"] for one in error.members["fieldList"]] == [field]


def test_only_an_analyzer_of_an_account_makes_previews(account: Account) -> None:
    error = refusal(account, "CreateAccessPreview", analyzerArn=OTHER, configurations={QUEUE: {"sqsQueue": {}}})

    assert error.code == "ValidationException"
    assert "ORGANIZATION" in str(error)


@pytest.mark.parametrize("operation", ["CreateAccessPreview", "GetAccessPreview", "ListAccessPreviews"])
def test_an_analyzer_that_is_not_there_is_not_found(account: Account, operation: str) -> None:
    error = refusal(account, operation, analyzerArn=ARN + "2", configurations={}, accessPreviewId=NOWHERE)

    assert (error.code, error.members["resourceType"]) == ("ResourceNotFoundException", "Analyzer")


@pytest.mark.parametrize("operation", ["GetAccessPreview", "ListAccessPreviewFindings"])
def test_a_preview_that_is_not_there_is_not_found(account: Account, operation: str) -> None:
    made = account.preview(sqsQueue={})

    for params in ({"accessPreviewId": NOWHERE}, {"accessPreviewId": made, "analyzerArn": OTHER}):
        error = refusal(account, operation, **params)
        assert (error.code, error.members["resourceType"]) == ("ResourceNotFoundException", "AccessPreview")


def test_what_cannot_be_read_is_told(account: Account) -> None:
    error = refusal(account, "CreateAccessPreview", configurations={"orders": {"sqsQueue": {}}})

    assert (error.code, error.members["reason"]) == ("ValidationException", "notSupported")


def test_an_analyzer_of_an_account_that_is_not_read_makes_none(account: Account) -> None:
    foreign = ARN.replace(OWNER, VENDOR)
    account.store.create_analyzer(Analyzer(foreign, AnalyzerType.ACCOUNT, MONDAY))

    error = refusal(account, "CreateAccessPreview", analyzerArn=foreign, configurations={QUEUE: {"sqsQueue": {}}})

    assert (error.code, error.members["reason"]) == ("ValidationException", "notSupported")


def test_an_analyzer_makes_a_thousand_previews_an_hour(account: Account) -> None:
    one = account.service.previews.get(ARN, account.preview(sqsQueue={}))
    assert one is not None
    account.service = with_previews(account.service, Counted(1000))
    error = refusal(account, "CreateAccessPreview", configurations={QUEUE: {"sqsQueue": {}}})
    account.service = with_previews(account.service, Counted(999))

    assert (error.code, error.status) == ("ServiceQuotaExceededException", 402)
    assert account.preview(sqsQueue={})


def with_previews(service: Service, previews: PreviewStore) -> Service:
    return dataclasses.replace(service, previews=previews)


class Counted:
    """A `PreviewStore` that says how many were made in the last hour, and has one that is being made."""

    def __init__(self, number: int) -> None:
        self._number = number

    def save(self, preview: AccessPreview) -> None:
        """Forget it."""

    def get(self, analyzer_arn: str, preview_id: str) -> AccessPreview | None:
        return AccessPreview(preview_id, analyzer_arn, MONDAY, {}, PreviewStatus.CREATING)

    def list_previews(self, query: PreviewQuery) -> PreviewPage:
        raise AssertionError(query)

    def list_findings(self, query: PreviewFindingQuery) -> PreviewFindingPage:
        raise AssertionError(query)

    def count(self, analyzer_arn: str, *, since: datetime) -> int:
        return self._number if (analyzer_arn, since) == (ARN, TUESDAY - timedelta(hours=1)) else 0

    def delete(self, *, before: datetime) -> int:
        raise AssertionError(before)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_the_findings_of_a_preview_that_is_being_made_are_a_conflict(account: Account) -> None:
    account.service = with_previews(account.service, Counted(0))

    assert refusal(account, "ListAccessPreviewFindings", accessPreviewId=NOWHERE).code == "ConflictException"
    assert account.ask("GetAccessPreview", accessPreviewId=NOWHERE)["accessPreview"]["status"] == "CREATING"


def test_previews_are_listed_for_an_hour_the_newest_first(account: Account) -> None:
    account.preview(sqsQueue={})
    account.now = TUESDAY + timedelta(minutes=30)
    second = account.preview(sqsQueue={"queuePolicy": "{"})
    account.now = TUESDAY + timedelta(minutes=59)
    third = account.preview(sqsQueue={})

    account.now = TUESDAY + timedelta(minutes=61)
    first_page = account.ask("ListAccessPreviews", maxResults=1)
    rest = account.ask("ListAccessPreviews", maxResults=1, cursor=json.loads(first_page["nextToken"]))

    assert [one["id"] for one in first_page["accessPreviews"]] == [third]
    assert rest == {
        "accessPreviews": [
            {
                "id": second,
                "analyzerArn": ARN,
                "createdAt": "2026-11-17T08:30:00Z",
                "status": "FAILED",
                "statusReason": {"code": "INVALID_CONFIGURATION"},
            }
        ]
    }


def test_the_findings_of_a_preview_come_in_pages_and_filtered(account: Account) -> None:
    policy = policy_text(allow({"AWS": [VENDOR, PARTNER]}, "sqs:SendMessage"))
    identity = account.preview(sqsQueue={"queuePolicy": policy})
    ask = {"accessPreviewId": identity, "maxResults": 1}

    first = account.ask("ListAccessPreviewFindings", **ask)
    second = account.ask("ListAccessPreviewFindings", **ask, cursor=json.loads(first["nextToken"]))
    filtered = account.findings(identity, filter={"principal.AWS": {"eq": [PARTNER]}, "changeType": {"eq": ["NEW"]}})

    assert "nextToken" not in second
    assert {one["principal"]["AWS"] for page in (first, second) for one in page["findings"]} == {VENDOR, PARTNER}
    assert [one["principal"]["AWS"] for one in filtered] == [PARTNER]


@pytest.mark.parametrize("params", [{"maxResults": 0}, {"filter": {"color": {"eq": ["red"]}}}])
def test_a_list_that_asks_for_nothing_is_refused(account: Account, params: Any) -> None:
    identity = account.preview(sqsQueue={})

    assert refusal(account, "ListAccessPreviewFindings", accessPreviewId=identity, **params).code == (
        "ValidationException"
    )


def test_what_could_not_be_decided_is_an_error_finding(account: Account) -> None:
    account.resources = {QUEUE: replace(queue(OPEN), api_calls=(replace(queue("{").api_calls[0]),))}

    (finding,) = account.findings(account.preview(sqsQueue={}))

    assert (finding["error"], finding["changeType"]) == ("INTERNAL_ERROR", "NEW")
