"""Scans that somebody wants, until their turn comes."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final


class When(Enum):
    """How soon a scan is wanted, from when it is asked for. Wishes for different times are different wishes."""

    NOW = timedelta()
    AGAIN = timedelta(minutes=5)
    """Once more: what AWS answers may lag behind a change."""
    WITHIN_THE_HOUR = timedelta(hours=1)
    """For what happens all the time, such as grants that a service makes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A scan that somebody wants.

    Attributes:
        resource: the ARN of the one resource to look at; None for everything.
        owner_account: whose it is, where its ARN does not say.
    """

    analyzer_arn: str
    resource: str | None = None
    owner_account: str | None = None
    when: When = When.NOW


Seconds = float
_FOREVER: Final[Seconds] = 3600.0

PRECEDENCE: Final[Seconds] = 600.0
"""How much earlier a scan of everything has to be due to go before one of a single resource: it takes long, and has its
turn even where resources change all the time."""

MOST: Final = 10_000
"""How many wishes wait before further resources make their analyzer look at everything, which takes less by then."""


class Waiting:
    """Wishes that wait. Equal ones are one, and scans of one resource go before those of everything, for a while.

    Safe to share between threads.
    """

    def __init__(self, *, now: Callable[[], Seconds] = time.monotonic) -> None:
        self._now = now
        self._due: dict[Wish, Seconds] = {}
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        with self._changed:
            return len(self._due)

    def __contains__(self, wish: Wish) -> bool:
        with self._changed:
            return wish in self._due

    def put(self, wish: Wish, *, after: timedelta) -> None:
        """Let a wish wait. After `close` nothing waits.

        One that waits already does so until the earlier time; a second look, until the later: it is to come that long
        after the last change.
        """
        due = self._now() + after.total_seconds()
        with self._changed:
            if self._closed:
                return
            if len(self._due) >= MOST and wish.resource is not None and wish not in self._due:
                wish = Wish(wish.analyzer_arn)
            choose = max if wish.when is When.AGAIN else min
            self._due[wish] = choose(due, self._due.get(wish, due))
            self._changed.notify()

    def take(self) -> Wish | None:
        """Take the wish whose turn it is, as soon as there is one; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                if ready := [wish for wish, due in self._due.items() if due <= self._now()]:
                    chosen = min(ready, key=lambda wish: self._due[wish] + (PRECEDENCE if wish.resource is None else 0))
                    del self._due[chosen]
                    return chosen
                self._changed.wait(min(self._due.values(), default=self._now() + _FOREVER) - self._now())
            return None

    def close(self) -> None:
        """Drop all wishes, and let go of whoever waits for one."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify_all()
