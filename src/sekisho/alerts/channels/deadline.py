"""One time for all of a delivery: a server that drips is one that is silent."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta


class Watch:
    """Cuts connections off when the time is up, wherever they hang."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minded: list[socket.socket] = []
        self.is_over = False

    def mind(self, connection: socket.socket) -> None:
        """Cut this off too; whatever is put on top of it later, such as TLS.

        Raises:
            TimeoutError: the time was up before.
        """
        with self._lock:
            if self.is_over:
                raise TimeoutError("timed out")
            # A duplicate: what is put on top of a socket, such as TLS, takes the original away.
            self._minded.append(socket.fromfd(connection.fileno(), connection.family, connection.type))

    def end(self) -> None:
        """Cut off."""
        with self._lock:
            self.is_over = True
            for one in self._minded:
                with suppress(OSError):  # it is gone already
                    one.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Mind nothing any more."""
        with self._lock:
            for one in self._minded:
                one.close()
            self._minded.clear()


@contextmanager
def cut_off(after: timedelta) -> Generator[Watch]:
    """Lend a watch that cuts off what it minds when the time is up."""
    watch = Watch()
    timer = threading.Timer(after.total_seconds(), watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        watch.let_go()
