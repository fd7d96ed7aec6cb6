"""What every `AlertStore` promises."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy import event as listening

from sekisho.alerts.alert import Alert, StoredIncoming, alert_id
from sekisho.alerts.message import Fact, Link, Moment
from sekisho.alerts.store import FINDINGS, Attempt, MessageState, QueuedMessage
from sekisho.findings import StoreError
from sekisho.storage import SqlAlertStore, SqlFindingStore
from sekisho.storage.schema import alerts, events, incoming_events, messages
from unit.alerts.dispatching import HOUR, MINUTE, SECOND, SLACK, alert, entry, event, formed, message
from unit.findings.builders import MONDAY, TUESDAY, WEDNESDAY

ODD = "\0 \ud800 \U0001f510 關所 ' OR 1=1 --"


@pytest.fixture(params=["a SQLite file", "SQLite in memory", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlAlertStore]:
    match request.param:
        case "a SQLite file":
            url = str(tmp_path / "alerts.db")
        case "SQLite in memory":
            url = "sqlite://"
        case _:
            url = request.getfixturevalue("postgresql")
    with SqlAlertStore(url) as opened:
        yield opened


def numbers(found: Sequence[Alert | QueuedMessage]) -> list[int]:
    """Return which ones these are."""
    ids = [one.dedup_key if isinstance(one, Alert) else one.message.dedup_key for one in found]
    return [int(one.removeprefix("key ")) for one in ids]


def due(store: SqlAlertStore, now: Any = TUESDAY, target: str = SLACK) -> list[int]:
    return numbers(store.due(target, now=now, limit=100))


def sendable(store: SqlAlertStore, now: Any = TUESDAY, target: str = SLACK) -> list[int]:
    return numbers(store.sendable(target, now=now, limit=100))


# --- events


def test_an_event_is_taken_once_however_often_it_comes(store: SqlAlertStore) -> None:
    assert store.take([event(1), event(2), event(1, envelope="later")], now=MONDAY) == 2
    assert store.take([event(2, intake="s3"), event(3)], now=MONDAY) == 1
    assert store.take([], now=MONDAY) == 0

    assert [one.event for one in store.untold(limit=10)] == [event(1), event(2), event(3)]
    assert store.has_taken(["event-1", "event-3", "event-4"]) == {"event-1", "event-3"}
    assert store.has_taken([]) == frozenset()


def test_it_is_known_when_the_last_event_was_taken(store: SqlAlertStore) -> None:
    assert store.last_taken_at() is None
    store.take([event(1)], now=MONDAY)
    store.take([event(2)], now=TUESDAY)
    store.take([event(1)], now=WEDNESDAY)

    assert store.last_taken_at() == TUESDAY


def test_it_is_known_who_has_still_to_hear_of_something(store: SqlAlertStore) -> None:
    assert store.awaited() == {}
    told = alert(3)
    store.settle([], [alert(1), alert(2, target="another"), told])
    store.form([formed(3, alerts=[told])], now=MONDAY)
    assert store.awaited() == {SLACK: 2, "another": 1}

    store.sent(message(3).id, at=TUESDAY)
    assert store.awaited() == {SLACK: 1, "another": 1}


def test_the_last_sign_of_life_of_each_place_is_known(store: SqlAlertStore) -> None:
    store.beat("queue", "here", at=TUESDAY)
    store.beat("queue", "here", at=MONDAY)
    store.beat("queue", "there", at=MONDAY)
    store.beat("another", "here", at=WEDNESDAY)

    assert store.beats("queue") == {"here": TUESDAY, "there": MONDAY}
    assert store.beats("a third") == {}


def test_positions_rise_in_the_order_of_taking(store: SqlAlertStore) -> None:
    store.take([event(3), event(1)], now=MONDAY)
    store.take([event(2)], now=MONDAY)

    found = store.untold(limit=10)

    assert [one.event for one in found] == [event(3), event(1), event(2)]
    assert [one.position for one in found] == sorted({one.position for one in found})
    assert store.untold(limit=2) == found[:2]


@pytest.mark.parametrize(
    "identity",
    [
        pytest.param("", id="empty"),
        pytest.param(ODD, id="odd characters"),
        pytest.param("x" * 10_000, id="long"),
        pytest.param("#" + "0" * 63, id="what looks like a digest"),
    ],
)
def test_an_event_may_be_called_anything(store: SqlAlertStore, identity: str) -> None:
    told = [event(id=identity, envelope=ODD, is_late=True), event(id=identity + "1"), event(id=identity[1:] + "\ufffd")]

    assert store.take(told, now=MONDAY) == 3
    assert store.take(told, now=MONDAY) == 0
    assert [one.event for one in store.untold(limit=10)] == told
    assert store.has_taken([one.id for one in told]) == {one.id for one in told}


def test_more_events_come_at_once_than_a_statement_names(store: SqlAlertStore) -> None:
    told = [event(number) for number in range(1200)]

    assert store.take(told, now=MONDAY) == 1200
    assert store.take([*told, event(1200)], now=MONDAY) == 1
    found = store.untold(limit=2000)
    assert [one.event for one in found] == [*told, event(1200)]
    store.settle([one.position for one in found], [alert(number) for number in range(1200)])

    assert store.untold(limit=1) == ()
    assert len(store.due(SLACK, now=MONDAY, limit=2000)) == 1200


# --- alerts


def settled(store: SqlAlertStore, *told: Alert) -> None:
    store.settle([], told)


def test_what_was_put_to_the_rules_is_put_to_them_no_more_but_known(store: SqlAlertStore) -> None:
    store.take([event(1), event(2)], now=MONDAY)
    first, second = store.untold(limit=10)

    store.settle([first.position], [alert(1), alert(1, "mail")])

    assert store.untold(limit=10) == (second,)
    assert store.take([event(1)], now=TUESDAY) == 0
    assert store.due(SLACK, now=MONDAY, limit=10) == (alert(1),)
    assert store.due("mail", now=MONDAY, limit=10) == (alert(1, "mail"),)


def test_an_alert_that_is_known_is_left_as_it_is(store: SqlAlertStore) -> None:
    settled(store, alert(1), alert(1, severity=alert().severity, group="other"))
    settled(store, alert(1, group="another", due_at=TUESDAY))

    assert store.due(SLACK, now=MONDAY, limit=10) == (alert(1),)

    store.form([formed(1, alerts=[alert(1)])], now=MONDAY)
    settled(store, alert(1))
    assert due(store) == []


def test_every_part_of_an_alert_comes_back(store: SqlAlertStore) -> None:
    told = entry(
        title=(ODD, Moment(MONDAY), "x" * 100_000),
        text=(Moment(TUESDAY + timedelta(microseconds=1)),),
        facts=(Fact(ODD, (ODD, Moment(MONDAY))),),
        links=(Link(ODD, "https://example.com/?a=b#c"),),
        envelope=f'{{"{ODD}"}}',
    )
    whole = alert(
        1, ODD * 50, rule=ODD * 50, group=ODD * 50, order=ODD * 50, dedup_key=ODD, entry=told, is_late=True,
        is_resolved=True,
    )  # fmt: skip
    settled(store, whole)

    assert store.due(ODD * 50, now=MONDAY, limit=10) == (whole,)
    assert store.next_at(ODD * 50) == MONDAY
    assert store.due(ODD, now=MONDAY, limit=10) == ()


def test_alerts_are_due_in_their_order_when_their_time_has_come(store: SqlAlertStore) -> None:
    settled(store, alert(1, due_at=MONDAY + MINUTE), alert(2), alert(3, due_at=MONDAY + SECOND))

    assert due(store, MONDAY - SECOND) == []
    assert due(store, MONDAY) == [2]
    assert due(store, MONDAY + SECOND) == [2, 3]
    assert due(store, MONDAY + MINUTE) == [1, 2, 3]
    assert numbers(store.due(SLACK, now=TUESDAY, limit=2)) == [1, 2]
    assert due(store, target="mail") == []


def test_an_alert_whose_group_waits_already_is_due_with_it(store: SqlAlertStore) -> None:
    first = alert(1, group="a", due_at=MONDAY + MINUTE)
    store.settle([], [first])
    store.settle([], [alert(2, group="a", due_at=MONDAY + 2 * MINUTE), alert(3, group="b", due_at=MONDAY + 2 * MINUTE)])
    store.settle([], [alert(4, group="a", due_at=MONDAY + 3 * MINUTE, target="another")])

    assert due(store, MONDAY + MINUTE) == [1, 2]
    assert due(store, MONDAY + 2 * MINUTE) == [1, 2, 3]
    store.form([formed(1, alerts=[first, alert(2)])], now=MONDAY + MINUTE)
    store.settle([], [alert(5, group="a", due_at=MONDAY + 4 * MINUTE)])
    assert due(store, MONDAY + 3 * MINUTE) == [3]


def test_alerts_that_come_at_once_are_due_with_the_first_of_their_group(store: SqlAlertStore) -> None:
    store.settle([], [alert(1, group="a", due_at=MONDAY + MINUTE), alert(2, group="a", due_at=MONDAY)])
    store.settle([], [alert(3, group="a", due_at=MONDAY + MINUTE)])

    assert due(store, MONDAY) == [2, 3]


def test_with_an_alert_all_older_ones_of_its_order_are_due(store: SqlAlertStore) -> None:
    later = MONDAY + HOUR
    settled(store, alert(1, order="a", due_at=later), alert(2, order="b", due_at=later))
    settled(store, alert(3, order="", due_at=later), alert(1, "mail", order="a", due_at=later))
    settled(store, alert(4, order="a"), alert(5, order="a", due_at=later), alert(6, order=""))

    assert due(store, MONDAY) == [1, 4, 6]
    assert due(store, MONDAY, "mail") == []
    assert store.due(SLACK, now=MONDAY, limit=1) == (alert(1, order="a", due_at=later),)
    assert due(store, later) == [1, 2, 3, 4, 5, 6]


def test_alerts_that_are_postponed_wait_with_the_younger_ones_of_their_order(store: SqlAlertStore) -> None:
    settled(store, *(alert(number, order="a") for number in (1, 2, 3)), alert(4), alert(5), alert(6, order="b"))
    store.form([formed(1, alerts=[alert(5)])], now=MONDAY)

    store.postpone([alert(2).id, alert(4).id, alert(5).id, "unknown"], until=TUESDAY)

    assert due(store, MONDAY) == [1, 6]
    assert due(store, TUESDAY) == [1, 2, 3, 4, 6]
    store.postpone([alert(2).id], until=MONDAY)
    assert due(store, MONDAY) == [1, 6]  # to postpone is never to hurry
    settled(store, alert(7, order="a"))
    assert due(store, MONDAY) == [1, 2, 3, 6, 7]


# --- events of findings


def test_events_of_findings_before_the_first_start_are_no_news(tmp_path: Path) -> None:
    url = str(tmp_path / "findings.db")
    with SqlFindingStore(url) as findings, SqlAlertStore(url) as store:

        def happen(number: int) -> None:
            with findings.writing() as connection:
                connection.execute(insert(events), {"finding_id": "f", "at": MONDAY, "envelope": str(number)})

        def news() -> list[str]:
            return [one.envelope for one in findings.events(FINDINGS, limit=10)]

        happen(1)
        store.begin_findings()
        assert news() == []
        happen(2)
        happen(3)
        store.begin_findings()
        assert news() == ["2", "3"]

        second = findings.events(FINDINGS, limit=10)[0]
        store.settle_findings(second.position, [alert(2)])

        assert news() == ["3"]
        assert store.due(SLACK, now=MONDAY, limit=10) == (alert(2),)
        store.settle_findings(second.position - 1, [alert(2)])
        assert news() == ["3"]


def test_without_any_event_of_a_finding_the_next_one_is_news(store: SqlAlertStore) -> None:
    store.begin_findings()
    with store.writing() as connection:
        connection.execute(insert(events), {"finding_id": "f", "at": MONDAY, "envelope": "{}"})

    store.begin_findings()
    store.settle_findings(0, [alert(1)])

    assert due(store) == [1]


# --- messages


def test_a_message_has_its_alerts(store: SqlAlertStore) -> None:
    settled(store, alert(1), alert(2), alert(3))

    store.form([formed(1, alerts=[alert(1), alert(3)])], now=MONDAY)

    assert due(store) == [2]
    (queued,) = store.sendable(SLACK, now=MONDAY, limit=10)
    assert queued == QueuedMessage(queued.position, message(1), MessageState.WAITING, MONDAY, waiting_since=MONDAY)
    assert store.waiting(SLACK) == 2
    assert store.waiting("mail") == 0


def test_a_message_that_is_known_is_left_as_it_is(store: SqlAlertStore) -> None:
    store.form([formed(1), formed(1, rule="other")], now=MONDAY)
    store.sent(message(1).id, at=MONDAY)

    store.form([formed(1)], now=TUESDAY)

    assert sendable(store) == []
    assert store.formed_since(SLACK, "keys", MONDAY) == 1


def test_an_alert_is_told_by_one_message_whoever_is_faster(store: SqlAlertStore) -> None:
    settled(store, alert(1), alert(2))

    store.form([formed(1, alerts=[alert(1)])], now=MONDAY)
    store.form([formed(2, alerts=[alert(1), alert(2)]), formed(3, alerts=[alert(2)])], now=MONDAY)

    assert sendable(store) == [1, 3]


def test_messages_of_a_rule_are_counted_from_a_time_on(store: SqlAlertStore) -> None:
    for number, at in enumerate((MONDAY, MONDAY + MINUTE, MONDAY + HOUR)):
        store.form([formed(number)], now=at)
    store.form([formed(8, rule="other"), formed(9, target="mail")], now=MONDAY)
    store.sent(message(2).id, at=TUESDAY)

    assert store.formed_since(SLACK, "keys", MONDAY) == 3
    assert store.formed_since(SLACK, "keys", MONDAY + SECOND) == 2
    assert store.formed_since(SLACK, "keys", MONDAY + HOUR) == 1
    assert store.formed_since(SLACK, "none", MONDAY) == 0
    assert store.lately_formed(SLACK, "keys", count=2) == (MONDAY + HOUR, MONDAY + MINUTE)
    assert store.lately_formed("mail", "keys", count=2) == (MONDAY,)


def test_of_an_order_the_oldest_goes_first_and_what_has_none_in_common_does_not_wait(store: SqlAlertStore) -> None:
    lines = [formed(1, orders="ab"), formed(2, orders="b"), formed(3, orders="c"), formed(4, orders="ca"), formed(5)]
    store.form(lines, now=MONDAY)
    store.form([formed(6, orders="b", target="mail")], now=MONDAY)

    assert sendable(store) == [1, 3, 5]
    assert sendable(store, target="mail") == [6]
    assert numbers(store.sendable(SLACK, now=MONDAY, limit=1)) == [1]
    store.failed(message(1).id, "down", at=MONDAY, again_at=TUESDAY)
    assert sendable(store, MONDAY) == [3, 5]
    assert store.next_at(SLACK) == MONDAY
    store.sent(message(3).id, at=MONDAY)
    assert sendable(store, MONDAY) == [5]
    store.bury(message(1).id, "gone", at=MONDAY)
    assert sendable(store, MONDAY) == [2, 4, 5]


def test_a_message_that_failed_waits_until_its_time_has_come(store: SqlAlertStore) -> None:
    store.form([formed(1), formed(2, orders="a"), formed(3, orders="a")], now=MONDAY)
    store.failed(message(1).id, f"down {ODD}", at=MONDAY + SECOND, again_at=MONDAY + MINUTE)
    store.failed(message(2).id, "down", at=MONDAY + SECOND, again_at=MONDAY + HOUR)

    assert sendable(store, MONDAY + MINUTE - SECOND) == []
    assert store.next_at(SLACK) == MONDAY + MINUTE
    (queued,) = store.sendable(SLACK, now=MONDAY + MINUTE, limit=10)
    assert (queued.attempts, queued.again_at) == (1, MONDAY + MINUTE)
    assert queued.last_error == "down \ufffd \ufffd \U0001f510 關所 ' OR 1=1 --"
    assert numbers(store.queue(SLACK, limit=10)) == [1, 2, 3]
    assert numbers(store.queue(SLACK, after=queued.position, limit=1)) == [2]
    assert numbers(store.queue("mail", limit=10)) == []


def test_the_next_time_is_that_of_the_first_alert_or_message(store: SqlAlertStore) -> None:
    assert store.next_at(SLACK) is None
    settled(store, alert(1, due_at=TUESDAY), alert(2, due_at=WEDNESDAY))
    assert store.next_at(SLACK) == TUESDAY
    store.form([formed(1, alerts=[alert(1)])], now=MONDAY)
    assert store.next_at(SLACK) == MONDAY
    store.sent(message(1).id, at=MONDAY)
    assert store.next_at(SLACK) == WEDNESDAY
    assert store.next_at("mail") is None


def test_what_was_taken_is_not_sent_again(store: SqlAlertStore) -> None:
    store.form([formed(1), formed(2)], now=MONDAY)
    store.failed(message(1).id, "down", at=MONDAY, again_at=MONDAY)

    store.sent(message(1).id, at=MONDAY + SECOND)

    store.sent(message(1).id, at=TUESDAY)
    store.failed(message(1).id, "late", at=TUESDAY, again_at=TUESDAY)
    store.bury(message(1).id, "late", at=TUESDAY)
    assert sendable(store) == [2]
    assert store.dead() == ()
    assert store.attempts(message(1).id) == (Attempt(MONDAY, "down"), Attempt(MONDAY + SECOND))
    (found,) = store.find(message(1).id)
    assert (found.state, found.ended_at, found.attempts) == (MessageState.SENT, MONDAY + SECOND, 2)
    assert (found.again_at, found.last_error) == (None, None)


def test_a_message_that_was_given_up_and_yet_taken_was_taken(store: SqlAlertStore) -> None:
    store.form([formed(1)], now=MONDAY)
    store.bury(message(1).id, "too long", at=MONDAY)

    store.sent(message(1).id, at=TUESDAY)

    assert store.dead() == ()


def test_dead_messages_are_listed_and_wait_again_when_resent(store: SqlAlertStore) -> None:
    store.form([formed(1, orders="a"), formed(2, orders="a"), formed(3, target="mail")], now=MONDAY)
    store.failed(message(1).id, "down", at=MONDAY, again_at=MONDAY)
    store.bury(message(1).id, "refused", at=MONDAY + MINUTE)
    store.bury(message(3).id, "too long", at=MONDAY, tried=False)

    assert numbers(store.dead()) == [1, 3]
    assert numbers(store.dead(target="mail")) == [3]
    assert numbers(store.dead(limit=1)) == [1]
    first, third = store.dead()
    assert (first.attempts, first.last_error, first.ended_at) == (2, "refused", MONDAY + MINUTE)
    assert (third.attempts, third.last_error) == (0, "too long")
    assert sendable(store) == [2]
    assert store.waiting("mail") == 0

    assert store.resend([message(1).id, message(2).id, "unknown"], now=TUESDAY) == 1
    assert store.resend([message(1).id], now=TUESDAY) == 0
    assert numbers(store.dead()) == [3]
    assert sendable(store) == [1]  # its place is before the other
    (queued,) = store.sendable(SLACK, now=TUESDAY, limit=10)
    assert (queued.attempts, queued.last_error, queued.again_at) == (0, None, None)
    assert (queued.created_at, queued.waiting_since) == (MONDAY, TUESDAY)
    store.sent(message(1).id, at=TUESDAY)
    assert sendable(store) == [2]
    assert [one.error for one in store.attempts(message(1).id)] == ["down", "refused", None]


def test_messages_are_found_by_the_beginning_of_their_ids(store: SqlAlertStore) -> None:
    ids = ["aa000000-0000-0000-0000-000000000000", "ab000000-0000-0000-0000-000000000000"]
    store.form([formed(number, id=one) for number, one in enumerate(ids)], now=MONDAY)
    store.bury(ids[1], "refused", at=MONDAY)

    def found(prefix: str, state: MessageState | None = None) -> list[str]:
        return [one.message.id for one in store.find(prefix, state=state)]

    assert found("a") == found("") == found("A") == ids
    assert found("aB") == found("a", MessageState.DEAD) == ids[1:]
    assert found("b") == found("%") == found(ODD) == found("a", MessageState.SENT) == []


def test_somebody_else_hears_of_the_alerts_of_a_message(store: SqlAlertStore) -> None:
    settled(store, *(alert(number, order="a", due_at=TUESDAY) for number in (1, 2, 3)), alert(2, "mail", group="its"))
    store.form([formed(1, alerts=[alert(1), alert(2)]), formed(2, alerts=[alert(3)])], now=MONDAY)

    assert store.hand_on(message(1).id, "mail", now=MONDAY) == 1
    assert store.hand_on(message(1).id, "mail", now=TUESDAY) == 0
    assert store.hand_on(message(1).id, SLACK, now=MONDAY) == 0
    assert store.hand_on("unknown", "mail", now=MONDAY) == 0

    copy = alert(1, "mail", order="a", due_at=MONDAY)
    assert copy.id == alert_id("event-1", "mail")
    assert store.due("mail", now=MONDAY, limit=10) == (alert(2, "mail", group="its"), copy)


def test_targets_that_are_each_others_fallbacks_are_told_once(store: SqlAlertStore) -> None:
    settled(store, alert(1))
    store.form([formed(1, alerts=[alert(1)])], now=MONDAY)
    assert store.hand_on(message(1).id, "mail", now=MONDAY) == 1
    store.form([formed(2, alerts=[alert(1, "mail")], target="mail")], now=MONDAY)

    assert store.hand_on(message(2).id, SLACK, now=MONDAY) == 0


# --- who sends


def test_one_holds_a_target_until_their_time_is_over_or_they_let_go(store: SqlAlertStore) -> None:
    assert store.hold(SLACK, "a", now=MONDAY, until=MONDAY + MINUTE)
    assert store.hold("mail", "b", now=MONDAY, until=MONDAY + MINUTE)
    assert not store.hold(SLACK, "b", now=MONDAY + MINUTE - SECOND, until=TUESDAY)
    assert store.hold(SLACK, "a", now=MONDAY + SECOND, until=MONDAY + 2 * MINUTE)
    assert not store.hold(SLACK, "b", now=MONDAY + MINUTE, until=TUESDAY)
    assert store.hold(SLACK, "b", now=MONDAY + 2 * MINUTE, until=TUESDAY)

    store.let_go(SLACK, "a")
    assert not store.hold(SLACK, "a", now=MONDAY + 2 * MINUTE, until=TUESDAY)
    store.let_go(SLACK, "b")
    assert store.hold(SLACK, "a", now=MONDAY + 2 * MINUTE, until=TUESDAY)


# --- forgetting


def count(store: SqlAlertStore, *tables: Any) -> list[int]:
    with store.reading() as connection:
        return [len(connection.execute(table.select()).all()) for table in tables]


def test_what_is_told_and_settled_is_forgotten_and_nothing_else(
    store: SqlAlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sekisho.storage.alerts.store.FORGOTTEN_AT_ONCE", 2)
    store.take([event(number) for number in range(6)], now=MONDAY)
    store.take([event(6)], now=TUESDAY)
    found = store.untold(limit=10)
    store.settle([one.position for one in found if one.event != event(5)], [alert(number) for number in range(8)])
    store.form([formed(number, alerts=[alert(number)], orders="a") for number in range(7)], now=MONDAY)
    for number in range(5):
        store.sent(message(number).id, at=MONDAY if number < 4 else TUESDAY)
    store.bury(message(5).id, "refused", at=MONDAY)

    store.forget(before=TUESDAY)

    assert [one.event for one in store.untold(limit=10)] == [event(5)]
    assert store.has_taken([f"event-{number}" for number in range(7)]) == {"event-5", "event-6"}
    assert [store.find(message(number).id) != () for number in range(7)] == [False] * 4 + [True] * 3
    assert due(store) == [7]
    assert count(store, incoming_events, messages, alerts) == [2, 3, 4]
    store.resend([message(5).id], now=TUESDAY)
    assert sendable(store) == [5]
    store.take([event(1)], now=TUESDAY)
    assert max(one.position for one in store.untold(limit=10)) > max(one.position for one in found)


# --- several at once, and plans


@pytest.fixture
def opened(new_database: Callable[[], str]) -> Iterator[SqlAlertStore]:
    with SqlAlertStore(new_database()) as store:
        yield store


def test_what_many_take_and_settle_at_once_is_there_once(opened: SqlAlertStore) -> None:
    def work(_: int) -> int:
        with SqlAlertStore(opened.url.render_as_string(hide_password=False)) as store:
            taken = sum(store.take([event(number)], now=MONDAY) for number in range(10))
            found = store.untold(limit=20)
            store.settle([one.position for one in found], [alert(int(one.event.id[6:])) for one in found])
            ready = store.due(SLACK, now=MONDAY, limit=20)
            store.form([formed(int(one.entry.event_id[6:]), alerts=[one]) for one in ready], now=MONDAY)
            return taken

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 10

    assert opened.untold(limit=1) == ()
    assert due(opened) == []
    assert sorted(sendable(opened)) == list(range(10))


def test_of_many_who_want_a_target_one_holds_it(opened: SqlAlertStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        held = list(pool.map(lambda who: opened.hold(SLACK, who, now=MONDAY, until=TUESDAY), "abcd"))

    assert sorted(held) == [False, False, False, True]


def test_what_fails_half_way_leaves_nothing(opened: SqlAlertStore) -> None:
    opened.take([event(1)], now=MONDAY)
    (found,) = opened.untold(limit=1)
    with opened.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE alerts RENAME TO moved")

    with pytest.raises(StoreError):
        opened.settle([found.position], [alert(1)])

    assert opened.untold(limit=1) == (StoredIncoming(found.position, event(1)),)


def test_a_store_of_alerts_is_on_the_disk_at_once(tmp_path: Path) -> None:
    """Source: SQLite documentation, "PRAGMA synchronous": 2 is FULL."""
    with SqlAlertStore(str(tmp_path / "alerts.db")) as store, store.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


Ask = Callable[[SqlAlertStore], object]


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        pytest.param(lambda store: store.untold(limit=9), "incoming_events_untold", id="untold"),
        pytest.param(lambda store: store.has_taken(["a"]), "sqlite_autoindex_incoming_events_1", id="has_taken"),
        pytest.param(lambda store: store.due(SLACK, now=MONDAY, limit=9), "alerts_due", id="due"),
        pytest.param(lambda store: store.sendable(SLACK, now=MONDAY, limit=9), "messages_due", id="sendable"),
        pytest.param(lambda store: store.queue(SLACK, limit=9), "messages_waiting", id="queue"),
        pytest.param(lambda store: store.next_at(SLACK), "messages_due", id="next_at"),
        pytest.param(lambda store: store.waiting(SLACK), "messages_", id="waiting"),
        pytest.param(lambda store: store.dead(), "messages_by_state", id="dead"),
        pytest.param(lambda store: store.find("ab"), "sqlite_autoindex_messages_1", id="find"),
        pytest.param(lambda store: store.lately_formed(SLACK, "r", count=9), "messages_by_rule", id="lately_formed"),
        pytest.param(lambda store: store.formed_since(SLACK, "r", MONDAY), "messages_by_rule", id="formed_since"),
        pytest.param(lambda store: store.attempts("a"), "message_attempts_by_message", id="attempts"),
        pytest.param(lambda store: store.settle([], [alert(order="a")]), "alerts_untold_by_order", id="settle"),
        pytest.param(lambda store: store.forget(before=MONDAY), "incoming_events_settled", id="forget"),
        pytest.param(lambda store: store.hand_on(message().id, "m", now=MONDAY), "alerts_by_message", id="hand_on"),
    ],
)
def test_what_is_asked_all_the_time_reads_no_table_from_end_to_end(tmp_path: Path, ask: Ask, index: str) -> None:
    with SqlAlertStore(str(tmp_path / "alerts.db")) as store:
        store.form([formed()], now=MONDAY)
        plan = plan_of(store, ask)

    assert index in plan
    for table in ("incoming_events", "messages", "message_orders", "message_attempts", "alerts"):
        assert f"SCAN {table}\n" not in f"{plan}\n"


def plan_of(store: SqlAlertStore, ask: Ask) -> str:
    said: list[tuple[str, Any]] = []

    def listen(_c: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - SQLAlchemy calls it so
        if not statement.startswith(("BEGIN", "PRAGMA")):
            said.append((statement, parameters[0] if many else parameters))

    listening.listen(store.engine, "before_cursor_execute", listen)
    ask(store)
    listening.remove(store.engine, "before_cursor_execute", listen)
    with store.reading() as connection:
        return "\n".join(
            str(row[-1])
            for statement, parameters in said
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        )
