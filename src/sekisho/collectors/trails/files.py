"""Files with records: in a folder, or one alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from sekisho.collectors.errors import CollectError
from sekisho.collectors.trails.layout import Question


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file.

    Attributes:
        key: its path in the folder, or its key in the bucket.
        size: in bytes, as it lies there.
        version: changes when its content does.
    """

    key: str
    size: int
    version: str


class LogFiles(Protocol):
    """A place with files. It is sent to other processes and machines, so it has no open connection."""

    @property
    def name(self) -> str:
        """What messages call the place."""
        ...

    def list(self, question: Question) -> Iterator[LogFile]:
        """Yield the files that can have events that are asked for, in any order.

        Raises:
            CollectError: the place is not there, or may not be read.
        """
        ...

    def read(self, file: LogFile) -> bytes:
        """Return the content of a file.

        Raises:
            CollectError: it cannot be read.
        """
        ...


@runtime_checkable
class RemoteFiles(LogFiles, Protocol):
    """A place whose answers take their time, so that several files are best asked for at once, by threads."""

    @property
    def at_once(self) -> int:
        """How many."""
        ...


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A folder with all that is below it, or a single file."""

    path: Path

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def list(self, question: Question) -> Iterator[LogFile]:
        """Yield the files of the folder that can have events that are asked for."""
        if self.path.is_file():
            yield self._file(self.path.parent, self.path.name)
            return
        if not self.path.is_dir():
            raise CollectError(f"`{self.path}` is neither a folder nor a file")
        whole = self.path.absolute().as_posix()
        for folder, folders, names in os.walk(self.path, onerror=_refuse):
            folders.sort()
            for name in sorted(names):
                key = (Path(folder) / name).relative_to(self.path).as_posix()
                if question.may_be_in(f"{whole}/{key}"):
                    yield self._file(self.path, key)

    def read(self, file: LogFile) -> bytes:
        """Return the content of a file."""
        folder = self.path.parent if self.path.is_file() else self.path
        try:
            return (folder / file.key).read_bytes()
        except OSError as error:
            raise CollectError(f"`{file.key}` could not be read: {error.strerror}") from error

    @staticmethod
    def _file(folder: Path, key: str) -> LogFile:
        try:
            told = (folder / key).stat()
        except OSError:
            return LogFile(key, 0, "")  # reading it says why it cannot be read
        return LogFile(key, told.st_size, f"{told.st_size}-{told.st_mtime_ns}")


def _refuse(error: OSError) -> None:
    raise CollectError(f"the folder `{error.filename}` could not be read: {error.strerror}") from error
