"""Which alerts become one message, and which have to wait because their rule has told enough for a while."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID, uuid5

import msgspec

from sekisho.alerts.alert import Alert
from sekisho.alerts.message import Entry, Message, Text
from sekisho.alerts.store import Formed
from sekisho.analyzers.observation import Severity

MOST_ENTRIES: Final = 20
"""How many alerts of a message are told one by one."""

_MESSAGES: Final = UUID("0a6b7c0e-2a0b-4d61-8a51-5d1f4c6be9f4")
_KEYS: Final = UUID("9d0f3e6c-7d53-4f0a-b1f5-37c3c2f1f0a1")

TitleOf: TypeAlias = Callable[[str, Sequence[Entry], int], Text]
"""Makes the title of a message of several alerts: of its rule, its entries, and how many are left out of these."""


class Addressee(msgspec.Struct, frozen=True):
    """Who is told, and how they read.

    Attributes:
        name: of the target.
        language: such as `en`.
        timezone: an IANA name.
    """

    name: str
    language: str = "en"
    timezone: str = "UTC"


class Rate(msgspec.Struct, frozen=True):
    """How often a rule may speak to a target: so many messages in any span of that length.

    Attributes:
        count: one or more.
        per: how long.
        spares: alerts that are this bad, or worse, are told whatever was told before; None where all wait.
    """

    count: int
    per: timedelta
    spares: Severity | None = None

    def __post_init__(self) -> None:
        if self.count < 1 or self.per <= timedelta(0):
            raise ValueError("a rate allows one message or more, in a span that takes time")


class Room(msgspec.Struct, frozen=True):
    """What a rate leaves room for now.

    Attributes:
        lately: when the last messages of the rule were made, the newest first; as many as the rate counts.
    """

    rate: Rate
    now: datetime
    lately: tuple[datetime, ...]

    @property
    def free(self) -> int:
        """How many messages may be made now."""
        return self.rate.count - sum(self.now - at < self.rate.per for at in self.lately)

    def next_at(self, made: int) -> datetime:
        """Return when the next one may be made, after so many were made now, and there is no room left."""
        times = [self.now] * made + list(self.lately)
        return times[self.rate.count - 1] + self.rate.per


class Gathered(msgspec.Struct, frozen=True):
    """What becomes of alerts that are due.

    Attributes:
        groups: each becomes a message, in this order.
        held: by rule, those for which it has no room; what is younger and of their orders waits with them.
    """

    groups: tuple[tuple[Alert, ...], ...]
    held: Mapping[str, tuple[Alert, ...]]

    def made(self, rule: str) -> int:
        """Count the messages of a rule."""
        return sum(group[0].rule == rule for group in self.groups)


def gather(alerts: Sequence[Alert], rooms: Mapping[str, Room]) -> Gathered:
    """Make groups of alerts for one target.

    Those of one rule and group go together. When a rule has no room for all its groups, its last message takes what is
    left; without room for any, its alerts wait. Of one order nothing is in an earlier message than what is older, and
    nothing is told while something older waits. An alert that a rate spares takes along what is older and of its order.

    Args:
        alerts: all that are due, or the first of them; the oldest first.
        rooms: by rule, for those that have a rate.
    """
    gatherer = _Gatherer(rooms)
    for alert, is_hurried in zip(alerts, _hurried(alerts, rooms), strict=True):
        gatherer.add(alert, is_hurried=is_hurried)
    return Gathered(
        tuple(tuple(group) for group in gatherer.groups),
        {rule: tuple(held) for rule, held in gatherer.held.items()},
    )


def _hurried(alerts: Sequence[Alert], rooms: Mapping[str, Room]) -> list[bool]:
    """Say of each alert whether a rate spares it, or a younger one of its order."""
    orders = set[str]()
    hurried: list[bool] = []
    for alert in reversed(alerts):
        is_spared = alert.rule in rooms and _spares(rooms[alert.rule].rate, alert.severity)
        if is_spared and alert.order:
            orders.add(alert.order)
        hurried.append(is_spared or alert.order in orders)
    return hurried[::-1]


def _spares(rate: Rate, severity: Severity) -> bool:
    return rate.spares is not None and severity.value >= rate.spares.value


class _Gatherer:
    """Finds for one alert after the other the group that it joins."""

    def __init__(self, rooms: Mapping[str, Room]) -> None:
        self.groups: list[list[Alert]] = []
        self.held: defaultdict[str, list[Alert]] = defaultdict(list)
        self._free = {rule: room.free for rule, room in rooms.items()}
        self._has_room = {rule for rule, free in self._free.items() if free > 0}
        self._of_group: dict[tuple[str, str, bool], int] = {}
        self._last_of_rule: dict[str, int] = {}
        self._last_of_order: dict[str, int] = {}
        self._stopped = set[str]()

    def add(self, alert: Alert, *, is_hurried: bool) -> None:
        if alert.order in self._stopped:
            return
        place = self._place(alert, is_hurried=is_hurried)
        if place is None:
            self.held[alert.rule].append(alert)
            if alert.order:
                self._stopped.add(alert.order)
            return
        self.groups[place].append(alert)
        if alert.order:
            self._last_of_order[alert.order] = place

    def _place(self, alert: Alert, *, is_hurried: bool) -> int | None:
        first = self._last_of_order.get(alert.order, 0)
        key = (alert.rule, alert.group, alert.is_resolved)
        if self._of_group.get(key, -1) >= first:
            return self._of_group[key]
        if is_hurried or self._free.get(alert.rule, 1) > 0:
            return self._open(key)
        if alert.rule in self._has_room and self._last_of_rule.get(alert.rule, -1) >= first:
            return self._last_of_rule[alert.rule]
        return None

    def _open(self, key: tuple[str, str, bool]) -> int:
        self.groups.append([])
        rule = key[0]
        place = len(self.groups) - 1
        self._of_group[key] = self._last_of_rule[rule] = place
        if rule in self._free:
            self._free[rule] -= 1
        return place


def form_message(
    alerts: Sequence[Alert], addressee: Addressee, title_of: TitleOf, *, most_entries: int = MOST_ENTRIES
) -> Formed:
    """Make the message that tells of alerts of one rule. The same alerts make the same message.

    When there are too many to be told one by one, the worst are, and of these the earliest.

    Args:
        alerts: one or more, the oldest first.
        addressee: who is told.
        title_of: makes the title, unless there is one entry.
        most_entries: how many are told one by one.
    """
    ids = tuple(alert.id for alert in alerts)
    in_time = sorted(alerts, key=lambda one: one.entry.at)
    by_badness = sorted(range(len(in_time)), key=lambda place: -in_time[place].severity.value)
    entries = tuple(in_time[place].entry for place in sorted(by_badness[:most_entries]))
    rule, omitted = alerts[0].rule, len(alerts) - len(entries)
    message = Message(
        id=str(uuid5(_MESSAGES, json.dumps(ids))),
        target=addressee.name,
        rule=rule,
        severity=in_time[by_badness[0]].severity,
        language=addressee.language,
        timezone=addressee.timezone,
        dedup_key=_dedup_key(alerts),
        title=entries[0].title if len(alerts) == 1 else title_of(rule, entries, omitted),
        entries=entries,
        omitted=omitted,
        is_late=any(one.is_late for one in alerts),
        is_resolved=all(one.is_resolved for one in alerts),
    )
    return Formed(message, ids, frozenset(one.order for one in alerts if one.order))


def _dedup_key(alerts: Sequence[Alert]) -> str:
    """Return the key that all have, or else one for their rule and group."""
    keys = {one.dedup_key for one in alerts}
    if len(keys) == 1:
        return keys.pop()
    first = alerts[0]
    group = _common(one.group for one in alerts)
    return str(uuid5(_KEYS, json.dumps([first.rule, group])))


def _common(values: Iterable[str]) -> str:
    found = set(values)
    return found.pop() if len(found) == 1 else ""
