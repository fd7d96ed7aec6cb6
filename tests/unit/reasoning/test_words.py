"""Exploring words: one of every kind, on every track."""

from sekisho.policy.patterns import Pattern, parse_template, resolve
from sekisho.reasoning.automaton import Automaton, Reading, apart
from sekisho.reasoning.words import Fixed, Free, Shape, explore


def like(text: str) -> tuple[Pattern, Reading]:
    pattern = resolve(parse_template(text, wildcards=True, variables=False), lambda _: None)
    assert pattern is not None
    return pattern, Reading.EXACT


def words(shape: Shape, **patterns: list[str]) -> set[tuple[str, ...]]:
    automaton = Automaton({track: apart(map(like, written)) for track, written in patterns.items()})
    return {tuple(found.values()) for found in explore(shape, automaton)}


def test_without_patterns_all_words_are_of_one_kind() -> None:
    assert words((Free(("a",), samples=("sample",)),)) == {("sample",)}


def test_a_sample_is_preferred_and_what_it_is_not_is_found() -> None:
    assert words((Free(("a",), samples=("other",)),), a=["b*"]) == {("other",), ("b",)}


def test_overlapping_patterns_give_every_combination_that_exists() -> None:
    found = words((Free(("a",), samples=("z",)),), a=["a*c", "*bc"])

    assert len(found) == 4
    assert ("abc",) in found


def test_a_word_that_no_text_can_be_is_not_found() -> None:
    digits = (Free(("a",), "0123456789", 12, 12, samples=("111122223333",)),)

    assert words(digits, a=["44445555666"]) == {("111122223333",)}
    assert words(digits, a=["444455556666"]) == {("111122223333",), ("444455556666",)}


def test_tracks_read_the_same_piece_each_in_its_own_text() -> None:
    shape = (Fixed({"arn": "arn:"}), Free(("arn", "account"), "12", 1, 2), Fixed({"arn": ":x"}))

    assert words(shape, arn=["arn:1:x"], account=["1", "2"]) == {("arn:1:x", "1"), ("arn:2:x", "2"), ("arn:11:x", "11")}


def test_a_kind_that_has_only_texts_that_may_not_be_is_none() -> None:
    taken = frozenset({"11", "12", "13", "21"})
    shape = (Free(("a",), "123", 2, 2, samples=("11",), but=taken),)

    assert words(shape, a=["2*"]) == {("31",), ("22",)}
    ((other,),) = words(shape, a=["1*"])
    assert other[0] != "1"
    assert other not in taken


def test_a_closed_piece_is_one_of_its_samples() -> None:
    assert words((Free(("a",), samples=("1", "2", "3"), closed=True),), a=["2", "x"]) == {("1",), ("2",)}


def test_a_kind_that_is_reached_late_but_looks_like_the_start_is_found() -> None:
    assert ("ab",) in words((Free(("a",), "ab", least=2),), a=["*ab"])
