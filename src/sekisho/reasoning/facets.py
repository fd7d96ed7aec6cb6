"""What a request can be: its independent sides, each with one example of every kind that the policies tell apart.

The keys of a request are not free of each other. One caller has one ARN, and the account in it; a call comes either
from an address or through a VPC endpoint; a service calls for one resource of one account. Keys that hang together
are one *facet*, and its examples are whole: a caller with all that follows from it. Facets are independent of each
other within one family of callers, so that examples of each, put together, are requests that can exist.

Where two facts could only be kept together at a price, the facet here allows their product. That includes requests
that can't exist, never fewer than can: the result errs to access.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product

from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import Condition, Principal, PrincipalForm, Statement
from sekisho.policy.keys import is_catalogued, is_multivalued
from sekisho.policy.operators import Comparison, Family
from sekisho.policy.patterns import Pattern, Template, parse_resource_glob, parse_template, resolve, variables_of
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.points import address_points, date_points, number_points
from sekisho.reasoning.question import Inside, Question, World
from sekisho.reasoning.words import Fixed, Free, Shape, Slot, Word, explore

Context = Mapping[str, tuple[str, ...]]

MAX_SETS = 4096
"""How many sets of values of a multivalued key are looked at before the reasoner gives up."""


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


@dataclass(frozen=True, slots=True)
class Mentions:
    """What the statements of a question say, gathered by key.

    Attributes:
        conditions: by key in lower case, each with whether variables work in it.
        principals: every entry of a `Principal` or `NotPrincipal` element, without repeats.
        settled: the values that policy variables stand for in this pass; None for a key that is absent.
    """

    conditions: Mapping[str, tuple[tuple[Condition, bool], ...]]
    principals: tuple[Principal, ...]
    settled: Mapping[str, str | None]

    @property
    def keys(self) -> frozenset[str]:
        """Every key that a condition is on or a variable stands for."""
        return frozenset(self.conditions) | frozenset(self.settled)

    def of(self, key: str, *families: Family) -> Iterator[tuple[Condition, str, bool]]:
        """Yield the values that conditions of some families compare a key with."""
        for condition, variables in self.conditions.get(key, ()):
            if condition.operator.base.family in families:
                for value in condition.values:
                    yield condition, value, variables

    def patterns(self, *keys: str) -> Iterator[tuple[Pattern, Reading]]:
        """Yield the patterns that the text of any of the keys is compared with."""
        for key in keys:
            for condition, value, variables in self.of(key, Family.STRING, Family.ARN, Family.BOOL):
                base = condition.operator.base
                template = parse_template(value, wildcards=base.takes_wildcards, variables=variables)
                pattern = resolve(template, self.settled.get)
                if pattern is not None:
                    yield pattern, _reading(base.family, base.comparison)
            if (settled := self.settled.get(key)) is not None:
                yield (settled,), Reading.EXACT


def _reading(family: Family, comparison: Comparison) -> Reading:
    if family is Family.ARN:
        return Reading.ARN
    return Reading.IGNORING_CASE if comparison is Comparison.EQUAL_IGNORING_CASE else Reading.EXACT


def statements_of(question: Question) -> Iterator[tuple[Statement, bool]]:
    """Yield every statement of a question, with whether variables work in it."""
    for gate in question.gates:
        for document in gate.documents:
            for statement in document.policy.statements:
                yield statement, document.policy.version.has_variables


def gather_mentions(question: Question, settled: Mapping[str, str | None]) -> Mentions:
    """Gather what the statements of a question say."""
    conditions: dict[str, list[tuple[Condition, bool]]] = {}
    principals: dict[Principal, None] = {}
    for statement, variables in statements_of(question):
        for condition in statement.conditions:
            conditions.setdefault(condition.key.lower(), []).append((condition, variables))
        if statement.principals is not None:
            principals |= dict.fromkeys(statement.principals.entries)
    return Mentions({key: tuple(found) for key, found in conditions.items()}, tuple(principals), settled)


def variable_keys(question: Question) -> tuple[str, ...]:
    """Return the keys whose values some statement puts into a pattern, in lower case, in document order."""
    found: dict[str, None] = {}
    for statement, variables in statements_of(question):
        if not variables:
            continue
        templates: list[Template] = [
            parse_template(value, wildcards=True, variables=True)
            for condition in statement.conditions
            if condition.operator.base.takes_variables
            for value in condition.values
        ]
        if statement.resources is not None:
            templates += (parse_resource_glob(glob, variables=True) for glob in statement.resources.globs)
        found |= dict.fromkeys(variable.key for template in templates for variable in variables_of(template))
    return tuple(found)


def families_of_callers(question: Question, mentions: Mentions) -> Iterator[FamilyOfCallers]:
    """Yield the families of callers that the question has to be asked for."""
    callers = question.world.callers
    for kind in (CallerKind.ANONYMOUS, CallerKind.AWS):
        if kind in callers:
            yield FamilyOfCallers(kind)
    providers = [entry.value for entry in mentions.principals if entry.form is PrincipalForm.FEDERATED]
    everyone = any(entry.form is PrincipalForm.EVERYONE for entry in mentions.principals)
    if everyone or _has_negated_principals(question):
        providers += ["accounts.google.com", _SAMPLE_SAML_PROVIDER]
    for provider in dict.fromkeys(providers):
        kind = CallerKind.SAML if ":saml-provider/" in provider else CallerKind.WEB_IDENTITY
        if kind in callers:
            yield FamilyOfCallers(kind, provider)


_SAMPLE_SAML_PROVIDER = "arn:aws:iam::999988887777:saml-provider/example"


def _has_negated_principals(question: Question) -> bool:
    return any(one.principals is not None and one.principals.negated for one, _ in statements_of(question))


def facets_of(world: World, mentions: Mentions, family: FamilyOfCallers) -> list[Facet]:
    """Return the facets that the mentioned keys belong to, the caller's first.

    Raises:
        UndecidedError: a facet has more kinds of examples than the reasoner keeps apart.
    """
    wanted = {key for key in mentions.keys if key not in world.given}
    facets = [_caller_facet(world, mentions, family)]
    facets += [Facet(keys, tuple(make(world, mentions, family))) for keys, make in _JOINED if keys & wanted]
    joined = frozenset[str]().union(*(facet.keys for facet in facets))
    facets += [_single_key_facet(key, mentions, family) for key in sorted(wanted - joined)]
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


# Callers.

_CALLER = frozenset(
    {"aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:principaltype", "aws:username"}
)
_DIGITS = "0123456789"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789-"
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-"
_SAMPLE_ACCOUNTS = ("999988887777", "888877776666", "777766665555", "666655554444")
_ODD_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::([^:*?$]+):")


def _caller_facet(world: World, mentions: Mentions, family: FamilyOfCallers) -> Facet:
    match family.kind:
        case CallerKind.ANONYMOUS:
            context = {"aws:principalaccount": ("anonymous",), "aws:principaltype": ("Anonymous",)}
            return Facet(_CALLER, (Example(context, Caller(CallerKind.ANONYMOUS)),))
        case CallerKind.AWS:
            return Facet(_CALLER, tuple(_aws_callers(world, mentions)))
        case _:
            return Facet(_CALLER, (Example({}, Caller(family.kind, provider=family.provider)),))


def _aws_callers(world: World, mentions: Mentions) -> Iterator[Example]:
    forms: dict[PrincipalForm, list[str]] = {}
    for entry in mentions.principals:
        forms.setdefault(entry.form, []).append(entry.value)

    def literal(form: PrincipalForm) -> Iterator[tuple[Pattern, Reading]]:
        yield from (((value,), Reading.EXACT) for value in forms.get(form, ()))

    automata = {
        "arn": Automaton([*mentions.patterns("aws:principalarn"), *literal(PrincipalForm.IDENTITY)]),
        "account": Automaton(
            [*mentions.patterns("aws:principalaccount", "kms:calleraccount"), *literal(PrincipalForm.ACCOUNT)]
        ),
        "session": Automaton(literal(PrincipalForm.SESSION)),
        "username": Automaton(mentions.patterns("aws:username")),
    }
    inside = world.inside
    canonical = [Caller(CallerKind.AWS, canonical_id=value) for value in forms.get(PrincipalForm.CANONICAL_USER, ())]
    named = {one.value for one in mentions.principals if one.form is not PrincipalForm.CANONICAL_USER}
    for principal_type, shape in _caller_shapes(world, mentions):
        for words in explore(shape, automata, keep=min(len(inside.accounts), 31) + 1):
            word = next((one for one in words if one["account"] not in inside.accounts), words[0])
            example = _aws_example(world, principal_type, word)
            yield example
            caller = example.caller
            if caller is None or {caller.account, caller.principal_arn, caller.session_arn} & named:
                continue
            for one in canonical:
                yield Example(
                    example.context,
                    Caller(CallerKind.AWS, caller.account, caller.principal_arn, canonical_id=one.canonical_id),
                    inside=one.canonical_id in inside.canonical_ids,
                )


def _aws_example(world: World, principal_type: str, word: Word) -> Example:
    account = word["account"]
    context = {
        "aws:principalarn": (word["arn"],),
        "aws:principalaccount": (account,),
        "kms:calleraccount": (account,),
        "aws:principaltype": (principal_type,),
    }
    if principal_type == "User":
        context["aws:username"] = (word["username"],)
    caller = Caller(CallerKind.AWS, account, word["arn"], word.get("session"))
    return Example(context, caller, inside=account in world.inside.accounts)


def _caller_shapes(world: World, mentions: Mentions) -> Iterator[tuple[str, Shape]]:
    """Yield how the callers of AWS accounts are written, with their `aws:PrincipalType`.

    Tracks: `arn` (`aws:PrincipalArn`), `account`, `session` (the ARN of the session), `username`.
    Source: IAM User Guide, "IAM identifiers" and "AWS global condition context keys".
    """
    iam, sts = f"arn:{world.partition}:iam::", f"arn:{world.partition}:sts::"
    session_tracks = ("arn", "session")
    path = (Free(("arn",), f"{_NAME}/", samples=("team",)), Fixed({"arn": "/"}))
    user = Free(("arn", "username"), _NAME, samples=("alice", "bob"))
    role = Free(session_tracks, _NAME, samples=("example-role",))
    session = (Fixed({"session": "/"}), Free(("session",), _NAME, samples=("example-session",)))
    federated = Free(session_tracks, _NAME, samples=("example",))
    for account in _account_slots(world, mentions, ("arn", "account")):
        user_head = (Fixed({"arn": iam}), account)
        yield "User", (*user_head, Fixed({"arn": ":user/"}), user)
        yield "User", (*user_head, Fixed({"arn": ":user/"}), *path, user)
        yield "Account", (*user_head, Fixed({"arn": ":root"}))
    for account in _account_slots(world, mentions, (*session_tracks, "account")):
        role_head = (
            Fixed({"arn": iam, "session": sts}),
            account,
            Fixed({"arn": ":role/", "session": ":assumed-role/"}),
        )
        yield "AssumedRole", (*role_head, role, *session)
        yield "AssumedRole", (*role_head, *path, role, *session)
        federated_head = (Fixed({"arn": sts, "session": sts}), account)
        yield "FederatedUser", (*federated_head, Fixed(dict.fromkeys(session_tracks, ":federated-user/")), federated)


def _account_slots(world: World, mentions: Mentions, tracks: tuple[str, ...]) -> Iterator[Slot]:
    """Yield what may stand for an account: twelve digits, or an odd text that some ARN in the documents has there."""
    samples = tuple(one for one in _SAMPLE_ACCOUNTS if one not in world.inside.accounts)
    yield Free(tracks, _DIGITS, 12, 12, samples)
    texts = [value for _, value, _ in mentions.of("aws:principalarn", Family.STRING, Family.ARN)]
    texts += [entry.value for entry in mentions.principals]
    odd = {found[1] for text in texts if (found := _ODD_ACCOUNT.match(text)) and not _is_account_id(found[1])}
    yield from (Fixed(dict.fromkeys(tracks, one)) for one in sorted(odd))


def _is_account_id(text: str) -> bool:
    return len(text) == 12 and text.isdigit()  # noqa: PLR2004 - an account id has twelve digits


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
        Free(tracks, _LOWER, samples=("o-exampleorg1",)),
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
_NETWORK = frozenset({"aws:sourceip", *_ENDPOINT})
_ADDRESS_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip"})


def _networks(world: World, mentions: Mentions, family: FamilyOfCallers) -> Iterator[Example]:
    """A call comes from an address, or through a VPC endpoint and then without `aws:SourceIp`.

    Source: IAM User Guide, "AWS global condition context keys", properties of the network.
    """
    del family
    for address in _values("aws:sourceip", mentions):
        yield Example({"aws:sourceip": (address,)})
    keys = [key for key in _ENDPOINT if key in mentions.keys]
    accounts = world.inside.accounts
    for values in product(*(list(_values(key, mentions, accounts)) for key in keys)):
        context = {key: (value,) for key, value in zip(keys, values, strict=True)}
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
        for words in explore(shape, automata, keep=min(len(inside.accounts), 31) + 1):
            word = next((one for one in words if not _is_inside_source(one, inside)), words[0])
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
    samples = tuple(one for one in _SAMPLE_ACCOUNTS if one not in world.inside.accounts)
    start = (
        Fixed({"arn": f"arn:{world.partition}:"}),
        Free(("arn",), _LOWER, samples=("sns",)),
        Fixed({"arn": ":"}),
        Free(("arn",), _LOWER, least=0, samples=("us-east-1", "")),
        Fixed({"arn": ":"}),
    )
    rest = (Fixed({"arn": ":"}), Free(("arn",), samples=("example",)))
    tails: list[Shape] = [()]
    if mentions.keys & {"aws:sourceorgid", "aws:sourceorgpaths"}:
        path = (Fixed({"path": "/"}), Free(("path",), samples=("r-ab12/",)))
        tails.append((Free(("org", "path"), _LOWER, samples=("o-exampleorg1",)), *path))
    for tail in tails:
        yield (*start, Free(("arn", "account"), _DIGITS, 12, 12, samples), *rest, *tail)
        yield (*start, Free(("account",), _DIGITS, 12, 12, samples), *rest, *tail)


# The access point that an S3 request comes through.

_ACCESS_POINT = frozenset({"s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:accesspointnetworkorigin"})


def _access_points(world: World, mentions: Mentions, family: FamilyOfCallers) -> Iterator[Example]:
    """A request comes straight to the bucket, or through an access point of some account.

    Access points of trusted accounts have policies of their own, which are asked with them; here they are inside.
    Source: Amazon S3 User Guide, "Configuring IAM policies for using access points".
    """
    del family
    yield Example()
    samples = tuple(one for one in _SAMPLE_ACCOUNTS if one not in world.inside.accounts)
    shape = (
        Fixed({"arn": f"arn:{world.partition}:s3:"}),
        Free(("arn",), _LOWER, least=0, samples=("us-east-1",)),
        Fixed({"arn": ":"}),
        Free(("arn", "account"), _DIGITS, 12, 12, samples),
        Fixed({"arn": ":accesspoint/"}),
        Free(("arn",), samples=("example",)),
    )
    automata = {
        "arn": Automaton(mentions.patterns("s3:dataaccesspointarn")),
        "account": Automaton(mentions.patterns("s3:dataaccesspointaccount")),
    }
    for words in explore(shape, automata, keep=min(len(world.inside.accounts), 31) + 1):
        word = next((one for one in words if one["account"] not in world.inside.accounts), words[0])
        for origin in ("Internet", "VPC"):
            context = {
                "s3:dataaccesspointarn": (word["arn"],),
                "s3:dataaccesspointaccount": (word["account"],),
                "s3:accesspointnetworkorigin": (origin,),
            }
            yield Example(context, inside=word["account"] in world.inside.accounts)


# Every other key, by itself.

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
        "aws:ec2instancesourceprivateipv4",
    }
)  # fmt: skip
_SERVICES_ONLY = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})
_FIXED_VALUES: Mapping[str, tuple[str, ...]] = {
    "aws:principalisawsservice": ("false",),  # services are not reported, and are no callers here
    "aws:securetransport": ("true", "false"),
    "aws:viaawsservice": ("false", "true"),
    "lambda:functionurlauthtype": ("NONE", "AWS_IAM"),
    "lambda:invokedviafunctionurl": ("true", "false"),
}
_SAMPLES: Mapping[str, tuple[str, ...]] = {
    "aws:referer": ("https://example.com/",),
    "aws:requestedregion": ("us-east-1",),
    "aws:sourcevpc": ("vpc-0a1b2c3d",),
    "aws:sourcevpce": ("vpce-0a1b2c3d",),
    "aws:sourcevpcarn": ("arn:aws:ec2:us-east-1:999988887777:vpc/vpc-0a1b2c3d",),
    "aws:useragent": ("aws-cli/2.31",),
    "aws:userid": ("AIDAEXAMPLEUSERID1234",),
    "aws:vpceaccount": _SAMPLE_ACCOUNTS,
    "aws:vpceorgid": ("o-exampleorg1",),
    "aws:vpceorgpaths": ("o-exampleorg1/r-ab12/",),
    "kms:viaservice": ("s3.us-east-1.amazonaws.com",),
    "sts:externalid": ("example-external-id",),
}


def _single_key_facet(key: str, mentions: Mentions, family: FamilyOfCallers) -> Facet:
    if key == "aws:userid" and family.kind is CallerKind.ANONYMOUS:
        return Facet(frozenset({key}), (Example({key: ("anonymous",)}),))
    examples: list[Example] = []
    if key not in _ALWAYS and not _is_claim_of(key, family):
        examples.append(Example())
    if _can_be_present(key, family):
        values = list(_values(key, mentions))
        examples += (Example({key: chosen}) for chosen in _sets(key, values, mentions))
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


def _values(key: str, mentions: Mentions, accounts: Iterable[str] = ()) -> Iterator[str]:
    """Yield a value of every kind that the policies tell apart, without repeats."""
    yield from dict.fromkeys(_raw_values(key, mentions, accounts))


def _raw_values(key: str, mentions: Mentions, accounts: Iterable[str]) -> Iterator[str]:
    if key in _FIXED_VALUES:
        yield from _FIXED_VALUES[key]
        return
    for families, points in _POINTS:
        bounds = [value for _, value, _ in mentions.of(key, *families)]
        if bounds:
            yield from points(bounds)
    yield from dict.fromkeys(value for _, value, _ in mentions.of(key, Family.BINARY))
    texts = list(mentions.patterns(key))
    if any(mentions.of(key, Family.BOOL)):
        yield from ("true", "false")
    elif key in _ADDRESS_KEYS:
        yield from _address_texts(texts)
        yield from address_points(())
    elif texts or not any(mentions.of(key, Family.NUMERIC, Family.DATE, Family.ADDRESS, Family.BINARY)):
        own = (((one,), Reading.EXACT) for one in accounts)
        shape = (Free((key,), samples=_SAMPLES.get(key, ("example",))),)
        yield from (words[0][key] for words in explore(shape, {key: Automaton([*texts, *own])}))


_POINTS: tuple[tuple[tuple[Family, ...], Callable[[Iterable[str]], Iterator[str]]], ...] = (
    ((Family.NUMERIC,), number_points),
    ((Family.DATE,), date_points),
    ((Family.ADDRESS,), address_points),
)


def _address_texts(patterns: list[tuple[Pattern, Reading]]) -> Iterator[str]:
    """Yield dotted addresses of every kind that text patterns tell apart."""
    if not patterns:
        return
    octets = [Free(("text",), _DIGITS, 1, 3, (sample,)) for sample in ("203", "0", "113", "10")]
    shape: list[Fixed | Free] = [octets[0]]
    for octet in octets[1:]:
        shape += [Fixed({"text": "."}), octet]
    for words in explore(tuple(shape), {"text": Automaton(patterns)}):
        yield words[0]["text"]


def _sets(key: str, values: list[str], mentions: Mentions) -> Iterator[tuple[str, ...]]:
    """Yield the values a request can have for a key: single ones, and sets of them for a multivalued key.

    A set needs no more values than there are conditions on the key: one for each `ForAnyValue` that has to hold, one
    for each `ForAllValues` that must not.
    """
    conditions = [condition for condition, _ in mentions.conditions.get(key, ())]
    quantified = any(condition.operator.quantifier is not None for condition in conditions)
    several = is_multivalued(key) or (quantified and not is_catalogued(key))
    count = 0
    for length in range(1, min(len(conditions) if several else 1, len(values)) + 1):
        for chosen in combinations(values, length):
            count += 1
            if count > MAX_SETS:
                raise UndecidedError(f"`{key}` has more than {MAX_SETS:,} sets of values to tell apart")
            yield chosen
    if not conditions:
        yield from ((value,) for value in values)


_JOINED: tuple[tuple[frozenset[str], Callable[[World, Mentions, FamilyOfCallers], Iterator[Example]]], ...] = (
    (_ORGANIZATION, _organizations),
    (_NETWORK, _networks),
    (_SOURCE, _sources),
    (_ACCESS_POINT, _access_points),
)
"""The facets of several keys, apart from the caller's own."""
