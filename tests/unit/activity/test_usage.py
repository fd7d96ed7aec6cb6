"""Records as rows: what is together, what is apart, and what does not go on."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.activity import NotARecordFileError
from sekisho.activity.event_ids import sample_of
from sekisho.activity.kept import Keeper
from sekisho.activity.record import read_records
from sekisho.activity.summarist import Counts, Rows, Summarist
from sekisho.activity.usage import Usage, call_of

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


def summarist_of(*records: dict[str, Any]) -> tuple[Rows, Counts]:
    summarist = Summarist(Keeper(READS, frozenset({"tags"}), frozenset({"environment"})))
    counts = summarist.add(read_records(json.dumps({"Records": records}).encode()))
    return summarist.rows, counts


def rows_of(*records: dict[str, Any]) -> list[tuple[Usage, list[bytes]]]:
    rows, _ = summarist_of(*records)
    return [
        (replace(rows.usages[usage], call=call), [bytes(rows.ids[16 * at : 16 * at + 16]) for at in events(rows, row)])
        for (usage, call), row in rows.numbers.items()
    ]


def events(rows: Rows, number: int) -> list[int]:
    return [at for at, row in enumerate(rows.row_of) if row == number]


def test_records_that_no_policy_could_tell_apart_are_one_row() -> None:
    later = RECORD | {"eventTime": "2026-10-01T09:00:00Z", "eventID": "0a1b2c3d-0000-4000-8000-000000000002"}
    records = (later, RECORD, later | {"requestID": "other", "userAgent": "other"})
    ((usage, ids),) = rows_of(*records)

    assert (usage.principal, usage.outcome) == (ROLE, "succeeded")
    assert [sample_of(one) for one in ids] == [later["eventID"], RECORD["eventID"], later["eventID"]]
    rows, _ = summarist_of(*records)
    assert list(rows.times) == [1790845200, 1790841600, 1790845200]


def test_from_where_a_call_came_is_kept_with_its_event() -> None:
    rows, _ = summarist_of(RECORD, RECORD | {"sourceIPAddress": "192.0.2.1"})

    assert (rows.addresses, list(rows.address_of), list(rows.row_of)) == ({"": 0, "192.0.2.1": 1}, [0, 1], [0, 0])


def test_only_the_parameters_that_a_rule_reads_go_on() -> None:
    arn = "arn:aws:iam::111122223333:role/passed"
    parameters = {"bucketName": "b", "nested": {"KEY": ["thing"], "other": 1, "roleArn": arn}, "password": "x"}
    ((usage, _),) = rows_of(RECORD | {"requestParameters": parameters})

    assert call_of(usage).parameters == {"bucketName": "b", "nested": {"KEY": ["thing"], "roleArn": arn}}


def test_nothing_else_of_a_record_goes_on() -> None:
    assert "planted" not in repr(rows_of(RECORD)).lower()


def test_resources_are_kept_in_one_order() -> None:
    one, two = {"ARN": "arn:aws:s3:::b", "accountId": OWN}, {"ARNPrefix": "arn:aws:s3:::b/", "type": "AWS::S3::Object"}
    (there,) = rows_of(RECORD | {"resources": [one, two]})
    (back,) = rows_of(RECORD | {"resources": [two, one, None, {"type": "without an ARN"}]})

    assert there[0].call == back[0].call
    assert '"arn:aws:s3:::b/*","AWS::S3::Object"' in there[0].call


def test_what_is_no_call_is_counted_by_its_type() -> None:
    _, counts = summarist_of(
        RECORD | {"eventType": "AwsServiceEvent"}, RECORD | {"eventType": "AwsConsoleSignIn"}, RECORD
    )

    assert counts.no_calls == {"AwsServiceEvent": 1, "AwsConsoleSignIn": 1}
    assert counts.records == 3


def test_a_record_without_a_time_is_malformed() -> None:
    rows, counts = summarist_of(RECORD | {"eventTime": None}, RECORD | {"eventTime": "yesterday"}, RECORD)

    assert (counts.malformed, len(rows.numbers)) == (2, 1)


@pytest.mark.parametrize(
    "time",
    [
        *("0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-10-01T08:00:xxZ", "9999-01-01T00:00:00Z", ""),
        *("2106-02-07T06:28:59Z", "1970-01-01T00:00:-9Z", "2026-10-01T08:00:61Z", "2026-10-01T08:00x00Z"),
    ],
)
def test_a_time_that_is_none_is_malformed(time: str) -> None:
    _, counts = summarist_of(RECORD | {"eventTime": time})

    assert counts.malformed == 1


@pytest.mark.parametrize("time", ["2026-10-01T10:00:00+02:00", "2026-10-01 08:00:00.000", "2026-10-01T08:00:00.5Z"])
def test_a_time_may_be_written_otherwise(time: str) -> None:
    rows, _ = summarist_of(RECORD | {"eventTime": time})

    assert list(rows.times) == [1790841600]


def test_a_record_without_an_identity_is_one_of_nobody_known() -> None:
    ((usage, _),) = rows_of({name: value for name, value in RECORD.items() if name != "userIdentity"})

    assert (usage.principal, usage.nobody) == ("", "UNKNOWN")


def test_an_event_id_that_is_no_uuid_still_tells_records_apart() -> None:
    ((_, ids),) = rows_of(*({**RECORD, "eventID": name} for name in ("one", "two", "one")))

    assert len(set(ids)) == 2
    assert {sample_of(one) for one in ids} == {""}


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
    ((_, ids),) = rows_of(RECORD, {**RECORD, "eventID": name})

    assert [len(one) for one in ids] == [16, 16]
    assert [sample_of(one) for one in ids] == [RECORD["eventID"], ""]


def test_the_message_of_a_denied_call_is_kept_without_the_name_of_its_session() -> None:
    message = (
        f"User: arn:aws:sts::{OWN}:assumed-role/app/secretive is not authorized to perform: s3:GetObject on resource:"
        " arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
    )
    ((usage, _),) = rows_of(RECORD | {"errorCode": "AccessDenied", "errorMessage": message})

    assert usage.outcome == "denied"
    assert json.loads(usage.denial) == ["s3:GetObject", "arn:aws:s3:::b/k", "no identity-based policy allows it"]


def test_what_people_name_themselves_does_not_go_on() -> None:
    parameters = {
        "bucketName": "b",
        "environment": {"variables": {"KEY": "planted", "bucketName": "planted"}},
        "statement": "SELECT * FROM t1 WHERE ssn=123456789 AND name='planted'",
        "imageUrl": "https://planted:planted@example.com/a?X-Amz-Signature=planted",
    }
    keeper = Keeper(READS | {"statement", "imageurl"}, frozenset(), frozenset({"environment"}))
    call = keeper.kept(json.dumps(parameters).encode(), b"")

    assert "planted" not in call
    assert "123456789" not in call
    assert "FROM t1" in call
    assert "https://example.com/a" in call


@pytest.mark.parametrize("resources", [7, True, "x", {"ARN": "x"}, [7, None]], ids=repr)
def test_resources_of_any_shape_are_no_error(resources: object) -> None:
    assert len(rows_of(RECORD | {"resources": resources})) == 1


@pytest.mark.parametrize("name", ["-" * 36, "ab " * 12, "0" * 36], ids=repr)
def test_an_event_id_of_any_shape_has_16_bytes(name: str) -> None:
    ((_, ids),) = rows_of(RECORD | {"eventID": name})

    assert [len(one) for one in ids] == [16]


def test_what_is_too_deep_is_malformed_and_costs_no_other_record() -> None:
    whole = json.dumps(RECORD).encode()
    deep = whole.replace(b'"k"', b"[" * 600 + b"]" * 600)
    summarist = Summarist(Keeper(READS, frozenset()))
    counts = summarist.add(read_records(b'{"Records":[%s,%s]}' % (deep, whole)))

    assert (counts.records, counts.malformed, len(summarist.rows.times)) == (2, 1, 1)
    assert "cannot be read" in counts.problem


@pytest.mark.parametrize(
    "content", [b"[" * 600 + b"]" * 600, b'{"Records":[{"eventName":"\xff"}]}'], ids=["deep", "no UTF-8"]
)
def test_a_file_that_nobody_can_read_is_no_log_file(content: bytes) -> None:
    with pytest.raises(NotARecordFileError):
        read_records(content)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        pytest.param("key", "https://planted@example.com/a?token=planted", "https://example.com/a", id="an address"),
        pytest.param("statement", "SELECT a FROM t WHERE b='planted", "SELECT a FROM t WHERE b=''", id="an open quote"),
        pytest.param("statement", "SELECT `planted` FROM t", "SELECT '' FROM t", id="a literal of Ion"),
    ],
)
def test_values_that_may_be_secret_are_cut_out(name: str, value: str, kept: str) -> None:
    keeper = Keeper(READS | {"statement"}, frozenset())

    assert json.loads(keeper.kept(json.dumps({name: value}).encode(), b"")) == [{name: kept}, []]
