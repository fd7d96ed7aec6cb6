"""Who can call: the families of callers, and in each a caller of every kind that the policies tell apart."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count

from msgspec.structs import replace

from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import EVERYONE, Principal, PrincipalForm
from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.policy.arns import account_of
from sekisho.policy.patterns import Wildcard
from sekisho.reasoning.accounts import is_account_id
from sekisho.reasoning.automaton import Automaton, Reading, Written, apart, is_text
from sekisho.reasoning.caller_shapes import PrincipalType, walked_arns, walked_callers
from sekisho.reasoning.facets import Example, Facet, FamilyOfCallers, Scene
from sekisho.reasoning.question import Wanted, World
from sekisho.reasoning.samples import IN_NAMES, SAMPLE_ACCOUNTS, fresh_account
from sekisho.reasoning.values import sets_of
from sekisho.reasoning.words import Free, Word, explore

CALLER_KEYS = frozenset(
    {
        "aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:principaltype", "aws:username",
        "aws:userid", "aws:principalservicename", "aws:principalservicenameslist",
    }
)  # fmt: skip
"""The keys that follow from who the caller is."""

_ACCOUNT_KEYS = ("aws:principalaccount", "kms:calleraccount")


def families_of_callers(
    world: World, principals: Iterable[Principal], keys: Iterable[str], *, spares: bool
) -> list[FamilyOfCallers]:
    """Return the families of callers that a question has to be asked for.

    Args:
        world: which kinds of caller there are.
        principals: every principal that some statement names.
        keys: every condition key that some statement tests; a claim names its provider.
        spares: whether some statement is about everyone but those it names, or a gate is to be shut.
    """
    kinds = world.callers
    found = [family for family in _WITHOUT_PROVIDER if family.kind in kinds]
    if _SAML not in kinds and _WEB_IDENTITY not in kinds:
        return found
    providers = [entry.value for entry in principals if entry.form is _FEDERATED]
    if spares or EVERYONE in principals:
        providers += ["accounts.google.com", *_claiming_providers(world, keys)]
        own = f"arn:{world.partition}:iam::{SAMPLE_ACCOUNTS[0]}"
        providers += [f"{own}:oidc-provider/login.example.com", f"{own}:saml-provider/example"]
    federated = [FamilyOfCallers(federated_kind(provider), provider) for provider in dict.fromkeys(providers)]
    return found + [family for family in federated if family.kind in kinds]


_WITHOUT_PROVIDER = (
    FamilyOfCallers(CallerKind.ANONYMOUS),
    FamilyOfCallers(CallerKind.AWS),
    FamilyOfCallers(CallerKind.SERVICE),
)


def federated_kind(provider: str) -> CallerKind:
    """Return how the users of an identity provider show who they are."""
    return _SAML if ":saml-provider/" in provider else _WEB_IDENTITY


def _claiming_providers(world: World, keys: Iterable[str]) -> Iterator[str]:
    """Yield the providers whose claims some condition tests."""
    for key in keys:
        domain, _, claim = key.rpartition(":")
        if "." in domain and claim:
            yield domain
            yield f"arn:{world.partition}:iam::{SAMPLE_ACCOUNTS[0]}:oidc-provider/{domain}"


def caller_facet(scene: Scene) -> Facet:
    """Return the callers of every family, one of every kind, each with all keys that follow from who it is.

    Raises:
        UndecidedError: more kinds than the budget allows to keep apart.
    """
    examples: list[Example] = []
    for place, family in enumerate(scene.families):
        kind, bit = family.kind, 1 << place
        if kind is _AWS:
            examples += _aws_callers(scene, bit)
        elif scene.by_both_names:
            continue
        elif kind is _ANONYMOUS:
            examples.append(Example(_OF_ANONYMOUS, bit, caller=_ANYONE))
        elif kind is _SERVICE:
            examples += _services(scene, bit)
        else:
            examples.append(Example({}, bit, caller=Caller(kind, provider=family.provider)))
    return Facet(CALLER_KEYS, examples)


_ANONYMOUS, _AWS, _SERVICE = CallerKind.ANONYMOUS, CallerKind.AWS, CallerKind.SERVICE
_SAML, _WEB_IDENTITY, _FEDERATED = CallerKind.SAML, CallerKind.WEB_IDENTITY, PrincipalForm.FEDERATED
_OUTSIDE = Wanted.OUTSIDE


def _aws_callers(scene: Scene, family: int) -> Sequence[Example]:
    found = _literal_callers(scene, family) if _is_literal(scene) else _patterned_callers(scene, family)
    if scene.named_roles:
        found = [one for one in found if _is_named_role(one, scene)]
    if not scene.has_canonical_ids:
        return found
    named: set[str | None] = {one.value for one in scene.principals}
    users = [one.value for one in scene.principals if one.form is PrincipalForm.CANONICAL_USER]
    examples: list[Example] = []
    for example in found:
        if not scene.by_both_names:
            examples.append(example)
        examples += _with_canonical_ids(example, scene, named, users)
    return examples


def _is_named_role(example: Example, scene: Scene) -> bool:
    """Say whether a session of a role that a principal names is that role's.

    What is named as a principal exists, and an account has no two roles of one name, whatever their paths.
    """
    caller = example.caller
    if caller is None or caller.principal_arn is None:
        return True
    arn = caller.principal_arn
    named = scene.named_roles.get((caller.account or "", arn.rpartition("/")[2]))
    if named is None or arn in named:
        return True
    return not arn.startswith(f"arn:{scene.world.partition}:iam::{caller.account}:role/")


_OF_ANONYMOUS: Mapping[str, tuple[str, ...]] = {
    "aws:principalaccount": ("anonymous",),
    "aws:principaltype": ("Anonymous",),
    "aws:userid": ("anonymous",),
}
_ANYONE = Caller(_ANONYMOUS)
ANONYMOUS = Example(_OF_ANONYMOUS, caller=_ANYONE)
"""Who sends a request without a signature."""


def _example(scene: Scene, family: int, principal_type: PrincipalType, word: Word) -> Example:
    """Return a caller of a family.

    Args:
        scene: who is trusted.
        family: as a bit.
        principal_type: as `aws:PrincipalType` has it.
        word: what it is called: `account`, `arn`, and where it has them `session`, `username`, `userid`.
    """
    return _caller(
        principal_type,
        word["account"],
        word["arn"],
        family,
        scene.world.inside.accounts,
        session=word["session"] if principal_type in _WITH_SESSION else None,
        username=word.get("username"),
        userid=word.get("userid"),
    )


_WITH_SESSION = ("AssumedRole", "FederatedUser")


def _caller(
    principal_type: PrincipalType,
    account: str,
    arn: str,
    family: int,
    inside: Container[str],
    *,
    session: str | None = None,
    username: str | None = None,
    userid: str | None = None,
) -> Example:
    """Return a caller with an account, with all keys that follow from who it is; `inside` has the trusted accounts."""
    of_account = (account,)
    context = {
        "aws:principalarn": (arn,),
        "aws:principalaccount": of_account,
        "kms:calleraccount": of_account,
        "aws:principaltype": (principal_type,),
    }
    if username is not None:
        context["aws:username"] = (username,)
    if userid is not None:
        context["aws:userid"] = (userid,)
    return Example(context, family, account in inside, Caller(_AWS, account, arn, session))


def _with_canonical_ids(
    example: Example, scene: Scene, named: Container[str | None], users: Iterable[str]
) -> Iterator[Example]:
    """Yield the caller as one whose account has a canonical id that is named.

    A trusted id belongs to a trusted account. Of others it is not known whose they are: anyone's, and not trusted. One
    that is named by its number too is asked about apart, unless some statement spares principals by name.
    """
    caller = example.caller
    if caller is None or (example.inside and scene.world.wanted is _OUTSIDE):
        return
    has_name = caller.account in named or caller.principal_arn in named or caller.session_arn in named
    if not scene.spares and has_name is not scene.by_both_names:
        return
    for user in users:
        known = user in scene.world.inside.canonical_ids
        if not known or example.inside:
            with_id = Caller(caller.kind, caller.account, caller.principal_arn, caller.session_arn, None, None, user)
            yield replace(example, caller=with_id, inside=known)


def _services(scene: Scene, family: int) -> Iterator[Example]:
    """Yield the AWS services that the statements tell apart: those that are named, and one more.

    A service calls under one of its names, and lists all that it has.
    Source: IAM User Guide, "AWS global condition context keys", properties of the principal.
    """
    names = scene.keys.get(_SERVICE_NAMES)
    patterns = [*scene.patterns("aws:principalservicename", _SERVICE_NAMES), *_literal(scene, PrincipalForm.SERVICE)]
    shape = (Free(("name",), samples=("example.amazonaws.com",)),)
    words = explore(shape, Automaton({"name": apart(patterns)}), scene.budget)
    found = [word["name"] for word in words]
    lists = [()] if names is None else list(sets_of(names, found, scene.budget, shown=True))
    for name in found:
        for others in lists:
            context = {"aws:principalservicename": (name,), _SERVICE_NAMES: tuple(dict.fromkeys((name, *others)))}
            yield Example(context, family, caller=Caller(CallerKind.SERVICE, service=name))


_SERVICE_NAMES = "aws:principalservicenameslist"


# Where all that matters of a caller is whether it is one of those named: they, and one more of each account.


def _is_literal(scene: Scene) -> bool:
    """Say whether callers matter only by being equal to some that are written out."""
    for name in CALLER_KEYS.intersection(scene.keys):
        if name in _ONLY_WALKED or not scene.keys[name].is_literal:
            return False
    return True


_ONLY_WALKED = frozenset({"aws:userid", "aws:principaltype"})
_SERVICES = {"root": "iam", "user": "iam", "role": "iam", "federated-user": "sts"}
"""The kinds of callers that are named in ARNs, each with the service that its ARN has."""


def parsed(arn: str) -> tuple[str, str, str, str] | None:
    """Return the partition, the account, the kind and the name that are in a caller's ARN.

    Of a user or role, with a path or none, of a federated user, or of a root, whose name is empty; None for any other.
    """
    parts = arn.split(":", ARN_COMPONENTS - 1)
    if len(parts) != ARN_COMPONENTS:
        return None
    start, partition, service, region, account, resource = parts
    if start != "arn" or region or not account or not _NOT_IN_ACCOUNTS.isdisjoint(account):
        return None
    kind, _, rest = resource.partition("/")
    _, slash, name = rest.rpartition("/")
    if resource != "root" and (not name or kind == "root" or (slash and kind == "federated-user")):
        return None
    return (partition, account, kind, name) if _SERVICES.get(kind) == service else None


_NOT_IN_ACCOUNTS = frozenset("*?$")


_USERS = ("alice", "bob", "carol")


def _literal_callers(scene: Scene, family: int) -> list[Example]:
    arns, sessions, accounts = _written_out(scene)
    inside = scene.world.inside.accounts
    skipped = inside if scene.world.wanted is _OUTSIDE else frozenset[str]()
    of_arns = dict.fromkeys((*arns.values(), *sessions.values()))
    if scene.spares:  # what is said of all but some may look at the account of those
        accounts = {**accounts, **of_arns}
    others = [fresh_account((*accounts, *of_arns), inside)]
    if scene.world.wanted is not _OUTSIDE and inside:
        others.append(min(inside))
    with_names = "aws:username" in scene.keys
    names = [name for name in _names(scene, "aws:username") if IN_NAMES.issuperset(name)] if with_names else []
    settled = scene.settled.get("aws:principalaccount")
    found: list[Example] = []
    for account in dict.fromkeys((*accounts, *others)):
        if account not in skipped and settled in {None, account}:
            start = f"arn:{scene.world.partition}:iam::{account}:user/"
            arn = _fresh(start, _USERS, arns, but=names)
            found.append(_caller("User", account, arn, family, inside, username=arn.removeprefix(start)))
            if with_names:
                found += _callers_with_names(scene, family, account, names, arns)
    for arn, account in arns.items():
        if account not in skipped:
            found += _callers_with_arn(scene, family, arn, account, sessions)
    for session, account in sessions.items():
        if account not in skipped:
            found += _callers_in_session(scene, family, session, account, arns)
    return found


def _callers_with_names(
    scene: Scene, family: int, account: str, names: Iterable[str], arns: Container[str]
) -> Iterator[Example]:
    """Yield a caller of an account without a user name, and one with each of some names; their ARNs are not taken."""
    of_account = f"arn:{scene.world.partition}:iam::{account}"
    taken = [name for of, name in scene.named_roles if of == account]
    role = {"account": account, "arn": _fresh(f"{of_account}:role/", ("example-role",), arns, but=taken)}
    yield _example(scene, family, "AssumedRole", {**role, "session": _session_of(role["arn"])})
    for name in names:
        arn = _with_path(f"{of_account}:user/", name, arns)
        yield _example(scene, family, "User", {"account": account, "arn": arn, "username": name})


def user_of(partition: str, account: str, taken: Container[str]) -> Example:
    """Return a user of an account, one whose ARN is not taken."""
    start = f"arn:{partition}:iam::{account}:user/"
    arn = _fresh(start, _USERS, taken)
    return _caller("User", account, arn, 0, (), username=arn.removeprefix(start))


def _session_of(role: str) -> str:
    return f"{role.replace(':iam:', ':sts:', 1).replace(':role/', ':assumed-role/', 1)}/{_SESSIONS[0]}"


def _names(scene: Scene, key: str) -> list[str]:
    """Return the texts that a key may have to be equal to: the one that was settled on, or all."""
    asked, settled = scene.keys.get(key), scene.settled.get(key)
    if asked is None:
        return []
    return [settled] if settled else [name for name in asked.texts if name]


def _written_out(scene: Scene) -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, None]]:
    """Return the ARNs of callers and of sessions with their accounts, and the accounts, that the statements name.

    Of an account that only ARNs name, a caller without one of these is like a caller of any other.
    """
    arns: dict[str, str] = {}
    sessions: dict[str, str] = {}
    accounts: dict[str, None] = {}
    for one in scene.principals:
        form = one.form
        if form is _ACCOUNT:
            accounts[one.value] = None
        elif form is _IDENTITY:
            arns[one.value] = account_of(one.value)
        elif form is _SESSION:
            sessions[one.value] = account_of(one.value)
    if not CALLER_KEYS.isdisjoint(scene.keys):
        _add_written_in_conditions(scene, arns, accounts)
    return arns, sessions, accounts


def _add_written_in_conditions(scene: Scene, arns: dict[str, str], accounts: dict[str, None]) -> None:
    """Add the ARNs of callers with their accounts, and the accounts, that conditions write out."""
    for text in _names(scene, "aws:principalarn"):
        found = parsed(text)
        if found is not None and found[0] == scene.world.partition:
            arns[text] = found[1]
    for name in _ACCOUNT_KEYS:
        accounts |= dict.fromkeys(filter(is_account_id, _names(scene, name)))


_ACCOUNT, _IDENTITY, _SESSION = PrincipalForm.ACCOUNT, PrincipalForm.IDENTITY, PrincipalForm.SESSION


def _callers_with_arn(
    scene: Scene, family: int, arn: str, account: str, sessions: Mapping[str, str]
) -> Iterator[Example]:
    inside = scene.world.inside.accounts
    fresh = caller_with(arn, account, family, inside, sessions)
    yield fresh
    if sessions and fresh.caller is not None and fresh.context["aws:principaltype"] == ("AssumedRole",):
        start, _, _ = (fresh.caller.session_arn or "").rpartition("/")
        for session in sessions:
            if session.startswith(f"{start}/"):
                yield _caller("AssumedRole", account, arn, family, inside, session=session)


def caller_with(
    arn: str, account: str, family: int = 0, inside: Container[str] = (), sessions: Container[str] = ()
) -> Example:
    """Return a caller with an ARN.

    Args:
        arn: of a user, an account's root, a federated user or a role; of a role comes a session.
        account: the caller's.
        family: the families of callers that it is of, as bits.
        inside: the accounts that are trusted.
        sessions: the ARNs that a role's session is not to have.
    """
    found = parsed(arn)
    kind, name = found[2:] if found is not None else ("role", "example")
    match kind:
        case "user" if IN_NAMES.issuperset(name):
            return _caller("User", account, arn, family, inside, username=name)
        case "user":  # such as an origin access identity of CloudFront: no IAM user, and without a user name
            return _caller("User", account, arn, family, inside)
        case "root":
            return _caller("Account", account, arn, family, inside)
        case "federated-user":
            return _caller("FederatedUser", account, arn, family, inside, session=arn)
        case _:
            start = f"{arn.partition(':iam:')[0]}:sts::{account}:assumed-role/{name}/"
            session = _fresh(start, _SESSIONS, sessions)
            return _caller("AssumedRole", account, arn, family, inside, session=session)


_SESSIONS = ("example-session", "another-session")


def _fresh(start: str, names: Sequence[str], taken: Container[str], *, but: Container[str] = ()) -> str:
    """Return the start with a name after it, numbered if need be: none of some names, and the whole not taken."""
    for name in names:
        if name not in but and (one := start + name) not in taken:
            return one
    numbered = (f"{name}-{number}" for number in count(2) for name in names)
    return next(one for name in numbered if name not in but and (one := start + name) not in taken)


def _with_path(start: str, name: str, taken: Container[str]) -> str:
    """Return the start and the name with a path between, none at all if possible, so that the whole is not taken."""
    paths = chain(("", "team/", "another/"), (f"path-{number}/" for number in count(1)))
    return next(one for path in paths if (one := f"{start}{path}{name}") not in taken)


def _callers_in_session(
    scene: Scene, family: int, session: str, account: str, arns: Mapping[str, str]
) -> Iterator[Example]:
    """Yield the session as one of a role that is not named; `_callers_with_arn` has those of roles that are."""
    kind, _, names = session.partition(f":{account}:")[2].partition("/")
    if kind == "federated-user":
        if session not in arns:
            yield _example(scene, family, "FederatedUser", {"account": account, "arn": session, "session": session})
        return
    role = names.partition("/")[0]
    of_account = f"arn:{scene.world.partition}:iam::{account}:role/"
    arn = _with_path(of_account, role, arns)
    yield _example(scene, family, "AssumedRole", {"account": account, "arn": arn, "session": session})


# Where patterns tell callers apart: one of every kind, found by walking through all that a caller can be called.


def _patterned_callers(scene: Scene, family: int) -> list[Example]:
    found = _beside_named_callers(scene, family)
    if found is not None:
        return found
    patterns = {
        "arn": apart([*scene.patterns(_PRINCIPAL_ARN), *_literal(scene, PrincipalForm.IDENTITY)]),
        "account": apart([*scene.patterns(*_ACCOUNT_KEYS), *_literal(scene, PrincipalForm.ACCOUNT)]),
        "session": apart(_literal(scene, PrincipalForm.SESSION)),
        "username": apart(scene.patterns("aws:username")),
        "userid": apart(scene.patterns("aws:userid")),
    }
    found = [_example(scene, family, *one) for one in walked_callers(scene, patterns)]
    if not all(_is_named_role(one, scene) for one in found):  # those beside them that have names of their own
        patterns["arn"] += _of_one_name(scene)
        found = [_example(scene, family, *one) for one in walked_callers(scene, patterns)]
    return [*found, *_odd_callers(scene, family, found)]


def _beside_named_callers(scene: Scene, family: int) -> list[Example] | None:
    """Return the callers whose ARNs are written out, and one of every kind that patterns tell apart beside them.

    None where that is not all: where sessions or ids matter too, or all callers of some kind are written out.
    """
    arns, sessions, accounts = _written_out(scene)
    if sessions or any(name in scene.keys or name in scene.settled for name in _ONLY_WALKED):
        return None
    if not all(name not in scene.keys or scene.keys[name].is_literal for name in _ACCOUNT_KEYS):
        return None
    patterns: dict[str, list[Written]] = {
        "arn": [one for one in scene.patterns(_PRINCIPAL_ARN) if not is_text(one)],
        "account": [((one,), Reading.EXACT) for one in accounts],
        "username": scene.patterns("aws:username"),
    }
    skipped = scene.world.inside.accounts if scene.world.wanted is _OUTSIDE else frozenset[str]()
    found: list[Example] = []
    for word in walked_arns(scene, patterns):
        one = caller_with(word["arn"], word["account"], family, scene.world.inside.accounts)
        if word["arn"] in arns or (scene.named_roles and not _is_named_role(one, scene)):
            return None
        found.append(one)
    for arn, account in arns.items():
        if account not in skipped:
            found += _callers_with_arn(scene, family, arn, account, sessions)
    return found


_PRINCIPAL_ARN = "aws:principalarn"


def _literal(scene: Scene, form: PrincipalForm) -> Iterator[Written]:
    yield from (((one.value,), Reading.EXACT) for one in scene.principals if one.form is form)


def _of_one_name(scene: Scene) -> Iterator[Sequence[Written]]:
    """Yield what tells the roles of one name apart from all others, for each name of a role that a principal names."""
    for account, name in scene.named_roles:
        start = f"arn:{scene.world.partition}:iam::{account}:role/"
        yield ((f"{start}{name}",), Reading.EXACT), ((start, Wildcard.ANY_RUN, f"/{name}"), Reading.EXACT)


def _odd_callers(scene: Scene, family: int, found: Iterable[Example]) -> Iterator[Example]:
    """Yield the named callers whose names no shape writes: what is named is taken to exist."""
    callers = [one.caller for one in found if one.caller is not None]
    known = {name for one in callers for name in (one.principal_arn, one.session_arn)}
    for one in scene.principals:
        if one.form in _BY_ARN and one.value not in known:
            word = {"arn": one.value, "account": account_of(one.value), "session": one.value}
            session = one.form is PrincipalForm.SESSION
            yield _example(scene, family, "AssumedRole", word if session else {**word, "session": ""})


_BY_ARN = (PrincipalForm.IDENTITY, PrincipalForm.SESSION)
