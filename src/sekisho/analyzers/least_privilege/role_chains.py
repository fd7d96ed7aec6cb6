"""Who assumed which role, and which roles can be reached that way."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sekisho.activity.caller import Caller, Nobody
from sekisho.activity.needs import needs_of
from sekisho.activity.usage import UseOf, call_of
from sekisho.policy.patterns import unescaped


@dataclass(frozen=True, slots=True)
class Assumption:
    """Somebody assumed a role.

    Attributes:
        by: the ARN of a role or user; or, where there is none, who it was in words.
        role: the ARN of the role, as the principal of its own records has it.
        count: how many times.
        first: the earliest `eventTime`; `last`: the latest.
    """

    by: str
    role: str
    count: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class RoleChains:
    """Who assumed which role. A record says whose session it is of, and not who began the session.

    So what a role did is all that it did, whoever had assumed it; `into` says who that may have been.
    """

    assumptions: tuple[Assumption, ...] = ()

    def from_(self, principal: str) -> tuple[Assumption, ...]:
        """Return which roles a principal assumed."""
        return tuple(one for one in self.assumptions if one.by == principal)

    def into(self, role: str) -> tuple[Assumption, ...]:
        """Return who assumed a role."""
        return tuple(one for one in self.assumptions if one.role == role)

    def reached(self, principals: Sequence[str]) -> list[str]:
        """Return principals, and behind them the roles that they assumed, those that these assumed, and so on.

        Each is there once. Service-linked roles are left out, as their policies are AWS's own.
        """
        found = dict.fromkeys(principals)
        waiting = list(principals)
        while waiting:
            for one in self.from_(waiting.pop(0)):
                if one.role not in found and not Caller(one.role).is_service_linked:
                    found[one.role] = None
                    waiting.append(one.role)
        return list(found)


def role_chains(uses: Iterable[UseOf], principals: Iterable[str]) -> RoleChains:
    """Return who assumed which role.

    Args:
        uses: the calls of `AssumeRole` that succeeded.
        principals: all who did something. A role has one ARN here, the one that its records have: older ones tell no
            path, and no two roles of an account have one name.

    Source: IAM User Guide, "IAM and AWS STS quotas", names of roles; CloudTrail User Guide, "CloudTrail userIdentity
    element".
    """
    known = {_name(one): one for one in sorted(principals, key=lambda arn: arn.count("/"))}
    found: dict[tuple[str, str], Assumption] = {}
    for use in uses:
        by = use.usage.principal or Nobody[use.usage.nobody].value
        for role in _roles(use):
            arn = known.get(_name(role), role)
            one = found.get((by, arn), Assumption(by, arn, 0, use.first, use.last))
            found[by, arn] = Assumption(
                by, arn, one.count + use.count, min(one.first, use.first), max(one.last, use.last)
            )
    return RoleChains(tuple(sorted(_without_halves(found), key=lambda one: (one.by, one.role))))


def _roles(use: UseOf) -> Iterator[str]:
    for permission in needs_of(call_of(use.usage)).permissions:
        if permission.action == "sts:AssumeRole":
            yield from map(unescaped, permission.resources)


def _name(arn: str) -> tuple[str, str]:
    """Return the account and the name of a role, which are the same with and without its path."""
    parts = arn.split(":", _PARTS)
    return (parts[4], arn.rpartition("/")[2]) if len(parts) > _PARTS and parts[5].startswith("role/") else ("", arn)


_PARTS: Final = 5


def _without_halves(found: Mapping[tuple[str, str], Assumption]) -> Iterator[Assumption]:
    """Yield what is no second record of the same call.

    A role of another account that is assumed is told of in both accounts, in the owner's without saying by whom. As
    many of those records belong to the calls whose own records are there.

    Source: CloudTrail User Guide, "CloudTrail record contents", `sharedEventID`.
    """
    across = Counter[str]()
    for one in found.values():
        if one.by.startswith("arn:") and one.by.split(":")[4] != one.role.split(":")[4]:
            across[one.role] += one.count
    for one in found.values():
        left = one.count - across[one.role] if one.by == Nobody.OTHER_ACCOUNT.value else one.count
        if left > 0:
            yield Assumption(one.by, one.role, left, one.first, one.last)
