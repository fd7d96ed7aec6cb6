import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.keys import MasterKey, Role, Secret, SecretKeyError, parse_master_key, seal, unseal
from unit.keys.builders import ANOTHER_MASTER, FIRST, MASTER, SECOND, SECRET, TUESDAY, access_key

KEY = access_key()
SEALED = seal(SECRET, key=KEY, under=MASTER)


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(Role))
def test_what_is_sealed_comes_back(text: str, role: Role) -> None:
    key = access_key(role=role)

    assert unseal(seal(Secret(text), key=key, under=MASTER), key=key, under=MASTER) == Secret(text)


def test_no_two_sealings_are_alike_and_none_holds_the_secret() -> None:
    sealings = {seal(SECRET, key=KEY, under=MASTER) for _ in range(100)}

    assert len({sealed[1:13] for sealed in sealings}) == 100
    assert all(SECRET.reveal().encode() not in sealed for sealed in sealings)


@given(st.integers(0, 8 * len(SEALED) - 1))
def test_a_bit_that_is_flipped_anywhere_is_refused(bit: int) -> None:
    flipped = bytearray(SEALED)
    flipped[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SecretKeyError):
        unseal(bytes(flipped), key=KEY, under=MASTER)


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_what_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(SecretKeyError):
        unseal(SEALED[:length], key=KEY, under=MASTER)


@given(st.binary(max_size=100))
def test_what_is_no_sealed_secret_is_refused(noise: bytes) -> None:
    with pytest.raises(SecretKeyError):
        unseal(noise, key=KEY, under=MASTER)


def test_a_secret_is_refused_to_another_key_and_to_another_role() -> None:
    for other in (access_key(SECOND), access_key(role=Role.ADMIN)):
        with pytest.raises(SecretKeyError):
            unseal(SEALED, key=other, under=MASTER)


def test_what_is_not_of_the_keys_identity_may_change() -> None:
    later = replace(KEY, description="renamed", revoked_at=TUESDAY)

    assert unseal(SEALED, key=later, under=MASTER) == SECRET


def test_another_master_key_is_refused_with_the_remedy_and_no_secret() -> None:
    with pytest.raises(SecretKeyError) as caught:
        unseal(SEALED, key=KEY, under=ANOTHER_MASTER)

    message = str(caught.value)
    assert f"access key `{FIRST}` cannot be opened with another test" in message
    assert "SEKISHO_SECRET_KEY or --secret-key-file" in message
    assert f"sekisho keys revoke {FIRST}" in message
    assert "\n" not in message
    assert caught.value.__cause__ is None


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["", "\n", " \r\n"]))
def test_a_master_key_is_read_from_its_base64_text(material: bytes, end: str) -> None:
    text = base64.b64encode(material).decode() + end

    parsed = parse_master_key(text.encode(), source="the test")

    assert unseal(seal(SECRET, key=KEY, under=MasterKey(material, source="x")), key=KEY, under=parsed) == SECRET


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(base64.b64encode(bytes(31)), id="a byte too few"),
        pytest.param(base64.b64encode(bytes(33)), id="a byte too many"),
        pytest.param(b"hunter2 hunter2 hunter2 hunter2 hunter2 hun=", id="a password"),
        pytest.param(bytes(32), id="the bytes themselves"),
        pytest.param("é".encode() * 22, id="letters that base64 has not"),
    ],
)
def test_what_is_no_master_key_is_refused_and_not_repeated(text: bytes) -> None:
    with pytest.raises(
        SecretKeyError, match=r"^the test does not hold a secret key.*openssl rand -base64 32"
    ) as caught:
        parse_master_key(text, source="the test")

    assert "hunter2" not in str(caught.value)


def test_a_master_key_has_32_bytes_and_does_not_show_them() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(bytes(16), source="x")
    assert repr(bytes(range(32))) not in repr(MASTER)


def test_what_is_derived_is_the_same_each_time_and_another_for_each_purpose_and_key() -> None:
    derived = [(MASTER.derive("pages"), len(MASTER.derive("pages"))), (MASTER.derive("pages"), 32)]

    assert derived[0] == derived[1]
    assert len({MASTER.derive("pages"), MASTER.derive("others"), ANOTHER_MASTER.derive("pages"), bytes(range(32))}) == 4
