from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from sekisho.alerts.alert import Alert
from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.dispatch import Dispatcher, Hooks
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.gathering import Addressee, Rate
from sekisho.alerts.health import Pace
from sekisho.alerts.message import Message
from sekisho.alerts.store import MessageState, QueuedMessage
from sekisho.analyzers.observation import Severity
from sekisho.findings import StoreError
from sekisho.storage import SqlAlertStore
from unit.alerts.dispatching import HOUR, MINUTE, SECOND, SLACK, Clock, Script, alert, entry, formed, message, title_of
from unit.findings.builders import MONDAY

DOWN = TemporaryError("it is down")
GONE = BrokenTargetError("the channel is archived")
DAY = 24 * HOUR


@pytest.fixture
def store() -> Iterator[SqlAlertStore]:
    with SqlAlertStore("sqlite://") as opened:
        yield opened


@dataclass
class Bench:
    """A dispatcher with all that it works with."""

    store: SqlAlertStore
    rates: Mapping[str, Rate] = field(default_factory=dict)
    channel: Script = field(default_factory=Script)
    clock: Clock = field(default_factory=Clock)
    told: list[tuple[str, ...]] = field(default_factory=list)
    random: float = 0.5

    def dispatcher(self, **others: Any) -> Dispatcher:
        def heard(what: str) -> Any:
            return lambda message, detail: self.told.append((what, message.dedup_key[4:], str(detail)))

        return Dispatcher(
            self.store,
            Addressee(SLACK),
            self.channel,
            title_of=others.pop("title_of", title_of),
            now=self.clock,
            random=lambda: self.random,
            rates=self.rates,
            hooks=Hooks(**{one: heard(one) for one in ("fall_back", "sent", "failed", "dead")}),
            **others,
        )

    def put(self, *alerts: Alert) -> None:
        self.store.settle([], alerts)

    def queued(self, number: int) -> QueuedMessage:
        (found,) = [one for one in self.store.find("", limit=100) if one.message.dedup_key == f"key {number}"]
        return found

    def run(self, dispatcher: Dispatcher, span: timedelta) -> None:
        """Let time pass: whenever the dispatcher wants to come again it does."""
        until = self.clock.now + span
        while (at := dispatcher.run_once()) is not None and at <= until:
            self.clock.now = max(self.clock.now, at)
        self.clock.now = until


@pytest.fixture
def bench(store: SqlAlertStore) -> Bench:
    return Bench(store)


def test_what_is_due_is_told_once_and_then_there_is_nothing_to_come_again_for(bench: Bench) -> None:
    dispatcher = bench.dispatcher()
    assert dispatcher.run_once() is None
    bench.put(alert(1), alert(2), alert(3, due_at=MONDAY + MINUTE))
    bench.clock.move(10 * SECOND)

    assert dispatcher.run_once() == MONDAY + MINUTE
    assert dispatcher.run_once() == MONDAY + MINUTE
    assert bench.channel.titles == ["1", "2"]
    assert bench.told == [("sent", "1", "0:00:10"), ("sent", "2", "0:00:10")]

    bench.clock.now = MONDAY + MINUTE
    assert dispatcher.run_once() is None
    assert bench.channel.titles == ["1", "2", "3"]
    assert bench.store.waiting(SLACK) == 0


def test_ten_alerts_of_a_group_that_are_due_together_are_one_message(bench: Bench) -> None:
    bench.put(*(alert(number, group="g") for number in range(10)))

    bench.dispatcher(most_entries=4).run_once()

    (got,) = bench.channel.got
    assert (len(got.entries), got.omitted, got.title) == (4, 6, ("keys: 10",))


def test_what_a_rate_keeps_back_is_told_together_when_it_lets_it(bench: Bench) -> None:
    bench.rates = {"keys": Rate(2, 10 * MINUTE, spares=Severity.CRITICAL)}
    dispatcher = bench.dispatcher()
    bench.put(alert(1))
    dispatcher.run_once()
    bench.clock.move(MINUTE)
    bench.put(*(alert(number) for number in range(2, 6)))
    dispatcher.run_once()
    assert [len(one.entries) for one in bench.channel.got] == [1, 4]

    bench.put(*(alert(number) for number in range(6, 9)), alert(9, severity=Severity.CRITICAL), alert(10, rule="other"))
    assert dispatcher.run_once() == MONDAY + 11 * MINUTE
    assert bench.channel.titles[2:] == ["9", "10"]

    bench.run(dispatcher, 10 * MINUTE)
    assert [[one.event_id for one in got.entries] for got in bench.channel.got[4:]] == [
        ["event-6"],
        ["event-7", "event-8"],
    ]
    assert bench.store.waiting(SLACK) == 0


def test_a_message_that_is_not_taken_is_tried_again_at_growing_intervals(bench: Bench) -> None:
    bench.channel.then(*[DOWN] * 12)
    bench.random = 1.0
    dispatcher = bench.dispatcher()
    bench.put(alert(1))

    pauses: list[float] = []
    while (at := dispatcher.run_once()) is not None:
        pauses.append((at - bench.clock.now).total_seconds())
        bench.clock.now = at

    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert bench.channel.titles == ["1"]
    assert {one.id for one in bench.channel.tried} == {bench.channel.got[0].id}
    assert bench.queued(1).attempts == 13


def test_pauses_are_random_but_never_none(bench: Bench) -> None:
    bench.channel.then(DOWN, DOWN, DOWN)
    dispatcher = bench.dispatcher()
    bench.put(alert(1))

    for random, pause in ((0.0, 0.1), (0.5, 0.5), (0.75, 1.5)):
        bench.random = random
        at = dispatcher.run_once()
        assert at == bench.clock.now + pause * SECOND
        bench.clock.now = at


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        pytest.param(30 * SECOND, 30 * SECOND, id="as long as it asks for"),
        pytest.param(5 * HOUR, HOUR, id="but no longer than an hour"),
        pytest.param(timedelta(0), 0.25 * SECOND, id="and as long as after any failure"),
        pytest.param(-HOUR, 0.25 * SECOND, id="whatever it asks for"),
    ],
)
def test_a_target_that_wants_to_be_left_alone_is(bench: Bench, asked: timedelta, given: timedelta) -> None:
    bench.channel.then(TemporaryError("too many", retry_after=asked))
    dispatcher = bench.dispatcher()
    bench.put(alert(1))
    dispatcher.run_once()

    assert bench.queued(1).again_at == MONDAY + given
    if given > SECOND:
        bench.put(alert(2))
        bench.clock.move(given - SECOND)
        assert dispatcher.run_once() == MONDAY + given
        assert len(bench.channel.tried) == 1
        bench.clock.move(SECOND)
    dispatcher.run_once()
    assert bench.channel.titles[:1] == ([] if given < SECOND else ["1"])


def test_a_message_that_fails_holds_up_no_other(bench: Bench) -> None:
    bench.put(*(alert(number) for number in range(5)))

    class Poisoned(Script):
        def send(self, message: Message) -> None:
            if message.dedup_key == "key 0":
                raise DOWN
            super().send(message)

    bench.channel = Poisoned()
    dispatcher = bench.dispatcher(pace=Pace(patience=2 * HOUR))
    dispatcher.run_once()

    assert bench.channel.titles == ["1", "2", "3", "4"]
    bench.run(dispatcher, 3 * HOUR)
    assert bench.queued(0).state is MessageState.DEAD
    assert [one[:2] for one in bench.told if one[0] in {"fall_back", "dead"}] == [("fall_back", "0"), ("dead", "0")]


def test_a_target_that_fails_with_two_messages_rests_longer_each_time_and_is_not_hammered(bench: Bench) -> None:
    bench.channel.then(*[DOWN] * 1000)
    dispatcher = bench.dispatcher()
    bench.put(*(alert(number) for number in range(100)))

    assert dispatcher.run_once() == MONDAY + SECOND
    assert [one.dedup_key for one in bench.channel.tried] == ["key 0", "key 1"]
    bench.put(alert(100))
    assert dispatcher.run_once() == MONDAY + SECOND
    rests: list[float] = []
    for _ in range(8):
        bench.clock.now = dispatcher.run_once() or bench.clock.now
        at = dispatcher.run_once()
        assert at is not None
        rests.append((at - bench.clock.now).total_seconds())
    assert rests == [2, 4, 8, 16, 32, 60, 60, 60]
    assert len(bench.channel.tried) <= 2 * 10

    bench.channel.then()
    bench.run(dispatcher, 10 * MINUTE)
    assert len(bench.channel.got) == 101
    bench.channel.then(DOWN, DOWN)
    bench.put(alert(101), alert(102))
    assert dispatcher.run_once() == bench.clock.now + SECOND


def test_the_second_try_is_with_the_message_that_failed_least(bench: Bench) -> None:
    bench.random = 0.0
    bench.put(*(alert(number) for number in range(4)))
    bench.channel.then(DOWN, DOWN)
    dispatcher = bench.dispatcher()
    dispatcher.run_once()
    bench.clock.move(SECOND)
    bench.channel.tried.clear()
    bench.channel.then(DOWN, DOWN)

    dispatcher.run_once()

    assert [one.dedup_key for one in bench.channel.tried] == ["key 0", "key 2"]


def test_of_one_order_nothing_overtakes_what_is_tried_again(bench: Bench) -> None:
    bench.random = 1.0
    bench.channel.then(DOWN, None, DOWN)
    bench.put(alert(1, order="a"), alert(2, order="a"), alert(3))
    dispatcher = bench.dispatcher()

    bench.run(dispatcher, SECOND / 4)
    assert bench.channel.titles == ["3"]
    bench.run(dispatcher, MINUTE)
    assert bench.channel.titles == ["3", "1", "2"]


def test_a_message_that_is_refused_is_dead_at_once_and_told_elsewhere(bench: Bench) -> None:
    bench.channel.then(RefusedError("invalid\n blocks"))
    bench.put(alert(1, order="a"), alert(2, order="a"))
    dispatcher = bench.dispatcher()

    assert dispatcher.run_once() is None

    assert bench.channel.titles == ["2"]
    (dead,) = bench.store.dead()
    assert (dead.message.dedup_key, dead.last_error, dead.attempts) == ("key 1", "invalid blocks", 1)
    assert [one[0] for one in bench.told] == ["fall_back", "dead", "failed", "sent"]


def test_a_target_that_refuses_is_there_and_needs_no_rest(bench: Bench) -> None:
    bench.channel.then(DOWN, RefusedError("never"), DOWN)
    bench.put(*(alert(number) for number in range(4)))

    bench.dispatcher().run_once()

    assert bench.channel.titles == ["3"]


def test_patience_ends_a_day_after_a_message_was_made_or_resent(bench: Bench) -> None:
    bench.channel.then(*[DOWN] * 10_000)
    dispatcher = bench.dispatcher()
    bench.put(alert(1))
    bench.run(dispatcher, MINUTE)
    bench.clock.now = MONDAY + DAY - 10 * MINUTE
    bench.run(dispatcher, 9 * MINUTE)
    assert bench.store.dead() == ()
    bench.run(dispatcher, 10 * MINUTE)
    (dead,) = bench.store.dead()
    assert dead.last_error == "it is down"
    assert dead.ended_at is not None
    assert dead.ended_at >= MONDAY + DAY

    bench.store.resend([dead.message.id], now=bench.clock.now)
    bench.clock.move(DAY - 10 * MINUTE)
    bench.run(dispatcher, 9 * MINUTE)
    assert bench.store.dead() == ()
    bench.channel.then()
    bench.run(dispatcher, 10 * MINUTE)
    assert bench.channel.titles == ["1"]


def test_when_a_target_has_taken_nothing_for_so_long_all_that_waited_as_long_is_given_up(bench: Bench) -> None:
    bench.channel.then(*[DOWN] * 100_000)
    dispatcher = bench.dispatcher(pace=Pace(patience=2 * HOUR))
    bench.put(*(alert(number, order="a" if number % 2 else "") for number in range(300)))
    bench.run(dispatcher, HOUR)
    bench.put(alert(300))
    dispatcher.run_once()
    assert bench.store.dead() == ()

    bench.run(dispatcher, HOUR + 10 * MINUTE)

    assert len(bench.store.dead()) == 300
    assert {one[1] for one in bench.told if one[0] == "fall_back"} == {str(number) for number in range(300)}
    assert {one.attempts for one in bench.store.dead() if one.message.dedup_key in {"key 3", "key 5"}} == {0}
    assert bench.store.waiting(SLACK) == 1


def test_messages_that_waited_for_days_because_no_server_ran_are_tried_first(bench: Bench) -> None:
    bench.put(*(alert(number) for number in range(3)))
    bench.channel.then(DOWN, DOWN)
    bench.dispatcher().run_once()
    bench.clock.move(3 * DAY)
    bench.channel.then(DOWN)

    bench.run(bench.dispatcher(), HOUR)

    assert len(bench.store.dead()) == 1
    assert len(bench.channel.got) == 2


def test_a_target_that_is_broken_is_left_alone_for_long_and_all_is_told_elsewhere_at_once(bench: Bench) -> None:
    bench.channel.then(*[GONE] * 1000)
    dispatcher = bench.dispatcher()
    bench.put(alert(1, order="a"), alert(2, order="a"), alert(3))
    dispatcher.run_once()

    assert dispatcher.broken == "the channel is archived"
    assert [one[:2] for one in bench.told if one[0] == "fall_back"] == [("fall_back", str(n)) for n in (1, 2, 3)]
    bench.told.clear()
    bench.clock.move(SECOND)
    bench.put(alert(4))
    dispatcher.run_once()
    assert bench.told == [("fall_back", "4", "the channel is archived")]

    bench.random = 1.0
    bench.run(dispatcher, 4 * MINUTE)
    assert len(bench.channel.tried) == 1
    bench.run(dispatcher, 3 * HOUR)
    assert 3 <= len(bench.channel.tried) <= 7

    bench.channel.then()
    bench.run(dispatcher, HOUR)
    assert not dispatcher.broken
    assert sorted(bench.channel.titles) == ["1", "2", "3", "4"]
    bench.told.clear()
    bench.put(alert(5))
    dispatcher.run_once()
    assert [one[0] for one in bench.told] == ["sent"]


def test_a_target_that_stays_broken_has_its_messages_given_up_after_a_day(bench: Bench) -> None:
    bench.channel.then(*[GONE] * 1000)
    bench.put(alert(1, order="a"), alert(2, order="a"), alert(3))

    bench.run(bench.dispatcher(), DAY + 2 * HOUR)

    assert len(bench.store.dead()) == 3
    assert bench.store.next_at(SLACK) is None


def test_a_fault_of_ours_is_tried_some_times_and_tells_nothing_of_what_it_says(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "https://hooks.slack.com/services/T/B/" + "x" * 24

    class Faulty(Script):
        def send(self, message: Message) -> None:
            if message.dedup_key == "key 0":
                raise KeyError(secret)
            super().send(message)

    bench.channel = Faulty()
    bench.put(*(alert(number) for number in range(3)))
    dispatcher = bench.dispatcher()
    bench.run(dispatcher, HOUR)

    assert bench.channel.titles == ["1", "2"]
    (dead,) = bench.store.dead()
    assert (dead.attempts, dead.last_error) == (5, "a fault in sekisho: KeyError")
    bench.store.resend([dead.message.id], now=bench.clock.now)
    bench.run(dispatcher, HOUR)
    assert len(bench.store.attempts(dead.message.id)) == 10
    records = [str(vars(one)) for one in caplog.records]
    assert any("test_dispatch.py" in one and "KeyError" in one for one in records)
    assert not any(secret in one for one in [*records, str(bench.store.attempts(dead.message.id))])


def test_an_error_of_no_known_kind_is_temporary(bench: Bench) -> None:
    bench.channel.then(*[DeliveryError("no idea\n" + "x" * 5000)] * 7)
    bench.put(alert(1))

    bench.run(bench.dispatcher(), HOUR)

    assert bench.channel.titles == ["1"]
    (first, *_) = bench.store.attempts(bench.channel.got[0].id)
    assert first.error is not None
    assert first.error.startswith("no idea x")
    assert len(first.error) == 1000


def test_a_fault_in_a_title_or_a_fallback_keeps_no_message_back(bench: Bench) -> None:
    def faulty(*_: object) -> Any:
        raise RuntimeError

    bench.put(alert(1, group="g"), alert(2, group="g"))
    bench.channel.then(RefusedError("no"))
    dispatcher = Dispatcher(
        bench.store, Addressee(SLACK), bench.channel, title_of=faulty, now=bench.clock, random=lambda: 0.5,
        hooks=Hooks(fall_back=faulty),
    )  # fmt: skip

    dispatcher.run_once()

    (dead,) = bench.store.dead()
    assert dead.message.title == ("title 1",)


def test_of_two_dispatchers_one_sends_until_it_lets_go(bench: Bench) -> None:
    bench.put(alert(1))
    first, second = bench.dispatcher(), bench.dispatcher()
    first.run_once()
    bench.put(alert(2))

    assert second.run_once() == MONDAY + SECOND
    assert bench.channel.titles == ["1"]
    first.let_go()
    second.run_once()
    assert bench.channel.titles == ["1", "2"]
    bench.put(alert(3))
    first.run_once()
    assert bench.channel.titles == ["1", "2"]


def test_a_target_whose_holder_is_gone_is_anothers_after_a_while(bench: Bench) -> None:
    bench.put(alert(1))
    bench.dispatcher().run_once()
    bench.put(alert(2))
    second = bench.dispatcher(pace=Pace(held_for=MINUTE))

    bench.clock.move(9 * SECOND)
    second.run_once()
    assert bench.channel.titles == ["1"]
    bench.clock.move(SECOND)
    second.run_once()
    assert bench.channel.titles == ["1", "2"]


def test_a_target_is_held_for_as_long_as_a_message_is_on_its_way(bench: Bench) -> None:
    others = bench.dispatcher()

    class Slow(Script):
        def send(self, message: Message) -> None:
            for _ in range(10):
                bench.clock.move(7 * SECOND)
                dispatcher.renew()
                others.run_once()
            super().send(message)

    bench.channel = Slow()
    dispatcher = bench.dispatcher()
    bench.put(alert(1), alert(2))
    dispatcher.run_once()

    assert bench.channel.titles == ["1", "2"]
    dispatcher.let_go()
    dispatcher.renew()
    assert bench.store.hold(SLACK, "another", now=bench.clock.now, until=bench.clock.now)


def test_whoever_lost_a_target_sends_nothing_more(bench: Bench) -> None:
    class Stuck(Script):
        def send(self, message: Message) -> None:
            super().send(message)
            bench.clock.move(MINUTE)
            assert bench.store.hold(SLACK, "another", now=bench.clock.now, until=bench.clock.now + MINUTE)

    bench.channel = Stuck()
    bench.put(alert(1), alert(2))

    assert bench.dispatcher().run_once() == MONDAY
    assert bench.channel.titles == ["1"]


def test_whoever_lost_a_target_for_a_while_looks_again_what_there_is_to_send(bench: Bench) -> None:
    class Stuck(Script):
        def send(self, message: Message) -> None:
            super().send(message)
            bench.clock.move(MINUTE)
            assert bench.store.hold(SLACK, "another", now=bench.clock.now, until=bench.clock.now + MINUTE)
            bench.store.sent(bench.queued(2).message.id, at=bench.clock.now)
            bench.store.let_go(SLACK, "another")

    bench.channel = Stuck()
    bench.put(alert(1), alert(2), alert(3))

    bench.dispatcher().run_once()

    assert bench.channel.titles == ["1", "3"]


def test_what_was_taken_is_noted_before_anything_else_when_the_store_is_back(bench: Bench) -> None:
    class Failing(SqlAlertStore):
        fails = True

        def sent(self, message_id: str, *, at: datetime) -> None:
            if self.fails:
                raise StoreError("the disk is full")
            super().sent(message_id, at=at)

    with Failing("sqlite://") as failing:
        bench.store = failing
        bench.put(alert(1), alert(2))
        dispatcher = bench.dispatcher()
        for _ in range(3):
            with pytest.raises(StoreError, match="full"):
                dispatcher.run_once()
        failing.fails = False
        assert dispatcher.run_once() is None

    assert bench.channel.titles == ["1", "2"]


def test_nothing_is_begun_when_it_is_over(bench: Bench) -> None:
    bench.put(alert(1), alert(2))
    dispatcher = bench.dispatcher()

    assert dispatcher.run_once(is_over=lambda: bool(bench.channel.got)) == MONDAY

    assert bench.channel.titles == ["1"]


def test_a_message_without_alerts_is_sent_as_well(bench: Bench) -> None:
    bench.store.form([formed(7)], now=MONDAY)

    bench.dispatcher().run_once()

    assert bench.channel.got == [message(7)]


def test_more_is_formed_and_sent_than_is_looked_at_together(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.alerts.dispatch.LOOKED_AT", 3)
    monkeypatch.setattr("sekisho.alerts.dispatch.SENT_IN_A_ROW", 2)
    bench.rates = {"keys": Rate(1, HOUR)}
    bench.put(*(alert(number, order="ab"[number % 2], entry=entry(number)) for number in range(20)))
    bench.put(*(alert(number, rule="other") for number in range(20, 27)))
    dispatcher = bench.dispatcher()

    bench.run(dispatcher, MINUTE)
    assert [len(one.entries) for one in bench.channel.got if one.rule == "keys"] == [3]
    assert len([one for one in bench.channel.got if one.rule == "other"]) == 7

    bench.run(dispatcher, 7 * HOUR)
    assert [one.event_id for got in bench.channel.got if got.rule == "keys" for one in got.entries] == [
        f"event-{number}" for number in range(20)
    ]
