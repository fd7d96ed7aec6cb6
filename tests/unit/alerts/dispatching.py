"""Alerts and messages with only the parts that a test is about, and channels that do as they are told."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from sekisho.alerts.alert import Alert, IncomingEvent, alert_id
from sekisho.alerts.message import Entry, Message, Text
from sekisho.alerts.store import Formed
from sekisho.analyzers.observation import Severity
from unit.findings.builders import MONDAY

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SLACK = "slack"


def event(number: int = 1, **others: Any) -> IncomingEvent:
    return replace(IncomingEvent(f"event-{number}", f'{{"n":{number}}}', MONDAY, "sqs"), **others)


def entry(number: int = 1, **others: Any) -> Entry:
    return replace(Entry(f"event-{number}", MONDAY, (f"title {number}",), (), (), (), (), "{}"), **others)


def alert(number: int = 1, target: str = SLACK, **others: Any) -> Alert:
    plain = Alert(
        id=alert_id(f"event-{number}", target),
        target=target,
        rule="keys",
        severity=Severity.HIGH,
        group=f"group {number}",
        order="",
        dedup_key=f"key {number}",
        due_at=MONDAY,
        entry=entry(number),
    )
    return replace(plain, **others)


def message(number: int = 1, target: str = SLACK, **others: Any) -> Message:
    plain = Message(
        id=f"00000000-0000-0000-0000-{number:012}",
        target=target,
        rule="keys",
        severity=Severity.HIGH,
        language="en",
        timezone="UTC",
        dedup_key=f"key {number}",
        title=(f"title {number}",),
        entries=(entry(number),),
    )
    return replace(plain, **others)


def formed(number: int = 1, *, alerts: Iterable[Alert] = (), orders: Iterable[str] = (), **others: Any) -> Formed:
    return Formed(message(number, **others), tuple(one.id for one in alerts), frozenset(orders))


def title_of(rule: str, entries: Sequence[Entry], omitted: int) -> Text:
    return (f"{rule}: {len(entries) + omitted}",)


class Clock:
    """A time that moves when it is told to."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


class Script:
    """A channel that answers as written; when there is nothing left, it takes everything."""

    place = "the target"

    def __init__(self, *answers: Exception | None) -> None:
        self.got: list[Message] = []
        self.tried: list[Message] = []
        self._answers: Iterator[Exception | None] = iter(answers)

    def send(self, message: Message) -> None:
        self.tried.append(message)
        answer = next(self._answers, None)
        if answer is not None:
            raise answer
        self.got.append(message)

    def then(self, *answers: Exception | None) -> None:
        """Answer so from now on."""
        self._answers = iter(answers)

    @property
    def titles(self) -> list[str]:
        """What came, by the number in its title."""
        return [str(one.title[0]).removeprefix("title ") for one in self.got]
