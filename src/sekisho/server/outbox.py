"""From the store to one target, again and again, for as long as the server runs."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sekisho.alerts import Delivery, DeliveryError, EventTarget, deliver
from sekisho.findings import FindingStore

logger = logging.getLogger("sekisho.server.outbox")

FIRST_REST: Final = 1.0
LONGEST_REST: Final = 60.0
"""How many seconds a target that does not take an event is left alone; twice as long each time."""


class Outbox:
    """Sends one target what it has not got. Safe to share between threads."""

    def __init__(self, store: FindingStore, target: EventTarget, *, now: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._target = target
        self._now = now
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._rest = 0.0
        self._resting_until = now()

    def deliver(self) -> None:
        """Send what waits, unless the target rests from a failure.

        Raises:
            StoreError: the store cannot be used.
        """
        with self._turn:
            if self._now() >= self._resting_until and not self._stopping.is_set():
                self._note(self._send(self._stopping.is_set, self._sleep))

    def stop(self) -> None:
        """Send nothing more, but for one last time."""
        self._stopping.set()

    def flush(self, patience: timedelta) -> bool:
        """Send what waits, one last time, each event with one attempt; return whether nothing is left.

        Raises:
            StoreError: the store cannot be used.
        """
        until = self._now() + patience.total_seconds()
        if not self._turn.acquire(timeout=patience.total_seconds()):
            return False
        try:
            return self._send(lambda: self._now() >= until, _no_sleep).failure is None
        finally:
            self._turn.release()

    def _send(self, is_over: Callable[[], bool], sleep: Callable[[float], None]) -> Delivery:
        try:
            return deliver(self._store, _Until(self._target, is_over), sleep=sleep)
        except _StoppedError as error:
            return Delivery(0, str(error))

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise _StoppedError("the server was stopped")

    def _note(self, delivery: Delivery) -> None:
        if delivery.failure is None:
            if self._rest:
                logger.info("target takes events again", extra={"fields": {"target": self._target.place}})
            self._rest = 0.0
            return
        if not self._rest and not self._stopping.is_set():
            fields = {"target": self._target.place, "error": delivery.failure}
            logger.warning("target takes no events", extra={"fields": fields})
        self._rest = min(LONGEST_REST, self._rest * 2 or FIRST_REST)
        self._resting_until = self._now() + self._rest


class _StoppedError(Exception):
    """There is no time for another attempt."""


def _no_sleep(_: float) -> None:
    raise _StoppedError("there was time for one attempt only")


class _Until:
    """A target that takes events until it is over."""

    def __init__(self, target: EventTarget, is_over: Callable[[], bool]) -> None:
        self._target = target
        self._is_over = is_over

    @property
    def name(self) -> str:
        return self._target.name

    @property
    def place(self) -> str:
        return self._target.place

    def send(self, envelope: str) -> None:
        if self._is_over():
            raise DeliveryError("the server was stopped")
        self._target.send(envelope)
