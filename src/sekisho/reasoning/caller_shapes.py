"""What the callers of AWS accounts can be called."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from sekisho.policy.arns import COMPONENTS as ARN_COMPONENTS
from sekisho.reasoning.accounts import account_slots, odd_accounts_of_callers
from sekisho.reasoning.arn_beginnings import written_arns
from sekisho.reasoning.automaton import Automaton, Written, apart
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.samples import IN_NAMES, NAME_LETTERS, WITHOUT_COLON
from sekisho.reasoning.words import Fixed, Free, Shape, Slot, Walk, Word

PrincipalType: TypeAlias = Literal["Account", "User", "AssumedRole", "FederatedUser"]


def walked_callers(
    scene: Scene, patterns: Mapping[str, Sequence[Sequence[Written]]]
) -> Iterator[tuple[PrincipalType, Word]]:
    """Yield what a caller of every kind is called that the patterns tell apart, with its type of principal.

    Args:
        scene: who is inside, and what else is written in the place of an account.
        patterns: by track, as the automaton has them. Tracks: `arn` (`aws:PrincipalArn`), `account`, `session` (the
            ARN of the session), `username`, `userid`.

    Raises:
        UndecidedError: more kinds than the budget allows to keep apart.
    """
    walk = Walk(Automaton(patterns), scene.budget)
    single = {track: [one for group in groups for one in group] for track, groups in patterns.items()}
    for principal_type, shape in _shapes(scene, single):
        for word in walk.words(shape):
            yield principal_type, word


def _shapes(scene: Scene, patterns: Mapping[str, Sequence[Written]]) -> Iterator[tuple[PrincipalType, Shape]]:
    """Yield how the callers of AWS accounts are written, by type of principal.

    A path may have any printing letter. Source: IAM User Guide, "IAM identifiers", "AWS global condition context
    keys", and "IAM policy elements: Variables and tags", where the table of principal key values has the forms of
    `aws:userid`.
    """
    both = ("arn", "session")
    iam, sts = f"arn:{scene.world.partition}:iam::", f"arn:{scene.world.partition}:sts::"
    # A session's ARN and a user name leave the path out, so beside them even an unwritten path matters.
    paths = bool(patterns.get("session") or patterns.get("username")) or _tells_paths_apart(patterns["arn"])
    to_account = Fixed({"arn": iam, "session": sts})
    for account in _accounts(scene, patterns, (*both, "account")):
        yield "User", (to_account, account, _USERS, *_USER)
        yield "AssumedRole", (to_account, account, _ROLES, *_SESSION)
        if paths:
            yield "User", (to_account, account, _USERS, *_PATH, *_USER)
            yield "AssumedRole", (to_account, account, _ROLES, *_PATH, *_SESSION)
    for account in _accounts(scene, patterns, (*both, "account", "userid")):
        yield "Account", (Fixed({"arn": iam}), account, Fixed({"arn": ":root"}))
        yield "FederatedUser", (Fixed({"arn": sts, "session": sts}), account, *_FEDERATED_USER)


def walked_arns(scene: Scene, patterns: Mapping[str, Sequence[Written]]) -> Iterator[Word]:
    """Yield the ARN and the account of a caller of every kind that patterns of these and of user names tell apart.

    It says what `walked_callers` says where there are no others.

    Args:
        scene: who is inside, and what else is written in the place of an account.
        patterns: of the tracks `arn`, `account` and `username`.

    Raises:
        UndecidedError: more kinds than the budget allows to keep apart.
    """
    written = written_arns(scene, patterns)
    if written is not None:
        yield from written
        return
    walk = Walk(Automaton({track: apart(listed) for track, listed in patterns.items()}), scene.budget)
    for shape in _shapes_of_arns(scene, patterns):
        yield from walk.words(shape)


def _shapes_of_arns(scene: Scene, patterns: Mapping[str, Sequence[Written]]) -> Iterator[Shape]:
    """Yield how the ARNs of callers are written: all that a pattern may match, and one that none does."""
    arns, partition = patterns["arn"], scene.world.partition
    # A user name leaves the path out, so beside one even an unwritten path matters.
    paths: tuple[Shape, ...] = ((), _PATH) if patterns["username"] or _tells_paths_apart(arns) else ((),)
    matched = [_may_begin(arns, service, start) for service, start, _ in _KINDS_OF_ARNS]
    matched[0] |= "aws:username" in scene.keys  # users have names: what asks for one tells them from others
    unmatched = next((place for place, one in enumerate(matched) if not one), None)
    kinds = [kind for place, kind in enumerate(_KINDS_OF_ARNS) if matched[place] or place == unmatched]
    for account in _accounts(scene, patterns, ("arn", "account")):
        for path in paths:
            for service, start, name in kinds:
                if not path or start in _WITH_PATHS:
                    yield (
                        Fixed({"arn": f"arn:{partition}:{service}::"}),
                        account,
                        Fixed({"arn": f":{start}"}),
                        *path,
                        *name,
                    )


_KINDS_OF_ARNS: tuple[tuple[str, str, Shape], ...] = (
    ("iam", "user/", (Free(("arn", "username"), NAME_LETTERS, samples=("alice", "bob")),)),
    ("iam", "role/", (Free(("arn",), NAME_LETTERS, samples=("example-role",)),)),
    ("iam", "root", ()),
    ("sts", "federated-user/", (Free(("arn",), NAME_LETTERS, samples=("example",)),)),
)
"""The service and the beginning of the last part of an ARN, and what the name after it is made of."""

_WITH_PATHS = ("user/", "role/")


def _may_begin(patterns: Iterable[Written], service: str, start: str) -> bool:
    """Say whether some pattern may match an ARN of a service whose last part begins so."""
    for pattern, _ in patterns:
        first = pattern[0] if pattern else ""
        parts = first.lower().split(":", ARN_COMPONENTS - 1) if isinstance(first, str) else [""]
        if len(parts) > _SERVICE + 1 and parts[_SERVICE] != service:
            continue
        if len(parts) < ARN_COMPONENTS or parts[-1].startswith(start) or start.startswith(parts[-1]):
            return True
    return False


_SERVICE = 2
_ID_LETTERS = NAME_LETTERS.replace("+=,.@", "")
_FIRST = Free(("userid",), _ID_LETTERS[:52], 1, 1, samples=("A",))
"""A letter: an id is no account."""

_USERS, _ROLES = Fixed({"arn": ":user/"}), Fixed({"arn": ":role/", "session": ":assumed-role/"})
_PATH: Shape = (Free(("arn",), f"{WITHOUT_COLON}:", samples=("team",)), Fixed({"arn": "/"}))
_USER: Shape = (
    Free(("arn", "username"), NAME_LETTERS, samples=("alice", "bob")),
    _FIRST,
    Free(("userid",), _ID_LETTERS, samples=("IDAEXAMPLEUSERID1234",)),
)
_SESSION: Shape = (
    Free(("arn", "session"), NAME_LETTERS, samples=("example-role",)),
    _FIRST,
    Free(("userid",), _ID_LETTERS, samples=("ROAEXAMPLEROLEID1234",)),
    Fixed({"session": "/", "userid": ":"}),
    Free(("session", "userid"), NAME_LETTERS, samples=("example-session",)),
)
_FEDERATED_USER: Shape = (
    Fixed({"arn": ":federated-user/", "session": ":federated-user/", "userid": ":"}),
    Free(("arn", "session", "userid"), NAME_LETTERS, samples=("example",)),
)


def _accounts(scene: Scene, patterns: Mapping[str, Sequence[Written]], tracks: tuple[str, ...]) -> Iterator[Slot]:
    return account_slots(scene, {track: patterns.get(track, ()) for track in tracks}, odd_accounts_of_callers(scene))


def _tells_paths_apart(patterns: Iterable[Written]) -> bool:
    """Say whether a user or role with a path can differ, for some pattern, from one without.

    It cannot when no pattern writes a letter that is in paths only, apart from a fixed `arn:aws:iam::…:role/`: then a
    slash is a letter like any other.
    """
    for pattern, _ in patterns:
        texts = [part for part in pattern if isinstance(part, str)]
        if texts and pattern[0] == texts[0] and texts[0].startswith("arn:"):
            texts[0] = texts[0].partition("/")[2]
        if any(not IN_NAMES.issuperset(text) for text in texts):
            return True
    return False
