import json
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.analyzers.observation import Because, ExternalAccess, Outcome, Remedy, WitnessRequest
from sekisho.findings import Cause, Change, ChangeKind, Finding, Status, finding_event
from unit.findings.builders import (
    ANALYZER,
    MONDAY,
    TUESDAY,
    analysis,
    analysis_error,
    credential_risk,
    external_access,
    rescan,
)


def found(outcome: Outcome) -> Finding:
    return rescan((), analysis(outcome), now=MONDAY).new[0]


ACCESS = found(external_access())
ERROR = found(analysis_error())
CAUSE = Cause("6f1e", "PutBucketPolicy", "s3.amazonaws.com", "arn:aws:iam::111122223333:user/ann", MONDAY)

# Source: IAM User Guide, "Monitoring AWS IAM Access Analyzer with Amazon EventBridge": the examples' members.
ENVELOPE = {
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
}  # fmt: skip
OF_BOTH = {
    "accountId", "analyzedAt", "createdAt", "id", "isDeleted", "region", "resource", "resourceType", "status",
    "updatedAt", "version",
}  # fmt: skip
OF_ACCESS = {"action", "condition", "isPublic", "principal"}
OURS = {"sekisho"}


def change(finding: Finding, kind: ChangeKind = ChangeKind.CREATED) -> Change:
    return Change(kind, finding, None, TUESDAY, "scan")


def test_the_event_of_access_has_the_members_of_the_documented_one() -> None:
    event = finding_event(change(ACCESS), 1)

    assert set(event) == ENVELOPE
    assert set(event["detail"]) == OF_BOTH | OF_ACCESS | OURS
    assert event["detail-type"] == "Access Analyzer Finding"
    assert event["source"] == "aws.access-analyzer"
    assert (event["account"], event["region"], event["resources"]) == ("111122223333", "us-west-2", [ANALYZER])
    assert event["time"] == "2026-11-17T08:00:00Z"
    assert event["detail"]["createdAt"] == "2026-11-16T08:00:00Z"
    json.dumps(event)


def test_the_event_of_an_error_has_no_access() -> None:
    detail = finding_event(change(ERROR), 1)["detail"]

    assert set(detail) == OF_BOTH | OURS | {"error"}
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


def ours(finding: Finding, kind: ChangeKind = ChangeKind.CREATED, cause: Cause | None = None) -> dict[str, Any]:
    told: dict[str, Any] = finding_event(replace(change(finding, kind), cause=cause), 1)["detail"]["sekisho"]
    return told


def test_the_event_of_access_says_why_and_shows_a_request() -> None:
    access = replace(external_access(), sentence="Account 444455556666 can `s3:GetObject` from the bucket `reports`.")

    assert ours(found(access), ChangeKind.RETURNED, CAUSE) == {
        "change": "RETURNED",
        "by": "scan",
        "severity": "HIGH",
        "sentence": access.sentence,
        "remedy": "remove the account from the statement",
        "because": [
            {"document": "BucketPolicy", "statement": 0, "sid": "ReadReports", "path": "Statement[0].Principal"}
        ],
        "witness": {
            "principal": {"AWS": "444455556666"},
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::reports/report",
            "context": {"aws:SecureTransport": "true"},
        },
        "cause": {
            "eventId": "6f1e",
            "eventName": "PutBucketPolicy",
            "eventSource": "s3.amazonaws.com",
            "principal": "arn:aws:iam::111122223333:user/ann",
            "at": "2026-11-16T08:00:00Z",
        },
    }


def test_the_event_of_what_stores_kept_before_there_were_sentences_has_none() -> None:
    assert "sentence" not in ours(ACCESS)


def test_the_event_of_an_error_says_why() -> None:
    assert ours(ERROR) == {"change": "CREATED", "by": "scan", "sentence": "the bucket policy could not be read"}


def test_the_event_of_a_credential_says_what_is_wrong() -> None:
    risk = credential_risk()

    assert ours(found(risk), ChangeKind.RESOLVED) == {
        "change": "RESOLVED", "by": "scan", "severity": "MEDIUM", "sentence": risk.sentence,
    }  # fmt: skip


def test_what_a_call_does_not_say_its_event_does_not_either() -> None:
    cause = Cause(None, "PutBucketPolicy", "s3.amazonaws.com")

    assert ours(ACCESS, cause=cause)["cause"] == {"eventName": "PutBucketPolicy", "eventSource": "s3.amazonaws.com"}
    assert str(cause) == "s3:PutBucketPolicy"


def because(number: int, sid: str = "s") -> tuple[Because, ...]:
    return tuple(Because("BucketPolicy", index, f"Statement[{index}]", sid) for index in range(number))


@pytest.mark.parametrize(
    ("access", "told", "omitted", "has_witness"),
    [
        pytest.param(replace(external_access(), because=because(20)), 20, None, True, id="all of it"),
        pytest.param(replace(external_access(), because=because(500)), 20, 480, True, id="many statements"),
        pytest.param(replace(external_access(), because=because(9, "s" * 5000)), 3, 6, True, id="long statements"),
        pytest.param(
            replace(external_access(), witness=WitnessRequest({}, "a", "b", {"c": ("d" * 999,) * 99})),
            1, None, False, id="a long request",
        ),
        pytest.param(
            replace(external_access(), sentence="s" * 10**6, remedy=Remedy("r" * 10**6)), 1, None, True, id="long texts"
        ),
    ],
)  # fmt: skip
def test_an_event_is_short_and_says_what_it_leaves_out(
    access: ExternalAccess, told: int, omitted: int | None, *, has_witness: bool
) -> None:
    event = ours(found(access))

    assert (len(event["because"]), event.get("becauseOmitted")) == (told, omitted)
    assert ("witness" in event) is has_witness
    assert len(json.dumps(event)) < 64 * 1024
