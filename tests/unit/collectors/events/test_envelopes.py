"""Envelopes around records, and what is read of an envelope."""

import json
from datetime import timedelta
from typing import Any

import pytest

from sekisho.collectors.events import UnusableError, envelope_of_record, incoming
from unit.collectors.events.samples import NOW, envelope, record, text


def test_a_record_gets_the_envelope_that_eventbridge_would_have_sent() -> None:
    made = json.loads(envelope_of_record(text(record())))

    assert {**made, "id": envelope()["id"]} == envelope()


def test_a_record_has_the_same_envelope_wherever_it_is_found() -> None:
    assert envelope_of_record(text(record())) == envelope_of_record(f"\n{text(record())} ")
    assert envelope_of_record(text(record())) != envelope_of_record(text(record("another")))


def test_a_record_stays_as_it_was_written() -> None:
    written = '{"eventSource":"s3.amazonaws.com","eventName":"PutBucketAcl","n":1.50,"n":2}'

    assert envelope_of_record(written).endswith(f', "detail": {written}}}')


@pytest.mark.parametrize(
    ("event_type", "detail_type"),
    [
        pytest.param("AwsApiCall", "AWS API Call via CloudTrail", id="a call"),
        pytest.param("AwsConsoleSignIn", "AWS Console Signin via CloudTrail", id="somebody signs in"),
        pytest.param("AwsConsoleAction", "AWS Console Action via CloudTrail", id="something in the console"),
        pytest.param("AwsServiceEvent", "AWS Service Event via CloudTrail", id="something that a service does"),
        pytest.param("AwsCloudTrailInsight", "AWS Insight via CloudTrail", id="an insight"),
        pytest.param("AwsVpceEvents", "AWS Network Activity Event via CloudTrail", id="something in a network"),
        pytest.param("AwsNew", "AWS API Call via CloudTrail", id="what is not known"),
        pytest.param(None, "AWS API Call via CloudTrail", id="what is not said"),
    ],
)
def test_the_type_of_a_record_says_what_eventbridge_calls_it(event_type: str | None, detail_type: str) -> None:
    made = json.loads(envelope_of_record(text(record(eventType=event_type))))

    assert made["detail-type"] == detail_type


def test_the_account_of_a_record_without_a_recipient_is_that_of_who_called() -> None:
    made = json.loads(envelope_of_record(text(record(recipientAccountId=None))))

    assert made["account"] == "111122223333"


def test_half_a_character_is_no_reason_to_leave_an_event_out() -> None:
    cut = text(envelope(detail=record(userAgent="cut \ud83d", sourceIPAddress="\U0001f512 \\ud83d")))

    event = incoming(cut, "sqs", NOW)

    assert r"\ud83d\udd12 \\ud83d" in event.envelope
    assert json.loads(event.envelope)["detail"]["userAgent"] == "cut \ufffd"
    assert envelope_of_record(text(record(userAgent="\udc00")))


def test_a_sign_in_that_somebody_else_sends_is_not_believed_however_it_is_spelt() -> None:
    for spelt in ("Signin", "Sign In"):
        with pytest.raises(UnusableError, match="somebody"):
            incoming(
                text(envelope() | {"detail-type": f"AWS Console {spelt} via CloudTrail", "source": "somebody"}),
                "sqs",
                NOW,
            )


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param('{"eventName":"CreateUser"}', id="no service"),
        pytest.param('{"eventSource":"iam.amazonaws.com","eventName":7}', id="no name"),
    ],
)
def test_what_is_no_record_gets_no_envelope(wrong: str) -> None:
    with pytest.raises(UnusableError):
        envelope_of_record(wrong)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, "e0000000-0000-4000-8000-000000000001", id="CloudTrail's"),
        pytest.param({"detail": {}}, "11111111-1111-4111-8111-111111111111", id="the envelope's"),
        pytest.param({"detail": {"eventID": "a\0b"}}, "11111111-1111-4111-8111-111111111111", id="none that is one"),
        pytest.param({"detail": {"eventID": "é"}, "id": "x" * 300}, None, id="none at all"),
    ],
)
def test_an_event_is_known_by_its_id(changed: dict[str, Any], expected: str | None) -> None:
    written = text({**envelope(), **changed})
    event = incoming(written, "http", NOW)

    assert event.id == (expected or incoming(written, "sqs", NOW + timedelta(days=1)).id)
    assert event.id != incoming(text({**envelope(), "detail": {"other": 1}, "id": ""}), "http", NOW).id


@pytest.mark.parametrize(
    ("detail_time", "time", "expected"),
    [
        pytest.param("2026-11-20T10:11:12Z", "2026-11-20T10:14:00Z", "2026-11-20T10:11:12+00:00", id="of the call"),
        pytest.param(None, "2026-11-20T10:14:00Z", "2026-11-20T10:14:00+00:00", id="of the envelope"),
        pytest.param("2026-11-20T11:11:12+01:00", None, "2026-11-20T10:11:12+00:00", id="in another zone"),
        pytest.param("2026-11-20T10:11:12.987", None, "2026-11-20T10:11:12+00:00", id="without a zone"),
        pytest.param("Nov 20, 2026, 10:11:12 AM", 7, NOW.isoformat(), id="unknown, so when it came"),
    ],
)
def test_an_event_has_the_time_when_it_happened(detail_time: object, time: object, expected: str) -> None:
    event = incoming(text({**envelope(), "time": time, "detail": {"eventTime": detail_time}}), "http", NOW)

    assert event.at.isoformat() == expected


@pytest.mark.parametrize(
    ("age", "found_late", "is_late"),
    [
        pytest.param(timedelta(minutes=60), False, False, id="an hour old"),
        pytest.param(timedelta(minutes=61), False, True, id="older"),
        pytest.param(timedelta(minutes=1), True, True, id="new, but found where it was missed"),
    ],
)
def test_an_event_that_comes_late_is_called_so(age: timedelta, *, found_late: bool, is_late: bool) -> None:
    event = incoming(text(envelope()), "http", incoming(text(envelope()), "", NOW).at + age, is_late=found_late)

    assert event.is_late == is_late
