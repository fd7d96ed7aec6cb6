"""What is told of roles that were assumed: by whom, and whose policies stand beside."""

from collections.abc import Collection, Iterator
from typing import Any

from rich.text import Text

from sekisho.analyzers.least_privilege.role_chains import Assumption, RoleChains
from sekisho.cli.render.least_privilege import listed
from sekisho.cli.render.words import count


def document_of_chains(principal: str, chains: RoleChains) -> dict[str, Any]:
    """Return which roles a principal assumed, and who assumed it, as a JSON object."""
    return {
        "assumes": [{"role": one.role, **_times(one)} for one in chains.from_(principal)],
        "assumedBy": [{"by": one.by, **_times(one)} for one in chains.into(principal)],
    }


def notes_on_chains(principal: str, chains: RoleChains, active: Collection[str]) -> Iterator[Text]:
    """Yield which roles a principal assumed, and who assumed it.

    Args:
        principal: who.
        chains: who assumed which role.
        active: all principals that did something.
    """
    roles = [
        f"{one.role}  {_words(one)}{'' if one.role in active else '; nothing that it did is in these files'}"
        for one in chains.from_(principal)
    ]
    yield from listed("assumed these roles", roles, "cyan")
    callers = [f"{one.by}  {_words(one)}" for one in chains.into(principal)]
    yield from listed(
        "was assumed by these, and its policy is for all of them, as no record says who began a session",
        callers,
        "cyan" if len(callers) == 1 else "yellow",
    )


def _words(one: Assumption) -> str:
    return f"{count(one.count, 'time')}, {one.first[:10]} to {one.last[:10]}"


def _times(one: Assumption) -> dict[str, Any]:
    return {"count": one.count, "first": one.first, "last": one.last}
