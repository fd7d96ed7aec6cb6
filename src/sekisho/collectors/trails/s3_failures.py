"""Why a trail, a bucket or an object could not be read, and what would help."""

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    PaginationError,
    ParamValidationError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from sekisho.collectors.connection import api_error, no_start
from sekisho.collectors.errors import CollectError, DeniedError, MissingError
from sekisho.collectors.options import LiveOptions
from sekisho.resources.snapshot import ApiError

_OF_THE_WAY: Final = (
    NoConnectionError,
    HTTPClientError,
    IncompleteReadError,
    FlexibleChecksumError,
    PaginationError,
    ParamValidationError,
)
"""What botocore raises for other reasons than that it cannot sign in."""

_OF_CREDENTIALS: Final = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
    | {"RequestTimeTooSkewed", "InvalidSecurity", "NotSignedUp"}
    | {"UnrecognizedClientException", "ExpiredTokenException", "InvalidClientTokenId", "InvalidSignatureException"}
)
"""Source: Amazon S3 API Reference, "Error responses", as are the codes below; AWS CloudTrail API Reference, "Common
Errors"."""

_REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "403"})

_MISSING: Final = frozenset({"NoSuchBucket", "NoSuchKey", "TrailNotFoundException"})

_BUSY: Final = (
    "SlowDown",
    "Throttling",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalError",
    "RequestTimeout",
)

_REMEDIES: Final = {
    "NoSuchBucket": "check the name of the bucket",
    "NoSuchKey": "it was deleted after it was listed",
    "TrailNotFoundException": "check its ARN",
    "InvalidObjectState": "it is archived; restore it first, for instance with `aws s3api restore-object`",
    **dict.fromkeys(
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        "name a profile whose Region is that of the bucket",
    ),
    **dict.fromkeys(_BUSY, "run it again later; what was read is kept"),
    **dict.fromkeys(
        ("Timeout", "ConnectionError", "InvalidResponse", "500", "502", "503", "504"),  # numbers: no answer of S3's own
        "check the network, the proxy and AWS_ENDPOINT_URL",
    ),
}


def failure(
    what: str, error: Exception, permission: str, options: LiveOptions, *, is_repeated: bool = False
) -> CollectError:
    """Return a failed request as an error of one line.

    Args:
        what: what could not be done, and where.
        error: what botocore raised.
        permission: what the request takes.
        options: whose credentials were shown.
        is_repeated: whether the request is made again by itself, so that nobody has to see to that.
    """
    told = api_error(error)
    cannot_sign_in = isinstance(error, BotoCoreError) and not isinstance(error, _OF_THE_WAY)
    if cannot_sign_in or told.code in _OF_CREDENTIALS:
        return DeniedError(str(no_start(error, options)))
    remedy = "" if is_repeated and told.code in _BUSY else _remedy(told, permission)
    parts = (f"{what}: {told.code}", told.message.rstrip("."), remedy)
    return _kind(told.code)(" ".join("; ".join(filter(None, parts)).split()))


def _kind(code: str) -> type[CollectError]:
    if code in _REFUSED or code.startswith("KMS."):
        return DeniedError
    return MissingError if code in _MISSING else CollectError


def _remedy(told: ApiError, permission: str) -> str:
    """Return what would help; empty where nobody knows.

    Source: re:Post, "How do I troubleshoot 403 Access Denied errors from Amazon S3?", on the key that encrypts.
    """
    if told.code.startswith("KMS.") or "kms:" in told.message:
        return "it takes kms:Decrypt on the key that encrypts it, and that the key is enabled"
    if told.code in _REFUSED:
        return f"it takes {permission}"
    return _REMEDIES.get(told.code, "")
