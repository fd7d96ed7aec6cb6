"""What the statements of a question say, gathered by what they say it of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sekisho.policy import Condition, Principal, Statement
from sekisho.policy.operators import Comparison, Family
from sekisho.policy.patterns import Pattern, Template, parse_resource_glob, parse_template, resolve, variables_of
from sekisho.reasoning.automaton import Reading
from sekisho.reasoning.question import Gate, Question


@dataclass(frozen=True, slots=True)
class Mentions:
    """What the statements of a question say, gathered by key.

    Attributes:
        conditions: by key in lower case, each with whether variables work in it.
        principals: every entry of a `Principal` or `NotPrincipal` element, without repeats.
        spares: whether some statement is about everyone but those it names.
        settled: the values that policy variables stand for in this pass; None for a key that is absent.
        given: the values of single-valued keys that are the same in every request.
    """

    conditions: Mapping[str, tuple[tuple[Condition, bool], ...]]
    principals: tuple[Principal, ...]
    spares: bool
    settled: Mapping[str, str | None]
    given: Mapping[str, str]

    @property
    def keys(self) -> frozenset[str]:
        """Every key that a condition is on or a variable stands for."""
        return frozenset(self.conditions) | frozenset(self.settled)

    def of(self, key: str, *families: Family) -> Iterator[tuple[Condition, str, bool]]:
        """Yield the values that conditions of some families compare a key with."""
        for condition, variables in self.conditions.get(key, ()):
            if condition.operator.base.family in families:
                for value in condition.values:
                    yield condition, value, variables

    def patterns(self, *keys: str) -> Iterator[tuple[Pattern, Reading]]:
        """Yield the patterns that the text of any of the keys is compared with."""
        for key in keys:
            for condition, value, variables in self.of(key, Family.STRING, Family.ARN, Family.BOOL):
                base = condition.operator.base
                template = parse_template(value, wildcards=base.takes_wildcards, variables=variables)
                pattern = resolve(template, self._value_of)
                if pattern is not None:
                    yield pattern, _reading(base.family, base.comparison)
            if (settled := self.settled.get(key)) is not None:
                yield (settled,), Reading.EXACT

    def _value_of(self, key: str) -> str | None:
        return self.given.get(key) or self.settled.get(key)


def _reading(family: Family, comparison: Comparison) -> Reading:
    if family is Family.ARN:
        return Reading.ARN
    return Reading.IGNORING_CASE if comparison is Comparison.EQUAL_IGNORING_CASE else Reading.EXACT


def statements_of(gates: Iterable[Gate]) -> Iterator[tuple[Statement, bool]]:
    """Yield every statement of some gates, with whether variables work in it."""
    for gate in gates:
        for document in gate.documents:
            for statement in document.policy.statements:
                yield statement, document.policy.version.has_variables


def gather_mentions(question: Question, settled: Mapping[str, str | None]) -> Mentions:
    """Gather what the statements of a question say."""
    conditions: dict[str, list[tuple[Condition, bool]]] = {}
    principals: dict[Principal, None] = {}
    spares = False
    for statement, variables in statements_of(question.gates):
        spares = spares or (statement.principals is not None and statement.principals.negated)
        for condition in statement.conditions:
            conditions.setdefault(condition.key.lower(), []).append((condition, variables))
        if statement.principals is not None:
            principals |= dict.fromkeys(statement.principals.entries)
    given = {key: values[0] for key, values in question.world.given.items() if len(values) == 1}
    return Mentions({key: tuple(found) for key, found in conditions.items()}, tuple(principals), spares, settled, given)


def variable_keys(gates: Iterable[Gate]) -> tuple[str, ...]:
    """Return the keys whose values some statement puts into a pattern, in lower case, in document order."""
    found: dict[str, None] = {}
    for statement, variables in statements_of(gates):
        if not variables:
            continue
        templates: list[Template] = [
            parse_template(value, wildcards=True, variables=True)
            for condition in statement.conditions
            if condition.operator.base.takes_variables
            for value in condition.values
        ]
        if statement.resources is not None:
            templates += (parse_resource_glob(glob, variables=True) for glob in statement.resources.globs)
        found |= dict.fromkeys(variable.key for template in templates for variable in variables_of(template))
    return tuple(found)
