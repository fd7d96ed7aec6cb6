"""The concrete classes of alerts: their store, their channels, and where events come in."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sekisho.alerts.channels import open_channel
from sekisho.alerts.configuration import Configuration
from sekisho.alerts.gathering import Addressee
from sekisho.alerts.rulebook import RuleBook
from sekisho.alerts.store import AlertStore
from sekisho.collectors import LiveOptions
from sekisho.collectors.events import (
    Intake,
    LookupIntake,
    Observe,
    SnsIntake,
    SqsIntake,
    TrailFiles,
)
from sekisho.server.alerting import Target, Telling

EVENTS_QUEUE: Final = "/sekisho-events"
"""How the URL of a queue ends that `sekisho deploy` makes, with its heartbeat."""

LOOKED_BACK: Final = timedelta(minutes=15)
"""How far back is looked by whoever has never looked before, and beyond the last event that came."""

FILLED_BACK: Final = timedelta(days=1)
"""How far beyond the last event that came gaps are filled: whatever brought it, those before it may still be open."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where events come in.

    Attributes:
        queues: the URLs of queues.
        buckets: those that log files are read from which messages in queues tell of.
        regions: in which CloudTrail is asked for what happened.
        topics: the ARNs of the topics that SNS delivers of.
        filled: the Regions in which CloudTrail is asked every hour for what must not be missed.
        options: with whose credentials.
    """

    queues: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    options: LiveOptions = LiveOptions()  # noqa: RUF009 - it cannot be changed

    @property
    def with_heartbeats(self) -> tuple[str, ...]:
        """Queues that signs of life are expected of; beside log files only ours, as theirs may be quiet for days."""
        return tuple(one for one in self.queues if not self.buckets or one.rstrip("/").endswith(EVENTS_QUEUE))

    def check(self) -> None:
        """Find out what cannot be used before anything begins.

        Raises:
            CollectError: a queue is no URL of one, or a topic no ARN.
        """
        for queue in self.queues:
            SqsIntake.at(queue, self.options)
        if self.topics:
            SnsIntake(self.topics)

    def intakes(self, store: AlertStore, observe: Observe) -> Sequence[Intake]:
        """Make what brings the events.

        Raises:
            StoreError: it cannot be found out since when events are missing.
        """
        files = TrailFiles(frozenset(self.buckets), self.options) if self.buckets else None
        queues = [SqsIntake.at(one, self.options, files=files, observe=observe) for one in self.queues]
        if not self.regions and not self.filled:
            return queues
        last = store.last_taken_at()
        since = (last or datetime.now(UTC)) - LOOKED_BACK
        open_since = since if last is None else last - FILLED_BACK
        asked = [
            LookupIntake.of_region(region, self.options, since, store.has_taken, observe=observe)
            for region in self.regions
        ]
        filling = [
            LookupIntake.filling_gaps(region, self.options, open_since, store.has_taken, observe=observe)
            for region in self.filled
        ]
        return [*queues, *asked, *filling]


def telling_of(
    configuration: Configuration,
    sources: Sources,
    store: AlertStore,
    environment: Mapping[str, str] = os.environ,
) -> Telling:
    """Return what a server takes in and whom it tells. Nothing is connected to yet.

    Args:
        configuration: who is told of what.
        sources: where events come in; checked before.
        store: knows which events came.
        environment: where secrets are.

    Raises:
        TargetError: a secret is not where it is said to be.
    """
    return Telling(
        rules=RuleBook(configuration.rules, configuration.readers, configuration.merging),
        targets=_targets(configuration, environment),
        rates=configuration.rates,
        intakes=lambda observe: sources.intakes(store, observe),
        sns=_sns(sources),
        with_heartbeats=sources.with_heartbeats,
    )


def _sns(sources: Sources) -> Callable[[Observe], SnsIntake] | None:
    return (lambda observe: SnsIntake(sources.topics, observe=observe)) if sources.topics else None


def _targets(configuration: Configuration, environment: Mapping[str, str]) -> list[Target]:
    return [
        Target(
            Addressee(name, configuration.readers[name].language, configuration.readers[name].timezone),
            open_channel(settings, environment=environment),
            settings.fallback,
        )
        for name, settings in configuration.targets.items()
    ]
