"""Everything between an event and a target, at work together."""

import logging
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sekisho.alerts.channel import BrokenTargetError
from sekisho.alerts.gathering import Addressee
from sekisho.alerts.message import Message
from sekisho.alerts.messages import Wording
from sekisho.alerts.rulebook import RuleBook
from sekisho.server import Metrics
from sekisho.server.alerting import Alerting, Target, Telling
from sekisho.storage import SqlAlertStore, SqlFindingStore
from unit.alerts.dispatching import alert
from unit.alerts.records import NOW


class Channel:
    """Takes messages, unless it is broken."""

    place = "somewhere"

    def __init__(self, *, is_broken: bool = False) -> None:
        self.is_broken = is_broken
        self.got: list[Message] = []

    def send(self, message: Message) -> None:
        if self.is_broken:
            raise BrokenTargetError("somewhere is gone")
        self.got.append(message)


def alerting(store: SqlAlertStore, findings: SqlFindingStore, *targets: Target) -> Alerting:
    rules = RuleBook((), {one.addressee.name: Wording() for one in targets})
    telling = Telling(rules, targets)
    return Alerting(telling, store, findings, lambda _: None, clock=lambda: datetime.now(UTC), metrics=Metrics())


def test_what_a_broken_target_does_not_take_its_fallback_hears(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database, gone, there = str(tmp_path / "findings.db"), Channel(is_broken=True), Channel()
    targets = Target(Addressee("chat"), gone, fallback="mail"), Target(Addressee("mail"), there)
    with SqlFindingStore(database) as findings, SqlAlertStore(database) as store:
        store.settle([], [alert(1, target="chat"), alert(2, target="pager that was")])
        running = alerting(store, findings, *targets)
        running.start()
        until = time.monotonic() + 30
        while not there.got:
            assert time.monotonic() < until
            time.sleep(0.01)

        assert running.troubles() == {"chat": "somewhere is gone"}
        assert all(works() for works in running.works.values())
        assert running.stop()
    assert [one.target for one in there.got] == ["mail"]
    said = {record.message: record.levelno for record in caplog.records}
    assert said["message is told elsewhere"] == logging.WARNING
    assert any("not in the settings any more" in one for one in said)


def test_what_was_told_long_ago_is_forgotten_and_what_waits_is_not(tmp_path: Path) -> None:
    database = str(tmp_path / "findings.db")
    with SqlFindingStore(database) as findings, SqlAlertStore(database) as store:
        store.settle([], [alert(1, target="chat", due_at=NOW)])
        alerting(store, findings).tidy()

        assert store.awaited() == {"chat": 1}
