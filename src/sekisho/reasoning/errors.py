"""Why the reasoner may have no answer."""


class ReasoningError(Exception):
    """The base of this layer's errors."""


class UndecidedError(ReasoningError):
    """The question is beyond the reasoner's budget; the message says what of it, to follow the word "because"."""


class UnconfirmedWitnessError(ReasoningError):
    """The evaluator does not allow a request that the reasoner found: one of the two is wrong."""
