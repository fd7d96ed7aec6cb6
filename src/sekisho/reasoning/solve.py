"""The one question: who outside can do any of these things, and by which requests?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, decide, statement_matches
from sekisho.evaluation.conditions import Context, condition_holds, single_value
from sekisho.evaluation.decide import actions_match, resources_match
from sekisho.policy import EVERYONE, Effect, Principal, Statement
from sekisho.policy.patterns import Pattern, parse_resource_glob, resolve
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.callers import families_of_callers
from sekisho.reasoning.errors import UnconfirmedWitnessError, UndecidedError
from sekisho.reasoning.facets import FamilyOfCallers
from sekisho.reasoning.mentions import Mentions, gather_mentions, statements_of, variable_keys
from sekisho.reasoning.question import Document, Question, Target
from sekisho.reasoning.regions import (
    PRINCIPAL,
    Clause,
    FacetInContext,
    Group,
    Label,
    Order,
    Shape,
    classify,
    combine,
    drop_covered,
    labels_of,
)
from sekisho.reasoning.settle import settle_variables
from sekisho.reasoning.sides import facets_of
from sekisho.reasoning.widen import widen_variables
from sekisho.reasoning.words import Fixed, Free, explore


@dataclass(frozen=True, slots=True)
class Opener:
    """A statement that lets a witness in, with the document it stands in."""

    document: Document
    statement: Statement


@dataclass(frozen=True, slots=True)
class Witness:
    """A request that every gate lets through: the evaluator has said so, gate by gate.

    Attributes:
        request: as the caller sends it, which is how the first gate sees it.
        openers: every statement, in any gate, that allows it.
    """

    request: Request
    openers: tuple[Opener, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A group of requests that get in.

    Attributes:
        principal: `*` when no narrower principal of the documents describes the callers.
        condition: the shown keys that narrow the group, in lower case, with the value that stands for it.
        witnesses: to each action a request for it.
    """

    principal: Principal
    condition: Mapping[str, Label]
    witnesses: Mapping[str, Witness]


def solve(question: Question) -> tuple[Region, ...]:
    """Return every group of requests from outside that get through all gates, none within another.

    Every such request lies in a returned region for its action, except that the values of policy variables are not
    all tried; every region comes with requests that the evaluator has allowed. No regions means that nobody outside
    gets in, whatever the variables are.

    Raises:
        UndecidedError: the question is beyond the budget, or nobody gets in with the values of policy variables that
            were tried, but might with others.
        UnconfirmedWitnessError: the evaluator contradicts the reasoner.
    """
    regions = _solve(question)
    varying = [key for key in variable_keys(question.gates) if key not in question.world.given]
    if not regions and varying and _solve(widen_variables(question)):
        names = ", ".join(f"`${{{key}}}`" for key in varying)
        raise UndecidedError(f"the policy variables {names} may have a value that lets somebody in")
    return regions


def _solve(question: Question) -> tuple[Region, ...]:
    passes = list(_passes(question))
    if not passes:
        return ()
    order = Order(labels_of(question.world, passes[0].mentions), (facet for one in passes for facet in one.facets))
    found: dict[str, dict[Shape, tuple[_Pass, Group, _Wish]]] = {}
    for one in passes:
        for shape, group, wish in _search(question, one, order):
            found.setdefault(wish.target.action, {}).setdefault(shape, (one, group, wish))
    regions: dict[Shape, dict[str, Witness]] = {}
    for action, shapes in sorted(found.items()):
        for shape in drop_covered(shapes, order):
            regions.setdefault(shape, {})[action] = _confirm(question, *shapes[shape])
    keys = order.keys
    return tuple(_region(keys, shape, witnesses) for shape, witnesses in regions.items())


def _region(keys: Sequence[str], shape: Shape, witnesses: Mapping[str, Witness]) -> Region:
    chosen = {key: label for key, label in zip(keys, shape, strict=True) if label is not None}
    principal = chosen.pop(PRINCIPAL, None)
    named = EVERYONE if principal is None or principal.principal is None else principal.principal
    return Region(named, chosen, witnesses)


@dataclass(frozen=True, slots=True)
class _Pass:
    """The question for one family of callers, with one value for each policy variable."""

    mentions: Mentions
    family: FamilyOfCallers
    context: Context
    facets: tuple[FacetInContext, ...]


def _passes(question: Question) -> Iterator[_Pass]:
    world = question.world
    for settled in settle_variables(question):
        mentions = gather_mentions(question, settled)
        context = {key: values for key, values in world.given.items() if values}
        context |= {key: (value,) for key, value in settled.items() if value is not None}
        for family in families_of_callers(question, mentions):
            facets = facets_of(world, mentions, family)
            yield _Pass(
                mentions,
                family,
                context,
                tuple(
                    FacetInContext(one, tuple({**context, **each.context} for each in one.examples)) for one in facets
                ),
            )


@dataclass(frozen=True, slots=True)
class _Wish:
    """A target on one resource.

    Attributes:
        resources: the resource as each gate sees it.
        mask: the clauses that cover the action and the resource.
    """

    target: Target
    resources: tuple[str, ...]
    mask: int


def _search(question: Question, one: _Pass, order: Order) -> Iterator[tuple[Shape, Group, _Wish]]:
    """Yield what gets in, in one pass: the regions, each with a group of requests and what they want."""
    clauses = _clauses(question, one)
    openers = [_mask(clauses, gate, Effect.ALLOW) for gate in range(len(question.gates))]
    closers = sum(clause.bit for clause in clauses if clause.statement.effect is Effect.DENY)
    keys = order.keys
    classes = [classify(facet, clauses, order, keys) for facet in one.facets]
    groups = combine(classes, openers, sum(clause.bit for clause in clauses))
    if not groups:
        return
    described = [key for facet in one.facets for key in keys if key in facet.keys]
    places = [described.index(key) if key in described else None for key in keys]
    by_mask: dict[int, list[_Wish]] = {}
    for wish in _wishes(question, one, clauses):
        by_mask.setdefault(wish.mask, []).append(wish)
    for mask, wishes in by_mask.items():
        for group in groups:
            joined = group.mask & mask
            if joined & closers or not all(joined & opener for opener in openers):
                continue
            for chosen in group.shapes:
                shape = tuple(None if place is None else chosen[place] for place in places)
                yield from ((shape, group, wish) for wish in wishes)


def _clauses(question: Question, one: _Pass) -> list[Clause]:
    """Number the statements of all gates, leaving out those whose conditions on given keys fail."""
    numbered: list[Clause] = []
    for number, gate in enumerate(question.gates):
        for statement, variables in statements_of([gate]):
            numbered.append(Clause(1 << len(numbered), number, statement, variables))
    return [clause for clause in numbered if _fits_given(clause, question, one)]


def _fits_given(clause: Clause, question: Question, one: _Pass) -> bool:
    return all(
        condition_holds(condition, one.context, variables=clause.variables)
        for condition in clause.statement.conditions
        if condition.key.lower() in question.world.given
    )


def _mask(clauses: Sequence[Clause], gate: int, effect: Effect) -> int:
    return sum(clause.bit for clause in clauses if clause.gate == gate and clause.statement.effect is effect)


def _wishes(question: Question, one: _Pass, clauses: Sequence[Clause]) -> Iterator[_Wish]:
    known: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for target in question.targets:
        if target.callers and one.family.kind not in target.callers:
            continue
        prefixes = tuple(view.resource for view in target.views)
        if not target.open_ended:
            resources = [prefixes]
        else:
            if prefixes not in known:
                known[prefixes] = list(_resources(question, one, prefixes))
            resources = known[prefixes]
        for chosen in resources:
            mask = sum(clause.bit for clause in clauses if _covers(clause, target, chosen, one))
            yield _Wish(target, chosen, mask)


def _covers(clause: Clause, target: Target, resources: tuple[str, ...], one: _Pass) -> bool:
    statement = clause.statement
    return actions_match(statement.actions, target.views[clause.gate].action) and resources_match(
        statement.resources, resources[clause.gate], one.context, variables=clause.variables
    )


def _resources(question: Question, one: _Pass, prefixes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield one resource of every kind that the statements tell apart: the prefixes with the same text after each."""
    tracks = tuple(str(gate) for gate in range(len(question.gates)))
    automata: dict[str, Automaton] = {}
    for track, gate in zip(tracks, question.gates, strict=True):
        patterns = [
            pattern
            for document in gate.documents
            for statement in document.policy.statements
            if statement.resources is not None
            for glob in statement.resources.globs
            if (pattern := _glob(glob, one, variables=document.policy.version.has_variables)) is not None
        ]
        automata[track] = Automaton((pattern, Reading.RESOURCE) for pattern in patterns)
    shape = (Fixed(dict(zip(tracks, prefixes, strict=True))), Free(tracks, samples=("example.txt",)))
    for words in explore(shape, automata):
        yield tuple(words[0][track] for track in tracks)


def _glob(glob: str, one: _Pass, *, variables: bool) -> Pattern | None:
    return resolve(parse_resource_glob(glob, variables=variables), lambda key: single_value(one.context, key))


def _confirm(question: Question, one: _Pass, group: Group, wish: _Wish) -> Witness:
    """Ask the evaluator, gate by gate, and note which statements open.

    Raises:
        UnconfirmedWitnessError: a gate does not let the request through.
    """
    context = dict(one.context)
    caller = Caller(CallerKind.ANONYMOUS)
    for example in group.examples:
        context |= example.context
        caller = example.caller or caller
    openers: list[Opener] = []
    for gate, view, resource in zip(question.gates, wish.target.views, wish.resources, strict=True):
        request = Request(caller, view.action, resource, context)
        matching = [
            Opener(document, statement)
            for document in gate.documents
            for statement in document.policy.statements
            if statement_matches(statement, request, variables=document.policy.version.has_variables)
        ]
        if decide(opener.statement for opener in matching).outcome is not Outcome.ALLOW:
            raise UnconfirmedWitnessError(f"the evaluator does not allow `{view.action}` on `{resource}` after all")
        openers += matching
    first = Request(caller, wish.target.action, wish.resources[0], context)
    return Witness(first, tuple(openers))
