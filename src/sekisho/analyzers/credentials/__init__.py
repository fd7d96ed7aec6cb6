"""Credentials that should not be there, or not as they are: unused, old, doubled, unprotected.

Out come the observations of every user, of the root user and of the account. Ages are counted to the moment of the data
and not to the clock on the wall, and what could not be read is an error, never a pass.
"""

from sekisho.analyzers.credentials.ages import key_ages
from sekisho.analyzers.credentials.analyze import analyze_credentials
from sekisho.analyzers.credentials.checks import CHECKS, Check
from sekisho.analyzers.credentials.exemptions import SIGNED, Exemption, Exemptions, tags_in
from sekisho.analyzers.credentials.of_permissions import unused_actions
from sekisho.analyzers.credentials.thresholds import Thresholds

__all__ = [
    "CHECKS",
    "SIGNED",
    "Check",
    "Exemption",
    "Exemptions",
    "Thresholds",
    "analyze_credentials",
    "key_ages",
    "tags_in",
    "unused_actions",
]
