"""CloudTrail reduced to what policies are made of: who did what, to what, when, and how often.

Records that differ in nothing that a policy could tell apart become one row. Of a call's parameters only those remain
that some rule reads; nothing else of a record goes on, so that no secret of it does.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import msgspec

from sekisho.activity.call import Call, TouchedResource
from sekisho.activity.caller import Caller, Nobody, UserIdentity, caller_of
from sekisho.activity.outcome import Outcome, outcome_of, parse_denial
from sekisho.activity.record import Record, Records, decode_any
from sekisho.resources.json_values import is_list, is_object

_CALL: Final = "AwsApiCall"


class Usage(msgspec.Struct, frozen=True, gc=False):
    """What all calls of one row share.

    Attributes:
        principal: the ARN of the role or user; empty for nobody.
        nobody: the name of the `Nobody`; empty for somebody.
        unique_id: of the principal, `AROA…`: two under one ARN are two principals, one after the other.
        is_path_known: whether the records told the path of the role.
        has_mfa: whether the sessions began with MFA.
        account: the account whose trail has the calls.
        region: the `awsRegion`.
        partition: `aws`, `aws-cn`, …
        source: the `eventSource`.
        name: the `eventName`.
        outcome: the value of the `Outcome`.
        error_code: as recorded; empty for a call that succeeded.
        denial: JSON of what the message of a denied call says; empty for every other.
        invoked_by: the service that called with the principal's credentials; empty for the principal itself.
        endpoint: the VPC endpoint that the calls came through; empty for none.
        day: the date of the calls, in UTC: `2026-11-22`; empty for all days together.
        call: JSON of the parameters and resources that some rule reads.
    """

    principal: str
    nobody: str
    unique_id: str
    is_path_known: bool
    has_mfa: bool
    account: str
    region: str
    partition: str
    source: str
    name: str
    outcome: str
    error_code: str
    denial: str
    invoked_by: str
    endpoint: str
    day: str
    call: str = ""


class Tally(msgspec.Struct, gc=False):
    """How often, and from when to when.

    Attributes:
        first: the earliest `eventTime`; `last`: the latest.
        event_ids: of each record 16 bytes, those of the UUID that is its `eventID`: duplicates are found by them.
    """

    first: str
    last: str
    event_ids: list[bytes]


@dataclass(frozen=True, slots=True)
class UseOf:
    """A row of usage, with what is told of all its records.

    Attributes:
        usage: what they share.
        count: how many there were, each `eventID` once.
        first: the earliest `eventTime`, as CloudTrail writes it; `last`: the latest.
        samples: a few `eventID`s.
    """

    usage: Usage
    count: int
    first: str
    last: str
    samples: tuple[str, ...] = ()


@dataclass(slots=True)
class Summary:
    """What is in some records.

    Attributes:
        rows: by what calls share apart from what they were about, by what they were about.
        records: how many records were read.
        no_calls: how many records of other types than calls, by their type.
        malformed: how many entries are no records.
        problem: what was wrong with the first of them.
    """

    rows: dict[Usage, dict[str, Tally]] = field(default_factory=lambda: defaultdict(dict))
    records: int = 0
    no_calls: Counter[str] = field(default_factory=Counter[str])
    malformed: int = 0
    problem: str = ""


class FileReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found in a file.

    Attributes:
        place: what the user named: a folder or an S3 address.
        key: of the file there.
        version: changes when its content does.
        records: how many there were.
        no_calls: how many records of other types than calls, by their type.
        malformed: how many entries are no records.
        problem: why the file was not read; otherwise what was wrong with the first entry that is no record.
        is_read: whether it was read.
    """

    place: str
    key: str
    version: str
    records: int = 0
    no_calls: Mapping[str, int] = {}
    malformed: int = 0
    problem: str = ""
    is_read: bool = True


class Summarist:
    """Reduces records to rows. It remembers what it has understood, as most records say the same again."""

    def __init__(self, reads: frozenset[str], whole: frozenset[str], unseen: frozenset[str] = frozenset()) -> None:
        """Take names of parameters in lower case.

        Args:
            reads: those that some rule reads.
            whole: those of them that are kept with all that is below them.
            unseen: those below which nothing is kept.
        """
        self._reads = _Reads(reads, whole, unseen)
        self._calls: dict[tuple[bytes, bytes], str] = {}

    def summarise(self, found: Records, into: Summary) -> None:
        """Add the records of a file to a summary."""
        into.records += len(found.records)
        into.malformed += found.malformed
        into.problem = into.problem or found.problem
        known: dict[tuple[Any, ...], dict[str, Tally] | None] = {}
        for one, event_id in zip(found.records, _event_ids(found.records), strict=True):
            time = one.event_time
            if one.event_type != _CALL or time is None:
                _count_as_no_call(one, into)
                continue
            recipient = one.recipient_account_id or ""
            key = (
                _whose(bytes(one.user_identity), recipient),
                one.event_source,
                one.event_name,
                one.aws_region,
                one.error_code,
                one.error_message,
                recipient,
                one.vpc_endpoint_id,
                time[:10],
            )
            if key in known:
                rows = known[key]
            else:
                rows = known[key] = _rows(into, key)
            if rows is None:
                into.malformed += 1
                into.problem = into.problem or "a record whose eventTime is no time"
                continue
            told = (bytes(one.request_parameters), bytes(one.resources))
            call = self._calls.get(told) or self._understand(told)
            tally = rows.get(call)
            if tally is None:
                rows[call] = Tally(time, time, [event_id])
                continue
            tally.event_ids.append(event_id)
            if time < tally.first:
                tally.first = time
            elif time > tally.last:
                tally.last = time

    def _understand(self, told: tuple[bytes, bytes]) -> str:
        """Return, as JSON in one way of writing it, the parameters and resources that some rule reads."""
        parameters, resources = told
        kept = self._reads.pruned(decode_any(parameters), _UNREAD)
        touched = sorted(filter(None, map(_touched, _listed(resources))))
        if len(self._calls) == _MOST_CALLS:
            self._calls.clear()
        call = self._calls[told] = _encode([kept, touched]).decode()
        return call


def call_of(usage: Usage) -> Call:
    """Return the call that a row is about."""
    kept = msgspec.json.decode(usage.call)
    return Call(
        source=usage.source,
        name=usage.name,
        account=usage.account,
        region=usage.region,
        partition=usage.partition,
        parameters=kept[0],
        resources=tuple(TouchedResource(*one) for one in kept[1]),
        invoked_by=usage.invoked_by,
    )


def _count_as_no_call(record: Record, into: Summary) -> None:
    if record.event_type is None or record.event_type == _CALL:
        into.malformed += 1
        into.problem = into.problem or "a record without eventType or eventTime"
    else:
        into.no_calls[record.event_type] += 1


def _rows(into: Summary, key: tuple[Any, ...]) -> dict[str, Tally] | None:
    """Return the rows that records of a key belong to; None for records of no day."""
    whose, source, name, region, code, message, recipient, endpoint, day = key
    if not _DAY.fullmatch(day):
        return None
    outcome = outcome_of(code or "", message or "") if code or message else Outcome.SUCCEEDED
    usage = Usage(
        whose.principal,
        whose.nobody,
        whose.unique_id,
        whose.is_path_known,
        whose.has_mfa,
        account=recipient or whose.account,
        region=region or "",
        partition=whose.partition or _partition_of(region or ""),
        source=source or "",
        name=(name or "").strip(),
        outcome=outcome.value,
        error_code=code or "",
        denial=_denial(message or "") if outcome is Outcome.DENIED else "",
        invoked_by=whose.invoked_by,
        endpoint=endpoint or "",
        day=day,
    )
    return into.rows[usage]


_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_CALLS: Final = 8192


def _event_ids(records: Sequence[Record]) -> list[bytes]:
    """Return 16 bytes that stand for each record; those of a file are nearly always UUIDs, and are read at once."""
    names = [one.event_id or "" for one in records]
    text = "".join(names)
    if set(map(len, names)) == {_UUID_LENGTH} and all(set(text[at::_UUID_LENGTH]) == {"-"} for at in _HYPHENS):
        try:
            packed = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            packed = b""
        if len(packed) == _BYTES * len(names):
            return [packed[at : at + _BYTES] for at in range(0, len(packed), _BYTES)]
    return [_event_id(one) for one in records]


def _event_id(record: Record) -> bytes:
    """Return the 16 bytes of an `eventID`, or of a UUID of our own where that is none."""
    name = record.event_id or ""
    return bytes.fromhex(name.replace("-", "")) if _UUID.fullmatch(name) else _own_id(record)


def _own_id(record: Record) -> bytes:
    own = record.event_id or f"{record.event_time} {record.event_source} {record.event_name} {record.request_id}"
    return UUID(bytes=blake2b(own.encode(), digest_size=16).digest(), version=_OWN_VERSION).bytes


_UUID_LENGTH: Final = 36
_UUID: Final = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HYPHENS: Final = (8, 13, 18, 23)
_BYTES: Final = 16
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

_decode_identity = msgspec.json.Decoder(UserIdentity).decode


class _Whose(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """What a `Usage` says of the caller: the same for many sessions."""

    principal: str
    nobody: str
    unique_id: str
    is_path_known: bool
    has_mfa: bool
    account: str
    partition: str
    invoked_by: str


@lru_cache(maxsize=8192)
def _whose(identity: bytes, recipient: str) -> _Whose:
    caller = _caller(identity, recipient)
    return _Whose(
        caller.arn,
        "" if caller.nobody is None else caller.nobody.name,
        caller.unique_id,
        caller.is_path_known,
        caller.has_mfa,
        caller.account,
        caller.partition,
        caller.invoked_by,
    )


def _caller(identity: bytes, recipient: str) -> Caller:
    try:
        return caller_of(_decode_identity(identity), recipient) if identity else _UNKNOWN
    except (msgspec.DecodeError, RecursionError):
        return _UNKNOWN


_UNKNOWN: Final = Caller(nobody=Nobody.UNKNOWN)


@lru_cache(maxsize=1024)
def _partition_of(region: str) -> str:
    return next((partition for start, partition in _PARTITIONS if region.startswith(start)), "aws")


_PARTITIONS: Final = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b"))

_encode = msgspec.json.Encoder(order="sorted").encode


def _listed(resources: bytes) -> list[Any]:
    found = decode_any(resources)
    return found if is_list(found) else []


def _touched(entry: Any) -> list[str] | None:
    if not is_object(entry):
        return None
    arn, prefix = entry.get("ARN"), entry.get("ARNPrefix")
    if not arn and isinstance(prefix, str):
        arn = f"{prefix}*"
    told = (arn, entry.get("type"), entry.get("accountId"))
    return [one if isinstance(one, str) else "" for one in told] if arn else None


class _Reads(dict[str, "_Fate"]):
    """What becomes of parameters, by their names as recorded."""

    def __init__(self, reads: frozenset[str], whole: frozenset[str], unseen: frozenset[str]) -> None:
        super().__init__()
        self._reads = reads
        self._whole = whole
        self._unseen = unseen

    def __missing__(self, name: str) -> "_Fate":
        lowered = name.lower()
        fate = _READ if lowered in self._reads else _UNREAD
        if lowered in self._whole:
            fate = _WHOLE
        elif lowered in self._unseen:
            fate = _UNSEEN if fate is _READ else _GONE
        elif lowered == _STATEMENT:
            fate = _QUERY
        elif fate is _READ and lowered.endswith(("url", "uri")):
            fate = _ADDRESS
        if len(self) < _MOST_NAMES:
            self[name] = fate
        return fate

    def pruned(self, value: Any, fate: "_Fate") -> Any:
        """Return a value without what no rule reads; None for nothing."""
        if isinstance(value, str):
            return _pruned_text(value, fate)
        if fate is _WHOLE:
            return value
        if is_object(value):
            if fate is _UNSEEN or fate is _GONE:
                return None
            kept: dict[str, Any] = {}
            for name, inner in value.items():
                # EC2 writes an element as {"tag": 1, "content": "vpc-…"}: its content is what its name says.
                its = fate if name == "content" else self[name]
                left = _pruned_text(inner, its) if isinstance(inner, str) else self.pruned(inner, its)
                if left is not None:
                    kept[name] = left
            return kept or None
        if is_list(value):
            return [left for one in value if (left := self.pruned(one, fate)) is not None] or None
        return value if fate is _READ else None


def _pruned_text(text: str, fate: "_Fate") -> str | None:
    if fate is _GONE or (fate is _UNREAD and not text.startswith("arn:")):
        return None
    if len(text) > _LONGEST:
        return _TOO_LONG
    if fate is _QUERY:
        return _LITERAL.sub("''", text)
    return _USER.sub("://", text.partition("?")[0]) if fate is _ADDRESS else text


class _Fate(Enum):
    """What becomes of a parameter."""

    UNREAD = auto()
    """It goes, but for what is below it and read, and ARNs."""
    READ = auto()
    """It stays, and of what is below it what is read."""
    WHOLE = auto()
    """It stays with all that is below it."""
    QUERY = auto()
    """It stays without the values that it has."""
    ADDRESS = auto()
    """It stays without a password and without a query, which may be a signature."""
    UNSEEN = auto()
    """As a text it stays; what is below it goes, whatever it is called."""
    GONE = auto()
    """It goes with all that is below it."""


_UNREAD, _READ, _WHOLE, _QUERY, _ADDRESS, _UNSEEN, _GONE = _Fate


_STATEMENT: Final = "statement"
_USER: Final = re.compile(r"://[^/@]*@")
_LITERAL: Final = re.compile(r"'[^']*'|(?<![\w.\"-])-?\d[\w.]*")
"""A value in a PartiQL statement, which says nothing of its table."""

_LONGEST: Final = 2048
"""No name and no ARN is longer."""

_TOO_LONG: Final = "…"
"""Stands for a text that is there and is no name."""

_MOST_NAMES: Final = 65536


def _denial(message: str) -> str:
    """Return what the message of a denied call names, as JSON."""
    said = parse_denial(message)
    return _encode([said.action, said.resource, said.reason]).decode() if said else ""
