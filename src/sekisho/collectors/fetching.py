"""What is at a URL that is no call of AWS's API: one GET, to one place, and no more of it than was expected."""

import ssl
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from botocore.httpsession import DEFAULT_CA_BUNDLE

from sekisho.collectors.errors import CollectError

LARGEST: Final = 64 * 1024
"""What certificates and short answers keep to."""

PATIENCE: Final = 5.0


def fetch_url(url: str, *, largest: int = LARGEST, patience: float = PATIENCE) -> bytes:
    """Return what is at a URL, without following it anywhere else.

    Args:
        url: with http or https; callers have checked whose it is.
        largest: how many bytes may come.
        patience: how many seconds the server may be silent.

    Raises:
        CollectError: nothing could be had from there, or more than that.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE)  # a small machine may trust nobody
    opener = build_opener(_NoRedirects, HTTPSHandler(context=context))
    request = Request(url, headers={"User-Agent": "sekisho"})  # noqa: S310 - see above
    try:
        with opener.open(request, timeout=patience) as answer:
            content: bytes = answer.read(largest + 1)
    except HTTPError as error:
        with error:  # it is the answer, too
            raise CollectError(f"`{request.host}` answered {error.code}") from error
    except (URLError, HTTPException, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise CollectError(f"`{request.host}` cannot be reached: {reason}") from error
    if len(content) > largest:
        raise CollectError(f"`{request.host}` answered more than {largest:,} bytes")
    return content


class _NoRedirects(HTTPRedirectHandler):
    """What we are told the place of is there, or nowhere."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None
