"""A folder of kept usage: parts in Parquet, and a manifest that says which files are in which part.

A part counts from the moment that its line is in the manifest. What a killed run leaves behind is a part without a
line, which nobody reads and the next run removes, or the start of a line, which is cut off.
"""

# The stubs of pyarrow know half of its types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import os
import re
import sqlite3
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.activity import UsageBusyError, UsageError
from sekisho.activity.needs import FREE, READS, UNSEEN, WHOLE
from sekisho.activity.usage import FileReport
from sekisho.storage.usage.reader import UsageReader
from sekisho.storage.usage.table import SHARED

_LAYOUT: Final = 3

FORMAT: Final = blake2b(repr([_LAYOUT, *map(sorted, (READS, WHOLE, UNSEEN, FREE))]).encode(), digest_size=8).hexdigest()
"""Changes with what is kept of a record; files that are kept in another format are read anew."""


class Part(msgspec.Struct, frozen=True):
    """A part with the files that are in it."""

    format: str
    name: str
    files: list[FileReport]


class UsageStore(UsageReader):
    """Usage in a folder. One process at a time may write."""

    def __init__(self, folder: Path, places: Collection[str] | None = None) -> None:
        """Open a folder, which need not be there yet.

        Args:
            folder: where it is.
            places: the names of those of which files are asked about; None for all that the folder has.

        Raises:
            UsageError: it cannot be used.
        """
        self._places = places
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "parts").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UsageError(f"`{folder}` cannot be used for usage: {error.strerror}") from error
        self._parts = list(self._read_manifest())

    @contextmanager
    def writing(self) -> Generator[None]:
        """Keep others from writing meanwhile, and remove what a killed run has left.

        Raises:
            UsageError: another process writes.
        """
        with ExitStack() as stack:
            try:
                lock = sqlite3.connect(self.folder / "lock", timeout=0, isolation_level=None)
                stack.callback(lock.close)
                lock.execute("BEGIN EXCLUSIVE")  # a lock that works on every system and ends with its process
            except sqlite3.Error as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise UsageError(f"`{self.folder}` cannot be used for usage: {error}") from error
                raise UsageBusyError(
                    f"another run is reading into `{self.folder}`; wait for it, or name another"
                ) from error
            self._parts = list(self._read_manifest())
            known = {part.name for part in self._parts}
            for file in (self.folder / "parts").iterdir():
                if file.name not in known and _OWN_NAME.fullmatch(file.name):
                    file.unlink()
            self._rewrite_manifest()
            yield

    def files(self) -> Mapping[tuple[str, str], FileReport]:
        """Return the files that have been read, by place and key."""
        return {(file.place, file.key): file for part in self._asked() for file in part.files}

    def forget(self, stale: Iterable[tuple[str, str]]) -> None:
        """Drop the parts in which these files are, so that all of their files are read anew."""
        gone = set(stale)
        self._parts = [part for part in self._parts if not any((file.place, file.key) in gone for file in part.files)]
        self._rewrite_manifest()

    def new_part(self) -> Path:
        """Return where a part is written before it is added."""
        return self.folder / "parts" / f"{uuid4().hex}.parquet"

    def add(self, part: Path, files: list[FileReport]) -> None:
        """Make a part count; one of files that could not be read goes.

        Raises:
            UsageError: the manifest cannot be written.
        """
        line = Part(FORMAT, part.name, [file for file in files if file.is_read])
        if not line.files:
            part.unlink(missing_ok=True)
            return
        try:
            with (self.folder / "manifest.jsonl").open("ab") as manifest:
                manifest.write(msgspec.json.encode(line) + b"\n")
                manifest.flush()
                os.fsync(manifest.fileno())
        except OSError as error:
            raise UsageError(f"`{self.folder}` could not be written: {error.strerror}") from error
        self._parts.append(line)

    @property
    def parts(self) -> Sequence[str]:
        """The files of the parts that are asked about."""
        return [str(self.folder / "parts" / part.name) for part in self._asked()]

    def _asked(self) -> list[Part]:
        """Return the parts of the places that are asked about; a part has files of one place."""
        if self._places is None:
            return self._parts
        return [part for part in self._parts if all(file.place in self._places for file in part.files)]

    def _read_manifest(self) -> Iterator[Part]:
        try:
            text = (self.folder / "manifest.jsonl").read_bytes()
        except FileNotFoundError:
            return
        lines = text.split(b"\n")
        parts = [part for part in map(_part, lines) if part is not None]
        if not parts and len(lines) > 1:
            raise UsageError(f"`{self.folder}` has a manifest of something else; name another folder")
        for part in parts:
            if part.format == FORMAT and (self.folder / "parts" / part.name).exists():
                yield part

    def _rewrite_manifest(self) -> None:
        new = self.folder / "manifest.new"
        new.write_bytes(b"".join(msgspec.json.encode(part) + b"\n" for part in self._parts))
        new.replace(self.folder / "manifest.jsonl")


_OWN_NAME: Final = re.compile(r"[0-9a-f]{32}\.(parquet|unfinished)")


def _part(line: bytes) -> Part | None:
    """Return what a line of a manifest says; None for one that was cut off."""
    try:
        return msgspec.json.decode(line, type=Part)
    except msgspec.DecodeError:
        return None


def write_part(table: pa.Table, file: Path) -> None:
    """Write rows to a file that appears whole or not at all."""
    keep_part(encode_part(table), file)


_REPEATED: Final[Any] = [*SHARED, "addresses.list.element"]  # the stubs take one word for all columns
"""The columns whose values come again and again."""


def encode_part(table: pa.Table) -> bytes:
    """Return what a file with these rows holds."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=_REPEATED)
    return sink.getvalue().to_pybytes()


def keep_part(content: bytes, file: Path) -> None:
    """Write what was encoded, here or elsewhere, to a file that appears whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    unfinished = file.with_suffix(".unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(file)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise UsageError(f"`{file.parent}` could not be written: {error.strerror}") from error
