"""What is read by type is what is read plainly: the same policy, or none."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.strategies import documents
from sekisho.policy import PolicyError
from sekisho.policy.parsing import parse_plainly
from sekisho.policy.usual import read_usual

_STATEMENT = (
    '"Effect":"Allow"', '"Effect":"Deny"', '"Effect":"allow"', '"Effect":null', '"Principal":"*"', '"Principal":"1"',
    '"Principal":{"AWS":"*"}', '"Principal":{"AWS":["111122223333","*"],"AWS":"*"}', '"Principal":null',
    '"Principal":{"AWS":[]}', '"Principal":{"Service":"sns.amazonaws.com","AWS":"arn:aws:iam::111122223333:root"}',
    '"Principal":{"aws":"*"}', '"Principal":{"AWS":111122223333}', '"Principal":{}', '"NotPrincipal":"*"',
    '"Action":"s3:*"', '"Action":["*","s3:GetObject"]', '"Action":[]', '"Action":"s3:"', '"Action":":x"',
    '"Action":"a:b:"', '"Action":""', '"Action":{}', '"NotAction":"s3:*"', '"Resource":"*"', '"Resource":""',
    '"Resource":["\x7f","\u00e9"]', '"Resource":["a",1]', '"Resource":null', '"NotResource":"*"', '"Sid":"a b"',
    '"Sid":null', '"Sid":"\\u0041\\""', '"Sid":1', '"Condition":{}', '"Condition":null', '"Other":"x"',
    '"Condition":{"StringEquals":{"a":"b"},"stringequals":{"A":["c"]}}', '"Condition":{"StringEquals":{"":"b"}}',
    '"Condition":{"StringEquals":{"a":"b","a":"c"}}', '"Condition":{"StringEquals":{"a":"b"},"StringEquals":{}}',
    '"Condition":{"Bool":{"a":true}}', '"Condition":{"Null":{"a":"maybe"}}', '"Condition":{"Null":{"a":["true"]}}',
    '"Condition":{"IpAddress":{"a":["10.0.0.0/8","10.0.0.0/33"]}}', '"Condition":{"IpAddress":{"a":"::/0"}}',
    '"Condition":{"NumericEquals":{"a":["1","2.5"]}}', '"Condition":{"DateEquals":{"a":"today"}}',
    '"Condition":{"Nothing":{"a":"b"}}', '"Condition":{"StringLike":{"a":[]}}', '"Condition":{"StringLike":"a"}',
)  # fmt: skip
_ELEMENTS = (
    '"Version":"2012-10-17"', '"Version":"2008-10-17"', '"Version":"2020-01-01"', '"Version":null', '"Id":"x"',
    '"Id":null', '"id":"x"', '"Id":""', '"Statement":{}', '"Statement":[]', '"Statement":null', '"Statement":[null]',
)  # fmt: skip


@given(documents(), st.sampled_from([None, 1]), st.sampled_from([None, (",", ":")]))
def test_what_is_usual_is_read_as_it_is_read_plainly(
    listed: list[dict[str, Any]], indent: int | None, separators: tuple[str, str] | None
) -> None:
    text = json.dumps({"Statement": listed}, indent=indent, separators=separators)
    negated = any(name.startswith("Not") for one in listed for name in one)

    assert (read_usual(text) is None) == negated
    _reads_the_same(text)


@given(documents(2), st.data())
def test_what_is_damaged_is_left_to_the_plain_reading_or_read_the_same(
    listed: list[dict[str, Any]], data: st.DataObject
) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": listed}, separators=(",", ":"))
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    put = st.sampled_from(["", '"', ",", ":", "\\", " ", "{", "]", "null", "1", "\x00", "\u00e9", text[start:end]])

    _reads_the_same(text[:start] + data.draw(put) + text[end:])


@st.composite
def _odd(draw: st.DrawFn) -> str:
    """A document of elements that may stand twice, be missing, or say what they cannot."""
    statements: list[str] = []
    for _ in range(draw(st.integers(1, 2))):
        elements: Sequence[str] = draw(st.lists(st.sampled_from(_STATEMENT), max_size=2))
        if draw(st.integers(0, 5)):
            elements = ['"Effect":"Allow"', '"Action":"s3:*"', *elements]
        statements.append(_object(elements))
    written = statements[0] if draw(st.booleans()) else f"[{','.join(statements)}]"
    blank = draw(st.sampled_from(["", " ", "\n", "\u00a0"]))
    further = draw(st.lists(st.sampled_from(_ELEMENTS), max_size=2))
    return blank + _object([*further, f'"Statement":{blank}{written}'])


def _object(members: Sequence[str]) -> str:
    return f"{{{','.join(members)}}}"


@given(_odd())
def test_what_is_odd_is_left_to_the_plain_reading_or_read_the_same(text: str) -> None:
    _reads_the_same(text)


_SOUND = '"Effect":"Allow","Action":"s3:*"'


@pytest.mark.parametrize("element", _STATEMENT)
def test_each_odd_element_of_a_statement_is_left_to_the_plain_reading_or_read_the_same(element: str) -> None:
    sound = [one for one in _SOUND.split(",") if one.partition(":")[0] != element.partition(":")[0]]

    _reads_the_same(_object([f'"Statement":[{_object([*sound, element])}]']))
    _reads_the_same(_object([f'"Statement":{_object([*sound, element, element])}']))


@pytest.mark.parametrize("element", _ELEMENTS)
def test_each_odd_element_of_a_document_is_left_to_the_plain_reading_or_read_the_same(element: str) -> None:
    _reads_the_same(_object([element, f'"Statement":[{{{_SOUND}}}]']))


@pytest.mark.parametrize("sid", ["\u00e9" * len('"Id":null,'), r"\u0022\u0022", "\ud800"])
def test_what_a_second_writing_makes_longer_hides_nothing_that_was_lost(sid: str) -> None:
    _reads_the_same(f'{{"Id":null,"Statement":[{{{_SOUND},"Sid":"{sid}"}}]}}')


def _reads_the_same(text: str) -> None:
    usual = read_usual(text)
    try:
        plain = parse_plainly(text)
    except PolicyError:
        assert usual is None
        return
    if usual is not None:
        assert usual == plain
        assert usual.text == plain.text
        assert [one.path for one in usual.statements] == [one.path for one in plain.statements]
