from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from sekisho.findings import (
    ArchiveRule,
    ArchiveRuleError,
    ChangeKind,
    CriteriaError,
    Criterion,
    Finding,
    Status,
    apply_rule,
    archive,
    archiving_rule,
    check_rule,
    forget,
    lapse,
    unarchive,
)
from unit.findings.builders import ANALYZER, MONDAY, TUESDAY, WEDNESDAY, analysis, external_access, rescan

OF_PARTNER = {"principal.AWS": Criterion(eq=("444455556666",))}


def rule(
    name: str = "partner", criteria: dict[str, Criterion] | None = None, *, expires_at: datetime | None = None
) -> ArchiveRule:
    chosen = OF_PARTNER if criteria is None else criteria
    return ArchiveRule(ANALYZER, name, chosen, MONDAY, MONDAY, "the web team", "a partner", expires_at)


def found(*, is_public: bool = False) -> Finding:
    access = external_access({"AWS": "*"}, is_public=True) if is_public else external_access()
    return rescan((), analysis(access), now=MONDAY).new[0]


def test_archiving_takes_the_active_ones_and_says_by_whom() -> None:
    active = found()
    resolved = replace(active, id="resolved", status=Status.RESOLVED)

    (change,) = archive([active, resolved], by="ann", now=TUESDAY, reason="accepted")

    assert change.finding == replace(active, status=Status.ARCHIVED, updated_at=TUESDAY, archived_by="ann")
    assert (change.kind, change.before, change.by, change.reason) == (
        ChangeKind.ARCHIVED, Status.ACTIVE, "ann", "accepted",
    )  # fmt: skip


def test_to_unarchive_is_the_way_back() -> None:
    active = found()
    (archived,) = archive([active], by="ann", now=TUESDAY)

    (change,) = unarchive([archived.finding, active], by="bob", now=WEDNESDAY)

    assert change.finding == replace(active, updated_at=WEDNESDAY)
    assert (change.kind, change.before) == (ChangeKind.UNARCHIVED, Status.ARCHIVED)


def test_a_rule_archives_what_is_found_after_it_and_signs_with_its_name() -> None:
    scanned = rescan((), analysis(external_access()), now=TUESDAY, rules=[rule()])

    assert [(one.status, one.archived_by) for one in scanned.new] == [(Status.ARCHIVED, "rule partner")]
    assert [(one.kind, one.by) for one in scanned.changes] == [(ChangeKind.CREATED, "rule partner")]


def test_a_rule_acts_on_access_that_returns_and_on_nothing_that_stays() -> None:
    active = found()
    resolved = rescan([active], analysis(), now=TUESDAY).resolved

    assert rescan([active], analysis(external_access()), rules=[rule()]).unchanged[0].status is Status.ACTIVE
    (back,) = rescan(resolved, analysis(external_access()), now=WEDNESDAY, rules=[rule()]).returned
    assert (back.status, back.created_at) == (Status.ARCHIVED, MONDAY)


@pytest.mark.parametrize("becomes_public", [True, False])
def test_what_was_archived_and_has_become_public_is_active_again(*, becomes_public: bool) -> None:
    (archived,) = archive([found()], by="ann", now=MONDAY)
    wider = external_access(action=("s3:GetObject", "s3:PutObject"), is_public=becomes_public)

    scanned = rescan([archived.finding], analysis(wider), now=TUESDAY)

    (changed,) = scanned.changed
    assert (changed.status, changed.archived_by) == (
        (Status.ACTIVE, None) if becomes_public else (Status.ARCHIVED, "ann")
    )
    assert [(one.kind, one.before) for one in scanned.changes] == [(ChangeKind.CHANGED, Status.ARCHIVED)]


def test_what_was_archived_by_hand_returns_active() -> None:
    (archived,) = archive([found()], by="ann", now=MONDAY)
    resolved = rescan([archived.finding], analysis(), now=TUESDAY).resolved

    (back,) = rescan(resolved, analysis(external_access()), now=WEDNESDAY).returned

    assert (back.status, back.archived_by) == (Status.ACTIVE, None)


@pytest.mark.parametrize(
    ("criteria", "archives"),
    [
        pytest.param({"resourceType": Criterion(eq=("AWS::S3::Bucket",))}, False, id="public access is not hidden"),
        pytest.param({"isPublic": Criterion(exists=True)}, False, id="nor by a rule that does not say so"),
        pytest.param({"isPublic": Criterion(neq=("false",))}, False, id="nor by one that says so round a corner"),
        pytest.param({"isPublic": Criterion(eq=("true",))}, True, id="only by one that says so"),
    ],
)
def test_a_rule_hides_public_access_only_where_it_says_so(criteria: dict[str, Criterion], *, archives: bool) -> None:
    assert rule(criteria=criteria).archives(found(is_public=True)) is archives


def test_a_rule_is_applied_to_what_was_found_before_it_on_request() -> None:
    (change,) = apply_rule(rule(), [found(), found(is_public=True)], now=TUESDAY)

    assert (change.finding.archived_by, change.reason) == ("rule partner", "a partner")
    assert not list(apply_rule(rule(expires_at=TUESDAY), [found()], now=TUESDAY))


def test_what_an_expired_rule_archived_is_active_again() -> None:
    expiring = rule(expires_at=WEDNESDAY)
    (archived,) = apply_rule(expiring, [found()], now=MONDAY)

    assert not list(lapse([expiring], [archived.finding], now=TUESDAY))
    (change,) = lapse([expiring], [archived.finding], now=WEDNESDAY)
    assert (change.kind, change.finding.status) == (ChangeKind.UNARCHIVED, Status.ACTIVE)


def test_what_another_rule_archives_too_goes_over_to_it() -> None:
    expired, other = rule(expires_at=TUESDAY), rule("also")
    (archived,) = apply_rule(expired, [found()], now=MONDAY)

    (change,) = lapse([expired, other], [archived.finding], now=TUESDAY)

    assert (change.finding.status, change.finding.archived_by) == (Status.ARCHIVED, "rule also")
    assert not list(lapse([expired, other], [change.finding], now=WEDNESDAY))


def test_what_people_archived_no_rule_brings_back() -> None:
    (archived,) = archive([found()], by="ann", now=MONDAY)

    assert not list(lapse([rule(expires_at=TUESDAY)], [archived.finding], now=WEDNESDAY))


def test_of_several_rules_the_first_by_name_archives() -> None:
    chosen = archiving_rule([rule("b"), rule("c"), rule("a", expires_at=TUESDAY)], found(), WEDNESDAY)

    assert chosen is not None
    assert chosen.name == "b"
    assert archiving_rule([], found(), MONDAY) is None


@pytest.mark.parametrize("days", [89, 90])
def test_what_is_resolved_for_ninety_days_is_forgotten(days: int) -> None:
    resolved = replace(found(), status=Status.RESOLVED)
    now = MONDAY + timedelta(days=days)

    assert [one.kind for one in forget([resolved, found()], now=now)] == [ChangeKind.DELETED] * (days >= 90)


def test_rules_that_cannot_be_kept_are_refused() -> None:
    check_rule(rule())
    with pytest.raises(ArchiveRuleError, match="no name of a rule"):
        check_rule(rule("1st"))
    with pytest.raises(ArchiveRuleError, match="archive everything"):
        check_rule(rule(criteria={}))
    with pytest.raises(CriteriaError):
        check_rule(rule(criteria={"status": Criterion(eq=("ACTIVE",))}))
