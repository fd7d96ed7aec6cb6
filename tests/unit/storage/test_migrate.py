import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

from postgresql import Server, database_of
from sekisho.findings import Analyzer, AnalyzerType, StoreError
from sekisho.resources.gaps import Gap
from sekisho.storage import SqlFindingStore
from sekisho.storage.documents import format_document
from sekisho.storage.engine import open_engine, parse_url, store_errors
from sekisho.storage.migrate import MIGRATIONS, TURN, migrate
from sekisho.storage.schema import HEAD, metadata, resources, scans
from unit.findings.builders import ACCOUNT, ANALYZER, BUCKET, MONDAY, REGION, TUESDAY, coverage


def test_the_newest_migration_is_the_one_that_opening_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_the_tables_that_the_code_uses(new_database: Callable[[], str]) -> None:
    with SqlFindingStore(new_database()) as store, store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_that_is_current_opens_without_alembic(tmp_path: Path) -> None:
    file = tmp_path / "findings.db"
    SqlFindingStore(str(file)).close()
    program = (
        "import sys; from sekisho.storage import SqlFindingStore; "
        f"SqlFindingStore({str(file)!r}).close(); sys.exit('alembic' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def execute(url: str, *statements: str) -> None:
    """Execute, as another program would, in one transaction."""
    engine = open_engine(parse_url(url), busy_timeout=timedelta(seconds=1))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(new_database: Callable[[], str]) -> None:
    url = new_database()
    SqlFindingStore(url).close()
    execute(url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match=r"schema `9999`.*install the newest sekisho"):
        SqlFindingStore(url)


def test_analyzers_of_before_are_what_their_scans_say(new_database: Callable[[], str]) -> None:
    """Though one account alone could be entered, an organization is one."""
    url = new_database()
    account, organization, untold = (f"{ANALYZER}{name}" for name in ("", "-organization", "-untold"))
    refused = Gap("sts.assume_role", "AccessDenied", "", "222233334444")
    told = [(organization, MONDAY, coverage(refused)), (account, MONDAY, coverage()), (account, TUESDAY, coverage())]
    seen = {"resource_type": "AWS::S3::Bucket", "resource_owner_account": ACCOUNT, "region": REGION, "notes": "[]"}
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = open_engine(parse_url(url), busy_timeout=timedelta(seconds=1))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0004")
        for arn in (account, organization, untold):
            connection.execute(text("INSERT INTO analyzers (arn, scans) VALUES (:arn, 1)"), {"arn": arn})
        for arn, at, extent in told:
            row = {"analyzer_arn": arn, "finished_at": at, "coverage": format_document(extent)}
            connection.execute(insert(scans), row)
        for resource, at in ((BUCKET, TUESDAY), (BUCKET + "2", MONDAY)):
            row = {"analyzer_arn": account, "resource": resource, "analyzed_at": at}
            connection.execute(insert(resources), seen | row)
    engine.dispose()

    with SqlFindingStore(url) as store:
        assert store.analyzer(account) == Analyzer(
            account, AnalyzerType.ACCOUNT, MONDAY, last_resource=BUCKET, last_resource_at=TUESDAY
        )
        assert store.analyzer(organization) == Analyzer(organization, AnalyzerType.ORGANIZATION, MONDAY)
        assert store.analyzer(untold).type is AnalyzerType.ACCOUNT
        assert datetime.now(UTC) - store.analyzer(untold).created_at < timedelta(minutes=5)
        assert len(store.scans(limit=10)) == len(told)


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["CREATE TABLE photos (id INTEGER)"], id="without migrations"),
        pytest.param(
            [
                "CREATE TABLE alembic_version (version_num VARCHAR(32))",
                "INSERT INTO alembic_version VALUES ('ab12')",
                "CREATE TABLE photos (id INTEGER)",
            ],
            id="with migrations of its own",
        ),
    ],
)
def test_the_database_of_another_program_is_left_alone(
    new_database: Callable[[], str], statements: Sequence[str]
) -> None:
    url = new_database()
    execute(url, *statements)

    with pytest.raises(StoreError, match=r"another program.*`photos`"):
        SqlFindingStore(url)


def test_of_several_that_open_a_new_database_at_once_one_migrates_it(new_database: Callable[[], str]) -> None:
    url = new_database()

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(SqlFindingStore, [url] * 4))

    for store in opened:
        assert store.scans(limit=1) == ()
        store.close()


def test_a_migration_waits_its_turn_and_says_so_when_that_does_not_come(postgresql: str) -> None:
    url = parse_url(postgresql)
    impatient = open_engine(url, busy_timeout=timedelta(milliseconds=50))
    with impatient.connect() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})

        with pytest.raises(StoreError, match="another process is writing to it; try again"), store_errors(url):
            migrate(impatient)

    migrate(impatient)
    impatient.dispose()


def test_a_schema_of_its_own_is_as_good_as_a_database(postgresql_server: Server, postgresql: str) -> None:
    postgresql_server.run("CREATE SCHEMA sekisho AUTHORIZATION owner", database=database_of(postgresql))
    execute(postgresql, "CREATE TABLE public.photos (id INTEGER)")

    SqlFindingStore(f"{postgresql}&options=-csearch_path%3Dsekisho").close()

    made = postgresql_server.run(
        "SELECT count(*) > 4 FROM pg_tables WHERE schemaname = 'sekisho'", database=database_of(postgresql)
    )
    assert made == [(True,)]
