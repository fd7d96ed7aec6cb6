"""Observations, analyses and coverages with only the parts that a test is about."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sekisho.analyzers.observation import (
    AnalysisError,
    Because,
    CredentialKind,
    CredentialRisk,
    ErrorCode,
    ExternalAccess,
    Fact,
    FindingType,
    Observation,
    Outcome,
    Remedy,
    ResourceAnalysis,
    Severity,
    WitnessRequest,
)
from sekisho.findings import (
    Analyzer,
    AnalyzerExistsError,
    AnalyzerType,
    ArchiveRule,
    Coverage,
    FindingStore,
    Reconciliation,
    reconcile,
)
from sekisho.findings.finding import Finding
from sekisho.resources.gaps import Gap

ANALYZER = "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/sekisho"
ACCOUNT = "111122223333"
REGION = "us-west-2"
BUCKET = "arn:aws:s3:::reports"
MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


def keep_analyzer(store: FindingStore, arn: str = ANALYZER) -> None:
    """Make an analyzer of an account, unless it is there."""
    with suppress(AnalyzerExistsError):
        store.create_analyzer(Analyzer(arn, AnalyzerType.ACCOUNT, MONDAY))


def external_access(
    principal: Mapping[str, str] | None = None,
    *,
    condition: Mapping[str, str] | None = None,
    action: tuple[str, ...] = ("s3:GetObject",),
    severity: Severity = Severity.HIGH,
    is_public: bool = False,
    statement: int = 0,
) -> ExternalAccess:
    who = {"AWS": "444455556666"} if principal is None else principal
    return ExternalAccess(
        principal=who,
        action=action,
        condition=condition or {},
        is_public=is_public,
        witness=WitnessRequest(who, action[0], f"{BUCKET}/report", {"aws:SecureTransport": "true"}),
        because=(Because("BucketPolicy", statement, f"Statement[{statement}].Principal", sid="ReadReports"),),
        severity=severity,
        severity_rule="a named account reads data",
        remedy=Remedy("remove the account from the statement"),
    )


def analysis_error(*gaps: Gap) -> AnalysisError:
    return AnalysisError(ErrorCode.ACCESS_DENIED, "the bucket policy could not be read", gaps)


def credential_risk(
    check: str = "CRED-KEY-UNUSED", credential: str = "1", *, severity: Severity = Severity.MEDIUM
) -> CredentialRisk:
    return CredentialRisk(
        check=check,
        kind=CredentialKind.ACCESS_KEY,
        credential=credential,
        severity=severity,
        severity_rule="an active key was last used so long ago",
        sentence="Access key 1 was last used 60 days ago.",
        facts=(Fact("lastUsed", "2026-09-17T08:00:00Z", "credential report, access_key_1_last_used_date"),),
        data_at=MONDAY,
        last_used=MONDAY - timedelta(days=60),
        days=45,
    )


def analysis(
    *outcomes: Outcome,
    resource: str = BUCKET,
    resource_type: str = "AWS::S3::Bucket",
    account: str = ACCOUNT,
    region: str = REGION,
    notes: tuple[str, ...] = (),
) -> ResourceAnalysis:
    return ResourceAnalysis(
        resource=resource,
        resource_type=resource_type,
        resource_owner_account=account,
        region=region,
        observations=tuple(
            Observation(
                resource=resource,
                resource_type=resource_type,
                resource_owner_account=account,
                region=region,
                finding_type=(
                    FindingType.CREDENTIAL if isinstance(outcome, CredentialRisk) else FindingType.EXTERNAL_ACCESS
                ),
                outcome=outcome,
            )
            for outcome in outcomes
        ),
        notes=notes,
    )


def coverage(
    *gaps: Gap, accounts: tuple[str, ...] = (ACCOUNT,), regions: tuple[str, ...] | None = None, resources: int = 1
) -> Coverage:
    return Coverage(taken_at=MONDAY, accounts=accounts, regions=regions, resources=resources, gaps=gaps)


def rescan(
    existing: Iterable[Finding],
    *analyses: ResourceAnalysis,
    now: datetime = TUESDAY,
    looked_at: Coverage | None = None,
    rules: Sequence[ArchiveRule] = (),
) -> Reconciliation:
    seen = looked_at or coverage()
    return reconcile(existing, analyses, analyzer_arn=ANALYZER, coverage=seen, now=now, rules=rules)
