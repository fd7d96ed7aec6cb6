"""From examples to kinds: which statements an example leaves standing, and which values describe it.

A **label** is a value that some statement writes for a key, or a principal that some statement names. It stands for the
request values it matches. The labels of an example that count are the *minimal* ones: those that contain it and have no
other such label within them.

Source: J. Backes et al., "Stratified Abstraction of Access Control Policies", CAV 2020.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sekisho.evaluation import Caller, CallerKind
from sekisho.evaluation.principals import principals_match
from sekisho.policy import EVERYONE, Effect, Principal, PrincipalForm
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.facets import Example, Facet
from sekisho.reasoning.keys import Key

PRINCIPAL = "principal"
"""The key that the labels of principals go under; no condition key is spelled so."""


class Kind(NamedTuple):
    """Examples of one facet, or of several put together, that no statement and no label tells apart.

    Attributes:
        mask: the statements that still hold, the families of callers that are still possible, and whether all is
            from outside.
        labels: for each described key the minimal labels as bits; 0 when none contains it, which is anything.
        examples: the one that stands for them, of each facet.
    """

    mask: int
    labels: tuple[int, ...]
    examples: tuple[Example, ...]


class PrincipalIndex:
    """Which statements are about a caller, and which named principals contain it."""

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self.principals: tuple[Principal, ...] = ()
        self.spares = False
        self._everyone = 0
        self._constrained = 0
        self._by_name: dict[tuple[PrincipalForm, str], int] = {}
        self._negated: list[Clause] = []
        entries: dict[Principal, None] = {}
        for clause in clauses:
            principals = clause.statement.principals
            if principals is None:
                continue
            self._constrained |= clause.bit
            entries |= dict.fromkeys(principals.entries)
            if principals.negated:
                self.spares = True
                self._negated.append(clause)
                continue
            for entry in principals.entries:
                if entry.form is PrincipalForm.EVERYONE:
                    self._everyone |= clause.bit
                else:
                    name = (entry.form, entry.value)
                    self._by_name[name] = self._by_name.get(name, 0) | clause.bit
        self.principals = tuple(entries)
        self.labels = [entry for entry in entries if entry != EVERYONE]
        self._numbers = {(entry.form, entry.value): 1 << place for place, entry in enumerate(self.labels)}

    def failing(self, caller: Caller) -> int:
        """Return the statements that are not about a caller."""
        matched = 0 if caller.kind is CallerKind.SERVICE else self._everyone
        if self._by_name:
            for name in _names_of(caller):
                matched |= self._by_name.get(name, 0)
        for clause in self._negated:
            principals = clause.statement.principals
            deny = clause.statement.effect is Effect.DENY
            if principals is not None and principals_match(principals, caller, deny=deny):
                matched |= clause.bit
        return self._constrained & ~matched

    def labels_of(self, caller: Caller) -> int:
        """Return the named principals that contain a caller, as bits."""
        found = 0
        if self._numbers:
            for name in _names_of(caller):
                found |= self._numbers.get(name, 0)
        return found


def _names_of(caller: Caller) -> Iterable[tuple[PrincipalForm, str]]:
    return [(form, text) for form, text_of in _TEXTS if (text := text_of(caller)) is not None]


_TEXTS: tuple[tuple[PrincipalForm, Callable[[Caller], str | None]], ...] = (
    (PrincipalForm.ACCOUNT, lambda caller: caller.account),
    (PrincipalForm.IDENTITY, lambda caller: caller.principal_arn),
    (PrincipalForm.SESSION, lambda caller: caller.session_arn),
    (PrincipalForm.FEDERATED, lambda caller: caller.provider),
    (PrincipalForm.SERVICE, lambda caller: caller.service),
    (PrincipalForm.CANONICAL_USER, lambda caller: caller.canonical_id),
)


@dataclass(slots=True)
class Extents:
    """To each label of a key the examples that it contains: which label lies within which.

    Examples are one of every kind that can be told apart, so a label whose examples are all another's too lies within
    it. Labels that contain the same are one; the first in document order speaks for them.
    """

    count: int
    bits: Sequence[int]
    _extents: list[int] = field(default_factory=list[int])
    _minimal: dict[int, int] = field(default_factory=dict[int, int])

    @property
    def extents(self) -> list[int]:
        """For each label the examples that it contains, as bits."""
        if not self._extents:
            self._extents = [0] * self.count
            for place, bits in enumerate(self.bits):
                example = 1 << place
                while bits:
                    lowest = bits & -bits
                    bits ^= lowest  # noqa: PLW2901 - the labels that are left
                    self._extents[lowest.bit_length() - 1] |= example
        return self._extents

    def minimal(self, bits: int) -> int:
        """Return those of an example's labels that have no other one of them within."""
        if not bits & (bits - 1):
            return bits
        known = self._minimal.get(bits)
        if known is None:
            known = self._minimal[bits] = self._find_minimal(bits)
        return known

    def _find_minimal(self, bits: int) -> int:
        extents = self.extents
        places = [place for place in range(self.count) if bits >> place & 1]
        kept = 0
        for place in places:
            own = extents[place]
            if not any(
                (extents[other] != own or other < place) and not extents[other] & ~own
                for other in places
                if other != place
            ):
                kept |= 1 << place
        return kept

    def above(self, place: int) -> int:
        """Return the labels that a label lies within, itself included, as bits."""
        extents = self.extents
        own = extents[place]
        return sum(1 << other for other in range(self.count) if not own & ~extents[other])


class Judge:
    """What the statements of a question say of an example.

    Attributes:
        everything: the mask of which nothing has been ruled out.
        outside: the bit that a request keeps while all of it is from outside.
    """

    def __init__(
        self, clauses: Sequence[Clause], keys: Mapping[str, Key], principals: PrincipalIndex, families: int
    ) -> None:
        self._keys = keys
        self._principals = principals
        self._shift = len(clauses)
        self.all_families = ((1 << families) - 1) << self._shift
        self.outside = 1 << (self._shift + families)
        self.everything = self.outside | self.all_families | ((1 << self._shift) - 1)
        self.keys: list[str] = []
        self.extents: list[Extents] = []

    def kinds(self, facet: Facet, shown: frozenset[str], *, outside_only: bool) -> list[Kind]:
        """Return a facet's examples, joined where nothing tells them apart, and note the keys that they describe."""
        mentioned = [key for name in facet.keys if (key := self._keys.get(name)) is not None]
        described = [key for key in mentioned if key.name in shown and key.labels]
        described.sort(key=lambda key: key.name)
        columns: list[list[int]] = [[] for _ in described]
        callers = facet.examples and facet.examples[0].caller is not None
        named: list[int] = []
        masks: list[int] = []
        for example in facet.examples:
            masks.append(self._mask(example, mentioned))
            if callers and example.caller is not None:
                named.append(self._principals.labels_of(example.caller))
            for key, column in zip(described, columns, strict=True):
                bits = 0
                for value in example.context.get(key.name, ()):
                    bits |= key.bits_of(value)
                column.append(bits)
        extents = [Extents(len(key.labels), column) for key, column in zip(described, columns, strict=True)]
        if callers:
            extents.insert(0, Extents(len(self._principals.labels), named))
            columns.insert(0, named)
            self.keys.append(PRINCIPAL)
        self.keys += [key.name for key in described]
        self.extents += extents
        found: dict[tuple[int, tuple[int, ...]], Kind] = {}
        for place, example in enumerate(facet.examples):
            if outside_only and example.inside:
                continue
            labels = tuple([one.minimal(column[place]) for one, column in zip(extents, columns, strict=True)])
            mask = masks[place]
            if (mask, labels) not in found:
                found[mask, labels] = Kind(mask, labels, (example,))
        return list(found.values())

    def _mask(self, example: Example, mentioned: Sequence[Key]) -> int:
        fails = 0
        for key in mentioned:
            fails |= key.fails(example.context.get(key.name, ()))
        if example.caller is not None:
            fails |= self._principals.failing(example.caller)
        if example.families:
            fails |= self.all_families & ~(example.families << self._shift)
        if example.inside:
            fails |= self.outside
        return self.everything & ~fails
