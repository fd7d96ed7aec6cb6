"""From what gets in to witnesses: requests that the evaluator has allowed, with the statements that open."""

from collections.abc import Iterable, Sequence

import msgspec

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, StatementTest, outcome_of
from sekisho.evaluation.conditions import Context
from sekisho.policy import Effect, Statement
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.errors import UnconfirmedWitnessError
from sekisho.reasoning.facets import Example
from sekisho.reasoning.question import Question
from sekisho.reasoning.wishes import Wish
from sekisho.reasoning.witnesses import Opener, Witness, Witnesses


class Case(msgspec.Struct, frozen=True, gc=False):
    """Some actions, and a request that can do each of them.

    Attributes:
        mask: the clauses that hold of the request; other bits are not looked at.
        examples: of each facet the one that the request is made of.
    """

    actions: int
    mask: int
    examples: tuple[Example, ...]
    wish: Wish


class Prover:
    """Has the evaluator confirm requests of one question."""

    __slots__ = ("_clauses", "_context", "_gates", "_question")

    def __init__(self, question: Question, clauses: Sequence[Clause], context: Context) -> None:
        """Take a question.

        Args:
            question: what is asked.
            clauses: its statements.
            context: what every request has.
        """
        self._question = question
        self._clauses = clauses
        self._context = context
        self._gates = [
            [
                (Opener(document, statement), StatementTest(statement, variables=document.policy.version.has_variables))
                for document in gate.documents
                for statement in document.policy.statements
            ]
            for gate in question.gates
        ]

    def prove(self, actions: int, cases: Iterable[Case]) -> Witnesses:
        """Return a request for each of some actions, the evaluator having confirmed it.

        Args:
            actions: what to prove; together the cases have it all.
            cases: the first that has an action proves it.

        Raises:
            UnconfirmedWitnessError: a gate does not let a request through.
        """
        found: list[tuple[int, Witness]] = []
        for case in cases:
            part = case.actions & actions
            if part & (part - 1):
                found += [(alike, self._confirm(case, alike)) for alike in _covered_alike(self._clauses, case, part)]
            elif part:
                found.append((part, self._confirm(case, part)))
            actions &= ~part
            if not actions:
                break
        return Witnesses(self._question.actions, found)

    def _confirm(self, case: Case, actions: int) -> Witness:
        """Ask the evaluator, gate by gate, and note which statements open.

        Raises:
            UnconfirmedWitnessError: a gate does not let the request through.
        """
        context = dict(self._context)
        caller = _ANYONE
        for example in case.examples:
            context.update(example.context)
            caller = example.caller or caller
        action = self._question.actions.names[(actions & -actions).bit_length() - 1]
        openers: tuple[Opener, ...] = ()
        closers: tuple[Opener, ...] = ()
        views, resources = case.wish.target.views, case.wish.resources
        sent = Request(caller, action, resources[0], context)
        for gate, tests, view, resource in zip(self._question.gates, self._gates, views, resources, strict=True):
            plain = view.action is None and resource is resources[0]
            request = sent if plain else Request(caller, view.action or action, resource, context)
            matching: list[Opener] = []
            statements: list[Statement] = []
            for opener, test in tests:
                if test.matches(request):
                    matching.append(opener)
                    statements.append(opener.statement)
            outcome = outcome_of(statements)
            if (outcome is _ALLOW) is gate.shut:
                raise UnconfirmedWitnessError(f"the evaluator decides otherwise on `{request.action}` on `{resource}`")
            if not gate.shut:
                openers += tuple(matching)
            elif outcome is _DENY:
                closers += tuple([one for one in matching if one.statement.effect is Effect.DENY])
        return Witness(sent, openers, closers)


def _covered_alike(clauses: Sequence[Clause], case: Case, actions: int) -> list[int]:
    """Split a set of actions into those that the same statements cover."""
    parts = [actions]
    for clause in clauses:
        if clause.bit & case.mask:
            parts = [part for whole in parts for part in (whole & clause.actions, whole & ~clause.actions) if part]
    return parts


_ANYONE = Caller(CallerKind.ANONYMOUS)
_ALLOW, _DENY = Outcome.ALLOW, Outcome.DENY
