"""What every intake of events promises, and what it tells of its work."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Final, Protocol, TypeAlias, TypeVar

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.errors import CollectError
from sekisho.collectors.events.bodies import Heartbeat, Unusable

T = TypeVar("T")

Take: TypeAlias = Callable[[Sequence[IncomingEvent]], int]
"""Keeps events, each once, and returns how many are new. They are on the disk when it returns.

Raises:
    StoreError: nothing can be kept now; whoever called holds on to the events and tries again.
"""


class Intake(Protocol):
    """Where events come in. One that ends for another reason than `stopping` has a fault."""

    @property
    def name(self) -> str:
        """How people are told of it: where it looks."""
        ...

    def run(self, take: Take, stopping: threading.Event) -> None:
        """Hand over what comes in, until that is set; then return within a second or two.

        What AWS or the network does wrong is told and tried again, for as long as it takes.
        """
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What came in at once, and was taken.

    Attributes:
        received: how many messages, or records of files and of LookupEvents.
        taken: how many events in them were new.
        unusable: what was nothing that is expected; each message is told of once.
        heartbeats: signs of life.
        repeated: how many messages had come before, and had not been deleted.
        waited: how long each message had been in the queue.
        ages: how long ago each event had happened.
    """

    received: int
    taken: int
    unusable: tuple[Unusable, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    repeated: int = 0
    waited: tuple[timedelta, ...] = ()
    ages: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something does not work, in one line with the remedy. It is told once, and tried again until it works."""

    text: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """What there was trouble with works again."""


Observe: TypeAlias = Callable[[str, Batch | Trouble | Recovered], None]
"""Is told by an intake, with its name, how it fares. May not block, and may not raise."""


def unobserved(_name: str, _report: Batch | Trouble | Recovered) -> None:
    """Let nobody know."""


class Troubles:
    """Tells of trouble once, and says how long to wait before the next attempt: longer each time, by chance less."""

    def __init__(self, name: str, observe: Observe, *, first: float = 1.0, longest: float = 60.0) -> None:
        self._name = name
        self._observe = observe
        self._first = first
        self._longest = longest
        self._pause = 0.0
        self._told: set[str] = set()

    def note(self, text: str) -> float:
        """Tell of trouble unless that was told; return for how many seconds to leave it alone."""
        if text not in self._told:
            self._told.add(text)
            self._observe(self._name, Trouble(text))
        self._pause = min(self._longest, self._pause * 2 or self._first)
        return self._pause * random.uniform(0.5, 1.0)  # noqa: S311 - so that many do not come back at once

    def over(self) -> bool:
        """Note that it works; return whether there was trouble."""
        was_told = bool(self._told)
        if was_told:
            self._told.clear()
            self._observe(self._name, Recovered())
        self._pause = 0.0
        return was_told

    def tell_again(self) -> None:
        """Tell of trouble once more when it goes on: under the same name something else has just recovered."""
        self._told.clear()


class StoppedError(CollectError):
    """An intake is to stop, and does not wait for what it waited for."""


LOOKS_UP_EVERY: Final = 0.1
"""After how many seconds who waits looks whether it is to stop."""


def unless_stopped(work: Callable[[], T], stopping: threading.Event, *, grace: float = 0.0) -> T:
    """Do something that may take long, such as a long poll; on the way out it is left to itself.

    Args:
        work: done by a thread that does not keep the process from ending.
        stopping: when not to wait any more.
        grace: for how many seconds it may go on after that.

    Raises:
        StoppedError: it was not done in time.
        Exception: what the work raised.
    """
    answer: SimpleQueue[tuple[T, None] | tuple[None, BaseException]] = SimpleQueue()

    def do() -> None:
        try:
            answer.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            answer.put((None, error))

    threading.Thread(target=do, name="sekisho-intake-call", daemon=True).start()
    left = grace
    while True:
        try:
            done, error = answer.get(timeout=LOOKS_UP_EVERY)
        except Empty:
            if not stopping.is_set():
                continue
            if left <= 0:
                raise StoppedError from None
            left -= LOOKS_UP_EVERY
            continue
        if error is not None:
            raise error
        return done  # type: ignore[return-value]  # there is no error, so this is the answer
