import logging
import os
import re
import socket
import sqlite3
import stat
import sys
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from postgresql import PASSWORD, Server, database_of
from sekisho.findings import ArchiveRule, Criterion, FindingFilter, Known, Reconciliation, Scan, StoreError
from sekisho.storage import SqlFindingStore
from sekisho.storage.engine import open_engine, parse_url, store_errors
from unit.findings.builders import ANALYZER, MONDAY, analysis, coverage, external_access, keep_analyzer, rescan


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "findings.db"
    SqlFindingStore(str(path)).close()
    return path


def scan(store: SqlFindingStore, *names: str) -> None:
    keep_analyzer(store)
    analyses = [analysis(external_access(), resource=f"arn:aws:s3:::{name}") for name in names]
    store.record_scan(
        Scan(ANALYZER, MONDAY, coverage()), analyses, lambda known: rescan(known.findings, *analyses, now=MONDAY)
    )


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
    monkeypatch.setattr("sekisho.storage.database.BUSY_TIMEOUT", timedelta(milliseconds=20))
    with locked(file), SqlFindingStore(str(file)) as store:
        assert store.findings(FindingFilter()) == ()
        with pytest.raises(StoreError, match="another process is writing to it; try again"):
            scan(store, "reports")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("no-such-folder/x/findings.db", "cannot make the database.*--db or SEKISHO_DB", id="no folder"),
        pytest.param("://", "the database URL is malformed", id="no URL"),
        pytest.param("postgresql://me@host:port/db", "the database URL is malformed", id="no port"),
        pytest.param("postgresql://me:p@ss@host/db", "the one in the password as `%40`", id="a password with an at"),
        pytest.param("postgres://me:p@s/s@host/db", "the one in the password as `%40`", id="and with a slash"),
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


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        pytest.param("postgresql://me@host/db", "postgresql+psycopg", id="PostgreSQL"),
        pytest.param("postgres://me@host/db", "postgresql+psycopg", id="PostgreSQL, as some services write it"),
        pytest.param("postgresql+pg8000://me@host/db", "postgresql+pg8000", id="another driver, by name"),
        pytest.param("findings.db", "sqlite", id="a path"),
    ],
)
def test_a_url_names_its_driver(text: str, driver: str) -> None:
    assert parse_url(text).drivername == driver


def test_a_driver_that_is_missing_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreError, match=r'driver .* is not installed; `pip install "sekisho\[postgresql\]"`'):
        SqlFindingStore("postgresql://host/db")


def test_a_server_that_does_not_answer_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(StoreError) as caught:
        SqlFindingStore(f"postgresql://me:secret@127.0.0.1:{port}/db?sslpassword=secret")

    assert str(caught.value) == (
        f"cannot use the database `postgresql://me:***@127.0.0.1:{port}/db`: "
        "no server answers there; start it, or correct host and port"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("owner@/", "guarded:wrong-secret@/", "its password is wrong; see to `PGPASSWORD`", id="password"),
        pytest.param("owner@/", "guarded@/", "its password is wrong; see to `PGPASSWORD`", id="no password"),
        pytest.param("owner@/", "stranger:wrong-secret@/", "the role is unknown there", id="role"),
        pytest.param("/test_", "/no_test_", "there is no such database; make it", id="database"),
        pytest.param("?host=", "?host=/nowhere", "no server answers there", id="socket"),
        pytest.param("owner@/", "owner:wrong-secret@no-such-host.invalid/", "correct host and port", id="host"),
        pytest.param("?host=", "?password=wrong-secret&user=guarded&host=", "its password is wrong", id="parameter"),
    ],
)
def test_a_server_that_does_not_let_us_in_is_told_in_one_line(
    postgresql: str, old: str, new: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = postgresql.replace(old, new)
    if "no-such-host" in url:
        url = url.partition("?")[0]

    with pytest.raises(StoreError, match=message) as caught:
        SqlFindingStore(url)

    assert "\n" not in str(caught.value)
    assert "wrong-secret" not in str(caught.value) + caplog.text


def test_a_password_lets_us_in_and_is_never_shown(
    postgresql_server: Server, postgresql: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = database_of(postgresql)
    guarded = postgresql.replace("owner@", f"guarded:{PASSWORD.replace(' ', '%20')}@")

    with pytest.raises(StoreError, match="the role may not do that; let it own the database") as caught:
        SqlFindingStore(guarded)
    assert f"`postgresql://guarded:***@/{name}?host=" in str(caught.value)

    postgresql_server.run(f"ALTER DATABASE {name} OWNER TO guarded")
    with SqlFindingStore(guarded) as store:
        assert PASSWORD not in caplog.text + str(caught.value) + repr(store.engine) + repr(store.url)


def test_a_server_without_room_is_told_in_one_line(postgresql_server: Server, postgresql: str) -> None:
    postgresql_server.run(f"ALTER DATABASE {database_of(postgresql)} CONNECTION LIMIT 0")

    with pytest.raises(StoreError, match="the server takes no more connections; try again later"):
        SqlFindingStore(postgresql)


def test_the_roles_of_the_guide_can_do_what_it_says(postgresql_server: Server) -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "use-postgresql.md").read_text("utf-8")
    for_the_owner, for_a_reader = re.findall("```sql\n(.*?)```", page, re.DOTALL)

    postgresql_server.run(*for_the_owner.split(";\n"))
    with SqlFindingStore(postgresql_server.url("sekisho", user="sekisho")) as store:
        scan(store, "reports")
        postgresql_server.run(*for_a_reader.split(";\n"), database="sekisho")
        with SqlFindingStore(postgresql_server.url("sekisho", user="sekisho_reader")) as reading:
            assert reading.findings(FindingFilter()) == store.findings(FindingFilter())
            with pytest.raises(StoreError, match="the role may not do that"):
                scan(reading, "logs")


def test_a_server_that_may_only_be_read_says_so_when_written(postgresql_server: Server, postgresql: str) -> None:
    SqlFindingStore(postgresql).close()
    postgresql_server.run(f"ALTER DATABASE {database_of(postgresql)} SET default_transaction_read_only = on")

    with SqlFindingStore(postgresql) as store, pytest.raises(StoreError, match="name the primary server with --db"):
        scan(store, "reports")


def test_a_server_with_a_full_disk_is_told_in_one_line_and_stores_nothing(
    postgresql_server: Server, postgresql: str
) -> None:
    with SqlFindingStore(postgresql) as store:
        postgresql_server.run(
            "CREATE FUNCTION fill() RETURNS trigger AS"
            " $$ BEGIN RAISE 'plus de place' USING ERRCODE = 'disk_full'; END $$ LANGUAGE plpgsql",
            "CREATE TRIGGER fill BEFORE INSERT ON scans EXECUTE FUNCTION fill()",
            database=database_of(postgresql),
        )

        with pytest.raises(StoreError, match="the disk of the server is full; free some space"):
            scan(store, "reports")

        assert store.findings(FindingFilter()) == ()


def test_a_server_whose_encoding_lacks_a_character_is_told_in_one_line(postgresql_server: Server) -> None:
    with (
        postgresql_server.database("ENCODING 'LATIN1' LOCALE 'C'") as url,
        SqlFindingStore(url) as store,
        pytest.raises(StoreError, match="with the encoding UTF8"),
    ):
        scan(store, "関所")


def test_a_connection_that_breaks_at_rest_is_made_again(
    postgresql_server: Server, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sekisho.storage.engine.RESTED", timedelta())
    with SqlFindingStore(postgresql) as store:
        scan(store, "reports")
        break_connections(postgresql_server)

        assert len(store.findings(FindingFilter())) == 1


def test_a_connection_that_breaks_in_use_costs_one_answer(
    postgresql_server: Server, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sekisho.storage.engine.RESTED", timedelta(hours=1))
    with SqlFindingStore(postgresql) as store:
        scan(store, "reports")
        break_connections(postgresql_server)

        with pytest.raises(StoreError, match="the server closed the connection"):
            store.findings(FindingFilter())
        assert len(store.findings(FindingFilter())) == 1


def test_a_connection_that_breaks_half_way_stores_nothing(postgresql_server: Server, postgresql: str) -> None:
    seen = analysis(external_access())

    def reconcile(known: Known) -> Reconciliation:
        break_connections(postgresql_server)
        return rescan(known.findings, seen)

    with SqlFindingStore(postgresql) as store:
        keep_analyzer(store)
        with pytest.raises(StoreError, match="the server closed the connection; try again when it is up"):
            store.record_scan(Scan(ANALYZER, MONDAY, coverage()), [seen], reconcile)

        assert store.scans(limit=1) == ()


def break_connections(server: Server) -> None:
    server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sekisho'")


def test_waiting_ends_with_the_limits_of_the_connection(postgresql: str) -> None:
    url = parse_url(postgresql)
    engine = open_engine(url, busy_timeout=timedelta(milliseconds=20))
    with engine.connect() as one, engine.connect() as other:
        limits = one.execute(text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"))
        assert limits.one() == ("5min", "20ms")
        one.execute(text("CREATE TABLE busy (id INTEGER)"))
        one.commit()
        one.execute(text("LOCK TABLE busy"))

        with pytest.raises(StoreError, match="another process is writing to it; try again"), store_errors(url):
            other.execute(text("LOCK TABLE busy"))
        other.rollback()
        other.execute(text("SET statement_timeout = 20"))
        with pytest.raises(StoreError, match="the server took too long"), store_errors(url):
            other.execute(text("SELECT pg_sleep(1)"))
    engine.dispose()


def test_what_a_pool_cannot_lend_is_told_in_one_line(postgresql: str) -> None:
    engine = open_engine(parse_url(postgresql), busy_timeout=timedelta(seconds=1))
    engine.pool._timeout = 0.01  # type: ignore[attr-defined]
    with ExitStack() as lent:
        for _ in range(10):
            lent.enter_context(engine.connect())

        with pytest.raises(StoreError, match="all our connections are in use"), store_errors(engine.url):
            engine.connect()
    engine.dispose()


def test_what_was_to_be_stored_is_in_no_message(file: Path) -> None:
    with SqlFindingStore(str(file)) as store:
        keep_analyzer(store)
        full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        with store.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TRIGGER full BEFORE INSERT ON archive_rules {full}")
        rule = ArchiveRule(ANALYZER, "r", {"resource": Criterion(eq=("whoever reads the log",))}, MONDAY, MONDAY)

        with pytest.raises(StoreError) as refused:
            store.create_archive_rule(rule)

    assert "whoever" not in "".join(traceback.format_exception(refused.value))
