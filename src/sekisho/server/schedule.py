"""What a server does by the clock: scan everything again, deliver events, throw away what is old."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sekisho.findings import REPORTS, Analyzer, FindingStore, PolicyGenerationStore, PreviewStore, StoreError
from sekisho.findings.policy_generation import LISTED_FOR

logger = logging.getLogger("sekisho.server.schedule")

LOOKED_AT_EVERY: Final = timedelta(minutes=1)
"""How often it is looked up who is to be scanned again."""

TIDIED_EVERY: Final = timedelta(hours=1)
KEPT_FOR: Final = timedelta(hours=24)
"""How long previews, and what requests were answered that may come twice, are kept.

Source: IAM User Guide, "Preview access with IAM Access Analyzer APIs", for the first.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do over and over, for the first time at once."""

    name: str
    every: timedelta
    run: Callable[[], None]


class Schedule:
    """Does jobs in threads of its own, from `start` to `stop`. A job never overlaps itself."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        # APScheduler 3 says nothing of its types.
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(max(1, len(jobs)))},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        for job in jobs:
            self._scheduler.add_job(
                _Guarded(job),
                "interval",
                seconds=job.every.total_seconds(),
                id=job.name,
                next_run_time=datetime.now(UTC),
            )

    @property
    def is_running(self) -> bool:
        """Whether jobs are done."""
        return bool(self._scheduler.running)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        if self.is_running:
            self._scheduler.shutdown(wait=False)


class _Guarded:
    """A job whose failures are told once, until it fails otherwise or succeeds again."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._told: str | None = None

    def __call__(self) -> None:
        try:
            self._job.run()
        except StoreError as error:
            self._complain(str(error), None)
        except Exception as error:  # noqa: BLE001 - a job that fails is done again when it is due
            self._complain(repr(error), error)
        else:
            self._told = None

    def _complain(self, what: str, fault: Exception | None) -> None:
        if what != self._told:
            logger.error("job failed", exc_info=fault, extra={"fields": {"job": self._job.name, "error": what}})
        self._told = what


class Rescans(Protocol):
    """Whoever scans, soon and in the background."""

    def scan(self, analyzer_arn: str) -> None:
        """Have everything looked at for one analyzer."""
        ...

    def will_scan(self, analyzer_arn: str) -> bool:
        """Say whether that will be done anyway."""
        ...


class DueRescans:
    """Has everything scanned again by each analyzer of an account whose last scan is too long ago.

    The last scan may be anyone's: of another server on the same store, or of the command line. One that was asked for
    here counts as well, so that what was refused is not asked for all the time.
    """

    def __init__(
        self,
        store: FindingStore,
        rescans: Rescans,
        *,
        account: str,
        every: timedelta | None,
        clock: Callable[[], datetime],
    ) -> None:
        """Take what to look at.

        Args:
            store: knows the analyzers and their scans.
            rescans: who is asked.
            account: whose resources are read; analyzers of others are left alone.
            every: None for those alone that have never scanned.
            clock: UTC.
        """
        self._store = store
        self._rescans = rescans
        self._account = account
        self._every = every
        self._clock = clock
        self._asked: dict[str, datetime] = {}

    def __call__(self) -> None:
        """Ask for what is due."""
        now = self._clock()
        ours = [one for one in self._store.analyzers() if one.account == self._account and one.name != REPORTS]
        for arn in due(ours, self._last_scans(ours), every=self._every, now=now):
            if not self._rescans.will_scan(arn):
                self._asked[arn] = now
                self._rescans.scan(arn)

    def _last_scans(self, analyzers: Iterable[Analyzer]) -> Mapping[str, datetime]:
        times: dict[str, datetime] = dict(self._asked)
        for one in analyzers:
            for scan in self._store.scans(limit=1, analyzer_arn=one.arn):
                times[one.arn] = max(scan.finished_at, times.get(one.arn, scan.finished_at))
        return times


def due(
    analyzers: Iterable[Analyzer], last_scans: Mapping[str, datetime], *, every: timedelta | None, now: datetime
) -> list[str]:
    """Return the ARNs of the analyzers whose last scan is too long ago, or that never had one.

    Args:
        analyzers: of one account.
        last_scans: when each scanned everything, or was asked to.
        every: None for those alone that never scanned.
        now: UTC.
    """
    latest = datetime.min.replace(tzinfo=UTC) if every is None else now - every
    return [one.arn for one in analyzers if one.arn not in last_scans or last_scans[one.arn] <= latest]


class Replies(Protocol):
    """What requests were answered that may come twice."""

    def forget(self, *, before: datetime) -> None:
        """Drop what was kept before a time."""
        ...


def tidy(previews: PreviewStore, replies: Replies, generations: PolicyGenerationStore, *, now: datetime) -> None:
    """Throw away what is kept for a while only, and is older than that."""
    previews.delete(before=now - KEPT_FOR)
    replies.forget(before=now - KEPT_FOR)
    generations.delete(before=now - LISTED_FOR)
