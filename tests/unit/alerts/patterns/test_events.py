import pytest

from sekisho.alerts.patterns import EventError, Leaf, check_envelope, parse_event
from sekisho.alerts.patterns.json_text import Number

REFUSED = {
    "an array": ("[]", "the event is no JSON object"),
    "no JSON": ('{"a" 1}', "the event is no JSON: expecting ':' delimiter at line 1 column 6"),
    "broken on the third line": ('{\n"a": 1,\n  b}', "at line 3 column 3"),
    "nothing": (b"", "the event is no JSON"),
    "no number of JSON": ('{"a": -Infinity}', "`-Infinity` is no number in JSON"),
    "no UTF-8": (b'{"a": "\xc3"}', "the event is not in UTF-8"),
    "nested too deep": ('{"a": ' + "[" * 1000 + "]" * 1000 + "}", "nested more than 1000 deep"),
    "nested far too deep": ('{"a":' * 100_000, "nested more than 1000 deep"),
    "too long": (b'{"a": "' + b"x" * (1 << 20) + b'"}', "longer than 1,048,576 bytes"),
    "too long in UTF-8 alone": ('{"a": "' + "é" * (1 << 19) + '"}', "longer than 1,048,576 bytes"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_event_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(EventError) as error:
        parse_event(text)

    assert said in str(error.value)


def test_a_thousand_levels_are_read_however_deep_the_caller_is() -> None:
    text = '{"a": ' + "[" * 999 + '"x"' + "]" * 999 + "}"

    def deep(levels: int) -> Leaf:
        return deep(levels - 1) if levels else parse_event(text).fields["a"][0]

    assert deep(300).value == "x"
    assert len(deep(300).elements) == 998


def test_values_know_the_elements_that_they_stand_in() -> None:
    event = parse_event('{"a": [{"b": 1.50, "b": null}, [true, "x"]], "c": {"d.e": "y"}, "f": [], "g": {}}')

    assert event.fields == {
        "a.b": (Leaf(Number("1.5"), ((0, 0),)), Leaf(None, ((0, 0),))),
        "a": (Leaf(value=True, elements=((0, 1),)), Leaf("x", ((0, 1),))),
        "c.d.e": (Leaf("y"),),
    }


def test_text_after_the_event_is_left_unread() -> None:
    assert parse_event('{"a": 1} \x00 what?').fields.keys() == {"a"}


def test_how_long_an_event_may_be_is_for_the_caller_to_say() -> None:
    assert parse_event('{"a": "é"}', max_bytes=11).fields["a"][0].value == "é"
    with pytest.raises(EventError, match="longer than 10 bytes"):
        parse_event('{"a": "é"}', max_bytes=10)


def test_an_envelope_has_what_every_event_has() -> None:
    check_envelope(
        parse_event('{"id": "", "account": "", "source": "", "time": "", "region": "", "detail-type": null, "x": 1}')
    )

    with pytest.raises(EventError, match="no `account` and no `detail-type`"):
        check_envelope(parse_event('{"id": "", "source": "", "time": "", "region": ""}'))


@pytest.mark.parametrize(
    ("one", "other"),
    [("300", "3.0e2"), ("0", "-0.0"), ("0.1", "1E-1"), ("1e22", "10000000000000000000000"), ("0e999999999999", "0")],
)
def test_numbers_are_equal_however_they_are_written(one: str, other: str) -> None:
    assert Number(one) == Number(other)
    assert len({Number(one), Number(other)}) == 1


@pytest.mark.parametrize("text", ["9007199254740993", "1e400", "-1e400", "1e-400", "0.1234567890123456789", "1" * 5000])
def test_numbers_that_binary64_has_not_are_equal_as_text_alone(text: str) -> None:
    assert Number(text).comparable is None
    assert Number(text) == Number(text)
    assert Number(text) != Number(f"{text}0" if "." in text else f"{text}.0".replace("e400.0", "e+400"))
