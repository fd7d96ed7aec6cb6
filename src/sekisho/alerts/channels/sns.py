"""Amazon SNS: a topic whose subscribers read text, and one that Amazon Q Developer in chat applications reads.

Source: Amazon SNS API reference, `Publish`; Amazon SNS Developer Guide, "Amazon SNS message deduplication"; Amazon Q
Developer in chat applications Administrator Guide, "Custom notifications".
"""

import json
from hashlib import sha256
from typing import Any, Final, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from sekisho.alerts.channels.aws import AwsClients, aws_failure
from sekisho.alerts.channels.document import plain_text, subject
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.texts import (
    clipped,
    defused,
    line,
    link_target,
    octets,
    plain_id,
    said,
    said_in_line,
    units,
)
from sekisho.alerts.channels.whole import common_advice, common_links, label_of, remarks_of
from sekisho.alerts.message import Entry, Message

LONGEST_MESSAGE: Final = 250_000
"""SNS takes 256 KiB, attributes included, unless a topic allows for more."""
LONGEST_SUBJECT: Final = 99
LONGEST_ATTRIBUTE: Final = 1000

LONGEST_Q_TITLE: Final = 250
LONGEST_Q_DESCRIPTION: Final = 8000
LONGEST_Q_STEP: Final = 1000
LONGEST_Q_LABEL: Final = 100
MOST_Q_LINKS: Final = 3

Json: TypeAlias = dict[str, Any]


def render_sns(message: Message, *, topic_arn: str) -> Json:
    """Return what `Publish` takes for a message that people and programs read."""
    text = fitted(message, plain_text, lambda one: octets(one) <= LONGEST_MESSAGE)
    return _publication(message, topic_arn, text)


def render_amazon_q(message: Message, *, topic_arn: str) -> Json:
    """Return what `Publish` takes for a message that Amazon Q shows in a chat."""
    notification = fitted(message, _notification, lambda one: octets(json.dumps(one)) <= LONGEST_MESSAGE)
    return _publication(message, topic_arn, json.dumps(notification, ensure_ascii=False))


def _publication(message: Message, topic_arn: str, text: str) -> Json:
    attributes = {
        "severity": message.severity.name,
        "rule": message.rule,
        "messageId": message.id,
        "dedupKey": message.dedup_key,
        "status": "resolved" if message.is_resolved else "open",
    }
    publication: Json = {
        "TopicArn": topic_arn,
        "Message": text,
        "Subject": _subject(message),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": clipped(line(value), LONGEST_ATTRIBUTE)}
            for name, value in attributes.items()
            if line(value)
        },
    }
    if topic_arn.endswith(".fifo"):
        group = sha256(message.dedup_key.encode("utf-8", "surrogatepass")).hexdigest()
        publication |= {"MessageGroupId": group, "MessageDeduplicationId": plain_id(message.id)}
    return publication


def _subject(message: Message) -> str:
    """Return a subject of ASCII, as SNS takes no other; one that is not gives way to the name of the rule."""
    told = subject(message)
    if not told.isascii():
        told = f"[{message.severity.name}] Sekisho: {line(message.rule)}"
    return clipped(told.encode("ascii", "replace").decode(), LONGEST_SUBJECT - 2).replace("…", "...")


def _notification(message: Message) -> Json:
    """Return a custom notification. Amazon Q hands it on as Markdown, and knows no other text."""
    title = f"[{label_of(message)}] {said_in_line(message.title, message.timezone)}"
    content: Json = {
        "textType": "client-markdown",
        "title": clipped(defused(title), LONGEST_Q_TITLE),
        "description": clipped(_description(message), LONGEST_Q_DESCRIPTION),
        "keywords": [clipped(defused(one), LONGEST_Q_TITLE) for one in (label_of(message), line(message.rule)) if one],
    }
    if advice := said(common_advice(message), message.timezone):
        content["nextSteps"] = [clipped(defused(advice), LONGEST_Q_STEP)]
    thread = sha256(message.dedup_key.encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "version": "1.0",
        "source": "custom",
        "id": plain_id(message.id),
        "content": content,
        "metadata": {
            "threadId": thread,
            "summary": clipped(defused(title), LONGEST_Q_TITLE),
            "eventType": clipped(defused(line(message.rule)), LONGEST_Q_TITLE),
            "additionalContext": {"severity": message.severity.name, "messageId": plain_id(message.id)},
            "enableCustomActions": True,
        },
    }


def _description(message: Message) -> str:
    """Return what happened, cut where it is too long, with whole links below it."""
    lines = [told for one in message.entries for told in _lines(one, message)]
    lines.extend(defused(one) for one in remarks_of(message))
    below = "".join(f"\n{one}" for one in _links(message))
    told = "\n".join(lines) or "–"  # noqa: RUF001 - the dash is meant
    return clipped(told, LONGEST_Q_DESCRIPTION - units(below)) + below


def _links(message: Message) -> list[str]:
    """Return the first links, each with its label."""
    found = [(clipped(line(one.label), LONGEST_Q_LABEL), link_target(one.url)) for one in common_links(message)]
    labelled = [f"{defused(label)}: {url}" if label else url for label, url in found if url is not None]
    return labelled[:MOST_Q_LINKS]


def _lines(entry: Entry, message: Message) -> list[str]:
    zone = message.timezone
    texts = [said_in_line(entry.title, zone)] if entry.title != message.title else []
    texts.append(said(entry.text, zone))
    texts.extend(f"{line(one.label)}: {said_in_line(one.value, zone)}" for one in entry.facts)
    return [defused(one) for one in texts if one]


class SnsChannel:
    """A topic of Amazon SNS."""

    def __init__(self, topic_arn: str, clients: AwsClients, *, for_amazon_q: bool = False) -> None:
        self._topic_arn = topic_arn
        self._clients = clients
        self._render = render_amazon_q if for_amazon_q else render_sns
        self._client: Any = None

    @property
    def place(self) -> str:
        """The topic."""
        return f"SNS topic `{self._topic_arn}`"

    def send(self, message: Message) -> None:
        """Publish the message."""
        try:
            if self._client is None:
                self._client = self._clients("sns", self._topic_arn.split(":")[3])
            self._client.publish(**self._render(message, topic_arn=self._topic_arn))
        except (ClientError, BotoCoreError) as error:
            raise aws_failure(error, self.place) from error
