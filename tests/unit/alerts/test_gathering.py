from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.alerts.alert import Alert
from sekisho.alerts.gathering import Addressee, Gathered, Rate, Room, form_message, gather
from sekisho.alerts.message import Message
from sekisho.analyzers.observation import Severity
from unit.alerts.dispatching import MINUTE, SECOND, SLACK, alert, entry, title_of
from unit.findings.builders import MONDAY

CRITICAL, HIGH, LOW = Severity.CRITICAL, Severity.HIGH, Severity.LOW
TEN_MINUTES = Rate(2, 10 * MINUTE, spares=CRITICAL)


def numbers(alerts: Sequence[Alert]) -> list[int]:
    return [int(one.dedup_key.removeprefix("key ")) for one in alerts]


def groups(gathered: Gathered) -> list[list[int]]:
    return [numbers(group) for group in gathered.groups]


def room(*lately: datetime, rate: Rate = TEN_MINUTES) -> Room:
    return Room(rate, MONDAY, lately)


def member(number: int, group: str, **others: Any) -> Alert:
    return alert(number, group=group, **others)


def test_alerts_of_one_rule_and_group_go_together() -> None:
    due = [member(1, "a"), member(2, "b"), member(3, "a"), member(4, "a", rule="other"), member(5, "b")]

    assert groups(gather(due, {})) == [[1, 3], [2, 5], [4]]
    assert gather([], {}) == Gathered((), {})


def test_what_is_over_is_told_apart_from_what_is_not() -> None:
    due = [member(1, "a"), member(2, "a", is_resolved=True), member(3, "a"), member(4, "a", is_resolved=True)]

    assert groups(gather(due, {})) == [[1, 3], [2, 4]]


def test_what_is_older_and_of_the_same_order_is_in_no_later_message() -> None:
    due = [member(1, "a", order="x"), member(2, "b", order="y"), member(3, "a", order="y"), member(4, "b", order="x")]

    assert groups(gather(due, {})) == [[1], [2, 4], [3]]


def test_the_last_message_that_a_rate_leaves_room_for_takes_the_rest() -> None:
    due = [member(number, group) for number, group in enumerate("abcdab")]

    assert groups(gather(due, {"keys": room()})) == [[0, 4], [1, 2, 3, 5]]
    assert groups(gather(due, {"keys": room(MONDAY)})) == [[0, 1, 2, 3, 4, 5]]
    assert groups(gather(due, {"other": room(MONDAY, MONDAY)})) == [[0, 4], [1, 5], [2], [3]]


def test_without_any_room_alerts_wait_but_those_that_the_rate_spares() -> None:
    due = [member(1, "a"), member(2, "b", severity=CRITICAL), member(3, "b"), member(4, "c", rule="other")]

    gathered = gather(due, {"keys": room(MONDAY, MONDAY - MINUTE)})

    assert groups(gathered) == [[2, 3], [4]]
    assert {rule: numbers(held) for rule, held in gathered.held.items()} == {"keys": [1]}
    assert gathered.made("keys") == gathered.made("other") == 1


def test_what_is_younger_waits_for_what_waits_and_what_is_spared_takes_what_is_older_along() -> None:
    full = {"keys": room(MONDAY, MONDAY)}
    younger = [alert(1, order="x"), alert(2, order="x", rule="other"), alert(3, rule="other")]
    spared = [*younger, alert(4, order="x", severity=CRITICAL), alert(5, order="x")]

    assert groups(gather(younger, full)) == [[3]]
    assert numbers(gather(younger, full).held["keys"]) == [1]
    assert groups(gather(spared, full)) == [[1], [2], [3], [4]]
    assert numbers(gather(spared, full).held["keys"]) == [5]


def test_room_comes_when_a_message_is_old_enough() -> None:
    assert room(MONDAY - 10 * MINUTE, MONDAY - 10 * MINUTE).free == 2
    assert room(MONDAY - 10 * MINUTE + SECOND, MONDAY - 10 * MINUTE).free == 1
    assert room(MONDAY - MINUTE, MONDAY - 9 * MINUTE).next_at(0) == MONDAY + MINUTE
    assert room(MONDAY - MINUTE).next_at(1) == MONDAY + 9 * MINUTE
    assert room().next_at(2) == MONDAY + 10 * MINUTE


@pytest.mark.parametrize(("count", "per"), [(0, MINUTE), (-1, MINUTE), (1, timedelta(0))])
def test_a_rate_that_allows_nothing_is_refused(count: int, per: timedelta) -> None:
    with pytest.raises(ValueError, match="one message or more"):
        Rate(count, per)


def told(*alerts: Alert, most_entries: int = 20) -> Message:
    addressee = Addressee(SLACK, "ja", "Asia/Tokyo")
    return form_message(alerts, addressee, title_of, most_entries=most_entries).message


def test_ten_alerts_become_one_message_with_ten_entries() -> None:
    ten = [member(number, "a", order=f"o{number}", entry=entry(number, at=MONDAY - number * MINUTE))
           for number in range(10)]  # fmt: skip

    formed = form_message(ten, Addressee(SLACK, "ja", "Asia/Tokyo"), title_of)

    assert formed.alerts == tuple(one.id for one in ten)
    assert formed.orders == {f"o{number}" for number in range(10)}
    message = formed.message
    assert message.entries == tuple(one.entry for one in reversed(ten))
    assert (message.target, message.rule, message.language, message.timezone) == (SLACK, "keys", "ja", "Asia/Tokyo")
    assert (message.title, message.omitted, message.severity) == (("keys: 10",), 0, HIGH)


def test_of_too_many_the_worst_are_told_and_all_are_counted() -> None:
    many = [
        member(
            number,
            "a",
            severity=CRITICAL if number % 10 == 9 else LOW,
            entry=entry(number, at=MONDAY + number * SECOND),
        )
        for number in range(30)
    ]

    message = told(*many, most_entries=4)

    assert [one.event_id for one in message.entries] == ["event-0", "event-9", "event-19", "event-29"]
    assert (message.omitted, message.severity, message.title) == (26, CRITICAL, ("keys: 30",))


def test_a_single_alert_is_told_in_its_own_words() -> None:
    message = told(alert(1, is_late=True))

    assert (message.title, message.dedup_key, message.entries) == (("title 1",), "key 1", (entry(1),))
    assert (message.is_late, message.is_resolved) == (True, False)


def test_a_key_for_several_is_theirs_or_that_of_their_group() -> None:
    same = told(member(1, "a", dedup_key="k"), member(2, "a", dedup_key="k"))
    group = told(member(1, "a"), member(2, "a"))
    again = told(member(3, "a"), member(4, "a"))
    other = told(member(1, "b"), member(2, "b"))
    mixed = told(member(1, "a"), member(2, "b"))

    assert same.dedup_key == "k"
    assert group.dedup_key == again.dedup_key
    assert len({group.dedup_key, other.dedup_key, mixed.dedup_key}) == 3


def test_a_message_is_over_when_all_its_alerts_are() -> None:
    assert told(alert(1, is_resolved=True), alert(2, is_resolved=True)).is_resolved
    assert not told(alert(1, is_resolved=True), alert(2)).is_resolved


def test_the_same_alerts_make_the_same_message_and_others_another() -> None:
    assert told(alert(1), alert(2)) == told(alert(1), alert(2))
    assert len({told(*some).id for some in ([alert(1)], [alert(2)], [alert(1), alert(2)], [alert(1, "mail")])}) == 4
    odd = alert(1, rule="\ud800", group="\ud800", id="\ud800")
    assert told(odd, alert(2)).id == told(odd, alert(2)).id


kinds = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from([LOW, CRITICAL]),
    st.booleans(),
)
rooms = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.builds(
        lambda count, made, spares: Room(Rate(count, MINUTE, spares), MONDAY, (MONDAY,) * min(count, made)),
        st.integers(1, 3),
        st.integers(0, 3),
        st.sampled_from([None, CRITICAL]),
    ),
)


@st.composite
def due_alerts(draw: st.DrawFn) -> tuple[Alert, ...]:
    drawn = draw(st.lists(kinds, max_size=12))
    return tuple(
        alert(number, rule=rule, group=group, order=order, severity=severity, is_resolved=is_resolved)
        for number, (rule, group, order, severity, is_resolved) in enumerate(drawn)
    )


def places(gathered: Gathered) -> dict[str, int]:
    return {one.id: place for place, group in enumerate(gathered.groups) for one in group}


def with_younger(due: Sequence[Alert], one: Alert) -> list[Alert]:
    """Return an alert, and those of its order after it."""
    return [other for other in due[due.index(one) :] if other is one or (one.order and other.order == one.order)]


@given(due_alerts(), rooms)
def test_each_alert_is_told_once_or_held_or_behind_one_that_is(due: Sequence[Alert], rooms: Mapping[str, Room]) -> None:
    gathered = gather(due, rooms)

    told = [one for group in gathered.groups for one in group]
    held = [one for some in gathered.held.values() for one in some]
    behind = [other for one in held for other in with_younger(due, one)[1:]]
    assert sorted(map(due.index, told + held + behind)) == list(range(len(due)))
    assert all(one.rule == rule for rule, some in gathered.held.items() for one in some)
    assert all(len({one.rule for one in group}) == 1 for group in gathered.groups)


@given(due_alerts(), rooms)
def test_nothing_is_told_before_what_is_older_and_of_its_order(due: Sequence[Alert], rooms: Mapping[str, Room]) -> None:
    gathered = gather(due, rooms)

    place = places(gathered)
    never = len(gathered.groups)
    for one in due:
        in_turn = [place.get(other.id, never) for other in with_younger(due, one)]
        assert in_turn == sorted(in_turn)
    for group in gathered.groups:
        assert numbers(group) == sorted(numbers(group))


@given(due_alerts(), rooms)
def test_a_rate_lets_pass_what_it_has_room_for_and_what_it_spares(
    due: Sequence[Alert], rooms: Mapping[str, Room]
) -> None:
    gathered = gather(due, rooms)

    spared = {
        one.id for one in due if one.rule in rooms and rooms[one.rule].rate.spares is not None
        and one.severity is CRITICAL
    }  # fmt: skip
    taken_along = {one.id for one in due if any(other.id in spared for other in with_younger(due, one))}
    assert spared <= places(gathered).keys()
    for rule, its in rooms.items():
        ours = [group for group in gathered.groups if group[0].rule == rule]
        assert sum(not any(one.id in taken_along for one in group) for group in ours) <= its.free
        if gathered.held.get(rule):
            assert its.next_at(gathered.made(rule)) > MONDAY


def test_what_happened_at_the_same_time_is_told_in_the_order_of_coming() -> None:
    message = told(alert(1, severity=LOW), alert(2, severity=CRITICAL), alert(3, severity=LOW))

    assert [one.event_id for one in message.entries] == ["event-1", "event-2", "event-3"]
