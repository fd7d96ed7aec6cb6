"""From what gets in to witnesses: requests that the evaluator has allowed, with the statements that open."""

from collections.abc import Iterable, Sequence

import msgspec

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, StatementsTest, outcome_of
from sekisho.evaluation.conditions import Context
from sekisho.policy import Effect, Statement, Version
from sekisho.policy.actions import ActionTable
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

    __slots__ = ("_clauses", "_context", "_gates", "_table")

    def __init__(
        self, table: ActionTable, clauses: Sequence[Clause], context: Context, gates: Sequence["AskedGate"]
    ) -> None:
        """Take a question.

        Args:
            table: its actions.
            clauses: its statements.
            context: what every request has.
            gates: who says whether a request gets through.
        """
        self._table = table
        self._clauses = clauses
        self._context = context
        self._gates = gates

    def prove(self, actions: int, cases: Iterable[Case]) -> Witnesses:
        """Return a request for each of some actions, the evaluator having confirmed it.

        Args:
            actions: what to prove; together the cases have it all.
            cases: the first that has an action proves it.

        Raises:
            UnconfirmedWitnessError: a gate does not let a request through.
        """
        found: list[tuple[int, Witness]] = []
        left = actions
        for case in cases:
            part = case.actions & left
            if part & (part - 1):
                for alike in _covered_alike(self._clauses, case, part):
                    found.append((alike, self._confirm(case, alike)))  # noqa: PERF401 - a list would be one call more
            elif part:
                found.append((part, self._confirm(case, part)))
            left &= ~part
            if not left:
                break
        return Witnesses(self._table, found, actions & ~left)

    def _confirm(self, case: Case, actions: int) -> Witness:
        """Ask the evaluator, gate by gate, and note which statements open.

        Raises:
            UnconfirmedWitnessError: a gate does not let the request through.
        """
        context = {**self._context}
        caller = _ANYONE
        for example in case.examples:
            if example.context:
                context |= example.context
            caller = example.caller or caller
        action = self._table.names[(actions & -actions).bit_length() - 1]
        openers: tuple[Opener, ...] = ()
        closers: tuple[Opener, ...] = ()
        views, resources = case.wish.target.views, case.wish.resources
        sent = Request(caller, action, resources[0], context)
        for gate in self._gates:
            resource, further = resources[gate.place], views[gate.place].action
            plain = further is None and resource is resources[0]
            request = sent if plain else Request(caller, further or action, resource, context)
            matching = gate.test.matching(request)
            deciding = gate.deciding.get(matching)
            if deciding is None:
                deciding = _deciding(gate, matching)
                if deciding is None:
                    said = f"the evaluator decides otherwise on `{request.action}` on `{resource}`"
                    raise UnconfirmedWitnessError(said)
                gate.deciding[matching] = deciding
            if gate.shut:
                closers += deciding
            else:
                openers += deciding
        return Witness(sent, openers, closers)


class AskedGate(msgspec.Struct, frozen=True, gc=False):
    """A gate, to be asked about any number of requests.

    Attributes:
        place: which of the question's gates it is.
        openers: its statements.
        test: the evaluator's, of the statements.
        deciding: of the statements that match, as bits, those that open the gate, or close it where it is to be shut,
            as far as that was asked.
    """

    place: int
    shut: bool
    openers: list[Opener]
    test: StatementsTest
    deciding: dict[int, tuple[Opener, ...]] = {}


def asked_gates(question: Question) -> list[AskedGate]:
    """Return the gates of a question, with the evaluator's tests of their statements."""
    found: list[AskedGate] = []
    for gate in question.gates:
        openers: list[Opener] = []
        test = StatementsTest()
        for document in gate.documents:
            variables = document.policy.version is _WITH_VARIABLES
            for statement in document.policy.statements:
                openers.append(Opener(document, statement))
                test.add(statement, variables=variables)
        found.append(AskedGate(len(found), gate.shut, openers, test))
    return found


def _deciding(gate: AskedGate, matching: int) -> tuple[Opener, ...] | None:
    """Return what opens a gate, or closes it where it is to be shut; None where it is not as it is to be."""
    openers: list[Opener] = []
    statements: list[Statement] = []
    for opener in gate.openers:
        if matching & 1:
            openers.append(opener)
            statements.append(opener.statement)
        matching >>= 1
    outcome = outcome_of(statements)
    if (outcome is _ALLOW) is gate.shut:
        return None
    if not gate.shut:
        return tuple(openers)
    return tuple([one for one in openers if one.statement.effect is Effect.DENY]) if outcome is _DENY else ()


def _covered_alike(clauses: Iterable[Clause], case: Case, actions: int) -> Sequence[int]:
    """Split a set of actions into those that the same statements cover."""
    parts = [actions]
    for clause in clauses:
        covered = clause.actions
        if actions & covered and actions & ~covered and clause.bit & case.mask:
            parts = [part for whole in parts for part in (whole & covered, whole & ~covered) if part]
    return parts


_ANYONE = Caller(CallerKind.ANONYMOUS)
_ALLOW, _DENY = Outcome.ALLOW, Outcome.DENY
_WITH_VARIABLES = Version.V2012
