"""Policy variables: the values that are put in their place, one combination at a time."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import prod

from sekisho.policy.patterns import Variable, parse_resource_glob, parse_template
from sekisho.reasoning.callers import families_of_callers
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.mentions import Mentions, gather_mentions, statements_of, variable_keys
from sekisho.reasoning.question import Question
from sekisho.reasoning.sides import facets_of

MAX_COMBINATIONS = 64
"""How many values for its policy variables a question is asked with before the reasoner gives up."""


def settle_variables(question: Question) -> Iterator[Mapping[str, str | None]]:
    """Yield the combinations of values that the policy variables are given in turn; None is an absent key.

    A variable's value is one of each kind that its own key is told apart by, or a key that it has to equal, and a
    fresh one. A value that matters only because a pattern around it also matches one on another key may be missed:
    there the result may include too little, which `solve` makes up for where it is nothing at all.

    Raises:
        UndecidedError: more than `MAX_COMBINATIONS` combinations.
    """
    keys = [key for key in variable_keys(question.gates) if key not in question.world.given]
    mentions = gather_mentions(question, {})
    choices = [tuple(_values(key, question, mentions)) for key in keys]
    if prod(map(len, choices)) > MAX_COMBINATIONS:
        raise UndecidedError(f"its policy variables have more than {MAX_COMBINATIONS} combinations of values to try")
    for values in product(*choices):
        yield dict(zip(keys, values, strict=True))


def _values(key: str, question: Question, mentions: Mentions) -> Iterator[str | None]:
    own = mentions.conditions.get(key, ())
    alike = [one for other in _keys_equal_to(key, mentions) for one in mentions.conditions[other]]
    asked = replace(mentions, conditions={**mentions.conditions, key: (*own, *alike)})
    found: dict[str | None, None] = {}
    equal = (*_keys_equal_to(key, mentions), key)
    for family in families_of_callers(question, asked):
        for facet in facets_of(question.world, asked, family):
            for other in facet.keys & set(equal):
                found |= dict.fromkeys(next(iter(one.context.get(other, ())), None) for one in facet.examples)
    found |= {mentions.given[other]: None for other in equal if other in mentions.given}
    found |= dict.fromkeys(_texts_in_its_place(key, question))
    yield from found or {None: None}


def _keys_equal_to(key: str, mentions: Mentions) -> Iterator[str]:
    """Yield the keys that some condition compares with the variable alone: what they are told apart by matters too."""
    for other, conditions in mentions.conditions.items():
        templates = (
            parse_template(value, wildcards=True, variables=variables)
            for condition, variables in conditions
            if condition.operator.base.takes_variables
            for value in condition.values
        )
        if other != key and any(template == (Variable(key),) for template in templates):
            yield other


def _texts_in_its_place(key: str, question: Question) -> Iterator[str]:
    """Yield what other `Resource` values have where one has the variable: `home` beside `arn:…/${aws:username}/*`."""
    globs = [
        (glob, variables)
        for statement, variables in statements_of(question.gates)
        for glob in (statement.resources.globs if statement.resources else ())
    ]
    for glob, variables in globs:
        start, *rest = parse_resource_glob(glob, variables=variables) or ("",)
        if isinstance(start, str) and rest and isinstance(rest[0], Variable) and rest[0].key == key:
            places = (other.removeprefix(start) for other, _ in globs if other.startswith(start) and other != glob)
            yield from (text for place in places if (text := re.split(r"[/*?$]", place)[0]))
