"""Policies in which a policy variable may have any value: what they let nobody do, nobody can do.

The values of a variable are more than can all be tried. Where the tried ones let nobody in, the question is asked
again of these wider policies: when they let nobody in either, nobody gets in; else it stays undecided.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from msgspec import structs

from sekisho.policy import Condition, Patterns, Policy, Statement
from sekisho.policy.operators import BASE_OPERATORS, Comparison, Family, Operator, Quantifier
from sekisho.policy.patterns import Template, Variable, Wildcard, parse_resource_glob, parse_template, variables_of
from sekisho.reasoning.question import Question


def widen_variables(question: Question) -> Question:
    """Let every policy variable of a question that is not given stand for any text.

    A test that a variable stands in becomes what has to hold whatever the variable is, and a flag that says whether
    the rest holds too. Flags are free, so for every request to the true policies there is one to these on which each
    statement holds as before. The same test has the same flag wherever it stands: an Allow and a Deny with it, or
    the same statement in two policies that are compared, still exclude each other.
    """
    flags = _Flags(question.world.given.__contains__)
    gates = list(question.gates)
    for place, gate in enumerate(gates):
        resources = tuple([target.views[place].resource for target in question.targets])
        documents = [structs.replace(one, policy=_widened(one.policy, resources, flags)) for one in gate.documents]
        gates[place] = structs.replace(gate, documents=tuple(documents))
    return structs.replace(question, gates=tuple(gates))


@dataclass(slots=True)
class _Flags:
    """The condition keys that stand for tests with variables; no policy names them."""

    is_given: Callable[[str], bool]
    keys: dict[object, str] = field(default_factory=dict[object, str])

    def flag(self, *test: object) -> Condition:
        """Return the condition that stands for a test."""
        return Condition(_IS_TRUE, self.keys.setdefault(test, f"sekisho:variable-{len(self.keys)}"), ("true",))


_IS_TRUE = Operator(BASE_OPERATORS["Bool"])


def _widened(policy: Policy, resources: tuple[str, ...], flags: _Flags) -> Policy:
    if not policy.version.has_variables:
        return policy
    statements = tuple([_widened_statement(one, resources, flags) for one in policy.statements])
    return structs.replace(policy, statements=statements, text="")


def _widened_statement(statement: Statement, asked: tuple[str, ...], flags: _Flags) -> Statement:
    """Return the statement without its variables.

    Args:
        statement: as it is written.
        asked: the resources that it is asked about: a test of another resource has another flag.
        flags: those of the question.
    """
    is_given, resources = flags.is_given, statement.resources
    globs = [parse_resource_glob(glob, variables=True) for glob in resources.globs] if resources else []
    varying = [condition for condition in statement.conditions if _varies(condition, is_given)]
    on_resource = resources is not None and any(_has_variable(glob, is_given) for glob in globs)
    if not varying and not on_resource:
        return statement
    conditions = [one for one in statement.conditions if one not in varying]
    for one in varying:
        if not one.operator.base.negated:
            conditions.append(_widened_condition(one, is_given))
        elif one.operator.quantifier is not None:
            conditions.append(Condition(_ANY_VALUES, one.key, ("*",)))
        conditions.append(flags.flag(str(one.operator), one.key.lower(), one.values))
    if resources is not None and on_resource:
        conditions.append(flags.flag(asked, resources.globs, resources.negated))
    conditions += [Condition(_PRESENT, key, ("false",)) for key in dict.fromkeys(_needed(statement, is_given))]
    widened = _widened_resources(resources, globs, is_given)
    return structs.replace(statement, resources=widened, conditions=tuple(conditions))


_PRESENT = Operator(BASE_OPERATORS["Null"])
_ANY_VALUES = Operator(BASE_OPERATORS["StringLike"], Quantifier.ALL)
"""Holds always, and says that the key can have several values."""


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
    resources: Patterns | None, globs: Sequence[Template], is_given: Callable[[str], bool]
) -> Patterns | None:
    if resources is None or (resources.negated and any(_has_variable(glob, is_given) for glob in globs)):
        return None
    return Patterns(tuple(_text(glob, is_given) for glob in globs), resources.negated)


def _widened_condition(condition: Condition, is_given: Callable[[str], bool]) -> Condition:
    base = condition.operator.base
    if base.family is not Family.ARN:
        base = BASE_OPERATORS["StringLike"]
    folded = condition.operator.base.comparison is Comparison.EQUAL_IGNORING_CASE
    values = ("*",) if folded else tuple(_text(one, is_given) for one in _templates(condition))
    return Condition(replace(condition.operator, base=base), condition.key, values)


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
