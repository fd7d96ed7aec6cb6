"""What a call comes with: the caller's organization, the network, the resource a service calls for, an access point.

Each of these is several keys that follow from one fact.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import TypeAlias

from sekisho.evaluation import CallerKind
from sekisho.evaluation.conditions import Context
from sekisho.policy.arns import parse_arn
from sekisho.policy.patterns import Wildcard
from sekisho.reasoning.accounts import account_slots, is_account_id, odd_accounts
from sekisho.reasoning.automaton import Automaton, Reading, Written, apart, is_text, rest_of
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.endings import texts_of_every_kind
from sekisho.reasoning.facets import Example, Scene
from sekisho.reasoning.question import Inside, Wanted
from sekisho.reasoning.samples import LOWER_CASE, WITHOUT_COLON, fresh_account
from sekisho.reasoning.values import values_of
from sekisho.reasoning.words import Fixed, Free, Shape, Slot, Walk, Word, explore

_Patterns: TypeAlias = Mapping[str, Sequence[Written]]
"""By track, the patterns that its text is compared with."""


def _walked(scene: Scene, shapes: Iterable[Shape], patterns: _Patterns) -> Iterator[Word]:
    """Yield a word of every kind that the patterns of the tracks tell apart, shape by shape."""
    walk = Walk(Automaton({track: apart(listed) for track, listed in patterns.items()}), scene.budget)
    for shape in shapes:
        yield from walk.words(shape)


# The caller's organization.

_ORGANIZATION = frozenset({"aws:principalorgid", "aws:principalorgpaths"})


def _organizations(scene: Scene) -> Iterator[Example]:
    """An AWS caller may or may not be in an organization; the path begins with its id.

    Source: IAM User Guide, "AWS global condition context keys".
    """
    yield Example({})
    own, signed = scene.world.inside.organization_id, scene.bits_of_kinds(CallerKind.AWS)
    if not signed:
        return
    for word in _written_organizations(scene) or _walked_organizations(scene):
        context = {"aws:principalorgid": (word["id"],), "aws:principalorgpaths": (word["path"],)}
        yield Example(context, signed, inside=own is not None and word["id"] == own)


def _walked_organizations(scene: Scene) -> Iterator[Word]:
    shape = _organization_shape("id", "path", _written(scene, "aws:principalorgid"))
    patterns = {
        "id": [*scene.patterns("aws:principalorgid"), *_own(scene.world.inside)],
        "path": [*scene.patterns("aws:principalorgpaths"), *_own_paths(scene.world.inside)],
    }
    return _walked(scene, [shape], patterns)


def _written_organizations(scene: Scene) -> list[Word]:
    """Return the organizations that are written out and one more, with a path of every kind in each.

    Empty where patterns say less of a path than its organization.
    """
    ids = scene.keys.get("aws:principalorgid")
    texts = _written(scene, "aws:principalorgid")
    if scene.settled.keys() & _ORGANIZATION or not (ids is None or ids.is_literal) or "/" in "".join(texts):
        return []
    further: dict[str, list[Written]] = {text: [] for text in texts}
    for pattern, reading in scene.patterns("aws:principalorgpaths"):
        if reading is not Reading.EXACT or not pattern or not isinstance(pattern[0], str):
            return []
        organization, slash, start = pattern[0].partition("/")
        if not (organization in texts or (organization and _IN_IDS.issuperset(organization))) or not slash:
            return []
        left = (start, *pattern[1:]) if start else pattern[1:]
        further.setdefault(organization, []).append((left, reading))
    if (own := scene.world.inside.organization_id) is not None:
        further.setdefault(own, [])
    further[_fresh(further, "o-exampleorg")] = []
    return [
        {"id": organization, "path": f"{organization}/{text}"}
        for organization, patterns in further.items()
        for text in _within_organization(patterns, scene.budget)
    ]


def _within_organization(patterns: Sequence[Written], budget: Budget) -> Sequence[str]:
    """Return a text of every kind that the patterns of paths tell apart, once the organization is named."""
    if not patterns or patterns == [_ANY_PATH]:
        return (_SAMPLE_PATH,)
    rests = [rest_of(*pattern, 1 << place) for place, pattern in enumerate(patterns)]
    plain = [rest for rest in rests if rest is not None]
    written = texts_of_every_kind(plain, (_SAMPLE_PATH,)) if len(plain) == len(rests) else None
    if written is not None:
        return written
    shape = (Free(("path",), samples=(_SAMPLE_PATH,)),)
    return [word["path"] for word in explore(shape, Automaton({"path": apart(patterns)}), budget)]


_SAMPLE_PATH = "r-ab12/ou-ab12-11111111/"
_ANY_PATH: Written = (Wildcard.ANY_RUN,), Reading.EXACT
_IN_IDS = frozenset(LOWER_CASE)


def _fresh(taken: Collection[str | None], start: str) -> str:
    """Return a name that is not taken: the start with a number after it."""
    for number in count(1):
        if (one := f"{start}{number}") not in taken:
            return one
    raise AssertionError(start)  # there is always one more number


def _organization_shape(organization: str, path: str, texts: Iterable[str] = ()) -> Shape:
    return (
        Free((organization, path), LOWER_CASE, samples=("o-exampleorg1", *texts)),
        Fixed({path: "/"}),
        Free((path,), samples=(_SAMPLE_PATH,)),
    )


def _written(scene: Scene, name: str) -> list[str]:
    """Return the texts that a key has to be equal to: such a value is taken to exist, whatever it is made of."""
    key = scene.keys.get(name)
    return [text for text in key.texts if text] if key is not None else []


def _own(inside: Inside) -> Iterator[Written]:
    if inside.organization_id is not None:
        yield (inside.organization_id,), Reading.EXACT


def _own_paths(inside: Inside) -> Iterator[Written]:
    if inside.organization_id is not None:
        yield (f"{inside.organization_id}/", Wildcard.ANY_RUN), Reading.EXACT


# Where the call comes from.

_ENDPOINT = (
    "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip",
    "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
)  # fmt: skip
_ENDPOINT_KEYS = frozenset(_ENDPOINT)
_NETWORK = _ENDPOINT_KEYS | {"aws:sourceip"}


def _networks(scene: Scene) -> Iterator[Example]:
    """A call comes from an address, or through a VPC endpoint and then without `aws:SourceIp`.

    A service may call from inside AWS, with neither.

    Source: IAM User Guide, "AWS global condition context keys", properties of the network.
    """
    given = scene.world.given
    if CallerKind.SERVICE in scene.world.callers and (services := scene.bits_of_kinds(CallerKind.SERVICE)):
        yield Example({}, services)
    if given.get("aws:sourceip") != ():
        addresses = values_of("aws:sourceip", scene) if "aws:sourceip" in scene.keys else ("203.0.113.10",)
        for address in addresses:
            yield Example({"aws:sourceip": (address,)})
    if _ENDPOINT_KEYS.isdisjoint(scene.keys):
        yield Example({})
        return
    mentioned = [name for name in _ENDPOINT if name in scene.keys and name not in given]
    inner = list(values_of("aws:vpcsourceip", scene)) if "aws:vpcsourceip" in mentioned else [""]
    for word in _endpoints(scene, mentioned):
        context = {name: (word[name],) for name in mentioned if name in word}
        inside = _is_inside_network(context, scene.world.inside)
        for address in inner:
            if address:
                yield Example({**context, "aws:vpcsourceip": (address,)}, inside=inside)
            else:
                yield Example(context, inside=inside)


def _endpoints(scene: Scene, mentioned: list[str]) -> Iterator[Word]:
    """Yield the VPC endpoints that the patterns tell apart.

    The endpoint belongs to the account of its VPC; the VPC's ARN ends in its id.
    """
    tracks = [name for name in mentioned if name != "aws:vpcsourceip"]
    if not tracks:
        yield {}
        return
    (only, *others) = tracks
    key = scene.keys.get(only)
    if not others and only in _FREE_NAMES and key is not None and key.is_literal and only not in scene.settled:
        texts = [one for one in key.texts if one]
        yield from ({only: text} for text in (*texts, _fresh(texts, _FREE_NAMES[only])))
        return
    patterns = {name: scene.patterns(name) for name in tracks}
    if "aws:vpceorgid" in patterns:
        patterns["aws:vpceorgid"] += _own(scene.world.inside)
    if "aws:vpceorgpaths" in patterns:
        patterns["aws:vpceorgpaths"] += _own_paths(scene.world.inside)
    yield from _walked(scene, _endpoint_shapes(scene, patterns), patterns)


_FREE_NAMES = {"aws:sourcevpc": "vpc-0a1b2c3d", "aws:sourcevpce": "vpce-0a1b2c3d"}


def _endpoint_shapes(scene: Scene, tracks: _Patterns) -> Iterator[Shape]:
    """Yield how an endpoint is written, with or without an organization; each track is a key."""
    vpc = tuple(name for name in ("aws:sourcevpc", "aws:sourcevpcarn") if name in tracks)
    account = {name: tracks[name] for name in ("aws:sourcevpcarn", "aws:vpceaccount") if name in tracks}
    names: list[Slot] = []
    if vpc:
        texts = _written(scene, "aws:sourcevpc")
        names.append(Free(vpc, LOWER_CASE, samples=("vpc-0a1b2c3d", *texts)))
    if "aws:sourcevpce" in tracks:
        texts = _written(scene, "aws:sourcevpce")
        names.append(Free(("aws:sourcevpce",), LOWER_CASE, samples=("vpce-0a1b2c3d", *texts)))
    start: list[Slot] = []
    if "aws:sourcevpcarn" in tracks:
        start = [
            Fixed({"aws:sourcevpcarn": f"arn:{scene.world.partition}:ec2:"}),
            Free(("aws:sourcevpcarn",), LOWER_CASE, samples=("us-east-1",)),
            Fixed({"aws:sourcevpcarn": ":"}),
        ]
    organization: list[Slot] = []
    if tracks.keys() & {"aws:vpceorgid", "aws:vpceorgpaths"}:
        organization = list(_organization_shape("aws:vpceorgid", "aws:vpceorgpaths"))
    odd = odd_accounts(scene, "aws:sourcevpcarn")
    accounts: list[Slot | None] = [*account_slots(scene, account, odd)] if account else [None]
    for slot in accounts:
        middle = [] if slot is None else [slot]
        if "aws:sourcevpcarn" in tracks:
            middle.append(Fixed({"aws:sourcevpcarn": ":vpc/"}))
        yield (*start, *middle, *names)
        if organization:
            yield (*start, *middle, *names, *organization)


def _is_inside_network(context: Context, inside: Inside) -> bool:
    """The endpoint's account or organization says who may use it; its VPC's ARN names the account."""
    account = context.get("aws:vpceaccount", ("",))[0]
    arn = context.get("aws:sourcevpcarn", ("",))[0].split(":")
    organization = context.get("aws:vpceorgid", ("",))[0] or context.get("aws:vpceorgpaths", ("",))[0].split("/")[0]
    return (
        account in inside.accounts
        or (len(arn) > 4 and arn[4] in inside.accounts)  # noqa: PLR2004 - the account of an ARN
        or (inside.organization_id is not None and organization == inside.organization_id)
    )


# The resource a service calls for.

_SOURCE = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"})
_SOURCE_ACCOUNT = ("aws:sourceaccount", "aws:sourceowner")
_SIGNED = frozenset({CallerKind.AWS, CallerKind.SERVICE})


def _sources(scene: Scene) -> Iterator[Example]:
    """A service calls for a resource of one account, or nobody calls for anything: then all these keys are absent.

    Source: IAM User Guide, "AWS global condition context keys", properties of the resource's caller.
    """
    yield Example({})
    signed = scene.bits_of_kinds(*_SIGNED)
    if not signed:
        return
    inside = scene.world.inside
    owners = "aws:sourceowner" in scene.keys
    for word in _literal_sources(scene) if _has_literal_sources(scene) else _walked_sources(scene):
        context = {"aws:sourcearn": (word["arn"],), "aws:sourceaccount": (word["account"],)}
        if "org" in word:
            context |= {"aws:sourceorgid": (word["org"],), "aws:sourceorgpaths": (word["path"],)}
        known_inside = _is_inside_source(word, inside)
        yield Example(context, signed, inside=known_inside)
        if owners:
            yield Example(context | {"aws:sourceowner": (word["account"],)}, signed, inside=known_inside)


def _is_inside_source(word: Word, inside: Inside) -> bool:
    own = inside.organization_id is not None and word.get("org") == inside.organization_id
    return own or word["account"] in inside.accounts or word["arn"] in inside.resources


def _has_literal_sources(scene: Scene) -> bool:
    if scene.settled.keys() & _SOURCE or scene.keys.keys() & {"aws:sourceorgid", "aws:sourceorgpaths"}:
        return False
    for name in ("aws:sourcearn", *_SOURCE_ACCOUNT):
        key = scene.keys.get(name)
        if key is not None and not key.is_literal and not all(map(is_text, key.patterns)):
            return False
    return True


def _literal_sources(scene: Scene) -> Iterator[Word]:
    """Yield the resources that are written out, and one more of each account that is."""
    arns = ["".join(map(str, pattern)) for pattern, _ in scene.patterns("aws:sourcearn")]
    accounts = ["".join(map(str, pattern)) for pattern, _ in scene.patterns(*_SOURCE_ACCOUNT)]
    of_arns = {text: arn.account for text in arns if (arn := parse_arn(text)) is not None}
    named = [one for one in (*accounts, *of_arns.values()) if is_account_id(one)]
    inside = scene.world.inside.accounts
    named.append(fresh_account(named, inside))
    if inside and scene.world.wanted is not Wanted.OUTSIDE:
        named.append(min(inside))
    for account in dict.fromkeys(named):
        start = f"arn:{scene.world.partition}:sns:us-east-1:{account}:"
        yield {"arn": _fresh(of_arns, f"{start}example-"), "account": account}
    for text, account in of_arns.items():
        if account:
            yield {"arn": text, "account": account}
        else:
            yield from ({"arn": text, "account": one} for one in dict.fromkeys(named))


def _walked_sources(scene: Scene) -> Iterator[Word]:
    inside = scene.world.inside
    patterns = {
        "arn": scene.patterns("aws:sourcearn"),
        "account": scene.patterns(*_SOURCE_ACCOUNT),
        "org": [*scene.patterns("aws:sourceorgid"), *_own(inside)],
        "path": [*scene.patterns("aws:sourceorgpaths"), *_own_paths(inside)],
    }
    yield from _walked(scene, _source_shapes(scene, patterns), patterns)


def _source_shapes(scene: Scene, patterns: _Patterns) -> Iterator[Shape]:
    """Yield how the ARN of a calling resource is written: with its account, or as a bucket's, which has none.

    What follows the account is one name, or a kind and a name, as in `function:…`. Further colons are in the ARNs of
    log groups, which end in `:*`, and in the names of alarms; elsewhere they would let a pattern find its account in a
    name that cannot be. Source: Service Authorization Reference, resource types of CloudWatch and CloudWatch Logs.
    """
    partition = scene.world.partition
    name = Free(("arn",), WITHOUT_COLON, samples=("example",))
    kind = (Free(("arn",), "abcdefghijklmnopqrstuvwxyz-", samples=("alarm",)), Fixed({"arn": ":"}))
    tails: list[Shape] = [()]
    if scene.keys.keys() & {"aws:sourceorgid", "aws:sourceorgpaths"}:
        tails.append(_organization_shape("org", "path"))
    of_account = {track: patterns[track] for track in ("arn", "account")}
    for slot in account_slots(scene, of_account, odd_accounts(scene, "aws:sourcearn")):
        start = (
            Fixed({"arn": f"arn:{partition}:"}),
            Free(("arn",), LOWER_CASE, samples=("sns",)),
            Fixed({"arn": ":"}),
            Free(("arn",), LOWER_CASE, least=0, samples=("us-east-1", "")),
            Fixed({"arn": ":"}),
            slot,
            Fixed({"arn": ":"}),
        )
        for tail in tails:
            yield (*start, name, *tail)
            yield (*start, *kind, name, *tail)
        for service, of_service in _WITH_COLONS:
            head = (
                Fixed({"arn": f"arn:{partition}:{service}:"}),
                Free(("arn",), LOWER_CASE, samples=("us-east-1",)),
                Fixed({"arn": ":"}),
                slot,
            )
            yield from ((*head, *of_service, *tail) for tail in tails)
    for slot in account_slots(scene, {"account": patterns["account"]}, ()):
        for tail in tails:
            yield (Fixed({"arn": f"arn:{partition}:s3:::"}), slot, name, *tail)


_WITH_COLONS: tuple[tuple[str, Shape], ...] = (
    (
        "logs",
        (
            Fixed({"arn": ":log-group:"}),
            Free(("arn",), f"{LOWER_CASE}ABCDEFGHIJKLMNOPQRSTUVWXYZ_/.#", samples=("example",)),
            Fixed({"arn": ":*"}),
        ),
    ),
    ("cloudwatch", (Fixed({"arn": ":alarm:"}), Free(("arn",), samples=("example",)))),
)


# The access point that an S3 request comes through.


def _access_point_keys(service: str) -> frozenset[str]:
    names = ("dataaccesspointarn", "dataaccesspointaccount", "accesspointnetworkorigin")
    return frozenset(f"{service}:{name}" for name in names)


def _access_points(scene: Scene, service: str) -> Iterator[Example]:
    """A request comes straight to the bucket, or through an access point of some account.

    Access points of trusted accounts have policies of their own, which are asked with them; here they are inside.
    Source: Amazon S3 User Guide, "Configuring IAM policies for using access points", and the same for access points
    for directory buckets.

    Args:
        scene: what is asked.
        service: the prefix of the bucket's ARN and of the keys: `s3`, or `s3express` for directory buckets.
    """
    yield Example({})
    of_arn, of_account = f"{service}:dataaccesspointarn", f"{service}:dataaccesspointaccount"
    patterns = {"arn": scene.patterns(of_arn), "account": scene.patterns(of_account)}
    shapes = (
        (
            Fixed({"arn": f"arn:{scene.world.partition}:{service}:"}),
            Free(("arn",), LOWER_CASE, least=0, samples=("us-east-1",)),
            Fixed({"arn": ":"}),
            slot,
            Fixed({"arn": ":accesspoint/"}),
            Free(("arn",), samples=("example",)),
        )
        for slot in account_slots(scene, patterns, odd_accounts(scene, of_arn))
    )
    for word in _walked(scene, shapes, patterns):
        for origin in ("Internet", "VPC"):
            context = {
                of_arn: (word["arn"],),
                of_account: (word["account"],),
                f"{service}:accesspointnetworkorigin": (origin,),
            }
            yield Example(context, inside=word["account"] in scene.world.inside.accounts)


JOINED_KEYS: tuple[tuple[frozenset[str], Callable[[Scene], Iterator[Example]]], ...] = (
    (_ORGANIZATION, _organizations),
    (_NETWORK, _networks),
    (_SOURCE, _sources),
    (_access_point_keys("s3"), partial(_access_points, service="s3")),
    (_access_point_keys("s3express"), partial(_access_points, service="s3express")),
)
"""The facets of several keys, apart from the caller's own."""
