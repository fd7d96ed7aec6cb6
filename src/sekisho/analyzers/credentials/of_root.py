"""What is wrong with the credentials of the root user. What the account says of it now beats the report."""

from collections.abc import Iterator
from datetime import datetime

from sekisho.analyzers.credentials.keys import shown
from sekisho.analyzers.credentials.risks import cell, in_words, key_risk, named, risk
from sekisho.analyzers.credentials.thresholds import DAY
from sekisho.analyzers.credentials.user import User
from sekisho.analyzers.observation import CredentialRisk, Fact, Severity
from sekisho.resources.credentials import Mark, MfaKind

SUMMARY = "iam.get_account_summary"


def judge_root(root: User) -> Iterator[CredentialRisk]:
    """Yield what is wrong with the root user, out of its row and the account's summary."""
    summary = root.account.summary
    if summary is None or summary.root_keys_present:
        yield from _judge_keys(root)
    if has_credential(root):
        yield from _judge_mfa(root)
    yield from _judge_use(root)
    for certificate in root.row.certificates:
        if certificate.active is True:
            yield risk(
                "CRED-ROOT-CERT",
                "A signing certificate of the root user is active.",
                [cell(f"cert_{certificate.number}_active", value=True)],
                data_at=root.now,
                credential=str(certificate.number),
            )


def _judge_mfa(root: User) -> Iterator[CredentialRisk]:
    """Judge the second factor. Elsewhere than in `aws`, the root user has no console to sign in to."""
    account = root.account
    summary = account.summary
    virtual = [one for one in account.root_mfa_devices or () if one.kind is MfaKind.VIRTUAL]
    if root.row.mfa_active is False if summary is None else not summary.root_mfa_enabled:
        yield risk(
            "CRED-ROOT-MFA",
            "The root user can do everything, and whoever has its credentials needs no second factor.",
            [cell("mfa_active", root.row.mfa_active), cell("password_enabled", root.row.password_enabled)]
            if summary is None
            else [Fact("AccountMFAEnabled", str(int(summary.root_mfa_enabled)), SUMMARY)],
            data_at=root.now if summary is None else account.taken_at,
        )
    elif virtual and account.partition == "aws":
        yield risk(
            "CRED-ROOT-MFA-VIRTUAL",
            "The root user has a virtual MFA device, which is no harder to copy than what it runs on.",
            [Fact("serialNumber", one.serial_number, "iam.list_virtual_mfa_devices") for one in virtual],
            data_at=account.taken_at,
        )


def _judge_keys(root: User) -> Iterator[CredentialRisk]:
    keys = root.keys.all
    active = [key for key in keys if key.is_active]
    for key in active:
        yield key_risk("CRED-ROOT-KEY", key, f"{named(key)} of the root user is active, and can do everything.")
    for key in keys:
        if not key.is_active:
            yield key_risk(
                "CRED-ROOT-KEY",
                key,
                f"{named(key)} of the root user is inactive, and can be made active again; delete it.",
                severity=Severity.HIGH,
            )
    if not keys and root.account.summary is not None:
        yield risk(
            "CRED-ROOT-KEY",
            "The account says that the root user has an access key, active or not, which no report shows; delete it.",
            [Fact("AccountAccessKeysPresent", "1", SUMMARY)],
            data_at=root.account.taken_at,
            severity=Severity.HIGH,
        )


def has_credential(root: User) -> bool:
    """Say whether the root user has a password or a key, or may have one."""
    summary, row = root.account.summary, root.row
    if summary is not None and summary.root_password_present is not None:
        return summary.root_password_present or summary.root_keys_present
    has_key = summary.root_keys_present if summary is not None else bool(root.keys.all)
    return has_key or row.password_enabled in {True, Mark.NOT_SUPPORTED, Mark.ABSENT}


def _judge_use(root: User) -> Iterator[CredentialRisk]:
    days = root.thresholds.root_used_days
    row = root.row
    uses = {
        "password_last_used": row.password_last_used,
        **{f"access_key_{one.number}_last_used_date": one.last_used for one in row.access_keys},
    }
    dates = {column: used for column, used in uses.items() if isinstance(used, datetime)}
    if not dates:
        return
    used = max(dates.values())
    age = root.age_of(used)
    if age <= days * DAY:
        yield risk(
            "CRED-ROOT-USED",
            f"The root user was used {in_words(age)} ago, on {shown(used)}.",
            [cell(name, value) for name, value in uses.items()],
            data_at=root.now,
            last_used=used,
            days=days,
        )
