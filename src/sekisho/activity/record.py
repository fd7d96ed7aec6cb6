"""CloudTrail's records out of bytes, in whatever wrapping they come."""

# The stubs of isal leave out the types of some arguments.
# pyright: reportUnknownMemberType=false

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast

import msgspec
from isal import isal_zlib

from sekisho.activity.errors import NotARecordFileError
from sekisho.activity.exports import UnreadableColumnError, is_table, records_of_answer, records_of_table
from sekisho.resources.json_values import is_list, is_object

MOST_BYTES: Final = 512 * 1024 * 1024
"""How large a file may be when it is inflated; CloudTrail's have at most 50 MB."""

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What is raised for what is no JSON, no UTF-8, or too deep."""

_NOTHING: Final = msgspec.Raw()

_Damaged: Final = cast("type[Exception]", isal_zlib.error)  # its stubs call it an instance


class Record(msgspec.Struct, rename="camel", gc=False):
    """What is read of a record, and no more. Raw parts are decoded once for all records that share them.

    Source: CloudTrail User Guide, "CloudTrail record contents".
    """

    event_source: str | None = None
    event_name: str | None = None
    event_time: str | None = None
    event_type: str | None = None
    event_id: str | None = msgspec.field(name="eventID", default=None)
    aws_region: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    recipient_account_id: str | None = None
    source_address: str | None = msgspec.field(name="sourceIPAddress", default=None)
    vpc_endpoint_id: str | None = None
    user_identity: msgspec.Raw = _NOTHING
    request_parameters: msgspec.Raw = _NOTHING
    resources: msgspec.Raw = _NOTHING
    request_id: str | None = msgspec.field(name="requestID", default=None)


class _Inflater(Protocol):
    """What inflates one member of a gzip file."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


@dataclass(slots=True)
class Records:
    """The records of a file, and how many things in it are none.

    Attributes:
        records: in the order of the file.
        malformed: how many entries could not be read as a record.
        problem: what was wrong with the first of them.
    """

    records: list[Record] = field(default_factory=list[Record])
    malformed: int = 0
    problem: str = ""


class _LogFile(msgspec.Struct, rename="pascal"):
    records: list[Record]


_decode_log_file = msgspec.json.Decoder(_LogFile).decode
_decode_record = msgspec.json.Decoder(Record).decode


def read_records(content: bytes) -> Records:
    """Return the records of a file.

    Args:
        content: a log file as CloudTrail delivers it (`{"Records": […]}`), an array of records, JSON Lines, what
            `LookupEvents` answers, events of EventBridge, or what a query of Athena or CloudTrail Lake answers, in CSV
            or JSON; as it is or compressed by gzip or Zstandard.

    Raises:
        NotARecordFileError: it is empty, cut off, not JSON, or JSON of something else.
    """
    content = inflate(content)
    try:
        return Records(_decode_log_file(content).records)
    except UNREADABLE:
        return _read_slowly(content)


def inflate(content: bytes) -> bytes:
    """Return the content of a file that may be compressed by gzip or Zstandard.

    Raises:
        NotARecordFileError: it is empty, cut off, damaged, or inflates to more than `MOST_BYTES`.
    """
    if not content:
        raise NotARecordFileError("the file is empty")
    if content.startswith(b"\x1f\x8b"):
        return _gunzip(content)
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        return _unzstd(content)
    return content


def _gunzip(content: bytes) -> bytes:
    parts: list[bytes] = []
    left = MOST_BYTES
    try:
        while content:
            member: _Inflater = isal_zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            parts.append(member.decompress(content, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise NotARecordFileError(f"the file inflates to more than {MOST_BYTES:,} bytes")
            if not member.eof:
                raise NotARecordFileError("the file is cut off")
            content = member.unused_data.lstrip(b"\0")
    except _Damaged as error:
        raise NotARecordFileError(f"the file is damaged: {error}") from error
    return b"".join(parts)


def _unzstd(content: bytes) -> bytes:
    try:
        import zstandard  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise NotARecordFileError("the file is compressed by Zstandard; install sekisho[zstd] to read it") from None
    parts: list[bytes] = []
    left = MOST_BYTES
    try:
        while content:
            size = zstandard.frame_content_size(content)
            frame = zstandard.ZstdDecompressor().decompressobj()
            parts.append(frame.decompress(content) if size <= left else b"")
            left -= max(size, len(parts[-1]))
            if left < 0:
                raise NotARecordFileError(f"the file inflates to more than {MOST_BYTES:,} bytes")
            if not frame.eof:
                raise NotARecordFileError("the file is cut off")
            content = frame.unused_data
    except zstandard.ZstdError as error:
        raise NotARecordFileError(f"the file is damaged: {error}") from error
    return b"".join(parts)


def _read_slowly(content: bytes) -> Records:
    """Read what is not a log file of nothing but records, one by one."""
    found = Records()
    for entry in _entries(content):
        try:
            if isinstance(entry, UnreadableColumnError):
                raise entry
            found.records.append(_decode_record(msgspec.json.encode(entry)))
        except (*UNREADABLE, UnreadableColumnError) as error:
            found.malformed += 1
            found.problem = found.problem or str(error)
    return found


def _entries(content: bytes) -> Iterator[Any]:
    """Yield what should be a record each, unwrapped.

    Raises:
        NotARecordFileError: there is none, nor a list that could have had some.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise NotARecordFileError("the file is empty")
    try:
        whole = msgspec.json.decode(text)
    except UNREADABLE as error:
        yield from records_of_table(text) if is_table(text) else _lines(text, error)
        return
    try:
        found = _unwrapped(whole)
    except RecursionError as error:
        raise NotARecordFileError("the file is JSON, but too deep for records of CloudTrail's") from error
    if found is None:
        raise NotARecordFileError("the file is JSON, but no record of CloudTrail's")
    yield from found


def _lines(text: bytes, error: Exception) -> Iterator[Any]:
    """Yield the records of JSON Lines, and each line that is no JSON as it is."""
    lines = [line for line in text.split(b"\n") if line.strip()]
    if len(lines) == 1 or decode_any(lines[0]) is None:
        raise NotARecordFileError(f"the file is neither JSON nor JSON Lines: {error}")
    for line in lines:
        value = decode_any(line)
        found = _unwrapped(value)
        yield from [value] if found is None else found


def _unwrapped(value: Any) -> list[Any] | None:
    """Return the records that a value is or has; None where it is nothing that has records."""
    if is_list(value):
        return [one for entry in value for one in _unwrapped(entry) or [entry]]
    if not is_object(value):
        return None
    for name in ("Records", "Events"):
        if is_list(records := value.get(name)):
            return _unwrapped(records)
    if (records := records_of_answer(value)) is not None:
        return records
    if isinstance(text := value.get("CloudTrailEvent"), str):
        return _unwrapped(decode_any(text.encode()))
    if is_object(detail := value.get("detail")):
        return _unwrapped(detail)
    return [value] if value.keys() & {"eventName", "userIdentity"} else None


def decode_any(raw: bytes) -> Any:
    """Return JSON of any shape; None for what is no JSON."""
    try:
        return msgspec.json.decode(raw) if raw else None
    except UNREADABLE:
        return None
