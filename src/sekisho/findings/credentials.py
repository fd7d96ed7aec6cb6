"""A scan of credentials: how an analyzer has them judged, and what becomes of its findings."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from msgspec.structs import replace

from sekisho.analyzers.credentials import Exemptions, Thresholds, analyze_credentials
from sekisho.analyzers.observation import FindingType, Observation, ResourceAnalysis
from sekisho.findings.analyzer import Analyzer, AnalyzerType, UnusedAccess
from sekisho.findings.coverage import Coverage
from sekisho.findings.document import to_the_millisecond
from sekisho.findings.finding import Finding, Status, analyzer_arn
from sekisho.findings.lifecycle import exempt
from sekisho.findings.scan import ScanReport, make_known, record
from sekisho.findings.store import FindingFilter, FindingStore, Scan
from sekisho.resources.credentials import AccountCredentials
from sekisho.resources.zone import ZoneOfTrust

CREDENTIALS: Final = "sekisho-credentials"
"""What the analyzer of unused access is called that nobody has named."""

REPORTS: Final = "sekisho-credential-reports"
"""The analyzer of reports in files: in them a key has no id, so that its findings have other names. Nobody scans it."""

EXCLUDED: Final = "an exclusion of the analyzer is about it: what is unused brings no findings"

_EXCLUDABLE: Final = frozenset(
    {
        FindingType.UNUSED_IAM_ROLE,
        FindingType.UNUSED_IAM_USER_ACCESS_KEY,
        FindingType.UNUSED_IAM_USER_PASSWORD,
        FindingType.UNUSED_PERMISSION,
    }
)
"""AWS's own types. What else is wrong with a credential is told of everyone."""


def judge_credentials(
    account: AccountCredentials,
    thresholds: Thresholds,
    asked: UnusedAccess | None,
    tags: Mapping[str, Mapping[str, str]],
) -> tuple[ResourceAnalysis, ...]:
    """Judge the credentials of an account as an analyzer has them judged.

    Args:
        account: what was read.
        thresholds: hold where the analyzer does not say.
        asked: what the analyzer is set to; None for nothing.
        tags: by the ARN of the user or role. One whose tags are not known is excluded by none: what is told in vain is
            better than what is not told.
    """
    if asked is None:
        return analyze_credentials(account, thresholds)
    age = asked.age_days
    limits = replace(thresholds, unused_days=age, unused_role_days=age, unused_permission_days=age)
    return tuple(_without_excluded(one, asked, tags.get(one.resource)) for one in analyze_credentials(account, limits))


def _without_excluded(
    analysis: ResourceAnalysis, asked: UnusedAccess, tags: Mapping[str, str] | None
) -> ResourceAnalysis:
    if not any(one.excludes(analysis.resource_owner_account, tags) for one in asked.exclusions):
        return analysis
    kept = tuple(one for one in analysis.observations if not _is_excludable(one))
    return replace(analysis, observations=kept, notes=(*analysis.notes, EXCLUDED))


def _is_excludable(observation: Observation) -> bool:
    return observation.finding_type in _EXCLUDABLE


def record_credentials(
    store: FindingStore,
    zone: ZoneOfTrust,
    analyses: Iterable[ResourceAnalysis],
    coverage: Coverage,
    *,
    now: datetime,
    exemptions: Exemptions,
    analyzer: str | None = None,
    name: str = CREDENTIALS,
) -> ScanReport:
    """Reconcile what was made of the credentials of a zone with what the store knows, and store the outcome.

    Args:
        store: where the findings live.
        zone: whose credentials were read.
        analyses: of every user, role and account that was looked at.
        coverage: what was.
        now: UTC; kept to the millisecond.
        exemptions: what they are about is archived, what they are about no more is not.
        analyzer: as of `record_scan`.
        name: of the analyzer that is made where none is named.

    Raises:
        UnknownAnalyzerError: the analyzer that is named is not there, or no longer; nothing was stored.
        AnalyzerError: the analyzer of this name looks for external access; nothing was stored.
        StoreError: as of `record_scan`.
    """
    moment = to_the_millisecond(now)
    if analyzer is None:
        kind = AnalyzerType.of(zone.type, unused_access=True)
        analyzer = make_known(store, Analyzer(analyzer_arn(zone, name), kind, moment))
    report = record(store, Scan(analyzer, moment, coverage), tuple(analyses), accept=partial(_accepted, exemptions))
    held = frozenset({Status.ACTIVE, Status.ARCHIVED} if exemptions.live else {Status.ARCHIVED})
    kept = FindingFilter(analyzer_arn=analyzer, statuses=held)
    store.change(kept, lambda known: exempt(known.findings, exemptions, rules=known.rules, now=moment))
    return report


def _accepted(exemptions: Exemptions, finding: Finding) -> str | None:
    exemption = exemptions.of(finding.observation)
    return None if exemption is None else exemption.signature
