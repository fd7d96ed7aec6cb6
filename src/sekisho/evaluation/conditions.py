"""Whether a condition holds for the values that a request has for its key.

Source: IAM User Guide, "Condition operators" and "Set operators for multivalued context keys".
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any

from sekisho.policy import Condition
from sekisho.policy.operators import BASE_OPERATORS, BaseOperator, Comparison, Family, Operator, Quantifier
from sekisho.policy.patterns import Pattern, arn_matcher, matcher, parse_template, resolve
from sekisho.policy.values import Ranges, parse_address, parse_binary, parse_date, parse_network, parse_number

Context = Mapping[str, tuple[str, ...]]


def condition_holds(condition: Condition, context: Context, *, variables: bool) -> bool:
    """Decide one line of a condition block, as `ConditionTest` does.

    Args:
        condition: one operator, one key, its values.
        context: keys in lower case.
        variables: whether the policy's version knows policy variables.
    """
    return ConditionTest(condition, variables=variables).holds(context)


class ConditionTest:
    """One line of a condition block, to be asked of any number of requests.

    | the request's key | positive | negated | `IfExists` | `ForAllValues` | `ForAnyValue` |
    |---|---|---|---|---|---|
    | absent | false | true | true | true | false |
    | present | some policy value matches | none does | as without it | for every value | for some value |
    """

    __slots__ = ("_condition", "_key", "_matches", "_negated", "_variables")

    def __init__(self, condition: Condition, *, variables: bool) -> None:
        """Take a condition; `variables` says whether the policy's version knows policy variables."""
        self._condition = condition
        self._key = condition.key.lower()
        self._negated = condition.operator.base.negated
        self._variables = variables
        self._matches: Callable[[str], bool] | None = None

    def holds(self, context: Context) -> bool:
        """Decide it for a request's context, which has its keys in lower case."""
        values = context.get(self._key, ())
        if len(values) == 1 and self._matches is not None:
            return self._matches(values[0]) is not self._negated
        operator = self._condition.operator
        base = operator.base
        if base.family is _NULL:
            return any((wanted.lower() == "true") == (not values) for wanted in self._condition.values)
        if not values:
            return _holds_when_absent(operator)
        matches = self._matches or self._test(context)
        if len(values) == 1:
            return matches(values[0]) is not base.negated
        if operator.quantifier is _ALL or (operator.quantifier is None and base.negated):
            return all(matches(value) is not base.negated for value in values)
        return any(matches(value) is not base.negated for value in values)

    def _test(self, context: Context) -> Callable[[str], bool]:
        """Return the test whether a request value matches some of the policy's; keep one that every request shares."""
        base, values = self._condition.operator.base, self._condition.values
        if self._variables and base.takes_variables and any("${" in wanted for wanted in values):
            tests = [_value_test(base, wanted, context, variables=True) for wanted in values]
            return lambda value: any(test(value) for test in tests)
        self._matches = _fixed_test(base.kind, values)
        return self._matches


_NULL, _ALL = Family.NULL, Quantifier.ALL


def _holds_when_absent(operator: Operator) -> bool:
    if operator.if_exists or operator.quantifier is _ALL:
        return True
    return operator.base.negated and operator.quantifier is None


def value_matches(base: BaseOperator, wanted: str, value: str, context: Context, *, variables: bool) -> bool:
    """Say whether one request value matches one policy value, the negation of the operator left aside."""
    return _value_test(base, wanted, context, variables=variables)(value)


@lru_cache(maxsize=1024)
def _fixed_test(kind: str, values: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test whether a request value matches some value of a policy, no variable being in them."""
    base = _OF_KIND[kind]
    if base.family is Family.ADDRESS:
        return Ranges(network for wanted in values if (network := parse_network(wanted)) is not None).has
    if base.comparison is Comparison.EQUAL and base.family is Family.STRING:
        return frozenset(values).__contains__
    tests = [_value_test(base, wanted, {}, variables=False) for wanted in values]
    test = tests[0] if len(tests) == 1 else partial(_some_passes, tests)
    return lru_cache(maxsize=64)(test) if base.family is Family.ARN else test


def _some_passes(tests: Iterable[Callable[[str], bool]], value: str) -> bool:
    return any(test(value) for test in tests)


_OF_KIND = {base.kind: base for base in BASE_OPERATORS.values()}


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
