"""Who can call: the families of callers, and in each a caller of every kind that the policies tell apart."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Literal, TypeAlias

from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import EVERYONE, Principal, PrincipalForm
from sekisho.policy.arns import account_of
from sekisho.policy.patterns import Pattern
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.facets import Example, Facet, FamilyOfCallers, Scene
from sekisho.reasoning.question import Wanted, World
from sekisho.reasoning.samples import (
    DIGITS,
    NAME_LETTERS,
    SAMPLE_ACCOUNTS,
    WITHOUT_COLON,
    fresh_account,
    outside_accounts,
)
from sekisho.reasoning.values import sets_of
from sekisho.reasoning.words import Fixed, Free, Shape, Slot, Walk, Word, explore

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
) -> Iterator[FamilyOfCallers]:
    """Yield the families of callers that a question has to be asked for.

    Args:
        world: which kinds of caller there are.
        principals: every principal that some statement names.
        keys: every condition key that some statement tests; a claim names its provider.
        spares: whether some statement is about everyone but those it names, or a gate is to be shut.
    """
    for kind in (CallerKind.ANONYMOUS, CallerKind.AWS, CallerKind.SERVICE):
        if kind in world.callers:
            yield FamilyOfCallers(kind)
    if CallerKind.SAML not in world.callers and CallerKind.WEB_IDENTITY not in world.callers:
        return
    providers = [entry.value for entry in principals if entry.form is PrincipalForm.FEDERATED]
    if spares or EVERYONE in principals:
        providers += ["accounts.google.com", *_claiming_providers(world, keys)]
        own = f"arn:{world.partition}:iam::{SAMPLE_ACCOUNTS[0]}"
        providers += [f"{own}:oidc-provider/login.example.com", f"{own}:saml-provider/example"]
    for provider in dict.fromkeys(providers):
        if (kind := federated_kind(provider)) in world.callers:
            yield FamilyOfCallers(kind, provider)


def federated_kind(provider: str) -> CallerKind:
    """Return how the users of an identity provider show who they are."""
    return CallerKind.SAML if ":saml-provider/" in provider else CallerKind.WEB_IDENTITY


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
        if family.kind is CallerKind.AWS:
            examples += _aws_callers(scene, 1 << place)
        elif not scene.by_both_names:
            examples += _other_callers(scene, family, 1 << place)
    return Facet(CALLER_KEYS, examples)


def _other_callers(scene: Scene, family: FamilyOfCallers, bit: int) -> Iterable[Example]:
    match family.kind:
        case CallerKind.ANONYMOUS:
            return [ANONYMOUS._replace(families=bit)]
        case CallerKind.SERVICE:
            return _services(scene, bit)
        case _:
            return [Example({}, bit, caller=Caller(family.kind, provider=family.provider))]


def _aws_callers(scene: Scene, family: int) -> Iterator[Example]:
    has_ids = any(one.form is _CANONICAL_USER for one in scene.principals)
    for example in _literal_callers(scene, family) if _is_literal(scene) else _walked_callers(scene, family):
        if scene.named_roles and not _is_named_role(example, scene):
            continue
        if not scene.by_both_names:
            yield example
        if has_ids:
            yield from _with_canonical_ids(example, scene)


def _is_named_role(example: Example, scene: Scene) -> bool:
    """Say whether a session of a role that a principal names is that role's.

    What is named as a principal exists, and an account has no two roles of one name, whatever their paths.
    """
    caller = example.caller
    if caller is None or caller.principal_arn is None:
        return True
    if not caller.principal_arn.startswith(f"arn:{scene.world.partition}:iam::{caller.account}:role/"):
        return True
    named = scene.named_roles.get((caller.account or "", caller.principal_arn.rpartition("/")[2]))
    return named is None or caller.principal_arn in named


_OF_ANONYMOUS: Mapping[str, tuple[str, ...]] = {
    "aws:principalaccount": ("anonymous",),
    "aws:principaltype": ("Anonymous",),
    "aws:userid": ("anonymous",),
}
ANONYMOUS = Example(_OF_ANONYMOUS, caller=Caller(CallerKind.ANONYMOUS))
"""Who sends a request without a signature."""

PrincipalType = Literal["Account", "User", "AssumedRole", "FederatedUser"]


def _example(scene: Scene, family: int, principal_type: PrincipalType, word: Word) -> Example:
    """Return a caller of a family."""
    inside = word["account"] in scene.world.inside.accounts
    return example_of(principal_type, word, family=family, inside=inside)


def example_of(principal_type: PrincipalType, word: Word, *, family: int = 0, inside: bool = False) -> Example:
    """Return a caller with an account, with all keys that follow from who it is.

    Args:
        principal_type: as `aws:PrincipalType` has it.
        word: what it is called: `account`, `arn`, and where it has them `session`, `username`, `userid`.
        family: the families of callers that it is of, as bits.
        inside: whether it is trusted.
    """
    account, arn = word["account"], word["arn"]
    context = {
        "aws:principalarn": (arn,),
        "aws:principalaccount": (account,),
        "kms:calleraccount": (account,),
        "aws:principaltype": (principal_type,),
    }
    for track in ("username", "userid"):
        if track in word:
            context[f"aws:{track}"] = (word[track],)
    caller = Caller(CallerKind.AWS, account, arn, word["session"] if principal_type in _WITH_SESSION else None)
    return Example(context, family, inside, caller)


_WITH_SESSION = ("AssumedRole", "FederatedUser")


def _with_canonical_ids(example: Example, scene: Scene) -> Iterator[Example]:
    """Yield the caller as one whose account has a canonical id that is named.

    A trusted id belongs to a trusted account. Of others it is not known whose they are: anyone's, and not trusted. One
    that is named by its number too is asked about apart, unless some statement spares principals by name.
    """
    caller = example.caller
    if caller is None or (example.inside and scene.world.wanted is Wanted.OUTSIDE):
        return
    named = {one.value for one in scene.principals}
    has_name = not named.isdisjoint((caller.account, caller.principal_arn, caller.session_arn))
    if not scene.spares and has_name is not scene.by_both_names:
        return
    for one in scene.principals:
        if one.form is PrincipalForm.CANONICAL_USER:
            known = one.value in scene.world.inside.canonical_ids
            if known and not example.inside:
                continue
            with_id = Caller(
                caller.kind, caller.account, caller.principal_arn, caller.session_arn, None, None, one.value
            )
            yield example._replace(caller=with_id, inside=known)


def _services(scene: Scene, family: int) -> Iterator[Example]:
    """Yield the AWS services that the statements tell apart: those that are named, and one more.

    A service calls under one of its names, and lists all that it has.
    Source: IAM User Guide, "AWS global condition context keys", properties of the principal.
    """
    names = scene.keys.get(_SERVICE_NAMES)
    patterns = [*scene.patterns("aws:principalservicename", _SERVICE_NAMES), *_literal(scene, PrincipalForm.SERVICE)]
    shape = (Free(("name",), samples=("example.amazonaws.com",)),)
    words = explore(shape, {"name": Automaton(patterns)} if patterns else {}, scene.budget)
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
    mentioned = CALLER_KEYS.intersection(scene.keys)
    return not mentioned or all(name not in _ONLY_WALKED and scene.keys[name].is_literal for name in mentioned)


_ONLY_WALKED = frozenset({"aws:userid", "aws:principaltype"})
_ARN = re.compile(r"arn:([a-z-]+):(iam|sts)::([^:*?$]+):(user|role|root|federated-user)(?:/(.*))?", re.DOTALL)
_USERS = ("alice", "bob", "carol")


def _literal_callers(scene: Scene, family: int) -> Iterator[Example]:
    arns, sessions, accounts = _written_out(scene)
    inside = scene.world.inside.accounts
    skipped = inside if scene.world.wanted is Wanted.OUTSIDE else frozenset[str]()
    of_arns = dict.fromkeys((*arns.values(), *sessions.values()))
    if scene.spares:  # what is said of all but some may look at the account of those
        accounts = {**accounts, **of_arns}
    others = [fresh_account((*accounts, *of_arns), inside)]
    if scene.world.wanted is not Wanted.OUTSIDE and inside:
        others.append(min(inside))
    for account in dict.fromkeys((*accounts, *others)):
        if account not in skipped:
            yield from _callers_of_account(scene, family, account, arns)
    for arn, account in arns.items():
        if account not in skipped:
            yield from _callers_with_arn(scene, family, arn, account, sessions)
    for session, account in sessions.items():
        if account not in skipped:
            yield from _callers_in_session(scene, family, session, account, arns)


def _callers_of_account(scene: Scene, family: int, account: str, arns: Container[str]) -> Iterator[Example]:
    """Yield a caller of an account that no ARN names; where user names matter, one with each, and one with none."""
    of_account = f"arn:{scene.world.partition}:iam::{account}"
    names = [name for name in _names(scene, "aws:username") if _IN_NAMES.issuperset(name)]
    arn = _fresh(f"{of_account}:user/", _USERS, arns, but=names)
    yield _example(scene, family, "User", {"account": account, "arn": arn, "username": arn.rpartition("/")[2]})
    if not names and "aws:username" not in scene.keys:
        return
    role = {"account": account, "arn": _fresh(f"{of_account}:role/", ("example-role",), arns)}
    yield _example(scene, family, "AssumedRole", {**role, "session": _session_of(role["arn"])})
    for name in names:
        arn = _with_path(f"{of_account}:user/", name, arns)
        yield _example(scene, family, "User", {"account": account, "arn": arn, "username": name})


def user_of(partition: str, account: str, taken: Container[str]) -> Example:
    """Return a user of an account, one whose ARN is not taken."""
    arn = _fresh(f"arn:{partition}:iam::{account}:user/", _USERS, taken)
    return example_of("User", {"account": account, "arn": arn, "username": arn.rpartition("/")[2]})


def _session_of(role: str) -> str:
    return f"{role.replace(':iam:', ':sts:', 1).replace(':role/', ':assumed-role/', 1)}/{_SESSIONS[0]}"


def _names(scene: Scene, key: str) -> list[str]:
    """Return the texts that a key may have to be equal to."""
    names = [name for name in scene.keys[key].texts() if name] if key in scene.keys else []
    settled = scene.settled.get(key)
    return [*names, settled] if settled and settled not in names else names


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
    if scene.keys:
        for text in _names(scene, "aws:principalarn"):
            found = _ARN.fullmatch(text)
            if found is not None and found[1] == scene.world.partition:
                arns[text] = found[3]
        for name in _ACCOUNT_KEYS:
            accounts.update(dict.fromkeys(text for text in _names(scene, name) if is_account_id(text)))
    return arns, sessions, accounts


_ACCOUNT, _IDENTITY, _SESSION = PrincipalForm.ACCOUNT, PrincipalForm.IDENTITY, PrincipalForm.SESSION
_CANONICAL_USER = PrincipalForm.CANONICAL_USER


def _callers_with_arn(
    scene: Scene, family: int, arn: str, account: str, sessions: Mapping[str, str]
) -> Iterator[Example]:
    principal_type, word = called(arn, account, sessions)
    yield _example(scene, family, principal_type, word)
    if principal_type == "AssumedRole":
        start = word["session"].rpartition("/")[0]
        for session in sessions:
            if session.startswith(f"{start}/"):
                yield _example(scene, family, "AssumedRole", {**word, "session": session})


def called(arn: str, account: str, sessions: Container[str] = ()) -> tuple[PrincipalType, Word]:
    """Return what a caller with an ARN is, and what it is called.

    Args:
        arn: of a user, an account's root, a federated user or a role; of a role comes a session.
        account: the caller's.
        sessions: the ARNs that a role's session is not to have.
    """
    found = _ARN.fullmatch(arn)
    kind, path = (found[4], found[5] or "") if found else ("role", "example")
    name = path.rpartition("/")[2]
    match kind:
        case "user":
            return "User", {"account": account, "arn": arn, "username": name}
        case "root":
            return "Account", {"account": account, "arn": arn}
        case "federated-user":
            return "FederatedUser", {"account": account, "arn": arn, "session": arn}
        case _:
            start = f"{arn.partition(':iam:')[0]}:sts::{account}:assumed-role/{name}/"
            return "AssumedRole", {"account": account, "arn": arn, "session": _fresh(start, _SESSIONS, sessions)}


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


def _walked_callers(scene: Scene, family: int) -> Iterator[Example]:
    arns = [*scene.patterns("aws:principalarn"), *_literal(scene, PrincipalForm.IDENTITY)]
    patterns = {
        "arn": arns,
        "account": [*scene.patterns(*_ACCOUNT_KEYS), *_literal(scene, PrincipalForm.ACCOUNT)],
        "session": [*_literal(scene, PrincipalForm.SESSION)],
        "username": scene.patterns("aws:username"),
        "userid": scene.patterns("aws:userid"),
    }
    walk = Walk({track: Automaton(listed) for track, listed in patterns.items() if listed}, scene.budget)
    # A session's ARN and a user name leave the path out, so beside them even an unwritten path matters.
    paths = bool(patterns["session"] or patterns["username"]) or _tells_paths_apart(arns)
    produced = set[str | None]()
    for head, tails in _caller_shapes(scene, paths=paths):
        common = walk.through(walk.start, head)
        for principal_type, tail in tails:
            for word in walk.words((*head, *tail), walk.through(common, tail)):
                produced |= {word["arn"], word.get("session")}
                yield _example(scene, family, principal_type, word)
    yield from _odd_callers(scene, family, produced)


def _literal(scene: Scene, form: PrincipalForm) -> Iterator[tuple[Pattern, Reading]]:
    yield from (((one.value,), Reading.EXACT) for one in scene.principals if one.form is form)


def _odd_callers(scene: Scene, family: int, produced: set[str | None]) -> Iterator[Example]:
    """Yield the named callers whose names no shape writes: what is named is taken to exist."""
    for one in scene.principals:
        if one.form in _BY_ARN and one.value not in produced:
            word = {"arn": one.value, "account": account_of(one.value), "session": one.value}
            session = one.form is PrincipalForm.SESSION
            yield _example(scene, family, "AssumedRole", word if session else {**word, "session": ""})


_BY_ARN = (PrincipalForm.IDENTITY, PrincipalForm.SESSION)


def _tells_paths_apart(patterns: Iterable[tuple[Pattern, Reading]]) -> bool:
    """Say whether a user or role with a path can differ, for some pattern, from one without.

    It cannot when no pattern writes a letter that is in paths only, apart from a fixed `arn:aws:iam::…:role/`: then a
    slash is a letter like any other.
    """
    for pattern, _ in patterns:
        texts = [part for part in pattern if isinstance(part, str)]
        if texts and pattern[0] == texts[0] and texts[0].startswith("arn:"):
            texts[0] = texts[0].partition("/")[2]
        if any(not _IN_NAMES.issuperset(text) for text in texts):
            return True
    return False


_IN_NAMES = frozenset(NAME_LETTERS)


_Tails: TypeAlias = tuple[tuple[PrincipalType, Shape], ...]


def _caller_shapes(scene: Scene, *, paths: bool) -> Iterator[tuple[Shape, _Tails]]:
    """Yield how the callers of AWS accounts are written: the beginning, and to each type of principal the rest.

    Tracks: `arn` (`aws:PrincipalArn`), `account`, `session` (the ARN of the session), `username`, `userid`.
    A path may have any printing letter. Source: IAM User Guide, "IAM identifiers", "AWS global condition context
    keys", and "IAM policy elements: Variables and tags", where the table of principal key values has the forms of
    `aws:userid`.
    """
    iam, sts = f"arn:{scene.world.partition}:iam::", f"arn:{scene.world.partition}:sts::"
    both = ("arn", "session")
    path = (Free(("arn",), f"{WITHOUT_COLON}:", samples=("team",)), Fixed({"arn": "/"}))
    first = Free(("userid",), _ID_LETTERS[:52], 1, 1, samples=("A",))  # a letter: an id is no account
    user_id = Free(("userid",), _ID_LETTERS, samples=("IDAEXAMPLEUSERID1234",))
    user = (Free(("arn", "username"), NAME_LETTERS, samples=("alice", "bob")), first, user_id)
    to_session = (
        Free(both, NAME_LETTERS, samples=("example-role",)),
        first,
        Free(("userid",), _ID_LETTERS, samples=("ROAEXAMPLEROLEID1234",)),
        Fixed({"session": "/", "userid": ":"}),
        Free(("session", "userid"), NAME_LETTERS, samples=("example-session",)),
    )
    users = Fixed({"arn": ":user/"})
    roles = Fixed({"arn": ":role/", "session": ":assumed-role/"})
    plain: _Tails = (("User", (users, *user)), ("AssumedRole", (roles, *to_session)))
    with_path: _Tails = (("User", (users, *path, *user)), ("AssumedRole", (roles, *path, *to_session)))
    tails = plain + with_path if paths else plain
    for account in _account_slots(scene, (*both, "account")):
        yield (Fixed({"arn": iam, "session": sts}), account), tails
    for account in _account_slots(scene, (*both, "account", "userid")):
        yield (Fixed({"arn": iam}), account), (("Account", (Fixed({"arn": ":root"}),)),)
        federated = (
            Fixed({**dict.fromkeys(both, ":federated-user/"), "userid": ":"}),
            Free((*both, "userid"), NAME_LETTERS, samples=("example",)),
        )
        yield (Fixed(dict.fromkeys(both, sts)), account), (("FederatedUser", federated),)


_ID_LETTERS = NAME_LETTERS.replace("+=,.@", "")


def _account_slots(scene: Scene, tracks: tuple[str, ...]) -> Iterator[Slot]:
    """Yield what may stand for an account: twelve digits, or an odd text that some ARN in the documents has there."""
    inside = scene.world.inside
    yield Free(tracks, DIGITS, 12, 12, outside_accounts(inside), inside.accounts)
    if scene.world.wanted is not Wanted.OUTSIDE:
        yield Free(tracks, samples=tuple(sorted(inside.accounts)), closed=True)
    odd = set(odd_accounts(scene, "aws:principalarn"))
    odd |= {one for entry in scene.principals if (one := entry.account) and not is_account_id(one)}
    yield from (Fixed(dict.fromkeys(tracks, one)) for one in sorted(odd))


def odd_accounts(scene: Scene, name: str) -> Iterator[str]:
    """Yield what the values of a key have in the place of an account where it is no account id."""
    key = scene.keys.get(name)
    for label in key.labels if key is not None else ():
        found = _ODD_ACCOUNT.match(label.text)
        if found is not None and not is_account_id(found[1]):
            yield found[1]


_ODD_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([^:*?$]+):")


def is_account_id(text: str) -> bool:
    """Say whether a text has the form of an account id."""
    return len(text) == 12 and text.isascii() and text.isdigit()  # noqa: PLR2004 - an account id has twelve digits
