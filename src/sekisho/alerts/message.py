"""What people are told, before it is known how: plain text, times, and links. Each channel writes it in its own way.

No text in here is markup of anything. What an event says may stand anywhere in it.
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from sekisho.analyzers.observation import Severity


class Moment(msgspec.Struct, frozen=True):
    """A time inside a text, which each reader is shown in the zone that is theirs. UTC, to the second."""

    at: datetime


Text: TypeAlias = tuple[str | Moment, ...]
"""A text in pieces; together they are one line, or several where a piece has line ends."""


class Fact(msgspec.Struct, frozen=True):
    """One thing worth knowing, such as who did it: a label in the reader's language and what it is."""

    label: str
    value: Text


class Link(msgspec.Struct, frozen=True):
    """Where to go on: a label in the reader's language, and an https (or http) URL that we made."""

    label: str
    url: str


class Entry(msgspec.Struct, frozen=True):
    """What is told of one event.

    Attributes:
        event_id: of the event.
        at: when it happened, in UTC.
        title: one line: what happened, to whom.
        text: more about it; empty where the title says all.
        advice: what to do; may be empty.
        facts: who, whom, from where, when, in which account and Region.
        links: to the consoles.
        envelope: the event itself, as JSON text.
    """

    event_id: str
    at: datetime
    title: Text
    text: Text
    advice: Text
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    envelope: str


class Message(msgspec.Struct, frozen=True):
    """What a target is told at once: one entry, or those that a rule gathered.

    Attributes:
        id: a UUID, the same however often the message is sent.
        target: the name of the target.
        rule: the name of the rule.
        severity: the worst of its entries'.
        language: of its words, such as `en`.
        timezone: the IANA name of the zone for times where a channel cannot ask the reader's own.
        dedup_key: the same for messages about the same thing; what has such a notion makes one alert of them.
        title: one line for the whole.
        entries: one or more, the earliest first.
        omitted: how many further entries there were, which are too many to be told one by one.
        is_late: whether an entry was found out long after it happened.
        is_resolved: whether what an earlier message with this key told of is over.
    """

    id: str
    target: str
    rule: str
    severity: Severity
    language: str
    timezone: str
    dedup_key: str
    title: Text
    entries: tuple[Entry, ...]
    omitted: int = 0
    is_late: bool = False
    is_resolved: bool = False
