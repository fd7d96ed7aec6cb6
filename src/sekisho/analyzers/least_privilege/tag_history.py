"""Which tags resources and principals had, as far as anybody knows: from tagging calls, and from lists of tags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias


class Uncertain(Enum):
    """Why nobody can say which value a tag had."""

    CHANGED = "it had several, one after the other"


CHANGED: Final = Uncertain.CHANGED

Value: TypeAlias = str | Uncertain | None
"""Of a tag; None where there is none or nobody knows of one."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Calls that did the same to a tag.

    Attributes:
        value: that the tag got; None where it was removed.
        first: the time of the earliest call; `last`: of the latest.
    """

    value: str | None
    first: str
    last: str


@dataclass(slots=True)
class TagHistory:
    """Tags by the ARN of whose they are. Times are `eventTime`s."""

    _listed: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    _spans: dict[str, dict[str, list[_Span]]] = field(default_factory=dict[str, dict[str, list[_Span]]])
    _varying: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def add_listed(self, arn: str, tags: Mapping[str, str]) -> None:
        """Learn which tags something has; they count for all of the time unless a call is known that set them."""
        self._listed.setdefault(arn, {}).update(tags)

    def add_change(self, arn: str, tags: Mapping[str, str | None], first: str, last: str) -> None:
        """Learn that calls between two times set tags, or removed those that are None."""
        for key, value in tags.items():
            self._spans.setdefault(arn, {}).setdefault(key, []).append(_Span(value, first, last))

    def vary(self, arn: str, key: str) -> None:
        """Learn that sessions of a role may have had another value than the role."""
        self._varying.setdefault(arn, set()).add(key)

    def knows(self, arn: str) -> bool:
        """Say whether anything is known of the tags of something."""
        return arn in self._listed or arn in self._spans or arn in self._varying

    def keys_of(self, arn: str) -> frozenset[str]:
        """Return the keys that something is known to have had at some time."""
        spans = self._spans.get(arn, {})
        return frozenset(self._listed.get(arn, {})) | frozenset(
            key for key, some in spans.items() if any(span.value is not None for span in some)
        )

    def value(self, arn: str, key: str, first: str, last: str) -> Value:
        """Return the value that a tag had from one time to another, or `CHANGED` where that may have been several.

        Up to the first call that sets a tag nobody knows of one, whatever a list says of a later time. Times are exact
        to the second, so that what happened in the second of that call counts as before it.
        """
        if key in self._varying.get(arn, ()):
            return CHANGED
        spans = self._spans.get(arn, {}).get(key)
        if spans is None:
            return self._listed.get(arn, {}).get(key)
        before = [(time, span.value) for span in spans for time in (span.first, span.last) if time < first]
        if not before:
            return None
        latest = max(time for time, _ in before)
        possible = {value for time, value in before if time == latest}
        possible |= {span.value for span in spans if span.first <= last and span.last >= first}
        return possible.pop() if len(possible) == 1 else CHANGED
