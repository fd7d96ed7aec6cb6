"""Principals at work: which calls each of them makes, on what, and which of them it is denied."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final

from trails.calls import CALLS, CallKind
from trails.outcomes import Outcome, some_failure
from trails.principals import Kind, Principal, Sessions
from trails.world import ACROSS, FRESH, PARTITIONS, Partition, Values, things

DENIED: Final = 0.05
"""The share of its actions that a principal is denied whenever it tries."""
DENIED_AT_FIRST: Final = 0.03
"""The share of its actions that a principal is denied until somebody helps."""
THROTTLED: Final = 0.01
"""The share of its calls that never get through, for there are too many of them."""

USUAL: Final = frozenset(
    {
        "GetObject",
        "PutObject",
        "HeadObject",
        "ListObjects",
        "ListObjectsV2",
        "Invoke",
        "GetItem",
        "PutItem",
        "UpdateItem",
        "Query",
        "Decrypt",
        "GenerateDataKey",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "Publish",
        "PutRecords",
        "GetRecords",
        "GetSecretValue",
        "GetParameter",
        "AssumeRole",
        "CreateLogStream",
        "DescribeInstances",
        "GetMetricData",
        "BatchGetImage",
        "DescribeAutoScalingGroups",
    }
)
"""The calls that most of a real trail is made of."""

SERVICE_AGENTS: Final = (
    "Boto3/1.35.10 md/Botocore#1.35.10 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.4 cfg/retry-mode#legacy",
    "aws-sdk-java/2.28.1 Linux/5.10.224 OpenJDK_64-Bit_Server_VM/17.0.12 Java/17 vendor/Amazon io/sync http/Apache",
    "aws-sdk-go-v2/1.30.3 ua/2.1 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.58.2",
)
PERSON_AGENTS: Final = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.4 (+https://www.terraform.io) terraform-provider-aws/5.62.0",
    "aws-cli/2.17.34 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 lang/python#3.11.9 exec-env/shell md/command#s3.ls",
)
CONSOLE: Final = "AWS Internal"


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a trail tells of."""

    start: datetime
    length: timedelta

    @property
    def half(self) -> datetime:
        """Its middle."""
        return self.start + self.length / 2


class Actor:
    """A principal with its habits, which follow from the seed."""

    def __init__(self, principal: Principal, seed: int, window: Window) -> None:
        rng = Random(f"{seed} {principal.arn}")  # noqa: S311 -- made up, and the same again for the same seed
        self.principal = principal
        self.partition: Partition = PARTITIONS[principal.account]
        self.sessions = Sessions(principal, rng, window.start, window.half)
        self.calls = _repertoire(rng, principal)
        self._weights = tuple(accumulate(_weight(rng, kind) for kind in self.calls))
        self._habits = _Habits(rng, self.calls, window)
        self._regions = tuple(rng.sample(self.partition.regions, len(self.partition.regions)))
        self._own = Random(rng.getrandbits(64))  # noqa: S311 -- as above
        self._seed = seed
        self._things: dict[tuple[str, str], tuple[str, ...]] = {}
        person = principal.kind in {Kind.USER, Kind.SSO, Kind.FEDERATED}
        self.agent = rng.choice(PERSON_AGENTS if person else SERVICE_AGENTS)

    def next_call(self, rng: Random) -> CallKind:
        """Return what it does next."""
        return rng.choices(self.calls, cum_weights=self._weights)[0]

    def region(self, rng: Random, kind: CallKind) -> str:
        """Return where it makes a call."""
        if kind.service.globally:
            return self.partition.home
        chance = rng.random()
        return self._regions[0 if chance < 0.75 else 1 if chance < 0.95 else -1]

    def owner(self, kind: CallKind) -> str:
        """Return the account whose things a call is on."""
        return ACROSS[self.principal.account] if kind.row.abroad else self.principal.account

    def outcome(self, rng: Random, kind: CallKind, moment: datetime) -> tuple[Outcome, str]:
        """Return how a call ends, and the action that was denied, if one was."""
        return self._habits.outcome(rng, kind, moment)

    def values(self, rng: Random, kind: CallKind, region: str, moment: datetime) -> Values:
        """Return what the placeholders of a call stand for this time."""
        owner = self.owner(kind)
        values = {
            "p": self.partition.name,
            "r": region,
            "a": owner,
            "me": self.principal.account,
            "dns": self.partition.dns,
            "day_path": f"{moment:%Y/%m/%d}",
        }
        for name in kind.stable:
            known = self._things.get((owner, name)) or self._choose(owner, name)
            values[name] = known[int(rng.random() * len(known))]
        for name in kind.fresh:
            values[name] = FRESH[name](rng)
        return values

    def _choose(self, owner: str, name: str) -> tuple[str, ...]:
        """Return the few things of a kind that it works on, out of those of the account."""
        found = _account_things(self._seed, owner, name)
        if name not in {"key", "source_key"}:
            found = tuple(self._own.sample(found, self._own.choice((1, 1, 2, 3))))
        self._things[owner, name] = found
        return found


class _Habits:
    """What a principal is denied, always or at first, and what is too much of it."""

    def __init__(self, rng: Random, calls: tuple[CallKind, ...], window: Window) -> None:
        actions = sorted({action for kind in calls for action in kind.actions})
        self._denied = frozenset(action for action in actions if rng.random() < DENIED)
        self._at_first = frozenset(action for action in actions if rng.random() < DENIED_AT_FIRST) - self._denied
        self._throttled = frozenset(kind for kind in calls if rng.random() < THROTTLED)
        self._helped = window.start + window.length / 5

    def outcome(self, rng: Random, kind: CallKind, moment: datetime) -> tuple[Outcome, str]:
        for action in kind.actions:
            if action in self._denied or (moment < self._helped and action in self._at_first):
                return Outcome.DENIED, action
        return (Outcome.THROTTLED if kind in self._throttled else some_failure(rng, kind)), ""


@lru_cache(maxsize=4096)
def _account_things(seed: int, account: str, name: str) -> tuple[str, ...]:
    return things(Random(f"{seed} {account} {name}"), name, account)  # noqa: S311 -- as above


def _repertoire(rng: Random, principal: Principal) -> tuple[CallKind, ...]:
    services = frozenset(principal.job.split())
    return tuple(
        kind
        for kind in CALLS
        if kind.service.prefix in services
        and (principal.account in ACROSS or not kind.row.abroad)
        and rng.random() < principal.breadth
    )


def _weight(rng: Random, kind: CallKind) -> float:
    """Return how often a call is made: few calls far more often than the others, and changes least."""
    often = 60 if kind.row.name in USUAL else 8 if kind.row.data or kind.row.reads else 1
    return often * rng.lognormvariate(0, 1.2) * (0.15 if kind.row.abroad else 1)
