"""The rules that come with Sekisho: what they match, how much it matters, and what they say in every language.

Rules are data, a file each under `data/`. Nothing in here matches a pattern or knows a target.
"""

from sekisho.alerts.shipped.rules import (
    ORDER,
    RuleWords,
    SeverityOverride,
    ShippedRule,
    default_texts,
    key_of,
    severity_of,
    shipped_rules,
)

__all__ = [
    "ORDER",
    "RuleWords",
    "SeverityOverride",
    "ShippedRule",
    "default_texts",
    "key_of",
    "severity_of",
    "shipped_rules",
]
