"""Readers and stores that a test decides about."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from sekisho.collectors import NO_PROGRESS, CollectError, Progress
from sekisho.resources.snapshot import ApiCall, RawAccount, RawResource, Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from sekisho.server import Outcome, Wish
from unit.findings.builders import ACCOUNT, BUCKET, MONDAY, REGION

ZONE = ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, REGION)
ORGANIZATION = ZoneOfTrust(ZoneType.ORGANIZATION, ACCOUNT, REGION, organization_id="o-example123")

OPEN = json.dumps(
    {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}}
)


def bucket(policy: str | None = OPEN) -> RawResource:
    made = ApiCall("s3.get_bucket_policy", {"Bucket": "reports"}, response={"Policy": policy})
    return RawResource("AWS::S3::Bucket", BUCKET, ACCOUNT, REGION, () if policy is None else (made,))


class ReadOne(Protocol):
    """Reads a single resource."""

    def __call__(self, arn: str, *, owner_account: str | None = None) -> Snapshot: ...


@dataclass
class FakeReader:
    """Gives what it has; fails as often as it is told to.

    Attributes:
        failures: what to raise, one after the other.
        read_arns: what was asked for; None for everything.
        step: called in the middle of every reading of everything.
        read_one: reads single resources in its place.
    """

    resources: tuple[RawResource, ...] = (bucket(),)
    zone: ZoneOfTrust = ZONE
    failures: list[Exception] = field(default_factory=list[Exception])
    read_arns: list[str | None] = field(default_factory=list[str | None])
    owners: list[str | None] = field(default_factory=list[str | None])
    step: Callable[[], None] = lambda: None
    read_one: ReadOne | None = None

    def read(self, progress: Progress = NO_PROGRESS) -> Snapshot:
        self.read_arns.append(None)
        self._fail()
        progress.expect(1)
        self.step()
        progress.advance("one")
        return Snapshot(MONDAY, self.zone, self.resources, (RawAccount(ACCOUNT),))

    def read_resource(self, arn: str, *, owner_account: str | None = None) -> Snapshot:
        self.read_arns.append(arn)
        self.owners.append(owner_account)
        self._fail()
        if self.read_one is not None:
            return self.read_one(arn, owner_account=owner_account)
        found = tuple(one for one in self.resources if one.arn == arn)
        return Snapshot(MONDAY, self.zone, found, (RawAccount(ACCOUNT),), only=(arn,))

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class Scans:
    """Remembers how scans ended, and lets a test wait for the next."""

    ended: list[tuple[Wish, Outcome]] = field(default_factory=list[tuple[Wish, Outcome]])
    _counted: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _told: int = 0

    def __call__(self, wish: Wish, outcome: Outcome, took: timedelta) -> None:
        assert took >= timedelta()
        self.ended.append((wish, outcome))
        self._counted.release()

    def next(self) -> tuple[Wish, Outcome]:
        assert self._counted.acquire(timeout=30)
        self._told += 1
        return self.ended[self._told - 1]


def denied() -> CollectError:
    return CollectError("no credentials; name a profile with --profile")
