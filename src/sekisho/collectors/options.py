"""What the operator may say about a live reading."""

import re
from dataclasses import dataclass
from datetime import timedelta

from sekisho.collectors.errors import CollectError
from sekisho.resources.zone import partition_of

DEFAULT_ROLE_NAME = "OrganizationAccountAccessRole"
"""What AWS Organizations creates in an account that it creates. Sekisho enters it with a session that can only read."""

_FORMS = {
    "region": re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+"),
    "partner": re.compile(r"[0-9]{12}"),
    "role name": re.compile(r"[\w+=,.@/-]{1,512}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How to read live.

    Attributes:
        profile: of the AWS configuration; None leaves the choice to the environment, as every AWS tool does.
        regions: the only Regions to read; None is every enabled one. What belongs to no Region is read regardless.
        organization: read all accounts of the organization, and trust them.
        role_name: the role to assume in the other accounts of the organization.
        partners: ids of further accounts to trust.
        workers: how many calls may be under way at once.
        attempts: how often to make a call that is throttled or not answered, the first time included.

    Raises:
        CollectError: a value cannot be right; the message says which.
    """

    profile: str | None = None
    regions: tuple[str, ...] | None = None
    organization: bool = False
    role_name: str = DEFAULT_ROLE_NAME
    partners: frozenset[str] = frozenset()
    workers: int = 16
    attempts: int = 8
    connect_timeout: timedelta = timedelta(seconds=5)
    read_timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        for region in self.regions or ():
            _check("region", region, "for example `eu-central-1`")
        for partner in sorted(self.partners):
            _check("partner", partner, "an account id has twelve digits")
        _check("role name", self.role_name, "give the name of the role without its ARN")
        if len({partition_of(region) for region in self.regions or ()}) > 1:
            raise CollectError("the regions belong to different partitions; read each partition on its own")
        if self.workers < 1 or self.attempts < 1:
            raise CollectError("workers and attempts must be at least 1")


def _check(what: str, value: str, remedy: str) -> None:
    if not _FORMS[what].fullmatch(value):
        raise CollectError(f"`{value}` is not a {what}; {remedy}")
