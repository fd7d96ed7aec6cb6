"""From when on something is too old; every threshold is inclusive, and counted in exact seconds."""

from datetime import timedelta

import msgspec


class Thresholds(msgspec.Struct, frozen=True):
    """What an operator may set, in days where nothing else is said.

    Attributes:
        unused_days: a password or key that was not used for so long is unused. Source of the default: CIS AWS
            Foundations Benchmark, "Ensure credentials unused for 45 days or more are disabled".
        key_age_days: an active key of this age is to be rotated. Source of the default: the same, "Ensure access keys
            are rotated every 90 days or less".
        inactive_key_days: an inactive key is to be deleted after so long.
        unused_role_days: a role that was not used for so long is unused. Source of the default: AWS Security Hub User
            Guide, "Understanding unused access findings".
        unused_permission_days: the same of what a user or a role may do.
        root_used_days: the root user was used "lately" within so many.
        both_used_days: two keys are in use when both were used within so many.
        rotation_days: how long a rotation may take, while which both keys are in use.
        service_credential_days: a service-specific credential of this age is to be replaced.
        role_candidate_days: a key used within so many days could be a role.
        stale_report_hours: data of this age is old news.
        password_length: the least that the password policy has to ask for.
        password_reuse: how many passwords it has to remember.
        require_character_classes: whether it has to ask for all four classes; NIST advises against it.
        require_expiry: whether it has to let passwords expire; NIST and CIS advise against it.
    """

    unused_days: int = 45
    key_age_days: int = 90
    inactive_key_days: int = 90
    unused_role_days: int = 90
    unused_permission_days: int = 90
    root_used_days: int = 7
    both_used_days: int = 30
    rotation_days: int = 14
    service_credential_days: int = 90
    role_candidate_days: int = 30
    stale_report_hours: int = 24
    password_length: int = 14
    password_reuse: int = 24
    require_character_classes: bool = False
    require_expiry: bool = False


DAY = timedelta(days=1)
REMEMBERED = timedelta(days=400)
"""How far back AWS tells of the use of roles and services. Whatever it does not tell of is older, so that a longer
threshold comes to the same. Source: IAM User Guide, "Refine permissions in AWS using last accessed information"."""

VERY_OLD_KEY = timedelta(days=365)
"""Beyond it a key is a worse finding."""

LONGEST_LIFE_OF_PASSWORDS = timedelta(days=90)
"""Where passwords have to expire at all, they may live no longer. Source: AWS Security Hub User Guide, IAM.17; Prowler,
`iam_password_policy_expires_passwords_within_90_days_or_less`."""

AT_SET_UP = DAY
"""A key that was made so soon after its user was made with it."""
