"""Laws of what the reasoner drops: a kind of which another one says all, and no other."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from sekisho.reasoning.budget import Budget
from sekisho.reasoning.facets import Example
from sekisho.reasoning.judging import Extents, Kind
from sekisho.reasoning.regions import Sides, combine, prune, uncovered

GOOD, BAD, BITS = 0b000111, 0b111000, 0b1111111
SIDES = Sides(GOOD, BAD, (0b11, 0b110))
MASKS = st.integers(0, BITS)
LABELS = st.sampled_from([0, 1, 2, 3, 4, 6])
SINGLE_LABELS = st.sampled_from([1, 2, 4, 8])


def says_all(one: Kind, other: Kind) -> bool:
    if other.mask & GOOD & ~one.mask or one.mask & BAD & ~other.mask:
        return False
    both = zip(one.labels, other.labels, strict=True)
    return all(not wide or (narrow and not narrow & ~wide) for wide, narrow in both)


@st.composite
def kinds(
    draw: st.DrawFn, *, masks: st.SearchStrategy[int] = MASKS, labels: st.SearchStrategy[int] = LABELS, most: int = 12
) -> list[Kind]:
    """Kinds that differ in what they leave standing, or in how they are described."""
    drawn = draw(st.lists(st.tuples(masks, labels, labels), max_size=most, unique=True))
    return [Kind(mask, (one, two), (Example({}),)) for mask, one, two in drawn]


@given(kinds() | kinds(labels=SINGLE_LABELS))
def test_what_is_dropped_is_said_by_what_is_kept(listed: list[Kind]) -> None:
    kept = prune(SIDES, listed)

    assert [one for one in listed if one in kept] == kept
    for one in listed:
        assert one in kept or any(says_all(other, one) for other in kept)
    for one in kept:
        assert not any(says_all(other, one) for other in kept if other is not one)


def letting_through(listed: Iterable[Kind]) -> list[Kind]:
    return [one for one in listed if all(one.mask & group for group in SIDES.needed)]


@given(kinds(), kinds(most=4) | kinds(masks=st.sampled_from([BITS, BITS ^ 1, BITS ^ 8]), most=4))
def test_kinds_put_together_are_those_that_all_comparisons_leave(front: list[Kind], more: list[Kind]) -> None:
    front, more = prune(SIDES, letting_through(front)), letting_through(more)
    pairs = [
        Kind(one.mask & two.mask, one.labels + two.labels, one.examples + two.examples)
        for one in front
        for two in prune(SIDES, more)
    ]
    groups = {(one.mask, one.labels): one for one in reversed(letting_through(pairs))}

    combined = combine(SIDES, front, more, Budget())

    assert all((one.mask, one.labels) in groups for one in combined)
    for one in groups.values():
        assert any(says_all(other, one) for other in combined)


@given(st.lists(st.integers(0, 15), min_size=1, max_size=8))
def test_labels_lie_within_those_that_have_all_their_examples(bits: list[int]) -> None:
    extents = Extents(4, bits)
    having = [{place for place, one in enumerate(bits) if one >> label & 1} for label in range(4)]

    for label in range(4):
        if having[label]:
            above = {other for other in range(4) if extents.above(1 << label) >> other & 1}
            assert above == {other for other in range(4) if having[label] <= having[other]}
    for one in bits:
        within = [label for label in range(4) if one >> label & 1]
        minimal = {label for label in within if extents.minimal(one) >> label & 1}
        assert minimal == {
            label
            for label in within
            if not any(
                having[other] < having[label] or (having[other] == having[label] and other < label) for other in within
            )
        }


@given(
    regions=st.dictionaries(st.tuples(st.sampled_from([0, 1, 2, 4]), st.sampled_from([0, 1])), st.integers(1, 7)),
    overlap=st.booleans(),
)
def test_actions_are_left_that_no_wider_region_has(*, regions: dict[tuple[int, ...], int], overlap: bool) -> None:
    extents = [Extents(3, [1, 3, 4] if overlap else [1, 2, 4]), Extents(1, [1])]

    def is_wider(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        within = overlap and (one[0], other[0]) == (1, 2)  # the second label lies within the first
        return (within or one[0] in {0, other[0]}) and one[1] in {0, other[1]} and one != other

    left = {
        shape: remaining
        for shape, actions in regions.items()
        if (remaining := actions & ~union(more for wider, more in regions.items() if is_wider(wider, shape)))
    }
    assert uncovered(regions, extents) == left


def union(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found
