"""A list that a database makes is the one that `matches` and a sort make."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from postgresql import Server
from sekisho.analyzers.observation import (
    ErrorCode,
    ExternalAccess,
    FindingType,
    ResourceControlPolicyRestriction,
)
from sekisho.findings import (
    Criteria,
    Criterion,
    Cursor,
    Finding,
    FindingQuery,
    Reconciliation,
    Scan,
    Sort,
    Status,
    matches,
)
from sekisho.findings.criteria import LIST_KEYS
from sekisho.findings.query import SORT_ATTRIBUTES, sort_value
from sekisho.storage import SqlFindingStore
from unit.findings.builders import MONDAY, analysis, analysis_error, coverage, external_access, keep_analyzer

TEXTS = [
    "a",
    "A",
    "ab",
    "aB",
    "b",
    "%",
    "_",
    "a_b",
    "a%",
    "\\",
    "'",
    "é",
    "É",
    "ß",
    "関所",
    "\U0001f600",
    " a",
    "a-b",
    "",
]
KEYS = ["aws:SourceIp", "AWS:sourceip", "aws:PrincipalOrgID", "k_y"]
NAMESPACE = UUID(int=0)

texts = st.sampled_from(TEXTS)
moments = st.integers(0, 3).map(lambda number: MONDAY + timedelta(microseconds=number))
conditions = st.dictionaries(st.sampled_from(KEYS), texts, max_size=3)
principals = st.sampled_from(["AWS", "Federated", "CanonicalUser"]).flatmap(
    lambda kind: texts.map(lambda name: {kind: name})
)
accesses = st.builds(
    lambda principal, condition, is_public, restriction: replace(
        external_access(principal, condition=condition, is_public=is_public),
        resource_control_policy_restriction=restriction,
    ),
    principals | st.just({}),
    conditions,
    st.booleans(),
    st.sampled_from(ResourceControlPolicyRestriction),
)
errors = st.sampled_from(ErrorCode).map(lambda code: replace(analysis_error(), code=code))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    seen = analysis(
        draw(accesses | errors),
        resource=draw(texts),
        resource_type=draw(st.sampled_from(["AWS::S3::Bucket", "AWS::KMS::Key"])),
        account=draw(st.sampled_from(["111122223333", "444455556666"])),
    )
    return Finding(
        id="",
        analyzer_arn="",
        observation=seen.observations[0],
        status=draw(st.sampled_from(Status)),
        created_at=draw(moments),
        analyzed_at=draw(moments),
        updated_at=draw(moments),
    )


values = st.lists(
    texts
    | st.sampled_from(["true", "false", "ru", "ACT", "ACTIVE", "RESOLVED", "ACCESS_DENIED", "APPLICABLE"])
    | st.sampled_from(["ExternalAccess", "AWS::KMS::Key", "S3", "111122223333", "4444"]),
    min_size=1,
    max_size=3,
).map(tuple)
criteria = st.dictionaries(
    st.sampled_from([*LIST_KEYS, *(f"condition.{key}" for key in (*KEYS, "aws:sourceip", "other"))]),
    st.builds(
        Criterion,
        eq=st.none() | values,
        neq=st.none() | values,
        contains=st.none() | values,
        exists=st.none() | st.booleans(),
    ).filter(lambda one: one != Criterion()),
    max_size=3,
)
sorts = st.builds(Sort, st.sampled_from(SORT_ATTRIBUTES), st.booleans())


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlFindingStore]:
    with ExitStack() as held:
        if request.param == "SQLite":
            url = str(tmp_path_factory.mktemp("queries") / "findings.db")
        else:
            server: Server = request.getfixturevalue("postgresql_server")
            url = held.enter_context(server.database())
        yield held.enter_context(SqlFindingStore(url))


numbers = count()


def keep(store: SqlFindingStore, made: list[Finding]) -> tuple[str, list[Finding]]:
    """Store findings under an analyzer that has no others."""
    arn = f"arn:aws:access-analyzer:us-west-2:111122223333:analyzer/a{next(numbers)}"
    for before in store.analyzers():
        store.delete_analyzer(before.arn, at=MONDAY, by="test")
    keep_analyzer(store, arn)
    named = [replace(one, id=str(uuid5(NAMESPACE, f"{arn}/{n}")), analyzer_arn=arn) for n, one in enumerate(made)]
    store.record_scan(Scan(arn, MONDAY, coverage()), (), lambda _known: Reconciliation(new=tuple(named)))
    return arn, named


def walk(store: SqlFindingStore, query: FindingQuery) -> Iterator[Finding]:
    page = store.list_findings(query)
    yield from page.findings
    while page.next is not None:
        assert len(page.findings) == query.limit
        page = store.list_findings(replace(query, after=page.next))
        yield from page.findings


def plain(found: list[Finding], query: FindingQuery) -> list[Finding]:
    """Say the same again without a database."""
    chosen = [one for one in found if matches(query.criteria, one)]
    return sorted(
        chosen, key=lambda one: (sort_value(one, query.sort.attribute), one.id), reverse=query.sort.descending
    )


@given(
    st.lists(findings(), max_size=12),
    st.lists(st.tuples(criteria, sorts, st.integers(1, 5)), min_size=1, max_size=8),
)
def test_a_walk_sees_what_matches_in_the_order_that_was_asked_for(
    store: SqlFindingStore, made: list[Finding], questions: list[tuple[Criteria, Sort, int]]
) -> None:
    arn, kept = keep(store, made)

    for wanted, sort, limit in questions:
        query = FindingQuery(arn, wanted, sort, limit)
        assert list(walk(store, query)) == plain(kept, query)


@given(findings(), st.sampled_from(SORT_ATTRIBUTES))
def test_a_cursor_is_what_comes_behind_it(store: SqlFindingStore, made: Finding, attribute: str) -> None:
    arn, (kept,) = keep(store, [made])
    here = Cursor(sort_value(kept, attribute), kept.id)

    for descending in (False, True):
        assert store.list_findings(FindingQuery(arn, sort=Sort(attribute, descending), after=here)).findings == ()


@given(st.lists(findings(), max_size=12))
def test_what_is_counted_is_what_is_there(store: SqlFindingStore, made: list[Finding]) -> None:
    arn, kept = keep(store, made)

    counted = store.statistics(arn)

    statuses = [one.status for one in kept]
    assert (counted.active, counted.archived, counted.resolved) == tuple(map(statuses.count, Status))
    assert counted.last_updated_at == max((one.updated_at for one in kept), default=None)
    active = [one.observation for one in kept if one.status is Status.ACTIVE]
    assert set(counted.by_resource_type) == {one.resource_type for one in active}
    for type_, numbered in counted.by_resource_type.items():
        outcomes = [one.outcome for one in active if one.resource_type == type_]
        public = [one.is_public for one in outcomes if isinstance(one, ExternalAccess)]
        expected = (public.count(True), public.count(False), len(outcomes) - len(public))
        assert (numbered.public, numbered.cross_account, numbered.errors) == expected


def test_findings_of_no_type_are_none(store: SqlFindingStore) -> None:
    arn, kept = keep(store, [])
    assert store.list_findings(FindingQuery(arn, finding_types=frozenset())).findings == tuple(kept)
    assert store.list_findings(FindingQuery(arn, finding_types=frozenset(FindingType))).findings == ()
