"""From a whole request to its answer: verify, limit, find the operation, decode, call, encode. All of it may block."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sekisho.api.decoding import decode_input
from sekisho.api.encoding import encode_error, encode_output
from sekisho.api.errors import ApiError, Reason, internal_error, throttling_error, validation_error
from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.identity import Caller, KeyRing
from sekisho.api.limits import Limits, TokenBuckets, client_network
from sekisho.api.log import Trace
from sekisho.api.model import Match, Routes, operation_models
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.roles import check_role
from sekisho.api.signature import verify_signature
from sekisho.api.tokens import PageTokens

Clock = Callable[[], datetime]
"""Tells the time, in UTC."""


class Endpoint:
    """The service, one request at a time. Safe to share between threads."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        key_ring: KeyRing,
        tokens: PageTokens,
        *,
        clock: Clock,
        limits: Limits,
    ) -> None:
        """Take the operations by their names.

        Raises:
            ValueError: the service has no operation of that name.
        """
        if unknown := sorted(set(operations) - set(operation_models())):
            raise ValueError(f"the service has no operation {', '.join(unknown)}")
        self._operations = operations
        self._key_ring = key_ring
        self._tokens = tokens
        self._clock = clock
        self._limits = limits
        self._routes = Routes(operation_models())
        self._requests = TokenBuckets(limits.requests, known_callers=limits.known_callers)
        self._failures = TokenBuckets(limits.failures, known_callers=limits.known_callers)

    def answer(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        """Return the answer to a request; what becomes known on the way is added to `trace`."""
        try:
            response = self._serve_or_refuse(request, trace)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets no detail and the log gets all
            trace.failure = error
            response = refuse(internal_error(), trace)
        trace.status = response.status
        return response

    def _serve_or_refuse(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        try:
            return self._serve(request, trace)
        except ApiError as error:
            return refuse(error, trace)

    def _serve(self, request: HttpRequest, trace: Trace) -> HttpResponse:
        now = self._clock()
        caller = self._authenticate(request, now)
        trace.access_key_id = caller.access_key_id
        if wait := self._requests.take(caller.access_key_id, now):
            raise throttling_error(wait)
        match = self._find(request)
        name = match.operation.name
        trace.operation = name
        check_role(name, caller.role)
        if name not in self._operations:
            raise validation_error(Reason.NOT_SUPPORTED, f"{name} is not served here yet")
        params = decode_input(match, request, depth=self._limits.json_depth)
        context = RequestContext(
            trace.request_id,
            name,
            caller,
            now,
            cursor=self._cursor(name, params),
            next_token=lambda cursor: self._tokens.seal(cursor, name, params),
        )
        return encode_output(match.operation, self._operations[name](params, context))

    def _authenticate(self, request: HttpRequest, now: datetime) -> Caller:
        """Return who calls. Who fails to say so too often is told to wait, without a word on what was wrong."""
        try:
            return verify_signature(request, self._key_ring, now)
        except ApiError:
            if wait := self._failures.take(client_network(request.client), now):
                raise throttling_error(wait) from None
            raise

    def _find(self, request: HttpRequest) -> Match:
        """Return the operation.

        AWS's front ends answer an unknown path with 404 and no modelled error. The service's own description has a
        reason for it, which every SDK can read, and so we use that.
        """
        match = self._routes.match(request.method, request.raw_path)
        if match is None:
            raise validation_error(Reason.UNKNOWN_OPERATION, "the service has no operation with this method and path")
        return match

    def _cursor(self, operation: str, params: Mapping[str, Any]) -> Any:
        token = params.get("nextToken")
        return None if token is None else self._tokens.open(token, operation, params)


def refuse(error: ApiError, trace: Trace) -> HttpResponse:
    """Return the answer that is an error, and note its code."""
    response = encode_error(error)
    trace.error = error.code
    trace.status = response.status
    return response
