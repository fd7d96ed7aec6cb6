"""Those who carry messages: for each target one, in a thread of its own, so that a slow target delays no other."""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from sekisho.alerts.dispatch import Dispatcher
from sekisho.findings import StoreError

logger = logging.getLogger("sekisho.server.couriers")

LOOKED_FOR_EVERY: Final = timedelta(seconds=1)
"""How often is looked for what other processes have put there."""

RENEWED_EVERY: Final = timedelta(seconds=2)
"""How often a target is held for longer while it takes its time with a message."""

LONGEST_REST: Final = timedelta(minutes=1)
"""How long a store is left alone that cannot be used, at most."""


class Courier:
    """Sends one target what it is to hear of, from `start` to `stop`."""

    def __init__(self, dispatcher: Dispatcher, *, look_every: timedelta = LOOKED_FOR_EVERY) -> None:
        self._dispatcher = dispatcher
        self._look_every = look_every
        self._rest = look_every
        self._told: str | None = None
        self._woken = threading.Event()
        self._stopping_by: float | None = None
        name = f"courier to {dispatcher.target}"
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def target(self) -> str:
        """The name of the target."""
        return self._dispatcher.target

    @property
    def is_alive(self) -> bool:
        """Whether the target is told."""
        return self._thread.is_alive()

    @property
    def broken(self) -> str | None:
        """Why somebody has to mend the target, in one line; None when nobody has, as far as is known."""
        return self._dispatcher.broken

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Have it look at once: there is something new."""
        self._woken.set()

    def renew(self) -> None:
        """Hold the target for longer when a message is on its way."""
        with suppress(StoreError):  # it is ours for a while, and the store may be back by then
            self._dispatcher.renew()

    def begin_to_stop(self, patience: timedelta) -> None:
        """Have it send what waits, one last time, begin nothing more once that time is over, and let go."""
        self._stopping_by = time.monotonic() + patience.total_seconds()
        self._woken.set()

    def stop(self, patience: timedelta) -> bool:
        """Stop, as `begin_to_stop` says; return whether that was soon enough. Else the message on its way goes on."""
        if self._stopping_by is None:
            self.begin_to_stop(patience)
        if self._thread.is_alive():
            self._thread.join(patience.total_seconds())
        return not self._thread.is_alive()

    def _is_over(self) -> bool:
        return self._stopping_by is not None and time.monotonic() >= self._stopping_by

    def _work(self) -> None:
        while self._stopping_by is None:
            self._woken.clear()
            pause = self._run()
            if self._stopping_by is None:
                self._woken.wait(pause.total_seconds())
        if not self._is_over():
            self._run()
        with suppress(StoreError):  # then it is held until that time is over
            self._dispatcher.let_go()

    def _run(self) -> timedelta:
        """Tell the target what there is to tell; return for how long there is nothing, as far as is known."""
        try:
            next_at = self._dispatcher.run_once(is_over=self._is_over)
        except StoreError as error:
            return self._complain(str(error), None)
        except Exception as error:  # noqa: BLE001 - nothing may end the thread
            return self._complain(repr(error), error)
        self._rest, self._told = self._look_every, None
        if next_at is None:
            return self._look_every
        return min(self._look_every, max(timedelta(0), next_at - datetime.now(UTC)))

    def _complain(self, what: str, fault: Exception | None) -> timedelta:
        if what != self._told:
            fields = {"target": self.target, "error": what}
            logger.error("messages cannot be sent", exc_info=fault, extra={"fields": fields})
        self._told = what
        rest, self._rest = self._rest, min(LONGEST_REST, 2 * self._rest)
        return rest


class Couriers:
    """The couriers of all targets."""

    def __init__(self, couriers: Sequence[Courier], *, renew_every: timedelta = RENEWED_EVERY) -> None:
        self._couriers = couriers
        self._renew_every = renew_every
        self._stopped = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="couriers", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether all of them work."""
        return self._keeper.is_alive() and all(one.is_alive for one in self._couriers)

    def start(self) -> None:
        """Begin."""
        self._keeper.start()
        for one in self._couriers:
            one.start()

    def wake(self, targets: Collection[str] | None = None) -> None:
        """Have targets told at once, by name; None for all."""
        for one in self._couriers:
            if targets is None or one.target in targets:
                one.wake()

    def broken(self) -> dict[str, str]:
        """Return why targets have to be mended, by their names."""
        return {one.target: why for one in self._couriers if (why := one.broken) is not None}

    def stop(self, patience: timedelta) -> bool:
        """Send what waits, one last time, and end; return whether all did. They share the time."""
        until = time.monotonic() + patience.total_seconds()
        for one in self._couriers:
            one.begin_to_stop(patience)
        ended = [one.stop(timedelta(seconds=max(0.0, until - time.monotonic()))) for one in self._couriers]
        self._stopped.set()
        if self._keeper.is_alive():
            self._keeper.join(1)
        return all(ended)

    def _keep(self) -> None:
        while not self._stopped.wait(self._renew_every.total_seconds()):
            for one in self._couriers:
                try:
                    one.renew()
                except Exception:  # nothing may end the thread
                    logger.exception("a target is not held on to", extra={"fields": {"target": one.target}})
