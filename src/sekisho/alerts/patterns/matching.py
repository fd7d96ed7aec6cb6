"""Whether a pattern matches an event: the plain account, which `index` is held to.

A match is a choice: for every field one value that passes, such that no two of the values stand in different elements
of one array. A field that may be absent is so when none of its values stands in the elements chosen so far; since
fields are taken in the order of their paths, what is chosen later does not count.

Source: Amazon EventBridge User Guide, "Arrays in Amazon EventBridge event patterns"; event-ruler, `ACFinder`.
"""

from collections.abc import Sequence

from sekisho.alerts.patterns.events import Elements, Event
from sekisho.alerts.patterns.pattern import Field, Pattern


def matches(pattern: Pattern, event: Event) -> bool:
    """Say whether an event matches; a field that is not named in the pattern may be anything."""
    return any(_can_choose(alternative, event, ()) for alternative in pattern.alternatives)


def _can_choose(fields: Sequence[Field], event: Event, chosen: Elements) -> bool:
    """Say whether the fields can be chosen beside what was chosen before."""
    if not fields:
        return True
    first, rest = fields[0], fields[1:]
    leaves = [leaf for leaf in event.fields.get(first.path, ()) if agree(leaf.elements, chosen)]
    if first.takes_absence and not leaves and _can_choose(rest, event, chosen):
        return True
    passing = {leaf.elements for leaf in leaves if any(test.accepts(leaf.value) for test in first.tests)}
    return any(_can_choose(rest, event, (*chosen, *elements)) for elements in passing)


def agree(one: Elements, other: Elements) -> bool:
    """Say whether no array has different elements in the two."""
    elements = dict(other)
    return all(elements.get(array, index) == index for array, index in one)
