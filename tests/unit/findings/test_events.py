import json

from msgspec.structs import replace

from sekisho.findings import Change, ChangeKind, Finding, Status, finding_event
from unit.findings.builders import ANALYZER, MONDAY, TUESDAY, analysis, analysis_error, external_access, rescan

ACCESS = rescan((), analysis(external_access()), now=MONDAY).new[0]
ERROR = rescan((), analysis(analysis_error()), now=MONDAY).new[0]

# Source: IAM User Guide, "Monitoring AWS IAM Access Analyzer with Amazon EventBridge": the examples' members.
ENVELOPE = {
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
}  # fmt: skip
OF_BOTH = {
    "accountId", "analyzedAt", "createdAt", "id", "isDeleted", "region", "resource", "resourceType", "status",
    "updatedAt", "version",
}  # fmt: skip
OF_ACCESS = {"action", "condition", "isPublic", "principal"}


def change(finding: Finding, kind: ChangeKind = ChangeKind.CREATED) -> Change:
    return Change(kind, finding, None, TUESDAY, "scan")


def test_the_event_of_access_has_the_members_of_the_documented_one() -> None:
    event = finding_event(change(ACCESS), 1)

    assert set(event) == ENVELOPE
    assert set(event["detail"]) == OF_BOTH | OF_ACCESS
    assert event["detail-type"] == "Access Analyzer Finding"
    assert event["source"] == "aws.access-analyzer"
    assert (event["account"], event["region"], event["resources"]) == ("111122223333", "us-west-2", [ANALYZER])
    assert event["time"] == "2026-11-17T08:00:00Z"
    assert event["detail"]["createdAt"] == "2026-11-16T08:00:00Z"
    json.dumps(event)


def test_the_event_of_an_error_has_no_access() -> None:
    detail = finding_event(change(ERROR), 1)["detail"]

    assert set(detail) == OF_BOTH | {"error"}
    assert detail["error"] == "ACCESS_DENIED"


def test_a_deletion_says_so_and_keeps_the_status() -> None:
    resolved = replace(ACCESS, status=Status.RESOLVED)

    detail = finding_event(change(resolved, ChangeKind.DELETED), 2)["detail"]

    assert (detail["isDeleted"], detail["status"]) == (True, "RESOLVED")


def test_an_event_has_the_same_id_however_often_it_is_made_and_another_for_every_change() -> None:
    again = replace(ACCESS, created_at=TUESDAY)  # deleted, and found once more
    ids = [finding_event(change(one), number)["id"] for one in (ACCESS, ERROR, again) for number in (1, 2)]

    assert len(set(ids)) == len(ids)
    assert ids[0] == finding_event(change(ACCESS), 1)["id"]
