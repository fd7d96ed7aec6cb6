"""The alerts: those that no message has, and when they are due."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, update

from sekisho.alerts.alert import Alert
from sekisho.storage.alerts.texts import chunks, from_text, key_of, to_text
from sekisho.storage.database import insert_unless_known
from sekisho.storage.schema import alerts

_C: Final = alerts.c
_ALERT: Final = msgspec.json.Decoder(Alert)
_IS_UNTOLD: Final = _C.message.is_(None)


def keep_alerts(connection: Connection, new: Iterable[Alert]) -> int:
    """Add alerts that are not known; return how many those are. The caller has its turn.

    One whose group waits already is due with it. What is older and of the same order is due no later: it has to be told
    first.
    """
    rows: dict[str, dict[str, Any]] = {}
    for one in new:
        rows.setdefault(key_of(one.id), _row(one))
    for keys in chunks(rows):
        for key in connection.execute(select(_C.id).where(_C.id.in_(keys))).scalars():
            del rows[key]
    _join_groups(connection, list(rows.values()))
    for some in chunks(rows.values()):
        connection.execute(insert_unless_known(connection, alerts), some)
    ordered = [
        {"its_id": row["id"], "its_target": row["target"], "its_order": row["order_key"], "its_time": row["due_at"]}
        for row in rows.values()
        if row["order_key"]
    ]
    if ordered:
        connection.execute(_OLDER_ARE_DUE, ordered)
    return len(rows)


def _join_groups(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Have each alert be due with the first of its group."""
    first: dict[tuple[str, str], datetime] = {}
    for target in {row["target"] for row in rows}:
        for some in chunks({row["group_key"] for row in rows if row["target"] == target}):
            query = select(_C.group_key, func.min(_C.due_at).label("due_at"))
            query = query.where(_IS_UNTOLD, _C.target == target, _C.group_key.in_(some)).group_by(_C.group_key)
            first.update(((target, row.group_key), row.due_at) for row in connection.execute(query))
    for row in rows:
        key = row["target"], row["group_key"]
        row["due_at"] = first[key] = min(row["due_at"], first.get(key, row["due_at"]))


def _older_are_due() -> Any:
    younger = alerts.alias()
    its_position = select(younger.c.position).where(younger.c.id == bindparam("its_id")).scalar_subquery()
    its_time = bindparam("its_time", type_=_C.due_at.type)
    return (
        update(alerts)
        .where(_IS_UNTOLD, _C.target == bindparam("its_target"), _C.order_key == bindparam("its_order"))
        .where(_C.due_at > its_time, _C.position < its_position)
        .values(due_at=its_time)
    )


_OLDER_ARE_DUE: Final = _older_are_due()


def _row(alert: Alert) -> dict[str, Any]:
    return {
        "id": key_of(alert.id),
        "target": key_of(alert.target),
        "group_key": key_of(f"{len(alert.rule)} {alert.rule} {alert.group}"),
        "order_key": key_of(alert.order),
        "due_at": alert.due_at,
        "document": to_text(alert),
    }


def read_due(connection: Connection, target: str, now: datetime, limit: int) -> tuple[Alert, ...]:
    """Return the alerts that are due, the oldest first."""
    first = select(_C.position).where(_untold_of(target), _C.due_at <= now).order_by(_C.position).limit(limit)
    query = select(_C.document).where(_C.position.in_(first)).order_by(_C.position)
    return tuple(from_text(_ALERT, document) for document in connection.execute(query).scalars())


def read_alerts(connection: Connection, message: int) -> list[Alert]:
    """Return the alerts that a message tells of, the oldest first."""
    query = select(_C.document).where(_C.message == message).order_by(_C.position)
    return [from_text(_ALERT, document) for document in connection.execute(query).scalars()]


def read_first_due(connection: Connection, target: str) -> datetime | None:
    """Return when the first alert is due."""
    return connection.execute(select(func.min(_C.due_at)).where(_untold_of(target))).scalar()


def count_untold(connection: Connection, target: str) -> int:
    """Count the alerts that no message has."""
    return connection.execute(select(func.count()).select_from(alerts).where(_untold_of(target))).scalar_one()


def count_untold_by_target(connection: Connection) -> dict[str, int]:
    """Count the alerts that no message has, by target."""
    query = select(_C.target, func.count().label("waiting")).where(_IS_UNTOLD).group_by(_C.target)
    return {row.target: row.waiting for row in connection.execute(query)}


def postpone_alerts(connection: Connection, ids: Collection[str], until: datetime) -> None:
    """Have alerts wait, and with each the younger ones of its order. The caller has its turn."""
    later = update(alerts).where(_IS_UNTOLD, _C.due_at < until).values(due_at=until)
    for some in chunks({key_of(one) for one in ids}):
        these = and_(_IS_UNTOLD, _C.id.in_(some))
        orders = select(_C.target, _C.order_key, func.min(_C.position).label("first")).where(these, _C.order_key != "")
        for row in connection.execute(orders.group_by(_C.target, _C.order_key)).all():
            same = and_(_C.target == row.target, _C.order_key == row.order_key)
            connection.execute(later.where(same, _C.position > row.first))
        connection.execute(later.where(_C.id.in_(some)))


def is_anothers(connection: Connection, ids: Sequence[str]) -> bool:
    """Say whether a message has any of these alerts."""
    return any(
        connection.execute(select(_C.id).where(_C.id.in_(some), _C.message.is_not(None)).limit(1)).first()
        for some in chunks(map(key_of, ids))
    )


def note_told(connection: Connection, ids: Sequence[str], message: int) -> None:
    """Give alerts to the message that tells of them."""
    for some in chunks(map(key_of, ids)):
        connection.execute(update(alerts).where(_C.id.in_(some)).values(message=message))


def _untold_of(target: str) -> ColumnElement[bool]:
    return and_(_IS_UNTOLD, _C.target == key_of(target))
