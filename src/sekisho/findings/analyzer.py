"""Analyzers: whose findings are kept together, and what is known of them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Final, Self

import msgspec
from msgspec.structs import replace

from sekisho.findings.errors import AnalyzerError
from sekisho.resources.zone import ZoneType

MOST_ANALYZERS: Final = 20
"""How many analyzers the API makes; who scans on the command line may have more.

Source: IAM User Guide, "Quotas": one of an account, 20 of an organization, for each Region; here they share a store.
"""

MOST_TAGS: Final = 50
"""Source: AWS General Reference, "Tagging AWS resources"."""

_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,254}")


class AnalyzerType(Enum):
    """What an analyzer looks for, and where. Source: Access Analyzer API reference, `Type`."""

    ACCOUNT = "ACCOUNT"
    ORGANIZATION = "ORGANIZATION"
    ACCOUNT_UNUSED_ACCESS = "ACCOUNT_UNUSED_ACCESS"
    ORGANIZATION_UNUSED_ACCESS = "ORGANIZATION_UNUSED_ACCESS"

    @classmethod
    def of(cls, zone: ZoneType, *, unused_access: bool = False) -> Self:
        """Return the type that looks for external access in such a zone, or for unused access."""
        return cls(f"{zone.value}_UNUSED_ACCESS" if unused_access else zone.value)

    @property
    def zone(self) -> ZoneType:
        """Whether it looks at an account or at an organization."""
        return ZoneType(self.value.removesuffix("_UNUSED_ACCESS"))

    @property
    def is_of_unused_access(self) -> bool:
        """Whether it looks at credentials, and not at resources."""
        return self in {AnalyzerType.ACCOUNT_UNUSED_ACCESS, AnalyzerType.ORGANIZATION_UNUSED_ACCESS}


class Exclusion(msgspec.Struct, frozen=True):
    """Whose unused access brings no findings: whoever meets all that is set, by any of its entries.

    Attributes:
        resource_tags: each of the tags of one entry; an empty value stands for any.

    Source: Access Analyzer API reference, `AnalysisRuleCriteria`.
    """

    account_ids: tuple[str, ...] = ()
    resource_tags: tuple[Mapping[str, str], ...] = ()

    def excludes(self, account: str, tags: Mapping[str, str] | None) -> bool:
        """Say whether it is about a user, role or account.

        Args:
            account: whose it is.
            tags: of the user or role; None where they are not known or there can be none, which meets no tags.
        """
        of_account = not self.account_ids or account in self.account_ids
        return of_account and (
            not any(self.resource_tags) or (tags is not None and any(_has(tags, one) for one in self.resource_tags))
        )


class UnusedAccess(msgspec.Struct, frozen=True):
    """What an analyzer of unused access is set to.

    Attributes:
        age_days: what was not used for so long is unused.

    Source: Access Analyzer API reference, `UnusedAccessConfiguration`.
    """

    age_days: int = 90
    exclusions: tuple[Exclusion, ...] = ()


class Analyzer(msgspec.Struct, frozen=True):
    """An analyzer: what to look for in a zone of trust, under a name.

    Attributes:
        arn: `arn:{partition}:access-analyzer:{region}:{account}:analyzer/{name}`.
        type: what it looks for, and whether an account or an organization is inside.
        last_resource: what it looked at last; None before its first scan.
        unused_access: what is set for an analyzer of unused access; None where the settings of its reader hold.
    """

    arn: str
    type: AnalyzerType
    created_at: datetime
    tags: Mapping[str, str] = {}
    last_resource: str | None = None
    last_resource_at: datetime | None = None
    unused_access: UnusedAccess | None = None

    @property
    def name(self) -> str:
        """What it is called, once in an account and Region."""
        return self.arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        """The Region of its ARN. It looks at resources of every Region that is read."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """The account of its ARN."""
        return self.arn.split(":")[4]


def _has(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return bool(wanted) and all(key in tags and value in {"", tags[key]} for key, value in wanted.items())


def check_analyzer(analyzer: Analyzer) -> None:
    """Make sure that an analyzer can be kept.

    Raises:
        AnalyzerError: its name is none, or its tags are.

    Source: Access Analyzer API reference, `CreateAnalyzer`; IAM User Guide, "Service-linked analyzers", to whose names
    the underscore at the beginning is left.
    """
    if not _NAME.fullmatch(analyzer.name):
        raise AnalyzerError(
            f"`{analyzer.name[:60]}` is no name of an analyzer; write letters, digits, `_`, `.` and `-`, a letter first"
        )
    check_tags(analyzer.tags)


def check_tags(tags: Mapping[str, str]) -> None:
    """Make sure that tags are as AWS takes them.

    Raises:
        AnalyzerError: too many, too long, or AWS's own.

    Source: AWS General Reference, "Tagging AWS resources".
    """
    if len(tags) > MOST_TAGS:
        raise AnalyzerError(f"{len(tags)} tags are too many; an analyzer has {MOST_TAGS} at most")
    for key, value in tags.items():
        if not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise AnalyzerError(
                f"the tag `{key[:60]}` is no tag: a key has 1 to {_LONGEST_KEY} characters, a value {_LONGEST_VALUE}"
            )
        if key.lower().startswith("aws:"):
            raise AnalyzerError(f"the tag `{key[:60]}` begins with `aws:`, which is left to AWS")


def tagged(analyzer: Analyzer, tags: Mapping[str, str]) -> Analyzer:
    """Return the analyzer with further tags; one of the same key is replaced.

    Raises:
        AnalyzerError: these are no tags, or too many by now.
    """
    after = replace(analyzer, tags={**analyzer.tags, **tags})
    check_tags(after.tags)
    return after


def untagged(analyzer: Analyzer, keys: Iterable[str]) -> Analyzer:
    """Return the analyzer without the tags of these keys."""
    gone = set(keys)
    return replace(analyzer, tags={key: value for key, value in analyzer.tags.items() if key not in gone})
