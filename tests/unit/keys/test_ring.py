from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.keys import Credentials, DescriptionError, KeyRing, Role, SealedKey, SecretKeyError, Status
from unit.keys.builders import ANOTHER_MASTER, FIRST, MASTER, MONDAY, TUESDAY
from unit.keys.memory import MemoryKeyStore


class StoreThatIsNotAsked(MemoryKeyStore):
    def find(self, key_id: str) -> NoReturn:
        raise AssertionError(key_id)


def issue(
    store: MemoryKeyStore, role: Role = Role.READER, description: str = "", now: datetime = MONDAY
) -> Credentials:
    return KeyRing(store, MASTER).issue(role, description=description, now=now)


def test_what_is_issued_is_found() -> None:
    store = MemoryKeyStore()
    ring = KeyRing(store, MASTER)

    issued = [ring.issue(role, description=role.name, now=MONDAY) for role in Role]

    assert [ring.find(one.key.id) for one in issued] == issued
    assert [one.key.role for one in issued] == list(Role)
    assert len({one.secret for one in issued}) == 3


def test_the_store_gets_no_secret() -> None:
    store = MemoryKeyStore()
    issued = issue(store)
    stored = store.find(issued.key.id)

    assert stored is not None
    assert stored.key == issued.key
    assert issued.secret.reveal().encode() not in stored.sealed


def test_a_key_that_is_revoked_is_not_found_from_then_on() -> None:
    store = MemoryKeyStore()
    ring, issued = KeyRing(store, MASTER), issue(store)

    store.revoke(issued.key.id, now=TUESDAY)

    assert ring.find(issued.key.id) is None


@given(st.text())
def test_any_text_may_be_asked_for_and_what_is_no_id_asks_no_store(text: str) -> None:
    assert KeyRing(StoreThatIsNotAsked(), MASTER).find(text) is None


def test_an_id_that_nobody_has_is_not_found() -> None:
    assert KeyRing(MemoryKeyStore(), MASTER).find(FIRST) is None


def test_times_are_kept_to_the_millisecond() -> None:
    assert issue(MemoryKeyStore(), now=MONDAY + timedelta(microseconds=1999)).key.created_at == (
        MONDAY + timedelta(milliseconds=1)
    )


@pytest.mark.parametrize("description", ["", "the console of the platform team", "関所", "x" * 256])
def test_a_description_is_one_line(description: str) -> None:
    assert issue(MemoryKeyStore(), description=description).key.description == description


@pytest.mark.parametrize(
    "description",
    [
        pytest.param("x" * 257, id="too long"),
        pytest.param("two\nlines", id="two lines"),
        pytest.param("\x1b[31mred", id="a colour for the terminal"),
        pytest.param("a\u202eb", id="a change of direction"),
        pytest.param("\udcff", id="a byte that is no character"),
        pytest.param("a\x00b", id="what no database takes"),
    ],
)
def test_a_description_that_would_not_fit_on_a_line_is_refused(description: str) -> None:
    store = MemoryKeyStore()

    with pytest.raises(DescriptionError, match="one line of at most 256"):
        issue(store, description=description)

    assert store.list() == ()


def test_nothing_is_issued_under_another_master_key() -> None:
    store = MemoryKeyStore()
    issued = issue(store)
    other = KeyRing(store, ANOTHER_MASTER)

    with pytest.raises(SecretKeyError, match=issued.key.id):
        other.issue(Role.ADMIN, now=TUESDAY)
    with pytest.raises(SecretKeyError, match=issued.key.id):
        other.find(issued.key.id)

    assert [key.id for key in store.list()] == [issued.key.id]


def test_once_the_old_keys_are_given_up_another_master_key_will_do() -> None:
    store = MemoryKeyStore()
    store.revoke(issue(store).key.id, now=TUESDAY)

    KeyRing(store, ANOTHER_MASTER).issue(Role.READER, now=TUESDAY)

    assert [key.status for key in store.list()] == [Status.REVOKED, Status.ACTIVE]


def test_a_role_that_was_widened_in_the_store_is_refused() -> None:
    store, tampered = MemoryKeyStore(), MemoryKeyStore()
    stored = store.find(issue(store).key.id)
    assert stored is not None

    tampered.add(SealedKey(replace(stored.key, role=Role.ADMIN), stored.sealed))

    with pytest.raises(SecretKeyError, match=stored.key.id):
        KeyRing(tampered, MASTER).find(stored.key.id)
    with pytest.raises(SecretKeyError, match=stored.key.id):
        KeyRing(tampered, MASTER).verify()
