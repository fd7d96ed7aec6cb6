"""What a stack is for, whatever language it is written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from sekisho.cli.escape import plain
from sekisho.collectors.events.calls import QUEUE
from sekisho.collectors.events.patterns import FORWARDED, PATTERNS

DEAD: Final = f"{QUEUE}-dead"
"""What the queue is called that has what could not be delivered or used."""

FAILED: Final = f"{QUEUE}-not-forwarded"
"""What the queue is called that has what could not be sent to the home bus."""

HEARTBEAT_RATE: Final = "rate(15 minutes)"

IDENTITY_REGIONS: Final[Mapping[str, str]] = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
}
"""In which Region of each partition IAM's calls are recorded."""

RETENTION_SECONDS: Final = 14 * 24 * 60 * 60
VISIBILITY_SECONDS: Final = 120
WAIT_SECONDS: Final = 20
MOST_RECEIVES: Final = 5
RETRY_SECONDS: Final = 24 * 60 * 60
RETRIES: Final = 185

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")

ROLE_FORM: Final = "^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z0-9+=,.@_/-]+$"
BUS_FORM: Final = "^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[a-zA-Z0-9._/-]+$"
ORGANIZATION_FORM: Final = "^o-[a-z0-9]{10,32}$"


class DeployError(Exception):
    """A stack is asked for that cannot be; the message says what is wrong."""


class Kind(Enum):
    """What becomes of events where the stack is deployed."""

    QUEUE = "queue"
    """They wait in a queue there."""

    MEMBER = "member"
    """They are sent to the bus of a home account."""

    HOME = "home"
    """Those of a whole organization come in by a bus, and wait in a queue."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What is to be deployed.

    Attributes:
        consumer_role_arn: who takes events out of the queue; None leaves it to whoever deploys.
        identity_region: where IAM's calls are recorded; None is what is right for the partition.
        forward_to_bus: the ARN of the home account's bus.
        home_bus_for: the id of the organization that may send to this one.

    Raises:
        DeployError: a value cannot be right, or two of them do not go together.
    """

    consumer_role_arn: str | None = None
    identity_region: str | None = None
    forward_to_bus: str | None = None
    home_bus_for: str | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        _check("role", self.consumer_role_arn, ROLE_FORM, "`arn:aws:iam::111122223333:role/sekisho`")
        _check("Region", self.identity_region, _REGION.pattern, "`us-east-1`")
        _check("bus", self.forward_to_bus, BUS_FORM, "`arn:aws:events:us-east-1:111122223333:event-bus/sekisho-events`")
        _check("organization", self.home_bus_for, ORGANIZATION_FORM, "`o-exampleorgid`")
        if self.forward_to_bus and (self.home_bus_for or self.consumer_role_arn):
            raise DeployError(
                "where events are forwarded there is no queue; give the consumer's role and the organization to the "
                "stack of the home account"
            )
        if self.home_bus_for and self.identity_region:
            raise DeployError("the home account passes on what it is sent; give the Region to the stacks that forward")

    @property
    def kind(self) -> Kind:
        """What becomes of events."""
        if self.forward_to_bus:
            return Kind.MEMBER
        return Kind.HOME if self.home_bus_for else Kind.QUEUE

    @property
    def patterns(self) -> Mapping[str, Mapping[str, Any]]:
        """The patterns of the rules, by their names."""
        return {"forwarded": FORWARDED} if self.kind is Kind.HOME else PATTERNS

    def headline(self) -> list[str]:
        """Return what the stack is, where it goes, and what it needs, as lines of a comment."""
        match self.kind:
            case Kind.QUEUE:
                lines = [
                    "Events for Sekisho: rules and a queue. Deploy it in every Region of every account, or where a few",
                    "will do, at least where IAM's calls are recorded.",
                    "A trail has to log management events there; that of an organization will do.",
                ]
            case Kind.MEMBER:
                lines = [
                    "Events for Sekisho: rules that send to the bus of a home account. Deploy it in every Region of",
                    "every account, the home account too. A trail has to log management events there.",
                ]
            case Kind.HOME:
                lines = [
                    "Events for Sekisho: the bus and the queue of the home account. Deploy it once; then the stacks",
                    "that forward to the bus: `sekisho deploy --print --forward-to-bus ARN`.",
                ]
        return lines


def _check(what: str, value: str | None, form: str, example: str) -> None:
    if value is not None and not re.fullmatch(form.strip("^$"), value):
        raise DeployError(f"`{plain(value)}` is no {what}; write for example {example}")
