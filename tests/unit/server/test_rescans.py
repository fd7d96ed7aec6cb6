import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.collectors import OutOfReachError, UnsupportedArnError
from sekisho.findings import Analyzer, AnalyzerType, Cause, FindingFilter, FindingStore, StoreError, record_scan
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import ZoneType
from sekisho.server import Outcome, Rescanner, When, Wish, rescans, waiting
from sekisho.server.rescans import Readers
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ACCOUNT, ANALYZER, BUCKET, MONDAY, TUESDAY, analysis
from unit.server.builders import ORGANIZATION, FakeReader, Scans, bucket, denied

AT_ONCE = (timedelta(), timedelta())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        opened.create_analyzer(Analyzer(ANALYZER, AnalyzerType.ACCOUNT, MONDAY))
        yield opened


@pytest.fixture(autouse=True)
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a resource looked at as often as it is wanted."""
    monkeypatch.setattr(waiting, "PAUSE", 0.0)


@contextmanager
def working(
    store: FindingStore, reader: FakeReader, readers: Readers | None = None
) -> Iterator[tuple[Rescanner, Scans]]:
    scans = Scans()
    rescanner = Rescanner(store, readers or Readers({ZoneType.ACCOUNT: reader}), clock=lambda: TUESDAY, observe=scans)
    rescanner.start()
    try:
        yield rescanner, scans
        assert rescanner.is_alive
    finally:
        assert rescanner.stop(timedelta(seconds=30))
    assert not rescanner.is_alive


def found(store: FindingStore) -> list[tuple[str, str]]:
    return [(one.observation.resource, one.status.value) for one in store.findings(FindingFilter(ANALYZER))]


def test_everything_is_read_analyzed_and_stored_for_the_analyzer(store: FindingStore) -> None:
    with working(store, FakeReader()) as (rescanner, scans):
        rescanner.scan(ANALYZER)
        assert scans.next() == (Wish(ANALYZER), Outcome.DONE)

    assert found(store) == [(BUCKET, "ACTIVE")]
    assert [one.finished_at for one in store.scans(limit=9, analyzer_arn=ANALYZER)] == [TUESDAY]


def test_one_resource_is_read_for_its_owner_and_stored(store: FindingStore) -> None:
    reader = FakeReader()
    with working(store, reader) as (rescanner, scans):
        rescanner.scan_resource(ANALYZER, BUCKET, owner_account="111122223333")
        scans.next()
        reader.resources = (bucket(policy=None),)
        rescanner.scan_resource(ANALYZER, BUCKET)
        scans.next()

    assert found(store) == [(BUCKET, "RESOLVED")]
    assert (reader.read_arns, reader.owners) == ([BUCKET, BUCKET], ["111122223333", None])
    assert store.scans(limit=9) == ()


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param("arn:aws:ec2:us-east-1:111122223333:instance/i-1", id="another service"),
        pytest.param(f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{'x' * 2000}", id="no ARN is that long"),
    ],
)
def test_what_no_collector_reads_is_refused_at_once(store: FindingStore, arn: str) -> None:
    with working(store, FakeReader()) as (rescanner, _), pytest.raises(UnsupportedArnError):
        rescanner.scan_resource(ANALYZER, arn)


def test_a_scan_that_fails_is_tried_until_it_succeeds(store: FindingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescans, "PAUSES", AT_ONCE)
    failures: list[Exception] = [denied(), StoreError("the disk is full"), denied(), ValueError("a fault of ours")]
    with working(store, FakeReader(failures=failures)) as (rescanner, scans):
        rescanner.scan(ANALYZER)
        ended = [scans.next()[1] for _ in range(5)]

    assert ended == [Outcome.FAILED] * 4 + [Outcome.DONE]
    assert found(store) == [(BUCKET, "ACTIVE")]


def test_a_resource_is_given_up_in_the_end(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rescans, "PAUSES", AT_ONCE)
    with working(store, FakeReader(failures=[denied() for _ in range(4)])) as (rescanner, scans):
        rescanner.scan_resource(ANALYZER, BUCKET)
        assert [scans.next()[1] for _ in range(3)] == [Outcome.FAILED] * 3
        assert rescanner.waiting == 0

    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == ["scan given up"]


def test_after_a_failure_it_waits(store: FindingStore) -> None:
    with working(store, FakeReader(failures=[denied()])) as (rescanner, scans):
        rescanner.scan(ANALYZER)
        scans.next()

        assert rescanner.waiting == 1
        assert rescanner.will_scan(ANALYZER)
        assert not rescanner.will_scan("another")


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        pytest.param(UnsupportedArnError("x"), Outcome.REFUSED, id="no ARN"),
        pytest.param(OutOfReachError(BUCKET, "is elsewhere"), Outcome.REFUSED, id="elsewhere"),
    ],
)
def test_what_is_refused_is_not_tried_again(store: FindingStore, failure: Exception, outcome: Outcome) -> None:
    with working(store, FakeReader(failures=[failure])) as (rescanner, scans):
        rescanner.scan_resource(ANALYZER, BUCKET)

        assert scans.next()[1] is outcome
        assert rescanner.waiting == 0


def test_an_analyzer_that_was_deleted_meanwhile_is_no_failure(store: FindingStore) -> None:
    def delete() -> None:
        store.delete_analyzer(ANALYZER, at=TUESDAY, by="someone")

    with working(store, FakeReader(step=delete)) as (rescanner, scans):
        rescanner.scan(ANALYZER)
        assert scans.next()[1] is Outcome.GONE
        rescanner.scan(ANALYZER)
        assert scans.next()[1] is Outcome.GONE

    assert store.analyzers() == ()


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param("arn:aws:access-analyzer:us-west-2:444455556666:analyzer/sekisho", id="another account"),
        pytest.param("arn:aws:access-analyzer:us-west-2:111122223333:analyzer/all", id="an organization"),
    ],
)
def test_findings_of_one_zone_do_not_get_into_the_analyzer_of_another(store: FindingStore, arn: str) -> None:
    store.create_analyzer(
        Analyzer(arn, AnalyzerType.ORGANIZATION if arn.endswith("all") else AnalyzerType.ACCOUNT, MONDAY)
    )
    reader = FakeReader()
    with working(store, reader, Readers(dict.fromkeys(ZoneType, reader))) as (rescanner, scans):
        rescanner.scan(arn)

        assert scans.next()[1] is Outcome.REFUSED
    assert store.findings(FindingFilter(arn)) == ()


def test_an_organization_is_read_by_the_reader_of_organizations(store: FindingStore) -> None:
    store.change_analyzer(ANALYZER, lambda one: Analyzer(one.arn, AnalyzerType.ORGANIZATION, one.created_at))
    reader, other = FakeReader(zone=ORGANIZATION), FakeReader()
    with working(store, reader, Readers({ZoneType.ACCOUNT: other, ZoneType.ORGANIZATION: reader})) as (
        rescanner,
        scans,
    ):
        rescanner.scan(ANALYZER)
        assert scans.next()[1] is Outcome.DONE

    assert other.read_arns == []


def test_without_a_reader_of_its_kind_an_analyzer_is_refused(store: FindingStore) -> None:
    with working(store, FakeReader(), Readers({ZoneType.ORGANIZATION: FakeReader()})) as (rescanner, scans):
        rescanner.scan(ANALYZER)

        assert scans.next()[1] is Outcome.REFUSED


def test_a_scan_under_way_is_abandoned_and_stores_nothing(store: FindingStore) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def step() -> None:
        begun.set()
        assert go_on.wait(30)

    scans = Scans()
    rescanner = Rescanner(
        store,
        Readers({ZoneType.ACCOUNT: FakeReader(step=step)}),
        clock=lambda: TUESDAY,
        observe=scans,
    )
    rescanner.start()
    rescanner.scan(ANALYZER)
    assert begun.wait(30)
    assert rescanner.will_scan(ANALYZER)

    assert not rescanner.stop(timedelta(milliseconds=10))
    go_on.set()

    assert rescanner.stop(timedelta(seconds=30))
    assert scans.ended == [(Wish(ANALYZER), Outcome.ABANDONED)]
    assert found(store) == []


def test_a_resource_does_not_wait_for_a_scan_of_everything_which_it_overtakes(store: FindingStore) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def step() -> None:
        begun.set()
        assert go_on.wait(30)

    reader = FakeReader(step=step)
    with working(store, reader) as (rescanner, scans):
        rescanner.scan(ANALYZER)
        assert begun.wait(30)
        closed = FakeReader(resources=(bucket(policy=None),))
        reader.read_one = closed.read_resource
        rescanner.scan_resource(ANALYZER, BUCKET)
        assert scans.next() == (Wish(ANALYZER, BUCKET), Outcome.DONE)
        go_on.set()
        assert scans.next() == (Wish(ANALYZER), Outcome.DONE)
        assert scans.next() == (Wish(ANALYZER, BUCKET, ACCOUNT, When.SOON), Outcome.DONE)

    assert found(store) == []  # nor was there anything in between
    assert [one.resource for one in store.analyzed_resources(BUCKET)] == [BUCKET]


def test_where_too_much_waits_everything_is_looked_at_instead(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescans, "MOST", 1)
    with working(store, FakeReader()) as (rescanner, scans):
        for name in ("a", "b", "c", "a"):
            rescanner.scan_resource(ANALYZER, BUCKET + name, when=When.AGAIN)

        assert scans.next() == (Wish(ANALYZER), Outcome.DONE)
        assert rescanner.waiting == 1


def test_the_call_that_a_wish_came_from_is_told_of_what_changed_and_of_the_second_look(store: FindingStore) -> None:
    opened = Cause("1", "PutBucketPolicy", "s3.amazonaws.com", "root", MONDAY)
    closed = Cause("2", "DeleteBucketPolicy", "s3.amazonaws.com", "root", TUESDAY)
    reader = FakeReader()
    with working(store, reader) as (rescanner, scans):
        rescanner.scan_resource(ANALYZER, BUCKET, cause=opened)
        scans.next()
        reader.resources = (bucket(policy=None),)
        rescanner.scan_resource(ANALYZER, BUCKET, when=When.SOON, cause=closed)
        scans.next()

    (finding,) = store.findings(FindingFilter(ANALYZER))
    assert [(one.kind.value, one.reason) for one in store.history(finding.id)] == [
        ("CREATED", "after s3:PutBucketPolicy by root, event 1"),
        ("RESOLVED", "after s3:DeleteBucketPolicy by root, event 2"),
    ]


def test_a_wish_that_failed_keeps_its_cause(store: FindingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescans, "PAUSES", AT_ONCE)
    cause = Cause("1", "PutBucketPolicy", "s3.amazonaws.com", "root", MONDAY)
    with working(store, FakeReader(failures=[denied()])) as (rescanner, scans):
        rescanner.scan_resource(ANALYZER, BUCKET, cause=cause)
        assert [scans.next()[1] for _ in range(2)] == [Outcome.FAILED, Outcome.DONE]

    (finding,) = store.findings(FindingFilter(ANALYZER))
    assert [one.reason for one in store.history(finding.id)] == [f"after {cause}"]


def test_wishes_for_later_wait(store: FindingStore) -> None:
    with working(store, FakeReader()) as (rescanner, scans):
        rescanner.scan_resource(ANALYZER, BUCKET, when=When.AGAIN)
        rescanner.scan_resource(ANALYZER, BUCKET)

        assert scans.next()[0] == Wish(ANALYZER, BUCKET)
        assert rescanner.waiting == 1


def test_a_bucket_that_another_policy_names_is_known_from_earlier_scans(store: FindingStore) -> None:
    reader = FakeReader()
    with working(store, reader) as (rescanner, scans):
        rescanner.scan(ANALYZER)
        scans.next()

    assert list(rescans.known_resources(store, ANALYZER, "AWS::S3::Bucket")) == [BUCKET]
    assert list(rescans.known_resources(store, ANALYZER, "AWS::IAM::Role")) == []


def test_the_buckets_of_an_account_that_has_left_are_strangers(
    store: FindingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks at them any more, so that the store knows them for ever."""
    seen = [analysis(), analysis(resource=BUCKET + "2", account="444455556666")]
    record_scan(store, Snapshot(MONDAY, ORGANIZATION), seen, now=MONDAY, analyzer=ANALYZER)
    monkeypatch.setattr(rescans, "_PAGE", 1)

    assert list(rescans.known_resources(store, ANALYZER, "AWS::S3::Bucket")) == [BUCKET, BUCKET + "2"]
    inside = frozenset({ACCOUNT})
    assert list(rescans.known_resources(store, ANALYZER, "AWS::S3::Bucket", accounts=inside)) == [BUCKET]
