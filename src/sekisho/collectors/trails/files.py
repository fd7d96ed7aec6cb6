"""Files with records: in a folder, or one alone."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from sekisho.collectors.errors import CollectError, DeniedError, MissingError
from sekisho.collectors.trails.layout import Question
from sekisho.resources.json_values import is_object


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file.

    Attributes:
        key: its path in the folder, or its key in the bucket.
        size: in bytes, as it lies there.
        version: changes when its content does.
        sha256: of its content as it was before it was compressed, in hexadecimal digits; empty where nobody says it.
        doubt: why it must not be read; empty for nothing.
    """

    key: str
    size: int
    version: str
    sha256: str = ""
    doubt: str = ""


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


class SignedFiles(LogFiles, Protocol):
    """A place that says of a file too what S3 keeps beside it."""

    def where(self, key: str) -> str:
        """Return a key with the folders above the place."""
        ...

    def read_signed(self, file: LogFile) -> tuple[bytes, Mapping[str, str]]:
        """Return the content of a file and its metadata, which is where CloudTrail puts the signature of a digest.

        Raises:
            CollectError: it cannot be read.
        """
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
            raise MissingError(f"`{self.path}` is neither a folder nor a file")
        whole = self.path.absolute().as_posix()
        for folder, folders, names in os.walk(self.path, onerror=_refuse):
            folders.sort()
            for name in sorted(names):
                key = (Path(folder) / name).relative_to(self.path).as_posix()
                if question.may_be_in(f"{whole}/{key}") and (Path(folder) / name).is_file():
                    yield self._file(self.path, key)

    def read(self, file: LogFile) -> bytes:
        """Return the content of a file."""
        folder = self.path.parent if self.path.is_file() else self.path
        try:
            return (folder / file.key).read_bytes()
        except OSError as error:
            kind = DeniedError if isinstance(error, PermissionError) else CollectError
            raise kind(f"`{file.key}` could not be read: {error.strerror}") from error

    def where(self, key: str) -> str:
        """Return the whole path of a file."""
        folder = self.path.parent if self.path.is_file() else self.path
        return f"{folder.absolute().as_posix()}/{key}"

    def read_signed(self, file: LogFile) -> tuple[bytes, Mapping[str, str]]:
        """Return the content of a file, and what `aws s3api head-object` wrote into `FILE.head-object.json`."""
        told = Path(f"{self.where(file.key)}.head-object.json")
        answer: Any = None
        try:
            if told.exists():
                answer = json.loads(told.read_bytes())
        except (OSError, ValueError) as error:
            raise CollectError(f"`{told}` could not be read as an answer of `aws s3api head-object`") from error
        metadata = answer.get("Metadata") if is_object(answer) else None
        texts = metadata.items() if is_object(metadata) else ()
        return self.read(file), {name.lower(): value for name, value in texts if isinstance(value, str)}

    @staticmethod
    def _file(folder: Path, key: str) -> LogFile:
        try:
            told = (folder / key).stat()
        except OSError:
            return LogFile(key, 0, "")  # reading it says why it cannot be read
        return LogFile(key, told.st_size, f"{told.st_size}-{told.st_mtime_ns}")


def _refuse(error: OSError) -> None:
    kind = DeniedError if isinstance(error, PermissionError) else CollectError
    raise kind(f"the folder `{error.filename}` could not be read: {error.strerror}") from error
