"""Names for policies in languages where a name has letters and digits alone."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, TypeAlias

_PATH: Final = re.compile(r"[/\W_]+")

Proposed: TypeAlias = tuple[str, Sequence[Mapping[str, Any]]]
"""The ARN of a principal, and its policies."""


def named_policies(proposed: Iterable[Proposed], separator: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield each policy with its name and whose it is; no two have one name, and each keeps its own.

    Args:
        proposed: the ARN of each principal, with its policies.
        separator: stands between the words of a name; empty joins them with capital letters.
    """
    for principal, policies in proposed:
        name = _name(principal, separator)
        for number, policy in enumerate(policies, 1):
            yield (f"{name}{separator}part{number}" if len(policies) > 1 else name), principal, policy


def _name(principal: str, separator: str) -> str:
    """Return `role_111122223333_app_5c1e…`: the digits at the end tell apart what has the same letters."""
    account, _, rest = principal.split(":", 4)[4].partition(":")
    kind, _, path = rest.partition("/")
    words = [kind, account, *filter(None, _PATH.split(path.encode("ascii", "ignore").decode()))]
    shown = [word if separator else word[:1].upper() + word[1:] for word in words]
    return separator.join((separator.join(shown)[:_LONGEST], blake2b(principal.encode(), digest_size=4).hexdigest()))


_LONGEST: Final = 200
