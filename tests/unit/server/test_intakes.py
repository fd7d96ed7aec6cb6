import json
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.events import Batch, Heartbeat, Recovered, Take, Trouble, Unusable
from sekisho.server import intakes
from sekisho.server.intakes import Intakes, Watcher
from unit.alerts.records import NOW, envelope, incoming

SOON = timedelta(seconds=10)
QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/sekisho-events"


class Once:
    """An intake that brings one event, and then waits; `failures` says how often it fails before."""

    name = "once"

    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.brought = threading.Event()

    def run(self, take: Take, stopping: threading.Event) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a fault")
        take([incoming(envelope())])
        self.brought.set()
        stopping.wait()


def test_an_intake_hands_over_what_comes_and_ends_when_it_is_to() -> None:
    taken: list[IncomingEvent] = []

    def take(events: Sequence[IncomingEvent]) -> int:
        taken.extend(events)
        return len(events)

    one, other = Once(), Once()
    running = Intakes([one, other], take)
    running.start()

    assert one.brought.wait(10)
    assert other.brought.wait(10)
    assert (running.is_alive, running.stop(SOON), running.is_alive) == (True, True, False)
    assert len(taken) == 2


def test_one_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(intakes, "BEGUN_AGAIN_AFTER", 0.01)
    one = Once(failures=2)
    running = Intakes([one], len)
    running.start()

    assert one.brought.wait(10)
    assert running.stop(SOON)
    assert sum(record.message == "an intake failed" for record in caplog.records) == 2


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Beats:
    """Keeps signs of life in memory."""

    def __init__(self) -> None:
        self.last: dict[str, datetime] = {}

    def beat(self, intake: str, place: str, *, at: datetime) -> None:
        assert intake == QUEUE
        self.last[place] = at

    def beats(self, intake: str) -> dict[str, datetime]:
        return self.last if intake == QUEUE else {}


def watcher(clock: Clock, beats: Beats | None = None) -> tuple[Watcher, list[tuple[str, Batch]]]:
    counted: list[tuple[str, Batch]] = []

    def count(name: str, batch: Batch) -> None:
        counted.append((name, batch))

    return Watcher(beats or Beats(), clock=clock, count=count), counted


def test_what_is_told_is_counted_and_logged_and_trouble_is_known_until_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    watching, counted = watcher(Clock())
    batch = Batch(received=2, taken=1, unusable=(Unusable("it is no JSON"),))

    watching.observe(QUEUE, batch)
    watching.observe(QUEUE, Trouble("access is denied"))
    assert watching.troubles() == {QUEUE: "access is denied"}
    watching.observe(QUEUE, Recovered())

    assert watching.troubles() == {}
    assert counted == [(QUEUE, batch)]
    assert [record.message for record in caplog.records] == [
        "message cannot be used", "intake has trouble", "intake works again",
    ]  # fmt: skip


def test_an_intake_without_heartbeats_is_an_event_of_its_own_once_for_each_silence() -> None:
    clock = Clock()
    watching, _ = watcher(clock)
    watching.expect_heartbeats(QUEUE)
    clock.now = NOW + timedelta(minutes=10)
    watching.observe(QUEUE, Batch(1, 0, heartbeats=(Heartbeat("111122223333 us-east-1", clock.now),)))
    assert watching.silences() == []

    clock.now = NOW + timedelta(minutes=56)
    (silent,) = watching.silences()
    told: dict[str, Any] = json.loads(silent.envelope)
    assert (told["source"], told["detail-type"]) == ("sekisho", "Sekisho Intake Silent")
    assert (told["account"], told["region"]) == ("111122223333", "us-east-1")
    assert told["detail"] == {
        "intake": QUEUE, "place": "111122223333 us-east-1", "since": "2026-11-20T10:21:30+00:00",
    }  # fmt: skip
    clock.now += timedelta(minutes=5)
    assert [one.id for one in watching.silences()] == [silent.id]

    watching.observe(QUEUE, Batch(1, 0, heartbeats=(Heartbeat("111122223333 us-east-1", clock.now),)))
    assert watching.silences() == []
    clock.now = datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert [one.id for one in watching.silences()] != [silent.id]


def test_a_heartbeat_that_came_to_another_server_is_one() -> None:
    clock, beats = Clock(), Beats()
    (one, _), (other, _) = watcher(clock, beats), watcher(clock, beats)
    one.expect_heartbeats(QUEUE)
    clock.now = NOW + timedelta(minutes=50)
    assert len(one.silences()) == 1

    other.observe(QUEUE, Batch(1, 0, heartbeats=(Heartbeat("111122223333 us-east-1", clock.now),)))

    assert one.silences() == []
