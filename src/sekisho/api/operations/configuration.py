"""What an analyzer of unused access is set to, from the shapes of the API and back."""

from collections.abc import Mapping
from typing import Any, Final

from sekisho.api.operations.asking import check_account
from sekisho.api.operations.faults import invalid
from sekisho.findings import Analyzer, AnalyzerType, Exclusion, UnusedAccess

OLDEST: Final = 365
"""The longest time that something may be unused. Source: Access Analyzer API reference, `UnusedAccessConfiguration`."""

MOST_ACCOUNTS: Final = 2000
"""How many accounts one exclusion names. Source: the same, `AnalysisRuleCriteria`."""


def configuration_of(params: Mapping[str, Any], type_: AnalyzerType, *, account: str) -> UnusedAccess | None:
    """Return what the analyzer is to be set to; None for one of external access, which has no settings.

    Args:
        params: of `CreateAnalyzer` or `UpdateAnalyzer`.
        type_: of the analyzer.
        account: the analyzer's own.

    Raises:
        ApiError: it is none of this type, or out of its bounds.
    """
    raw: Mapping[str, Any] = params.get("configuration", {})
    if not type_.is_of_unused_access:
        if raw:
            raise invalid("an analyzer of external access has no configuration; leave it out")
        return None
    if "internalAccess" in raw:
        raise invalid("an analyzer of unused access is set by `unusedAccess`")
    asked: Mapping[str, Any] = raw.get("unusedAccess", {})
    age = int(asked.get("unusedAccessAge", UnusedAccess().age_days))
    if not 1 <= age <= OLDEST:
        raise invalid(f"`unusedAccessAge` is {age}; it is a number of days from 1 to {OLDEST}")
    rules = asked.get("analysisRule", {}).get("exclusions", ())
    return UnusedAccess(age, tuple(_exclusion(one, type_, account) for one in rules))


def _exclusion(raw: Mapping[str, Any], type_: AnalyzerType, account: str) -> Exclusion:
    accounts, tags = tuple(raw.get("accountIds", ())), tuple(dict(one) for one in raw.get("resourceTags", ()))
    if not accounts and not any(tags):
        raise invalid("an exclusion names `accountIds`, `resourceTags` or both")
    if accounts and type_ is not AnalyzerType.ORGANIZATION_UNUSED_ACCESS:
        raise invalid("`accountIds` are excluded by analyzers of type ORGANIZATION_UNUSED_ACCESS alone")
    if len(accounts) > MOST_ACCOUNTS:
        raise invalid(f"an exclusion names {MOST_ACCOUNTS} accounts at most, not {len(accounts)}")
    if account in accounts:
        raise invalid(f"the analyzer's own account, {account}, cannot be excluded")
    for one in accounts:
        check_account(one, "accountIds")
    return Exclusion(accounts, tags)


def shown_configuration(analyzer: Analyzer) -> dict[str, Any] | None:
    """Return the `AnalyzerConfiguration` of an analyzer; None where it has none."""
    if analyzer.unused_access is None:
        return None
    exclusions = [_shown(one) for one in analyzer.unused_access.exclusions]
    shown: dict[str, Any] = {"unusedAccessAge": analyzer.unused_access.age_days}
    return {"unusedAccess": shown | ({"analysisRule": {"exclusions": exclusions}} if exclusions else {})}


def _shown(exclusion: Exclusion) -> dict[str, Any]:
    return {
        "accountIds": list(exclusion.account_ids) or None,
        "resourceTags": [dict(one) for one in exclusion.resource_tags] or None,
    }
