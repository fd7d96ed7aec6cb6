"""What the error of a record says of the permission that its call needed."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Outcome(Enum):
    """What became of a call, as far as permissions go."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It failed after it was allowed: there was no such bucket, or there was one already."""
    DENIED = "denied"
    """It was not allowed."""
    REFUSED_UNREAD = "refused unread"
    """It was throttled or malformed, and may have been refused before anyone asked whether it was allowed."""
    UNAUTHENTICATED = "unauthenticated"
    """Nobody knew who called."""


@dataclass(frozen=True, slots=True)
class Denial:
    """What the message of a denied call says.

    Attributes:
        action: the action that was not allowed, as AWS spells it.
        resource: the ARN of the resource; empty where the message names none.
        reason: `no identity-based policy allows it`, `an explicit deny in a service control policy`; empty where the
            message gives none.
    """

    action: str
    resource: str
    reason: str


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DENIED: Final = _names(
    """AccessDenied AccessDeniedException AccessDeniedFault Client.UnauthorizedOperation UnauthorizedOperation
    UnauthorizedException NotAuthorized NotAuthorizedException AuthorizationError AuthorizationErrorException
    Forbidden ForbiddenException VpceAccessDenied Unauthorized UnauthorizedAccess AccessDeniedError"""
)
_UNAUTHENTICATED: Final = _names(
    """ExpiredToken ExpiredTokenException InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch
    InvalidSignatureException RequestExpired RequestTimeTooSkewed AuthFailure Client.AuthFailure OptInRequired
    SubscriptionRequiredException InvalidAccessKeyId MissingAuthenticationToken
    MissingAuthenticationTokenException IncompleteSignature IncompleteSignatureException InvalidToken"""
)
_DRY_RUN: Final = frozenset({"Client.DryRunOperation", "DryRunOperation"})
_REFUSED_UNREAD: Final = re.compile(
    r"throttl|toomanyrequests|requestlimitexceeded|slowdown|bandwidthlimit|provisionedthroughput|serviceunavailable"
    r"|internal(error|failure|server)|^validation|malformed|invalidaction|unknownoperation|missingparameter"
    r"|invalidparameter(combination)?(exception)?$|invalidparametervalue|^badrequest|invalidrequest|serialization|requesttimeout|\.malformed$",
    re.IGNORECASE,
)
_MESSAGE: Final = re.compile(
    r"is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?:\"(?P<quoted>[^\"]*)\"|(?P<resource>\S+)))?"
    r"(?:.*?(?:because (?P<none>no .+? polic(?:y|ies) allows?) the"
    r"|with (?P<deny>an explicit deny in an? .+? policy)))?",
    re.DOTALL,
)


def outcome_of(error_code: str, error_message: str = "") -> Outcome:
    """Return what the error of a record says; both texts are empty for a call that succeeded.

    An unknown code counts as a failure after the call was allowed, which is how nearly all services work.

    Source: CloudTrail User Guide, "CloudTrail record contents", errorCode; EC2 API reference, "Client error codes",
    DryRunOperation: the caller has the permissions.
    """
    if not error_code and not error_message:
        return Outcome.SUCCEEDED
    if error_code in _DRY_RUN:
        return Outcome.SUCCEEDED
    if error_code in _DENIED or "AccessDenied" in error_code or "is not authorized to perform" in error_message:
        return Outcome.DENIED
    if error_code in _UNAUTHENTICATED:
        return Outcome.UNAUTHENTICATED
    return Outcome.REFUSED_UNREAD if not error_code or _REFUSED_UNREAD.search(error_code) else Outcome.FAILED


def parse_denial(error_message: str) -> Denial | None:
    """Return what the message of a denied call names; None where it names no action.

    Source: IAM User Guide, "Troubleshoot access denied error messages".
    """
    found = _MESSAGE.search(error_message)
    if found is None:
        return None
    reason = f"{found['none']} it" if found["none"] else found["deny"] or ""
    return Denial(found["action"], (found["quoted"] or found["resource"] or "").rstrip(",."), reason)
