from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers.observation import ResourceAnalysis
from sekisho.findings import Coverage, DuplicateFindingError, Finding, Reconciliation, Status
from sekisho.resources.gaps import Gap
from unit.findings.builders import (
    BUCKET,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    analysis,
    analysis_error,
    coverage,
    external_access,
    rescan,
)


def first_scan(*analyses: ResourceAnalysis) -> tuple[Finding, ...]:
    return rescan((), *analyses, now=MONDAY).new


def test_access_that_was_never_seen_is_new_and_active() -> None:
    (finding,) = first_scan(analysis(external_access()))

    assert finding.status is Status.ACTIVE
    assert finding.created_at == finding.analyzed_at == finding.updated_at == MONDAY


def test_access_that_stays_moves_only_the_time_of_the_analysis() -> None:
    before = first_scan(analysis(external_access()))

    (after,) = rescan(before, analysis(external_access())).unchanged

    assert after == replace(before[0], analyzed_at=TUESDAY)


def test_an_edit_elsewhere_that_moves_the_statement_changes_no_finding() -> None:
    before = first_scan(analysis(external_access(statement=0)))
    moved = analysis(external_access(statement=4))

    (after,) = rescan(before, moved).unchanged

    assert after.updated_at == MONDAY
    assert after.observation == moved.observations[0]


def test_access_that_allows_something_else_is_changed() -> None:
    before = first_scan(analysis(external_access()))

    (after,) = rescan(before, analysis(external_access(action=("s3:PutObject",)))).changed

    assert (after.id, after.created_at, after.updated_at) == (before[0].id, MONDAY, TUESDAY)


def test_access_that_is_gone_is_resolved() -> None:
    before = first_scan(analysis(external_access()))

    (after,) = rescan(before, analysis()).resolved

    assert (after.status, after.analyzed_at, after.updated_at) == (Status.RESOLVED, TUESDAY, TUESDAY)


def test_a_resource_that_is_gone_resolves_its_findings() -> None:
    assert len(rescan(first_scan(analysis(external_access()))).resolved) == 1


def test_access_that_returns_has_its_old_id_and_creation_time() -> None:
    before = first_scan(analysis(external_access()))
    gone = rescan(before, analysis()).resolved

    (back,) = rescan(gone, analysis(external_access()), now=WEDNESDAY).returned

    assert back == replace(before[0], analyzed_at=WEDNESDAY, updated_at=WEDNESDAY)


def test_resolved_access_that_stays_away_is_not_touched() -> None:
    gone = rescan(first_scan(analysis(external_access())), analysis()).resolved

    assert rescan(gone, analysis(), now=WEDNESDAY) == Reconciliation()


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_an_archived_finding_stays_archived_while_the_access_stays(action: str) -> None:
    archived = [replace(one, status=Status.ARCHIVED) for one in first_scan(analysis(external_access()))]

    after = rescan(archived, analysis(external_access(action=(action,))))

    assert [one.status for one in (*after.unchanged, *after.changed)] == [Status.ARCHIVED]


def test_archived_access_that_returns_is_active() -> None:
    archived = [replace(one, status=Status.ARCHIVED) for one in first_scan(analysis(external_access()))]
    gone = rescan(archived, analysis()).resolved

    (back,) = rescan(gone, analysis(external_access()), now=WEDNESDAY).returned

    assert back.status is Status.ACTIVE


def test_a_failure_to_decide_takes_the_place_of_the_findings_and_gives_it_back() -> None:
    before = first_scan(analysis(external_access()))

    undecided = rescan(before, analysis(external_access(), analysis_error()))
    decided = rescan(undecided.written, analysis(external_access()), now=WEDNESDAY)

    assert [one.id for one in undecided.resolved] == [before[0].id]
    assert [one.observation.outcome for one in undecided.new] == [analysis_error()]
    assert [one.id for one in decided.returned] == [before[0].id]
    assert [one.id for one in decided.resolved] == [undecided.new[0].id]


@pytest.mark.parametrize(
    "looked_at",
    [
        pytest.param(
            coverage(Gap("s3.list_buckets", "AccessDenied", "", "111122223333", resource_types=("AWS::S3::Bucket",))),
            id="its listing failed",
        ),
        pytest.param(coverage(regions=("eu-west-1",)), id="its Region was not asked"),
        pytest.param(coverage(accounts=("222233334444",)), id="its account was not read"),
    ],
)
def test_findings_on_what_was_not_looked_at_are_left_alone(looked_at: Coverage) -> None:
    before = first_scan(analysis(external_access()))

    assert rescan(before, looked_at=looked_at) == Reconciliation(left_alone=before)


def test_a_resource_that_was_analyzed_was_looked_at_whatever_failed_besides() -> None:
    before = first_scan(analysis(external_access()))

    assert len(rescan(before, analysis(), looked_at=coverage(regions=("eu-west-1",))).resolved) == 1


def test_a_resource_listed_twice_is_one_resource() -> None:
    assert len(first_scan(analysis(external_access()), analysis(external_access()))) == 1


def test_two_different_observations_with_one_identity_are_our_fault() -> None:
    with pytest.raises(DuplicateFindingError, match="two different observations"):
        first_scan(analysis(external_access(), external_access(action=("s3:PutObject",))))


accesses = st.builds(
    external_access,
    st.sampled_from([{"AWS": "*"}, {"AWS": "444455556666"}, {"Federated": "accounts.google.com"}]),
    condition=st.sampled_from([{}, {"aws:SourceVpce": "vpce-1"}]),
    is_public=st.booleans(),
)
outcomes = st.lists(accesses, max_size=3, unique_by=lambda one: (str(one.principal), str(one.condition))) | st.just(
    [analysis_error()]
)


@st.composite
def scans(draw: st.DrawFn) -> list[ResourceAnalysis]:
    names = draw(st.lists(st.sampled_from("abcd"), unique=True))
    return [analysis(*draw(outcomes), resource=f"{BUCKET}-{name}") for name in names]


def replay(history: list[list[ResourceAnalysis]]) -> dict[str, Finding]:
    known: dict[str, Finding] = {}
    now: datetime = MONDAY
    for analyses in history:
        now += timedelta(hours=1)
        known |= {one.id: one for one in rescan(known.values(), *analyses, now=now).written}
    return known


@given(st.lists(scans(), max_size=4), scans())
def test_a_rescan_of_the_same_changes_nothing_but_the_time_of_the_analysis(
    history: list[list[ResourceAnalysis]], last: list[ResourceAnalysis]
) -> None:
    known = replay([*history, last])

    again = rescan(known.values(), *last, now=WEDNESDAY)

    assert again == Reconciliation(unchanged=again.unchanged)
    assert all(one == replace(known[one.id], analyzed_at=WEDNESDAY) for one in again.unchanged)


@given(st.lists(scans(), max_size=3), scans(), st.randoms(use_true_random=False))
def test_the_order_of_analyses_and_findings_never_matters(
    history: list[list[ResourceAnalysis]],
    last: list[ResourceAnalysis],
    random: Random,
) -> None:
    known = list(replay(history).values())
    expected = rescan(known, *last, now=WEDNESDAY)
    random.shuffle(known)
    shuffled = list(last)
    random.shuffle(shuffled)

    assert rescan(known, *shuffled, now=WEDNESDAY) == expected


@given(st.lists(scans(), max_size=3), scans())
def test_access_that_goes_and_returns_keeps_its_id_and_creation_time(
    history: list[list[ResourceAnalysis]], last: list[ResourceAnalysis]
) -> None:
    before = replay([*history, last])
    after = replay([*history, last, [], last])

    assert {one.id: one.created_at for one in after.values()} == {one.id: one.created_at for one in before.values()}
    assert {one.id: one.status for one in after.values()} == {one.id: one.status for one in before.values()}


@given(st.lists(scans(), max_size=4), scans())
def test_what_is_active_after_a_scan_is_what_the_scan_saw(
    history: list[list[ResourceAnalysis]], last: list[ResourceAnalysis]
) -> None:
    known = replay([*history, last])

    active = [one.observation for one in known.values() if one.status is Status.ACTIVE]
    seen = [observation for one in last for observation in one.observations]

    assert len(active) == len(seen)
    assert all(observation in seen for observation in active)
