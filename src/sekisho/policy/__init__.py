"""The policy language: text to values and back.

This layer knows what a policy document may say: its elements, principals, patterns, condition operators, and the
catalogue of actions and keys. It does not know what a policy means for a request; `sekisho.evaluation` does.
"""

from sekisho.policy.document import (
    Condition,
    Effect,
    Patterns,
    Policy,
    Principals,
    Statement,
    Version,
    format_policy,
)
from sekisho.policy.errors import Location, PolicyError
from sekisho.policy.parsing import parse_policy
from sekisho.policy.principals import EVERYONE, Principal, PrincipalForm

__all__ = [
    "EVERYONE",
    "Condition",
    "Effect",
    "Location",
    "Patterns",
    "Policy",
    "PolicyError",
    "Principal",
    "PrincipalForm",
    "Principals",
    "Statement",
    "Version",
    "format_policy",
    "parse_policy",
]
