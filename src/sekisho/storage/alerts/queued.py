"""The messages: in line, tried, and ended."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from sekisho.alerts.message import Message
from sekisho.alerts.store import Attempt, Formed, MessageState, QueuedMessage
from sekisho.storage.alerts.texts import chunks, from_text, key_of, to_text
from sekisho.storage.alerts.unformed import is_anothers, note_told
from sekisho.storage.queries import keepable
from sekisho.storage.schema import message_attempts, message_orders, messages

_C: Final = messages.c
_MESSAGE: Final = msgspec.json.Decoder(Message)
_ORDERS: Final = msgspec.json.Decoder(list[str])
_IS_WAITING: Final = _C.ended_at.is_(None)
_LETTERS: Final = frozenset("0123456789abcdef-")
_BEYOND_LETTERS: Final = "g"


# --- made of alerts


def keep_message(connection: Connection, formed: Formed, now: datetime) -> None:
    """Add a message, unless it is known or another has one of its alerts. The caller has its turn."""
    key = key_of(formed.message.id)
    is_known = connection.execute(select(_C.position).where(_C.id == key)).first()
    if is_known or is_anothers(connection, formed.alerts):
        return
    target = key_of(formed.message.target)
    orders = sorted(key_of(one) for one in formed.orders if one)
    row = {
        "id": key,
        "target": target,
        "rule": key_of(formed.message.rule),
        "state": MessageState.WAITING.value,
        "created_at": now,
        "waiting_since": now,
        "again_at": now,
        "attempts": 0,
        "orders": to_text(orders),
        "document": to_text(formed.message),
    }
    position = connection.execute(insert(messages).returning(_C.position), row).scalar_one()
    note_told(connection, formed.alerts, position)
    _stand_in_line(connection, target, orders, position)


def _stand_in_line(connection: Connection, target: str, orders: Iterable[str], position: int) -> None:
    rows = [{"target": target, "order_key": order, "position": position} for order in orders]
    if rows:
        connection.execute(insert(message_orders), rows)


def count_formed(connection: Connection, target: str, rule: str, since: datetime) -> int:
    """Count the messages of a rule that were made at or after a time."""
    query = select(func.count()).select_from(messages).where(_of_rule(target, rule), _C.created_at >= since)
    return connection.execute(query).scalar_one()


def read_lately_formed(connection: Connection, target: str, rule: str, count: int) -> tuple[datetime, ...]:
    """Return when the last messages of a rule were made, the newest first."""
    query = select(_C.created_at).where(_of_rule(target, rule)).order_by(_C.created_at.desc()).limit(count)
    return tuple(connection.execute(query).scalars())


def _of_rule(target: str, rule: str) -> ColumnElement[bool]:
    return and_(_C.target == key_of(target), _C.rule == key_of(rule))


# --- in line


def _is_first_in_line() -> ColumnElement[bool]:
    mine, theirs = message_orders.alias("mine"), message_orders.alias("theirs")
    is_older = and_(
        theirs.c.target == mine.c.target,
        theirs.c.order_key == mine.c.order_key,
        theirs.c.position < mine.c.position,
    )
    return ~exists().select_from(mine.join(theirs, is_older)).where(mine.c.position == _C.position)


_IS_FIRST_IN_LINE: Final = _is_first_in_line()
"""No message that has an order in common with this one is older and waits."""


def read_sendable(connection: Connection, target: str, now: datetime, limit: int) -> tuple[QueuedMessage, ...]:
    """Return the messages that may be sent now, the oldest first."""
    ready = select(_C.position).where(_waiting_of(target), _C.again_at <= now, _IS_FIRST_IN_LINE)
    return _read(connection, select(messages).where(_C.position.in_(ready.order_by(_C.position).limit(limit))))


def read_queue(connection: Connection, target: str, after: int, limit: int) -> tuple[QueuedMessage, ...]:
    """Return the messages that wait, by position."""
    some = select(_C.position).where(_waiting_of(target), _C.position > after).order_by(_C.position).limit(limit)
    return _read(connection, select(messages).where(_C.position.in_(some)))


def read_next_attempt(connection: Connection, target: str) -> datetime | None:
    """Return when the next message may be sent."""
    query = select(_C.again_at).where(_waiting_of(target), _IS_FIRST_IN_LINE).order_by(_C.again_at).limit(1)
    return connection.execute(query).scalar()


def count_queue(connection: Connection, target: str) -> int:
    """Count the messages that wait."""
    return connection.execute(select(func.count()).select_from(messages).where(_waiting_of(target))).scalar_one()


def count_queues(connection: Connection) -> dict[str, int]:
    """Count the messages that wait, by target."""
    query = select(_C.target, func.count().label("waiting")).where(_IS_WAITING).group_by(_C.target)
    return {row.target: row.waiting for row in connection.execute(query)}


def _waiting_of(target: str) -> ColumnElement[bool]:
    return and_(_IS_WAITING, _C.target == key_of(target))


# --- tried


def note_failed(connection: Connection, message_id: str, error: str, at: datetime, again_at: datetime) -> None:
    """Add an attempt to a message that waits."""
    values = {"attempts": _C.attempts + 1, "last_error": keepable(error), "again_at": again_at}
    position = _change(connection, and_(_C.id == key_of(message_id), _IS_WAITING), values)
    if position is not None:
        connection.execute(insert(message_attempts), {"message": position, "at": at, "error": keepable(error)})


def note_sent(connection: Connection, message_id: str, at: datetime) -> None:
    """End a message that was taken, also one that somebody else had given up meanwhile."""
    sent = MessageState.SENT.value
    values = {"attempts": _C.attempts + 1, "last_error": None, **_ended(sent, at)}
    position = _change(connection, and_(_C.id == key_of(message_id), _C.state != sent), values)
    if position is not None:
        connection.execute(insert(message_attempts), {"message": position, "at": at, "error": None})
        _leave_line(connection, position)


def note_dead(connection: Connection, message_id: str, error: str, at: datetime, *, tried: bool) -> None:
    """End a message that waits, as one that was not taken."""
    values = {
        "attempts": _C.attempts + (1 if tried else 0),
        "last_error": keepable(error),
        **_ended(MessageState.DEAD.value, at),
    }
    position = _change(connection, and_(_C.id == key_of(message_id), _IS_WAITING), values)
    if position is None:
        return
    if tried:
        connection.execute(insert(message_attempts), {"message": position, "at": at, "error": keepable(error)})
    _leave_line(connection, position)


def _ended(state: str, at: datetime) -> dict[str, Any]:
    return {"state": state, "ended_at": at, "again_at": None}


def _change(connection: Connection, which: ColumnElement[bool], values: dict[str, Any]) -> int | None:
    """Change a message; return its position, None where there is no such message."""
    return connection.execute(update(messages).where(which).values(values).returning(_C.position)).scalar()


def _leave_line(connection: Connection, position: int) -> None:
    connection.execute(delete(message_orders).where(message_orders.c.position == position))


def read_attempts(connection: Connection, message_id: str) -> tuple[Attempt, ...]:
    """Return every attempt to send a message, the oldest first."""
    its = message_attempts.c
    ours = select(_C.position).where(_C.id == key_of(message_id)).scalar_subquery()
    query = select(its.at, its.error).where(its.message == ours).order_by(its.id)
    return tuple(Attempt(row.at, row.error) for row in connection.execute(query))


# --- dead, and alive again


def read_dead(connection: Connection, target: str | None, limit: int) -> tuple[QueuedMessage, ...]:
    """Return the messages that are dead, the oldest first."""
    dead = select(messages).where(_C.state == MessageState.DEAD.value)
    if target is not None:
        dead = dead.where(_C.target == key_of(target))
    return _read(connection, dead.limit(limit))


def read_like(connection: Connection, prefix: str, state: MessageState | None, limit: int) -> tuple[QueuedMessage, ...]:
    """Return the messages whose ids begin like this, by id."""
    start = prefix.lower()
    if not _LETTERS.issuperset(start):
        return ()
    found = select(messages).where(_C.id >= start, _C.id < start + _BEYOND_LETTERS)
    if state is not None:
        found = found.where(_C.state == state.value)
    return tuple(_queued(row) for row in connection.execute(found.order_by(_C.id).limit(limit)))


def revive(connection: Connection, ids: Collection[str], now: datetime) -> int:
    """Have dead messages stand in line again, at their old places; return how many were dead. The caller has its turn.

    Their rows are changed one by one, as each has a place of its own in as many lines as it has orders.
    """
    revived = 0
    waiting = {"state": MessageState.WAITING.value, "ended_at": None, "again_at": now, "waiting_since": now}
    for some in chunks({key_of(one) for one in ids}):
        are_dead = and_(_C.id.in_(some), _C.state == MessageState.DEAD.value)
        rows = connection.execute(select(_C.position, _C.target, _C.orders).where(are_dead)).all()
        connection.execute(update(messages).where(are_dead).values(attempts=0, last_error=None, **waiting))
        for row in rows:
            orders = from_text(_ORDERS, row.orders)
            _stand_in_line(connection, row.target, orders, row.position)
        revived += len(rows)
    return revived


def read_position(connection: Connection, message_id: str) -> int | None:
    """Return where a message stands; None where there is none of this id."""
    return connection.execute(select(_C.position).where(_C.id == key_of(message_id))).scalar()


def _read(connection: Connection, query: Select[Any]) -> tuple[QueuedMessage, ...]:
    return tuple(_queued(row) for row in connection.execute(query.order_by(_C.position)))


def _queued(row: Row[Any]) -> QueuedMessage:
    return QueuedMessage(
        position=row.position,
        message=from_text(_MESSAGE, row.document),
        state=MessageState(row.state),
        created_at=row.created_at,
        attempts=row.attempts,
        again_at=row.again_at if row.attempts else None,
        last_error=row.last_error,
        ended_at=row.ended_at,
        waiting_since=row.waiting_since,
    )
