import json
from datetime import UTC, datetime, timedelta, timezone

from msgspec.structs import replace

from sekisho.analyzers.observation import Blocker, Remedy, Source
from sekisho.findings import finding_document, format_time
from unit.findings.builders import MONDAY, analysis, analysis_error, external_access, rescan


def test_access_has_the_members_of_the_api_and_ours() -> None:
    access = replace(
        external_access(),
        sources=(Source("POLICY"), Source("S3_ACCESS_POINT", access_point_arn="arn:aws:s3:us-west-2:1:accesspoint/a")),
        blocked_by=(Blocker("KeyPolicy", None, "the key admits only its own account"),),
        remedy=Remedy("remove it", "{}"),
        sentence="They can read it.",
    )
    (finding,) = rescan((), analysis(access), now=MONDAY).new

    document = finding_document(finding)

    assert json.loads(json.dumps(document)) == {
        "id": finding.id,
        "findingType": "ExternalAccess",
        "status": "ACTIVE",
        "resource": "arn:aws:s3:::reports",
        "resourceType": "AWS::S3::Bucket",
        "resourceOwnerAccount": "111122223333",
        "principal": {"AWS": "444455556666"},
        "action": ["s3:GetObject"],
        "condition": {},
        "isPublic": False,
        "sources": [
            {"type": "POLICY"},
            {"type": "S3_ACCESS_POINT", "detail": {"accessPointArn": "arn:aws:s3:us-west-2:1:accesspoint/a"}},
        ],
        "resourceControlPolicyRestriction": "NOT_APPLICABLE",
        "sentence": "They can read it.",
        "severity": "HIGH",
        "severityRule": "a named account reads data",
        "witness": {
            "principal": {"AWS": "444455556666"},
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::reports/report",
            "context": {"aws:SecureTransport": "true"},
        },
        "because": [
            {"document": "BucketPolicy", "statement": 0, "sid": "ReadReports", "path": "Statement[0].Principal"}
        ],
        "blockedBy": [{"document": "KeyPolicy", "reason": "the key admits only its own account"}],
        "remedy": {"text": "remove it", "policy": "{}"},
        "approximations": [],
        "createdAt": "2026-11-16T08:00:00.000Z",
        "analyzedAt": "2026-11-16T08:00:00.000Z",
        "updatedAt": "2026-11-16T08:00:00.000Z",
    }


def test_access_that_was_stored_before_it_had_a_sentence_is_shown_without() -> None:
    (finding,) = rescan((), analysis(external_access()), now=MONDAY).new

    assert "sentence" not in finding_document(finding)


def test_a_failure_to_decide_says_nothing_of_access() -> None:
    (finding,) = rescan((), analysis(analysis_error()), now=MONDAY).new

    document = finding_document(finding)

    assert document["error"] == "ACCESS_DENIED"
    assert not {"principal", "action", "isPublic", "witness", "severity"} & set(document)


def test_times_are_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 11, 16, 9, 30, 0, 120999, tzinfo=timezone(timedelta(hours=9)))

    assert format_time(moment) == "2026-11-16T00:30:00.120Z"
    assert format_time(moment.astimezone(UTC)) == format_time(moment)
