"""Which actions exist, by prefix and name in any case: those of the catalogue, and of AWS's Service Reference."""

from collections.abc import Mapping
from functools import lru_cache

from sekisho.activity.actions.reference import actions_of_reference
from sekisho.policy.catalogue import load_catalogue


def find_action(prefix: str, name: str) -> str | None:
    """Return an action with its prefix as AWS spells it; None where there is none of the name."""
    return _actions(prefix).get(name.lower())


def existing_action(action: str) -> str | None:
    """Return an action as AWS spells it; None where there is none of the name."""
    prefix, _, name = action.partition(":")
    return find_action(prefix, name)


def has_prefix(prefix: str) -> bool:
    """Say whether there are actions with a prefix, which is in lower case."""
    return bool(_actions(prefix))


def every_action(prefix: str) -> frozenset[str]:
    """Return the actions with a prefix, as AWS spells them."""
    return frozenset(_actions(prefix).values())


@lru_cache(maxsize=512)
def _actions(prefix: str) -> Mapping[str, str]:
    """Return the actions of a prefix that exists, by their names in lower case; nothing for any other."""
    newer = {action.partition(":")[2].lower(): action for action in actions_of_reference(prefix)}
    known = {name: f"{prefix}:{one['name']}" for name, one in load_catalogue("actions", prefix).items()}
    return {**newer, **known}


def forget_actions() -> None:
    """Look again which actions exist, as another reference is consulted."""
    _actions.cache_clear()
