"""What templates may do with values: filters and tests, each bounded, each paid for.

Values are what JSON has, times, and what is missing. A filter takes any of them and never raises for its kind: what it
can do nothing with is nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, cast

import msgspec
from jinja2 import ChainableUndefined

from sekisho.alerts.errors import AlertsError
from sekisho.alerts.messages.plain import MOST_TEXT, Plain, clip, text_of
from sekisho.alerts.messages.times import format_time
from sekisho.alerts.moments import parse_time

BUDGET: Final = 20_000
"""What one text may use up: a step of a loop, a filter and a value that is printed cost one, 100 characters another."""

_LONGEST_SEPARATOR: Final = 20


class SpentError(AlertsError):
    """The budget is used up."""


class Time(msgspec.Struct, frozen=True):
    """A time in a template: in the zone of the target, or in that of each reader."""

    at: datetime
    zone: str
    is_readers: bool = False

    def __str__(self) -> str:
        return format_time(self.at, self.zone)


class Missing(ChainableUndefined):
    """A member that the event does not have: it prints nothing, is false, and has no members."""


class Scope:
    """What filters know while one text is made: what is left of its budget, its zone, and what accounts are called."""

    def __init__(self, zone: str, accounts: Callable[[str], str]) -> None:
        self.zone = zone
        self.accounts = accounts
        self._left = BUDGET

    def spend(self, amount: int) -> None:
        """Pay.

        Raises:
            SpentError: there is not so much left.
        """
        self._left -= amount
        if self._left < 0:
            raise SpentError

    def plain(self, value: object) -> str:
        """Return a value as a text prints it, and pay for its length: lists with commas, other members as JSON."""
        text = _plain(value)
        self.spend(1 + len(text) // 100)
        return text

    def items(self, value: object) -> Iterator[Any]:
        """Yield the items of a list or the names of an object, and pay for each; anything else has none."""
        for one in cast("list[Any]", value) if isinstance(value, list | dict) else ():
            self.spend(1)
            yield one


def _plain(value: object) -> str:
    match value:
        case str():
            return value
        case Time():
            return str(value)
        case None | bool() | int() | float():
            return text_of(value)
        case list() if not any(isinstance(one, list | dict) for one in cast("list[Plain]", value)):
            return ", ".join(text_of(one) for one in cast("list[Plain]", value))
        case list() | dict():
            return _as_json(cast("Plain", value)) if value else ""
        case _:
            return ""


def _as_json(value: Plain) -> str:
    return msgspec.json.encode(value).decode()


def _upper(scope: Scope, value: object) -> str:
    return scope.plain(value).upper()


def _lower(scope: Scope, value: object) -> str:
    return scope.plain(value).lower()


def _trim(scope: Scope, value: object) -> str:
    return scope.plain(value).strip()


def _default(_: Scope, value: object, instead: object = "") -> object:
    return instead if isinstance(value, Missing) or value is None or value == "" else value


def _truncate(scope: Scope, value: object, most: object = 100) -> str:
    return clip(scope.plain(value), max(most, 1) if isinstance(most, int) else 100)


def _replace(scope: Scope, value: object, old: object, new: object) -> str:
    text, searched, put = clip(scope.plain(value), MOST_TEXT), scope.plain(old), scope.plain(new)
    room = MOST_TEXT // max(len(put), 1)
    return text.replace(searched, put, room) if searched else text


def _join(scope: Scope, value: object, separator: object = ", ") -> str:
    return scope.plain(separator)[:_LONGEST_SEPARATOR].join(scope.plain(one) for one in scope.items(value))


def _first(scope: Scope, value: object) -> object:
    return next(scope.items(value), None)


def _last(_: Scope, value: object) -> object:
    return next(reversed(cast("list[Any]", value)), None) if isinstance(value, list | dict) else None


def _length(_: Scope, value: object) -> int:
    return len(cast("str", value)) if isinstance(value, str | list | dict) else 0


def _sort(scope: Scope, value: object) -> list[Any]:
    return sorted(scope.items(value), key=scope.plain)


def _unique(scope: Scope, value: object) -> list[Any]:
    first: dict[str, Any] = {}
    for one in scope.items(value):
        first.setdefault(scope.plain(one), one)
    return list(first.values())


def _members(scope: Scope, value: object) -> list[Any]:
    """Return names and values of an object, for a loop over both."""
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return [[name, members[name]] for name in scope.items(members)]


def _json(scope: Scope, value: object) -> str:
    if isinstance(value, Time | Missing):
        return scope.plain(value)
    return scope.plain(_as_json(cast("Plain", value)))


def _short(scope: Scope, value: object) -> str:
    """Return the end of an ARN: what follows its last slash or colon."""
    return re.split("[/:]", scope.plain(value))[-1]


def _zone(scope: Scope, value: object, name: object) -> str:
    at = _time_of(scope, value)
    return scope.plain(value) if at is None else format_time(at, scope.plain(name))


def _local(scope: Scope, value: object) -> object:
    at = _time_of(scope, value)
    return value if at is None else Time(at, scope.zone, is_readers=True)


def _account(scope: Scope, value: object) -> str:
    return scope.accounts(scope.plain(value))


def _time_of(scope: Scope, value: object) -> datetime | None:
    return value.at if isinstance(value, Time) else parse_time(scope.plain(value))


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "account": _account,
    "count": _length,
    "default": _default,
    "first": _first,
    "items": _members,
    "join": _join,
    "json": _json,
    "last": _last,
    "length": _length,
    "local": _local,
    "lower": _lower,
    "replace": _replace,
    "short": _short,
    "sort": _sort,
    "trim": _trim,
    "truncate": _truncate,
    "unique": _unique,
    "upper": _upper,
    "zone": _zone,
}
"""The filters that a template may use."""

TESTS: Final[Mapping[str, Callable[[object], bool]]] = {
    "defined": lambda value: not isinstance(value, Missing),
    "undefined": lambda value: isinstance(value, Missing),
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "mapping": lambda value: isinstance(value, dict),
    "sequence": lambda value: isinstance(value, list),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
}
"""The tests that a template may use."""
