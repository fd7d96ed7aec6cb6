import json
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from sekisho.alerts.alert import Alert, IncomingEvent
from sekisho.alerts.message import Entry
from sekisho.analyzers.observation import Severity
from sekisho.findings import StoreError
from sekisho.server.own_events import NOT_JUDGED
from sekisho.server.sorting import PLACE, Sorter
from sekisho.storage import SqlAlertStore, SqlFindingStore
from unit.alerts.records import NOW, envelope, incoming
from unit.findings.builders import BUCKET, MONDAY, analysis, external_access, keep_analyzer
from unit.server.outboxes import scan

SOON = timedelta(seconds=10)


class Rules:
    """Tells `people` of every event, but fails at those whose ids are in `poison`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.poison = frozenset[str]()

    def alerts_of(self, event: IncomingEvent, *, now: Any) -> Sequence[Alert]:
        self.asked.append(event.id)
        if event.id in self.poison:
            raise RuntimeError("a fault")
        entry = Entry(event.id, event.at, (event.id,), (), (), (), (), event.envelope)
        return [Alert(event.id, "people", "rule", Severity.HIGH, "", "", event.id, now, entry)]


class Desk:
    """A sorter over stores in a file, and what it asked for."""

    def __init__(self, alerts: SqlAlertStore, findings: SqlFindingStore) -> None:
        self.alerts = alerts
        self.rules = Rules()
        self.rescans: list[str] = []
        self.failures: list[Exception] = []
        self.unreadable = frozenset[str]()
        self.told = threading.Semaphore(0)
        self.sorter = Sorter(alerts, findings, self.rules, self._rescan, clock=lambda: NOW, told=self.told.release)

    def _rescan(self, events: Sequence[Mapping[str, Any]]) -> None:
        if self.failures:
            raise self.failures.pop()
        named = [event["detail"]["eventID"] for event in events if event["source"] != "sekisho"]
        if not self.unreadable.isdisjoint(named):
            raise RuntimeError("a fault")
        self.rescans += named

    def take(self, *ids: str) -> None:
        self.alerts.take([incoming(envelope(event_id=one)) for one in ids], now=NOW)
        self.sorter.wake()

    def wait(self, waiting: int) -> None:
        """Wait until so many alerts wait for people."""
        while self.alerts.waiting("people") < waiting:
            assert self.told.acquire(timeout=30)


@pytest.fixture
def database(tmp_path: Any) -> str:
    return str(tmp_path / "findings.db")


@contextmanager
def desk(database: str) -> Iterator[Desk]:
    with SqlFindingStore(database) as findings, SqlAlertStore(database) as alerts:
        alerts.begin_findings()
        made = Desk(alerts, findings)
        try:
            yield made
        finally:
            made.sorter.stop(SOON)


def test_events_are_rescanned_and_put_to_the_rules_once_in_their_order(database: str) -> None:
    with desk(database) as made:
        made.take("a", "b")
        made.take("b", "c")
        made.sorter.start()
        made.wait(3)

        assert made.rules.asked == ["a", "b", "c"]
        assert made.rescans == ["a", "b", "c"]
        assert made.alerts.untold(limit=10) == ()
        made.take("d")
        made.wait(4)
    assert made.rescans == ["a", "b", "c", "d"]


def test_changes_of_findings_are_put_to_the_rules_and_those_of_before_are_no_news(database: str) -> None:
    with SqlFindingStore(database) as findings:
        keep_analyzer(findings)
        scan(findings, analysis(external_access()))
        with desk(database) as made:
            scan(findings, analysis(external_access()), analysis(external_access(), resource=f"{BUCKET}-2"))
            made.sorter.start()
            made.wait(1)

            (told,) = made.alerts.due("people", now=NOW, limit=9)
    assert f"{BUCKET}-2" in told.entry.envelope
    assert made.rescans == []


def not_judged(made: Desk) -> list[dict[str, str]]:
    """What people hear of what was not looked at."""
    told = [json.loads(one.entry.envelope) for one in made.alerts.due("people", now=NOW, limit=9)]
    return [one["detail"] for one in told if one["detail-type"] == NOT_JUDGED]


def test_an_event_that_the_rules_fail_at_is_told_and_holds_up_no_other(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with desk(database) as made:
        made.rules.poison = frozenset({"b"})
        made.take("a", "b", "c")
        made.sorter.start()
        made.wait(3)

        assert made.alerts.untold(limit=10) == ()
        assert not_judged(made) == [{"event": "b", "step": "rules"}]
    assert any("could not be put to the rules" in one.message for one in caplog.records)


def test_an_event_that_cannot_be_looked_into_is_told_and_holds_up_no_other(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with desk(database) as made:
        made.unreadable = frozenset({"b"})
        made.take("a", "b", "c")
        made.sorter.start()
        made.wait(4)

        assert made.alerts.untold(limit=10) == ()
        assert made.rescans == ["a", "c"]
        assert not_judged(made) == [{"event": "b", "step": "rescan"}]
    assert any("could not be looked at" in one.message for one in caplog.records)


def test_a_store_that_fails_is_tried_again_and_told_of_once(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with desk(database) as made:
        made.failures = [StoreError("gone"), StoreError("gone")]
        made.take("a")
        made.sorter.start()
        made.sorter.wake()
        made.wait(1)

        assert made.rescans == ["a"]
    complaints = [one for one in caplog.records if one.message == "events cannot be sorted"]
    assert [one.levelno for one in complaints] == [logging.ERROR]


def test_only_one_server_of_a_store_sorts_and_the_next_one_goes_on(database: str) -> None:
    with desk(database) as first, desk(database) as second:
        first.sorter.start()
        first.take("a")
        first.wait(1)
        second.sorter.start()
        first.take("b")
        second.sorter.wake()
        first.wait(2)
        assert second.rules.asked == []

        assert first.sorter.stop(SOON)
        first.take("c")
        second.wait(3)
        assert second.rules.asked == ["c"]


def test_who_stops_lets_go(database: str) -> None:
    with desk(database) as made:
        made.sorter.start()
        made.take("a")
        made.wait(1)
        assert not made.alerts.hold(PLACE, "another", now=NOW, until=NOW + SOON)
        assert made.sorter.stop(SOON)

        assert not made.sorter.is_alive
        assert made.alerts.hold(PLACE, "another", now=NOW, until=NOW + SOON)


def test_what_is_no_event_is_sorted_out(database: str) -> None:
    with desk(database) as made:
        made.alerts.take([IncomingEvent("x", "[]", MONDAY, "sqs")], now=NOW)
        made.sorter.start()
        made.take("a")
        made.wait(2)

        assert made.rescans == ["a"]
        assert json.loads(made.alerts.due("people", now=NOW, limit=1)[0].entry.envelope) == []
