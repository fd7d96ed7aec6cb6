"""What is known of a target since it last took a message, and how long it is left alone."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a dispatcher is.

    Attributes:
        patience: how long a message is tried.
        first_pause: after the first failure of a message, at most; at most twice as long after each further one.
        longest_pause: where that ends.
        shortest_pause: after any failure, at least.
        longest_retry_after: of what a target asks for.
        first_rest: how long a target is left alone that takes nothing; twice as long each time.
        longest_rest: where that ends.
        first_pause_of_broken: how long a target is left alone that somebody has to mend; twice as long each time.
        longest_pause_of_broken: where that ends.
        most_faults: how often a message is tried where sending it fails through a fault of ours.
        held_for: how long the target of a server that was killed is nobody else's.
    """

    patience: timedelta = timedelta(hours=24)
    first_pause: timedelta = timedelta(seconds=0.5)
    shortest_pause: timedelta = timedelta(seconds=0.1)
    longest_pause: timedelta = timedelta(minutes=5)
    longest_retry_after: timedelta = timedelta(hours=1)
    first_rest: timedelta = timedelta(seconds=1)
    longest_rest: timedelta = timedelta(minutes=1)
    first_pause_of_broken: timedelta = timedelta(minutes=5)
    longest_pause_of_broken: timedelta = timedelta(hours=1)
    most_faults: int = 5
    held_for: timedelta = timedelta(seconds=10)


class Health:
    """What is known of a target since it last took a message.

    Attributes:
        failed: the ids of messages that failed since the target last took one, or rested.
        failing_since: when the first failed after the last that was taken; None where none did.
        resting_until: until when the target is left alone.
        broken: why somebody has to mend it; None where nobody has, as far as is known.
        handed_over: up to which position messages were handed to somebody else, as it is broken.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._rests = 0
        self._pauses = 0
        self._faults = Counter[str]()
        self.failed = set[str]()
        self.failing_since: datetime | None = None
        self.resting_until = NEVER
        self.broken: str | None = None
        self.handed_over = 0

    def is_resting(self, now: datetime) -> bool:
        """Say whether the target is left alone."""
        return now < self.resting_until

    def rest(self, until: datetime) -> None:
        """Leave the target alone, at least until then."""
        self.resting_until = max(self.resting_until, until)
        self.failed.clear()

    def note_failure(self, message_id: str, now: datetime) -> None:
        """Note that an attempt failed. That may be the message's fault; when another fails too, the target rests."""
        self.failing_since = self.failing_since or now
        self.failed.add(message_id)
        if len(self.failed) > 1:
            self.rest(now + doubled(self._pace.first_rest, self._rests, self._pace.longest_rest))
            self._rests += 1

    def note_fault(self, message_id: str) -> int:
        """Return how often it was our fault with this message, as far as is known."""
        self._faults[message_id] += 1
        return self._faults[message_id]

    def note_broken(self, error: str, now: datetime, random: float) -> datetime:
        """Return when to try again."""
        self.failing_since = self.failing_since or now
        self.broken = error
        first = self._pace.first_pause_of_broken
        longest = doubled(first, self._pauses, self._pace.longest_pause_of_broken)
        self._pauses += 1
        self.rest(now + first + random * (longest - first))
        return self.resting_until

    def forget(self, message_id: str) -> None:
        """Note that a message has ended."""
        self.failed.discard(message_id)
        del self._faults[message_id]

    def recover(self) -> bool:
        """Note that the target answers; return whether it had been left alone."""
        had_rested = self._rests > 0 or self.broken is not None
        self._rests = self._pauses = self.handed_over = 0
        self.failed.clear()
        self.failing_since = self.broken = None
        return had_rested


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """Return a time that was doubled so often, or the longest."""
    return min(longest, first * (1 << min(times, 30)))
