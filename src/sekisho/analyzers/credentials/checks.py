"""Every check in one table: what it finds, how bad that is, and what others call it.

Source: CIS AWS Foundations Benchmark 1.4 to 7.0; AWS Security Hub User Guide, "Security Hub CSPM controls for IAM"; AWS
Support User Guide, "Security checks"; Prowler's source of August 2026.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from sekisho.analyzers.observation import CredentialKind, FindingType, Severity

C = Severity.CRITICAL
H = Severity.HIGH
M = Severity.MEDIUM
L = Severity.LOW
I = Severity.INFORMATIONAL  # noqa: E741 - in a row with the others


class Check(msgspec.Struct, frozen=True):
    """What is looked for.

    Attributes:
        severity: the usual one.
        rule: when there is a finding, with the edges, in one or two sentences.
        threshold: the member of `Thresholds` that it depends on; empty for none.
        cis: its number in CIS AWS Foundations Benchmark by versions, for instance `1.4-4.0: 1.12, 5.0: 1.11`.
        security_hub: the ids of AWS Security Hub's controls.
        prowler: the ids of Prowler's checks.
        trusted_advisor: the ids of AWS Trusted Advisor's checks.
        finding_type: what AWS's own Access Analyzer calls it, where it does.
    """

    id: str
    title: str
    kind: CredentialKind
    severity: Severity
    rule: str
    threshold: str = ""
    cis: str = ""
    security_hub: tuple[str, ...] = ()
    prowler: tuple[str, ...] = ()
    trusted_advisor: tuple[str, ...] = ()
    finding_type: FindingType = FindingType.CREDENTIAL


_KEY, _PASSWORD = CredentialKind.ACCESS_KEY, CredentialKind.PASSWORD
_POLICY, _MFA = CredentialKind.PASSWORD_POLICY, CredentialKind.MFA

_CHECKS: Final = (
    Check(
        "CRED-ROOT-KEY", "access key of the root user", _KEY, C,
        "A key of the root user is active; an inactive one is high, as it can be made active again.",
        cis="1.4-4.0: 1.4, 5.0: 1.3, 6.0: 2.3, 7.0: 2.4", security_hub=("IAM.4",),
        prowler=("iam_no_root_access_key",), trusted_advisor=("c2vlfg0f4h",),
    ),
    Check(
        "CRED-ROOT-MFA", "root user without MFA", _MFA, C,
        "The root user has a password or a key and no MFA. `not_supported` for its password says nothing, so that it "
        "may have one.",
        cis="1.4-4.0: 1.5, 5.0: 1.4, 6.0: 2.4, 7.0: 2.5", security_hub=("IAM.9",),
        prowler=("iam_root_mfa_enabled",), trusted_advisor=("7DAFEmoDos",),
    ),
    Check(
        "CRED-ROOT-MFA-VIRTUAL", "virtual MFA device of the root user", _MFA, M,
        "The root user has a virtual device, which is no harder to copy than what it runs on. In the partition `aws` "
        "alone.",
        cis="1.4-4.0: 1.6, 5.0: 1.5, 6.0: 2.5, 7.0: 2.6", security_hub=("IAM.6",),
        prowler=("iam_root_hardware_mfa_enabled",),
    ),
    Check(
        "CRED-ROOT-USED", "root user used lately", CredentialKind.USER, H,
        "The latest use of the password and both keys of the root user is within the threshold.",
        "root_used_days", cis="1.4-4.0: 1.7, 5.0: 1.6, 6.0: 2.6, 7.0: 2.7", prowler=("iam_avoid_root_usage",),
    ),
    Check(
        "CRED-ROOT-CERT", "signing certificate of the root user", CredentialKind.CERTIFICATE, H,
        "An X.509 certificate of the root user is active.",
    ),
    Check(
        "CRED-ROOT-CENTRAL", "root credentials not managed centrally", CredentialKind.ACCOUNT, L,
        "The organization does not manage the root credentials of its members; medium where it does, and a member "
        "account has a root password all the same.",
        cis="7.0: 2.1.1", prowler=("iam_root_credentials_management_enabled",),
    ),
    Check(
        "CRED-PW-UNUSED", "unused password", _PASSWORD, M,
        "A password that works was last used at least as long ago as the threshold.",
        "unused_days", cis="1.4-4.0: 1.12, 5.0: 1.11, 6.0: 2.11, 7.0: 2.11", security_hub=("IAM.8", "IAM.22"),
        prowler=("iam_user_console_access_unused",), finding_type=FindingType.UNUSED_IAM_USER_PASSWORD,
    ),
    Check(
        "CRED-PW-NEVER", "password never used", _PASSWORD, L,
        "A password that works was never used, and has been there for the threshold, as has the user; medium after "
        "twice that. A younger one is new, not unused.",
        "unused_days", cis="1.4-4.0: 1.12, 5.0: 1.11, 6.0: 2.11, 7.0: 2.11", security_hub=("IAM.8", "IAM.22"),
        finding_type=FindingType.UNUSED_IAM_USER_PASSWORD,
    ),
    Check(
        "CRED-KEY-UNUSED", "unused access key", _KEY, M,
        "An active key was last used at least as long ago as the threshold. A use whose Region is `N/A` is a use.",
        "unused_days", cis="1.4-4.0: 1.12, 5.0: 1.11, 6.0: 2.11, 7.0: 2.11", security_hub=("IAM.8", "IAM.22"),
        prowler=("iam_user_accesskey_unused",), finding_type=FindingType.UNUSED_IAM_USER_ACCESS_KEY,
    ),
    Check(
        "CRED-KEY-NEVER", "access key never used", _KEY, M,
        "An active key was never used, and has been there for the threshold. A younger one is new, not unused.",
        "unused_days", cis="1.4-4.0: 1.12, 5.0: 1.11, 6.0: 2.11, 7.0: 2.11", security_hub=("IAM.8", "IAM.22"),
        finding_type=FindingType.UNUSED_IAM_USER_ACCESS_KEY,
    ),
    Check(
        "CRED-KEY-INITIAL", "access key made with its user, and never used", _KEY, L,
        "A user with a password has an active key that was made within a day of the user and never used.",
        cis="1.4-4.0: 1.11, 5.0: 1.10, 6.0: 2.10", prowler=("iam_user_no_setup_initial_access_key",),
    ),
    Check(
        "CRED-KEY-OLD", "old access key", _KEY, M,
        "An active key is as old as the threshold; high over 365 days. Without its date of creation the report's "
        "`last_rotated` counts, which a change of its status makes younger.",
        "key_age_days", cis="1.4-4.0: 1.14, 5.0: 1.13, 6.0: 2.13, 7.0: 2.12", security_hub=("IAM.3",),
        prowler=("iam_rotate_access_key_90_days",), trusted_advisor=("DqdJqYeRm5",),
    ),
    Check(
        "CRED-KEY-INACTIVE", "inactive access key", _KEY, L,
        "A key has been inactive for the threshold, and can be deleted.",
        "inactive_key_days",
    ),
    Check(
        "CRED-KEY-TWO-USED", "two access keys in use", _KEY, M,
        "Two active keys were both used lately, and the younger is too old for a rotation to be under way.",
        "both_used_days", cis="1.4-4.0: 1.13, 5.0: 1.12, 6.0: 2.12", prowler=("iam_user_two_active_access_key",),
    ),
    Check(
        "CRED-KEY-TWO", "two active access keys", _KEY, L,
        "Two keys are active, and not both in use, or a rotation may be under way.",
        cis="1.4-4.0: 1.13, 5.0: 1.12, 6.0: 2.12", prowler=("iam_user_two_active_access_key",),
    ),
    Check(
        "CRED-MFA-CONSOLE", "console user without MFA", _MFA, H,
        "A user has a password and no MFA.",
        cis="1.4-4.0: 1.10, 5.0: 1.9, 6.0: 2.9, 7.0: 2.10", security_hub=("IAM.5", "IAM.19"),
        prowler=("iam_user_mfa_enabled_console_access",),
    ),
    Check(
        "CRED-MFA-KEY", "programmatic user without MFA", _MFA, L,
        "A user has an active key, no password and no MFA, which would help only where policies ask for it.",
        security_hub=("IAM.19",),
    ),
    Check(
        "CRED-PW-KEY", "password and access key in one user", CredentialKind.USER, L,
        "A user has a password and an active key: a person and a program in one.",
    ),
    Check(
        "CRED-PW-POLICY-NONE", "no password policy", _POLICY, M,
        "The account has set none, so that 8 characters are enough.",
        cis="1.4-4.0: 1.8, 5.0: 1.7, 6.0: 2.7, 7.0: 2.8", security_hub=("IAM.7", "IAM.15"),
        prowler=("iam_password_policy_minimum_length_14",), trusted_advisor=("Yw2K9puPzl",),
    ),
    Check(
        "CRED-PW-POLICY-LENGTH", "password policy allows short passwords", _POLICY, M,
        "The policy asks for fewer characters.",
        "password_length", cis="1.4-4.0: 1.8, 5.0: 1.7, 6.0: 2.7, 7.0: 2.8", security_hub=("IAM.7", "IAM.15"),
        prowler=("iam_password_policy_minimum_length_14",),
    ),
    Check(
        "CRED-PW-POLICY-REUSE", "password policy allows old passwords again", _POLICY, M,
        "The policy remembers fewer passwords, or none.",
        "password_reuse", cis="1.4-4.0: 1.9, 5.0: 1.8, 6.0: 2.8, 7.0: 2.9", security_hub=("IAM.16",),
        prowler=("iam_password_policy_reuse_24",),
    ),
    Check(
        "CRED-PW-POLICY-CLASSES", "password policy does not ask for all classes of characters", _POLICY, M,
        "The policy does not ask for upper case, lower case, numbers and symbols. Off by default.",
        "require_character_classes", security_hub=("IAM.11", "IAM.12", "IAM.13", "IAM.14"),
        prowler=(
            "iam_password_policy_uppercase", "iam_password_policy_lowercase",
            "iam_password_policy_number", "iam_password_policy_symbol",
        ),
        trusted_advisor=("Yw2K9puPzl",),
    ),
    Check(
        "CRED-PW-POLICY-EXPIRY", "passwords live too long", _POLICY, M,
        "The policy lets passwords live for ever, or for more than 90 days. Off by default.",
        "require_expiry", security_hub=("IAM.17",),
        prowler=("iam_password_policy_expires_passwords_within_90_days_or_less",),
    ),
    Check(
        "CRED-PW-NOEXPIRY", "passwords without a day of rotation", _POLICY, I,
        "A user with a password has no day of its next rotation, and the password policy does not say otherwise.",
    ),
    Check(
        "CRED-PW-EXPIRED", "expired password", _PASSWORD, I,
        "The day of the next rotation of a password has passed.",
    ),
    Check(
        "CRED-SSC", "long-lived credential for one service", CredentialKind.SERVICE_SPECIFIC, L,
        "A service-specific credential is active, and as old as the threshold or without an end; medium for Bedrock's.",
        "service_credential_days",
    ),
    Check(
        "CRED-CERT", "signing certificate of a user", CredentialKind.CERTIFICATE, L,
        "An X.509 certificate of a user is active.",
    ),
    Check(
        "CRED-USER-NOT-ROLE", "user that could be a role", _KEY, I,
        "An active key was used within the threshold: whatever used it could have a role.",
        "role_candidate_days", prowler=("iam_user_with_temporary_credentials",),
    ),
    Check(
        "CRED-ROLE-UNUSED", "unused role", CredentialKind.ROLE, M,
        "A role has been there for the threshold, and was last used at least as long ago, or never. Where it is known "
        "what the role tried to reach, a later attempt counts as a use, a denied one too.",
        "unused_role_days", finding_type=FindingType.UNUSED_IAM_ROLE,
    ),
    Check(
        "CRED-PERMISSION-UNUSED", "unused permission", CredentialKind.PERMISSION, L,
        "A user or role that is in use may use a service, or actions of it that AWS tracks, and has not tried to for "
        "the threshold, through all of which it has been there. A denied attempt counts as a use.",
        "unused_permission_days", finding_type=FindingType.UNUSED_PERMISSION,
    ),
    Check(
        "CRED-REPORT-INCOMPLETE", "more credentials than the report shows", CredentialKind.USER, I,
        "`additional_credentials_info` says that the user has credentials beyond the columns of the report.",
    ),
    Check(
        "CRED-STALE-REPORT", "old data", CredentialKind.ACCOUNT, I,
        "The report was made the threshold before it was read, or there is none.",
        "stale_report_hours",
    ),
)  # fmt: skip

CHECKS: Final[Mapping[str, Check]] = {check.id: check for check in _CHECKS}
"""By id, in the order in which they are documented."""
