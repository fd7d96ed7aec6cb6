"""Lists and counts as SQL: what `criteria.matches` says of one finding, said of a million with their indexes.

What is asked for by equality is read out of an index, page by page. `contains` reads the columns of every finding that
the other criteria leave over, and never their documents; so does a sort by `analyzedAt`.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from sekisho.analyzers.observation import ErrorCode, ExternalAccess, FindingType, ResourceControlPolicyRestriction
from sekisho.findings import (
    ActiveCounts,
    Criterion,
    Cursor,
    Finding,
    FindingQuery,
    FindingStatistics,
    ResourceQuery,
    Sort,
    Status,
    UnusedAccessStatistics,
)
from sekisho.findings.criteria import CONDITION
from sekisho.findings.query import ACCOUNTS_SHOWN, SORT_TIMES, parse_moment
from sekisho.storage.schema import finding_conditions, findings, resources

_C: Final = findings.c

FINDING: Final = cast(
    "Select[Any]",
    select(
        _C.id, _C.analyzer_arn, _C.status, _C.created_at, _C.analyzed_at, _C.updated_at, _C.archived_by,
        _C.resource, _C.resource_type, _C.resource_owner_account, _C.region, _C.finding_type, _C.error, _C.outcome,
    ),
)  # fmt: skip
"""What a finding is made of; the other columns say again what its document says."""

_TEXTS: Final[Mapping[str, Column[Any]]] = {
    "id": _C.id,
    "resource": _C.resource,
    "resourceType": _C.resource_type,
    "resourceOwnerAccount": _C.resource_owner_account,
    "principal.AWS": _C.principal_aws,
    "principal.Federated": _C.principal_federated,
    "principal.CanonicalUser": _C.principal_canonical_user,
}
"""Keys whose values can be any text."""

_ENUMERATED: Final[Mapping[str, tuple[Column[Any], Mapping[str, str | bool]]]] = {
    "status": (_C.status, {one.value: one.value for one in Status}),
    "findingType": (_C.finding_type, {one.value: one.value for one in FindingType}),
    "error": (_C.error, {one.value: one.value for one in ErrorCode}),
    "isPublic": (_C.is_public, {"true": True, "false": False}),
    "resourceControlPolicyRestriction": (
        _C.resource_control_policy_restriction,
        {one.value: one.value for one in ResourceControlPolicyRestriction},
    ),
}
"""Keys with few values: to each its column, and what a text is there. `Criterion` itself decides which are wanted."""

_SORTS: Final[Mapping[str, Column[Any]]] = {
    "id": _C.id,
    "resource": _C.resource,
    "resourceType": _C.resource_type,
    "resourceOwnerAccount": _C.resource_owner_account,
    "status": _C.status,
    "createdAt": _C.created_at,
    "updatedAt": _C.updated_at,
    "analyzedAt": _C.analyzed_at,
}

LISTS_KEPT: Final = 16
"""How many lists have their statement kept: whoever turns the pages of one asks for it again and again.

A filter stands in its statement and in the key, and may be as long as a body: together no more than 16 of those.
"""

_AFTER_VALUE: Final = "after_value"
_AFTER_ID: Final = "after_id"

_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")


def keepable(text: str) -> str:
    """Return a text as a column keeps it: what some database refuses is replaced, in the finding and in the question.

    To a query all such characters are the same, so that it may find too much, or with `neq` too little. None is in the
    name of anything, only in conditions that their author has made up; the document of a finding has them as they are.

    Source: PostgreSQL documentation, "Character Types": a text holds no code zero.
    """
    return _UNKEEPABLE.sub("\ufffd", text)


def digest_of(key: str, value: str) -> bytes:
    """Return what stands for a condition in an index, where a value of any length would not fit.

    Args:
        key: without `condition.`, in lower case.
        value: as a column keeps it, without a code zero, as is the key.
    """
    return hashlib.blake2b(f"{key}\0{value}".encode(), digest_size=16).digest()


def filter_columns(finding: Finding) -> dict[str, str | None]:
    """Return the columns that only queries read; with an outcome of access they say again what its document says."""
    outcome = finding.observation.outcome
    access = outcome if isinstance(outcome, ExternalAccess) else None
    principal = {} if access is None else {kind: keepable(name) for kind, name in access.principal.items()}
    return {
        "principal_aws": principal.get("AWS"),
        "principal_federated": principal.get("Federated"),
        "principal_canonical_user": principal.get("CanonicalUser"),
        "resource_control_policy_restriction": (
            None if access is None else access.resource_control_policy_restriction.value
        ),
    }


def condition_rows(added: Sequence[Finding]) -> list[dict[str, str | bytes]]:
    """Return the rows of `finding_conditions` for new findings; they never change, being part of the identity."""
    return [
        {"digest": digest_of(key, value), "finding_id": finding.id, "condition_key": key, "value": value}
        for finding in added
        for key, value in sorted(set(_conditions_of(finding)))
    ]


def _conditions_of(finding: Finding) -> Iterator[tuple[str, str]]:
    match finding.observation.outcome:
        case ExternalAccess(condition=condition):
            yield from ((keepable(key.lower()), keepable(value)) for key, value in condition.items())
        case _:
            return


class _PagesOfList(NamedTuple):
    """What the pages of a list have in common; of the first it is another, as that begins nowhere."""

    analyzer_arn: str
    filtered: tuple[tuple[str, Criterion], ...]
    types: frozenset[FindingType] | None
    sort: Sort
    limit: int
    goes_on: bool
    dialect: str


def select_page(query: FindingQuery, dialect: Dialect) -> tuple[Select[Any], Mapping[str, str | datetime]]:
    """Return the statement for one page of findings and, to see whether there are more, one finding beyond it.

    Returns:
        the statement, and its parameters: the place in the list after which the page begins.
    """
    pages = _PagesOfList(
        query.analyzer_arn,
        tuple(query.criteria.items()),
        query.finding_types,
        query.sort,
        query.limit,
        goes_on=query.after is not None,
        dialect=dialect.name,
    )
    return _select_pages(pages), {} if query.after is None else _place(query.sort, query.after)


@lru_cache(maxsize=LISTS_KEPT)
def _select_pages(pages: _PagesOfList) -> Select[Any]:
    sort, dialect = pages.sort, pages.dialect
    wanted = FINDING.where(_C.analyzer_arn == keepable(pages.analyzer_arn), *_of_types(pages.types))
    identity: ColumnElement[str] = _C.id
    for key, criterion in pages.filtered:
        if key.startswith(CONDITION):
            name = _condition_key(key)
            if criterion.eq is not None and len(criterion.eq) == 1:
                # The index has the findings of one condition by their ids: a list sorted so is read from there.
                met = finding_conditions.alias()
                same = met.c.digest == digest_of(name, keepable(criterion.eq[0]))
                wanted = wanted.join(met, (met.c.finding_id == _C.id) & same)
                identity = met.c.finding_id
            wanted = wanted.where(*_condition_holds(name, criterion, dialect))
        elif key in _ENUMERATED:
            wanted = wanted.where(*_enumerated_holds(key, criterion))
        else:
            wanted = wanted.where(*_text_holds(_TEXTS[key], criterion, dialect))
    order = {_AFTER_ID: identity}
    if sort.attribute != "id":
        order = {_AFTER_VALUE: _SORTS[sort.attribute], _AFTER_ID: _C.id}
    if pages.goes_on:
        wanted = wanted.where(_beyond(order, descending=sort.descending))
    directed = [column.desc() if sort.descending else column for column in order.values()]
    return wanted.order_by(*directed).limit(pages.limit + 1)


def _of_types(types: frozenset[FindingType] | None) -> Iterator[ColumnElement[bool]]:
    if types is not None:
        yield from _enumerated_holds("findingType", Criterion(eq=tuple(one.value for one in types)))


def _beyond(order: Mapping[str, ColumnElement[Any]], *, descending: bool) -> ColumnElement[bool]:
    ours = [bindparam(name, type_=column.type) for name, column in order.items()]
    theirs = list(order.values())
    if len(order) == 1:
        return theirs[0] < ours[0] if descending else theirs[0] > ours[0]
    return tuple_(*theirs) < tuple_(*ours) if descending else tuple_(*theirs) > tuple_(*ours)


def _place(sort: Sort, after: Cursor) -> dict[str, str | datetime]:
    identity = {_AFTER_ID: keepable(after.id)}
    if sort.attribute == "id":
        return {**identity}
    value = parse_moment(after.value) if sort.attribute in SORT_TIMES else keepable(after.value)
    return {_AFTER_VALUE: value, **identity}


def _enumerated_holds(key: str, criterion: Criterion) -> Iterator[ColumnElement[bool]]:
    column, values = _ENUMERATED[key]
    wanted = [stored for text, stored in values.items() if criterion.holds((text,))]
    absent = column.nullable and criterion.holds(())
    if len(wanted) == len(values) and absent is column.nullable:
        return
    some = _one_of(column, wanted)
    yield column.is_(None) | some if absent else some


def _text_holds(column: Column[Any], criterion: Criterion, dialect: str) -> Iterator[ColumnElement[bool]]:
    if criterion.exists is not None:
        yield column.is_not(None) if criterion.exists else column.is_(None)
    if criterion.eq is not None:
        yield _one_of(column, [keepable(one) for one in criterion.eq])
    if criterion.neq is not None:
        others = column.not_in([keepable(one) for one in criterion.neq])
        yield column.is_(None) | others if column.nullable else others
    if criterion.contains is not None:
        yield _contains(column, criterion.contains, dialect)


def _condition_holds(name: str, criterion: Criterion, dialect: str) -> Iterator[ColumnElement[bool]]:
    """Say what `_select_pages` has not joined already."""
    its = finding_conditions.c
    if criterion.exists is not None:
        present = _has_condition(its.condition_key == name)
        yield present if criterion.exists else not_(present)
    if criterion.eq is not None and len(criterion.eq) > 1:
        met = select(its.finding_id).where(its.digest.in_(_digests(name, criterion.eq)))
        yield _C.id.in_(met)
    if criterion.neq is not None:
        yield not_(_has_condition(its.digest.in_(_digests(name, criterion.neq))))
    if criterion.contains is not None:
        yield _has_condition((its.condition_key == name) & _contains(its.value, criterion.contains, dialect))


def _condition_key(key: str) -> str:
    return keepable(key.removeprefix(CONDITION).lower())


def _digests(name: str, values: Sequence[str]) -> list[bytes]:
    return [digest_of(name, keepable(value)) for value in values]


def _has_condition(such: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(and_(finding_conditions.c.finding_id == _C.id, such))


def _contains(column: Column[Any], parts: Sequence[str], dialect: str) -> ColumnElement[bool]:
    # Not LIKE, which takes no heed of case in SQLite.
    position = func.strpos if dialect == "postgresql" else func.instr
    return or_(*(position(column, keepable(part)) > 0 for part in parts))


def _one_of(column: Column[Any], values: Sequence[str | bool]) -> ColumnElement[bool]:
    match values:
        case ():
            return false()
        case (value,):
            return column == value
        case _:
            return column.in_(values)


def read_statistics(connection: Connection, analyzer_arn: str) -> FindingStatistics:
    """Count the findings of an analyzer: one query, answered out of one index."""
    ours = _C.analyzer_arn == keepable(analyzer_arn)
    groups = (_C.resource_type, _C.status, _C.is_public)
    latest = select(func.max(_C.updated_at)).where(ours).scalar_subquery()
    query = select(*groups, func.count().label("number"), latest.label("latest")).where(ours).group_by(*groups)
    totals = dict.fromkeys(Status, 0)
    active: dict[str, dict[bool | None, int]] = {}
    last: datetime | None = None
    for row in connection.execute(query.order_by(*groups[:2])):
        status, last = Status(row.status), row.latest
        totals[status] += row.number
        if status is Status.ACTIVE:
            active.setdefault(row.resource_type, {})[row.is_public] = row.number
    return FindingStatistics(
        by_resource_type={
            type_: ActiveCounts(numbers.get(True, 0), numbers.get(False, 0), numbers.get(None, 0))
            for type_, numbers in active.items()
        },
        active=totals[Status.ACTIVE],
        archived=totals[Status.ARCHIVED],
        resolved=totals[Status.RESOLVED],
        last_updated_at=last,
    )


def read_unused_access_statistics(connection: Connection, analyzer_arn: str) -> UnusedAccessStatistics:
    """Count the findings of an analyzer of unused access by status, type and account."""
    groups = (_C.resource_owner_account, _C.finding_type, _C.status)
    ours = select(*groups, func.count().label("number"), func.max(_C.updated_at).label("latest"))
    totals = dict.fromkeys(Status, 0)
    by_type: Counter[FindingType] = Counter()
    by_account: defaultdict[str, Counter[FindingType]] = defaultdict(Counter)
    last: datetime | None = None
    for row in connection.execute(ours.where(_C.analyzer_arn == keepable(analyzer_arn)).group_by(*groups)):
        status, type_ = Status(row.status), FindingType(row.finding_type)
        totals[status] += row.number
        last = row.latest if last is None else max(last, row.latest)
        if status is Status.ACTIVE:
            by_type[type_] += row.number
            by_account[row.resource_owner_account][type_] += row.number
    worst = sorted(by_account, key=lambda one: (-by_account[one].total(), one))[:ACCOUNTS_SHOWN]
    return UnusedAccessStatistics(
        by_type=_by_name(by_type),
        worst_accounts={account: _by_name(by_account[account]) for account in worst},
        active=totals[Status.ACTIVE],
        archived=totals[Status.ARCHIVED],
        resolved=totals[Status.RESOLVED],
        last_updated_at=last,
    )


def _by_name(numbers: Mapping[FindingType, int]) -> dict[FindingType, int]:
    return dict(sorted(numbers.items(), key=lambda one: one[0].value))


def select_resources(query: ResourceQuery) -> Select[Any]:
    """Return the statement for one page of analyzed resources and, to see whether there are more, one beyond it."""
    wanted = select(resources).where(resources.c.analyzer_arn == keepable(query.analyzer_arn))
    if query.resource_type is not None:
        wanted = wanted.where(resources.c.resource_type == keepable(query.resource_type))
    if query.after is not None:
        wanted = wanted.where(resources.c.resource > keepable(query.after))
    return wanted.order_by(resources.c.resource).limit(query.limit + 1)
