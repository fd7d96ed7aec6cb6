"""A user as the checks see one: the row of the report, and where someone asked, what IAM says now."""

from datetime import datetime, timedelta
from typing import Self

import msgspec

from sekisho.analyzers.credentials.keys import NEVER, Keys, keys_of, shown
from sekisho.analyzers.credentials.risks import cell
from sekisho.analyzers.credentials.thresholds import Thresholds
from sekisho.analyzers.observation import Fact
from sekisho.resources.credentials import AccountCredentials, Mark, Moment, ReportRow


def has_password(account: AccountCredentials, row: ReportRow) -> bool:
    """Say whether a user has a password, as far as is known; what IAM says of it is newer than the report."""
    return account.login_profiles.get(row.user, row.password_enabled is True) and not is_gone(account, row)


def is_gone(account: AccountCredentials, row: ReportRow) -> bool:
    """Say whether a user has been deleted since the report was made.

    That IAM does not list one is no proof where it has told of a password or a key of theirs after that.
    """
    users, name = account.password_last_used, row.user
    is_listed = row.is_root or users is None or name in users
    return not is_listed and not account.login_profiles.get(name) and not account.access_keys.get(name)


class PasswordUse(msgspec.Struct, frozen=True, gc=False):
    """The last use of a password, of the report or of IAM's list of users, whichever is later.

    Attributes:
        at: when, or what the report has in place of a time.
        fact: the same, with its source.
        now: the moment of the data that its age is counted to.
    """

    at: Moment
    fact: Fact
    now: datetime

    def age_of(self, moment: datetime) -> timedelta:
        """Return how long before the data a moment is; nothing for one after it."""
        return max(self.now - moment, timedelta())


class User(msgspec.Struct, frozen=True, gc=False):
    """A user of an account, or its root user."""

    account: AccountCredentials
    row: ReportRow
    thresholds: Thresholds
    keys: Keys

    @classmethod
    def of(cls, account: AccountCredentials, row: ReportRow, thresholds: Thresholds) -> Self:
        """Return the user of a row."""
        return cls(account, row, thresholds, keys_of(account, row))

    @property
    def arn(self) -> str:
        """The ARN of the row."""
        return self.row.arn_in(self.account.account_id, self.account.partition)

    @property
    def now(self) -> datetime:
        """The moment that ages of what the report says are counted to."""
        return self.account.now

    def age_of(self, moment: datetime) -> timedelta:
        """Return how long before the report a moment is; nothing for one after it."""
        return max(self.now - moment, timedelta())

    @property
    def has_password(self) -> bool:
        """Whether there is a password, as far as is known."""
        return has_password(self.account, self.row)

    @property
    def password_is_told_elsewhere(self) -> bool:
        """Whether IAM itself was asked for the password."""
        return self.row.user in self.account.login_profiles

    @property
    def password_fact(self) -> Fact:
        """That there is a password, from whoever said so last."""
        if self.password_is_told_elsewhere:
            return Fact("LoginProfile", "present", "iam.get_login_profile")
        return cell("password_enabled", value=True)

    @property
    def password_use(self) -> PasswordUse:
        """When the password was last used."""
        reported, listed = self.row.password_last_used, self.account.password_last_used
        if listed is None or self.row.user not in listed:
            return PasswordUse(reported, cell("password_last_used", reported), self.now)
        used, now = listed[self.row.user], self.account.taken_at
        if isinstance(reported, datetime) and (used is None or reported >= used):
            return PasswordUse(reported, cell("password_last_used", reported), now)
        told = Fact("PasswordLastUsed", NEVER if used is None else shown(used), "iam.list_users")
        return PasswordUse(used or Mark.NO_INFORMATION, told, now)

    @property
    def password_use_is_told_elsewhere(self) -> bool:
        """Whether IAM itself was asked for the last use of the password."""
        return self.row.user in (self.account.password_last_used or ())

    @property
    def mfa_is_missing(self) -> bool:
        """Whether there is no MFA; a list of the devices is newer than the report."""
        devices = self.account.mfa_devices.get(self.row.user)
        return self.row.mfa_active is False if devices is None else not devices

    @property
    def keys_are_listed(self) -> bool:
        """Whether IAM itself was asked for the keys."""
        return not self.row.is_root and self.row.user in self.account.access_keys

    @property
    def mfa_is_told_elsewhere(self) -> bool:
        """Whether IAM itself was asked for the devices."""
        return self.account.summary is not None if self.row.is_root else self.row.user in self.account.mfa_devices
