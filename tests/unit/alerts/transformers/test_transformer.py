from datetime import datetime, timedelta, timezone

import pytest

from sekisho.alerts import AlertsError
from sekisho.alerts.patterns import parse_event
from sekisho.alerts.transformers import TransformerError, parse_input_path, parse_transformer

LATER = timezone(timedelta(hours=9))
EVENT = parse_event(
    '{"id": "1", "detail": {"n": 3.0e2, "list": ["a", ["b c", null]], "a": 1, "a": 2}, "a.b": {"c-d": "\\"é\\""}}'
)


def filled(template: str, **paths: str) -> str | None:
    return parse_transformer(paths, template).fill(
        EVENT, rule_name="rule", rule_arn="arn", ingestion_time=datetime(2026, 11, 20, 9, tzinfo=LATER)
    )


def test_numbers_stay_as_they_were_written() -> None:
    assert filled("[<n>]", n="$.detail.n") == "[3.0e2]"


def test_a_name_may_be_all_of_the_template() -> None:
    assert filled("<d>", d="$.detail.list") == '["a",["b c",null]]'


def test_times_are_utc() -> None:
    assert filled("<aws.events.event.ingestion-time>") == '"2026-11-20T00:00:00Z"'


def test_quotes_are_escaped_outside_of_quotes_alone() -> None:
    assert filled('{"q": <q>}', q="$['a.b'].c-d") == '{"q": "\\"é\\""}'
    assert filled('{"q": "<q>"}', q="$['a.b'].c-d") is None


def test_an_escaped_quote_in_the_template_ends_no_text() -> None:
    assert filled('{"q": "say \\"<n>\\" or \\\\", "r": <n>}', n="$.detail.list[0]") == (
        '{"q": "say \\"a\\" or \\\\", "r": "a"}'
    )


def test_lists_in_text_lose_their_quotes() -> None:
    assert filled('"<l>"', l="$.detail.list") == '"[a,[b c,null]]"'


def test_deep_values_are_written() -> None:
    deep = parse_event('{"a": ' + "[" * 999 + "]" * 999 + "}")
    transformer = parse_transformer({"a": "$.a"}, '"<a>"')

    assert transformer.fill(deep, rule_name="", rule_arn="", ingestion_time=datetime.now(LATER)) == (
        '"' + "[" * 999 + "]" * 999 + '"'
    )


REFUSED = {
    "an unknown name": ({"user": "$.a"}, "[<usr>]", "`<usr>`, which is not among its paths; did you mean `<user>`?"),
    "an unknown predefined name": ({}, "[<aws.events.rule>]", "did you mean `<aws.events.rule"),
    "a name like nothing": ({}, "[<zzz>]", "add it to the paths"),
    "a name of AWS's": ({"AwsUser": "$.a"}, "{}", "do not begin with AWS"),
    "a name with a space": ({"a\nb": "$.a"}, "{}", "use letters, digits"),
    "a path from nowhere": ({"a": "detail.a"}, "{}", "does not begin with `$`; did you mean `$.detail.a`?"),
    "a path to many things": ({"a": "$.detail[*].a"}, "{}", "`[*].a` in the path `$.detail[*].a` is neither"),
    "a long path": ({"a": "$." + "a" * 256}, "{}", "has more than 256 characters"),
    "too many paths": ({f"a{n}": "$.a" for n in range(101)}, "{}", "has 101 paths"),
    "no template": ({}, "", "has 0 characters, not 1 to 8,192"),
    "a long template": ({}, '"' + "x" * 8192 + '"', "has 8,194 characters"),
    "text without quotes": ({"a": "$.a"}, "<a> did it", "is no JSON; put text into double quotes"),
    "braces that do not close": ({"a": "$.a"}, '{"a": <a>', "is no JSON"),
}


@pytest.mark.parametrize(("paths", "template", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_transformer_is_refused(paths: dict[str, str], template: str, said: str) -> None:
    with pytest.raises(TransformerError) as error:
        parse_transformer(paths, template)

    assert said in str(error.value)
    assert str(error.value).isprintable()
    assert isinstance(error.value, AlertsError)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.id", '"1"'),
        ("$.detail.n", "3.0e2"),
        ("$.detail.list[1][0]", '"b c"'),
        ("$.detail.a", "2"),
        ('$["a.b"]', '{"c-d":"\\"é\\""}'),
        ("$.detail.list[2]", None),
        ("$.detail.list.a", None),
        ("$.id.a", None),
        ("$.id[0]", None),
        ("$.x", None),
    ],
)
def test_an_input_path_gives_json(path: str, found: str | None) -> None:
    assert parse_input_path(path).fill(EVENT) == found


def test_the_whole_event_is_a_path() -> None:
    event = parse_event('{ "a" : [ 1.0 ] }')

    assert parse_input_path("$").fill(event) == '{"a":[1.0]}'
