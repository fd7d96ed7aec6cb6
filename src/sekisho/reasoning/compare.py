"""Two policies side by side: who gains, who loses, and whether one is no more permissive than the other.

Each is one question: a request that the one policy lets through and the other refuses. It is asked with the first
one's gates open and one gate of the second shut, once for each gate of the second, since one that refuses is enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from sekisho.evaluation import CallerKind
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.question import Gate, Question, Target, Wanted
from sekisho.reasoning.solve import Solution, solution_of
from sekisho.reasoning.witnesses import Region, Witness, joined, outermost


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes between two policies.

    Attributes:
        gained: requests that get through afterwards and did not before. A witness's `openers` are the new statements
            that let it in; its `closers` are the Denies that used to refuse it, none where nothing allowed it.
        lost: requests that got through before and do not afterwards; `openers` are old statements, `closers` new ones.
        inexact: keys of policy variables, in lower case, of which values that were not tried may change more.
    """

    gained: tuple[Region, ...]
    lost: tuple[Region, ...]
    inexact: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything changes."""
        return bool(self.gained or self.lost)


def compare(question: Question, new: Sequence[Gate], *, steps: int | None = None) -> Difference:
    """Say who gains and who loses when the gates of a question are replaced.

    Args:
        question: whose requests are looked for, for what, and the gates as they are.
        new: the gates as they would be, one for each of the question's.
        steps: how many steps each of the questions asked may take.

    Raises:
        UndecidedError: it is beyond the budget, or hangs on values of policy variables that were not tried.
    """
    swapped = replace(question, gates=tuple(new))
    more, less = _gained(question, new, steps), _gained(swapped, question.gates, steps)
    return Difference(more.regions, less.regions, tuple(dict.fromkeys((*more.inexact, *less.inexact))))


def gained(question: Question, new: Sequence[Gate], *, steps: int | None = None) -> tuple[Region, ...]:
    """Return every group of requests that `new` lets through and the gates of the question do not.

    Every such request lies in a returned region for its action, with the one exception that `solution_of` names; no
    regions means that there is none. The arguments and errors are those of `compare`.
    """
    return _gained(question, new, steps).regions


def _gained(question: Question, new: Sequence[Gate], steps: int | None) -> Solution:
    found: list[Region] = []
    inexact: dict[str, None] = {}
    for one in _refused_before(question, new):
        more = solution_of(one, steps=steps)
        found += more.regions
        inexact |= dict.fromkeys(more.inexact)
    regions = joined(found)
    return Solution(tuple(regions) if len(question.gates) == 1 else tuple(outermost(regions)), tuple(inexact))


def _refused_before(question: Question, new: Sequence[Gate]) -> Iterator[Question]:
    """Yield for each old gate the question what gets through the new gates, and not through it."""
    for place, before in enumerate(question.gates):
        if before.documents != new[place].documents:
            targets = tuple([replace(one, views=(*one.views, one.views[place])) for one in question.targets])
            yield replace(question, gates=(*new, replace(before, shut=True)), targets=targets)


@dataclass(frozen=True, slots=True)
class Holds:
    """It is so, for every request."""


@dataclass(frozen=True, slots=True)
class Fails:
    """It is not so.

    Attributes:
        regions: the requests for which it is not; never empty.
    """

    regions: tuple[Region, ...]

    @property
    def witness(self) -> Witness:
        """A request for which it is not so."""
        return self.regions[0].witnesses.distinct[0]


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be decided whether it is so.

    Attributes:
        reason: in words that follow "because".
    """

    reason: str


Answer: TypeAlias = Holds | Fails | Unknown


def is_no_more_permissive(question: Question, new: Sequence[Gate], *, steps: int | None = None) -> Answer:
    """Say whether every request that `new` lets through gets through the gates of the question too.

    The requests are those of anyone, trusted or not: AWS services and anonymous callers too, where a statement names
    principals, and whether the service would answer such a caller or not. Policies of identities name none: theirs
    are the kinds of caller that the question's world has.

    Args:
        question: what can be asked for, and the gates that set the measure.
        new: the gates that are measured, one for each of the question's.
        steps: how many steps the answer may take for each gate.
    """
    try:
        regions = gained(_of_anyone(question, new), new, steps=steps)
    except UndecidedError as error:
        return Unknown(str(error))
    return Fails(regions) if regions else Holds()


def _of_anyone(question: Question, new: Sequence[Gate]) -> Question:
    named = any(
        statement.principals is not None
        for gate in (*question.gates, *new)
        for document in gate.documents
        for statement in document.policy.statements
    )
    callers = frozenset(CallerKind) if named else question.world.callers
    targets: tuple[Target, ...] = tuple([replace(one, callers=frozenset()) for one in question.targets])
    return replace(question, targets=targets, world=replace(question.world, wanted=Wanted.ANYONE, callers=callers))
