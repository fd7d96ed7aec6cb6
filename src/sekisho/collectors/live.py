"""Reads AWS itself: lists what there is in every account and Region, and describes each resource, many at a time."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from queue import SimpleQueue
from typing import TypeAlias

from msgspec import structs

from sekisho.collectors.collector import Account, Collector, Found, Reads
from sekisho.collectors.connection import Connection, connect
from sekisho.collectors.errors import CollectError, OutOfReachError
from sekisho.collectors.iam_policy import session_policy
from sekisho.collectors.one_resource import collector_of, owner_of
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.reader import NO_PROGRESS, Progress, place
from sekisho.collectors.services import ACCOUNT_READS, COLLECTORS
from sekisho.collectors.zone import ORGANIZATION_READS as ZONE_READS
from sekisho.collectors.zone import ReadZone, read_account_zone, read_organization_zone, read_regions
from sekisho.resources.snapshot import ApiCall, RawAccount, RawResource, Snapshot

_Outcome: TypeAlias = Found | RawResource | None


def utc_now() -> datetime:
    """Return the time of the clock on the wall."""
    return datetime.now(UTC)


class LiveReader:
    """The `SnapshotReader` that asks AWS, with read calls only and within the credentials it finds."""

    def __init__(self, options: LiveOptions | None = None, *, now: Callable[[], datetime] = utc_now) -> None:
        self._options = options or LiveOptions()
        self._now = now

    def read(self, progress: Progress = NO_PROGRESS) -> Snapshot:
        """Read the account of the credentials, or its whole organization; accounts follow one another.

        Raises:
            CollectError: no credentials, no such Region, no such organization. The message names the remedy.
        """
        options = self._options
        taken_at, own, trusted = begin(options, ACCOUNT_READS, self._now)
        _refuse_disabled_regions(own, options.regions)
        resources: list[RawResource] = []
        accounts: list[RawAccount] = []
        with workers(options.workers) as pool:
            for account_id in accounts_to_read(own, trusted):
                found, failed = _read_account(enter(own, account_id, ACCOUNT_READS), options, pool, progress)
                zone_failures = trusted.failed if account_id == own.account_id else ()
                accounts.append(RawAccount(account_id, (*zone_failures, *failed)))
                resources.extend(found)
        return Snapshot(
            taken_at=taken_at,
            zone_of_trust=trusted.zone,
            resources=tuple(sorted(resources, key=place)),
            accounts=tuple(accounts),
            regions=_regions_asked(options),
        )

    def read_resource(self, arn: str, *, owner_account: str | None = None) -> Snapshot:
        """Read one resource with a few calls, in whatever account of the zone it is.

        Raises:
            UnsupportedArnError: the text is no ARN of a resource that is read.
            OutOfReachError: the resource is in an account, a partition or a Region that is not read.
            CollectError: no credentials, no such Region, no such organization. The message names the remedy.
        """
        collector, parts = collector_of(arn)
        taken_at, own, trusted = begin(self._options, ACCOUNT_READS, self._now)
        if trusted.lost is not None:  # an account that is missing would be a stranger's
            code = trusted.lost.error.code if trusted.lost.error else "no answer"
            raise CollectError(f"not every account of the organization could be listed ({code}); try again")
        owner = owner_of(arn, parts, owner_account, zone=trusted.zone, own=own.account_id)
        entered = enter(own, owner, ACCOUNT_READS)
        found = entered if isinstance(entered, ApiCall) else _read_one(collector, entered, parts.region, arn)
        about = {own.account_id: trusted.failed}
        about[owner] = (*about.get(owner, ()), *_beside(found, collector, entered))
        return Snapshot(
            taken_at=taken_at,
            zone_of_trust=trusted.zone,
            resources=(found,) if isinstance(found, RawResource) else (),
            accounts=tuple(RawAccount(account_id, calls) for account_id, calls in sorted(about.items())),
            regions=_regions_asked(self._options),
            only=(arn,),
        )


def begin(
    options: LiveOptions, reads: Reads, now: Callable[[], datetime], *, policies: bool = True
) -> tuple[datetime, Connection, ReadZone]:
    """Return the time, a connection to the account of the credentials, and who is trusted.

    Args:
        options: how to read.
        reads: the calls that one account takes; what an organization takes is added when one is read.
        now: the clock.
        policies: whether the control policies of an organization matter.
    """
    taken_at = now().astimezone(UTC).replace(microsecond=0)
    own = connect(options, {**reads, **ZONE_READS} if options.organization else reads)
    if options.organization:
        return taken_at, own, read_organization_zone(own, options.partners, policies=policies)
    return taken_at, own, read_account_zone(own, options.partners)


def accounts_to_read(own: Connection, trusted: ReadZone) -> list[str]:
    """Return the ids of the accounts of the zone, in the order of a snapshot."""
    return sorted({own.account_id, *(member.account_id for member in trusted.zone.accounts)})


def enter(own: Connection, account_id: str, reads: Reads) -> Connection | ApiCall:
    """Return a connection to an account of the zone that can make these calls, or the call that did not let us in."""
    return own if account_id == own.account_id else own.enter(account_id, session_policy(reads), reads)


@contextmanager
def workers(count: int) -> Generator[ThreadPoolExecutor, None, None]:
    """Lend a pool; on the way out, nothing that has not begun begins any more."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="collect")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _regions_asked(options: LiveOptions) -> tuple[str, ...] | None:
    return None if options.regions is None else tuple(sorted(set(options.regions)))


def _beside(
    found: RawResource | ApiCall | None, collector: Collector, entered: Connection | ApiCall
) -> Iterator[ApiCall]:
    """Yield what is to know of an account when one of its resources was looked for, and not described."""
    match found, entered:
        case ApiCall(), _:
            yield found
        case None, Connection() if collector.account_wide is not None:
            yield entered.call(collector.account_wide, entered.home, AccountId=entered.account_id)
        case _:
            return


def _read_one(collector: Collector, aws: Account, region: str, arn: str) -> RawResource | ApiCall | None:
    """Read one resource of an account that has been entered; without a Region it is asked for at home."""
    if not collector.regional:
        return collector.read_one(aws, aws.home, arn)
    if not aws.wants(region):
        raise OutOfReachError(arn, f"is in the Region {region}, which is not among those to read")
    try:
        _refuse_disabled_regions(aws, (region,))
    except CollectError as error:
        raise OutOfReachError(arn, f"is out of reach: {error}") from error
    found = collector.read_one(aws, region, arn)
    return structs.replace(found, region=region) if isinstance(found, ApiCall) else found


def _refuse_disabled_regions(aws: Account, regions: tuple[str, ...] | None) -> None:
    """Raise when Regions are named and the account has not enabled one of them, or it does not exist."""
    if regions is None:
        return
    enabled, failed = read_regions(aws)
    unknown = sorted(set(regions) - set(enabled))
    if unknown and not failed:
        raise CollectError(
            f"the Region `{unknown[0]}` is not enabled in account {aws.account_id}; enabled are {', '.join(enabled)}"
        )


def _read_account(
    entered: Connection | ApiCall, options: LiveOptions, pool: ThreadPoolExecutor, progress: Progress
) -> tuple[list[RawResource], tuple[ApiCall, ...]]:
    """Return the resources of an account, and the failed calls that belong to none of them."""
    if isinstance(entered, ApiCall):
        return [], (entered,)
    regions, failed = _regions_to_read(entered, options)
    listings = [(one, region) for one in COLLECTORS for region in (regions if one.regional else (entered.home,))]
    tasks = _Tasks(pool, progress)
    for collector, region in listings:
        tasks.add(f"{collector.title} in {region}", partial(_find, collector, entered, region))
    resources: list[RawResource] = []
    listing_failures: list[ApiCall] = []
    for outcome in tasks.outcomes():
        match outcome:
            case Found(unread=unread):
                listing_failures.extend(outcome.failed)
                for task in unread:
                    tasks.add("a resource of another Region", task)
            case RawResource():
                resources.append(outcome)
            case None:
                pass
    return resources, (*failed, *sorted(listing_failures, key=_call_order))


def _regions_to_read(aws: Account, options: LiveOptions) -> tuple[tuple[str, ...], tuple[ApiCall, ...]]:
    """Return the Regions to read. An account that will not name its own is asked for those the operator names."""
    enabled, failed = read_regions(aws)
    if options.regions is None:
        return enabled, failed
    wanted = set(options.regions)
    return tuple(sorted(wanted if failed else wanted & set(enabled))), ()


def _find(collector: Collector, aws: Account, region: str) -> Found:
    found = collector.find(aws, region)
    where = region if collector.regional else None
    return replace(found, failed=tuple(structs.replace(made, region=where) for made in found.failed))


class _Tasks:
    """Tasks that run in a pool and may lead to further ones; their outcomes arrive as they come."""

    def __init__(self, pool: ThreadPoolExecutor, progress: Progress) -> None:
        self._pool = pool
        self._progress = progress
        self._done: SimpleQueue[tuple[str, Future[_Outcome]]] = SimpleQueue()
        self._under_way = 0

    def add(self, step: str, task: Callable[[], _Outcome]) -> None:
        self._under_way += 1
        self._progress.expect(1)
        self._pool.submit(task).add_done_callback(partial(self._put, step))

    def outcomes(self) -> Iterator[_Outcome]:
        while self._under_way:
            step, future = self._done.get()
            outcome = future.result()
            self._under_way -= 1
            self._progress.advance(outcome.arn if isinstance(outcome, RawResource) else step)
            yield outcome

    def _put(self, step: str, future: Future[_Outcome]) -> None:
        self._done.put((step, future))


def _call_order(made: ApiCall) -> tuple[str, str, str]:
    return made.region or "", made.call, str(sorted(made.params.items()))
