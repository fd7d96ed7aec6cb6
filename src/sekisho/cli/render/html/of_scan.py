"""What a scan looked at, and what of it could not be read, for a page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from sekisho.cli.render.coverage import alike, unknown_now
from sekisho.cli.render.html.report import AccountLine
from sekisho.cli.render.words import count
from sekisho.findings import Coverage
from sekisho.resources.gaps import Gap


def accounts_of_scans(coverages: Iterable[Coverage]) -> tuple[AccountLine, ...]:
    """Return the accounts that scans looked at or should have, by their ids; equal failures of one share a note.

    Of an account that several have looked at, the oldest data counts.
    """
    notes, times = defaultdict[str, list[str]](list), defaultdict[str, list[datetime]](list)
    for coverage in coverages:
        for gaps in alike(coverage.gaps):
            notes[gaps[0].account].append(_note(gaps))
        for account in coverage.accounts:
            times[account].append(coverage.taken_at)
    return tuple(
        AccountLine(account, min(times[account], default=None), tuple(notes[account]))
        for account in sorted({*times, *notes})
    )


def notes_of_scan(coverage: Coverage) -> Iterator[str]:
    """Yield what a scan did not look at or decide that is of no single account."""
    if coverage.regions is not None:
        yield f"Only these Regions were looked at: {', '.join(coverage.regions) or 'none'}."
    if coverage.only is not None:
        yield f"Only {count(len(coverage.only), 'resource')} and no other was looked at."
    if coverage.undecided:
        yield f"{count(len(coverage.undecided), 'resource')} could be read and not decided."


def _note(gaps: list[Gap]) -> str:
    first = gaps[0]
    where = f" in {first.region}" if first.region else ""
    return f"{first.call}{where} answered {first.code}; not known now: {unknown_now(gaps)}."
