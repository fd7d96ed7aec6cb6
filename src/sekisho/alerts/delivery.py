"""From the outbox to a target: every event, in its order, at least once."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.targets import EventTarget
from sekisho.findings import FindingStore

BATCH: Final = 100
"""How many events are taken from the store at a time."""

PAUSES: Final = (0.5, 2.0, 5.0)
"""Seconds between the attempts to send one event."""


class Delivery(msgspec.Struct, frozen=True):
    """How far a delivery came.

    Attributes:
        sent: how many events the target has taken.
        failure: why it stopped, in one line; None when nothing is left.
    """

    sent: int
    failure: str | None = None


def deliver(store: FindingStore, target: EventTarget, *, sleep: Callable[[float], None] = time.sleep) -> Delivery:
    """Send a target all that it has not got.

    A target that does not take an event gets no later one, so that of each finding it hears in order. What it has taken
    is noted after every event: a process that is killed in between sends one event twice, under the same id.

    Args:
        store: where the events wait.
        target: who is told.
        sleep: how to wait between attempts.

    Raises:
        StoreError: the store cannot be used.
    """
    sent = 0
    while waiting := store.events(target.name, limit=BATCH):
        for event in waiting:
            failure = _attempt(target, event.envelope, sleep)
            if failure is not None:
                return Delivery(sent, failure)
            store.delivered(target.name, event.position)
            sent += 1
    return Delivery(sent)


def _attempt(target: EventTarget, envelope: str, sleep: Callable[[float], None]) -> str | None:
    """Return why the target did not take an event after several attempts; None when it did."""
    for pause in (*PAUSES, None):
        try:
            target.send(envelope)
        except DeliveryError as error:
            if pause is None:
                return str(error)
            sleep(pause)
        else:
            return None
    return None
