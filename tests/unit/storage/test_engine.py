import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.findings import FindingFilter, Scan, StoreError
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ANALYZER, MONDAY, analysis, coverage, external_access, rescan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "findings.db"
    SqlFindingStore(str(path)).close()
    return path


def scan(store: SqlFindingStore, *names: str) -> None:
    analyses = [analysis(external_access(), resource=f"arn:aws:s3:::{name}") for name in names]
    store.record_scan(Scan(ANALYZER, MONDAY, coverage()), analyses, lambda known: rescan(known, *analyses, now=MONDAY))


def test_the_users_own_file_is_for_the_users_eyes_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    with SqlFindingStore() as store:
        scan(store, "reports")
        folder = tmp_path / "state" / "sekisho"
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}

    assert modes.pop("sekisho") == 0o700
    assert set(modes) >= {"findings.db", "findings.db-wal"}
    assert set(modes.values()) == {0o600}


def test_a_file_is_written_ahead_and_checks_its_references(file: Path) -> None:
    with SqlFindingStore(str(file)) as store, store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "findings.db"
    file.write_bytes(b"no database at all, but long enough to have a header" * 100)

    with pytest.raises(StoreError, match=r"findings\.db`: it is damaged or no database at all; move it away"):
        SqlFindingStore(str(file))


def test_a_damaged_file_is_told_in_one_line(file: Path) -> None:
    with SqlFindingStore(str(file)) as store:
        scan(store, *(f"bucket-{number}" for number in range(200)))
    size = file.stat().st_size
    with file.open("r+b") as handle:
        handle.seek(8192)
        handle.write(os.urandom(size - 8192))

    with pytest.raises(StoreError, match=r"findings\.db`: it is damaged"), SqlFindingStore(str(file)) as store:
        store.findings(FindingFilter())


def test_a_damaged_document_is_told_in_one_line(file: Path) -> None:
    with SqlFindingStore(str(file)) as store:
        scan(store, "reports")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("""UPDATE findings SET outcome = '{"principal": 7}'""")

    with SqlFindingStore(str(file)) as store, pytest.raises(StoreError, match="a document in the database is damaged"):
        store.findings(FindingFilter())


def test_a_database_that_may_not_be_written_can_be_read_and_says_so_when_written(file: Path) -> None:
    with SqlFindingStore(str(file)) as store:
        scan(store, "reports")

    with SqlFindingStore(f"sqlite:///file:{file}?mode=ro&uri=true") as store:
        assert len(store.findings(FindingFilter())) == 1
        with pytest.raises(StoreError, match="it may not be written; change its permissions"):
            scan(store, "logs")


def test_a_full_disk_is_told_in_one_line_and_stores_nothing(file: Path) -> None:
    with SqlFindingStore(str(file)) as store:
        scan(store, "reports")
        with store.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(StoreError, match="the disk is full; free some space and try again; nothing was stored"):
            scan(store, *(f"bucket-{number}" for number in range(1000)))

        assert len(store.findings(FindingFilter())) == 1


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_locked_database_can_be_read_and_says_so_when_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.storage.store.BUSY_TIMEOUT", timedelta(milliseconds=20))
    with locked(file), SqlFindingStore(str(file)) as store:
        assert store.findings(FindingFilter()) == ()
        with pytest.raises(StoreError, match="another process is writing to it; try again"):
            scan(store, "reports")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("no-such-folder/x/findings.db", "cannot make the database.*--db or SEKISHO_DB", id="no folder"),
        pytest.param("://", "the database URL is malformed", id="no URL"),
        pytest.param("delphi://host/db", "is not installed", id="unknown kind of database"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_in_one_line(
    url: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(StoreError, match=message) as caught:
        SqlFindingStore(url)

    assert "\n" not in str(caught.value)
