"""The one form of a request that client and server both sign.

Source: IAM User Guide, "Create a signed AWS API request", step 1.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from sekisho.api.exchange import HttpRequest

_SPACES = re.compile(r"[ \t\r\n]+")


def canonical_request(
    request: HttpRequest, signed_headers: Sequence[str], payload_hash: str, *, without: bytes | None = None
) -> str:
    """Return the canonical request.

    Args:
        request: as it came.
        signed_headers: in lower case, sorted.
        payload_hash: SHA-256 of the body, in lower-case hexadecimal.
        without: a query parameter that is left out, the signature itself.
    """
    return "\n".join(
        [
            request.method,
            canonical_path(request.raw_path),
            canonical_query(request, without=without),
            *(f"{name}:{canonical_header(request.header_values(name))}" for name in signed_headers),
            "",
            ";".join(signed_headers),
            payload_hash,
        ]
    )


def canonical_path(raw_path: bytes) -> str:
    """Return the path without empty, `.` and `..` segments, each segment encoded once more.

    The path on the wire is encoded already, so every segment is encoded twice, as all services but Amazon S3 have it.
    A path that ends in `..` ends without a slash, as AWS's SDKs sign it, though RFC 3986 would keep one.
    """
    segments: list[bytes] = []
    for segment in raw_path.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    end = b"/" if segments and raw_path.endswith(b"/") else b""
    return quote(b"/" + b"/".join(segments) + end, safe="/~")


def canonical_query(request: HttpRequest, *, without: bytes | None = None) -> str:
    """Return names and values, encoded anew, sorted by name and then by value."""
    pairs = [(quote(name, safe=""), quote(value, safe="")) for name, value in request.query_pairs() if name != without]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_header(values: Sequence[str]) -> str:
    """Return the values of one header, trimmed, with single spaces, and joined by commas."""
    return ",".join(_SPACES.sub(" ", value).strip(" ") for value in values)
