"""What every `PreviewStore` promises."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.findings import (
    AccessPreview,
    ChangeType,
    CriteriaError,
    Criterion,
    FailureReason,
    FindingStore,
    PreviewCursor,
    PreviewFinding,
    PreviewFindingQuery,
    PreviewPage,
    PreviewQuery,
    PreviewStatus,
    PreviewStore,
    Status,
    UnknownAnalyzerError,
)
from sekisho.storage import SqlFindingStore, SqlPreviewStore
from unit.findings.builders import (
    ANALYZER,
    BUCKET,
    MONDAY,
    TUESDAY,
    analysis,
    analysis_error,
    external_access,
    keep_analyzer,
)

OTHER = ANALYZER + "2"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Stores:
    """The previews, and the analyzers that they belong to."""

    previews: PreviewStore
    findings: FindingStore


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    place = str(tmp_path / "previews.db") if request.param == "SQLite" else request.getfixturevalue("postgresql")
    with ExitStack() as held:
        findings = held.enter_context(SqlFindingStore(place))
        keep_analyzer(findings)
        keep_analyzer(findings, OTHER)
        yield Stores(held.enter_context(SqlPreviewStore(place)), findings)


@pytest.fixture
def store(stores: Stores) -> PreviewStore:
    return stores.previews


def named(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


def preview(number: int = 1, *findings: PreviewFinding, at: datetime = MONDAY, **others: Any) -> AccessPreview:
    made = AccessPreview(
        named(number),
        ANALYZER,
        at,
        {BUCKET: {"s3Bucket": {"bucketPolicy": '{"關所": "\'quoted\' %_ \\ud800"}', "bucketAclGrants": []}}},
        PreviewStatus.COMPLETED,
        findings=findings,
    )
    return replace(made, **others)


def finding(number: int, account: str = "444455556666", **others: Any) -> PreviewFinding:
    (seen,) = analysis(external_access({"AWS": account})).observations
    return replace(PreviewFinding(named(number), seen, ChangeType.NEW, Status.ACTIVE, MONDAY), **others)


def test_what_is_stored_comes_back_equal(store: PreviewStore) -> None:
    (error,) = analysis(analysis_error()).observations
    kept = preview(
        1,
        finding(1),
        finding(2, existing_finding_id="f-1", existing_finding_status=Status.ARCHIVED, change_type=ChangeType.CHANGED),
        finding(3, observation=error, status=Status.RESOLVED),
    )

    store.save(kept)

    assert store.get(ANALYZER, kept.id) == kept


def test_a_preview_that_failed_says_why(store: PreviewStore) -> None:
    failed = preview(status=PreviewStatus.FAILED, reason=FailureReason.INVALID_CONFIGURATION, detail="no policy; 關所")

    store.save(failed)

    assert store.get(ANALYZER, failed.id) == failed


def test_a_preview_of_the_same_id_is_replaced(store: PreviewStore) -> None:
    store.save(preview(status=PreviewStatus.CREATING))
    store.save(preview(1, finding(1)))

    assert store.get(ANALYZER, named(1)) == preview(1, finding(1))
    assert store.count(ANALYZER, since=MONDAY - HOUR) == 1


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "' OR 1=1 --"])
def test_a_preview_is_found_by_its_analyzer_and_its_whole_id(store: PreviewStore, text: str) -> None:
    store.save(preview())

    assert store.get(OTHER, named(1)) is None
    assert store.get(ANALYZER, named(2)) is None
    assert store.get(ANALYZER, text) is None
    assert store.get(text, named(1)) is None


def test_a_preview_of_no_analyzer_is_refused(store: PreviewStore) -> None:
    with pytest.raises(UnknownAnalyzerError):
        store.save(preview(analyzer_arn=ANALYZER + "3"))


def walk(store: PreviewStore, query: PreviewQuery) -> list[tuple[str, ...]]:
    pages: list[tuple[str, ...]] = []
    after: PreviewCursor | None = None
    while True:
        page = store.list_previews(replace(query, after=after))
        pages.append(tuple(one.id for one in page.previews))
        if page.next is None:
            return pages
        after = page.next


def test_previews_are_listed_the_newest_first_a_page_at_a_time(store: PreviewStore) -> None:
    for number in (2, 1, 3):
        store.save(preview(number))
    store.save(preview(4, at=TUESDAY))
    store.save(preview(5, analyzer_arn=OTHER))
    query = PreviewQuery(ANALYZER, since=MONDAY - HOUR)

    for limit in (1, 2, 3, 4, 5):
        pages = walk(store, replace(query, limit=limit))
        assert [one for page in pages for one in page] == [named(4), named(3), named(2), named(1)]
        assert all(len(page) == limit for page in pages[:-1])
        assert pages[-1]
    assert store.list_previews(PreviewQuery(ANALYZER + "3", since=MONDAY)) == PreviewPage(())


def test_a_list_of_previews_has_no_findings_and_what_is_younger_alone(store: PreviewStore) -> None:
    store.save(preview(1, finding(1)))
    store.save(preview(2, finding(2), at=MONDAY + HOUR))

    (listed,) = store.list_previews(PreviewQuery(ANALYZER, since=MONDAY)).previews

    assert listed == preview(2, at=MONDAY + HOUR)


def test_findings_are_listed_by_id_a_page_at_a_time(store: PreviewStore) -> None:
    store.save(preview(1, finding(3), finding(1), finding(2)))
    query = PreviewFindingQuery(ANALYZER, named(1), limit=2)

    first = store.list_findings(query)
    second = store.list_findings(replace(query, after=first.next))

    assert (first.findings, first.next) == ((finding(1), finding(2)), named(2))
    assert (second.findings, second.next) == ((finding(3),), None)


def test_findings_are_filtered_before_they_are_counted_out(store: PreviewStore) -> None:
    store.save(preview(1, finding(1), finding(2, "777788889999"), finding(3), finding(4)))
    criteria = {"principal.AWS": Criterion(eq=("444455556666",)), "changeType": Criterion(eq=("NEW",))}

    page = store.list_findings(PreviewFindingQuery(ANALYZER, named(1), criteria, limit=2))

    assert (page.findings, page.next) == ((finding(1), finding(3)), named(3))


def test_a_preview_that_is_not_there_has_no_findings(store: PreviewStore) -> None:
    store.save(preview(1, finding(1)))

    assert store.list_findings(PreviewFindingQuery(ANALYZER, named(2))).findings == ()
    assert store.list_findings(PreviewFindingQuery(OTHER, named(1))).findings == ()


def test_a_query_that_asks_for_nothing_is_refused() -> None:
    with pytest.raises(CriteriaError, match="room for nothing"):
        PreviewQuery(ANALYZER, since=MONDAY, limit=0)
    with pytest.raises(CriteriaError, match="room for nothing"):
        PreviewFindingQuery(ANALYZER, named(1), limit=0)
    with pytest.raises(CriteriaError, match="is no key"):
        PreviewFindingQuery(ANALYZER, named(1), {"findingType": Criterion(eq=("ExternalAccess",))})


def test_previews_are_counted_by_analyzer_and_time(store: PreviewStore) -> None:
    store.save(preview(1))
    store.save(preview(2, at=MONDAY + HOUR))
    store.save(preview(3, analyzer_arn=OTHER))

    assert store.count(ANALYZER, since=MONDAY - HOUR) == 2
    assert store.count(ANALYZER, since=MONDAY) == 1
    assert store.count(ANALYZER, since=TUESDAY) == 0


def test_old_previews_are_deleted_of_every_analyzer(store: PreviewStore) -> None:
    store.save(preview(1))
    store.save(preview(2, analyzer_arn=OTHER))
    store.save(preview(3, at=MONDAY + HOUR))

    assert store.delete(before=MONDAY + HOUR) == 2
    assert store.delete(before=MONDAY + HOUR) == 0
    assert store.get(ANALYZER, named(3)) is not None


def test_previews_go_when_their_analyzer_goes(stores: Stores) -> None:
    stores.previews.save(preview(1))

    stores.findings.delete_analyzer(ANALYZER, at=TUESDAY, by="SEKIEXAMPLE")

    assert stores.previews.get(ANALYZER, named(1)) is None
