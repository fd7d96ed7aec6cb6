"""A message as text that people read as it is, and as JSON that programs read."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import msgspec

from sekisho.alerts.channels.texts import iso, line, link_target, said, said_in_line, shown
from sekisho.alerts.channels.whole import label_of, remarks_of
from sekisho.alerts.channels.words import words_of
from sekisho.alerts.message import Entry, Message, Text

VERSION: Final = "1"
"""Of the JSON. Members may be added to a version; whatever else changes makes a new one."""

Json: TypeAlias = dict[str, Any]


def subject(message: Message) -> str:
    """Return the message in one line."""
    return f"[{label_of(message)}] {said_in_line(message.title, message.timezone)}"


def plain_text(message: Message) -> str:
    """Return the whole message as lines.

    What an event says can stand inside a line, but never begin one that looks like ours: facts are one line each, and
    all other texts are indented.
    """
    blocks = [subject(message), *(_told(one, message) for one in message.entries)]
    blocks.append(" · ".join([line(message.rule), *remarks_of(message)]))
    return "\n\n".join(blocks) + "\n"


def _told(entry: Entry, message: Message) -> str:
    return "\n".join(_lines(entry, message))


def _lines(entry: Entry, message: Message) -> Iterator[str]:
    if entry.title != message.title:
        yield f"* {said_in_line(entry.title, message.timezone)}"
    if text := said(entry.text, message.timezone):
        yield _indented(text)
    for fact in entry.facts:
        yield f"{line(fact.label)}: {said_in_line(fact.value, message.timezone)}"
    if advice := said(entry.advice, message.timezone):
        yield f"{words_of(message).advice}:"
        yield _indented(advice)
    for link in entry.links:
        if target := link_target(link.url):
            yield f"{line(link.label)}: {target}"


def _indented(text: str) -> str:
    return "\n".join(f"  {one}" for one in text.split("\n"))


def message_document(message: Message) -> Json:
    """Return a message as JSON, with its times in UTC; `docs/reference/alert-targets.md` tells of every member."""
    return {
        "version": VERSION,
        "id": line(message.id),
        "target": line(message.target),
        "rule": line(message.rule),
        "severity": message.severity.name,
        "language": line(message.language),
        "dedupKey": line(message.dedup_key),
        "title": _with_iso(message.title),
        "isLate": message.is_late,
        "isResolved": message.is_resolved,
        "omitted": message.omitted,
        "entries": [_entry(one) for one in message.entries],
    }


def _entry(entry: Entry) -> Json:
    return {
        "eventId": line(entry.event_id),
        "at": iso(entry.at),
        "title": _with_iso(entry.title),
        "text": _with_iso(entry.text),
        "advice": _with_iso(entry.advice),
        "facts": [{"label": line(one.label), "value": _with_iso(one.value)} for one in entry.facts],
        "links": [{"label": line(one.label), "url": url} for one in entry.links if (url := link_target(one.url))],
        "event": _event(entry.envelope),
    }


def _with_iso(text: Text) -> str:
    return shown("".join(one if isinstance(one, str) else iso(one.at) for one in text)).strip()


def _event(envelope: str) -> msgspec.Raw | None:
    """Return the event as it came, to the last digit of its numbers; None where there is none."""
    try:
        encoded = envelope.encode()
        msgspec.json.decode(encoded)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return msgspec.Raw(encoded)
