"""The policies that are attached now beside those that take their place, as a unified diff.

Both are written in one form, in which what says the same reads the same: lists in order, one value on a line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import product
from typing import Any, Final

from rich.text import Text

from sekisho.cli.escape import plain, readable_json
from sekisho.policy import Policy, format_policy, parse_policy
from sekisho.resources.identity_policies import IdentityPolicy

NOTHING: Final = "/dev/null"
"""What stands in the place of a policy that goes without another, or comes in the place of none, as in `git diff`."""

_STYLES: Final = {"---": "bold", "+++": "bold", "@": "cyan", "-": "red", "+": "green"}


def render_difference(
    principal: str, today: Sequence[IdentityPolicy], policies: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield the lines of a unified diff, with headings for each policy that goes or comes; none for no change.

    A policy is compared with the one of the other side that names most of what it names.

    Args:
        principal: whose they are.
        today: what is attached now.
        policies: what takes its place.
    """
    new = [parse_policy(json.dumps(one)) for one in policies]
    names = [f"proposed policy {number} of {principal}" for number in range(1, len(new) + 1)]
    if len(new) == 1:
        names = [f"proposed policy of {principal}"]
    partners = _partners([one.policy for one in today], new)
    for at, one in enumerate(today):
        beside = partners.get(at)
        comes, name = ([], NOTHING) if beside is None else (_lines(new[beside]), names[beside])
        yield from _diff(_lines(one.policy), one.name, comes, name)
    for at, policy in enumerate(new):
        if at not in partners.values():
            yield from _diff([], NOTHING, _lines(policy), names[at])


def coloured(line: str) -> Text:
    """Return a line of a unified diff in the colour of what it does."""
    return Text(line, next((style for start, style in _STYLES.items() if line.startswith(start)), ""))


def _diff(old: Sequence[str], name: str, new: Sequence[str], new_name: str) -> Iterator[str]:
    return map(plain, unified_diff(old, new, name, new_name, lineterm=""))


def _partners(old: Sequence[Policy], new: Sequence[Policy]) -> Mapping[int, int]:
    """Return which of the new policies is compared with each of the old ones: each with one at most."""
    going, coming = list(map(_named, old)), list(map(_named, new))
    pairs = sorted(product(range(len(old)), range(len(new))), key=lambda pair: -len(going[pair[0]] & coming[pair[1]]))
    partners: dict[int, int] = {}
    for at, beside in pairs:
        if at not in partners and beside not in partners.values():
            partners[at] = beside
    return partners


def _named(policy: Policy) -> frozenset[str]:
    """Return the services, actions and resources that a policy names."""
    actions = [glob.lower() for one in policy.statements for glob in one.actions.globs]
    resources = [glob for one in policy.statements if one.resources for glob in one.resources.globs]
    return frozenset((*actions, *(one.partition(":")[0] for one in actions), *resources)) - {"*"}


def _lines(policy: Policy) -> list[str]:
    document = json.loads(format_policy(policy))
    document["Statement"] = sorted(map(_in_order, document["Statement"]), key=_place)
    return readable_json(document).splitlines()


def _in_order(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement with its lists in order, and what could be a list of one as such."""
    written = {name: _listed(value) if name in _LISTS else value for name, value in statement.items()}
    if "Condition" in statement:
        block = statement["Condition"]
        written["Condition"] = {
            operator: {key: _listed(values) for key, values in sorted(block[operator].items())}
            for operator in sorted(block)
        }
    return written


_LISTS: Final = frozenset({"Action", "NotAction", "Resource", "NotResource"})


def _listed(values: str | Sequence[str]) -> list[str]:
    return [values] if isinstance(values, str) else sorted(values)


def _place(statement: Mapping[str, Any]) -> tuple[str, str]:
    """Return where a statement stands, which means nothing to IAM: by its actions, Denies behind."""
    return statement["Effect"], json.dumps({name: value for name, value in statement.items() if name != "Sid"})
