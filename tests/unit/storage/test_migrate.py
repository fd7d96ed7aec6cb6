import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sekisho.findings import StoreError
from sekisho.storage import SqlFindingStore
from sekisho.storage.migrate import MIGRATIONS
from sekisho.storage.schema import HEAD, metadata


def test_the_newest_migration_is_the_one_that_opening_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_the_tables_that_the_code_uses() -> None:
    with SqlFindingStore("sqlite://") as store, store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_that_is_current_opens_without_alembic(tmp_path: Path) -> None:
    file = tmp_path / "findings.db"
    SqlFindingStore(str(file)).close()
    program = (
        "import sys; from sekisho.storage import SqlFindingStore; "
        f"SqlFindingStore({str(file)!r}).close(); sys.exit('alembic' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "findings.db"
    SqlFindingStore(str(file)).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(StoreError, match=r"schema `9999`.*install the newest sekisho"):
        SqlFindingStore(str(file))


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "photos.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()

    with pytest.raises(StoreError, match=r"another program.*`photos`"):
        SqlFindingStore(str(file))
