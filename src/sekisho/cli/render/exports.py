"""What the formats of other tools ask of every finding: the rule behind it, a title, a description, a remedy."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, cast

from sekisho.analyzers.credentials.checks import CHECKS, Check
from sekisho.analyzers.credentials.remedies import REMEDIES
from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ErrorCode,
    ExternalAccess,
    Observation,
    Severity,
)
from sekisho.analyzers.severity import RULES as SEVERITY_RULES
from sekisho.cli.escape import plain
from sekisho.cli.render import words
from sekisho.findings import Finding, finding_document

PRODUCT: Final = "Sekisho"
VERSION: Final = version("sekisho")
NO_REGION: Final = "global"
"""The Region of what has none."""
BENCHMARK: Final = "CIS AWS Foundations Benchmark"


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a finding: a severity rule, a check of credentials, or that nothing could be decided.

    Attributes:
        id: stays the same from version to version.
        severity: the usual one; None where there is none.
        remedy: what to do; empty where that hangs on the finding.
        check: of a rule on credentials.
    """

    id: str
    title: str
    description: str
    severity: Severity | None
    remedy: str = ""
    check: Check | None = None


EXTERNAL_IDS: Final[Mapping[str, str]] = {
    "something else stands in the way today": "EXTERNAL-BLOCKED",
    "anyone can act on it": "EXTERNAL-PUBLIC-ACT",
    "anyone can read it": "EXTERNAL-PUBLIC-READ",
    "any token of the identity provider will do": "EXTERNAL-ANY-TOKEN",
    "outsiders can change who has access": "EXTERNAL-PERMISSIONS",
    "outsiders need a shared secret": "EXTERNAL-SHARED-SECRET",
    "named outsiders can act on it": "EXTERNAL-NAMED-ACT",
    "named outsiders can read it": "EXTERNAL-NAMED-READ",
    "named outsiders can look at it": "EXTERNAL-NAMED-LOOK",
}
"""The id of each severity rule. Findings of access are told by these, since a rule has one severity for other tools."""

NOT_DECIDED: Final = Rule(
    "NOT-DECIDED",
    "not decided",
    "What could not be read or decided may be open: that it has no other finding says nothing.",
    None,
)
OTHER: Final = Rule("OTHER", "finding of another version", "The rule is not known to this version of Sekisho.", None)
"""For findings that another version has stored."""

RULES: Final = (
    *(
        Rule(EXTERNAL_IDS[rule], rule, f"Someone outside the zone of trust gets in: {rule}.", severity)
        for rule, severity in SEVERITY_RULES
    ),
    *(Rule(one.id, one.title, one.rule, one.severity, REMEDIES[one.id], one) for one in CHECKS.values()),
    NOT_DECIDED,
    OTHER,
)

_BY_ID: Final = {rule.id: rule for rule in RULES}

_AFTER: Final = {
    ErrorCode.ACCESS_DENIED: "Allow the calls that were refused, as `sekisho iam-policy` prints them, and read again.",
    ErrorCode.INTERNAL_ERROR: "Read again; where the reason names a document, mend or simplify that.",
}


def rule_of(observation: Observation) -> Rule:
    """Return the rule that made an observation."""
    match observation.outcome:
        case ExternalAccess(severity_rule=words_of_rule):
            return _BY_ID.get(EXTERNAL_IDS.get(words_of_rule, OTHER.id), OTHER)
        case CredentialRisk(check=check):
            return _BY_ID.get(check, OTHER)
        case AnalysisError():
            return NOT_DECIDED


def title_of(observation: Observation) -> str:
    """Say what is the matter with which resource, in a few words."""
    match observation.outcome:
        case ExternalAccess() as access:
            what = f"{words.who(access.principal)} may {words.what(access)}"
        case CredentialRisk() | AnalysisError():
            what = rule_of(observation).title
    return plain(f"{what}: {observation.resource}")


def description_of(observation: Observation) -> str:
    """Say what was found, in a sentence."""
    match observation.outcome:
        case ExternalAccess(sentence=sentence) | CredentialRisk(sentence=sentence):
            return plain(sentence).strip() or title_of(observation)
        case AnalysisError(reason=reason):
            return plain(f"{NOT_DECIDED.title}: {reason}")


def remedy_of(observation: Observation) -> str:
    """Say what to do about it; empty where nothing is known to say."""
    match observation.outcome:
        case ExternalAccess(remedy=remedy):
            return plain(remedy.text).strip()
        case CredentialRisk():
            return rule_of(observation).remedy
        case AnalysisError(code=code):
            return _AFTER[code]


def requirements_of(rule: Rule) -> list[str]:
    """Return what else asks for the same, as far as the checks say."""
    if rule.check is None:
        return []
    numbers = rule.check.cis.split(", ") if rule.check.cis else []
    return [f"{BENCHMARK} {one}" for one in numbers] + [f"AWS Security Hub {one}" for one in rule.check.security_hub]


def members_of(finding: Finding, names: Collection[str]) -> dict[str, Any]:
    """Return the members of a finding's JSON object that have these names, without empty lists and objects."""
    return {name: value for name, value in finding_document(finding).items() if name in names and value not in ([], {})}


def printable(value: object) -> Any:
    """Return a JSON value with every text in it as `plain` shows it.

    Other tools show these texts on terminals and pages of theirs, and a lone surrogate would not even be UTF-8.
    """
    match value:
        case str():
            return plain(value)
        case list():
            return [printable(one) for one in cast("list[object]", value)]
        case dict():
            return {plain(name): printable(one) for name, one in cast("dict[str, object]", value).items()}
        case _:
            return value
