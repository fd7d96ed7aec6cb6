"""What every `FindingStore` does with the scan of one resource: nothing to the others."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings import (
    FindingFilter,
    FindingStore,
    ScanReport,
    Status,
    UnknownAnalyzerError,
    analyzer_arn,
    record_scan,
)
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount, RawResource, Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from unit.findings.builders import ACCOUNT, BUCKET, MONDAY, TUESDAY, analysis, external_access, keep_analyzer

ZONE = ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-west-2")
OTHER = BUCKET + "2"
EVERYTHING = Snapshot(MONDAY, ZONE)
ONE = replace(EVERYTHING, only=(BUCKET,))
MUCH_LATER = TUESDAY + timedelta(days=400)
BOTH = (analysis(external_access()), analysis(external_access(), resource=OTHER))


def scan(
    store: FindingStore, snapshot: Snapshot, *analyses: ResourceAnalysis, analyzer: str | None = None
) -> ScanReport:
    now = MONDAY if snapshot.only is None else MUCH_LATER
    return record_scan(store, snapshot, analyses, now=now, analyzer=analyzer)


def statuses(store: FindingStore) -> dict[str, Status]:
    return {one.observation.resource: one.status for one in store.findings(FindingFilter())}


def test_one_resource_that_is_closed_is_resolved_and_still_known(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    others = store.findings(FindingFilter(resource=OTHER)), store.analyzed_resources(OTHER)

    report = scan(store, ONE, analysis())

    assert statuses(store) == {BUCKET: Status.RESOLVED, OTHER: Status.ACTIVE}
    assert [one.analyzed_at for one in store.analyzed_resources(BUCKET)] == [MUCH_LATER]
    assert (store.findings(FindingFilter(resource=OTHER)), store.analyzed_resources(OTHER)) == others
    assert len(report.reconciliation.resolved) == 1
    assert report.reconciliation.left_alone == ()


def test_one_resource_that_is_gone_is_resolved_and_forgotten(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)

    scan(store, ONE)

    assert statuses(store) == {BUCKET: Status.RESOLVED, OTHER: Status.ACTIVE}
    assert (len(store.analyzed_resources(BUCKET)), len(store.analyzed_resources(OTHER))) == (0, 1)


def test_one_resource_of_which_nothing_is_known_is_left_alone(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    refused = RawAccount(ACCOUNT, (ApiCall("s3.list_buckets", {}, error=ApiError("AccessDenied")),))

    report = scan(store, replace(ONE, accounts=(refused,)))

    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}
    assert len(store.analyzed_resources(BUCKET)) == 1
    assert [one.observation.resource for one in report.reconciliation.left_alone] == [BUCKET]
    assert not report.coverage.is_complete


def test_several_resources_can_be_looked_at_together(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH, analysis(external_access(), resource=BUCKET + "3"))

    scan(store, replace(EVERYTHING, only=(BUCKET, OTHER)))

    assert statuses(store) == {BUCKET: Status.RESOLVED, OTHER: Status.RESOLVED, BUCKET + "3": Status.ACTIVE}


def test_what_a_recording_has_beside_the_resources_that_it_names_was_looked_at_too(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    other = RawResource("AWS::S3::Bucket", OTHER, ACCOUNT, "us-west-2")

    report = scan(store, replace(ONE, resources=(other,)), BOTH[1])

    assert statuses(store) == {BUCKET: Status.RESOLVED, OTHER: Status.ACTIVE}
    assert report.reconciliation.new == ()


def test_time_is_for_scans_of_everything(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    scan(store, EVERYTHING, analysis(), BOTH[1])
    assert statuses(store)[BUCKET] is Status.RESOLVED

    scan(store, replace(ONE, only=(OTHER,)), BOTH[1])

    assert statuses(store)[BUCKET] is Status.RESOLVED


def test_only_scans_of_everything_are_remembered_as_scans(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    scan(store, ONE)

    assert [one.finished_at for one in store.scans(limit=10)] == [MONDAY]


def test_a_scan_of_one_resource_may_be_the_first(store: FindingStore) -> None:
    scan(store, ONE, BOTH[0])

    assert statuses(store) == {BUCKET: Status.ACTIVE}
    assert store.scans(limit=10) == ()


def test_of_two_first_scans_at_once_neither_is_lost(store: FindingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(store, ONE, BOTH[0])

    def not_there_yet(arn: str) -> None:
        raise UnknownAnalyzerError(arn)

    monkeypatch.setattr(store, "analyzer", not_there_yet)
    scan(store, replace(ONE, only=(OTHER,)), BOTH[1])

    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}


def test_findings_belong_to_the_analyzer_that_is_named(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    named = analyzer_arn(ZONE, "named")
    keep_analyzer(store, named)

    report = scan(store, EVERYTHING, BOTH[0], analyzer=named)
    again = scan(store, ONE, analyzer=named)

    assert report.analyzer_arn == named
    assert [one.analyzer_arn for one in again.reconciliation.resolved] == [named]
    untouched = store.findings(FindingFilter(analyzer_arn=analyzer_arn(ZONE)))
    assert [one.status for one in untouched] == [Status.ACTIVE, Status.ACTIVE]
    assert [one.analyzer_arn for one in store.analyzed_resources(BUCKET)] == [analyzer_arn(ZONE)]


def test_an_analyzer_that_is_named_is_not_made(store: FindingStore) -> None:
    with pytest.raises(UnknownAnalyzerError):
        scan(store, ONE, BOTH[0], analyzer=analyzer_arn(ZONE, "deleted"))

    assert store.analyzers() == ()
    assert store.findings(FindingFilter()) == ()


# --- one resource is looked at while everything is read, which takes longer


def overtaken(store: FindingStore, *analyses: ResourceAnalysis, keep_newer: bool = True) -> ScanReport:
    """Store a scan of everything whose reading began on Monday, after whatever else was stored meanwhile."""
    later = TUESDAY + timedelta(hours=1)
    arn = analyzer_arn(ZONE)
    return record_scan(store, EVERYTHING, analyses, now=later, analyzer=arn, keep_newer=keep_newer)


def looked_at(store: FindingStore, arn: str, *analyses: ResourceAnalysis) -> None:
    record_scan(store, replace(ONE, only=(arn,)), analyses, now=TUESDAY)


def test_a_resource_that_was_closed_meanwhile_stays_closed(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    looked_at(store, BUCKET, analysis())

    report = overtaken(store, *BOTH)

    assert statuses(store) == {BUCKET: Status.RESOLVED, OTHER: Status.ACTIVE}
    assert report.reconciliation.newer == {BUCKET: ACCOUNT}
    assert report.reconciliation.changes == ()
    assert [one.analyzed_at for one in store.analyzed_resources(BUCKET)] == [TUESDAY]


def test_a_resource_that_was_opened_meanwhile_stays_open(store: FindingStore) -> None:
    scan(store, EVERYTHING, analysis(), BOTH[1])
    looked_at(store, BUCKET, BOTH[0])

    overtaken(store, analysis(), BOTH[1])

    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}


def test_a_resource_that_was_made_meanwhile_is_not_forgotten(store: FindingStore) -> None:
    scan(store, EVERYTHING, BOTH[1])
    looked_at(store, BUCKET, BOTH[0])

    overtaken(store, BOTH[1])

    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}
    assert len(store.analyzed_resources(BUCKET)) == 1


def test_a_resource_that_was_deleted_meanwhile_is_not_found_again(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    looked_at(store, BUCKET)

    overtaken(store, *BOTH)

    assert statuses(store) == {BUCKET: Status.RESOLVED, OTHER: Status.ACTIVE}
    assert store.analyzed_resources(BUCKET) == ()


def test_what_another_scan_of_everything_saw_meanwhile_is_not_newer(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    record_scan(store, EVERYTHING, (analysis(), BOTH[1]), now=TUESDAY)

    report = overtaken(store, *BOTH)

    assert report.reconciliation.newer == {}
    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}


def test_what_was_looked_at_before_the_reading_began_is_not_newer(store: FindingStore) -> None:
    record_scan(store, ONE, (analysis(),), now=MONDAY)

    report = overtaken(store, *BOTH)

    assert report.reconciliation.newer == {}
    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}


def test_whoever_wants_the_findings_of_a_recording_gets_them(store: FindingStore) -> None:
    scan(store, EVERYTHING, *BOTH)
    looked_at(store, BUCKET, analysis())

    overtaken(store, *BOTH, keep_newer=False)

    assert statuses(store) == {BUCKET: Status.ACTIVE, OTHER: Status.ACTIVE}
