"""Whatever a target answers, whoever is killed, and whoever else sends: what must be told is told."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sekisho.alerts.alert import Alert
from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.dispatch import Dispatcher, Hooks
from sekisho.alerts.gathering import Addressee, Rate
from sekisho.alerts.message import Message
from sekisho.analyzers.observation import Severity
from sekisho.storage import SqlAlertStore
from sekisho.storage.schema import alerts, message_attempts, message_orders, messages, target_leases
from unit.alerts.dispatching import HOUR, MINUTE, SECOND, SLACK, Clock, alert, title_of

TAKES = "takes it"
ANSWERS: dict[str, Callable[[], Exception]] = {
    "is down": lambda: TemporaryError("down"),
    "wants a rest": lambda: TemporaryError("too many", retry_after=20 * MINUTE),
    "refuses it": lambda: RefusedError("never"),
    "is broken": lambda: BrokenTargetError("gone"),
    "meets a fault": lambda: ValueError("ours"),
}
KILLS = ("takes it, and we are killed", "we are killed")
MEANWHILE = "takes it, while the other looks"
RATES = {"limited": Rate(2, 10 * MINUTE, spares=Severity.CRITICAL)}
SPANS = (timedelta(0), SECOND, 10 * SECOND, 40 * SECOND, 5 * MINUTE, HOUR, 10 * HOUR)


class Killed(BaseException):
    """Nothing of ours may catch this."""


shapes = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(["limited", "free"]),
        "group": st.sampled_from(["x", "y"]),
        "order": st.sampled_from(["", "a", "b"]),
        "severity": st.sampled_from([Severity.LOW, Severity.HIGH, Severity.CRITICAL]),
        "is_resolved": st.booleans(),
    }
)
waits = st.sampled_from([timedelta(0), MINUTE, HOUR])


class Dispatching(RuleBasedStateMachine):
    """Two servers on one store, and a target with moods."""

    place = "the target"
    store: SqlAlertStore

    @initialize()
    def begin(self) -> None:
        with self.store.writing() as connection:
            for table in (message_attempts, message_orders, alerts, messages, target_leases):
                connection.execute(table.delete())
        self.clock = Clock()
        self.told: list[Alert] = []
        self.got: list[Message] = []
        self.cut_off = Counter[str]()
        self.buried = set[str]()
        self.answers: list[str] = []
        self.is_sending = False
        self.overlaps = 0
        self.servers = [self.dispatcher(), self.dispatcher()]

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            self.store,
            Addressee(SLACK),
            self,
            title_of=title_of,
            now=self.clock,
            random=lambda: 0.5,
            rates=RATES,
            hooks=Hooks(dead=lambda message, _: self.buried.add(message.id)),
            most_entries=1000,
        )

    # --- the target

    def send(self, message: Message) -> None:
        self.overlaps += self.is_sending  # to raise here would be one more mood of the target
        answer = self.answers.pop(0) if self.answers else TAKES
        if answer in ANSWERS:
            raise ANSWERS[answer]()  # noqa: RSE102 - a new one each time
        if answer == KILLS[1]:
            raise Killed
        self.got.append(message)
        if answer == KILLS[0]:
            self.cut_off[message.id] += 1
            raise Killed
        if answer == MEANWHILE:
            self.is_sending = True
            for one in self.servers:
                self.clock.move(20 * SECOND)
                for server in self.servers:
                    server.renew()
                if not one._is_sending:
                    one.run_once()
            self.is_sending = False

    # --- what happens

    @rule(drawn=st.lists(st.tuples(shapes, waits), min_size=1, max_size=5))
    def hear_of(self, drawn: list[tuple[dict[str, Any], timedelta]]) -> None:
        new = [
            alert(number, due_at=self.clock.now + wait, **shape)
            for number, (shape, wait) in enumerate(drawn, start=len(self.told))
        ]
        self.store.settle([], new)
        self.told += new

    @rule(answers=st.lists(st.sampled_from([TAKES, MEANWHILE, *ANSWERS, *KILLS]), max_size=6))
    def be_moody(self, answers: list[str]) -> None:
        self.answers = answers

    @rule(span=st.sampled_from(SPANS))
    def wait(self, span: timedelta) -> None:
        self.clock.move(span)

    @rule(which=st.sampled_from([0, 1]))
    def run(self, which: int) -> None:
        try:
            self.servers[which].run_once()
        except Killed:
            self.servers[which] = self.dispatcher()

    @rule(which=st.sampled_from([0, 1]))
    def restart(self, which: int) -> None:
        self.servers[which].let_go()
        self.servers[which] = self.dispatcher()

    @precondition(lambda self: self.buried)
    @rule()
    def resend(self) -> None:
        self.store.resend([one.message.id for one in self.store.dead()], now=self.clock.now)

    # --- what holds

    def teardown(self) -> None:
        if not hasattr(self, "clock"):
            return
        self.answers = []
        for _ in range(1000):
            if not self.store.waiting(SLACK):
                break
            times = [server.run_once() for server in self.servers]
            self.clock.now = max(self.clock.now + SECOND, min(filter(None, times), default=self.clock.now))
        self.check()

    def check(self) -> None:
        assert self.overlaps == 0
        dead = {one.message.id: one.message for one in self.store.dead()}
        taken = {one.id: one for one in self.got}
        assert all(taken[one.id] == one for one in self.got)
        for identity, times in Counter(one.id for one in self.got).items():
            repeats = self.cut_off[identity]
            assert times == 1 + repeats or (times <= repeats and identity in self.buried)
        assert not dead.keys() & taken.keys() - self.cut_off.keys()
        entries = [entry.event_id for one in (taken | dead).values() for entry in one.entries]
        assert sorted(entries) == sorted(one.entry.event_id for one in self.told)
        for order in "ab":
            numbers = [
                int(entry.event_id.removeprefix("event-"))
                for one in taken.values()
                if one.id not in self.buried
                for entry in one.entries
            ]
            in_order = [number for number in numbers if self.told[number].order == order]
            assert in_order == sorted(in_order)


@pytest.fixture(scope="module", autouse=True)
def _open() -> object:
    with SqlAlertStore("sqlite://") as Dispatching.store:
        yield


def test_whatever_happens_each_alert_is_told_or_dead_and_in_its_order() -> None:
    run_state_machine_as_test(Dispatching, settings=settings(stateful_step_count=20))
