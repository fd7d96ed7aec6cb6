"""From what gets in to witnesses: requests that the evaluator has allowed, with the statements that open."""

from collections.abc import Sequence

import msgspec

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, outcome_of, statement_matches
from sekisho.evaluation.conditions import Context
from sekisho.policy import Effect
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.errors import UnconfirmedWitnessError
from sekisho.reasoning.facets import Example
from sekisho.reasoning.question import Question
from sekisho.reasoning.wishes import Wish
from sekisho.reasoning.witnesses import Opener, Witness, Witnesses


class Case(msgspec.Struct, frozen=True):
    """Some actions, and a request that can do each of them.

    Attributes:
        mask: the clauses that hold of the request; other bits are not looked at.
        examples: of each facet the one that the request is made of.
    """

    actions: int
    mask: int
    examples: tuple[Example, ...]
    wish: Wish


def prove(
    question: Question, clauses: Sequence[Clause], context: Context, actions: int, cases: Sequence[Case]
) -> Witnesses:
    """Return a request for each of some actions, the evaluator having confirmed it.

    Args:
        question: what is asked.
        clauses: its statements.
        context: what every request has.
        actions: what to prove; together the cases have it all.
        cases: the first that has an action proves it.

    Raises:
        UnconfirmedWitnessError: a gate does not let a request through.
    """
    witnesses = Witnesses(question.actions)
    for case in cases:
        part = case.actions & actions
        actions &= ~part
        for alike in _covered_alike(clauses, case, part):
            witnesses.add(alike, _confirm(question, context, case, alike))
        if not actions:
            break
    return witnesses


def _covered_alike(clauses: Sequence[Clause], case: Case, actions: int) -> list[int]:
    """Split a set of actions into those that the same statements cover."""
    parts = [actions] if actions else []
    for clause in clauses:
        if clause.bit & case.mask:
            parts = [part for whole in parts for part in (whole & clause.actions, whole & ~clause.actions) if part]
    return parts


def _confirm(question: Question, known: Context, case: Case, actions: int) -> Witness:
    """Ask the evaluator, gate by gate, and note which statements open.

    Raises:
        UnconfirmedWitnessError: a gate does not let the request through.
    """
    context = dict(known)
    caller = Caller(CallerKind.ANONYMOUS)
    for example in case.examples:
        context.update(example.context)
        caller = example.caller or caller
    action = question.actions.names[(actions & -actions).bit_length() - 1]
    openers: list[Opener] = []
    closers: list[Opener] = []
    for gate, view, resource in zip(question.gates, case.wish.target.views, case.wish.resources, strict=True):
        request = Request(caller, view.action or action, resource, context)
        matching: list[Opener] = []
        for document in gate.documents:
            variables = document.policy.version.has_variables
            for statement in document.policy.statements:
                if statement_matches(statement, request, variables=variables):
                    matching.append(Opener(document, statement))  # noqa: PERF401 - two loops with something between
        outcome = outcome_of([opener.statement for opener in matching])
        if (outcome is _ALLOW) is gate.shut:
            raise UnconfirmedWitnessError(f"the evaluator decides otherwise on `{request.action}` on `{resource}`")
        if not gate.shut:
            openers += matching
        elif outcome is _DENY:
            closers += [one for one in matching if one.statement.effect is Effect.DENY]
    request = Request(caller, action, case.wish.resources[0], context)
    return Witness(request, tuple(openers), tuple(closers))


_ALLOW, _DENY = Outcome.ALLOW, Outcome.DENY
