"""Reads the credentials of an account, or of every account of an organization, from AWS itself."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

from sekisho.collectors.collector import Account
from sekisho.collectors.connection import Connection
from sekisho.collectors.credentials import begin_report, collect_credentials, collect_root_management
from sekisho.collectors.live import accounts_to_read, begin, enter, utc_now, workers
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.reader import NO_PROGRESS, Progress
from sekisho.collectors.services import CREDENTIAL_READS
from sekisho.collectors.zone import ReadZone
from sekisho.resources.snapshot import ApiCall, RawAccount, Snapshot


def _sleep(pause: timedelta) -> None:
    time.sleep(pause.total_seconds())


class LiveCredentialsReader:
    """Asks AWS about credentials, within those it finds.

    What it has AWS make is the credential report, and where unused permissions are asked for, what each user and role
    last accessed.
    """

    def __init__(
        self,
        options: LiveOptions | None = None,
        *,
        unused_permissions: bool = False,
        now: Callable[[], datetime] = utc_now,
        wait: Callable[[timedelta], None] = _sleep,
    ) -> None:
        self._options = options or LiveOptions()
        self._unused_permissions = unused_permissions
        self._now = now
        self._wait = wait

    def read(self, progress: Progress = NO_PROGRESS) -> Snapshot:
        """Read the account of the credentials, or its whole organization; accounts follow one another.

        Returns:
            A snapshot of accounts without resources; its `only` says that no resource was looked at.

        Raises:
            CollectError: no credentials, no such organization. The message names the remedy.
        """
        taken_at, own, trusted = begin(self._options, CREDENTIAL_READS, self._now, policies=False)
        with workers(self._options.workers) as pool:
            accounts = tuple(self._accounts(own, trusted, pool, progress))
        return Snapshot(taken_at=taken_at, zone_of_trust=trusted.zone, accounts=accounts, only=())

    def _accounts(self, own: Connection, trusted: ReadZone, pool: Executor, progress: Progress) -> list[RawAccount]:
        entered = {one: enter(own, one, CREDENTIAL_READS) for one in accounts_to_read(own, trusted)}
        organization = None
        if self._options.organization:  # its members may not ask, and the answer is one for all of them
            organization = collect_root_management(own)
            _begin_reports(entered.values(), pool)
        collect = partial(
            collect_credentials,
            pool=pool,
            wait=self._wait,
            progress=progress,
            organization=organization,
            unused_permissions=self._unused_permissions,
        )
        accounts: list[RawAccount] = []
        for account_id, aws in entered.items():
            calls = (aws,) if isinstance(aws, ApiCall) else collect(aws).api_calls
            zone_failures = trusted.failed if account_id == own.account_id else ()
            accounts.append(RawAccount(account_id, (*zone_failures, *calls)))
        return accounts


def _begin_reports(entered: Iterable[Account | ApiCall], pool: Executor) -> None:
    """Have AWS make all reports at once, so that hardly any is waited for when its account is read."""
    for aws in entered:
        if not isinstance(aws, ApiCall):
            pool.submit(begin_report, aws)
