"""Text out of policies in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.analyzers.quoting import listed, quoted, shortened


@given(st.text(), st.integers(8, 80))
def test_any_text_is_one_short_code_span(text: str, width: int) -> None:
    shown = quoted(text, width)

    assert shown.isprintable()
    assert shown.count("`") == 2
    assert len(shown) <= width + 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("reports", "`reports`", id="short text as it is"),
        pytest.param("a\u202eb\n", r"`a\u202eb\n`", id="what cannot be seen"),
        pytest.param("a`b", r"`a\x60b`", id="a backtick"),
        pytest.param("arn:aws:iam::444455556666:role/app", "`arn:aws:ia...:role/app`", id="a long one"),
    ],
)
def test_text_is_quoted(text: str, shown: str) -> None:
    assert quoted(text, 22) == shown


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and 1 other"),
        (["a", "b", "c", "d"], "a, b and 2 others"),
    ],
)
def test_a_list_is_cut_short_and_says_so(items: list[str], told: str) -> None:
    assert shortened(items, 2) == told


def test_a_list_is_joined_as_a_sentence_does() -> None:
    assert listed(["a", "b", "c"], "or") == "a, b or c"
