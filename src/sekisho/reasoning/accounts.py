"""What may stand for an account in a name: an account id of every kind that the policies tell apart."""

import re
from collections.abc import Iterable, Iterator, Mapping

from sekisho.policy.patterns import Pattern, Wildcard
from sekisho.reasoning.automaton import Written
from sekisho.reasoning.facets import Scene
from sekisho.reasoning.question import Wanted
from sekisho.reasoning.samples import DIGITS, fresh_account, outside_accounts
from sekisho.reasoning.words import Fixed, Free, Slot


def account_slots(scene: Scene, tracks: Mapping[str, Iterable[Written]], odd: Iterable[str]) -> Iterator[Slot]:
    """Yield what may stand for an account: twelve digits, or an odd text that a document has there.

    Args:
        scene: who is inside, and whether they are looked for.
        tracks: the texts that the account stands in, each with the patterns that it is compared with.
        odd: what documents have in the place of an account and is no account id.
    """
    inside, names = scene.world.inside, tuple(tracks)
    written = written_accounts(pattern for patterns in tracks.values() for pattern, _ in patterns)
    if written is None:
        yield Free(names, DIGITS, 12, 12, outside_accounts(inside), inside.accounts)
    else:
        fresh = fresh_account(written, inside.accounts)
        yield Free(names, samples=(fresh, *[one for one in written if one not in inside.accounts]), closed=True)
    if scene.world.wanted is not Wanted.OUTSIDE:
        yield Free(names, samples=tuple(sorted(inside.accounts)), closed=True)
    yield from (Fixed(dict.fromkeys(names, one)) for one in sorted(set(odd)))


def written_accounts(patterns: Iterable[Pattern]) -> dict[str, None] | None:
    """Return the account ids that patterns write out, all others being alike to them.

    None where a pattern may tell others apart, by some of their digits.

    Args:
        patterns: of ARNs, or of texts that begin with an account.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        account = _account_in(pattern)
        if account is None:
            return None
        if is_account_id(account):
            found[account] = None
    return found


def _account_in(pattern: Pattern) -> str | None:
    """Return the text that a pattern has for an account; empty where it takes any, None where some digits matter."""
    written, rest = (pattern[0], pattern[1:]) if pattern and isinstance(pattern[0], str) else ("", pattern)
    parts = written.split(":")
    place = _OF_ARN if parts[0].lower() == "arn" else 0
    if not rest or len(parts) > place + 1:
        return parts[place] if len(parts) > place else ""
    if place and len(parts) == place + 1 and not parts[place] and _is_one_component(rest):
        return ""
    return None if any(isinstance(part, str) and _DIGIT.search(part) for part in (parts[-1], *rest)) else ""


_OF_ARN = 4
_DIGIT = re.compile(r"\d")


def _is_one_component(rest: Pattern) -> bool:
    """Say whether a pattern goes on with `*:`: then the star takes all up to the next colon, whatever it is."""
    return len(rest) > 1 and rest[0] is Wildcard.ANY_RUN and isinstance(rest[1], str) and rest[1].startswith(":")


def odd_accounts_of_callers(scene: Scene) -> Iterator[str]:
    """Yield what documents have in the place of a caller's account and is no account id."""
    yield from (one for entry in scene.principals if (one := entry.account) and not is_account_id(one))
    yield from odd_accounts(scene, "aws:principalarn")


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
