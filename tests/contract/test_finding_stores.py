"""What every `FindingStore` promises."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from sekisho.analyzers.observation import (
    Blocker,
    FindingType,
    Remedy,
    ResourceAnalysis,
    ResourceControlPolicyRestriction,
    Severity,
    Source,
    WitnessRequest,
)
from sekisho.findings import (
    AmbiguousFindingError,
    AnalyzedResource,
    Coverage,
    FindingFilter,
    FindingStore,
    Known,
    Reconciliation,
    Scan,
    Status,
    UnknownFindingError,
    finding_id,
    reconcile,
)
from sekisho.resources.gaps import Gap
from unit.findings.builders import (
    ANALYZER,
    BUCKET,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    analysis,
    analysis_error,
    coverage,
    external_access,
    keep_analyzer,
)

EVERYTHING = FindingFilter()
QUEUE = "arn:aws:sqs:us-west-2:111122223333:jobs"


def scan(
    store: FindingStore,
    *analyses: ResourceAnalysis,
    now: datetime = MONDAY,
    looked_at: Coverage | None = None,
    analyzer: str = ANALYZER,
) -> Reconciliation:
    seen = looked_at or coverage()
    keep_analyzer(store, analyzer)
    return store.record_scan(
        Scan(analyzer, now, seen),
        analyses,
        lambda known: reconcile(
            known.findings, analyses, analyzer_arn=analyzer, coverage=seen, now=now, rules=known.rules
        ),
    )


def queue(*, notes: tuple[str, ...] = ()) -> ResourceAnalysis:
    return analysis(
        external_access({"AWS": "*"}, is_public=True, severity=Severity.CRITICAL),
        resource=QUEUE,
        resource_type="AWS::SQS::Queue",
        account="222233334444",
        region="eu-west-1",
        notes=notes,
    )


def test_a_new_store_is_empty(store: FindingStore) -> None:
    assert store.findings(EVERYTHING) == ()
    assert store.scans(limit=10) == ()
    assert store.analyzed_resources(BUCKET) == ()


def test_what_is_stored_comes_back_equal(store: FindingStore) -> None:
    everything = replace(
        external_access(condition={"aws:SourceVpce": 'vpce-"1"\u202e\n'}, action=("s3:GetObject", "s3:PutObject")),
        witness=WitnessRequest({"AWS": "*"}, "s3:GetObject", BUCKET, {"aws:TagKeys": ("a", "b"), "a": "関所"}),
        remedy=Remedy("close it", "{}"),
        sources=(Source("S3_ACCESS_POINT", "arn:aws:s3:us-west-2:1:accesspoint/a", "111122223333"),),
        blocked_by=(Blocker("KeyPolicy", "arn:aws:kms:us-west-2:1:key/k", "it admits nobody"),),
        resource_control_policy_restriction=ResourceControlPolicyRestriction.APPLICABLE,
        approximations=("the tag was not modelled",),
    )
    gap = Gap("kms.get_key_policy", "Timeout", "", "111122223333", "us-west-2", "arn:aws:kms:us-west-2:1:key/k")

    stored = scan(store, analysis(everything), analysis(analysis_error(gap), resource=QUEUE))

    assert sorted(store.findings(EVERYTHING), key=lambda one: one.id) == sorted(stored.new, key=lambda one: one.id)


def test_a_rescan_finds_what_the_last_one_stored(store: FindingStore) -> None:
    (first,) = scan(store, analysis(external_access())).new
    (gone,) = scan(store, analysis(), now=TUESDAY).resolved
    (back,) = scan(store, analysis(external_access()), now=WEDNESDAY).returned

    assert gone == replace(first, status=Status.RESOLVED, analyzed_at=TUESDAY, updated_at=TUESDAY)
    assert back == replace(first, analyzed_at=WEDNESDAY, updated_at=WEDNESDAY)
    assert store.findings(EVERYTHING) == (back,)


def test_one_analyzer_does_not_touch_the_findings_of_another(store: FindingStore) -> None:
    scan(store, analysis(external_access()))

    scan(store, analyzer=ANALYZER + "2", now=TUESDAY)

    assert [one.status for one in store.findings(EVERYTHING)] == [Status.ACTIVE]
    assert len(store.analyzed_resources(BUCKET)) == 1


@pytest.mark.parametrize(
    ("where", "resources"),
    [
        pytest.param(FindingFilter(resource=QUEUE), [QUEUE], id="resource"),
        pytest.param(FindingFilter(resource_type="AWS::S3::Bucket"), [BUCKET, BUCKET + "2"], id="type"),
        pytest.param(FindingFilter(account="222233334444"), [QUEUE], id="account"),
        pytest.param(FindingFilter(region="eu-west-1"), [QUEUE], id="Region"),
        pytest.param(FindingFilter(is_public=True), [QUEUE], id="public"),
        pytest.param(FindingFilter(is_public=False), [BUCKET], id="not public, so an undecided one is neither"),
        pytest.param(
            FindingFilter(severity_at_least=Severity.CRITICAL), [BUCKET + "2", QUEUE], id="severity, errors stay in"
        ),
        pytest.param(FindingFilter(statuses=frozenset({Status.RESOLVED})), [], id="status"),
        pytest.param(FindingFilter(statuses=frozenset()), [], id="no status at all"),
        pytest.param(FindingFilter(analyzer_arn="another"), [], id="analyzer"),
        pytest.param(
            FindingFilter(finding_type=FindingType.EXTERNAL_ACCESS), [BUCKET, BUCKET + "2", QUEUE], id="finding type"
        ),
    ],
)
def test_filters_choose_and_the_order_is_account_type_and_resource(
    store: FindingStore, where: FindingFilter, resources: Sequence[str]
) -> None:
    scan(store, queue(), analysis(analysis_error(), resource=BUCKET + "2"), analysis(external_access()))

    assert [one.observation.resource for one in store.findings(where)] == resources


def test_a_finding_is_found_by_the_beginning_of_its_id(store: FindingStore) -> None:
    (finding,) = scan(store, analysis(external_access())).new

    assert store.finding(finding.id) == finding
    assert store.finding(finding.id[:4].upper()) == finding


def test_an_id_that_none_has_is_unknown_and_wildcards_mean_nothing(store: FindingStore) -> None:
    scan(store, analysis(external_access()))

    for prefix in ("%", "_", "zzz"):
        with pytest.raises(UnknownFindingError, match="findings list"):
            store.finding(prefix)


def test_a_beginning_that_several_have_names_them(store: FindingStore) -> None:
    accesses = [external_access({"AWS": f"{number:012}"}) for number in range(20)]
    scan(store, analysis(*accesses))

    with pytest.raises(AmbiguousFindingError) as caught:
        store.finding("")

    assert len(caught.value.candidates) == 5


def test_a_resource_without_findings_keeps_its_notes(store: FindingStore) -> None:
    scan(store, analysis(notes=("the key admits only its own account",)))

    assert store.analyzed_resources(BUCKET) == (
        AnalyzedResource(
            analyzer_arn=ANALYZER,
            resource=BUCKET,
            resource_type="AWS::S3::Bucket",
            resource_owner_account="111122223333",
            region="us-west-2",
            analyzed_at=MONDAY,
            notes=("the key admits only its own account",),
        ),
    )


def test_a_resource_is_known_as_the_last_scan_that_looked_at_it_left_it(store: FindingStore) -> None:
    scan(store, analysis(notes=("before",)), queue(notes=("kept",)))
    scan(store, analysis(notes=("after",)), now=TUESDAY)
    scan(store, now=WEDNESDAY, looked_at=coverage(accounts=()))

    assert [(one.notes, one.analyzed_at) for one in store.analyzed_resources(BUCKET)] == [(("after",), TUESDAY)]
    assert [(one.notes, one.analyzed_at) for one in store.analyzed_resources(QUEUE)] == [(("kept",), MONDAY)]


def test_a_resource_that_is_gone_is_forgotten_and_its_findings_stay_resolved(store: FindingStore) -> None:
    scan(store, analysis(external_access()))
    scan(store, now=TUESDAY)

    assert store.analyzed_resources(BUCKET) == ()
    assert [one.status for one in store.findings(EVERYTHING)] == [Status.RESOLVED]


def test_scans_are_kept_with_what_they_looked_at_the_newest_first(store: FindingStore) -> None:
    gap = Gap("s3.list_buckets", "AccessDenied", "no", "111122223333", resource_types=("AWS::S3::Bucket",))
    seen = [coverage(), coverage(gap, regions=("us-west-2",)), coverage(resources=7)]
    for number, looked_at in enumerate(seen):
        scan(store, now=MONDAY + timedelta(hours=number), looked_at=looked_at)

    assert [one.coverage for one in store.scans(limit=2)] == [seen[2], seen[1]]


def test_the_last_scans_of_one_analyzer_can_be_told_from_those_of_others(store: FindingStore) -> None:
    other = ANALYZER.replace("111122223333", "444455556666")
    keep_analyzer(store, other)
    for hour, arn in ((1, other), (0, ANALYZER)):
        at = MONDAY + timedelta(hours=hour)
        keep_analyzer(store, arn)
        store.record_scan(Scan(arn, at, coverage()), (), lambda _: Reconciliation())

    assert [one.analyzer_arn for one in store.scans(limit=1)] == [other]
    assert [one.analyzer_arn for one in store.scans(limit=9, analyzer_arn=ANALYZER)] == [ANALYZER]
    assert store.scans(limit=9, analyzer_arn="\0") == ()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_a_scan_that_is_interrupted_leaves_nothing(store: FindingStore, interruption: type[BaseException]) -> None:
    scan(store, analysis(external_access()))
    before = store.findings(EVERYTHING)

    def interrupt(known: Known) -> Reconciliation:
        assert known.findings == before
        raise interruption

    with pytest.raises(interruption):
        store.record_scan(Scan(ANALYZER, TUESDAY, coverage()), (analysis(),), interrupt)

    assert store.findings(EVERYTHING) == before
    assert len(store.scans(limit=10)) == 1


def test_a_scan_with_a_finding_that_the_store_has_already_is_refused_whole(store: FindingStore) -> None:
    (known,) = scan(store, analysis(external_access())).new
    twice: Callable[[Known], Reconciliation] = lambda _known: Reconciliation(new=(known,))  # noqa: E731 - a fake

    with pytest.raises(Exception, match="cannot use the database"):
        store.record_scan(Scan(ANALYZER, TUESDAY, coverage()), (), twice)

    assert len(store.scans(limit=10)) == 1
    assert known.id == finding_id(ANALYZER, known.observation)
