import json
import logging
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any, Self

import pytest

from sekisho.alerts.channel import BrokenTargetError
from sekisho.alerts.dispatch import Dispatcher
from sekisho.alerts.gathering import Addressee
from sekisho.alerts.message import Message
from sekisho.findings import StoreError
from sekisho.server.couriers import Courier, Couriers
from sekisho.storage import SqlAlertStore
from unit.alerts.dispatching import HOUR, MINUTE, SECOND, SLACK, Clock, Script, alert, title_of
from unit.findings.builders import MONDAY

PATIENCE = timedelta(seconds=30)
"""How long a test waits for what happens at once."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlAlertStore]:
    with SqlAlertStore(str(tmp_path / "alerts.db")) as opened:
        yield opened


class Target(Script):
    """Takes everything, and says so; or hangs first until it is let."""

    def __init__(self, *, hangs: bool = False) -> None:
        super().__init__()
        self.reached = threading.Semaphore(0)
        self.may_go_on = threading.Event()
        if not hangs:
            self.may_go_on.set()

    def send(self, message: Message) -> None:
        self.reached.release()
        assert self.may_go_on.wait(PATIENCE.total_seconds())
        super().send(message)

    def wait_for(self, number: int) -> None:
        """Wait until so many messages have come."""
        for _ in range(number):
            assert self.reached.acquire(timeout=PATIENCE.total_seconds())


def utc_now() -> datetime:
    return datetime.now(UTC)


def courier(
    store: SqlAlertStore, target: Script, name: str = SLACK, *, look_every: timedelta = HOUR, now: Any = utc_now
) -> Courier:
    dispatcher = Dispatcher(store, Addressee(name), target, title_of=title_of, now=now, random=lambda: 0.5)
    return Courier(dispatcher, look_every=look_every)


def test_a_courier_that_is_woken_looks_at_once_and_one_that_is_not_looks_now_and_then(store: SqlAlertStore) -> None:
    woken, polls = Target(), Target()
    couriers = Couriers([courier(store, woken), courier(store, polls, "mail", look_every=SECOND / 100)])
    couriers.start()
    store.settle([], [alert(1), alert(1, "mail")])

    polls.wait_for(1)
    couriers.wake(["other"])
    couriers.wake([SLACK])
    woken.wait_for(1)
    store.settle([], [alert(2)])
    couriers.wake()
    woken.wait_for(1)

    assert [couriers.is_alive, couriers.stop(PATIENCE), couriers.is_alive] == [True, True, False]
    assert (woken.titles, polls.titles) == (["1", "2"], ["1"])


def test_a_courier_that_has_nothing_to_tell_waits(tmp_path: Path) -> None:
    looked: list[str] = []

    class Watched(SqlAlertStore):
        def next_at(self, target: str) -> datetime | None:
            looked.append(target)
            return super().next_at(target)

    with Watched(str(tmp_path / "alerts.db")) as store:
        target = Target()
        couriers = Couriers([one := courier(store, target)])
        couriers.start()
        for number in range(3):
            store.settle([], [alert(number)])
            one.wake()
            target.wait_for(1)
        assert couriers.stop(PATIENCE)

    assert len(looked) <= 2 * 5  # before and after each look: at first, when woken, at last


def test_what_is_due_later_is_told_when_it_is(store: SqlAlertStore) -> None:
    target = Target()
    store.settle([], [alert(1, due_at=utc_now() + SECOND / 5)])
    couriers = Couriers([courier(store, target)])
    couriers.start()

    target.wait_for(1)

    assert couriers.stop(PATIENCE)


def test_a_slow_target_delays_no_other(store: SqlAlertStore) -> None:
    slow, quick = Target(hangs=True), Target()
    couriers = Couriers([courier(store, slow), courier(store, quick, "mail")])
    store.settle([], [alert(1), *(alert(number, "mail") for number in range(5))])
    couriers.start()
    slow.wait_for(1)

    quick.wait_for(5)

    slow.may_go_on.set()
    assert couriers.stop(PATIENCE)
    assert slow.titles == ["1"]


def test_when_it_stops_it_sends_what_waits_one_last_time_and_lets_go(store: SqlAlertStore) -> None:
    target = Target()
    one = courier(store, target)
    one.start()
    store.settle([], [alert(1), alert(2)])

    assert one.stop(PATIENCE)

    assert target.titles == ["1", "2"]
    assert store.hold(SLACK, "another", now=MONDAY, until=MONDAY)


def test_when_it_stops_the_message_on_its_way_is_noted_but_none_is_begun_for_which_there_is_no_time(
    store: SqlAlertStore,
) -> None:
    target = Target(hangs=True)
    store.settle([], [alert(1), alert(2)])
    couriers = Couriers([one := courier(store, target)])
    couriers.start()
    target.wait_for(1)

    assert not couriers.stop(timedelta(0))
    assert not store.hold(SLACK, "another", now=utc_now(), until=utc_now())
    target.may_go_on.set()
    assert one.stop(PATIENCE)

    assert target.titles == ["1"]
    assert store.waiting(SLACK) == 1
    assert store.hold(SLACK, "another", now=MONDAY, until=MONDAY)


def test_a_courier_that_never_began_stops(store: SqlAlertStore) -> None:
    assert Couriers([courier(store, Target())]).stop(PATIENCE)


def test_a_target_is_held_while_it_takes_its_time(tmp_path: Path) -> None:
    clock = Clock()
    held = threading.Semaphore(0)

    class Watched(SqlAlertStore):
        def hold(self, target: str, holder: str, *, now: datetime, until: datetime) -> bool:
            try:
                return super().hold(target, holder, now=now, until=until)
            finally:
                held.release()

    with Watched(str(tmp_path / "alerts.db")) as store:

        class Slow(Target):
            def send(self, message: Message) -> None:
                held.acquire()  # of before
                for _ in range(3):
                    clock.move(7 * SECOND)
                    for _ in range(2):  # the first may have asked for the time before
                        assert held.acquire(timeout=PATIENCE.total_seconds())
                    assert not store.hold(SLACK, "another", now=clock.now + 8 * SECOND, until=clock.now + MINUTE)
                    held.acquire()
                super().send(message)

        store.settle([], [alert(1)])
        target = Slow()
        couriers = Couriers([courier(store, target, now=clock)], renew_every=SECOND / 1000)
        couriers.start()
        target.wait_for(1)
        assert couriers.stop(PATIENCE)

    assert target.titles == ["1"]


def test_a_target_that_has_to_be_mended_is_known(store: SqlAlertStore) -> None:
    target = Target()
    target.then(BrokenTargetError("the channel is archived"))
    store.settle([], [alert(1)])
    couriers = Couriers([courier(store, target)])
    assert couriers.broken() == {}
    couriers.start()

    assert couriers.stop(PATIENCE)

    assert couriers.broken() == {SLACK: "the channel is archived"}


@pytest.mark.parametrize("fault", [StoreError("the disk is full"), RuntimeError("ours")])
def test_a_store_that_fails_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    failures = iter([fault] * 3)

    class Failing(SqlAlertStore):
        def next_at(self, target: str) -> datetime | None:
            for one in failures:
                raise one
            return super().next_at(target)

    with Failing(str(tmp_path / "alerts.db")) as store:
        target = Target()
        store.settle([], [alert(1)])
        couriers = Couriers([courier(store, target, look_every=SECOND / 1000)])
        couriers.start()
        target.wait_for(1)
        assert couriers.stop(PATIENCE)

    errors = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert [one.getMessage() for one in errors] == ["messages cannot be sent"]
    assert (errors[0].exc_info is not None) is isinstance(fault, RuntimeError)


# --- killed


CHILD = """
import json, sys, threading
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import msgspec

from sekisho.alerts.channel import TemporaryError
from sekisho.alerts.dispatch import Dispatcher
from sekisho.alerts.gathering import Addressee
from sekisho.alerts.health import Pace
from sekisho.server.couriers import Courier
from sekisho.storage import SqlAlertStore

class Posts:
    place = "the receiver"

    def send(self, message):
        try:
            urlopen(Request(sys.argv[2], msgspec.json.encode(message)), timeout=30).close()
        except OSError as error:
            raise TemporaryError(str(error)) from error

with SqlAlertStore(sys.argv[1]) as store:
    courier = Courier(Dispatcher(
        store, Addressee("slack"), Posts(), title_of=lambda rule, entries, omitted: (rule,),
        now=lambda: datetime.now(UTC), random=lambda: 0.0, pace=Pace(held_for=timedelta(seconds=0.2)),
    ))
    courier.start()
    sys.stdin.read()
    courier.stop(timedelta(seconds=30))
"""


class Receiver:
    """Takes messages over HTTP. Before it answers one, it has something happen."""

    def __init__(self, surprise: Callable[[], None], *, at: int, expected: int) -> None:
        self.bodies: list[bytes] = []
        self.is_complete = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(body)
                if len(receiver.bodies) == at:
                    surprise()
                if len(set(receiver.bodies)) == expected:
                    receiver.is_complete.set()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who was killed reads no answer

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


@pytest.mark.slow
def test_a_server_that_is_killed_while_it_sends_loses_nothing_and_repeats_one_message(store: SqlAlertStore) -> None:
    told = [alert(number, order="ab"[number % 2]) for number in range(12)]
    store.settle([], told)
    started = Queue[subprocess.Popen[bytes]]()

    def kill() -> None:
        child = started.get(timeout=PATIENCE.total_seconds())
        child.kill()
        child.wait()

    with Receiver(kill, at=3, expected=len(told)) as receiver:
        arguments = [sys.executable, "-c", CHILD, str(store.url.database), receiver.url]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as first:
            started.put(first)
            assert first.wait(PATIENCE.total_seconds()) == -signal.SIGKILL
        with subprocess.Popen(arguments, stdin=subprocess.PIPE) as second:
            assert receiver.is_complete.wait(PATIENCE.total_seconds())
        assert second.returncode == 0

    assert [number for number in Counter(receiver.bodies).values() if number > 1] == [2]
    got = [json.loads(body) for body in dict.fromkeys(receiver.bodies)]
    assert len({one["id"] for one in got}) == len(got) == len(told)
    numbers = [int(one["dedup_key"].removeprefix("key ")) for one in got]
    assert numbers == list(range(12))
    assert store.waiting(SLACK) == 0
