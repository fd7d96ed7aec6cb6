"""The events that came in, and which of them were put to the rules."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select, update

from sekisho.alerts.alert import IncomingEvent, StoredIncoming
from sekisho.storage.alerts.texts import chunks, from_text, key_of, to_text
from sekisho.storage.database import insert_unless_known
from sekisho.storage.schema import heartbeats, incoming_events

_C: Final = incoming_events.c
_EVENT: Final = msgspec.json.Decoder(IncomingEvent)


def keep_events(connection: Connection, events: Sequence[IncomingEvent], now: datetime) -> int:
    """Add events that are not known; return how many those are. The caller has its turn."""
    new: dict[str, IncomingEvent] = {}
    for one in events:
        new.setdefault(key_of(one.id), one)
    for key in known_events(connection, list(new)):
        del new[key]
    rows = [{"id": key, "taken_at": now, "document": to_text(one)} for key, one in new.items()]
    for some in chunks(rows):
        connection.execute(insert_unless_known(connection, incoming_events), some)
    return len(rows)


def known_events(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of the keys that are there."""
    found = set[str]()
    for some in chunks(keys):
        found.update(connection.execute(select(_C.id).where(_C.id.in_(some))).scalars())
    return found


def read_last_taken_at(connection: Connection) -> datetime | None:
    """Return when the last event was taken; positions rise as they are taken."""
    return connection.execute(select(_C.taken_at).order_by(_C.position.desc()).limit(1)).scalar()


def read_untold(connection: Connection, limit: int) -> tuple[StoredIncoming, ...]:
    """Return the first events that were not put to the rules."""
    query = select(_C.position, _C.document).where(_C.document.is_not(None)).order_by(_C.position).limit(limit)
    return tuple(StoredIncoming(row.position, from_text(_EVENT, row.document)) for row in connection.execute(query))


def note_settled(connection: Connection, positions: Collection[int]) -> None:
    """Keep nothing of these but that they came."""
    for some in chunks(positions):
        connection.execute(update(incoming_events).where(_C.position.in_(some)).values(document=None))


def note_beat(connection: Connection, intake: str, place: str, at: datetime) -> None:
    """Note a sign of life, unless a later one is known."""
    row = {"intake": key_of(intake), "place": key_of(place), "sent_at": at}
    connection.execute(insert_unless_known(connection, heartbeats), row)
    later = update(heartbeats).where(heartbeats.c.intake == row["intake"], heartbeats.c.place == row["place"])
    connection.execute(later.where(heartbeats.c.sent_at < at).values(sent_at=at))


def read_beats(connection: Connection, intake: str) -> dict[str, datetime]:
    """Return the last signs of life of an intake, by place."""
    query = select(heartbeats.c.place, heartbeats.c.sent_at).where(heartbeats.c.intake == key_of(intake))
    return {row.place: row.sent_at for row in connection.execute(query)}
