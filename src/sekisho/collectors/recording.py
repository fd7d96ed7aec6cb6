"""Snapshots as files: JSON Lines, plain or compressed, written whole or not at all, and read strictly.

The format is the recording format, version 1: a header line, then one line for each resource and account.
"""

import base64
import gzip
import io
import os
import tempfile
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import msgspec

from sekisho.collectors.collector import Collector
from sekisho.collectors.errors import CollectError, OutOfReachError, RecordingError
from sekisho.collectors.one_resource import collector_of, owner_of
from sekisho.collectors.reader import NO_PROGRESS, Progress, account_id, place
from sekisho.policy.arns import parse_arn
from sekisho.resources.json_values import is_list, is_object
from sekisho.resources.snapshot import ApiCall, ApiError, Json, RawAccount, RawResource, Snapshot
from sekisho.resources.zone import ZoneError, ZoneOfTrust, ZoneType, format_zone, parse_zone

VERSION = 1
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 20
_ENCODER = msgspec.json.Encoder(order="sorted")
_T = TypeVar("_T")


class _Error(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    Code: str
    Message: str = ""


class _Call(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    call: str
    params: dict[str, Any]
    response: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    error: _Error | msgspec.UnsetType = msgspec.UNSET
    region: str | None = None


class _Resource(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    resource_type: str
    arn: str
    owner_account: str
    region: str
    api_calls: list[_Call]


class _Account(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    account_id: str
    api_calls: list[_Call]


class _Header(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    recording: int
    taken_at: datetime
    zone_of_trust: dict[str, Any]
    regions: list[str] | None = None
    only: list[str] | None = None


class _ResourceLine(msgspec.Struct, forbid_unknown_fields=True):
    resource: _Resource


class _AccountLine(msgspec.Struct, forbid_unknown_fields=True):
    account: _Account


def write_recording(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot to a file that only its owner may read. Equal snapshots give equal bytes.

    The file appears when it is complete; until then, and when anything goes wrong, what was there before stays.

    Args:
        snapshot: with datetimes in its answers or without; they are read back as text.
        path: a name that ends in `.gz` or `.zst` asks for that compression.

    Raises:
        CollectError: the file cannot be written.
    """
    path = Path(path).resolve()
    try:
        with _replacing(path) as file, _compressing(file, path) as stream:
            for line in _lines_of(snapshot):
                stream.write(_ENCODER.encode(line) + b"\n")
    except OSError as error:
        raise CollectError(f"cannot write {path}: {error.strerror or error}") from error


class RecordedReader:
    """The `SnapshotReader` that reads a recording. It needs no credentials and no network."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)

    def read(self, progress: Progress = NO_PROGRESS) -> Snapshot:
        """Read the recording, compressed or not, whatever its name.

        Raises:
            RecordingError: the file is not a recording, or not a whole one; the message names the line.
        """
        progress.expect(1)
        snapshot = self._parse()
        progress.advance(str(self._path))
        return snapshot

    def read_resource(self, arn: str, *, owner_account: str | None = None) -> Snapshot:
        """Take one resource out of the recording; what it has not got was not there when it was taken.

        That is so of the types that are read; others are in a recording by chance, and are taken out as well.

        Raises:
            UnsupportedArnError: the text is no ARN of a resource that is read.
            OutOfReachError: the recording is of other accounts, another partition, other Regions or other resources.
            RecordingError: the file is not a recording, or not a whole one; the message names the line.
        """
        whole = self._parse()
        found = tuple(one for one in whole.resources if one.arn == arn)
        parts = (parse_arn(arn) if found else None) or collector_of(arn)[1]
        zone = whole.zone_of_trust
        owner = owner_of(arn, parts, owner_account, zone=zone, own=zone.account_id)
        if not found and zone.type is ZoneType.ORGANIZATION and owner not in _read_accounts(whole):
            raise OutOfReachError(arn, f"belongs to account {owner}, of which this is no recording")
        if parts.region and whole.regions is not None and parts.region not in whole.regions:
            raise OutOfReachError(arn, f"is in the Region {parts.region}, of which this is no recording")
        if whole.only is not None and arn not in whole.only:
            raise OutOfReachError(arn, "is none of the resources that this is a recording of")
        if any(owner_account not in {None, one.owner_account} for one in found):
            raise OutOfReachError(arn, "belongs to another account than the one that is named")
        accounts = whole.accounts if found else (*whole.accounts, *_account_wide(whole, collector_of(arn)[0], owner))
        return msgspec.structs.replace(whole, resources=found, accounts=accounts, only=(arn,))

    def _parse(self) -> Snapshot:
        number = 1
        try:
            with self._path.open("rb") as file:
                lines = _lines_in(file)
                header = _parse_header(next(lines, b""))
                records: list[RawResource | RawAccount] = []
                for number, line in enumerate(lines, start=2):  # noqa: B007 - an error message below needs it
                    if line.strip():
                        records.append(_parse_record(line))
        except _MalformedError as error:
            raise RecordingError(str(error), path=self._path, line=number) from error
        except (EOFError, zlib.error, gzip.BadGzipFile, _DamagedError) as error:
            reason = "the file is cut short or damaged after this line; copy it again, or record again"
            raise RecordingError(reason, path=self._path, line=number) from error
        except OSError as error:
            raise RecordingError(f"cannot be read: {error.strerror or error}", path=self._path) from error
        return Snapshot(
            taken_at=header.taken_at,
            zone_of_trust=_parse_zone(header.zone_of_trust, self._path),
            resources=tuple(sorted((one for one in records if isinstance(one, RawResource)), key=place)),
            accounts=tuple(sorted((one for one in records if isinstance(one, RawAccount)), key=account_id)),
            regions=None if header.regions is None else tuple(header.regions),
            only=None if header.only is None else tuple(header.only),
        )


def _read_accounts(whole: Snapshot) -> frozenset[str]:
    """Return the accounts that a recording says anything about; it may be of a part of an organization."""
    return frozenset({one.account_id for one in whole.accounts} | {one.owner_account for one in whole.resources})


def _account_wide(whole: Snapshot, collector: Collector, owner: str) -> Iterator[RawAccount]:
    """Yield what holds for all resources of a type in an account, as one of them has it."""
    for one in whole.resources:
        made = one.find(collector.account_wide) if collector.account_wide and one.owner_account == owner else None
        if made is not None:
            yield RawAccount(owner, (made,))
            return


class _MalformedError(Exception):
    """A line is not what the format says; the message says how."""


class _DamagedError(Exception):
    """A compressed file ends or goes wrong within its compression."""


# --- reading lines


def _lines_in(file: IO[bytes]) -> Iterator[bytes]:
    start = file.read(len(_ZSTD_MAGIC))
    file.seek(0)
    if start.startswith(_GZIP_MAGIC):
        return iter(io.BufferedReader(gzip.GzipFile(fileobj=file)))
    if start == _ZSTD_MAGIC:
        return _split(_decompress_zstd(file))
    return iter(file)


def _decompress_zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what the frames of a file hold. The plain stream reader would end quietly where a file is cut short."""
    zstandard = _zstandard(Path(file.name))
    frame: Any = None
    try:
        while chunk := file.read(_CHUNK):
            while chunk:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(chunk)
                chunk, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    except zstandard.ZstdError as error:
        raise _DamagedError from error
    if frame is not None:
        raise _DamagedError


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _parse_header(line: bytes) -> _Header:
    raw = _decode(line, dict[str, Any])
    if "recording" not in raw:
        raise _MalformedError("a recording begins with its header, a line with `recording`, `takenAt`, `zoneOfTrust`")
    if raw["recording"] != VERSION:
        raise _MalformedError(
            f"the recording has version {raw['recording']!r}; this Sekisho reads version {VERSION}, a newer one may do"
        )
    header = _decode(line, _Header)
    if header.taken_at.tzinfo is None:
        raise _MalformedError("`takenAt` lacks a time zone; write for example `2026-11-22T00:00:00Z`")
    return header


def _parse_zone(raw: Mapping[str, Any], path: Path) -> ZoneOfTrust:
    try:
        return parse_zone(raw)
    except ZoneError as error:
        raise RecordingError(str(error), path=path, line=1) from error


def _parse_record(line: bytes) -> RawResource | RawAccount:
    kinds = list(_decode(line, dict[str, msgspec.Raw]))
    match kinds:
        case ["resource"]:
            one = _decode(line, _ResourceLine).resource
            return RawResource(one.resource_type, one.arn, one.owner_account, one.region, _parse_calls(one.api_calls))
        case ["account"]:
            account = _decode(line, _AccountLine).account
            return RawAccount(account.account_id, _parse_calls(account.api_calls))
        case ["recording", *_]:
            raise _MalformedError("a second header; a file holds one recording")
        case _:
            names = ", ".join(f"`{kind}`" for kind in kinds) or "nothing"
            raise _MalformedError(f"the line holds {names}; it must hold a `resource` or an `account`")


def _parse_calls(calls: Iterable[_Call]) -> tuple[ApiCall, ...]:
    return tuple(_parse_call(call) for call in calls)


def _parse_call(call: _Call) -> ApiCall:
    if (call.response is msgspec.UNSET) == (call.error is msgspec.UNSET):
        raise _MalformedError(f"the call `{call.call}` must have exactly one of `response` and `error`")
    response = None if call.response is msgspec.UNSET else _from_json(call.response)
    error = None if call.error is msgspec.UNSET else ApiError(call.error.Code, call.error.Message)
    return ApiCall(call.call, _from_json(call.params), response, error, call.region)


def _from_json(value: Json) -> Json:
    if is_list(value):
        return [_from_json(item) for item in value]
    if not is_object(value):
        return value
    if set(value) == {"base64"} and isinstance(text := value["base64"], str):
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise _MalformedError(f"`base64` holds what is not base64: {error}") from error
    return {name: _from_json(item) for name, item in value.items()}


def _decode(line: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.ValidationError as error:
        reason = str(error)
        raise _MalformedError(reason[:1].lower() + reason[1:]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _MalformedError(f"not JSON: {error}") from error


# --- writing lines


def _lines_of(snapshot: Snapshot) -> Iterator[object]:
    yield _Header(
        recording=VERSION,
        taken_at=snapshot.taken_at.astimezone(UTC),
        zone_of_trust=format_zone(snapshot.zone_of_trust),
        regions=None if snapshot.regions is None else list(snapshot.regions),
        only=None if snapshot.only is None else list(snapshot.only),
    )
    for account in snapshot.accounts:
        yield _AccountLine(_Account(account.account_id, _format_calls(account.api_calls)))
    for one in snapshot.resources:
        yield _ResourceLine(
            _Resource(one.resource_type, one.arn, one.owner_account, one.region, _format_calls(one.api_calls))
        )


def _format_calls(calls: Iterable[ApiCall]) -> list[_Call]:
    return [
        _Call(
            call=made.call,
            params=_to_json(made.params),
            response=msgspec.UNSET if made.response is None else _to_json(made.response),
            error=msgspec.UNSET if made.error is None else _Error(made.error.code, made.error.message),
            region=made.region,
        )
        for made in calls
    ]


def _to_json(value: Json) -> Json:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return value.isoformat()
    if is_list(value):
        return [_to_json(item) for item in value]
    return {name: _to_json(item) for name, item in value.items()} if is_object(value) else value


@contextmanager
def _replacing(path: Path) -> Generator[IO[bytes], None, None]:
    """Lend a new file that takes the place of `path` when all went well, and else leaves no trace."""
    if path.exists() and not path.is_file():
        raise CollectError(f"cannot write {path}: it is not a regular file")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


@contextmanager
def _compressing(file: IO[bytes], path: Path) -> Generator[IO[bytes], None, None]:
    match path.suffix:
        case ".gz":  # no name and no time in the header: equal snapshots give equal bytes
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as stream:
                yield cast("IO[bytes]", stream)
        case ".zst":
            with _zstandard(path).ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False) as stream:
                yield stream
        case _:
            yield file


def _zstandard(path: Path) -> Any:
    try:
        import zstandard  # noqa: PLC0415 - an optional extra, needed for such files only
    except ImportError as error:
        raise CollectError(f"{path} asks for zstd; install it with `pip install 'sekisho[zstd]'`") from error
    return zstandard
