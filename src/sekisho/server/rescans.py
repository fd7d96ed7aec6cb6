"""Scans in the background: of everything, and of one resource. The `Scanner` of the API."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, TypeVar

from sekisho.analyzers.credentials import Exemption, Exemptions, Thresholds, tags_in
from sekisho.analyzers.external import analyze_external_access
from sekisho.collectors import CollectError, CredentialsReader, OutOfReachError, SnapshotReader, UnsupportedArnError
from sekisho.collectors.one_resource import collector_of
from sekisho.findings import (
    REPORTS,
    AnalyzedResource,
    Analyzer,
    AnalyzerType,
    Cause,
    FindingStore,
    ResourceQuery,
    ScanReport,
    StoreError,
    UnknownAnalyzerError,
    coverage_of_credentials,
    judge_credentials,
    record_credentials,
    record_scan,
)
from sekisho.resources.credentials import credentials_in
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from sekisho.server.errors import ForeignAnalyzerError
from sekisho.server.waiting import Waiting, When, Wish

logger = logging.getLogger("sekisho.server.rescans")

PAUSES: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
"""How long to wait before a scan that failed is tried again. One of everything is tried until it succeeds, the last
pause over and over; one of a single resource is given up after the last."""

MOST: Final = 10_000
"""How many wishes wait before further resources make their analyzer look at everything, which takes less by then."""

_PAGE: Final = 1000

LONGEST_ARN: Final = 2048
"""How long an ARN may be; what waits is kept in memory. Source: IAM API reference, `arnType`."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How credentials are judged.

    Attributes:
        thresholds: where their analyzer does not say.
        exemptions: what the operator has agreed to.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads what, and how it is judged.

    Attributes:
        resources: who reads the resources of an account, and who those of an organization.
        credentials: who reads credentials, likewise.
        judgement: how credentials are judged.
    """

    resources: Mapping[ZoneType, SnapshotReader]
    credentials: Mapping[ZoneType, CredentialsReader] = field(default_factory=dict[ZoneType, CredentialsReader])
    judgement: Judgement = field(default_factory=Judgement)

    @property
    def types(self) -> frozenset[AnalyzerType]:
        """The types of the analyzers that can be served."""
        of_resources = {AnalyzerType.of(zone) for zone in self.resources}
        return frozenset(of_resources | {AnalyzerType.of(zone, unused_access=True) for zone in self.credentials})


class Outcome(Enum):
    """How a scan ended."""

    DONE = "done"
    FAILED = "failed"
    """Nothing could be read or stored."""
    REFUSED = "refused"
    """It asks for what is not read here; it is not tried again."""
    GONE = "gone"
    """Its analyzer was deleted meanwhile."""
    ABANDONED = "abandoned"
    """The server was stopped; nothing was stored."""


T = TypeVar("T")

ScanObserver = Callable[[Wish, Outcome, timedelta], None]
"""Is told of every scan, and how long it took."""


class _AbandonedError(Exception):
    """The server stops, and this scan with it."""


class Watch:
    """A `Progress` that ends a reading, or an analysis, once the server stops."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def expect(self, steps: int) -> None:  # noqa: ARG002 - the name is the Protocol's
        """Further steps have become known."""
        self._check()

    def advance(self, step: str) -> None:  # noqa: ARG002 - as above
        """One step is done."""
        self._check()

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, for as long as the server does not stop."""
        for item in items:
            self._check()
            yield item

    def _check(self) -> None:
        if self._stopping.is_set():
            raise _AbandonedError


class Rescanner:
    """Carries out wishes for scans in two threads of its own, from `start` to `stop`.

    One scans everything, which may take an hour; the other scans one resource after the other, and waits for none.
    """

    def __init__(
        self,
        store: FindingStore,
        readers: Readers,
        *,
        clock: Callable[[], datetime],
        observe: ScanObserver,
    ) -> None:
        self._store = store
        self._readers = readers
        self._clock = clock
        self._observe = observe
        self._everything = Waiting()
        self._resources = Waiting()
        self._failures: dict[Wish, int] = {}
        self._stopping = threading.Event()
        self._under_way: Wish | None = None
        self._threads = [
            threading.Thread(target=self._work, args=(self._everything,), name="scans", daemon=True),
            threading.Thread(target=self._work, args=(self._resources,), name="rescans", daemon=True),
        ]

    @property
    def is_alive(self) -> bool:
        """Whether wishes are carried out."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def waiting(self) -> int:
        """How many wishes wait."""
        return len(self._everything) + len(self._resources)

    def will_scan(self, analyzer_arn: str) -> bool:
        """Say whether everything is being looked at for an analyzer, or will be: soon, or again after a failure."""
        wish = Wish(analyzer_arn)
        return wish in self._everything or wish == self._under_way

    def scan(self, analyzer_arn: str) -> None:
        """Have everything looked at for one analyzer."""
        self._put(Wish(analyzer_arn), after=When.NOW.value)

    def scan_resource(
        self,
        analyzer_arn: str,
        resource: str,
        *,
        owner_account: str | None = None,
        when: When = When.NOW,
        cause: Cause | None = None,
    ) -> None:
        """Have one resource looked at for one analyzer.

        Raises:
            CollectError: the text is no ARN of a resource that can be read.
        """
        if len(resource) > LONGEST_ARN:
            raise UnsupportedArnError(resource)
        collector_of(resource)
        self._put(Wish(analyzer_arn, resource, owner_account, when, cause), after=when.value)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience: timedelta) -> bool:
        """Begin nothing more, and abandon what is under way as soon as it can be; a scan is stored whole or not at all.

        Returns:
            whether all ended within `patience`; a call to AWS that gets no answer is not cut short.
        """
        self._stopping.set()
        self._everything.close()
        self._resources.close()
        until = time.monotonic() + patience.total_seconds()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _put(self, wish: Wish, *, after: timedelta) -> None:
        if wish.resource is None:
            self._everything.put(wish, after=after)
        elif len(self._resources) < MOST or wish in self._resources:
            self._resources.put(wish, after=after)
        else:
            self._everything.put(Wish(wish.analyzer_arn), after=When.NOW.value)

    def _work(self, waiting: Waiting) -> None:
        while (wish := waiting.take()) is not None:
            if wish.resource is None:
                self._under_way = wish
            started = time.monotonic()
            outcome = self._attempt(wish)
            if wish.resource is None:
                self._under_way = None
            try:
                self._observe(wish, outcome, timedelta(seconds=time.monotonic() - started))
            except Exception:
                logger.exception("a scan could not be counted")

    def _attempt(self, wish: Wish) -> Outcome:
        """Carry out a wish. Nothing that goes wrong with it may end the thread."""
        try:
            report = scan(self._store, self._readers, wish, clock=self._clock, watch=Watch(self._stopping))
        except _AbandonedError:
            outcome = Outcome.ABANDONED
        except UnknownAnalyzerError:
            outcome = Outcome.GONE
        except (UnsupportedArnError, OutOfReachError, ForeignAnalyzerError) as error:
            _tell(logging.WARNING, "scan refused", wish, {"error": str(error)})
            outcome = Outcome.REFUSED
        except (CollectError, StoreError) as error:
            self._try_again(wish, error)
            return Outcome.FAILED
        except Exception as error:
            logger.exception("scan failed", extra={"fields": _fields(wish)})
            self._try_again(wish, error)
            return Outcome.FAILED
        else:
            _tell(logging.INFO, "scan done", wish, _result(report))
            self._look_again(wish, report)
            outcome = Outcome.DONE
        self._failures.pop(wish, None)
        return outcome

    def _look_again(self, wish: Wish, report: ScanReport) -> None:
        """Have looked at what was looked at by itself during a scan of everything: either may have read it earlier."""
        for arn, owner in report.reconciliation.newer.items():
            with suppress(UnsupportedArnError):  # of a recording that has more than can be read
                self.scan_resource(wish.analyzer_arn, arn, owner_account=owner, when=When.SOON)

    def _try_again(self, wish: Wish, error: Exception) -> None:
        failures = self._failures.get(wish, 0)
        if wish.resource is not None and failures >= len(PAUSES):
            _tell(logging.ERROR, "scan given up", wish, {"error": str(error)})
            self._failures.pop(wish)
            return
        pause = PAUSES[min(failures, len(PAUSES) - 1)]
        _tell(logging.WARNING, "scan failed", wish, {"error": str(error), "againInSeconds": pause.total_seconds()})
        self._failures[wish] = failures + 1
        self._put(wish, after=pause)


def scan(
    store: FindingStore, readers: Readers, wish: Wish, *, clock: Callable[[], datetime], watch: Watch
) -> ScanReport:
    """Read what a wish names, analyze it, and store the findings of its analyzer.

    Raises:
        UnknownAnalyzerError: the analyzer is not there, or no longer.
        ForeignAnalyzerError: it is of another zone of trust than the one that is read.
        CollectError: nothing could be read.
        StoreError: nothing was stored.
    """
    analyzer = store.analyzer(wish.analyzer_arn)
    if analyzer.type.is_of_unused_access:
        return _scan_credentials(store, readers, analyzer, clock=clock, watch=watch)
    reader = readers.resources.get(analyzer.type.zone)
    if reader is None:
        raise ForeignAnalyzerError(analyzer.arn, account=analyzer.account)
    if wish.resource is None:
        snapshot, known = reader.read(watch), frozenset[str]()
    else:
        snapshot = reader.read_resource(wish.resource, owner_account=wish.owner_account)
        inside = snapshot.zone_of_trust.trusted_accounts
        known = frozenset(known_resources(store, analyzer.arn, "AWS::S3::Bucket", accounts=inside))
    _refuse_foreign(analyzer, snapshot.zone_of_trust)
    analyses = watch.each(analyze_external_access(snapshot, known_resources=known))
    return record_scan(store, snapshot, analyses, now=clock(), analyzer=analyzer.arn, cause=wish.cause, keep_newer=True)


def _scan_credentials(
    store: FindingStore, readers: Readers, analyzer: Analyzer, *, clock: Callable[[], datetime], watch: Watch
) -> ScanReport:
    """Look at all credentials of a zone, of which none is read alone."""
    reader = readers.credentials.get(analyzer.type.zone)
    if reader is None or analyzer.name == REPORTS:
        raise ForeignAnalyzerError(analyzer.arn, account=analyzer.account)
    snapshot = reader.read(watch)
    _refuse_foreign(analyzer, snapshot.zone_of_trust)
    accounts = credentials_in(snapshot)
    tags, thresholds = tags_in(accounts), readers.judgement.thresholds
    analyses = [
        analysis
        for account in watch.each(accounts)
        for analysis in judge_credentials(account, thresholds, analyzer.unused_access, tags)
    ]
    coverage = coverage_of_credentials(snapshot.taken_at, accounts, analyses)
    now, zone = clock(), snapshot.zone_of_trust
    exemptions = Exemptions(readers.judgement.exemptions, tags=tags, on=now.date())
    return record_credentials(store, zone, analyses, coverage, now=now, analyzer=analyzer.arn, exemptions=exemptions)


def known_resources(
    store: FindingStore, analyzer_arn: str, resource_type: str, *, accounts: frozenset[str] | None = None
) -> Iterator[str]:
    """Yield the ARNs of a type that an analyzer has looked at.

    Args:
        store: what it left.
        analyzer_arn: the analyzer.
        resource_type: the type.
        accounts: whose; None for everyone's. What an account had that has left the zone since is known for ever.
    """
    for one in analyzed_resources(store, analyzer_arn, resource_type):
        if accounts is None or one.resource_owner_account in accounts:
            yield one.resource


def analyzed_resources(store: FindingStore, analyzer_arn: str, resource_type: str) -> Iterator[AnalyzedResource]:
    """Yield what an analyzer has looked at of a type, by ARN."""
    page = store.list_resources(ResourceQuery(analyzer_arn, resource_type, limit=_PAGE))
    while True:
        yield from page.resources
        if page.next is None:
            return
        page = store.list_resources(ResourceQuery(analyzer_arn, resource_type, limit=_PAGE, after=page.next))


def _refuse_foreign(analyzer: Analyzer, zone: ZoneOfTrust) -> None:
    """Keep the findings of one account out of the analyzer of another, whose credentials someone used before."""
    inside = {zone.account_id, *(member.account_id for member in zone.accounts)}
    if analyzer.type.zone is not zone.type or analyzer.account not in inside:
        raise ForeignAnalyzerError(analyzer.arn, account=zone.account_id)


def _fields(wish: Wish) -> dict[str, object]:
    cause = None if wish.cause is None else str(wish.cause)
    named = {
        "analyzer": wish.analyzer_arn,
        "resource": wish.resource,
        "ownerAccount": wish.owner_account,
        "after": cause,
    }
    return {name: value for name, value in named.items() if value is not None}


def _result(report: ScanReport) -> dict[str, object]:
    seen = report.reconciliation
    return {
        "resources": report.coverage.resources,
        "gaps": len(report.coverage.gaps),
        "undecided": len(report.coverage.undecided),
        "new": len(seen.new) + len(seen.returned),
        "changed": len(seen.changed),
        "resolved": len(seen.resolved),
    }


def _tell(level: int, message: str, wish: Wish, more: Mapping[str, object]) -> None:
    logger.log(level, message, extra={"fields": {**_fields(wish), **more}})
