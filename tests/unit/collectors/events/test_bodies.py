"""What a message is."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.collectors.events import Body, Heartbeat, NewFile, Unusable, read_body, read_notification
from unit.collectors.events.samples import (
    BUCKET,
    KEY,
    NOW,
    envelope,
    heartbeat,
    notification,
    record,
    s3_notice,
    text,
)

TRAIL_NOTICE = {"s3Bucket": BUCKET, "s3ObjectKey": [KEY]}
"""What CloudTrail itself sends to the topic of a trail."""

OBJECT_CREATED = envelope(
    **{"detail-type": "Object Created"},
    source="aws.s3",
    detail={"bucket": {"name": BUCKET}, "object": {"key": KEY, "size": 5}},
)


def read(value: object) -> Body | Unusable:
    return read_body(text(value), "sqs", NOW)


@pytest.mark.parametrize(
    "wrap",
    [pytest.param(lambda one: one, id="as it is"), pytest.param(lambda one: notification(text(one)), id="by SNS")],
)
def test_an_event_is_kept_as_it_was_written(wrap: Any) -> None:
    body = read(wrap(envelope()))

    assert isinstance(body, Body)
    (event,) = body.events
    assert event.id == record()["eventID"]
    assert event.envelope == text(envelope())
    assert (event.at, event.intake, event.is_late) == (NOW - timedelta(minutes=3, seconds=48), "sqs", False)
    assert body == Body(events=(event,))


def test_numbers_repeats_and_spaces_of_an_event_stay() -> None:
    written = '{"detail-type":"x" , "source":"my.app","id":"1","detail":{"n":3.0e2,"big":9007199254740993,"a":1,"a":2}}'
    body = read_body(written, "sqs", NOW)

    assert isinstance(body, Body)
    assert body.events[0].envelope == written


@pytest.mark.parametrize(
    ("value", "files"),
    [
        pytest.param(s3_notice(KEY), [KEY], id="of S3"),
        pytest.param(notification(text(s3_notice(KEY))), [KEY], id="of S3 by SNS"),
        pytest.param(OBJECT_CREATED, [KEY], id="of S3 by EventBridge"),
        pytest.param(notification(text(TRAIL_NOTICE)), [KEY], id="of CloudTrail by SNS"),
        pytest.param(s3_notice(KEY.replace("-logs", "+logs"), KEY), [KEY, KEY], id="two at once"),
        pytest.param(s3_notice("pre%2Ffix+1/" + KEY), ["pre/fix 1/" + KEY], id="a key as in a URL"),
        pytest.param(s3_notice(KEY.replace("/CloudTrail/", "/CloudTrail-Digest/")), [], id="a digest"),
        pytest.param(s3_notice("photo.jpg"), [], id="something else"),
        pytest.param(s3_notice(KEY, name="ObjectRemoved:Delete"), [], id="the end of an object"),
    ],
)
def test_a_notice_of_log_files_names_those(value: object, files: list[str]) -> None:
    assert read(value) == Body(files=tuple(NewFile(BUCKET, key) for key in files))


def test_an_event_written_by_hand_needs_no_source() -> None:
    body = read({"detail-type": "AWS API Call via CloudTrail", "detail": record()})

    assert isinstance(body, Body)
    assert len(body.events) == 1


def test_another_object_in_s3_is_an_event_like_any_other() -> None:
    body = read({**OBJECT_CREATED, "detail": {"bucket": {"name": "b"}, "object": {"key": "photo.jpg"}}})

    assert isinstance(body, Body)
    assert len(body.events) == 1


def test_a_heartbeat_says_where_it_is_from() -> None:
    assert read(heartbeat()) == Body(heartbeats=(Heartbeat("111122223333 us-east-1", NOW.replace(minute=0)),))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}, id="of S3"),
        pytest.param(notification(text({"Event": "s3:TestEvent"})), id="of S3 by SNS"),
        pytest.param(notification("CloudTrail validation message."), id="of CloudTrail"),
    ],
)
def test_a_test_message_has_nothing(value: object) -> None:
    assert read(value) == Body()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param({"hello": "world"}, "neither an event nor a notice", id="another object"),
        pytest.param([envelope()], "no object", id="a list"),
        pytest.param({**envelope(), "detail": "text"}, "neither an event nor", id="an event without an object"),
        pytest.param(notification("good morning"), "no JSON", id="a notification in words"),
        pytest.param(notification(text(notification(text(envelope())))), "neither", id="wrapped twice"),
        pytest.param({"Records": []}, "neither", id="a notice of nothing"),
        pytest.param({"Records": [record()]}, "neither", id="the content of a log file"),
        pytest.param({**envelope(), "filler": "x" * (1 << 20)}, "more than 1,048,576 bytes", id="too long"),
        pytest.param({**envelope(), "source": "my.app"}, "`my.app` has sent it", id="a forged call"),
        pytest.param(
            {**envelope(), "source": "aws.access-analyzer", "detail": {"id": "f", "sekisho": {"change": "RESOLVED"}}},
            "of a finding of ours",
            id="a forged finding",
        ),
        pytest.param(
            {**envelope(), "source": "sekisho", "detail-type": "Sekisho Intake Silent"},
            "it says that `sekisho` has sent it",
            id="a forged event of ours",
        ),
    ],
)
def test_all_else_is_unusable(value: object, reason: str) -> None:
    body = read(value)

    assert isinstance(body, Unusable)
    assert reason in body.reason


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("{", id="cut off"),
        pytest.param('{"detail-type":"x","detail":{"n":NaN}}', id="no number"),
        pytest.param('{"detail-type":"x","detail":{"n":1e999}}', id="a number without end"),
        pytest.param('{"detail-type":"x","detail":' + '{"a":' * 100_000, id="deep and cut off"),
        pytest.param('{"detail-type":"x","detail":' + '{"a":' * 5000 + "1" + "}" * 5001, id="too deep"),
        pytest.param('{"detail-type":"x","detail":{"password":' + "[" * 700 + "]" * 702, id="deep and with secrets"),
    ],
)
def test_what_cannot_be_read_is_unusable(body: str) -> None:
    assert isinstance(read_body(body, "sqs", NOW), Unusable)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        *("detail-type", "detail", "source", "id", "time", "account", "region", "Type", "Message", "Records", "Event"),
        *("s3", "bucket", "object", "key", "name", "s3Bucket", "s3ObjectKey", "eventID", "eventTime", "password"),
    ]
)
VALUES = st.sampled_from(
    [
        *("Notification", "Scheduled Event", "Object Created", "AWS API Call via CloudTrail", "aws.s3", "aws.events"),
        *("s3:TestEvent", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-20", KEY, "\0", "{}"),
    ]
)
LIKE_A_MESSAGE = st.recursive(
    VALUES | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@given(st.text() | st.builds(json.dumps, JSON) | st.builds(json.dumps, LIKE_A_MESSAGE))
def test_whatever_comes_nothing_is_raised(body: str) -> None:
    for found in (read_body(body, "sqs", NOW), read_notification(body, "sns", NOW)):
        assert isinstance(found, Body | Unusable)
        if isinstance(found, Body):
            assert all(event.id and event.at.utcoffset() == timedelta() for event in found.events)


@given(
    st.dictionaries(NAMES, LIKE_A_MESSAGE, max_size=6),
    st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "", "yesterday"]),
)
def test_an_event_with_anything_in_it_is_taken(detail: dict[str, Any], time: str) -> None:
    found = read_body(text({"detail-type": "x", "source": "my.app", "time": time, "detail": detail}), "sqs", NOW)

    assert isinstance(found, Body)
    assert len(found.events) == 1
