"""The one question: who outside can do any of these things, and by which requests?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from functools import cache, partial

import msgspec
from msgspec.structs import replace

from sekisho.evaluation.conditions import Context
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import EVERYONE, Principal, PrincipalForm
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.clauses import Clause, fitting_given, live_clauses, variables_in
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.gates import Gates
from sekisho.reasoning.judging import PRINCIPAL, Judge, Kind, PrincipalIndex
from sekisho.reasoning.keys import Key, Label
from sekisho.reasoning.plain import plain_regions
from sekisho.reasoning.proofs import AskedGate, Case, Prover, asked_gates
from sekisho.reasoning.question import Question, Wanted
from sekisho.reasoning.regions import (
    MAX_DESCRIPTIONS,
    MAX_REGIONS,
    Shape,
    Sides,
    combine,
    shapes_of,
    uncovered,
)
from sekisho.reasoning.scene import keys_without_variables, scene_of
from sekisho.reasoning.settle import is_exact, settle_variables
from sekisho.reasoning.sides import facets_of
from sekisho.reasoning.widen import widen_variables
from sekisho.reasoning.wishes import Wish, wishes_of
from sekisho.reasoning.witnesses import Region, Witnesses, is_wider, joined, outermost


class Solution(msgspec.Struct, frozen=True, gc=False):
    """Who gets in.

    Attributes:
        regions: every group of requests that get through all gates, none within another.
        inexact: the keys of policy variables of which not all values are tried, where others may let more in.
    """

    regions: tuple[Region, ...]
    inexact: tuple[str, ...] = ()


_STEPS_OF_A_PROOF = 5
"""Each combination of values for policy variables has its own, other questions one for each region."""


def solve(question: Question, *, steps: int | None = None) -> tuple[Region, ...]:
    """Return every group of requests that get through all gates: the regions that `solution_of` gives."""
    return solution_of(question, steps=steps).regions


def solution_of(question: Question, *, steps: int | None = None) -> Solution:
    """Say which requests get through all gates.

    Every such request lies in a region for its action, except that the values of policy variables are not all tried;
    every region comes with requests that the evaluator has allowed. No regions means that nobody gets in, whatever
    the variables are.

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
        return Solution(())
    budget = Budget(steps)
    varying = variables_in(clauses, question.world.given)
    if not varying:
        regions = plain_regions(question, clauses, budget)
        return Solution(tuple(_solve(question, clauses, {}, budget) if regions is None else regions))
    exact = is_exact(clauses, varying)
    widest = [] if exact else _widest(question, steps)
    if widest == [] and not exact:
        return Solution(())
    found: list[Region] = []
    kept = _Kept(keys_without_variables(question, clauses, budget), cache(partial(asked_gates, question)))
    for settled in settle_variables(question, clauses, varying, budget):
        more = _solve(question, clauses, settled, budget, kept)
        budget.spend(_STEPS_OF_A_PROOF * len(more))
        found += more
    regions = joined(found)
    _check_number(regions)
    if not regions and not exact:
        names = ", ".join(f"`${{{key}}}`" for key in varying)
        raise UndecidedError(f"the policy variables {names} may have a value that lets somebody in")
    holding = widest is not None and _hold_all(regions, widest)
    return Solution(tuple(outermost(regions)), () if holding else tuple(varying))


def _widest(question: Question, steps: int | None) -> list[Region] | None:
    """Return who gets in if the policy variables could be anything: these, and no others, whatever they are.

    The regions are without witnesses, which nobody asks for. None where that can't be decided.
    """
    wide = widen_variables(question)
    clauses = live_clauses(wide)
    try:
        return [] if clauses is None else _solve(wide, clauses, {}, Budget(steps), proven=False)
    except UndecidedError:
        return None


def _hold_all(regions: Sequence[Region], widest: Sequence[Region]) -> bool:
    """Say whether regions hold what others do."""
    for one in widest:
        actions = one.witnesses.actions
        for found in regions:
            if is_wider(found, one):
                actions &= ~found.witnesses.actions
        if actions:
            return False
    return True


class _Search(msgspec.Struct, frozen=True, gc=False):
    """One pass over a question: its statements, with one value for each policy variable.

    Attributes:
        asked: returns the gates with the evaluator's tests.
        proven: whether its regions come with witnesses.
    """

    question: Question
    clauses: Sequence[Clause]
    context: Context
    gates: Gates
    scene: Scene
    index: PrincipalIndex
    asked: Callable[[], Sequence[AskedGate]]
    proven: bool


class _Kept(msgspec.Struct, frozen=True, gc=False):
    """What is made once, whatever the values of policy variables.

    Attributes:
        keys: those that are compared with no variable, and not given: the same statements have the same bits in them
            whatever the values.
        asked: returns the gates with the evaluator's tests, which are made when they are needed.
    """

    keys: Mapping[str, Key]
    asked: Callable[[], Sequence[AskedGate]]


def _solve(
    question: Question,
    clauses: Sequence[Clause],
    settled: Mapping[str, str | None],
    budget: Budget,
    kept: _Kept | None = None,
    *,
    proven: bool = True,
) -> list[Region]:
    context = _context(question, settled)
    clauses = fitting_given(clauses, question.world.given, context) if settled else clauses
    scene, index = scene_of(question, clauses, settled, budget, kept.keys if kept else {})
    proven = proven or scene.has_canonical_ids  # their witnesses say who they are
    asked = kept.asked if kept else partial(asked_gates, question)
    search = _Search(question, clauses, context, Gates(question.gates, clauses), scene, index, asked, proven)
    regions = _regions(search)
    if scene.has_canonical_ids:
        by_both = _regions(replace(search, scene=replace(scene, by_both_names=True)))
        regions = joined([*regions, *_not_among(regions, by_both)])
    return regions


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


def _regions(search: _Search) -> list[Region]:
    question, clauses, context, scene = search.question, search.clauses, search.context, search.scene
    judge = Judge(clauses, scene.keys, search.index, len(scene.families))
    groups = _groups(search, judge)
    if not groups:
        return []
    actions, cases = _cases(search, judge, groups, wishes_of(question, clauses, context, scene.budget))
    outer = uncovered(actions, judge.extents)
    if not outer:
        return []
    _check_number(outer)
    if not search.proven:
        return [_region(search, judge, shape, Witnesses(question.actions, [], left)) for shape, left in outer.items()]
    prover = Prover(question.actions, clauses, context, search.asked())
    return [_region(search, judge, shape, prover.prove(left, cases[shape])) for shape, left in outer.items()]


def _check_number(regions: Sized) -> None:
    """Raise an UndecidedError where there are more regions than anybody reads."""
    if len(regions) > MAX_REGIONS:
        raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")


def _context(question: Question, settled: Mapping[str, str | None]) -> Context:
    context = question.world.context
    for key, value in settled.items():
        if value is not None:
            context[key] = (value,)
    return context


def _groups(search: _Search, judge: Judge) -> list[Kind]:
    """Return the groups of requests that may get in, as far as the resource and the action do not matter."""
    scene, world = search.scene, search.scene.world
    good, bad, needed = search.gates.sides
    good |= judge.all_families
    if world.wanted is _INSIDE:
        bad |= judge.outside
    sides = Sides(good, bad, (judge.all_families, *needed))
    left = (*sides.needed, judge.outside) if world.wanted is _OUTSIDE else sides.needed
    groups: list[Kind] = [Kind(judge.everything, (), ())]
    for facet in facets_of(scene):
        kinds = judge.kinds(facet, world.shown, left)
        groups = combine(sides, groups, kinds, scene.budget)
        if not groups:
            return []
    if world.wanted is _INSIDE:
        groups = [group for group in groups if not group.mask & judge.outside]
    return groups


def _cases(
    search: _Search, judge: Judge, groups: Sequence[Kind], wishes: Sequence[Wish]
) -> tuple[dict[Shape, int], dict[Shape, list[Case]]]:
    """Return what gets in: to each region the actions, and requests that can do them.

    Raises:
        UndecidedError: far more than `MAX_REGIONS` regions.
    """
    reached: dict[Shape, int] = {}
    found: dict[Shape, list[Case]] = {}
    families, overlap = judge.all_families, judge.overlap
    known: dict[int, int] = {}
    for wish in wishes:
        wanted, possible = wish.target.actions, wish.mask
        if wish.target.callers:
            possible &= ~families | search.scene.bits_of_kinds(*wish.target.callers) << len(search.clauses)
        for group in groups:
            mask = group.mask & possible
            if not mask & families:
                continue
            actions = known.get(mask)
            if actions is None:
                actions = known[mask] = search.gates.passed(mask)
            actions &= wanted
            if not actions:
                continue
            for shape in shapes_of(group) if overlap else (group.labels,):
                before = reached.get(shape, 0)
                if before | actions == before:  # there are requests for all of them already
                    continue
                reached[shape] = before | actions
                found.setdefault(shape, []).append(Case(actions, mask, group.examples, wish))
            if len(found) > MAX_DESCRIPTIONS:
                raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
    return reached, found


def _region(search: _Search, judge: Judge, shape: Shape, witnesses: Witnesses) -> Region:
    """Describe a region, for each of whose actions there is a request."""
    principal = EVERYONE
    condition: dict[str, Label] = {}
    for place, name in enumerate(judge.keys):
        bits = shape[place]
        if bits and name == PRINCIPAL:
            principal = search.index.labels[bits.bit_length() - 1]
        elif bits:
            condition[name] = search.scene.keys[name].labels[bits.bit_length() - 1]
    return Region(principal, condition, witnesses)


_INSIDE, _OUTSIDE = Wanted.INSIDE, Wanted.OUTSIDE
