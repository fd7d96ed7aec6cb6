"""A function in a process of its own: it takes nobody's time, and can be ended wherever it happens to be."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar

from sekisho.server.errors import FaultError, ProcessDiedError

TO_END: Final = timedelta(seconds=2)
"""How long a process has to end when it is asked to, before it is killed."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Raised:
    traceback: str


class Apart(Generic[Result]):
    """A function that is under way. Its process ends with ours, however ours ends."""

    def __init__(self, function: Callable[[Argument], Result], argument: Argument) -> None:
        """Begin; function and argument are sent to the process, the result is sent back."""
        context = multiprocessing.get_context("spawn")
        self._ear, mouth = context.Pipe(duplex=False)
        self._process = context.Process(target=_carry_out, args=(mouth, function, argument), daemon=True)
        self._process.start()
        mouth.close()

    def is_done(self, within: timedelta) -> bool:
        """Wait, but no longer than so; say whether there is a result or an error."""
        return self._ear.poll(within.total_seconds())

    def result(self) -> Result:
        """Return what the function returned; waits for it.

        Raises:
            ProcessDiedError: there is none.
            FaultError: the function raised.
        """
        try:
            told: Result | _Raised = self._ear.recv()
        except (EOFError, OSError) as error:
            raise ProcessDiedError from error
        if isinstance(told, _Raised):
            raise FaultError(told.traceback)
        return told

    def end(self) -> None:
        """Let nothing of it remain, whether it is done or not."""
        self._process.terminate()
        self._process.join(TO_END.total_seconds())
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
        self._ear.close()


def _carry_out(mouth: "Connection[Any, Any]", function: Callable[[Argument], object], argument: Argument) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        told = function(argument)
    except Exception:  # noqa: BLE001 - told to the server, which logs it
        told = _Raised(traceback.format_exc())
    mouth.send(told)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
