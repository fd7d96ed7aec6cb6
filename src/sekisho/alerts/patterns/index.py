"""Many patterns at once: which of them match an event, without asking each.

Of every alternative of a pattern one field is the key: the one that the fewest others share. An event's values lead, by
hash, to the alternatives whose key they pass; only of these the other fields are looked at, and each distinct field
once for an event. Of the event only what some pattern names is looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sekisho.alerts.patterns.choices import Choice, can_choose, choice_of
from sekisho.alerts.patterns.events import Elements, Event
from sekisho.alerts.patterns.json_text import Json, Object, Value
from sekisho.alerts.patterns.lookup import Lookup
from sekisho.alerts.patterns.operators import Absent, AnythingBut, Equals, Present, Test
from sekisho.alerts.patterns.pattern import Field, Pattern

_Leaves: TypeAlias = list[tuple[Value, Elements]]
_Found: TypeAlias = dict[int, _Leaves]
"""The values of an event, by the numbers of their fields."""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A distinct field of the patterns, ready to be asked.

    Attributes:
        path: the number of its path.
        accepts: whether a value passes.
        takes_absence: see `Field`.
    """

    path: int
    accepts: Callable[[Value], bool]
    takes_absence: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """An alternative of a rule.

    Attributes:
        rule: its number.
        clauses: their numbers, in the order of their paths.
        asked: those that are not the key, the least likely first.
    """

    rule: int
    clauses: tuple[int, ...]
    asked: tuple[int, ...]


class _Node(dict[str, "_Node"]):
    """What patterns ask of an object of the event: the fields in it; and the number of the path that leads here."""

    __slots__ = ("path",)

    def __init__(self) -> None:
        super().__init__()
        self.path = _NO_PATH

    def below(self, names: Sequence[str]) -> "_Node | None":
        """Return what stands below under these names, one in the other."""
        node: _Node | None = self
        for name in names:
            node = node.get(name) if node is not None else None
        return node


_NO_PATH: Final = -1
_NESTED: Final = (tuple, list)


class PatternIndex:
    """Named patterns, to be put to one event after the other. It does not change, and threads may share it."""

    def __init__(self, patterns: Mapping[str, Pattern]) -> None:
        self.patterns: Final = dict(patterns)
        self._names: Final = tuple(patterns)
        self._top: Final = _Node()
        self._ways: Final[list[_Way]] = []
        self._clauses: Final[list[_Clause]] = []
        self._always: Final[list[int]] = []
        self._lookups: Final[dict[int, Lookup]] = {}
        self._build()

    def matching(self, event: Event) -> tuple[str, ...]:
        """Return the names of the patterns that match, in the order in which they were given."""
        found, in_arrays = _collect(self._top, event.document)
        candidates = set(self._always)
        for path, leaves in found.items():
            lookup = self._lookups.get(path)
            if lookup is not None:
                for value, _ in leaves:
                    lookup.add_passed(value, candidates)
        if not candidates:
            return ()
        answers = _Answers(self._clauses, found, in_arrays)
        rules: set[int] = set()
        for number in candidates:
            way = self._ways[number]
            if way.rule not in rules and answers.all_hold(way.asked) and answers.agree(way.clauses):
                rules.add(way.rule)
        return tuple(self._names[rule] for rule in sorted(rules))

    def _build(self) -> None:
        popular = Counter(
            (one.path, test)
            for pattern in self.patterns.values()
            for alternative in pattern.alternatives
            for one in alternative
            for test in one.tests
        )
        waiting: defaultdict[int, defaultdict[Test, list[int]]] = defaultdict(lambda: defaultdict(list))
        numbers: dict[Field, int] = {}
        paths: dict[str, int] = {}
        for rule, pattern in enumerate(self.patterns.values()):
            for alternative in pattern.alternatives:
                way = len(self._ways)
                clauses = {one: self._clause(one, numbers, paths) for one in alternative}
                key, *others = sorted(alternative, key=lambda one: _expected(one, popular))
                asked = alternative if key.takes_absence else others
                self._ways.append(_Way(rule, tuple(clauses.values()), tuple(clauses[one] for one in asked)))
                if key.takes_absence:
                    self._always.append(way)
                    continue
                for test in set(key.tests):
                    waiting[paths[key.path]][test].append(way)
        for path, tests in waiting.items():
            self._lookups[path] = Lookup({test: tuple(ways) for test, ways in tests.items()})

    def _clause(self, one: Field, numbers: dict[Field, int], paths: dict[str, int]) -> int:
        """Return the number of a field, a new one where it was not seen before."""
        number = numbers.setdefault(one, len(numbers))
        if number == len(self._clauses):
            path = paths.setdefault(one.path, len(paths))
            self._ask_for(one.path, path)
            self._clauses.append(_Clause(path, _acceptor(one.tests), one.takes_absence))
        return number

    def _ask_for(self, path: str, number: int) -> None:
        node = self._top
        for name in path.split("."):
            node = node.setdefault(name, _Node())
        node.path = number


_OFTEN: Final = 1_000
_MOSTLY: Final = 1_000_000


def _expected(one: Field, popular: Mapping[tuple[str, Test], int]) -> tuple[int, int]:
    """Return how unfit a field is as a key: how many alternatives one value may lead to, and how many values do."""
    return max(popular[one.path, test] * _unfit(test) for test in one.tests), len(one.tests)


def _unfit(test: Test) -> int:
    match test:
        case Absent():
            return _MOSTLY * _MOSTLY
        case AnythingBut() | Present():
            return _MOSTLY
        case Equals(value=bool() | None):
            return _OFTEN
        case Equals():
            return 1
        case _:
            return 2


def _acceptor(tests: Sequence[Test]) -> Callable[[Value], bool]:
    """Return what says whether a value passes one of the tests."""
    values = frozenset(test.value for test in tests if isinstance(test, Equals))
    others = tuple(test.accepts for test in tests if not isinstance(test, Equals))
    if not others:
        return values.__contains__
    if len(others) == 1 and not values:
        return others[0]
    return lambda value: value in values or any(accepts(value) for accepts in others)


def _collect(top: _Node, document: Object) -> tuple[_Found, set[int]]:  # noqa: C901 - events spend their time here
    """Return the values that the patterns ask for, and which paths have some in elements of arrays.

    In the plain account this is `Event.fields`.
    """
    found: _Found = {}
    in_arrays: set[int] = set()
    arrays = 0
    left: list[tuple[_Node, Object | list[Json], Elements]] = [(top, document, ())]
    while left:
        node, outer, elements = left.pop()
        if isinstance(outer, list):
            for index, value in enumerate(outer):
                if isinstance(value, _NESTED):
                    left.append((node, value, (*elements, (arrays, index))))
                elif node.path >= 0:
                    found.setdefault(node.path, []).append((value, elements))
                    if elements:
                        in_arrays.add(node.path)
            arrays += 1
            continue
        for name, value in outer:
            below = node.get(name)
            if below is None:
                below = node.below(name.split(".")) if "." in name else None
                if below is None:
                    continue
            if isinstance(value, _NESTED):
                left.append((below, value, elements))
            elif below.path >= 0:
                found.setdefault(below.path, []).append((value, elements))
                if elements:
                    in_arrays.add(below.path)
    return found, in_arrays


class _Answers:
    """What one event answers to clauses, each asked once."""

    def __init__(self, clauses: Sequence[_Clause], found: _Found, in_arrays: set[int]) -> None:
        self._clauses = clauses
        self._found = found
        self._in_arrays = in_arrays
        self._verdicts: dict[int, bool] = {}
        self._choices: dict[int, Choice] = {}

    def all_hold(self, clauses: Sequence[int]) -> bool:
        """Say whether the clauses hold, each by itself."""
        for number in clauses:
            verdict = self._verdicts.get(number)
            if verdict is None:
                verdict = self._verdicts[number] = self._may_hold(self._clauses[number])
            if not verdict:
                return False
        return True

    def agree(self, clauses: Sequence[int]) -> bool:
        """Say whether clauses that hold each by itself hold in the same elements of arrays."""
        in_arrays = self._in_arrays
        if not in_arrays:
            return True
        choices = [self._choice(one) for one in clauses if self._clauses[one].path in in_arrays]
        return not choices or can_choose(choices)

    def _may_hold(self, clause: _Clause) -> bool:
        """Say whether a clause holds as far as arrays have no say in it."""
        leaves = self._found.get(clause.path)
        if leaves is None:
            return clause.takes_absence
        accepts = clause.accepts
        for value, _ in leaves:
            if accepts(value):
                return True
        return clause.takes_absence and clause.path in self._in_arrays

    def _choice(self, number: int) -> Choice:
        choice = self._choices.get(number)
        if choice is None:
            clause = self._clauses[number]
            values = [(elements, clause.accepts(value)) for value, elements in self._found[clause.path]]
            choice = self._choices[number] = choice_of(values, takes_absence=clause.takes_absence)
        return choice
