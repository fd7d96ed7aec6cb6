"""Look-ups in the parameters of a call, whose shapes differ by service and year."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sekisho.activity.caller import MASKED

DEPTH: Final = 12
"""How deep parameters are read; no operation has names deeper than this."""

LONGEST: Final = 2048
"""How long an ARN can be, in characters, and so its parts. Source: IAM User Guide, "IAM and AWS STS quotas"."""

_WRAPPERS: Final = ("items", "item", "member", "content")
"""What CloudTrail has around the elements of some lists."""

_HIGHEST: Final = 10**18
"""Numbers beyond it are no ids, versions or accounts."""

_UNREAD: Final = re.compile(r"tag|polic(y|ies)document|assumerolepolicy", re.IGNORECASE)
"""Parameters whose texts name resources without touching them."""


def is_usable(text: str) -> bool:
    """Say whether a text can be a part of an ARN: it is none that CloudTrail masked, and of sane size."""
    return 0 < len(text) <= LONGEST and text.isprintable() and text not in MASKED


def lowered(parameters: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """Return the parameters by their names in lower case, out of the `<Operation>Request` that some calls have."""
    if not parameters:
        return {}
    found = {key.lower(): value for key, value in parameters.items()}
    if len(found) == 1:
        inner = found.get(f"{name.lower()}request")
        return _entries(inner) if isinstance(inner, dict) else found
    return found


def texts_at(parameters: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """Return the usable texts under a path of lower-case names, those of lists and of numbers too.

    Args:
        parameters: with lower-case names on the first level.
        path: the names from the outside in.
    """
    value = parameters.get(path[0])
    if isinstance(value, str) and len(path) == 1:
        return [value] if is_usable(value) else []
    return [] if value is None else list(_below(value, path, 1))


def arns_in(parameters: Mapping[str, Any]) -> list[str]:
    """Return the ARNs at any depth of the parameters but those in tags and policies."""
    found: list[str] = []
    for name, value in parameters.items():
        if isinstance(value, str):
            if value.startswith("arn:") and is_usable(value):
                found.append(value)
        elif value and not _UNREAD.search(name):
            found += [text for text in texts_in(value) if text.startswith("arn:")]
    return found


def texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the usable texts at any depth of the parameters but those in tags and policies."""
    if isinstance(value, str):
        if is_usable(value):
            yield value
    elif depth < DEPTH:
        for inner in _inner(value):
            yield from texts_in(inner, depth + 1)


def _inner(value: Any) -> list[Any]:
    """Return the values directly in a value, as far as they are read."""
    if isinstance(value, dict):
        return [inner for name, inner in _entries(value).items() if not _UNREAD.search(name)]
    return _elements(value) if isinstance(value, list) else []


def _elements(value: Any) -> list[Any]:
    return cast("list[Any]", value)


def _entries(value: Any) -> dict[str, Any]:
    """Return the entries of an object by their names in lower case."""
    return {str(name).lower(): inner for name, inner in cast("dict[Any, Any]", value).items()}


def _below(value: Any, path: tuple[str, ...], at: int, depth: int = 0) -> Iterator[str]:
    """Yield the texts under the rest of a path, from `path[at]` on."""
    if depth > DEPTH:
        return
    if isinstance(value, list):
        for inner in _elements(value):
            yield from _below(inner, path, at, depth + 1)
    elif isinstance(value, dict):
        yield from _below_entries(_entries(value), path, at, depth)
    elif at == len(path):
        if isinstance(value, str) and is_usable(value):
            yield value
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < _HIGHEST:
            yield str(value)


def _below_entries(entries: Mapping[str, Any], path: tuple[str, ...], at: int, depth: int) -> Iterator[str]:
    """Yield the texts under the rest of a path in an object, or in what it wraps."""
    if at < len(path) and path[at] in entries:
        yield from _below(entries[path[at]], path, at + 1, depth + 1)
        return
    wrapped = next((entries[name] for name in _WRAPPERS if name in entries), None)
    if not isinstance(wrapped, dict):
        yield from _below(wrapped, path, at, depth + 1)
