"""AWS Signature Version 4: who signed this request, and is it what they signed?

Source: IAM User Guide, "AWS Signature Version 4 for API requests", "Create a signed AWS API request", "Troubleshoot
signed requests for AWS APIs"; the messages are AWS's own.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import reduce

from sekisho.api.canonical import canonical_request
from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpRequest
from sekisho.api.identity import Caller, IssuedKey, KeyRing

SIGNING_NAME = "access-analyzer"
ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=5)
LONGEST_PRESIGNED = timedelta(days=7)

_TIME = "%Y%m%dT%H%M%SZ"
_TIME_TEXT = re.compile(r"\d{8}T\d{6}Z", flags=re.ASCII)
_SCOPE = re.compile(r"([!-~]{1,128})/(\d{8})/([a-z0-9-]{1,32})/([a-z0-9-]{1,64})/aws4_request", flags=re.ASCII)
_HEADERS = re.compile(r"[!-:<-~]+(?:;[!-:<-~]+)*", flags=re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", flags=re.ASCII)
_SECONDS = re.compile(r"\d{1,6}", flags=re.ASCII)

_HEADER_PARTS = ("Credential", "SignedHeaders", "Signature")
_QUERY_PARTS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about its signature, before any of it is believed.

    Attributes:
        expires: how long a presigned request is good for; None when the signature is in the header.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: datetime
    expires: timedelta | None = None

    @property
    def scope(self) -> str:
        """The credential scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def verify_signature(request: HttpRequest, key_ring: KeyRing, now: datetime, *, service: str = SIGNING_NAME) -> Caller:
    """Return who signed the request.

    Any Region will do: the key is the caller's, and this server stands in for the service in all of them.

    Raises:
        ApiError: the request isn't signed, or not by a key of ours, or not now, or it is not what was signed.
    """
    claim = read_claim(request)
    if claim.service != service:
        raise _invalid(f"Credential should be scoped to correct service: '{service}'. ")
    if claim.date != f"{claim.signed_at:%Y%m%d}":
        raise _invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
    _check_time(claim, now)
    key = key_ring.find(claim.access_key_id)
    if key is None:
        raise _unrecognized()
    expected = _expected_signature(request, claim, key)
    if not hmac.compare_digest(expected, claim.signature):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
    return Caller(key.access_key_id, key.role, claim.region)


def read_claim(request: HttpRequest) -> Claim:
    """Return what the request says about its signature.

    Raises:
        ApiError: it says nothing, or not all that it has to, or the same thing twice.
    """
    authorization = request.header_values("authorization")
    query = _auth_parameters(request)
    match authorization, "X-Amz-Signature" in query or "X-Amz-Algorithm" in query:
        case (), False:
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token")
        case (), True:
            claim = _query_claim(query)
        case (header,), False:
            claim = _header_claim(request, header)
        case _:
            raise _incomplete("The request is signed more than once.")
    _check_signed_headers(request, claim)
    if request.header_values("x-amz-security-token") or "X-Amz-Security-Token" in query:
        raise _unrecognized()
    return claim


def _header_claim(request: HttpRequest, header: str) -> Claim:
    algorithm, _, rest = header.strip().partition(" ")
    if not algorithm.startswith("AWS4-"):
        raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token")
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': only {ALGORITHM} is supported.")
    parts = [part.strip().partition("=") for part in rest.split(",")]
    found = {name: value for name, _, value in parts}
    missing = [f"Authorization header requires '{name}' parameter." for name in _HEADER_PARTS if name not in found]
    if missing:
        raise _incomplete(" ".join(missing))
    if len(parts) != len(_HEADER_PARTS):
        raise _incomplete("Authorization header has other or repeated parameters.")
    return _claim(found["Credential"], found["SignedHeaders"], found["Signature"], _header_date(request), None)


def _query_claim(query: Mapping[str, str]) -> Claim:
    missing = [name for name in (*_QUERY_PARTS, "X-Amz-Signature") if name not in query]
    if missing:
        raise _incomplete(f"AWS query-string parameters must include {', '.join(missing)}.")
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': only {ALGORITHM} is supported.")
    seconds = query["X-Amz-Expires"]
    if not _SECONDS.fullmatch(seconds) or not timedelta() < timedelta(seconds=int(seconds)) <= LONGEST_PRESIGNED:
        raise _incomplete("X-Amz-Expires must be a number of seconds, from 1 to 604800.")
    return _claim(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        _parse_time(query["X-Amz-Date"]),
        timedelta(seconds=int(seconds)),
    )


def _claim(
    credential: str, signed_headers: str, signature: str, signed_at: datetime, expires: timedelta | None
) -> Claim:
    scope = _SCOPE.fullmatch(credential)
    if scope is None:
        raise _incomplete("Credential must have the form <access key id>/<YYYYMMDD>/<region>/<service>/aws4_request.")
    names = tuple(signed_headers.split(";"))
    if not _HEADERS.fullmatch(signed_headers) or list(names) != sorted({name.lower() for name in names}):
        raise _incomplete("SignedHeaders must be names in lower case, sorted, each of them once.")
    if not _SIGNATURE.fullmatch(signature):
        raise _incomplete("Signature must be 64 hexadecimal digits in lower case.")
    access_key_id, date, region, service = scope.groups()
    return Claim(access_key_id, date, region, service, names, signature, signed_at, expires)


def _auth_parameters(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of the query that are about the signature."""
    found: dict[str, str] = {}
    for raw_name, raw_value in request.query_pairs():
        name = raw_name.decode("latin-1")
        if name.startswith("X-Amz-"):
            if name in found:
                raise _incomplete("A query-string parameter of the signature is repeated.")
            found[name] = raw_value.decode("latin-1")
    return found


def _header_date(request: HttpRequest) -> datetime:
    """Return the time of signing: `X-Amz-Date`, or else `Date`, which may have either form."""
    for name in ("x-amz-date", "date"):
        match request.header_values(name):
            case ():
                continue
            case (text,) if name == "date" and not _TIME_TEXT.fullmatch(text.strip()):
                return _parse_http_date(text)
            case (text,):
                return _parse_time(text.strip())
            case _:
                raise _incomplete("The date of the request is given more than once.")
    raise _incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")


def _parse_time(text: str) -> datetime:
    try:
        if _TIME_TEXT.fullmatch(text):
            return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise _incomplete("Date must be in ISO-8601 'basic format'.")


def _parse_http_date(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _incomplete("Date must be in ISO-8601 'basic format' or as RFC 1123 has it.") from error


def _check_signed_headers(request: HttpRequest, claim: Claim) -> None:
    """Refuse when a header that matters isn't signed, or one is signed that isn't there."""
    present = {name for name, _ in request.headers}
    needed = {"host"} | {name for name in present if name.startswith("x-amz-")}
    if claim.expires is None and "x-amz-date" not in present:
        needed.add("date")
    signed = set(claim.signed_headers)
    if not needed <= signed:
        raise _invalid("'Host' and every 'X-Amz-' header must be a 'SignedHeader' in the AWS Authorization.")
    if not signed <= present:
        raise _invalid("A header that was signed is not in the request.")


def _check_time(claim: Claim, now: datetime) -> None:
    """Refuse what was signed for another time."""
    shown = f"{claim.signed_at:{_TIME}}"
    if claim.signed_at > now + SKEW:
        raise _invalid(
            f"Signature not yet current: {shown} is still later than {now + SKEW:{_TIME}} ({now:{_TIME}} + 5 min.)"
        )
    if claim.expires is not None:
        if claim.signed_at + claim.expires < now:
            raise ApiError("RequestExpired", "Request has expired.")
    elif claim.signed_at < now - SKEW:
        raise _invalid(f"Signature expired: {shown} is now earlier than {now - SKEW:{_TIME}} ({now:{_TIME}} - 5 min.)")


def _expected_signature(request: HttpRequest, claim: Claim, key: IssuedKey) -> str:
    payload_hash = hashlib.sha256(request.body).hexdigest()
    if any(stated != payload_hash for stated in request.header_values("x-amz-content-sha256")):
        raise _invalid("The value of 'X-Amz-Content-SHA256' must be the SHA-256 of the body.")
    text = canonical_request(request, claim.signed_headers, payload_hash, without=b"X-Amz-Signature")
    to_sign = "\n".join(
        [
            ALGORITHM,
            f"{claim.signed_at:{_TIME}}",
            claim.scope,
            hashlib.sha256(text.encode()).hexdigest(),
        ]
    )
    return _hmac(signing_key(key.secret, claim.scope), to_sign).hex()


def signing_key(secret: str, scope: str) -> bytes:
    """Return the key for a credential scope: an HMAC for each of its parts, each the key of the next."""
    return reduce(_hmac, scope.split("/"), b"AWS4" + secret.encode())


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _incomplete(message: str) -> ApiError:
    return ApiError("IncompleteSignatureException", message)


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidSignatureException", message)


def _unrecognized() -> ApiError:
    """Return the error for a key that isn't ours. Ours never come with a session token, so that is no key of ours."""
    return ApiError("UnrecognizedClientException", "The security token included in the request is invalid.")
