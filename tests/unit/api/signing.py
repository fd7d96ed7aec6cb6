"""Requests as botocore signs them, and a ring of keys to check them with."""

from dataclasses import replace
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sekisho.api.exchange import HttpRequest
from sekisho.api.identity import IssuedKey, Role

REGION = "eu-west-1"
HOST = "127.0.0.1:8087"

READER = IssuedKey("SKIAREADER", "the secret of a reader", Role.READER)
OPERATOR = IssuedKey("SKIAOPERATOR", "the secret of an operator", Role.OPERATOR)
ADMIN = IssuedKey("SKIAADMIN", "the secret of an admin", Role.ADMIN)


class Keys:
    """A ring of keys in memory."""

    def __init__(self, *keys: IssuedKey) -> None:
        self._keys = {key.access_key_id: key for key in keys}

    def find(self, access_key_id: str) -> IssuedKey | None:
        return self._keys.get(access_key_id)

    def revoke(self, key: IssuedKey) -> None:
        del self._keys[key.access_key_id]


def credentials(key: IssuedKey) -> Credentials:
    return Credentials(key.access_key_id, key.secret)


def sign(request: HttpRequest, key: IssuedKey = ADMIN, *, service: str = "access-analyzer") -> HttpRequest:
    """Sign in the header, now."""
    unsigned = _unsigned(request)
    SigV4Auth(credentials(key), service, REGION).add_auth(unsigned)
    return replace(request, headers=_headers(unsigned))


def presign(request: HttpRequest, key: IssuedKey = ADMIN, *, seconds: int = 60) -> HttpRequest:
    """Sign in the query, now."""
    unsigned = _unsigned(request)
    SigV4QueryAuth(credentials(key), "access-analyzer", REGION, expires=seconds).add_auth(unsigned)
    return replace(request, query=urlsplit(str(unsigned.url)).query.encode(), headers=_headers(unsigned))


def _unsigned(request: HttpRequest) -> AWSRequest:
    query = f"?{request.query.decode()}" if request.query else ""
    made = AWSRequest(
        method=request.method, url=f"http://{HOST}{request.raw_path.decode()}{query}", data=request.body or None
    )
    for name, value in request.headers:
        made.headers.add_header(name, value)
    return made


def _headers(signed: AWSRequest) -> tuple[tuple[str, str], ...]:
    found = tuple((name.lower(), value) for name, value in signed.headers.items())
    return found if any(name == "host" for name, _ in found) else (("host", HOST), *found)
