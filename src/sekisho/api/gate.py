"""Who may come in: whoever signs with a key that we issued, and does not ask too often."""

from collections.abc import Callable
from datetime import datetime

from sekisho.api.errors import ApiError, throttling_error
from sekisho.api.exchange import HttpRequest
from sekisho.api.identity import Caller, KeyRing
from sekisho.api.limits import Limits, TokenBuckets, client_network
from sekisho.api.log import Trace
from sekisho.api.signature import verify_signature

Clock = Callable[[], datetime]
"""Tells the time, in UTC."""


class Gate:
    """The one way in to whatever asks for a signature. Safe to share between threads."""

    def __init__(self, key_ring: KeyRing, *, clock: Clock, limits: Limits) -> None:
        self._key_ring = key_ring
        self._clock = clock
        self._requests = TokenBuckets(limits.requests, known_callers=limits.known_callers)
        self._failures = TokenBuckets(limits.failures, known_callers=limits.known_callers)

    def admit(self, request: HttpRequest, trace: Trace) -> tuple[Caller, datetime]:
        """Return who calls, and when that was; the caller is noted in `trace`.

        Raises:
            ApiError: nobody that we know, or someone who asks too often.
        """
        now = self._clock()
        caller = self._authenticate(request, now)
        trace.access_key_id = caller.access_key_id
        if wait := self._requests.take(caller.access_key_id, now):
            raise throttling_error(wait)
        return caller, now

    def _authenticate(self, request: HttpRequest, now: datetime) -> Caller:
        """Return who calls. Who fails to say so too often is told to wait, without a word on what was wrong."""
        try:
            return verify_signature(request, self._key_ring, now)
        except ApiError:
            if wait := self._failures.take(client_network(request.client), now):
                raise throttling_error(wait) from None
            raise
