"""An `AlertStore` in a SQL database, the one that has the findings.

Who makes alerts or messages, or has messages wait again, takes a turn first: SQLite gives it with the transaction that
writes, PostgreSQL with a lock of ours. So positions become visible in their order, and nobody makes a message of an
alert while a younger one of its order is on its way.
"""

from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar, Final

from msgspec.structs import replace
from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, func, or_, select, text, update

from sekisho.alerts.alert import Alert, IncomingEvent, StoredIncoming, alert_id
from sekisho.alerts.store import FINDINGS, Attempt, Formed, MessageState, QueuedMessage
from sekisho.storage.alerts.incoming import (
    keep_events,
    known_events,
    note_beat,
    note_settled,
    read_beats,
    read_last_taken_at,
    read_untold,
)
from sekisho.storage.alerts.queued import (
    count_formed,
    count_queue,
    count_queues,
    keep_message,
    note_dead,
    note_failed,
    note_sent,
    read_attempts,
    read_dead,
    read_lately_formed,
    read_like,
    read_next_attempt,
    read_position,
    read_queue,
    read_sendable,
    revive,
)
from sekisho.storage.alerts.texts import key_of
from sekisho.storage.alerts.unformed import (
    count_untold,
    count_untold_by_target,
    keep_alerts,
    postpone_alerts,
    read_alerts,
    read_due,
    read_first_due,
)
from sekisho.storage.changes import move_target
from sekisho.storage.database import Database, insert_unless_known
from sekisho.storage.schema import events, incoming_events, messages, target_leases, targets

TURN: Final = int.from_bytes(b"alerts", "big")
"""The advisory lock of a PostgreSQL server for who makes alerts or messages."""

FORGOTTEN_AT_ONCE: Final = 500
"""How many rows, and what hangs on them, are dropped in one transaction, so that nobody waits long for the next."""

_HELD: Final = target_leases.c


class SqlAlertStore(Database):
    """Events on their way to people. What is stored is on the disk when a method returns."""

    is_lasting: ClassVar[bool] = True

    def take(self, events: Sequence[IncomingEvent], *, now: datetime) -> int:
        """Keep events that have not come before; return how many those are."""
        with self._turn() as connection:
            return keep_events(connection, events, now)

    def has_taken(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of these events came before."""
        keys = {key_of(one): one for one in ids}
        with self.reading() as connection:
            return frozenset(keys[key] for key in known_events(connection, keys))

    def last_taken_at(self) -> datetime | None:
        """Return when the last event was taken that is known."""
        with self.reading() as connection:
            return read_last_taken_at(connection)

    def untold(self, *, limit: int) -> tuple[StoredIncoming, ...]:
        """Return the first events that were not put to the rules."""
        with self.reading() as connection:
            return read_untold(connection, limit)

    def beat(self, intake: str, place: str, *, at: datetime) -> None:
        """Note a sign of life that came in."""
        with self._turn() as connection:
            note_beat(connection, intake, place, at)

    def beats(self, intake: str) -> Mapping[str, datetime]:
        """Return when the last sign of life of each place was sent that came in here."""
        with self.reading() as connection:
            return read_beats(connection, intake)

    def settle(self, positions: Collection[int], alerts: Sequence[Alert]) -> None:
        """Note that events were put to the rules, and keep their alerts."""
        with self._turn() as connection:
            keep_alerts(connection, alerts)
            note_settled(connection, positions)

    def begin_findings(self) -> None:
        """Note, unless it was noted before, that events of findings up to now are no news for the rules."""
        with self._turn() as connection:
            last = connection.execute(select(func.max(events.c.position))).scalar() or 0
            connection.execute(insert_unless_known(connection, targets), {"name": FINDINGS, "position": last})

    def settle_findings(self, position: int, alerts: Sequence[Alert]) -> None:
        """Note up to where events of findings were put to the rules, and keep their alerts."""
        with self._turn() as connection:
            keep_alerts(connection, alerts)
            move_target(connection, FINDINGS, position)

    def due(self, target: str, *, now: datetime, limit: int) -> tuple[Alert, ...]:
        """Return alerts that no message has and that are due, the oldest first."""
        with self.reading() as connection:
            return read_due(connection, target, now, limit)

    def postpone(self, alert_ids: Collection[str], *, until: datetime) -> None:
        """Have alerts that no message has wait longer, and with each all younger ones of its order."""
        with self._turn() as connection:
            postpone_alerts(connection, alert_ids, until)

    def form(self, formed: Sequence[Formed], *, now: datetime) -> None:
        """Keep messages, and note their alerts as told by them."""
        with self._turn() as connection:
            for one in formed:
                keep_message(connection, one, now)

    def formed_since(self, target: str, rule: str, since: datetime) -> int:
        """Count the messages of a rule for a target that were made at or after a time."""
        with self.reading() as connection:
            return count_formed(connection, target, rule, since)

    def lately_formed(self, target: str, rule: str, *, count: int) -> tuple[datetime, ...]:
        """Return when the last messages of a rule for a target were made, the newest first."""
        with self.reading() as connection:
            return read_lately_formed(connection, target, rule, count)

    def sendable(self, target: str, *, now: datetime, limit: int) -> tuple[QueuedMessage, ...]:
        """Return waiting messages that may be sent now, the oldest first."""
        with self.reading() as connection:
            return read_sendable(connection, target, now, limit)

    def queue(self, target: str, *, after: int = 0, limit: int) -> tuple[QueuedMessage, ...]:
        """Return the messages of a target that wait, whatever for, by position."""
        with self.reading() as connection:
            return read_queue(connection, target, after, limit)

    def next_at(self, target: str) -> datetime | None:
        """Return when the next alert is due or the next message may be sent; None when there is neither."""
        with self.reading() as connection:
            times = (read_first_due(connection, target), read_next_attempt(connection, target))
        return min((one for one in times if one is not None), default=None)

    def sent(self, message_id: str, *, at: datetime) -> None:
        """Note that a message was taken."""
        with self.writing() as connection:
            note_sent(connection, message_id, at)

    def failed(self, message_id: str, error: str, *, at: datetime, again_at: datetime) -> None:
        """Note a failed attempt, and when the next one may be made."""
        with self.writing() as connection:
            note_failed(connection, message_id, error, at, again_at)

    def bury(self, message_id: str, error: str, *, at: datetime, tried: bool = True) -> None:
        """Note that a message will not be tried any more."""
        with self.writing() as connection:
            note_dead(connection, message_id, error, at, tried=tried)

    def attempts(self, message_id: str) -> tuple[Attempt, ...]:
        """Return every attempt to send a message, the oldest first."""
        with self.reading() as connection:
            return read_attempts(connection, message_id)

    def hand_on(self, message_id: str, target: str, *, now: datetime) -> int:
        """Have another target hear of the alerts of a message, at once; return how many it had not been to hear of."""
        with self.reading() as connection:
            position = read_position(connection, message_id)
            told = [] if position is None else read_alerts(connection, position)
        copies = [
            replace(one, id=alert_id(one.entry.event_id, target), target=target, due_at=now)
            for one in told
            if one.target != target
        ]
        if not copies:
            return 0
        with self._turn() as connection:
            return keep_alerts(connection, copies)

    def dead(self, *, target: str | None = None, limit: int = 1000) -> tuple[QueuedMessage, ...]:
        """Return the messages that are dead, the oldest first."""
        with self.reading() as connection:
            return read_dead(connection, target, limit)

    def find(self, prefix: str, *, state: MessageState | None = None, limit: int = 2) -> tuple[QueuedMessage, ...]:
        """Return the messages whose ids begin like this, by id."""
        with self.reading() as connection:
            return read_like(connection, prefix, state, limit)

    def resend(self, message_ids: Collection[str], *, now: datetime) -> int:
        """Have dead messages wait again, due at once, with no attempt counted; return how many were dead."""
        with self._turn() as connection:
            return revive(connection, message_ids, now)

    def awaited(self) -> Mapping[str, int]:
        """Return the targets that have still to hear of something, and of how much."""
        with self.reading() as connection:
            return Counter(count_untold_by_target(connection)) + Counter(count_queues(connection))

    def waiting(self, target: str) -> int:
        """Count the alerts and messages that a target has still to hear of."""
        with self.reading() as connection:
            return count_untold(connection, target) + count_queue(connection, target)

    def hold(self, target: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Be the one who sends to a target, for a while; return False while another is."""
        row = {"target": key_of(target), "held_by": key_of(holder), "held_until": until}
        is_free = or_(_HELD.held_by == row["held_by"], _HELD.held_until <= now)
        with self.writing() as connection:
            connection.execute(insert_unless_known(connection, target_leases), row)
            ours = update(target_leases).where(_HELD.target == row["target"], is_free).values(row)
            return connection.execute(ours).rowcount == 1

    def let_go(self, target: str, holder: str) -> None:
        """Leave a target to whoever holds it next."""
        ours = (_HELD.target == key_of(target), _HELD.held_by == key_of(holder))
        with self.writing() as connection:
            connection.execute(delete(target_leases).where(*ours))

    def forget(self, *, before: datetime) -> None:
        """Drop what is told and settled and older than that; what is dead stays."""
        was_sent = and_(messages.c.state == MessageState.SENT.value, messages.c.ended_at < before)
        was_settled = and_(incoming_events.c.document.is_(None), incoming_events.c.taken_at < before)
        while self._drop_first(messages, was_sent, by=messages.c.ended_at):
            pass
        while self._drop_first(incoming_events, was_settled, by=incoming_events.c.taken_at):
            pass

    def _drop_first(self, table: Table, which: ColumnElement[bool], *, by: Column[datetime]) -> bool:
        """Drop some rows, and what hangs on them; return whether there may be more."""
        some = select(table.c.position).where(which).order_by(by).limit(FORGOTTEN_AT_ONCE)
        with self.writing() as connection:
            dropped = connection.execute(delete(table).where(table.c.position.in_(some)))
            return dropped.rowcount == FORGOTTEN_AT_ONCE

    @contextmanager
    def _turn(self) -> Generator[Connection]:
        """Lend a connection to write with, when it is our turn."""
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
            yield connection
