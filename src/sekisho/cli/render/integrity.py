"""What is told of the digests of log files."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from sekisho.cli.escape import plain
from sekisho.cli.render.least_privilege import MOST_TOLD
from sekisho.cli.render.words import count

if TYPE_CHECKING:
    from sekisho.collectors.trails import Integrity


def notes_on_integrity(found: "Integrity") -> Iterator[Text]:
    """Yield what digests vouch for, and where they do not."""
    yield Text(
        plain(
            f"{found.place}: {count(found.digests, 'digest')}, {found.signed:,} with CloudTrail's signature; they have "
            f"the hashes of {count(found.agreed, 'log file')}."
        ),
        "dim",
    )
    for why, number in sorted(found.unsigned.items()):
        yield Text(plain(f"  the signatures of {count(number, 'digest')} were NOT checked: {why}"), "yellow")
    yield from _list(
        "digests that do not count", [f"{key}: {why}" for key, why in sorted(found.faults.items())], "bold red"
    )
    yield from _list("digests that are missing, by those after them", found.missing_digests, "bold red")
    yield from _list("log files that are missing, by their digests", found.missing_files, "bold red")
    yield from _list("no digest tells of", [*found.without, *found.gaps], "yellow")
    if found.young:
        yield Text(f"  {count(found.young, 'log file')} of the last hours left out: their digest is yet to come", "dim")


def _list(title: str, lines: Sequence[str], style: str) -> Iterator[Text]:
    if lines:
        yield Text(f"  {title}:", style)
        yield from (Text(plain(f"    {line}")) for line in lines[:MOST_TOLD])
    if len(lines) > MOST_TOLD:
        yield Text(f"    and {len(lines) - MOST_TOLD:,} more", "dim")
