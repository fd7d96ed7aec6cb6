"""Why the reasoner may have no answer."""

import msgspec

from sekisho.policy import Principal


class Outline(msgspec.Struct, frozen=True):
    """A principal, and the actions that it can do at most: whoever else gets in is among another outline's."""

    principal: Principal
    actions: tuple[str, ...]


class ReasoningError(Exception):
    """The base of this layer's errors."""


class UndecidedError(ReasoningError):
    """The question is beyond the reasoner's budget; the message says what of it, to follow the word "because".

    Attributes:
        outline: who gets in at most; empty while nobody has asked for it.
    """

    def __init__(self, reason: str, outline: tuple[Outline, ...] = ()) -> None:
        super().__init__(reason)
        self.outline = outline


class UnconfirmedWitnessError(ReasoningError):
    """The evaluator does not allow a request that the reasoner found: one of the two is wrong."""
