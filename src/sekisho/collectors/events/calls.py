"""Every call that an intake makes, and what it takes. Nobody needs these permissions who takes no events."""

from collections.abc import Mapping
from typing import Any, Final

QUEUE: Final = "sekisho-events"
"""What `sekisho deploy` calls the queue of events."""

CALLS: Final[Mapping[str, str]] = {
    "sqs.receive_message": "sqs:ReceiveMessage",
    "sqs.delete_message_batch": "sqs:DeleteMessage",
    "sqs.change_message_visibility_batch": "sqs:ChangeMessageVisibility",
    "s3.get_object": "s3:GetObject",
    "cloudtrail.lookup_events": "cloudtrail:LookupEvents",
}
"""To each call, as boto3 names it, the action that allows it."""


def queue_actions() -> list[str]:
    """Return what may be done with a queue."""
    return sorted(action for action in CALLS.values() if action.startswith("sqs:"))


def intake_statements(partition: str) -> list[dict[str, Any]]:
    """Return the statements of a policy that lets Sekisho take events, however they come.

    A queue of another account has to let it in too, and a bucket likewise.
    """
    log_files = [f"arn:{partition}:s3:::*/AWSLogs/*/CloudTrail/*", f"arn:{partition}:s3:::*/*/AWSLogs/*/CloudTrail/*"]
    return [
        _allow("SekishoTakesEvents", queue_actions(), f"arn:{partition}:sqs:*:*:{QUEUE}"),
        _allow("SekishoReadsLogFiles", [CALLS["s3.get_object"]], log_files),
        _allow("SekishoLooksEventsUp", [CALLS["cloudtrail.lookup_events"]], "*"),
    ]


def _allow(sid: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
