"""Events by asking for them: CloudTrail's `LookupEvents`, for whoever may deploy nothing, and to fill gaps.

It has management events of one account and Region and of 90 days, a few minutes after they happened.

Source: CloudTrail API Reference, "LookupEvents".
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors.connection import RAISED, open_client
from sekisho.collectors.errors import CollectError
from sekisho.collectors.events.bodies import Unusable
from sekisho.collectors.events.envelopes import LATE, envelope_of_record, incoming
from sekisho.collectors.events.errors import UnusableError
from sekisho.collectors.events.intake import Batch, Observe, StoppedError, Take, Troubles, unless_stopped, unobserved
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.trails.s3_failures import failure
from sekisho.findings import StoreError

WRITES: Final = ("ReadOnly", "false")
"""Every call that changes something."""

FILLED: Final = tuple(
    ("EventName", name)
    for name in ("CreateAccessKey", "CreateLoginProfile", "DeactivateMFADevice", "UpdateAssumeRolePolicy")
)
"""What must not be missed: a call for each, as one call takes one attribute."""

OVERLAP: Final = timedelta(minutes=15)
"""How much of what was looked at is looked at again: an event may be found that late."""

KEPT: Final = timedelta(days=90)
"""For how long CloudTrail has events to look up."""

SPACING: Final = timedelta(seconds=0.6)
"""How long to wait between two calls: two a second are all that an account and Region has, for everybody in it."""

_WINDOW: Final = timedelta(days=1)
"""How much time one search covers, so that what was found counts when a later one fails."""


class HasTaken(Protocol):
    """Says which events came before; `AlertStore.has_taken`."""

    def __call__(self, ids: Collection[str], /) -> frozenset[str]:
        """Return those of these ids."""
        ...


class LookupIntake:
    """One Region of the account of the credentials. It keeps nothing: after a start it begins at `since` again.

    Attributes:
        name: the Region, and what for.
    """

    def __init__(
        self,
        region: str,
        client: Callable[[], Any],
        since: datetime,
        has_taken: HasTaken,
        *,
        purpose: str = "",
        attributes: Sequence[tuple[str, str]] = (WRITES,),
        every: timedelta = timedelta(minutes=1),
        late: timedelta = LATE,
        observe: Observe = unobserved,
        options: LiveOptions | None = None,
        spacing: timedelta = SPACING,
        first_pause: timedelta = timedelta(seconds=1),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take a Region.

        Args:
            region: for messages; the client knows it too.
            client: makes a client of CloudTrail.
            since: up to when nothing is missing.
            has_taken: which events came before, however they came.
            purpose: what for, where that is to be told.
            attributes: what to look for, one after the other.
            every: how long to wait from one round to the next.
            late: how old an event is that should have been known long ago.
            observe: told of what comes in and of what goes wrong.
            options: whose credentials the client shows, for messages.
            spacing: how long to wait between two calls.
            first_pause: how long to wait after a first failure; after others longer, up to a minute.
            clock: UTC.
        """
        self.name = f"LookupEvents in {region}{purpose and f' {purpose}'}"
        self._new_client = client
        self._client: Any = None
        self._has_taken = has_taken
        self._looked_at = dict.fromkeys(attributes, since)
        self._every = every
        self._late = late
        self._observe = observe
        self._options = options or LiveOptions()
        self._spacing = spacing.total_seconds()
        self._clock = clock
        self._troubles = Troubles(self.name, observe, first=first_pause.total_seconds())

    @classmethod
    def of_region(
        cls, region: str, options: LiveOptions, since: datetime, has_taken: HasTaken, *, observe: Observe = unobserved
    ) -> "LookupIntake":
        """Return an intake that asks every minute for all that was changed in a Region."""
        own = replace(options, regions=(region,), attempts=1)
        return cls(region, lambda: open_client("cloudtrail", own), since, has_taken, observe=observe, options=own)

    @classmethod
    def filling_gaps(
        cls, region: str, options: LiveOptions, since: datetime, has_taken: HasTaken, *, observe: Observe = unobserved
    ) -> "LookupIntake":
        """Return an intake that asks each hour, and after its own outages, for `FILLED`, beside a queue.

        EventBridge delivers as well as it can and no better. What is found that is older than `OVERLAP` is late.

        Args:
            region: where IAM's calls are recorded, `us-east-1` in most partitions.
            options: with whose credentials.
            since: up to when nothing is missing, such as when the last event came.
            has_taken: which events came before.
            observe: told of what comes in and of what goes wrong.
        """
        own = replace(options, regions=(region,), attempts=1)
        return cls(
            region, lambda: open_client("cloudtrail", own), since, has_taken, purpose="to fill gaps", attributes=FILLED,
            every=timedelta(hours=1), late=OVERLAP, observe=observe, options=own,
        )  # fmt: skip

    def run(self, take: Take, stopping: threading.Event) -> None:
        """Look, again and again; see `Intake`."""
        with suppress(StoppedError):
            while not stopping.is_set():
                pause = self._every.total_seconds()
                try:
                    for attribute in self._looked_at:
                        self._catch_up(attribute, take, stopping)
                except _FailedError as error:
                    pause = self._troubles.note(str(error))
                else:
                    self._troubles.over()
                stopping.wait(pause)

    def _catch_up(self, attribute: tuple[str, str], take: Take, stopping: threading.Event) -> None:
        """Look for one thing up to now, a day at a time; what a failure leaves open is looked for again."""
        now = self._clock()
        start = max(self._looked_at[attribute] - OVERLAP, now - KEPT)
        while start < now:
            end = min(start + _WINDOW, now)
            self._look(attribute, start, end, take, stopping)
            self._looked_at[attribute] = start = end

    def _look(
        self, attribute: tuple[str, str], start: datetime, end: datetime, take: Take, stopping: threading.Event
    ) -> None:
        key, value = attribute
        params: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}],
            "StartTime": start,
            "EndTime": end,
        }
        while True:
            page = self._ask(params, stopping)
            self._take(page.get("Events", []), take, stopping)
            following = page.get("NextToken")
            if not following:
                return
            if following == params.get("NextToken"):
                raise _FailedError(f"{self.name}: the same page was named twice in a row")
            params["NextToken"] = following

    def _take(self, found: Sequence[Mapping[str, Any]], take: Take, stopping: threading.Event) -> None:
        now = self._clock()
        events: list[IncomingEvent] = []
        unusable: list[Unusable] = []
        for one in found:
            try:
                envelope = envelope_of_record(str(one.get("CloudTrailEvent", "")))
                events.append(incoming(envelope, "lookup", now, late=self._late))
            except UnusableError as error:
                unusable.append(Unusable(f"an answer of {self.name}: {error}"))
        try:
            known: frozenset[str] = self._has_taken([event.id for event in events]) if events else frozenset()
            new = [event for event in events if event.id not in known]
            taken = take(new) if new else 0
        except StoreError as error:
            raise _FailedError(str(error)) from error
        except Exception as error:
            raise _FailedError(f"events could not be taken: {type(error).__name__}: {error}") from error
        if found:
            self._observe(self.name, Batch(len(found), taken, tuple(unusable), ages=tuple(now - e.at for e in new)))
        if stopping.is_set():
            raise StoppedError

    def _ask(self, params: Mapping[str, Any], stopping: threading.Event) -> Mapping[str, Any]:
        """Make one call, not too soon after another.

        Raises:
            _FailedError: it failed, for whatever reason.
            StoppedError: the intake is to stop.
        """
        if stopping.wait(self._spacing):
            raise StoppedError
        try:
            if self._client is None:
                self._client = self._new_client()
        except CollectError as error:
            raise _FailedError(str(error)) from error
        client = self._client

        def ask() -> Mapping[str, Any]:
            answer: Mapping[str, Any] = client.lookup_events(**params)
            return answer

        try:
            return unless_stopped(ask, stopping)
        except RAISED as error:
            told = failure(self.name, error, "cloudtrail:LookupEvents", self._options, is_repeated=True)
            raise _FailedError(str(told)) from error


class _FailedError(Exception):
    """A call, or the taking of some events, did not work."""
