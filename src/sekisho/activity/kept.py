"""What is kept of a call: those parameters that some rule reads, and the resources; nothing else, so no secret.

A name says what a parameter is only where the service gave it: below what callers fill with names of their own, such
as the `parameters` of a command of Systems Manager, nothing but ARNs is kept.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

import msgspec

from sekisho.resources.json_values import is_list, is_object

_MOST_NAMES: Final = 65_536


class Keeper:
    """Says what is kept of calls."""

    def __init__(
        self,
        reads: frozenset[str],
        whole: frozenset[str],
        unseen: frozenset[str] = frozenset(),
        free: frozenset[str] = frozenset(),
    ) -> None:
        """Take names of parameters in lower case.

        Args:
            reads: those that some rule reads.
            whole: those of them that are kept with all that is below them.
            unseen: those below which nothing is kept.
            free: those below which callers choose the names, so that ARNs alone are kept.
        """
        self._fates = _Fates(reads, whole, unseen, free)

    def kept(self, parameters: bytes, resources: bytes) -> str:
        """Return JSON of what is kept: the parameters and the resources.

        Args:
            parameters: the `requestParameters` of a record.
            resources: its `resources`.

        Raises:
            UNREADABLE: they are too deep, or no UTF-8.
        """
        value = _decode(parameters) if parameters else None
        left = _of_object(value, _UNREAD, self._fates) if is_object(value) else None
        return _encode([left, _touched(resources) if resources else ()]).decode()


_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="sorted").encode


class _Entry(msgspec.Struct, rename="camel", gc=False):
    """An entry of `resources` as services write it, but for some of them."""

    arn: str | None = msgspec.field(name="ARN", default=None)
    prefix: str | None = msgspec.field(name="ARNPrefix", default=None)
    type: str | None = None
    account_id: str | None = None


_decode_entries = msgspec.json.Decoder(list[_Entry] | None).decode


def _touched(resources: bytes) -> list[tuple[str, str, str]]:
    """Return the ARN, type and account of each resource, in one order."""
    try:
        entries = _decode_entries(resources) or ()
    except msgspec.ValidationError:
        found = _touched_as_far_as_told(_decode(resources))
    else:
        found = [
            (one.arn or f"{one.prefix}*", one.type or "", one.account_id or "")
            for one in entries
            if one.arn or one.prefix is not None
        ]
    found.sort()
    return found


def _touched_as_far_as_told(entries: Any) -> list[tuple[str, str, str]]:
    """Return the same of what a service writes otherwise."""
    return [told for one in entries if (told := _resource(one))] if is_list(entries) else []


def _resource(entry: Any) -> tuple[str, str, str] | None:
    if not is_object(entry):
        return None
    arn, prefix = entry.get("ARN"), entry.get("ARNPrefix")
    if not arn and isinstance(prefix, str):
        arn = f"{prefix}*"
    return (_text(arn), _text(entry.get("type")), _text(entry.get("accountId"))) if arn else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


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
    OPENING = auto()
    """Its first word stays."""
    GIVEN = auto()
    """It is told that it was there."""
    ADDRESS = auto()
    """It stays without a password and without a query, which may be a signature."""
    UNSEEN = auto()
    """As a text it stays; what is below it goes, whatever it is called."""
    FREE = auto()
    """It goes, and so does what is below it and no ARN, whatever it is called."""
    GONE = auto()
    """It goes with all that is below it."""
    SAME = auto()
    """What its parent's is: EC2 writes an element as `{"tag": 1, "content": "vpc-…"}`."""


_UNREAD, _READ, _WHOLE, _QUERY, _OPENING, _GIVEN, _ADDRESS, _UNSEEN, _FREE, _GONE, _SAME = _Fate


class _Fates(dict[str, _Fate]):
    """What becomes of parameters, by their names as recorded."""

    def __init__(
        self, reads: frozenset[str], whole: frozenset[str], unseen: frozenset[str], free: frozenset[str]
    ) -> None:
        super().__init__(content=_SAME)
        self._reads = reads
        self._whole = whole
        self._unseen = unseen
        self._free = free

    def __missing__(self, name: str) -> _Fate:
        lowered = name.lower()
        fate = _READ if lowered in self._reads else _UNREAD
        if lowered in self._whole:
            fate = _WHOLE
        elif lowered in self._unseen:
            fate = _UNSEEN if fate is _READ else _GONE
        elif lowered in self._free:
            fate = _FREE
        elif fate is _READ and lowered in _TEXTS:
            fate = _TEXTS[lowered]
        elif fate is _READ and lowered.endswith(("url", "uri")):
            fate = _ADDRESS
        if len(self) < _MOST_NAMES:
            self[name] = fate
        return fate


def _of_object(value: Mapping[str, Any], fate: _Fate, fates: _Fates) -> dict[str, Any] | None:
    """Return an object without what no rule reads; None where nothing is left."""
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        its = fates[name]
        if its is _SAME:
            its = fate
        if isinstance(inner, str):
            if its is _UNREAD and inner[:4] != "arn:":
                continue
            is_plain = its is _READ and len(inner) <= _LONGEST and "://" not in inner
            left = inner if is_plain else _of_text(inner, its)
        else:
            left = _of(inner, its, fates)
        if left is not None:
            kept[name] = left
    return kept or None


def _of(value: Any, fate: _Fate, fates: _Fates) -> Any:
    """Return a value without what no rule reads; None for nothing."""
    if isinstance(value, str):
        return _of_text(value, fate)
    if fate is _WHOLE:
        return value
    if fate is _FREE:
        return _arns_of(value)
    if is_object(value):
        return None if fate is _UNSEEN or fate is _GONE else _of_object(value, fate, fates)
    if is_list(value):
        return [left for one in value if (left := _of(one, fate, fates)) is not None] or None
    return value if fate is _READ else None


def _arns_of(value: Any) -> Any:
    """Return what is an ARN of a value, and what leads to it; None for nothing."""
    if isinstance(value, str):
        return value if value.startswith("arn:") and len(value) <= _LONGEST else None
    if is_object(value):
        return {name: left for name, inner in value.items() if (left := _arns_of(inner)) is not None} or None
    return [left for one in value if (left := _arns_of(one)) is not None] or None if is_list(value) else None


def _of_text(text: str, fate: _Fate) -> str | None:
    if fate is _GONE or (fate in (_UNREAD, _FREE) and not text.startswith("arn:")):
        return None
    if len(text) > _LONGEST or fate is _GIVEN:
        return _TOO_LONG
    if fate is _OPENING:
        opening = _FIRST_WORDS.match(text)
        return opening.group() if opening else _TOO_LONG
    if fate is _QUERY:
        return _LITERAL.sub("''", text)
    if fate is _ADDRESS or "://" in text:
        return _USER.sub("://", text.partition("?")[0])
    return text


_TEXTS: Final = {
    **dict.fromkeys(("statement", "statements", "transactstatements"), _QUERY),
    "querystring": _OPENING,
    "policy": _GIVEN,
}
"""Texts that rules read in part: the tables of a statement, the verb of a query, that there is a policy."""

_FIRST_WORDS: Final = re.compile(r"\s*(?:show\s+)?[a-z]+\b", re.IGNORECASE | re.ASCII)
_USER: Final = re.compile(r"://[^/@]*@")
_LITERAL: Final = re.compile(r"'[^']*(?:'|$)|`[^`]*(?:`|$)|(?<![\w.\"-])-?\d[\w.]*")
"""A value in a PartiQL statement, which says nothing of its table."""

_LONGEST: Final = 2048
"""No name and no ARN is longer."""

_TOO_LONG: Final = "…"
"""Stands for a text that is there and is no name, or which nobody reads."""
