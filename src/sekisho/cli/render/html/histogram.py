"""The ages of access keys as a picture, and in words for who cannot see it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 120
"""Of the highest bar, in pixels."""

_BUCKETS: Final = (
    ("0\u201330", "days", 30),
    ("31\u201390", "days", 90),
    ("91\u2013180", "days", 180),
    ("181\u2013365", "days", 365),
    ("1\u20132", "years", 730),
    ("over", "2 years", None),
)
"""Two lines below each bar, and the greatest age in it."""

_LAST: Final = [last for _, _, last in _BUCKETS if last is not None]

_YEAR: Final = 365
_TO_ROTATE: Final = 90
"""The age at which CIS AWS Foundations Benchmark asks for another key."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How many keys are of an age.

    Attributes:
        label: two lines, for instance `over` and `2 years`.
        height: in pixels; a bar for anything can be seen.
        tone: `young`, `old` or `ancient`.
    """

    label: tuple[str, str]
    number: int
    height: int
    tone: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """The ages of all keys.

    Attributes:
        in_words: what the bars show, in one sentence.
        summary: what to make of it.
    """

    bars: tuple[Bar, ...]
    in_words: str
    summary: str


def histogram_of(ages: Sequence[int | None]) -> Histogram:
    """Return the picture of some ages in days; None is an age that is not known."""
    known = sorted(age for age in ages if age is not None)
    numbers = [0] * len(_BUCKETS)
    for age in known:
        numbers[bisect_left(_LAST, age)] += 1
    highest = max(numbers) or 1
    bars = tuple(
        Bar((first, second), number, _height(number, highest), _tone(last))
        for (first, second, last), number in zip(_BUCKETS, numbers, strict=True)
    )
    told = "; ".join(f"{' '.join(bar.label)}: {bar.number:,}" for bar in bars)
    return Histogram(bars, f"Active access keys by age. {told}.", _summary(known, len(ages) - len(known)))


def _height(number: int, highest: int) -> int:
    return max(number * HEIGHT // highest, 2) if number else 0


def _tone(last: int | None) -> str:
    if last is None or last > _YEAR:
        return "ancient"
    return "old" if last > _TO_ROTATE else "young"


def _summary(known: Sequence[int], unknown: int) -> str:
    """Say the same in a sentence or two.

    Args:
        known: in ascending order.
        unknown: how many ages are not known.
    """
    total = len(known) + unknown
    if not total:
        return "No access key is active."
    said = [f"{total:,} active access {'key' if total == 1 else 'keys'}"]
    if known:
        old = sum(age >= _TO_ROTATE for age in known)
        said += [f"{old:,} of {_TO_ROTATE} days or more", f"{sum(age >= _YEAR for age in known):,} of a year or more"]
        said += [f"the oldest {known[-1]:,} days old"]
    if unknown:
        said += [f"{unknown:,} of an age that is not known"]
    return "; ".join(said) + "."
