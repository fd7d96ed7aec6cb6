"""What every `KeyStore` promises."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.command import upgrade
from alembic.config import Config
from msgspec.structs import replace
from sqlalchemy import inspect, select

from sekisho.findings import StoreError
from sekisho.keys import KeyStore, Role, SealedKey, Status, UnknownKeyError
from sekisho.storage import SqlKeyStore
from sekisho.storage.engine import BUSY_TIMEOUT, open_engine, parse_url
from sekisho.storage.migrate import MIGRATIONS
from sekisho.storage.schema import access_keys
from unit.keys.builders import FIRST, MONDAY, SECOND, THIRD, TUESDAY, access_key, sealed_key
from unit.keys.memory import MemoryKeyStore

EVERY_BYTE = bytes(range(256))


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "SQLite":
        return str(tmp_path / "keys.db")
    url: str = request.getfixturevalue("postgresql")
    return url


@pytest.fixture(params=["a dict", "SQLite in memory", "SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    match request.param:
        case "a dict":
            yield MemoryKeyStore()
            return
        case "SQLite in memory":
            place = "sqlite://"
        case "SQLite":
            place = str(tmp_path / "keys.db")
        case _:
            place = request.getfixturevalue("postgresql")
    with SqlKeyStore(place) as opened:
        yield opened


def test_a_new_store_is_empty(store: KeyStore) -> None:
    assert store.list() == ()
    assert store.find(FIRST) is None


def test_what_is_stored_comes_back_equal(store: KeyStore) -> None:
    key = access_key(role=Role.OPERATOR, description="関所 'quoted' \"twice\" %_")

    store.add(SealedKey(key, EVERY_BYTE))

    assert store.find(FIRST) == SealedKey(key, EVERY_BYTE)
    assert store.list() == (key,)


def test_only_the_whole_id_finds_a_key(store: KeyStore) -> None:
    store.add(sealed_key(access_key()))

    for other in (SECOND, FIRST[:-1], FIRST + "A", FIRST.lower(), "%", "SEKI%", "", "' OR 1=1 --"):
        assert store.find(other) is None


def test_keys_are_listed_the_oldest_first(store: KeyStore) -> None:
    oldest = access_key(THIRD, created_at=MONDAY)
    together = [access_key(FIRST, created_at=TUESDAY), access_key(SECOND, created_at=TUESDAY)]
    for key in (*together, oldest):
        store.add(sealed_key(key))

    assert store.list() == (oldest, *together)


def test_an_id_that_is_taken_is_refused_and_nothing_changes(store: KeyStore) -> None:
    first = SealedKey(access_key(), b"first")
    store.add(first)

    with pytest.raises((StoreError, ValueError)):
        store.add(SealedKey(access_key(role=Role.ADMIN), b"second"))

    assert store.find(FIRST) == first


def test_a_revoked_key_is_listed_and_no_longer_found(store: KeyStore) -> None:
    store.add(sealed_key(access_key()))
    store.add(sealed_key(access_key(SECOND)))

    revoked = store.revoke(FIRST, now=TUESDAY)

    assert revoked == replace(access_key(), revoked_at=TUESDAY)
    assert revoked.status is Status.REVOKED
    assert store.list() == (revoked, access_key(SECOND))
    assert store.find(FIRST) is None
    assert store.find(SECOND) is not None


def test_to_revoke_twice_changes_nothing(store: KeyStore) -> None:
    store.add(sealed_key(access_key()))

    first = store.revoke(FIRST, now=TUESDAY)

    assert store.revoke(FIRST, now=TUESDAY + timedelta(days=1)) == first
    assert store.list() == (first,)


def test_to_revoke_what_is_not_there_is_an_error(store: KeyStore) -> None:
    with pytest.raises(UnknownKeyError, match="keys list"):
        store.revoke(FIRST, now=TUESDAY)


def test_several_threads_may_ask_at_once(url: str) -> None:
    with SqlKeyStore(url) as store, ThreadPoolExecutor(8) as threads:
        store.add(sealed_key(access_key()))

        found = list(threads.map(store.find, [FIRST, SECOND] * 50))

    assert found == [sealed_key(access_key()), None] * 50


def test_the_sealed_secret_of_a_revoked_key_is_erased(url: str) -> None:
    with SqlKeyStore(url) as store:
        store.add(sealed_key(access_key()))
        store.revoke(FIRST, now=TUESDAY)

        with store.reading() as connection:
            assert connection.execute(select(access_keys.c.sealed)).all() == [(None,)]


def test_what_one_process_stores_another_finds(url: str) -> None:
    with SqlKeyStore(url) as one, SqlKeyStore(url) as other:
        one.add(sealed_key(access_key()))
        assert other.find(FIRST) == sealed_key(access_key())

        one.revoke(FIRST, now=TUESDAY)
        assert other.find(FIRST) is None


def test_a_database_from_before_there_were_keys_gets_their_table(url: str) -> None:
    engine = open_engine(parse_url(url), busy_timeout=BUSY_TIMEOUT)
    with engine.connect() as connection, connection.begin():
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        upgrade(config, "0001")
        assert not inspect(connection).has_table("access_keys")
    engine.dispose()

    with SqlKeyStore(url) as store:
        store.add(sealed_key(access_key()))
        assert store.list() == (access_key(),)
