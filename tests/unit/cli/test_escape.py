import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.cli.escape import plain, readable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("arn:aws:s3:::reports/*", "arn:aws:s3:::reports/*", id="what an ARN is made of"),
        pytest.param("関所 é", "関所 é", id="letters of any script"),
        pytest.param("\x1b[31mred", r"\x1b[31mred", id="a colour for the terminal"),
        pytest.param("a\u202eb", r"a\u202eb", id="a change of direction"),
        pytest.param("a\nb\tc", r"a\nb\tc", id="a line break"),
        pytest.param("a\u200bb\x9bc", r"a\u200bb\x9bc", id="an invisible space and an 8-bit control"),
        pytest.param("\ud800", r"\ud800", id="half a character"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_code(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_nothing_that_is_shown_steers_a_terminal(text: str) -> None:
    assert all(unicodedata.category(character)[0] != "C" for character in plain(text))
    assert plain(plain(text)) == plain(text)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_for_people_stays_the_same_value_and_steers_no_terminal(value: Any) -> None:
    text = readable_json(value)

    assert json.loads(text) == value
    assert all(unicodedata.category(character)[0] != "C" for character in text.replace("\n", ""))
    text.encode()


def test_json_for_people_keeps_letters_of_any_script() -> None:
    assert readable_json({"a": "関所 \u202e"}) == '{\n  "a": "関所 \\u202e"\n}'
