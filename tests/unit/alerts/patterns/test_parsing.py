import json

import pytest

from sekisho.alerts import AlertsError
from sekisho.alerts.patterns import PatternError, format_pattern, parse_pattern

MESSAGES = {
    "no JSON": ("{", "the pattern is no JSON: "),
    "no object": ("[]", "the pattern is no JSON object; put it into braces"),
    "a value without an array": ('{"a": {"b": "x"}}', 'a value outside an array at `a.b`; write ["x"]'),
    "an empty array": ('{"a": []}', "an empty array at `a`"),
    "an empty object": ('{"a": {"b": {}}}', "an empty object at `a.b`"),
    "an array in an array": ('{"a": ["y", ["x"]]}', "an array inside an array at `a[1]`"),
    "a slip of the pen": ('{"a": [{"prefx": "x"}]}', "`prefx` is no operator at `a[0]`; did you mean `prefix`?"),
    "capitals": ('{"a": [{"EXISTS": true}]}', "did you mean `exists`?"),
    "underscores": ('{"a": [{"anything_but": "x"}]}', "did you mean `anything-but`?"),
    "no operator at all": ('{"a": [{"zzz": "x"}]}', "there are `exactly`, "),
    "two operators": ('{"a": [{"prefix": "x", "suffix": "y"}]}', "2 operators in one object at `a[0]`"),
    "a list for a prefix": (
        '{"a": [{"prefix": ["x"]}]}',
        "at `a[0].prefix`; this operator takes a text; write one object",
    ),
    "an operator in a prefix": ('{"a": [{"prefix": {"x": "y"}}]}', "only `equals-ignore-case` is"),
    "two stars": ('{"a": [{"wildcard": "x**"}]}', "two stars stand together at character 2 at `a[0].wildcard`"),
    "a lone backslash": (
        '{"a": [{"wildcard": "x\\\\y"}]}',
        r"the backslash at character 2 escapes neither `*` nor `\`",
    ),
    "too complex": (
        '{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}',
        "too complex a wildcard at `a[0].wildcard`; use fewer",
    ),
    "an address for a block": ('{"a": [{"cidr": "10.0.0.1/32"}]}', "a single address stands alone, without `cidr`"),
    "no block": ('{"a": [{"cidr": "10.0.0.0"}]}', "a CIDR block has one `/` at `a[0].cidr`"),
    "a block of nothing": ('{"a": [{"cidr": "x/8"}]}', "`x` is no IP address"),
    "a block of few letters": ('{"a": [{"cidr": "10.0.0.0/x"}]}', "is a number"),
    "exists as text": ('{"a": [{"exists": "true"}]}', '"true" instead of true or false at `a[0].exists`'),
    "the upper bound first": ('{"a": [{"numeric": ["<", 5, ">", 1]}]}', 'write it like [">", 0, "<=", 5]'),
    "an empty range": ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "5 is not below 1 at `a[0].numeric`"),
    "a bound as text": ('{"a": [{"numeric": ["=", "5"]}]}', '"5" instead of a number at `a[0].numeric[1]`'),
    "too many digits": (
        '{"a": [{"numeric": ["=", 9007199254740993]}]}',
        "cannot be compared exactly at `a[0].numeric[1]`",
    ),
    "texts and numbers": ('{"a": [{"anything-but": ["x", 1]}]}', "neither only texts nor only numbers"),
    "anything but null": ('{"a": [{"anything-but": null}]}', "null instead of texts or numbers at `a[0].anything-but`"),
    "anything but everything": ('{"a": [{"anything-but": {"prefix": ["x", ""]}}]}', "at `a[0].anything-but.prefix[1]`"),
    "anything but a block": (
        '{"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}',
        "`cidr` is no operator inside `anything-but`",
    ),
    "$or with one branch": ('{"d": {"$or": [{"a": ["x"]}]}}', "`$or` with fewer than two objects at `d.$or`"),
    "$or without objects": ('{"$or": [{"a": ["x"]}, 1]}', "`$or` without an array of objects at `$or`"),
    "an operator in $or": (
        '{"$or": [{"a": ["x"]}, {"cidr": ["x"]}]}',
        "at `$or[1].cidr`; operators stand inside an array",
    ),
    "a fault in a branch": ('{"$or": [{"a": ["x"]}, {"b": {"c": "x"}}]}', "at `$or[1].b.c`"),
    "no UTF-8": (b'{"a": ["\xff"]}', "the pattern is not in UTF-8"),
    "too long": ('{"a": ["' + "x" * 4096 + '"]}', "the pattern has 4,107 characters; EventBridge takes up to 4,096"),
    "too many fields": (json.dumps({f"{n:x}": [1] for n in range(257)}), "the pattern has 257 fields"),
    "too many combinations": (
        json.dumps({f"f{n}": {"$or": [{"a": [1]}, {"b": [1]}]} for n in range(10)}),
        "more than 1,000 combinations of `$or` at `f9.$or`",
    ),
}


@pytest.mark.parametrize(("text", "said"), MESSAGES.values(), ids=MESSAGES)
def test_an_error_names_the_place_and_the_remedy(text: str | bytes, said: str) -> None:
    with pytest.raises(PatternError) as error:
        parse_pattern(text)

    assert said in str(error.value)
    assert isinstance(error.value, AlertsError)


def test_an_error_is_one_line_whatever_it_repeats() -> None:
    with pytest.raises(PatternError) as error:
        parse_pattern('{"a\\n\\u001b[31m": [{"x\\ny": 1}]}')

    assert str(error.value).isprintable()


def test_the_place_can_be_read_off_an_error() -> None:
    with pytest.raises(PatternError) as error:
        parse_pattern('{"detail": {"eventName": ["x", {"prefix": 1}]}}')

    assert error.value.place == "detail.eventName[1].prefix"


def test_how_long_a_pattern_may_be_is_for_the_caller_to_say() -> None:
    text = '{"a": ["xyz"]}'

    assert parse_pattern(text, max_length=len(text)).text == text
    with pytest.raises(PatternError, match="up to 13"):
        parse_pattern(text, max_length=len(text) - 1)


def test_as_many_combinations_as_allowed_are_taken() -> None:
    branches = {"$or": [{f"b{n}": [1]} for n in range(10)]}

    assert len(parse_pattern(json.dumps({"x": branches, "y": branches, "z": branches})).alternatives) == 1000


def test_bytes_are_read_as_utf_8() -> None:
    assert parse_pattern('{"a": ["é"]}'.encode()) == parse_pattern('{"a": ["é"]}')


def test_fields_stand_in_the_order_of_utf_16() -> None:
    (alternative,) = parse_pattern('{"\\uff00": [1], "\\ud83d\\ude00": [1], "a.b": [1], "a-b": [1]}').alternatives

    assert [one.path for one in alternative] == ["a-b", "a.b", "\N{GRINNING FACE}", "\uff00"]


def test_a_long_wildcard_is_weighed_at_once() -> None:
    text = json.dumps({"a": [{"wildcard": f"*{'ab' * 1000}x"}]})

    with pytest.raises(PatternError, match="too complex"):
        parse_pattern(text)
    assert parse_pattern(text.replace("ab" * 1000, "".join(chr(0x4E00 + n) for n in range(2000))))


def test_the_shortest_text_keeps_numbers_and_repetitions() -> None:
    text = ' { "a" : [ 3.0e2 , "é\\n\\u2028" ],\n "a" : [ {"numeric": ["=", 1.50]} ] } rest'

    assert format_pattern(parse_pattern(text)) == '{"a":[3.0e2,"é\\n\u2028"],"a":[{"numeric":["=",1.50]}]}'
