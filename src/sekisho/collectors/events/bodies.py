"""What a message is that came through a queue: an event, a notice of a log file, a heartbeat, a test, or neither.

Source: EventBridge User Guide, "Events"; Amazon SNS Developer Guide, "HTTP/HTTPS notification JSON format"; Amazon S3
User Guide, "Event message structure" and "Using EventBridge"; CloudTrail User Guide, "Configuring Amazon SNS
notifications for CloudTrail".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.events.envelopes import LATE, incoming, is_envelope, parse_object
from sekisho.collectors.events.errors import UnusableError
from sekisho.collectors.trails.layout import RECORDS, place_of
from sekisho.resources.json_values import is_list, is_object

HEARTBEAT: Final = "Scheduled Event"
"""The `detail-type` of what a rule with a schedule sends."""

_VALIDATION: Final = "CloudTrail validation message."
"""What CloudTrail sends to a topic that a trail begins to notify."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A log file that CloudTrail has delivered. Who tells of it need not be who may: check the bucket."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of the rules that send events.

    Attributes:
        place: the account and the Region that it came from, `111122223333 eu-central-1`.
        at: when it was sent, UTC.
    """

    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Body:
    """What a message has. One that has nothing is a test, or tells of files that are no log files."""

    events: tuple[IncomingEvent, ...] = ()
    files: tuple[NewFile, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()


@dataclass(frozen=True, slots=True)
class Unusable:
    """What a message has that is nothing of that.

    Attributes:
        reason: what is wrong with it, without what it has.
    """

    reason: str


def read_body(text: str, intake: str, now: datetime) -> Body | Unusable:
    """Return what a message has. Whatever stands in it, nothing is raised.

    Args:
        text: the body, as it came; SNS may have wrapped it, which needs no check of a signature where IAM guards the
            queue.
        intake: how it came; see `IncomingEvent`.
        now: UTC.
    """
    try:
        return _read(text, intake, now, wrapped=False)
    except UnusableError as error:
        return Unusable(str(error))


def read_notification(message: str, intake: str, now: datetime) -> Body | Unusable:
    """Return what the `Message` of an SNS notification has; see `read_body`."""
    try:
        return _read(message, intake, now, wrapped=True)
    except UnusableError as error:
        return Unusable(str(error))


def _read(text: str, intake: str, now: datetime, *, wrapped: bool) -> Body:
    if wrapped and text.strip() == _VALIDATION:
        return Body()
    value = parse_object(text)
    if is_envelope(value):
        return _event(value, text, intake, now)
    if value.get("Type") == "Notification" and isinstance(message := value.get("Message"), str) and not wrapped:
        return _read(message, intake, now, wrapped=True)
    if value.get("Event") == "s3:TestEvent":
        return Body()
    if is_list(records := value.get("Records")) and records and all(_is_notice(one) for one in records):
        return Body(files=tuple(_log_files(records)))
    if isinstance(bucket := value.get("s3Bucket"), str) and is_list(keys := value.get("s3ObjectKey")):
        return Body(files=tuple(NewFile(bucket, key) for key in keys if isinstance(key, str) and _is_log_file(key)))
    raise UnusableError("it is neither an event nor a notice of a log file")


def _event(value: Mapping[str, Any], text: str, intake: str, now: datetime) -> Body:
    event = incoming(text, intake, now, late=LATE)
    source, detail = value.get("source"), value["detail"]
    if value["detail-type"] == HEARTBEAT and source == "aws.events":
        return Body(heartbeats=(Heartbeat(f"{value.get('account')} {value.get('region')}", event.at),))
    if source == "aws.s3" and value["detail-type"] == "Object Created":
        bucket, key = _member(detail, "bucket", "name"), _member(detail, "object", "key")
        if isinstance(bucket, str) and isinstance(key, str) and _is_log_file(key):
            return Body(files=(NewFile(bucket, key),))
    return Body(events=(event,))


def _is_notice(record: Any) -> bool:
    name, key = _member(record, "s3", "bucket", "name"), _member(record, "s3", "object", "key")
    return isinstance(name, str) and isinstance(key, str)


def _log_files(records: list[Any]) -> Iterator[NewFile]:
    """Yield the log files of a notice, whose keys are written as in a URL."""
    for record in records:
        key = unquote_plus(record["s3"]["object"]["key"])
        created = str(_member(record, "eventName")).removeprefix("s3:").startswith("ObjectCreated:")
        if created and _is_log_file(key):
            yield NewFile(record["s3"]["bucket"]["name"], key)


def _is_log_file(key: str) -> bool:
    place = place_of(key)
    return place is not None and place.kind == RECORDS


def _member(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if is_object(value) else None
    return value
