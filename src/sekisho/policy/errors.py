"""What can be wrong with a policy document, said so that its author can mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a policy document.

    Attributes:
        path: the elements that lead there, for instance `Statement[2].Condition.StringLike`; empty for the document.
        line: from 1; 0 when the text has no such place.
        column: from 1.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = self.path or "the document"
        return f"{place} (line {self.line}, column {self.column})" if self.line else place


class PolicyError(ValueError):
    """A policy document that AWS would not accept; the message is one line with the place and the remedy."""

    def __init__(self, problem: str, *, at: Location, remedy: str = "") -> None:
        super().__init__(f"{problem} at {at}" + (f"; {remedy}" if remedy else ""))
        self.problem = problem
        self.at = at
        self.remedy = remedy


class PolicySyntaxError(PolicyError):
    """The text is not JSON, or is JSON that no policy may be: too long, too deep, a key twice."""


class PolicyElementError(PolicyError):
    """An element is missing, unknown, of the wrong type, or excludes another one."""


class UnknownOperatorError(PolicyError):
    """A condition block names an operator that IAM does not define."""


class PolicyValueError(PolicyError):
    """A value is not what its element or operator takes: a principal, an address, a number, a date."""
