"""What is dropped of an event before anybody keeps it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.collectors.events import UnusableError, incoming
from sekisho.collectors.events.secrets import without_secrets
from unit.collectors.events.samples import NOW, envelope, record, text

SECRET = "must-not-be-kept"
HANDED_OUT = {"accessKeyId": "ASIAEXAMPLE", "expiration": "Nov 20, 2026", "sessionToken": SECRET}


def test_a_session_token_goes_and_the_rest_of_the_credentials_stays() -> None:
    detail = record(eventName="AssumeRole", responseElements={"credentials": HANDED_OUT})
    kept = json.loads(incoming(text(envelope(detail=detail)), "sqs", NOW).envelope)

    del detail["responseElements"]["credentials"]["sessionToken"]
    assert kept["detail"] == detail


@pytest.mark.parametrize(
    "name",
    [
        *("sessionToken", "SessionToken", "session_token", "x-amz-security-token", "secretAccessKey", "password"),
        *("masterUserPassword", "newPassword", "SAMLAssertion", "webIdentityToken", "privateKey"),
        *("session\\u0054oken", "p\\u0061ssword"),
    ],
)
@pytest.mark.parametrize("value", [f'"{SECRET}"', f'{{"a":["{SECRET}"]}}', f'["{SECRET}"]'])
def test_a_secret_goes_wherever_it_stands_and_however_it_is_spelt(name: str, value: str) -> None:
    kept = without_secrets(f'{{"a":[1,{{"b":{{"{name}": {value},"c":2}}}}],"{name}":{value}}}')

    assert kept == '{"a":[1,{"b":{"c":2}}]}'


@pytest.mark.parametrize(
    "written",
    [
        '{"nextToken":"x","clientToken":"x","tokenCode":1}',
        '{"passwordResetRequired":true,"passwordLastUsed":"2026"}',
        '{"accessKeyId":"AKIAEXAMPLE","secretId":"s","secretArn":"a","keyId":"k","publicKey":"p"}',
        '{"a":"\\"sessionToken\\":\\"in a text\\""}',
    ],
)
def test_what_only_sounds_like_a_secret_stays(written: str) -> None:
    assert without_secrets(written) == written


def test_that_there_is_a_password_may_be_known() -> None:
    written = '{"password":true,"sessionToken":null}'

    assert without_secrets(written) == written


def test_all_else_stays_as_it_was_written() -> None:
    kept = without_secrets('{"password":"p","n":3.0e2,"big":9007199254740993,"twice":1,"twice":2,"u":"\\u0041é\\n"}')

    assert kept == '{"n":3.0e2,"big":9007199254740993,"twice":1,"twice":2,"u":"A\\u00e9\\n"}'


def test_what_cannot_be_read_is_not_kept() -> None:
    with pytest.raises(UnusableError):
        without_secrets('{"password":NaN}')


VALUES = st.recursive(
    st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "password", "SessionToken"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_no_secret_is_left_in_anything(value: Any, ascii_only: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    kept = json.loads(without_secrets(json.dumps(value, ensure_ascii=ascii_only)))

    assert kept == _without(value)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(one) for name, one in value.items() if name == "a"}
    return [_without(one) for one in value] if isinstance(value, list) else value
