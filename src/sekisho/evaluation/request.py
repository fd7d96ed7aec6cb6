"""One concrete request, as a policy sees it."""

from collections.abc import Mapping
from enum import Enum

import msgspec


class CallerKind(Enum):
    """How a caller shows who it is."""

    ANONYMOUS = "anonymous"
    AWS = "AWS"
    SAML = "SAML provider"
    WEB_IDENTITY = "web identity provider"
    SERVICE = "service"

    __hash__ = object.__hash__  # an enum's own hash is that of its name, and slow


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who sends a request; what does not apply to its kind is None.

    Attributes:
        account: the account the caller belongs to.
        principal_arn: the user's, role's or account root's ARN; of a role session the role's.
        session_arn: the session's ARN, for sessions of roles and of federated users.
        provider: the identity provider of a federated caller: an ARN, or a domain such as `accounts.google.com`.
        service: the service principal of an AWS service.
        canonical_id: the canonical user id of the caller's account, where it is known.
    """

    kind: CallerKind
    account: str | None = None
    principal_arn: str | None = None
    session_arn: str | None = None
    provider: str | None = None
    service: str | None = None
    canonical_id: str | None = None


class Request(msgspec.Struct, frozen=True, gc=False):
    """One request.

    Attributes:
        action: in AWS's own case, `s3:GetObject`.
        resource: the ARN the service asks about.
        context: condition keys in lower case, with their values; a key that is absent is not in it.
    """

    caller: Caller
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = {}
