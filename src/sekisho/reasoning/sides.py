"""All the sides of a request that some policies ask about, in one family of callers."""

from sekisho.evaluation import CallerKind
from sekisho.reasoning.callers import caller_facet
from sekisho.reasoning.facets import Example, Facet, FamilyOfCallers
from sekisho.reasoning.mentions import Mentions
from sekisho.reasoning.question import World
from sekisho.reasoning.surroundings import JOINED_KEYS
from sekisho.reasoning.values import sets_of, values_of


def facets_of(world: World, mentions: Mentions, family: FamilyOfCallers) -> list[Facet]:
    """Return the facets that the mentioned keys belong to, the caller's first.

    Raises:
        UndecidedError: a facet has more kinds of examples than the reasoner keeps apart.
    """
    wanted = {key for key in mentions.keys if key not in world.given}
    facets = [caller_facet(world, mentions, family)]
    facets += [Facet(keys, tuple(make(world, mentions, family))) for keys, make in JOINED_KEYS if keys & wanted]
    joined = frozenset[str]().union(*(facet.keys for facet in facets))
    facets += [_single_key_facet(key, world, mentions, family) for key in sorted(wanted - joined)]
    return [_settled(facet, mentions) for facet in facets]


def _settled(facet: Facet, mentions: Mentions) -> Facet:
    """Keep the examples in which policy variables have the values that were settled on."""
    settled = {key: value for key, value in mentions.settled.items() if key in facet.keys}
    if not settled:
        return facet
    kept = tuple(
        example
        for example in facet.examples
        if all(example.context.get(key, ()) == (() if value is None else (value,)) for key, value in settled.items())
    )
    return Facet(facet.keys, kept)


_ALWAYS = frozenset(
    {
        "aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport", "aws:useragent",
        "aws:userid", "aws:viaawsservice",
    }
)  # fmt: skip
"""Present in every request. Source: IAM User Guide, "AWS global condition context keys", availability."""

_SIGNED_ONLY = frozenset(
    {
        "aws:principalisawsservice", "aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage",
        "aws:federatedprovider", "aws:sourceidentity", "aws:ec2instancesourcevpc",
        "aws:ec2instancesourceprivateipv4", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast",
    }
)  # fmt: skip
_OF_ANONYMOUS = {
    "aws:userid": "anonymous",
    "aws:viaawsservice": "false",
    "lambda:functionurlauthtype": "NONE",
}
"""What some keys are in a request without a signature."""

_SERVICES_ONLY = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})


def _single_key_facet(key: str, world: World, mentions: Mentions, family: FamilyOfCallers) -> Facet:
    if family.kind is CallerKind.ANONYMOUS and key in _OF_ANONYMOUS:
        return Facet(frozenset({key}), (Example({key: (_OF_ANONYMOUS[key],)}),))
    examples: list[Example] = []
    if key not in _ALWAYS and not _is_claim_of(key, family):
        examples.append(Example())
    if _can_be_present(key, family):
        values = list(values_of(key, mentions))
        # The user id of an account's root user is the account's own.
        own = world.inside.accounts if key == "aws:userid" else frozenset[str]()
        examples += (Example({key: one}, inside=not own.isdisjoint(one)) for one in sets_of(key, values, mentions))
    return Facet(frozenset({key}), tuple(examples))


def _can_be_present(key: str, family: FamilyOfCallers) -> bool:
    if key in _SERVICES_ONLY:
        return False
    if key in _SIGNED_ONLY or key.startswith("aws:principaltag/"):
        return family.kind is CallerKind.AWS
    if key.startswith("saml:"):
        return family.kind is CallerKind.SAML
    if _looks_like_claim(key):
        return family.kind is CallerKind.WEB_IDENTITY and _provider_domain(family) == key.rpartition(":")[0]
    return True


def _is_claim_of(key: str, family: FamilyOfCallers) -> bool:
    """Say whether every caller of the family has the key: `aud` and `sub` stand in every token."""
    if family.kind is CallerKind.SAML:
        return key in {"saml:aud", "saml:iss", "saml:sub"}
    prefix, _, claim = key.rpartition(":")
    return family.kind is CallerKind.WEB_IDENTITY and prefix == _provider_domain(family) and claim in {
        "aud", "sub", "app_id",
    }  # fmt: skip


def _looks_like_claim(key: str) -> bool:
    return "." in key.partition(":")[0]


def _provider_domain(family: FamilyOfCallers) -> str:
    return (family.provider or "").rpartition(":oidc-provider/")[2].lower()
