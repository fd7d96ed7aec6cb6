"""What policies mean for every request: which groups get in, each with a request that shows it.

This layer knows documents, callers and condition keys. It does not know resource types, or what to call public. It is
right only where `sekisho.evaluation` agrees, which is asked about every request before anyone sees it.
"""

from sekisho.reasoning.budget import MAX_STEPS
from sekisho.reasoning.clauses import variable_keys
from sekisho.reasoning.compare import (
    Answer,
    Difference,
    Fails,
    Holds,
    Unknown,
    compare,
    gained,
    is_no_more_permissive,
)
from sekisho.reasoning.errors import ReasoningError, UnconfirmedWitnessError, UndecidedError
from sekisho.reasoning.fewest import fewest
from sekisho.reasoning.keys import Label
from sekisho.reasoning.outline import Outline, outline_of
from sekisho.reasoning.question import Document, Gate, Inside, Question, Target, View, Wanted, World
from sekisho.reasoning.solve import Solution, solution_of, solve
from sekisho.reasoning.witnesses import Opener, Region, Witness, Witnesses

__all__ = [
    "MAX_STEPS",
    "Answer",
    "Difference",
    "Document",
    "Fails",
    "Gate",
    "Holds",
    "Inside",
    "Label",
    "Opener",
    "Outline",
    "Question",
    "ReasoningError",
    "Region",
    "Solution",
    "Target",
    "UnconfirmedWitnessError",
    "UndecidedError",
    "Unknown",
    "View",
    "Wanted",
    "Witness",
    "Witnesses",
    "World",
    "compare",
    "fewest",
    "gained",
    "is_no_more_permissive",
    "outline_of",
    "solution_of",
    "solve",
    "variable_keys",
]
