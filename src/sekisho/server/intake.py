"""From CloudTrail events to scans: who looks at what a call names, and which call is told to be the cause."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple, Protocol, TypeAlias

from sekisho.alerts.moments import parse_time
from sekisho.analyzers.quoting import clipped
from sekisho.collectors import UnsupportedArnError
from sekisho.findings import Analyzer, AnalyzerType, Cause, FindingStore
from sekisho.server.named import Json, Named, member, resources_named_by, word
from sekisho.server.rescans import analyzed_resources
from sekisho.server.waiting import When

MOST_KNOWN: Final = 500
"""How many resources of one account a call may concern before everything is looked at instead, which takes less."""

_LONGEST_NAME: Final = 1024
"""How long the name of a caller is at most. Source: IAM User Guide, "IAM and AWS STS quotas": a path has 512."""


def cause_in(event: Mapping[str, Json]) -> Cause | None:
    """Return the call that an event tells of: which, by whom, and when; None where it does not say which.

    Args:
        event: an EventBridge envelope, as `json.loads` returns it.

    Source: CloudTrail User Guide, "CloudTrail userIdentity element".
    """
    record = member(event, "detail")
    name, source = word(member(record, "eventName")), word(member(record, "eventSource"))
    if not name or not source:
        return None
    return Cause(
        word(member(record, "eventID")) or None,
        name,
        source,
        _caller(member(record, "userIdentity")),
        parse_time(member(record, "eventTime")),
    )


def _caller(identity: Json) -> str | None:
    """Return whoever made a call, as far as a record says: an ARN, `root`, a service, a name, or an account."""
    if member(identity, "type") == "Root":
        return "root"
    told = (member(identity, name) for name in ("arn", "invokedBy", "userName", "accountId"))
    return next((clipped(one, _LONGEST_NAME) for one in told if isinstance(one, str) and one), None)


class Rescans(Protocol):
    """Whoever scans, soon and in the background."""

    def scan(self, analyzer_arn: str) -> None:
        """Have everything looked at for one analyzer."""
        ...

    def scan_resource(
        self,
        analyzer_arn: str,
        resource: str,
        *,
        owner_account: str | None = None,
        when: When = ...,
        cause: Cause | None = None,
    ) -> None:
        """Have one resource looked at for one analyzer, after a call where there is one.

        Raises:
            CollectError: the text is no ARN of a resource that can be read.
        """
        ...


def request_rescans(events: Iterable[Mapping[str, Json]], store: FindingStore, rescans: Rescans) -> int:
    """Have looked at what events name, by every analyzer that it concerns.

    Returns:
        how many resources and analyzers that makes; a resource that is named twice counts twice.

    Raises:
        StoreError: the analyzers are not known.
    """
    analyzers = store.analyzers()

    @cache
    def known(analyzer_arn: str, resource_type: str) -> tuple[_Place, ...]:
        listed = analyzed_resources(store, analyzer_arn, resource_type)
        return tuple(_Place(one.resource, one.resource_owner_account, one.region) for one in listed)

    return sum(
        _request(analyzer, named, cause_in(event), known, rescans)
        for event in events
        for named in resources_named_by(event)
        for analyzer in analyzers
        if analyzer.type is AnalyzerType.ORGANIZATION
        or (analyzer.type is AnalyzerType.ACCOUNT and analyzer.account == named.account)
    )


def make_up_for_rescans(last: datetime, store: FindingStore, rescans: Rescans, *, account: str) -> None:
    """Have everything looked at where an event came after the last scan had begun to read: it may ask for more.

    Args:
        last: when the last event was taken.
        store: the analyzers, and their scans. One that has none yet is due anyway.
        rescans: who is asked.
        account: whose analyzers are looked at.

    Raises:
        StoreError: the analyzers are not known.
    """
    for analyzer in store.analyzers():
        is_ours = analyzer.account == account and not analyzer.type.is_of_unused_access
        scans = store.scans(limit=1, analyzer_arn=analyzer.arn) if is_ours else ()
        if scans and scans[0].coverage.taken_at <= last:
            rescans.scan(analyzer.arn)


class _Place(NamedTuple):
    arn: str
    account: str
    region: str


_KnownResources: TypeAlias = Callable[[str, str], Sequence[_Place]]
"""Lists what an analyzer has looked at of a type; once for a whole list of events, as that may be long."""


def _request(analyzer: Analyzer, named: Named, cause: Cause | None, known: _KnownResources, rescans: Rescans) -> int:
    arns = _arns(analyzer, named, known)
    if arns is None or len(arns) > MOST_KNOWN:
        rescans.scan(analyzer.arn)
        return 1
    at_once = When.NOW if len(arns) == 1 else When.SOON
    times = (at_once, When.AGAIN) if named.soon else (When.WITHIN_THE_HOUR,)
    asked = 0
    for arn in arns:
        try:
            for when in times:
                rescans.scan_resource(analyzer.arn, arn, owner_account=named.account, when=when, cause=cause)
        except UnsupportedArnError:
            continue  # an event may name what nobody reads
        asked += 1
    return asked


def _arns(analyzer: Analyzer, named: Named, known: _KnownResources) -> Sequence[str] | None:
    """Return the resources to look at; None for everything."""
    if named.like is not None:
        pattern = re.compile(named.like)
        alike = [
            one.arn
            for one in known(analyzer.arn, named.resource_type)
            if one.account == named.account and named.region in {None, one.region} and pattern.fullmatch(one.arn)
        ]
        if alike or named.or_nothing:
            return alike
    return None if named.arn is None else [named.arn]
