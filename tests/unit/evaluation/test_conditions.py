"""Condition operators, one by one, as the IAM User Guide's tables have them."""

import pytest

from sekisho.evaluation.conditions import condition_holds
from sekisho.policy import Condition
from sekisho.policy.operators import find_operator

KEY = "k:key"


def holds(operator: str, wanted: str | tuple[str, ...], *values: str, variables: bool = True, **others: str) -> bool:
    found = find_operator(operator)
    assert found is not None
    context = {KEY: values} if values else {}
    context |= {name.replace("_", ":"): (value,) for name, value in others.items()}
    condition = Condition(found, "K:Key", (wanted,) if isinstance(wanted, str) else wanted)
    return condition_holds(condition, context, variables=variables)


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "expected"),
    [
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "A", "a", False),
        ("StringEqualsIgnoreCase", "ABC", "abc", True),
        ("StringNotEqualsIgnoreCase", "ABC", "abc", False),
        ("StringLike", "a*c", "abc", True),
        ("StringLike", "a?c", "ac", False),
        ("StringLike", "*", "", True),
        ("StringLike", "a${*}", "a*", True),
        ("StringLike", "a${*}", "ab", False),
        ("StringNotLike", "a*", "b", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", "10", "10.0", False),
        ("NumericLessThan", "10", "9.99", True),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "10", False),
        ("NumericGreaterThanEquals", "10", "ten", False),
        ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", True),
        ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", False),
        ("Bool", "true", "True", True),
        ("Bool", "true", "false", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("IpAddress", "203.0.113.0/24", "203.0.113.255", True),
        ("IpAddress", "203.0.113.7/24", "203.0.113.255", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::1", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("NotIpAddress", "203.0.113.0/24", "198.51.100.1", True),
        ("ArnLike", "arn:aws:iam::*:role/app", "arn:aws:iam::111122223333:role/app", True),
        ("ArnEquals", "arn:aws:iam::*:role/app", "arn:aws:iam::111122223333:role/app", True),
        ("ArnLike", "arn:aws:iam::*", "arn:aws:iam::111122223333:role/app", False),
        ("ArnLike", "arn:aws:sns:*:topic", "arn:aws:sns:us-east-1:111122223333:topic", False),
        ("ArnLike", "arn:aws:sns:*:*:t*c", "arn:aws:sns:us-east-1:111122223333:t:c", True),
        ("ArnNotLike", "arn:aws:iam::*:role/app", "arn:aws:iam::111122223333:role/other", True),
    ],
)
def test_an_operator_compares_as_documented(operator: str, wanted: str, value: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert holds(operator, wanted, value) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringNotEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("Bool", False),
        ("IpAddress", False),
        ("NotIpAddress", True),
        ("NumericLessThan", False),
        ("NumericNotEquals", True),
    ],
)
def test_an_absent_key_decides_by_the_operator(operator: str, expected: bool) -> None:  # noqa: FBT001 - a table
    values = {"IpAddress": "203.0.113.0/24", "NotIpAddress": "203.0.113.0/24", "Bool": "true"}
    assert holds(operator, values.get(operator, "1")) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "b"), ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("a", "b"), ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("a", "b"), ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("a",), ("b", "c"), True),
        ("ForAllValues:StringNotEquals", ("a",), ("a", "c"), False),
        ("ForAnyValue:StringNotEquals", ("a",), ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a",), ("a",), False),
        ("StringEquals", ("a",), ("a", "c"), True),
        ("StringNotEquals", ("a",), ("a", "c"), False),
        ("StringNotEquals", ("a", "b"), ("c",), True),
    ],
)
def test_several_values_are_joined_as_documented(
    operator: str,
    wanted: tuple[str, ...],
    values: tuple[str, ...],
    expected: bool,  # noqa: FBT001 - a table
) -> None:
    assert holds(operator, wanted, *values) is expected


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [("true", None, True), ("true", "x", False), ("false", "x", True), ("false", None, False)],
)
def test_null_tests_presence(wanted: str, value: str | None, expected: bool) -> None:  # noqa: FBT001 - a table
    assert holds("Null", wanted, *([value] if value else [])) is expected


def test_a_variable_stands_for_the_value_of_its_key() -> None:
    assert holds("StringEquals", "home/${aws:UserName}", "home/alice", aws_username="alice")
    assert not holds("StringEquals", "home/${aws:UserName}", "home/bob", aws_username="alice")


def test_a_variable_without_a_value_matches_nothing_unless_it_has_a_default() -> None:
    assert not holds("StringLike", "${aws:username}*", "anything")
    assert holds("StringNotLike", "${aws:username}*", "anything")
    assert holds("StringEquals", "${aws:username, 'guest'}", "guest")


def test_a_variable_is_plain_text_in_the_older_version() -> None:
    assert holds("StringEquals", "${aws:username}", "${aws:username}", variables=False, aws_username="alice")


def test_a_wildcard_in_a_variables_value_is_a_plain_character() -> None:
    assert not holds("StringLike", "${aws:username}", "alice", aws_username="*")
