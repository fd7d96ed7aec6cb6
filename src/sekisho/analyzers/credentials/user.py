"""A user as the checks see one: the row of the report, and where someone asked, what IAM says now."""

from datetime import datetime, timedelta
from typing import Self

import msgspec

from sekisho.analyzers.credentials.keys import Keys, keys_of
from sekisho.analyzers.credentials.thresholds import Thresholds
from sekisho.resources.credentials import AccountCredentials, ReportRow


def arn_of(account: AccountCredentials, row: ReportRow) -> str:
    """Return the ARN of a row; one that is none of this user's is made from the name."""
    ours = f"arn:{account.partition}:iam::{account.account_id}:"
    if row.is_root:
        return f"{ours}root"
    is_sound = row.arn.startswith(f"{ours}user/") and row.arn.endswith(f"/{row.user}")
    return row.arn if is_sound else f"{ours}user/{row.user}"


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
        return arn_of(self.account, self.row)

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
        return self.row.password_enabled is True

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
