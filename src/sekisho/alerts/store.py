"""What a store of alerts promises; `storage` keeps the promise, in the database that has the findings.

An event is taken once, whatever brings it how often. To put it to the rules and to keep its alerts is one step, and so
is to make messages of alerts: a process that is killed leaves nothing half done, and what it had not noted is done
again with the same ids.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

import msgspec

from sekisho.alerts.alert import Alert, IncomingEvent, StoredIncoming
from sekisho.alerts.message import Message


class MessageState(Enum):
    """What became of a message."""

    WAITING = "WAITING"
    SENT = "SENT"
    DEAD = "DEAD"
    """It was refused, or tried for too long; `resend` has it wait again."""


class QueuedMessage(msgspec.Struct, frozen=True):
    """A message and what became of it so far.

    Attributes:
        position: rises in the order of making.
        attempts: how often it was tried.
        last_error: why the last attempt failed, in one line; None where none did.
        again_at: when it may be tried again; None where the last attempt did not fail.
        ended_at: when it was taken, or given up; None while it waits.
        waiting_since: from when on patience with it counts: when it was made, or last resent.
    """

    position: int
    message: Message
    state: MessageState
    created_at: datetime
    attempts: int = 0
    again_at: datetime | None = None
    last_error: str | None = None
    ended_at: datetime | None = None
    waiting_since: datetime | None = None


class Attempt(msgspec.Struct, frozen=True):
    """One attempt to send a message; `error` is None where the target took it."""

    at: datetime
    error: str | None = None


class Formed(msgspec.Struct, frozen=True):
    """A message made of alerts.

    Attributes:
        alerts: the ids of its alerts.
        orders: theirs; see `Alert`.
    """

    message: Message
    alerts: tuple[str, ...]
    orders: frozenset[str]


class AlertStore(Protocol):
    """Events on their way to people. Safe to share between threads and processes.

    Raises:
        StoreError: from every method, when the store cannot be used; then nothing was changed.
    """

    def take(self, events: Sequence[IncomingEvent], *, now: datetime) -> int:
        """Keep events that have not come before; return how many those are. On the disk when it returns."""
        ...

    def has_taken(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of these events came before."""
        ...

    def last_taken_at(self) -> datetime | None:
        """Return when the last event was taken that is known; None where none is."""
        ...

    def untold(self, *, limit: int) -> tuple[StoredIncoming, ...]:
        """Return the first events that were not put to the rules."""
        ...

    def beat(self, intake: str, place: str, *, at: datetime) -> None:
        """Note a sign of life that came in; one that is older than another changes nothing."""
        ...

    def beats(self, intake: str) -> Mapping[str, datetime]:
        """Return when the last sign of life of each place was sent that came in here."""
        ...

    def settle(self, positions: Collection[int], alerts: Sequence[Alert]) -> None:
        """Note that events were put to the rules, and keep their alerts; an alert that is known is left as it is.

        An alert whose group waits already at its target is due with the first of it.
        """
        ...

    def begin_findings(self) -> None:
        """Note, unless it was noted before, that events of findings up to now are no news for the rules."""
        ...

    def settle_findings(self, position: int, alerts: Sequence[Alert]) -> None:
        """Note up to where events of findings were put to the rules, and keep their alerts.

        The events are those of `FindingStore.events` for the target `FINDINGS`.
        """
        ...

    def due(self, target: str, *, now: datetime, limit: int) -> tuple[Alert, ...]:
        """Return alerts that no message has and that are due, the oldest first.

        Due with an alert are all older ones of its `order` at that target, whatever their own time.
        """
        ...

    def postpone(self, alert_ids: Collection[str], *, until: datetime) -> None:
        """Have alerts that no message has wait longer, and with each all younger ones of its `order` at its target.

        An alert that comes later has those before it of its `order` be due with it, as ever.
        """
        ...

    def form(self, formed: Sequence[Formed], *, now: datetime) -> None:
        """Keep messages, and note their alerts as told by them; one whose id is known is left as it is.

        One with an alert that another message has is left out: somebody else was faster, and the rest is still due.
        """
        ...

    def formed_since(self, target: str, rule: str, since: datetime) -> int:
        """Count the messages of a rule for a target that were made at or after a time."""
        ...

    def lately_formed(self, target: str, rule: str, *, count: int) -> tuple[datetime, ...]:
        """Return when the last messages of a rule for a target were made, the newest first."""
        ...

    def sendable(self, target: str, *, now: datetime, limit: int) -> tuple[QueuedMessage, ...]:
        """Return waiting messages that may be sent now, the oldest first.

        Of messages with a common `order` only the oldest waiting one is among them, and it only when its time has come.
        """
        ...

    def queue(self, target: str, *, after: int = 0, limit: int) -> tuple[QueuedMessage, ...]:
        """Return the messages of a target that wait, whatever for, by position; those beyond `after`."""
        ...

    def next_at(self, target: str) -> datetime | None:
        """Return when the next alert is due or the next message may be sent; None when there is neither."""
        ...

    def sent(self, message_id: str, *, at: datetime) -> None:
        """Note that a message was taken."""
        ...

    def failed(self, message_id: str, error: str, *, at: datetime, again_at: datetime) -> None:
        """Note a failed attempt, and when the next one may be made."""
        ...

    def bury(self, message_id: str, error: str, *, at: datetime, tried: bool = True) -> None:
        """Note that a message will not be tried any more. Those that waited behind it go on.

        Args:
            message_id: of one that waits; others stay as they are.
            error: why, in one line.
            at: when.
            tried: whether there was an attempt just now, which counts.
        """
        ...

    def attempts(self, message_id: str) -> tuple[Attempt, ...]:
        """Return every attempt to send a message, the oldest first, also those of before it was resent."""
        ...

    def hand_on(self, message_id: str, target: str, *, now: datetime) -> int:
        """Have another target hear of the alerts of a message, at once; return how many it had not been to hear of.

        What it was to hear of anyway stays as it is, so that this can be done over and over.
        """
        ...

    def dead(self, *, target: str | None = None, limit: int = 1000) -> tuple[QueuedMessage, ...]:
        """Return the messages that are dead, the oldest first."""
        ...

    def find(self, prefix: str, *, state: MessageState | None = None, limit: int = 2) -> tuple[QueuedMessage, ...]:
        """Return the messages whose ids begin like this, by id, to tell from a part of an id which one is meant."""
        ...

    def resend(self, message_ids: Collection[str], *, now: datetime) -> int:
        """Have dead messages wait again, due at once, with no attempt counted; return how many were dead."""
        ...

    def awaited(self) -> Mapping[str, int]:
        """Return the targets that have still to hear of something, and of how much, by their names."""
        ...

    def waiting(self, target: str) -> int:
        """Count the alerts and messages that a target has still to hear of."""
        ...

    def hold(self, target: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Be the one who sends to a target, for a while; return False while another is. Again and again for longer.

        Times are those of whoever asks, so that the clocks of servers that share a store may differ by less than they
        hold a target for.
        """
        ...

    def let_go(self, target: str, holder: str) -> None:
        """Leave a target to whoever holds it next."""
        ...

    def forget(self, *, before: datetime) -> None:
        """Drop what is told and settled and older than that; what is dead stays."""
        ...


FINDINGS = "rules"
"""The name under which a store remembers up to where events of findings were put to the rules."""
