import json
from collections import deque
from datetime import timedelta
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from sekisho.api import HttpResponse, Limits, Role, SignedRoute, make_app
from unit.api.signing import ADMIN, Keys

SECRET = bytes(32)


async def ready(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ready")


def app(limits: Limits | None = None) -> Starlette:
    return make_app({}, Keys(ADMIN), secret=SECRET, limits=limits, extra_routes=[Route("/readyz", ready)])


def ask(served: Starlette, *received: Message, **scope: Any) -> list[Message]:
    """Return what the application sends when this is what it receives, and nothing after it."""
    waiting, sent = deque(received), list[Message]()

    async def receive() -> Message:
        if not waiting:
            await anyio.sleep_forever()
        return waiting.popleft()

    async def send(message: Message) -> None:
        sent.append(message)

    path = scope.get("path", "/analyzer")
    http = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    anyio.run(served, {**http, **scope}, receive, send)
    return sent


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def error(sent: list[Message]) -> tuple[int, str]:
    start, body = sent
    assert json.loads(body["body"])["message"]
    return start["status"], dict(start["headers"])[b"x-amzn-errortype"].decode()


def test_a_request_comes_in_parts() -> None:
    sent = ask(app(), part(b"a", more=True), part(b"b", more=False))

    assert error(sent) == (403, "MissingAuthenticationTokenException")


def test_every_answer_of_the_service_has_an_id_and_is_for_no_cache() -> None:
    headers = [dict(ask(app(), part(b"", more=False))[0]["headers"]) for _ in range(2)]

    assert headers[0][b"x-amzn-requestid"] != headers[1][b"x-amzn-requestid"]
    assert headers[0][b"cache-control"] == b"no-store"


def test_routes_beside_the_service_need_no_signature() -> None:
    for path in ("/healthz", "/readyz"):
        assert ask(app(), part(b"", more=False), path=path)[0]["status"] == 200


def test_routes_that_ask_for_a_signature_come_before_the_service_and_everyone_hears_of_requests() -> None:
    told: list[tuple[str | None, int | None]] = []
    served = make_app(
        {},
        Keys(ADMIN),
        secret=SECRET,
        signed_routes=[SignedRoute("things", "GET", "/analyzer", Role.READER, lambda _: HttpResponse(200, {}, b""))],
        observe=lambda trace, took: told.append((trace.operation, trace.status)) if took else None,
    )

    assert error(ask(served, part(b"", more=False))) == (403, "MissingAuthenticationTokenException")
    assert error(ask(served, part(b"", more=False), path="/analyzer/x"))[0] == 403
    assert ask(served, part(b"", more=False), path="/healthz")[0]["status"] == 200
    assert told == [("things", 403), (None, 403)]


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    limits = Limits(body_time=timedelta(milliseconds=20))

    assert error(ask(app(limits), part(b"a", more=True))) == (408, "RequestTimeoutException")


def test_a_client_that_hangs_up_gets_no_answer() -> None:
    assert ask(app(), part(b"a", more=True), {"type": "http.disconnect"}) == []


@pytest.mark.parametrize(
    ("headers", "received"),
    [
        pytest.param([], [part(b"12345", more=False)], id="it is all there"),
        pytest.param([], [part(b"12345", more=True), part(b"6", more=False)], id="more is on its way"),
        pytest.param([], [part(b"12345", more=True)] * 8, id="there is no end to it"),
        pytest.param([(b"content-length", b"5")], [part(b"12345", more=False)], id="it says so"),
        pytest.param([(b"content-length", b"5"), (b"expect", b"100-continue")], [], id="it asks first"),
    ],
)
def test_a_body_that_is_too_long_is_refused(headers: list[tuple[bytes, bytes]], received: list[Message]) -> None:
    sent = ask(app(Limits(body_bytes=4)), *received, headers=headers)

    assert error(sent) == (413, "RequestEntityTooLargeException")


def test_a_web_socket_is_closed() -> None:
    assert ask(app(), type="websocket", subprotocols=[]) == [{"type": "websocket.close", "code": 1000}]
