"""EventBridge event patterns: what is one, which events match, and why one does not.

`matches` is the plain account of what a pattern means; `PatternIndex` gives the same answers for many patterns at once.
Nothing here knows what a rule is for, or who is told.
"""

from sekisho.alerts.patterns.errors import EventError, PatternError
from sekisho.alerts.patterns.events import Event, Leaf, check_envelope, parse_event
from sekisho.alerts.patterns.hints import hints
from sekisho.alerts.patterns.index import PatternIndex
from sekisho.alerts.patterns.matching import matches
from sekisho.alerts.patterns.misses import FieldMiss, Miss, NearMiss, explain_miss, nearest_misses
from sekisho.alerts.patterns.parsing import format_pattern, parse_pattern
from sekisho.alerts.patterns.pattern import Pattern

__all__ = [
    "Event",
    "EventError",
    "FieldMiss",
    "Leaf",
    "Miss",
    "NearMiss",
    "Pattern",
    "PatternError",
    "PatternIndex",
    "check_envelope",
    "explain_miss",
    "format_pattern",
    "hints",
    "matches",
    "nearest_misses",
    "parse_event",
    "parse_pattern",
]
