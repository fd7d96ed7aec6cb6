"""What every `FindingStore` promises of lists: pages that go on where they ended, and numbers that add up."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from alembic.command import downgrade
from alembic.config import Config
from msgspec.structs import replace
from sqlalchemy import Connection, event, inspect, select, text

from postgresql import Server, database_of
from sekisho.analyzers.observation import ErrorCode, ExternalAccess, FindingType, ResourceAnalysis, Source
from sekisho.findings import (
    ActiveCounts,
    AnalyzedResource,
    Change,
    ChangeKind,
    Criteria,
    CriteriaError,
    Criterion,
    Cursor,
    Finding,
    FindingFilter,
    FindingQuery,
    FindingStatistics,
    FindingStore,
    Page,
    Reconciliation,
    ResourceDetails,
    ResourceQuery,
    Scan,
    Sort,
    Status,
    archive,
)
from sekisho.storage import SqlFindingStore
from sekisho.storage.engine import BUSY_TIMEOUT, open_engine, parse_url
from sekisho.storage.migrate import MIGRATIONS
from sekisho.storage.queries import condition_rows, filter_columns
from sekisho.storage.schema import finding_conditions, findings
from unit.findings.builders import (
    ACCOUNT,
    ANALYZER,
    BUCKET,
    MONDAY,
    REGION,
    TUESDAY,
    WEDNESDAY,
    analysis,
    analysis_error,
    coverage,
    external_access,
    keep_analyzer,
    rescan,
)

QUEUE = "arn:aws:sqs:us-west-2:111122223333:jobs"


def scan(store: FindingStore, *analyses: ResourceAnalysis, now: datetime = MONDAY) -> Reconciliation:
    keep_analyzer(store)
    return store.record_scan(
        Scan(ANALYZER, now, coverage()), analyses, lambda known: rescan(known.findings, *analyses, now=now)
    )


def keep(store: FindingStore, *made: Finding) -> None:
    keep_analyzer(store)
    store.record_scan(Scan(ANALYZER, MONDAY, coverage()), (), lambda _known: Reconciliation(new=made))


def drop(store: FindingStore, gone: Finding) -> None:
    where = FindingFilter(analyzer_arn=ANALYZER, ids=frozenset({gone.id}))
    store.change(
        where, lambda known: [Change(ChangeKind.DELETED, one, one.status, TUESDAY, "ann") for one in known.findings]
    )


def numbered(number: int, outcome: ExternalAccess | None = None, **changes: Any) -> Finding:
    (seen,) = analysis(outcome or external_access(), resource=f"{BUCKET}-{number}").observations
    finding = Finding(str(UUID(int=number)), ANALYZER, seen, Status.ACTIVE, MONDAY, MONDAY, MONDAY)
    return replace(finding, **changes)


def ids(page: Page) -> list[int]:
    return [UUID(one.id).int for one in page.findings]


def asked(store: FindingStore, criteria: Criteria) -> list[int]:
    return ids(store.list_findings(FindingQuery(ANALYZER, criteria)))


def test_a_store_without_findings_has_one_empty_page(store: FindingStore) -> None:
    assert store.list_findings(FindingQuery(ANALYZER)) == Page(())
    assert store.list_resources(ResourceQuery(ANALYZER)).resources == ()
    assert store.statistics(ANALYZER) == FindingStatistics({})
    assert store.resource_details(ANALYZER, BUCKET) is None
    assert store.resource_details(ANALYZER, "\0\ud800") is None


def test_a_list_goes_on_where_its_page_ended(store: FindingStore) -> None:
    keep(store, *map(numbered, (5, 3, 1, 2, 4)))

    first = store.list_findings(FindingQuery(ANALYZER, limit=2))
    second = store.list_findings(FindingQuery(ANALYZER, limit=2, after=first.next))
    third = store.list_findings(FindingQuery(ANALYZER, limit=2, after=second.next))

    assert [ids(page) for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert first.next == Cursor(first.findings[1].id, first.findings[1].id)
    assert third.next is None
    assert third.findings == (numbered(5),)


def test_a_full_last_page_is_the_last(store: FindingStore) -> None:
    keep(store, *map(numbered, (1, 2)))

    assert store.list_findings(FindingQuery(ANALYZER, limit=2)).next is None


def test_only_the_analyzer_that_is_asked_for_is_listed(store: FindingStore) -> None:
    keep(store, numbered(1))
    other = replace(numbered(2), analyzer_arn=ANALYZER + "2")
    keep_analyzer(store, ANALYZER + "2")
    store.record_scan(Scan(ANALYZER + "2", MONDAY, coverage()), (), lambda _known: Reconciliation(new=(other,)))

    assert asked(store, {}) == [1]


def test_level_times_are_told_apart_by_id(store: FindingStore) -> None:
    later = TUESDAY + timedelta(microseconds=1)
    keep(store, numbered(4), numbered(1, updated_at=later), numbered(3, updated_at=TUESDAY), numbered(2))
    query = FindingQuery(ANALYZER, sort=Sort("updatedAt", descending=True), limit=1)
    seen = []
    page = store.list_findings(query)
    while page.next is not None:
        seen += ids(page)
        page = store.list_findings(replace(query, after=page.next))

    assert [*seen, *ids(page)] == [1, 3, 4, 2]


def test_texts_sort_by_their_code_points(store: FindingStore) -> None:
    names = ["B", "a", "a-b", "ab", "a_b", "é", "\uffee", "\U0001f600"]
    made = [numbered(number) for number in range(len(names))]
    keep(
        store,
        *(
            replace(one, observation=replace(one.observation, resource=name))
            for one, name in zip(made, names, strict=True)
        ),
    )

    listed = store.list_findings(FindingQuery(ANALYZER, sort=Sort("resource"))).findings

    assert [one.observation.resource for one in listed] == sorted(names)


@pytest.mark.parametrize(
    "sort", [Sort(), Sort("createdAt"), Sort("resource", descending=True), Sort("id", descending=True)]
)
def test_a_walk_sees_what_is_there_all_along_once_whatever_happens_meanwhile(store: FindingStore, sort: Sort) -> None:
    stays = [numbered(number) for number in range(10, 90, 4)]
    goes = [numbered(number) for number in range(11, 91, 4)]
    comes = iter([numbered(number) for number in range(12, 92, 4)] + [numbered(number) for number in range(200, 300)])
    keep(store, *stays, *goes)
    draw = random.Random(1)  # noqa: S311 - data for a test
    query = FindingQuery(ANALYZER, sort=sort, limit=3)

    page = store.list_findings(query)
    seen = ids(page)
    while page.next is not None:
        keep(store, next(comes), next(comes))
        if goes:
            drop(store, goes.pop(draw.randrange(len(goes))))
        changed = FindingFilter(analyzer_arn=ANALYZER, ids=frozenset(one.id for one in draw.sample(stays, 3)))
        store.change(changed, lambda known: archive(known.findings, by="ann", now=TUESDAY))
        page = store.list_findings(replace(query, after=page.next))
        seen += ids(page)

    assert len(seen) == len(set(seen))
    assert {UUID(one.id).int for one in (*stays, *goes)} <= set(seen)


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        pytest.param({"principal.AWS": Criterion(eq=("*",))}, [1], id="a star is a star"),
        pytest.param({"principal.AWS": Criterion(contains=("_",))}, [], id="an underscore is no wildcard"),
        pytest.param({"principal.AWS": Criterion(contains=("%",))}, [], id="a per cent sign is no wildcard"),
        pytest.param({"principal.AWS": Criterion(contains=("ROLE/",))}, [], id="case matters"),
        pytest.param({"principal.AWS": Criterion(contains=("role/",))}, [2], id="a part of a principal"),
        pytest.param({"principal.AWS": Criterion(neq=("*",))}, [2, 3, 4], id="unequal where it is absent"),
        pytest.param({"principal.AWS": Criterion(exists=False)}, [3, 4], id="absent"),
        pytest.param({"principal.Federated": Criterion(eq=("idp\ufffd",))}, [3], id="what no database keeps"),
        pytest.param({"principal.Federated": Criterion(eq=("idp\0",))}, [3], id="what no database takes"),
        pytest.param({"condition.AWS:sourceip": Criterion(eq=("10.0.0.0/8",))}, [1, 2], id="case of keys"),
        pytest.param({"condition.aws:SourceIp": Criterion(eq=("10.0.0.0/8", "x"))}, [1, 2], id="one of two"),
        pytest.param({"condition.aws:SourceIp": Criterion(contains=("/8",))}, [1, 2], id="a part of a condition"),
        pytest.param({"condition.aws:SourceIp": Criterion(exists=False)}, [3, 4], id="no condition"),
        pytest.param({"condition.aws:UserId": Criterion(neq=("\ud800",))}, [1, 2, 4], id="what is replaced is alike"),
        pytest.param({"error": Criterion(exists=True)}, [4], id="failures"),
        pytest.param({"isPublic": Criterion(contains=("rue",))}, [1], id="a part of a boolean"),
        pytest.param({"status": Criterion(eq=("NONSENSE",))}, [], id="no status"),
        pytest.param({"id": Criterion(contains=("0000",)), "isPublic": Criterion(exists=True)}, [1, 2, 3], id="both"),
    ],
)
def test_criteria_find(store: FindingStore, criteria: Criteria, found: list[int]) -> None:
    inside = {"aws:SourceIp": "10.0.0.0/8", "aws:PrincipalTag/long": "x" * 5000}
    (failed,) = analysis(analysis_error()).observations
    keep(
        store,
        numbered(1, external_access({"AWS": "*"}, condition=inside, is_public=True)),
        numbered(
            2, external_access({"AWS": "arn:aws:iam::444455556666:role/a"}, condition={"aws:sourceip": "10.0.0.0/8"})
        ),
        numbered(3, external_access({"Federated": "idp\0"}, condition={"aws:UserId": "\0"})),
        replace(numbered(4), observation=failed),
    )

    assert asked(store, criteria) == found


def test_a_type_of_finding_may_be_asked_for(store: FindingStore) -> None:
    keep(store, numbered(1))

    assert ids(store.list_findings(FindingQuery(ANALYZER, finding_types=frozenset(FindingType)))) == [1]
    assert ids(store.list_findings(FindingQuery(ANALYZER, finding_types=frozenset()))) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sort("severityRule"), "`severityRule`; sort them by id"),
        (lambda: FindingQuery(ANALYZER, {"nonsense": Criterion(eq=("a",))}), "`nonsense` is no key"),
        (lambda: FindingQuery(ANALYZER, {"resource": Criterion()}), "no operator"),
        (lambda: FindingQuery(ANALYZER, limit=0), "room for nothing"),
        (lambda: FindingQuery(ANALYZER, sort=Sort("createdAt"), after=Cursor("a", "b")), "`a` is no place"),
        (lambda: ResourceQuery(ANALYZER, limit=0), "room for nothing"),
    ],
)
def test_questions_without_an_answer_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(CriteriaError, match=message):
        make()


def test_a_cursor_goes_through_json() -> None:
    cursor = Cursor("2026-11-16T08:00:00.000001+00:00", "an-id")

    assert msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor) == cursor


def test_conditions_go_with_their_finding(store: SqlFindingStore) -> None:
    kept = numbered(1, external_access(condition={"aws:SourceIp": "10.0.0.0/8"}))
    keep(store, kept)
    drop(store, kept)

    with store.reading() as connection:
        assert connection.execute(select(finding_conditions)).all() == []


def test_a_scan_that_changes_nothing_keeps_what_lists_are_made_of(store: FindingStore) -> None:
    access = external_access(condition={"aws:SourceIp": "10.0.0.0/8"})
    scan(store, analysis(access))
    scan(store, analysis(access, account="444455556666", region="eu-west-1"), now=TUESDAY)

    criteria = {
        "condition.aws:SourceIp": Criterion(eq=("10.0.0.0/8",)),
        "resourceOwnerAccount": Criterion(eq=("444455556666",)),
    }
    (found,) = store.list_findings(FindingQuery(ANALYZER, criteria)).findings
    assert (found.analyzed_at, found.updated_at, found.observation.region) == (TUESDAY, MONDAY, "eu-west-1")


def test_resources_are_listed_by_arn(store: FindingStore) -> None:
    names = [f"{BUCKET}-{letter}" for letter in ("b", "a", "B")]
    queue = analysis(resource=QUEUE, resource_type="AWS::SQS::Queue")
    scan(store, *(analysis(resource=name) for name in names), queue)

    first = store.list_resources(ResourceQuery(ANALYZER, limit=3))
    second = store.list_resources(ResourceQuery(ANALYZER, limit=3, after=first.next))
    queues = store.list_resources(ResourceQuery(ANALYZER, resource_type="AWS::SQS::Queue"))

    assert [one.resource for one in (*first.resources, *second.resources)] == [*sorted(names), QUEUE]
    assert (first.next, second.next) == (max(names), None)
    assert queues.resources == (AnalyzedResource(ANALYZER, QUEUE, "AWS::SQS::Queue", ACCOUNT, REGION, MONDAY, ()),)


def test_a_resource_is_what_its_open_findings_say_together(store: FindingStore) -> None:
    public = external_access({"AWS": "*"}, action=("s3:PutObject",), is_public=True)
    named = replace(external_access(), sources=(Source("BUCKET_ACL"), Source("POLICY")))
    gone = external_access({"AWS": "999988887777"}, action=("s3:DeleteObject",))
    scan(store, analysis(gone, named))
    scan(store, analysis(named, public), now=TUESDAY)

    details = store.resource_details(ANALYZER, BUCKET)

    assert details is not None
    assert details == ResourceDetails(
        details.resource,
        is_public=True,
        actions=("s3:GetObject", "s3:PutObject"),
        shared_via=("BUCKET_ACL", "POLICY"),
        status=Status.ACTIVE,
        created_at=MONDAY,
        updated_at=TUESDAY,
    )
    assert details.resource.resource == BUCKET


def test_a_resource_whose_findings_are_resolved_lets_nobody_in(store: FindingStore) -> None:
    scan(store, analysis(external_access({"AWS": "*"}, is_public=True)))
    scan(store, analysis(), now=TUESDAY)

    details = store.resource_details(ANALYZER, BUCKET)

    assert details is not None
    assert (details.status, details.is_public, details.actions) == (Status.RESOLVED, False, ())
    assert (details.created_at, details.updated_at) == (MONDAY, TUESDAY)


def test_a_resource_without_findings_has_no_status(store: FindingStore) -> None:
    scan(store, analysis())

    details = store.resource_details(ANALYZER, BUCKET)

    assert details is not None
    assert details == ResourceDetails(details.resource)


def test_a_resource_that_could_not_be_decided_is_neither_public_nor_private(store: FindingStore) -> None:
    scan(store, analysis(external_access()))
    scan(store, analysis(analysis_error()), now=TUESDAY)

    details = store.resource_details(ANALYZER, BUCKET)

    assert details is not None
    assert details == ResourceDetails(details.resource, is_public=None, error=ErrorCode.ACCESS_DENIED)


def test_findings_are_counted_by_type_and_status(store: FindingStore) -> None:
    (failed,) = analysis(analysis_error(), resource=QUEUE, resource_type="AWS::SQS::Queue").observations
    keep(
        store,
        numbered(1),
        numbered(2),
        numbered(3, external_access(is_public=True), updated_at=WEDNESDAY),
        replace(numbered(4), observation=failed),
        numbered(5, status=Status.ARCHIVED),
        numbered(6, status=Status.RESOLVED, updated_at=TUESDAY),
    )

    assert store.statistics(ANALYZER) == FindingStatistics(
        {"AWS::S3::Bucket": ActiveCounts(public=1, cross_account=2), "AWS::SQS::Queue": ActiveCounts(errors=1)},
        active=4,
        archived=1,
        resolved=1,
        last_updated_at=WEDNESDAY,
    )


def go_back(url: str, revision: str) -> None:
    """Leave the database as an older version of the program had it."""
    engine = open_engine(parse_url(url), busy_timeout=BUSY_TIMEOUT)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        downgrade(config, revision)
        assert not inspect(connection).has_table("finding_conditions")
        assert connection.execute(text("SELECT count(*) FROM findings")).scalar() == 4
    engine.dispose()


ADDED = ("principal_aws", "principal_federated", "principal_canonical_user", "resource_control_policy_restriction")


def test_findings_from_before_there_were_lists_are_found_too(new_database: Callable[[], str]) -> None:
    url = new_database()
    made = [
        numbered(
            1, external_access({"AWS": "*"}, condition={"aws:SourceIp": "\0", "AWS:SourceIP": "\0", "a:b": "é\ud7ff"})
        ),
        numbered(2, external_access({"Federated": "idp\0"})),
        numbered(3, external_access({"CanonicalUser": "79a5"})),
        replace(numbered(4), observation=analysis(analysis_error()).observations[0]),
    ]
    with SqlFindingStore(url) as store:
        keep(store, *made)
        columns, conditions = stored(store)
    go_back(url, "0003")

    with SqlFindingStore(url) as store:
        assert stored(store) == (columns, conditions)
        assert columns == [tuple(filter_columns(one).values()) for one in made]
        assert len(conditions) == len(condition_rows(made)) == 2
        assert store.list_findings(FindingQuery(ANALYZER)).findings == tuple(made)


def stored(store: SqlFindingStore) -> tuple[list[Any], list[Any]]:
    with store.reading() as connection:
        columns = connection.execute(select(*(findings.c[name] for name in ADDED)).order_by(findings.c.id)).all()
        conditions = connection.execute(select(finding_conditions).order_by(finding_conditions.c.digest)).all()
    return [tuple(row) for row in columns], [tuple(row) for row in conditions]


def test_postgresql_sorts_by_code_points_whatever_the_database_does(postgresql_server: Server, postgresql: str) -> None:
    SqlFindingStore(postgresql).close()

    rows = postgresql_server.run(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE collation_name = 'C'",
        database=database_of(postgresql),
    )

    names = ("id", "status", "resource", "resource_type", "resource_owner_account")
    expected = {*(f"findings.{name}" for name in names), "resources.resource"}
    assert {row[0] for row in rows} >= expected


TYPES = [f"AWS::Made::Up{number}" for number in range(16)]


def fill(store: SqlFindingStore, number: int) -> None:
    draw = random.Random(1)  # noqa: S311 - data for a test
    made = []
    for _ in range(number):
        who = {"AWS": draw.choice(["*", f"{draw.randrange(200):012d}"])}
        when = {"aws:PrincipalOrgID": f"o-{draw.randrange(50)}"} if draw.random() < 0.3 else {}
        resource = f"{BUCKET}-{draw.randrange(number // 2)}"
        access = external_access(who, condition=when)
        (seen,) = analysis(access, resource=resource, resource_type=draw.choice(TYPES)).observations
        status = draw.choices(list(Status), [5, 1, 4])[0]
        moment = MONDAY + timedelta(seconds=draw.randrange(10**6))
        made.append(Finding(str(UUID(int=draw.getrandbits(128))), ANALYZER, seen, status, moment, moment, moment))
    keep(store, *made)
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in (
                "SET synchronous_commit = on",
                "ANALYZE",
                "VACUUM",
            ):  # which passes over what is not on disk
                connection.execute(text(statement))


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlFindingStore]:
    with ExitStack() as held:
        if request.param == "SQLite":
            place = str(tmp_path_factory.mktemp("full") / "findings.db")
        else:
            server: Server = request.getfixturevalue("postgresql_server")
            place = held.enter_context(server.database())
        opened = held.enter_context(SqlFindingStore(place))
        fill(opened, 4000)
        yield opened


Ask = Callable[[SqlFindingStore], object]


def plans(store: SqlFindingStore, ask: Ask) -> str:
    """Return how the database goes about what `ask` makes the store execute."""
    said: list[tuple[str, Any]] = []

    def listen(_c: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", listen)
    ask(store)
    event.remove(store.engine, "before_cursor_execute", listen)
    how = "EXPLAIN" if store.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with store.reading() as connection:
        return "\n".join(
            str(row[-1])
            for statement, parameters in said
            for row in connection.exec_driver_sql(f"{how} {statement}", parameters)
        )


def page(criteria: Criteria | None = None, sort: Sort | None = None, after: Cursor | None = None) -> Ask:
    query = FindingQuery(ANALYZER, criteria or {}, sort or Sort(), 20, after)
    return lambda store: store.list_findings(query)


MIDDLE = str(UUID(int=2**127))


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        pytest.param(page(), "findings_in_order", id="the default list"),
        pytest.param(page(after=Cursor(MIDDLE, MIDDLE)), "findings_in_order", id="its middle"),
        pytest.param(page(sort=Sort(descending=True)), "findings_in_order", id="backwards"),
        pytest.param(page({"status": Criterion(eq=("ACTIVE",))}), "findings_by_status", id="a status"),
        pytest.param(
            page({"status": Criterion(eq=("ACTIVE",))}, Sort("updatedAt", descending=True)),
            "findings_by_status_and_update",
            id="a status, the newest first",
        ),
        pytest.param(
            page({"status": Criterion(eq=("ACTIVE",))}, Sort("createdAt"), Cursor(TUESDAY.isoformat(), MIDDLE)),
            "findings_by_status_and_creation",
            id="a status, later ones by creation",
        ),
        pytest.param(page(sort=Sort("createdAt")), "findings_by_creation", id="by creation"),
        pytest.param(page(sort=Sort("updatedAt")), "findings_by_update", id="by update"),
        pytest.param(page(sort=Sort("resource")), "findings_by_arn", id="by resource"),
        pytest.param(page(sort=Sort("resourceType")), "findings_by_type", id="by type"),
        pytest.param(page({"resource": Criterion(eq=(f"{BUCKET}-7",))}), "findings_by_", id="a resource"),
        pytest.param(page({"resourceType": Criterion(eq=(TYPES[3],))}), "findings_by_type", id="a type"),
        pytest.param(page({"resourceOwnerAccount": Criterion(eq=("1",))}), "findings_by_account", id="an account"),
        pytest.param(
            page({"principal.AWS": Criterion(eq=(f"{7:012d}",))}), "findings_by_principal_aws", id="a principal"
        ),
        pytest.param(
            page({"condition.aws:PrincipalOrgID": Criterion(eq=("o-7",))}), "finding_conditions", id="a condition"
        ),
        pytest.param(page({"id": Criterion(eq=(MIDDLE,))}), "findings", id="an id"),
    ],
)
def test_a_page_is_read_out_of_an_index(full: SqlFindingStore, ask: Ask, index: str) -> None:
    plan = plans(full, ask)

    assert index in plan
    for slow in ("Seq Scan", "SCAN findings", "TEMP B-TREE"):
        assert slow not in plan, plan


def test_findings_are_counted_in_an_index(full: SqlFindingStore) -> None:
    plan = plans(full, lambda store: store.statistics(ANALYZER))

    assert "findings_counted" in plan
    assert "Seq Scan" not in plan
    assert "findings_by_update" in plan


def test_resources_are_read_out_of_an_index(full: SqlFindingStore) -> None:
    plan = plans(full, lambda store: store.list_resources(ResourceQuery(ANALYZER, "AWS::S3::Bucket", 20, BUCKET)))

    assert "TEMP B-TREE" not in plan
