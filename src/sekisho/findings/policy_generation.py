"""Policy generations: jobs that find the smallest policy that would have sufficed, out of a trail's log files.

Source: IAM User Guide, "IAM Access Analyzer policy generation"; Access Analyzer API reference, `StartPolicyGeneration`,
`GetGeneratedPolicy`.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec

LISTED_FOR: Final = timedelta(days=7)
"""How long a generation is listed and kept. Source: Access Analyzer API reference, `ListPolicyGenerations`."""

USUAL_RANGE: Final = timedelta(days=90)
"""How far back a generation looks unless told. Source: IAM User Guide, "Quotas", where it is the most there is."""


class JobStatus(Enum):
    """Where a job is. Source: Access Analyzer API reference, `JobDetails`."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class JobErrorCode(Enum):
    """Why a job failed. Source: Access Analyzer API reference, `JobError`."""

    AUTHORIZATION_ERROR = "AUTHORIZATION_ERROR"
    RESOURCE_NOT_FOUND_ERROR = "RESOURCE_NOT_FOUND_ERROR"
    SERVICE_QUOTA_EXCEEDED_ERROR = "SERVICE_QUOTA_EXCEEDED_ERROR"
    SERVICE_ERROR = "SERVICE_ERROR"


class JobError(msgspec.Struct, frozen=True):
    """Why a job failed, in one line with the remedy."""

    code: JobErrorCode
    message: str


class TrailScope(msgspec.Struct, frozen=True):
    """A trail, and of which Regions its events count.

    Attributes:
        regions: empty for all.
    """

    arn: str
    regions: tuple[str, ...] = ()


class GeneratedPolicies(msgspec.Struct, frozen=True):
    """What a job has found.

    Attributes:
        policies: texts of policy documents, with the resources as they were used; none where nothing needed one.
        templates: the same actions on placeholders such as `arn:aws:s3:::${BucketName}`.
        is_complete: whether every call is known by its actions, and every file could be read.
    """

    policies: tuple[str, ...]
    templates: tuple[str, ...]
    is_complete: bool


class PolicyGeneration(msgspec.Struct, frozen=True):
    """A job.

    Attributes:
        principal_arn: of a role or user.
        trails: where its events are.
        start: events before it don't count, UTC; `end`: nor do those after it.
        completed_at: when it ended; None while it is in progress.
        error: why it failed; None unless it did.
        result: what it found; None unless it succeeded.
    """

    id: str
    principal_arn: str
    trails: tuple[TrailScope, ...]
    start: datetime
    end: datetime
    started_at: datetime
    status: JobStatus = JobStatus.IN_PROGRESS
    completed_at: datetime | None = None
    error: JobError | None = None
    result: GeneratedPolicies | None = None
