"""The statements of a question as bits of a mask, without those that can make no difference."""

from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec

from sekisho.evaluation import CallerKind
from sekisho.evaluation.conditions import Context, condition_holds
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Condition, Effect, PrincipalForm, Principals, Statement, Version
from sekisho.policy.patterns import Template, parse_resource_glob, parse_template, variables_of
from sekisho.reasoning.question import Document, Gate, Question, Wanted, World


class Clause(msgspec.Struct, frozen=True, gc=False):
    """A statement that may decide.

    Attributes:
        bit: its place in masks.
        gate: the place of its gate.
        actions: which of the question's actions it covers.
        conditions: those that are not decided by what is given.
        allows: whether it is an Allow.
        has_variables: whether policy variables work in it.
    """

    bit: int
    gate: int
    document: Document
    statement: Statement
    actions: int
    conditions: tuple[Condition, ...]
    allows: bool
    has_variables: bool


def live_clauses(question: Question) -> list[Clause] | None:
    """Return the statements that can make a difference, or None where some gate has no Allow that could open it.

    Left out is what is decided by fixed values alone: a statement on actions that nobody asks for, one whose
    conditions fail on what is given, and one that is about trusted principals, or services, and nobody else.
    """
    world = question.world
    wanted = 0
    for target in question.targets:
        wanted |= target.actions
    given, known = world.given, world.context
    clauses: list[Clause] = []
    for place, gate in enumerate(question.gates):
        opens = gate.shut
        override = question.targets[0].views[place].action if question.targets else None
        for document in gate.documents:
            variables = document.policy.version is _WITH_VARIABLES
            for statement in document.policy.statements:
                if override is None:
                    actions = question.actions.covered(statement.actions) & wanted
                else:
                    actions = wanted if actions_match(statement.actions, override) else 0
                if not actions or not _is_about_some_caller(statement.principals, world):
                    continue
                conditions = statement.conditions
                if conditions and given:
                    undecided = _not_given(conditions, given, known, variables=variables)
                    if undecided is None:
                        continue
                    conditions = undecided
                allows = statement.effect is _ALLOW
                opens = opens or allows
                bit = 1 << len(clauses)
                clauses.append(Clause(bit, place, document, statement, actions, conditions, allows, variables))
        if not opens:
            return None
    return clauses


_ALLOW, _WITH_VARIABLES = Effect.ALLOW, Version.V2012
_EVERYONE, _SERVICE, _UNIQUE_ID = PrincipalForm.EVERYONE, PrincipalForm.SERVICE, PrincipalForm.UNIQUE_ID
_CANONICAL_USER, _SERVICES, _OUTSIDE = PrincipalForm.CANONICAL_USER, CallerKind.SERVICE, Wanted.OUTSIDE


def _is_about_some_caller(principals: Principals | None, world: World) -> bool:
    """Say whether some caller that is looked for may be among those that a statement is about."""
    if principals is None or principals.negated:
        return True
    for entry in principals.entries:
        form = entry.form
        if form is _EVERYONE:
            return True
        if form is _SERVICE:
            looked_for = _SERVICES in world.callers
        elif form is _UNIQUE_ID:
            looked_for = False
        elif world.wanted is not _OUTSIDE:
            looked_for = True
        elif form is _CANONICAL_USER:
            looked_for = entry.value not in world.inside.canonical_ids
        else:
            looked_for = entry.account not in world.inside.accounts
        if looked_for:
            return True
    return False


def _not_given(
    conditions: tuple[Condition, ...], given: Container[str], known: Context, *, variables: bool
) -> tuple[Condition, ...] | None:
    """Return the conditions on keys that are not given; None when one on a given key fails.

    Args:
        conditions: of a statement.
        given: the keys that are known to be present, or absent.
        known: the values of those that are present.
        variables: whether policy variables work in the statement.
    """
    left: list[Condition] = []
    for condition in conditions:
        if condition.key.lower() not in given or (variables and any("${" in value for value in condition.values)):
            left.append(condition)
        elif not condition_holds(condition, known, variables=variables):
            return None
    return tuple(left)


def fitting_given(clauses: Iterable[Clause], given: Mapping[str, tuple[str, ...]], context: Context) -> list[Clause]:
    """Return the clauses whose conditions on given keys hold, now that their variables have values."""
    fitting: list[Clause] = []
    for clause in clauses:
        left = tuple(one for one in clause.conditions if one.key.lower() not in given)
        if len(left) == len(clause.conditions):
            fitting.append(clause)
        elif all(
            condition_holds(one, context, variables=clause.has_variables)
            for one in clause.conditions
            if one.key.lower() in given
        ):
            fitting.append(msgspec.structs.replace(clause, conditions=left))
    return fitting


def variables_in(clauses: Iterable[Clause], given: Container[str]) -> list[str]:
    """Return the keys whose values some statement puts into a pattern, in lower case, in document order.

    Args:
        clauses: the statements.
        given: the keys to leave out: their values are known.
    """
    found: dict[str, None] = {}
    for clause in clauses:
        if clause.has_variables:
            for template in _templates(clause.statement, clause.conditions):
                found |= dict.fromkeys(variable.key for variable in variables_of(template) if variable.key not in given)
    return list(found)


def _templates(statement: Statement, conditions: Iterable[Condition]) -> Iterator[Template]:
    for condition in conditions:
        if condition.operator.base.takes_variables:
            for value in condition.values:
                if "${" in value:
                    yield parse_template(value, wildcards=True, variables=True)
    if statement.resources is not None:
        for glob in statement.resources.globs:
            if "${" in glob:
                yield parse_resource_glob(glob, variables=True)


def variable_keys(gates: Iterable[Gate]) -> tuple[str, ...]:
    """Return the keys whose values some statement of some gates puts into a pattern, in lower case."""
    return tuple(
        dict.fromkeys(
            variable.key
            for gate in gates
            for document in gate.documents
            if document.policy.version is _WITH_VARIABLES
            for statement in document.policy.statements
            for template in _templates(statement, statement.conditions)
            for variable in variables_of(template)
        )
    )
