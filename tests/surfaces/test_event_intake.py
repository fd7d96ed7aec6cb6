"""Events out of queues and log files, over HTTP: none is lost, none counts twice, and what fails is told once."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors import LiveOptions
from sekisho.collectors.connection import open_client
from sekisho.collectors.events import Batch, LookupIntake, Recovered, SqsIntake, TrailFiles, Trouble
from sekisho.collectors.events.calls import CALLS
from sekisho.collectors.trails import s3
from sekisho.findings import StoreError
from surfaces.aws import ENVIRONMENT, Babbles, Hangs, Refuses, Wire, client, reset_moto
from unit.collectors.events.samples import BUCKET, KEY, NOW, envelope, heartbeat, record, s3_notice, text

pytestmark = pytest.mark.slow

OPTIONS = LiveOptions(attempts=1, regions=("us-east-1",), read_timeout=timedelta(seconds=30))
RECEIVE, DELETE, GET = "sqs.receive_message", "sqs.delete_message_batch", "s3.get_object"
A_WHILE = 30
"""Seconds after which a test gives up on something that should have happened long before."""


@pytest.fixture
def wire(moto: str, proxy: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": proxy.endpoint}.items():
        monkeypatch.setenv(name, value)
    reset_moto(moto)
    proxy.clear()
    s3._client.cache_clear()
    yield proxy
    s3._client.cache_clear()


@dataclass
class Queue:
    """A queue with another one for what nobody can use."""

    url: str
    dead: str
    sqs: Any

    def send(self, *bodies: object) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body if isinstance(body, str) else text(body))

    def left(self, url: str | None = None) -> int:
        """Return how many messages there are, those included that somebody has at the moment."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in told.values())


NUMBERS = count()


@pytest.fixture
def queue(wire: Wire, moto: str) -> Queue:
    """A queue that no other test has asked, and whose long poll may still wait for an answer."""
    assert wire
    sqs = client(moto, "sqs")
    name = f"sekisho-events-{next(NUMBERS)}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    return Queue(url, dead, sqs)


@dataclass
class Kept:
    """Keeps events, each once, as the store does; and what the intake tells."""

    events: dict[str, IncomingEvent] = field(default_factory=dict[str, IncomingEvent])
    calls: list[list[str]] = field(default_factory=list[list[str]])
    fails: list[Exception] = field(default_factory=list[Exception])
    reports: list[Batch | Trouble | Recovered] = field(default_factory=list[Batch | Trouble | Recovered])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, events: Sequence[IncomingEvent]) -> int:
        with self.lock:
            self.calls.append([event.id for event in events])
            if self.fails:
                raise self.fails.pop(0)
            before = len(self.events)
            self.events.update({event.id: event for event in events})
            return len(self.events) - before

    def observe(self, name: str, report: Batch | Trouble | Recovered) -> None:
        assert name
        self.reports.append(report)

    def wait_for(self, happened: Callable[[], object]) -> None:
        until = time.monotonic() + A_WHILE
        while not happened():
            assert time.monotonic() < until, self.reports
            time.sleep(0.01)

    @property
    def batches(self) -> list[Batch]:
        return [one for one in self.reports if isinstance(one, Batch)]

    @property
    def troubles(self) -> list[Trouble | Recovered]:
        return [one for one in self.reports if isinstance(one, Trouble | Recovered)]


@dataclass
class Running:
    """An intake at work."""

    kept: Kept
    stopping: threading.Event
    thread: threading.Thread

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(A_WHILE)
        assert not self.thread.is_alive()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def running(kept: Kept) -> Iterator[Callable[[Any], Running]]:
    started: list[Running] = []

    def start(intake: Any) -> Running:
        stopping = threading.Event()
        thread = threading.Thread(target=intake.run, args=(kept.take, stopping))
        started.append(Running(kept, stopping, thread))
        thread.start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="module", autouse=True)
def last_answers(moto: str) -> Iterator[None]:
    """Let the last long polls end before the service does."""
    assert moto
    yield
    for thread in threading.enumerate():
        if thread.name == "sekisho-intake-call":
            thread.join(A_WHILE)


def intake_of(queue: Queue, kept: Kept, *, hidden: int = 60, buckets: Sequence[str] = ()) -> SqsIntake:
    files = TrailFiles(frozenset(buckets), OPTIONS) if buckets else None
    return SqsIntake(
        queue.url,
        lambda: open_client("sqs", OPTIONS),
        files=files,
        observe=kept.observe,
        wait=timedelta(seconds=1),
        hidden=timedelta(seconds=hidden),
        first_pause=timedelta(milliseconds=20),
    )


Start = Callable[[Any], Running]


def test_what_was_taken_is_deleted_and_nothing_else(queue: Queue, kept: Kept, running: Start) -> None:
    queue.send(envelope("1"), "good morning", heartbeat(), envelope("2"), envelope("1"))
    running(intake_of(queue, kept))
    kept.wait_for(lambda: sum(batch.received for batch in kept.batches) == 5)

    assert set(kept.events) == {"1", "2"}
    assert queue.left() == 1
    assert sum(batch.taken for batch in kept.batches) == 2
    assert sum(len(batch.heartbeats) for batch in kept.batches) == 1
    assert sum(len(batch.ages) for batch in kept.batches) == 3
    assert all(waited >= timedelta(0) for batch in kept.batches for waited in batch.waited)
    assert len([one for batch in kept.batches for one in batch.unusable]) == 1
    assert kept.troubles == []


def test_what_nobody_can_use_is_told_once_and_ends_where_the_queue_puts_it(
    queue: Queue, kept: Kept, running: Start
) -> None:
    queue.send("good morning", envelope("1"))
    running(intake_of(queue, kept, hidden=1))
    kept.wait_for(lambda: queue.left(queue.dead) == 1)

    assert set(kept.events) == {"1"}
    assert [len(batch.unusable) for batch in kept.batches if batch.unusable] == [1]


def test_events_that_cannot_be_taken_come_again_and_keep_no_others(queue: Queue, kept: Kept, running: Start) -> None:
    kept.fails = [RuntimeError("the first two"), RuntimeError("the first alone")]
    queue.send(envelope("1"), envelope("2"))
    running(intake_of(queue, kept, hidden=1))
    kept.wait_for(lambda: set(kept.events) == {"1", "2"})
    kept.wait_for(lambda: kept.troubles[-1:] == [Recovered()])

    assert queue.left() == 0
    assert "RuntimeError" in str(kept.troubles[0])


def test_while_the_store_is_down_messages_are_held_and_not_received_again(
    queue: Queue, wire: Wire, kept: Kept, running: Start
) -> None:
    kept.fails = [StoreError("the database is away")] * 4
    queue.send(envelope("1"))
    running(intake_of(queue, kept))
    kept.wait_for(lambda: kept.troubles[-1:] == [Recovered()])

    assert kept.calls == [["1"]] * 5
    assert kept.troubles == [Trouble("the database is away"), Recovered()]
    assert wire.seen[DELETE] == 1
    assert queue.left() == 0


def test_what_was_taken_and_not_deleted_comes_again_and_is_left_out(
    queue: Queue, wire: Wire, kept: Kept, running: Start
) -> None:
    wire.faults[DELETE] = Refuses(times=1)
    queue.send(envelope("1"))
    running(intake_of(queue, kept, hidden=1))
    kept.wait_for(lambda: kept.batches)

    assert kept.calls == [["1"], ["1"]]
    assert (kept.batches[0].taken, kept.batches[0].repeated) == (0, 1)
    assert "it takes sqs:DeleteMessage on the queue" in str(kept.troubles[0])
    assert queue.left() == 0


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(Refuses(times=3), "it takes sqs:ReceiveMessage on the queue", id="denied"),
        pytest.param(Babbles(), "a web page instead of an answer", id="nonsense"),
    ],
)
def test_trouble_is_told_once_and_tried_again(
    *, queue: Queue, wire: Wire, kept: Kept, running: Start, fault: Any, told: str
) -> None:
    wire.faults[RECEIVE] = fault
    queue.send(envelope("1"))
    running(intake_of(queue, kept))
    kept.wait_for(lambda: kept.troubles)
    kept.wait_for(lambda: wire.seen[RECEIVE] >= 3)
    if isinstance(fault, Babbles):
        wire.faults.clear()
    kept.wait_for(lambda: kept.events)

    trouble, recovered = kept.troubles
    assert told in str(trouble)
    assert recovered == Recovered()


def test_a_long_poll_does_not_hold_up_the_end(queue: Queue, wire: Wire, kept: Kept, running: Start) -> None:
    wire.faults[RECEIVE] = Hangs()
    intake = running(intake_of(queue, kept))
    kept.wait_for(lambda: wire.seen[RECEIVE])
    intake.stopping.set()
    intake.thread.join(15)  # the service hangs for four times as long

    assert not intake.thread.is_alive()


def test_messages_that_were_not_taken_by_the_end_are_there_for_others_at_once(
    queue: Queue, kept: Kept, running: Start
) -> None:
    kept.fails = [StoreError("the database is away")] * 1000
    queue.send(envelope("1"))
    intake = running(intake_of(queue, kept, hidden=3600))
    kept.wait_for(lambda: kept.calls)
    intake.stop()

    (message,) = queue.sqs.receive_message(QueueUrl=queue.url, WaitTimeSeconds=20)["Messages"]
    assert json.loads(message["Body"]) == envelope("1")


# --- log files


def put(moto: str, content: bytes, key: str = KEY) -> None:
    bucket = client(moto, "s3")
    bucket.create_bucket(Bucket=BUCKET)
    bucket.put_object(Bucket=BUCKET, Key=key, Body=content)


def log_file(*records: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


def test_a_log_file_brings_what_eventbridge_would_have_sent(
    queue: Queue, moto: str, kept: Kept, running: Start
) -> None:
    put(moto, log_file(record("1"), record("2", eventName="ListUsers"), record("3", eventSource=None), record("4")))
    queue.send(s3_notice(KEY))
    running(intake_of(queue, kept, buckets=[BUCKET]))
    kept.wait_for(lambda: kept.batches)

    assert {event.id: event.intake for event in kept.events.values()} == {"1": "s3", "4": "s3"}
    assert json.loads(kept.events["1"].envelope)["detail"] == record("1")
    (batch,) = kept.batches
    assert (batch.received, batch.taken, len(batch.unusable)) == (4, 2, 1)
    assert queue.left() == 0


@pytest.mark.parametrize(
    ("fault", "content", "told"),
    [
        pytest.param(Refuses(), log_file(), "it takes s3:GetObject on the object", id="it may not be read"),
        pytest.param(None, log_file(record("1"))[:-20], "cut off", id="it is cut off"),
        pytest.param(None, b"{}", "is no log file of CloudTrail's", id="it is something else"),
    ],
)
def test_a_file_that_cannot_be_read_stays_in_the_queue_and_keeps_no_event(
    *, queue: Queue, wire: Wire, moto: str, kept: Kept, running: Start, fault: Any, content: bytes, told: str
) -> None:
    put(moto, content)
    if fault:
        wire.faults[GET] = fault
    queue.send(s3_notice(KEY), envelope("2"))
    running(intake_of(queue, kept, buckets=[BUCKET]))
    kept.wait_for(lambda: kept.troubles and kept.events)

    assert told in str(kept.troubles[0])
    assert set(kept.events) == {"2"}
    kept.wait_for(lambda: kept.batches)
    assert queue.left() == 1


def test_a_file_counts_as_read_when_all_of_it_was_taken(queue: Queue, moto: str, kept: Kept, running: Start) -> None:
    put(moto, log_file(*(record(str(number)) for number in range(501))))
    kept.fails = [StoreError("the database is away"), RuntimeError("no")]
    queue.send(s3_notice(KEY))
    running(intake_of(queue, kept, hidden=1, buckets=[BUCKET]))
    kept.wait_for(lambda: kept.batches)

    assert len(kept.events) == 501
    assert queue.left() == 0


def test_a_bucket_that_nobody_named_is_not_read(queue: Queue, wire: Wire, kept: Kept, running: Start) -> None:
    queue.send(s3_notice(KEY, bucket="strangers"))
    running(intake_of(queue, kept, buckets=[BUCKET]))
    kept.wait_for(lambda: kept.troubles)

    assert "`strangers`, which is none of the buckets" in str(kept.troubles[0])
    assert not wire.seen[GET]


def test_no_call_is_made_that_is_not_listed(queue: Queue, wire: Wire, moto: str, kept: Kept, running: Start) -> None:
    put(moto, log_file(record("1")))
    queue.send(s3_notice(KEY), envelope("2"))
    running(intake_of(queue, kept, buckets=[BUCKET]))
    running(
        LookupIntake(
            "us-east-1", lambda: open_client("cloudtrail", OPTIONS), NOW, frozenset,
            observe=kept.observe, spacing=timedelta(0), clock=lambda: NOW + timedelta(hours=1),
        )
    )  # fmt: skip
    kept.wait_for(lambda: len(kept.events) == 2 and "cloudtrail.lookup_events" in wire.seen)

    assert set(wire.seen) <= set(CALLS)
    assert set(wire.seen) >= {"sqs.receive_message", "s3.get_object", "cloudtrail.lookup_events"}
