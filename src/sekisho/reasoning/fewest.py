"""As few regions as hold every request: for statements that overlap each other in every way.

Regions are told for every combination of labels that some request needs: n statements whose patterns overlap on two
keys have n times n of them. A reader who wants to know that nobody is left out, and no more, is served by n.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from sekisho.policy import EVERYONE, Condition, Principal, PrincipalForm, Statement
from sekisho.policy.operators import Quantifier
from sekisho.reasoning.clauses import Clause, live_clauses
from sekisho.reasoning.question import Question
from sekisho.reasoning.witnesses import Region

_MOST_BOXES = 2_000
"""How many combinations of the values of one statement are looked at; beyond, all its regions are kept."""


def fewest(question: Question, regions: Sequence[Region]) -> tuple[Region, ...]:
    """Return some of a question's regions that still hold every request that gets in, in their order.

    Every request is let in by a statement, and lies in one of that statement's boxes: one of its principals, with one
    of the values that each of its conditions asks for. Regions are chosen, the one that holds most first, until every
    box is held for every action for which some region holds it, whoever the region's witnesses are; where a box lies
    in no region for an action, all regions that its statement opens for that action are kept. That is never too
    little, and not always the least that there is.

    Args:
        question: what was asked.
        regions: what `solve` answered.
    """
    clauses = [clause for clause in live_clauses(question) or () if clause.allows and clause.gate == 0]
    kept: set[int] = set()
    wanted: dict[tuple[_Box, int], int] = {}  # to a box and one of its clauses, the actions that have to be held
    for number, clause in enumerate(clauses):
        boxes = list(_boxes(clause))
        opened = [place for place, region in enumerate(regions) if _opens(clause, region)]
        actions = clause.actions & _actions(regions[place] for place in opened)
        unheld = 0 if boxes else actions
        for box in boxes:
            unheld |= actions & ~_actions(regions[place] for place in opened if _holds(regions[place], box))
        kept.update(place for place in opened if regions[place].witnesses.actions & unheld)
        for box in boxes:
            held = _actions(region for region in regions if _holds(region, box))
            wanted[box, number] = clause.actions & held & ~unheld
    chosen = _choose(regions, wanted, kept)
    return tuple(region for place, region in enumerate(regions) if place in chosen)


@dataclass(frozen=True, slots=True)
class _Box:
    """Requests of one statement: by one principal, with one value for each shown key that it asks for."""

    principal: Principal
    values: tuple[tuple[str, str], ...]


def _boxes(clause: Clause) -> Iterator[_Box]:
    """Yield the boxes of a statement; none where they are too many."""
    asked = [condition for condition in clause.conditions if _asks(condition)]
    choices = [[(condition.key.lower(), value) for value in condition.values] for condition in asked]
    principals = _principals(clause.statement)
    count = len(principals)
    for listed in choices:
        count *= len(listed)
    if count <= _MOST_BOXES:
        for principal in principals:
            yield from (_Box(principal, values) for values in product(*choices))


def _principals(statement: Statement) -> Sequence[Principal]:
    principals = statement.principals
    return (EVERYONE,) if principals is None or principals.negated else principals.entries


def _asks(condition: Condition) -> bool:
    """Say whether a request has to have one of the condition's values."""
    operator = condition.operator
    return not (operator.base.negated or operator.if_exists or operator.quantifier is Quantifier.ALL)


def _opens(clause: Clause, region: Region) -> bool:
    return any(
        opener.statement is clause.statement for witness in region.witnesses.distinct for opener in witness.openers
    )


def _holds(region: Region, box: _Box) -> bool:
    """Say whether every request of a box lies in a region, as far as it can be told from how they are written."""
    whole = box.principal.account
    account = None if whole is None else Principal(PrincipalForm.ACCOUNT, whole)
    if region.principal not in {EVERYONE, box.principal, account}:
        return False
    values = set(box.values)
    return all((key, label.text) in values for key, label in region.condition.items())


def _actions(regions: Iterable[Region]) -> int:
    actions = 0
    for region in regions:
        actions |= region.witnesses.actions
    return actions


def _choose(regions: Sequence[Region], wanted: Mapping[tuple[_Box, int], int], kept: set[int]) -> set[int]:
    """Return the places of regions that hold every box for all its actions: the one that holds most comes first."""
    left = {box: actions for box, actions in wanted.items() if actions}
    holders = {box: [place for place, region in enumerate(regions) if _holds(region, box[0])] for box in left}
    chosen = set(kept)
    for place in kept:
        _take(regions[place], place, left, holders)
    while left:
        gains: dict[int, int] = {}
        for box, actions in left.items():
            for place in holders[box]:
                gain = (actions & regions[place].witnesses.actions).bit_count()
                if gain:
                    gains[place] = gains.get(place, 0) + gain
        if not gains:
            break
        best = max(gains, key=lambda place: (gains[place], -place))
        chosen.add(best)
        _take(regions[best], best, left, holders)
    return chosen


def _take(
    region: Region, place: int, left: dict[tuple[_Box, int], int], holders: Mapping[tuple[_Box, int], Sequence[int]]
) -> None:
    """Take what a region holds off what is left to be held."""
    for box in [box for box in left if place in holders[box]]:
        left[box] &= ~region.witnesses.actions
        if not left[box]:
            del left[box]
