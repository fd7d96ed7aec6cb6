"""Records as rows of usage: each caller, error and call is understood once, however many records have it."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from sekisho.activity.caller import Caller, Nobody, UserIdentity, caller_of
from sekisho.activity.event_ids import event_ids
from sekisho.activity.kept import Keeper
from sekisho.activity.outcome import Outcome, outcome_of, parse_denial
from sekisho.activity.record import UNREADABLE, Records
from sekisho.activity.usage import Usage

_CALL: Final = "AwsApiCall"


@dataclass(slots=True)
class Rows:
    """The rows of some records, and beside them the events: of each which row it is of, and what is its own.

    Attributes:
        usages: what calls share apart from what they were about.
        numbers: of each row its number, by that of its usage and by what its calls were about; both are 0, 1, ….
        row_of: of each event the number of its row.
        times: of each event its `eventTime`, in seconds since 1970.
        ids: of each event 16 bytes, those of the UUID that is its `eventID`.
        addresses: of each event its `sourceIPAddress`; empty where it has none.
    """

    usages: list[Usage] = field(default_factory=list[Usage])
    numbers: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])
    row_of: "array[int]" = field(default_factory=lambda: array("I"))
    times: "array[int]" = field(default_factory=lambda: array("I"))
    ids: bytearray = field(default_factory=bytearray)
    addresses: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Counts:
    """What is in a file.

    Attributes:
        records: how many there are.
        no_calls: how many records of other types than calls, by their type.
        malformed: how many entries are no records.
        problem: what is wrong with the first of them.
    """

    records: int
    no_calls: Mapping[str, int]
    malformed: int
    problem: str


class Summarist:
    """Reduces the records of some files to rows."""

    def __init__(self, keeper: Keeper) -> None:
        """Take what says what is kept of a call."""
        self.rows = Rows()
        self._keeper = keeper
        self._usages: dict[_Shared, int] = {}
        self._numbers: dict[Usage, int] = {}
        self._callers = _Callers()
        self._minutes = _Minutes()

    def add(self, found: Records) -> Counts:
        """Add the records of a file, and say what was in it."""
        kept, usages, callers, minutes = self._keeper.kept, self._usages, self._callers, self._minutes
        numbers, row_of, times = self.rows.numbers, self.rows.row_of, self.rows.times
        no_calls, malformed, problem = Counter[str](), found.malformed, found.problem
        ids, addresses = list[bytes](), self.rows.addresses
        minutes.clear()
        for one, event_id in zip(found.records, event_ids(found.records), strict=True):
            time = one.event_time
            if one.event_type != _CALL or time is None:
                if one.event_type is None or time is None:
                    malformed += 1
                    problem = problem or "a record without eventType or eventTime"
                else:
                    no_calls[one.event_type] += 1
                continue
            try:
                seconds = minutes[time[:_MINUTE]] + SECONDS[time[_MINUTE:]] if len(time) == _TIME else _seconds(time)
            except (ValueError, KeyError):
                malformed += 1
                problem = problem or "a record whose eventTime is no time"
                continue
            try:
                call = kept(bytes(one.request_parameters), bytes(one.resources))
            except UNREADABLE as error:
                malformed += 1
                problem = problem or f"a record whose parameters cannot be read: {error}"
                continue
            recipient = one.recipient_account_id
            shared = (
                callers[bytes(one.user_identity), recipient],
                one.event_source,
                one.event_name,
                one.aws_region,
                one.error_code,
                one.error_message,
                recipient,
                one.vpc_endpoint_id,
            )
            usage = usages.get(shared)
            if usage is None:
                usage = usages[shared] = self._number(shared)
            row = (usage, call)
            number = numbers.get(row)
            if number is None:
                number = numbers[row] = len(numbers)
            row_of.append(number)
            times.append(seconds)
            ids.append(event_id)
            addresses.append(one.source_address or "")
        self.rows.ids += b"".join(ids)
        return Counts(len(found.records), no_calls, malformed, problem)

    def _number(self, shared: "_Shared") -> int:
        """Return the number of what calls share."""
        caller, source, name, region, code, message, recipient, endpoint = shared
        outcome = outcome_of(code or "", message or "")
        usage = Usage(
            principal=caller.arn,
            nobody="" if caller.nobody is None else caller.nobody.name,
            unique_id=caller.unique_id,
            is_path_known=caller.is_path_known,
            has_mfa=caller.has_mfa,
            account=recipient or caller.account,
            region=region or "",
            partition=caller.partition or _partition_of(region or ""),
            source=source or "",
            name=(name or "").strip(),
            outcome=outcome.value,
            error_code=code or "",
            denial=_denial(message or "") if outcome is Outcome.DENIED else "",
            invoked_by=caller.invoked_by,
            endpoint=endpoint or "",
            call="",
        )
        number = self._numbers.setdefault(usage, len(self.rows.usages))
        if number == len(self.rows.usages):
            self.rows.usages.append(usage)
        return number


_Shared: TypeAlias = tuple[Caller, str | None, str | None, str | None, str | None, str | None, str | None, str | None]
"""The caller, `eventSource`, `eventName`, `awsRegion`, `errorCode`, `errorMessage`, `recipientAccountId` and
`vpcEndpointId` of a record."""


class _Minutes(dict[str, int]):
    """The seconds since 1970 that minutes begin with, by what an `eventTime` has before its seconds."""

    def __missing__(self, minute: str) -> int:
        self[minute] = seconds = _seconds(f"{minute}:00Z")
        return seconds


def _seconds(time: str) -> int:
    """Return the seconds since 1970 of an `eventTime`.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(time)
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if not 0 <= seconds < _END:
        raise ValueError(time)
    return seconds


_MINUTE: Final = len("2026-10-01T08:00")
SECONDS: Final = {f":{second:02}Z": second for second in range(61)}
"""The seconds of a minute, which may have a leap second, by what an `eventTime` ends with."""
_TIME: Final = len("2026-10-01T08:00:00Z")
_END: Final = 2**32 - 61

_decode_identity = msgspec.json.Decoder(UserIdentity).decode


class _Callers(dict[tuple[bytes, str | None], Caller]):
    """Callers, by the `userIdentity` and the `recipientAccountId` of their records."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Caller, Caller] = {}

    def __missing__(self, told: tuple[bytes, str | None]) -> Caller:
        caller = _caller(*told)
        # One object for all sessions, as what calls share is found by it.
        self[told] = caller = self._known.setdefault(caller, caller)
        return caller


def _caller(identity: bytes, recipient: str | None) -> Caller:
    try:
        return caller_of(_decode_identity(identity), recipient or "") if identity else _UNKNOWN
    except UNREADABLE:
        return _UNKNOWN


_UNKNOWN: Final = Caller(nobody=Nobody.UNKNOWN)


@lru_cache(maxsize=1024)
def _partition_of(region: str) -> str:
    return next((partition for start, partition in _PARTITIONS if region.startswith(start)), "aws")


_PARTITIONS: Final = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b"))


def _denial(message: str) -> str:
    """Return what the message of a denied call names, as JSON."""
    said = parse_denial(message)
    return msgspec.json.encode([said.action, said.resource, said.reason]).decode() if said else ""
