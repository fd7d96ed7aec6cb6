"""How the program says the parts of a finding."""

import re
from collections.abc import Mapping
from typing import Final

from rich.text import Text

from sekisho.analyzers.observation import Because, ExternalAccess, Observation, Severity
from sekisho.cli.escape import plain

SEVERITY_STYLE: Final = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFORMATIONAL: "dim",
}
ERROR_STYLE: Final = "bold magenta"
PUBLIC_STYLE: Final = "bold reverse red"
SHORT_ID_LENGTH: Final = 8

_IDENTITY: Final = re.compile(r"arn:[^:]+:(iam|sts)::(?P<account>\d{12}):(?P<kind>[a-z-]+)/(?P<name>.+)", re.DOTALL)
_KIND: Final = {"oidc-provider": "OIDC provider", "saml-provider": "SAML provider"}
_WHO: Final = {"AWS": "", "Federated": "identities of ", "CanonicalUser": "canonical user "}


def who(principal: Mapping[str, str]) -> str:
    """Say whom the principal of a finding names."""
    return " and ".join(_one(kind, value) for kind, value in principal.items())


def when(condition: Mapping[str, str]) -> tuple[str, ...]:
    """Say what must hold besides, one line for each condition key."""
    return tuple(f"if {plain(key)} is {plain(value)}" for key, value in sorted(condition.items()))


def what(access: ExternalAccess) -> str:
    """Say what is allowed, in short: the action that the witness proves, and how many more there are."""
    shown = access.witness.action if access.witness.action in access.action or not access.action else access.action[0]
    more = len(access.action) - 1
    return plain(shown) + (f" +{more}" if more > 0 else "")


def through(because: Because) -> str:
    """Say which statement lets it in."""
    name = f" {plain(because.sid)}" if because.sid else f" statement {because.statement}"
    return plain(because.document) + name


def place(because: Because) -> str:
    """Say where in the document the statement stands."""
    return plain(because.path) + (f" (line {because.line})" if because.line is not None else "")


def severity(observation: Observation) -> Text:
    """Return the severity, or that there is none because nothing could be decided."""
    level = observation.severity
    return Text("ERROR", ERROR_STYLE) if level is None else Text(level.name, SEVERITY_STYLE[level])


def rank(observation: Observation) -> int:
    """Return the place of an observation in a list that begins with the worst; not deciding is worse than all."""
    level = observation.severity
    return -max(one.value for one in Severity) - 1 if level is None else -level.value


def count(number: int, noun: str) -> str:
    """Say how many, in the right number."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun.removesuffix('y')}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def _one(kind: str, value: str) -> str:
    if value == "*":
        return "any principal"
    if kind == "AWS" and value.isdigit():
        return f"account {value}"
    if arn := _IDENTITY.fullmatch(value):
        return plain(f"{_KIND.get(arn['kind'], arn['kind'])} {arn['name']} of account {arn['account']}")
    return _WHO.get(kind, f"{plain(kind)} ") + plain(value)
