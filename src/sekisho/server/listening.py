"""Where a server listens: a socket, and what protects what goes over it."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from sekisho.server.errors import ListenError, PlainTextError

BACKLOG = 2048
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen.

    Attributes:
        host: an address or a name of this machine.
        port: 0 for any that is free.
        certificate: of TLS, as PEM; None for plain HTTP.
        private_key: of the certificate; None where it is in the same file.
        may_be_plain: whether plain HTTP is all right where other machines can come in.
    """

    host: str = "127.0.0.1"
    port: int = 8087
    certificate: Path | None = None
    private_key: Path | None = None
    may_be_plain: bool = False

    @property
    def scheme(self) -> str:
        """The scheme of its URLs."""
        return "http" if self.certificate is None else "https"


def open_socket(listen: Listen) -> socket.socket:
    """Return a socket that listens.

    Raises:
        PlainTextError: other machines could come in, and read what goes over the wire.
        ListenError: the address is taken, or none of this machine's.
    """
    if not 0 <= listen.port <= HIGHEST_PORT:  # the resolver would take the rest of it by 65,536
        raise ListenError(f"cannot listen on port {listen.port}; the highest is {HIGHEST_PORT}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        if listen.certificate is None and not listen.may_be_plain and not ip_address(address[0]).is_loopback:
            raise PlainTextError(
                f"others could read what goes to {listen.host} and from there; give a certificate with --tls-cert and "
                "--tls-key, or say --insecure-http where something before it speaks TLS"
            )
        listening = socket.socket(family, kind, protocol)  # named as TCP, so that asyncio turns Nagle's algorithm off
    except (OSError, UnicodeError) as error:
        raise _cannot(listen, error) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _cannot(listen, error) from error
    return listening


def url_of(listen: Listen, listening: socket.socket) -> str:
    """Return the URL that a client on this machine calls."""
    host, port = listening.getsockname()[:2]
    return f"{listen.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _cannot(listen: Listen, error: Exception) -> ListenError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return ListenError(
        f"cannot listen on {listen.host}:{listen.port}: {(reason or str(error)).lower()}; "
        "stop what listens there, or choose another place with --host and --port"
    )
