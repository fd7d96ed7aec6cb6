"""What becomes of findings on credentials when something could not be read, is exempt, or is gone."""

from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.analyzers.credentials import Exemption, Exemptions, analyze_credentials
from sekisho.analyzers.observation import CredentialRisk
from sekisho.findings import (
    Analyzer,
    AnalyzerError,
    AnalyzerType,
    ArchiveRule,
    Criterion,
    FindingFilter,
    FindingStore,
    Reconciliation,
    Status,
    coverage_of_credentials,
    record_credentials,
)
from sekisho.resources.credentials import (
    AccountCredentials,
    CredentialReport,
    NoPasswordPolicy,
    ReportRow,
    RootManagement,
    ServiceSpecificCredential,
    parse_report,
)
from sekisho.resources.credentials.report import OPTIONAL, REQUIRED
from sekisho.resources.gaps import Gap
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from unit.findings.builders import ACCOUNT, MONDAY, TUESDAY, WEDNESDAY

ZONE = ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-east-1")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
WHOLE = AccountCredentials(
    ACCOUNT,
    "aws",
    MONDAY,
    report=parse_report(
        (
            ",".join((*REQUIRED, *OPTIONAL[:4]))
            + f"\n<root_account>,{ROOT},2020-01-01T00:00:00Z,true,2026-11-15T00:00:00Z,2020-01-01T00:00:00Z,"
            "not_supported,false,true,2020-01-01T00:00:00Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,true,2020-01-01T00:00:00Z,false,N/A"
            f"\nbob,{BOB},2020-01-01T00:00:00Z,true,2020-02-01T00:00:00Z,2020-01-01T00:00:00Z,N/A,"
            "false,true,2020-01-01T00:00:00Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
        ).encode()
    ),
    generated_at=MONDAY,
    service_specific_credentials=(),
    password_policy=NoPasswordPolicy(),
    root_management=RootManagement(root_credentials_management=False),
)
BOBS = ServiceSpecificCredential("bob", "ACCAEXAMPLE", "bedrock.amazonaws.com", is_active=True, created=MONDAY)


def gap(call: str, resource: str | None = None, *types: str) -> Gap:
    return Gap(call, "AccessDenied", "", ACCOUNT, resource=resource, resource_types=types)


def with_rows(*rows: ReportRow) -> AccountCredentials:
    return replace(WHOLE, report=CredentialReport(rows))


def judged(store: FindingStore, account: AccountCredentials, now: datetime = MONDAY) -> Reconciliation:
    analyses = analyze_credentials(account)
    coverage = coverage_of_credentials(now, [account], analyses)
    return record_credentials(
        store, ZONE, analyses, coverage, now=now, exemptions=Exemptions(on=now.date())
    ).reconciliation


@pytest.mark.parametrize(
    "account",
    [
        AccountCredentials(ACCOUNT, "aws", TUESDAY),
        AccountCredentials(ACCOUNT, "aws", TUESDAY, gaps=(gap("sts.assume_role", None, "AWS::IAM::User"),)),
        AccountCredentials(
            ACCOUNT,
            "aws",
            TUESDAY,
            service_specific_credentials=(BOBS,),
            user_arns={"bob": BOB},
            gaps=(gap("iam.generate_credential_report", None, "AWS::IAM::User"),),
        ),
        with_rows(),
        replace(
            WHOLE,
            password_policy=None,
            root_management=None,
            service_specific_credentials=None,
            gaps=(gap("iam.get_account_password_policy"), gap("iam.list_organizations_features")),
        ),
    ],
    ids=["nobody asked", "not let in", "no report", "an empty report", "nothing beside the report"],
)
def test_what_could_not_be_read_resolves_nothing(store: FindingStore, account: AccountCredentials) -> None:
    before = judged(store, WHOLE)
    told = {one.observation.outcome.check for one in before.new if isinstance(one.observation.outcome, CredentialRisk)}
    assert {"CRED-ROOT-KEY", "CRED-ROOT-MFA", "CRED-KEY-OLD", "CRED-PW-POLICY-NONE", "CRED-ROOT-CENTRAL"} <= told

    after = judged(store, account, TUESDAY)

    assert after.resolved == ()


def test_whoever_iam_lists_is_not_gone_because_the_report_lacks_them(store: FindingStore) -> None:
    judged(store, WHOLE)
    assert WHOLE.report is not None
    gone = with_rows(*(row for row in WHOLE.report.rows if row.is_root))

    listed = judged(store, replace(gone, user_arns={"bob": BOB}), TUESDAY)
    assert BOB not in {one.observation.resource for one in listed.resolved}

    assert BOB in {one.observation.resource for one in judged(store, gone, WEDNESDAY).resolved}


def test_the_analyzer_of_external_access_keeps_to_that(store: FindingStore) -> None:
    arn = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/sekisho-credentials"
    store.create_analyzer(Analyzer(arn, AnalyzerType.ACCOUNT, MONDAY))

    with pytest.raises(AnalyzerError, match="is of type ACCOUNT, and ACCOUNT_UNUSED_ACCESS is wanted"):
        judged(store, WHOLE)


def agreed(until: date, **of: Any) -> Exemption:
    return Exemption(name=str(until), owner="security", reason="agreed", until=until, **of)


def test_an_exemption_that_ends_hands_over(store: FindingStore) -> None:
    judged(store, WHOLE)
    analyses = analyze_credentials(WHOLE)
    coverage = coverage_of_credentials(MONDAY, [WHOLE], analyses)
    first, second = agreed(MONDAY.date(), users=("bob",)), agreed(date(2999, 1, 1), users=("bob",))
    for day in (MONDAY, TUESDAY):
        both = Exemptions((first, second), on=day.date())
        record_credentials(store, ZONE, analyses, coverage, now=day, exemptions=both)

    kept = store.findings(FindingFilter(resource=BOB))
    assert {(one.status, one.archived_by) for one in kept} == {(Status.ARCHIVED, second.signature)}

    arn = kept[0].analyzer_arn
    store.create_archive_rule(ArchiveRule(arn, "bobs", {"resource": Criterion(eq=(BOB,))}, TUESDAY, TUESDAY))
    record_credentials(store, ZONE, analyses, coverage, now=WEDNESDAY, exemptions=Exemptions(on=WEDNESDAY.date()))
    assert {one.archived_by for one in store.findings(FindingFilter(resource=BOB))} == {"rule bobs"}
