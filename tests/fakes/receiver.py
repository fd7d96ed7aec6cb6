"""An HTTP server that keeps what it gets and answers as it is told; it stands for Slack, Teams, PagerDuty, webhooks."""

import json
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

from fakes.certificates import Certificates


@dataclass(frozen=True)
class Received:
    """A request; names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Silence:
    """No answer, for as long as the receiver runs."""


@dataclass(frozen=True)
class HangUp:
    """The connection is closed in place of an answer."""


@dataclass(frozen=True)
class Drip:
    """One byte of a header every few milliseconds, without an end."""

    pause: float = 0.02


@dataclass(frozen=True)
class Flood:
    """A body without an end."""


Answer: TypeAlias = Reply | Silence | HangUp | Drip | Flood


class Receiver(ThreadingHTTPServer):
    """The server. `got` is what came, `otherwise` the answer to all that `will_answer` did not tell of."""

    daemon_threads = True

    def __init__(self, certificates: Certificates | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[Received] = []
        self.otherwise: Answer = Reply()
        self.closing = threading.Event()
        self._answers: deque[Answer] = deque()
        self._came = threading.Condition()
        self._scheme = "http" if certificates is None else "https"
        if certificates is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate_file, certificates.key_file)
            # The handshake is left to the thread of the request: a client that makes none holds up no other.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def url(self, path: str = "/hook", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.server_port}{path}"

    def will_answer(self, *answers: Answer) -> None:
        """Have the next requests answered by these, one each."""
        self._answers.extend(answers)

    def wait_for(self, count: int, *, seconds: float = 10) -> list[Received]:
        """Return what came, when it is so much; fail when it never is."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.got) >= count, seconds), f"{len(self.got)} of {count} came"
            return list(self.got)

    def keep(self, received: Received) -> Answer:
        """Note a request, and return the answer to it."""
        with self._came:
            self.got.append(received)
            self._came.notify_all()
            return self._answers.popleft() if self._answers else self.otherwise

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that go away are part of the tests."""


@contextmanager
def running_receiver(certificates: Certificates | None = None) -> Iterator[Receiver]:
    """Start a receiver, with TLS where there are certificates."""
    with Receiver(certificates) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.close_connection = True
        with suppress(OSError):
            self._answer(self.server.keep(Received(self.path, headers, body)))

    def _answer(self, answer: Answer) -> None:
        match answer:
            case Reply(status=status, body=body, headers=headers):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            case Silence():
                self.server.closing.wait()
            case HangUp():
                pass
            case Drip(pause=pause):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not self.server.closing.wait(pause):
                    self.wfile.write(b"x")
            case Flood():
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                while not self.server.closing.is_set():
                    self.wfile.write(b"x" * 65536)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
