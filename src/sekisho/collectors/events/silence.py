"""Whether events still come in: a rule sends a sign of life every 15 minutes, through the queue that events take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sekisho.collectors.events.bodies import Heartbeat

PATIENCE: Final = timedelta(minutes=45)
"""After how long without a heartbeat an intake is silent: three of them were missed."""


@dataclass(frozen=True, slots=True)
class Silent:
    """An intake of which nothing is heard.

    Attributes:
        place: the account and Region whose heartbeats are missed; empty where none ever came.
        since: when the last one was sent, or since when somebody listens.
    """

    place: str
    since: datetime


class Silence:
    """Watches one queue. Each account and Region that sent a heartbeat is expected to send more."""

    def __init__(self, since: datetime, *, patience: timedelta = PATIENCE) -> None:
        """Begin to listen.

        Args:
            since: now, UTC. What was missed before that is no silence of the rules.
            patience: how long a heartbeat is waited for.
        """
        self._since = since
        self._patience = patience
        self._beats: dict[str, datetime] = {}

    def beat(self, heartbeat: Heartbeat) -> None:
        """Note a heartbeat; one that is older than another changes nothing."""
        self._beats[heartbeat.place] = max(heartbeat.at, self._beats.get(heartbeat.place, heartbeat.at))

    def silent(self, now: datetime) -> tuple[Silent, ...]:
        """Return who is silent, ordered by place."""
        heard = [Silent(place, max(at, self._since)) for place, at in sorted(self._beats.items())]
        return tuple(one for one in heard or [Silent("", self._since)] if now - one.since > self._patience)

    def forget(self, place: str) -> None:
        """Expect nothing more of a place, such as an account that was closed."""
        self._beats.pop(place, None)
