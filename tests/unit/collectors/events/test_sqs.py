"""A queue whose answers a test gives itself, where a real one would take its time."""

import threading
from collections import OrderedDict
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from sekisho.collectors import CollectError, LiveOptions
from sekisho.collectors.events import Batch, SqsIntake, Trouble
from sekisho.collectors.events.intake import Troubles
from unit.collectors.events.samples import envelope, text

A_WHILE = 30


class OneMessage:
    """A queue with one message; it notes what is asked of it."""

    def __init__(self, message: dict[str, Any]) -> None:
        self.messages = [message]
        self.hidden_for: list[int] = []
        self.hidden_again = threading.Event()
        self.deleted: list[str] = []

    def receive_message(self, *, VisibilityTimeout: int, **_: object) -> dict[str, Any]:  # noqa: N803 - SQS's name
        self.hidden_for.append(VisibilityTimeout)
        return {"Messages": [self.messages.pop()]} if self.messages else {}

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        self.hidden_for += [entry["VisibilityTimeout"] for entry in Entries]
        self.hidden_again.set()
        return {}

    def delete_message_batch(self, *, Entries: list[dict[str, Any]], **_: object) -> dict[str, Any]:  # noqa: N803
        self.deleted += [entry["ReceiptHandle"] for entry in Entries]
        return {}


MESSAGE = {"MessageId": "m", "ReceiptHandle": "r", "Body": text(envelope("1"))}


def test_a_message_is_kept_from_others_for_as_long_as_it_takes() -> None:
    queue, stopping = OneMessage(MESSAGE), threading.Event()
    intake = SqsIntake("q", lambda: queue, hidden=timedelta(milliseconds=30))

    def take_slowly(events: object) -> int:
        assert events
        assert queue.hidden_again.wait(A_WHILE)
        stopping.set()
        return 1

    intake.run(take_slowly, stopping)

    assert queue.deleted == ["r"]
    assert set(queue.hidden_for) == {1}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({}, id="nothing at all"),
        pytest.param({**MESSAGE, "Attributes": {"SentTimestamp": "9" * 99}}, id="no time"),
        pytest.param({**MESSAGE, "Attributes": {}}, id="no attributes"),
    ],
)
def test_a_message_that_lacks_something_stops_nothing(message: dict[str, Any]) -> None:
    queue, stopping = OneMessage(message), threading.Event()
    reports: list[object] = []

    def observe(_: str, report: object) -> None:
        reports.append(report)
        stopping.set()

    SqsIntake("q", lambda: queue, observe=observe).run(len, stopping)

    (batch,) = reports
    assert isinstance(batch, Batch)
    assert batch.received == 1
    assert batch.waited == ()


def test_a_client_that_cannot_be_made_is_trouble_like_any_other() -> None:
    stopping = threading.Event()
    reports: list[object] = []

    def fail() -> Any:
        raise CollectError("there is no profile `x`")

    def observe(_: str, report: object) -> None:
        reports.append(report)
        stopping.set()

    SqsIntake("q", fail, observe=observe).run(len, stopping)

    assert reports == [Trouble("there is no profile `x`")]


def test_trouble_with_messages_is_not_over_when_the_queue_can_be_asked_again() -> None:
    stopping = threading.Event()
    known: list[str | None] = [None]

    class Flaky(OneMessage):
        def receive_message(self, *, VisibilityTimeout: int, **more: object) -> dict[str, Any]:  # noqa: N803
            if len(self.messages) == 1 and not self.deleted:
                self.deleted.append("failed once")
                raise EndpointConnectionError(endpoint_url="q")
            return super().receive_message(VisibilityTimeout=VisibilityTimeout, **more)

    queue = Flaky(MESSAGE)
    queue.messages.append(MESSAGE)

    def observe(_: str, report: object) -> None:
        known.append(report.text if isinstance(report, Trouble) else None)

    def refuse(_: object) -> int:
        if not queue.messages:
            stopping.set()
        raise ValueError("nobody can take it")

    SqsIntake("q", lambda: queue, observe=observe, first_pause=timedelta(milliseconds=1)).run(refuse, stopping)

    assert known[-2] is None
    assert "nobody can take it" in (known[-1] or "")


def test_what_was_told_is_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.collectors.events.sqs._REMEMBERED", 1)
    stopping = threading.Event()
    queue = OneMessage({**MESSAGE, "MessageId": "b", "Body": "?"})
    queue.messages.append({**MESSAGE, "MessageId": "a", "Body": "?"})
    intake = SqsIntake("q", lambda: queue, observe=lambda *_: None if queue.messages else stopping.set())
    intake.run(len, stopping)

    assert intake._told == OrderedDict({"b": None})


@pytest.mark.parametrize(
    "url",
    ["", "queue", "https://sqs.us-east-1.amazonaws.com/queue", "arn:aws:sqs:us-east-1:111122223333:q", "https://h/1/q"],
)
def test_what_is_no_url_of_a_queue_is_refused(url: str) -> None:
    with pytest.raises(CollectError, match="is no URL of a queue; write for example"):
        SqsIntake.at(url, LiveOptions())


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/111122223333/sekisho-events", "eu-west-1"),
        ("https://sqs.us-gov-west-1.amazonaws.com/111122223333/q", "us-gov-west-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q", "cn-north-1"),
        ("https://us-west-2.queue.amazonaws.com/111122223333/q", "us-west-2"),
        ("https://vpce-0a1.sqs.ap-south-1.vpce.amazonaws.com/111122223333/q", "ap-south-1"),
        ("http://127.0.0.1:5000/111122223333/q", "sa-east-1"),
    ],
)
def test_the_region_of_a_queue_is_in_its_url(url: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    intake = SqsIntake.at(url, LiveOptions(regions=("sa-east-1",)))

    assert intake._new_client().meta.region_name == region
    assert intake._new_client().meta.config.read_timeout > 20


def test_pauses_grow_up_to_a_minute_and_begin_anew() -> None:
    reports: list[object] = []
    troubles = Troubles("q", lambda _, report: reports.append(report))
    pauses = [troubles.note("away") for _ in range(10)]

    for pause, longest in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60], strict=True):
        assert longest / 2 <= pause <= longest
    assert reports == [Trouble("away")]
    troubles.over()
    assert troubles.note("away") <= 1
