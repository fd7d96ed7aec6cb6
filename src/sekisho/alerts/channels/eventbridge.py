"""Amazon EventBridge: each message is an event of ours on a bus, with the JSON of the webhook as its detail.

Source: Amazon EventBridge API reference, `PutEvents`; EventBridge User Guide, "Calculating Amazon EventBridge PutEvents
event entry size".
"""

from typing import Any, Final, TypeAlias

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from sekisho.alerts.channels.aws import AwsClients, aws_failure, code_failure
from sekisho.alerts.channels.document import message_document
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.texts import in_utc
from sekisho.alerts.message import Message

SOURCE: Final = "sekisho"
DETAIL_TYPE: Final = "Sekisho Alert"
LONGEST_DETAIL: Final = 250_000
"""EventBridge takes 1 MB, but many targets of rules take 256 KB, of which the envelope has a part."""

Json: TypeAlias = dict[str, Any]


def render_eventbridge(message: Message, *, event_bus: str) -> Json:
    """Return the entry of `PutEvents` for a message; its time is that of the latest event in it."""
    entry: Json = {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPE,
        "Detail": fitted(message, _detail, lambda one: len(one) <= LONGEST_DETAIL).decode(),
        "EventBusName": event_bus,
    }
    if message.entries:
        entry["Time"] = max(in_utc(one.at) for one in message.entries)
    return entry


def _detail(message: Message) -> bytes:
    return msgspec.json.encode(message_document(message))


class EventBridgeChannel:
    """An event bus."""

    def __init__(self, event_bus: str, region: str | None, clients: AwsClients) -> None:
        self._event_bus = event_bus
        self._region = event_bus.split(":")[3] if event_bus.startswith("arn:") else region
        self._clients = clients
        self._client: Any = None

    @property
    def place(self) -> str:
        """The bus, with its Region where that is known."""
        return f"event bus `{self._event_bus}`{f' in {self._region}' if self._region else ''}"

    def send(self, message: Message) -> None:
        """Put the event. `PutEvents` answers with status 200 and a count of what it has not taken."""
        try:
            if self._client is None:
                self._client = self._clients("events", self._region)
            answer = self._client.put_events(Entries=[render_eventbridge(message, event_bus=self._event_bus)])
        except (ClientError, BotoCoreError) as error:
            raise aws_failure(error, self.place) from error
        if answer.get("FailedEntryCount"):
            (entry,) = answer["Entries"]
            raise code_failure(str(entry.get("ErrorCode")), str(entry.get("ErrorMessage", "")), self.place)
