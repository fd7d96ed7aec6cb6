"""Why two tools differ on a credential: every reason that there is, when it holds, and who is right by which source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from credential_accounts import ROOT, Account, Row, is_yes, moment
from credential_answers import services_of


class Verdict(StrEnum):
    """What a tool says of a credential, a user or an account."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 - no password
    NONE = "no finding"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Case:
    """One question with both answers.

    Attributes:
        check: Prowler's id.
        subject: a user, the root user, or empty for the account.
        key: the number of an access key; empty where the question is not about one.
    """

    account: Account
    check: str
    subject: str
    key: str
    theirs: Verdict
    ours: Verdict

    @property
    def is_agreed(self) -> bool:
        """Whether both find something, or neither does, and neither fails to say."""
        return all((self.theirs is one) == (self.ours is one) for one in (Verdict.FAIL, Verdict.ERROR))

    @property
    def place(self) -> str:
        """Where it is, for a reader."""
        return " ".join(filter(None, (f"{self.account.name}:", self.subject, self.key and f"key {self.key}")))

    @property
    def rows(self) -> list[Row]:
        """The lines on which the subject stands; hardly ever two."""
        return [row for row in self.account.rows if row["user"] == self.subject]

    def cell(self, column: str) -> str:
        """Return a cell of the subject; empty when there is no such row."""
        return self.rows[-1][column] if self.rows else ""

    def key_cell(self, name: str, key: str = "") -> str:
        """Return a cell of the key that it is about, or of another one."""
        return self.cell(f"access_key_{key or self.key}_{name}")

    def age(self, text: str) -> float | None:
        """Return how many days ago a cell is; None for no date."""
        date = moment(text)
        return None if date is None else (self.account.now - date) / timedelta(days=1)

    def is_within(self, text: str, least: float, below: float) -> bool:
        """Say whether a cell is so many days ago."""
        age = self.age(text)
        return age is not None and least <= age < below

    @property
    def active_keys(self) -> list[str]:
        """The numbers of the active keys, as the report has them."""
        return [n for n in ("1", "2") if is_yes(self.key_cell("active", n))]


@dataclass(frozen=True, slots=True)
class Reason:
    """A way in which the two differ.

    Attributes:
        checks: Prowler's, of which it can be the reason.
        answers: what Prowler and Sekisho say.
        holds: whether a case of these checks and answers is one.
        right: whose answer is right: one name, or `either`.
    """

    checks: tuple[str, ...]
    answers: tuple[tuple[Verdict, Verdict], ...]
    holds: Callable[[Case], bool]
    case: str
    right: str
    because: str
    source: str


F, P, N, E = Verdict
MISSED: Final = ((P, F), (N, F))
"""Sekisho alone finds something."""

ALONE: Final = ((F, P), (F, N))
"""Prowler alone does."""

MFA: Final = ("iam_root_mfa_enabled", "iam_root_hardware_mfa_enabled")
UNUSED_KEY, OLD_KEY, INITIAL_KEY = (
    "iam_user_accesskey_unused",
    "iam_rotate_access_key_90_days",
    "iam_user_no_setup_initial_access_key",
)
CONSOLE, CONSOLE_MFA, TWO_KEYS = (
    "iam_user_console_access_unused",
    "iam_user_mfa_enabled_console_access",
    "iam_user_two_active_access_key",
)
ROOT_KEY, ROOT_USE, TEMPORARY = (
    "iam_no_root_access_key",
    "iam_avoid_root_usage",
    "iam_user_with_temporary_credentials",
)
EXPIRY, MANAGEMENT = (
    "iam_password_policy_expires_passwords_within_90_days_or_less",
    "iam_root_credentials_management_enabled",
)
BY_KEY: Final = frozenset({UNUSED_KEY, OLD_KEY, INITIAL_KEY})
"""Checks whose question is about each key."""

CIS: Final = "CIS AWS Foundations Benchmark v3.0"
REPORT_GUIDE: Final = "IAM User Guide, Generate credential reports for your AWS account"


def _made(case: Case) -> float:
    live = case.account.live_of(case.subject).made.get(case.key)
    return live if live is not None else case.age(case.key_cell("last_rotated")) or 0


def _never_used_key(case: Case) -> bool:
    return is_yes(case.key_cell("active")) and not moment(case.key_cell("last_used_date")) and _made(case) >= 45


def _never_used_password(case: Case) -> bool:
    since = [case.age(case.cell(name)) for name in ("password_last_changed", "user_creation_time")]
    has_use = moment(case.cell("password_last_used")) is not None
    return is_yes(case.cell("password_enabled")) and not has_use and min(one or 0 for one in since) >= 45


def _key_made_later(case: Case) -> bool:
    made, created = (case.age(case.cell(name)) or 0 for name in (f"access_key_{case.key}_last_rotated", CREATED))
    return not moment(case.key_cell("last_used_date")) and made < 45 and abs(created - made) > 1


CREATED: Final = "user_creation_time"
ROOT_USES: Final = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")


def _first_use(case: Case) -> float | None:
    """Return the use that Prowler looks at: that of the first credential that has one."""
    return next((age for name in ROOT_USES if (age := case.age(case.cell(name))) is not None), None)


def _latest_use(case: Case) -> float | None:
    return min((age for name in ROOT_USES if (age := case.age(case.cell(name))) is not None), default=None)


def _other_use_is_later(case: Case) -> bool:
    first, latest = _first_use(case), _latest_use(case)
    return first is not None and latest is not None and latest <= 7 and latest < first


def _unreadable_use(case: Case) -> bool:
    return case.cell("password_last_used") != "no_information" and not moment(case.cell("password_last_used"))


def _unreadable_cell(case: Case) -> bool:
    """Say whether there is a cell anywhere in the report that Prowler takes for a date and is none."""
    name = "last_used_date" if case.check == UNUSED_KEY else "last_rotated"
    cells = (
        row[f"access_key_{n}_{name}"]
        for row in case.account.rows
        for n in (1, 2)
        if is_yes(row[f"access_key_{n}_active"])
    )
    return any(cell != "N/A" and not moment(cell) for cell in cells)


def _is_in_capitals(case: Case) -> bool:
    return bool({"TRUE", "FALSE"} & set(case.rows[-1].values())) if case.rows else False


def _called_beyond(case: Case) -> set[str]:
    """Return the services that the user called, other than those that every user of a role calls."""
    tried, _ = services_of(case.account, case.rows[-1])
    return set(tried) - {"iam", "sts"}


def _some_key_was_used(case: Case, least: float, below: float) -> bool:
    return any(case.is_within(case.key_cell("last_used_date", n), least, below) for n in case.active_keys)


def _was_switched_off(case: Case) -> bool:
    return "Inactive" in case.account.live_of(case.subject).status.values()


REASONS: Final[Mapping[str, Reason]] = {
    "one cell stops a check": Reason(
        (UNUSED_KEY, OLD_KEY), ((E, P), (E, F), (E, N)), _unreadable_cell,
        "a cell that should be a date is none, in the row of any user", "Sekisho",
        "Prowler's check ends there, says so in its log, and reports on nobody. AWS itself does not write such a cell; "
        "imitations of AWS do.",
        REPORT_GUIDE,
    ),
    "root without password": Reason(
        (ROOT_USE,), ((E, P), (E, F)), _unreadable_use,
        "the root user has no password, and `password_last_used` is `N/A`", "Sekisho",
        "Prowler's check takes `N/A` for a date, ends with an error in its log, and reports nothing.",
        REPORT_GUIDE,
    ),
    "known without the report": Reason(
        (CONSOLE, TEMPORARY), ((P, E), (F, E)), lambda case: "GetCredentialReport" in case.account.refused,
        "the report may not be read, and the question is one that other calls answer", "Prowler",
        "Prowler takes users from ListUsers, and asks of each whether there is a password and which services were "
        "called. Sekisho asks about the users of the report alone.",
        "IAM API reference, ListUsers",
    ),
    "unknown is not a pass": Reason(
        (), ((N, E),),
        lambda case: bool(case.account.refused & {"GetCredentialReport", "GetAccountPasswordPolicy"}),
        "the report or the password policy may not be read", "Sekisho",
        "Prowler says so in its log, and its findings lack the check. Sekisho has an error finding.",
        "IAM API reference, GetCredentialReport and GetAccountPasswordPolicy",
    ),
    "denied is not off": Reason(
        (MANAGEMENT,), ((F, E), (F, P)), lambda case: "ListOrganizationsFeatures" in case.account.refused,
        "the features of the organization may not be read", "Sekisho",
        "Prowler takes a refusal for a feature that is off. Nobody knows.",
        "IAM API reference, ListOrganizationsFeatures",
    ),
    "capitals": Reason(
        (), (*MISSED, *ALONE), _is_in_capitals,
        "the report says `TRUE` and `FALSE`", "either",
        "The guide writes capitals, AWS's reports have small letters, which is all that Prowler reads: with a report "
        "of AWS's own there is no difference.",
        REPORT_GUIDE,
    ),
    "key never used": Reason(
        (UNUSED_KEY,), MISSED, _never_used_key,
        "an active key that was never used, 45 days old or more", "Sekisho",
        "Prowler passes a key without a date of use for ever. For a key that was not used, the audit takes the day it "
        "was made.",
        f"{CIS}, 1.12",
    ),
    "password never used": Reason(
        (CONSOLE,), MISSED, _never_used_password,
        "a password that was never used, 45 days old or more", "Sekisho",
        "Prowler passes it, as the title of its check says. For `no_information` the audit takes the day the password "
        "was last changed.",
        f"{CIS}, 1.12",
    ),
    "day 45": Reason(
        (UNUSED_KEY, CONSOLE), MISSED,
        lambda case: case.is_within(
            case.cell("password_last_used") if case.check == CONSOLE else case.key_cell("last_used_date"), 45, 46
        ),
        "last used 45 days and some hours ago", "Sekisho",
        "Prowler counts whole days and wants more than 45. The audit passes what was used less than 45 days ago. "
        "It is a matter of one day.",
        f"{CIS}, 1.12",
    ),
    "day 90": Reason(
        (OLD_KEY,), MISSED, lambda case: case.is_within(case.key_cell("last_rotated"), 90, 91),
        "a key of 90 days and some hours", "Sekisho",
        "Prowler counts whole days and wants more than 90. Keys are to be rotated every 90 days or less. It is a "
        "matter of one day.",
        f"{CIS}, 1.14",
    ),
    "key switched off and on": Reason(
        (OLD_KEY,), MISSED,
        lambda case: _made(case) >= 90 and case.is_within(case.key_cell("last_rotated"), 0, 90),
        "an old key that was lately made inactive and active again", "Sekisho",
        "`last_rotated` of the report is the day of the last change. Sekisho takes the day the key was made from "
        "ListAccessKeys; Prowler asks for it and does not use it here.",
        f"IAM API reference, ListAccessKeys; {REPORT_GUIDE}",
    ),
    "changed since the report": Reason(
        (UNUSED_KEY, OLD_KEY, CONSOLE_MFA), ALONE,
        lambda case: _was_switched_off(case) or bool(case.account.live_of(case.subject).devices),
        "a key was switched off, or a device added, after the report was made", "Sekisho",
        "A report is up to four hours old; Sekisho asks for each user's keys and devices besides.",
        REPORT_GUIDE,
    ),
    "MFA not said": Reason(
        (CONSOLE_MFA,), MISSED, lambda case: case.cell("mfa_active").lower() not in {"true", "false"},
        "`mfa_active` is neither true nor false", "Sekisho",
        "Prowler fails `false` alone. Sekisho asks for the devices, and there is none. AWS itself does not write this.",
        "IAM API reference, ListMFADevices",
    ),
    "a key of root is to be deleted": Reason(
        (UNUSED_KEY, OLD_KEY, INITIAL_KEY, TWO_KEYS), ALONE,
        lambda case: case.subject == ROOT and bool(case.active_keys),
        "the root user has an active key that is old, unused, or one of two", "either",
        "Both name the key, and call that critical. Prowler judges its age and use as well; Sekisho does not, as a key "
        "of the root user is to be deleted and not rotated.",
        f"{CIS}, 1.4; its audit of 1.12 leaves the root user out",
    ),
    "key made later": Reason(
        (INITIAL_KEY,), ALONE, _key_made_later,
        "a user with a password, and a new key that was never used and was made days after the user", "either",
        "By the title of Prowler's check, any key that was never used fails beside a password, from its first day. By "
        "CIS's title it has to be made when the user is; Sekisho reports another after 45 days, as never used.",
        f"{CIS}, 1.11",
    ),
    "inactive key of root": Reason(
        (ROOT_KEY,), MISSED,
        lambda case: not case.active_keys and any(moment(case.key_cell("last_rotated", n)) for n in ("1", "2")),
        "the root user has a key that is inactive", "Sekisho",
        "The rule is that no such key exists, and whoever signs in as root can switch it on. Prowler looks for active "
        "ones, as its title says.",
        f"{CIS}, 1.4; AWS Security Hub User Guide, IAM.4",
    ),
    "root's password not_supported": Reason(
        MFA, ((N, F),), lambda case: case.cell("password_enabled") == "not_supported" and not case.active_keys,
        "a report of the older kind says `not_supported` of root's password, and root has no MFA", "Sekisho",
        "`not_supported` says nothing of the password. Prowler reports nothing on root's MFA then; Sekisho asks "
        "GetAccountSummary, and where that does not say takes it that there is one.",
        "IAM API reference, GetAccountSummary",
    ),
    "root used by another credential": Reason(
        (ROOT_USE,), MISSED, _other_use_is_later,
        "root signed in long ago, and used a key today", "Sekisho",
        "Prowler looks at the first of password, key 1 and key 2 that has a date, and not at the latest.",
        f"{CIS}, 1.7",
    ),
    "one day or seven": Reason(
        (ROOT_USE,), MISSED, lambda case: (use := _first_use(case)) is not None and 2 <= use <= 7,
        "root was used 2 to 7 days ago", "either",
        "Prowler's limit is one day, and fixed; ours is seven, and a setting. CIS names none.",
        f"{CIS}, 1.7",
    ),
    "a user called like root": Reason(
        (MFA[1],), ALONE,
        lambda case: case.account.root_device != "virtual" and any("root" in row["user"] for row in case.account.rows),
        "root has a hardware device, and a user whose name has `root` in it a virtual one", "Sekisho",
        "Prowler looks for `root` anywhere in the ARN of a virtual device's user, and calls root's device virtual.",
        "IAM API reference, ListVirtualMFADevices",
    ),
    "a member with a root password": Reason(
        (MANAGEMENT,), MISSED, lambda case: case.account.is_member and bool(case.account.root_password),
        "root credentials are managed centrally, and a member account has a root password all the same", "either",
        "Prowler asks whether the feature is on, and it is. Sekisho also asks whether it was used.",
        "IAM User Guide, Centrally manage root access for member accounts",
    ),
    "a key used for sts alone": Reason(
        (TEMPORARY,), MISSED, lambda case: not _called_beyond(case) and _some_key_was_used(case, 0, 31),
        "an active key that is used for STS alone", "either",
        "A user that only enters roles is what Prowler asks for. Sekisho mentions every key in use, and which service "
        "it was used for.",
        "IAM User Guide, Security best practices in IAM",
    ),
    "a key used over 30 days ago": Reason(
        (TEMPORARY,), ALONE, lambda case: bool(_called_beyond(case) and case.active_keys),
        "an active key whose last use is over 30 days ago, or that was switched off since", "either",
        "Prowler goes by whatever the user called in the tracking period of some 400 days. Sekisho looks for keys in "
        "use, and has other checks for those that are not.",
        "IAM User Guide, View last accessed information for IAM",
    ),
    "only inactive keys": Reason(
        (TEMPORARY,), ALONE, lambda case: bool(_called_beyond(case)) and not case.active_keys,
        "a user whose keys are all inactive", "Sekisho",
        "Prowler counts keys whatever their status; an inactive key gives no access.",
        "IAM API reference, ListAccessKeys",
    ),
    "allowed, never called": Reason(
        (TEMPORARY,), ALONE,
        lambda case: not _called_beyond(case) and bool(case.account.live_of(case.subject).allowed),
        "a key, and services that the user may call and never did", "Sekisho",
        "The list holds all services that policies allow; one without `LastAuthenticated` was not called. Prowler "
        "counts it.",
        "IAM API reference, ServiceLastAccessed",
    ),
}  # fmt: skip
"""In the order in which they are tried: the first that holds is the reason. Of no check in particular: of any."""


def reason_of(case: Case) -> str | None:
    """Return the name of the reason why two answers differ; None when there is none in the table."""
    for name, reason in REASONS.items():
        is_asked = not reason.checks or case.check in reason.checks
        if is_asked and (case.theirs, case.ours) in reason.answers and reason.holds(case):
            return name
    return None
