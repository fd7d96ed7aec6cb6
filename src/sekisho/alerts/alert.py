"""An alert: one event that one target is to hear of, through one rule. Alerts become messages."""

import json
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import msgspec

from sekisho.alerts.message import Entry
from sekisho.analyzers.observation import Severity

_ALERTS: Final = UUID("5cf3a5a1-6d0b-4b8f-9a3c-0f1f6f0c7d52")


def alert_id(event_id: str, target: str) -> str:
    """Return the id of the alert that tells a target of an event, through whichever rule, and at whatever detour."""
    return str(uuid5(_ALERTS, json.dumps([event_id, target])))


class IncomingEvent(msgspec.Struct, frozen=True):
    """An event as it came in.

    Attributes:
        id: CloudTrail's `eventID` where it has one, else the `id` of the envelope; what has come once is left out.
        envelope: the EventBridge envelope, as JSON text.
        at: when it happened, UTC.
        intake: how it came: `sqs`, `sns`, `s3`, `lookup`, `http`.
        is_late: whether it was found where it should have been told long ago.
    """

    id: str
    envelope: str
    at: datetime
    intake: str
    is_late: bool = False


class StoredIncoming(msgspec.Struct, frozen=True):
    """An event that was taken, and has still to be put to the rules. Positions rise in the order of taking."""

    position: int
    event: IncomingEvent


class Alert(msgspec.Struct, frozen=True):
    """One event that one target is to hear of.

    Attributes:
        id: see `alert_id`; the same alert is never kept twice.
        target: the name of the target.
        rule: the name of the rule.
        severity: as the rule sees it.
        group: alerts of one rule and target with the same group may become one message.
        order: of one finding, or whatever else must be told in order; messages with a common one are sent in order.
            Empty where nothing depends on it.
        dedup_key: see `Message`.
        due_at: when it may be told: at once, after the wait of its group, or after quiet hours, unless its group
            waits already and is due earlier. UTC.
        entry: what is told.
        is_late: see `Message`.
        is_resolved: see `Message`.
    """

    id: str
    target: str
    rule: str
    severity: Severity
    group: str
    order: str
    dedup_key: str
    due_at: datetime
    entry: Entry
    is_late: bool = False
    is_resolved: bool = False
