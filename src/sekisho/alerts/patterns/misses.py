"""Why an event does not match: which fields fail, what was there, and what was wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from sekisho.alerts.patterns.choices import Choice, can_choose, choice_of
from sekisho.alerts.patterns.errors import one_line
from sekisho.alerts.patterns.events import Event, Leaf
from sekisho.alerts.patterns.json_text import Number, Value, write_json
from sekisho.alerts.patterns.operators import Equals, InRange
from sekisho.alerts.patterns.pattern import Alternative, Field, Pattern

_NOTHING: Final = "nothing"
_SHOWN: Final = 3
_LONGEST: Final = 80


@dataclass(frozen=True, slots=True)
class FieldMiss:
    """A field that did not pass.

    Attributes:
        path: of the field.
        wanted: what would have passed.
        found: what was there.
        hint: what may have been meant; empty where nothing suggests itself.
    """

    path: str
    wanted: str
    found: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.path}: wanted {self.wanted}, found {self.found}{f'; {self.hint}' if self.hint else ''}"


@dataclass(frozen=True, slots=True)
class Miss:
    """Why an event does not match a pattern, told of the alternative that came closest.

    Attributes:
        passed: how many fields of that alternative passed.
        total: how many fields it has.
        fields: those that did not pass, in the order of their paths.
        alternative: its number, from 1; 0 where the pattern has only one.
        apart: fields that all pass, but only in different elements of an array; empty where others failed already.
    """

    passed: int
    total: int
    fields: tuple[FieldMiss, ...]
    alternative: int = 0
    apart: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """How much of the alternative matched, from 0 to less than 1."""
        return _share(self.passed, self.total, is_apart=bool(self.apart))

    def __str__(self) -> str:
        way = f" of alternative {self.alternative} of `$or`" if self.alternative else ""
        lines = [f"{self.passed} of {self.total} fields{way} match", *(f"  {one}" for one in self.fields)]
        if self.apart:
            lines.append(f"  no one element of an array has all of {', '.join(self.apart)}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A pattern that nearly matched."""

    name: str
    miss: Miss


def explain_miss(pattern: Pattern, event: Event) -> Miss | None:
    """Return why an event does not match; None when it does.

    Of several alternatives the one is told of that came closest; the first, where several did.
    """
    outcome = _closest(pattern, event)
    return _told(outcome, event) if outcome is not None else None


def nearest_misses(patterns: Mapping[str, Pattern], event: Event, *, limit: int = 3) -> tuple[NearMiss, ...]:
    """Return the patterns that came closest without matching, the closest first.

    Args:
        patterns: by name; of patterns that came equally close the earlier ones stand first.
        event: what did not match.
        limit: how many at most.
    """
    outcomes = ((name, _closest(pattern, event)) for name, pattern in patterns.items())
    near = [(name, outcome) for name, outcome in outcomes if outcome is not None]
    near.sort(key=lambda one: one[1].nearness, reverse=True)
    return tuple(NearMiss(name, _told(outcome, event)) for name, outcome in near[:limit])


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How far an alternative came that does not match; told only when somebody wants to hear it.

    Attributes:
        nearness: what to compare by: how much passed, then how many of the fields that failed are there at all.
    """

    total: int
    failed: tuple[Field, ...]
    number: int
    apart: tuple[str, ...]
    nearness: tuple[float, int]


def _closest(pattern: Pattern, event: Event) -> _Outcome | None:
    """Return how far the alternative came that came closest; None where one matches."""
    outcomes: list[_Outcome] = []
    for number, alternative in enumerate(pattern.alternatives, 1):
        outcome = _outcome(alternative, event, number if len(pattern.alternatives) > 1 else 0)
        if outcome is None:
            return None
        outcomes.append(outcome)
    return max(outcomes, key=lambda outcome: outcome.nearness)


def _outcome(alternative: Alternative, event: Event, number: int) -> _Outcome | None:
    total = len(alternative)
    failed = tuple(one for one in alternative if not _passes_somewhere(one, event))
    if failed:
        nearness = _share(total - len(failed), total), sum(one.path in event.fields for one in failed)
        return _Outcome(total, failed, number, (), nearness)
    choices = [_choice(one, event) for one in alternative]
    if can_choose(choices):
        return None
    apart = tuple(one.path for one, choice in zip(alternative, choices, strict=True) if choice.arrays)
    return _Outcome(total, (), number, apart, (_share(total, total, is_apart=True), 0))


def _told(outcome: _Outcome, event: Event) -> Miss:
    passed = outcome.total - len(outcome.failed)
    fields = tuple(_field_miss(one, event) for one in outcome.failed)
    return Miss(passed, outcome.total, fields, outcome.number, outcome.apart)


def _share(passed: int, total: int, *, is_apart: bool = False) -> float:
    return (passed - 0.5 * is_apart) / total


def _passes_somewhere(one: Field, event: Event) -> bool:
    """Say whether a field passes as far as arrays have no say in it."""
    leaves = event.fields.get(one.path, ())
    absent_somewhere = not leaves or any(leaf.elements for leaf in leaves)
    return (one.takes_absence and absent_somewhere) or any(_accepts(one, leaf.value) for leaf in leaves)


def _accepts(one: Field, value: Value) -> bool:
    return any(test.accepts(value) for test in one.tests)


def _choice(one: Field, event: Event) -> Choice:
    values = [(leaf.elements, _accepts(one, leaf.value)) for leaf in event.fields.get(one.path, ())]
    return choice_of(values, takes_absence=one.takes_absence)


def _field_miss(one: Field, event: Event) -> FieldMiss:
    leaves = event.fields.get(one.path, ())
    wanted = " or ".join(dict.fromkeys(_cut(str(test)) for test in one.tests))
    hints = _hints_on_values(one, leaves) if leaves else _hints_on_absence(one.path, event)
    return FieldMiss(one.path, wanted, _found(one.path, leaves, event), next(hints, ""))


def _found(path: str, leaves: tuple[Leaf, ...], event: Event) -> str:
    if not leaves:
        return "an object" if any(other.startswith(f"{path}.") for other in event.fields) else _NOTHING
    values = list(dict.fromkeys(_shown(leaf.value) for leaf in leaves))
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    return f"{', '.join(values[:_SHOWN])}{more}"


def _shown(value: Value) -> str:
    return _cut(f"`{value}`" if isinstance(value, str) else write_json(value))


def _cut(text: str) -> str:
    """Return a text as one line that is not too long."""
    line = one_line(text[: _LONGEST + 1])
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _hints_on_values(one: Field, leaves: tuple[Leaf, ...]) -> Iterator[str]:
    """Yield what nearly passed: the same in another type or case."""
    wanted = [test.value for test in one.tests if isinstance(test, Equals)]
    for leaf in leaves:
        value = leaf.value
        for other in wanted:
            if type(value) is not type(other) and _bare(value) == _bare(other):
                yield f"the pattern asks for {_kind(other)}, the event has {_kind(value)}"
            if isinstance(value, str) and isinstance(other, str) and value.lower() == other.lower():
                yield "only upper and lower case differ"
        if isinstance(value, str) and any(isinstance(test, InRange) for test in one.tests):
            yield f"`numeric` compares numbers, the event has {_kind(value)}"


def _hints_on_absence(path: str, event: Event) -> Iterator[str]:
    """Yield fields that the event has in place of one that it has not."""
    below = [other for other in event.fields if other.startswith(f"{path}.")]
    if below:
        yield f"name a field in it, such as `{_cut(below[0])}`"
    above, _, last = path.rpartition(".")
    same = [other for other in event.fields if other.rpartition(".")[2].lower() == last.lower()]
    near = get_close_matches(
        last, [other.rpartition(".")[2] for other in event.fields if other.rpartition(".")[0] == above], n=1
    )
    for other in (*same, *(f"{above}.{name}" if above else name for name in near)):
        yield f"the event has `{_cut(other)}`"


def _bare(value: Value) -> str:
    return value if isinstance(value, str) else write_json(value)


def _kind(value: Value) -> str:
    match value:
        case str():
            return "a text"
        case Number():
            return "a number"
        case None:
            return "null"
        case _:
            return "true or false"
