"""Whether a condition holds for the values that a request has for its key.

Source: IAM User Guide, "Condition operators" and "Set operators for multivalued context keys".
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sekisho.policy import Condition
from sekisho.policy.operators import BaseOperator, Comparison, Family, Quantifier
from sekisho.policy.patterns import Pattern, Template, arn_matcher, matcher, parse_template, resolve
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
    return _kept_test(condition, variables=variables)(context)


def condition_test(condition: Condition, *, variables: bool) -> Callable[[Context], bool]:
    """Return the test that `condition_holds` makes of a context, to be made of any number of them."""
    operator, key, wanted = condition.operator, condition.key.lower(), condition.values
    base, quantifier = operator.base, operator.quantifier
    if base.family is _NULL:
        return _presence_test(key, wanted)
    negated = base.negated
    every = quantifier is _ALL or (quantifier is None and negated)
    when_absent, of_several = operator.if_exists or every, all if every else any
    if variables and base.takes_variables and "${" in "".join(wanted):
        templates = [parse_template(one, wildcards=base.takes_wildcards, variables=True) for one in wanted]
        return partial(_varying_holds, key, base, templates, when_absent=when_absent, of_several=of_several)
    matches = _fixed_test(base, wanted)

    def holds(context: Context) -> bool:
        values = context.get(key)
        if not values:
            return when_absent
        if len(values) == 1:
            return matches(values[0]) is not negated
        return of_several([matches(value) is not negated for value in values])

    return holds


_kept_test = lru_cache(maxsize=1024)(condition_test)
"""For those who ask about one request after the other: a test of hundreds of values takes long to make."""


def _varying_holds(
    key: str,
    base: BaseOperator,
    templates: Sequence[Template],
    context: Context,
    *,
    when_absent: bool,
    of_several: Callable[[Iterable[bool]], bool],
) -> bool:
    """Decide a condition with policy variables, which have the values that the context gives them."""
    values = context.get(key)
    if not values:
        return when_absent
    patterns = (resolve(template, lambda name: single_value(context, name)) for template in templates)
    tests = (_text_test(base, pattern) for pattern in patterns)
    if len(values) == 1:  # the first that passes is enough
        return _some_passes(tests, values[0]) is not base.negated
    made = list(tests)
    return of_several([_some_passes(made, value) is not base.negated for value in values])


def _presence_test(key: str, wanted: Iterable[str]) -> Callable[[Context], bool]:
    """Return the test of a `Null` condition: `true` wants the key to be absent."""
    absent = [one.lower() == "true" for one in wanted]
    when_absent, when_present = any(absent), not all(absent)
    return lambda context: when_present if context.get(key) else when_absent


_NULL, _ALL = Family.NULL, Quantifier.ALL
_STRING, _ARN, _ADDRESS = Family.STRING, Family.ARN, Family.ADDRESS
_TEXTS = _STRING, _ARN, Family.BOOL
_EQUAL, _EQUAL_IGNORING_CASE = Comparison.EQUAL, Comparison.EQUAL_IGNORING_CASE


def value_matches(base: BaseOperator, wanted: str, value: str, context: Context, *, variables: bool) -> bool:
    """Say whether one request value matches one policy value, the negation of the operator left aside."""
    return _value_test(base, wanted, context, variables=variables)(value)


def _fixed_test(base: BaseOperator, wanted: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test whether a request value matches some value of a policy, no variable being in them."""
    family = base.family
    if family is _ADDRESS:
        return Ranges(network for one in wanted if (network := parse_network(one)) is not None).has
    if family is _STRING and base.comparison is _EQUAL:
        return wanted.__contains__ if len(wanted) == 1 else frozenset(wanted).__contains__
    tests = [_value_test(base, one, {}, variables=False) for one in wanted]
    test = tests[0] if len(tests) == 1 else partial(_some_passes, tests)
    return lru_cache(maxsize=64)(test) if family is _ARN else test


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
    if base.family in _TEXTS:
        return _text_test(base, pattern)
    match base.family:
        case Family.NUMERIC:
            return _ordered_test(base.comparison, parse_number, wanted)
        case Family.DATE:
            return _ordered_test(base.comparison, parse_date, wanted)
        case Family.BINARY:
            return partial(_is_same_binary, wanted=wanted)
        case Family.ADDRESS:
            return _address_test(wanted)
        case _:
            raise ValueError("Null compares presence, not values")


def _text_test(base: BaseOperator, pattern: Pattern | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda _: False
    if base.family is _ARN:
        return arn_matcher(pattern)
    if base.comparison is _EQUAL_IGNORING_CASE:
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
