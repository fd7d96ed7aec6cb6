"""Whether a condition holds for the values that a request has for its key.

Source: IAM User Guide, "Condition operators" and "Set operators for multivalued context keys".
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any

from sekisho.policy import Condition
from sekisho.policy.operators import BaseOperator, Comparison, Family, Operator, Quantifier
from sekisho.policy.patterns import Pattern, arn_matcher, matcher, parse_template, resolve
from sekisho.policy.values import Ranges, parse_address, parse_binary, parse_date, parse_network, parse_number

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
    return condition_test(condition, variables=variables)(context)


def condition_test(condition: Condition, *, variables: bool) -> Callable[[Context], bool]:
    """Return the test that `condition_holds` makes of a context, to be made of any number of them."""
    operator, key, wanted = condition.operator, condition.key.lower(), condition.values
    base, quantifier = operator.base, operator.quantifier
    if base.family is _NULL:
        return _presence_test(key, wanted)
    negated = base.negated
    when_absent = _holds_when_absent(operator)
    every = quantifier is _ALL or (quantifier is None and negated)
    varying = variables and base.takes_variables and "${" in "".join(wanted)
    fixed = None if varying else _fixed_test(base, wanted)

    def holds(context: Context) -> bool:
        values = context.get(key)
        if not values:
            return when_absent
        matches = fixed or _varying_test(base, wanted, context)
        if len(values) == 1:
            return matches(values[0]) is not negated
        passed = [matches(value) is not negated for value in values]
        return all(passed) if every else any(passed)

    return holds


def _presence_test(key: str, wanted: Iterable[str]) -> Callable[[Context], bool]:
    """Return the test of a `Null` condition: `true` wants the key to be absent."""
    absent = [one.lower() == "true" for one in wanted]
    when_absent, when_present = any(absent), not all(absent)
    return lambda context: when_present if context.get(key) else when_absent


_NULL, _ALL = Family.NULL, Quantifier.ALL


def _holds_when_absent(operator: Operator) -> bool:
    if operator.if_exists or operator.quantifier is _ALL:
        return True
    return operator.base.negated and operator.quantifier is None


def value_matches(base: BaseOperator, wanted: str, value: str, context: Context, *, variables: bool) -> bool:
    """Say whether one request value matches one policy value, the negation of the operator left aside."""
    return _value_test(base, wanted, context, variables=variables)(value)


def _varying_test(base: BaseOperator, wanted: Iterable[str], context: Context) -> Callable[[str], bool]:
    """Return the test whether a request value matches some value of a policy, variables having the request's values."""
    return partial(_some_passes, [_value_test(base, one, context, variables=True) for one in wanted])


def _fixed_test(base: BaseOperator, wanted: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test whether a request value matches some value of a policy, no variable being in them."""
    if base.family is Family.ADDRESS:
        return Ranges(network for one in wanted if (network := parse_network(one)) is not None).has
    if base.comparison is Comparison.EQUAL and base.family is Family.STRING:
        return wanted.__contains__ if len(wanted) == 1 else frozenset(wanted).__contains__
    tests = [_value_test(base, one, {}, variables=False) for one in wanted]
    test = tests[0] if len(tests) == 1 else partial(_some_passes, tests)
    return lru_cache(maxsize=64)(test) if base.family is Family.ARN else test


def _some_passes(tests: Iterable[Callable[[str], bool]], value: str) -> bool:
    return any(test(value) for test in tests)


def _value_test(base: BaseOperator, wanted: str, context: Context, *, variables: bool) -> Callable[[str], bool]:
    """Return the test that a request value has to pass to match a policy value."""
    if not base.takes_variables:
        return value_test(base, wanted)
    template = parse_template(wanted, wildcards=base.takes_wildcards, variables=variables)
    return value_test(base, wanted, resolve(template, lambda key: single_value(context, key)))


def value_test(base: BaseOperator, wanted: str, pattern: Pattern | None = None) -> Callable[[str], bool]:
    """Return the test of one policy value.

    Args:
        base: the operator; its negation is left aside.
        wanted: the value, for operators that compare numbers, dates, addresses and bytes.
        pattern: the value with its variables put in, for operators that compare texts; None matches nothing.
    """
    match base.family:
        case Family.STRING | Family.ARN | Family.BOOL:
            return _text_test(base, pattern)
        case Family.NUMERIC:
            return _ordered_test(base.comparison, parse_number, wanted)
        case Family.DATE:
            return _ordered_test(base.comparison, parse_date, wanted)
        case Family.BINARY:
            return partial(_is_same_binary, wanted=wanted)
        case Family.ADDRESS:
            return _address_test(wanted)
        case Family.NULL:
            raise ValueError("Null compares presence, not values")


def _text_test(base: BaseOperator, pattern: Pattern | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda _: False
    if base.family is Family.ARN:
        return arn_matcher(pattern)
    if base.comparison is Comparison.EQUAL_IGNORING_CASE:
        lowered = "".join(str(part) for part in pattern).lower()
        return lambda value: value.lower() == lowered
    return matcher(pattern)


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


def _address_test(wanted: str) -> Callable[[str], bool]:
    network = parse_network(wanted)
    if network is None:
        return lambda _: False
    return lambda value: network.has(parse_address(value))
