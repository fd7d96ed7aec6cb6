"""Lists of findings and resources, a page at a time, and what is counted of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Final

import msgspec

from sekisho.analyzers.observation import AnalysisError, ErrorCode, ExternalAccess, FindingType
from sekisho.findings.criteria import LIST_KEYS, Criteria, Criterion, check_criteria, values_of
from sekisho.findings.errors import CriteriaError
from sekisho.findings.finding import Finding, Status

SORT_TIMES: Final = ("createdAt", "updatedAt", "analyzedAt")
SORT_ATTRIBUTES: Final = ("id", "resource", "resourceType", "resourceOwnerAccount", "status", *SORT_TIMES)
"""What findings can be sorted by. Source: Access Analyzer API reference, `SortCriteria`, which names none."""


class Sort(msgspec.Struct, frozen=True):
    """The order of a list: by an attribute, then by id, in the order of code points, so that no two are level.

    Raises:
        CriteriaError: findings cannot be sorted by this attribute.
    """

    attribute: str = "id"
    descending: bool = False

    def __post_init__(self) -> None:
        if self.attribute not in SORT_ATTRIBUTES:
            raise CriteriaError(
                f"findings are not sorted by `{self.attribute[:60]}`; sort them by {', '.join(SORT_ATTRIBUTES)}"
            )


class Cursor(msgspec.Struct, frozen=True):
    """The last finding of a page, as far as a list needs it to go on: what it was sorted by, as text, and its id."""

    value: str
    id: str


class FindingQuery(msgspec.Struct, frozen=True):
    """Which page of which list of findings.

    A walk that follows the cursors sees every finding that is there all along, and meets the criteria all along, once,
    whatever is added, changed or deleted meanwhile. That needs an attribute that does not move: `id`, which is the
    default, `createdAt`, `resource`, and in practice `resourceType` and `resourceOwnerAccount`. `updatedAt`,
    `analyzedAt` and `status` move when a finding changes: upwards in time, ascending, it may be seen again and is not
    missed; descending, it may be missed. What does not change meanwhile is seen once in any order.

    Attributes:
        finding_types: any of these; None for all.
        after: the end of the page before, of the same list; None for the first page.

    Raises:
        CriteriaError: the criteria ask for nothing, the page would be empty, or `after` is no place in this list.
    """

    analyzer_arn: str
    criteria: Criteria = msgspec.field(default_factory=dict[str, Criterion])
    sort: Sort = Sort()
    limit: int = 100
    after: Cursor | None = None
    finding_types: frozenset[FindingType] | None = None

    def __post_init__(self) -> None:
        check_criteria(self.criteria, keys=LIST_KEYS)
        check_limit(self.limit)
        if self.after is not None and self.sort.attribute in SORT_TIMES:
            parse_moment(self.after.value)


class Page(msgspec.Struct, frozen=True):
    """A part of a list; `next` is where the rest begins, None where there is none."""

    findings: tuple[Finding, ...]
    next: Cursor | None = None


def page_of(query: FindingQuery, found: Sequence[Finding]) -> Page:
    """Make a page of what was found.

    Args:
        query: what was asked for.
        found: in the order of the query, one more than its limit where there are so many.
    """
    if len(found) <= query.limit:
        return Page(tuple(found))
    kept = tuple(found[: query.limit])
    return Page(kept, Cursor(sort_value(kept[-1], query.sort.attribute), kept[-1].id))


def sort_value(finding: Finding, attribute: str) -> str:
    """Return what a finding is sorted by, as a text that sorts in the same way."""
    moments = {"createdAt": finding.created_at, "updatedAt": finding.updated_at, "analyzedAt": finding.analyzed_at}
    if attribute in moments:
        return moments[attribute].astimezone(UTC).isoformat(timespec="microseconds")
    (text,) = values_of(finding, attribute)
    return text


def parse_moment(text: str) -> datetime:
    """Read the time of a cursor; the inverse of what `sort_value` writes.

    Raises:
        CriteriaError: it is none.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CriteriaError(f"`{text[:60]}` is no place in a list that is sorted by time; start at its top") from None


def check_limit(limit: int) -> None:
    """Make sure that a page has room.

    Raises:
        CriteriaError: it has none.
    """
    if limit < 1:
        raise CriteriaError(f"a page of {limit} has room for nothing; ask for 1 or more")


class AnalyzedResource(msgspec.Struct, frozen=True):
    """A resource as the last scan that looked at it left it, with or without findings."""

    analyzer_arn: str
    resource: str
    resource_type: str
    resource_owner_account: str
    region: str
    analyzed_at: datetime
    notes: tuple[str, ...]


class ResourceQuery(msgspec.Struct, frozen=True):
    """Which page of the analyzed resources, by ARN, in the order of code points.

    Attributes:
        resource_type: only resources of this type; None for all.
        after: the last ARN of the page before; None for the first page.

    Raises:
        CriteriaError: the page would be empty.
    """

    analyzer_arn: str
    resource_type: str | None = None
    limit: int = 100
    after: str | None = None

    def __post_init__(self) -> None:
        check_limit(self.limit)


class ResourcePage(msgspec.Struct, frozen=True):
    """A part of the list of resources; `next` is where the rest begins, None where there is none."""

    resources: tuple[AnalyzedResource, ...]
    next: str | None = None


def resource_page_of(query: ResourceQuery, found: Sequence[AnalyzedResource]) -> ResourcePage:
    """Make a page of what was found: in the order of the query, one more than its limit where there are so many."""
    kept = tuple(found[: query.limit])
    return ResourcePage(kept, kept[-1].resource if len(found) > query.limit else None)


class ResourceDetails(msgspec.Struct, frozen=True):
    """A resource with what its findings say of it.

    Attributes:
        is_public: None where it could not be decided.
        actions: what outsiders can do, by all open findings together, sorted.
        shared_via: by which kinds of source, for instance `POLICY` or `BUCKET_ACL`; of buckets only.
        status: of the finding that is most open; None without findings, and after a failure to decide.
        created_at: of the first of the findings with this status.
        updated_at: of the one that changed last.

    Source: Access Analyzer API reference, `AnalyzedResource`, which speaks of one finding where there may be several.
    Recorded answers leave out status, times and actions of a resource without findings, and after a failure.
    """

    resource: AnalyzedResource
    is_public: bool | None = False
    actions: tuple[str, ...] = ()
    shared_via: tuple[str, ...] = ()
    status: Status | None = None
    error: ErrorCode | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


_MOST_OPEN_FIRST: Final = (Status.ACTIVE, Status.ARCHIVED, Status.RESOLVED)


def details_of(resource: AnalyzedResource, findings: Iterable[Finding]) -> ResourceDetails:
    """Say what all findings of one analyzer on a resource mean for it."""
    known = tuple(findings)
    unresolved = [one for one in known if one.status is not Status.RESOLVED]
    for one in unresolved:
        if isinstance(one.observation.outcome, AnalysisError):
            return ResourceDetails(resource, is_public=None, error=one.observation.outcome.code)
    shown = [one for one in known if isinstance(one.observation.outcome, ExternalAccess)]
    if not shown:
        return ResourceDetails(resource)
    status = next(status for status in _MOST_OPEN_FIRST if any(one.status is status for one in shown))
    alike = [one for one in shown if one.status is status]
    open_ = [one.observation.outcome for one in unresolved if isinstance(one.observation.outcome, ExternalAccess)]
    return ResourceDetails(
        resource,
        is_public=any(access.is_public for access in open_),
        actions=tuple(sorted(set(chain.from_iterable(access.action for access in open_)))),
        shared_via=tuple(sorted({source.type for access in open_ for source in access.sources})),
        status=status,
        created_at=min(one.created_at for one in alike),
        updated_at=max(one.updated_at for one in alike),
    )


class ActiveCounts(msgspec.Struct, frozen=True):
    """How many active findings one type of resource has, by what they say."""

    public: int = 0
    cross_account: int = 0
    errors: int = 0


class FindingStatistics(msgspec.Struct, frozen=True):
    """How many findings an analyzer has.

    Attributes:
        by_resource_type: of every type that has active findings.
        active: all that are active, failures to decide too.
        last_updated_at: when one of them changed last; None without findings.

    Source: Access Analyzer API reference, `ExternalAccessFindingsStatistics`. It does not say whether the totals count
    failures to decide.
    """

    by_resource_type: Mapping[str, ActiveCounts]
    active: int = 0
    archived: int = 0
    resolved: int = 0
    last_updated_at: datetime | None = None


class UnusedAccessStatistics(msgspec.Struct, frozen=True):
    """How many findings an analyzer of unused access has.

    Attributes:
        by_type: the active ones of every type that has some.
        worst_accounts: the accounts with most active findings, most first, and their active ones by type.
        last_updated_at: when one of them changed last; None without findings.

    Source: Access Analyzer API reference, `UnusedAccessFindingsStatistics`.
    """

    by_type: Mapping[FindingType, int]
    worst_accounts: Mapping[str, Mapping[FindingType, int]]
    active: int = 0
    archived: int = 0
    resolved: int = 0
    last_updated_at: datetime | None = None


ACCOUNTS_SHOWN: Final = 10
"""Source: the same, `topAccounts`."""
