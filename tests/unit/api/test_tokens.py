import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.api.errors import ApiError
from sekisho.api.tokens import PageTokens

LETTERS = string.ascii_letters + string.digits + "-_"
PAGES = PageTokens(bytes(range(32)))
QUESTION = {
    "analyzerArn": "a",
    "filter": {"x": {"eq": ["1"]}, "y": {"exists": True}},
    "since": datetime(2026, 1, 1, tzinfo=UTC),
}
cursors = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def refused(token: str, operation: str = "ListFindings", params: dict[str, Any] = QUESTION) -> bool:
    with pytest.raises(ApiError) as caught:
        PAGES.open(token, operation, params)
    return caught.value.code == "ValidationException" and caught.value.members["fieldList"][0]["name"] == "nextToken"


@given(cursors)
def test_a_cursor_comes_back_out_of_its_token(cursor: object) -> None:
    token = PAGES.seal(cursor, "ListFindings", QUESTION)

    assert PAGES.open(token, "ListFindings", QUESTION) == cursor
    assert set(token) <= set(LETTERS)


def test_a_token_tells_nothing_and_is_never_the_same() -> None:
    one, other = (PAGES.seal("an account id", "ListFindings", QUESTION) for _ in range(2))

    assert one != other
    assert "account" not in one


def test_the_size_of_a_page_and_the_order_of_parameters_may_change() -> None:
    token = PAGES.seal(5, "ListFindings", {**QUESTION, "maxResults": 10})
    turned = dict(reversed(QUESTION.items()))

    assert PAGES.open(token, "ListFindings", {**turned, "maxResults": 20, "nextToken": token}) == 5


def test_a_token_for_another_question_is_refused() -> None:
    token = PAGES.seal(5, "ListFindings", QUESTION)

    assert refused(token, operation="ListFindingsV2")
    assert refused(token, params={**QUESTION, "analyzerArn": "b"})
    assert refused(token, params={})


def test_a_token_of_another_secret_is_refused() -> None:
    assert refused(PageTokens(bytes(32)).seal(5, "ListFindings", QUESTION))


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_a_token_that_was_made_up_is_refused(text: str) -> None:
    assert refused(text)


@given(st.integers(0, 40), st.integers(1, 63))
def test_a_token_that_was_changed_is_refused(place: int, shift: int) -> None:
    token = PAGES.seal(["a"], "ListFindings", QUESTION)
    letter = LETTERS[(LETTERS.index(token[place]) + shift) % len(LETTERS)]

    assert refused(token[:place] + letter + token[place + 1 :])


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PageTokens(b"secret")
