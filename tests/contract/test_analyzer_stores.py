from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from sekisho.findings import (
    MOST_ANALYZERS,
    Analyzer,
    AnalyzerError,
    AnalyzerExistsError,
    AnalyzerType,
    ArchiveRule,
    ArchiveRuleExistsError,
    Criterion,
    FindingFilter,
    FindingStore,
    Reconciliation,
    Scan,
    TooManyAnalyzersError,
    UnknownAnalyzerError,
    tagged,
    untagged,
)
from sekisho.storage import SqlReplyStore
from unit.findings.builders import ANALYZER, BUCKET, MONDAY, TUESDAY, analysis, coverage, external_access, rescan

OURS = Analyzer(ANALYZER, AnalyzerType.ORGANIZATION, MONDAY, {"team": "関所", "cost": ""})
RULE = ArchiveRule(ANALYZER, "partner", {"principal.AWS": Criterion(eq=("444455556666",))}, MONDAY, MONDAY)


def scan(store: FindingStore) -> Reconciliation:
    seen = (analysis(external_access()), analysis(resource=BUCKET + "2"))
    return store.record_scan(
        Scan(ANALYZER, TUESDAY, coverage()), seen, lambda known: rescan(known.findings, *seen, now=TUESDAY)
    )


def test_an_analyzer_is_kept_as_it_is(store: FindingStore) -> None:
    other = Analyzer(ANALYZER + "2", AnalyzerType.ACCOUNT, TUESDAY)
    store.create_analyzer(other)
    store.create_analyzer(OURS, [RULE])

    assert store.analyzers() == (OURS, other)
    assert store.analyzer(ANALYZER) == OURS
    assert store.archive_rules(ANALYZER) == (RULE,)


def test_an_analyzer_knows_what_it_looked_at_last(store: FindingStore) -> None:
    store.create_analyzer(OURS)
    scan(store)

    assert store.analyzer(ANALYZER) == replace(OURS, last_resource=BUCKET + "2", last_resource_at=TUESDAY)


def test_an_analyzer_is_made_once_whatever_comes_with_it(store: FindingStore) -> None:
    store.create_analyzer(OURS)

    with pytest.raises(AnalyzerExistsError, match="analyzer/sekisho"):
        store.create_analyzer(replace(OURS, tags={}), [RULE])

    assert store.analyzers() == (OURS,)
    assert store.archive_rules(ANALYZER) == ()


def test_an_analyzer_with_two_rules_of_one_name_is_not_made(store: FindingStore) -> None:
    with pytest.raises(ArchiveRuleExistsError, match="partner"):
        store.create_analyzer(OURS, [RULE, RULE])

    assert store.analyzers() == ()


def test_only_so_many_analyzers_are_made_where_there_is_a_limit(store: FindingStore) -> None:
    for number in range(MOST_ANALYZERS):
        store.create_analyzer(replace(OURS, arn=f"{ANALYZER}{number}"), at_most=MOST_ANALYZERS)

    with pytest.raises(TooManyAnalyzersError, match="20 analyzers at most"):
        store.create_analyzer(OURS, at_most=MOST_ANALYZERS)

    assert len(store.analyzers()) == MOST_ANALYZERS
    store.create_analyzer(OURS)  # for whom there is no limit


def test_tags_and_type_change_and_nothing_else(store: FindingStore) -> None:
    store.create_analyzer(OURS)
    changed = store.change_analyzer(
        ANALYZER, lambda one: replace(tagged(one, {"cost": "1"}), type=AnalyzerType.ACCOUNT)
    )

    assert changed == replace(OURS, type=AnalyzerType.ACCOUNT, tags={"team": "関所", "cost": "1"})
    assert store.analyzer(ANALYZER) == changed
    assert store.change_analyzer(ANALYZER, lambda one: untagged(one, ["cost", "none"])).tags == {"team": "関所"}


def test_what_is_refused_changes_nothing(store: FindingStore) -> None:
    store.create_analyzer(OURS)

    with pytest.raises(AnalyzerError, match="begins with `aws:`"):
        store.change_analyzer(ANALYZER, lambda one: tagged(one, {"aws:team": "1"}))

    assert store.analyzer(ANALYZER) == OURS


def test_a_deleted_analyzer_takes_all_that_is_its_and_tells_of_every_finding(store: FindingStore) -> None:
    store.create_analyzer(OURS, [RULE])
    (finding,) = scan(store).new
    store.delivered("log", store.events("log", limit=10)[-1].position)

    store.delete_analyzer(ANALYZER, at=TUESDAY + timedelta(hours=1), by="SEKITEST")

    assert store.analyzers() == ()
    assert store.findings(FindingFilter()) == ()
    assert store.archive_rules(ANALYZER) == ()
    assert store.scans(limit=10) == ()
    assert store.resource_details(ANALYZER, BUCKET) is None
    (event,) = store.events("log", limit=10)
    assert finding.id in event.envelope
    assert '"isDeleted":true' in event.envelope


def test_a_deleted_analyzer_tells_of_every_finding_however_many(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sekisho.storage.store.AT_ONCE", 2)
    store.create_analyzer(OURS)
    seen = tuple(analysis(external_access(), resource=f"{BUCKET}{number}") for number in range(5))
    found = store.record_scan(
        Scan(ANALYZER, TUESDAY, coverage()), seen, lambda known: rescan(known.findings, *seen, now=TUESDAY)
    ).new
    store.delivered("log", store.events("log", limit=10)[-1].position)

    store.delete_analyzer(ANALYZER, at=TUESDAY, by="SEKITEST")

    told = [one.envelope for one in store.events("log", limit=10)]
    assert [sum(finding.id in one for one in told) for finding in found] == [1] * 5
    assert store.findings(FindingFilter()) == ()


def test_an_analyzer_that_is_made_again_begins_anew_and_knows_its_findings_by_their_old_ids(
    store: FindingStore,
) -> None:
    store.create_analyzer(OURS)
    (before,) = scan(store).new
    store.delete_analyzer(ANALYZER, at=TUESDAY, by="SEKITEST")
    store.create_analyzer(replace(OURS, created_at=TUESDAY))
    (after,) = scan(store).new

    assert after.id == before.id
    assert len(store.history(after.id)) == 1


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda store: store.analyzer(ANALYZER), id="read"),
        pytest.param(lambda store: store.change_analyzer(ANALYZER, lambda one: one), id="change"),
        pytest.param(lambda store: store.delete_analyzer(ANALYZER, at=MONDAY, by="me"), id="delete"),
        pytest.param(scan, id="scan"),
        pytest.param(lambda store: store.change(FindingFilter(ANALYZER), lambda _known: ()), id="change findings"),
        pytest.param(lambda store: store.analyzer("\x00' OR 1=1 --"), id="read what is none"),
    ],
)
def test_an_analyzer_that_is_not_there_is_said_to_be_unknown(
    store: FindingStore, ask: Callable[[FindingStore], object]
) -> None:
    with pytest.raises(UnknownAnalyzerError, match="there is no analyzer"):
        ask(store)

    assert store.analyzers() == ()


def test_a_reply_is_kept_once_and_for_a_while(new_database: Callable[[], str]) -> None:
    with SqlReplyStore(new_database()) as replies:
        replies.keep("a", "first", at=MONDAY)
        replies.keep("a", "second", at=TUESDAY)
        replies.keep("b", "third", at=TUESDAY)
        assert [replies.find(name) for name in "abc"] == ["first", "third", None]

        replies.forget(before=TUESDAY)

        assert [replies.find(name) for name in "ab"] == [None, "third"]
