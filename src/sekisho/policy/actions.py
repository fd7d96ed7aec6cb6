"""Numbered actions: a set of them is an integer, so that a statement's actions are compared in one step."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import compress

from sekisho.policy.document import Patterns
from sekisho.policy.patterns import parse_template, pattern_matches, resolve


class ActionTable:
    """Some actions, each with a bit of its own.

    Attributes:
        names: in AWS's own case, by name in lower case; the place of one is the number of its bit.
        all: the set of all of them.
    """

    def __init__(self, names: Iterable[str], levels: Mapping[str, str] | None = None) -> None:
        """Number the names.

        Args:
            names: the actions.
            levels: the access level of each; actions that are not in it have none.
        """
        self.names = tuple(sorted(names, key=str.lower))
        self.all = (1 << len(self.names)) - 1
        self._lowered = [name.lower() for name in self.names]
        self._bits = {name: 1 << place for place, name in enumerate(self._lowered)}
        self._levels: dict[str, int] = {}
        for name, level in (levels or {}).items():
            self._levels[level] = self._levels.get(level, 0) | self._bits[name.lower()]

    def levels_of(self, actions: int) -> frozenset[str]:
        """Return the access levels of a set of actions."""
        return frozenset([level for level, having in self._levels.items() if having & actions])

    def set_of(self, names: Iterable[str]) -> int:
        """Return the set of some names, which have to be in the table."""
        found = 0
        for name in names:
            found |= self._bits[name.lower()]
        return found

    def known(self, names: Iterable[str]) -> int:
        """Return the set of those of some names that the table has."""
        found = 0
        for name in names:
            found |= self._bits.get(name.lower(), 0)
        return found

    def place_of(self, name: str) -> int | None:
        """Return the number of an action's bit; None when the table does not have it."""
        bit = self._bits.get(name.lower())
        return None if bit is None else bit.bit_length() - 1

    def names_in(self, actions: int) -> Iterable[str]:
        """Return the names of a set, in order."""
        if actions.bit_count() <= _FEW:
            found: list[str] = []
            while actions:
                lowest = actions & -actions
                actions ^= lowest
                found.append(self.names[lowest.bit_length() - 1])
            return found
        return compress(self.names, map("1".__eq__, format(actions, "b")[::-1]))

    def covered(self, patterns: Patterns) -> int:
        """Return what an `Action` or `NotAction` element covers; names are compared without regard to case."""
        found = 0
        for glob in patterns.globs:
            lowered = glob.lower()
            bit = self._bits.get(lowered)
            found |= self._matching(lowered) if bit is None else bit
        return self.all & ~found if patterns.negated else found

    def _matching(self, glob: str) -> int:
        """Return what a glob covers that is not itself the name of an action."""
        if glob == "*":
            return self.all
        start, star, rest = glob.partition("*")
        if "?" in glob or rest:
            return self._slowly_matching(glob)
        if not star:
            return 0
        low = bisect_left(self._lowered, start)
        high = bisect_left(self._lowered, start + _LAST)
        return (1 << high) - (1 << low)

    def _slowly_matching(self, glob: str) -> int:
        pattern = resolve(parse_template(glob, wildcards=True, variables=False), lambda _: None)
        return sum(bit for name, bit in self._bits.items() if pattern is not None and pattern_matches(pattern, name))


_FEW = 12
"""So few names are picked one by one."""

_LAST = "\U0010ffff"
"""Comes after every letter of a name."""
