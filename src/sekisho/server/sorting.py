"""From events to scans and alerts, in a thread of its own: what CloudTrail brought, and what happened to findings."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import uuid4

from sekisho.alerts.alert import Alert, IncomingEvent, StoredIncoming
from sekisho.alerts.store import FINDINGS, AlertStore
from sekisho.collectors.events import OWN_SOURCE
from sekisho.findings import FindingStore, StoreError
from sekisho.resources.json_values import is_object
from sekisho.server.own_events import NOT_JUDGED, own_event

logger = logging.getLogger("sekisho.server.sorting")

AT_ONCE: Final = 100
"""How many events are sorted in one step: those of one rule that come together become one message."""

LOOKED_FOR_EVERY: Final = timedelta(seconds=1)
"""How often events are looked for that nobody woke us for: those of another process on the same store."""

HELD_FOR: Final = timedelta(seconds=10)
"""How long the events of a server that was killed are nobody else's."""

PLACE: Final = ":rules"
"""Under which name the store is held; no target can have it."""

Rescan = Callable[[Sequence[Mapping[str, Any]]], object]
"""Has looked at again what events name."""


class Rules(Protocol):
    """What says who is to hear of an event."""

    def alerts_of(self, event: IncomingEvent, *, now: datetime) -> Sequence[Alert]:
        """Return the alerts of an event; empty where no rule is about it."""
        ...


class Sorter:
    """Puts each event to the rules once, from `start` to `stop`; one server of those on a store at a time."""

    def __init__(
        self,
        store: AlertStore,
        findings: FindingStore,
        rules: Rules,
        rescan: Rescan,
        *,
        clock: Callable[[], datetime],
        told: Callable[[], None],
    ) -> None:
        """Take what to sort, and by what.

        Args:
            store: where events wait and alerts go.
            findings: whose changes are events too.
            rules: who is to hear of what.
            rescan: asked for each event that came in, before it counts as sorted.
            clock: UTC.
            told: called when there are new alerts.
        """
        self._store = store
        self._findings = findings
        self._rules = rules
        self._rescan = rescan
        self._clock = clock
        self._told = told
        self._name = str(uuid4())
        self._holds_until: datetime | None = None
        self._complaint: str | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sorting", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether events are sorted."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Look for events at once."""
        self._wake.set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: timedelta) -> bool:
        """Begin nothing more; return whether what was under way ended soon enough."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(patience.total_seconds())
        return not self._thread.is_alive()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            if not self._turn():
                self._wake.wait(LOOKED_FOR_EVERY.total_seconds())
        self._let_go()

    def _turn(self) -> bool:
        """Sort what there is, a step of each kind; return whether there was anything. Nothing may end the thread."""
        try:
            found = self._holds() and any([self._sort_events(), self._sort_findings()])
        except Exception as error:  # noqa: BLE001 - told once, until it is another
            self._complain(error)
            return False
        self._complaint = None
        return found

    def _sort_events(self) -> bool:
        waiting = self._store.untold(limit=AT_ONCE)
        if not waiting:
            return False
        self._ask_for_rescans(waiting)
        self._settle_events(waiting)
        return True

    def _ask_for_rescans(self, events: Sequence[StoredIncoming]) -> None:
        """Have looked at what events name. One that this fails at is our fault, and must not hold up all others."""
        try:
            self._rescan([event for one in events if (event := _parsed(one.event.envelope)) is not None])
        except StoreError:
            raise
        except Exception:
            if len(events) == 1:
                logger.exception(
                    "what an event names could not be looked at", extra={"fields": _named(events[0].event)}
                )
                self._tell_of_fault(events[0].event, "rescan")
                return
            for one in events:
                self._ask_for_rescans([one])

    def _settle_events(self, waiting: Sequence[StoredIncoming]) -> None:
        alerts = [alert for one in waiting for alert in self._alerts_of(one.event)]
        self._store.settle([one.position for one in waiting], alerts)
        self._tell(alerts)

    def _sort_findings(self) -> bool:
        changes = self._findings.events(FINDINGS, limit=AT_ONCE)
        if not changes:
            return False
        alerts = [alert for one in changes for alert in self._alerts_of(_event_of_finding(one.envelope))]
        self._store.settle_findings(changes[-1].position, alerts)
        self._tell(alerts)
        return True

    def _alerts_of(self, event: IncomingEvent) -> Sequence[Alert]:
        """Put one event to the rules. One that they cannot take is our fault, and must not hold up all others."""
        try:
            return self._rules.alerts_of(event, now=self._clock())
        except Exception:
            logger.exception("an event could not be put to the rules", extra={"fields": _named(event)})
            self._tell_of_fault(event, "rules")
            return ()

    def _tell_of_fault(self, event: IncomingEvent, step: str) -> None:
        """Have people hear that something was not looked at, by an event of our own; of one of those the log tells."""
        if event.intake != OWN_SOURCE:
            detail = {"event": event.id, "step": step}
            now = self._clock()
            self._store.take([own_event(NOT_JUDGED, detail, key=f"{step} {event.id}", now=now)], now=now)

    def _tell(self, alerts: Sequence[Alert]) -> None:
        if alerts:
            self._told()

    def _holds(self) -> bool:
        """Make sure that no other server sorts; ask the store for it no more often than needed."""
        now = self._clock()
        if self._holds_until is None or now >= self._holds_until - HELD_FOR / 2:
            until = now + HELD_FOR
            self._holds_until = until if self._store.hold(PLACE, self._name, now=now, until=until) else None
        return self._holds_until is not None

    def _let_go(self) -> None:
        try:
            if self._holds_until is not None:
                self._store.let_go(PLACE, self._name)
        except StoreError as error:
            logger.warning("events are left to others later", extra={"fields": {"error": str(error)}})

    def _complain(self, error: Exception) -> None:
        if repr(error) != self._complaint:
            fault = None if isinstance(error, StoreError) else error
            logger.error("events cannot be sorted", exc_info=fault, extra={"fields": {"error": str(error)}})
        self._complaint = repr(error)


def _parsed(envelope: str) -> Mapping[str, Any] | None:
    try:
        found: Any = json.loads(envelope)
    except (ValueError, RecursionError):
        return None
    return found if is_object(found) else None


def _named(event: IncomingEvent) -> Mapping[str, object]:
    return {"event": event.id}


def _event_of_finding(envelope: str) -> IncomingEvent:
    event: Any = json.loads(envelope)
    return IncomingEvent(event["id"], envelope, datetime.fromisoformat(event["time"]), "finding")
