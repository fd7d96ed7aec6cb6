"""A condition key as the statements of a question use it: its values as bits, its tests as masks.

Every value that some statement compares the key with is one bit. A request's value has the bits of those that it
matches, and a test of a statement holds or fails by these bits alone. This says in bulk what
`sekisho.evaluation.conditions` says of one condition; a property test holds the two equal.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from itertools import accumulate

import msgspec

from sekisho.evaluation.conditions import Context, value_matches, value_test
from sekisho.policy import Condition
from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.policy.operators import BaseOperator, Family, Quantifier
from sekisho.policy.patterns import Pattern, parse_template, resolve
from sekisho.policy.values import END_OF_ADDRESSES, FIRST_OF_IPV6, parse_address, parse_network
from sekisho.reasoning.automaton import Reading
from sekisho.reasoning.points import Interval


class Label(msgspec.Struct, frozen=True, gc=False):
    """A value that stands for all request values it matches.

    Attributes:
        key: a condition key, in lower case.
        text: as the document spells it.
        operator: how the text is compared, the negation left aside.
        variables: whether policy variables work in the text.
    """

    key: str
    text: str
    operator: BaseOperator
    variables: bool = False

    def contains(self, context: Context) -> bool:
        """Say whether the value that a request has for the key, or one of its values, is among them."""
        return any(
            value_matches(self.operator, self.text, value, context, variables=self.variables)
            for value in context.get(self.key, ())
        )


_NULL, _BOOL, _ARN, _ADDRESS, _ALL = Family.NULL, Family.BOOL, Family.ARN, Family.ADDRESS, Quantifier.ALL
_EXACT, _IGNORING_CASE, _BY_PARTS = Reading.EXACT, Reading.IGNORING_CASE, Reading.ARN


class Test(msgspec.Struct, frozen=True, gc=False):
    """One condition on a key.

    Attributes:
        clause: the bit of the statement that it stands in.
        values: the bits of the values it names.
        negated: whether it holds where none of them matches; for `Null`, whether it holds for a key that is present.
        when_absent: whether it holds for a key that is absent.
        every: whether each value of a request has to pass, for keys with several.
    """

    clause: int
    values: int
    negated: bool
    when_absent: bool
    every: bool


class Key:
    """One condition key, gathered statement by statement.

    Attributes:
        labels: the values that statements compare the key with; the place of one is the number of its bit.
        tests: the conditions on the key.
        quantified: whether some condition of the documents has a set operator; whoever makes the key says so.
    """

    __slots__ = (
        "_changes", "_edges", "_exact", "_folded", "_numbers", "_others", "_value_of", "absent_fails", "bounds",
        "flags", "is_flag", "is_plain", "labels", "name", "patterns", "quantified", "tests",
    )  # fmt: skip

    def __init__(self, name: str, value_of: Callable[[str], str | None]) -> None:
        self.name = name
        self.labels: list[Label] = []
        self.tests: list[Test] = []
        self.quantified = False
        self.absent_fails = 0
        self._value_of = value_of
        self._numbers: dict[tuple[str, str, bool], int] = {}
        self._exact: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        self._changes: dict[int, int] = {}  # by address, the ranges that start there or end before it, as bits
        self._edges: tuple[list[int], list[int]] | None = None
        self._others: list[tuple[int, Callable[[str], bool]]] = []
        self.patterns: list[tuple[Pattern, Reading]] = []
        self.bounds: dict[Family, list[str]] = {}
        self.is_plain = True
        """Whether a request value matters only by being equal to some text."""
        self.flags = False
        """Whether some condition takes the value for true or false."""
        self.is_flag = True
        """Whether no condition takes it for anything else."""

    def add(self, condition: Condition, clause: int, *, variables: bool) -> None:
        """Add a condition of a statement."""
        operator = condition.operator
        base, quantifier = operator.base, operator.quantifier
        if base.family is _NULL:
            wanted = {value.lower() for value in condition.values}
            test = Test(clause, 0, "false" in wanted, "true" in wanted, every=False)
        else:
            values = 0
            for text in condition.values:
                spelled = base.kind, text, variables and "${" in text
                number = self._numbers.get(spelled)
                if number is None:
                    number = self._numbers[spelled] = self._add_label(base, text, variables=spelled[2])
                values |= 1 << number
            if quantifier is None:
                test = Test(clause, values, base.negated, operator.if_exists or base.negated, base.negated)
            else:
                every = quantifier is _ALL
                test = Test(clause, values, base.negated, operator.if_exists or every, every)
        if not test.when_absent:
            self.absent_fails |= clause
        self.tests.append(test)

    def _add_label(self, base: BaseOperator, text: str, *, variables: bool) -> int:
        """Add a value; return its place."""
        number = len(self.labels)
        bit = 1 << number
        self.labels.append(Label(self.name, text, base, variables))
        if base.family is _BOOL:
            self.flags = True
        else:
            self.is_flag = False
        if base.takes_variables:
            self._add_text(base, text, bit, variables=variables)
            return number
        self.is_plain = False
        self.bounds.setdefault(base.family, []).append(text)
        if base.family is _ADDRESS and (network := parse_network(text)) is not None:
            start, end = network.low, network.high + 1
            self._changes[start] = self._changes.get(start, 0) ^ bit
            self._changes[end] = self._changes.get(end, 0) ^ bit
        else:
            self._others.append((bit, value_test(base, text)))
        return number

    def _add_text(self, base: BaseOperator, text: str, bit: int, *, variables: bool) -> None:
        pattern: Pattern | None = (text,) if text else ()
        if variables or base.takes_wildcards:
            template = parse_template(text, wildcards=base.takes_wildcards, variables=variables)
            pattern = resolve(template, self._value_of)
        if pattern is None:
            return
        if base.folds_case:
            folded = "".join(map(str, pattern)).lower()
            self._folded[folded] = self._folded.get(folded, 0) | bit
            self.patterns.append((pattern, _IGNORING_CASE))
        elif not pattern or (len(pattern) == 1 and isinstance(pattern[0], str)):
            literal = str(pattern[0]) if pattern else ""
            if base.family is not _ARN or literal.count(":") >= ARN_COMPONENTS - 1:  # else no ARN is equal to it
                self._exact[literal] = self._exact.get(literal, 0) | bit
                self.patterns.append((pattern, _EXACT))
        else:
            self.patterns.append((pattern, _BY_PARTS if base.family is _ARN else _EXACT))
            self._others.append((bit, value_test(base, text, pattern)))
            self.is_plain = False

    def judged(self, values: tuple[str, ...]) -> tuple[int, int]:
        """Return the clauses that fail for a request's values, and the bits of the key's values that they match."""
        if not values:
            return self.absent_fails, 0
        first = values[0]
        if len(values) > 1:
            return self.failing_with(values), self.labels_of(values)
        bits = self.bits_of(first)
        fails = 0
        for test in self.tests:
            if (not bits & test.values) is not test.negated:
                fails |= test.clause
        return fails, bits

    def failing_with(self, values: tuple[str, ...]) -> int:
        """Return the clauses that fail for a request with several values."""
        some, every = 0, -1
        for value in values:
            passed = self.passed(self.bits_of(value))
            some |= passed
            every &= passed
        return self._failing_tests(some & ~self.every | every & self.every)

    def labels_of(self, values: tuple[str, ...]) -> int:
        """Return the bits of all the key's values that one of a request's values matches."""
        bits = 0
        for value in values:
            bits |= self.bits_of(value)
        return bits

    def bits_of(self, value: str) -> int:
        """Return the bits of all the key's values that a request value matches."""
        bits = self._exact.get(value, 0)
        if self._folded:
            bits |= self._folded.get(value.lower(), 0)
        for bit, matches in self._others:
            if matches(value):
                bits |= bit
        if self._changes and (address := parse_address(value)) is not None:
            edges, within = self._edges or self._marked_edges()
            bits |= within[bisect_right(edges, address) - 1]
        return bits

    def _marked_edges(self) -> tuple[list[int], list[int]]:
        """Return where intervals of addresses start, in order, and the bits of the ranges that cover each."""
        changes = {0: 0, FIRST_OF_IPV6: 0, END_OF_ADDRESSES: 0} | self._changes
        edges = sorted(changes)
        self._edges = edges, list(accumulate(map(changes.__getitem__, edges), int.__xor__))
        return self._edges

    def passed(self, bits: int) -> int:
        """Return which tests a value with these bits passes, as one bit for each test."""
        found = 0
        for place, test in enumerate(self.tests):
            if (not bits & test.values) is test.negated:
                found |= 1 << place
        return found

    def _failing_tests(self, passed: int) -> int:
        fails = 0
        for place, test in enumerate(self.tests):
            if not passed >> place & 1:
                fails |= test.clause
        return fails

    @property
    def every(self) -> int:
        """The tests that each value of a request has to pass, as one bit for each test."""
        return sum(1 << place for place, test in enumerate(self.tests) if test.every)

    @property
    def intervals(self) -> Iterable[Interval]:
        """The intervals of addresses that the ends of the ranges mark off, of both versions, each with its bits."""
        edges, bits = self._edges or self._marked_edges()
        return zip(edges, edges[1:], bits, strict=False)

    @property
    def is_literal(self) -> bool:
        """Whether a request value matters only by being equal, letter by letter, to some texts."""
        return self.is_plain and not self._folded

    @property
    def texts(self) -> Collection[str]:
        """The texts that request values may have to be equal to, letter by letter."""
        return self._exact.keys()
