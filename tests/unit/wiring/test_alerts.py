"""Where events come in, and what is expected of it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sekisho.alerts.alert import IncomingEvent
from sekisho.collectors import LiveOptions
from sekisho.collectors.events import envelope_of_record, incoming
from sekisho.server.intakes import Intakes
from sekisho.storage import SqlAlertStore
from sekisho.wiring.alerts import Sources
from unit.collectors.events.samples import record
from unit.collectors.events.test_lookup import Kept, Trail, trail

__all__ = ["trail"]

OURS = "https://sqs.us-east-1.amazonaws.com/111122223333/sekisho-events"
OTHER = "https://sqs.us-east-1.amazonaws.com/111122223333/trail-files"


def event(event_id: str, at: datetime) -> IncomingEvent:
    return incoming(envelope_of_record(json.dumps(told(event_id, at))), "sqs", at)


def told(event_id: str, at: datetime) -> dict[str, object]:
    return {**record(), "eventID": event_id, "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


@pytest.mark.slow
def test_after_a_start_gaps_are_filled_of_before_the_last_event(trail: Trail, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    trail.records = [told("missed", now - timedelta(hours=3)), told("came", now - timedelta(minutes=5))]
    kept = Kept()
    with SqlAlertStore(str(tmp_path / "findings.db")) as store:
        store.take([event("came", now)], now=now)
        sources = Sources(filled=("us-east-1",), options=LiveOptions(attempts=1, regions=("us-east-1",)))

        def take(events: Sequence[IncomingEvent]) -> int:
            taken = store.take(events, now=now)
            kept.stopping.set()
            return taken

        intakes = Intakes(sources.intakes(store, kept.observe), take)
        intakes.start()
        assert kept.stopping.wait(20)
        intakes.stop(timedelta(seconds=10))

        assert [(one.event.id, one.event.is_late) for one in store.untold(limit=9)] == [
            ("came", False),
            ("missed", True),
        ]


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        pytest.param((), (OURS, OTHER), id="whatever a queue is called that has nothing but events"),
        pytest.param(("trail-logs",), (OURS,), id="of a queue that may be there for log files, none"),
    ],
)
def test_heartbeats_are_expected(buckets: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert Sources(queues=(OURS, OTHER), buckets=buckets).with_heartbeats == expected
