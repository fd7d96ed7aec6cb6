"""Whether a condition holds for the values that a request has for its key.

Source: IAM User Guide, "Condition operators" and "Set operators for multivalued context keys".
"""

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from sekisho.policy import Condition
from sekisho.policy.operators import BaseOperator, Comparison, Family, Quantifier
from sekisho.policy.patterns import Pattern, arn_pattern_matches, parse_template, pattern_matches, resolve
from sekisho.policy.values import parse_address, parse_binary, parse_date, parse_network, parse_number

Context = Mapping[str, tuple[str, ...]]


def condition_holds(condition: Condition, context: Context, *, variables: bool) -> bool:
    """Decide one line of a condition block.

    | the request's key | positive | negated | `IfExists` | `ForAllValues` | `ForAnyValue` |
    |---|---|---|---|---|---|
    | absent | false | true | true | true | false |
    | present | some policy value matches | none does | as without it | for every value | for some value |

    Args:
        condition: one operator, one key, its values.
        context: keys in lower case.
        variables: whether the policy's version knows policy variables.
    """
    values = context.get(condition.key.lower(), ())
    base = condition.operator.base
    if base.family is Family.NULL:
        return any((wanted.lower() == "true") == (not values) for wanted in condition.values)
    if not values:
        return _holds_when_absent(condition)
    tests = _value_tests(base, condition.values, context, variables=variables)

    def matches(value: str) -> bool:
        return any(test(value) for test in tests) != base.negated

    match condition.operator.quantifier:
        case Quantifier.ALL:
            return all(map(matches, values))
        case Quantifier.ANY:
            return any(map(matches, values))
        case None if base.negated:
            return all(map(matches, values))
        case None:
            return any(map(matches, values))


def _holds_when_absent(condition: Condition) -> bool:
    if condition.operator.if_exists or condition.operator.quantifier is Quantifier.ALL:
        return True
    return condition.operator.base.negated and condition.operator.quantifier is None


def value_matches(base: BaseOperator, wanted: str, value: str, context: Context, *, variables: bool) -> bool:
    """Say whether one request value matches one policy value, the negation of the operator left aside."""
    (test,) = _value_tests(base, (wanted,), context, variables=variables)
    return test(value)


def _value_tests(
    base: BaseOperator, values: tuple[str, ...], context: Context, *, variables: bool
) -> tuple[Callable[[str], bool], ...]:
    """Return for each policy value the test that a request value has to pass."""
    if variables and base.takes_variables and any("${" in wanted for wanted in values):
        return tuple(_text_test(base, _resolved(base, wanted, context, variables=True)) for wanted in values)
    return _fixed_tests(base, values)


@lru_cache(maxsize=16384)
def _fixed_tests(base: BaseOperator, values: tuple[str, ...]) -> tuple[Callable[[str], bool], ...]:
    """Return the tests of values that are the same for every request."""
    match base.family:
        case Family.STRING | Family.ARN | Family.BOOL:
            return tuple(_text_test(base, _resolved(base, wanted, {}, variables=False)) for wanted in values)
        case Family.NUMERIC:
            return tuple(_ordered_test(base.comparison, parse_number, wanted) for wanted in values)
        case Family.DATE:
            return tuple(_ordered_test(base.comparison, parse_date, wanted) for wanted in values)
        case Family.BINARY:
            return tuple(partial(_is_same_binary, wanted=wanted) for wanted in values)
        case Family.ADDRESS:
            return tuple(partial(_is_within, wanted=wanted) for wanted in values)
        case Family.NULL:
            raise ValueError("Null compares presence, not values")


def _resolved(base: BaseOperator, wanted: str, context: Context, *, variables: bool) -> Pattern | None:
    template = parse_template(wanted, wildcards=base.takes_wildcards, variables=variables)
    return resolve(template, lambda key: single_value(context, key))


def _text_test(base: BaseOperator, pattern: Pattern | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda _: False
    if base.family is Family.ARN:
        return lambda value: arn_pattern_matches(pattern, value)
    if base.comparison is Comparison.EQUAL_IGNORING_CASE:
        lowered = "".join(str(part) for part in pattern).lower()
        return lambda value: value.lower() == lowered
    return lambda value: pattern_matches(pattern, value)


def single_value(context: Context, key: str) -> str | None:
    """Return the value that a policy variable stands for: variables are for single-valued keys only."""
    values = context.get(key, ())
    return values[0] if len(values) == 1 else None


_ORDER: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
}


def _ordered_test(comparison: Comparison, parse: Callable[[str], Any], wanted: str) -> Callable[[str], bool]:
    compare = _ORDER[comparison]
    right = parse(wanted)

    def test(value: str) -> bool:
        left = parse(value)
        return left is not None and right is not None and compare(left, right)

    return test


def _is_same_binary(value: str, *, wanted: str) -> bool:
    return parse_binary(value) == parse_binary(wanted)


def _is_within(value: str, *, wanted: str) -> bool:
    address, network = parse_address(value), parse_network(wanted)
    return address is not None and network is not None and address in network
