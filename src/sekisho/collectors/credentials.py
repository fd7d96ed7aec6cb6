"""The credentials of an account: its credential report, and the calls that tell what the report leaves out.

Source: IAM API reference, the operations that are called; IAM User Guide, "Generate credential reports for your AWS
account".
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from msgspec import structs

from sekisho.collectors.collector import Account, Read, Reads, answer, says_gone
from sekisho.collectors.last_accessed import JOB_READS, PRINCIPAL_READS, begin_jobs, collect_jobs, list_principals
from sekisho.collectors.reader import NO_PROGRESS, Progress
from sekisho.resources.credentials import Mark, ReportError, ReportRow, parse_report
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 2, 4, 8, 16, 28))
"""How long to wait before each further question after what AWS has not ready yet: a minute in all."""

_PRINCIPALS: Final = "users and roles"

_STATES_UNDER_WAY: Final = frozenset({"STARTED", "INPROGRESS"})
_CODES_UNDER_WAY: Final = frozenset({"ReportInProgress", "LimitExceeded", "ServiceFailure"})
_CODES_GONE: Final = ("ReportNotPresent", "ReportExpired")
"""What AWS calls these on the wire; botocore's classes for them have other names."""


def collect_credentials(
    aws: Account,
    *,
    pool: Executor,
    wait: Callable[[timedelta], None],
    progress: Progress = NO_PROGRESS,
    organization: tuple[ApiCall, ...] | None = None,
    unused_permissions: bool = False,
) -> RawAccount:
    """Read the report of an account, what stands beside it, and the credentials of each user who may have some.

    Args:
        aws: the account.
        pool: where calls run side by side; `wait` and `progress` are called from the caller's own thread.
        wait: lets some time pass while AWS makes the report.
        progress: whoever wants to know how far it is.
        organization: what `collect_root_management` returned elsewhere in the organization; None asks this account.
        unused_permissions: have AWS tell of each user and role which services it last used when, which takes a job
            of AWS's for each.

    Returns:
        The same calls in the same order whenever the answers are the same. Without a report, users are not asked about
        one by one.
    """
    account_wide = {title: pool.submit(read) for title, read in _account_wide(aws, organization=organization).items()}
    progress.expect(len(account_wide) + 2)
    report = _read_report(aws, wait)
    progress.advance("credential report")
    # Only now, so that a user of the report who is not among them has been deleted since it was made.
    account_wide["users"] = pool.submit(_list_users, aws)
    calls = [report]
    for title, future in account_wide.items():
        calls.extend(future.result())
        progress.advance(title)
    jobs = begin_jobs(aws, account_wide[_PRINCIPALS].result() if unused_permissions else (), pool)
    users = _users(report)
    progress.expect(len(users))
    for user, read in zip(users, pool.map(partial(_read_user, aws), users), strict=True):
        calls.extend(read)
        progress.advance(f"user {user.name}")
    calls.extend(collect_jobs(aws, jobs, pool=pool, pauses=PAUSES, wait=wait, progress=progress))
    return RawAccount(aws.account_id, tuple(calls))


def begin_report(aws: Account) -> None:
    """Have AWS begin with the report; whether that worked is seen when the report is read."""
    aws.call("iam.generate_credential_report", aws.home)


def collect_root_management(aws: Account) -> tuple[ApiCall, ...]:
    """Ask whether the organization holds the root credentials of its members, and which account manages it.

    A member is refused an answer, which is as good as none; then there is nothing more to ask.
    """
    features = aws.call("iam.list_organizations_features", aws.home)
    if features.error is not None and not says_gone(features, "ServiceAccessNotEnabledException"):
        return (features,)
    return features, aws.call("organizations.describe_organization", aws.home)


# --- the report


def _read_report(aws: Account, wait: Callable[[timedelta], None]) -> ApiCall:
    """Return the call that fetched the report, or the one that failed."""
    pauses = iter(PAUSES)
    fetched = ApiCall("iam.get_credential_report", {}, error=ApiError("ReportNotPresent"))
    for _ in range(2):  # a report may expire between the two calls, but hardly twice
        generated = _ask_until_ready(aws, "iam.generate_credential_report", pauses, wait)
        if generated.error is not None:
            return generated
        fetched = _ask_until_ready(aws, "iam.get_credential_report", pauses, wait)
        if not says_gone(fetched, *_CODES_GONE):
            break
    return _with_text(fetched)


def _ask_until_ready(
    aws: Account, call: str, pauses: Iterator[timedelta], wait: Callable[[timedelta], None]
) -> ApiCall:
    """Make a call again and again while AWS says that it is not ready, for as long as there are pauses."""
    while True:
        made = aws.call(call, aws.home)
        told = answer(made).get("State", "") if made.error is None else made.error.code
        if told not in _STATES_UNDER_WAY | _CODES_UNDER_WAY:
            return made
        pause = next(pauses, None)
        if pause is None:
            return structs.replace(made, response=None, error=_timeout(told))
        wait(pause)


def _timeout(told: str) -> ApiError:
    waited = sum(PAUSES, timedelta()).total_seconds()
    return ApiError(
        "Timeout",
        f"the credential report was not ready after {waited:.0f} seconds (the last answer was {told}); "
        "AWS goes on making it, so read again in a few minutes",
    )


def _with_text(fetched: ApiCall) -> ApiCall:
    """Return the call with the report as text, for whoever reads the recording; bytes that are none stay."""
    content = answer(fetched).get("Content")
    if not isinstance(content, bytes):
        return fetched
    try:
        return structs.replace(fetched, response={**answer(fetched), "Content": content.decode()})
    except UnicodeDecodeError:
        return fetched


# --- what stands beside it


def _account_wide(
    aws: Account, *, organization: tuple[ApiCall, ...] | None
) -> Mapping[str, Callable[[], tuple[ApiCall, ...]]]:
    return {
        "account summary": lambda: (aws.call("iam.get_account_summary", aws.home),),
        "password policy": lambda: (aws.call("iam.get_account_password_policy", aws.home),),
        "virtual MFA devices": lambda: (
            aws.list("iam.list_virtual_mfa_devices", aws.home, AssignmentStatus="Assigned").calls
        ),
        "service-specific credentials": lambda: (
            aws.list("iam.list_service_specific_credentials", aws.home, AllUsers=True).calls
        ),
        _PRINCIPALS: lambda: list_principals(aws),
        "root management": lambda: collect_root_management(aws) if organization is None else organization,
    }


# --- users


def _list_users(aws: Account) -> tuple[ApiCall, ...]:
    return aws.list("iam.list_users", aws.home).calls


@dataclass(frozen=True, slots=True)
class _User:
    """A user with a key or a password, or with a row that leaves that open.

    Attributes:
        has_keys: or may have some.
        has_password: or may have one.
        can_authenticate: with a password or a key, so that a second factor matters.
    """

    name: str
    has_keys: bool
    has_password: bool
    can_authenticate: bool


def _users(report: ApiCall) -> list[_User]:
    """Return the users to ask about, in the order of the report."""
    users: dict[str, _User] = {}
    for row in _rows(report):
        user = _User(row.user, _has_keys(row), row.password_enabled is not False, _can_authenticate(row))
        if not row.is_root and (user.has_keys or user.has_password):
            users.setdefault(user.name, user)
    return list(users.values())


def _rows(report: ApiCall) -> tuple[ReportRow, ...]:
    """Return the rows of a report, none of one that cannot be read: that it cannot is told when it is translated."""
    content = answer(report).get("Content", b"")
    try:
        return parse_report(content.encode() if isinstance(content, str) else content).rows
    except ReportError:
        return ()


def _has_keys(row: ReportRow) -> bool:
    """Say whether there are keys, or may be: only a readable `false` without a date says that there is none."""
    return bool(row.additional) or any(
        key.active is not False or key.exists or key.last_rotated is Mark.UNREADABLE for key in row.access_keys
    )


def _can_authenticate(row: ReportRow) -> bool:
    has_key = any(key.active in (True, Mark.UNREADABLE) for key in row.access_keys)
    return has_key or row.password_enabled is not False


def _read_user(aws: Account, user: _User) -> tuple[ApiCall, ...]:
    calls: list[ApiCall] = []
    if user.has_keys:
        keys = aws.list("iam.list_access_keys", aws.home, UserName=user.name)
        calls.extend(keys.calls)
        calls.extend(
            aws.call("iam.get_access_key_last_used", aws.home, AccessKeyId=key["AccessKeyId"]) for key in keys.items
        )
    if user.can_authenticate:
        calls.extend(aws.list("iam.list_mfa_devices", aws.home, UserName=user.name).calls)
    if user.has_password:
        calls.append(aws.call("iam.get_login_profile", aws.home, UserName=user.name))
    return tuple(calls)


READS: Reads = {
    # The only call of ours that is no plain read: AWS shows a report that it was asked to make, and changes nothing
    # else for it. The service authorization reference has it among the reads too.
    "iam.generate_credential_report": Read("iam:GenerateCredentialReport", keep=("State",), needs=("State",)),
    "iam.get_credential_report": Read(
        "iam:GetCredentialReport", keep=("Content", "GeneratedTime"), needs=("Content", "GeneratedTime")
    ),
    "iam.get_account_summary": Read(
        "iam:GetAccountSummary",
        keep=(
            "SummaryMap.AccountMFAEnabled",
            "SummaryMap.AccountAccessKeysPresent",
            "SummaryMap.AccountPasswordPresent",
        ),
        needs=("SummaryMap.AccountMFAEnabled", "SummaryMap.AccountAccessKeysPresent"),
    ),
    "iam.get_account_password_policy": Read(
        "iam:GetAccountPasswordPolicy", keep=("PasswordPolicy",), needs=("PasswordPolicy.MinimumPasswordLength",)
    ),
    # AWS leaves the seeds out of this answer, other implementations do not.
    "iam.list_virtual_mfa_devices": Read(
        "iam:ListVirtualMFADevices",
        keep=("VirtualMFADevices.SerialNumber", "VirtualMFADevices.User.Arn", "VirtualMFADevices.EnableDate"),
        needs=("VirtualMFADevices.SerialNumber", "VirtualMFADevices.User.Arn"),
    ),
    "iam.list_service_specific_credentials": Read(
        "iam:ListServiceSpecificCredentials",
        keep=tuple(
            f"ServiceSpecificCredentials.{member}"
            for member in (
                "UserName",
                "ServiceSpecificCredentialId",
                "ServiceName",
                "Status",
                "CreateDate",
                "ExpirationDate",
            )
        ),
        needs=("ServiceSpecificCredentials.UserName", "ServiceSpecificCredentials.ServiceSpecificCredentialId"),
    ),
    # The id tells an organization without such features from an answer of somebody else.
    "iam.list_organizations_features": Read(
        "iam:ListOrganizationsFeatures", keep=("EnabledFeatures", "OrganizationId"), needs=("OrganizationId",)
    ),
    "iam.list_access_keys": Read(
        "iam:ListAccessKeys",
        keep=("AccessKeyMetadata.AccessKeyId", "AccessKeyMetadata.Status", "AccessKeyMetadata.CreateDate"),
        needs=("AccessKeyMetadata.AccessKeyId", "AccessKeyMetadata.Status"),
    ),
    "iam.get_access_key_last_used": Read(
        "iam:GetAccessKeyLastUsed",
        keep=("AccessKeyLastUsed",),
        needs=("AccessKeyLastUsed.ServiceName", "AccessKeyLastUsed.Region"),
    ),
    "iam.list_mfa_devices": Read(
        "iam:ListMFADevices", keep=("MFADevices.SerialNumber",), needs=("MFADevices.SerialNumber",)
    ),
    "iam.list_users": Read(
        "iam:ListUsers",
        keep=tuple(f"Users.{member}" for member in ("UserName", "Arn", "PasswordLastUsed")),
        needs=("Users.UserName",),
        page_size=1000,
    ),
    # The answer is that there is one, and never the password.
    "iam.get_login_profile": Read(
        "iam:GetLoginProfile", keep=("LoginProfile.UserName",), needs=("LoginProfile.UserName",)
    ),
    **PRINCIPAL_READS,
    **JOB_READS,
}
"""Every call that reading credentials takes of an account, beside `organizations.describe_organization`."""
