"""Records as rows of usage: each caller, error and call is understood once, however many records have it."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import msgspec.structs

from sekisho.activity.caller import Caller, Nobody, UserIdentity, caller_of
from sekisho.activity.event_ids import event_ids
from sekisho.activity.kept import Keeper
from sekisho.activity.outcome import Outcome, outcome_of, parse_denial
from sekisho.activity.record import UNREADABLE, Record, Records
from sekisho.activity.usage import Usage

_CALL: Final = "AwsApiCall"


_Thing = TypeVar("_Thing")


class Numbers(dict[_Thing, int]):
    """Things with their numbers, 0, 1, …, in the order in which they are first asked for."""

    def __missing__(self, thing: _Thing) -> int:
        self[thing] = number = len(self)
        return number


@dataclass(slots=True)
class Rows:
    """The rows of some records, and beside them the events: of each which row it is of, and what is its own.

    Attributes:
        usages: what calls share apart from what they were about.
        numbers: of each row its number, by that of its usage and by what its calls were about.
        row_of: of each event the number of its row.
        times: of each event its `eventTime`, in seconds since 1970.
        ids: of each event 16 bytes, those of the UUID that is its `eventID`.
        addresses: of each `sourceIPAddress` its number; it is empty where a record has none.
        address_of: of each event the number of its address.
    """

    usages: list[Usage] = field(default_factory=list[Usage])
    numbers: Numbers[tuple[int, str]] = field(default_factory=Numbers[tuple[int, str]])
    row_of: "array[int]" = field(default_factory=lambda: array("I"))
    times: "array[int]" = field(default_factory=lambda: array("I"))
    ids: bytearray = field(default_factory=bytearray)
    addresses: Numbers[str] = field(default_factory=Numbers[str])
    address_of: "array[int]" = field(default_factory=lambda: array("I"))


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
        self._calls = _Calls(keeper)
        self._usages: dict[_Shared, int] = {}
        self._numbers: dict[Usage, int] = {}
        self._callers = _Callers()
        self._days = _Days()

    def add(self, found: Records) -> Counts:
        """Add the records of a file, and say what was in it."""
        calls, usages, callers, days = self._calls, self._usages, self._callers, self._days
        numbers, row_of, times = self.rows.numbers, self.rows.row_of, self.rows.times
        addresses, address_of, ids = self.rows.addresses, self.rows.address_of, list[bytes]()
        no_calls, malformed, problem = Counter[str](), found.malformed, found.problem
        for one, event_id in zip(map(_members, found.records), event_ids(found.records), strict=True):
            (
                source, name, time, kind, _, region, code, message, recipient, address, endpoint,
                identity, parameters, resources, _,
            ) = one  # fmt: skip
            if kind != _CALL or time is None:
                if kind is None or time is None:
                    malformed += 1
                    problem = problem or "a record without eventType or eventTime"
                else:
                    no_calls[kind] += 1
                continue
            try:
                seconds = days[time[:_DAY]] + MINUTES[time[_DAY:_MINUTE]] + SECONDS[time[_MINUTE:]]
            except (ValueError, KeyError):
                try:
                    seconds = _seconds(time)
                except ValueError:
                    malformed += 1
                    problem = problem or "a record whose eventTime is no time"
                    continue
            try:
                call = calls[bytes(parameters), bytes(resources)]
            except UNREADABLE as error:
                malformed += 1
                problem = problem or f"a record whose parameters cannot be read: {error}"
                continue
            shared = callers[bytes(identity), recipient], source, name, region, code, message, recipient, endpoint
            usage = usages.get(shared)
            if usage is None:
                usage = usages[shared] = self._number(shared)
            row_of.append(numbers[usage, call])
            times.append(seconds)
            ids.append(event_id)
            address_of.append(addresses[address or ""])
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


_members: Final[Callable[[Record], tuple[Any, ...]]] = msgspec.structs.astuple


class _Calls(dict[tuple[bytes, bytes], str]):
    """What is kept of calls, by the `requestParameters` and the `resources` of their records."""

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self._keeper = keeper

    def __missing__(self, told: tuple[bytes, bytes]) -> str:
        if len(self) >= _MOST_CALLS:
            self.clear()
        self[told] = call = self._keeper.kept(*told)
        return call


_MOST_CALLS: Final = 16_384


class _Days(dict[str, int]):
    """The seconds since 1970 that days begin with, by the date of an `eventTime`."""

    def __missing__(self, day: str) -> int:
        begin = _seconds(f"{day}T00:00:00Z")
        _seconds(f"{day}T23:59:59Z")
        if len(self) >= _MOST_DAYS:
            self.clear()
        self[day] = begin
        return begin


_MOST_DAYS: Final = 4096


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


_DAY: Final = len("2026-10-01")
_MINUTE: Final = len("2026-10-01T08:00")
MINUTES: Final = {f"T{minute // 60:02}:{minute % 60:02}": minute * 60 for minute in range(24 * 60)}
"""The seconds of a day before its minutes, by what an `eventTime` has between its date and its seconds."""
SECONDS: Final = {f":{second:02}Z": second for second in range(61)}
"""The seconds of a minute, which may have a leap second, by what an `eventTime` ends with."""
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
