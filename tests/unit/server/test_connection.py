import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPResponse

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from sekisho.server import BoundedConnection
from sekisho.server.connection import LONGEST_HEAD

REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\n"
CHUNKED = REQUEST + b"Transfer-Encoding: chunked\r\n\r\n"


class Hurried(BoundedConnection):
    head_time = timedelta(milliseconds=200)


async def count(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        more = message["more_body"]
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A connection to a server, of the kind that the test names."""
    kind: type[BoundedConnection] = getattr(request, "param", BoundedConnection)
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(count, http=kind, ws="none", log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            with socket.create_connection(listening.getsockname(), timeout=10) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def counted(client: socket.socket) -> int:
    """Return what the server answers."""
    answer = HTTPResponse(client)
    answer.begin()
    return int(answer.read())


def everything(client: socket.socket) -> bytes:
    """Return what comes until the server hangs up."""
    received = b""
    try:
        while some := client.recv(1 << 16):
            received += some
    except ConnectionResetError:
        pass  # it hung up on what we were still sending
    return received


def pour(client: socket.socket, begin: bytes, drop: bytes) -> bytes:
    """Send a beginning and then drops without end, until the server hangs up; return what it said."""
    client.sendall(begin)
    sent = 0
    try:
        while sent < 1 << 24:
            client.sendall(drop)
            sent += len(drop)
    except OSError:
        pass
    assert sent < 1 << 24, "the server took all of it"
    return everything(client)


def test_requests_follow_each_other_on_one_connection(client: socket.socket) -> None:
    for length in (0, 5, 200_000):
        client.sendall(REQUEST + f"Content-Length: {length}\r\n\r\n".encode() + b"x" * length)
        assert counted(client) == length


def test_a_body_in_chunks_may_be_longer_than_a_head(client: socket.socket) -> None:
    client.sendall(CHUNKED + b"a\r\n0123456789\r\n" * LONGEST_HEAD + b"0\r\n\r\n")

    assert counted(client) == 10 * LONGEST_HEAD


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        pytest.param(b"GET /", b"a" * 1000, id="path"),
        pytest.param(REQUEST, b"X: y\r\n" * 200, id="headers"),
        pytest.param(REQUEST + b"X: ", b"y" * 1000, id="header"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n" * 200, id="trailers"),
        pytest.param(CHUNKED + b"0\r\nX: ", b"y" * 1000, id="trailer"),
        pytest.param(CHUNKED + b"1;", b"y" * 1000, id="extension"),
    ],
)
def test_a_head_without_end_is_hung_up_on(client: socket.socket, begin: bytes, drop: bytes) -> None:
    said = pour(client, begin, drop)

    assert said.startswith(b"HTTP/1.1 400 ") or not said  # where it hung up on us, what it said is lost


def test_what_is_no_http_is_refused(client: socket.socket) -> None:
    client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")

    assert everything(client).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("client", [Hurried], indirect=True)
@pytest.mark.parametrize("sent", [b"", b"GET", REQUEST], ids=["nothing", "a word", "a header"])
def test_who_does_not_finish_a_head_in_time_is_hung_up_on(client: socket.socket, sent: bytes) -> None:
    client.sendall(sent)

    assert everything(client) == b""


@pytest.mark.parametrize("client", [Hurried], indirect=True)
def test_the_time_for_a_head_counts_for_each_request(client: socket.socket) -> None:
    whole = REQUEST + b"Content-Length: 2\r\n\r\n"
    client.sendall(whole)
    time.sleep(0.3)  # a body may take longer
    client.sendall(b"ok")
    assert counted(client) == len(b"ok")
    time.sleep(0.3)  # the pause between two requests is no part of a head
    client.sendall(whole + b"ok")
    assert counted(client) == len(b"ok")
    client.sendall(REQUEST)
    assert everything(client) == b""
