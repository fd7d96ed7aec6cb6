"""All the sides of a request that some policies ask about."""

from sekisho.evaluation import CallerKind
from sekisho.reasoning.callers import caller_facet
from sekisho.reasoning.facets import Example, Facet, FamilyOfCallers, Scene
from sekisho.reasoning.surroundings import JOINED_KEYS
from sekisho.reasoning.values import sets_of, values_of


def facets_of(scene: Scene) -> list[Facet]:
    """Return the facets that the mentioned keys belong to, the caller's first.

    Raises:
        UndecidedError: a facet has more kinds of examples than the budget allows to keep apart.
    """
    facets = [caller_facet(scene)]
    left = set(scene.keys) - facets[0].keys
    if left:
        for keys, make in JOINED_KEYS:
            if not keys.isdisjoint(left):
                facets.append(Facet(keys, list(make(scene))))
                left -= keys
        facets += [_single_key_facet(name, scene) for name in sorted(left)]
    return [_settled(facet, scene) for facet in facets] if scene.settled else facets


def _settled(facet: Facet, scene: Scene) -> Facet:
    """Keep the examples in which policy variables have the values that were settled on."""
    settled = {key: value for key, value in scene.settled.items() if key in facet.keys}
    if not settled:
        return facet
    kept = [
        example
        for example in facet.examples
        if all(example.context.get(key, ()) == (() if value is None else (value,)) for key, value in settled.items())
    ]
    return Facet(facet.keys, kept)


_ALWAYS = frozenset(
    {
        "aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport", "aws:useragent",
        "aws:viaawsservice",
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
_OF_ANONYMOUS = {"aws:viaawsservice": "false", "lambda:functionurlauthtype": "NONE"}
"""What some keys are in a request without a signature."""

_SERVICES_ONLY = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})


def _single_key_facet(name: str, scene: Scene) -> Facet:
    fixed = scene.bits_of_kind(CallerKind.ANONYMOUS) if name in _OF_ANONYMOUS else 0
    examples: list[Example] = []
    if fixed:
        examples.append(Example({name: (_OF_ANONYMOUS[name],)}, fixed))
    if name not in _ALWAYS and (absent := scene.bits(lambda family: not _has_always(name, family)) & ~fixed):
        examples.append(Example({}, absent))
    if present := scene.bits(lambda family: _can_be_present(name, family)) & ~fixed:
        key = scene.keys[name]
        sets = sets_of(key, values_of(name, scene), scene.budget, shown=name in scene.world.shown)
        examples += [Example({name: one}, present) for one in sets]
    return Facet(frozenset({name}), examples)


def _can_be_present(key: str, family: FamilyOfCallers) -> bool:
    if key in _SERVICES_ONLY:
        return False
    if key in _SIGNED_ONLY or key.startswith("aws:principaltag/"):
        return family.kind is CallerKind.AWS
    if key.startswith("saml:"):
        return family.kind is CallerKind.SAML
    if "." in key.partition(":")[0]:
        return family.kind is CallerKind.WEB_IDENTITY and _provider_domain(family) == key.rpartition(":")[0]
    return True


def _has_always(key: str, family: FamilyOfCallers) -> bool:
    """Say whether every caller of the family has the key: `aud` and `sub` stand in every token."""
    if family.kind is CallerKind.AWS:
        return key == "aws:principalisawsservice"
    if family.kind is CallerKind.SAML:
        return key in {"saml:aud", "saml:iss", "saml:sub"}
    if family.kind is not CallerKind.WEB_IDENTITY:
        return False
    prefix, _, claim = key.rpartition(":")
    return prefix == _provider_domain(family) and claim in {"aud", "sub", "app_id"}


def _provider_domain(family: FamilyOfCallers) -> str:
    provider = family.provider or ""
    return (provider.rpartition(":oidc-provider/")[2] or provider).lower()
