"""What is wrong with the credentials of a user."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from sekisho.analyzers.credentials.keys import Key, shown
from sekisho.analyzers.credentials.risks import cell, in_words, key_risk, named, risk
from sekisho.analyzers.credentials.thresholds import AT_SET_UP, DAY, VERY_OLD_KEY
from sekisho.analyzers.credentials.user import PasswordUse, User
from sekisho.analyzers.observation import CredentialRisk, Fact, Severity
from sekisho.resources.credentials import Mark, ServiceSpecificCredential

BEDROCK: Final = "bedrock.amazonaws.com"
PAIR: Final = 2

PASSWORD_USES_FROM: Final = datetime(2014, 10, 20, tzinfo=UTC)
KEY_USES_FROM: Final = datetime(2015, 4, 22, tzinfo=UTC)
"""Since when AWS notes uses. Source: IAM User Guide, "Generate credential reports for your AWS account"."""


def judge_user(user: User) -> Iterator[CredentialRisk]:
    """Yield what is wrong with a user; nothing of the root user."""
    if user.has_password:
        yield from _judge_password(user)
    if user.keys.all:
        yield from _judge_keys(user)
    yield from _judge_mfa(user)
    for certificate in user.row.certificates:
        if certificate.active is True:
            yield risk(
                "CRED-CERT",
                "A signing certificate is active, for requests of a kind that hardly any service takes any more.",
                [
                    cell(f"cert_{certificate.number}_active", value=True),
                    cell(f"cert_{certificate.number}_last_rotated", certificate.last_rotated),
                ],
                data_at=user.now,
                credential=str(certificate.number),
            )
    if user.row.additional:
        yield risk(
            "CRED-REPORT-INCOMPLETE",
            "The user has more credentials than the report has columns; those beyond were not looked at.",
            [cell("additional_credentials_info", user.row.additional)],
            data_at=user.now,
        )


def _judge_password(user: User) -> Iterator[CredentialRisk]:
    row, use, days = user.row, user.password_use, user.thresholds.unused_days
    match use.at:
        case datetime() as used:
            if (age := use.age_of(used)) >= days * DAY:
                yield risk(
                    "CRED-PW-UNUSED",
                    f"The password was last used {in_words(age)} ago.",
                    [use.fact, cell("password_last_changed", row.password_last_changed)],
                    data_at=use.now,
                    last_used=used,
                    days=days,
                )
        case Mark.UNREADABLE:
            pass
        case _:
            yield from _judge_new_password(user, use)
    if isinstance(row.password_next_rotation, datetime) and row.password_next_rotation < user.now:
        yield risk(
            "CRED-PW-EXPIRED",
            "The password has expired; it is to be changed at the next sign-in, or is not needed.",
            [cell("password_next_rotation", row.password_next_rotation)],
            data_at=user.now,
        )


def _judge_new_password(user: User, use: PasswordUse) -> Iterator[CredentialRisk]:
    """Judge a password that was never used: since when could it have been?"""
    row, days = user.row, user.thresholds.unused_days
    if Mark.UNREADABLE in {row.password_last_changed, row.created}:
        return
    if row.password_enabled is False:  # it was set since the report
        return
    known = [one for one in (row.password_last_changed, row.created) if isinstance(one, datetime)]
    age = use.age_of(max(known)) if known else None
    if age is not None and age < days * DAY:
        return
    since = "for an unknown time" if age is None else f"in the {in_words(age)} that it has been there"
    yield risk(
        "CRED-PW-NEVER",
        f"The password was never used {since}{_as_far_as(PASSWORD_USES_FROM, max(known, default=None))}.",
        [
            use.fact,
            cell("password_last_changed", row.password_last_changed),
            cell("user_creation_time", row.created),
        ],
        data_at=use.now,
        severity=Severity.MEDIUM if age is not None and age >= 2 * days * DAY else None,
        days=days,
    )


def _as_far_as(noted: datetime, made: datetime | None) -> str:
    """Say from when on AWS has noted uses, of what is older than that."""
    return f", as far as is known: uses are noted since {noted:%Y-%m-%d}" if made is not None and made < noted else ""


def _judge_keys(user: User) -> Iterator[CredentialRisk]:
    for key in user.keys.active:
        yield from _judge_age(user, key)
    for key in user.keys.idle:
        yield from _judge_idle(user, key)
    for key in user.keys.by_use:
        yield from _judge_use(user, key)
    if len(user.keys.active) >= PAIR:
        yield _judge_pair(user)
    if user.has_password and user.keys.active:
        yield risk(
            "CRED-PW-KEY",
            "The user has a password and an active access key: a person and a program in one.",
            [user.password_fact, *user.keys.active[0].facts],
            data_at=user.now,
        )


def _judge_idle(user: User, key: Key) -> Iterator[CredentialRisk]:
    days = user.thresholds.inactive_key_days
    if key.changed is not None and (idle := key.age_of(key.changed)) >= days * DAY:
        yield key_risk(
            "CRED-KEY-INACTIVE",
            key,
            f"{named(key)} has been inactive for {in_words(idle)}, and can be deleted.",
            days=days,
        )


def _judge_use(user: User, key: Key) -> Iterator[CredentialRisk]:
    days = user.thresholds.unused_days
    if key.used is None:
        yield from _judge_never(user, key)
        return
    age = key.age_of(key.used)
    if age >= days * DAY:
        yield key_risk("CRED-KEY-UNUSED", key, f"{named(key)} was last used {in_words(age)} ago.", days=days)
    if age <= user.thresholds.role_candidate_days * DAY:
        yield key_risk(
            "CRED-USER-NOT-ROLE",
            key,
            f"{named(key)} was used {in_words(age)} ago, for {key.service or 'an unknown service'}: what uses it "
            "could have a role, whose credentials renew themselves.",
            days=user.thresholds.role_candidate_days,
        )


def _judge_never(user: User, key: Key) -> Iterator[CredentialRisk]:
    days = user.thresholds.unused_days
    age = None if key.made is None else key.age_of(key.made)
    if not key.used_is_known:
        return
    if age is None or age >= days * DAY:
        since = "for an unknown time" if age is None else f"in the {in_words(age)} that it has been there"
        far = _as_far_as(KEY_USES_FROM, key.made)
        yield key_risk("CRED-KEY-NEVER", key, f"{named(key)} was never used {since}{far}.", days=days)
    elif user.has_password and _was_made_at_set_up(user, key):
        yield key_risk(
            "CRED-KEY-INITIAL",
            key,
            f"{named(key)} was made when the user was, who has a password, and never used.",
        )


def _was_made_at_set_up(user: User, key: Key) -> bool:
    created = user.row.created
    return key.made is not None and isinstance(created, datetime) and abs(key.made - created) <= AT_SET_UP


def _judge_age(user: User, key: Key) -> Iterator[CredentialRisk]:
    days = user.thresholds.key_age_days
    if key.made is None or (age := key.age_of(key.made)) < days * DAY:
        return
    is_younger = key.changed is not None and key.changed != key.made
    younger = f"; the report's date is {shown(key.changed)}, when its status changed" if is_younger else ""
    yield key_risk(
        "CRED-KEY-OLD",
        key,
        f"{named(key)} is {in_words(age)} old{younger}.",
        severity=Severity.HIGH if age > VERY_OLD_KEY else None,
        days=days,
    )


def _judge_pair(user: User) -> CredentialRisk:
    limits, keys = user.thresholds, user.keys.active
    used = [
        key for key in user.keys.by_use if key.used is not None and key.age_of(key.used) <= limits.both_used_days * DAY
    ]
    candidates = used if user.keys.by_use is keys else keys
    youngest = min((key.age_of(key.made) for key in candidates if key.made is not None), default=timedelta())
    facts = [fact for key in keys for fact in key.facts]
    if len(used) >= PAIR and youngest >= limits.rotation_days * DAY:
        return risk(
            "CRED-KEY-TWO-USED",
            f"{len(used)} access keys are in use, and the youngest is {in_words(youngest)} old: this is no rotation.",
            facts,
            data_at=user.now,
            days=limits.both_used_days,
        )
    return risk("CRED-KEY-TWO", f"{len(keys)} access keys are active.", facts, data_at=user.now)


def _judge_mfa(user: User) -> Iterator[CredentialRisk]:
    if not user.mfa_is_missing:
        return
    if user.has_password:
        yield risk(
            "CRED-MFA-CONSOLE",
            "The user signs in with a password alone, without MFA.",
            [user.password_fact, _mfa_fact(user)],
            data_at=user.now,
        )
    elif user.keys.active and (user.password_is_told_elsewhere or user.row.password_enabled is not Mark.UNREADABLE):
        yield risk(
            "CRED-MFA-KEY",
            "The user has an active access key and no MFA, which would help only where policies ask for it; a role "
            "would do better.",
            [_mfa_fact(user), *user.keys.active[0].facts],
            data_at=user.now,
        )


def _mfa_fact(user: User) -> Fact:
    devices = user.account.mfa_devices.get(user.row.user)
    return cell("mfa_active", user.row.mfa_active) if devices is None else Fact("devices", "0", "iam.list_mfa_devices")


def judge_service_specific(user: User, credential: ServiceSpecificCredential) -> Iterator[CredentialRisk]:
    """Yield what is wrong with a credential for one service."""
    days = user.thresholds.service_credential_days
    age = max(user.account.taken_at - credential.created, timedelta())
    is_over = credential.expires is not None and credential.expires <= user.account.taken_at
    if is_over or not credential.is_active or (age < days * DAY and credential.expires is not None):
        return
    source = "iam.list_service_specific_credentials"
    end = "never" if credential.expires is None else shown(credential.expires)
    yield risk(
        "CRED-SSC",
        f"A credential for {credential.service} is {in_words(age)} old"
        + (", and never expires." if credential.expires is None else "."),
        [Fact("made", shown(credential.created), source), Fact("expires", end, source)],
        data_at=user.account.taken_at,
        credential=credential.id,
        severity=Severity.MEDIUM if credential.service == BEDROCK else None,
        days=days,
    )
