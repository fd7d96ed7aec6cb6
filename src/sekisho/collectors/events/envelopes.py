"""EventBridge's envelope: what is read of one, and how one is made around a record that came without.

Source: EventBridge User Guide, "Events from AWS services", "AWS service events delivered via AWS CloudTrail";
CloudTrail User Guide, "CloudTrail record contents".
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from sekisho.alerts.alert import IncomingEvent
from sekisho.alerts.moments import parse_time
from sekisho.collectors.errors import shown
from sekisho.collectors.events.errors import UnusableError
from sekisho.collectors.events.secrets import without_secrets
from sekisho.resources.json_values import is_object

LARGEST: Final = 1 << 20
"""How many bytes an event may have. Source: EventBridge User Guide, "Amazon EventBridge quotas"."""

LATE: Final = timedelta(hours=1)
"""How old an event may be before people are told that they hear of it late."""

API_CALL: Final = "AWS API Call via CloudTrail"
SIGN_IN: Final = "AWS Console Signin via CloudTrail"
SIGN_IN_TOO: Final = "AWS Console Sign In via CloudTrail"
"""How events of sign-ins have been spelt, whatever the list in the guide says: rules that others rely on name this."""

CONSOLE_ACTION: Final = "AWS Console Action via CloudTrail"

_DETAIL_TYPES: Final = {
    "AwsApiCall": API_CALL,
    "AwsConsoleSignIn": SIGN_IN,
    "AwsConsoleSignin": SIGN_IN,
    "AwsConsoleAction": CONSOLE_ACTION,
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
    "AwsCloudTrailInsight": "AWS Insight via CloudTrail",
    "AwsVpceEvent": "AWS Network Activity Event via CloudTrail",
    "AwsVpceEvents": "AWS Network Activity Event via CloudTrail",
}
"""What EventBridge calls a record of CloudTrail's, by its `eventType`."""

OWN_SOURCE: Final = "sekisho"
"""The `source` of events of our own."""

OURS: Final = "sekisho"
"""What the detail of an event has that tells of a finding of ours."""

_FROM_CLOUDTRAIL: Final = frozenset([*_DETAIL_TYPES.values(), SIGN_IN_TOO])

_RECORDS: Final = UUID("b1f0c7f2-2b1e-5a0e-9d0b-6c8c5a1c3d57")
"""The namespace of the ids of envelopes that are made here, and of events that have no id."""

_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")

_may_be_alone: Final = re.compile(r"\\u[dD][89a-fA-F]").search
_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<alone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


def without_halves(text: str) -> str:
    """Return a JSON text with U+FFFD for each surrogate that is alone: half a character, as a cut leaves it, is none.

    No database takes it, and it is no reason to leave an event out.
    """
    if _may_be_alone(text) is None:
        return text
    return _ESCAPE.sub(lambda found: "\\ufffd" if found["alone"] else found[0], text)


def parse_object(text: str) -> Mapping[str, Any]:
    """Return a JSON object.

    Raises:
        UnusableError: the text is none, or has more than `LARGEST` bytes.
    """
    if len(text) > LARGEST or len(text.encode(errors="replace")) > LARGEST:
        raise UnusableError(f"it has more than {LARGEST:,} bytes, which is more than an event may have")
    try:
        value = msgspec.json.decode(without_halves(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnusableError(f"it is no JSON that can be read: {error}") from error
    if not is_object(value):
        raise UnusableError("it is JSON, but no object")
    return value


def is_envelope(value: Mapping[str, Any]) -> bool:
    """Say whether an object is an event of EventBridge's."""
    return isinstance(value.get("detail-type"), str) and is_object(value.get("detail"))


def incoming(
    envelope: str,
    intake: str,
    now: datetime,
    *,
    is_late: bool = False,
    late: timedelta = LATE,
    may_be_ours: bool = False,
) -> IncomingEvent:
    """Return an event as it is taken: with its id and its time, and without secrets.

    Args:
        envelope: an EventBridge envelope as JSON text; what is kept of it stays as it was written, but for halves of
            characters.
        intake: how it came; see `IncomingEvent`.
        now: UTC.
        is_late: whether it is late however old it is.
        late: how old it is when it is late.
        may_be_ours: whether it may be an event of ours, or of a finding of ours; for trying rules.

    Raises:
        UnusableError: it is no such envelope, or it says that it is ours or CloudTrail's and is somebody else's. AWS
            lets nobody but its services send events whose `source` begins with `aws.`, nor anybody one without.

    Source: EventBridge API Reference, "PutEvents", on `Source`.
    """
    envelope = without_halves(envelope)
    value = parse_object(envelope)
    if not is_envelope(value):
        raise UnusableError("it is no event: it has no `detail-type` with a `detail`")
    source = _text(value, "source")
    if value["detail-type"] in _FROM_CLOUDTRAIL and source and not source.startswith("aws."):
        raise UnusableError(f"it says that it is CloudTrail's, and `{shown(source)}` has sent it")
    if source == OWN_SOURCE and not may_be_ours:
        raise UnusableError(f"it says that `{OWN_SOURCE}` has sent it; what we have to say does not come in")
    if OURS in value["detail"] and not may_be_ours:
        raise UnusableError(f"it says that it is of a finding of ours, as it has `detail.{OURS}`; those do not come in")
    at = parse_time(value["detail"].get("eventTime")) or parse_time(value.get("time")) or now
    return IncomingEvent(
        id=_id(value["detail"].get("eventID")) or _id(value.get("id")) or str(uuid5(_RECORDS, envelope)),
        envelope=without_secrets(envelope),
        at=at,
        intake=intake,
        is_late=is_late or now - at > late,
    )


def envelope_of_record(record: str) -> str:
    """Return a record of CloudTrail's as EventBridge would have sent it, always with the same `id`.

    Args:
        record: as JSON text, out of a log file or an answer of `LookupEvents`.

    Raises:
        UnusableError: it is no such record.
    """
    value = parse_object(record)
    source, name = value.get("eventSource"), value.get("eventName")
    if not isinstance(source, str) or not isinstance(name, str):
        raise UnusableError("it is no record of CloudTrail's: it has no `eventSource` with an `eventName`")
    identity = value.get("userIdentity")
    account = _text(value, "recipientAccountId") or (_text(identity, "accountId") if is_object(identity) else "")
    head: dict[str, Any] = {
        "version": "0",
        "id": str(uuid5(_RECORDS, _id(value.get("eventID")) or record)),
        "detail-type": _DETAIL_TYPES.get(_text(value, "eventType"), API_CALL),
        "source": f"aws.{source.partition('.')[0]}",
        "account": account,
        "time": _text(value, "eventTime"),
        "region": _text(value, "awsRegion"),
        "resources": [],
    }
    return f'{json.dumps(head)[:-1]}, "detail": {record.strip()}}}'


def _text(value: Any, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _id(value: object) -> str:
    """Return an id if it is one that any database can have as a key; else nothing."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""
