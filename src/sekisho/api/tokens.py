"""Page tokens: where a listing goes on, sealed, so that a client can neither read nor make one."""

import binascii
import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sekisho.api.errors import FieldProblem, Reason, validation_error

SHORTEST_SECRET = 32

_NONCE = 12
_PAGING = frozenset({"nextToken", "maxResults"})
"""What may differ from page to page."""

_TEXT_OF_BAD_TOKEN = "is not a token of this operation with these parameters"  # noqa: S105 - a message


class PageTokens:
    """Seals and opens page tokens under a secret of the server.

    A token is good for the operation and the parameters that it was made for, whatever the size of the next page, and
    for as long as the secret stays: what it holds is a place in a listing, which can't go stale, only shift.
    """

    def __init__(self, secret: bytes) -> None:
        """Derive the key.

        Raises:
            ValueError: the secret is too short to keep anyone out.
        """
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"the secret for page tokens needs {SHORTEST_SECRET} bytes, not {len(secret)}")
        key = HKDF(SHA256(), length=32, salt=None, info=b"sekisho page tokens 1").derive(secret)
        self._cipher = AESGCM(key)

    def seal(self, cursor: Any, operation: str, params: Mapping[str, Any]) -> str:
        """Return a token for a cursor, which is any value that JSON can hold."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._cipher.encrypt(nonce, msgspec.json.encode(cursor), _bound_to(operation, params))
        return urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def open(self, token: str, operation: str, params: Mapping[str, Any]) -> Any:
        """Return the cursor in a token.

        Raises:
            ApiError: `ValidationException`; we never made this token, or made it for another question.
        """
        try:
            sealed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(operation, params))
        except (InvalidTag, ValueError, binascii.Error) as error:
            problem = FieldProblem("nextToken", _TEXT_OF_BAD_TOKEN)
            message = f"`nextToken` {problem.message}"
            raise validation_error(Reason.FIELD_VALIDATION_FAILED, message, [problem]) from error
        return msgspec.json.decode(plain)


def _bound_to(operation: str, params: Mapping[str, Any]) -> bytes:
    """Return what a token is bound to: the operation, and a digest of the question."""
    question = {name: value for name, value in params.items() if name not in _PAGING}
    text = msgspec.json.encode([operation, question], enc_hook=_text, order="deterministic")
    return hashlib.sha256(text).digest()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a parameter is a {type(value).__name__}")
