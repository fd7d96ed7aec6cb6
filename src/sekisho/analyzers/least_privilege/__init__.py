"""Least privilege: from what a principal did to the smallest policy under which all of it would have worked.

What was seen is granted, with its evidence; what no event tells of and another one shows is granted and marked;
what was denied, and what nobody knows the action of, stands beside the policy.
"""

from sekisho.analyzers.least_privilege.activity import Activity, Denied, Evidence, Grant, Unmapped, activity_of
from sekisho.analyzers.least_privilege.aside import Aside
from sekisho.analyzers.least_privilege.comparison import Comparison, NotCompared, compare_with_today
from sekisho.analyzers.least_privilege.expected import unrecorded_of
from sekisho.analyzers.least_privilege.patterns import Width, widen
from sekisho.analyzers.least_privilege.policies import (
    LARGEST_MANAGED_POLICY,
    MOST_MANAGED_POLICIES,
    Conditions,
    Proposal,
    propose,
)
from sekisho.analyzers.least_privilege.proof import NotAllowed, prove
from sekisho.analyzers.least_privilege.suggestions import Suggestion
from sekisho.analyzers.least_privilege.tag_history import TagHistory

__all__ = [
    "LARGEST_MANAGED_POLICY",
    "MOST_MANAGED_POLICIES",
    "Activity",
    "Aside",
    "Comparison",
    "Conditions",
    "Denied",
    "Evidence",
    "Grant",
    "NotAllowed",
    "NotCompared",
    "Proposal",
    "Suggestion",
    "TagHistory",
    "Unmapped",
    "Width",
    "activity_of",
    "compare_with_today",
    "propose",
    "prove",
    "unrecorded_of",
    "widen",
]
