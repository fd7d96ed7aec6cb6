"""Criteria over findings: which ones an archive rule is about, and which ones a list is asked for."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess
from sekisho.findings.errors import CriteriaError
from sekisho.findings.finding import Finding

MOST_VALUES: Final = 20
"""How many values an operator takes. Source: Access Analyzer API reference, `Criterion`."""


class Criterion(msgspec.Struct, frozen=True):
    """What the values of one key have to be; each operator that is set has to hold.

    Attributes:
        eq: one of these is the text of some value.
        neq: none of these is the text of a value.
        contains: one of these is part of some value.
        exists: whether the finding has the key at all.

    Source: Access Analyzer API reference, `Criterion`. It does not say whether case matters: it does here.
    """

    eq: tuple[str, ...] | None = None
    neq: tuple[str, ...] | None = None
    contains: tuple[str, ...] | None = None
    exists: bool | None = None

    def holds(self, values: Iterable[str]) -> bool:
        """Say whether a key with these values, none where it is absent, is as wanted."""
        present = tuple(values)
        if self.exists is not None and bool(present) is not self.exists:
            return False
        if self.eq is not None and not any(one in self.eq for one in present):
            return False
        if self.neq is not None and any(one in self.neq for one in present):
            return False
        return self.contains is None or any(part in one for one in present for part in self.contains)


Criteria = Mapping[str, Criterion]
"""To each key a criterion; all of them have to hold."""

PLAIN_KEYS: Final = (
    "resource", "resourceType", "resourceOwnerAccount", "isPublic", "findingType", "error",
    "resourceControlPolicyRestriction", "principal.AWS", "principal.Federated", "principal.CanonicalUser",
)  # fmt: skip
"""The keys of an archive rule, apart from those of conditions. Source: IAM User Guide, "Filter keys"."""

LIST_KEYS: Final = (*PLAIN_KEYS, "status", "id")
"""The keys that a list of findings takes, apart from those of conditions."""

CONDITION: Final = "condition."
"""What the keys of conditions begin with: `condition.aws:PrincipalOrgID`. Case does not matter in what follows."""


def check_criteria(criteria: Criteria, *, keys: Iterable[str] = PLAIN_KEYS) -> None:
    """Make sure that criteria ask for something that findings have.

    Raises:
        CriteriaError: they name an unknown key, no operator, or no value or too many; the message says which.
    """
    known = tuple(keys)
    for key, criterion in criteria.items():
        if key not in known and not (key.startswith(CONDITION) and len(key) > len(CONDITION)):
            raise CriteriaError(f"`{key[:60]}` is no key of a finding; the keys are {', '.join(known)}, condition.KEY")
        lists = [one for one in (criterion.eq, criterion.neq, criterion.contains) if one is not None]
        if not lists and criterion.exists is None:
            raise CriteriaError(f"`{key}` has no operator; write eq, neq, contains or exists")
        if any(not 1 <= len(one) <= MOST_VALUES for one in lists):
            raise CriteriaError(f"an operator of `{key}` has no value or more than {MOST_VALUES}")


def matches(criteria: Criteria, finding: Finding) -> bool:
    """Say whether a finding is as every criterion wants it."""
    return all(criterion.holds(values_of(finding, key)) for key, criterion in criteria.items())


def values_of(finding: Finding, key: str) -> tuple[str, ...]:
    """Return what a finding has under a key, as texts; empty where it has not got it."""
    seen = finding.observation
    plain = {
        "resource": seen.resource,
        "resourceType": seen.resource_type,
        "resourceOwnerAccount": seen.resource_owner_account,
        "findingType": seen.finding_type.value,
        "status": finding.status.value,
        "id": finding.id,
    }
    if key in plain:
        return (plain[key],)
    match seen.outcome:
        case ExternalAccess() as access:
            return _of_access(access, key)
        case AnalysisError(code=code):
            return (code.value,) if key == "error" else ()
        case CredentialRisk():
            return ()


def _of_access(access: ExternalAccess, key: str) -> tuple[str, ...]:
    if key == "isPublic":
        return ("true" if access.is_public else "false",)
    if key == "resourceControlPolicyRestriction":
        return (access.resource_control_policy_restriction.value,)
    element, _, name = key.partition(".")
    if element == "principal":
        found = access.principal.get(name)
        return () if found is None else (found,)
    wanted = name.lower()
    return tuple(value for one, value in access.condition.items() if element == "condition" and one.lower() == wanted)
