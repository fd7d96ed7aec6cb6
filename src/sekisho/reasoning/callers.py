"""Who can call: the families of callers, and in each a caller of every kind that the policies tell apart."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import EVERYONE, PrincipalForm
from sekisho.policy.arns import account_of
from sekisho.policy.operators import Family
from sekisho.policy.patterns import Pattern
from sekisho.reasoning.automaton import Automaton, Reading
from sekisho.reasoning.facets import Example, Facet, FamilyOfCallers
from sekisho.reasoning.mentions import Mentions
from sekisho.reasoning.question import Question, World
from sekisho.reasoning.samples import (
    DIGITS,
    NAME_LETTERS,
    SAMPLE_ACCOUNTS,
    enough_words,
    outside_accounts,
    outside_word,
)
from sekisho.reasoning.words import Fixed, Free, Shape, Slot, Word, explore

CALLER_KEYS = frozenset(
    {"aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:principaltype", "aws:username"}
)
"""The keys that follow from who the caller is."""

_ODD_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::([^:*?$]+):")


def families_of_callers(question: Question, mentions: Mentions) -> Iterator[FamilyOfCallers]:
    """Yield the families of callers that the question has to be asked for."""
    callers = question.world.callers
    for kind in (CallerKind.ANONYMOUS, CallerKind.AWS):
        if kind in callers:
            yield FamilyOfCallers(kind)
    providers = [entry.value for entry in mentions.principals if entry.form is PrincipalForm.FEDERATED]
    if mentions.spares or EVERYONE in mentions.principals:
        providers += ["accounts.google.com", *_claiming_providers(question.world, mentions)]
        own = f"arn:{question.world.partition}:iam::{SAMPLE_ACCOUNTS[0]}"
        providers += [f"{own}:oidc-provider/login.example.com", f"{own}:saml-provider/example"]
    for provider in dict.fromkeys(providers):
        kind = CallerKind.SAML if ":saml-provider/" in provider else CallerKind.WEB_IDENTITY
        if kind in callers:
            yield FamilyOfCallers(kind, provider)


def _claiming_providers(world: World, mentions: Mentions) -> Iterator[str]:
    """Yield the providers whose claims some condition tests."""
    for key in mentions.keys:
        domain, _, claim = key.rpartition(":")
        if "." in domain and claim:
            yield domain
            yield f"arn:{world.partition}:iam::{SAMPLE_ACCOUNTS[0]}:oidc-provider/{domain}"


def caller_facet(world: World, mentions: Mentions, family: FamilyOfCallers) -> Facet:
    """Return the callers of a family, one of every kind, each with all keys that follow from who it is.

    Raises:
        UndecidedError: more kinds than the reasoner keeps apart.
    """
    match family.kind:
        case CallerKind.ANONYMOUS:
            context = {"aws:principalaccount": ("anonymous",), "aws:principaltype": ("Anonymous",)}
            return Facet(CALLER_KEYS, (Example(context, Caller(CallerKind.ANONYMOUS)),))
        case CallerKind.AWS:
            return Facet(CALLER_KEYS, tuple(_aws_callers(world, mentions)))
        case _:
            return Facet(CALLER_KEYS, (Example({}, Caller(family.kind, provider=family.provider)),))


def _aws_callers(world: World, mentions: Mentions) -> Iterator[Example]:
    arns = [*mentions.patterns("aws:principalarn"), *_literal(mentions, PrincipalForm.IDENTITY)]
    accounts = mentions.patterns("aws:principalaccount", "kms:calleraccount")
    automata = {
        "arn": Automaton(arns),
        "account": Automaton([*accounts, *_literal(mentions, PrincipalForm.ACCOUNT)]),
        "session": Automaton(_literal(mentions, PrincipalForm.SESSION)),
        "username": Automaton(mentions.patterns("aws:username")),
    }
    # A session's ARN and a user name leave the path out, so beside them even an unwritten path matters.
    paths = _tells_paths_apart(arns) or any(automata[track].letters for track in ("session", "username"))
    produced = set[str | None]()
    for principal_type, shape in _caller_shapes(world, mentions, paths=paths):
        for words in explore(shape, automata, keep=enough_words(world.inside)):
            word = outside_word(words, lambda one: one["account"] in world.inside.accounts)
            example = _aws_example(world, principal_type, word)
            produced |= {word["arn"], word.get("session")}
            yield example
            yield from _with_canonical_ids(example, world, mentions)
    yield from _odd_callers(world, mentions, produced)


def _odd_callers(world: World, mentions: Mentions, produced: set[str | None]) -> Iterator[Example]:
    """Yield the named callers whose names no shape writes: what is named is taken to exist."""
    for one in mentions.principals:
        if one.form in {PrincipalForm.IDENTITY, PrincipalForm.SESSION} and one.value not in produced:
            session = one.form is PrincipalForm.SESSION
            word = {"arn": one.value, "account": account_of(one.value), "session": one.value}
            yield _aws_example(world, "AssumedRole", word if session else {**word, "session": ""})


def _literal(mentions: Mentions, form: PrincipalForm) -> Iterator[tuple[Pattern, Reading]]:
    yield from (((one.value,), Reading.EXACT) for one in mentions.principals if one.form is form)


def _with_canonical_ids(example: Example, world: World, mentions: Mentions) -> Iterator[Example]:
    """Yield the caller as one whose account has a canonical id that is named.

    Which account an id belongs to is not known: any outside one. One that is named by its number too is left to that
    name, unless some statement spares principals by name.
    """
    caller = example.caller
    named = {one.value for one in mentions.principals}
    if caller is None or example.inside:
        return
    if not mentions.spares and {caller.account, caller.principal_arn, caller.session_arn} & named:
        return
    for one in mentions.principals:
        if one.form is PrincipalForm.CANONICAL_USER:
            known = one.value in world.inside.canonical_ids
            yield Example(example.context, replace(caller, canonical_id=one.value), inside=known)


def _aws_example(world: World, principal_type: str, word: Word) -> Example:
    account = word["account"]
    context = {
        "aws:principalarn": (word["arn"],),
        "aws:principalaccount": (account,),
        "kms:calleraccount": (account,),
        "aws:principaltype": (principal_type,),
    }
    if "username" in word:
        context["aws:username"] = (word["username"],)
    caller = Caller(CallerKind.AWS, account, word["arn"], word.get("session") or None)
    return Example(context, caller, inside=account in world.inside.accounts)


def _tells_paths_apart(patterns: Iterable[tuple[Pattern, Reading]]) -> bool:
    """Say whether a user or role with a path can differ, for some pattern, from one without.

    It cannot when no pattern writes a slash, apart from the one that closes a fixed `arn:aws:iam::…:role/`: then a
    slash is a letter like any other.
    """
    for pattern, _ in patterns:
        texts = [part for part in pattern if isinstance(part, str)]
        if texts and pattern[0] == texts[0] and texts[0].startswith("arn:"):
            texts[0] = texts[0].partition("/")[2]
        if any("/" in text for text in texts):
            return True
    return False


def _caller_shapes(world: World, mentions: Mentions, *, paths: bool) -> Iterator[tuple[str, Shape]]:
    """Yield how the callers of AWS accounts are written, with their `aws:PrincipalType`.

    Tracks: `arn` (`aws:PrincipalArn`), `account`, `session` (the ARN of the session), `username`.
    Source: IAM User Guide, "IAM identifiers" and "AWS global condition context keys".
    """
    iam, sts = f"arn:{world.partition}:iam::", f"arn:{world.partition}:sts::"
    session_tracks = ("arn", "session")
    path = (Free(("arn",), f"{NAME_LETTERS}/", samples=("team",)), Fixed({"arn": "/"}))
    user = Free(("arn", "username"), NAME_LETTERS, samples=("alice", "bob"))
    role = Free(session_tracks, NAME_LETTERS, samples=("example-role",))
    session = (Fixed({"session": "/"}), Free(("session",), NAME_LETTERS, samples=("example-session",)))
    federated = Free(session_tracks, NAME_LETTERS, samples=("example",))
    for account in _account_slots(world, mentions, ("arn", "account")):
        user_head = (Fixed({"arn": iam}), account)
        yield "User", (*user_head, Fixed({"arn": ":user/"}), user)
        if paths:
            yield "User", (*user_head, Fixed({"arn": ":user/"}), *path, user)
        yield "Account", (*user_head, Fixed({"arn": ":root"}))
    for account in _account_slots(world, mentions, (*session_tracks, "account")):
        role_head = (
            Fixed({"arn": iam, "session": sts}),
            account,
            Fixed({"arn": ":role/", "session": ":assumed-role/"}),
        )
        yield "AssumedRole", (*role_head, role, *session)
        if paths:
            yield "AssumedRole", (*role_head, *path, role, *session)
        federated_head = (Fixed({"arn": sts, "session": sts}), account)
        yield "FederatedUser", (*federated_head, Fixed(dict.fromkeys(session_tracks, ":federated-user/")), federated)


def _account_slots(world: World, mentions: Mentions, tracks: tuple[str, ...]) -> Iterator[Slot]:
    """Yield what may stand for an account: twelve digits, or an odd text that some ARN in the documents has there."""
    samples = outside_accounts(world.inside)
    yield Free(tracks, DIGITS, 12, 12, samples)
    texts = [value for _, value, _ in mentions.of("aws:principalarn", Family.STRING, Family.ARN)]
    texts += [entry.value for entry in mentions.principals]
    odd = {found[1] for text in texts if (found := _ODD_ACCOUNT.match(text)) and not _is_account_id(found[1])}
    yield from (Fixed(dict.fromkeys(tracks, one)) for one in sorted(odd))


def _is_account_id(text: str) -> bool:
    return len(text) == 12 and text.isdigit()  # noqa: PLR2004 - an account id has twelve digits
