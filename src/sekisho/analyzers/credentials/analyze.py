"""From the credentials of an account to the observations on each user and role, and on the account."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Final

import msgspec

from sekisho.analyzers.credentials.checks import CHECKS
from sekisho.analyzers.credentials.of_account import has_root_password, judge_account, no_report
from sekisho.analyzers.credentials.of_permissions import CHECK as UNUSED_PERMISSION
from sekisho.analyzers.credentials.of_permissions import is_user_idle, judge_permissions
from sekisho.analyzers.credentials.of_roles import is_kept_by_an_attempt, judge_role, services_of, unknown_use
from sekisho.analyzers.credentials.of_root import has_credential, judge_root
from sekisho.analyzers.credentials.of_users import judge_service_specific, judge_user
from sekisho.analyzers.credentials.open_questions import open_questions
from sekisho.analyzers.credentials.thresholds import Thresholds
from sekisho.analyzers.credentials.user import User, is_gone
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialKind,
    CredentialRisk,
    ErrorCode,
    FindingType,
    Observation,
    ResourceAnalysis,
)
from sekisho.analyzers.quoting import quoted
from sekisho.resources.credentials import (
    ROLE_TYPE,
    USER_TYPE,
    AccountCredentials,
    ReportRow,
    Role,
    ServiceSpecificCredential,
    UnreadCell,
    belongs_to_aws,
)
from sekisho.resources.gaps import Gap, is_denial

GLOBAL: Final = "global"
ACCOUNT_TYPE: Final = "AWS::Account"

BARE_ROOT: Final = "the root user has no password and no access key"
NO_ROOT: Final = "no report has a row of the root user, of whom nothing is known but what the account itself says"
UNTOLD: Final = "no credential report tells of the user yet, whose password and keys were not judged"
GONE: Final = "the user has been deleted since the credential report was made"
OF_ROOT: Final = frozenset({"iam.get_account_summary", "iam.list_virtual_mfa_devices"})
"""The calls that tell of the root user."""

ATTEMPTED: Final = "the last use of the role is an attempt to reach a service, which may have been denied"

SERVICE_SPECIFIC: Final = "CRED-SSC"
ROOT_CENTRAL: Final = "CRED-ROOT-CENTRAL"
PASSWORDS_WITHOUT_END: Final = "CRED-PW-NOEXPIRY"
ROOT_MFA_VIRTUAL: Final = "CRED-ROOT-MFA-VIRTUAL"
NEVER_USED: Final = frozenset({"CRED-PW-NEVER", "CRED-KEY-NEVER", "CRED-KEY-INITIAL"})

_EVERY_CHECK: Final = frozenset(CHECKS)
"""Of whom no row of a report tells, nothing that was found before is known to be mended."""

_OF_SUMMARY: Final = frozenset({"CRED-ROOT-KEY", "CRED-ROOT-MFA"})
"""What the summary of the account tells of the root user."""

_OF_PASSWORD_POLICY: Final = frozenset(check for check in CHECKS if check.startswith("CRED-PW-POLICY-"))

WIDTH: Final = 100
"""How much of a cell is shown."""

_Outcome = CredentialRisk | AnalysisError


def analyze_credentials(
    account: AccountCredentials, thresholds: Thresholds | None = None
) -> tuple[ResourceAnalysis, ...]:
    """Judge every user of the report, the root user, every role that is not AWS's own, and the account.

    Returns:
        An analysis of each of them; one without observations was looked at and is well. Each says which checks were not
        made because what they rest on was not asked for, or is not known.
    """
    limits = thresholds or Thresholds()
    rows = account.report.rows if account.report else ()
    specific = _by_user(account.service_specific_credentials or ())
    users = [_of_row(User.of(account, row, limits), specific.pop(row.user, ())) for row in rows]
    new = account.user_arns.keys() - {row.user for row in rows}
    beyond = [_beyond_report(account, name, specific.get(name, ()), limits) for name in sorted(new | specific.keys())]
    of_account = _of_account(account, limits, has_root=any(row.is_root for row in rows))
    roles = [_of_role(account, role, limits) for role in account.roles or () if not belongs_to_aws(role.path)]
    return tuple(_analysis(account, one) for one in _joined([*users, *beyond, *roles, *of_account, *_failed(account)]))


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """What was seen of a user, of a role, or of the account, and which checks were not made.

    Attributes:
        rows: the user, once for each row of the report.
    """

    arn: str
    resource_type: str
    outcomes: Sequence[_Outcome]
    notes: tuple[str, ...] = ()
    unjudged: frozenset[str] = frozenset()
    rows: tuple[User, ...] = ()


def _by_user(credentials: Iterable[ServiceSpecificCredential]) -> dict[str, list[ServiceSpecificCredential]]:
    by_user: dict[str, list[ServiceSpecificCredential]] = {}
    for one in credentials:
        by_user.setdefault(one.user, []).append(one)
    return by_user


def _of_row(user: User, specific: Iterable[ServiceSpecificCredential]) -> _Judged:
    account, arn = user.account, user.arn
    if is_gone(account, user.row):
        return _Judged(arn, USER_TYPE, (), (GONE,))
    outcomes: list[_Outcome] = []
    if user.row.is_root:
        outcomes.extend(judge_root(user))
    else:
        outcomes.extend(judge_user(user))
        for one in specific:
            outcomes.extend(judge_service_specific(user, one))
        if services_of(account, arn) and not is_user_idle(user):
            created = user.row.created if isinstance(user.row.created, datetime) else None
            outcomes.extend(judge_permissions(account, arn, created, user.thresholds))
    if unread := open_questions(user):
        outcomes.append(_error(user.row, unread))
    is_bare = user.row.is_root and not unread and not has_credential(user)
    unjudged = _unjudged_of_user(account, arn, is_root=user.row.is_root)
    return _Judged(arn, USER_TYPE, outcomes, (BARE_ROOT,) if is_bare else (), unjudged, (user,))


def _of_role(account: AccountCredentials, role: Role, limits: Thresholds) -> _Judged:
    """Judge a role, and what it may do unless it is unused itself, which says as much."""
    if (unused := judge_role(account, role, limits)) is not None:
        return _Judged(role.arn, ROLE_TYPE, [unused], unjudged=_unjudged_of_role(account, role.arn))
    unknown = unknown_use(account, role, limits)
    outcomes: list[_Outcome] = [
        *judge_permissions(account, role.arn, role.created_at, limits),
        *([unknown] if unknown else []),
    ]
    notes = (ATTEMPTED,) if is_kept_by_an_attempt(account, role, limits) else ()
    return _Judged(role.arn, ROLE_TYPE, outcomes, notes, _unjudged_of_role(account, role.arn))


def _unjudged_of_user(account: AccountCredentials, arn: str, *, is_root: bool) -> frozenset[str]:
    """Return the checks that cannot be made on a user of the report."""
    missing = {
        ROOT_MFA_VIRTUAL: is_root and account.root_mfa_devices is None,
        SERVICE_SPECIFIC: account.service_specific_credentials is None and not is_root,
        UNUSED_PERMISSION: services_of(account, arn) is None and not is_root,
    }
    return _one_of_few(tuple(check for check, is_missing in missing.items() if is_missing))


def _unjudged_of_role(account: AccountCredentials, arn: str) -> frozenset[str]:
    return _one_of_few((UNUSED_PERMISSION,) if services_of(account, arn) is None else ())


@cache
def _one_of_few(checks: tuple[str, ...]) -> frozenset[str]:
    """Return a set that all users share who lack the same; one of its own for each would be tens of megabytes."""
    return frozenset(checks)


def _beyond_report(
    account: AccountCredentials, name: str, specific: Iterable[ServiceSpecificCredential], limits: Thresholds
) -> _Judged:
    """Judge what a user has of whom no report tells, or not yet."""
    user = User.of(account, ReportRow.of_nobody(name, account.user_arns.get(name, "")), limits)
    risks = [risk for one in specific for risk in judge_service_specific(user, one)]
    unjudged = _EVERY_CHECK if account.service_specific_credentials is None else _EVERY_CHECK - {SERVICE_SPECIFIC}
    return _Judged(user.arn, USER_TYPE, risks, (UNTOLD,), unjudged)


def _of_account(account: AccountCredentials, limits: Thresholds, *, has_root: bool) -> Iterator[_Judged]:
    outcomes: list[_Outcome] = list(judge_account(account, limits))
    if account.report is None:
        outcomes += [no_report(account), _unreported(account)]
    if not has_root:
        root = User.of(account, ReportRow.of_nobody(), limits)
        unjudged = _EVERY_CHECK if account.summary is None else _EVERY_CHECK - _OF_SUMMARY
        yield _Judged(root.arn, USER_TYPE, list(judge_root(root)), (NO_ROOT,), unjudged)
    missing = {
        **dict.fromkeys(_OF_PASSWORD_POLICY, account.password_policy is None),
        PASSWORDS_WITHOUT_END: not account.report or not account.report.rows,
        ROOT_CENTRAL: account.root_management is None or has_root_password(account) is None,
    }
    unjudged = frozenset(check for check, is_missing in missing.items() if is_missing)
    yield _Judged(_account_arn(account), ACCOUNT_TYPE, outcomes, unjudged=unjudged)


def _failed(account: AccountCredentials) -> Iterator[_Judged]:
    """Yield an error for each user and role, and for the account, of which a call was to tell that failed."""
    by_arn: dict[str, list[Gap]] = {}
    for gap in account.gaps:
        if account.report is not None or not _hides_report(gap):  # without a report, the account has that error
            by_arn.setdefault(gap.resource or _subject_of(gap, account), []).append(gap)
    for arn, gaps in by_arn.items():
        calls = ", ".join(f"{gap.call} answered {gap.code}" for gap in gaps)
        error = AnalysisError(
            _code_of(gaps), f"not everything could be read beside the credential report: {calls}", tuple(gaps)
        )
        yield _Judged(arn, _type_at(arn, account), [error])


def _type_at(arn: str, account: AccountCredentials) -> str:
    if arn == _account_arn(account):
        return ACCOUNT_TYPE
    return ROLE_TYPE if ":role/" in arn else USER_TYPE


def _subject_of(gap: Gap, account: AccountCredentials) -> str:
    return _root_arn(account) if gap.call in OF_ROOT else _account_arn(account)


def _hides_report(gap: Gap) -> bool:
    return "credential_report" in gap.call or gap.hides_account


def _code_of(gaps: Iterable[Gap]) -> ErrorCode:
    return ErrorCode.ACCESS_DENIED if any(is_denial(one.code) for one in gaps) else ErrorCode.INTERNAL_ERROR


def _root_arn(account: AccountCredentials) -> str:
    return f"arn:{account.partition}:iam::{account.account_id}:root"


def _account_arn(account: AccountCredentials) -> str:
    return f"arn:{account.partition}:account::{account.account_id}:account"


def _error(row: ReportRow, unread: Iterable[UnreadCell]) -> AnalysisError:
    cells = "; ".join(f"`{one.column}` holds {quoted(one.text, WIDTH)}" for one in unread)
    reason = (
        f"the credential report leaves open what it should tell of {quoted(row.user, WIDTH)}: {cells}; fetch it again"
    )
    return AnalysisError(ErrorCode.INTERNAL_ERROR, reason)


def _unreported(account: AccountCredentials) -> AnalysisError:
    gaps = tuple(filter(_hides_report, account.gaps))
    why = f": {gaps[0].call} answered {gaps[0].code}" if gaps else ""
    return AnalysisError(
        _code_of(gaps),
        f"no credential report could be read{why}; passwords and keys of this account were not looked at",
        gaps,
    )


def _joined(judged: Sequence[_Judged]) -> Iterable[_Judged]:
    """Return each resource once: an edited report may have a user twice."""
    by_arn: dict[str, _Judged] = {}
    for one in judged:
        known = by_arn.get(one.arn)
        if known is not None:
            rows = (*known.rows, *one.rows)
            together = tuple(_without_denied_uses((*known.outcomes, *one.outcomes), rows))
            unjudged = known.unjudged | one.unjudged
            notes = tuple(dict.fromkeys((*known.notes, *one.notes)))
            by_arn[one.arn] = _Judged(one.arn, one.resource_type, together, notes, unjudged, rows)
        else:
            by_arn[one.arn] = one
    return by_arn.values()


def _without_denied_uses(outcomes: Iterable[_Outcome], rows: Iterable[User]) -> Iterator[_Outcome]:
    """Yield the outcomes but those that say of a credential that it was never used, of which a row shows a use."""
    used = {one for user in rows for one in _used(user)}
    for one in outcomes:
        is_denied = isinstance(one, CredentialRisk) and one.check in NEVER_USED and (one.kind, one.credential) in used
        if not is_denied:
            yield one


def _used(user: User) -> Iterator[tuple[CredentialKind, str]]:
    if isinstance(user.password_use.at, datetime):
        yield CredentialKind.PASSWORD, ""
    for key in (*user.keys.all, *user.keys.by_use):
        if key.used is not None:
            yield CredentialKind.ACCESS_KEY, key.name


def _analysis(account: AccountCredentials, judged: _Judged) -> ResourceAnalysis:
    place = judged.arn, judged.resource_type, account.account_id, GLOBAL
    observations = tuple(Observation(*place, _type_of(one), one) for one in _distinct(judged.outcomes))
    return ResourceAnalysis(*place, observations, judged.notes, judged.unjudged)


def _distinct(outcomes: Sequence[_Outcome]) -> Iterable[_Outcome]:
    """Return each finding once, the worse where two have one name, and one error for all that is open."""
    if len(outcomes) < 2:  # noqa: PLR2004 - a pair
        return outcomes
    risks: dict[tuple[str, str], _Outcome] = {}
    errors: list[AnalysisError] = []
    for one in outcomes:
        match one:
            case AnalysisError():
                errors.append(one)
            case CredentialRisk(check=check, credential=credential):
                known = risks.get((check, credential))
                if not isinstance(known, CredentialRisk) or known.severity.value < one.severity.value:
                    risks[check, credential] = one
    if len(errors) > 1:
        reasons = " ".join(f"{one.reason}." for one in errors)
        is_denied = any(one.code is ErrorCode.ACCESS_DENIED for one in errors)
        code = ErrorCode.ACCESS_DENIED if is_denied else ErrorCode.INTERNAL_ERROR
        errors = [AnalysisError(code, reasons, tuple(gap for one in errors for gap in one.gaps))]
    return [*risks.values(), *errors]


def _type_of(outcome: _Outcome) -> FindingType:
    return CHECKS[outcome.check].finding_type if isinstance(outcome, CredentialRisk) else FindingType.CREDENTIAL
