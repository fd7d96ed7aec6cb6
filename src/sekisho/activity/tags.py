"""The tags that a call gives to what it makes or tags, in every way that services write them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sekisho.activity.actions.parameters import fields, is_given, items, parameters_of, text
from sekisho.activity.actions.tagging import TAG_PARAMETERS
from sekisho.activity.call import Call

_NAMES: Final = ("tags", "tagset", *sorted(TAG_PARAMETERS - {"tags", "tagset", "tagspecifications"}))
_SPECIFICATIONS: Final = ("tagspecificationset", "tagspecifications", "tagspecification")
_WRAPPERS: Final = frozenset({"items", "item", "member"})


def tags_of(call: Call, kind: str = "") -> Mapping[str, str]:
    """Return the tags that a call has in its parameters; none where it has none, or writes them in an unknown way.

    Args:
        call: makes something, or tags it.
        kind: the resource type that they are for, where the call has tags for several: `instance`. Those of any
            without it.
    """
    parameters = parameters_of(call)
    found: dict[str, str] = {}
    for specification in _listed(parameters, _SPECIFICATIONS):
        if not kind or text(specification.get("resourcetype")) == kind:
            found.update(_pairs(next((specification[name] for name in _NAMES if name in specification), None)))
    for name in _NAMES:
        if name in parameters:
            found.update(_pairs(parameters[name]))
    return found


def removed_keys_of(call: Call) -> frozenset[str]:
    """Return the keys of the tags that a call removes; none where it does not name them."""
    parameters = parameters_of(call)
    named = {one for one in items(parameters.get("tagkeys")) if isinstance(one, str)}
    return frozenset(named or tags_of(call))


def _listed(parameters: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for name in names:
        if is_given(parameters.get(name)):
            yield from map(fields, items(parameters[name]))


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    """Yield keys and values, of a list of pairs or of an object with a member for each."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        texts = [(key, worth) for key, worth in members.items() if isinstance(worth, str)]
        if texts or not _WRAPPERS & members.keys():
            yield from texts
            return
        value = next(members[name] for name in members if name in _WRAPPERS)
    for entry in items(value):
        pair = fields(entry)
        key = pair.get("key", pair.get("tagkey"))
        worth = pair.get("value", pair.get("tagvalue", ""))
        if isinstance(key, str) and isinstance(worth, str):
            yield key, worth
