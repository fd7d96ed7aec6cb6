"""What can be asked of parts of usage."""

# The stubs of DuckDB and pyarrow know half of their types.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from msgspec.structs import astuple

from sekisho.activity import UsageError
from sekisho.activity.event_ids import sample_of
from sekisho.activity.usage import Usage, UseOf
from sekisho.storage.usage.statements import (
    ADDRESSES,
    ALWAYS,
    CALLS,
    NOBODIES,
    PRINCIPALS,
    SEEN,
    SUCCEEDED,
    USES,
    WITHIN,
)
from sekisho.storage.usage.temporary import cannot_be_written, temporary_file, temporary_folder

MEMORY: Final = "64MB"
"""What DuckDB may hold before it goes on in a file."""

MOST_ROWS: Final = 25_000
"""How many rows are asked for at once, unless one principal has more: so many fit into its memory."""

MOST_SLICES: Final = 1024
"""Into how many slices a question is cut that is too large for DuckDB's memory."""

MOST_ADDRESSES: Final = 1000
"""How many addresses are told of; more say nothing."""


class _TooLargeError(UsageError):
    """A question takes more memory than DuckDB may have."""


class UsageReader:
    """Answers about parts, in whatever process it is.

    Moments are days, in UTC, or as CloudTrail writes them. From the first moment to the last is all the time there is,
    unless they are said.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        """Take the files of the parts."""
        self._files = parts

    @property
    def parts(self) -> Sequence[str]:
        """The files of the parts."""
        return self._files

    def principals(self, start: str = "", end: str = "~") -> list[str]:
        """Return the ARNs of all principals that did something, sorted."""
        return [str(row[0]) for row in self._query(PRINCIPALS, start, end)]

    def ranges(self, start: str = "", end: str = "~") -> list[tuple[str, str]]:
        """Return the first and the last of principals that can be asked for at once; all there are, in order."""
        found: list[tuple[str, str]] = []
        size = 0
        for principal, number in self._query(PRINCIPALS, start, end):
            if found and size + number <= MOST_ROWS:
                found[-1] = (found[-1][0], principal)
            else:
                found.append((principal, principal))
                size = 0
            size += number
        return found

    def uses(self, principals: str | tuple[str, str] | None = None, start: str = "", end: str = "~") -> Iterator[UseOf]:
        """Yield what principals did, one principal after the other; each `eventID` counts once.

        Args:
            principals: an ARN, or the first and the last of some; None for all.
            start: the first moment.
            end: the last moment.
        """
        ranges = self.ranges(start, end) if principals is None else [principals]
        for asked in ranges:
            one, other = (asked, asked) if isinstance(asked, str) else asked
            if one == other:
                yield from self._in_slices(USES, start, end, one=one, other=one)
                continue
            try:
                found = self._uses(f"{USES} ORDER BY principal", start, end, one=one, other=other)
            except _TooLargeError:
                several = [principal for principal in self.principals(start, end) if one <= principal <= other]
                found = chain.from_iterable(self.uses(principal, start, end) for principal in several)
            yield from found

    def succeeded(self, name: str, about: str = "", start: str = "", end: str = "~") -> Iterator[UseOf]:
        """Yield calls that succeeded, whoever made them, the earliest first.

        Args:
            name: of the calls; `%` stands for anything.
            about: a regular expression, in any case, that the JSON of their parameters has a match of.
            start: the first moment.
            end: the last moment.
        """
        try:
            found = self._uses(SUCCEEDED, start, end, name=name, about=about)
        except _TooLargeError:
            in_no_order = self._in_slices(SUCCEEDED, start, end, name=name, about=about)
            found = iter(sorted(in_no_order, key=lambda one: (one.first, astuple(one.usage))))
        yield from found

    def calls(self, name: str) -> list[Usage]:
        """Return the calls of this name that succeeded, whoever made them, the latest last."""
        return [Usage(*row) for row in self._query(CALLS, name=name)]

    def seen(self, start: str = "", end: str = "~") -> Mapping[str, frozenset[tuple[str, str]]]:
        """Return the event sources and names that the trail of each account has, whoever caused them."""
        found: dict[str, set[tuple[str, str]]] = {}
        for account, source, name in self._query(SEEN, start, end):
            found.setdefault(account, set()).add((source, name))
        return {account: frozenset(some) for account, some in found.items()}

    def nobodies(self, start: str = "", end: str = "~") -> Mapping[str, int]:
        """Return how many records belong to no principal, by the name of the `Nobody`."""
        return {str(name): int(number) for name, number in self._query(NOBODIES, start, end)}

    def addresses(
        self, principals: str | tuple[str, str], start: str = "", end: str = "~"
    ) -> Mapping[str, frozenset[str] | None]:
        """Return from where principals called by themselves, as `sourceIPAddress` has it.

        Args:
            principals: an ARN, or the first and the last of some.
            start: the first moment.
            end: the last moment.

        Returns:
            to each ARN the addresses; None for more than `MOST_ADDRESSES`, and where a record has none.
        """
        one, other = (principals, principals) if isinstance(principals, str) else principals
        found: dict[str, set[str]] = defaultdict(set)
        for principal, address in self._query(ADDRESSES, start, end, one=one, other=other):
            if len(found[principal]) <= MOST_ADDRESSES:
                found[principal].add(address)
        return {
            principal: None if len(some) > MOST_ADDRESSES or "" in some else frozenset(some)
            for principal, some in found.items()
        }

    def _in_slices(self, statement: str, start: str, end: str, **values: Any) -> Iterator[UseOf]:
        """Yield the uses that a statement answers with, in no order, in as many slices as DuckDB's memory takes."""
        waiting = [(1, 0)]
        while waiting:
            slices, number = waiting.pop()
            try:
                found = self._uses(statement, start, end, slices=slices, slice=number, **values)
            except _TooLargeError:
                if slices >= MOST_SLICES:
                    raise
                waiting += [(4 * slices, number + more * slices) for more in range(4)]
            else:
                yield from found

    def _uses(self, statement: str, start: str, end: str, **values: Any) -> Iterator[UseOf]:
        """Return the uses that a statement answers with; DuckDB has given back its memory before the first is made.

        Meanwhile they are in a file, as there may be many.

        Raises:
            _TooLargeError: they take more memory than DuckDB may have.
        """
        if not self.parts:
            return iter(())
        asked, told = self._about(statement, start, end, {"slices": 1, "slice": 0, **values})
        with ExitStack() as stack:
            file: Any = stack.enter_context(temporary_file())
            with self._connected() as connection:
                found = connection.sql(asked, params=told).to_arrow_reader(_AT_ONCE)
                with pa.ipc.new_stream(file, found.schema) as writer:
                    for batch in _batches(found):
                        writer.write_batch(batch)
            return _uses_in(file, stack.pop_all())

    def _query(self, statement: str, start: str = "", end: str = "~", **values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement answers about the rows of some time."""
        if self.parts:
            with self._connected() as connection:
                connection.execute(*self._about(statement, start, end, values))
                while some := connection.fetchmany(_AT_ONCE):
                    yield from some

    def _about(self, statement: str, start: str, end: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return a statement about the rows of some time, with the values in it."""
        told = {"parts": list(self.parts), **values}
        if not start and end == "~":
            return f"{ALWAYS} {statement}", told
        told |= {"start": _seconds(start, "T00:00:00Z"), "end": _seconds(end, "T23:59:59Z")}
        return f"{WITHIN} {statement}", told

    @contextmanager
    def _connected(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Have DuckDB at hand for a question.

        Raises:
            UsageError: the parts cannot be read, or what was read cannot be written to a file for a while.
        """
        with (
            temporary_folder() as spill,
            duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as connection,
        ):
            connection.execute(f"SET temp_directory = '{spill.replace(chr(39), chr(39) * 2)}'")
            connection.execute("SET preserve_insertion_order = false")
            # It takes a process without a program for a person at a prompt, and draws on standard output.
            connection.execute("SET enable_progress_bar = false")
            try:
                yield connection
            except duckdb.OutOfMemoryException as error:
                raise _TooLargeError(
                    f"a question about `{Path(self.parts[0]).parent}` takes more than {MEMORY} of memory: "
                    f"{str(error).splitlines()[0]}"
                ) from error
            except duckdb.Error as error:
                if spill in str(error):
                    raise cannot_be_written(str(error).splitlines()[0]) from error
                folder = Path(self.parts[0]).parent
                raise UsageError(
                    f"what is kept in `{folder}` cannot be read: {str(error).splitlines()[0]}; remove the file that is"
                    " damaged, and its log files are read anew"
                ) from error


def _batches(found: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield what DuckDB answers with; what fails meanwhile fails as DuckDB's, and not as Arrow's."""
    try:
        yield from found
    except OSError as error:
        kind = duckdb.OutOfMemoryException if str(error).startswith("Out of Memory") else duckdb.Error
        raise kind(str(error)) from error


def _uses_in(file: Any, closing: ExitStack) -> Iterator[UseOf]:
    """Yield the uses that are in a file, and close it."""
    with closing:
        file.seek(0)
        for batch in pa.ipc.open_stream(pa.PythonFile(file)):
            yield from _uses(batch)


def _uses(rows: pa.RecordBatch) -> Iterator[UseOf]:
    """Yield rows, in which texts that come again and again are one object each."""
    columns: list[Any] = rows.columns
    *shared, calls, numbers, firsts, lasts, samples = columns
    usages = map(Usage, *map(_repeated, shared), calls.to_pylist())
    told = (column.to_pylist() for column in (numbers, firsts, lasts))
    return map(UseOf, usages, *told, map(sample_of, samples.to_pylist()))


def _repeated(column: Any) -> Iterator[Any]:
    encoded = column.dictionary_encode()
    places = memoryview(encoded.indices.buffers()[1]).cast("i")[: len(column)]
    return map(encoded.dictionary.to_pylist().__getitem__, places)


def _seconds(moment: str, time: str) -> int:
    """Return the seconds since 1970 of a moment, or of a day at some time; nothing and `~` are the first and last."""
    if moment in {"", "~"}:
        return _LAST if moment else 0
    return int(datetime.fromisoformat(moment if "T" in moment else f"{moment}{time}").timestamp())


_LAST: Final = 2**32 - 1
_AT_ONCE: Final = 2048
"""How many rows are made Python's at once."""
