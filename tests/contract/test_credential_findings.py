"""Findings on credentials have the same life as all others."""

from datetime import datetime

from msgspec.structs import replace

from sekisho.analyzers.observation import Outcome, Severity
from sekisho.findings import FindingFilter, FindingStore, Reconciliation, Scan, Status
from unit.findings.builders import (
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
UNUSED = credential_risk()


def scan(store: FindingStore, *outcomes: Outcome, now: datetime = MONDAY) -> Reconciliation:
    keep_analyzer(store)
    seen = analysis(*outcomes, resource=ANNA, resource_type="AWS::IAM::User", region="global")
    return store.record_scan(
        Scan(ANALYZER, now, coverage()), [seen], lambda known: rescan(known.findings, seen, now=now, rules=known.rules)
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


def test_severe_ones_can_be_asked_for(store: FindingStore) -> None:
    scan(store, UNUSED, credential_risk("CRED-MFA-CONSOLE", "", severity=Severity.HIGH))
    severe = FindingFilter(analyzer_arn=ANALYZER, severity_at_least=Severity.HIGH)

    assert len(store.findings(severe)) == 1
