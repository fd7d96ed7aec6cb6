"""Policy generations in a SQL database; the trails and the result of each are JSON documents."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, or_, select, update

from sekisho.findings.policy_generation import (
    GeneratedPolicies,
    JobError,
    JobErrorCode,
    JobStatus,
    PolicyGeneration,
    TrailScope,
)
from sekisho.findings.policy_generation_store import GenerationPage, GenerationQuery, generation_page_of
from sekisho.storage.database import Database
from sekisho.storage.documents import parse_document
from sekisho.storage.queries import keepable
from sekisho.storage.schema import policy_generations

_C: Final = policy_generations.c
_IN_PROGRESS: Final = _C.status == JobStatus.IN_PROGRESS.value
_TRAILS: Final = msgspec.json.Decoder(tuple[TrailScope, ...])
_RESULT: Final = msgspec.json.Decoder(GeneratedPolicies)
_NOBODYS: Final[dict[str, Any]] = {"held_by": None, "held_until": None}


class SqlPolicyGenerationStore(Database):
    """A `PolicyGenerationStore` in a database, the one that has the findings."""

    def add(self, job: PolicyGeneration) -> None:
        """Keep a new job."""
        row: dict[str, Any] = {
            "id": job.id,
            "principal_arn": keepable(job.principal_arn),
            "trails": msgspec.json.encode(job.trails).decode(),
            "range_start": job.start,
            "range_end": job.end,
            "started_at": job.started_at,
            "status": job.status.value,
            "completed_at": job.completed_at,
            "error_code": None if job.error is None else job.error.code.value,
            "error_message": None if job.error is None else keepable(job.error.message),
            "result": None if job.result is None else msgspec.json.encode(job.result).decode(),
        }
        with self.writing() as connection:
            connection.execute(insert(policy_generations), row)

    def get(self, job_id: str) -> PolicyGeneration | None:
        """Return a job; None when there is none of this id."""
        with self.reading() as connection:
            found = connection.execute(select(policy_generations).where(_C.id == keepable(job_id))).one_or_none()
        return None if found is None else _job(found, found.result)

    def list_generations(self, query: GenerationQuery) -> GenerationPage:
        """Return one page of jobs without their results, the newest first."""
        wanted: Select[Any] = select(*[one for one in _C if one.name != "result"]).where(_C.started_at > query.since)
        if query.principal_arn is not None:
            wanted = wanted.where(_C.principal_arn == keepable(query.principal_arn))
        if query.after is not None:
            at, last = query.after.started_at, keepable(query.after.id)
            wanted = wanted.where(or_(_C.started_at < at, and_(_C.started_at == at, _C.id < last)))
        wanted = wanted.order_by(_C.started_at.desc(), _C.id.desc()).limit(query.limit + 1)
        with self.reading() as connection:
            return generation_page_of(query, [_job(row, None) for row in connection.execute(wanted)])

    def count_in_progress(self) -> int:
        """Count the jobs that have not ended."""
        with self.reading() as connection:
            counted = select(func.count()).select_from(policy_generations).where(_IN_PROGRESS)
            return connection.execute(counted).scalar_one()

    def cancel(self, job_id: str, *, at: datetime) -> bool:
        """End a job; return whether it was in progress."""
        return self._end(job_id, {"status": JobStatus.CANCELED.value, "completed_at": at})

    def take(self, holder: str, *, now: datetime, until: datetime) -> PolicyGeneration | None:
        """Hold the oldest job in progress that nobody holds; None when there is none."""
        free = and_(_IN_PROGRESS, or_(_C.held_until.is_(None), _C.held_until < now))
        oldest = select(policy_generations).where(free).order_by(_C.started_at, _C.id).limit(1)
        with self.reading() as connection:  # most of the time there is none, and nobody is to wait for us
            found = connection.execute(oldest).one_or_none()
        if found is None or not self._change(and_(free, _C.id == found.id), {"held_by": holder, "held_until": until}):
            return None
        return _job(found, None)

    def hold(self, job_id: str, holder: str, *, until: datetime) -> bool:
        """Go on holding a job; return False when it has ended, or is another's."""
        return self._change(and_(_IN_PROGRESS, _C.id == job_id, _C.held_by == holder), {"held_until": until})

    def let_go(self, job_id: str, holder: str) -> None:
        """Leave a job to whoever takes it next."""
        self._change(and_(_C.id == job_id, _C.held_by == holder), _NOBODYS)

    def finish(self, job_id: str, ending: GeneratedPolicies | JobError, *, at: datetime) -> bool:
        """End a job that succeeded or failed; return False when it had ended before."""
        match ending:
            case GeneratedPolicies():
                told = {"status": JobStatus.SUCCEEDED.value, "result": msgspec.json.encode(ending).decode()}
            case JobError(code=code, message=message):
                status = JobStatus.FAILED.value
                told = {"status": status, "error_code": code.value, "error_message": keepable(message)}
        return self._end(job_id, {**told, "completed_at": at})

    def delete(self, *, before: datetime) -> int:
        """Delete ended jobs that were started before a time; return how many there were."""
        with self.writing() as connection:
            old = and_(_C.started_at < before, ~_IN_PROGRESS)
            return connection.execute(delete(policy_generations).where(old)).rowcount

    def _end(self, job_id: str, values: dict[str, Any]) -> bool:
        return self._change(and_(_IN_PROGRESS, _C.id == keepable(job_id)), {**values, **_NOBODYS})

    def _change(self, which: ColumnElement[bool], values: dict[str, Any]) -> bool:
        with self.writing() as connection:
            return connection.execute(update(policy_generations).where(which).values(values)).rowcount == 1


def _job(row: Row[Any], result: str | None) -> PolicyGeneration:
    return PolicyGeneration(
        id=row.id,
        principal_arn=row.principal_arn,
        trails=parse_document(_TRAILS, row.trails),
        start=row.range_start,
        end=row.range_end,
        started_at=row.started_at,
        status=JobStatus(row.status),
        completed_at=row.completed_at,
        error=None if row.error_code is None else JobError(JobErrorCode(row.error_code), row.error_message),
        result=None if result is None else parse_document(_RESULT, result),
    )
