"""Jobs in the background: what becomes of one whose process dies, and that nothing ends the thread."""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sekisho.findings import (
    JobError,
    JobErrorCode,
    JobStatus,
    PolicyGeneration,
    StoreError,
)
from sekisho.server import generations
from sekisho.server.generations import MOST_TRIES, Generate, PolicyGenerator
from sekisho.storage import SqlPolicyGenerationStore
from work_apart import RESULT, generate, generate_and_die, generate_and_fail, generate_for_ever

PATIENCE = timedelta(seconds=10)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlPolicyGenerationStore]:
    with SqlPolicyGenerationStore(str(tmp_path / "jobs.db")) as opened:
        yield opened


def add(store: SqlPolicyGenerationStore, name: str = "one") -> None:
    start = now() - timedelta(days=1)
    store.add(PolicyGeneration(name, "arn:aws:iam::111122223333:role/app", (), start, now(), now()))


@contextmanager
def working(store: SqlPolicyGenerationStore, generate: Generate) -> Generator[PolicyGenerator]:
    generator = PolicyGenerator(store, generate, clock=now)
    generator.start()
    try:
        yield generator
    finally:
        assert generator.stop(PATIENCE)


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def ended(store: SqlPolicyGenerationStore, name: str = "one") -> PolicyGeneration:
    def is_over() -> bool:
        job = store.get(name)
        return job is not None and job.status is not JobStatus.IN_PROGRESS

    wait_for(is_over)
    found = store.get(name)
    assert found is not None
    return found


def test_jobs_are_done_one_after_the_other(store: SqlPolicyGenerationStore) -> None:
    for name in ("one", "two"):
        add(store, name)

    with working(store, generate):
        assert [ended(store, name).result for name in ("one", "two")] == [RESULT, RESULT]


def test_a_job_whose_process_dies_is_begun_again_and_given_up(
    store: SqlPolicyGenerationStore, caplog: pytest.LogCaptureFixture
) -> None:
    add(store)

    with working(store, generate_and_die):
        error = ended(store).error

    assert error == JobError(
        JobErrorCode.SERVICE_ERROR, "the process that generates was killed 3 times; is there enough memory?"
    )
    assert [one.message for one in caplog.records].count("the process that generates was killed") == MOST_TRIES


def test_a_fault_of_ours_is_in_the_log_and_not_in_the_answer(
    store: SqlPolicyGenerationStore, caplog: pytest.LogCaptureFixture
) -> None:
    add(store)

    with working(store, generate_and_fail):
        error = ended(store).error

    assert error is not None
    assert error.message == "an internal error occurred; the log has it under the job id"
    (told,) = [vars(one)["fields"] for one in caplog.records if one.message == "policy generation failed"]
    assert told["job"] == "one"
    assert "ValueError: a fault" in told["error"]


def test_what_is_stopped_is_left_to_the_next_at_once(store: SqlPolicyGenerationStore) -> None:
    add(store)
    with working(store, generate_for_ever):
        wait_for(lambda: store.take("somebody", now=now(), until=now()) is None)

    assert store.take("another", now=now(), until=now()) is not None


class Flaky(SqlPolicyGenerationStore):
    """A store that the disk has no room for, the first times that something is asked of it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.failures = {"take": 2, "hold": 1, "finish": 1}

    def _fail(self, what: str) -> None:
        if self.failures[what]:
            self.failures[what] -= 1
            raise StoreError("the disk is full")

    def take(self, *arguments: Any, **named: Any) -> PolicyGeneration | None:
        self._fail("take")
        return super().take(*arguments, **named)

    def hold(self, *arguments: Any, **named: Any) -> bool:
        self._fail("hold")
        return super().hold(*arguments, **named)

    def finish(self, *arguments: Any, **named: Any) -> bool:
        self._fail("finish")
        return super().finish(*arguments, **named)


def test_a_store_that_fails_costs_a_repetition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(generations, "LOOKED_FOR_EVERY", timedelta(seconds=0.05))
    monkeypatch.setattr(generations, "HELD_EVERY", timedelta(seconds=0.05))
    monkeypatch.setattr(generations, "HELD_FOR", timedelta(seconds=1))
    with Flaky(str(tmp_path / "jobs.db")) as store:
        add(store)
        with working(store, generate):
            assert ended(store).result == RESULT

        assert store.failures == {"take": 0, "hold": 0, "finish": 0}
    told = [one.message for one in caplog.records if one.levelno >= logging.WARNING]
    assert told == ["no jobs can be looked for", "a job could not be ended"]
