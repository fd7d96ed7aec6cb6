"""What every `FindingStore` promises of changes: histories, archive rules, and events that wait for their targets."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings import (
    MOST_RULES,
    Analyzer,
    AnalyzerType,
    ArchiveRule,
    ArchiveRuleExistsError,
    Cause,
    Change,
    ChangeKind,
    Criterion,
    Finding,
    FindingFilter,
    FindingStore,
    Known,
    Reconciliation,
    Scan,
    Status,
    TooManyArchiveRulesError,
    UnknownAnalyzerError,
    UnknownArchiveRuleError,
    UnknownFindingError,
    apply_rule,
    archive,
    forget,
    record_scan,
    unarchive,
)
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from unit.findings.builders import (
    ACCOUNT,
    ANALYZER,
    BUCKET,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    analysis,
    coverage,
    external_access,
    keep_analyzer,
    rescan,
)

OURS = FindingFilter(analyzer_arn=ANALYZER)
RULE = ArchiveRule(ANALYZER, "partner", {"principal.AWS": Criterion(eq=("444455556666",))}, MONDAY, MONDAY)


def scan(store: FindingStore, *analyses: ResourceAnalysis, now: datetime = MONDAY) -> Reconciliation:
    keep_analyzer(store)
    return store.record_scan(
        Scan(ANALYZER, now, coverage()),
        analyses,
        lambda known: rescan(known.findings, *analyses, now=now, rules=known.rules),
    )


def archived(store: FindingStore, finding: Finding, *, now: datetime = TUESDAY) -> None:
    where = FindingFilter(analyzer_arn=ANALYZER, ids=frozenset({finding.id}))
    store.change(where, lambda known: archive(known.findings, by="ann", now=now, reason="accepted"))


def told(store: FindingStore, target: str = "log") -> list[tuple[str, bool]]:
    details = [json.loads(one.envelope)["detail"] for one in store.events(target, limit=100)]
    return [(detail["status"], detail["isDeleted"]) for detail in details]


def test_a_finding_keeps_the_history_of_its_life(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new
    archived(store, finding)
    store.change(OURS, lambda known: unarchive(known.findings, by="bob", now=WEDNESDAY))
    scan(store, analysis(), now=WEDNESDAY + timedelta(hours=1))
    scan(store, analysis(external_access()), now=WEDNESDAY + timedelta(hours=2))

    lived = [(one.kind, one.before, one.after, one.by) for one in store.history(finding.id)]

    assert lived == [
        (ChangeKind.CREATED, None, Status.ACTIVE, "scan"),
        (ChangeKind.ARCHIVED, Status.ACTIVE, Status.ARCHIVED, "ann"),
        (ChangeKind.UNARCHIVED, Status.ARCHIVED, Status.ACTIVE, "bob"),
        (ChangeKind.RESOLVED, Status.ACTIVE, Status.RESOLVED, "scan"),
        (ChangeKind.RETURNED, Status.RESOLVED, Status.ACTIVE, "scan"),
    ]
    assert store.history(finding.id)[1].reason == "accepted"
    assert store.history("unknown") == ()


def test_the_call_that_led_to_a_scan_stands_in_the_history_and_in_the_event(store: FindingStore) -> None:
    keep_analyzer(store)
    zone = ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-west-2")
    snapshot = Snapshot(MONDAY, zone, only=(BUCKET,))
    cause = Cause("6f1e", "PutBucketPolicy", "s3.amazonaws.com", "root", MONDAY)
    opened = (analysis(external_access()),)

    report = record_scan(store, snapshot, opened, now=MONDAY, analyzer=ANALYZER, cause=cause)
    record_scan(store, snapshot, (analysis(),), now=TUESDAY, analyzer=ANALYZER)

    (finding,) = report.reconciliation.new
    assert [(one.by, one.reason) for one in store.history(finding.id)] == [
        ("scan", "after s3:PutBucketPolicy by root, event 6f1e"),
        ("scan", ""),
    ]
    events = [json.loads(one.envelope)["detail"]["sekisho"] for one in store.events("log", limit=9)]
    assert [(one["change"], one.get("cause", {}).get("eventId")) for one in events] == [
        ("CREATED", "6f1e"),
        ("RESOLVED", None),
    ]


def test_a_scan_that_changes_nothing_leaves_no_trace_in_history_or_events(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new
    scan(store, analysis(external_access()), now=TUESDAY)

    assert len(store.history(finding.id)) == 1
    assert told(store) == [("ACTIVE", False)]


def test_an_archived_finding_stays_archived_over_scans(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new
    archived(store, finding)
    scan(store, analysis(external_access()), now=WEDNESDAY)

    assert [(one.status, one.archived_by) for one in store.findings(OURS)] == [(Status.ARCHIVED, "ann")]


def test_only_what_is_asked_for_is_looked_at(store: FindingStore) -> None:
    new = scan(store, analysis(external_access()), analysis(external_access(), resource=BUCKET + "2")).new
    archived(store, new[0])

    by_id = {one.id: one.status for one in store.findings(OURS)}
    assert by_id == {new[0].id: Status.ARCHIVED, new[1].id: Status.ACTIVE}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_a_change_that_is_interrupted_leaves_nothing(store: FindingStore, interruption: type[BaseException]) -> None:
    (finding,) = scan(store, analysis(external_access())).new

    def interrupt(known: Known) -> Iterator[Change]:
        yield from archive(known.findings, by="ann", now=TUESDAY)
        raise interruption

    with pytest.raises(interruption):
        store.change(OURS, interrupt)

    assert store.findings(OURS) == (finding,)
    assert len(told(store)) == 1


def test_what_is_forgotten_is_gone_with_its_history_and_an_event_says_so(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new
    scan(store, analysis(), now=TUESDAY)

    store.change(OURS, lambda known: forget(known.findings, now=TUESDAY + timedelta(days=90)))

    assert store.findings(FindingFilter()) == ()
    assert store.history(finding.id) == ()
    assert told(store) == [("ACTIVE", False), ("RESOLVED", False), ("RESOLVED", True)]


def test_a_finding_that_was_forgotten_begins_a_new_history(store: FindingStore) -> None:
    (first,) = scan(store, analysis(external_access())).new
    scan(store, analysis(), now=TUESDAY)
    store.change(OURS, lambda known: forget(known.findings, now=TUESDAY + timedelta(days=90)))

    (again,) = scan(store, analysis(external_access()), now=TUESDAY + timedelta(days=91)).new

    assert again.id == first.id
    assert [one.kind for one in store.history(again.id)] == [ChangeKind.CREATED]
    ids = [json.loads(one.envelope)["id"] for one in store.events("log", limit=100)]
    assert len(set(ids)) == len(ids) == 4


def test_rules_are_kept_by_analyzer_and_name(store: FindingStore) -> None:
    full = replace(RULE, name="all", owner="the web team", reason="a partner", expires_at=WEDNESDAY)
    other = replace(RULE, analyzer_arn=ANALYZER + "2")
    keep_analyzer(store)
    keep_analyzer(store, ANALYZER + "2")
    for rule in (RULE, full, other):
        store.create_archive_rule(rule)

    assert store.archive_rules(ANALYZER) == (full, RULE)
    assert store.archive_rules(ANALYZER + "2") == (other,)
    assert store.archive_rules("unknown") == ()


def test_a_rule_is_changed_and_deleted_by_name(store: FindingStore) -> None:
    keep_analyzer(store)
    store.create_archive_rule(RULE)
    changed = replace(RULE, criteria={"isPublic": Criterion(eq=("true",))}, updated_at=TUESDAY)
    store.change_archive_rule(ANALYZER, RULE.name, lambda _known: changed)
    assert store.archive_rules(ANALYZER) == (changed,)

    store.delete_archive_rule(ANALYZER, RULE.name)

    assert store.archive_rules(ANALYZER) == ()
    with pytest.raises(UnknownArchiveRuleError, match="partner"):
        store.delete_archive_rule(ANALYZER, RULE.name)
    with pytest.raises(UnknownArchiveRuleError, match="partner"):
        store.change_archive_rule(ANALYZER, RULE.name, lambda _known: changed)


def test_an_analyzer_has_no_two_rules_of_one_name(store: FindingStore) -> None:
    keep_analyzer(store)
    store.create_archive_rule(RULE)

    with pytest.raises(ArchiveRuleExistsError, match="partner"):
        store.create_archive_rule(replace(RULE, criteria={"id": Criterion(exists=True)}))

    assert store.archive_rules(ANALYZER) == (RULE,)


def test_an_analyzer_has_no_more_rules_than_aws_allows(store: FindingStore) -> None:
    rules = [replace(RULE, name=f"rule-{number}") for number in range(MOST_RULES + 1)]
    store.create_analyzer(Analyzer(ANALYZER, AnalyzerType.ACCOUNT, MONDAY), rules[:MOST_RULES])

    with pytest.raises(TooManyArchiveRulesError, match="100 archive rules at most"):
        store.create_archive_rule(rules[-1])

    assert len(store.archive_rules(ANALYZER)) == MOST_RULES


def test_rules_belong_to_an_analyzer_that_is_there(store: FindingStore) -> None:
    with pytest.raises(UnknownAnalyzerError, match="there is no analyzer"):
        store.create_archive_rule(RULE)


def test_scans_and_changes_are_given_the_rules(store: FindingStore) -> None:
    keep_analyzer(store)
    store.create_archive_rule(RULE)

    assert [one.status for one in scan(store, analysis(external_access())).new] == [Status.ARCHIVED]
    assert store.change(OURS, lambda known: apply_rule(known.rules[0], known.findings, now=TUESDAY)) == ()


def test_each_target_gets_every_event_in_order_until_it_has_it(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new
    archived(store, finding)
    first, second = store.events("log", limit=10)
    assert store.events("log", limit=1) == (first,)
    assert first.position < second.position

    store.delivered("log", first.position)

    assert store.events("log", limit=10) == (second,)
    assert store.events("chat", limit=10) == (first, second)
    assert [store.events_waiting(target) for target in ("log", "chat")] == [1, 2]


def test_a_target_never_goes_back(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new
    archived(store, finding)
    first, second = store.events("log", limit=10)
    store.delivered("log", second.position)

    store.delivered("log", first.position)

    assert store.events("log", limit=10) == ()


def test_changes_are_made_to_one_analyzer(store: FindingStore) -> None:
    with pytest.raises(ValueError, match="one analyzer"):
        store.change(FindingFilter(), lambda _known: ())


@pytest.mark.parametrize("text", ["\x00", "g", "'; DROP TABLE findings; --", "\ud800"])
def test_what_no_id_begins_with_is_unknown(store: FindingStore, text: str) -> None:
    with pytest.raises(UnknownFindingError):
        store.finding(text)


@pytest.mark.parametrize("text", ["\x00", "a\ud800"])
def test_a_filter_with_what_no_database_keeps_finds_nothing(store: FindingStore, text: str) -> None:
    scan(store, analysis(external_access()))

    assert store.findings(FindingFilter(resource=text)) == ()
    assert store.findings(FindingFilter(account=text)) == ()
