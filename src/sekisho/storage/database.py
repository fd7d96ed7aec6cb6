"""A database that is open: brought to the newest schema, and used one transaction at a time."""

from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import ClassVar, Self

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from sekisho.storage.engine import BUSY_TIMEOUT, open_engine, parse_url, reading_engine, store_errors
from sekisho.storage.migrate import migrate


class Database:
    """What every store in a database can do; opening it brings the database to the newest schema."""

    is_lasting: ClassVar[bool] = False
    """Whether what is stored must be on the disk when a call returns; see `open_engine`."""

    def __init__(self, url: str | None = None) -> None:
        """Open the database.

        Args:
            url: a database URL or the path of a SQLite file; None for the user's own file.

        Raises:
            StoreError: the database cannot be used; the message says why and what to do.
        """
        self.url = parse_url(url)
        self.engine = open_engine(self.url, busy_timeout=BUSY_TIMEOUT, is_lasting=self.is_lasting)
        self._reader = reading_engine(self.engine)
        try:
            with store_errors(self.url):
                migrate(self.engine)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Lend a connection to read with."""
        with store_errors(self.url), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Lend a connection to write with; all of it is stored, or, whatever happens half-way, nothing."""
        with (
            store_errors(self.url),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def insert_unless_known(connection: Connection, table: Table) -> Insert:
    """Return the insert that does nothing where a row has the key already, whoever wrote it and when."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()
