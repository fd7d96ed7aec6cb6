"""Findings of every kind and status, tame and hostile, for the formats of other tools."""

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.observation import (
    AnalysisError,
    AtMost,
    Because,
    Blocker,
    CredentialKind,
    CredentialRisk,
    ErrorCode,
    ExternalAccess,
    Fact,
    FindingType,
    Observation,
    Outcome,
    Remedy,
    Severity,
    Source,
    WitnessRequest,
)
from sekisho.analyzers.severity import RULES
from sekisho.findings import Finding, Status, finding_id
from unit.findings.builders import ACCOUNT, ANALYZER, BUCKET, MONDAY, TUESDAY, analysis_error, external_access

USER = f"arn:aws:iam::{ACCOUNT}:user/people/build"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
NASTY = (
    "\x00",
    "\x1b[2J",
    "\n",
    "\ud800",
    "\u202e",
    "<script>alert(1)</script>",
    "[a](https://e.example)",
    "{0}",
    "'\"\\",
)


def finding(
    outcome: Outcome,
    *,
    resource: str = BUCKET,
    resource_type: str = "AWS::S3::Bucket",
    region: str = "us-west-2",
    status: Status = Status.ACTIVE,
    analyzer: str = ANALYZER,
) -> Finding:
    """Return a finding that was made on Monday and looked at again on Tuesday."""
    kind = FindingType.EXTERNAL_ACCESS
    if isinstance(outcome, CredentialRisk):
        kind = CHECKS[outcome.check].finding_type if outcome.check in CHECKS else FindingType.CREDENTIAL
    seen = Observation(resource, resource_type, ACCOUNT, region, kind, outcome)
    return Finding(
        finding_id(analyzer, seen),
        analyzer,
        seen,
        status,
        created_at=MONDAY,
        analyzed_at=TUESDAY,
        updated_at=MONDAY if status is Status.ACTIVE else TUESDAY,
        archived_by="rule `partners`" if status is Status.ARCHIVED else None,
    )


def access(rule: str = "anyone can read it", severity: Severity = Severity.HIGH) -> ExternalAccess:
    """Return access by a rule."""
    sentence = "Anyone on the internet can `s3:GetObject` from the bucket `reports`."
    found = external_access({"AWS": "*"}, is_public=rule.startswith("anyone"), severity=severity)
    return replace(found, severity_rule=rule, sentence=sentence)


def risk(check: str = "CRED-KEY-UNUSED", severity: Severity | None = None, credential: str = KEY_ID) -> CredentialRisk:
    """Return what a check finds."""
    of_check = CHECKS[check]
    return CredentialRisk(
        check=check,
        kind=of_check.kind,
        credential=credential,
        severity=severity or of_check.severity,
        severity_rule=of_check.rule,
        sentence="It is not as it should be.",
        facts=(Fact("lastUsed", "2026-09-17T08:00:00Z", "credential report, access_key_1_last_used_date"),),
        data_at=MONDAY,
        last_used=MONDAY - timedelta(days=60),
        days=45,
    )


def risk_finding(
    check: str = "CRED-KEY-UNUSED",
    severity: Severity | None = None,
    credential: str = KEY_ID,
    status: Status = Status.ACTIVE,
) -> Finding:
    """Return a finding on a user."""
    outcome = risk(check, severity, credential)
    return finding(outcome, resource=USER, resource_type="AWS::IAM::User", region="global", status=status)


def every_kind() -> Iterator[Finding]:
    """Yield one of every rule, every check and every error, in every status."""
    for status in Status:
        for rule, severity in RULES:
            yield finding(access(rule, severity), resource=f"{BUCKET}-{rule.replace(' ', '-')}", status=status)
        for check in CHECKS:
            yield risk_finding(check, status=status)
        for code in ErrorCode:
            error = replace(analysis_error(), code=code)
            yield finding(error, resource=f"{BUCKET}-{code.value.lower()}", status=status)


texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.sampled_from(NASTY),
    st.builds(lambda text, times: text * times, st.sampled_from((*NASTY, "é", "🐈", "x")), st.integers(1, 3000)),
)
"""Texts with control characters, lone surrogates, markup, and far too much of all of them."""

_some = st.lists(texts, max_size=3).map(tuple)
_pairs = st.dictionaries(texts, texts, max_size=2)
_accesses = st.builds(
    ExternalAccess,
    principal=st.dictionaries(texts, texts, min_size=1, max_size=1),
    action=_some,
    condition=_pairs,
    is_public=st.booleans(),
    witness=st.builds(
        WitnessRequest, _pairs, texts, texts, st.dictionaries(texts, st.one_of(texts, _some), max_size=2)
    ),
    because=st.lists(st.builds(Because, texts, st.integers(0, 9), texts, texts, st.none()), max_size=2).map(tuple),
    severity=st.sampled_from(Severity),
    severity_rule=st.one_of(texts, st.sampled_from([rule for rule, _ in RULES])),
    remedy=st.builds(Remedy, texts, st.none() | texts),
    sources=st.lists(st.builds(Source, texts, st.none() | texts), max_size=2).map(tuple),
    blocked_by=st.lists(st.builds(Blocker, texts, texts, texts), max_size=2).map(tuple),
    approximations=_some,
    sentence=texts,
)
_errors = st.builds(
    AnalysisError,
    st.sampled_from(ErrorCode),
    texts,
    at_most=st.lists(st.builds(AtMost, _pairs, _some), max_size=2).map(tuple),
)
_risks = st.builds(
    CredentialRisk,
    check=st.one_of(texts, st.sampled_from(list(CHECKS))),
    kind=st.sampled_from(CredentialKind),
    credential=st.one_of(texts, st.sampled_from([KEY_ID, "1", ""])),
    severity=st.sampled_from(Severity),
    severity_rule=texts,
    sentence=texts,
    facts=st.lists(st.builds(Fact, texts, texts, texts), max_size=2).map(tuple),
    data_at=st.just(MONDAY),
)

hostile_findings = st.builds(
    finding,
    st.one_of(_accesses, _errors, _risks),
    resource=texts.map("arn:aws:s3:::{}".format),
    resource_type=st.one_of(texts, st.sampled_from(["AWS::S3::Bucket", "AWS::IAM::User"])),
    region=st.one_of(texts, st.sampled_from(["us-west-2", "global"])),
    status=st.sampled_from(Status),
)
"""Findings of all kinds whose texts somebody else has chosen."""
