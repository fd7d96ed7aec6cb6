"""What users and roles may do and do not: who there is in an account, and when each last used which service.

AWS tells the latter of one user or role at a time, and makes a report of its own for each.

Source: IAM API reference, the operations that are called; IAM User Guide, "Refine permissions in AWS using last
accessed information".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from typing import Final

from sekisho.collectors.collector import Account, Read, Reads, answer
from sekisho.collectors.reader import Progress
from sekisho.resources.credentials import belongs_to_aws
from sekisho.resources.snapshot import ApiCall, ApiError

PRINCIPALS: Final = "iam.get_account_authorization_details"

_BEGIN: Final = "iam.generate_service_last_accessed_details"
_ASK: Final = "iam.get_service_last_accessed_details"
_UNDER_WAY: Final = "IN_PROGRESS"
_DONE: Final = "COMPLETED"


def list_principals(aws: Account) -> tuple[ApiCall, ...]:
    """List the users and roles of an account, with their tags and the last use of each role."""
    return aws.list(PRINCIPALS, aws.home, Filter=["User", "Role"]).calls


def begin_jobs(aws: Account, listed: Iterable[ApiCall], pool: Executor) -> Iterator[ApiCall]:
    """Have AWS begin to gather what each user and role has used, except of roles that are AWS's own to change.

    The calls are under way when this returns, and are yielded as they are answered.

    Args:
        aws: the account.
        listed: what `list_principals` returned; where it failed, those it did list.
        pool: where calls run side by side.
    """
    return pool.map(partial(_begin, aws), _arns(listed))


def collect_jobs(
    aws: Account,
    begun: Iterable[ApiCall],
    *,
    pool: Executor,
    pauses: Iterable[timedelta],
    wait: Callable[[timedelta], None],
    progress: Progress,
) -> list[ApiCall]:
    """Ask for what AWS has gathered, until all of it is there, or none of what is left comes any more.

    Args:
        aws: the account.
        begun: what `begin_jobs` returned.
        pool: where calls run side by side; `wait` and `progress` are called from the caller's own thread.
        pauses: how long to wait before each further question while no job ends; with each that does they start again.
        wait: lets some time pass.
        progress: advances for each job.

    Returns:
        The calls that began the jobs and those that ended them, in the order of the former.
    """
    begun = list(begun)
    left = {_job(made): made.params["Arn"] for made in begun if made.error is None}
    progress.expect(len(left))
    ended: dict[str, tuple[ApiCall, ...]] = {}
    patience = iter(pauses)
    while left:
        asked = dict(zip(left, pool.map(partial(_ask, aws), left), strict=True))
        done = {job: calls for job, calls in asked.items() if not _is_under_way(calls)}
        patience = iter(pauses) if done else patience
        if len(done) < len(left):
            pause = next(patience, None)
            if pause is None:
                done = {job: (_late(job, pauses),) for job in left}
            else:
                wait(pause)
        for job in done:
            progress.advance(f"last accessed by {left.pop(job).rpartition('/')[2]}")
        ended |= done
    return [call for made in begun for call in (made, *(() if made.error else ended[_job(made)]))]


def _arns(listed: Iterable[ApiCall]) -> Iterator[str]:
    """Yield each user and role once, as a page may be listed twice."""
    details = [answer(made) for made in listed]
    users = (user["Arn"] for one in details for user in one.get("UserDetailList", ()))
    roles = (role for one in details for role in one.get("RoleDetailList", ()))
    ours = (role["Arn"] for role in roles if not belongs_to_aws(role["Path"]))
    yield from dict.fromkeys((*users, *ours))


def _begin(aws: Account, arn: str) -> ApiCall:
    return aws.call(_BEGIN, aws.home, Arn=arn, Granularity="ACTION_LEVEL")


def _job(begun: ApiCall) -> str:
    job: str = answer(begun)["JobId"]
    return job


def _ask(aws: Account, job: str) -> tuple[ApiCall, ...]:
    """Return the answer to a question for a job; of one that has failed, why."""
    calls = aws.list(_ASK, aws.home, JobId=job).calls
    told = answer(calls[0])
    if calls[0].error is not None or told["JobStatus"] in {_UNDER_WAY, _DONE}:
        return calls
    reason: Mapping[str, str] = told.get("Error") or {}
    code = reason.get("Code") or "ServiceFailure"
    return (ApiCall(_ASK, calls[0].params, error=ApiError(code, reason.get("Message", "the job has failed"))),)


def _is_under_way(calls: tuple[ApiCall, ...]) -> bool:
    return len(calls) == 1 and answer(calls[0]).get("JobStatus") == _UNDER_WAY


def _late(job: str, pauses: Iterable[timedelta]) -> ApiCall:
    waited = sum(pauses, timedelta()).total_seconds()
    reason = (
        f"what was last accessed was not known {waited:.0f} seconds after the last that came (the last answer was "
        f"{_UNDER_WAY}); read again in a few minutes"
    )
    return ApiCall(_ASK, {"JobId": job}, error=ApiError("Timeout", reason))


PRINCIPAL_READS: Reads = {
    PRINCIPALS: Read(
        "iam:GetAccountAuthorizationDetails",
        keep=(
            "UserDetailList.UserName",
            "UserDetailList.Arn",
            "UserDetailList.Tags",
            "RoleDetailList.Arn",
            "RoleDetailList.RoleName",
            "RoleDetailList.Path",
            "RoleDetailList.CreateDate",
            "RoleDetailList.RoleLastUsed",
            "RoleDetailList.Tags",
        ),
        needs=(
            "UserDetailList.UserName",
            "UserDetailList.Arn",
            "RoleDetailList.Arn",
            "RoleDetailList.RoleName",
            "RoleDetailList.Path",
            "RoleDetailList.CreateDate",
        ),
    ),
}
"""The call that lists users and roles, which every reading of credentials makes."""

JOB_READS: Reads = {
    # Like the credential report: AWS gathers what it knows already, and changes nothing else for it.
    _BEGIN: Read("iam:GenerateServiceLastAccessedDetails", keep=("JobId",), needs=("JobId",)),
    _ASK: Read(
        "iam:GetServiceLastAccessedDetails",
        keep=(
            "ServicesLastAccessed.ServiceNamespace",
            "ServicesLastAccessed.LastAuthenticated",
            "ServicesLastAccessed.TrackedActionsLastAccessed.ActionName",
            "ServicesLastAccessed.TrackedActionsLastAccessed.LastAccessedTime",
            "JobStatus",
            "Error",
        ),
        needs=("JobStatus", "ServicesLastAccessed?.ServiceNamespace"),
    ),
}
"""The calls that tell what users and roles have used, which are made when somebody asks for unused permissions."""
