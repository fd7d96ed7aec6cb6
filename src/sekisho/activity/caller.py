"""Who made a call: the principal whose identity policy had to allow it, or why there is none."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

import msgspec

MASKED: Final = frozenset({"HIDDEN_DUE_TO_SECURITY_REASONS", "***", "***OMITTED***", "(Redacted)"})
"""What CloudTrail writes for what it does not tell."""


class Nobody(Enum):
    """Why a call says nothing of any identity policy of ours."""

    ROOT = "the root user, whom no policy limits"
    AWS_SERVICE = "a service of AWS"
    OTHER_ACCOUNT = "a principal of another account, who is told of in the trail of that account"
    IDENTITY_CENTER = "a user of IAM Identity Center outside any account"
    UNAUTHENTICATED = "nobody: the request was anonymous, or the right to it was proven otherwise than by IAM"
    UNKNOWN = "somebody whom the record does not name"


class Caller(msgspec.Struct, frozen=True, cache_hash=True):
    """The principal that a call is attributed to.

    Attributes:
        arn: of the role or user, with its path; empty for nobody.
        account: its account; empty where the record does not say.
        nobody: why there is no principal.
        unique_id: `AROA…` or `AIDA…`, without the name of a session: another one under the same ARN is another role.
        partition: as the ARN has it; empty where the record does not say.
        invoked_by: the service that called with the principal's credentials; empty for the principal itself.
        has_mfa: whether the session began with MFA.
        is_path_known: whether `arn` has the path of the role; older records do not tell it.
    """

    arn: str = ""
    account: str = ""
    nobody: Nobody | None = None
    unique_id: str = ""
    partition: str = ""
    invoked_by: str = ""
    has_mfa: bool = False
    is_path_known: bool = True

    @property
    def is_service_linked(self) -> bool:
        """Whether the policy of the role is AWS's own, so that there is nothing to generate."""
        return ":role/aws-service-role/" in self.arn


def told_without_path(arns: Iterable[str]) -> Mapping[str, str]:
    """Return, to each ARN without a path, that of the same role or user with its path, where another one tells it.

    Older records tell no path. Names are unique in an account whatever the path; where several paths are told, because
    one was deleted and another one made, nobody knows whose it is.

    Source: IAM User Guide, "IAM identifiers".
    """
    with_path: dict[str, set[str]] = defaultdict(set)
    known = set(arns)
    for arn in known:
        head, _, name = arn.rpartition(":")
        kind, *path, last = name.split("/")
        if path:
            with_path[f"{head}:{kind}/{last}"].add(arn)
    return {arn: next(iter(same)) for arn, same in with_path.items() if arn in known and len(same) == 1}


class _Issuer(msgspec.Struct, rename="camel", gc=False):
    type: str | None = None
    arn: str | None = None
    principal_id: str | None = None
    account_id: str | None = None


class _Attributes(msgspec.Struct, rename="camel", gc=False):
    mfa_authenticated: str | bool | None = None


class _Session(msgspec.Struct, rename="camel"):
    session_issuer: _Issuer | None = None
    attributes: _Attributes | None = None
    assumed_root: str | bool | None = None


class UserIdentity(msgspec.Struct, rename="camel"):
    """The `userIdentity` of a record, without its credentials.

    Source: CloudTrail User Guide, "CloudTrail userIdentity element".
    """

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    principal_id: str | None = None
    invoked_by: str | None = None
    session_context: _Session | None = None


_UNSIGNED: Final = frozenset({"WebIdentityUser", "SAMLUser"})


def caller_of(identity: UserIdentity, recipient_account: str) -> Caller:
    """Return whose identity policy had to allow a call.

    Args:
        identity: who CloudTrail says it was.
        recipient_account: the account whose trail has the record; empty where the record does not say.

    Source: CloudTrail User Guide, "CloudTrail userIdentity element".
    """
    invoked_by = identity.invoked_by or ""
    account = identity.account_id or ""
    if identity.type == "AWSService":
        return Caller(nobody=Nobody.AWS_SERVICE, invoked_by=invoked_by)
    if identity.type == "IdentityCenterUser":
        return Caller(account=account, nobody=Nobody.IDENTITY_CENTER)
    if identity.type in _UNSIGNED or account.lower() in {"anonymous", "anonymous_principal"}:
        return Caller(nobody=Nobody.UNAUTHENTICATED)
    if identity.type == "AWSAccount" or (account and recipient_account and account != recipient_account):
        return Caller(account=account, nobody=Nobody.OTHER_ACCOUNT, invoked_by=invoked_by)
    session = identity.session_context or _NO_SESSION
    if identity.type == "Root" or session.assumed_root in (True, "true"):
        return Caller(account=account, nobody=Nobody.ROOT, invoked_by=invoked_by)
    arn, is_path_known = _principal(identity, session.session_issuer or _NO_ISSUER)
    if not arn:
        why = Nobody.ROOT if arn is None else Nobody.UNKNOWN
        return Caller(account=account, nobody=why, invoked_by=invoked_by)
    _, partition, _, _, owner, _ = arn.split(":", 5)
    has_mfa = session.attributes is not None and session.attributes.mfa_authenticated in (True, "true")
    unique_id = (identity.principal_id or "").partition(":")[0]
    return Caller(
        arn=arn,
        account=owner,
        unique_id=unique_id,
        partition=partition,
        invoked_by=invoked_by,
        has_mfa=has_mfa,
        is_path_known=is_path_known,
    )


def _principal(identity: UserIdentity, issuer: _Issuer) -> tuple[str | None, bool]:
    """Return the ARN of a role or user, empty for an unknown one and None for root, and whether it has its path."""
    own = identity.arn or ""
    match identity.type:
        case "AssumedRole" if issuer.arn:
            return _role_or_user(issuer.arn), True
        case "AssumedRole":
            return _role_of_session(own), False
        case "FederatedUser":
            return (None if issuer.type == "Root" else _role_or_user(issuer.arn or "")), True
        case "IAMUser":
            return _role_or_user(own), True
        case _:
            return "", True


def _role_or_user(arn: str) -> str:
    parts = arn.split(":", 5)
    is_one = len(parts) == _PARTS_OF_ARN and parts[2] == "iam" and parts[5].startswith(("role/", "user/"))
    return arn if is_one and arn.rpartition("/")[2] not in MASKED else ""


def _role_of_session(arn: str) -> str:
    """Return the role of an ARN `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, as if it had no path."""
    parts = arn.split(":", 5)
    if len(parts) != _PARTS_OF_ARN or not parts[5].startswith("assumed-role/"):
        return ""
    name = parts[5].split("/")[1]
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{name}" if name and name not in MASKED else ""


_PARTS_OF_ARN: Final = 6
_NO_SESSION: Final = _Session()
_NO_ISSUER: Final = _Issuer()
