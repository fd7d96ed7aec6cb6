"""Mail: a text and the same as HTML, through an SMTP server.

Source: RFC 5321 (SMTP), RFC 5322 (headers), RFC 3834 (automatic mail), RFC 8314 (TLS for submission).
"""

import logging
import smtplib
import socket
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Final

from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.channels.deadline import cut_off
from sekisho.alerts.channels.document import plain_text, subject
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.settings import MailSettings
from sekisho.alerts.channels.texts import clipped, in_utc, line, link_target, plain_id, said, said_in_line
from sekisho.alerts.channels.whole import label_of, remarks_of
from sekisho.alerts.channels.words import language_tag, words_of
from sekisho.alerts.errors import DeliveryError
from sekisho.alerts.message import Entry, Message
from sekisho.analyzers.observation import Severity
from sekisho.keys import Secret

logger = logging.getLogger("sekisho.alerts.channels.mail")

PATIENCE: Final = timedelta(seconds=30)
"""How long a mail may take, from the connection to the server's word that it has it."""

LONGEST_SUBJECT: Final = 200
LONGEST_MAIL: Final = 1_000_000

COLOURS: Final = {
    Severity.CRITICAL: "#b00020",
    Severity.HIGH: "#c75000",
    Severity.MEDIUM: "#8a6d00",
    Severity.LOW: "#1f5fa8",
    Severity.INFORMATIONAL: "#555555",
}
RESOLVED_COLOUR: Final = "#1b7f3b"

_IMPLICIT_PORT: Final = 465
_SUBMISSION_PORT: Final = 587
_PLAIN_PORT: Final = 25


# --- what is said


def render_mail(message: Message, *, sender: str, recipients: tuple[str, ...], at: datetime) -> EmailMessage:
    """Return the mail for a message.

    Its id is made of the message's, so that a repeat can be told, and it refers to one that is made of the dedup key,
    so that mail about the same thing is one thread.

    Args:
        message: what is told.
        sender: an address, with or without a name.
        recipients: likewise.
        at: the time of sending.
    """
    domain = sender.rpartition("@")[2].rstrip(">")
    thread = f"<{sha256(message.dedup_key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{domain}>"
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = _header(clipped(subject(message), LONGEST_SUBJECT))
    mail["Date"] = format_datetime(in_utc(at))
    mail["Message-ID"] = f"<{plain_id(message.id)}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.severity in {Severity.CRITICAL, Severity.HIGH} and not message.is_resolved:
        mail["Importance"] = "high"
    mail.set_content(fitted(message, plain_text, _fits), cte="quoted-printable")
    mail.add_alternative(fitted(message, _html, _fits), subtype="html", cte="quoted-printable")
    return mail


def _header(text: str) -> str:
    """Return a line that is no encoded word: those are decoded by the library, line breaks and all."""
    return text.replace("=?", "= ?")


def _fits(text: str) -> bool:
    return len(text) <= LONGEST_MAIL


def _html(message: Message) -> str:
    parts = [f'<!DOCTYPE html><html lang="{language_tag(message)}"><body style="font-family: sans-serif">']
    parts.extend(_html_lines(message))
    parts.append("</body></html>")
    return "\n".join(parts)


def _html_lines(message: Message) -> Iterator[str]:
    colour = RESOLVED_COLOUR if message.is_resolved else COLOURS[message.severity]
    title = said_in_line(message.title, message.timezone)
    yield f'<h2><span style="color: {colour}">{escape(label_of(message))}</span> {escape(title)}</h2>'
    for entry in message.entries:
        yield from _html_entry(entry, message)
    about = " · ".join([line(message.rule), *remarks_of(message)])
    yield f'<p style="color: #555">{escape(about)}</p>'


def _html_entry(entry: Entry, message: Message) -> Iterator[str]:
    zone = message.timezone
    if entry.title != message.title:
        yield f"<h3>{escape(said_in_line(entry.title, zone))}</h3>"
    if text := said(entry.text, zone):
        yield f"<p>{_html_text(text)}</p>"
    if entry.facts:
        yield "<table>"
        for fact in entry.facts:
            label, value = escape(line(fact.label)), _html_text(said(fact.value, zone))
            yield f'<tr><th style="text-align: left; vertical-align: top">{label}</th><td>{value}</td></tr>'
        yield "</table>"
    if advice := said(entry.advice, zone):
        yield f"<p><b>{escape(words_of(message).advice)}</b><br>{_html_text(advice)}</p>"
    links = [(line(one.label), url) for one in entry.links if (url := link_target(one.url))]
    if links:
        anchors = [f'<a href="{escape(url)}">{escape(label or url)}</a>' for label, url in links]
        yield f"<p>{' · '.join(anchors)}</p>"


def _html_text(text: str) -> str:
    return escape(text).replace("\n", "<br>")


# --- how it is sent


class MailChannel:
    """People with mail addresses, through an SMTP server."""

    def __init__(
        self,
        settings: MailSettings,
        *,
        password: Secret | None,
        tls: ssl.SSLContext,
        now: Callable[[], datetime],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._settings = settings
        self._password = password
        self._tls = tls
        self._now = now
        self._patience = patience

    @property
    def place(self) -> str:
        """Who gets it, through which server, and that it is not secret on the way where that is so."""
        people = ", ".join(line(one) for one in self._settings.recipients)
        return f"mail to {people} by {self._server}{' without TLS' if self._settings.insecure else ''}"

    @property
    def _server(self) -> str:
        return f"{self._settings.host}:{self._port}"

    @property
    def _port(self) -> int:
        if self._settings.port is not None:
            return self._settings.port
        if self._settings.insecure:
            return _PLAIN_PORT
        return _IMPLICIT_PORT if self._settings.tls == "implicit" else _SUBMISSION_PORT

    def send(self, message: Message) -> None:
        """Hand the mail to the server. Where it takes it for some recipients, it is sent; the others are logged."""
        settings = self._settings
        mail = render_mail(message, sender=settings.sender, recipients=settings.recipients, at=self._now())
        with cut_off(self._patience) as watch:
            try:
                with self._connected() as client:
                    if client.sock is not None:
                        watch.mind(client.sock)
                    self._introduce(client)
                    refused = client.send_message(mail)
            except smtplib.SMTPException as error:
                raise self._slow() if watch.is_over else self._failure(error) from error
            except OSError as error:
                raise self._slow() if watch.is_over else self._unreachable(error) from error
        if refused:
            self._log(refused)

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        """Lend a connection. What the server says to our leaving does not count: the mail is with it, or is not."""
        settings, seconds = self._settings, self._patience.total_seconds()
        name = socket.gethostname()
        # Else smtplib asks the resolver for the name of this machine, which may take long and say little.
        name = name if "." in name else "[127.0.0.1]"
        client: smtplib.SMTP
        if settings.tls == "implicit" and not settings.insecure:
            client = smtplib.SMTP_SSL(settings.host, self._port, name, timeout=seconds, context=self._tls)
        else:
            client = smtplib.SMTP(settings.host, self._port, name, timeout=seconds)
        try:
            yield client
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
        finally:
            client.close()

    def _introduce(self, client: smtplib.SMTP) -> None:
        if self._settings.tls == "starttls" and not self._settings.insecure:
            client.starttls(context=self._tls)
        if self._settings.username is not None and self._password is not None:
            client.login(self._settings.username, self._password.reveal())

    def _slow(self) -> DeliveryError:
        return TemporaryError(f"{self._server} took longer than {self._patience.total_seconds():g} seconds")

    def _failure(self, error: smtplib.SMTPException) -> DeliveryError:
        """Return what a word of the server means, or that it said none."""
        match error:
            case smtplib.SMTPRecipientsRefused():
                return self._nobody(error.recipients)
            case smtplib.SMTPDataError():
                return self._refused(error.smtp_code, error.smtp_error, "the mail", permanent=RefusedError)
            case smtplib.SMTPAuthenticationError():
                return self._refused(error.smtp_code, error.smtp_error, "logging in", permanent=BrokenTargetError)
            case smtplib.SMTPSenderRefused() if error.smtp_code in _TOO_LONG:
                return self._refused(error.smtp_code, error.smtp_error, "so long a mail", permanent=RefusedError)
            case smtplib.SMTPResponseException():
                return self._refused(error.smtp_code, error.smtp_error, "us", permanent=BrokenTargetError)
            case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TimeoutError):
                return self._slow()  # the socket has given up a moment before the watch
            case smtplib.SMTPServerDisconnected():
                return TemporaryError(f"{self._server} hung up")
            case _:
                return BrokenTargetError(f"{self._server} cannot do what the settings ask for: {line(str(error))}")

    def _nobody(self, recipients: Mapping[str, tuple[int, bytes]]) -> DeliveryError:
        """Return what it means that nobody gets it: an address that does not exist now will not for the next mail."""
        code, said_by_server = min(recipients.values(), key=lambda one: _is_permanent(one[0]))
        return self._refused(code, said_by_server, "all recipients", permanent=BrokenTargetError)

    def _refused(
        self, code: int, said_by_server: bytes | str, of_what: str, *, permanent: type[DeliveryError]
    ) -> DeliveryError:
        text = said_by_server.decode("utf-8", "replace") if isinstance(said_by_server, bytes) else said_by_server
        told = f"{self._server} refuses {of_what}: {code} {clipped(line(text), 200)}"
        return permanent(told) if _is_permanent(code) else TemporaryError(told)

    def _unreachable(self, error: OSError) -> DeliveryError:
        match error:
            case ssl.SSLCertVerificationError():
                return BrokenTargetError(f"the certificate of {self._server} is not trusted: {error.verify_message}")
            case TimeoutError():
                return self._slow()
            case _:
                return TemporaryError(f"cannot reach {self._server}: {error.strerror or 'it hung up'}")

    def _log(self, refused: Mapping[str, tuple[int, bytes]]) -> None:
        codes = {line(address): code for address, (code, _) in refused.items()}
        logger.warning("mail was refused for some", extra={"fields": {"server": self._server, "refused": codes}})


_TOO_LONG: Final = frozenset({552, 523})
"""What a server says to a sender whose mail is too long."""


def _is_permanent(code: int) -> bool:
    return 500 <= code < 600  # noqa: PLR2004 - 5yz, RFC 5321, section 4.2.1
