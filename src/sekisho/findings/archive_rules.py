"""Archive rules: what their owners have accepted, and for how long."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from sekisho.findings.criteria import Criteria, check_criteria, matches, values_of
from sekisho.findings.errors import ArchiveRuleError
from sekisho.findings.finding import Finding

MOST_RULES: Final = 100
"""How many rules an analyzer has at most. Source: IAM User Guide, "Quotas"."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,254}")


class ArchiveRule(msgspec.Struct, frozen=True):
    """A rule that archives the findings it matches.

    Attributes:
        owner: who answers for it; None where nobody said.
        reason: why this access is all right.
        expires_at: from when on it archives nothing, and what it archived is active again; None for never.
    """

    analyzer_arn: str
    name: str
    criteria: Criteria
    created_at: datetime
    updated_at: datetime
    owner: str | None = None
    reason: str | None = None
    expires_at: datetime | None = None

    @property
    def hides_public(self) -> bool:
        """Whether it says that it is about public access: by `eq` with `true` on `isPublic`."""
        said = self.criteria.get("isPublic")
        return said is not None and said.eq is not None and "true" in said.eq

    @property
    def signature(self) -> str:
        """How it signs what it archives."""
        return f"rule {self.name}"

    def is_live(self, now: datetime) -> bool:
        """Say whether it still archives."""
        return self.expires_at is None or now < self.expires_at

    def archives(self, finding: Finding) -> bool:
        """Say whether it is about a finding.

        Public access is hidden only by a rule that says so. AWS asks for the opposite, a criterion that spares it,
        which is easily forgotten. Source: IAM User Guide, "Archive rules".
        """
        if "true" in values_of(finding, "isPublic") and not self.hides_public:
            return False
        return matches(self.criteria, finding)


def check_rule(rule: ArchiveRule) -> None:
    """Make sure that a rule can be kept.

    Raises:
        ArchiveRuleError: its name is none, or it has no criteria.
        CriteriaError: a criterion is none.
    """
    if not _NAME.fullmatch(rule.name):
        raise ArchiveRuleError(
            f"`{rule.name[:60]}` is no name of a rule; write letters, digits, `_`, `.` and `-`, a letter first"
        )
    if not rule.criteria:
        raise ArchiveRuleError(f"the rule `{rule.name}` has no criteria: it would archive everything")
    check_criteria(rule.criteria)


def archiving_rule(rules: Iterable[ArchiveRule], finding: Finding, now: datetime) -> ArchiveRule | None:
    """Return the first rule, by name, that archives a finding now."""
    live = (rule for rule in rules if rule.is_live(now) and rule.archives(finding))
    return min(live, key=lambda rule: rule.name, default=None)
