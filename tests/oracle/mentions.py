"""What the documents of a question say, gathered by key: which values a request's keys have to be told apart by."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from oracle.globs import matches, plain_steps
from properties.strategies import ACTIONS
from sekisho.policy import Condition, Patterns, Policy, Principal
from sekisho.policy.operators import Family
from sekisho.policy.patterns import Template, parse_resource_glob, parse_template, variables_of
from sekisho.reasoning import Question


@dataclass(frozen=True, slots=True)
class Mentions:
    """What the documents say.

    Attributes:
        conditions: by key in lower case.
        asked_about: the principals that a statement on one of the actions asked about names.
        variables: the keys whose values stand in patterns.
        beside: for each of these, the keys that are compared with such patterns.
        with_several: the keys that a statement compares by a set operator.
    """

    conditions: dict[str, list[Condition]]
    principals: tuple[Principal, ...]
    asked_about: tuple[Principal, ...]
    variables: frozenset[str]
    beside: dict[str, frozenset[str]]
    with_several: frozenset[str]

    @property
    def keys(self) -> frozenset[str]:
        """Every key that is compared, or whose value stands in a pattern."""
        return frozenset(self.conditions) | self.variables

    def families(self, key: str) -> frozenset[Family]:
        """Return what a key is compared as."""
        return frozenset(one.operator.base.family for one in self.conditions.get(key, ())) - {Family.NULL}

    def values(self, key: str, *families: Family) -> list[str]:
        """Return the values that a key is compared with, as some families or as any but presence."""
        wanted = families or tuple(set(Family) - {Family.NULL})
        found = (
            value for one in self.conditions.get(key, ()) if one.operator.base.family in wanted for value in one.values
        )
        return list(dict.fromkeys(found))


def policies_of(question: Question) -> Iterator[Policy]:
    """Yield every policy of a question."""
    yield from (document.policy for gate in question.gates for document in gate.documents)


def gather(question: Question) -> Mentions:
    """Read all documents of a question."""
    conditions: dict[str, list[Condition]] = {}
    principals: dict[Principal, None] = {}
    asked_about: dict[Principal, None] = {}
    beside: dict[str, set[str]] = {}
    with_several = set[str]()
    for policy in policies_of(question):
        for statement in policy.statements:
            asked = any(actions_cover(statement.actions, action) for action in ACTIONS)
            if statement.principals is not None:
                principals |= dict.fromkeys(statement.principals.entries)
                if asked:
                    asked_about |= dict.fromkeys(statement.principals.entries)
            globs = statement.resources.globs if statement.resources else ()
            templates = [("", parse_resource_glob(one, variables=policy.version.has_variables)) for one in globs]
            for condition in statement.conditions:
                conditions.setdefault(condition.key.lower(), []).append(condition)
                if condition.operator.quantifier is not None:
                    with_several.add(condition.key.lower())
                if condition.operator.base.takes_variables and policy.version.has_variables:
                    templates += _templates(condition)
            for key, template in templates:
                for variable in variables_of(template):
                    beside.setdefault(variable.key, set()).add(key)
    return Mentions(
        conditions,
        tuple(principals),
        tuple(asked_about),
        frozenset(beside),
        {key: frozenset(others - {""}) for key, others in beside.items()},
        frozenset(with_several),
    )


def _templates(condition: Condition) -> Iterator[tuple[str, Template]]:
    base = condition.operator.base
    for value in condition.values:
        yield condition.key.lower(), parse_template(value, wildcards=base.takes_wildcards, variables=True)


def actions_cover(actions: Patterns, action: str) -> bool:
    """Say whether an `Action` or `NotAction` element is about an action."""
    return any(_is_glob_of(glob, action) for glob in actions.globs) != actions.negated


@lru_cache(maxsize=4096)
def _is_glob_of(glob: str, action: str) -> bool:
    template = parse_template(glob.lower(), wildcards=True, variables=False)
    return matches(plain_steps(template), action.lower())
