"""Bringing a database to the newest schema, on opening it."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from sekisho.findings import StoreError
from sekisho.storage.schema import HEAD, metadata

MIGRATIONS: Final = Path(__file__).parent / "migrations"

TURN: Final = int.from_bytes(b"sekisho", "big")
"""The advisory lock that a PostgreSQL server gives to one migration of a database at a time."""


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema; when it is there already, that is one query.

    Raises:
        StoreError: the database was written by a newer version, or is another program's.
    """
    with engine.connect() as connection:
        if _version(connection) == HEAD:
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        _take_turn(connection)
        version = _version(connection)  # another process may have been faster
        if version != HEAD:
            _upgrade(connection, version)


def _take_turn(connection: Connection) -> None:
    # SQLite gave us our turn when the transaction began.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))  # a table may take its time to be rewritten


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, version: str | None) -> None:
    from alembic.command import upgrade  # noqa: PLC0415 - slow to import, and needed once in a database's life
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    tables = inspect(connection).get_table_names()
    if tables and (version is None or metadata.tables.keys().isdisjoint(tables)):
        shown = min(tables, key=lambda table: (table == "alembic_version", table))  # which does not tell them apart
        raise StoreError(f"the database belongs to another program: it has the table `{shown}`; name another with --db")
    if version is not None and version not in known:
        raise StoreError(
            f"the database has schema `{version}`, which this version of sekisho does not know; "
            "install the newest sekisho, or name another database with --db"
        )
    upgrade(config, "head")
