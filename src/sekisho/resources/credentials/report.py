"""The IAM credential report: CSV text to rows whose cells have types.

Columns go by their names, both spellings of dates and booleans are read, and a cell that is none of what AWS writes is
kept beside the row: it is unknown, and neither a yes nor a no.

Source: IAM User Guide, "Generate credential reports for your AWS account".
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from sekisho.resources.answers import ReadingError

ROOT: Final = "<root_account>"
"""What stands for a name in the row of the root user."""


class Mark(Enum):
    """What stands in a cell in place of a value."""

    NOT_APPLICABLE = "N/A"
    NO_INFORMATION = "no_information"
    NOT_SUPPORTED = "not_supported"
    EMPTY = ""
    UNREADABLE = "unreadable"
    """None of what AWS writes; the text is among the row's `unread`."""

    ABSENT = "absent"
    """The report has no such column."""


_NONE: Final = Mark.NOT_APPLICABLE

Flag: TypeAlias = bool | Mark
Moment: TypeAlias = datetime | Mark
"""A time in UTC, or why there is none."""


class ReportError(ReadingError):
    """The text is no credential report, or not a whole one."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


class UnreadCell(msgspec.Struct, frozen=True, gc=False):
    """A cell that is none of what AWS writes."""

    column: str
    text: str


class AccessKeyCells(msgspec.Struct, frozen=True, gc=False):
    """What a row says of one of two access keys; the order of the two says nothing of their age.

    Attributes:
        active: false for an inactive key and for none at all; `last_rotated` tells them apart.
        last_rotated: when it was made or its status last changed.
    """

    number: int
    active: Flag
    last_rotated: Moment
    last_used: Moment
    last_used_region: str
    last_used_service: str

    @property
    def exists(self) -> bool:
        """Whether there is such a key, active or not."""
        return self.active is True or isinstance(self.last_rotated, datetime)


class CertificateCells(msgspec.Struct, frozen=True, gc=False):
    """What a row says of one of two X.509 signing certificates."""

    number: int
    active: Flag
    last_rotated: Moment


NO_KEYS: Final = tuple(
    AccessKeyCells(number, active=False, last_rotated=_NONE, last_used=_NONE, last_used_region="", last_used_service="")
    for number in (1, 2)
)
NO_CERTIFICATES: Final = tuple(CertificateCells(number, active=False, last_rotated=_NONE) for number in (1, 2))


class ReportRow(msgspec.Struct, frozen=True, gc=False):
    """One user, or the root user.

    Attributes:
        line: where the row begins in the text, from 1.
        additional: what the report says there is beyond its columns; empty when it says nothing.
        unread: its cells that could not be read.
    """

    line: int
    user: str
    arn: str
    created: Moment
    password_enabled: Flag
    password_last_used: Moment
    password_last_changed: Moment
    password_next_rotation: Moment
    mfa_active: Flag
    access_keys: tuple[AccessKeyCells, AccessKeyCells]
    certificates: tuple[CertificateCells, CertificateCells]
    additional: str = ""
    unread: tuple[UnreadCell, ...] = ()

    @classmethod
    def of_nobody(cls, user: str = ROOT, arn: str = "") -> "ReportRow":
        """Return a row that says nothing, for a user whom the report does not have."""
        nothing = Mark.ABSENT
        first, second = (AccessKeyCells(number, nothing, nothing, nothing, "", "") for number in (1, 2))
        one, other = (CertificateCells(number, nothing, nothing) for number in (1, 2))
        return cls(
            line=0,
            user=user,
            arn=arn,
            created=nothing,
            password_enabled=nothing,
            password_last_used=nothing,
            password_last_changed=nothing,
            password_next_rotation=nothing,
            mfa_active=nothing,
            access_keys=(first, second),
            certificates=(one, other),
        )

    @property
    def is_root(self) -> bool:
        """Whether this is the root user."""
        return self.user == ROOT

    @property
    def is_plain(self) -> bool:
        """Whether every yes or no is one, as in nearly every row, and each active key has a date."""
        (one, two), (first, second) = self.access_keys, self.certificates
        flags = (self.password_enabled, self.mfa_active, one.active, two.active, first.active, second.active)
        if self.unread or Mark in map(type, flags):
            return False
        return not any(key.active and isinstance(key.last_rotated, Mark) for key in self.access_keys)

    def arn_in(self, account: str, partition: str) -> str:
        """Return the ARN of the user in an account; where the row's own is none of this user's, one without a path."""
        ours = f"arn:{partition}:iam::{account}:"
        if self.is_root:
            return f"{ours}root"
        is_sound = self.arn.startswith(f"{ours}user/") and self.arn.endswith(f"/{self.user}")
        return self.arn if is_sound else f"{ours}user/{self.user}"


class CredentialReport(msgspec.Struct, frozen=True):
    """The rows of a report, in its order.

    Attributes:
        unknown_columns: columns that we know nothing of.
        latest: the latest date of what has happened, and so no later than the report; None where it has none.
    """

    rows: tuple[ReportRow, ...]
    unknown_columns: tuple[str, ...] = ()
    latest: datetime | None = None


KEY_COLUMNS: Final = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")

REQUIRED: Final = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active", *(f"access_key_{n}_{name}" for n in (1, 2) for name in KEY_COLUMNS),
)  # fmt: skip
"""The columns without which nobody can be judged."""

OPTIONAL: Final = (
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated", "additional_credentials_info",
)  # fmt: skip
"""Columns that a report may lack: the last one was not there yet in 2026, and an older file may end before it."""


def parse_report(content: bytes) -> CredentialReport:
    """Read a credential report.

    Raises:
        ReportError: it is not UTF-8, has another header, or is cut off; the message names the line and the remedy.
    """
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    records = csv.reader(text, strict=True)
    try:
        columns = _columns(next(records, ()))
        reading = _Reading(columns)
        rows = tuple(_rows(records, len(columns), reading))
    except UnicodeDecodeError:
        remedy = "fetch the report again, or save it as UTF-8"
        raise ReportError(f"is not UTF-8; {remedy}", line=_line_not_utf8(content)) from None
    except csv.Error as error:
        raise ReportError(f"is no CSV ({error}); fetch the report again", line=records.line_num) from None
    latest = None if reading.latest is _LONG_AGO else reading.latest
    return CredentialReport(rows, tuple(name for name in columns if name not in _KNOWN), latest)


def _line_not_utf8(content: bytes) -> int | None:
    return next((line for line, some in enumerate(content.split(b"\n"), 1) if not _is_utf8(some)), None)


def _is_utf8(some: bytes) -> bool:
    try:
        some.decode()
    except UnicodeDecodeError:
        return False
    return True


def _columns(header: Sequence[str]) -> Mapping[str, int]:
    """Return the place of each column."""
    names = [name.strip().lower() for name in header]
    if not any(names):
        raise ReportError("the report is empty; fetch it again")
    missing = [name for name in REQUIRED if name not in names]
    if len(missing) == len(REQUIRED):
        raise ReportError("this is no credential report, whose header begins `user,arn,user_creation_time`", line=1)
    if missing:
        raise ReportError(f"the header lacks `{missing[0]}`; fetch the report again", line=1)
    if doubled := sorted({name for name in names if name and names.count(name) > 1}):
        raise ReportError(f"the header has `{doubled[0]}` twice", line=1)
    return {name: place for place, name in enumerate(names)}


class _Records(Protocol):
    """What `csv.reader` returns."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...


def _rows(records: _Records, wide: int, reading: "_Reading") -> Iterator[ReportRow]:
    line = records.line_num + 1
    for cells in records:
        if len(cells) == wide:
            row = reading.row(line, cells)
            if not row.user:
                raise ReportError("has no name of a user; fetch the report again", line=line)
            yield row
        elif cells:
            remedy = (
                "the report is cut off, fetch it again" if len(cells) < wide else "a cell with a comma wants quotes"
            )
            raise ReportError(f"has {len(cells)} cells in place of {wide}; {remedy}", line=line)
        line = records.line_num + 1


class _Reading:
    """Reads rows of one layout."""

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._user, self._arn, self._created = (columns[name] for name in REQUIRED[:3])
        self._password = tuple(columns[name] for name in REQUIRED[3:7])
        self._mfa = columns["mfa_active"]
        self._keys = [[columns[f"access_key_{n}_{name}"] for name in KEY_COLUMNS] for n in (1, 2)]
        self._certificates = [[columns.get(f"cert_{n}_{name}") for name in ("active", "last_rotated")] for n in (1, 2)]
        self._additional = columns.get("additional_credentials_info")
        self._names = {place: name for name, place in columns.items()}
        self._unread: list[UnreadCell] = []
        self.latest = _LONG_AGO

    def row(self, line: int, cells: Sequence[str]) -> ReportRow:
        enabled, last_used, changed, rotation = self._password
        return ReportRow(
            line=line,
            user=cells[self._user],
            arn=cells[self._arn],
            created=self._past(cells, self._created),
            password_enabled=self._flag(cells, enabled),
            password_last_used=self._past(cells, last_used),
            password_last_changed=self._past(cells, changed),
            password_next_rotation=self._moment(cells, rotation),
            mfa_active=self._flag(cells, self._mfa),
            access_keys=(self._key(cells, 1), self._key(cells, 2)),
            certificates=(self._certificate(cells, 1), self._certificate(cells, 2)),
            additional="" if self._additional is None else _said(cells[self._additional]),
            unread=self._take_unread(),
        )

    def _key(self, cells: Sequence[str], number: int) -> AccessKeyCells:
        active, rotated, used, region, service = self._keys[number - 1]
        if cells[active] == "false" and cells[rotated] == cells[used] == "N/A":
            return NO_KEYS[number - 1]  # as most are
        return AccessKeyCells(
            number,
            self._flag(cells, active),
            self._past(cells, rotated),
            self._past(cells, used),
            _said(cells[region]),
            _said(cells[service]),
        )

    def _certificate(self, cells: Sequence[str], number: int) -> CertificateCells:
        active, rotated = self._certificates[number - 1]
        if active is not None and rotated is not None and cells[active] == "false" and cells[rotated] == "N/A":
            return NO_CERTIFICATES[number - 1]
        return CertificateCells(
            number,
            Mark.ABSENT if active is None else self._flag(cells, active),
            Mark.ABSENT if rotated is None else self._past(cells, rotated),
        )

    def _flag(self, cells: Sequence[str], place: int) -> Flag:
        text = cells[place]
        known = _FLAGS.get(text)
        if known is None and (known := _FLAGS.get(text.strip().lower())) is None:
            return self._unreadable(place, text)
        return known

    def _past(self, cells: Sequence[str], place: int) -> Moment:
        """Read a time of what has happened, and note the latest."""
        moment = self._moment(cells, place)
        if isinstance(moment, datetime) and moment > self.latest:
            self.latest = moment
        return moment

    def _moment(self, cells: Sequence[str], place: int) -> Moment:
        text = cells[place]
        mark = _MARKS.get(text)
        if mark is not None:
            return mark
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not UTC:
                moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):  # the second for a time zone that leads out of the calendar
            mark = _MARKS.get(text.strip().lower())
            return self._unreadable(place, text) if mark is None else mark
        return moment

    def _unreadable(self, place: int, text: str) -> Literal[Mark.UNREADABLE]:
        self._unread.append(UnreadCell(self._names[place], text))
        return Mark.UNREADABLE

    def _take_unread(self) -> tuple[UnreadCell, ...]:
        if not self._unread:
            return ()
        unread = tuple(self._unread)
        self._unread.clear()
        return unread


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_KNOWN: Final = frozenset((*REQUIRED, *OPTIONAL))

_WRITTEN: Final = (Mark.NOT_APPLICABLE, Mark.NO_INFORMATION, Mark.NOT_SUPPORTED, Mark.EMPTY)

_MARKS: Final[Mapping[str, Mark]] = {text: mark for mark in _WRITTEN for text in (mark.value, mark.value.lower())}

_FLAGS: Final[Mapping[str, Flag]] = {"true": True, "false": False, **_MARKS}


def _said(text: str) -> str:
    """Return what a cell says; empty where it says that there is nothing to say."""
    return "" if text in _MARKS else text
