"""The service as an ASGI application: the endpoint, and beside it what a caller plugs in."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from sekisho.api.endpoint import Endpoint
from sekisho.api.errors import ApiError
from sekisho.api.exchange import HttpRequest, HttpResponse
from sekisho.api.gate import Clock, Gate
from sekisho.api.identity import KeyRing
from sekisho.api.limits import Limits
from sekisho.api.log import Trace, log_request
from sekisho.api.open import OpenAnswers, OpenRoute
from sekisho.api.operation import Operation
from sekisho.api.refusal import refuse
from sekisho.api.signed import SignedAnswers, SignedRoute
from sekisho.api.tokens import PageTokens

Answer = Callable[[HttpRequest, Trace], HttpResponse]
"""Answers a whole request, and adds to the trace. May block."""

Observer = Callable[[Trace, timedelta], None]
"""Is told of every request that was answered, and how long that took. May not block."""

_MORE_TO_DISCARD = 8
"""How many times the longest body is read and dropped before we hang up on a client that hasn't stopped to listen."""


def _now() -> datetime:
    return datetime.now(UTC)


def make_app(
    operations: Mapping[str, Operation],
    key_ring: KeyRing,
    *,
    secret: bytes,
    clock: Clock = _now,
    limits: Limits | None = None,
    signed_routes: Sequence[SignedRoute] = (),
    open_routes: Sequence[OpenRoute] = (),
    extra_routes: Sequence[BaseRoute] = (),
    observe: Observer | None = None,
) -> Starlette:
    """Return the application.

    It logs every request itself. A server's own access log would have the signatures of presigned requests in it: run
    uvicorn with `access_log=False`.

    Args:
        operations: by their names in the service description. Those that are not there answer `ValidationException`
            with the reason `notSupported`.
        key_ring: who may call.
        secret: what page tokens are sealed under, 32 bytes or more. Servers that share it take each other's tokens.
        clock: UTC.
        limits: the defaults when None.
        signed_routes: what is beside the service and asks for a signature too; before the service's own paths.
        open_routes: what asks for none and finds out otherwise who calls.
        extra_routes: what asks for none, such as the console; before all others.
        observe: told of every request beside the log.

    Raises:
        ValueError: the service has no operation of that name, or the secret is too short.
    """
    limits = limits or Limits()
    gate = Gate(key_ring, clock=clock, limits=limits)
    endpoint = Endpoint(operations, gate, PageTokens(secret), json_depth=limits.json_depth)
    observers = (log_request,) if observe is None else (log_request, observe)
    signed = [
        Route(one.path, _Service(SignedAnswers(one, gate).answer, limits, observers), methods=[one.method])
        for one in signed_routes
    ]
    opened = [
        Route(one.path, _Service(OpenAnswers(one).answer, limits, observers), methods=[one.method])
        for one in open_routes
    ]
    app = Starlette(routes=[Route("/healthz", _healthz, methods=["GET"]), *extra_routes, *opened, *signed])
    app.router.redirect_slashes = False
    app.router.default = _Service(endpoint.answer, limits, observers)
    return app


async def _healthz(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok\n")


class _Service:
    """Reads a request, has it answered in a worker thread, and sends the answer."""

    def __init__(self, answer: Answer, limits: Limits, observers: Sequence[Observer]) -> None:
        self._answer = answer
        self._limits = limits
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        started = time.monotonic()
        request = _request(scope)
        trace = Trace(str(uuid4()), request.client, request.method, request.raw_path.decode("latin-1"))
        try:
            body = await _read_body(scope, receive, self._limits)
        except _GoneError:
            return
        except ApiError as error:
            response = refuse(error, trace)
        else:
            response = await anyio.to_thread.run_sync(self._answer, replace(request, body=body), trace)
        took = timedelta(seconds=time.monotonic() - started)
        for observe in self._observers:
            observe(trace, took)
        await _send(response, trace.request_id, send)


class _GoneError(Exception):
    """The client hung up before its request was whole."""


async def _read_body(scope: Scope, receive: Receive, limits: Limits) -> bytes:
    """Return the body, or raise before more of it than allowed is kept."""
    try:
        with anyio.fail_after(limits.body_time.total_seconds()):
            return await _read_all(scope, receive, limits.body_bytes)
    except TimeoutError as error:
        raise ApiError("RequestTimeoutException", "the body took too long to arrive") from error


async def _read_all(scope: Scope, receive: Receive, most: int) -> bytes:
    stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    chunks: list[bytes] = []
    size = int(stated) if int(stated) > most else 0
    more = True
    while more and size <= most:
        message = await _next(receive)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    if size <= most:
        return b"".join(chunks)
    if more and not any(name == b"expect" for name, _ in scope["headers"]):
        await _discard(receive, most * _MORE_TO_DISCARD)
    raise ApiError("RequestEntityTooLargeException", f"the body is longer than {most} bytes")


async def _discard(receive: Receive, most: int) -> None:
    """Read on for a while: a client that is still sending would miss an answer."""
    dropped = 0
    while dropped <= most:
        message = await _next(receive)
        dropped += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _GoneError
    return message


def _request(scope: Scope) -> HttpRequest:
    """Return the request without its body. `scope["path"]` won't do: it is decoded, and has `%2F` as a slash."""
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        raw_path=scope["raw_path"],
        query=scope["query_string"],
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        client=client[0] if client else "",
    )


async def _send(response: HttpResponse, request_id: str, send: Send) -> None:
    headers = {
        "content-type": "application/json",
        "content-length": str(len(response.body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-amzn-RequestId": request_id,
        **response.headers,
    }
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})
