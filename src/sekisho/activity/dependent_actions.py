"""Which actions a call may have needed besides its own: told to the reader of a policy, never granted.

A dependent action is needed in some cases only, for instance `iam:CreateServiceLinkedRole` where the role is not there
yet, and the table does not say in which. The rows are in `generated/dependent_actions.json`, which
`tools/dependent_actions.py` makes; AWS's Service Reference has more where it was fetched. `iam:PassRole` is not among
them: `passed_roles` knows when it was needed.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services", dependent actions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from sekisho.activity.actions import prefix_of
from sekisho.activity.actions.known import existing_action, find_action
from sekisho.activity.actions.reference import authorized


@dataclass(frozen=True, slots=True)
class Hint:
    """An action that may also be needed.

    Attributes:
        action: as the catalogue spells it.
        because_of: the action that may need it.
    """

    action: str
    because_of: str


def hints_of(source: str, name: str) -> tuple[Hint, ...]:
    """Return what calls may need besides the action of their name, by action; too much rather than too little.

    Args:
        source: the `eventSource`.
        name: the `eventName`.
    """
    return _hints_of_table(source, name) + _hints_of_reference(source, name)


@lru_cache(maxsize=8192)
def _hints_of_table(source: str, name: str) -> tuple[Hint, ...]:
    table = _table()
    service = source.lower().removesuffix(".amazonaws.com")
    action, needed = table.get(f"{service}:{name}".lower(), ("", ()))
    return tuple(Hint(one, action) for one in needed)


def _hints_of_reference(source: str, name: str) -> tuple[Hint, ...]:
    """Return what AWS's Service Reference names beside the action of the same name."""
    prefix = prefix_of(source)
    named = tuple(filter(None, map(existing_action, authorized(prefix, name))))
    own = find_action(prefix, name)
    return tuple(Hint(one, own) for one in named if one != own) if own in named else ()


_TABLE: Final = files("sekisho.activity").joinpath("generated/dependent_actions.json")


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return an action and what depends on it by event source and name, in lower case."""
    generated: dict[str, Any] = json.loads(_TABLE.read_text("utf-8"))
    by_prefix: dict[str, list[str]] = {}
    for source, prefix in generated["sources"].items():
        by_prefix.setdefault(prefix, []).append(source)
    table: dict[str, tuple[str, tuple[str, ...]]] = {}
    for action, needed in generated["actions"].items():
        prefix, _, name = action.partition(":")
        for source in (prefix, *by_prefix.get(prefix, ())):
            table[f"{source}:{name}".lower()] = (action, tuple(needed))
    return table
