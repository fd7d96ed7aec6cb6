"""From examples to regions: which groups of requests get in, described as briefly as the documents themselves allow.

A **label** of a key is a value that some statement writes for it, or "anything", which says nothing. It stands for the
request values it matches. A **region** is one label for the principal and for every shown key. A request belongs to the
regions whose labels are *minimal* among those that contain its values, so that nothing has to search the lattice of
regions: every allowed request names its own.

Source: J. Backes et al., "Stratified Abstraction of Access Control Policies", CAV 2020.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from sekisho.evaluation import Caller
from sekisho.evaluation.conditions import Context, condition_holds, value_matches
from sekisho.evaluation.principals import principal_matches, principals_match
from sekisho.policy import EVERYONE, Effect, Principal, PrincipalForm, Statement
from sekisho.policy.operators import BaseOperator, Comparison, Family
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.facets import Example, Facet
from sekisho.reasoning.mentions import Mentions
from sekisho.reasoning.question import World

MAX_GROUPS = 20_000
"""How many groups of requests are kept apart before the reasoner gives up."""

MAX_REGIONS = 3_000
"""How many regions are compared with each other before the reasoner gives up."""

PRINCIPAL = "principal"
"""The key that the labels of principals go under; no condition key is spelled so."""


@dataclass(frozen=True, slots=True)
class Label:
    """A value that stands for all request values it matches.

    Attributes:
        key: a condition key in lower case, or `PRINCIPAL`.
        text: as the document spells it.
        operator: how the text is compared; None for a principal.
        variables: whether policy variables work in the text.
    """

    key: str
    text: str
    operator: BaseOperator | None = None
    variables: bool = False
    principal: Principal | None = None

    def contains(self, example: Example, context: Context) -> bool:
        """Say whether the example's value is among those that the label stands for."""
        if self.operator is None:
            if self.principal is None or example.caller is None:
                return False
            return principal_matches(self.principal, example.caller)
        return any(
            value_matches(self.operator, self.text, value, context, variables=self.variables)
            for value in example.context.get(self.key, ())
        )


Choice: TypeAlias = Label | None
"""What a region says of one key; None is anything."""

Shape: TypeAlias = tuple[Choice, ...]
"""A region: one choice for each described key."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A statement as one bit of a mask."""

    bit: int
    gate: int
    statement: Statement
    variables: bool


@dataclass(frozen=True, slots=True)
class FacetInContext:
    """A facet with the whole context each of its examples is judged in: the given keys and the variables' values."""

    facet: Facet
    contexts: tuple[Context, ...]

    @property
    def keys(self) -> frozenset[str]:
        """What the facet says something of."""
        callers = any(example.caller is not None for example in self.facet.examples)
        return self.facet.keys | {PRINCIPAL} if callers else self.facet.keys


def labels_of(world: World, mentions: Mentions) -> dict[str, tuple[Label, ...]]:
    """Return the labels of the principal and of every shown key that is mentioned, each in document order."""
    found: dict[str, dict[Label, None]] = {PRINCIPAL: {}}
    for entry in mentions.principals:
        if entry != EVERYONE:
            found[PRINCIPAL][Label(PRINCIPAL, entry.value, principal=entry)] = None
    for key, conditions in mentions.conditions.items():
        if key not in world.shown or key in world.given:
            continue
        labels = found.setdefault(key, {})
        for condition, variables in conditions:
            if condition.operator.base.family is not Family.NULL:
                for value in condition.values:
                    labels[Label(key, value, condition.operator.base, variables)] = None
    return {key: tuple(labels) for key, labels in found.items()}


class LabelIndex:
    """The labels of one key, found by the values they contain.

    `Label.contains` says what a label contains; this asks it only of labels that are more than one exact text, since
    a policy may name a thousand accounts.
    """

    def __init__(self, labels: Iterable[Label]) -> None:
        self._places: dict[Label, int] = {}
        self._exact: dict[tuple[object, str], list[Label]] = {}
        self._others: list[Label] = []
        for place, label in enumerate(labels):
            self._places[label] = place
            exact = _exact_text(label)
            if exact is None:
                self._others.append(label)
            else:
                self._exact.setdefault(exact, []).append(label)

    def containing(self, example: Example, context: Context) -> list[Label]:
        """Return the labels that contain the example, in document order."""
        found = [label for label in self._others if label.contains(example, context)]
        for text in _exact_texts(example):
            found += self._exact.get(text, ())
        return sorted(dict.fromkeys(found), key=self._places.__getitem__)


def _exact_text(label: Label) -> tuple[object, str] | None:
    """Return the one text that a label contains, with what it is a text of; None when it is not so simple."""
    if label.principal is not None:
        known = label.principal.form in _CALLER_TEXTS
        return (label.principal.form, label.principal.value) if known else None
    base = label.operator
    if base is None or base.family is not Family.STRING or base.comparison is not Comparison.EQUAL:
        return None
    return None if label.variables and "${" in label.text else (label.key, label.text)


_CALLER_TEXTS: Mapping[PrincipalForm, Callable[[Caller], str | None]] = {
    PrincipalForm.ACCOUNT: lambda caller: caller.account,
    PrincipalForm.IDENTITY: lambda caller: caller.principal_arn,
    PrincipalForm.SESSION: lambda caller: caller.session_arn,
}


def _exact_texts(example: Example) -> Iterator[tuple[object, str]]:
    for key, values in example.context.items():
        yield from ((key, value) for value in values)
    if example.caller is not None:
        for form, text_of in _CALLER_TEXTS.items():
            if (text := text_of(example.caller)) is not None:
                yield form, text


class Order:
    """Which label lies within which.

    Decided on the examples: they are one of every kind that can be told apart, so a label whose examples are all
    another's too lies within it. Labels that contain the same are one; the first in document order speaks for them.
    """

    def __init__(self, labels: Mapping[str, tuple[Label, ...]], facets: Iterable[FacetInContext]) -> None:
        extents: dict[Label, set[tuple[int, int]]] = {label: set() for known in labels.values() for label in known}
        indexes = {key: LabelIndex(known) for key, known in labels.items()}
        for number, one in enumerate(facets):
            for key in one.keys & labels.keys():
                for index, (example, context) in enumerate(zip(one.facet.examples, one.contexts, strict=True)):
                    for label in indexes[key].containing(example, context):
                        extents[label].add((number, index))
        self._extents: dict[Choice, frozenset[tuple[int, int]]] = {
            label: frozenset(extent) for label, extent in extents.items()
        }
        self.keys = tuple(labels)
        self._speakers = {key: LabelIndex(self._first_of_equals(known)) for key, known in labels.items()}

    def _first_of_equals(self, labels: Iterable[Label]) -> list[Label]:
        first: dict[frozenset[tuple[int, int]], Label] = {}
        for label in labels:
            first.setdefault(self._extents[label], label)
        return list(first.values())

    def within(self, narrow: Choice, wide: Choice) -> bool:
        """Say whether everything that `narrow` contains `wide` contains too."""
        if wide is None or narrow == wide:
            return True
        return narrow is not None and self._extents[narrow] <= self._extents[wide]

    def minimal(self, key: str, example: Example, context: Context) -> tuple[Choice, ...]:
        """Return the labels that contain the example and have no other such label within them; else None alone."""
        known = self._speakers[key].containing(example, context)
        return tuple(one for one in known if not any(self._extents[two] < self._extents[one] for two in known)) or (
            None,
        )


@dataclass(frozen=True, slots=True)
class LabelledClass:
    """Examples of one facet that no statement and no label tells apart, with the one that stands for them.

    Attributes:
        mask: the clauses whose constraints on this facet hold.
        labels: the minimal labels of each key that the facet describes.
    """

    mask: int
    labels: tuple[tuple[Choice, ...], ...]
    example: Example


def classify(one: FacetInContext, clauses: Sequence[Clause], order: Order, keys: Sequence[str]) -> list[LabelledClass]:
    """Join a facet's examples from outside into classes, labelled by those of the `keys` it says something of."""
    described = [key for key in keys if key in one.keys]
    classes: dict[tuple[int, tuple[tuple[Choice, ...], ...]], LabelledClass] = {}
    for example, context in zip(one.facet.examples, one.contexts, strict=True):
        if example.inside:
            continue
        mask = sum(clause.bit for clause in clauses if _holds(clause, one.facet, example, context))
        minimal = tuple(order.minimal(key, example, context) for key in described)
        classes.setdefault((mask, minimal), LabelledClass(mask, minimal, example))
    return list(classes.values())


def _holds(clause: Clause, facet: Facet, example: Example, context: Context) -> bool:
    """Say whether the clause's constraints on this facet hold; those on other facets are left aside."""
    statement = clause.statement
    if example.caller is not None and statement.principals is not None:
        deny = statement.effect is Effect.DENY
        if not principals_match(statement.principals, example.caller, deny=deny):
            return False
    return all(
        condition_holds(condition, context, variables=clause.variables)
        for condition in statement.conditions
        if condition.key.lower() in facet.keys
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A group of requests: one example of each facet, put together."""

    mask: int
    labels: tuple[tuple[Choice, ...], ...]
    examples: tuple[Example, ...]

    @property
    def shapes(self) -> Iterator[Shape]:
        """The regions that the group belongs to."""
        return product(*self.labels)


def combine(facets: Sequence[Sequence[LabelledClass]], openers: Sequence[int], start: int) -> list[Group]:
    """Put the classes of all facets together, dropping what every Allow of some gate has already missed.

    Args:
        facets: the classes of each.
        openers: for each gate, the mask of its Allow clauses.
        start: the clauses that hold as far as nothing but the facets matters.

    Raises:
        UndecidedError: more than `MAX_GROUPS` groups.
    """
    front: dict[tuple[int, tuple[tuple[Choice, ...], ...]], Group] = {(start, ()): Group(start, (), ())}
    for classes in facets:
        further: dict[tuple[int, tuple[tuple[Choice, ...], ...]], Group] = {}
        for group in front.values():
            for one in classes:
                mask = group.mask & one.mask
                labels = group.labels + one.labels
                if (mask, labels) not in further and all(mask & opener for opener in openers):
                    further[mask, labels] = Group(mask, labels, (*group.examples, one.example))
            if len(further) > MAX_GROUPS:
                raise UndecidedError(f"its statements tell more than {MAX_GROUPS:,} groups of requests apart")
        front = further
    return list(front.values())


def drop_covered(shapes: Iterable[Shape], order: Order) -> list[Shape]:
    """Return the regions that lie within no other one, in their order.

    Raises:
        UndecidedError: more than `MAX_REGIONS` regions.
    """
    known = list(shapes)
    if len(known) > MAX_REGIONS:
        raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
    return [one for one in known if not any(other != one and _covers(other, one, order) for other in known)]


def _covers(wide: Shape, narrow: Shape, order: Order) -> bool:
    return all(order.within(lower, upper) for lower, upper in zip(narrow, wide, strict=True))
