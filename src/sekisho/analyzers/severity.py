"""How much a way in matters: rules in order, the first that fits."""

from collections.abc import Iterable

from sekisho.analyzers.observation import Severity
from sekisho.policy import Condition, Statement
from sekisho.policy.operators import Family, Quantifier


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
    if operator.base.negated or operator.if_exists or operator.quantifier is _ALL:
        return False
    return operator.base.family is _STRING and all(map(_begins_with_substance, condition.values))


_ALL, _STRING = Quantifier.ALL, Family.STRING


def _begins_with_substance(value: str) -> bool:
    start = value.partition("*")[0].partition("?")[0]
    return bool(start) and start.find(":") != len(start) - 1


_CHANGES = frozenset({"Write", "Permissions management", "Tagging"})


def _any_token_will_do(provider: str | None, limited: frozenset[str]) -> bool:
    """A multi-tenant identity provider issues tokens to everyone: only the subject says whose it is."""
    if provider is None or ":oidc-provider/" not in provider:
        return False
    return not any(key.endswith((":sub", ":repository", ":repository_owner")) for key in limited)


RULES: tuple[tuple[str, Severity], ...] = (
    _BLOCKED := ("something else stands in the way today", Severity.LOW),
    _PUBLIC_ACTS := ("anyone can act on it", Severity.CRITICAL),
    _PUBLIC_READS := ("anyone can read it", Severity.HIGH),
    _ANY_TOKEN := ("any token of the identity provider will do", Severity.HIGH),
    _GIVES_ACCESS := ("outsiders can change who has access", Severity.HIGH),
    _SHARED_SECRET := ("outsiders need a shared secret", Severity.LOW),
    _ACTS := ("named outsiders can act on it", Severity.MEDIUM),
    _READS := ("named outsiders can read it", Severity.MEDIUM),
    _LOOKS := ("named outsiders can look at it", Severity.LOW),
)
"""The rules, from the first to the last; the reference lists them."""


def rate(
    levels: frozenset[str], limited: frozenset[str], *, provider: str | None, is_public: bool, blocked: bool
) -> tuple[str, Severity]:
    """Return the first rule that fits an access: in words, and its severity.

    Args:
        levels: the access levels of the actions, by the Service Authorization Reference.
        limited: the condition keys, in lower case, that every statement which lets the access in limits.
        provider: the identity provider that the callers come from, where they do.
        is_public: whether anyone at all is let in.
        blocked: whether something beyond the resource's own documents stands in the way.
    """
    if blocked:
        return _BLOCKED
    if is_public:
        return _PUBLIC_READS if levels.isdisjoint(_CHANGES) else _PUBLIC_ACTS
    if _any_token_will_do(provider, limited):
        return _ANY_TOKEN
    if "Permissions management" in levels:
        return _GIVES_ACCESS
    if "sts:externalid" in limited:
        return _SHARED_SECRET
    if not levels.isdisjoint(_CHANGES):
        return _ACTS
    return _READS if "Read" in levels else _LOOKS
