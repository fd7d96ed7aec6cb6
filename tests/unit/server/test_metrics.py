import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.alerts import FileTarget
from sekisho.api import Trace
from sekisho.collectors.events import Batch, Unusable
from sekisho.findings import FindingStore, StoreError
from sekisho.server import Metrics, Outcome, Wish
from sekisho.storage import SqlAlertStore, SqlFindingStore
from unit.alerts.dispatching import alert
from unit.findings.builders import ANALYZER, MONDAY, analysis, external_access, keep_analyzer
from unit.server.outboxes import scan

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        keep_analyzer(opened)
        yield opened


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[SqlAlertStore]:
    with SqlAlertStore(str(tmp_path / "findings.db")) as opened:
        yield opened


def values(metrics: Metrics, name: str) -> dict[str, float]:
    """Return the values of a metric by its labels."""
    found = re.findall(rf"^{name}({{.*}})? (\S+)$", metrics.page().decode(), re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def request(metrics: Metrics, operation: str | None, status: int) -> None:
    trace = Trace("id", "192.0.2.7", "GET", "/x", operation=operation, status=status)
    metrics.observe_request(trace, SECOND)


def test_requests_are_counted_by_operation_and_status_and_strangers_choose_no_label() -> None:
    metrics = Metrics()
    for operation, status in (("ListFindings", 200), ("ListFindings", 200), ("ListFindings", 429), (None, 403)):
        request(metrics, operation, status)

    assert values(metrics, "sekisho_requests_total") == {
        '{operation="ListFindings",status="200"}': 2,
        '{operation="ListFindings",status="429"}': 1,
        '{operation="none",status="403"}': 1,
    }
    assert values(metrics, "sekisho_request_seconds_sum") == {
        '{operation="ListFindings"}': 3,
        '{operation="none"}': 1,
    }


def test_scans_are_counted_by_how_they_ended() -> None:
    metrics = Metrics()
    metrics.observe_scan(Wish(ANALYZER), Outcome.DONE, SECOND)
    metrics.observe_scan(Wish(ANALYZER, "arn:aws:s3:::a"), Outcome.FAILED, SECOND)

    assert values(metrics, "sekisho_scans_total") == {
        '{of="everything",outcome="done"}': 1,
        '{of="resource",outcome="failed"}': 1,
    }
    assert values(metrics, "sekisho_scan_seconds_count") == {'{of="everything"}': 1, '{of="resource"}': 1}


def test_the_store_is_asked_when_someone_asks(store: FindingStore, alerts: SqlAlertStore, tmp_path: Path) -> None:
    metrics, target = Metrics(), FileTarget(tmp_path / "events.jsonl")
    metrics.watch(store, [target], lambda: 3, alerts, ["security"])
    analyzer = f'{{analyzer="{ANALYZER}"}}'
    assert values(metrics, "sekisho_last_scan_timestamp_seconds") == {}

    scan(store, analysis(external_access()))

    assert values(metrics, "sekisho_findings") == {
        f'{{analyzer="{ANALYZER}",status="ACTIVE"}}': 1,
        f'{{analyzer="{ANALYZER}",status="ARCHIVED"}}': 0,
        f'{{analyzer="{ANALYZER}",status="RESOLVED"}}': 0,
    }
    assert values(metrics, "sekisho_last_scan_timestamp_seconds") == {analyzer: MONDAY.timestamp()}
    assert values(metrics, "sekisho_events_waiting") == {f'{{target="{target.name}"}}': 1}
    assert values(metrics, "sekisho_scans_waiting") == {"": 3}
    assert values(metrics, "sekisho_store_up") == {"": 1}

    alerts.settle([], [alert(1, target="security")])
    assert values(metrics, "sekisho_alerts_waiting") == {'{target="security"}': 1}


def test_without_a_store_the_rest_is_told(
    store: FindingStore, alerts: SqlAlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreError("the disk is full")

    metrics = Metrics()
    metrics.watch(store, [], lambda: 0, alerts, [])
    request(metrics, "ListFindings", 200)
    monkeypatch.setattr(store, "analyzers", fail)

    assert values(metrics, "sekisho_store_up") == {"": 0}
    assert values(metrics, "sekisho_findings") == {}
    assert values(metrics, "sekisho_requests_total")


def test_two_servers_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    request(one, "ListFindings", 200)

    assert values(other, "sekisho_requests_total") == {}


def test_what_comes_in_and_what_is_told_is_counted() -> None:
    metrics = Metrics()
    metrics.observe_intake("queue", Batch(3, 2, (Unusable("no"),), ages=(SECOND, 40 * SECOND)))
    metrics.observe_sent("security", 3 * SECOND)
    metrics.observe_failed("security")
    metrics.observe_dead("security")

    assert values(metrics, "sekisho_events_taken_total") == {'{intake="queue"}': 2}
    assert values(metrics, "sekisho_messages_unusable_total") == {'{intake="queue"}': 1}
    assert values(metrics, "sekisho_event_age_seconds_sum") == {'{intake="queue"}': 41}
    assert values(metrics, "sekisho_alerts_total") == {
        f'{{outcome="{outcome}",target="security"}}': 1 for outcome in ("sent", "failed", "dead")
    }
    assert values(metrics, "sekisho_alert_delay_seconds_sum") == {'{target="security"}': 3}
