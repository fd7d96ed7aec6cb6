"""From examples to kinds: which statements an example leaves standing, and which values describe it.

A **label** is a value that some statement writes for a key, or a principal that some statement names. It stands for the
request values it matches. The labels of an example that count are the *minimal* ones: those that contain it and have no
other such label within them.

Source: J. Backes et al., "Stratified Abstraction of Access Control Policies", CAV 2020.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

import msgspec

from sekisho.evaluation import Caller
from sekisho.evaluation.principals import principals_match
from sekisho.policy import Effect, Principal, PrincipalForm
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.facets import Example, Facet
from sekisho.reasoning.keys import Key

PRINCIPAL = "principal"
"""The key that the labels of principals go under; no condition key is spelled so."""


_EVERYONE, _CANONICAL_ID = PrincipalForm.EVERYONE, PrincipalForm.CANONICAL_USER.fact


class Kind(msgspec.Struct, frozen=True, gc=False):
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
    """Which statements are about a caller, and which named principals contain it.

    Attributes:
        principals: every entry of the statements, in document order.
        labels: those of them that do not mean everyone; the place of one is the number of its bit.
        spares: whether some statement is about everyone but those it names.
        has_canonical_ids: whether some entry is a canonical user.
    """

    __slots__ = (
        "_constrained", "_everyone", "_names", "_negated", "has_canonical_ids", "labels", "principals", "spares",
    )  # fmt: skip

    def __init__(self, clauses: Sequence[Clause]) -> None:
        self._negated: list[Clause] = []
        naming: dict[Principal, int] = {}
        constrained = 0
        for clause in clauses:
            principals = clause.statement.principals
            if principals is None:
                continue
            bit = clause.bit
            constrained |= bit
            if principals.negated:
                self._negated.append(clause)
                bit = 0
            for entry in principals.entries:
                naming[entry] = naming.get(entry, 0) | bit
        everyone = 0
        names: dict[str, dict[str, tuple[int, int]]] = {}
        labels: list[Principal] = []
        for entry, bits in naming.items():
            form = entry.form
            if form is _EVERYONE:
                everyone |= bits
                continue
            fact = form.fact
            if fact is not None:
                names.setdefault(fact, {})[entry.value] = bits, 1 << len(labels)
            labels.append(entry)
        self.principals = tuple(naming)
        self.labels = labels
        self.spares = bool(self._negated)
        self.has_canonical_ids = _CANONICAL_ID in names
        self._everyone, self._constrained, self._names = everyone, constrained, names

    def judged(self, caller: Caller) -> tuple[int, int]:
        """Return the statements that are not about a caller, and the labels that contain it, as bits."""
        matched, labels = self._everyone, 0
        for fact, values in self._names.items():
            bits = values.get(getattr(caller, fact))
            if bits is not None:
                matched |= bits[0]
                labels |= bits[1]
        for clause in self._negated:
            principals = clause.statement.principals
            deny = clause.statement.effect is Effect.DENY
            if principals is not None and principals_match(principals, caller, deny=deny):
                matched |= clause.bit
        return self._constrained & ~matched, labels


class Extents:
    """To each label of a key the examples that it contains: which label lies within which.

    Examples are one of every kind that can be told apart, so a label whose examples are all another's too lies within
    it. Labels that contain the same are one; the first in document order speaks for them.

    Attributes:
        overlap: whether two labels contain the same example.
    """

    __slots__ = ("_count", "_extents", "_labels", "_minimal", "overlap")

    def __init__(self, count: int, labels: Sequence[int]) -> None:
        """Take the number of labels, and of each example those that contain it, as bits."""
        self._count = count
        self._labels = labels
        self._extents: list[int] | None = None
        self._minimal: dict[int, int] = {}
        self.overlap = False
        for bits in labels:
            if bits & (bits - 1):
                self.overlap = True
                break

    @property
    def extents(self) -> list[int]:
        """For each label the examples that it contains, as bits."""
        if self._extents is None:
            self._extents = [0] * self._count
            for place, bits in enumerate(self._labels):
                example = 1 << place
                while bits:
                    self._extents[bits.bit_length() - 1] |= example
                    bits ^= 1 << bits.bit_length() - 1  # noqa: PLW2901 - the labels that are left
        return self._extents

    def minimal(self, bits: int) -> int:
        """Return those of an example's labels that have no other one of them within."""
        known = self._minimal.get(bits)
        if known is None:
            known = self._minimal[bits] = self._find_minimal(bits)
        return known

    def _find_minimal(self, bits: int) -> int:
        extents = self.extents
        places = [place for place in range(bits.bit_length()) if bits >> place & 1]
        places.sort(key=lambda place: extents[place].bit_count())
        kept = 0
        within: list[int] = []
        for place in places:
            outside = ~extents[place]
            if all(map(outside.__and__, within)):
                within.append(extents[place])
                kept |= 1 << place
        return kept

    def above(self, bits: int) -> int:
        """Return the labels that a label lies within, itself included: those that all of its examples have."""
        own = self.extents[bits.bit_length() - 1]
        found = (1 << self._count) - 1
        while own and found != bits:
            found &= self._labels[own.bit_length() - 1]
            own ^= 1 << own.bit_length() - 1
        return found


class Judge:
    """What the statements of a question say of an example.

    Attributes:
        everything: the mask of which nothing has been ruled out.
        outside: the bit that a request keeps while all of it is from outside.
        overlap: whether two labels of some key contain the same example.
    """

    __slots__ = (
        "_keys", "_principals", "_shift", "all_families", "everything", "extents", "keys", "outside", "overlap",
    )  # fmt: skip

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
        self.overlap = False

    def kinds(self, facet: Facet, shown: frozenset[str], needed: Iterable[int]) -> list[Kind]:
        """Return a facet's examples, joined where nothing tells them apart, and note the keys that they describe.

        Args:
            facet: what to judge.
            shown: the keys that regions are described by.
            needed: groups of bits of a mask; what has none of one left is not returned.
        """
        examples = facet.examples
        masks, named = self._masks(examples)
        columns: list[Sequence[int]] = []
        if named:
            columns.append(self._described(PRINCIPAL, len(self._principals.labels), named))
        for name in sorted(facet.keys.intersection(self._keys)):
            key = self._keys[name]
            labels = _rule_out(key, examples, masks)
            if name in shown and key.labels:
                columns.append(self._described(name, len(key.labels), labels))
        found: dict[tuple[int, tuple[int, ...]], Kind] = {}
        described = zip(*columns, strict=True) if columns else repeat(())
        for example, mask, bits in zip(examples, masks, described):  # noqa: B905 - what describes nothing has no end
            for group in needed:
                if not mask & group:
                    break
            else:
                kind = mask, bits
                if kind not in found:
                    found[kind] = Kind(mask, bits, (example,))
        return list(found.values())

    def _masks(self, examples: Iterable[Example]) -> tuple[list[int], list[int]]:
        """Return what examples leave standing, their conditions left aside, and the labels that contain the callers."""
        everything, all_families, shift = self.everything, self.all_families, self._shift
        masks: list[int] = []
        labels: list[int] = []
        for one in examples:
            mask = everything
            if one.families:
                mask ^= all_families & ~(one.families << shift)
            if one.inside:
                mask ^= self.outside
            if one.caller is not None:
                fails, named = self._principals.judged(one.caller)
                mask &= ~fails
                labels.append(named)
            masks.append(mask)
        return masks, labels

    def _described(self, name: str, count: int, labels: Sequence[int]) -> Sequence[int]:
        """Note a key that describes examples; return the minimal ones of the labels that contain each."""
        extents = Extents(count, labels)
        self.keys.append(name)
        self.extents.append(extents)
        if not extents.overlap:
            return labels
        self.overlap = True
        return [extents.minimal(bits) if bits & (bits - 1) else bits for bits in labels]


def _rule_out(key: Key, examples: Sequence[Example], masks: list[int]) -> list[int]:
    """Take the statements off the masks of examples that fail for their values of a key; return the values' bits."""
    name = key.name
    labels: list[int] = []
    known: dict[tuple[str, ...], tuple[int, int]] = {}
    for place, example in enumerate(examples):
        values = example.context.get(name, ())
        judged = known.get(values)
        if judged is None:
            judged = known[values] = key.judged(values)
        masks[place] &= ~judged[0]
        labels.append(judged[1])
    return labels
