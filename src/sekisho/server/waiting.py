"""Scans that somebody wants, until their turn comes."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import Final, TypeAlias

from sekisho.findings import Cause


class When(Enum):
    """How soon a scan is wanted, from when it is asked for. Wishes for different times are different wishes."""

    NOW = timedelta()
    SOON = timedelta(seconds=1)
    """As one of many; what is wanted now goes before."""
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
        cause: the call after which it is wanted, where one is known; wishes that differ in it alone are equal.
    """

    analyzer_arn: str
    resource: str | None = None
    owner_account: str | None = None
    when: When = When.NOW
    cause: Cause | None = field(default=None, compare=False)


Seconds = float
_FOREVER: Final[Seconds] = 3600.0

PAUSE: Final[Seconds] = 2.0
"""How long a resource is left alone after a scan of it began, however often it is wanted meanwhile."""

PRECEDENCE: Final[Seconds] = 60.0
"""How much longer than a scan that is wanted now another one has to be due to go before it."""


@dataclass(frozen=True, slots=True)
class _Turn:
    due: Seconds
    cause: Cause | None


class Waiting:
    """Wishes that wait. Equal ones are one, and what is wanted now goes before all others, for a while.

    Safe to share between threads.
    """

    def __init__(self, *, now: Callable[[], Seconds] = time.monotonic) -> None:
        self._now = now
        self._turns: dict[Wish, _Turn] = {}
        self._begun: dict[_Place, Seconds] = {}
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        with self._changed:
            return len(self._turns)

    def __contains__(self, wish: Wish) -> bool:
        with self._changed:
            return wish in self._turns

    def put(self, wish: Wish, *, after: timedelta) -> None:
        """Let a wish wait. After `close` nothing waits.

        One that waits already does so until the earlier time; a second look, until the later: it is to come that long
        after the last change. Of their causes the latest is kept.
        """
        due = self._now() + after.total_seconds()
        with self._changed:
            if self._closed:
                return
            choose = max if wish.when is When.AGAIN else min
            same = self._turns.get(wish, _Turn(due, wish.cause))
            self._turns[wish] = _Turn(choose(due, same.due), _later(same.cause, wish.cause))
            self._changed.notify()

    def take(self) -> Wish | None:
        """Take the wish whose turn it is, as soon as there is one; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                now = self._now()
                times = {wish: self._time(wish, turn) for wish, turn in self._turns.items()}
                if ready := [wish for wish, time_ in times.items() if time_ <= now]:
                    chosen = min(ready, key=lambda wish: times[wish] + (0 if wish.when is When.NOW else PRECEDENCE))
                    self._begin(chosen, now)
                    return replace(chosen, cause=self._turns.pop(chosen).cause)
                self._changed.wait(min(times.values(), default=now + _FOREVER) - now)
            return None

    def close(self) -> None:
        """Drop all wishes, and let go of whoever waits for one."""
        with self._changed:
            self._closed = True
            self._turns.clear()
            self._changed.notify_all()

    def _time(self, wish: Wish, turn: _Turn) -> Seconds:
        """Return when a wish may be taken: of a resource that is looked at all the time, not without a pause."""
        begun = self._begun.get(_place(wish))
        return turn.due if begun is None else max(turn.due, begun + PAUSE)

    def _begin(self, wish: Wish, now: Seconds) -> None:
        self._begun = {place: begun for place, begun in self._begun.items() if begun + PAUSE > now}
        if wish.resource is not None:
            self._begun[_place(wish)] = now


_Place: TypeAlias = tuple[str, str | None]


def _place(wish: Wish) -> _Place:
    return wish.analyzer_arn, wish.resource


def _later(one: Cause | None, other: Cause | None) -> Cause | None:
    """Return the cause that happened later; events come in any order. Of equal ones it is the one that came later."""
    if one is None or other is None:
        return other or one
    return one if one.at is not None and other.at is not None and one.at > other.at else other
