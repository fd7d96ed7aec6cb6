"""All the sides of a request that some policies ask about."""

from collections.abc import Callable, Iterator
from functools import partial

from sekisho.evaluation import CallerKind
from sekisho.reasoning.callers import CALLER_KEYS, caller_facet
from sekisho.reasoning.facets import Example, Facet, FamilyOfCallers, Scene
from sekisho.reasoning.question import Wanted
from sekisho.reasoning.surroundings import JOINED_KEYS
from sekisho.reasoning.values import sets_of, values_of


def facets_of(scene: Scene, only: frozenset[str] | None = None) -> Iterator[Facet]:
    """Yield the facets that the mentioned keys belong to, each made when it is asked for, the simple ones first.

    A question that a simple one answers with nobody never comes to those that take long.

    Args:
        scene: what they are made from.
        only: keys, one of which a facet has to have; every facet by default.

    Raises:
        UndecidedError: a facet has more kinds of examples than the budget allows to keep apart.
    """
    makers: list[tuple[frozenset[str], Callable[[], Facet]]] = [(CALLER_KEYS, partial(caller_facet, scene))]
    left = (scene.keys.keys() | _asked_of_the_inside(scene)) - CALLER_KEYS
    if left:
        for keys, make in JOINED_KEYS:
            if not keys.isdisjoint(left):
                makers.append((keys, partial(_joined_facet, keys, make, scene)))
                left -= keys
        makers += [(frozenset({name}), partial(_single_key_facet, name, scene)) for name in sorted(left)]
        makers.sort(key=lambda one: _difficulty(one[0], scene))
    for keys, make_facet in makers:
        if only is not None and only.isdisjoint(keys):
            continue
        facet = make_facet()
        yield _settled(facet, scene) if scene.settled else facet


def _joined_facet(keys: frozenset[str], make: Callable[[Scene], Iterator[Example]], scene: Scene) -> Facet:
    examples = list(make(scene))
    if scene.world.wanted is Wanted.INSIDE and _ORGANIZATION not in keys:  # a trusted network is no trusted caller
        examples = [Example(one.context, one.families) for one in examples]
    return Facet(keys, examples)


_ORGANIZATION = "aws:principalorgid"


def _asked_of_the_inside(scene: Scene) -> frozenset[str]:
    """Return what makes a caller a trusted one, whether or not a statement asks for it."""
    inside = scene.world.wanted is Wanted.INSIDE and scene.world.inside.organization_id is not None
    return frozenset({_ORGANIZATION} if inside else ())


def _difficulty(keys: frozenset[str], scene: Scene) -> int:
    """Return how much there is to tell apart: the patterns that are more than a text to be equal to."""
    mentioned = (scene.keys[name] for name in keys.intersection(scene.keys))
    return sum(len(key.patterns) for key in mentioned if not key.is_literal)


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

_OF_SERVICES = {"aws:principalisawsservice": "true", "aws:viaawsservice": "false"}
"""The same of the calls that AWS services make on their own behalf."""


def _single_key_facet(name: str, scene: Scene) -> Facet:
    fixed = 0
    examples: list[Example] = []
    for kind, values in ((CallerKind.ANONYMOUS, _OF_ANONYMOUS), (CallerKind.SERVICE, _OF_SERVICES)):
        if name in values and (bits := scene.bits_of_kind(kind)):
            fixed |= bits
            examples.append(Example({name: (values[name],)}, bits))
    if name not in _ALWAYS and (absent := scene.bits(lambda family: not _has_always(name, family)) & ~fixed):
        examples.append(Example({}, absent))
    if present := scene.bits(lambda family: _can_be_present(name, family)) & ~fixed:
        key = scene.keys[name]
        sets = sets_of(key, values_of(name, scene), scene.budget, shown=name in scene.world.shown)
        examples += [Example({name: one}, present) for one in sets]
    return Facet(frozenset({name}), examples)


def _can_be_present(key: str, family: FamilyOfCallers) -> bool:
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
