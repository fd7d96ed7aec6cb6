"""Slack: Block Kit, by an incoming webhook or by a bot.

Nothing that an event says is formatted. Its text stands in `plain_text` objects, where `*`, `_`, backticks, `~`, `:`
and mentions are letters like all others; `mrkdwn` objects hold nothing but times, which Slack shows in each reader's
zone, among words that cannot be markup (see `is_calm`), and links of ours. `&`, `<` and `>` are escaped in both.

Source: Slack developer documentation, "Text object", "Formatting message text", "Blocks", "Sending messages using
incoming webhooks", "chat.postMessage".
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.http import Answer, Endpoint, is_taken, refused
from sekisho.alerts.channels.texts import (
    clipped,
    in_utc,
    is_calm,
    line,
    link_target,
    said,
    said_in_line,
    units,
    utc_moment,
)
from sekisho.alerts.channels.whole import common_advice, common_links, label_of, remarks_of
from sekisho.alerts.channels.words import words_of
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.message import Entry, Fact, Link, Message, Moment, Text
from sekisho.analyzers.observation import Severity
from sekisho.keys import Secret

LONGEST_HEADER: Final = 150
LONGEST_TEXT: Final = 3000
LONGEST_FIELD: Final = 2000
LONGEST_ID: Final = 255
MOST_FIELDS: Final = 10
MOST_BLOCKS: Final = 50
LONGEST_MESSAGE: Final = 13_000
"""What all blocks may have together, else Slack answers `msg_blocks_too_long`. Counted here with their JSON."""

SIGNS: Final = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "🔵",
    Severity.INFORMATIONAL: "⚪",
}
RESOLVED_SIGN: Final = "✅"

Json: TypeAlias = dict[str, Any]

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


# --- what is said


def render_slack(message: Message, *, channel: str | None = None) -> Json:
    """Return the payload for a message.

    Args:
        message: what is told.
        channel: where the bot says it; None for an incoming webhook, which has its own.
    """
    title = f"{_sign(message)} {said_in_line(message.title, message.timezone)}"
    payload: Json = {
        "text": _escaped(f"{title} [{label_of(message)}]", LONGEST_TEXT),
        "mrkdwn": False,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": fitted(message, _blocks, _fits),
    }
    if channel is not None:
        ids = {"id": _id(message.id), "dedup_key": _id(message.dedup_key)}
        payload |= {"channel": channel, "metadata": {"event_type": "sekisho_alert", "event_payload": ids}}
    return payload


def _fits(blocks: Sequence[Json]) -> bool:
    return len(blocks) <= MOST_BLOCKS and units(json.dumps(blocks, ensure_ascii=False)) <= LONGEST_MESSAGE


def _blocks(message: Message) -> list[Json]:
    title = f"{_sign(message)} {said_in_line(message.title, message.timezone)}"
    header = _plain(title, LONGEST_HEADER)
    blocks: list[Json] = [{"type": "header", "block_id": _id(message.id), "text": header}]
    if header["text"] != _escape(title):
        blocks.append({"type": "section", "text": _plain(title, LONGEST_TEXT)})
    about = " · ".join([label_of(message), line(message.rule), *remarks_of(message)])
    blocks.append({"type": "context", "elements": [_plain(about, LONGEST_FIELD)]})
    match message.entries:
        case (entry,):
            blocks.extend(_details(entry, message))
        case several:
            blocks.extend(_line(one, message.timezone) for one in several)
    blocks.extend(_ending(message))
    return blocks


def _details(entry: Entry, message: Message) -> Iterator[Json]:
    """Yield what there is to say of one event; its title is that of the message, or stands first."""
    if entry.title != message.title:
        yield from _section(entry.title, message.timezone)
    yield from _section(entry.text, message.timezone)
    facts = [one for one in entry.facts if said(one.value, message.timezone)]
    for start in range(0, len(facts), MOST_FIELDS // 2):
        fields = [cell for fact in facts[start : start + MOST_FIELDS // 2] for cell in _cells(fact, message.timezone)]
        yield {"type": "section", "fields": fields}


def _line(entry: Entry, timezone: str) -> Json:
    """Return one of several events: what happened, and when."""
    when = _object((Moment(entry.at),), timezone, LONGEST_FIELD)
    title = said_in_line(entry.title, timezone) or "–"  # noqa: RUF001 - the dash is meant
    return {"type": "section", "text": _plain(title, LONGEST_TEXT), "fields": [when]}


def _ending(message: Message) -> Iterator[Json]:
    advice = common_advice(message)
    if said(advice, message.timezone):
        yield from _section((f"{words_of(message).advice}\n", *advice), message.timezone)
    links = [text for one in common_links(message) if (text := _link(one)) is not None]
    yield from ({"type": "section", "text": _mrkdwn(one)} for one in _joined(links, LONGEST_TEXT))


def _section(text: Text, timezone: str) -> Iterator[Json]:
    if said(text, timezone):
        yield {"type": "section", "text": _object(text, timezone, LONGEST_TEXT)}


def _cells(fact: Fact, timezone: str) -> tuple[Json, Json]:
    """Return a label and its value, which stand side by side."""
    label = line(fact.label) or "–"  # noqa: RUF001 - the dash is meant
    bold = is_calm((label,)) and units(label) < LONGEST_FIELD - 2
    cell = _mrkdwn(f"*{label}*") if bold else _plain(label, LONGEST_FIELD)
    return cell, _object(fact.value, timezone, LONGEST_FIELD)


def _object(text: Text, timezone: str, most: int) -> Json:
    """Return a text that is not empty: with each reader's own times where its words are calm, else without."""
    if any(isinstance(one, Moment) for one in text) and is_calm(text):
        marked = "".join(one if isinstance(one, str) else _date(one) for one in text)
        if units(marked) <= most:
            return _mrkdwn(marked)
    return _plain(said(text, timezone), most)


def _date(told: Moment) -> str:
    """Return a time that Slack shows in the reader's zone, and in UTC beside it."""
    utc = utc_moment(told)
    unix = int(in_utc(told.at).timestamp())
    return f"<!date^{unix}^{{date_short_pretty}} {{time_secs}}|{utc}> ({utc})" if unix > 0 else utc


def _plain(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": _escaped(text, most), "emoji": False}


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _link(link: Link) -> str | None:
    """Return a link; a label that could be markup gives way to the URL."""
    target = link_target(link.url)
    if target is None:
        return None
    label = line(link.label)
    target = _escape(target)
    return f"<{target}|{label}>" if label and is_calm((label,)) and units(label) < LONGEST_FIELD else f"<{target}>"


def _id(text: str) -> str:
    return clipped(line(text), LONGEST_ID) or "-"


def _joined(texts: Sequence[str], most: int) -> Iterator[str]:
    """Yield texts joined, as many at a time as are not too long."""
    joined = ""
    for one in (one for one in texts if units(one) <= most):
        longer = f"{joined} · {one}" if joined else one
        if units(longer) > most:
            yield joined
            longer = one
        joined = longer
    if joined:
        yield joined


def _escaped(text: str, most: int) -> str:
    return _escape(clipped(text, most, lambda one: units(_escape(one))))


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _sign(message: Message) -> str:
    return RESOLVED_SIGN if message.is_resolved else SIGNS[message.severity]


# --- how it is sent


class _Said(msgspec.Struct):
    """What the Web API answers."""

    ok: bool = False
    error: str = ""


_LATER: Final = frozenset(
    {
        "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "request_timeout",
        "service_unavailable", "team_added_to_org", "rollup_error",
    }
)  # fmt: skip
_NEVER: Final = frozenset(
    {
        "invalid_payload", "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "invalid_arguments",
        "invalid_json", "json_not_object", "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large",
        "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments",
        "block_mismatch", "cannot_reply_to_message",
    }
)  # fmt: skip
"""What Slack says of a message."""
_BROKEN: Final = frozenset(
    {
        "user_not_found", "channel_not_found", "channel_is_archived", "is_archived", "invalid_token", "invalid_auth",
        "no_service", "no_team", "team_disabled", "account_inactive", "token_revoked", "token_expired",
        "not_in_channel",
    }
)  # fmt: skip
"""What Slack says of the channel, the bot or the webhook. There are more, with status 200, 403, 404 or 410."""


class SlackWebhook:
    """A channel of Slack, by an incoming webhook."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def place(self) -> str:
        """The server; which channel the webhook is for is known to Slack alone."""
        return f"Slack at {self._endpoint.origin}"

    def send(self, message: Message) -> None:
        """Post the message."""
        answer = self._endpoint.post(
            msgspec.json.encode(render_slack(message)), {"Content-Type": "application/json; charset=utf-8"}
        )
        if not is_taken(answer):
            raise _refused(answer, _word(answer.body.decode("ascii", "replace")), self.place)


class SlackBot:
    """A channel of Slack, by a bot that is in it."""

    def __init__(self, endpoint: Endpoint, token: Secret, channel: str) -> None:
        self._endpoint = endpoint
        self._token = token
        self._channel = channel

    @property
    def place(self) -> str:
        """The channel."""
        return f"Slack channel `{line(self._channel)}`"

    def send(self, message: Message) -> None:
        """Post the message; the answer tells by a word, and mostly with status 200, what is wrong."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {self._token.reveal()}",
        }
        answer = self._endpoint.post(msgspec.json.encode(render_slack(message, channel=self._channel)), headers)
        try:
            answered = msgspec.json.decode(answer.body, type=_Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if is_taken(answer):
                raise TemporaryError(f"{self.place}: {self._endpoint.origin} does not answer as Slack does") from None
            answered = _Said()
        if not (answered.ok and is_taken(answer)):
            raise _refused(answer, _word(answered.error), self.place)


def _refused(answer: Answer, word: str, place: str) -> DeliveryError:
    """Return what Slack means: by its word where it has one that we know, else by its status."""
    told = f"{place} answered `{word}`"
    if word in _LATER:
        return TemporaryError(told, retry_after=answer.retry_after)
    if word in _NEVER:
        return RefusedError(told)
    if word in _BROKEN or is_taken(answer):
        return BrokenTargetError(f"{told}; mend the channel, the bot or the webhook in Slack")
    return refused(answer, place, word)


def _word(text: str) -> str:
    """Return what Slack calls an error; nothing for any other text, which may have a part of the URL in it."""
    return text.strip() if _WORD.fullmatch(text.strip()) else ""


_WORD: Final = re.compile("[a-z][a-z_]{1,59}")
