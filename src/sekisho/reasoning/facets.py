"""What a request can be: its independent sides, each with one example of every kind that the policies tell apart.

The keys of a request are not free of each other. One caller has one ARN, and the account in it; a call comes either
from an address or through a VPC endpoint; a service calls for one resource of one account. Keys that hang together
are one *facet*, and its examples are whole: a caller with all that follows from it. Facets are independent of each
other within one family of callers, so that examples of each, put together, are requests that can exist.

Where two facts could only be kept together at a price, the facet here allows their product. That includes requests
that can't exist, never fewer than can: the result errs to access.
"""

from collections.abc import Mapping

import msgspec

from sekisho.evaluation import Caller, CallerKind
from sekisho.evaluation.conditions import Context
from sekisho.policy import Principal
from sekisho.policy.patterns import Pattern
from sekisho.reasoning.automaton import Reading
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.keys import Key
from sekisho.reasoning.question import World


class FamilyOfCallers(msgspec.Struct, frozen=True, gc=False):
    """Callers of one kind; federated ones by their provider."""

    kind: CallerKind
    provider: str | None = None

    @property
    def domain(self) -> str:
        """The provider's domain, in lower case, as its claims have it in their names."""
        provider = self.provider or ""
        return (provider.rpartition(":oidc-provider/")[2] or provider).lower()


class Example(msgspec.Struct, frozen=True, gc=False):
    """One way a facet can be.

    Attributes:
        context: the facet's keys that are present.
        families: the families of callers that it is possible for, as bits; 0 for every one.
        inside: whether a request with it is a trusted one, whatever else it is.
        caller: set by the caller facet only.
    """

    context: Context
    families: int = 0
    inside: bool = False
    caller: Caller | None = None


class Facet(msgspec.Struct, frozen=True, gc=False):
    """Keys that hang together, with an example of every way they can be; `keys` are in lower case."""

    keys: frozenset[str]
    examples: list[Example]


class Scene(msgspec.Struct, frozen=True, gc=False):
    """All that the examples of a question are made from.

    Attributes:
        keys: the condition keys that statements compare or put into patterns, by name in lower case; those that are
            settled are among them.
        principals: every entry of a `Principal` or `NotPrincipal` element, without repeats.
        spares: whether some statement is about everyone but those it names, or a gate is to be shut: it refuses them.
        settled: the values that policy variables stand for in this pass; None for a key that is absent.
        families: the families of callers; the place of one is the number of its bit.
        named_roles: the ARNs of the roles that open gates name as principals, by account and name. A gate to be shut
            may be a policy of another time.
        has_canonical_ids: whether some principal is a canonical user.
        by_both_names: whether to ask only about callers who are named and whose account has a named canonical id too.
    """

    world: World
    keys: Mapping[str, Key]
    principals: tuple[Principal, ...]
    spares: bool
    settled: Mapping[str, str | None]
    families: tuple[FamilyOfCallers, ...]
    budget: Budget
    named_roles: Mapping[tuple[str, str], set[str]] = {}
    has_canonical_ids: bool = False
    by_both_names: bool = False

    def patterns(self, *names: str) -> list[tuple[Pattern, Reading]]:
        """Return the patterns that the text of some keys is compared with; of a settled key its value, if any."""
        found: list[tuple[Pattern, Reading]] = []
        for name in names:
            if name not in self.settled:
                if (key := self.keys.get(name)) is not None:
                    found += key.patterns
            elif (settled := self.settled[name]) is not None:
                found.append(((settled,), Reading.EXACT))
        return found

    def bits_of_kinds(self, *kinds: CallerKind) -> int:
        """Return the families of some kinds, as bits."""
        found = 0
        for place, family in enumerate(self.families):
            if family.kind in kinds:
                found |= 1 << place
        return found

    def bits_of_provider(self, domain: str) -> int:
        """Return the families of users of an OpenID Connect provider, by its domain in lower case, as bits."""
        found = 0
        for place, family in enumerate(self.families):
            if family.kind is _WEB_IDENTITY and family.domain == domain:
                found |= 1 << place
        return found

    @property
    def all_families(self) -> int:
        """All families, as bits."""
        return (1 << len(self.families)) - 1


_WEB_IDENTITY = CallerKind.WEB_IDENTITY
