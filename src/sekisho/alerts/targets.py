"""Where events go: a stream, a file, an HTTP endpoint."""

import os
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import IO, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sekisho.alerts.errors import DeliveryError, TargetError

TIMEOUT: Final = 10.0
"""How many seconds an endpoint has for its answer."""


class EventTarget(Protocol):
    """Something that takes events, one after the other."""

    @property
    def name(self) -> str:
        """What the store remembers it by: the same for the same place, whoever sends."""
        ...

    @property
    def place(self) -> str:
        """The place as people are told of it, without secrets."""
        ...

    def send(self, envelope: str) -> None:
        """Hand over one event.

        Args:
            envelope: the event as JSON text, without a line break.

        Raises:
            DeliveryError: it was not taken, or it is not known whether it was.
        """
        ...


class StreamTarget:
    """A line for each event on a stream, such as standard output."""

    name = "-"
    place = "standard output"

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def send(self, envelope: str) -> None:
        """Write a line and flush it; a reader who has gone is told as for every other output."""
        self._stream.write(f"{envelope}\n")
        self._stream.flush()


class FileTarget:
    """A line for each event at the end of a file, on the disk before it counts as told."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    @property
    def name(self) -> str:
        """The path of the file."""
        return f"file:{self._path}"

    @property
    def place(self) -> str:
        """The path of the file."""
        return str(self._path)

    def send(self, envelope: str) -> None:
        """Add a line. What a killed process left of one is taken off first: the event is sent again."""
        try:
            with self._path.open("ab+") as file:
                _drop_torn_line(file)
                file.write(envelope.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DeliveryError(f"cannot write events to `{self._path}`: {error.strerror or error}") from error


def _drop_torn_line(file: IO[bytes]) -> None:
    end = file.seek(0, os.SEEK_END)
    at = end
    while at > 0:
        start = max(0, at - 4096)
        file.seek(start)
        found = file.read(at - start).rfind(b"\n")
        if found >= 0:
            at = start + found + 1
            break
        at = start
    if at < end:
        file.truncate(at)
    file.seek(0, os.SEEK_END)


class HttpTarget:
    """A POST for each event; any answer from 200 to 299 means that it was taken."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._timeout = timeout
        self._opener = build_opener(_NoRedirects)

    @property
    def name(self) -> str:
        """The server, with a digest of the whole URL: two that differ in a token alone are told apart."""
        return f"{self.place} {sha256(self._url.encode()).hexdigest()[:16]}"

    @property
    def place(self) -> str:
        """The server alone: chat services have the secret in the path."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"

    def send(self, envelope: str) -> None:
        """Post the event."""
        headers = {"Content-Type": "application/json", "User-Agent": "sekisho"}
        request = Request(self._url, envelope.encode(), headers, method="POST")  # noqa: S310 - `parse_target` chooses
        try:
            with self._opener.open(request, timeout=self._timeout):
                return
        except HTTPError as error:
            raise DeliveryError(f"{self.place} answered {error.code}; the event waits") from error
        except (URLError, HTTPException, OSError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise DeliveryError(f"cannot reach {self.place}: {reason}; the event waits") from error


class _NoRedirects(HTTPRedirectHandler):
    """An event goes where it was sent, or nowhere."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def parse_target(text: str, *, stream: IO[str]) -> EventTarget:
    """Return the target that a text names: `-` for a stream, an http or https URL, or the path of a file.

    Raises:
        TargetError: it is a URL of another kind, or none.
    """
    if text == "-":
        return StreamTarget(stream)
    if "://" not in text:
        return FileTarget(Path(text).expanduser())
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TargetError(f"`{text[:80]}` is no target; name a file, an http or https URL, or - for standard output")
    return HttpTarget(text)
