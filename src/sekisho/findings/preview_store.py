"""What a store of access previews promises; `storage` keeps the promise."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from sekisho.findings.criteria import Criteria, Criterion, check_criteria
from sekisho.findings.preview import PREVIEW_KEYS, AccessPreview, PreviewFinding
from sekisho.findings.query import check_limit

MOST_PREVIEWS: Final = 1000
"""How many previews an analyzer makes in `COUNTED_FOR`. Source: IAM User Guide, "Quotas"."""

COUNTED_FOR: Final = timedelta(hours=1)

LISTED_FOR: Final = timedelta(hours=1)
"""How long a preview is listed. Source: Access Analyzer API reference, `ListAccessPreviews`; IAM User Guide."""

KEPT_FOR: Final = timedelta(hours=24)
"""How long AWS keeps a preview. Source: IAM User Guide, "Preview access with IAM Access Analyzer APIs"."""


class PreviewCursor(msgspec.Struct, frozen=True):
    """The last preview of a page, as far as a list needs it to go on."""

    created_at: datetime
    id: str


class PreviewQuery(msgspec.Struct, frozen=True):
    """Which page of an analyzer's previews, the newest first.

    Attributes:
        since: only previews that are younger.
        after: the end of the page before; None for the first page.

    Raises:
        CriteriaError: the page would be empty.
    """

    analyzer_arn: str
    since: datetime
    limit: int = 100
    after: PreviewCursor | None = None

    def __post_init__(self) -> None:
        check_limit(self.limit)


class PreviewPage(msgspec.Struct, frozen=True):
    """A part of a list of previews; `next` is where the rest begins, None where there is none."""

    previews: tuple[AccessPreview, ...]
    next: PreviewCursor | None = None


class PreviewFindingQuery(msgspec.Struct, frozen=True):
    """Which page of a preview's findings, by id.

    Attributes:
        after: the last id of the page before; None for the first page.

    Raises:
        CriteriaError: the criteria ask for nothing, or the page would be empty.
    """

    analyzer_arn: str
    preview_id: str
    criteria: Criteria = msgspec.field(default_factory=dict[str, Criterion])
    limit: int = 100
    after: str | None = None

    def __post_init__(self) -> None:
        check_criteria(self.criteria, keys=PREVIEW_KEYS)
        check_limit(self.limit)


class PreviewFindingPage(msgspec.Struct, frozen=True):
    """A part of a list of preview findings; `next` is where the rest begins, None where there is none."""

    findings: tuple[PreviewFinding, ...]
    next: str | None = None


def preview_page_of(query: PreviewQuery, found: Sequence[AccessPreview]) -> PreviewPage:
    """Make a page of what was found: in the order of the query, one more than its limit where there are so many."""
    kept = tuple(found[: query.limit])
    return PreviewPage(kept, PreviewCursor(kept[-1].created_at, kept[-1].id) if len(found) > query.limit else None)


class PreviewStore(Protocol):
    """Access previews, kept for a while."""

    def save(self, preview: AccessPreview) -> None:
        """Keep a preview; one of the same id is replaced.

        Raises:
            UnknownAnalyzerError: its analyzer is not there.
            StoreError: nothing was stored.
        """
        ...

    def get(self, analyzer_arn: str, preview_id: str) -> AccessPreview | None:
        """Return a preview of an analyzer; None when the analyzer has none of this id."""
        ...

    def list_previews(self, query: PreviewQuery) -> PreviewPage:
        """Return one page of previews without their findings, the newest first."""
        ...

    def list_findings(self, query: PreviewFindingQuery) -> PreviewFindingPage:
        """Return one page of a preview's findings, by id; none for a preview that is not there."""
        ...

    def count(self, analyzer_arn: str, *, since: datetime) -> int:
        """Count the previews of an analyzer that were made after `since`."""
        ...

    def delete(self, *, before: datetime) -> int:
        """Delete what was made before a time, of every analyzer; return how many there were."""
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
