"""What policies mean for every request: which groups get in, each with a request that shows it.

This layer knows documents, callers and condition keys. It does not know resource types, or what to call public. It is
right only where `sekisho.evaluation` agrees, which is asked about every request before anyone sees it.
"""

from sekisho.reasoning.clauses import variable_keys
from sekisho.reasoning.errors import ReasoningError, UnconfirmedWitnessError, UndecidedError
from sekisho.reasoning.keys import Label
from sekisho.reasoning.question import Document, Gate, Inside, Question, Target, View, Wanted, World
from sekisho.reasoning.solve import Opener, Region, Witness, Witnesses, solve

__all__ = [
    "Document",
    "Gate",
    "Inside",
    "Label",
    "Opener",
    "Question",
    "ReasoningError",
    "Region",
    "Target",
    "UnconfirmedWitnessError",
    "UndecidedError",
    "View",
    "Wanted",
    "Witness",
    "Witnesses",
    "World",
    "solve",
    "variable_keys",
]
