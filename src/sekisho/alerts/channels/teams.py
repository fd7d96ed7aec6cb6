"""Microsoft Teams: an Adaptive Card for a workflow that waits for a webhook request.

Nothing that an event says is formatted. Its text stands in `TextRun`s, which know no Markdown, with `{{` taken apart,
so that it is no function of a date. `TextBlock`s, which know both, hold nothing but times, which Teams shows in each
reader's zone, among words that cannot be markup (see `is_calm`).

Source: Adaptive Cards documentation, "Text features", "Schema explorer"; Microsoft Teams documentation, "Create
incoming webhooks with Workflows", "Types of cards".
"""

import json
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import msgspec

from sekisho.alerts.channel import BrokenTargetError
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.http import Answer, Endpoint, is_taken, refused
from sekisho.alerts.channels.texts import clipped, is_calm, iso, line, link_target, said, said_in_line, utc_moment
from sekisho.alerts.channels.whole import common_advice, common_links, label_of, remarks_of
from sekisho.alerts.channels.words import language_tag, words_of
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.message import Entry, Fact, Link, Message, Moment, Text
from sekisho.analyzers.observation import Severity

LONGEST_CARD: Final = 28_000
"""Teams takes 28 KB. Counted as if all beyond ASCII were escaped, since a workflow may write the card anew."""
LONGEST_RULE: Final = 200
LONGEST_BUTTON: Final = 100
MOST_BUTTONS: Final = 6

COLOURS: Final = {
    Severity.CRITICAL: "attention",
    Severity.HIGH: "attention",
    Severity.MEDIUM: "warning",
    Severity.LOW: "accent",
    Severity.INFORMATIONAL: "default",
}
RESOLVED_COLOUR: Final = "good"

Json: TypeAlias = dict[str, Any]


def render_teams(message: Message) -> Json:
    """Return the payload for a message: one card."""
    return fitted(message, _payload, lambda payload: len(json.dumps(payload)) <= LONGEST_CARD)


def _payload(message: Message) -> Json:
    title = said_in_line(message.title, message.timezone)
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": language_tag(message),
        "fallbackText": _flat(title),
        "msteams": {"width": "Full"},
        "body": list(_body(message)),
    }
    if buttons := [one for link in common_links(message) if (one := _button(link)) is not None]:
        card["actions"] = buttons[:MOST_BUTTONS]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(message: Message) -> Iterator[Json]:
    colour = RESOLVED_COLOUR if message.is_resolved else COLOURS[message.severity]
    title = said_in_line(message.title, message.timezone)
    yield _runs(_run(title or "–", size="large", weight="bolder", color=colour))  # noqa: RUF001 - the dash is meant
    about = [label_of(message), clipped(line(message.rule), LONGEST_RULE), *remarks_of(message)]
    yield _runs(_run(" · ".join(about), isSubtle=True))
    match message.entries:
        case (entry,):
            yield from _details(entry, message)
        case several:
            yield from (element for one in several for element in _lines(one, message.timezone))
    advice = common_advice(message)
    if said(advice, message.timezone):
        yield _runs(_run(words_of(message).advice, weight="bolder"), spacing="medium")
        yield _text(advice, message.timezone)


def _details(entry: Entry, message: Message) -> Iterator[Json]:
    for text in (entry.title if entry.title != message.title else (), entry.text):
        if said(text, message.timezone):
            yield _text(text, message.timezone)
    yield from (_fact(one, message.timezone) for one in entry.facts if said(one.value, message.timezone))


def _lines(entry: Entry, timezone: str) -> Iterator[Json]:
    """Yield one of several events: what happened, and when."""
    yield _runs(_run(said_in_line(entry.title, timezone) or "–"), separator=True)  # noqa: RUF001 - the dash is meant
    yield _text((Moment(entry.at),), timezone, isSubtle=True, spacing="none")


def _fact(fact: Fact, timezone: str) -> Json:
    label = line(fact.label)
    if _has_own_times((label, *fact.value)):
        return _block(f"**{label}**: {_dated(fact.value)}" if label else _dated(fact.value), spacing="small")
    return _runs(_run(f"{label}: ", weight="bolder"), _run(said(fact.value, timezone)), spacing="small")


def _text(text: Text, timezone: str, **style: Any) -> Json:
    """Return a text: with each reader's own times where its words are calm, else without."""
    if _has_own_times(text):
        return _block(_dated(text), **style)
    spacing = style.pop("spacing", "small")
    return _runs(_run(said(text, timezone), **style), spacing=spacing)


def _has_own_times(text: Text) -> bool:
    return any(isinstance(one, Moment) for one in text) and is_calm(text)


def _dated(text: Text) -> str:
    return "".join(one if isinstance(one, str) else _date(one) for one in text).strip()


def _date(told: Moment) -> str:
    """Return a time that Teams shows in the reader's zone, and in UTC beside it."""
    return f"{{{{DATE({iso(told.at)}, SHORT)}}}} {{{{TIME({iso(told.at)})}}}} ({utc_moment(told)})"


def _block(text: str, **style: Any) -> Json:
    return {"type": "TextBlock", "text": text, "wrap": True, **style}


def _runs(*runs: Json, **style: Any) -> Json:
    return {"type": "RichTextBlock", "inlines": list(runs), **style}


def _run(text: str, **style: Any) -> Json:
    return {"type": "TextRun", "text": _flat(text), **style}


def _flat(text: str) -> str:
    """Return a text in which no function is called: renderers look for them in every text of a card."""
    while "{{" in text:
        text = text.replace("{{", "{ {")
    return text


def _button(link: Link) -> Json | None:
    url = link_target(link.url)
    if url is None:
        return None
    return {"type": "Action.OpenUrl", "title": _flat(clipped(line(link.label) or url, LONGEST_BUTTON)), "url": url}


class TeamsChannel:
    """A channel or a chat of Microsoft Teams, by a workflow."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def place(self) -> str:
        """The server; which channel the workflow posts to is known to Teams alone."""
        return f"Microsoft Teams at {self._endpoint.origin}"

    def send(self, message: Message) -> None:
        """Post the card; 202 means that the workflow has it, not that it was shown."""
        body = json.dumps(render_teams(message)).encode("ascii")
        answer = self._endpoint.post(body, {"Content-Type": "application/json; charset=utf-8"})
        if not is_taken(answer):
            raise _refused(answer, self.place)


class _Fault(msgspec.Struct):
    code: str = ""


class _Said(msgspec.Struct):
    """What Power Automate answers where it has not taken a request."""

    error: _Fault = msgspec.field(default_factory=_Fault)


def _refused(answer: Answer, place: str) -> DeliveryError:
    """Return what an answer means; a workflow that is off, or gone, is told with status 400 as well."""
    try:
        code = msgspec.json.decode(answer.body, type=_Said).error.code
    except (msgspec.DecodeError, UnicodeDecodeError):
        code = ""
    code = code if code.isascii() and code.isalnum() else ""
    if answer.status == 400 and code.startswith(("Workflow", "Direct")):  # noqa: PLR2004 - named where it is answered
        return BrokenTargetError(f"{place} answered `{code}`; turn the workflow on, or make another")
    return refused(answer, place, code)
