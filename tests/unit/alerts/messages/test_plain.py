import sys
import unicodedata

import pytest

from sekisho.alerts.messages.plain import (
    MOST_ITEMS,
    MOST_TEXT,
    MOST_VALUES,
    Plain,
    clip,
    list_at,
    object_at,
    one_line,
    squeezed,
    text_at,
    tidy_object,
    value_at,
    visible,
    visible_lines,
)

STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_no_character_that_steers_or_hides_is_left() -> None:
    left = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in STEERING]

    assert not [character for character in left if character in visible(f"a{character}b")]


@pytest.mark.parametrize("character", ["\u3164", "\u115f", "\uffa0", "\u034f", "\ufe0f", "\U000e0041", "\U000e0100"])
def test_what_has_no_shape_is_written_as_its_code(character: str) -> None:
    assert character not in visible(f"ad{character}min")
    assert visible(f"ad{character}min") != "admin"


@pytest.mark.parametrize("text", ["alice", "山田　太郎", "Ünïcödé", "a b", "🔑 key", "한글"])
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_break_of_any_kind_is_a_blank_in_one_line_and_a_line_end_in_several() -> None:
    breaks = ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"]

    assert {visible(f"a{one}b") for one in breaks} == {"a b"}
    assert {visible_lines(f"a{one}b") for one in breaks} == {"a\nb"}


def test_what_turns_a_line_around_is_shown_as_its_code() -> None:
    assert one_line("user\u202egnp.exe", 50) == r"user\u202egnp.exe"


def test_a_long_text_ends_in_an_ellipsis_that_counts() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert len(one_line("\u202e" * 1000, 50)) == 50


def test_blanks_and_empty_lines_are_few() -> None:
    assert one_line("  a \n\n  b ", 50) == "a b"
    assert squeezed("\n\na  \n\n\n\nb \n") == "a\n\nb"


def test_an_event_is_bounded_in_every_direction() -> None:
    deep: object = "end"
    for _ in range(5000):
        deep = {"in": deep}
    told = tidy_object(
        {"text": "x" * 10**6, "list": list(range(10**5)), "number": 10**500, "deep": deep, "x" * 10**5: 1, "none": None}
    )

    assert len(text_at(told, "text")) == MOST_TEXT
    assert len(list_at(told, "list")) == MOST_ITEMS
    assert told["number"] is None
    assert told["none"] is None
    assert all(len(key) <= 200 for key in told)
    assert value_at(told, "deep." + ".".join(["in"] * 50)) is None


def test_the_values_of_an_event_are_counted() -> None:
    def count(value: Plain) -> int:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return 1 + sum(count(one) for one in members)

    wide = {f"k{one}": [[str(two)] * 200 for two in range(200)] for one in range(200)}

    assert MOST_VALUES * 0.9 < count(tidy_object(wide)) <= MOST_VALUES + 1


def test_secrets_are_shown_to_nobody() -> None:
    credentials = {"accessKeyId": "ASIA1", "secretAccessKey": "wJalr", "sessionToken": "FwoG"}

    assert tidy_object({"credentials": credentials}) == {"credentials": {"accessKeyId": "ASIA1"}}


def test_what_is_no_json_is_left_out() -> None:
    assert tidy_object({"a": object(), "b": (1, "x"), 3: "c"}) == {"a": None, "b": [1, "x"]}
    assert tidy_object([1, 2]) == {}


def test_a_path_leads_through_objects_and_lists() -> None:
    event = tidy_object({"a": [{"b": "c"}], "n": 3, "yes": True, "o": {}})

    assert text_at(event, "a.0.b") == "c"
    assert text_at(event, "a.1.b", "a.x", "n") == "3"
    assert text_at(event, "yes") == "true"
    assert text_at(event, "o", "a.0.b.c") == ""
    assert object_at(event, "n") == {}
    assert list_at(event, "o") == []
