"""Records out of every wrapping that they come in, and files that have none."""

import gzip
import json

import pytest
import zstandard

from sekisho.activity import NotARecordFileError
from sekisho.activity.record import read_records

ONE = {"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventType": "AwsApiCall"}
TWO = {**ONE, "eventName": "PutObject", "unheardOf": {"x": [1]}}


def text(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(text({"Records": [ONE, TWO]}), id="a log file"),
        pytest.param(text([ONE, TWO]), id="an array"),
        pytest.param(text(ONE) + b"\n" + text(TWO) + b"\n", id="JSON Lines"),
        pytest.param(b"\xef\xbb\xbf" + text([ONE, TWO]), id="a byte order mark"),
        pytest.param(text({"Events": [{"CloudTrailEvent": json.dumps(one)} for one in (ONE, TWO)]}), id="LookupEvents"),
        pytest.param(text({"detail": ONE}) + b"\n" + text({"detail": TWO}), id="events of EventBridge"),
        pytest.param(text({"detail": {"Records": [ONE, TWO]}}), id="records in a detail"),
    ],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
def test_records_come_out_of_every_wrapping(content: bytes, compress: type[bytes]) -> None:
    found = read_records(compress(content))

    assert [record.event_name for record in found.records] == ["GetObject", "PutObject"]
    assert found.malformed == 0


def test_a_zstandard_file_of_several_frames_is_one_file() -> None:
    content = zstandard.compress(text(ONE) + b"\n") + zstandard.compress(text(TWO))

    assert len(read_records(content).records) == 2


def test_a_gzip_file_of_several_members_is_one_file() -> None:
    content = gzip.compress(text(ONE) + b"\n") + gzip.compress(text(TWO))

    assert len(read_records(content).records) == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b" \n", "empty", id="white space"),
        pytest.param(b"user,arn\nann,arn:aws:iam", "neither JSON nor JSON Lines", id="CSV"),
        pytest.param(b'{"Records":[{"eventName":"Get', "neither JSON nor JSON Lines", id="JSON that is cut off"),
        pytest.param(text({"Records": None}), "no record", id="null for records"),
        pytest.param(text({"awsAccountId": "1", "logFiles": []}), "no record", id="a digest"),
        pytest.param(gzip.compress(text({"Records": [ONE]}))[:-9], "cut off", id="gzip that is cut off"),
        pytest.param(gzip.compress(b"")[:5], "cut off", id="the start of a gzip header"),
        pytest.param(gzip.compress(text([ONE]))[:-8] + b"\xff" * 8, "damaged", id="damaged gzip"),
        pytest.param(zstandard.compress(text([ONE]))[:-6] + b"\0" * 6, "damaged", id="damaged Zstandard"),
        pytest.param(zstandard.compress(text([ONE] * 9))[:-9], "cut off", id="Zstandard that is cut off"),
        pytest.param(b"[" * 100_000, "neither JSON nor JSON Lines", id="brackets without end"),
    ],
)
def test_a_file_without_records_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(NotARecordFileError, match=reason):
        read_records(content)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(7, id="a number"),
        pytest.param(None, id="null"),
        pytest.param({"eventName": 7}, id="a name that is a number"),
        pytest.param([], id="a list"),
    ],
)
def test_an_entry_that_is_no_record_is_counted_and_costs_no_other(entry: object) -> None:
    found = read_records(text({"Records": [ONE, entry, TWO]}))

    assert len(found.records) == 2
    assert found.malformed == 1


def test_a_record_of_a_megabyte_is_read() -> None:
    assert len(read_records(text({"Records": [{**ONE, "requestParameters": {"x": "y" * 1_000_000}}]})).records) == 1


def test_a_file_with_no_records_is_one_all_the_same() -> None:
    assert read_records(text({"Records": []})).records == []
