"""Opening a database: where it is, who may read it, and what to say when it cannot be used."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import platformdirs
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sekisho.findings import StoreError

BUSY_TIMEOUT: Final = timedelta(seconds=10)

REMEDIES: Final = {
    "database is locked": "another process is writing to it; try again when it is done",
    "database table is locked": "another process is writing to it; try again when it is done",
    "file is not a database": "it is damaged or no database at all; move it away, or name another with --db",
    "database disk image is malformed": "it is damaged; restore a backup, or move it away and scan again",
    "readonly database": "it may not be written; change its permissions, or name another with --db",
    "unable to open database file": "its folder is missing or may not be written; name another with --db",
    "database or disk is full": "the disk is full; free some space and try again; nothing was stored",
    "disk I/O error": "the disk does not answer or is full; check it and try again; nothing was stored",
}
"""What to do about what SQLite says. Source: SQLite documentation, "Result and Error Codes"."""


def parse_url(text: str | None) -> URL:
    """Return the database that `--db` names: a URL, or the path of a SQLite file; without one, the user's own file.

    Raises:
        StoreError: the text is not a database URL.
    """
    if text is None:
        return URL.create("sqlite", database=str(_default_file()))
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        return make_url(text)
    except ArgumentError as error:
        raise StoreError("the database URL is malformed; write `sqlite:///path/to/file.db`, or just a path") from error


def open_engine(url: URL, *, busy_timeout: timedelta) -> Engine:
    """Return an engine for `url`; a SQLite file that does not exist yet is made, for its owner's eyes only.

    Raises:
        StoreError: the driver is missing, or the file cannot be made.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, busy_timeout)
    try:
        return create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"the driver for `{url.drivername}` databases is not installed; install it, or use SQLite: {error}"
        ) from error


@contextmanager
def store_errors(url: URL) -> Generator[None]:
    """Tell what the database complains about in one line, with the place and the remedy."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        remedy = next((text for sign, text in REMEDIES.items() if sign in said), None)
        shown = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
        raise StoreError(f"cannot use the database `{shown}`: {remedy or said}") from error


def _open_sqlite(url: URL, busy_timeout: timedelta) -> Engine:
    if url.database and url.database != ":memory:" and not url.database.startswith("file:"):
        _make_private(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": busy_timeout.total_seconds()})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin transactions only before some statements; `_begin_sqlite` begins every one.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    mode = connection.execute("PRAGMA journal_mode").fetchone()
    if mode not in {("wal",), ("memory",)} and _may_write(connection):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _may_write(connection: sqlite3.Connection) -> bool:
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    return os.access(file, os.W_OK) and os.access(Path(file).parent, os.W_OK)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write takes its turn at once: to upgrade later could fail after all the work.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_private(file: Path) -> None:
    try:
        if file == _default_file():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.parent.chmod(0o700)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(
            f"cannot make the database `{file}`: {error.strerror}; name another place with --db or SEKISHO_DB"
        ) from error


def _default_file() -> Path:
    return platformdirs.user_state_path("sekisho", appauthor=False) / "findings.db"
