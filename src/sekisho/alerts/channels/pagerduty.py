"""PagerDuty: an alert of a service, by Events API v2.

PagerDuty shows all of it as plain text, but for URLs in it, which it makes links.

Source: PagerDuty developer documentation, "Events API v2 Overview", "PD-CEF", "Send an Alert Event".
"""

import re
from hashlib import sha256
from typing import Any, Final, TypeAlias

import msgspec

from sekisho.alerts.channel import BrokenTargetError
from sekisho.alerts.channels.document import subject
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.http import Answer, Endpoint, is_taken, refused
from sekisho.alerts.channels.texts import clipped, iso, line, link_target, said, said_in_line
from sekisho.alerts.channels.whole import common_links
from sekisho.alerts.errors import DeliveryError, TargetError
from sekisho.alerts.message import Entry, Message
from sekisho.analyzers.observation import Severity
from sekisho.keys import Secret

LONGEST_SUMMARY: Final = 1024
LONGEST_DEDUP_KEY: Final = 255
LONGEST_NAME: Final = 255
LONGEST_EVENT: Final = 500_000
"""PagerDuty takes 512 KB."""

SEVERITIES: Final = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFORMATIONAL: "info",
}

Json: TypeAlias = dict[str, Any]


def render_pagerduty(message: Message) -> Json:
    """Return the event for a message, without the routing key."""
    return fitted(message, _event, lambda event: len(msgspec.json.encode(event)) <= LONGEST_EVENT)


def _event(message: Message) -> Json:
    links = [(line(one.label), url) for one in common_links(message) if (url := link_target(one.url))]
    return {
        "event_action": "resolve" if message.is_resolved else "trigger",
        "dedup_key": _dedup_key(message.dedup_key),
        "client": "Sekisho",
        "payload": {
            "summary": clipped(subject(message), LONGEST_SUMMARY),
            "source": _source(message),
            "severity": SEVERITIES[message.severity],
            **({"timestamp": iso(message.entries[0].at)} if message.entries else {}),
            "group": clipped(line(message.rule), LONGEST_NAME),
            "class": "resolved" if message.is_resolved else "alert",
            "custom_details": _details(message),
        },
        "links": [{"href": url, "text": label or url} for label, url in links],
    }


def _dedup_key(key: str) -> str:
    """Return a key that PagerDuty takes, the same for the same one, and another for another."""
    if key == line(key) and 0 < len(key.encode()) <= LONGEST_DEDUP_KEY:
        return key
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class _Envelope(msgspec.Struct):
    account: str = ""
    region: str = ""


def _source(message: Message) -> str:
    """Return the account that it happened in, where the event says so."""
    try:
        envelope = msgspec.json.decode(message.entries[0].envelope, type=_Envelope)
    except (IndexError, msgspec.DecodeError, UnicodeError, RecursionError):
        return "sekisho"
    found = f"{envelope.account} {envelope.region}"
    return f"AWS {found}" if re.fullmatch(r"[0-9]{12} [a-z0-9-]{1,20}", found) else "sekisho"


def _details(message: Message) -> Json:
    details: Json = {"message_id": line(message.id), "rule": line(message.rule), "target": line(message.target)}
    details["entries"] = [_entry(one, message.timezone) for one in message.entries]
    if message.omitted:
        details["omitted"] = message.omitted
    if message.is_late:
        details["found_out_late"] = True
    return details


def _entry(entry: Entry, timezone: str) -> Json:
    texts = {
        "title": said_in_line(entry.title, timezone),
        "text": said(entry.text, timezone),
        "advice": said(entry.advice, timezone),
    }
    facts = {line(one.label): said_in_line(one.value, timezone) for one in entry.facts}
    return {"event_id": line(entry.event_id), "at": iso(entry.at), **texts, "facts": facts}


class PagerDutyChannel:
    """A service of PagerDuty."""

    def __init__(self, endpoint: Endpoint, routing_key: Secret, *, what: str) -> None:
        if re.fullmatch(r"[A-Za-z0-9]{32}", routing_key.reveal()) is None:
            raise TargetError(f"{what} is no integration key of Events API v2, which has 32 letters and digits")
        self._endpoint = endpoint
        self._routing_key = routing_key

    @property
    def place(self) -> str:
        """The server; which service the key is for is known to PagerDuty alone."""
        return f"PagerDuty at {self._endpoint.origin}"

    def send(self, message: Message) -> None:
        """Enqueue the event."""
        event = {"routing_key": self._routing_key.reveal(), **render_pagerduty(message)}
        answer = self._endpoint.post(msgspec.json.encode(event), {"Content-Type": "application/json"})
        if not is_taken(answer):
            raise _refused(answer, self.place)


class _Said(msgspec.Struct):
    errors: list[str] | None = None


def _refused(answer: Answer, place: str) -> DeliveryError:
    """Return what an answer means; a key that is no key is told with status 400, as is an event that is none."""
    try:
        errors = msgspec.json.decode(answer.body, type=_Said).errors or []
    except (msgspec.DecodeError, UnicodeDecodeError):
        errors = []
    if answer.status == 400 and any(re.search("routing.?key", one, re.IGNORECASE) for one in errors):  # noqa: PLR2004
        return BrokenTargetError(f"{place} does not know the routing key; take that of an integration of Events API v2")
    return refused(answer, place, "; ".join(errors))
