"""SNS posts to a server that listens: what it hears, and what strangers hear."""

from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sekisho.alerts.alert import IncomingEvent
from sekisho.api import make_app
from sekisho.collectors import CollectError
from sekisho.collectors.events import SnsIntake
from sekisho.collectors.events.certificates import Certificates
from sekisho.collectors.fetching import fetch_url
from sekisho.findings import StoreError
from sekisho.server.sns import sns_route
from surfaces.api_server import NO_LIMITS, SECRET, Stub, running
from unit.api.signing import ADMIN, OPERATOR, READER, Keys
from unit.collectors.events.samples import NOW, text
from unit.collectors.events.signing import KEYS, ROOT, TOPIC, Web, confirmation, notification, signed, web

pytestmark = pytest.mark.slow


class Receiver:
    """A server with the route, and what it takes."""

    def __init__(self) -> None:
        self.taken: list[IncomingEvent] = []
        self.fails: list[Exception] = []
        self.web: Web = web()
        certificates = Certificates(self.web.fetch, [ROOT])
        intake = SnsIntake([TOPIC], certificates=certificates, confirm=self.web.fetch, clock=lambda: NOW)
        stub = Stub()
        self.app = make_app(
            stub.operations(), Keys(READER, OPERATOR, ADMIN), secret=SECRET, clock=stub.clock, limits=NO_LIMITS,
            open_routes=[sns_route(intake, self.take)],
        )  # fmt: skip

    def take(self, events: Sequence[IncomingEvent]) -> int:
        if self.fails:
            raise self.fails.pop(0)
        self.taken += events
        return len(events)


Post = Callable[..., tuple[int, bytes]]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def post(receiver: Receiver) -> Iterator[Post]:
    with running(receiver.app) as address:

        def send(message: object, method: str = "POST", **headers: str) -> tuple[int, bytes]:
            body = message if isinstance(message, bytes) else text(message).encode()
            connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, "/sns", body, {"Content-Type": "text/plain; charset=UTF-8", **named})
            answer = connection.getresponse()
            found = answer.status, answer.read()
            connection.close()
            return found

        yield send


def test_sns_is_heard_and_strangers_hear_nothing(
    receiver: Receiver, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sekisho.server.sns")
    message = signed(notification())
    refused = (403, b"{}")

    assert post(signed(confirmation())) == (200, b"{}")
    assert post(message) == (200, b"{}")
    assert post(message) == (200, b"{}")
    assert post(signed(notification(MessageId="2"), KEYS[1])) == refused
    assert post({**message, "TopicArn": f"{TOPIC}2"}) == refused
    assert post(message, x_amz_sns_rawdelivery="true") == refused
    assert post(b"") == refused
    assert post(b"\xff") == refused
    assert [event.id for event in receiver.taken] == ["1"]
    reasons = [getattr(one, "fields", {}).get("reason", "") for one in caplog.records]
    assert any("its signature is not SNS's" in reason for reason in reasons)


def test_what_cannot_be_kept_is_to_come_again(receiver: Receiver, post: Post) -> None:
    receiver.fails = [StoreError("the database is away"), RuntimeError("a fault of ours")]
    message = signed(notification())

    assert [post(message)[0] for _ in range(3)] == [503, 500, 200]
    assert len(receiver.taken) == 1


def test_a_long_body_and_another_method_come_to_nothing(receiver: Receiver, post: Post) -> None:
    assert post(b" " * ((1 << 20) + 1))[0] == 413
    assert post(signed(notification()), "PUT")[0] == 405
    assert receiver.taken == []


def test_without_topics_there_is_no_such_path() -> None:
    stub = Stub()
    with running(make_app(stub.operations(), Keys(READER), secret=SECRET, clock=stub.clock)) as address:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
        connection.request("POST", "/sns", text(signed(notification())))
        status = connection.getresponse().status
        connection.close()

    assert status == 403  # as for any other path of the service


def test_what_is_fetched_is_what_is_there_and_no_more() -> None:
    pages = {"/a.pem": (200, b"here"), "/moved": (302, b""), "/gone": (404, b""), "/long": (200, b"x" * 70_000)}

    async def answer(request: Request) -> Response:
        status, body = pages[request.url.path]
        return Response(body, status, {"location": "/a.pem"})

    app = Starlette(routes=[Route(path, answer) for path in pages])
    with running(app) as address:
        assert fetch_url(f"{address}/a.pem") == b"here"
        for path, told in [("/moved", "answered 302"), ("/gone", "answered 404"), ("/long", "more than 65,536 bytes")]:
            with pytest.raises(CollectError, match=told):
                fetch_url(f"{address}{path}")
    with pytest.raises(CollectError, match="cannot be reached"):
        fetch_url(f"{address}/a.pem")
