"""What every `PolicyGenerationStore` promises."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.findings import (
    CriteriaError,
    GeneratedPolicies,
    GenerationCursor,
    GenerationPage,
    GenerationQuery,
    JobError,
    JobErrorCode,
    JobStatus,
    PolicyGeneration,
    PolicyGenerationStore,
    TrailScope,
)
from sekisho.storage import SqlPolicyGenerationStore
from unit.findings.builders import MONDAY, TUESDAY

ROLE = "arn:aws:iam::111122223333:role/app"
TRAIL = TrailScope("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", ("eu-west-1", "us-east-1"))
RESULT = GeneratedPolicies(('{"Version":"2012-10-17","關所":"\\u0000"}',), ("{}",), is_complete=False)
REFUSED = JobError(JobErrorCode.AUTHORIZATION_ERROR, "no s3:GetObject; 關所")
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PolicyGenerationStore]:
    place = str(tmp_path / "jobs.db") if request.param == "SQLite" else request.getfixturevalue("postgresql")
    with SqlPolicyGenerationStore(place) as opened:
        yield opened


def named(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def job(number: int = 1, **others: Any) -> PolicyGeneration:
    return replace(PolicyGeneration(named(number), ROLE, (TRAIL,), MONDAY, TUESDAY, MONDAY), **others)


def ended(store: PolicyGenerationStore, number: int) -> PolicyGeneration:
    found = store.get(named(number))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(job(), id="in progress"),
        pytest.param(job(status=JobStatus.SUCCEEDED, completed_at=TUESDAY, result=RESULT), id="succeeded"),
        pytest.param(job(status=JobStatus.FAILED, completed_at=TUESDAY, error=REFUSED), id="failed"),
        pytest.param(job(trails=(), principal_arn=ROLE.replace("app", "x" * 500)), id="a long name, and no trail"),
    ],
)
def test_what_is_stored_comes_back_equal(store: PolicyGenerationStore, kept: PolicyGeneration) -> None:
    store.add(kept)

    assert store.get(kept.id) == kept


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "' OR 1=1 --", named(2)])
def test_a_job_is_found_by_its_whole_id(store: PolicyGenerationStore, text: str) -> None:
    store.add(job())

    assert store.get(text) is None
    assert not store.cancel(text, at=TUESDAY)
    assert not store.finish(text, RESULT, at=TUESDAY)


def walk(store: PolicyGenerationStore, query: GenerationQuery) -> list[str]:
    found: list[str] = []
    after: GenerationCursor | None = None
    while True:
        page = store.list_generations(replace(query, after=after))
        assert len(page.generations) <= query.limit
        found += [one.id for one in page.generations]
        if page.next is None:
            return found
        after = page.next


def test_jobs_are_listed_the_newest_first_a_page_at_a_time(store: PolicyGenerationStore) -> None:
    for number in (2, 1, 3):
        store.add(job(number))
    store.add(job(4, started_at=TUESDAY, principal_arn=f"{ROLE}2"))
    store.add(job(5, started_at=MONDAY - MINUTE))
    query = GenerationQuery(since=MONDAY - MINUTE)

    for limit in (1, 2, 3, 4, 5):
        assert walk(store, replace(query, limit=limit)) == [named(4), named(3), named(2), named(1)]
    assert walk(store, replace(query, principal_arn=ROLE, limit=2)) == [named(3), named(2), named(1)]
    assert store.list_generations(replace(query, principal_arn="\0")) == GenerationPage(())


def test_a_list_has_no_results(store: PolicyGenerationStore) -> None:
    store.add(job(status=JobStatus.SUCCEEDED, completed_at=TUESDAY, result=RESULT))

    (listed,) = store.list_generations(GenerationQuery(since=MONDAY - MINUTE)).generations

    assert listed == job(status=JobStatus.SUCCEEDED, completed_at=TUESDAY)


def test_a_page_without_room_is_refused() -> None:
    with pytest.raises(CriteriaError, match="room for nothing"):
        GenerationQuery(since=MONDAY, limit=0)


def test_the_oldest_job_is_taken_first_and_by_one_alone(store: PolicyGenerationStore) -> None:
    store.add(job(1, started_at=MONDAY + MINUTE))
    store.add(job(2))
    now, until = TUESDAY, TUESDAY + MINUTE

    taken = [store.take(holder, now=now, until=until) for holder in ("a", "b", "c")]

    assert [one and one.id for one in taken] == [named(2), named(1), None]


def test_a_job_whose_holder_is_gone_is_anothers(store: PolicyGenerationStore) -> None:
    store.add(job())
    assert store.take("a", now=MONDAY, until=MONDAY + MINUTE)
    assert store.take("b", now=MONDAY + MINUTE / 2, until=MONDAY + 2 * MINUTE) is None
    assert store.hold(named(1), "a", until=MONDAY + 2 * MINUTE)
    assert store.take("b", now=MONDAY + 1.5 * MINUTE, until=TUESDAY) is None

    assert store.take("b", now=MONDAY + 3 * MINUTE, until=TUESDAY) == job()
    assert not store.hold(named(1), "a", until=TUESDAY)
    store.let_go(named(1), "a")
    assert store.take("c", now=MONDAY + 4 * MINUTE, until=TUESDAY) is None


def test_a_job_that_is_let_go_of_is_free_at_once(store: PolicyGenerationStore) -> None:
    store.add(job())
    assert store.take("a", now=MONDAY, until=TUESDAY)

    store.let_go(named(1), "a")

    assert store.take("b", now=MONDAY, until=TUESDAY) == job()


def test_a_job_ends_once(store: PolicyGenerationStore) -> None:
    for number in (1, 2, 3):
        store.add(job(number))
    assert store.take("a", now=MONDAY, until=TUESDAY)
    assert store.count_in_progress() == 3

    assert store.finish(named(1), RESULT, at=TUESDAY)
    assert store.finish(named(2), REFUSED, at=TUESDAY)
    assert store.cancel(named(3), at=TUESDAY)

    for number in (1, 2, 3):
        assert not store.finish(named(number), REFUSED, at=TUESDAY + MINUTE)
        assert not store.cancel(named(number), at=TUESDAY + MINUTE)
        assert not store.hold(named(number), "a", until=TUESDAY)
    assert ended(store, 1) == job(status=JobStatus.SUCCEEDED, completed_at=TUESDAY, result=RESULT)
    assert ended(store, 2) == job(2, status=JobStatus.FAILED, completed_at=TUESDAY, error=REFUSED)
    assert ended(store, 3) == job(3, status=JobStatus.CANCELED, completed_at=TUESDAY)
    assert store.count_in_progress() == 0
    assert store.take("b", now=TUESDAY, until=TUESDAY + MINUTE) is None


def test_old_jobs_are_deleted_once_they_have_ended(store: PolicyGenerationStore) -> None:
    store.add(job(1))
    store.add(job(2))
    store.add(job(3, started_at=MONDAY + MINUTE))
    for number in (1, 3):
        assert store.cancel(named(number), at=TUESDAY)

    assert store.delete(before=MONDAY + MINUTE) == 1
    assert store.delete(before=MONDAY + MINUTE) == 0
    assert [store.get(named(number)) is None for number in (1, 2, 3)] == [True, False, False]
