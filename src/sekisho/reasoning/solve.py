"""The one question: who outside can do any of these things, and by which requests?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, decide, statement_matches
from sekisho.evaluation.conditions import Context
from sekisho.evaluation.decide import resources_match
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import EVERYONE, Effect, Principal, PrincipalForm, Statement
from sekisho.policy.actions import ActionTable
from sekisho.policy.patterns import Pattern, parse_resource_glob, resolve
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.clauses import Clause, fitting_given, live_clauses, variables_in
from sekisho.reasoning.errors import UnconfirmedWitnessError, UndecidedError
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.judging import PRINCIPAL, Judge, Kind, PrincipalIndex
from sekisho.reasoning.keys import Key, Label
from sekisho.reasoning.outline import outline_of
from sekisho.reasoning.question import Document, Gate, Question, Target, Wanted
from sekisho.reasoning.regions import (
    MAX_DESCRIPTIONS,
    MAX_REGIONS,
    Shape,
    Sides,
    combine,
    count_shapes,
    shapes_of,
    uncovered,
)
from sekisho.reasoning.scene import scene_of
from sekisho.reasoning.settle import is_exact, settle_variables
from sekisho.reasoning.sides import facets_of
from sekisho.reasoning.widen import widen_variables
from sekisho.reasoning.words import Fixed, Free, explore


class Opener(msgspec.Struct, frozen=True):
    """A statement that lets a witness in, with the document it stands in."""

    document: Document
    statement: Statement


class Witness(msgspec.Struct, frozen=True):
    """A request that every gate lets through, or refuses where it is to be shut: the evaluator has said so.

    Attributes:
        request: as the caller sends it, which is how the first gate sees it.
        openers: every statement, in any gate that is to be open, that allows it.
        closers: every Deny, in any gate that is to be shut, that refuses it; none where no statement allows it there.
    """

    request: Request
    openers: tuple[Opener, ...]
    closers: tuple[Opener, ...] = ()


class Witnesses(Mapping[str, Witness]):
    """To each action a request for it.

    Actions that the same statements cover share one request but for its action: what the evaluator says of one of
    them it says of all.
    """

    def __init__(self, table: ActionTable, found: Iterable[tuple[int, Witness]] = ()) -> None:
        self._table = table
        self.found = list(found)

    def add(self, actions: int, witness: Witness) -> None:
        """Note the witness for one of a set of actions as that of all of them."""
        self.found.append((actions, witness))

    def join(self, more: "Witnesses") -> None:
        """Take over the requests for further actions."""
        for actions, witness in more.found:
            if left := actions & ~self.actions:
                self.found.append((left, witness))

    def only(self, actions: int) -> "Witnesses":
        """Return the requests for some of the actions."""
        return Witnesses(self._table, [(both, one) for alike, one in self.found if (both := alike & actions)])

    def __getitem__(self, action: str) -> Witness:
        """Return the request for an action."""
        place = self._table.place_of(action)
        for actions, witness in self.found:
            if place is not None and actions >> place & 1:
                if witness.request.action == action:
                    return witness
                asked = witness.request
                request = Request(asked.caller, action, asked.resource, asked.context)
                return Witness(request, witness.openers, witness.closers)
        raise KeyError(action)

    def __iter__(self) -> Iterator[str]:
        """Yield the actions, by name."""
        return self._table.names_in(self.actions)

    def __len__(self) -> int:
        """Return how many actions there are."""
        return self.actions.bit_count()

    @property
    def actions(self) -> int:
        """All actions that there is a request for, as a set."""
        found = 0
        for actions, _ in self.found:
            found |= actions
        return found

    def alike(self) -> Iterator[tuple[Iterable[str], Witness]]:
        """Yield sets of actions that the same statements cover, each with one request."""
        for actions, witness in self.found:
            yield self._table.names_in(actions), witness

    @property
    def distinct(self) -> list[Witness]:
        """One request for each set of actions that the same statements cover."""
        return [witness for _, witness in self.found]


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
    witnesses: Witnesses


def solve(question: Question, *, steps: int | None = None) -> tuple[Region, ...]:
    """Return every group of requests that get through all gates, none within another.

    Every such request lies in a returned region for its action, except that the values of policy variables are not
    all tried; every region comes with requests that the evaluator has allowed. No regions means that nobody gets in,
    whatever the variables are.

    Args:
        question: what is asked.
        steps: how many steps the answer may take; the usual number by default.

    Raises:
        UndecidedError: the question is beyond the budget, or nobody gets in with the values of policy variables that
            were tried, but might with others.
        UnconfirmedWitnessError: the evaluator contradicts the reasoner.
    """
    clauses = live_clauses(question)
    if clauses is None:
        return ()
    try:
        return _decide(question, clauses, Budget(steps))
    except UndecidedError as error:
        raise UndecidedError(str(error), outline_of(question)) from error


def _decide(question: Question, clauses: Sequence[Clause], budget: Budget) -> tuple[Region, ...]:
    varying = [key for key in variables_in(clauses) if key not in question.world.given]
    if not varying:
        return tuple(_solve(question, clauses, {}, budget))
    regions: list[Region] = []
    for settled in settle_variables(question, clauses, varying, budget):
        regions = joined(regions, _solve(question, clauses, settled, budget))
    if not regions and not is_exact(clauses, varying) and _widened(question, budget):
        names = ", ".join(f"`${{{key}}}`" for key in varying)
        raise UndecidedError(f"the policy variables {names} may have a value that lets somebody in")
    return tuple(outermost(regions))


def _widened(question: Question, budget: Budget) -> list[Region]:
    """Return who gets in if the policy variables could be anything: these, and no others, whatever they are."""
    wide = widen_variables(question)
    clauses = live_clauses(wide)
    return [] if clauses is None else _solve(wide, clauses, {}, budget)


def inexact_variables(question: Question, regions: Sequence[Region]) -> tuple[str, ...]:
    """Return the keys of policy variables that may let in more than the regions that `solve` has found.

    Not all their values are tried. Nothing is missing where the regions hold all that gets in when they could be
    anything.
    """
    clauses = live_clauses(question) or []
    varying = [key for key in variables_in(clauses) if key not in question.world.given]
    if is_exact(clauses, varying):
        return ()
    try:
        wide = _widened(question, Budget())
    except UndecidedError:
        return tuple(varying)
    for one in wide:
        actions = one.witnesses.actions
        for found in regions:
            if _is_wider(found, one):
                actions &= ~found.witnesses.actions
        if actions:
            return tuple(varying)
    return ()


def joined(regions: Sequence[Region], more: Iterable[Region]) -> list[Region]:
    """Join the regions that are described alike."""
    found = {(one.principal, tuple(one.condition.items())): one for one in regions}
    for one in more:
        known = found.setdefault((one.principal, tuple(one.condition.items())), one)
        if known is not one:
            known.witnesses.join(one.witnesses)
    return list(found.values())


def outermost(regions: Sequence[Region]) -> Iterator[Region]:
    """Yield the regions without the actions that another one, described by less, has too."""
    for one in regions:
        actions = one.witnesses.actions
        for two in regions:
            if two is not one and _is_wider(two, one):
                actions &= ~two.witnesses.actions
        if actions:
            yield Region(one.principal, one.condition, one.witnesses.only(actions))


def _is_wider(one: Region, other: Region) -> bool:
    return one.principal in {EVERYONE, other.principal} and one.condition.items() <= other.condition.items()


class _Wish(msgspec.Struct, frozen=True):
    """A target on one resource.

    Attributes:
        resources: the resource as each gate sees it.
        mask: the clauses that cover the resource, and the families of callers that can ask.
    """

    target: Target
    resources: tuple[str, ...]
    mask: int


class _Case(msgspec.Struct, frozen=True):
    """Some actions of a region, and the requests that can do them."""

    actions: int
    kind: Kind
    wish: _Wish


@dataclass(slots=True)
class _Search:
    """One pass over a question: its statements, with one value for each policy variable."""

    question: Question
    clauses: Sequence[Clause]
    judge: Judge
    index: PrincipalIndex
    keys: Mapping[str, Key]
    context: Context
    by_gate: list[tuple[Gate, list[Clause], list[Clause]]] = field(init=False)
    """Each gate with its Allows and its Denies."""

    def __post_init__(self) -> None:
        allows: list[list[Clause]] = [[] for _ in self.question.gates]
        denies: list[list[Clause]] = [[] for _ in self.question.gates]
        for clause in self.clauses:
            (allows if clause.allows else denies)[clause.gate].append(clause)
        self.by_gate = list(zip(self.question.gates, allows, denies, strict=True))

    def allowed(self, mask: int) -> int:
        """Return the actions that every gate allows, or refuses where it is to be shut, when these statements hold."""
        actions = -1
        for gate, allows, denies in self.by_gate:
            through = 0
            for clause in allows:
                if mask & clause.bit:
                    through |= clause.actions
            for clause in denies:
                if mask & clause.bit:
                    through &= ~clause.actions
            actions &= ~through if gate.shut else through
        return actions


def _solve(
    question: Question, clauses: Sequence[Clause], settled: Mapping[str, str | None], budget: Budget
) -> list[Region]:
    regions = _solve_once(question, clauses, settled, budget, by_both_names=False)
    if any(_names_canonical_users(clause) for clause in clauses):
        by_both = _solve_once(question, clauses, settled, budget, by_both_names=True)
        regions = joined(regions, list(_not_among(regions, by_both)))
    return regions


def _names_canonical_users(clause: Clause) -> bool:
    principals = clause.statement.principals
    return principals is not None and any(one.form is PrincipalForm.CANONICAL_USER for one in principals.entries)


def _not_among(regions: Sequence[Region], by_both: Iterable[Region]) -> Iterator[Region]:
    """Yield what canonical users get in by only where their account is named by its number too."""
    for one in by_both:
        actions = one.witnesses.actions
        caller = one.witnesses.distinct[0].request.caller
        for known in regions:
            named = known.principal == EVERYONE or principal_matches(known.principal, caller)
            if named and known.condition.items() <= one.condition.items():
                actions &= ~known.witnesses.actions
        if actions and caller.canonical_id is not None:
            user = Principal(PrincipalForm.CANONICAL_USER, caller.canonical_id)
            yield Region(user, one.condition, one.witnesses.only(actions))


def _solve_once(
    question: Question,
    clauses: Sequence[Clause],
    settled: Mapping[str, str | None],
    budget: Budget,
    *,
    by_both_names: bool,
) -> list[Region]:
    context = _context(question, settled)
    clauses = fitting_given(clauses, question.world.given, context) if settled else clauses
    scene, index = scene_of(question, clauses, settled, budget, by_both_names=by_both_names)
    search = _Search(
        question,
        clauses,
        Judge(clauses, scene.keys, index, len(scene.families)),
        index,
        scene.keys,
        context,
    )
    groups = _groups(search, scene)
    if not groups:
        return []
    cases = _cases(search, groups, _wishes(search, scene, budget))
    extents = search.judge.extents
    actions = {shape: _all_actions(listed) for shape, listed in cases.items()}
    outer = uncovered(actions, extents)
    if len(outer) > MAX_REGIONS:
        raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
    return [_region(search, shape, left, cases[shape]) for shape, left in outer.items()]


def _context(question: Question, settled: Mapping[str, str | None]) -> Context:
    context = {key: values for key, values in question.world.given.items() if values}
    for key, value in settled.items():
        if value is not None:
            context[key] = (value,)
    return context


def _groups(search: _Search, scene: Scene) -> list[Kind]:
    """Return the groups of requests that may get in, as far as the resource and the action do not matter."""
    judge, world = search.judge, scene.world
    good = judge.all_families
    bad = 0
    needed = [judge.all_families]
    for gate, allows, denies in search.by_gate:
        opening = 0
        for clause in allows:
            opening |= clause.bit
        closing = 0
        for clause in denies:
            closing |= clause.bit
        if gate.shut:
            good, bad = good | closing, bad | opening
        else:
            good, bad = good | opening, bad | closing
            needed.append(opening)
    if world.wanted is Wanted.INSIDE:
        bad |= judge.outside
    sides = Sides(good, bad, tuple(needed))
    outside_only = world.wanted is Wanted.OUTSIDE
    groups: list[Kind] = [Kind(judge.everything, (), ())]
    for facet in facets_of(scene):
        kinds = judge.kinds(facet, world.shown, outside_only=outside_only)
        groups = combine(sides, groups, kinds, scene.budget)
        if not groups:
            return []
    if world.wanted is Wanted.INSIDE:
        groups = [group for group in groups if not group.mask & judge.outside]
    return groups


def _cases(search: _Search, groups: Sequence[Kind], wishes: Sequence[_Wish]) -> dict[Shape, list[_Case]]:
    """Return what gets in: to each region the actions, with requests that can do them.

    Raises:
        UndecidedError: far more than `MAX_REGIONS` regions.
    """
    found: dict[Shape, list[_Case]] = {}
    families = search.judge.all_families
    known: dict[int, int] = {}
    for wish in wishes:
        for group in groups:
            mask = group.mask & wish.mask
            if not mask & families:
                continue
            actions = known.get(mask)
            if actions is None:
                actions = known[mask] = search.allowed(mask)
            actions &= wish.target.actions
            if not actions:
                continue
            case = _Case(actions, group, wish)
            if count_shapes(group) > MAX_DESCRIPTIONS:
                raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
            for shape in shapes_of(group):
                found.setdefault(shape, []).append(case)
            if len(found) > MAX_DESCRIPTIONS:
                raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
    return found


def _all_actions(cases: Iterable[_Case]) -> int:
    actions = 0
    for case in cases:
        actions |= case.actions
    return actions


def _wishes(search: _Search, scene: Scene, budget: Budget) -> list[_Wish]:
    judge = search.judge
    found: list[_Wish] = []
    known: dict[tuple[str, ...], list[tuple[tuple[str, ...], int]]] = {}
    for target in search.question.targets:
        resources = tuple([view.resource for view in target.views])
        covered = known.get(resources)
        if covered is None:
            chosen = _resources(search, resources, budget) if target.open_ended else [resources]
            covered = known[resources] = [(one, _covering(search, one)) for one in chosen]
        mask = judge.everything
        if target.callers:
            able = scene.bits_of_kinds(target.callers)
            mask &= ~judge.all_families | able << len(search.clauses)
        found += [_Wish(target, one, covering & mask) for one, covering in covered]
    return found


def _covering(search: _Search, resources: tuple[str, ...]) -> int:
    """Return everything but the clauses that do not cover a resource."""
    fails = 0
    for clause in search.clauses:
        patterns = clause.statement.resources
        if patterns is None:
            continue
        resource = resources[clause.gate]
        covered = _covers_plainly(patterns.globs, resource)
        if covered is None:
            covered = resources_match(patterns, resource, search.context, variables=clause.has_variables)
        else:
            covered = covered is not patterns.negated
        if not covered:
            fails |= clause.bit
    return ~fails


def _covers_plainly(globs: Sequence[str], resource: str) -> bool | None:
    """Say whether some glob covers a resource where that takes no more than a comparison; else None."""
    for glob in globs:
        if glob in {"*", resource}:
            return True
        if "$" in glob or "?" in glob:
            return None
        start, star, rest = glob.partition("*")
        if rest:
            return None
        if star and resource.startswith(start):
            return True
    return False


def _resources(search: _Search, prefixes: tuple[str, ...], budget: Budget) -> list[tuple[str, ...]]:
    """Return one resource of every kind that the statements tell apart: the prefixes with the same text after each."""
    patterns: list[list[Pattern]] = [[] for _ in prefixes]
    for clause in search.clauses:
        if clause.statement.resources is not None:
            prefix = prefixes[clause.gate]
            for glob in clause.statement.resources.globs:
                if _tells_apart(glob, prefix):
                    pattern = _glob(glob, search.context, variables=clause.has_variables)
                    if pattern is not None:
                        patterns[clause.gate].append(pattern)
    if not any(patterns):
        return [tuple([prefix + _SAMPLE_KEY for prefix in prefixes])]
    tracks = tuple(map(str, range(len(prefixes))))
    automata = {
        track: Automaton((pattern, Reading.RESOURCE) for pattern in listed)
        for track, listed in zip(tracks, patterns, strict=True)
    }
    shape = (Fixed(dict(zip(tracks, prefixes, strict=True))), Free(tracks, samples=(_SAMPLE_KEY,)))
    return [tuple([word[track] for track in tracks]) for word in explore(shape, automata, budget)]


_SAMPLE_KEY = "example.txt"


def _tells_apart(glob: str, prefix: str) -> bool:
    """Say whether a `Resource` value may cover some texts that go on from a prefix, and not others."""
    if "?" in glob or "$" in glob:
        return True
    start, star, rest = glob.partition("*")
    if not star:
        return glob.startswith(prefix)
    if not rest and prefix.startswith(start):
        return False
    return prefix.startswith(start) or start.startswith(prefix)


def _glob(glob: str, context: Context, *, variables: bool) -> Pattern | None:
    def value_of(key: str) -> str | None:
        values = context.get(key, ())
        return values[0] if len(values) == 1 else None

    return resolve(parse_resource_glob(glob, variables=variables), value_of)


def _region(search: _Search, shape: Shape, actions: int, cases: Sequence[_Case]) -> Region:
    """Describe a region, and have the evaluator confirm a request for each of its actions."""
    principal = EVERYONE
    condition: dict[str, Label] = {}
    for name, bits in zip(search.judge.keys, shape, strict=True):
        if bits and name == PRINCIPAL:
            principal = search.index.labels[bits.bit_length() - 1]
        elif bits:
            condition[name] = search.keys[name].labels[bits.bit_length() - 1]
    witnesses = Witnesses(search.question.actions)
    for case in cases:
        part = case.actions & actions
        actions &= ~part
        for alike in _covered_alike(search.clauses, case, part):
            witnesses.add(alike, _confirm(search, case, alike))
        if not actions:
            break
    return Region(principal, condition, witnesses)


def _covered_alike(clauses: Sequence[Clause], case: _Case, actions: int) -> list[int]:
    """Split a set of actions into those that the same statements cover."""
    parts = [actions] if actions else []
    mask = case.kind.mask & case.wish.mask
    for clause in clauses:
        if clause.bit & mask:
            parts = [part for whole in parts for part in (whole & clause.actions, whole & ~clause.actions) if part]
    return parts


def _confirm(search: _Search, case: _Case, actions: int) -> Witness:
    """Ask the evaluator, gate by gate, and note which statements open.

    Raises:
        UnconfirmedWitnessError: a gate does not let the request through.
    """
    context = dict(search.context)
    caller = Caller(CallerKind.ANONYMOUS)
    for example in case.kind.examples:
        context.update(example.context)
        caller = example.caller or caller
    action = search.question.actions.names[(actions & -actions).bit_length() - 1]
    openers: list[Opener] = []
    closers: list[Opener] = []
    for gate, view, resource in zip(search.question.gates, case.wish.target.views, case.wish.resources, strict=True):
        request = Request(caller, view.action or action, resource, context)
        matching = [
            Opener(document, statement)
            for document in gate.documents
            for statement in document.policy.statements
            if statement_matches(statement, request, variables=document.policy.version.has_variables)
        ]
        outcome = decide([opener.statement for opener in matching]).outcome
        if (outcome is Outcome.ALLOW) is gate.shut:
            raise UnconfirmedWitnessError(f"the evaluator decides otherwise on `{request.action}` on `{resource}`")
        (closers if gate.shut else openers).extend(matching)
    request = Request(caller, action, case.wish.resources[0], context)
    return Witness(request, tuple(openers), tuple([one for one in closers if one.statement.effect is Effect.DENY]))
