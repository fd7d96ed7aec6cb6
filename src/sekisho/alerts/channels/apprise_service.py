"""The services that the library Apprise knows; it is asked for only where such a target is.

Some of them format what they get, and Apprise does not escape for all. Characters of markup and mentions therefore
become their full-width forms.

Source: Apprise documentation, "Development: API".
"""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from sekisho.alerts.channel import TemporaryError
from sekisho.alerts.channels.document import plain_text, subject
from sekisho.alerts.channels.fitting import fitted
from sekisho.alerts.channels.texts import clipped, defused, line, units
from sekisho.alerts.errors import TargetError
from sekisho.alerts.message import Message
from sekisho.analyzers.observation import Severity
from sekisho.keys import Secret

LONGEST_TITLE: Final = 200
LONGEST_BODY: Final = 1800
"""The shortest of the common limits, that of Discord, with room for the title."""

KINDS: Final = {
    Severity.CRITICAL: "failure",
    Severity.HIGH: "failure",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    Severity.INFORMATIONAL: "info",
}


def render_apprise(message: Message) -> dict[str, str]:
    """Return title, body and kind of a message."""
    body = fitted(message, _body, lambda text: units(text) <= LONGEST_BODY)
    return {
        "title": clipped(defused(subject(message)), LONGEST_TITLE),
        "body": clipped(body, LONGEST_BODY),
        "notify_type": "success" if message.is_resolved else KINDS[message.severity],
    }


def _body(message: Message) -> str:
    return defused(plain_text(message))


class AppriseChannel:
    """A service, by its URL in Apprise."""

    def __init__(self, url: Secret, *, what: str) -> None:
        self._service = _opened(url, what=what)
        self._scheme = line(url.reveal().partition("://")[0])

    @property
    def place(self) -> str:
        """The kind of service alone: all the rest of the URL may be a secret."""
        return f"{self._scheme}:// by Apprise"

    def send(self, message: Message) -> None:
        """Notify. Apprise tells whether it was taken, and no more."""
        told = render_apprise(message)
        with _quiet():
            taken = self._service.notify(
                title=told["title"],
                body=told["body"],
                notify_type=told["notify_type"],
                body_format="text",
                interpret_escapes=False,
            )
        if not taken:
            raise TemporaryError(f"{self.place} did not take it; Apprise does not say why")


def _opened(url: Secret, *, what: str) -> Any:
    try:
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise TargetError(
            f'{what} needs the library Apprise; install it with `pip install "sekisho[apprise]"`'
        ) from error
    service: Any = Apprise(asset=AppriseAsset(app_id="Sekisho", secure_logging=True, async_mode=False))
    with _quiet():
        is_known = service.add(url.reveal())
    if not is_known:
        raise TargetError(f"{what} is no URL of a service that Apprise knows")
    return service


@contextmanager
def _quiet() -> Generator[None]:
    """Keep out of the logs what Apprise says meanwhile, and what it sends with: they tell the whole of URLs."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3.connectionpool")]
    for logger in loggers:
        logger.addFilter(_is_nothing)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_nothing)


def _is_nothing(_: logging.LogRecord) -> bool:
    return False
