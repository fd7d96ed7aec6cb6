import socket
from contextlib import closing
from pathlib import Path

import pytest

from sekisho.server import Listen, ListenError, PlainTextError, open_socket, url_of

FREE = Listen(port=0)


def test_it_listens_on_a_free_port_and_knows_its_url() -> None:
    with closing(open_socket(FREE)) as listening:
        url = url_of(FREE, listening)
        assert url == f"http://127.0.0.1:{listening.getsockname()[1]}"
        with socket.create_connection(listening.getsockname()):
            pass
        assert url_of(Listen(certificate=Path("x")), listening).startswith("https://127.0.0.1:")


def test_an_address_of_six_is_written_in_brackets() -> None:
    listen = Listen("::1", 0)
    try:
        opened = open_socket(listen)
    except ListenError:
        pytest.skip("this machine has no IPv6")
    with closing(opened):
        assert url_of(listen, opened).startswith("http://[::1]:")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_this_machine_may_listen_in_plain_text(host: str) -> None:
    open_socket(Listen(host, 0)).close()


def test_others_are_spoken_to_in_plain_text_only_when_that_is_meant() -> None:
    host = "0.0.0.0"  # noqa: S104 - that is what is refused
    with pytest.raises(PlainTextError, match="others could read"):
        open_socket(Listen(host, 0))
    open_socket(Listen(host, 0, may_be_plain=True)).close()
    open_socket(Listen(host, 0, certificate=Path("server.pem"))).close()


def test_where_it_cannot_listen_is_told_in_one_line() -> None:
    with closing(open_socket(FREE)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}: address already in use"):
            open_socket(Listen(port=port))
    with pytest.raises(ListenError, match="the highest is 65535"):
        open_socket(Listen(port=99999))
    with pytest.raises(ListenError, match="cannot listen on nowhere"):
        open_socket(Listen("nowhere.invalid", 0))
