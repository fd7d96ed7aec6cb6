"""What an operator has agreed to: whose findings, of which checks, on whose word, why, and until when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from sekisho.analyzers.observation import CredentialRisk, Observation
from sekisho.resources.credentials import ROOT, AccountCredentials


class Exemption(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Findings that are all right for a while. Whatever is set has to hold, each by any of its values.

    Attributes:
        name: how it signs what it archives.
        users: names of users and roles; `*` and `?` stand for anything, `<root_account>` for the root user.
        paths: beginnings of paths of users and roles, such as `/service/`.
        tags: all of these tags; in their values, `*` and `?` stand for anything.
        accounts: ids of accounts.
        checks: ids of checks; `*` and `?` stand for anything.
        owner: who answers for it.
        reason: why it is all right.
        until: the last day on which it is.
    """

    name: str = ""
    users: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}
    accounts: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    owner: str
    reason: str
    until: date

    @property
    def signature(self) -> str:
        """How it signs what it archives."""
        return f"{SIGNED}{self.name}"

    @property
    def why(self) -> str:
        """Why it holds, on whose word, and until when."""
        return f"{self.reason} (owner: {self.owner}, until {self.until})"

    @property
    def is_of_all(self) -> bool:
        """Whether it names nobody and nothing."""
        return not (self.users or self.paths or self.tags or self.accounts or self.checks)


SIGNED: Final = "exemption "
"""How the signature of every exemption begins."""


class Exemptions:
    """All exemptions of an operator, on one day, with what is known of the tags of users and roles."""

    def __init__(
        self,
        exemptions: Sequence[Exemption] = (),
        *,
        tags: Mapping[str, Mapping[str, str]] | None = None,
        on: date,
    ) -> None:
        """Take what an exemption is decided by.

        Args:
            exemptions: those that have ended too.
            tags: by the ARN of the user or role; of those who are missing it is not known which they have.
            on: the day.
        """
        self.live = [one for one in exemptions if on <= one.until]
        self._tags = tags or {}
        self.ended = [one for one in exemptions if on > one.until]

    def __bool__(self) -> bool:
        """Say whether any holds or has held."""
        return bool(self.live or self.ended)

    def of(self, observation: Observation, *, held_by: str | None = None) -> Exemption | None:
        """Return the first exemption of an observation; None for none, and for whatever could not be decided.

        Args:
            observation: what was seen.
            held_by: the signature under which it is archived, if it is. That one goes on to hold as long as nobody
                knows the tags that it asks for.
        """
        return next((one for one in self.live if self._holds(one, observation, held_by)), None)

    def _holds(self, exemption: Exemption, observation: Observation, held_by: str | None) -> bool:
        outcome = observation.outcome
        if not isinstance(outcome, CredentialRisk):
            return False
        name, path = _name_and_path(observation.resource)
        told = {
            "users": bool(name) and _is_like_any(name, exemption.users),
            "paths": any(path.startswith(one) for one in exemption.paths if one),
            "accounts": observation.resource_owner_account in exemption.accounts,
            "checks": _is_like_any(outcome.check, exemption.checks),
        }
        return all(holds for part, holds in told.items() if getattr(exemption, part)) and (
            not exemption.tags or self._has_tags(exemption, observation.resource, held_by)
        )

    def _has_tags(self, exemption: Exemption, arn: str, held_by: str | None) -> bool:
        known = self._tags.get(arn)
        if known is None:
            return held_by == exemption.signature
        return all(key in known and is_like(known[key], value) for key, value in exemption.tags.items())


def tags_in(accounts: Iterable[AccountCredentials]) -> dict[str, Mapping[str, str]]:
    """Return the tags of all users and roles of accounts whose tags are known, by their ARNs."""
    tags: dict[str, Mapping[str, str]] = {}
    for account in accounts:
        tags |= {role.arn: role.tags for role in account.roles or ()}
        if account.user_tags is not None and account.report is not None:
            for row in account.report.rows:
                if row.user in account.user_tags and not row.is_root:
                    tags[row.arn_in(account.account_id, account.partition)] = account.user_tags[row.user]
    return tags


def is_like(text: str, pattern: str) -> bool:
    """Say whether a text is like a pattern, in which only `*` and `?` stand for anything."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _is_like_any(text: str, patterns: Iterable[str]) -> bool:
    return any(is_like(text, one) for one in patterns)


def _name_and_path(arn: str) -> tuple[str, str]:
    """Return the name and the path of a user or role; of an account neither.

    Source: IAM User Guide, "IAM identifiers".
    """
    kind, _, rest = arn.split(":", 5)[-1].partition("/")
    if kind == "root":
        return ROOT, "/"
    if kind not in {"user", "role"}:
        return "", ""
    path, _, name = f"/{rest}".rpartition("/")
    return name, f"{path}/"
