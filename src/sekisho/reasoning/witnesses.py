"""Answers: regions of requests, and the requests that prove them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from sekisho.evaluation import Request
from sekisho.policy import EVERYONE, Principal, Statement
from sekisho.policy.actions import ActionTable
from sekisho.reasoning.keys import Label
from sekisho.reasoning.question import Document


class Opener(msgspec.Struct, frozen=True, gc=False):
    """A statement that lets a witness in, with the document it stands in."""

    document: Document
    statement: Statement


class Witness(msgspec.Struct, frozen=True, gc=False):
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

    __slots__ = ("_table", "actions", "found")

    def __init__(self, table: ActionTable, found: list[tuple[int, Witness]], actions: int) -> None:
        """Take requests.

        Args:
            table: the question's actions.
            found: sets of actions, each with the request for one of them.
            actions: all of them together.
        """
        self._table = table
        self.found = found
        self.actions = actions

    def add(self, actions: int, witness: Witness) -> None:
        """Note the witness for one of a set of actions as that of all of them."""
        self.found.append((actions, witness))
        self.actions |= actions

    def join(self, more: "Witnesses") -> None:
        """Take over the requests for further actions."""
        for actions, witness in more.found:
            if left := actions & ~self.actions:
                self.add(left, witness)

    def only(self, actions: int) -> "Witnesses":
        """Return the requests for some of the actions."""
        found = [(both, one) for alike, one in self.found if (both := alike & actions)]
        return Witnesses(self._table, found, self.actions & actions)

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
        return iter(self._table.names_in(self.actions))

    def __len__(self) -> int:
        """Return how many actions there are."""
        return self.actions.bit_count()

    def alike(self) -> Iterator[tuple[Iterable[str], Witness]]:
        """Yield sets of actions that the same statements cover, each with one request."""
        for actions, witness in self.found:
            yield self._table.names_in(actions), witness

    @property
    def distinct(self) -> list[Witness]:
        """One request for each set of actions that the same statements cover."""
        return [witness for _, witness in self.found]


class Region(msgspec.Struct, frozen=True, gc=False):
    """A group of requests that get in.

    Attributes:
        principal: `*` when no narrower principal of the documents describes the callers.
        condition: the shown keys that narrow the group, in lower case, with the value that stands for it.
        witnesses: to each action a request for it.
    """

    principal: Principal
    condition: Mapping[str, Label]
    witnesses: Witnesses


def joined(regions: Iterable[Region]) -> list[Region]:
    """Join the regions that are described alike, in whatever order their keys come."""
    found: dict[tuple[Principal, frozenset[tuple[str, Label]]], Region] = {}
    for one in regions:
        known = found.setdefault((one.principal, frozenset(one.condition.items())), one)
        if known is not one:
            known.witnesses.join(one.witnesses)
    return list(found.values())


def outermost(regions: Sequence[Region]) -> Iterator[Region]:
    """Yield the regions without the actions that another one, described by less, has too."""
    for one in regions:
        actions = one.witnesses.actions
        for two in regions:
            if two is not one and is_wider(two, one):
                actions &= ~two.witnesses.actions
        if actions:
            yield Region(one.principal, one.condition, one.witnesses.only(actions))


def is_wider(one: Region, other: Region) -> bool:
    """Say whether one region is described by no more than the other is, so that it holds all of it."""
    return one.principal in {EVERYONE, other.principal} and one.condition.items() <= other.condition.items()
