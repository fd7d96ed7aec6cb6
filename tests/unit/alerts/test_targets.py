import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sekisho.alerts import DeliveryError, FileTarget, HttpTarget, StreamTarget, TargetError, parse_target


class Endpoint(HTTPServer):
    """An HTTP server that keeps what it gets and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.got: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_stream_gets_a_line_for_each_event() -> None:
    stream = io.StringIO()
    target = StreamTarget(stream)

    target.send('{"a":1}')
    target.send('{"b":2}')

    assert stream.getvalue() == '{"a":1}\n{"b":2}\n'


def test_a_file_gets_a_line_for_each_event_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("before\n")

    FileTarget(file).send('{"a":"é"}')
    FileTarget(file).send('{"b":2}')

    assert file.read_text("utf-8").splitlines() == ["before", '{"a":"é"}', '{"b":2}']


@pytest.mark.parametrize("torn", ['{"a"', "x" * 10_000])
def test_what_a_killed_process_left_of_a_line_is_taken_off(tmp_path: Path, torn: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(f'{{"whole":1}}\n{torn}')

    FileTarget(file).send('{"a":1}')

    assert file.read_text().splitlines() == ['{"whole":1}', '{"a":1}']


def test_a_file_that_is_one_torn_line_becomes_the_event(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("torn")

    FileTarget(file).send("{}")

    assert file.read_text() == "{}\n"


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="cannot write events"):
        FileTarget(tmp_path / "no" / "folder").send("{}")


def test_an_endpoint_gets_a_post_for_each_event(endpoint: Endpoint) -> None:
    HttpTarget(endpoint.url).send('{"a":1}')

    ((path, kind, body),) = endpoint.got
    assert (path, kind, json.loads(body)) == ("/hook", "application/json", {"a": 1})


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 500, 503])
def test_any_other_answer_is_a_refusal_and_redirects_are_not_followed(endpoint: Endpoint, status: int) -> None:
    endpoint.status = status

    with pytest.raises(DeliveryError, match=str(status)):
        HttpTarget(endpoint.url).send("{}")

    assert [path for path, _, _ in endpoint.got] == ["/hook"]


def test_an_endpoint_that_is_not_there_is_told_without_what_is_secret_in_its_url() -> None:
    target = HttpTarget("http://user:word@127.0.0.1:9/hook?token=secret", timeout=1)

    with pytest.raises(DeliveryError, match="cannot reach") as caught:
        target.send("{}")

    assert "word" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert target.place == "http://127.0.0.1:9"
    assert target.name.startswith(target.place)
    assert "secret" not in target.name


def test_endpoints_that_differ_in_their_token_alone_are_two_targets() -> None:
    one, other = (HttpTarget(f"https://hooks.example.com/a?token={token}") for token in ("x", "y"))

    assert one.place == other.place
    assert one.name != other.name
    assert one.name == HttpTarget("https://hooks.example.com/a?token=x").name


def test_an_endpoint_that_does_not_answer_is_given_up() -> None:
    import socket  # noqa: PLC0415 - here alone

    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = HttpTarget(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)
        with pytest.raises(DeliveryError, match="timed out"):
            target.send("{}")


def test_a_text_names_a_target(tmp_path: Path) -> None:
    stream = io.StringIO()

    assert isinstance(parse_target("-", stream=stream), StreamTarget)
    assert isinstance(parse_target(str(tmp_path / "a"), stream=stream), FileTarget)
    assert isinstance(parse_target("https://example.com/a", stream=stream), HttpTarget)


@pytest.mark.parametrize("text", ["ftp://example.com", "http://", "file:///etc/passwd", "://"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="no target"):
        parse_target(text, stream=io.StringIO())
