"""What one scan looked at, so that "gone" can be told from "not looked at"."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from sekisho.analyzers.observation import AnalysisError, ResourceAnalysis
from sekisho.resources.credentials import ROLE_TYPE, USER_TYPE, AccountCredentials
from sekisho.resources.gaps import LISTED_TYPES, Gap, account_gaps, resource_gaps
from sekisho.resources.snapshot import Snapshot
from sekisho.resources.zone import ZoneType


class Undecided(msgspec.Struct, frozen=True):
    """A resource whose analysis gave up, although everything about it could be read."""

    resource: str
    reason: str


class Coverage(msgspec.Struct, frozen=True):
    """The extent of one scan.

    Attributes:
        taken_at: when the reading began, in UTC.
        accounts: the accounts that were read, at least in part; sorted.
        regions: the Regions that were asked, or None when every enabled one was.
        resources: how many resources were analyzed.
        gaps: every call that failed: those about accounts first, then those about single resources.
        undecided: the resources on which the analysis gave up.
        only: the ARNs of the resources that were looked at, whether they exist or not; None when everything was.
    """

    taken_at: datetime
    accounts: tuple[str, ...]
    regions: tuple[str, ...] | None
    resources: int
    gaps: tuple[Gap, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    only: tuple[str, ...] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for could be read and decided."""
        return not self.gaps and not self.undecided

    def is_about(self, resource: str) -> bool:
        """Say whether the scan was to look at a resource, wherever it is."""
        return self.only is None or resource in self.only

    def includes(self, resource: str, *, resource_type: str, account: str, region: str) -> bool:
        """Say whether a resource of this name, kind and place would have been seen if it still existed.

        Errs to False: a finding is left alone rather than called resolved without a look. So are those on types that no
        account is searched for, which only a recording can have.
        """
        asked = self.regions is None or region == "global" or region in self.regions
        return (
            asked
            and self.is_about(resource)
            and resource_type in LISTED_TYPES
            and account in self.accounts
            and not any(gap.hides(resource_type=resource_type, account=account, region=region) for gap in self.gaps)
        )


def coverage_of(snapshot: Snapshot, analyses: Iterable[ResourceAnalysis]) -> Coverage:
    """Return what the scan that took `snapshot` and gave `analyses` looked at.

    An account of an organization counts as read when the snapshot says anything about it. The account of an ACCOUNT
    zone always does: a recording without a line on it is a recording of an empty account.
    """
    zone = snapshot.zone_of_trust
    read = {account.account_id for account in snapshot.accounts} | {one.owner_account for one in snapshot.resources}
    if zone.type is ZoneType.ACCOUNT:
        read.add(zone.account_id)
    of_accounts = [gap for account in snapshot.accounts for gap in account_gaps(account)]
    looked_at = [one.arn for one in snapshot.resources]  # more than it names, where a recording was written by hand
    of_resources = [gap for resource in snapshot.resources for gap in resource_gaps(resource)]
    return Coverage(
        taken_at=snapshot.taken_at,
        accounts=tuple(sorted(read - {gap.account for gap in of_accounts if gap.hides_account})),
        regions=snapshot.regions,
        resources=len(snapshot.resources),
        gaps=(*of_accounts, *of_resources),
        undecided=tuple(_undecided(analyses)),
        only=None if snapshot.only is None else tuple(dict.fromkeys((*snapshot.only, *looked_at))),
    )


def coverage_of_credentials(
    taken_at: datetime,
    accounts: Sequence[AccountCredentials],
    analyses: Iterable[ResourceAnalysis],
) -> Coverage:
    """Return what a scan of the credentials of accounts looked at.

    Args:
        taken_at: when the reading began, in UTC.
        accounts: all that were to be read.
        analyses: what was made of them.
    """
    analyzed = tuple(analyses)
    gaps = [gap for account in accounts for gap in (*account.gaps, *_unlisted(account))]
    closed = {gap.account for gap in gaps if gap.hides_account}
    return Coverage(
        taken_at=taken_at,
        accounts=tuple(sorted({account.account_id for account in accounts} - closed)),
        regions=None,
        resources=len(analyzed),
        gaps=tuple(gaps),
        undecided=tuple(_undecided(analyzed)),
    )


def _unlisted(account: AccountCredentials) -> Iterator[Gap]:
    """Yield a gap where nothing lists the users or the roles of an account and no failed call says so: none is gone."""
    lists = {
        USER_TYPE: ("iam.get_credential_report", account.report is not None and bool(account.report.rows)),
        ROLE_TYPE: ("iam.get_account_authorization_details", account.roles is not None),
    }
    for type_, (call, is_listed) in lists.items():
        if not is_listed and not any(type_ in gap.resource_types for gap in account.gaps):
            yield Gap(
                call, "NotRead", "nobody asked, or the answer is empty", account.account_id, resource_types=(type_,)
            )


def _undecided(analyses: Iterable[ResourceAnalysis]) -> Iterable[Undecided]:
    for analysis in analyses:
        for observation in analysis.observations:
            if isinstance(observation.outcome, AnalysisError) and not observation.outcome.gaps:
                yield Undecided(analysis.resource, observation.outcome.reason)
