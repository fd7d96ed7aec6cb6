"""Records as rows: what is together, what is apart, and what does not go on."""

import json
from typing import Any

import pytest

from sekisho.activity.record import read_records
from sekisho.activity.usage import Summarist, Summary, Tally, Usage, call_of, sample_of

OWN = "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role/app"
READS = frozenset({"bucketname", "key"})

RECORD = {
    "eventTime": "2026-10-01T08:00:00Z",
    "eventType": "AwsApiCall",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "eventID": "0a1b2c3d-0000-4000-8000-000000000001",
    "recipientAccountId": OWN,
    "userIdentity": {
        "type": "AssumedRole",
        "accountId": OWN,
        "arn": f"arn:aws:sts::{OWN}:assumed-role/app/s",
        "accessKeyId": "ASIAPLANTED",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
    },
    "requestParameters": {"bucketName": "b", "key": "k", "sseCustomerKey": "planted"},
    "responseElements": {"credentials": {"sessionToken": "planted"}},
}


def summary_of(*records: dict[str, Any]) -> Summary:
    summary = Summary()
    Summarist(READS, frozenset({"tags"}), frozenset({"environment"})).summarise(
        read_records(json.dumps({"Records": records}).encode()), summary
    )
    return summary


def rows_of(*records: dict[str, Any]) -> list[tuple[Usage, str, Tally]]:
    return [(usage, call, tally) for usage, rows in summary_of(*records).rows.items() for call, tally in rows.items()]


def test_records_that_no_policy_could_tell_apart_are_one_row() -> None:
    later = RECORD | {"eventTime": "2026-10-01T09:00:00Z", "eventID": "0a1b2c3d-0000-4000-8000-000000000002"}
    ((usage, _, tally),) = rows_of(later, RECORD, later | {"requestID": "other", "userAgent": "other"})

    assert (usage.principal, usage.day, usage.outcome) == (ROLE, "2026-10-01", "succeeded")
    assert (tally.first, tally.last) == ("2026-10-01T08:00:00Z", "2026-10-01T09:00:00Z")
    assert len(tally.event_ids) == 3
    assert {sample_of(one) for one in tally.event_ids} == {RECORD["eventID"], later["eventID"]}


def test_only_the_parameters_that_a_rule_reads_go_on() -> None:
    arn = "arn:aws:iam::111122223333:role/passed"
    parameters = {"bucketName": "b", "nested": {"KEY": ["thing"], "other": 1, "roleArn": arn}, "password": "x"}
    ((usage, call, _),) = rows_of(RECORD | {"requestParameters": parameters})

    kept = call_of(Usage(**{**{name: getattr(usage, name) for name in usage.__struct_fields__}, "call": call}))
    assert kept.parameters == {"bucketName": "b", "nested": {"KEY": ["thing"], "roleArn": arn}}


def test_nothing_else_of_a_record_goes_on() -> None:
    assert "planted" not in repr(rows_of(RECORD)).lower()


def test_resources_are_kept_in_one_order() -> None:
    one, two = {"ARN": "arn:aws:s3:::b", "accountId": OWN}, {"ARNPrefix": "arn:aws:s3:::b/", "type": "AWS::S3::Object"}
    (there,) = rows_of(RECORD | {"resources": [one, two]})
    (back,) = rows_of(RECORD | {"resources": [two, one, None, {"type": "without an ARN"}]})

    assert there[1] == back[1]
    assert '"arn:aws:s3:::b/*","AWS::S3::Object"' in there[1]


def test_what_is_no_call_is_counted_by_its_type() -> None:
    summary = summary_of(RECORD | {"eventType": "AwsServiceEvent"}, RECORD | {"eventType": "AwsConsoleSignIn"}, RECORD)

    assert summary.no_calls == {"AwsServiceEvent": 1, "AwsConsoleSignIn": 1}
    assert summary.records == 3


def test_a_record_without_a_time_is_malformed() -> None:
    summary = summary_of(RECORD | {"eventTime": None}, RECORD | {"eventTime": "yesterday"}, RECORD)

    assert (summary.malformed, len(summary.rows)) == (2, 1)


def test_a_record_without_an_identity_is_one_of_nobody_known() -> None:
    ((usage, _, _),) = rows_of({name: value for name, value in RECORD.items() if name != "userIdentity"})

    assert (usage.principal, usage.nobody) == ("", "UNKNOWN")


def test_an_event_id_that_is_no_uuid_still_tells_records_apart() -> None:
    ((_, _, tally),) = rows_of(*({**RECORD, "eventID": name} for name in ("one", "two", "one")))

    assert len(set(tally.event_ids)) == 2
    assert {sample_of(one) for one in tally.event_ids} == {""}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("0" * 36, id="no hyphens"),
        pytest.param("-" * 36, id="nothing but hyphens"),
        pytest.param("0123456-01234-0123-0123-0123456789abc", id="hyphens elsewhere"),
        pytest.param("g1234567-0123-0123-0123-0123456789ab", id="no hexadecimal digit"),
        pytest.param(" 1234567-0123-0123-0123-0123456789ab", id="a blank"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_as_long_as_a_uuid_and_is_none_does_not_spoil_the_others(name: str) -> None:
    ((_, _, tally),) = rows_of(RECORD, {**RECORD, "eventID": name})

    assert [len(one) for one in tally.event_ids] == [16, 16]
    assert [sample_of(one) for one in tally.event_ids] == [RECORD["eventID"], ""]


def test_the_message_of_a_denied_call_is_kept_without_the_name_of_its_session() -> None:
    message = (
        f"User: arn:aws:sts::{OWN}:assumed-role/app/secretive is not authorized to perform: s3:GetObject on resource:"
        " arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
    )
    ((usage, _, _),) = rows_of(RECORD | {"errorCode": "AccessDenied", "errorMessage": message})

    assert usage.outcome == "denied"
    assert json.loads(usage.denial) == ["s3:GetObject", "arn:aws:s3:::b/k", "no identity-based policy allows it"]


def test_what_people_name_themselves_does_not_go_on() -> None:
    parameters = {
        "bucketName": "b",
        "environment": {"variables": {"KEY": "planted", "bucketName": "planted"}},
        "statement": "SELECT * FROM t1 WHERE ssn=123456789 AND name='planted'",
        "imageUrl": "https://planted:planted@example.com/a?X-Amz-Signature=planted",
    }
    summary = Summary()
    record = read_records(json.dumps([RECORD | {"requestParameters": parameters}]).encode())
    Summarist(READS | {"statement", "imageurl"}, frozenset(), frozenset({"environment"})).summarise(record, summary)

    ((call,),) = summary.rows.values()
    assert "planted" not in call
    assert "123456789" not in call
    assert "FROM t1" in call
    assert "https://example.com/a" in call


@pytest.mark.parametrize("resources", [7, True, "x", {"ARN": "x"}, [7, None]], ids=repr)
def test_resources_of_any_shape_are_no_error(resources: object) -> None:
    assert len(rows_of(RECORD | {"resources": resources})) == 1


@pytest.mark.parametrize("name", ["-" * 36, "ab " * 12, "0" * 36], ids=repr)
def test_an_event_id_of_any_shape_has_16_bytes(name: str) -> None:
    ((_, _, tally),) = rows_of(RECORD | {"eventID": name})

    assert [len(one) for one in tally.event_ids] == [16]
