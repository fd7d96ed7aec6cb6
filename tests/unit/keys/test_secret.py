import logging
import pprint
import traceback
from typing import NoReturn

import msgspec
import pytest

from sekisho.keys import Credentials, MasterKey, Secret
from unit.keys.builders import MASTER, SECRET, access_key


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(repr(SECRET), id="repr"),
        pytest.param(str(SECRET), id="str"),
        pytest.param(f"{SECRET} {SECRET!s} {SECRET!r} {SECRET!a}", id="an f-string"),
        pytest.param(pprint.pformat({"secret": [SECRET]}), id="pretty printed"),
        pytest.param(repr(Credentials(access_key(), SECRET)), id="within credentials"),
        pytest.param(repr(ValueError(SECRET)), id="within an error"),
    ],
)
def test_a_secret_does_not_show(shown: str) -> None:
    assert SECRET.reveal() not in shown
    assert "hidden" in shown


def test_a_secret_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("sekisho").warning("signed with %s, %r", SECRET, Credentials(access_key(), SECRET))

    assert SECRET.reveal() not in caplog.text


def test_a_secret_is_in_no_traceback_with_its_locals() -> None:
    def fail(credentials: Credentials, master: MasterKey) -> NoReturn:
        raise ValueError(credentials, master)

    with pytest.raises(ValueError, match="hidden") as caught:
        fail(Credentials(access_key(), SECRET), MASTER)

    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert SECRET.reveal() not in told
    assert repr(bytes(range(32))) not in told


def test_a_secret_is_not_encoded() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(Credentials(access_key(), SECRET))


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
