"""Files for a while: what stands in them does not stand in memory, and nothing of it stays."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir
from typing import BinaryIO, TypeVar

from sekisho.activity import UsageError

Made = TypeVar("Made")


def temporary_file() -> AbstractContextManager[BinaryIO]:
    """Have a file without a name, which is gone with the process at the latest.

    Raises:
        UsageError: it cannot be written; so for all that is done meanwhile.
    """
    return _for_a_while(TemporaryFile)


def temporary_folder() -> AbstractContextManager[str]:
    """Have a folder for a while.

    Raises:
        UsageError: it cannot be written; so for all that is done meanwhile.
    """
    return _for_a_while(TemporaryDirectory)


@contextmanager
def _for_a_while(make: Callable[..., AbstractContextManager[Made]]) -> Generator[Made]:
    try:
        with make(prefix="sekisho-") as made:
            yield made
    except OSError as error:
        raise cannot_be_written(error.strerror or str(error)) from error


def cannot_be_written(why: str) -> UsageError:
    """Return the error that says so of files for a while."""
    return UsageError(
        f"a file in `{gettempdir()}` cannot be written: {why}; make room there, or name another folder in TMPDIR"
    )
