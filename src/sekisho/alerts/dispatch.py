"""From the alerts that one target is to hear of to messages that it has got.

Alerts that are due become messages, and these are sent: each until the target has taken it, at growing intervals, for a
day. A message that will never be taken is kept as dead, and handed to the target's fallback. What was taken is noted
after each message, so that a process that is killed in between sends one message twice, under the same id.
"""

import logging
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sekisho.alerts.alert import Alert
from sekisho.alerts.channel import BrokenTargetError, Channel, RefusedError, TemporaryError
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.gathering import MOST_ENTRIES, Addressee, Rate, Room, TitleOf, form_message, gather
from sekisho.alerts.health import NEVER, Health, Pace, doubled
from sekisho.alerts.message import Entry, Message, Text
from sekisho.alerts.store import AlertStore, Formed, QueuedMessage
from sekisho.findings import StoreError

logger = logging.getLogger("sekisho.alerts.dispatch")

LOOKED_AT: Final = 1000
"""How many alerts are looked at together, and so the most that one message tells of."""

SENT_IN_A_ROW: Final = 100
"""How many messages are sent before it is looked again for alerts that are due."""

READ_TOGETHER: Final = 20
"""How many messages are read from the store together; among as many another is looked for when one has failed."""

LOOK_AGAIN: Final = timedelta(seconds=1)
"""When to look again whether a target is still another's."""

_LONGEST_ERROR: Final = 1000


def _ignore(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who wants to know of what happens to messages.

    Attributes:
        fall_back: has somebody else told of a message, with the reason; called before that is noted, and maybe
            more than once for one message. For one that is given up, and for all that wait for a target that is broken.
        sent: a message was taken, so long after the first of its events.
        failed: an attempt failed, with that error.
        dead: a message was given up, for that reason.
    """

    fall_back: Callable[[Message, str], None] = _ignore
    sent: Callable[[Message, timedelta], None] = _ignore
    failed: Callable[[Message, Exception], None] = _ignore
    dead: Callable[[Message, str], None] = _ignore


class Dispatcher:
    """Tells one target what it is to hear of. Used by one thread; `renew` alone may be called by another meanwhile."""

    def __init__(
        self,
        store: AlertStore,
        addressee: Addressee,
        channel: Channel,
        *,
        title_of: TitleOf,
        now: Callable[[], datetime],
        random: Callable[[], float],
        rates: Mapping[str, Rate] | None = None,
        hooks: Hooks | None = None,
        pace: Pace | None = None,
        most_entries: int = MOST_ENTRIES,
        holder: str | None = None,
    ) -> None:
        """Take what to work with.

        Args:
            store: where alerts and messages wait.
            addressee: who is told.
            channel: how.
            title_of: makes titles of messages with several alerts.
            now: the clock, in UTC.
            random: returns numbers from 0 up to 1, for pauses.
            rates: how often rules may speak, by their names; others as often as they like.
            hooks: who wants to know.
            pace: how patient to be.
            most_entries: how many alerts of a message are told one by one.
            holder: by which name the target is held; None for a new one.
        """
        self._store = store
        self._addressee = addressee
        self._target = addressee.name
        self._channel = channel
        self._title_of = title_of
        self._now = now
        self._random = random
        self._rates = rates or {}
        self._hooks = hooks or Hooks()
        self._pace = pace or Pace()
        self._most_entries = most_entries
        self._holder = holder or str(uuid4())
        self._held_until = NEVER
        self._is_sending = False
        self._lock = threading.Lock()  # so that a target that was let go of is not held again
        self._taken: dict[str, datetime] = {}
        self._health = Health(self._pace)

    @property
    def target(self) -> str:
        """The name of the target."""
        return self._target

    @property
    def broken(self) -> str | None:
        """Why the target has to be mended, in one line; None when it has not, as far as is known."""
        return self._health.broken

    def run_once(self, *, is_over: Callable[[], bool] = lambda: False) -> datetime | None:
        """Make messages of what is due, and send some; return when to come again, None when nothing waits.

        Who comes earlier has what came meanwhile told as well, or handed to somebody else where the target is broken.

        Args:
            is_over: whether to begin nothing more.

        Raises:
            StoreError: the store cannot be used; whatever had happened by then is done again, or known.
        """
        self._note_taken()
        now = self._now()
        if self._health.is_resting(now) and self._health.broken is None:
            return self._health.resting_until
        next_at = self._store.next_at(self._target)
        if next_at is None or next_at > now:
            return next_at
        if not self._holds():
            return now + LOOK_AGAIN
        self._form(is_over)
        if self._health.broken is not None:
            self._hand_over(self._health.broken)
        self._send(is_over)
        return self._next()

    def renew(self) -> None:
        """Go on holding the target when a message is on its way, however long that takes.

        Raises:
            StoreError: the store cannot be used.
        """
        with self._lock:
            if self._is_sending:
                self._hold()

    def let_go(self) -> None:
        """Leave the target to whoever comes next.

        Raises:
            StoreError: the store cannot be used.
        """
        with self._lock:
            if self._held_until != NEVER:
                self._store.let_go(self._target, self._holder)
                self._held_until = NEVER

    def _next(self) -> datetime | None:
        next_at = self._store.next_at(self._target)
        return next_at if next_at is None else max(next_at, self._health.resting_until)

    # --- holding

    def _holds(self) -> bool:
        return self._now() + self._pace.held_for / 2 < self._held_until or self._hold()

    def _hold(self) -> bool:
        now = self._now()
        until = now + self._pace.held_for
        is_ours = self._store.hold(self._target, self._holder, now=now, until=until)
        self._held_until = until if is_ours else NEVER
        return is_ours

    # --- forming

    def _form(self, is_over: Callable[[], bool]) -> None:
        is_more = True
        while is_more and not is_over() and self._holds():
            now = self._now()
            due = self._store.due(self._target, now=now, limit=LOOKED_AT)
            rooms = {rule: self._room(rule, now) for rule in {one.rule for one in due} & self._rates.keys()}
            gathered = gather(due, rooms)
            if gathered.groups:
                self._store.form([self._message(group) for group in gathered.groups], now=now)
            for rule, held in gathered.held.items():
                until = rooms[rule].next_at(gathered.made(rule))
                self._store.postpone([one.id for one in held], until=until)
            is_more = len(due) == LOOKED_AT

    def _room(self, rule: str, now: datetime) -> Room:
        rate = self._rates[rule]
        return Room(rate, now, self._store.lately_formed(self._target, rule, count=rate.count))

    def _message(self, group: tuple[Alert, ...]) -> Formed:
        return form_message(group, self._addressee, self._title, most_entries=self._most_entries)

    def _title(self, rule: str, entries: Sequence[Entry], omitted: int) -> Text:
        try:
            return self._title_of(rule, entries, omitted)
        except Exception:  # a message may have a poor title, but nothing may keep it back
            logger.exception("a message has no title of its own", extra={"fields": {"rule": rule}})
            return entries[0].title

    # --- sending

    def _send(self, is_over: Callable[[], bool]) -> None:
        ready: list[QueuedMessage] = []
        for _ in range(SENT_IN_A_ROW):
            now = self._now()
            if is_over() or self._health.is_resting(now):
                return
            may_be_anothers = now >= self._held_until
            if not self._holds():
                return
            if not ready or self._health.failed or may_be_anothers:
                ready = self._ready(now)
            if not ready:
                return
            self._attempt(ready.pop(0))

    def _ready(self, now: datetime) -> list[QueuedMessage]:
        """Return messages that may be sent, the oldest first; after a failure those others that failed least often."""
        failed = self._health.failed
        ready = self._store.sendable(self._target, now=now, limit=READ_TOGETHER)
        if not failed:
            return list(ready)
        return sorted(ready, key=lambda one: (one.message.id in failed, one.attempts, one.position))

    def _attempt(self, queued: QueuedMessage) -> None:
        failure = self._try(queued.message)
        match failure:
            case None:
                self._note_sent(queued.message)
            case RefusedError() as error:
                self._recover()  # it answers, after all
                self._bury(queued, _line(error))
            case BrokenTargetError() as error:
                self._note_broken(queued, _line(error))
            case DeliveryError() as error:
                self._note_failure(queued, _line(error), _retry_after(error))
            case fault:
                self._note_fault(queued, fault)
        if failure is not None:
            self._hooks.failed(queued.message, failure)

    def _try(self, message: Message) -> Exception | None:
        self._is_sending = True
        try:
            self._channel.send(message)
        except Exception as error:  # noqa: BLE001 - a fault with one message may hold up no other
            return error
        finally:
            self._is_sending = False
        return None

    # --- what became of it

    def _note_sent(self, message: Message) -> None:
        at = self._now()
        self._taken[message.id] = at
        self._note_taken()
        self._recover()
        self._hooks.sent(message, at - min((one.at for one in message.entries), default=at))

    def _note_taken(self) -> None:
        """Note what was taken, also where the store could not be used at once: nothing else is sent before."""
        for message_id, at in list(self._taken.items()):
            self._store.sent(message_id, at=at)
            del self._taken[message_id]

    def _note_failure(self, queued: QueuedMessage, error: str, retry_after: timedelta | None = None) -> None:
        now = self._now()
        self._health.note_failure(queued.message.id, now)
        if retry_after is not None:
            self._health.rest(now + min(retry_after, self._pace.longest_retry_after))
        pause = max(self._pace.shortest_pause, self._random() * self._longest_pause(queued.attempts))
        self._fail(queued, error, max(now + pause, self._health.resting_until if retry_after is not None else now))

    def _longest_pause(self, failures: int) -> timedelta:
        return doubled(self._pace.first_pause, failures, self._pace.longest_pause)

    def _note_fault(self, queued: QueuedMessage, fault: Exception) -> None:
        """Note a fault of ours. What it says may have anything in it, and is told nobody; where it was does not."""
        error = f"a fault in sekisho: {type(fault).__name__}"
        frames = traceback.extract_tb(fault.__traceback__)
        told = {"error": type(fault).__name__, "at": [f"{one.filename}:{one.lineno} {one.name}" for one in frames]}
        logger.error("a message could not be sent", extra={"fields": {**self._fields(queued.message), **told}})
        if self._health.note_fault(queued.message.id) < self._pace.most_faults:
            self._note_failure(queued, error)
        else:
            self._bury(queued, error)

    def _note_broken(self, queued: QueuedMessage, error: str) -> None:
        now = self._now()
        if self._health.broken is None:
            logger.error("target is broken", extra={"fields": {"target": self._channel.place, "error": error}})
        again_at = self._health.note_broken(error, now, self._random())
        self._hand_over(error)
        self._fail(queued, error, again_at)

    def _hand_over(self, error: str) -> None:
        """Have somebody else told of all that waits for a target that is broken."""
        while waiting := self._store.queue(self._target, after=self._health.handed_over, limit=SENT_IN_A_ROW):
            for queued in waiting:
                self._fall_back(queued.message, error)
                self._health.handed_over = queued.position

    def _fail(self, queued: QueuedMessage, error: str, again_at: datetime) -> None:
        now = self._now()
        if now - _since(queued) >= self._pace.patience:
            self._bury(queued, error)
        else:
            self._store.failed(queued.message.id, error, at=now, again_at=again_at)
        if self._health.failing_since is not None and now - self._health.failing_since >= self._pace.patience:
            self._give_up(error, now)

    def _give_up(self, error: str, now: datetime) -> None:
        """Bury all that has waited for as long as anything is tried, since the target has taken nothing for as long."""
        after = 0
        while waiting := self._store.queue(self._target, after=after, limit=SENT_IN_A_ROW):
            for queued in waiting:
                if now - queued.created_at < self._pace.patience:
                    return
                if now - _since(queued) >= self._pace.patience:
                    self._bury(queued, error, tried=False)
                after = queued.position

    def _bury(self, queued: QueuedMessage, error: str, *, tried: bool = True) -> None:
        message = queued.message
        self._fall_back(message, error)
        self._store.bury(message.id, error, at=self._now(), tried=tried)
        self._health.forget(message.id)
        logger.error("a message was given up", extra={"fields": {**self._fields(message), "error": error}})
        self._hooks.dead(message, error)

    def _fall_back(self, message: Message, error: str) -> None:
        try:
            self._hooks.fall_back(message, error)
        except StoreError:
            raise
        except Exception:  # whatever it is, it may hold up no other message
            logger.exception("a fallback could not be told", extra={"fields": self._fields(message)})

    def _recover(self) -> None:
        if self._health.recover():
            logger.info("target takes messages again", extra={"fields": {"target": self._channel.place}})

    def _fields(self, message: Message) -> dict[str, object]:
        return {"target": self._channel.place, "message": message.id, "rule": message.rule}


def _since(queued: QueuedMessage) -> datetime:
    return queued.waiting_since or queued.created_at


def _retry_after(error: DeliveryError) -> timedelta | None:
    return error.retry_after if isinstance(error, TemporaryError) else None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST_ERROR]
