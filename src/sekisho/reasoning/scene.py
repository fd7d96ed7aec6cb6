"""What the examples of a question are made from: its condition keys, its principals, its families of callers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sekisho.policy import Principal, PrincipalForm
from sekisho.policy.arns import account_of
from sekisho.policy.keys import is_catalogued
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.callers import families_of_callers
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.judging import PrincipalIndex
from sekisho.reasoning.keys import Key
from sekisho.reasoning.question import Question


def scene_of(
    question: Question,
    clauses: Sequence[Clause],
    settled: Mapping[str, str | None],
    budget: Budget,
    known: Mapping[str, Key] = {},
) -> tuple[Scene, PrincipalIndex]:
    """Return what the examples of a question are made from, and who its statements are about.

    Args:
        question: what is asked.
        clauses: its statements.
        settled: the values of policy variables.
        budget: what making the examples may cost.
        known: keys of the same statements that have been gathered before.
    """
    world = question.world
    index = PrincipalIndex(clauses)

    def value_of(name: str) -> str | None:
        values = world.given.get(name)
        return values[0] if values and len(values) == 1 else settled.get(name)

    keys = dict(known)
    for clause in clauses:
        for condition in clause.conditions:
            name = condition.key.lower()
            if name in known:
                continue
            key = keys.get(name)
            if key is None:
                key = keys[name] = Key(name, value_of)
            key.add(condition, clause.bit, variables=clause.has_variables)
    for name in settled:
        if name not in keys:
            keys[name] = Key(name, value_of)
    mark_those_with_several(keys, question)
    shut = question.has_shut_gate
    spares = index.spares or shut
    families = tuple(families_of_callers(world, index.principals, keys, spares=spares))
    roles = _roles(world.partition, _named_by_open_gates(question, clauses) if shut else index.principals)
    has_ids = index.has_canonical_ids
    return Scene(world, keys, index.principals, spares, settled, families, budget, roles, has_ids), index


def keys_without_variables(question: Question, clauses: Sequence[Clause], budget: Budget) -> dict[str, Key]:
    """Return the keys that are compared with the same texts whatever the values of policy variables are.

    There are none where a variable may decide which statements are left.
    """
    given = question.world.given
    varying: set[str] = set()
    for clause in clauses:
        for condition in clause.conditions:
            name = condition.key.lower()
            if name in given:
                return {}
            if clause.has_variables and any("${" in value for value in condition.values):
                varying.add(name)
    scene, _ = scene_of(question, clauses, {}, budget)
    return {name: key for name, key in scene.keys.items() if name not in varying}


def mark_those_with_several(keys: Mapping[str, Key], question: Question) -> None:
    """Note which keys some statement compares by a set operator, whoever and whatever it is about.

    What a key can have in a request is no matter of the statements that are live. Of the keys in the catalogue it is
    known.
    """
    if all(map(is_catalogued, keys)):
        return
    for gate in question.gates:
        for document in gate.documents:
            for statement in document.policy.statements:
                for condition in statement.conditions:
                    if condition.operator.quantifier is not None:
                        key = keys.get(condition.key.lower())
                        if key is not None:
                            key.quantified = True


def _named_by_open_gates(question: Question, clauses: Sequence[Clause]) -> Iterator[Principal]:
    for clause in clauses:
        principals = clause.statement.principals
        if principals is not None and not question.gates[clause.gate].shut:
            yield from principals.entries


def _roles(partition: str, principals: Iterable[Principal]) -> dict[tuple[str, str], set[str]]:
    """Return the roles among principals, by account and name."""
    found: dict[tuple[str, str], set[str]] = {}
    start = f"arn:{partition}:"
    for one in principals:
        if one.form is _IDENTITY and one.value.startswith(start) and ":role/" in one.value:
            found.setdefault((account_of(one.value), one.value.rpartition("/")[2]), set()).add(one.value)
    return found


_IDENTITY = PrincipalForm.IDENTITY
