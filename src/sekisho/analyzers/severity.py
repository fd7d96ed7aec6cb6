"""How much a way in matters: a table of rules, the first that fits."""

from collections.abc import Callable
from dataclasses import dataclass

from sekisho.analyzers.observation import Severity
from sekisho.policy import Principal, PrincipalForm
from sekisho.policy.catalogue import access_level


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at.

    Attributes:
        levels: the access levels of the actions, by the Service Authorization Reference.
        tested_keys: the condition keys, in lower case, of the statements that let the access in.
        blocked: whether something beyond the resource's own documents stands in the way.
    """

    principal: Principal
    is_public: bool
    levels: frozenset[str]
    tested_keys: frozenset[str]
    blocked: bool


def case_levels(actions: tuple[str, ...]) -> frozenset[str]:
    """Return the access levels of some actions."""
    return frozenset(access_level(action) for action in actions)


_CHANGES = frozenset({"Write", "Permissions management", "Tagging"})


def _any_token_will_do(case: Case) -> bool:
    """A multi-tenant identity provider issues tokens to everyone: only the subject says whose it is."""
    if case.principal.form is not PrincipalForm.FEDERATED or ":oidc-provider/" not in case.principal.value:
        return False
    return not any(key.endswith((":sub", ":repository", ":repository_owner")) for key in case.tested_keys)


RULES: tuple[tuple[str, Severity, Callable[[Case], bool]], ...] = (
    ("something else stands in the way today", Severity.LOW, lambda case: case.blocked),
    ("anyone can act on it", Severity.CRITICAL, lambda case: case.is_public and bool(case.levels & _CHANGES)),
    ("anyone can read it", Severity.HIGH, lambda case: case.is_public),
    ("any token of the identity provider will do", Severity.HIGH, _any_token_will_do),
    (
        "outsiders can change who has access",
        Severity.HIGH,
        lambda case: "Permissions management" in case.levels,
    ),
    ("outsiders need a shared secret", Severity.LOW, lambda case: "sts:externalid" in case.tested_keys),
    ("named outsiders can act on it", Severity.MEDIUM, lambda case: "Write" in case.levels),
    ("named outsiders can read it", Severity.MEDIUM, lambda case: "Read" in case.levels),
    ("named outsiders can look at it", Severity.LOW, lambda _: True),
)
"""The rules, from the first to the last; the reference lists them."""


def rate(case: Case) -> tuple[Severity, str]:
    """Return the severity of a case and the rule that set it."""
    return next((severity, rule) for rule, severity, fits in RULES if fits(case))
