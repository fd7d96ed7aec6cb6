"""Any program that takes a POST: our JSON, signed."""

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from sekisho.alerts.channels.document import message_document
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.http import Endpoint, is_taken, refused
from sekisho.alerts.channels.texts import plain_id
from sekisho.alerts.message import Message
from sekisho.keys import Secret

LONGEST_BODY: Final = 1_000_000
"""Longer than any message that is meant to be read; many servers take no more."""

ID_HEADER: Final = "X-Sekisho-Message-Id"
TIMESTAMP_HEADER: Final = "X-Sekisho-Timestamp"
SIGNATURE_HEADER: Final = "X-Sekisho-Signature"
IDEMPOTENCY_HEADER: Final = "Idempotency-Key"


def render_webhook(message: Message) -> bytes:
    """Return the body for a message."""
    return fitted(message, _body, lambda body: len(body) <= LONGEST_BODY)


def _body(message: Message) -> bytes:
    return msgspec.json.encode(message_document(message))


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """Return the signature of a body at a time.

    Args:
        secret: what the receiver knows too.
        timestamp: seconds since 1970, as in the header.
        body: as it is sent.
    """
    signed = hmac.new(secret.reveal().encode(), timestamp.encode() + b"." + body, sha256)
    return f"v1={signed.hexdigest()}"


class WebhookChannel:
    """A program that takes a POST; any answer from 200 to 299 means that it has the message."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        secret: Secret | None,
        authorization: Secret | None,
        now: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint
        self._secret = secret
        self._authorization = authorization
        self._now = now

    @property
    def place(self) -> str:
        """The server."""
        return self._endpoint.origin

    def send(self, message: Message) -> None:
        """Post the message, with the time of this attempt."""
        body = render_webhook(message)
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            ID_HEADER: plain_id(message.id),
            IDEMPOTENCY_HEADER: plain_id(message.id),
            TIMESTAMP_HEADER: timestamp,
        }
        if self._secret is not None:
            headers[SIGNATURE_HEADER] = sign(self._secret, timestamp, body)
        if self._authorization is not None:
            headers["Authorization"] = self._authorization.reveal()
        answer = self._endpoint.post(body, headers)
        if not is_taken(answer):
            raise refused(answer, self.place)
