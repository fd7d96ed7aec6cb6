import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.alerts import DeliveryError, delivery
from sekisho.findings import FindingStore
from sekisho.server.outbox import LONGEST_REST, Outbox
from sekisho.storage import SqlFindingStore
from unit.findings.builders import analysis, external_access, keep_analyzer
from unit.server.outboxes import scan

PATIENCE = timedelta(seconds=30)


@dataclass
class Target:
    name: str = "file:/somewhere"
    place: str = "/somewhere"
    got: list[str] = field(default_factory=list[str])
    refuses: bool = False
    hangs: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)

    def send(self, envelope: str) -> None:
        self.reached.set()
        if self.hangs is not None:
            self.hangs.wait(30)
        if self.refuses:
            raise DeliveryError("it says no")
        self.got.append(envelope)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        keep_analyzer(opened)
        yield opened


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PAUSES", (0.0,))


def found(store: FindingStore, statement: int = 0) -> None:
    scan(store, analysis(external_access({"AWS": f"44445555666{statement}"})))


def test_what_waits_is_sent_once(store: FindingStore) -> None:
    target = Target()
    outbox = Outbox(store, target)
    found(store)

    outbox.deliver()
    outbox.deliver()

    assert len(target.got) == 1


def test_a_target_that_refuses_rests_longer_each_time_and_is_told_of_once(
    store: FindingStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sekisho")
    time = [0.0]
    target = Target(refuses=True)
    outbox = Outbox(store, target, now=lambda: time[0])
    found(store)
    rests: list[float] = []
    for _ in range(9):
        began = time[0]
        outbox.deliver()
        target.reached.clear()
        while not target.reached.is_set():
            time[0] += 0.5
            outbox.deliver()
        rests.append(time[0] - began)

    assert rests[:4] == [1, 2, 4, 8]
    assert rests[-1] == LONGEST_REST
    target.refuses = False
    time[0] += LONGEST_REST
    outbox.deliver()
    assert len(target.got) == 1
    assert [one.getMessage() for one in caplog.records] == ["target takes no events", "target takes events again"]


def test_a_delivery_under_way_ends_with_the_event_that_it_sends(store: FindingStore) -> None:
    target = Target(hangs=threading.Event())
    outbox = Outbox(store, target)
    found(store)
    found(store, statement=1)
    thread = threading.Thread(target=outbox.deliver)
    thread.start()
    assert target.reached.wait(30)

    outbox.stop()
    assert not outbox.flush(timedelta(milliseconds=10))
    assert target.hangs is not None
    target.hangs.set()
    thread.join(30)
    assert len(target.got) == 1

    assert outbox.flush(PATIENCE)
    assert len(target.got) == 3


def test_nothing_is_sent_after_the_end_but_the_last_flush(store: FindingStore) -> None:
    target = Target()
    outbox = Outbox(store, target)
    found(store)
    outbox.stop()

    outbox.deliver()
    assert target.got == []
    assert outbox.flush(PATIENCE)
    assert len(target.got) == 1


def test_a_flush_tries_each_event_once_and_not_beyond_its_time(store: FindingStore) -> None:
    target = Target(refuses=True)
    outbox = Outbox(store, target)
    found(store)

    assert not outbox.flush(PATIENCE)
    target.refuses = False
    assert not outbox.flush(timedelta())
    assert target.got == []
