"""What has changed since an earlier run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sekisho.findings import Finding, Reconciliation, Scan


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed since an earlier run.

    Attributes:
        at: when that was, in UTC.
        marks: a word for what is new or back, by the id of the finding.
        fixed: what is no more.
    """

    at: datetime
    marks: Mapping[str, str]
    fixed: Sequence[Finding]

    @classmethod
    def of(cls, seen: Reconciliation, earlier: Sequence[Scan]) -> Self | None:
        """Return what a run has changed; None for a first one, of which everything is new.

        Args:
            seen: what the run did.
            earlier: the scans before it, the latest first.
        """
        if not earlier:
            return None
        marks = {one.id: "new" for one in seen.new} | {one.id: "back" for one in seen.returned}
        return cls(earlier[0].finished_at, marks, seen.resolved)

    @property
    def in_words(self) -> str:
        """How much has changed, in a sentence."""
        at = f"{self.at:%Y-%m-%d %H:%M} UTC"
        if not self.marks and not self.fixed:
            return f"Nothing new and nothing fixed since {at}."
        numbers = Counter(self.marks.values()) + Counter({"fixed": len(self.fixed)})
        told = ", ".join(f"{number:,} {word}" for word, number in sorted(numbers.items(), reverse=True))
        return f"Since {at}: {told}."
