"""How much a way in matters: a table of rules, the first that fits."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec

from sekisho.analyzers.observation import Severity
from sekisho.policy import Condition, Statement
from sekisho.policy.operators import Family, Quantifier


class Case(msgspec.Struct, frozen=True, gc=False):
    """What the rules look at.

    Attributes:
        provider: the identity provider that the callers come from, where they do.
        levels: the access levels of the actions, by the Service Authorization Reference.
        limited_keys: the condition keys, in lower case, that every statement which lets the access in limits.
        blocked: whether something beyond the resource's own documents stands in the way.
    """

    provider: str | None
    is_public: bool
    levels: frozenset[str]
    limited_keys: frozenset[str]
    blocked: bool


def limited_keys(statements: Iterable[Statement]) -> frozenset[str]:
    """Return the keys, in lower case, that each of the statements limits to values of some substance."""
    common: frozenset[str] | None = None
    for statement in statements:
        if not statement.conditions:
            return frozenset()
        limited = frozenset([one.key.lower() for one in statement.conditions if _limits(one)])
        common = limited if common is None else common & limited
    return common or frozenset()


def _limits(condition: Condition) -> bool:
    """A positive test that an absent key fails, with values that begin with more than a wildcard or a bare prefix."""
    operator = condition.operator
    if operator.base.negated or operator.if_exists or operator.quantifier is Quantifier.ALL:
        return False
    return operator.base.family is Family.STRING and all(map(_begins_with_substance, condition.values))


def _begins_with_substance(value: str) -> bool:
    start = value.partition("*")[0].partition("?")[0]
    return bool(start) and start.find(":") != len(start) - 1


_CHANGES = frozenset({"Write", "Permissions management", "Tagging"})


def _any_token_will_do(case: Case) -> bool:
    """A multi-tenant identity provider issues tokens to everyone: only the subject says whose it is."""
    if case.provider is None or ":oidc-provider/" not in case.provider:
        return False
    return not any(key.endswith((":sub", ":repository", ":repository_owner")) for key in case.limited_keys)


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
    ("outsiders need a shared secret", Severity.LOW, lambda case: "sts:externalid" in case.limited_keys),
    ("named outsiders can act on it", Severity.MEDIUM, lambda case: bool(case.levels & _CHANGES)),
    ("named outsiders can read it", Severity.MEDIUM, lambda case: "Read" in case.levels),
    ("named outsiders can look at it", Severity.LOW, lambda _: True),
)
"""The rules, from the first to the last; the reference lists them."""


@lru_cache(maxsize=1024)
def rate(case: Case) -> tuple[Severity, str]:
    """Return the severity of a case and the rule that set it."""
    for rule, severity, fits in RULES:
        if fits(case):
            return severity, rule
    raise AssertionError(case)  # the last rule fits every case
