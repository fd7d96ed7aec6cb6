"""What a call comes with: the caller's organization, the network, the resource a service calls for, an access point.

Each of these is several keys that follow from one fact.
"""

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

from sekisho.evaluation import CallerKind
from sekisho.evaluation.conditions import Context
from sekisho.policy.patterns import Pattern, parse_template, resolve
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.facets import Example, FamilyOfCallers
from sekisho.reasoning.mentions import Mentions
from sekisho.reasoning.question import Inside, World
from sekisho.reasoning.samples import DIGITS, LOWER_CASE, WITHOUT_COLON, enough_words, outside_accounts, outside_word
from sekisho.reasoning.values import values_of
from sekisho.reasoning.words import Fixed, Free, Shape, Word, explore

# The caller's organization.

_ORGANIZATION = frozenset({"aws:principalorgid", "aws:principalorgpaths"})


def _organizations(world: World, mentions: Mentions, family: FamilyOfCallers) -> Iterator[Example]:
    """An AWS caller may or may not be in an organization; the path begins with its id.

    Source: IAM User Guide, "AWS global condition context keys".
    """
    yield Example()
    if family.kind is not CallerKind.AWS:
        return
    tracks = ("id", "path")
    shape = (
        Free(tracks, LOWER_CASE, samples=("o-exampleorg1",)),
        Fixed({"path": "/"}),
        Free(("path",), samples=("r-ab12/ou-ab12-11111111/",)),
    )
    patterns = {
        "id": Automaton([*mentions.patterns("aws:principalorgid"), *_own(world.inside)]),
        "path": Automaton([*mentions.patterns("aws:principalorgpaths"), *_own(world.inside, "/*")]),
    }
    for words in explore(shape, patterns):
        word = words[0]
        own = world.inside.organization_id is not None and word["id"] == world.inside.organization_id
        yield Example({"aws:principalorgid": (word["id"],), "aws:principalorgpaths": (word["path"],)}, inside=own)


def _own(inside: Inside, rest: str = "") -> Iterator[tuple[Pattern, Reading]]:
    if inside.organization_id is not None:
        pattern = resolve(
            parse_template(inside.organization_id + rest, wildcards=True, variables=False), lambda _: None
        )
        if pattern is not None:
            yield pattern, Reading.EXACT


# Where the call comes from.

_ENDPOINT = (
    "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip",
    "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
)  # fmt: skip
MAX_NETWORKS = 20_000
"""How many networks are kept apart before the reasoner gives up."""

_NETWORK = frozenset({"aws:sourceip", *_ENDPOINT})


def _networks(world: World, mentions: Mentions, family: FamilyOfCallers) -> Iterator[Example]:
    """A call comes from an address, or through a VPC endpoint and then without `aws:SourceIp`.

    Source: IAM User Guide, "AWS global condition context keys", properties of the network.
    """
    del family
    given = world.given
    if given.get("aws:sourceip") != ():
        for address in values_of("aws:sourceip", mentions):
            yield Example({"aws:sourceip": (address,)})
    keys = [key for key in _ENDPOINT if key in mentions.keys and key not in given]
    accounts = world.inside.accounts
    values = [list(values_of(key, mentions, accounts if key == "aws:vpceaccount" else ())) for key in keys]
    if prod(map(len, values)) > MAX_NETWORKS:
        raise UndecidedError(f"its conditions tell more than {MAX_NETWORKS:,} networks apart")
    for chosen in product(*values):
        context = {key: (value,) for key, value in zip(keys, chosen, strict=True)}
        yield Example(context, inside=_is_inside_network(context, world.inside))


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


def _sources(world: World, mentions: Mentions, family: FamilyOfCallers) -> Iterator[Example]:
    """A service calls for a resource of one account, or nobody calls for anything: then all these keys are absent.

    Source: IAM User Guide, "AWS global condition context keys", properties of the resource's caller.
    """
    yield Example()
    if family.kind is not CallerKind.AWS:
        return
    inside = world.inside
    automata = {
        "arn": Automaton(mentions.patterns("aws:sourcearn")),
        "account": Automaton(mentions.patterns("aws:sourceaccount", "aws:sourceowner")),
        "org": Automaton([*mentions.patterns("aws:sourceorgid"), *_own(inside)]),
        "path": Automaton([*mentions.patterns("aws:sourceorgpaths"), *_own(inside, "/*")]),
    }
    for shape in _source_shapes(world, mentions):
        for words in explore(shape, automata, keep=enough_words(inside)):
            word = outside_word(words, lambda one: _is_inside_source(one, inside))
            context = {"aws:sourcearn": (word["arn"],), "aws:sourceaccount": (word["account"],)}
            if "org" in word:
                context |= {"aws:sourceorgid": (word["org"],), "aws:sourceorgpaths": (word["path"],)}
            known_inside = _is_inside_source(word, inside)
            yield Example(context, inside=known_inside)
            yield Example(context | {"aws:sourceowner": (word["account"],)}, inside=known_inside)


def _is_inside_source(word: Word, inside: Inside) -> bool:
    own = inside.organization_id is not None and word.get("org") == inside.organization_id
    return own or word["account"] in inside.accounts or word["arn"] in inside.resources


def _source_shapes(world: World, mentions: Mentions) -> Iterator[Shape]:
    """Yield how the ARN of a calling resource is written: with its account, or as a bucket's, which has none.

    What follows the account is one name, or a kind and a name, as in `alarm:…`; names with further colons are left
    aside, for they would let a pattern find its account in a name.
    """
    samples = outside_accounts(world.inside)
    name = Free(("arn",), WITHOUT_COLON, samples=("example",))
    kind = (Free(("arn",), "abcdefghijklmnopqrstuvwxyz-", samples=("alarm",)), Fixed({"arn": ":"}))
    start = (
        Fixed({"arn": f"arn:{world.partition}:"}),
        Free(("arn",), LOWER_CASE, samples=("sns",)),
        Fixed({"arn": ":"}),
        Free(("arn",), LOWER_CASE, least=0, samples=("us-east-1", "")),
        Fixed({"arn": ":"}),
        Free(("arn", "account"), DIGITS, 12, 12, samples),
        Fixed({"arn": ":"}),
    )
    bucket = (Fixed({"arn": f"arn:{world.partition}:s3:::"}), Free(("account",), DIGITS, 12, 12, samples), name)
    tails: list[Shape] = [()]
    if mentions.keys & {"aws:sourceorgid", "aws:sourceorgpaths"}:
        path = (Fixed({"path": "/"}), Free(("path",), samples=("r-ab12/",)))
        tails.append((Free(("org", "path"), LOWER_CASE, samples=("o-exampleorg1",)), *path))
    for tail in tails:
        yield (*start, name, *tail)
        yield (*start, *kind, name, *tail)
        yield (*bucket, *tail)


# The access point that an S3 request comes through.

_ACCESS_POINT = frozenset({"s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin"})


def _access_points(world: World, mentions: Mentions, family: FamilyOfCallers) -> Iterator[Example]:
    """A request comes straight to the bucket, or through an access point of some account.

    Access points of trusted accounts have policies of their own, which are asked with them; here they are inside.
    Source: Amazon S3 User Guide, "Configuring IAM policies for using access points".
    """
    del family
    yield Example()
    samples = outside_accounts(world.inside)
    shape = (
        Fixed({"arn": f"arn:{world.partition}:s3:"}),
        Free(("arn",), LOWER_CASE, least=0, samples=("us-east-1",)),
        Fixed({"arn": ":"}),
        Free(("arn", "account"), DIGITS, 12, 12, samples),
        Fixed({"arn": ":accesspoint/"}),
        Free(("arn",), samples=("example",)),
    )
    automata = {
        "arn": Automaton(mentions.patterns("s3:dataaccesspointarn")),
        "account": Automaton(mentions.patterns("s3:dataaccesspointaccount")),
    }
    for words in explore(shape, automata, keep=enough_words(world.inside)):
        word = outside_word(words, lambda one: one["account"] in world.inside.accounts)
        for origin in ("Internet", "VPC"):
            context = {
                "s3:dataaccesspointarn": (word["arn"],),
                "s3:dataaccesspointaccount": (word["account"],),
                "s3:accesspointnetworkorigin": (origin,),
            }
            yield Example(context, inside=word["account"] in world.inside.accounts)


JOINED_KEYS: tuple[tuple[frozenset[str], Callable[[World, Mentions, FamilyOfCallers], Iterator[Example]]], ...] = (
    (_ORGANIZATION, _organizations),
    (_NETWORK, _networks),
    (_SOURCE, _sources),
    (_ACCESS_POINT, _access_points),
)
"""The facets of several keys, apart from the caller's own."""
