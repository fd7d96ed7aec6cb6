"""Policy variables: the values that are put in their place, one combination at a time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

import msgspec

from sekisho.policy import Condition
from sekisho.policy.keys import is_multivalued
from sekisho.policy.operators import Comparison
from sekisho.policy.patterns import Template, Variable, parse_resource_glob, parse_template
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.keys import Key
from sekisho.reasoning.question import Question
from sekisho.reasoning.scene import mark_those_with_several, scene_of
from sekisho.reasoning.sides import facets_of

STEPS_OF_A_COMBINATION = 30
"""How many steps it is, at least, to ask a question with one combination of values for its policy variables.

This and what follows are measured: as much time as a step takes where a walk over patterns is long.
"""

_STEPS_OF_A_STATEMENT = 6
_STEPS_OF_A_VARIABLE = 3  # a value of a condition that has one
_VALUES_IN_A_STEP = 4


def settle_variables(
    question: Question, clauses: Sequence[Clause], keys: Sequence[str], budget: Budget
) -> Iterator[Mapping[str, str | None]]:
    """Yield the combinations of values that the policy variables are given in turn; None is an absent key.

    A variable's value is one of each kind that its own key is told apart by, or a key that it has to equal, and a
    fresh one. A value that matters only because a pattern around it also matches one on another key may be missed:
    there the result may include too little, which `solve` makes up for where it is nothing at all.

    Args:
        question: what is asked.
        clauses: its statements.
        keys: the keys that variables stand for.
        budget: what this may cost.

    Raises:
        UndecidedError: more combinations than the budget is for.
    """
    choices = [tuple(_values(key, question, clauses, budget)) for key in keys]
    steps = _steps_of_a_combination(clauses)
    most = budget.left // steps
    if prod(map(len, choices)) > max(most, 1):
        raise UndecidedError(f"its policy variables have more than {most:,} combinations of values to try")
    for values in product(*choices):
        budget.spend(steps)
        yield dict(zip(keys, values, strict=True))


def _steps_of_a_combination(clauses: Sequence[Clause]) -> int:
    """Return how many steps it is to read the statements once more; what tells their requests apart comes on top."""
    values = varying = 0
    for clause in clauses:
        statement = clause.statement
        values += len(statement.principals.entries) if statement.principals else 0
        values += len(statement.resources.globs) if statement.resources else 0
        for condition in clause.conditions:
            values += len(condition.values)
            varying += len([value for value in condition.values if "${" in value])
    read = values // _VALUES_IN_A_STEP + _STEPS_OF_A_VARIABLE * varying
    return STEPS_OF_A_COMBINATION + _STEPS_OF_A_STATEMENT * len(clauses) + read


def _values(name: str, question: Question, clauses: Sequence[Clause], budget: Budget) -> Iterator[str | None]:
    """Yield the values of a key that may make a difference: those it is told apart by, and those it has to equal."""
    given = question.world.given
    alike = _keys_equal_to(name, clauses)
    scene, _ = scene_of(question, clauses, {}, budget)
    keys = {one: key for one, key in scene.keys.items() if one not in given}
    asked = keys[name] = Key(name, lambda _: None)
    for clause in clauses:
        for condition in clause.conditions:
            if condition.key.lower() in {name, *alike}:
                asked.add(condition, clause.bit, variables=clause.has_variables)
    mark_those_with_several(keys, question)
    equal = (*alike, name)
    found: dict[str | None, None] = {}
    for facet in facets_of(msgspec.structs.replace(scene, keys=keys), frozenset(equal)):
        for other in [one for one in equal if one in facet.keys]:
            found |= dict.fromkeys(next(iter(one.context.get(other, ())), None) for one in facet.examples)
    found |= {given[other][0]: None for other in equal if len(given.get(other, ())) == 1}
    found |= dict.fromkeys(_texts_in_its_place(name, clauses))
    yield from found or {None: None}


def _keys_equal_to(name: str, clauses: Sequence[Clause]) -> list[str]:
    """Return the keys that some condition compares with the variable alone: what tells them apart matters too."""
    found: dict[str, None] = {}
    for clause in clauses:
        for condition in clause.conditions:
            other = condition.key.lower()
            if other != name and clause.has_variables and condition.operator.base.takes_variables:
                templates = (parse_template(value, wildcards=True, variables=True) for value in condition.values)
                if any(_is_variable(template, name) for template in templates):
                    found[other] = None
    return list(found)


def _is_variable(template: Template, name: str) -> bool:
    match template:
        case (Variable(key=key),):
            return key == name
        case _:
            return False


def is_exact(clauses: Sequence[Clause], keys: Sequence[str]) -> bool:
    """Say whether the combinations that are tried are enough, whatever they answer.

    They are when each variable is a whole value, and so matters by being equal to another key's value alone: one of
    each kind that the two keys together are told apart by has been tried. Where one key is compared with two variables,
    or a variable's own key with another one, three have to be equal, and that has not been tried.
    """
    if any(is_multivalued(key) for key in keys) or _has_chains(clauses, keys):
        return False
    for clause in clauses:
        if not clause.has_variables:
            continue
        resources = clause.statement.resources
        if resources is not None and any("${" in glob for glob in resources.globs):
            return False
        if not all(map(_is_exact_condition, clause.conditions)):
            return False
    return True


def _has_chains(clauses: Sequence[Clause], keys: Sequence[str]) -> bool:
    """Say whether some key is compared with two variables, or the key of a variable with another one."""
    partners: dict[str, str] = {}
    for key in keys:
        for other in _keys_equal_to(key, clauses):
            if other in keys or partners.setdefault(other, key) != key:
                return True
    return False


def _is_exact_condition(condition: Condition) -> bool:
    base = condition.operator.base
    for value in condition.values:
        template = parse_template(value, wildcards=base.takes_wildcards, variables=base.takes_variables)
        varies = any(isinstance(part, Variable) for part in template)
        if varies and (len(template) > 1 or base.comparison is Comparison.EQUAL_IGNORING_CASE):
            return False
    return True


def _texts_in_its_place(name: str, clauses: Sequence[Clause]) -> Iterator[str]:
    """Yield what other `Resource` values have where one has the variable: `home` beside `arn:…/${aws:username}/*`."""
    globs = [
        (glob, clause.has_variables)
        for clause in clauses
        for glob in (clause.statement.resources.globs if clause.statement.resources else ())
    ]
    for glob, variables in globs:
        start, *rest = parse_resource_glob(glob, variables=variables) or ("",)
        if isinstance(start, str) and rest and isinstance(rest[0], Variable) and rest[0].key == name:
            places = (other.removeprefix(start) for other, _ in globs if other.startswith(start) and other != glob)
            yield from (text for place in places if (text := _ENDS.split(place, 1)[0]))


_ENDS = re.compile(r"[/*?$]")
"""What ends a text that may stand in a variable's place."""
