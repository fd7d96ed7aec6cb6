"""What takes events in and tells people: intakes, the sorter, and a courier for each target."""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sekisho.alerts.alert import IncomingEvent
from sekisho.alerts.channel import Channel
from sekisho.alerts.dispatch import Dispatcher, Hooks
from sekisho.alerts.gathering import Addressee, Rate
from sekisho.alerts.message import Message
from sekisho.alerts.rulebook import RuleBook
from sekisho.alerts.store import AlertStore
from sekisho.collectors.events import Intake, Observe, SnsIntake
from sekisho.findings import FindingStore
from sekisho.server.couriers import Courier, Couriers
from sekisho.server.intakes import Intakes, Watcher
from sekisho.server.metrics import Metrics
from sekisho.server.sorting import Rescan, Sorter

logger = logging.getLogger("sekisho.server.alerting")

KEPT_FOR: Final = timedelta(days=30)
"""How long is kept what was told, and which events came: AWS may send one again for a day, and files are read later."""

TO_SORT: Final = timedelta(seconds=5)
TO_TELL: Final = timedelta(seconds=5)
"""How long the sorter, and all couriers together, have when the server stops."""

MakeIntakes: TypeAlias = Callable[[Observe], Sequence[Intake]]
"""Makes the intakes, which tell whoever is given of how they fare."""


@dataclass(frozen=True, slots=True)
class Target:
    """Someone who is told.

    Attributes:
        fallback: the name of the target that hears of what this one does not take; None for nobody.
    """

    addressee: Addressee
    channel: Channel
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """What is taken in and who is told.

    Attributes:
        rules: say who is to hear of what.
        targets: all those who are.
        rates: how often rules may speak to a target, by their names.
        intakes: makes what brings events; see `MakeIntakes`.
        sns: makes what SNS delivers to; None where it does not.
        with_heartbeats: the names of those intakes that signs of life are expected of.
    """

    rules: RuleBook
    targets: Sequence[Target] = ()
    rates: Mapping[str, Rate] = field(default_factory=dict[str, Rate])
    intakes: MakeIntakes = lambda _observe: ()
    sns: Callable[[Observe], SnsIntake] | None = None
    with_heartbeats: Sequence[str] = ()


class Alerting:
    """All of that at work, from `start` to `stop`."""

    def __init__(
        self,
        telling: Telling,
        store: AlertStore,
        findings: FindingStore,
        rescan: Rescan,
        *,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        """Take what to work with.

        Args:
            telling: what is taken in and who is told.
            store: where events wait, and what becomes of them.
            findings: whose changes are events too.
            rescan: has looked at again what events name.
            clock: UTC.
            metrics: counts.
        """
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._targets = {one.addressee.name for one in telling.targets}
        self._couriers = Couriers([self._courier(one, telling) for one in telling.targets])
        self._sorter = Sorter(store, findings, telling.rules, rescan, clock=clock, told=self._couriers.wake)
        self._watcher = Watcher(store, clock=clock, count=metrics.observe_intake)
        for name in telling.with_heartbeats:
            self._watcher.expect_heartbeats(name)
        self._intakes = Intakes(telling.intakes(self._watcher.observe), self.take)
        self.sns = None if telling.sns is None else telling.sns(self._watcher.observe)

    @property
    def works(self) -> Mapping[str, Callable[[], bool]]:
        """To the name of each part, what says whether it works."""
        return {
            "intake": lambda: self._intakes.is_alive,
            "sorter": lambda: self._sorter.is_alive,
            "couriers": lambda: self._couriers.is_alive,
        }

    def troubles(self) -> dict[str, str]:
        """Return what somebody has to mend, by the names of intakes and targets."""
        return {**self._watcher.troubles(), **self._couriers.broken()}

    def take(self, events: Sequence[IncomingEvent]) -> int:
        """Keep events that have not come before, have them sorted at once, and return how many those are.

        Raises:
            StoreError: nothing was kept.
        """
        taken = self._store.take(events, now=self._clock())
        if taken:
            self._sorter.wake()
        return taken

    def wake(self) -> None:
        """Look at once for changes of findings."""
        self._sorter.wake()

    def tell_of_silence(self) -> None:
        """Have told which intakes are silent.

        Raises:
            StoreError: that cannot be kept.
        """
        if silences := self._watcher.silences():
            self.take(silences)

    def tidy(self) -> None:
        """Throw away what was told long ago.

        Raises:
            StoreError: the store cannot be used.
        """
        self._store.forget(before=self._clock() - KEPT_FOR)

    def start(self) -> None:
        """Begin. What happened to findings before there ever were rules is no news."""
        self._store.begin_findings()
        self._warn_of_targets_that_are_gone()
        self._couriers.start()
        self._sorter.start()
        self._intakes.start()

    def stop(self) -> bool:
        """End, the first one first, and send what waits once more. What came in and was not sorted is so later.

        Returns:
            whether all of it ended; what did not waits for an answer of others, and can be left to itself.
        """
        return all([self._intakes.stop(TO_SORT), self._sorter.stop(TO_SORT), self._couriers.stop(TO_TELL)])

    def _warn_of_targets_that_are_gone(self) -> None:
        for name, waiting in self._store.awaited().items():
            if name not in self._targets:
                fields = {"target": name, "waiting": waiting}
                told = "a target is not in the settings any more; what waits for it is sent when it is named again"
                logger.warning(told, extra={"fields": fields})

    def _courier(self, target: Target, telling: Telling) -> Courier:
        def fall_back(message: Message, reason: str) -> None:
            if target.fallback is None:
                return
            if self._store.hand_on(message.id, target.fallback, now=self._clock()):
                fields = {"target": message.target, "fallback": target.fallback, "error": reason}
                logger.warning("message is told elsewhere", extra={"fields": fields})
                self._couriers.wake([target.fallback])

        name = target.addressee.name
        hooks = Hooks(
            fall_back=fall_back,
            sent=lambda _message, took: self._metrics.observe_sent(name, took),
            failed=lambda _message, _error: self._metrics.observe_failed(name),
            dead=self._bury,
        )
        dispatcher = Dispatcher(
            self._store,
            target.addressee,
            target.channel,
            title_of=telling.rules.title_of(name),
            now=self._clock,
            random=random.random,
            rates=telling.rates,
            hooks=hooks,
        )
        return Courier(dispatcher)

    def _bury(self, message: Message, reason: str) -> None:
        self._metrics.observe_dead(message.target)
        fields = {"target": message.target, "message": message.id, "error": reason}
        logger.error("message was given up; see `sekisho alerts dead list`", extra={"fields": fields})
