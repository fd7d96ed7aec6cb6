"""What a request can be: its independent sides, each with one example of every kind that the policies tell apart.

The keys of a request are not free of each other. One caller has one ARN, and the account in it; a call comes either
from an address or through a VPC endpoint; a service calls for one resource of one account. Keys that hang together
are one *facet*, and its examples are whole: a caller with all that follows from it. Facets are independent of each
other within one family of callers, so that examples of each, put together, are requests that can exist.

Where two facts could only be kept together at a price, the facet here allows their product. That includes requests
that can't exist, never fewer than can: the result errs to access.
"""

from dataclasses import dataclass, field

from sekisho.evaluation import Caller, CallerKind
from sekisho.evaluation.conditions import Context


@dataclass(frozen=True, slots=True)
class Example:
    """One way a facet can be.

    Attributes:
        context: the facet's keys that are present.
        caller: set by the caller facet only.
        inside: whether a request with it is a trusted one, whatever else it is.
    """

    context: Context = field(default_factory=dict[str, tuple[str, ...]])
    caller: Caller | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """Keys that hang together, with an example of every way they can be; `keys` are in lower case."""

    keys: frozenset[str]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class FamilyOfCallers:
    """Callers of one kind; federated ones by their provider."""

    kind: CallerKind
    provider: str | None = None
