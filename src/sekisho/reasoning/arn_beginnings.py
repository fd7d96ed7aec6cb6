"""Callers of every kind where patterns of their ARNs begin apart, as they mostly do: then they can be written down.

Likewise where they are of one account, and tell its users or its roles apart by how their names begin and end.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from sekisho.policy.patterns import Pattern, Wildcard
from sekisho.reasoning.accounts import is_account_id, odd_accounts_of_callers
from sekisho.reasoning.automaton import Reading, Written, rest_of
from sekisho.reasoning.endings import Rest, endings, matching
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.question import Wanted
from sekisho.reasoning.samples import IN_NAMES, NAME_LETTERS, fresh_account
from sekisho.reasoning.words import Word


def written_arns(scene: Scene, patterns: Mapping[str, Sequence[Written]]) -> list[Word] | None:
    """Return what `walked_arns` yields where it can be written down.

    Where no two patterns match the same caller, there is of each account a caller that none matches, and one for each
    pattern; else see `_written_names`. None where it can't be written down, or that is not seen at once.

    Raises:
        UndecidedError: there are more than the budget allows to keep apart.
    """
    if scene.world.wanted is not Wanted.OUTSIDE or patterns["username"] or "aws:username" in scene.keys:
        return None
    inside, partition = scene.world.inside.accounts, scene.world.partition
    beginnings = [_beginning(one, partition) for one in patterns["arn"]]
    begun = [one for one in beginnings if one is not None]
    if len(begun) < len(beginnings) or any(odd_accounts_of_callers(scene)):
        return None
    if not _begin_apart(begun):
        return None if patterns["account"] else _written_names(scene, patterns["arn"], begun)
    accounts = [text for (text, *_), _ in patterns["account"] if isinstance(text, str) and text not in inside]
    if not all(map(is_account_id, accounts)):
        return None
    accounts.insert(0, fresh_account((*accounts, *[one.account for one in begun if one.account]), inside))
    starts = tuple([one.start for one in begun])
    unmatched = next((name for name in _UNMATCHED if not name.startswith(starts)), None)
    if unmatched is None:
        return None
    of_any_account = sum(1 for one in begun if one.account is None)
    count = len(accounts) * (1 + of_any_account) + len(begun) - of_any_account
    scene.budget.spend(count * (1 + count // 128))  # each is told apart from the others
    found = [_arn_word(partition, account, unmatched) for account in accounts]
    for one in begun:
        of_pattern = accounts if one.account is None else [] if one.account in inside else [one.account]
        found += [_arn_word(partition, account, one.name) for account in of_pattern]
    return found


_NAMES: Mapping[str, tuple[str, ...]] = {"user/": ("alice", "bob"), "role/": ("example-role",)}
_UNMATCHED = tuple([kind + name for kind, names in _NAMES.items() for name in names])


def _written_names(scene: Scene, patterns: Sequence[Written], begun: Sequence["_Beginning"]) -> list[Word] | None:
    """Return what `walked_arns` yields where all patterns are of users, or of roles, of one account.

    They have to say how names begin and end, and no more; then there is a user and a role that none matches, and a
    caller for every set of patterns that some name matches.
    """
    partition, inside = scene.world.partition, scene.world.inside.accounts
    account, kind = begun[0].account, begun[0].start[: len("role/")]
    if account is None or any(one.account != account or not one.start.startswith(kind) for one in begun):
        return None
    before = len(f"arn:{partition}:iam::{account}:{kind}")
    rests: list[Rest] = []
    for pattern, reading in patterns:
        rest = rest_of(pattern, reading, 1 << len(rests))
        if rest is None or not IN_NAMES.issuperset(rest.start[before:] + (rest.end or "")):
            return None
        rests.append(Rest(rest.start[before:], rest.end, rest.final))
    scene.budget.spend(len(rests))
    written = endings(rests, NAME_LETTERS)
    if written is None:
        return None
    names = {0: ""}
    for name in _NAMES[kind]:
        names.setdefault(matching(rests, name), name)
    names = {**names, **{finals: name for finals, name in written.items() if finals not in names}}
    del names[0]
    found: list[Word] = []
    for one, samples in _NAMES.items():
        found.append(_arn_word(partition, fresh_account((account,), inside), one + samples[0]))
        if one == kind and account not in inside:
            found += [_arn_word(partition, account, one + name) for name in names.values()]
    return found


def _arn_word(partition: str, account: str, name: str) -> Word:
    return {"arn": f"arn:{partition}:iam::{account}:{name}", "account": account}


class _Beginning(NamedTuple):
    """A pattern of ARNs that writes out how they begin.

    Attributes:
        account: None where it takes any.
        start: how the last part of the ARN begins, which says whether it is a user's or a role's.
        name: a last part that matches.
        reading: how the pattern is compared.
    """

    account: str | None
    start: str
    name: str
    reading: Reading


def _beginning(written: Written, partition: str) -> _Beginning | None:
    """Return how the ARNs begin that a pattern matches; None where it doesn't say, or no caller may have one."""
    pattern, reading = written
    account, of_account, rest = None, f"arn:{partition}:iam::", pattern[1:]
    first = pattern[0] if pattern else ""
    if reading is Reading.IGNORING_CASE or not isinstance(first, str) or not first.startswith(of_account):
        return None
    if first == of_account and len(rest) > 1 and rest[0] is Wildcard.ANY_RUN and isinstance(rest[1], str):
        colon, start, rest = rest[1][:1], rest[1][1:], rest[2:]
    else:
        account, colon, start = first.removeprefix(of_account).partition(":")
        if not is_account_id(account):
            return None
    name = _filled((start, *rest))
    if colon != ":" or not start.startswith(("user/", "role/")) or not _IDENTITY_NAME.fullmatch(name):
        return None
    return _Beginning(account, start, name, reading)


_IDENTITY_NAME = re.compile(r"(?:user|role)/(?:[!-~]+/)?[a-zA-Z0-9+=,.@_-]+")


def _begin_apart(patterns: Sequence[_Beginning]) -> bool:
    """Say whether no two patterns match the same ARN."""
    for one, other in combinations(patterns, 2):
        apart_by_account = one.account and other.account and one.account != other.account
        if apart_by_account:
            continue
        if one.start.startswith(other.start) or other.start.startswith(one.start):
            return False
        if any(each.account is None and each.reading is Reading.EXACT for each in (one, other)):
            return False  # its `*` may reach over more than the account
    return True


def _filled(pattern: Pattern) -> str:
    """Return a text that matches a pattern, with something where a reader would miss it: after and before a dash."""
    text = ""
    for place, part in enumerate(pattern):
        if isinstance(part, str):
            text += part
        elif part is Wildcard.ANY_ONE:
            text += "x"
        else:
            following = pattern[place + 1] if place + 1 < len(pattern) else "/"
            wanted = text.endswith(_BETWEEN) and isinstance(following, str) and following.startswith(_BETWEEN)
            text += "example" if wanted else ""
    return text


_BETWEEN = ("/", "-", "_", ".")
