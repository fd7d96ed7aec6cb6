import pytest

from sekisho.alerts.patterns import Miss, explain_miss, nearest_misses, parse_event, parse_pattern


def miss_of(pattern: str, event: str) -> Miss:
    miss = explain_miss(parse_pattern(pattern), parse_event(event))
    assert miss is not None
    return miss


SAID = {
    "another value": ('{"a": ["x", "y"]}', '{"a": "z"}', "a: wanted `x` or `y`, found `z`"),
    "several values": ('{"a": ["x"]}', '{"a": [1, 2, 2, 3, 4, 5]}', "a: wanted `x`, found 1, 2, 3 and 2 more"),
    "no value": ('{"a": [{"prefix": "x"}]}', "{}", "a: wanted a text that begins with `x`, found nothing"),
    "a value too many": ('{"a": [{"exists": false}]}', '{"a": null}', "a: wanted no such field, found null"),
    "an object": (
        '{"a": [{"exists": true}]}',
        '{"a": {"b": 1}}',
        "a: wanted any value, found an object; name a field in it, such as `a.b`",
    ),
    "case": ('{"a": ["createUser"]}', '{"a": "CreateUser"}', "; only upper and lower case differ"),
    "a number for a text": ('{"a": ["300"]}', '{"a": 300}', "; the pattern asks for a text, the event has a number"),
    "a text for true": ('{"a": [true]}', '{"a": "true"}', "asks for true or false, the event has a text"),
    "a text for null": ('{"a": [null]}', '{"a": "null"}', "asks for null, the event has a text"),
    "a text to compare as a number": ('{"a": [{"numeric": [">", 1]}]}', '{"a": "5"}', "; `numeric` compares numbers"),
    "elsewhere": ('{"userName": ["x"]}', '{"d": {"userName": "y"}}', "found nothing; the event has `d.userName`"),
    "a slip of the pen": ('{"d": {"usrName": ["x"]}}', '{"d": {"userName": "y"}}', "the event has `d.userName`"),
    "a range": ('{"a": [{"numeric": [">", 0, "<=", 5]}]}', '{"a": 6}', "wanted a number > 0 and ≤ 5, found 6"),
    "a number": ('{"a": [{"numeric": ["=", 3.0e2]}]}', '{"a": 6}', "wanted the number 3.0e2, found 6"),
    "a block": ('{"a": [{"cidr": "10.0.0.0/8"}]}', '{"a": "::1"}', "wanted an address in 10.0.0.0/8, found `::1`"),
    "an address": ('{"a": ["10.0.0.1"]}', '{"a": "::1"}', "wanted `10.0.0.1`, found `::1`"),
    "a wildcard": ('{"a": [{"wildcard": "x*"}]}', '{"a": "y"}', "wanted a text like `x*`"),
    "an end in either case": (
        '{"a": [{"suffix": {"equals-ignore-case": "x"}}]}',
        '{"a": "y"}',
        "wanted a text that ends with `x` in upper or lower case",
    ),
    "anything but": (
        '{"a": [{"anything-but": ["x", "y"]}]}',
        '{"a": "x"}',
        "wanted anything but `x` or `y`, found `x`",
    ),
}


@pytest.mark.parametrize(("pattern", "event", "said"), SAID.values(), ids=SAID)
def test_a_miss_says_what_was_wanted_and_what_was_there(pattern: str, event: str, said: str) -> None:
    assert said in str(miss_of(pattern, event).fields[0])


def test_only_what_failed_is_told() -> None:
    miss = miss_of('{"a": ["1"], "b": ["2"], "c": ["3"]}', '{"a": "1", "b": "x", "c": "3"}')

    assert (miss.passed, miss.total, [one.path for one in miss.fields]) == (2, 3, ["b"])
    assert str(miss) == "2 of 3 fields match\n  b: wanted `2`, found `x`"


def test_fields_in_different_elements_are_told_as_such() -> None:
    miss = miss_of('{"a": {"b": ["1"], "c": ["2"]}, "d": ["3"]}', '{"a": [{"b": "1"}, {"c": "2"}], "d": "3"}')

    assert miss.apart == ("a.b", "a.c")
    assert str(miss) == "3 of 3 fields match\n  no one element of an array has all of a.b, a.c"


def test_the_alternative_is_told_that_came_closest() -> None:
    pattern = '{"s": ["x"], "$or": [{"a": ["1"], "b": ["2"]}, {"c": ["1"], "d": ["2"]}, {"e": ["3"]}]}'

    assert miss_of(pattern, '{"s": "x", "c": "1"}').alternative == 2
    assert miss_of(pattern, '{"s": "x", "e": "4"}').alternative == 3


def test_a_match_is_no_miss() -> None:
    assert explain_miss(parse_pattern('{"a": ["1"]}'), parse_event('{"a": "1"}')) is None


def test_the_nearest_pattern_stands_first_and_those_that_match_not_at_all() -> None:
    written = {
        "far": '{"x": ["1"], "y": ["2"]}',
        "match": '{"a": ["1"]}',
        "near": '{"a": ["1"], "b": ["2"], "c": ["9"]}',
        "nearer": '{"a": ["1"], "d": [{"exists": false}], "b": ["2"], "c": [{"prefix": "9"}]}',
    }
    patterns = {name: parse_pattern(text) for name, text in written.items()}

    near = nearest_misses(patterns, parse_event('{"a": "1", "b": "2", "c": "3"}'))

    assert [one.name for one in near] == ["nearer", "near", "far"]
    assert near[0].miss.share == 0.75
    assert [one.name for one in nearest_misses(patterns, parse_event("{}"), limit=1)] == ["nearer"]


def test_long_values_and_line_ends_do_not_break_the_lines() -> None:
    miss = miss_of('{"a": ["x"]}', '{"a": "%s"}' % ("y\\n" * 500))

    assert len(str(miss).splitlines()) == 2
    assert len(miss.fields[0].found) <= 80
