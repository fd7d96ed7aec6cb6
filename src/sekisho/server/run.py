"""One process that answers, scans, and tells: from its start to its end."""

import logging
import signal
import ssl
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from socket import socket
from typing import Final, Protocol

import uvicorn
from starlette.types import ASGIApp

from sekisho.alerts import EventTarget
from sekisho.alerts.rulebook import RuleBook
from sekisho.alerts.store import AlertStore
from sekisho.api import KeyRing, make_app
from sekisho.api.operations import ReplyStore, Service, make_operations
from sekisho.findings import FindingStore, PolicyGenerationStore, PreviewStore, StoreError
from sekisho.resources.snapshot import Snapshot
from sekisho.server.alerting import Alerting, Telling
from sekisho.server.connection import BoundedConnection
from sekisho.server.errors import ListenError
from sekisho.server.generations import Generate, PolicyGenerator
from sekisho.server.intake import make_up_for_rescans, request_rescans
from sekisho.server.listening import Listen
from sekisho.server.memory import settle
from sekisho.server.metrics import Metrics
from sekisho.server.outbox import Outbox
from sekisho.server.rescans import Outcome, Readers, Rescanner
from sekisho.server.routes import events_route, metrics_route, ready_route
from sekisho.server.schedule import LOOKED_AT_EVERY, TIDIED_EVERY, DueRescans, Job, Schedule, tidy
from sekisho.server.sns import sns_route
from sekisho.server.sorting import Rescan
from sekisho.server.waiting import Wish

logger = logging.getLogger("sekisho.server")

DELIVERED_EVERY: Final = timedelta(seconds=1)

MOST_AT_ONCE: Final = 1000
"""How many connections there may be; more are answered 503, whoever they are."""

TO_FINISH: Final = timedelta(seconds=10)
"""How long requests that are under way have when the server stops."""

TO_ABANDON: Final = timedelta(seconds=5)
"""How long a scan has to notice that it is abandoned."""

TO_FLUSH: Final = timedelta(seconds=3)
"""How long each target has to take what waits when the server stops."""

SILENCE_LOOKED_FOR_EVERY: Final = timedelta(minutes=1)

TO_LEAVE: Final = timedelta(seconds=1)
"""How long the threads of requests and jobs have to end after all that."""


Works = Mapping[str, Callable[[], bool]]
"""To the name of each part of the server, what says whether it works."""


class ForgetfulReplies(ReplyStore, Protocol):
    """What requests were answered that may come twice; it does not have to be kept for long."""

    def forget(self, *, before: datetime) -> None:
        """Drop what was kept before a time."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a server works with.

    Attributes:
        generate: carries out a policy generation, in a process of its own.
        trails: the ARNs of those that it may read.
        alerts: where events wait that came in, and messages that go out.
        readers: who reads what, for those zones of trust that can be read.
        present: reads single resources as they are now, for previews; of types that nobody reads, it looks at nothing.
        account: whose resources are read; analyzers are made in it.
        secret: what page tokens are sealed under, the same for servers that share a store.
    """

    findings: FindingStore
    previews: PreviewStore
    generations: PolicyGenerationStore
    replies: ForgetfulReplies
    alerts: AlertStore
    key_ring: KeyRing
    readers: Readers
    present: Callable[[str, str | None], Snapshot]
    account: str
    partition: str
    generate: Generate
    trails: frozenset[str]
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Duties:
    """What a server does beside answering.

    Attributes:
        rescan_every: how old a scan of everything may get; None where only those that never scanned are due.
        targets: who gets changes as raw events.
        telling: what events are taken in, and who is told of what.
        metrics_token: what scrapers that cannot sign show; None where everyone has to sign.
    """

    rescan_every: timedelta | None = timedelta(hours=24)
    targets: Sequence[EventTarget] = ()
    telling: Telling = field(default_factory=lambda: Telling(RuleBook((), {})))
    metrics_token: str | None = field(default=None, repr=False)


def run(
    parts: Parts, duties: Duties, listen: Listen, listening: socket, *, ready: Callable[[], None] | None = None
) -> bool:
    """Serve until SIGINT or SIGTERM; then finish requests, abandon the scan under way, and tell what is not told yet.

    Args:
        parts: what to work with; they stay open.
        duties: what to do beside answering.
        listen: how to listen.
        listening: where; closed at the end.
        ready: called once everything is set up, just before the first request is answered.

    Returns:
        whether everything ended; when something still waits for an answer of others, it can be left to itself.

    Raises:
        ListenError: the certificate cannot be used.
    """
    others = frozenset(threading.enumerate())
    metrics = Metrics()
    workers = _Workers(parts, duties, metrics)
    server = _http_server(_app(parts, duties, workers, metrics), listen)
    workers.start()
    try:
        with _stopped_by_signals(server):
            settle()
            if ready is not None:
                ready()
            server.run(sockets=[listening])
        logger.info("stopping")
    finally:
        ended = workers.stop()
    left = _have_left(others)
    logger.info("stopped")
    return ended and left


class _Workers:
    """Everything that a server does beside answering, each in threads of its own."""

    def __init__(self, parts: Parts, duties: Duties, metrics: Metrics) -> None:
        self._parts = parts
        self._metrics = metrics
        self.rescanner = Rescanner(parts.findings, parts.readers, clock=_now, observe=self._observe_scan)
        self.alerting = Alerting(
            duties.telling, parts.alerts, parts.findings, self._rescan(parts), clock=_now, metrics=metrics
        )
        self._generator = PolicyGenerator(parts.generations, parts.generate, clock=_now)
        self._outboxes = [Outbox(parts.findings, target) for target in duties.targets]
        jobs = [*_jobs(parts, duties, self.rescanner, self.alerting), *_deliveries(duties, self._outboxes)]
        self._schedule = Schedule(jobs)
        told = [target.addressee.name for target in duties.telling.targets]
        metrics.watch(parts.findings, duties.targets, lambda: self.rescanner.waiting, parts.alerts, told)

    @property
    def works(self) -> Works:
        """To the name of each part, what says whether it works."""
        return {
            "scheduler": lambda: self._schedule.is_running,
            "scanner": lambda: self.rescanner.is_alive,
            "generator": lambda: self._generator.is_alive,
            **self.alerting.works,
        }

    def start(self) -> None:
        """Begin."""
        self.rescanner.start()
        self._make_up_for_lost_rescans()
        self._generator.start()
        self.alerting.start()
        self._schedule.start()

    def _make_up_for_lost_rescans(self) -> None:
        """Have looked at what events had asked for, which was only in memory."""
        last = self._parts.alerts.last_taken_at()
        if last is not None:
            make_up_for_rescans(last, self._parts.findings, self.rescanner, account=self._parts.account)

    def stop(self) -> bool:
        """End, the last ones first, and send what waits once more; return whether everything ended."""
        for outbox in self._outboxes:
            outbox.stop()
        self._schedule.stop()
        ended = [self.rescanner.stop(TO_ABANDON), self._generator.stop(TO_ABANDON), self.alerting.stop()]
        return all([*ended, *map(_flush, self._outboxes)])

    def _observe_scan(self, wish: Wish, outcome: Outcome, took: timedelta) -> None:
        self._metrics.observe_scan(wish, outcome, took)
        self.alerting.wake()

    def _rescan(self, parts: Parts) -> Rescan:
        return lambda events: request_rescans(events, parts.findings, self.rescanner)


def _app(parts: Parts, duties: Duties, workers: _Workers, metrics: Metrics) -> ASGIApp:
    service = Service(
        findings=parts.findings,
        previews=parts.previews,
        generations=parts.generations,
        replies=parts.replies,
        scanner=workers.rescanner,
        present=parts.present,
        types=parts.readers.types,
        account_id=parts.account,
        partition=parts.partition,
        trails=parts.trails,
    )
    routes = [
        events_route(workers.alerting.take),
        metrics_route(metrics, duties.metrics_token),
        ready_route(parts.findings, workers.works, workers.alerting.troubles, duties.metrics_token),
    ]
    sns = workers.alerting.sns
    return make_app(
        make_operations(service),
        parts.key_ring,
        secret=parts.secret,
        signed_routes=routes,
        open_routes=[] if sns is None else [sns_route(sns, workers.alerting.take)],
        observe=metrics.observe_request,
    )


def _jobs(parts: Parts, duties: Duties, rescanner: Rescanner, alerting: Alerting) -> Iterator[Job]:
    due = DueRescans(parts.findings, rescanner, account=parts.account, every=duties.rescan_every, clock=_now)
    yield Job("rescans", LOOKED_AT_EVERY, due)
    yield Job("tidy", TIDIED_EVERY, lambda: tidy(parts.previews, parts.replies, parts.generations, now=_now()))
    yield Job("tidy alerts", TIDIED_EVERY, alerting.tidy)
    yield Job("silence", SILENCE_LOOKED_FOR_EVERY, alerting.tell_of_silence)


def _deliveries(duties: Duties, outboxes: Sequence[Outbox]) -> Iterator[Job]:
    """Give each target a job of its own, so that a slow one holds up no other."""
    for number, (target, outbox) in enumerate(zip(duties.targets, outboxes, strict=True), start=1):
        yield Job(f"events {number} to {target.place}", DELIVERED_EVERY, outbox.deliver)


def _http_server(app: ASGIApp, listen: Listen) -> uvicorn.Server:
    """Return the HTTP server. It takes no address of a client from a header: whoever fails to sign could choose it."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        http=BoundedConnection,
        ws="none",
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=int(TO_FINISH.total_seconds()),
        ssl_certfile=listen.certificate,
        ssl_keyfile=listen.private_key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ListenError(f"cannot use the certificate `{listen.certificate}` with its key: {error}") from error
    return uvicorn.Server(config)


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Generator[None]:
    """Let SIGINT and SIGTERM end the HTTP server and nothing else, also before it listens for them itself.

    When it is done it sends the process once more what it was sent, which must not end it by force.
    """

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _flush(outbox: Outbox) -> bool:
    try:
        return outbox.flush(TO_FLUSH)
    except (StoreError, OSError) as error:  # the disk, or a reader who has gone
        logger.log(logging.ERROR, "events wait for the next start", extra={"fields": {"error": str(error)}})
        return True


def _have_left(others: Collection[threading.Thread]) -> bool:
    """Say whether all threads have ended that Python would wait for, however long a request still takes in one."""
    until = time.monotonic() + TO_LEAVE.total_seconds()
    ours = [one for one in threading.enumerate() if one not in others and not one.daemon]
    for thread in ours:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in ours)


def _now() -> datetime:
    return datetime.now(UTC)
