import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from fakes.certificates import Certificates, make_certificates
from fakes.receiver import Drip, Flood, HangUp, Receiver, Reply, Silence, running_receiver
from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.channels.http import LONGEST_ANSWER, Answer, Endpoint, is_public, refused, retry_after
from sekisho.alerts.errors import DeliveryError, TargetError
from sekisho.keys import Secret

SHORT = timedelta(milliseconds=200)
NOW = datetime(2026, 11, 20, 10, 11, 12, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as server:
        yield server


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def endpoint(url: str, **changed: Any) -> Endpoint:
    settings: dict[str, Any] = {"what": "`url`", "allow_private": True, "may_be_plain": True, "proxies": {}}
    return Endpoint(Secret(url), **settings | changed)


def resolve_to(patch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names lead to addresses, another answer each time; return who asks."""
    asked: list[str] = []
    waiting = list(answers)

    def answer(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    patch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_a_body_arrives_with_its_headers_at_the_whole_of_the_url(receiver: Receiver) -> None:
    answer = endpoint(receiver.url("/a/b?c=d")).post(b"{}", {"Content-Type": "application/json"})

    (got,) = receiver.got
    assert (answer.status, answer.body, got.path, got.body) == (200, b"ok", "/a/b?c=d", b"{}")
    assert got.headers["host"] == f"127.0.0.1:{receiver.server_port}"
    assert got.headers["user-agent"] == "sekisho"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_like_others(receiver: Receiver, status: int) -> None:
    receiver.will_answer(Reply(status, headers={"Location": receiver.url("/elsewhere")}))

    answer = endpoint(receiver.url()).post(b"{}", {})

    assert answer.status == status
    assert [one.path for one in receiver.got] == ["/hook"]
    assert isinstance(refused(answer, "it"), BrokenTargetError)


@pytest.mark.parametrize("silent", [Silence(), Drip()], ids=["silent", "drips"])
def test_a_server_without_an_answer_in_time_is_cut_off(receiver: Receiver, silent: Silence | Drip) -> None:
    receiver.will_answer(silent)

    with pytest.raises(TemporaryError, match=r"took longer than 0\.2 seconds"):
        endpoint(receiver.url(), patience=SHORT).post(b"{}", {})


def test_a_server_that_says_nothing_at_all_in_tls_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(TemporaryError, match="took longer"):
            endpoint(url, patience=SHORT).post(b"{}", {})


def test_an_answer_without_an_end_is_read_to_a_limit(receiver: Receiver) -> None:
    receiver.will_answer(Flood())

    assert len(endpoint(receiver.url()).post(b"{}", {}).body) == LONGEST_ANSWER


def test_a_server_that_hangs_up_may_be_tried_again(receiver: Receiver) -> None:
    receiver.will_answer(HangUp())

    with pytest.raises(TemporaryError):
        endpoint(receiver.url()).post(b"{}", {})


def test_what_is_no_http_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        with pytest.raises(TemporaryError, match="no HTTP"):
            endpoint(f"http://127.0.0.1:{server.getsockname()[1]}/").post(b"{}", {})
        thread.join()


def test_a_server_that_is_not_there_is_told_without_what_is_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(TemporaryError, match=f"cannot reach http://127.0.0.1:{port}: Connection refused") as caught:
        endpoint(f"http://127.0.0.1:{port}/services/T0/B0/hidden?token=hidden").post(b"{}", {})

    assert "hidden" not in str(caught.value)


def test_a_name_that_leads_nowhere_may_lead_somewhere_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
    with pytest.raises(TemporaryError, match=r"cannot find `nowhere\.example`: Name or service not known"):
        endpoint("https://nowhere.example/hook").post(b"{}", {})


# --- where it may go


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:0a00:0001::1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "::10.0.0.1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.114.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_that_is_public_is_known(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]", "0"])
def test_private_addresses_are_refused_in_every_spelling(receiver: Receiver, host: str) -> None:
    target = endpoint(f"https://{host}:{receiver.server_port}/hook", allow_private=False)

    with pytest.raises(BrokenTargetError, match="no public address; set `allow-private`"):
        target.post(b"{}", {})
    assert receiver.got == []


def test_a_name_is_looked_up_once_and_the_address_that_was_looked_at_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a public address when it is looked at, and home when it is connected to, gains nothing."""
    asked = resolve_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    connected: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: connected.append(address))
    target = endpoint(f"https://rebind.example:{receiver.server_port}/", allow_private=False, patience=SHORT)

    with pytest.raises(DeliveryError):
        target.post(b"{}", {})

    assert asked == ["rebind.example"]
    assert connected == [("8.8.8.8", receiver.server_port)]
    assert receiver.got == []


def test_of_several_addresses_the_private_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["127.0.0.1", "8.8.8.8"])
    connected: list[Any] = []

    def connect(_: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(TemporaryError):
        endpoint("https://mixed.example/", allow_private=False).post(b"{}", {})

    assert connected == [("8.8.8.8", 443)]


def test_the_next_address_is_tried_where_the_first_is_down(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["127.0.0.2", "127.0.0.1"])

    assert endpoint(f"http://two.example:{receiver.server_port}/").post(b"{}", {}).status == 200
    assert receiver.got[0].headers["host"] == f"two.example:{receiver.server_port}"


def test_nothing_goes_in_the_clear_to_a_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["8.8.8.8"])

    with pytest.raises(BrokenTargetError, match="in the clear; use https://"):
        endpoint("http://hooks.example/").post(b"{}", {})


# --- TLS


def test_a_certificate_by_a_ca_of_ones_own_is_trusted_when_it_is_named(certificates: Certificates) -> None:
    with running_receiver(certificates) as receiver:
        target = endpoint(receiver.url(host="localhost"), ca_file=str(certificates.ca_file))

        assert target.post(b"{}", {}).status == 200


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificates: Certificates) -> None:
    with running_receiver(certificates) as receiver:
        with pytest.raises(BrokenTargetError, match=r"certificate of https://localhost:\d+ is not trusted"):
            endpoint(receiver.url(host="localhost")).post(b"{}", {})
        assert receiver.got == []


def test_the_certificate_has_to_be_for_the_name_and_not_for_the_address(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ["127.0.0.1"])
    with running_receiver(certificates) as receiver:
        target = endpoint(receiver.url(host="other.example"), ca_file=str(certificates.ca_file))

        with pytest.raises(BrokenTargetError, match="not trusted"):
            target.post(b"{}", {})


def test_a_server_that_speaks_no_tls_may_learn_it(receiver: Receiver) -> None:
    with pytest.raises(TemporaryError, match="cannot speak TLS"):
        endpoint(f"https://127.0.0.1:{receiver.server_port}/").post(b"{}", {})


def test_a_file_that_holds_no_certificates_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")

    for file in ("ca.pem", "missing.pem"):
        with pytest.raises(TargetError, match="is no file of certificates"):
            endpoint("https://example.com/", ca_file=str(tmp_path / file))


# --- proxies


class Proxy(threading.Thread):
    """Takes one CONNECT, and leads it to a port of this machine or refuses it."""

    def __init__(self, port: int, status: bytes = b"200 Connection established") -> None:
        super().__init__()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._port = port
        self._status = status
        self.asked = b""
        self.url = f"http://user:p%40ss@127.0.0.1:{self._server.getsockname()[1]}"

    def run(self) -> None:
        with self._server, self._server.accept()[0] as client:
            while b"\r\n\r\n" not in self.asked:
                self.asked += client.recv(65536)
            client.sendall(b"HTTP/1.1 " + self._status + b"\r\n\r\n")
            if not self._status.startswith(b"200"):
                return
            with socket.create_connection(("127.0.0.1", self._port)) as upstream:
                back = threading.Thread(target=self._pump, args=(upstream, client))
                back.start()
                self._pump(client, upstream)
                back.join()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_a_proxy_is_asked_for_a_tunnel_and_sees_nothing_of_what_goes_through(certificates: Certificates) -> None:
    with running_receiver(certificates) as receiver:
        proxy = Proxy(receiver.server_port)
        proxy.start()
        target = endpoint(
            "https://localhost/secret", proxies={"HTTPS_PROXY": proxy.url}, ca_file=str(certificates.ca_file)
        )

        assert target.post(b"{}", {}).status == 200
        proxy.join()
        assert receiver.got[0].path == "/secret"
        assert receiver.got[0].headers["host"] == "localhost"

    assert proxy.asked.startswith(b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in proxy.asked
    assert b"secret" not in proxy.asked


@pytest.mark.parametrize(
    ("status", "kind"), [(b"407 No", BrokenTargetError), (b"403 No", BrokenTargetError), (b"503 No", TemporaryError)]
)
def test_a_proxy_that_refuses_is_told_of(status: bytes, kind: type[DeliveryError]) -> None:
    proxy = Proxy(1, status)
    proxy.start()

    with pytest.raises(kind, match=r"the proxy on the way to https://example\.com answered"):
        endpoint("https://example.com/", proxies={"https_proxy": proxy.url}).post(b"{}", {})
    proxy.join()


@pytest.mark.parametrize("no_proxy", ["*", "localhost", "other, .LOCALHOST"])
def test_hosts_that_are_left_out_are_reached_without_the_proxy(certificates: Certificates, no_proxy: str) -> None:
    with running_receiver(certificates) as receiver:
        proxies = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": no_proxy}
        target = endpoint(receiver.url(host="localhost"), proxies=proxies, ca_file=str(certificates.ca_file))

        assert target.post(b"{}", {}).status == 200


@pytest.mark.parametrize("proxy", ["socks5://user:hidden@127.0.0.1:1", "https://127.0.0.1:1", "http://:x", "http://"])
def test_a_proxy_that_cannot_be_used_is_told_of_without_its_password(proxy: str) -> None:
    with pytest.raises(TargetError, match="HTTPS_PROXY") as caught:
        endpoint("https://example.com/", proxies={"HTTPS_PROXY": proxy})

    assert "hidden" not in str(caught.value)


# --- what answers mean


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, BrokenTargetError), (400, RefusedError), (401, BrokenTargetError), (403, BrokenTargetError),
        (404, BrokenTargetError), (405, BrokenTargetError), (408, TemporaryError), (410, BrokenTargetError),
        (413, RefusedError), (422, RefusedError), (425, TemporaryError), (429, TemporaryError), (500, TemporaryError),
        (502, TemporaryError), (503, TemporaryError),
    ],
)  # fmt: skip
def test_only_haste_and_faults_of_the_server_are_tried_again(status: int, kind: type[DeliveryError]) -> None:
    error = refused(Answer(status, b"", timedelta(seconds=7)), "the place", "why")

    assert type(error) is kind
    assert str(error).startswith(f"the place answered {status} (why)")
    if isinstance(error, TemporaryError):
        assert error.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        (None, None), ("30", 30), (" 30 ", 30), ("0", 0), ("86400", 3600), ("-1", None), ("soon", None), ("²", None),
        ("9" * 400, None), ("Fri, 20 Nov 2026 10:12:12 GMT", 60), ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("Fri, 20 Nov 2099 10:12:12 GMT", 3600), ("Fri, 99 Nov 2026 10:12:12 GMT", None), ("", None),
    ],
)  # fmt: skip
def test_a_wish_to_be_left_alone_is_read_and_limited(text: str | None, pause: int | None) -> None:
    assert retry_after(text, now=NOW) == (None if pause is None else timedelta(seconds=pause))


@pytest.mark.parametrize(
    "url",
    ["", "ftp://hidden.example/", "https://", "https:///hidden", "https://a b/hidden", "https://user:hidden@example.com",
     "https://example.com:99999/hidden", "https://exämple.com/hidden", "https://[::1/hidden", "https://a\r\nb/hidden"],
)  # fmt: skip
def test_what_is_no_url_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(TargetError, match="`url`") as caught:
        endpoint(url)

    assert "hidden" not in str(caught.value)
