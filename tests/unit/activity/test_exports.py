"""Records out of what queries of Athena and CloudTrail Lake answer."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sekisho.activity import NotARecordFileError
from sekisho.activity.kept import Keeper
from sekisho.activity.needs import FREE, READS, UNSEEN, WHOLE
from sekisho.activity.record import read_records
from sekisho.activity.summarist import Summarist
from sekisho.resources.json_values import is_list, is_object

ROLE = "arn:aws:iam::111122223333:role/team/app"
RECORD: Mapping[str, Any] = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:me",
        "arn": "arn:aws:sts::111122223333:assumed-role/app/me",
        "accountId": "111122223333",
        "sessionContext": {
            "attributes": {"mfaAuthenticated": "true", "creationDate": "2026-11-01T09:00:00Z"},
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": ROLE,
                "accountId": "111122223333",
                "userName": "app",
            },
        },
    },
    "eventTime": "2026-11-01T10:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "192.0.2.1",
    "requestParameters": {"bucketName": "data", "key": 'a "quoted", name\nof two lines'},
    "eventID": "1b8d5f2e-7c44-4f0f-9e0d-2f2f8d2a0001",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
    "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::data/a", "accountId": "111122223333"}],
}

ATHENA = (
    *("eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress"),
    *("errorcode", "errormessage", "requestparameters", "requestid", "eventid", "eventtype", "recipientaccountid"),
    *("vpcendpointid", "resources"),
)


def lowered(value: Any) -> Any:
    """Return a value as `CAST(… AS JSON)` writes a struct: with names in lower case, and null for what is not there."""
    if is_object(value):
        return {name.lower(): lowered(inner) for name, inner in value.items()} | {"invokedby": None}
    return [lowered(one) for one in value] if is_list(value) else value


def athena_row(record: Mapping[str, Any], columns: Sequence[str] = ATHENA) -> list[str]:
    texts = {name.lower(): value for name, value in record.items()}
    structured = {
        "useridentity": json.dumps(lowered(record["userIdentity"])),
        "requestparameters": json.dumps(record.get("requestParameters")),
        "resources": json.dumps(lowered(record.get("resources", []))),
    }
    return [structured.get(column) or str(texts.get(column, "")) for column in columns]


def table(header: Sequence[str], *rows: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue().encode()


def usage_of(content: bytes) -> list[Any]:
    """Return all that is kept of records."""
    found = read_records(content)
    assert not found.malformed, found.problem
    summarist = Summarist(Keeper(READS, WHOLE, UNSEEN, FREE))
    summarist.add(found)
    rows = summarist.rows
    return [(rows.usages[usage], call, list(rows.times), bytes(rows.ids)) for usage, call in rows.numbers]


AS_RECORDED = usage_of(json.dumps({"Records": [RECORD]}).encode())


def lake_rows(*rows: Mapping[str, str]) -> bytes:
    answer = [[{name: value} for name, value in row.items()] for row in rows]
    return json.dumps({"QueryStatus": "FINISHED", "QueryResultRows": answer}).encode()


LAKE_TIME = {**RECORD, "eventTime": "2026-11-01 10:00:00.000"}
AS_LAKE = {
    name: value if isinstance(value, str) else json.dumps(value)
    for name, value in {**LAKE_TIME, "errorCode": ""}.items()
}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(table(ATHENA, athena_row(RECORD)), id="CSV of Athena"),
        pytest.param(table(["EventJson"], [json.dumps(RECORD)]), id="CSV of Lake with eventJson"),
        pytest.param(
            table(["eventName", "eventJson"], ["GetObject", json.dumps(RECORD)]), id="with columns besides eventJson"
        ),
        pytest.param(table(list(AS_LAKE), list(AS_LAKE.values())), id="CSV of Lake with columns"),
        pytest.param(lake_rows({"eventJson": json.dumps(RECORD)}), id="an answer of Lake with eventJson"),
        pytest.param(lake_rows(AS_LAKE), id="an answer of Lake with columns"),
        pytest.param(
            json.dumps(
                {
                    "ResultSet": {
                        "Rows": [
                            {"Data": [{"VarCharValue": name} for name in ATHENA]},
                            {"Data": [{"VarCharValue": text} if text else {} for text in athena_row(RECORD)]},
                        ]
                    }
                }
            ).encode(),
            id="an answer of Athena",
        ),
    ],
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
def test_an_export_says_what_the_record_says(content: bytes, *, compressed: bool) -> None:
    assert usage_of(gzip.compress(content) if compressed else content) == AS_RECORDED


def test_a_row_with_a_printed_struct_says_what_to_select() -> None:
    row = athena_row(RECORD)
    row[1] = "{type=AssumedRole, principalid=AROAEXAMPLE:me, arn=arn:aws:sts::111122223333:assumed-role/app/me}"

    found = read_records(table(ATHENA, row, athena_row(RECORD)))

    assert len(found.records) == 1
    assert found.malformed == 1
    assert "json_format(CAST(useridentity AS JSON)) AS useridentity" in found.problem


def test_a_struct_without_names_says_what_to_select() -> None:
    row = athena_row(RECORD)
    row[1] = '["AssumedRole","AROAEXAMPLE:me"]'

    assert "with engine version 3 of Athena" in read_records(table(ATHENA, row)).problem


def test_a_call_without_parameters_is_a_call() -> None:
    rows = usage_of(table(ATHENA, athena_row({**RECORD, "requestParameters": None, "resources": []})))

    assert rows[0][1] == "[null,[]]"


@pytest.mark.parametrize("left_out", ["errorcode", "eventid", "eventtype", "recipientaccountid", "requestparameters"])
def test_an_export_without_a_column_that_decides_is_refused(left_out: str) -> None:
    columns = [name for name in ATHENA if name != left_out]

    with pytest.raises(NotARecordFileError, match=rf"(?i)the export lacks the columns {left_out}; select them"):
        read_records(table(columns, athena_row(RECORD, columns)))


def test_a_denied_call_stays_denied() -> None:
    denied = {**RECORD, "errorCode": "AccessDenied", "errorMessage": "Access Denied"}

    assert usage_of(table(ATHENA, athena_row(denied))) == usage_of(json.dumps(denied).encode())


def test_an_export_that_is_cut_off_is_not_read() -> None:
    with pytest.raises(NotARecordFileError, match="damaged: unexpected end of data"):
        read_records(table(ATHENA, athena_row(RECORD))[:-30])


def test_another_table_is_no_export() -> None:
    with pytest.raises(NotARecordFileError, match="neither JSON nor JSON Lines"):
        read_records(b"name,size\na,1\n")


@pytest.mark.parametrize("text", [b'"a"b,c\n1', b"\xff\xfe,eventName\n"], ids=["not even CSV", "not UTF-8"])
def test_what_is_no_text_of_a_table_is_refused(text: bytes) -> None:
    with pytest.raises(NotARecordFileError, match="neither JSON nor JSON Lines"):
        read_records(text)


def test_a_query_that_found_nothing_has_no_records() -> None:
    assert read_records(table(ATHENA)).records == []


def test_a_later_page_of_athena_says_where_all_is() -> None:
    page = {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": "x"}]}]}}

    with pytest.raises(NotARecordFileError, match="read the CSV file that Athena has written instead"):
        read_records(json.dumps(page).encode())


def test_an_answer_of_lake_without_columns_that_decide_is_refused() -> None:
    with pytest.raises(NotARecordFileError, match="the export lacks the columns"):
        read_records(lake_rows({"eventName": "GetObject", "eventSource": "s3.amazonaws.com"}))


def test_a_whole_record_that_is_none_is_counted() -> None:
    found = read_records(table(["eventJson"], ["{oops"], [json.dumps(RECORD)]))

    assert (len(found.records), found.malformed) == (1, 1)
    assert found.problem == "the column eventJson is no JSON"
