"""What policies mean for every request: which groups get in, each with a request that shows it.

This layer knows documents, callers and condition keys. It does not know resource types, or what to call public. It is
right only where `sekisho.evaluation` agrees, which is asked about every request before anyone sees it.
"""

from sekisho.reasoning.errors import ReasoningError, UnconfirmedWitnessError, UndecidedError
from sekisho.reasoning.mentions import variable_keys
from sekisho.reasoning.question import Document, Gate, Inside, Question, Target, View, World
from sekisho.reasoning.solve import Opener, Region, Witness, solve

__all__ = [
    "Document",
    "Gate",
    "Inside",
    "Opener",
    "Question",
    "ReasoningError",
    "Region",
    "Target",
    "UnconfirmedWitnessError",
    "UndecidedError",
    "View",
    "Witness",
    "World",
    "solve",
    "variable_keys",
]
