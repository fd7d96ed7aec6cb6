"""A connection of HTTP that neither hoards what a client sends nor waits for it for ever.

The parser is quick but sets no bounds, and a request is nobody's until its signature is verified.
"""

import asyncio
from datetime import timedelta
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 << 10
"""How many bytes may come that are no part of a body: method, path, headers, trailers. What is read at once, up to
256 KiB, is looked at as a whole."""


class BoundedConnection(HttpToolsProtocol):
    """Hangs up on requests whose head is too long, or takes too long to arrive.

    Attributes:
        head_time: how long a request may take from its first byte to the end of its headers, and a new connection to
            its first request. The application minds how long a body takes.
    """

    head_time: ClassVar[timedelta] = timedelta(seconds=30)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes = 0
        self._too_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has come, and count what of it was no body."""
        idle = self.cycle is None or self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]
        if idle and self._too_late is None:
            self._wait_for_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def on_headers_complete(self) -> None:
        """Have the request answered."""
        self._stop_waiting()
        self._head_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body, which is none of the head."""
        self._head_bytes = 0
        super().on_body(body)

    def _wait_for_head(self) -> None:
        self._too_late = self.loop.call_later(self.head_time.total_seconds(), self.transport.close)

    def _stop_waiting(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None
