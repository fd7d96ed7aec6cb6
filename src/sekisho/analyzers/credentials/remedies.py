"""What to do about what a check has found, in a sentence or two; the pages of the findings tell the whole way.

Source: IAM User Guide, "Security best practices in IAM" and "Root user best practices for your AWS account".
"""

from collections.abc import Mapping
from typing import Final

_KEY: Final = (
    "Find out what uses the key and give that a role, or a new key where it cannot take one. Deactivate the old key, "
    "wait at least 14 days and past the end of a month, then delete it."
)
_PASSWORD: Final = "Ask its owner, then delete the password; it cannot be deactivated."  # noqa: S105 - a sentence
_CERTIFICATE: Final = "Make sure that nothing signs with it any more, deactivate it, and delete it later."
_POLICY: Final = "Note the old settings, then set all of the password policy in one command."
_ROOT_MFA: Final = "Register two security keys for the root user; a member account needs no root password at all."
_USER_MFA: Final = "Have the user register an MFA device; nobody else can."

REMEDIES: Final[Mapping[str, str]] = {
    "CRED-ROOT-KEY": "Deactivate the key as the root user, or delete it from the management account by sts:AssumeRoot.",
    "CRED-ROOT-MFA": _ROOT_MFA,
    "CRED-ROOT-MFA-VIRTUAL": _ROOT_MFA,
    "CRED-ROOT-USED": "Find out what it was used for, and use a role for that.",
    "CRED-ROOT-CERT": _CERTIFICATE,
    "CRED-ROOT-CENTRAL": "Manage the root credentials of the members centrally, and delete their root passwords.",
    "CRED-PW-UNUSED": _PASSWORD,
    "CRED-PW-NEVER": _PASSWORD,
    "CRED-KEY-UNUSED": _KEY,
    "CRED-KEY-NEVER": _KEY,
    "CRED-KEY-INITIAL": _KEY,
    "CRED-KEY-OLD": _KEY,
    "CRED-KEY-INACTIVE": "Look once more for who tries to use the key, then delete it.",
    "CRED-KEY-TWO-USED": "Move everything to one of the keys, and deactivate the other one.",
    "CRED-KEY-TWO": "Finish the rotation: deactivate the key that nothing uses any more.",
    "CRED-MFA-CONSOLE": _USER_MFA,
    "CRED-MFA-KEY": _USER_MFA,
    "CRED-PW-KEY": "Give the program a role, and leave the user to the person.",
    "CRED-PW-POLICY-NONE": _POLICY,
    "CRED-PW-POLICY-LENGTH": _POLICY,
    "CRED-PW-POLICY-REUSE": _POLICY,
    "CRED-PW-POLICY-CLASSES": _POLICY,
    "CRED-PW-POLICY-EXPIRY": _POLICY,
    "CRED-PW-NOEXPIRY": "Nothing, unless a rule of yours asks for passwords to expire.",
    "CRED-PW-EXPIRED": _PASSWORD,
    "CRED-SSC": "Give what uses it a role; where that cannot be, make a new one with an end, and delete this one.",
    "CRED-CERT": _CERTIFICATE,
    "CRED-USER-NOT-ROLE": "Give what uses the key a role.",
    "CRED-ROLE-UNUSED": "Ask its owner, deny the role everything by a policy of its own, wait, then delete it.",
    "CRED-PERMISSION-UNUSED": "Take what is not used out of the policies that allow it, by a new version of each.",
    "CRED-REPORT-INCOMPLETE": "Read the credentials from IAM itself, not from a report alone.",
    "CRED-STALE-REPORT": "Have a new credential report made, and read again.",
}
"""By the id of the check; a test holds them complete."""
