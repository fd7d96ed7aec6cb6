"""The errors of this layer: what stops a reading altogether. What stops one call is a value, `ApiError`."""

from pathlib import Path


class CollectError(Exception):
    """Nothing could be read, for the reason and with the remedy in the message, which is one line."""


class RecordingError(CollectError):
    """A recording is not what the format promises.

    Attributes:
        path: the file.
        line: where, counted from 1, or None when the file as a whole is at fault.
    """

    def __init__(self, reason: str, *, path: Path, line: int | None = None) -> None:
        place = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {reason}")
        self.path = path
        self.line = line
