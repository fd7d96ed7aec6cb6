"""Which roles nobody uses, as far as AWS remembers."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from sekisho.analyzers.credentials.keys import NEVER, shown
from sekisho.analyzers.credentials.risks import in_words, risk
from sekisho.analyzers.credentials.thresholds import DAY, REMEMBERED, Thresholds
from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ErrorCode, Fact
from sekisho.resources.credentials import AccountCredentials, Role, ServiceAccess

ROLES: Final = "iam.get_account_authorization_details"
SERVICES: Final = "iam.get_service_last_accessed_details"


def judge_role(account: AccountCredentials, role: Role, thresholds: Thresholds) -> CredentialRisk | None:
    """Return that a role is unused; None for one that is used, that is younger than the threshold, or not known.

    Where services were asked about and the answer for this role is missing, it may be what kept it in use.
    """
    if account.service_access is not None and role.arn not in account.service_access:
        return None
    now = account.taken_at
    threshold = within_memory(thresholds.unused_role_days)
    use = _last_use(role, services_of(account, role.arn) or ())
    age = max(now - role.created_at, timedelta())
    if age < threshold or not use.is_known or (use.moment is not None and now - use.moment < threshold):
        return None
    return risk(
        "CRED-ROLE-UNUSED",
        _sentence(use, age, now),
        [Fact("made", shown(role.created_at), ROLES), *_facts(use, role)],
        data_at=now,
        last_used=use.moment,
        days=threshold.days,
    )


def unknown_use(account: AccountCredentials, role: Role, thresholds: Thresholds) -> AnalysisError | None:
    """Return that nothing tells whether a role is used; None where something does, or it is too young to matter."""
    threshold = within_memory(thresholds.unused_role_days)
    use = _last_use(role, services_of(account, role.arn) or ())
    is_used = use.moment is not None and account.taken_at - use.moment < threshold
    if use.is_known or is_used or account.taken_at - role.created_at < threshold:
        return None
    reason = f"the answer to {ROLES} does not say whether the role was used; read the account again"
    return AnalysisError(ErrorCode.INTERNAL_ERROR, reason)


def is_kept_by_an_attempt(account: AccountCredentials, role: Role, thresholds: Thresholds) -> bool:
    """Say whether a role would be unused, had it not tried to reach a service, which may have been denied."""
    alone = msgspec.structs.replace(account, service_access=None)
    is_found = judge_role(account, role, thresholds) is not None
    return not is_found and judge_role(alone, role, thresholds) is not None


def within_memory(days: int) -> timedelta:
    """Return a threshold of so many days, or as long as AWS remembers where that is shorter."""
    return min(days * DAY, REMEMBERED)


def services_of(account: AccountCredentials, arn: str) -> tuple[ServiceAccess, ...] | None:
    """Return what a user or role may use; None where nobody asked, or the answer is not known."""
    return None if account.service_access is None else account.service_access.get(arn)


def latest(services: Sequence[ServiceAccess]) -> ServiceAccess | None:
    """Return the service that was tried last; None when none was."""
    tried = [(moment, one) for one in services if (moment := one.last_accessed) is not None]
    return max(tried, key=lambda one: one[0])[1] if tried else None


class _Use(msgspec.Struct, frozen=True, gc=False):
    """The last use of a role.

    Attributes:
        moment: None for none that is known of.
        is_known: whether AWS told of one, or that there was none.
        service: what was tried then, where that is later than what AWS calls the last use.
    """

    moment: datetime | None
    is_known: bool
    service: str = ""


def _last_use(role: Role, services: Sequence[ServiceAccess]) -> _Use:
    """Return the later of what AWS calls the last use, and of the last attempt at a service."""
    tried = latest(services)
    moment = None if tried is None else tried.last_accessed
    if tried is None or moment is None or (role.last_used_at is not None and role.last_used_at >= moment):
        return _Use(role.last_used_at, role.is_last_use_known)
    return _Use(moment, role.is_last_use_known, tried.namespace)


def _sentence(use: _Use, age: timedelta, now: datetime) -> str:
    if use.moment is None:
        far = ", as far as AWS remembers, which is 400 days" if age > REMEMBERED else ""
        return f"The role was never used in the {in_words(age)} that it has been there{far}."
    ago = in_words(max(now - use.moment, timedelta()))
    if use.service:
        return f"The role last tried to reach {use.service} {ago} ago, allowed or denied, and nothing since."
    return f"The role was last used {ago} ago."


def _facts(use: _Use, role: Role) -> Iterator[Fact]:
    if use.service:
        yield Fact("lastAccessed", shown(use.moment), SERVICES)
        yield Fact("lastAccessedService", use.service, SERVICES)
        return
    yield Fact("lastAccessed", NEVER if use.moment is None else shown(use.moment), ROLES)
    if use.moment is not None:
        yield Fact("lastAccessedRegion", role.last_used_region or "none", ROLES)
