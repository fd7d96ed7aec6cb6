"""One POST, to one place, within one time: what all targets that speak HTTP share.

It is made of the standard library. What other clients add has to be switched off here: a message goes where it was
sent or nowhere (no redirects), once (whoever calls tries again), and is connected to the very address that was looked
at, so that a name cannot lead elsewhere between the look and the connection.
"""

import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.channels.deadline import Watch, cut_off
from sekisho.alerts.channels.settings import url_fault
from sekisho.alerts.channels.texts import clipped, line
from sekisho.alerts.errors import DeliveryError, TargetError
from sekisho.keys import Secret

PATIENCE: Final = timedelta(seconds=10)
"""How long a message may take, from the connection to the end of the answer."""

CONNECT_PATIENCE: Final = timedelta(seconds=5)
"""How long one address of a server has to take a connection."""

LONGEST_ANSWER: Final = 64 * 1024
LONGEST_PAUSE: Final = timedelta(hours=1)
"""Nobody has us wait for longer, whatever they say."""

USER_AGENT: Final = "sekisho"

_RETRIED: Final = frozenset({408, 425, 429})
_BROKEN: Final = frozenset({401, 403, 404, 405, 407, 410})
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_DIGITS: Final = re.compile(r"[0-9]{1,9}")

_Address: TypeAlias = tuple[int, Any]
"""An address family, and the address as `connect` takes it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        body: the beginning of it, at most `LONGEST_ANSWER` bytes.
        retry_after: how long it wants to be left alone; None where it did not say.
    """

    status: int
    body: bytes
    retry_after: timedelta | None


class Endpoint:
    """Somewhere that takes POSTs. What is secret in its URL is in no message.

    Args:
        url: with http or https.
        what: which setting of which target the URL is, for messages.
        allow_private: whether addresses that are not public may be connected to.
        may_be_plain: whether `http://` is all right for other hosts than this one; it never goes to a public address.
        proxies: the environment's variables that name proxies; empty for none. A proxy connects in our place, so that
            no address is looked at; it is used for https only, as a tunnel.
        ca_file: certificates to trust, in place of the system's.
        patience: how long a message may take. Looking up the name comes before that, in the time of the system.

    Raises:
        TargetError: the URL, the proxy or the file cannot be used.
    """

    def __init__(
        self,
        url: Secret,
        *,
        what: str,
        allow_private: bool,
        may_be_plain: bool,
        proxies: Mapping[str, str],
        ca_file: str | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        if fault := url_fault(url.reveal(), may_be_plain=may_be_plain):
            raise TargetError(f"{what} {fault}")
        self._parts = urlsplit(url.reveal())
        self._allow_private = allow_private
        self._proxy = _proxy_of(self._parts, proxies)
        self._tls = trusting(ca_file, what=what) if self._parts.scheme == "https" else None
        self._patience = patience

    @property
    def origin(self) -> str:
        """The server alone: chat services have the secret in the path."""
        return f"{self._parts.scheme}://{_bracketed(self._host)}{f':{self._parts.port}' if self._parts.port else ''}"

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body, once, and return the answer, whatever its status.

        Raises:
            TemporaryError: there was no answer.
            BrokenTargetError: it is nothing that we connect to, or its certificate is not trusted.
        """
        with cut_off(self._patience) as watch:
            try:
                answer = self._post(body, headers, watch)
            except (OSError, HTTPException) as error:
                if watch.is_over:
                    raise self._too_slow() from error
                raise self._failure(error) from error
            if watch.is_over:  # what was cut off looks like the end
                raise self._too_slow()
            return answer

    @property
    def _host(self) -> str:
        return self._parts.hostname or ""

    @property
    def _port(self) -> int:
        return self._parts.port or (443 if self._tls else 80)

    def _post(self, body: bytes, headers: Mapping[str, str], watch: Watch) -> Answer:
        connection = (HTTPSConnection if self._tls else HTTPConnection)(self._host, self._port)
        try:
            connection.sock = self._connected(watch)
            target = f"{self._parts.path or '/'}{'?' if self._parts.query else ''}{self._parts.query}"
            connection.request("POST", target, body, {"User-Agent": USER_AGENT, "Connection": "close", **headers})
            with connection.getresponse() as response:
                content = response.read(LONGEST_ANSWER)
                return Answer(response.status, content, retry_after(response.headers.get("Retry-After")))
        finally:
            connection.close()

    def _connected(self, watch: Watch) -> socket.socket:
        plain = self._direct(watch) if self._proxy is None else self._tunnel(self._proxy, watch)
        if self._tls is None:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise

    def _direct(self, watch: Watch) -> socket.socket:
        """Connect to one of the addresses that were looked at."""
        addresses = self._looked_up(self._host, self._port)
        allowed = [one for one in addresses if self._may_reach(ip_address(one[1][0]))]
        if not allowed:
            raise BrokenTargetError(self._why_not(str(addresses[0][1][0])))
        return _first_connected(allowed, watch)

    def _may_reach(self, address: IPv4Address | IPv6Address) -> bool:
        if self._tls is None:  # in the clear, to no one far away
            return not is_public(address)
        return self._allow_private or is_public(address)

    def _why_not(self, address: str) -> str:
        if self._tls is None:
            return f"{self.origin} is at the public address {address}, where http:// goes in the clear; use https://"
        return f"{self.origin} is at {address}, which is no public address; set `allow-private` if that is meant"

    def _tunnel(self, proxy: SplitResult, watch: Watch) -> socket.socket:
        """Connect to the proxy, and have it connect to the server."""
        plain = _first_connected(self._looked_up(proxy.hostname or "", proxy.port or 80), watch)
        try:
            place = f"{_bracketed(self._host)}:{self._port}"
            lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", f"User-Agent: {USER_AGENT}"]
            if proxy.username is not None:
                lines.append(f"Proxy-Authorization: Basic {_basic(proxy)}")
            plain.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
            answer = HTTPResponse(plain, method="CONNECT")
            try:
                answer.begin()
                status = answer.status
            finally:
                answer.close()
        except BaseException:
            plain.close()
            raise
        if status != HTTPStatus.OK:
            plain.close()
            raise _refused(status, f"the proxy on the way to {self.origin}", None)
        return plain

    def _looked_up(self, host: str, port: int) -> list[_Address]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such name"
            raise TemporaryError(f"cannot find `{host}`: {reason}") from error
        return [(family, address) for family, _, _, _, address in found]

    def _too_slow(self) -> DeliveryError:
        return TemporaryError(f"{self.origin} took longer than {self._patience.total_seconds():g} seconds")

    def _failure(self, error: OSError | HTTPException) -> DeliveryError:
        match error:
            case ssl.SSLCertVerificationError():
                return BrokenTargetError(f"the certificate of {self.origin} is not trusted: {error.verify_message}")
            case ssl.SSLError():
                return TemporaryError(f"cannot speak TLS with {self.origin}: {error.reason or 'it hung up'}")
            case TimeoutError():
                return self._too_slow()
            case OSError():
                return TemporaryError(f"cannot reach {self.origin}: {error.strerror or 'it hung up'}")
            case HTTPException():
                return TemporaryError(f"{self.origin} answered something that is no HTTP")


def refused(answer: Answer, place: str, said: str = "") -> DeliveryError:
    """Return what an answer outside of 200 to 299 means.

    Args:
        answer: what was answered.
        place: who answered, without secrets.
        said: what is known of its reason; nothing that may have a part of the URL in it.
    """
    return _refused(answer.status, place, answer.retry_after, said)


def _refused(status: int, place: str, pause: timedelta | None, said: str = "") -> DeliveryError:
    told = f"{place} answered {status}{f' ({clipped(line(said), 200)})' if said.strip() else ''}"
    if status in _RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TemporaryError(told, retry_after=pause)
    if status < HTTPStatus.BAD_REQUEST:
        return BrokenTargetError(f"{told}; redirects are not followed, so name the place where it really is")
    if status in _BROKEN:
        return BrokenTargetError(told)
    return RefusedError(told)


def is_taken(answer: Answer) -> bool:
    """Tell whether an answer says that the message was taken."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def retry_after(text: str | None, *, now: datetime | None = None) -> timedelta | None:
    """Return what a header `Retry-After` asks for, from nothing to `LONGEST_PAUSE`; None where it says nothing.

    Args:
        text: the header: seconds, or a date of HTTP.
        now: the time that a date is compared with.

    Source: RFC 9110, section 10.2.3.
    """
    if text is None:
        return None
    if _DIGITS.fullmatch(text.strip()):
        return min(timedelta(seconds=int(text)), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(text)
        pause = until.replace(tzinfo=until.tzinfo or UTC) - (now or datetime.now(UTC))
    except (ValueError, OverflowError):
        return None
    return max(timedelta(), min(pause, LONGEST_PAUSE))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the whole internet, and leads nowhere else by way of another notation."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _nat64(address)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _nat64(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def trusting(ca_file: str | None, *, what: str) -> ssl.SSLContext:
    """Return what checks certificates: against a file, or against the system's where there is none.

    Raises:
        TargetError: the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise TargetError(f"{what}: `{ca_file}` is no file of certificates: {error.strerror}") from error


def _first_connected(addresses: list[_Address], watch: Watch) -> socket.socket:
    failure: OSError = TimeoutError("timed out")
    for family, address in addresses:
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            watch.mind(made)
            made.settimeout(CONNECT_PATIENCE.total_seconds())
            made.connect(address)
            made.settimeout(None)  # the watch ends it from here on
        except OSError as error:
            made.close()
            failure = error
            if watch.is_over:
                break
        else:
            return made
    raise failure


# --- proxies


def _proxy_of(parts: SplitResult, environment: Mapping[str, str]) -> SplitResult | None:
    """Return the proxy that the environment has for a URL; None for none."""
    if parts.scheme != "https":
        return None
    named = {name.lower(): value for name, value in environment.items() if value}
    text = named.get("https_proxy") or named.get("all_proxy")
    if not text or _is_left_out(parts.hostname or "", named.get("no_proxy", "")):
        return None
    proxy = urlsplit(text if "://" in text else f"http://{text}")
    try:
        usable = proxy.scheme == "http" and bool(proxy.hostname) and proxy.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TargetError("the proxy that HTTPS_PROXY names is not one that is reached by http://HOST:PORT")
    return proxy


def _is_left_out(host: str, no_proxy: str) -> bool:
    """Tell whether a host, or a domain that it is in, is listed in `NO_PROXY`."""
    listed = [one.strip().lstrip(".").lower() for one in no_proxy.split(",") if one.strip()]
    return any(one in {"*", host} or host.endswith(f".{one}") for one in listed)


def _basic(proxy: SplitResult) -> str:
    both = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}"
    return b64encode(both.encode()).decode("ascii")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
