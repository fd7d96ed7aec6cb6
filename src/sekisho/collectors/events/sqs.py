"""Events out of an SQS queue: received, kept, and only then deleted.

A message whose events were not kept stays in the queue and comes again; what comes twice is left out by its id. Where
nothing of a message can be used, it is told of and left to the queue, which hands it to its dead-letter queue.

Source: Amazon SQS Developer Guide, "Amazon SQS short and long polling", "Amazon SQS visibility timeout" and "Using
dead-letter queues in Amazon SQS".
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final, TypeAlias

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.connection import RAISED, open_client
from sekisho.collectors.errors import CollectError, shown
from sekisho.collectors.events.bodies import Body, Unusable, read_body
from sekisho.collectors.events.intake import (
    Batch,
    Observe,
    StoppedError,
    Take,
    Troubles,
    unless_stopped,
    unobserved,
)
from sekisho.collectors.events.trail_files import TrailFiles
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.trails.s3_failures import failure
from sekisho.findings import StoreError

WAIT: Final = timedelta(seconds=20)
"""How long a queue without messages holds the answer back; AWS allows no more."""

MOST_MESSAGES: Final = 10
"""How many messages an answer has at most, and so has what is deleted at once."""

HIDDEN: Final = timedelta(minutes=2)
"""How long nobody else gets a message that we have; renewed for as long as we work on it."""

MOST_EVENTS: Final = 500
"""How many events of a file are taken at once."""

_TO_DELETE: Final = 1.0
"""How many seconds a call has that is under way when the intake is to stop."""

_REMEMBERED: Final = 10_000
"""Of how many unusable messages it is remembered that they were told of."""

_URL: Final = re.compile(r"https?://[^/\s]+/(?:[^/\s]+/)*[0-9]{12}/[\w.-]{1,80}", re.ASCII)
_REGION: Final = re.compile(r"^https://(?:[^/]*\.)?(?:sqs\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9])\.", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    receipt: str
    body: str
    sent_at: datetime | None
    receives: int

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "_Message":
        told = message.get("Attributes", {})
        sent, receives = (_number(told.get(name, "")) for name in ("SentTimestamp", "ApproximateReceiveCount"))
        return cls(
            id=message.get("MessageId", ""),
            receipt=message.get("ReceiptHandle", ""),
            body=message.get("Body", ""),
            sent_at=None if sent is None else datetime.fromtimestamp(sent / 1000, UTC),
            receives=receives or 1,
        )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else None


_MOST_DIGITS: Final = 15


_Done: TypeAlias = Callable[[_Message], None]
"""Is told of a message that nobody needs to be kept from any more."""


class SqsIntake:
    """One queue. Each queue, of whatever Region and account, has an intake and a thread of its own.

    Attributes:
        name: the URL of the queue.
    """

    def __init__(
        self,
        queue_url: str,
        client: Callable[[], Any],
        *,
        files: TrailFiles | None = None,
        observe: Observe = unobserved,
        options: LiveOptions | None = None,
        wait: timedelta = WAIT,
        hidden: timedelta = HIDDEN,
        first_pause: timedelta = timedelta(seconds=1),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take a queue.

        Args:
            queue_url: of the queue.
            client: makes a client of SQS that waits for an answer for longer than `wait`.
            files: reads the log files that messages tell of; without it, those are unusable.
            observe: told of what comes in and of what goes wrong.
            options: whose credentials the client shows, for messages.
            wait: how long one call waits for messages.
            hidden: how long nobody else gets a message that we have.
            first_pause: how long to wait after a first failure; after others longer, up to a minute.
            clock: UTC.
        """
        self.name = queue_url
        self._new_client = client
        self._client: Any = None
        self._files = files
        self._observe = observe
        self._options = options or LiveOptions()
        self._wait = wait
        self._hidden = hidden
        self._clock = clock
        pause = first_pause.total_seconds()
        self._polling = Troubles(queue_url, observe, first=pause)
        self._working = Troubles(queue_url, observe, first=pause)
        self._told: OrderedDict[str, None] = OrderedDict()

    @classmethod
    def at(
        cls, queue_url: str, options: LiveOptions, *, files: TrailFiles | None = None, observe: Observe = unobserved
    ) -> "SqsIntake":
        """Return the intake of a queue, by its URL; the Region is the one in it, else that of the options.

        Raises:
            CollectError: it is no URL of a queue.
        """
        if not _URL.fullmatch(queue_url):
            raise CollectError(
                f"`{shown(queue_url)}` is no URL of a queue; write for example "
                "`https://sqs.us-east-1.amazonaws.com/111122223333/sekisho-events`"
            )
        region = _REGION.match(queue_url)
        patient = replace(
            options,
            regions=(region["region"],) if region else options.regions,
            read_timeout=WAIT + timedelta(seconds=15),
            attempts=1,  # it is tried again here, where it is told of too
        )
        return cls(queue_url, lambda: open_client("sqs", patient), files=files, observe=observe, options=patient)

    def run(self, take: Take, stopping: threading.Event) -> None:
        """Receive, take, delete, until it is to stop; see `Intake`."""
        with suppress(StoppedError):
            while not stopping.is_set():
                try:
                    messages = self._receive(stopping)
                except _FailedError as error:
                    stopping.wait(self._polling.note(str(error)))
                else:
                    if self._polling.over():
                        self._working.tell_again()
                    self._work(messages, take, stopping)

    def _receive(self, stopping: threading.Event) -> list[_Message]:
        answer = self._call(
            "receive_message",
            stopping,
            grace=0.0,
            MaxNumberOfMessages=MOST_MESSAGES,
            WaitTimeSeconds=int(self._wait.total_seconds()),
            VisibilityTimeout=self._visibility,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return [_Message.of(one) for one in answer.get("Messages", [])]

    def _work(self, messages: Sequence[_Message], take: Take, stopping: threading.Event) -> None:
        """Take what messages have, and delete them. One that fails does not keep the others."""
        bodies = [(message, read_body(message.body, "sqs", self._clock())) for message in messages]
        usable = [(message, body) for message, body in bodies if isinstance(body, Body)]
        self._tell([(message, body) for message, body in bodies if isinstance(body, Unusable)])
        with self._kept_hidden([message for message, _ in usable]) as done:
            worked = self._take_events([one for one in usable if not one[1].files], take, stopping, done)
            for message, body in usable:
                if body.files:
                    worked = self._take_files(message, body, take, stopping, done) and worked
        if worked and messages:
            self._working.over()

    def _take_events(
        self, some: Sequence[tuple[_Message, Body]], take: Take, stopping: threading.Event, done: _Done
    ) -> bool:
        """Take the events of messages, all at once, or if that fails one by one; return whether all were taken."""
        if not some:
            return True
        events = [event for _, body in some for event in body.events]
        try:
            taken = self._take(events, take, stopping) if events else 0
            self._delete([message for message, _ in some], stopping, done)
        except _NotTakenError as error:
            if len(some) > 1:
                worked = [self._take_events([one], take, stopping, done) for one in some]
                return all(worked)
            self._working.note(str(error))
            return False
        except _FailedError as error:  # they come again, and are left out then
            self._working.note(str(error))
            return False
        now = self._clock()
        batch = Batch(
            received=len(some),
            taken=taken,
            heartbeats=tuple(beat for _, body in some for beat in body.heartbeats),
            repeated=sum(message.receives > 1 for message, _ in some),
            waited=tuple(now - message.sent_at for message, _ in some if message.sent_at),
            ages=tuple(now - event.at for event in events),
        )
        self._observe(self.name, batch)
        return True

    def _take_files(self, message: _Message, body: Body, take: Take, stopping: threading.Event, done: _Done) -> bool:
        """Take all events of the files that a message tells of; it is deleted after the last of them."""
        if self._files is None:
            self._tell([(message, Unusable("it tells of log files, and no bucket is named whose files are read"))])
            return True
        received = taken = 0
        unusable: list[Unusable] = []
        ages: list[timedelta] = []
        try:
            for file in body.files:
                read = unless_stopped(partial(self._files.read, file, self._clock()), stopping)
                unusable += read.unusable
                received += read.records
                rest = iter(read.events)
                while events := list(islice(rest, MOST_EVENTS)):
                    taken += self._take(events, take, stopping)
                    ages += [self._clock() - event.at for event in events]
            self._delete([message], stopping, done)
        except StoppedError:
            raise
        except (CollectError, _FailedError) as error:
            self._working.note(str(error))
            return False
        waited = (self._clock() - message.sent_at,) if message.sent_at else ()
        repeated = int(message.receives > 1)
        batch = Batch(received, taken, tuple(unusable), repeated=repeated, waited=waited, ages=tuple(ages))
        self._observe(self.name, batch)
        return True

    def _take(self, events: Sequence[IncomingEvent], take: Take, stopping: threading.Event) -> int:
        """Take events. While the store cannot be used, hold on to them, so that no message comes too often.

        Raises:
            StoppedError: it could not be used until the end.
            _NotTakenError: these events cannot be taken at all.
        """
        while True:
            try:
                return take(events)
            except StoreError as error:
                if stopping.wait(self._working.note(str(error))):
                    raise StoppedError from error
            except Exception as error:
                raise _NotTakenError(f"events could not be taken: {type(error).__name__}: {error}") from error

    def _delete(self, messages: Sequence[_Message], stopping: threading.Event, done: _Done) -> None:
        for message in messages:
            done(message)
        entries = [{"Id": str(number), "ReceiptHandle": one.receipt} for number, one in enumerate(messages)]
        if entries:
            answer = self._call("delete_message_batch", stopping, grace=_TO_DELETE, Entries=entries)
            for one in answer.get("Failed", []):
                raise _FailedError(f"`{self.name}` does not delete a message: {one.get('Code')}; it comes again")

    def _tell(self, some: Sequence[tuple[_Message, Unusable]]) -> None:
        """Tell of what cannot be used, unless the same message came before. It stays where it is."""
        untold = [(message, body) for message, body in some if message.id not in self._told]
        self._told.update(dict.fromkeys(message.id for message, _ in untold))
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        if untold:
            self._observe(self.name, Batch(received=len(untold), taken=0, unusable=tuple(body for _, body in untold)))

    @property
    def _visibility(self) -> int:
        return max(1, round(self._hidden.total_seconds()))

    @contextmanager
    def _kept_hidden(self, messages: Sequence[_Message]) -> Generator[_Done]:
        """Keep messages from others meanwhile; what is left of them at the end is theirs when its time is over."""
        pending = {message.id: message for message in messages}
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self._hidden.total_seconds() / 3):
                self._hide([one.receipt for one in list(pending.values())], self._visibility)

        def done(message: _Message) -> None:
            pending.pop(message.id, None)

        if messages:
            threading.Thread(target=renew, name="sekisho-intake-hide", daemon=True).start()
        try:
            yield done
        except StoppedError:
            self._hide([one.receipt for one in pending.values()], 0)  # somebody else may have them at once
            raise
        finally:
            over.set()

    def _hide(self, receipts: Sequence[str], seconds: int) -> None:
        """Set how long nobody else gets messages; when that fails, they come again, which does no harm."""
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for number, receipt in enumerate(receipts)
        ]
        if entries:
            ended = threading.Event()
            ended.set()
            with suppress(_FailedError, StoppedError):
                self._call("change_message_visibility_batch", ended, grace=_TO_DELETE, Entries=entries)

    def _call(self, method: str, stopping: threading.Event, *, grace: float, **params: Any) -> Mapping[str, Any]:
        """Make a call of SQS.

        Raises:
            _FailedError: it failed, for whatever reason.
            StoppedError: it took too long to wait for.
        """
        try:
            if self._client is None:
                self._client = self._new_client()
        except CollectError as error:
            raise _FailedError(str(error)) from error
        try:
            return unless_stopped(
                partial(getattr(self._client, method), QueueUrl=self.name, **params), stopping, grace=grace
            )
        except RAISED as error:
            told = failure(
                f"the queue `{self.name}`",
                error,
                f"{_PERMISSIONS[method]} on the queue",
                self._options,
                is_repeated=True,
            )
            raise _FailedError(str(told)) from error


_PERMISSIONS: Final = {
    "receive_message": "sqs:ReceiveMessage",
    "delete_message_batch": "sqs:DeleteMessage",
    "change_message_visibility_batch": "sqs:ChangeMessageVisibility",
}


class _FailedError(Exception):
    """A call did not work."""


class _NotTakenError(_FailedError):
    """Events were not taken, for another reason than that the store cannot be used."""
