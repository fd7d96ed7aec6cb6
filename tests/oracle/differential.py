"""The reasoner beside the solvers: whatever one of them says, the other has to say too."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

from oracle.encoding import Encoding, in_no, kinds_of
from oracle.formulas import FALSE, conj
from oracle.grammar import ORGANIZATIONS, Document, mutated_document, random_document
from oracle.mentions import gather
from oracle.solvers import CVC5, Z3, Answer, Solver, Verdict
from oracle.texts import UnsupportedError
from properties.strategies import question_through
from sekisho.evaluation import Outcome, Request, evaluate_policy
from sekisho.evaluation.conditions import value_matches
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import Policy, PolicyError, PrincipalForm, parse_policy
from sekisho.reasoning import Question, Region, UndecidedError, solve

SECOND_LOOK = 10
"""One question in so many goes to both solvers."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question: the policies, each a gate, and the trusted organization."""

    documents: tuple[Document, ...]
    organization_id: str | None = None

    @property
    def question(self) -> Question:
        """The question as the reasoner gets it.

        Raises:
            PolicyError: a document is not one that AWS would take.
        """
        return question_through(*self.policies, organization_id=self.organization_id)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The documents, parsed."""
        return tuple(parse_policy(json.dumps(one)) for one in self.documents)


def random_example(rng: Random) -> Example:
    """Return a question over the whole grammar, or about a real document with something changed."""
    make = mutated_document if rng.random() < 0.3 else random_document
    count = 2 if rng.random() < 0.08 else 1
    organization_id = rng.choice(ORGANIZATIONS) if rng.random() < 0.2 else None
    return Example(tuple(make(rng) for _ in range(count)), organization_id)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two who should say the same, and do not.

    Attributes:
        kind: which law is broken.
        request: the request that shows it, where there is one.
        documented: whether the reasoner says of itself that it may err so: it does not try all values that policy
            variables can have, unless those it tried let nobody in at all.
    """

    kind: str
    action: str
    said: str
    request: Request | None = None
    documented: bool = False


@dataclass(slots=True)
class Tally:
    """What came of some questions."""

    policies: int = 0
    invalid: int = 0
    questions: int = 0
    sat: int = 0
    unsat: int = 0
    folded: int = 0
    undecided: int = 0
    unsupported: int = 0
    narrowed: int = 0
    second_looks: int = 0
    unanswered: int = 0
    unknown: dict[str, int] = field(default_factory=lambda: {"z3": 0, "cvc5": 0})
    documented: int = 0
    disagreements: int = 0

    def add(self, other: "Tally") -> None:
        """Take another tally's counts in."""
        for name in self.__slots__:
            if name == "unknown":
                for solver, count in other.unknown.items():
                    self.unknown[solver] = self.unknown.get(solver, 0) + count
            else:
                setattr(self, name, getattr(self, name) + getattr(other, name))


_MOMENT = timedelta(milliseconds=60)
"""Nearly every formula takes the first solver less; the second is better at most of the others."""

_NOBODY, _IN_NO_REGION = "nobody, says the reasoner", "allowed, but in no region"
_LEFT_OPEN = frozenset({_NOBODY, _IN_NO_REGION})


class Judge:
    """Compares, and counts.

    Args:
        limit: the time a solver has for one formula.
        rng: chooses which formulas get a second look.
    """

    def __init__(self, rng: Random, limit: timedelta = timedelta(seconds=2)) -> None:
        self.tally = Tally()
        self._rng = rng
        self._limit = limit
        self._first: Solver = Z3()
        self._second: Solver = CVC5()
        self._opposed: list[str] = []

    def compare(self, example: Example) -> list[Disagreement]:
        """Return every disagreement about one question."""
        try:
            question = example.question
        except PolicyError:
            self.tally.invalid += 1
            return []
        self.tally.policies += 1
        try:
            regions = solve(question)
        except UndecidedError:
            self.tally.undecided += 1
            return []
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.tally.disagreements += 1
            return [Disagreement("the reasoner fails", "", repr(error))]
        try:
            found = [*_denied_witnesses(example, regions), *self._against_solvers(example, question, regions)]
        except UnsupportedError:
            self.tally.unsupported += 1
            return []
        if regions and gather(question).variables:
            found = [replace(one, documented=True) if one.kind in _LEFT_OPEN else one for one in found]
        self.tally.documented += sum(one.documented for one in found)
        self.tally.disagreements += sum(not one.documented for one in found)
        return found

    def _against_solvers(
        self, example: Example, question: Question, regions: Sequence[Region]
    ) -> Iterator[Disagreement]:
        encoding = Encoding(question)
        for actions in kinds_of(encoding).values():
            action = actions[0]
            known = [region for region in regions if action in region.witnesses]
            differing = [one for one in actions if [r for r in regions if one in r.witnesses] != known]
            if differing:
                yield Disagreement("alike actions, other regions", action, ", ".join(differing))
            goal = encoding.allowed(action)
            yield from self._compare_verdicts(example, encoding, goal, action, known)
            if known and goal != FALSE:
                yield from self._compare_extents(example, encoding, goal, action, known)
        yield from (Disagreement("the solvers differ", "", one) for one in self._opposed)
        self._opposed.clear()

    def _compare_verdicts(
        self, example: Example, encoding: Encoding, goal: str, action: str, known: list[Region]
    ) -> Iterator[Disagreement]:
        self.tally.questions += 1
        if goal == FALSE:
            self.tally.folded += 1
            answer = Answer(Verdict.UNSATISFIABLE)
        else:
            answer = self._ask(encoding.script(goal))
        if answer.verdict is Verdict.UNSATISFIABLE:
            self.tally.unsat += 1
            if known and encoding.world.exact:
                yield Disagreement("a region that no solver sees", action, _shown(known[0]), _witness(known[0], action))
            self.tally.narrowed += bool(known) and not encoding.world.exact
        elif answer.verdict is Verdict.SATISFIABLE:
            self.tally.sat += 1
            request = encoding.request(answer.chosen, action)
            if not _is_allowed(example, request):
                yield Disagreement("the evaluator denies what the formula allows", action, "", request)
            elif not known:
                yield Disagreement(_NOBODY, action, "", request)

    def _compare_extents(
        self, example: Example, encoding: Encoding, goal: str, action: str, known: list[Region]
    ) -> Iterator[Disagreement]:
        outside = conj((goal, in_no(encoding, known)))
        if outside == FALSE:
            return
        answer = self._ask(encoding.script(outside))
        if answer.verdict is not Verdict.SATISFIABLE:
            return
        request = encoding.request(answer.chosen, action)
        if not _is_allowed(example, request):
            yield Disagreement("the evaluator denies what the formula allows", action, "", request)
        elif any(_lies_in(request, region) for region in known):
            yield Disagreement("the formula of a region is not the region", action, "", request)
        else:
            yield Disagreement(_IN_NO_REGION, action, "; ".join(map(_shown, known)), request)

    def _ask(self, script: str) -> Answer:
        """Ask the first solver for a moment, the second where it has no answer, and of a sample of formulas both."""
        first = self._first.decide(script, _MOMENT)
        if first.verdict is not Verdict.UNKNOWN and self._rng.randrange(SECOND_LOOK):
            return first
        self.tally.second_looks += 1
        second = self._second.decide(script, self._limit)
        if first.verdict is Verdict.UNKNOWN is second.verdict:
            first = self._first.decide(script, self._limit)
        self.tally.unknown["z3"] += first.verdict is Verdict.UNKNOWN
        self.tally.unknown["cvc5"] += second.verdict is Verdict.UNKNOWN
        if first.verdict is Verdict.UNKNOWN is second.verdict:
            self.tally.unanswered += 1
        elif Verdict.UNKNOWN not in {first.verdict, second.verdict} and first.verdict is not second.verdict:
            self._opposed.append(script)
        return first if second.verdict is Verdict.UNKNOWN else second


def _denied_witnesses(example: Example, regions: Iterable[Region]) -> Iterator[Disagreement]:
    for region in regions:
        for action, witness in region.witnesses.items():
            if not _is_allowed(example, witness.request):
                yield Disagreement("the evaluator denies a witness", action, _shown(region), witness.request)
            elif not _lies_in(witness.request, region):
                yield Disagreement("a witness outside its region", action, _shown(region), witness.request)


def _is_allowed(example: Example, request: Request) -> bool:
    return all(evaluate_policy(policy, request).outcome is Outcome.ALLOW for policy in example.policies)


def _lies_in(request: Request, region: Region) -> bool:
    if region.principal.form is not PrincipalForm.EVERYONE and not principal_matches(region.principal, request.caller):
        return False
    return all(
        label.operator is not None
        and any(
            value_matches(label.operator, label.text, value, request.context, variables=label.variables)
            for value in request.context.get(key, ())
        )
        for key, label in region.condition.items()
    )


def _witness(region: Region, action: str) -> Request:
    return region.witnesses[action].request


def _shown(region: Region) -> str:
    labels = {key: label.text for key, label in region.condition.items()}
    return json.dumps({"principal": region.principal.as_map, "condition": labels})


def shown_request(request: Request | None) -> dict[str, Any] | None:
    """Return a request as JSON has it."""
    if request is None:
        return None
    caller = request.caller
    listed = ("account", "principal_arn", "session_arn", "canonical_id")
    return {
        "caller": {"kind": caller.kind.value, **{name: getattr(caller, name) for name in listed}},
        "action": request.action,
        "resource": request.resource,
        "context": {key: list(values) for key, values in request.context.items()},
    }
