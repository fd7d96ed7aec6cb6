"""Policies that allow at least what theirs allow, whatever the policy variables are.

The values of a variable are more than can all be tried. Where the tried ones let nobody in, the question is asked
again of these wider policies: when they let nobody in either, nobody gets in; else it stays undecided.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sekisho.policy import Condition, Effect, Patterns, Policy, Statement
from sekisho.policy.operators import BASE_OPERATORS, Comparison, Family, Operator
from sekisho.policy.patterns import Template, Variable, Wildcard, parse_resource_glob, parse_template, variables_of
from sekisho.reasoning.question import Question


def widen_variables(question: Question) -> Question:
    """Let every policy variable of a question that is not given stand for any text in an Allow, for none in a Deny."""
    return replace(
        question,
        gates=tuple(
            replace(
                gate,
                documents=tuple(
                    replace(document, policy=_widened(document.policy, question.world.given.__contains__))
                    for document in gate.documents
                ),
            )
            for gate in question.gates
        ),
    )


def _widened(policy: Policy, is_given: Callable[[str], bool]) -> Policy:
    if not policy.version.has_variables:
        return policy
    statements = tuple(widened for one in policy.statements for widened in _widened_statement(one, is_given))
    return replace(policy, statements=statements, text="")


def _widened_statement(statement: Statement, is_given: Callable[[str], bool]) -> Iterator[Statement]:
    """Yield the statement without its variables; nothing for a Deny that has some."""
    resources, conditions = statement.resources, statement.conditions
    globs = [parse_resource_glob(glob, variables=True) for glob in resources.globs] if resources else []
    varying = [_varies(condition, is_given) for condition in conditions]
    if not any(varying) and not any(_has_variable(glob, is_given) for glob in globs):
        yield statement
    elif statement.effect is Effect.ALLOW:
        yield replace(
            statement,
            resources=_widened_resources(resources, globs, is_given),
            conditions=(
                *(
                    _widened_condition(condition, is_given) if varies else condition
                    for condition, varies in zip(conditions, varying, strict=True)
                    if not (varies and condition.operator.base.negated)
                ),
                *(Condition(_PRESENT, key, ("false",)) for key in dict.fromkeys(_needed(statement, is_given))),
            ),
        )


_PRESENT = Operator(BASE_OPERATORS["Null"])


def _needed(statement: Statement, is_given: Callable[[str], bool]) -> Iterator[str]:
    """Yield the keys that a request needs so that the statement holds: a variable without value matches nothing."""
    listed: list[list[Template]] = []
    if statement.resources is not None and not statement.resources.negated:
        listed.append([parse_resource_glob(glob, variables=True) for glob in statement.resources.globs])
    for condition in statement.conditions:
        operator = condition.operator
        if operator.base.takes_variables and not (operator.base.negated or operator.if_exists or operator.quantifier):
            listed.append(list(_templates(condition)))
    for templates in listed:
        if len(templates) == 1:
            for variable in variables_of(templates[0]):
                if variable.default is None and not is_given(variable.key):
                    yield variable.key


def _widened_resources(
    resources: Patterns | None, globs: list[Template], is_given: Callable[[str], bool]
) -> Patterns | None:
    if resources is None or (resources.negated and any(_has_variable(glob, is_given) for glob in globs)):
        return None
    return replace(resources, globs=tuple(_text(glob, is_given) for glob in globs))


def _widened_condition(condition: Condition, is_given: Callable[[str], bool]) -> Condition:
    base = condition.operator.base
    if base.family is not Family.ARN:
        base = BASE_OPERATORS["StringLike"]
    folded = condition.operator.base.comparison is Comparison.EQUAL_IGNORING_CASE
    values = ("*",) if folded else tuple(_text(one, is_given) for one in _templates(condition))
    return replace(condition, operator=replace(condition.operator, base=base), values=values)


def _templates(condition: Condition) -> Iterator[Template]:
    base = condition.operator.base
    for value in condition.values:
        yield parse_template(value, wildcards=base.takes_wildcards, variables=base.takes_variables)


def _varies(condition: Condition, is_given: Callable[[str], bool]) -> bool:
    return any(_has_variable(template, is_given) for template in _templates(condition))


def _has_variable(template: Template, is_given: Callable[[str], bool]) -> bool:
    return any(isinstance(part, Variable) and not is_given(part.key) for part in template)


def _text(template: Template, is_given: Callable[[str], bool]) -> str:
    """Write a template as a pattern in which variables are stars."""
    text = ""
    for part in template:
        match part:
            case Wildcard():
                text += part.value
            case Variable(key=key):
                text += f"${{{key}}}" if is_given(key) else "*"
            case str():
                text += "".join(f"${{{letter}}}" if letter in "*?$" else letter for letter in part)
    return text
