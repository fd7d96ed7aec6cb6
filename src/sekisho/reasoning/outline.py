"""What can be said of a question that is beyond the budget: who may get in at most.

Conditions are left aside, so the outline has too much access and never too little. It has no witness, and claims none.
"""

from collections.abc import Iterable

import msgspec

from sekisho.policy import EVERYONE, Principal
from sekisho.reasoning.clauses import Clause, live_clauses
from sekisho.reasoning.question import Question


class Outline(msgspec.Struct, frozen=True, gc=False):
    """A principal, and the actions that it can do at most: whoever else gets in is among another outline's."""

    principal: Principal
    actions: tuple[str, ...]


def outline_of(question: Question) -> tuple[Outline, ...]:
    """Return who may get through the first gate at most, whatever its conditions say; nobody else gets in.

    A request has to pass every gate, so that one of them is enough to say so.
    """
    clauses = [clause for clause in live_clauses(question) or () if clause.gate == 0]
    denied = _denied_to_all(clauses)
    allowed: dict[Principal, int] = {}
    for clause in clauses:
        if clause.allows and (actions := clause.actions & ~denied):
            for principal in _whom(clause):
                allowed[principal] = allowed.get(principal, 0) | actions
    anyone = allowed.get(EVERYONE, 0)
    return tuple(
        Outline(principal, tuple(question.actions.names_in(left)))
        for principal, actions in allowed.items()
        if (left := actions if principal == EVERYONE else actions & ~anyone)
    )


def _whom(clause: Clause) -> Iterable[Principal]:
    principals = clause.statement.principals
    return (EVERYONE,) if principals is None or principals.negated else principals.entries


def _denied_to_all(clauses: Iterable[Clause]) -> int:
    """Return the actions that some Deny takes from everyone, everywhere and always."""
    denied = 0
    for clause in clauses:
        statement = clause.statement
        everywhere = statement.resources is None or (
            "*" in statement.resources.globs and not statement.resources.negated
        )
        if not clause.allows and everywhere and not clause.conditions and EVERYONE in _whom(clause):
            denied |= clause.actions if statement.principals is None or not statement.principals.negated else 0
    return denied
