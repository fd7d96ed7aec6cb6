"""All the sides of a request that some policies ask about."""

from collections.abc import Callable, Iterator
from functools import partial

from sekisho.evaluation import CallerKind
from sekisho.reasoning.callers import CALLER_KEYS, caller_facet
from sekisho.reasoning.facets import Example, Facet, Scene
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
    left = scene.keys.keys() - CALLER_KEYS
    if scene.world.wanted is _INSIDE and scene.world.inside.organization_id is not None:
        left.add(_ORGANIZATION)  # it makes a caller a trusted one, whether or not a statement asks for it
    if left:
        for keys, make in JOINED_KEYS:
            if not keys.isdisjoint(left):
                makers.append((keys, partial(_joined_facet, keys, make, scene)))
                left -= keys
        makers += [(frozenset({name}), partial(_single_key_facet, name, scene)) for name in sorted(left)]
        if difficult := _difficult(scene):
            makers.sort(key=lambda one: sum([count for name, count in difficult.items() if name in one[0]]))
    for keys, make_facet in makers:
        if only is not None and only.isdisjoint(keys):
            continue
        facet = make_facet()
        yield _settled(facet, scene) if scene.settled else facet


def _joined_facet(keys: frozenset[str], make: Callable[[Scene], Iterator[Example]], scene: Scene) -> Facet:
    examples = list(make(scene))
    if scene.world.wanted is _INSIDE and _ORGANIZATION not in keys:  # a trusted network is no trusted caller
        examples = [Example(one.context, one.families) for one in examples]
    return Facet(keys, examples)


_ORGANIZATION = "aws:principalorgid"


def _difficult(scene: Scene) -> dict[str, int]:
    """Return the keys with patterns that are more than texts to be equal to, and how many there are to tell apart."""
    found: dict[str, int] = {}
    for name, key in scene.keys.items():
        if key.patterns and not key.is_literal:
            found[name] = len(key.patterns)
    return found


def _settled(facet: Facet, scene: Scene) -> Facet:
    """Keep the examples in which policy variables have the values that were settled on."""
    scene.budget.spend(len(facet.examples))
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
_ANONYMOUS, _SERVICE, _INSIDE = CallerKind.ANONYMOUS, CallerKind.SERVICE, Wanted.INSIDE
_FIXED = {
    "aws:principalisawsservice": ((_SERVICE, ("true",)),),
    "aws:viaawsservice": ((_ANONYMOUS, ("false",)), (_SERVICE, ("false",))),
    "lambda:functionurlauthtype": ((_ANONYMOUS, ("NONE",)),),
}
"""What some keys are in a request without a signature, and in the calls of AWS services on their own behalf."""


def _single_key_facet(name: str, scene: Scene) -> Facet:
    fixed = 0
    examples: list[Example] = []
    for kind, values in _FIXED.get(name, ()):
        if bits := scene.bits_of_kinds(kind):
            fixed |= bits
            examples.append(Example({name: values}, bits))
    possible, always = _families_with(name, scene)
    if name not in _ALWAYS and (absent := scene.all_families & ~always & ~fixed):
        examples.append(Example({}, absent))
    if present := possible & ~fixed:
        key = scene.keys[name]
        sets = sets_of(key, values_of(name, scene), scene.budget, shown=name in scene.world.shown)
        examples += [Example({name: one}, present) for one in sets]
    return Facet(frozenset((name,)), examples)


def _families_with(name: str, scene: Scene) -> tuple[int, int]:
    """Return the families whose callers may have a key, and those whose callers all have it.

    `aud` and `sub` stand in every token.
    """
    if name in _SIGNED_ONLY or name.startswith("aws:principaltag/"):
        of_kind = scene.bits_of_kinds(CallerKind.AWS)
        return of_kind, of_kind if name == "aws:principalisawsservice" else 0
    domain, _, claim = name.rpartition(":")
    is_claim, in_every_token = "." in name.partition(":")[0], claim in {"aud", "sub", "app_id"}
    of_provider = scene.bits_of_provider(domain) if is_claim or in_every_token else 0
    always = of_provider if in_every_token else 0
    if name.startswith("saml:"):
        of_kind = scene.bits_of_kinds(CallerKind.SAML)
        return of_kind, always | of_kind if name in {"saml:aud", "saml:iss", "saml:sub"} else always
    return of_provider if is_claim else scene.all_families, always
