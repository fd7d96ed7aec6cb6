import json
from collections.abc import Mapping
from typing import Any

import pytest

from sekisho.alerts.patterns import PatternIndex, parse_event, parse_pattern
from sekisho.alerts.patterns.choices import can_choose, choice_of
from sekisho.alerts.patterns.json_text import Value
from sekisho.alerts.patterns.operators import Test as Operator
from sekisho.alerts.patterns.operators import Wildcard
from sekisho.alerts.patterns.wildcards import wildcard_matches


def index_of(patterns: Mapping[str, Any]) -> PatternIndex:
    return PatternIndex({name: parse_pattern(json.dumps(pattern)) for name, pattern in patterns.items()})


def matching(index: PatternIndex, event: Any) -> tuple[str, ...]:
    return index.matching(parse_event(json.dumps(event)))


def test_names_come_in_the_order_in_which_they_were_given() -> None:
    index = index_of(
        {"z": {"a": ["1"]}, "m": {"a": [{"prefix": ""}]}, "a": {"a": [{"exists": True}]}, "n": {"a": ["2"]}}
    )

    assert matching(index, {"a": "1"}) == ("z", "m", "a")


def test_a_pattern_is_named_once_however_many_of_its_alternatives_match() -> None:
    index = index_of({"it": {"$or": [{"a": ["1"]}, {"b": ["1"]}]}})

    assert matching(index, {"a": ["1", "1"], "b": "1"}) == ("it",)


def test_an_index_of_nothing_finds_nothing() -> None:
    assert matching(PatternIndex({}), {"a": "1"}) == ()


def test_patterns_of_what_is_absent_are_always_looked_at() -> None:
    index = index_of(
        {"absent": {"a": [{"exists": False}]}, "both": {"a": [{"exists": False}], "b": [{"exists": False}, 1]}}
    )

    assert matching(index, {}) == ("absent", "both")
    assert matching(index, {"b": 2}) == ("absent",)
    assert matching(index, {"a": None}) == ()


def test_the_patterns_can_be_read_off_an_index() -> None:
    index = index_of({"it": {"a": ["1"]}})

    assert index.patterns["it"].text == '{"a": ["1"]}'


def test_a_thousand_rules_for_a_thousand_names_find_theirs() -> None:
    index = index_of({f"r{n}": {"detail": {"name": [f"n{n}", {"suffix": f"-{n}"}], "on": [True]}} for n in range(1000)})

    assert matching(index, {"detail": {"name": "n7", "on": True}}) == ("r7",)
    assert matching(index, {"detail": {"name": "x-77", "on": True}}) == ("r77",)
    assert matching(index, {"detail": {"name": "n7", "on": False}}) == ()


def test_a_test_that_cannot_lead_is_asked_of_those_alone_whom_another_led_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def accepts(self: Wildcard, value: Value) -> bool:
        asked.append(self.text)
        return isinstance(value, str) and wildcard_matches(self.runs, value)

    monkeypatch.setattr(Wildcard, "accepts", accepts)
    index = index_of({f"r{n}": {"name": [f"n{n}"], "path": [{"wildcard": f"*/{n}/*"}]} for n in range(1000)})

    assert matching(index, {"name": "n7", "path": "/a/7/b"}) == ("r7",)
    assert asked == ["*/7/*"]


def test_every_operator_leads_to_its_rule() -> None:
    operators: dict[str, tuple[Any, Any, Any]] = {
        "text": ("x", "x", "y"),
        "number": (3.0, 3, 4),
        "null": (None, None, "null"),
        "true": (True, True, "true"),
        "address": ("10.0.0.1", "10.0.0.01", "10.0.0.2"),
        "exactly": ({"exactly": "10.0.0.1"}, "10.0.0.1", "10.0.0.01"),
        "prefix": ({"prefix": "ab"}, "abc", "a"),
        "suffix": ({"suffix": "bc"}, "abc", "c"),
        "no end": ({"suffix": ""}, "x", 1),
        "whole": ({"equals-ignore-case": "AbC"}, "aBc", "abcd"),
        "start": ({"prefix": {"equals-ignore-case": "Ab"}}, "aBé", "éab"),
        "end": ({"suffix": {"equals-ignore-case": "Ab"}}, "\u212aaB", "ab\u212a"),
        "not ASCII": ({"equals-ignore-case": "é"}, "É", "e"),
        "head": ({"wildcard": "a*c"}, "abc", "ab"),
        "tail": ({"wildcard": "*b*c"}, "abbc", "ac"),
        "neither": ({"wildcard": "*b*"}, "abc", "ac"),
        "range": ({"numeric": [">", 1, "<=", 3]}, 3, 1),
        "point": ({"numeric": ["=", 2]}, 2.0, 2.1),
        "block": ({"cidr": "10.0.0.0/8"}, "10.1.1.1", "11.1.1.1"),
        "IPv6": ({"cidr": "2001:db8::/32"}, "2001:db8::1", "2001:db9::1"),
        "any": ({"exists": True}, "", []),
        "but": ({"anything-but": ["x"]}, "y", "x"),
    }
    index = index_of({name: {name: [test]} for name, (test, _, _) in operators.items()})

    for name, (_, good, bad) in operators.items():
        assert matching(index, {name: good}) == (name,)
        assert matching(index, {name: bad}) == ()


def test_ranges_are_found_on_their_bounds_and_between_them() -> None:
    index = index_of({
        "low": {"n": [{"numeric": ["<", 1]}]},
        "one": {"n": [{"numeric": [">=", 1, "<=", 1.5]}]},
        "open": {"n": [{"numeric": [">", 1]}]},
        "two": {"n": [{"numeric": ["=", 2]}]},
    })  # fmt: skip
    found = {n: matching(index, {"n": n}) for n in (0, 1, 1.2, 1.5, 1.7, 2, 3, 1.2)}

    assert found == {
        0: ("low",),
        1: ("one",),
        1.2: ("one", "open"),
        1.5: ("one", "open"),
        1.7: ("open",),
        2: ("open", "two"),
        3: ("open",),
    }
    assert index.matching(parse_event('{"n": 1e999}')) == ()


def test_arrays_that_have_nothing_to_do_with_one_another_do_not_multiply() -> None:
    names = [f"a{n}" for n in range(40)]
    pattern = {name: {"x": ["1"], "y": ["2"]} for name in names}
    array = [{"x": "1", "y": "0"} for _ in range(50)]
    index = index_of({"it": pattern})

    assert matching(index, {name: [*array, {"x": "1", "y": "2"}] for name in names}) == ("it",)
    assert matching(index, {name: [*array, {"y": "2"}] for name in names}) == ()


def test_an_event_made_to_take_long_counts_as_one_that_matches() -> None:
    """Copies of one name, each with an array of its own, leave as many ways as elements to the power of copies."""
    places = [((array, index),) for array in range(6) for index in range(20)]
    some = choice_of([(place, True) for place in places], takes_absence=False)
    none = choice_of([(place, False) for place in places], takes_absence=False)

    assert not can_choose([some, none])
    assert can_choose([*[some] * 6, none])


def test_operators_can_be_told_apart_by_hash() -> None:
    (one,) = parse_pattern('{"a": [1, true, "1", 1.0, {"wildcard": "x*"}, {"wildcard": "x*"}]}').alternatives
    tests: set[Operator] = set(one[0].tests)

    assert len(tests) == 4
