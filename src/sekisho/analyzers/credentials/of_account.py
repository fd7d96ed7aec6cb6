"""What is wrong with what an account says of all its credentials."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sekisho.analyzers.credentials.keys import shown
from sekisho.analyzers.credentials.risks import cell, in_words, risk
from sekisho.analyzers.credentials.thresholds import LONGEST_LIFE_OF_PASSWORDS, Thresholds
from sekisho.analyzers.credentials.user import has_password
from sekisho.analyzers.observation import CredentialRisk, Fact, Severity
from sekisho.resources.credentials import AccountCredentials, Mark, NoPasswordPolicy, PasswordPolicy

POLICY: Final = "iam.get_account_password_policy"
WANTED_LENGTH: Final = "wantedLength"
WANTED_REUSE: Final = "wantedReuse"


def judge_account(account: AccountCredentials, thresholds: Thresholds) -> Iterator[CredentialRisk]:
    """Yield what is wrong with an account."""
    yield from _judge_policy(account, thresholds)
    yield from _judge_rotation(account)
    yield from _judge_root_management(account)
    yield from _judge_age(account, thresholds)


def _judge_policy(account: AccountCredentials, thresholds: Thresholds) -> Iterator[CredentialRisk]:
    match account.password_policy:
        case None:
            return
        case NoPasswordPolicy():
            yield risk(
                "CRED-PW-POLICY-NONE",
                "The account has no password policy: 8 characters are enough, and the last password will do again.",
                [Fact("passwordPolicy", "none", POLICY), *_wanted(thresholds)],
                data_at=account.taken_at,
            )
        case PasswordPolicy() as policy:
            for check, sentence, fact in _lacks(policy, thresholds):
                yield risk(check, sentence, [fact, *_wanted(thresholds)], data_at=account.taken_at)


def _wanted(limits: Thresholds) -> tuple[Fact, ...]:
    """Return what the policy is held against, which the repair sets."""
    return (
        Fact(WANTED_LENGTH, str(limits.password_length), "setting password-length"),
        Fact(WANTED_REUSE, str(limits.password_reuse), "setting password-reuse"),
    )


def _lacks(policy: PasswordPolicy, limits: Thresholds) -> Iterator[tuple[str, str, Fact]]:
    """Yield the check, the sentence and the fact."""
    if (length := policy.minimum_password_length) < limits.password_length:
        fact = Fact("MinimumPasswordLength", str(length), POLICY)
        yield "CRED-PW-POLICY-LENGTH", f"Passwords of {length} characters are enough.", fact
    if (kept := policy.password_reuse_prevention or 0) < limits.password_reuse:
        fact = Fact("PasswordReusePrevention", str(kept), POLICY)
        often = f"after {kept} others" if kept else "at once"
        yield "CRED-PW-POLICY-REUSE", f"An old password will do again {often}.", fact
    lacking = [name for name, wanted in _classes(policy) if not wanted]
    if limits.require_character_classes and lacking:
        fact = Fact("missing", ", ".join(lacking), POLICY)
        yield "CRED-PW-POLICY-CLASSES", f"Passwords need no {' and no '.join(lacking)}.", fact
    if limits.require_expiry and (expiry := _expiry(policy)) is not None:
        yield "CRED-PW-POLICY-EXPIRY", *expiry


def _expiry(policy: PasswordPolicy) -> tuple[str, Fact] | None:
    """Return the sentence and the fact of a policy that lets passwords live too long."""
    if not policy.expire_passwords:
        return "Passwords never expire.", Fact("ExpirePasswords", "false", POLICY)
    age = timedelta(days=policy.max_password_age or 0)
    if age <= LONGEST_LIFE_OF_PASSWORDS:
        return None
    return f"Passwords live for {in_words(age)}.", Fact("MaxPasswordAge", str(age.days), POLICY)


def _classes(policy: PasswordPolicy) -> tuple[tuple[str, bool], ...]:
    return (
        ("upper case", policy.require_uppercase_characters),
        ("lower case", policy.require_lowercase_characters),
        ("numbers", policy.require_numbers),
        ("symbols", policy.require_symbols),
    )


def _judge_rotation(account: AccountCredentials) -> Iterator[CredentialRisk]:
    policy = account.password_policy
    if account.report is None or (isinstance(policy, PasswordPolicy) and policy.expire_passwords):
        return
    rows = [
        row
        for row in account.report.rows
        if has_password(account, row) and row.password_next_rotation is Mark.NOT_APPLICABLE and not row.is_root
    ]
    if rows:
        users = "1 user has" if len(rows) == 1 else f"{len(rows):,} users have"
        yield risk(
            "CRED-PW-NOEXPIRY",
            f"{users} a password without a day of rotation, {rows[0].user} for one.",
            [cell("password_next_rotation", Mark.NOT_APPLICABLE)],
            data_at=account.now,
        )


def _judge_root_management(account: AccountCredentials) -> Iterator[CredentialRisk]:
    managed = account.root_management
    if managed is None:
        return
    source = "iam.list_organizations_features"
    if not managed.root_credentials_management:
        yield risk(
            "CRED-ROOT-CENTRAL",
            "The organization does not manage the root credentials of its members, each of which may have its own.",
            [Fact("RootCredentialsManagement", "off", source)],
            data_at=account.taken_at,
        )
    elif not managed.is_management_account and has_root_password(account):
        yield risk(
            "CRED-ROOT-CENTRAL",
            "The organization manages the root credentials of its members, and this one has a root password all the "
            "same; remove it.",
            [Fact("RootCredentialsManagement", "on", source)],
            data_at=account.taken_at,
            severity=Severity.MEDIUM,
        )


def has_root_password(account: AccountCredentials) -> bool | None:
    """Say whether the root user has a password; None where nothing tells."""
    if account.summary is not None and account.summary.root_password_present is not None:
        return account.summary.root_password_present
    rows = account.report.rows if account.report else ()
    told = {row.password_enabled for row in rows if row.is_root and isinstance(row.password_enabled, bool)}
    return any(told) if told else None


def no_report(account: AccountCredentials) -> CredentialRisk:
    """Return that there is no report to judge by."""
    return risk(
        "CRED-STALE-REPORT",
        "There is no credential report, so that nothing is known of the users and their credentials.",
        [Fact("report", "none", "iam.get_credential_report")],
        data_at=account.taken_at,
    )


def _judge_age(account: AccountCredentials, thresholds: Thresholds) -> Iterator[CredentialRisk]:
    if account.report is None or account.generated_at is None:
        return
    age = account.taken_at - account.generated_at
    if age >= timedelta(hours=thresholds.stale_report_hours):
        yield risk(
            "CRED-STALE-REPORT",
            f"The report is of {shown(account.generated_at)}, {in_words(age)} before it was read; what was mended "
            "since still shows.",
            [Fact("GeneratedTime", shown(account.generated_at), "iam.get_credential_report")],
            data_at=account.generated_at,
        )
