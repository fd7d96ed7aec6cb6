"""A finite set of accounts that stands for all: those that are mentioned, and one of every other kind.

Two accounts that no pattern tells apart are one kind. The kinds are found by reading all twelve digits of every account
at once, joining those after which every pattern stands at the same place.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from oracle.globs import State, Steps, after, after_letter, arn_steps, folded_steps, plain_steps, start
from oracle.mentions import Mentions
from oracle.values import TEXT_FAMILIES
from sekisho.policy import Condition, PrincipalForm
from sekisho.policy.arns import account_of
from sekisho.policy.operators import Comparison, Family
from sekisho.policy.patterns import Variable, Wildcard, parse_template
from sekisho.reasoning import World as KnownWorld

FRESH = ("999988887777", "888877776666", "777766665555")
MOST_KINDS = 40
"""How many kinds of account are kept; where there are more, the world has too few requests in it."""

_DIGITS = "0123456789"
_LENGTH = 12

Reader = tuple[Steps, State]
"""A pattern, and where it stands before the first digit."""


def is_account(text: str) -> bool:
    """Say whether a text is an account's number."""
    return re.fullmatch("[0-9]{12}", text) is not None


def reader(steps: Steps, before: str = "") -> Reader:
    """Return a pattern as it stands after reading what is written before the account."""
    return steps, after(steps, start(steps), before)


@lru_cache(maxsize=4096)
def one_of_each_kind(readers: frozenset[Reader], mentioned: frozenset[str]) -> tuple[tuple[str, ...], bool]:
    """Return the mentioned accounts and others of every kind, and whether these are all the kinds."""
    live = tuple(one for one in readers if one[1])
    fresh = [one for one in FRESH if one not in mentioned][:2]
    if not any(len(step) > 1 for steps, _ in live for step in steps):
        return (*sorted(mentioned), *fresh), True
    exact = tuple(reader(tuple(one)) for one in sorted(mentioned))
    everything = (*live, *exact)
    known = {step for steps, _ in everything for step in steps if len(step) == 1 and step in _DIGITS}
    other = next((digit for digit in reversed(_DIGITS) if digit not in known), None)
    digits = sorted(known | ({other} if other else set()))
    kinds: dict[tuple[State, ...], str] = {tuple(state for _, state in everything): ""}
    complete = True
    for _ in range(_LENGTH):
        further: dict[tuple[State, ...], str] = {}
        for states, read in kinds.items():
            for digit in digits:
                following = tuple(
                    after_letter(steps, state, digit) if state else state
                    for (steps, _), state in zip(everything, states, strict=True)
                )
                further.setdefault(following, read + digit)
        if len(further) > MOST_KINDS * 8:
            complete = False
            further = dict(list(further.items())[: MOST_KINDS * 8])
        kinds = further
    nice = {tuple(after(steps, state, one) for steps, state in everything): one for one in fresh}
    found = [nice.get(states, one) for states, one in kinds.items() if one not in mentioned]
    complete = complete and len(found) <= MOST_KINDS
    return (*sorted(mentioned), *_without_repeats([*fresh, *found[:MOST_KINDS]])), complete


def _without_repeats(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


_NUMBERS = frozenset(
    {
        "aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "aws:vpceaccount", "kms:calleraccount",
        "s3:dataaccesspointaccount", "s3express:dataaccesspointaccount",
    }
)  # fmt: skip
"""The keys whose value is an account."""

_NAMES = frozenset({"aws:sourcearn", "s3:dataaccesspointarn", "s3express:dataaccesspointarn", "aws:sourcevpcarn"})
"""The keys whose value has an account in it, beside the caller's own ARN."""


def outside_accounts(known: KnownWorld, mentions: Mentions) -> tuple[tuple[str, ...], bool]:
    """Return the accounts that callers and sources from outside may belong to, and whether they stand for all."""
    named = set(_named(known, mentions))
    numbers = {one for one in named if is_account(one)} | known.inside.accounts
    readers = set[Reader]()
    for head in (f"arn:{known.partition}:iam::", f"arn:{known.partition}:sts::"):
        readers |= {reader(steps, head) for steps in _patterns(mentions, "aws:principalarn")}
    standing_in = mentions.variables & {*_NUMBERS, *_NAMES, "aws:principalarn"}
    compared = frozenset[str]().union(*(mentions.beside[one] for one in standing_in))
    for key in _NUMBERS | compared | {"aws:userid"}:
        readers |= {reader(steps) for steps in _patterns(mentions, key)}
        numbers |= {start for one in mentions.values(key) if is_account(start := one.partition(":")[0])}
    for key in _NAMES:
        for value in mentions.values(key):
            parts = value.split(":", 5)
            numbers |= set(filter(is_account, parts))
            readers |= {reader(_without_variables(one)) for one in {value, *parts}}
    kinds, complete = one_of_each_kind(frozenset(readers), frozenset(numbers))
    odd = sorted(one for one in named if not is_account(one))
    outside = tuple(one for one in (*kinds, *odd) if one not in known.inside.accounts)
    return outside, complete and not standing_in


def _named(known: KnownWorld, mentions: Mentions) -> Iterator[str]:
    """Yield the accounts that are written out, those included that are no numbers: what is named is taken to exist."""
    for entry in mentions.principals:
        if entry.account and (entry.form is PrincipalForm.ACCOUNT or entry.value.startswith(f"arn:{known.partition}:")):
            yield entry.account
    for key in ("aws:principalarn", *_NAMES):
        for value in mentions.values(key):
            if (account := account_of(value)) and not {"*", "?", "$"} & set(account):
                yield account


def _patterns(mentions: Mentions, key: str) -> Iterator[Steps]:
    for condition in mentions.conditions.get(key, ()):
        if condition.operator.base.family in TEXT_FAMILIES:
            steps = (_laid_out(condition, value) for value in condition.values)
            yield from (one for one in steps if one is not None)


def _laid_out(condition: Condition, value: str) -> Steps | None:
    base = condition.operator.base
    if base.comparison is Comparison.EQUAL_IGNORING_CASE:
        return folded_steps(value)
    template = parse_template(value, wildcards=base.takes_wildcards, variables=True)
    parts = tuple(Wildcard.ANY_RUN if isinstance(one, Variable) else one for one in template)
    return arn_steps(parts) if base.family is Family.ARN else plain_steps(parts)


def _without_variables(pattern: str) -> Steps:
    template = parse_template(pattern, wildcards=True, variables=True)
    return plain_steps(Wildcard.ANY_RUN if isinstance(one, Variable) else one for one in template)
