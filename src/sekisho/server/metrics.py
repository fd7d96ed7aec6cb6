"""What Prometheus may know of a server: requests, scans, findings, events."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from sekisho.alerts import EventTarget
from sekisho.alerts.store import AlertStore
from sekisho.api import Trace
from sekisho.collectors.events import Batch
from sekisho.findings import FindingStore, StoreError
from sekisho.server.rescans import Outcome
from sekisho.server.waiting import Wish

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SCAN_SECONDS: Final = (0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
_DELAY_SECONDS: Final = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 86400)


class Metrics:
    """Counts what happens in one server. Safe to share between threads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "sekisho_requests", "Requests that were answered.", ["operation", "status"], registry=self._registry
        )
        self._request_seconds = Histogram(
            "sekisho_request_seconds",
            "How long requests took.",
            ["operation"],
            buckets=_REQUEST_SECONDS,
            registry=self._registry,
        )
        self._scans = Counter("sekisho_scans", "Scans that ended.", ["of", "outcome"], registry=self._registry)
        self._scan_seconds = Histogram(
            "sekisho_scan_seconds", "How long scans took.", ["of"], buckets=_SCAN_SECONDS, registry=self._registry
        )
        self._events = Counter(
            "sekisho_events_taken", "Events that came in and had not come before.", ["intake"], registry=self._registry
        )
        self._unusable = Counter(
            "sekisho_messages_unusable", "Messages that came in and are no events.", ["intake"], registry=self._registry
        )
        self._age = Histogram(
            "sekisho_event_age_seconds",
            "How long before it came in an event had happened.",
            ["intake"],
            buckets=_DELAY_SECONDS,
            registry=self._registry,
        )
        self._messages = Counter(
            "sekisho_alerts",
            "Attempts to send a message, by how they ended: sent, failed; and messages that were given up: dead.",
            ["target", "outcome"],
            registry=self._registry,
        )
        self._delay = Histogram(
            "sekisho_alert_delay_seconds",
            "How long before a message was taken the first event in it had happened.",
            ["target"],
            buckets=_DELAY_SECONDS,
            registry=self._registry,
        )

    def watch(
        self,
        store: FindingStore,
        targets: Sequence[EventTarget],
        scans_waiting: Callable[[], int],
        alerts: AlertStore,
        told: Sequence[str],
    ) -> None:
        """Tell of these too, as they are when someone asks.

        Args:
            store: of the findings.
            targets: of raw events.
            scans_waiting: counts scans.
            alerts: where messages wait.
            told: the names of the targets of alerts.
        """
        self._registry.register(_State(store, targets, scans_waiting, alerts, told))

    def observe_intake(self, intake: str, batch: Batch) -> None:
        """Count what came in at once."""
        self._events.labels(intake).inc(batch.taken)
        self._unusable.labels(intake).inc(len(batch.unusable))
        for age in batch.ages:
            self._age.labels(intake).observe(age.total_seconds())

    def observe_sent(self, target: str, took: timedelta) -> None:
        """Count a message that was taken, so long after its first event."""
        self._messages.labels(target, "sent").inc()
        self._delay.labels(target).observe(took.total_seconds())

    def observe_failed(self, target: str) -> None:
        """Count an attempt that failed."""
        self._messages.labels(target, "failed").inc()

    def observe_dead(self, target: str) -> None:
        """Count a message that was given up."""
        self._messages.labels(target, "dead").inc()

    def observe_request(self, trace: Trace, took: timedelta) -> None:
        """Count a request. What never came to an operation has none: a path of a stranger's choice is no label."""
        operation = trace.operation or "none"
        self._requests.labels(operation, str(trace.status)).inc()
        self._request_seconds.labels(operation).observe(took.total_seconds())

    def observe_scan(self, wish: Wish, outcome: Outcome, took: timedelta) -> None:
        """Count a scan."""
        of = "everything" if wish.resource is None else "resource"
        self._scans.labels(of, outcome.value).inc()
        self._scan_seconds.labels(of).observe(took.total_seconds())

    def page(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is read from the store for every page. Without a store, that is all there is to say."""

    def __init__(
        self,
        store: FindingStore,
        targets: Sequence[EventTarget],
        scans_waiting: Callable[[], int],
        alerts: AlertStore,
        told: Sequence[str],
    ) -> None:
        self._store = store
        self._targets = targets
        self._scans_waiting = scans_waiting
        self._alerts = alerts
        self._told = told

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing, so that to register asks the store for nothing."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the store."""
        yield GaugeMetricFamily("sekisho_scans_waiting", "Scans that wait.", value=self._scans_waiting())
        try:
            known = [*self._of_analyzers(), self._of_events(), self._of_alerts()]
        except StoreError:
            known = []
        yield GaugeMetricFamily("sekisho_store_up", "Whether the database answers.", value=bool(known))
        yield from known

    def _of_analyzers(self) -> Iterator[GaugeMetricFamily]:
        findings = GaugeMetricFamily("sekisho_findings", "Findings.", labels=["analyzer", "status"])
        scanned = GaugeMetricFamily(
            "sekisho_last_scan_timestamp_seconds", "When everything was last scanned.", labels=["analyzer"]
        )
        for analyzer in self._store.analyzers():
            counted = self._store.statistics(analyzer.arn)
            for status in ("active", "archived", "resolved"):
                findings.add_metric([analyzer.arn, status.upper()], getattr(counted, status))
            for last in self._store.scans(limit=1, analyzer_arn=analyzer.arn):
                scanned.add_metric([analyzer.arn], last.finished_at.timestamp())
        yield from (findings, scanned)

    def _of_events(self) -> GaugeMetricFamily:
        waiting = GaugeMetricFamily("sekisho_events_waiting", "Events that a target has not got.", labels=["target"])
        for target in self._targets:
            waiting.add_metric([target.name], self._store.events_waiting(target.name))
        return waiting

    def _of_alerts(self) -> GaugeMetricFamily:
        waiting = GaugeMetricFamily("sekisho_alerts_waiting", "What a target is still to hear of.", labels=["target"])
        for target in self._told:
            waiting.add_metric([target], self._alerts.waiting(target))
        return waiting
