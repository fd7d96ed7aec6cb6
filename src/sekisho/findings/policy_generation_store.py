"""What a store of policy generations promises; `storage` keeps the promise."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import msgspec

from sekisho.findings.policy_generation import GeneratedPolicies, JobError, PolicyGeneration
from sekisho.findings.query import check_limit


class GenerationCursor(msgspec.Struct, frozen=True):
    """The last job of a page, as far as a list needs it to go on."""

    started_at: datetime
    id: str


class GenerationQuery(msgspec.Struct, frozen=True):
    """Which page of jobs, the newest first.

    Attributes:
        since: only jobs that are younger.
        principal_arn: whose; None for everyone's.
        after: the end of the page before; None for the first page.

    Raises:
        CriteriaError: the page would be empty.
    """

    since: datetime
    principal_arn: str | None = None
    limit: int = 100
    after: GenerationCursor | None = None

    def __post_init__(self) -> None:
        check_limit(self.limit)


class GenerationPage(msgspec.Struct, frozen=True):
    """A part of a list of jobs; `next` is where the rest begins, None where there is none."""

    generations: tuple[PolicyGeneration, ...]
    next: GenerationCursor | None = None


def generation_page_of(query: GenerationQuery, found: Sequence[PolicyGeneration]) -> GenerationPage:
    """Make a page of what was found: in the order of the query, one more than its limit where there are so many."""
    kept = tuple(found[: query.limit])
    more = len(found) > query.limit
    return GenerationPage(kept, GenerationCursor(kept[-1].started_at, kept[-1].id) if more else None)


class PolicyGenerationStore(Protocol):
    """Policy generations, kept for a while.

    Who works on a job holds it for some time, and again and again for some more; who is killed lets go of it by that.
    A job that has ended stays as it is.
    """

    def add(self, job: PolicyGeneration) -> None:
        """Keep a new job.

        Raises:
            StoreError: it was not stored.
        """
        ...

    def get(self, job_id: str) -> PolicyGeneration | None:
        """Return a job; None when there is none of this id."""
        ...

    def list_generations(self, query: GenerationQuery) -> GenerationPage:
        """Return one page of jobs without their results, the newest first."""
        ...

    def count_in_progress(self) -> int:
        """Count the jobs that have not ended."""
        ...

    def cancel(self, job_id: str, *, at: datetime) -> bool:
        """End a job; return whether it was in progress."""
        ...

    def take(self, holder: str, *, now: datetime, until: datetime) -> PolicyGeneration | None:
        """Hold the oldest job in progress that nobody holds; None when there is none."""
        ...

    def hold(self, job_id: str, holder: str, *, until: datetime) -> bool:
        """Go on holding a job; return False when it has ended, or is another's."""
        ...

    def let_go(self, job_id: str, holder: str) -> None:
        """Leave a job to whoever takes it next."""
        ...

    def finish(self, job_id: str, ending: GeneratedPolicies | JobError, *, at: datetime) -> bool:
        """End a job that succeeded or failed; return False when it had ended before."""
        ...

    def delete(self, *, before: datetime) -> int:
        """Delete ended jobs that were started before a time; return how many there were."""
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
