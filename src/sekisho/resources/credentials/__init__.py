"""The credentials of an account as values: the credential report, and the calls that tell what it leaves out.

Nothing in here judges; that is for `analyzers.credentials`.
"""

from sekisho.resources.credentials.account import (
    ROLE_TYPE,
    USER_TYPE,
    AccessKey,
    AccountCredentials,
    AccountSummary,
    KeyStatus,
    MfaDevice,
    MfaKind,
    NoPasswordPolicy,
    PasswordPolicy,
    RootManagement,
    ServiceSpecificCredential,
)
from sekisho.resources.credentials.principals import ActionAccess, Role, ServiceAccess, belongs_to_aws
from sekisho.resources.credentials.reading import credentials_in, credentials_of
from sekisho.resources.credentials.report import (
    ROOT,
    AccessKeyCells,
    CertificateCells,
    CredentialReport,
    Flag,
    Mark,
    Moment,
    ReportError,
    ReportRow,
    UnreadCell,
    parse_report,
)

__all__ = [
    "ROLE_TYPE",
    "ROOT",
    "USER_TYPE",
    "AccessKey",
    "AccessKeyCells",
    "AccountCredentials",
    "AccountSummary",
    "ActionAccess",
    "CertificateCells",
    "CredentialReport",
    "Flag",
    "KeyStatus",
    "Mark",
    "MfaDevice",
    "MfaKind",
    "Moment",
    "NoPasswordPolicy",
    "PasswordPolicy",
    "ReportError",
    "ReportRow",
    "Role",
    "RootManagement",
    "ServiceAccess",
    "ServiceSpecificCredential",
    "UnreadCell",
    "belongs_to_aws",
    "credentials_in",
    "credentials_of",
    "parse_report",
]
