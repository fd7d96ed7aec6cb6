"""Asking CloudTrail for events, with a small CloudTrail that speaks its protocol over HTTP."""

import json
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors import LiveOptions
from sekisho.collectors.connection import open_client
from sekisho.collectors.events import Batch, LookupIntake, Recovered, Trouble
from sekisho.collectors.events.lookup import FILLED, OVERLAP, WRITES
from sekisho.findings import StoreError
from unit.collectors.events.samples import NOW, record, text

OPTIONS = LiveOptions(attempts=1, regions=("us-east-1",))
PAGE = 2


@dataclass
class Trail:
    """A CloudTrail: answers as the API does, newest first, a few at a time, and keeps what it was asked."""

    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    fails: list[str] = field(default_factory=list[str])
    same_page: bool = False

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(request)
        if self.fails and (code := self.fails.pop(0)):
            return 400, {"__type": code, "message": "the test says no"}
        ((key, value),) = [(one["AttributeKey"], one["AttributeValue"]) for one in request["LookupAttributes"]]
        found = [
            one for one in sorted(self.records, key=lambda one: one["eventTime"], reverse=True)
            if request["StartTime"] <= datetime.fromisoformat(one["eventTime"]).timestamp() <= request["EndTime"]
            and (str(one["readOnly"]).lower() == value if key == "ReadOnly" else one["eventName"] == value)
        ]  # fmt: skip
        start = int(request.get("NextToken", 0))
        events = [{"EventId": one["eventID"], "CloudTrailEvent": text(one)} for one in found[start : start + PAGE]]
        more = {"NextToken": "0" if self.same_page else str(start + PAGE)} if found[start + PAGE :] else {}
        return 200, {"Events": events, **more}


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    made = Trail()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer goes out in one piece

        def do_POST(self) -> None:
            assert self.headers["X-Amz-Target"].endswith(".LookupEvents")
            status, answer = made.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
    }.items():
        monkeypatch.setenv(name, value)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Kept:
    """Keeps events, and stops the intake after a round."""

    stopping: threading.Event = field(default_factory=threading.Event)
    events: dict[str, IncomingEvent] = field(default_factory=dict[str, IncomingEvent])
    known: set[str] = field(default_factory=set[str])
    fails: list[Exception] = field(default_factory=list[Exception])
    reports: list[Batch | Trouble | Recovered] = field(default_factory=list[Batch | Trouble | Recovered])

    def take(self, events: Collection[IncomingEvent]) -> int:
        if self.fails:
            raise self.fails.pop(0)
        assert not self.known & {event.id for event in events}
        self.events.update({event.id: event for event in events})
        self.known |= {event.id for event in events}
        return len(events)

    def has_taken(self, ids: Collection[str], /) -> frozenset[str]:
        return frozenset(self.known & set(ids))

    def observe(self, _: str, report: Batch | Trouble | Recovered) -> None:
        self.reports.append(report)


def look(
    kept: Kept,
    *,
    since: datetime,
    rounds: int = 1,
    attributes: Any = (WRITES,),
    late: timedelta = timedelta(hours=1),
    meanwhile: Callable[[int], None] = lambda _: None,
) -> None:
    """Let an intake make a few rounds; the time goes on by a quarter of an hour for each."""
    done = 0

    def clock() -> datetime:
        return NOW + timedelta(minutes=15) * done

    class Stopping(threading.Event):
        """Is set after so many rounds, and makes nobody wait."""

        def wait(self, timeout: float | None = None) -> bool:
            nonlocal done
            if timeout:  # the pause after a round; there is none between calls here
                done += 1
                meanwhile(done)
            if done >= rounds:
                self.set()
            return self.is_set()

    intake = LookupIntake(
        "us-east-1", lambda: open_client("cloudtrail", OPTIONS), since, kept.has_taken,
        attributes=attributes, late=late, observe=kept.observe, spacing=timedelta(0), clock=clock,
    )  # fmt: skip
    intake.run(kept.take, Stopping())


def at(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_every_page_is_read_and_every_event_taken_once(trail: Trail) -> None:
    trail.records = [record(str(number), eventTime=at(number)) for number in range(1, 6)]
    kept = Kept(known={"2"})
    look(kept, since=NOW - timedelta(minutes=10), rounds=2)

    assert set(kept.events) == {"1", "3", "4", "5"}
    assert {event.intake for event in kept.events.values()} == {"lookup"}
    assert [type(one) for one in kept.reports] == [Batch] * len(kept.reports)
    assert json.loads(kept.events["1"].envelope)["detail"] == trail.records[0]


def test_only_what_changes_something_is_asked_for_unless_it_is_named(trail: Trail) -> None:
    trail.records = [record("1", eventTime=at(1)), record("2", eventTime=at(1), eventName="ListUsers", readOnly=True)]
    kept = Kept()
    look(kept, since=NOW)

    assert set(kept.events) == {"1"}


def test_a_round_begins_a_little_before_the_end_of_the_one_before(trail: Trail) -> None:
    kept = Kept()
    late = record("late", eventTime=at(10))
    look(kept, since=NOW, rounds=2, meanwhile=lambda _: trail.records.append(late))

    first, second = trail.asked
    assert first["StartTime"] == (NOW - OVERLAP).timestamp()
    assert second["StartTime"] == NOW.timestamp() - OVERLAP.total_seconds()
    assert set(kept.events) == {"late"}


def test_gaps_are_looked_for_by_name_and_what_is_found_there_is_late(trail: Trail) -> None:
    names = [value for _, value in FILLED]
    trail.records = [record(name, eventName=name, eventTime=at(16)) for name in names]
    trail.records += [record("new", eventTime=at(5)), record("other", eventName="CreateUser", eventTime=at(16))]
    kept = Kept()
    look(kept, since=NOW - timedelta(hours=1), attributes=FILLED, late=OVERLAP)

    assert {event.id: event.is_late for event in kept.events.values()} == {**dict.fromkeys(names, True), "new": False}


def test_a_long_time_is_looked_at_day_by_day_and_never_more_than_ninety(trail: Trail) -> None:
    trail.records = [record("old", eventTime=at(60 * 24 * 89)), record("1", eventTime=at(60 * 24))]
    kept = Kept()
    look(kept, since=NOW - timedelta(days=400))

    assert set(kept.events) == {"old", "1"}
    assert len(trail.asked) == 90
    assert trail.asked[0]["StartTime"] == (NOW - timedelta(days=90)).timestamp()
    assert all(one["EndTime"] - one["StartTime"] <= 86_400 for one in trail.asked)
    assert trail.asked[-1]["EndTime"] == NOW.timestamp()


def test_what_fails_is_told_once_and_looked_for_again(trail: Trail) -> None:
    trail.records = [record("1", eventTime=at(3 * 1440)), record("2", eventTime=at(1))]
    trail.fails = ["", "", "", "AccessDeniedException", "AccessDeniedException"]
    kept = Kept()
    look(kept, since=NOW - timedelta(days=4), rounds=4)

    assert set(kept.events) == {"1", "2"}
    troubles = [one for one in kept.reports if not isinstance(one, Batch)]
    assert "it takes cloudtrail:LookupEvents" in str(troubles[0])
    assert troubles[1:] == [Recovered()]
    starts = [one["StartTime"] for one in trail.asked]
    assert starts[4] == starts[5] == starts[3] - OVERLAP.total_seconds()


@pytest.mark.parametrize("error", [StoreError("the database is away"), RuntimeError("no")])
def test_what_was_not_taken_is_looked_for_again(trail: Trail, error: Exception) -> None:
    trail.records = [record("1", eventTime=at(1))]
    kept = Kept(fails=[error])
    look(kept, since=NOW, rounds=2)

    assert set(kept.events) == {"1"}
    assert [type(one) for one in kept.reports] == [Trouble, Batch, Recovered]


def test_what_is_no_record_is_told_and_keeps_no_other(trail: Trail) -> None:
    trail.records = [record("1", eventTime=at(1)), record("2", eventTime=at(2), eventSource=None)]
    kept = Kept()
    look(kept, since=NOW)

    (batch,) = kept.reports
    assert isinstance(batch, Batch)
    assert (batch.received, batch.taken, len(batch.unusable)) == (2, 1, 1)


def test_a_page_that_names_itself_as_the_next_ends_nowhere_else(trail: Trail) -> None:
    trail.records = [record(str(number), eventTime=at(1)) for number in range(5)]
    trail.same_page = True
    kept = Kept()
    look(kept, since=NOW)

    assert "the same page was named twice" in str(kept.reports[-1])


def test_the_ready_made_intakes_ask_where_they_should() -> None:
    now = datetime.now(UTC)
    some = LookupIntake.of_region("eu-west-1", OPTIONS, now, frozenset)
    gaps = LookupIntake.filling_gaps("us-east-1", OPTIONS, now, frozenset)

    assert (some.name, list(some._looked_at)) == ("LookupEvents in eu-west-1", [WRITES])
    assert (gaps.name, list(gaps._looked_at)) == ("LookupEvents in us-east-1 to fill gaps", list(FILLED))
    assert some._new_client().meta.region_name == "eu-west-1"
