"""What there is to know of the credentials of an account: the credential report, and what stands beside it.

Everything but the account's id may be missing: `None` is what nobody asked for or could not be read, and the gaps say
which. Only then is it unknown; an empty tuple was looked at and is empty.

Source: IAM API reference, the operations that the members name.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final

import msgspec

from sekisho.resources.credentials.principals import Role, ServiceAccess
from sekisho.resources.credentials.report import CredentialReport
from sekisho.resources.gaps import Gap

USER_TYPE: Final = "AWS::IAM::User"
ROLE_TYPE: Final = "AWS::IAM::Role"


class KeyStatus(Enum):
    """Source: IAM API reference, `AccessKeyMetadata.Status`."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    EXPIRED = "Expired"


class AccessKey(msgspec.Struct, frozen=True, gc=False):
    """An access key by its id. Source: `ListAccessKeys`, `GetAccessKeyLastUsed`.

    Attributes:
        last_used: None when it was never used, or that is not known.
        is_last_use_known: whether AWS was asked for the last use and answered.
        last_used_service: the prefix of the service; empty when it was never used.
    """

    id: str
    status: KeyStatus
    created: datetime
    last_used: datetime | None = None
    last_used_region: str = ""
    last_used_service: str = ""
    is_last_use_known: bool = False


class MfaKind(Enum):
    """What a device of multi-factor authentication is. Source: IAM User Guide, "MFA in IAM"."""

    VIRTUAL = "mfa"
    SECURITY_KEY = "u2f"
    SMS = "sms-mfa"
    HARDWARE = "hardware"


class MfaDevice(msgspec.Struct, frozen=True, gc=False):
    """A device of multi-factor authentication. Source: `ListMFADevices`."""

    serial_number: str
    kind: MfaKind


class ServiceSpecificCredential(msgspec.Struct, frozen=True, gc=False):
    """A credential for one service, such as Git's or Bedrock's. Source: `ListServiceSpecificCredentials`.

    Attributes:
        expires: None for one that never does.
    """

    user: str
    id: str
    service: str
    is_active: bool
    created: datetime
    expires: datetime | None = None


class PasswordPolicy(msgspec.Struct, frozen=True):
    """The password policy of an account; None for what it does not set. Source: `GetAccountPasswordPolicy`."""

    minimum_password_length: int
    require_symbols: bool
    require_numbers: bool
    require_uppercase_characters: bool
    require_lowercase_characters: bool
    expire_passwords: bool
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None


class NoPasswordPolicy(msgspec.Struct, frozen=True):
    """The account has set none, so that AWS's own default holds."""


class AccountSummary(msgspec.Struct, frozen=True):
    """What the account says of its root user, as it is now. Source: `GetAccountSummary`.

    Attributes:
        root_keys_present: active or not.
        root_password_present: None where AWS does not say.
    """

    root_mfa_enabled: bool
    root_keys_present: bool
    root_password_present: bool | None = None


class RootManagement(msgspec.Struct, frozen=True):
    """Whether the organization holds the root credentials of its members. Source: `ListOrganizationsFeatures`."""

    root_credentials_management: bool
    is_management_account: bool = False


class AccountCredentials(msgspec.Struct, frozen=True):
    """The credentials of one account, as far as they were read.

    Attributes:
        taken_at: when what stands beside the report was read, in UTC; for a report alone, what `generated_at` is.
        generated_at: when AWS made the report; None when it is not known.
        access_keys: by the name of the user; `<root_account>` is not among them. A user who is missing was not asked
            about.
        mfa_devices: likewise; nor is a user among them who was gone when asked about.
        login_profiles: whether a user has a password now, by the name; a user who is missing was not asked about, or
            the answer is not known. One who was gone when asked about has none.
        password_last_used: when each user last signed in with a password, by the name; None for one of whom no
            sign-in is known. It is read after the report, so that a user of the report who is missing is gone.
        user_arns: of the users that IAM lists, by the name.
        roles: all of them, those that AWS alone changes too.
        user_tags: by the name of the user; one without tags has none, and is there.
        service_access: what users and roles may use and when they last did, by their ARNs; whoever is missing was not
            asked about, or the answer is not known.
        gaps: the calls that failed, made no sense or were left out.
    """

    account_id: str
    partition: str
    taken_at: datetime
    report: CredentialReport | None = None
    generated_at: datetime | None = None
    access_keys: Mapping[str, tuple[AccessKey, ...]] = {}
    mfa_devices: Mapping[str, tuple[MfaDevice, ...]] = {}
    login_profiles: Mapping[str, bool] = {}
    password_last_used: Mapping[str, datetime | None] | None = None
    user_arns: Mapping[str, str] = {}
    root_mfa_devices: tuple[MfaDevice, ...] | None = None
    service_specific_credentials: tuple[ServiceSpecificCredential, ...] | None = None
    password_policy: PasswordPolicy | NoPasswordPolicy | None = None
    summary: AccountSummary | None = None
    root_management: RootManagement | None = None
    roles: tuple[Role, ...] | None = None
    user_tags: Mapping[str, Mapping[str, str]] | None = None
    service_access: Mapping[str, tuple[ServiceAccess, ...]] | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def now(self) -> datetime:
        """The moment that ages are counted to: of the report where there is one, as it is no younger than that."""
        return self.generated_at or self.taken_at
