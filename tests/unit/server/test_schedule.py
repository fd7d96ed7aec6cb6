import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from sekisho.findings import (
    Analyzer,
    AnalyzerType,
    Coverage,
    FindingStore,
    JobStatus,
    PolicyGeneration,
    Reconciliation,
    Scan,
    StoreError,
)
from sekisho.server.schedule import DueRescans, Job, Schedule, due, tidy
from sekisho.storage import SqlFindingStore, SqlPolicyGenerationStore, SqlPreviewStore, SqlReplyStore
from unit.findings.builders import ACCOUNT, ANALYZER, MONDAY, TUESDAY, WEDNESDAY

DAY = timedelta(days=1)
ONE = Analyzer(ANALYZER, AnalyzerType.ACCOUNT, MONDAY)
FOREIGN = Analyzer("arn:aws:access-analyzer:us-west-2:444455556666:analyzer/sekisho", AnalyzerType.ACCOUNT, MONDAY)
TICK = timedelta(milliseconds=20)


@dataclass
class Rescans:
    asked: list[str] = field(default_factory=list[str])
    busy: bool = False

    def scan(self, analyzer_arn: str) -> None:
        self.asked.append(analyzer_arn)

    def will_scan(self, analyzer_arn: str) -> bool:
        assert analyzer_arn
        return self.busy


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        opened.create_analyzer(ONE)
        opened.create_analyzer(FOREIGN)
        yield opened


def scanned(store: FindingStore, at: datetime, arn: str = ANALYZER) -> None:
    store.record_scan(Scan(arn, at, Coverage(at, (ACCOUNT,), None, 0)), (), lambda _: Reconciliation())


@pytest.mark.parametrize(
    ("last", "every", "is_due"),
    [
        pytest.param(None, DAY, True, id="never scanned"),
        pytest.param(None, None, True, id="never scanned and never again"),
        pytest.param(MONDAY, DAY, True, id="just old enough"),
        pytest.param(MONDAY + timedelta(seconds=1), DAY, False, id="not yet"),
        pytest.param(MONDAY, None, False, id="never again"),
        pytest.param(WEDNESDAY, DAY, False, id="in the future of a clock that was set back"),
    ],
)
def test_who_is_due(last: datetime | None, every: timedelta | None, *, is_due: bool) -> None:
    times = {} if last is None else {ANALYZER: last}

    assert due([ONE], times, every=every, now=TUESDAY) == ([ANALYZER] if is_due else [])


def test_what_is_due_is_asked_for_once(store: FindingStore) -> None:
    rescans, now = Rescans(), MONDAY
    job = DueRescans(store, rescans, account=ACCOUNT, every=DAY, clock=lambda: now)

    job()
    job()
    assert rescans.asked == [ANALYZER]

    scanned(store, MONDAY + timedelta(hours=1))
    now = TUESDAY
    job()
    assert rescans.asked == [ANALYZER]

    now = TUESDAY + timedelta(hours=1)
    job()
    assert rescans.asked == [ANALYZER, ANALYZER]


def test_scans_of_others_count(store: FindingStore) -> None:
    rescans = Rescans()
    scanned(store, TUESDAY)

    DueRescans(store, rescans, account=ACCOUNT, every=DAY, clock=lambda: WEDNESDAY - timedelta(hours=1))()

    assert rescans.asked == []


def test_what_will_be_scanned_anyway_is_not_asked_for(store: FindingStore) -> None:
    rescans = Rescans(busy=True)
    job = DueRescans(store, rescans, account=ACCOUNT, every=DAY, clock=lambda: MONDAY)
    job()
    assert rescans.asked == []

    rescans.busy = False
    job()
    assert rescans.asked == [ANALYZER]


def test_jobs_are_done_at_once_and_again() -> None:
    times = threading.Semaphore(0)
    schedule = Schedule([Job("count", TICK, times.release)])
    running = [schedule.is_running]
    schedule.start()
    try:
        running.append(schedule.is_running)
        assert all(times.acquire(timeout=30) for _ in range(3))
    finally:
        schedule.stop()
    running.append(schedule.is_running)
    schedule.stop()
    assert running == [False, True, False]


def test_a_job_never_overlaps_itself_and_holds_up_no_other() -> None:
    inside, most, go_on, others = [0], [0], threading.Event(), threading.Semaphore(0)

    def slow() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        go_on.wait(30)
        inside[0] -= 1

    schedule = Schedule([Job("slow", TICK, slow), Job("quick", TICK, others.release)])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    schedule.start()
    try:
        assert all(others.acquire(timeout=30) for _ in range(5))
    finally:
        go_on.set()
        schedule.stop()
    assert most == [1]


def test_a_job_that_fails_is_done_again_and_complains_once(caplog: pytest.LogCaptureFixture) -> None:
    times = threading.Semaphore(0)
    failures: list[Exception | None] = [
        StoreError("the disk is full"), StoreError("the disk is full"), ValueError("a fault"), None,
        StoreError("the disk is full"),
    ]  # fmt: skip

    def run() -> None:
        times.release()
        if failures and (failure := failures.pop(0)) is not None:
            raise failure

    schedule = Schedule([Job("job", TICK, run)])
    schedule.start()
    try:
        assert all(times.acquire(timeout=30) for _ in range(7))
    finally:
        schedule.stop()

    told = [(vars(one)["fields"]["error"], one.exc_info is not None) for one in caplog.records]
    assert told == [("the disk is full", False), ("ValueError('a fault')", True), ("the disk is full", False)]


def test_what_is_old_is_thrown_away(tmp_path: Path) -> None:
    url = str(tmp_path / "findings.db")
    week = timedelta(days=7)
    with SqlReplyStore(url) as replies, SqlPreviewStore(url) as previews, SqlPolicyGenerationStore(url) as generations:
        replies.keep("old", "{}", at=MONDAY)
        replies.keep("new", "{}", at=TUESDAY)
        for name, at in (("old", MONDAY - week), ("new", TUESDAY)):
            job = PolicyGeneration(name, "arn:aws:iam::111122223333:role/app", (), MONDAY, TUESDAY, at)
            generations.add(replace(job, status=JobStatus.CANCELED, completed_at=TUESDAY))

        tidy(previews, replies, generations, now=TUESDAY + timedelta(hours=24))

        assert (replies.find("old"), replies.find("new")) == (None, "{}")
        assert [generations.get(name) is None for name in ("old", "new")] == [True, False]
