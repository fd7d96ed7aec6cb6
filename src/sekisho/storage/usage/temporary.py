"""Files for a while: what stands in them does not stand in memory, and nothing of it stays."""

from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir
from typing import BinaryIO

from sekisho.activity import UsageError


@contextmanager
def temporary_file() -> Generator[BinaryIO]:
    """Have a file without a name, which is gone with the process at the latest.

    Raises:
        UsageError: it cannot be written.
    """
    with _writing(), TemporaryFile(prefix="sekisho-") as file:
        yield file


@contextmanager
def temporary_folder() -> Generator[str]:
    """Have a folder for a while.

    Raises:
        UsageError: it cannot be written.
    """
    with _writing(), TemporaryDirectory(prefix="sekisho-") as folder:
        yield folder


@contextmanager
def _writing() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_be_written(error.strerror or str(error)) from error


def cannot_be_written(why: str) -> UsageError:
    """Return the error that says so of files for a while."""
    return UsageError(
        f"a file in `{gettempdir()}` cannot be written: {why}; make room there, or name another folder in TMPDIR"
    )
