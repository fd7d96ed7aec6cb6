"""Where events come in: each intake in a thread of its own, what it tells, and when it is silent."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.events import Batch, Heartbeat, Intake, Recovered, Silence, Silent, Trouble
from sekisho.findings import StoreError
from sekisho.server.own_events import SILENT, own_event

logger = logging.getLogger("sekisho.server.intakes")

BEGUN_AGAIN_AFTER: Final = 30.0
"""How many seconds an intake is left alone that ended by a fault of ours."""

Take = Callable[[Sequence[IncomingEvent]], int]


class Beats(Protocol):
    """Keeps signs of life; an `AlertStore` does."""

    def beat(self, intake: str, place: str, *, at: datetime) -> None:
        """Note one."""
        ...

    def beats(self, intake: str) -> Mapping[str, datetime]:
        """Return the last of each place."""
        ...


class Watcher:
    """Hears what intakes tell: logs it, counts it, and knows who is silent. Safe to share between threads."""

    def __init__(self, beats: Beats, *, clock: Callable[[], datetime], count: Callable[[str, Batch], None]) -> None:
        """Begin to listen.

        Args:
            beats: where signs of life are kept: each comes to one of the servers that ask a queue.
            clock: UTC.
            count: told of each batch, with the name of the intake.
        """
        self._beats = beats
        self._clock = clock
        self._count = count
        self._lock = threading.Lock()
        self._silences: dict[str, Silence] = {}
        self._troubles: dict[str, str] = {}

    def expect_heartbeats(self, intake: str) -> None:
        """Listen for signs of life in what an intake brings."""
        with self._lock:
            self._silences[intake] = Silence(self._clock())

    def observe(self, intake: str, report: Batch | Trouble | Recovered) -> None:
        """Hear what an intake tells."""
        fields: dict[str, object] = {"intake": intake}
        match report:
            case Batch():
                self._note_batch(intake, report)
            case Trouble(text=text):
                with self._lock:
                    self._troubles[intake] = text
                logger.warning("intake has trouble", extra={"fields": {**fields, "error": text}})
            case Recovered():
                with self._lock:
                    self._troubles.pop(intake, None)
                logger.info("intake works again", extra={"fields": fields})

    def troubles(self) -> dict[str, str]:
        """Return what does not work at the moment, by the names of the intakes."""
        with self._lock:
            return dict(self._troubles)

    def silences(self) -> list[IncomingEvent]:
        """Return an event for each intake that is silent; the same for one silence, however often this is asked.

        Raises:
            StoreError: it cannot be found out.
        """
        now = self._clock()
        with self._lock:
            for name, silence in self._silences.items():
                for place, at in self._beats.beats(name).items():
                    silence.beat(Heartbeat(place, at))
            silent = [(name, one) for name, silence in self._silences.items() for one in silence.silent(now)]
        return [_event(name, one, now) for name, one in silent]

    def _note_batch(self, intake: str, batch: Batch) -> None:
        self._count(intake, batch)
        for one in batch.unusable:
            logger.warning("message cannot be used", extra={"fields": {"intake": intake, "reason": one.reason}})
        for heartbeat in batch.heartbeats:
            with suppress(StoreError):  # the next one comes soon
                self._beats.beat(intake, heartbeat.place, at=heartbeat.at)


def _event(intake: str, silent: Silent, now: datetime) -> IncomingEvent:
    account, _, region = silent.place.partition(" ")
    since = silent.since.astimezone(UTC).isoformat(timespec="seconds")
    detail = {"intake": intake, "place": silent.place, "since": since}
    key = f"{intake} {silent.place} {since}"
    return own_event(SILENT, detail, key=key, now=now, account=account, region=region)


class Intakes:
    """Runs intakes, from `start` to `stop`."""

    def __init__(self, intakes: Sequence[Intake], take: Take) -> None:
        self._take = take
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(one,), name=f"intake {one.name}", daemon=True) for one in intakes
        ]

    @property
    def is_alive(self) -> bool:
        """Whether all of them work."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience: timedelta) -> bool:
        """Begin nothing more; return whether all ended soon enough. What was not taken stays where it is."""
        self._stopping.set()
        until = time.monotonic() + patience.total_seconds()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, intake: Intake) -> None:
        """Run an intake again and again, as one that ends by itself has a fault."""
        while not self._stopping.is_set():
            try:
                intake.run(self._take, self._stopping)
            except Exception:
                logger.exception("an intake failed", extra={"fields": {"intake": intake.name}})
            self._stopping.wait(BEGUN_AGAIN_AFTER)
