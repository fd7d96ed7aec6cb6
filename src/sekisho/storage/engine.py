"""Opening a database: where it is, who may read it, and what to say when it cannot be used."""

import os
import re
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import platformdirs
from sqlalchemy import URL, Connection, Dialect, Engine, PoolProxiedConnection, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from sekisho.findings import StoreError

BUSY_TIMEOUT: Final = timedelta(seconds=10)
"""How long to wait for another process that writes, for a connection, and for one of our own that is in use."""

RESTED: Final = timedelta(seconds=1)
"""How long a connection to a server has been idle when it is asked whether it still is one."""

STATEMENT_TIMEOUT: Final = timedelta(minutes=5)
"""How long a server may think about one statement, and how long we may think between two of a transaction."""

DRIVER: Final = "postgresql+psycopg"

BUSY: Final = "another process is writing to it; try again when it is done"
LOST: Final = "the server closed the connection; try again when it is up; a scan is stored whole or not at all"
FULL: Final = "the server takes no more connections; try again later, or raise its limit"
NOT_ADMITTED: Final = "the role is unknown there, or its password is wrong; see to `PGPASSWORD`, `~/.pgpass` or the URL"
UNREACHABLE: Final = "no server answers there; start it, or correct host and port"

SIGNS: Final = {
    "database is locked": BUSY,
    "database table is locked": BUSY,
    "file is not a database": "it is damaged or no database at all; move it away, or name another with --db",
    "database disk image is malformed": "it is damaged; restore a backup, or move it away and scan again",
    "readonly database": "it may not be written; change its permissions, or name another with --db",
    "unable to open database file": "its folder is missing or may not be written; name another with --db",
    "database or disk is full": "the disk is full; free some space and try again; nothing was stored",
    "disk I/O error": "the disk does not answer or is full; check it and try again; nothing was stored",
    "password authentication failed": NOT_ADMITTED,
    "no password supplied": NOT_ADMITTED,
    'role ".*" does not exist': NOT_ADMITTED,
    "no pg_hba.conf entry": "the server does not admit this role from here; add a line to its `pg_hba.conf`",
    'database ".*" does not exist': "there is no such database; make it, or correct its name",
    "permission denied for database": "the role may not connect to it; grant it `CONNECT`",
    "too many clients|too many connections|connection slots are reserved": FULL,
    "Connection refused|could not translate host name|failed to resolve host|No such file or directory": UNREACHABLE,
    "No route to host|Network is unreachable|timeout expired|connection timeout": UNREACHABLE,
    "starting up|shutting down|in recovery mode": "the server is starting or stopping; try again when it is up",
    "server closed the connection|connection is lost|connection is closed|terminating connection": LOST,
    "QueuePool limit": "all our connections are in use; try again, with fewer requests at once",
}
"""What to do about what SQLite says, and PostgreSQL before there is a connection to give a code.

Source: SQLite documentation, "Result and Error Codes"; what psycopg was seen to say.
"""

SQLSTATES: Final = {
    "22P05": "its encoding lacks a character; make the database again with the encoding UTF8",
    "25006": "it may only be read; name the primary server with --db",
    "25P03": LOST,
    "3F000": "its search path names no schema; make one, or set another search path",
    "40001": BUSY,
    "40P01": BUSY,
    "42501": "the role may not do that; let it own the database, or let the owner grant what is missing",
    "53100": "the disk of the server is full; free some space and try again; nothing was stored",
    "53200": "the server is out of memory; try again later; nothing was stored",
    "53300": FULL,
    "55P03": BUSY,
    "57014": "the server took too long; see what else keeps it busy, and try again; nothing was stored",
    "57P01": LOST,
    "57P02": LOST,
    "57P03": LOST,
    "57P05": LOST,
}
"""What to do about what PostgreSQL says, in any language. Source: PostgreSQL documentation, appendix A."""


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
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(  # the cause may quote a part of the password
            "the database URL is malformed; write `postgresql://user@host/database`, or just the path of a file"
        ) from None
    if url.get_backend_name() != "sqlite" and text.count("@") > 1:
        raise StoreError("the database URL has an `@` too many; write the one in the password as `%40`")
    return url.set(drivername=DRIVER) if url.drivername in {"postgresql", "postgres"} else url


def open_engine(url: URL, *, busy_timeout: timedelta, is_lasting: bool = False) -> Engine:
    """Return an engine for `url`; a SQLite file that does not exist yet is made, for its owner's eyes only.

    Args:
        url: of the database.
        busy_timeout: how long to wait for others.
        is_lasting: whether what is stored must be on the disk at once. Else a loss of power may take the last moments
            of a SQLite file along, whole transactions each; a server has settings of its own.

    Raises:
        StoreError: the driver is missing, or the file cannot be made.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, busy_timeout, is_lasting=is_lasting)
    try:
        return (
            _open_postgresql(url, busy_timeout)
            if url.drivername == DRIVER
            else create_engine(url, hide_parameters=True)
        )
    except (NoSuchModuleError, ImportError) as error:
        remedy = '`pip install "sekisho[postgresql]"`' if url.drivername == DRIVER else "install it"
        raise StoreError(
            f"the driver for `{url.drivername}` databases is not installed; {remedy}, or use SQLite: {error}"
        ) from error


def reading_engine(engine: Engine) -> Engine:
    """Return what to read with, of the same connections.

    With `READ COMMITTED` each statement sees what is there when it begins, transaction or none. Without one there are
    two messages less to the server; and the driver keeps its prepared statements, which go with every rollback.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT") if engine.dialect.name == "postgresql" else engine


@contextmanager
def store_errors(url: URL) -> Generator[None]:
    """Tell what the database complains about in one line, with the place and the remedy."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreError(f"cannot use the database `{_place(url)}`: {_advice(cause)}") from error


def _place(url: URL) -> str | None:
    """Name a database by what is no secret; a password may also stand among the parameters of a URL."""
    if url.get_backend_name() == "sqlite":
        return url.database
    where = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    return url.set(drivername=url.get_backend_name(), query=where).render_as_string(hide_password=True)


def _advice(cause: BaseException | None) -> str:
    said = " ".join(str(cause).split())
    by_sign = next((remedy for sign, remedy in SIGNS.items() if re.search(sign, said)), said)
    return SQLSTATES.get(getattr(cause, "sqlstate", None) or "", by_sign)


def _open_postgresql(url: URL, busy_timeout: timedelta) -> Engine:
    ours = {
        "client_encoding": "utf8",
        "connect_timeout": str(round(BUSY_TIMEOUT.total_seconds())),
        "fallback_application_name": "sekisho",
    }
    engine = create_engine(
        url,
        hide_parameters=True,  # what a request sent has no place in a log
        # A scan that waited for its turn has to see what the one before it stored; in a stricter level it would not.
        isolation_level="READ COMMITTED",
        pool_size=2,
        max_overflow=8,
        pool_timeout=BUSY_TIMEOUT.total_seconds(),
        pool_recycle=1800,
        connect_args={name: value for name, value in ours.items() if name not in url.query},
    )
    event.listen(engine, "connect", partial(_limit_postgresql, busy_timeout))
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", partial(_ping_rested, engine.dialect))
    return engine


def _note_rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["rests since"] = time.monotonic()


def _ping_rested(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Have a connection answer before it is lent again: the server, or what is between, may have closed it."""
    since: float | None = record.info.get("rests since")  # none in a new one
    if since is None or time.monotonic() - since < RESTED.total_seconds():
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _limit_postgresql(busy_timeout: timedelta, connection: DBAPIConnection, _record: Any) -> None:
    # Not as a parameter of the connection, which a pooler between us and the server may refuse.
    limits = {
        "lock_timeout": busy_timeout,
        "statement_timeout": STATEMENT_TIMEOUT,
        "idle_in_transaction_session_timeout": STATEMENT_TIMEOUT,
    }
    with closing(connection.cursor()) as cursor:
        for name, limit in limits.items():
            cursor.execute(f"SET {name} = {limit // timedelta(milliseconds=1)}")
        cursor.execute("SET timezone = 'UTC'")  # or every time that is read would have to be turned
    connection.commit()


def _open_sqlite(url: URL, busy_timeout: timedelta, *, is_lasting: bool) -> Engine:
    if url.database and url.database != ":memory:" and not url.database.startswith("file:"):
        _make_private(Path(url.database))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_timeout.total_seconds()})
    event.listen(engine, "connect", partial(_configure_sqlite, "FULL" if is_lasting else "NORMAL"))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(synchronous: str, connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin transactions only before some statements; `_begin_sqlite` begins every one.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    mode = connection.execute("PRAGMA journal_mode").fetchone()
    if mode not in {("wal",), ("memory",)} and _may_write(connection):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")


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
