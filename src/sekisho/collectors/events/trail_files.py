"""Log files that CloudTrail has just delivered, as the events that EventBridge would have sent."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from sekisho.activity.errors import NotARecordFileError
from sekisho.activity.record import UNREADABLE, inflate
from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.errors import CollectError, shown
from sekisho.collectors.events.bodies import NewFile, Unusable
from sekisho.collectors.events.envelopes import envelope_of_record, incoming
from sekisho.collectors.events.errors import UnusableError
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.trails.files import LogFile
from sekisho.collectors.trails.s3 import S3Files

_READS: Final = re.compile(r"(?:Get|List|Describe)[A-Z]")
_AND_YET: Final = frozenset({"GetFederationToken", "GetSessionToken"})
"""Calls that hand out credentials, whatever their names."""


class _File(msgspec.Struct, rename="pascal"):
    records: list[msgspec.Raw]


class _Head(msgspec.Struct, rename="camel"):
    """What says whether a record is worth an event."""

    event_name: str = ""
    event_type: str = ""


_decode_file: Final = msgspec.json.Decoder(_File).decode
_decode_head: Final = msgspec.json.Decoder(_Head).decode


@dataclass(frozen=True, slots=True)
class FileEvents:
    """What is in a log file.

    Attributes:
        records: how many.
        events: those that EventBridge would send, in the order of the file.
        unusable: what is no record.
    """

    records: int
    events: tuple[IncomingEvent, ...]
    unusable: tuple[Unusable, ...] = ()


def is_sent(record: bytes) -> bool:
    """Say whether EventBridge sends a record to rules that are merely enabled: not where the call only reads.

    What is no record is not left out by this.

    Source: EventBridge User Guide, "Read-only management events from AWS services".
    """
    try:
        head = _decode_head(record)
    except UNREADABLE:
        return True
    reads = _READS.match(head.event_name) is not None and head.event_name not in _AND_YET
    return not (reads and head.event_type in {"AwsApiCall", ""})


@dataclass(frozen=True, slots=True)
class TrailFiles:
    """The buckets that a trail's files are read from; takes `s3:GetObject`, and `kms:Decrypt` where a key encrypts.

    Attributes:
        buckets: their names. Who can send a message could name any bucket, and have us believe what is in there.
        options: with whose credentials.
        wanted: says of a record, as JSON, whether it becomes an event.
    """

    buckets: frozenset[str]
    options: LiveOptions
    wanted: Callable[[bytes], bool] = is_sent

    def read(self, file: NewFile, now: datetime) -> FileEvents:
        """Read a file.

        Raises:
            CollectError: it cannot be read, is damaged or cut off, or lies in another bucket; the message says where.
        """
        if file.bucket not in self.buckets:
            raise CollectError(
                f"a message tells of a log file in `{shown(file.bucket)}`, which is none of the buckets that are read"
            )
        where = f"`s3://{file.bucket}/{shown(file.key)}`"
        content = S3Files(file.bucket, file.key, self.options).read(LogFile(file.key, 0, ""))
        try:
            records = _decode_file(inflate(content)).records
        except NotARecordFileError as error:
            raise CollectError(f"{where} has no records: {error}") from error
        except UNREADABLE as error:
            raise CollectError(f"{where} is no log file of CloudTrail's: {error}") from error
        events: list[IncomingEvent] = []
        unusable: list[Unusable] = []
        for record in filter(self.wanted, map(bytes, records)):
            try:
                events.append(incoming(envelope_of_record(record.decode()), "s3", now))
            except (UnusableError, UnicodeDecodeError) as error:
                unusable.append(Unusable(f"a record in {where}: {error}"))
        return FileEvents(len(records), tuple(events), tuple(unusable))
