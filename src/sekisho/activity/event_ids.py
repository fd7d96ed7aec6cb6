"""The `eventID` of a record as 16 bytes: records that were delivered twice are found by them."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final
from uuid import UUID

from sekisho.activity.record import Record

BYTES: Final = 16


def event_ids(records: Sequence[Record]) -> list[bytes]:
    """Return 16 bytes that stand for each record; those of a file are nearly always UUIDs, and are read at once."""
    names = [one.event_id or "" for one in records]
    text = "".join(names)
    if set(map(len, names)) == {_UUID_LENGTH} and all(set(text[at::_UUID_LENGTH]) == {"-"} for at in _HYPHENS):
        try:
            packed = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            packed = b""
        if len(packed) == BYTES * len(names):
            return [packed[at : at + BYTES] for at in range(0, len(packed), BYTES)]
    return [_event_id(one) for one in records]


def _event_id(record: Record) -> bytes:
    """Return the 16 bytes of an `eventID`, or of a UUID of our own where that is none."""
    name = record.event_id or ""
    return bytes.fromhex(name.replace("-", "")) if _UUID.fullmatch(name) else _own_id(record)


def _own_id(record: Record) -> bytes:
    own = record.event_id or f"{record.event_time} {record.event_source} {record.event_name} {record.request_id}"
    return UUID(bytes=blake2b(own.encode(), digest_size=BYTES).digest(), version=_OWN_VERSION).bytes


_UUID_LENGTH: Final = 36
_UUID: Final = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HYPHENS: Final = (8, 13, 18, 23)
_OWN_VERSION: Final = 5


def sample_of(event_id: bytes) -> str:
    """Return the `eventID` that 16 bytes stand for; empty where they stand for another text."""
    text = event_id.hex()
    if text[_VERSION] == str(_OWN_VERSION) and text[_VARIANT] in "89ab":
        return ""
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_VERSION: Final = 12
_VARIANT: Final = 16
"""The digits of a UUID that tell how it was made. Source: RFC 9562, "UUID Format"."""
