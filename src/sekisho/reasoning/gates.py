"""Through all gates: which actions get through when some statements hold."""

from collections.abc import Iterable, Sequence

from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.question import Gate


class Gates:
    """The gates of a question with their statements.

    Attributes:
        by_gate: each gate with its Allows and its Denies.
    """

    __slots__ = ("by_gate",)

    def __init__(self, gates: Sequence[Gate], clauses: Sequence[Clause]) -> None:
        self.by_gate: list[tuple[Gate, list[Clause], list[Clause]]] = [(gate, [], []) for gate in gates]
        for clause in clauses:
            _, allows, denies = self.by_gate[clause.gate]
            (allows if clause.allows else denies).append(clause)

    @property
    def sides(self) -> tuple[int, int, list[int]]:
        """What helps a request through and what hinders it, as bits; and for each open gate what has to help."""
        good, bad = 0, 0
        needed: list[int] = []
        for gate, opening, closing in self.by_gate:
            opens, closes = _bits_of(opening), _bits_of(closing)
            if gate.shut:
                good, bad = good | closes, bad | opens
            else:
                good, bad = good | opens, bad | closes
                needed.append(opens)
        return good, bad, needed

    def passed(self, mask: int) -> int:
        """Return the actions that every gate allows, or refuses where it is to be shut.

        Args:
            mask: the statements that hold, as their bits.
        """
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


def _bits_of(clauses: Iterable[Clause]) -> int:
    bits = 0
    for clause in clauses:
        bits |= clause.bit
    return bits
