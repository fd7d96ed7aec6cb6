import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.keys import AmbiguousKeyError, Role, Status, UnknownKeyError, choose_key, new_key_id, new_secret
from sekisho.keys.access_key import is_key_id
from unit.keys.builders import FIRST, SECOND, THIRD, TUESDAY, access_key

KEYS = tuple(access_key(key_id) for key_id in (FIRST, SECOND, THIRD))


def test_an_id_is_ours_and_has_the_shape_that_aws_tools_take() -> None:
    ids = {new_key_id() for _ in range(200)}

    assert len(ids) == 200
    assert all(re.fullmatch(r"SEKI[A-Z0-9]{16}", one) and is_key_id(one) for one in ids)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("AKIA" + "A" * 16, id="one of AWS"),
        pytest.param("SEKI" + "A" * 15, id="cut short"),
        pytest.param("SEKI" + "A" * 17, id="too long"),
        pytest.param("SEKI" + "A" * 16 + "\n", id="a line break after it"),
        pytest.param("seki" + "a" * 16, id="in lower case"),
        pytest.param("SEKI" + "\x00" * 16, id="what no database takes"),
    ],
)
def test_what_is_no_id_is_told_by_its_shape(text: str) -> None:
    assert not is_key_id(text)


def test_a_secret_has_forty_characters_that_no_shell_reads() -> None:
    secrets = [new_secret() for _ in range(200)]

    assert len(set(secrets)) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{40}", one.reveal()) for one in secrets)


def test_a_role_includes_those_that_may_do_less() -> None:
    assert [[one.includes(other) for other in Role] for one in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_a_key_counts_until_it_is_revoked() -> None:
    assert access_key().status is Status.ACTIVE
    assert access_key(revoked_at=TUESDAY).status is Status.REVOKED


@pytest.mark.parametrize("prefix", [FIRST, FIRST.lower(), THIRD[:5], "seki7"])
def test_a_key_is_chosen_by_the_beginning_of_its_id_in_any_case(prefix: str) -> None:
    assert choose_key(KEYS, prefix).id.startswith(prefix.upper())


@given(st.integers(1, 20))
def test_a_beginning_chooses_one_or_names_those_that_have_it(length: int) -> None:
    prefix = SECOND[:length]
    if length == len(SECOND):
        assert choose_key(KEYS, prefix).id == SECOND
    else:
        with pytest.raises(AmbiguousKeyError, match=f"`{FIRST}`, `{SECOND}`.*type more of it"):
            choose_key(KEYS, prefix)


@pytest.mark.parametrize("prefix", ["", "SEKIZ", FIRST + "A", "%", "A"])
def test_a_beginning_that_none_has_is_unknown_and_so_is_nothing_at_all(prefix: str) -> None:
    with pytest.raises(UnknownKeyError, match="keys list"):
        choose_key(KEYS, prefix)
    with pytest.raises(UnknownKeyError):
        choose_key(KEYS[:1], "")


def test_a_beginning_that_many_have_names_a_few() -> None:
    many = [access_key(new_key_id()) for _ in range(20)]

    with pytest.raises(AmbiguousKeyError) as caught:
        choose_key(many, "SEKI")

    assert caught.value.candidates == tuple(key.id for key in many[:5])
