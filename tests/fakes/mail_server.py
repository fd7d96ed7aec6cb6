"""An SMTP server that keeps the mail it gets: with STARTTLS, with TLS from the start, or with none."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from fakes.certificates import Certificates

USERNAME = "sekisho"
PASSWORD = "correct-horse"


@dataclass(frozen=True)
class Mail:
    """One mail as the server took it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    was_encrypted: bool
    login: str | None

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def text(self, kind: Literal["plain", "html"] = "plain") -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content.replace("\r\n", "\n")


@dataclass
class MailServer:
    """What came, and what is to be answered.

    Attributes:
        refusals: by recipient, what the server says to it, such as `550 no such user`.
        answer: what it says to the mail itself; None to take it.
        sender_answer: likewise for the sender.
    """

    port: int = 0
    got: list[Mail] = field(default_factory=list[Mail])
    refusals: dict[str, str] = field(default_factory=dict[str, str])
    answer: str | None = None
    sender_answer: str | None = None
    host: str = "127.0.0.1"
    asks_for_login: bool = False

    async def handle_MAIL(  # noqa: N802 - named by aiosmtpd
        self, _: SMTP, session: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        if self.asks_for_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.sender_answer is not None:
            return self.sender_answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.answer is not None:
            return self.answer
        login: Any = session.auth_data
        content = envelope.content
        assert isinstance(content, bytes)
        assert server.transport is not None
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        user = login.login.decode() if isinstance(login, LoginPassword) else None
        self.got.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, encrypted, user))
        return "250 OK"


@contextmanager
def running_mail_server(
    certificates: Certificates | None = None,
    *,
    tls: Literal["starttls", "implicit"] = "starttls",
    asks_for_login: bool = False,
) -> Iterator[MailServer]:
    """Start a mail server; without certificates it knows no TLS. Those who log in are `USERNAME` with `PASSWORD`."""
    server = MailServer(asks_for_login=asks_for_login)
    context: ssl.SSLContext | None = None
    if certificates is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate_file, certificates.key_file)

    def protocol() -> SMTP:
        return SMTP(
            server,
            hostname="mail.test",
            tls_context=context if tls == "starttls" else None,
            authenticator=_authenticate,
            auth_require_tls=tls == "starttls" and context is not None,
            loop=asyncio.get_running_loop(),
        )

    ready, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(protocol, server.host, 0, ssl=context if tls == "implicit" else None)
        server.port = listening.sockets[0].getsockname()[1]
        loops.append(loop)
        ready.set()
        await stop.wait()
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()


def _authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, login: Any) -> AuthResult:
    is_known = isinstance(login, LoginPassword) and login == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=is_known, handled=False, auth_data=login)
