"""Raw calls about the credentials of an account to values. What failed or makes no sense becomes a gap."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

import msgspec

from sekisho.policy.arns import parse_arn
from sekisho.resources.answers import (
    ReadingError,
    UnexpectedAnswerError,
    answer_of,
    object_in,
    objects_in,
    required_text,
    texts_in,
)
from sekisho.resources.credentials.account import (
    AccessKey,
    AccountCredentials,
    AccountSummary,
    KeyStatus,
    MfaDevice,
    MfaKind,
    NoPasswordPolicy,
    PasswordPolicy,
    RootManagement,
    ServiceSpecificCredential,
)
from sekisho.resources.credentials.members import (
    listed_in,
    moment_in,
    number_in,
    required_flag,
    required_moment,
    required_number,
)
from sekisho.resources.credentials.principals import ServiceAccess
from sekisho.resources.credentials.reading_principals import (
    job_id,
    joined_principals,
    joined_users,
    principals_in,
    services_in,
    users_in,
)
from sekisho.resources.credentials.report import CredentialReport, parse_report
from sekisho.resources.gaps import Gap, account_gaps, is_absence
from sekisho.resources.snapshot import ApiCall, ApiError, Json, RawAccount, Snapshot

_T = TypeVar("_T")

_REPORT: Final = "iam.get_credential_report"
_KEYS: Final = "iam.list_access_keys"
_LAST_USED: Final = "iam.get_access_key_last_used"
_DEVICES: Final = "iam.list_mfa_devices"
_USERS: Final = "iam.list_users"
_PROFILE: Final = "iam.get_login_profile"
_VIRTUAL_DEVICES: Final = "iam.list_virtual_mfa_devices"
_SERVICE_SPECIFIC: Final = "iam.list_service_specific_credentials"
_POLICY: Final = "iam.get_account_password_policy"
_SUMMARY: Final = "iam.get_account_summary"
_FEATURES: Final = "iam.list_organizations_features"
_ORGANIZATION: Final = "organizations.describe_organization"
_PRINCIPALS: Final = "iam.get_account_authorization_details"
_JOBS: Final = "iam.generate_service_last_accessed_details"
_SERVICES: Final = "iam.get_service_last_accessed_details"

_OURS: Final = frozenset(
    {
        _REPORT, _KEYS, _LAST_USED, _DEVICES, _USERS, _PROFILE, _VIRTUAL_DEVICES, _SERVICE_SPECIFIC, _POLICY, _SUMMARY,
        _FEATURES, _ORGANIZATION, _PRINCIPALS, _JOBS, _SERVICES, "iam.generate_credential_report", "sts.assume_role",
        "organizations.list_roots", "organizations.list_accounts_for_parent",
        "organizations.list_organizational_units_for_parent",
    }
)  # fmt: skip
"""The calls whose failure leaves something of the credentials unknown, or hides whole accounts of an organization; an
account may have been asked others too."""

_GONE: Final = "NoSuchEntity"


def credentials_in(snapshot: Snapshot) -> list[AccountCredentials]:
    """Return the credentials of every account of a zone of trust, by its id, those of which nothing was read too."""
    zone, read = snapshot.zone_of_trust, {one.account_id: one for one in snapshot.accounts}
    for account_id in (zone.account_id, *(one.account_id for one in zone.accounts)):
        read.setdefault(account_id, RawAccount(account_id))  # a recording may have nothing of some of them
    return [
        credentials_of(one, partition=zone.partition, taken_at=snapshot.taken_at) for _, one in sorted(read.items())
    ]


def credentials_of(account: RawAccount, *, partition: str, taken_at: datetime) -> AccountCredentials:
    """Return what the calls of an account say of its credentials.

    A listing of which a page failed counts as not read; one that was asked for twice has the items of both answers. Of
    other calls the last answer counts. A user who is gone by now has no keys and no password; their devices are not
    known.

    Args:
        account: as it was read or recorded; calls about other things are passed over.
        partition: that of the account.
        taken_at: when it was read; in UTC if it has no time zone.
    """
    answers = _Answers(account)
    report = answers.one(_REPORT, _report)
    users = answers.one(_USERS, users_in, join=joined_users)
    principals = answers.one(_PRINCIPALS, principals_in, join=joined_principals)
    generated = moment_in if report is None else required_moment  # what is wrong with an answer is said once
    last_uses = answers.by_subject(_LAST_USED, _last_use)
    access_keys = answers.by_subject(
        _KEYS, partial(_access_keys, last_uses=last_uses), absent=_NO_KEYS, join=_joined_keys
    )
    answers.expect_last_uses(key.id for keys in access_keys.values() for key in keys if key.status is KeyStatus.ACTIVE)
    return AccountCredentials(
        account_id=account.account_id,
        partition=partition,
        taken_at=taken_at.replace(tzinfo=UTC) if taken_at.tzinfo is None else taken_at,
        report=report,
        generated_at=answers.one(_REPORT, partial(generated, member="GeneratedTime")),
        access_keys=access_keys,
        mfa_devices=answers.by_subject(_DEVICES, _mfa_devices, join=_joined),
        login_profiles=answers.by_subject(_PROFILE, _has_password, absent=_NO_PROFILE),
        password_last_used=None if users is None else {name: one.password_last_used for name, one in users.items()},
        user_arns={} if users is None else {name: one.arn for name, one in users.items()},
        root_mfa_devices=answers.one(_VIRTUAL_DEVICES, _root_mfa_devices, join=_joined),
        service_specific_credentials=answers.one(_SERVICE_SPECIFIC, _service_specific_credentials, join=_joined),
        password_policy=answers.one(_POLICY, _password_policy, absent=_NO_POLICY),
        summary=answers.one(_SUMMARY, _summary),
        root_management=_root_management(answers, account.account_id),
        roles=None if principals is None else principals.roles,
        user_tags=None if principals is None else principals.user_tags,
        service_access=_service_access(answers),
        gaps=answers.gaps(report, partition),  # last: an answer that made no sense above is among them
    )


class _Answers:
    """The calls of an account, by what they asked; those that failed or cannot be understood are remembered."""

    def __init__(self, account: RawAccount) -> None:
        self._account_id = account.account_id
        self._calls: defaultdict[str, defaultdict[str, list[ApiCall]]] = defaultdict(lambda: defaultdict(list))
        self._failed: list[ApiCall] = []
        for made in account.api_calls:
            if made.call in _OURS:
                self._calls[made.call][_subject(made)].append(made)
                if made.error is not None and not is_absence(made.call, made.error):
                    self._failed.append(made)

    def asks(self, call: str) -> bool:
        """Say whether a call was made at all."""
        return bool(self._calls[call])

    def one(
        self,
        call: str,
        translate: Callable[[Mapping[str, Json]], _T],
        *,
        absent: Mapping[str, _T] | None = None,
        join: Callable[[Sequence[_T]], _T] | None = None,
    ) -> _T | None:
        """Return what a call says, or None when it was not made or says nothing.

        Args:
            call: one that is about no user or key.
            translate: what its answer means; may raise `ReadingError`.
            absent: what its errors mean, by their codes, where they mean anything.
            join: makes one of several answers; without it the last one counts.
        """
        return self._translated(self._calls[call][""], translate, absent or {}, join)

    def by_subject(
        self,
        call: str,
        translate: Callable[[Mapping[str, Json]], _T],
        *,
        absent: Mapping[str, _T] | None = None,
        join: Callable[[Sequence[_T]], _T] | None = None,
    ) -> dict[str, _T]:
        """Return what a call says of each user or access key that it was made for; those it says nothing of are out."""
        said = {
            subject: self._translated(calls, translate, absent or {}, join)
            for subject, calls in self._calls[call].items()
            if subject
        }
        return {subject: value for subject, value in said.items() if value is not None}

    def expect_last_uses(self, keys: Iterable[str]) -> None:
        """Note a failure for each of these keys whose last use nobody asked for: it must not look like "never"."""
        for key in keys:
            if not self._calls[_LAST_USED][key]:
                reason = ApiError("InvalidResponse", f"the last use of access key `{key}` was not asked for")
                self._failed.append(ApiCall(_LAST_USED, {"AccessKeyId": key}, error=reason))

    def expect_answers(self, jobs: Mapping[str, str]) -> None:
        """Note a failure for each of these jobs, by whom it is about, of which nobody asked what it told."""
        for arn, job in jobs.items():
            if not self._calls[_SERVICES][job]:
                reason = ApiError("InvalidResponse", f"what was last accessed by {arn} was not asked for")
                self._failed.append(ApiCall(_SERVICES, {"JobId": job}, error=reason))

    def gaps(self, report: CredentialReport | None, partition: str) -> tuple[Gap, ...]:
        """Return what is not known, with the ARN of the user where it is about one who is in the report."""
        rows = () if report is None else report.rows
        arns = {row.user: row.arn_in(self._account_id, partition) for row in rows}
        users = self._users_by_key()
        principals = self._principals_by_job()
        return tuple(
            msgspec.structs.replace(gap, resource=principals.get(told) or arns.get(users.get(told, told)))
            for made in self._failed
            for told in (_subject(made),)
            for gap in account_gaps(RawAccount(self._account_id, (made,)))
        )

    def _translated(
        self,
        calls: Sequence[ApiCall],
        translate: Callable[[Mapping[str, Json]], _T],
        absent: Mapping[str, _T],
        join: Callable[[Sequence[_T]], _T] | None,
    ) -> _T | None:
        if not calls or any(made.error is not None and made.error.code not in absent for made in calls):
            return None
        if (last := calls[-1].error) is not None:
            return absent[last.code]
        answered = [made for made in calls if made.error is None]
        said = [self._understood(made, translate) for made in (answered if join else answered[-1:])]
        understood = [one for one in said if one is not None]
        if len(understood) < len(said):
            return None
        return join(understood) if join else understood[0]

    def _understood(self, made: ApiCall, translate: Callable[[Mapping[str, Json]], _T]) -> _T | None:
        try:
            return translate(answer_of(made))
        except ReadingError as error:
            reason = ApiError("InvalidResponse", str(error))
            self._failed.append(msgspec.structs.replace(made, response=None, error=reason))
            return None

    def _users_by_key(self) -> dict[str, str]:
        return {key: user for user, calls in self._calls[_KEYS].items() for made in calls for key in _ids_of_keys(made)}

    def _principals_by_job(self) -> dict[str, str]:
        """Return whom each job is about, and of each user and role that one was begun for itself."""
        begun = self._calls[_JOBS]
        return {arn: arn for arn in begun} | {
            job: arn for arn, calls in begun.items() for made in calls if (job := _job_of(made))
        }


def _subject(made: ApiCall) -> str:
    """Return the user, access key, ARN or job that a call is about; empty when it is about the account."""
    subject: Json = next((made.params[name] for name in _SUBJECTS if made.params.get(name)), "")
    return subject if isinstance(subject, str) else ""


_SUBJECTS: Final = ("UserName", "AccessKeyId", "Arn", "JobId")


def _job_of(made: ApiCall) -> str | None:
    try:
        return job_id(answer_of(made))
    except ReadingError:
        return None


def _ids_of_keys(made: ApiCall) -> list[str]:
    try:
        return [required_text(key, "AccessKeyId") for key in objects_in(answer_of(made), "AccessKeyMetadata")]
    except ReadingError:
        return []


# --- several answers to one question


def _joined(listings: Sequence[tuple[_T, ...]]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(one for listing in listings for one in listing))


def _joined_keys(listings: Sequence[tuple[AccessKey, ...]]) -> tuple[AccessKey, ...]:
    """Return each key once; one that any answer has as active is, which errs to too many active keys."""
    keys: dict[str, AccessKey] = {}
    for key in _joined(listings):
        if key.id not in keys or keys[key.id].status is not KeyStatus.ACTIVE:
            keys[key.id] = key
    return tuple(keys.values())


# --- what each answer means


def _report(raw: Mapping[str, Json]) -> CredentialReport:
    content: Json = raw.get("Content")
    match content:
        case str():
            return parse_report(content.encode())
        case bytes():
            return parse_report(content)
        case _:
            raise UnexpectedAnswerError("the answer's `Content` is no text")


def _last_use(raw: Mapping[str, Json]) -> Mapping[str, Json]:
    used = object_in(raw, "AccessKeyLastUsed")
    return {
        "last_used": moment_in(used, "LastUsedDate"),
        "last_used_region": _applicable(required_text(used, "Region")),
        "last_used_service": _applicable(required_text(used, "ServiceName")),
    }


def _applicable(text: str) -> str:
    return "" if text == "N/A" else text


def _access_keys(raw: Mapping[str, Json], *, last_uses: Mapping[str, Mapping[str, Json]]) -> tuple[AccessKey, ...]:
    return tuple(_access_key(key, last_uses) for key in listed_in(raw, "AccessKeyMetadata"))


_NO_KEYS: Final[Mapping[str, tuple[AccessKey, ...]]] = {_GONE: ()}


def _access_key(raw: Mapping[str, Json], last_uses: Mapping[str, Mapping[str, Json]]) -> AccessKey:
    key_id, status = required_text(raw, "AccessKeyId"), required_text(raw, "Status")
    if status not in _STATUSES:
        raise UnexpectedAnswerError(f"`{status}` is no status of an access key")
    last_use = last_uses.get(key_id)
    return AccessKey(
        id=key_id,
        status=_STATUSES[status],
        created=required_moment(raw, "CreateDate"),
        is_last_use_known=last_use is not None,
        **(last_use or {}),
    )


_STATUSES: Final = {status.value: status for status in KeyStatus}


def _mfa_devices(raw: Mapping[str, Json]) -> tuple[MfaDevice, ...]:
    return tuple(_mfa_device(device) for device in listed_in(raw, "MFADevices"))


def _has_password(raw: Mapping[str, Json]) -> bool:
    required_text(object_in(raw, "LoginProfile"), "UserName")
    return True


_NO_PROFILE: Final[Mapping[str, bool]] = {_GONE: False}


def _root_mfa_devices(raw: Mapping[str, Json]) -> tuple[MfaDevice, ...]:
    """Return the virtual devices of the root user; one without a date was never put to use."""
    return tuple(
        _mfa_device(device)
        for device in listed_in(raw, "VirtualMFADevices")
        if required_text(object_in(device, "User"), "Arn").endswith(":root") and device.get("EnableDate") is not None
    )


def _mfa_device(raw: Mapping[str, Json]) -> MfaDevice:
    serial = required_text(raw, "SerialNumber")
    arn = parse_arn(serial)
    if arn is None:
        return MfaDevice(serial, MfaKind.HARDWARE)
    kind = arn.resource.partition("/")[0]
    if kind not in _KINDS:
        raise UnexpectedAnswerError(f"`{serial}` is no MFA device of a known kind")
    return MfaDevice(serial, _KINDS[kind])


_KINDS: Final = {kind.value: kind for kind in (MfaKind.VIRTUAL, MfaKind.SECURITY_KEY, MfaKind.SMS)}


def _service_specific_credentials(raw: Mapping[str, Json]) -> tuple[ServiceSpecificCredential, ...]:
    return tuple(
        ServiceSpecificCredential(
            user=required_text(one, "UserName"),
            id=required_text(one, "ServiceSpecificCredentialId"),
            service=required_text(one, "ServiceName"),
            is_active=required_text(one, "Status") == "Active",
            created=required_moment(one, "CreateDate"),
            expires=moment_in(one, "ExpirationDate"),
        )
        for one in listed_in(raw, "ServiceSpecificCredentials")
    )


def _password_policy(raw: Mapping[str, Json]) -> PasswordPolicy:
    policy = object_in(raw, "PasswordPolicy")
    return PasswordPolicy(
        minimum_password_length=required_number(policy, "MinimumPasswordLength"),
        require_symbols=required_flag(policy, "RequireSymbols"),
        require_numbers=required_flag(policy, "RequireNumbers"),
        require_uppercase_characters=required_flag(policy, "RequireUppercaseCharacters"),
        require_lowercase_characters=required_flag(policy, "RequireLowercaseCharacters"),
        expire_passwords=required_flag(policy, "ExpirePasswords"),
        max_password_age=number_in(policy, "MaxPasswordAge"),
        password_reuse_prevention=number_in(policy, "PasswordReusePrevention"),
    )


_NO_POLICY: Final[Mapping[str, PasswordPolicy | NoPasswordPolicy]] = {_GONE: NoPasswordPolicy()}


def _summary(raw: Mapping[str, Json]) -> AccountSummary:
    summary = object_in(raw, "SummaryMap")
    password = number_in(summary, "AccountPasswordPresent")
    return AccountSummary(
        root_mfa_enabled=required_number(summary, "AccountMFAEnabled") > 0,
        root_keys_present=required_number(summary, "AccountAccessKeysPresent") > 0,
        root_password_present=None if password is None else password > 0,
    )


def _root_management(answers: _Answers, account_id: str) -> RootManagement | None:
    """Return what the organization does with root credentials; None unless it is known which account manages it."""
    features = answers.one(_FEATURES, _features, absent=_NO_FEATURES)
    manager = answers.one(_ORGANIZATION, _management_account)
    if features is None or manager is None:
        return None
    return RootManagement("RootCredentialsManagement" in features, is_management_account=manager == account_id)


def _service_access(answers: _Answers) -> Mapping[str, tuple[ServiceAccess, ...]] | None:
    """Return what users and roles last accessed, by their ARNs; those of whom that is not known are out."""
    if not answers.asks(_JOBS):
        return None
    jobs = answers.by_subject(_JOBS, job_id)
    answers.expect_answers(jobs)
    told = answers.by_subject(_SERVICES, services_in, join=_joined)
    return {arn: told[job] for arn, job in jobs.items() if job in told}


def _features(raw: Mapping[str, Json]) -> tuple[str, ...]:
    if "EnabledFeatures" not in raw:
        required_text(raw, "OrganizationId")
    return texts_in(raw, "EnabledFeatures")


# Without trusted access for IAM, an organization cannot have the features.
_NO_FEATURES: Final[Mapping[str, tuple[str, ...]]] = {"ServiceAccessNotEnabledException": ()}


def _management_account(raw: Mapping[str, Json]) -> str:
    return required_text(object_in(raw, "Organization"), "MasterAccountId")
