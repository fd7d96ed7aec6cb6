"""Writing changes of findings: their histories, and the events that tell of them."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from sekisho.findings import Change, ChangeKind, HistoryEntry, Status, StoredEvent, finding_event
from sekisho.storage.database import insert_unless_known
from sekisho.storage.schema import events, history, outbox, targets

_AT_ONCE = 500
"""How many ids a query names at most."""


def write_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Add changes to the histories of their findings, and an event for each to the outbox.

    What is deleted has no history any more; its event is numbered after the last entry.
    """
    if not changes:
        return
    numbers = _last_numbers(connection, [change.finding.id for change in changes])
    told: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    for change in changes:
        identity = change.finding.id
        numbers[identity] = number = numbers.get(identity, 0) + 1
        envelope = json.dumps(finding_event(change, number), ensure_ascii=False, separators=(",", ":"))
        told.append({"finding_id": identity, "at": change.at, "envelope": envelope})
        if change.kind is not ChangeKind.DELETED:
            kept.append(_row(change, number))
    if kept:
        connection.execute(insert(history), kept)
    connection.execute(update(outbox).values(writes=outbox.c.writes + 1))
    connection.execute(insert(events), told)


def read_history(connection: Connection, finding: str) -> tuple[HistoryEntry, ...]:
    """Return the history of a finding, the oldest change first."""
    query = select(history).where(history.c.finding_id == finding).order_by(history.c.sequence)
    return tuple(_entry(row) for row in connection.execute(query))


def read_events(connection: Connection, target: str, limit: int) -> tuple[StoredEvent, ...]:
    """Return the first events that a target has not got."""
    query = select(events.c.position, events.c.envelope).where(events.c.position > _position(connection, target))
    rows = connection.execute(query.order_by(events.c.position).limit(limit))
    return tuple(StoredEvent(row.position, row.envelope) for row in rows)


def count_events(connection: Connection, target: str) -> int:
    """Count the events that a target has not got."""
    query = select(func.count()).where(events.c.position > _position(connection, target))
    return connection.execute(query).scalar_one()


def _position(connection: Connection, target: str) -> int:
    return connection.execute(select(targets.c.position).where(targets.c.name == target)).scalar() or 0


def move_target(connection: Connection, target: str, position: int) -> None:
    """Note up to where a target has got its events; never back."""
    connection.execute(insert_unless_known(connection, targets), {"name": target, "position": 0})
    further = update(targets).where(targets.c.name == target, targets.c.position < position)
    connection.execute(further.values(position=position))


def _last_numbers(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        query = select(history.c.finding_id, func.max(history.c.sequence)).where(history.c.finding_id.in_(some))
        found.update(
            (identity, number) for identity, number in connection.execute(query.group_by(history.c.finding_id))
        )
    return found


def _row(change: Change, number: int) -> dict[str, Any]:
    return {
        "finding_id": change.finding.id,
        "sequence": number,
        "at": change.at,
        "kind": change.kind.value,
        "status_before": None if change.before is None else change.before.value,
        "status_after": change.finding.status.value,
        "by": change.by,
        "reason": change.reason,
    }


def _entry(row: Row[Any]) -> HistoryEntry:
    return HistoryEntry(
        kind=ChangeKind(row.kind),
        before=None if row.status_before is None else Status(row.status_before),
        after=Status(row.status_after),
        at=row.at,
        by=row.by,
        reason=row.reason,
    )
