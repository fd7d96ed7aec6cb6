"""Findings on credentials have the same life as all others."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from sekisho.analyzers.observation import Outcome, ResourceAnalysis, Severity
from sekisho.findings import Coverage, FindingFilter, FindingStore, Reconciliation, Scan, Status
from sekisho.resources.gaps import account_gaps
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount
from unit.findings.builders import (
    ACCOUNT,
    ANALYZER,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    analysis,
    analysis_error,
    coverage,
    credential_risk,
    keep_analyzer,
    rescan,
)

ANNA = "arn:aws:iam::111122223333:user/anna"
BATCH = "arn:aws:iam::111122223333:role/batch"
UNLISTED = ApiCall("iam.get_account_authorization_details", {}, error=ApiError("AccessDenied"))
UNUSED = credential_risk()


def scan(
    store: FindingStore, *outcomes: Outcome, now: datetime = MONDAY, unjudged: frozenset[str] = frozenset()
) -> Reconciliation:
    keep_analyzer(store)
    seen = analysis(*outcomes, resource=ANNA, resource_type="AWS::IAM::User", region="global")
    return reconciled(store, replace(seen, unjudged=unjudged), now=now)


def reconciled(
    store: FindingStore, *analyses: ResourceAnalysis, now: datetime = MONDAY, looked_at: Coverage | None = None
) -> Reconciliation:
    whole = looked_at or coverage()
    return store.record_scan(
        Scan(ANALYZER, now, whole),
        list(analyses),
        lambda known: rescan(known.findings, *analyses, now=now, looked_at=whole, rules=known.rules),
    )


def test_it_is_kept_as_it_is(store: FindingStore) -> None:
    (new,) = scan(store, UNUSED).new

    assert store.finding(new.id) == new
    assert new.observation.outcome == UNUSED


def test_each_check_and_each_credential_has_its_own(store: FindingStore) -> None:
    scan(store, UNUSED, credential_risk(credential="2"), credential_risk("CRED-KEY-OLD"))

    assert len(store.findings(FindingFilter(analyzer_arn=ANALYZER))) == 3


def test_that_the_key_was_used_again_lately_is_no_other_finding(store: FindingStore) -> None:
    (first,) = scan(store, UNUSED).new
    later = replace(UNUSED, last_used=MONDAY, sentence="Access key 1 was last used a day ago.", data_at=TUESDAY)
    scan(store, later, now=TUESDAY)

    kept = store.finding(first.id)
    assert kept.updated_at == MONDAY
    assert kept.analyzed_at == TUESDAY
    assert kept.observation.outcome == later


def test_a_worse_one_is_changed_and_a_mended_one_is_resolved_and_returns(store: FindingStore) -> None:
    (first,) = scan(store, UNUSED).new
    scan(store, replace(UNUSED, severity=Severity.HIGH), now=TUESDAY)
    assert store.finding(first.id).updated_at == TUESDAY

    scan(store, now=TUESDAY)
    assert store.finding(first.id).status is Status.RESOLVED

    scan(store, UNUSED, now=WEDNESDAY)
    assert store.finding(first.id).status is Status.ACTIVE


def test_a_cell_that_cannot_be_read_hides_nothing_else(store: FindingStore) -> None:
    assert len(scan(store, UNUSED, analysis_error()).new) == 2


def test_what_could_not_be_read_again_is_not_resolved(store: FindingStore) -> None:
    (first,) = scan(store, UNUSED).new
    scan(store, analysis_error(), now=TUESDAY)
    assert store.finding(first.id) == first

    scan(store, now=WEDNESDAY)
    assert store.finding(first.id).status is Status.RESOLVED


SPECIFIC = credential_risk("CRED-SSC", "ACCA1")
PERMISSION = credential_risk("CRED-PERMISSION-UNUSED", "s3")


def test_what_a_check_found_that_was_not_made_again_is_not_resolved(store: FindingStore) -> None:
    """As after a listing that failed, or where nobody asked for it: the user was looked at, and not for this."""
    found = {one.observation.outcome: one for one in scan(store, UNUSED, SPECIFIC, PERMISSION).new}
    unjudged = frozenset({"CRED-SSC", "CRED-PERMISSION-UNUSED"})
    again = scan(store, now=TUESDAY, unjudged=unjudged)

    assert {one.observation.outcome for one in again.left_alone} == {SPECIFIC, PERMISSION}
    assert store.finding(found[SPECIFIC].id) == found[SPECIFIC]
    assert store.finding(found[UNUSED].id).status is Status.RESOLVED

    scan(store, now=WEDNESDAY)
    assert store.finding(found[PERMISSION].id).status is Status.RESOLVED


@pytest.mark.parametrize("is_read", [True, False])
def test_a_role_is_gone_only_where_the_roles_were_listed(store: FindingStore, *, is_read: bool) -> None:
    keep_analyzer(store)
    role = analysis(
        credential_risk("CRED-ROLE-UNUSED", ""), resource=BATCH, resource_type="AWS::IAM::Role", region="global"
    )
    kept = reconciled(store, role).new
    gaps = () if is_read else account_gaps(RawAccount(ACCOUNT, (UNLISTED,)))

    again = reconciled(store, looked_at=coverage(*gaps), now=TUESDAY)

    assert [one.id for one in (again.resolved if is_read else again.left_alone)] == [one.id for one in kept]


def test_severe_ones_can_be_asked_for(store: FindingStore) -> None:
    scan(store, UNUSED, credential_risk("CRED-MFA-CONSOLE", "", severity=Severity.HIGH))
    severe = FindingFilter(analyzer_arn=ANALYZER, severity_at_least=Severity.HIGH)

    assert len(store.findings(severe)) == 1
