"""What the template shows of a report: counted, sorted, and bounded so that a browser can bear it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Final

from sekisho.analyzers.observation import CredentialRisk, Severity
from sekisho.cli.render.html.histogram import Histogram, histogram_of
from sekisho.cli.render.html.report import AccountLine, Report
from sekisho.cli.render.html.rows import LEVELS, UNDECIDED, Level, Row, level_of, row_of
from sekisho.cli.render.words import count, rank
from sekisho.findings import Finding, Status

MOST_ROWS: Final = 5_000
"""How many findings the table has; a browser sorts as many within a second."""

MOST_LISTED: Final = 100
"""How many are named one by one of what is new, of what is fixed, and of what was not looked at."""


@dataclass(frozen=True, slots=True)
class Group:
    """The worst of some findings, how many they are, and how many of them are not named."""

    rows: Sequence[Row]
    total: int
    more: int


@dataclass(frozen=True, slots=True)
class Notes:
    """What was not looked at.

    Attributes:
        of_all: belongs to no single account.
        of_accounts: those that have something to note, with no more notes than are shown.
        more: how many notes are left out.
        undecided: how many findings are none because nothing could be decided, in words; empty for none.
    """

    of_all: Sequence[str]
    of_accounts: Sequence[AccountLine]
    more: int
    undecided: str

    @property
    def is_empty(self) -> bool:
        """Whether everything was looked at and decided."""
        return not (self.of_all or self.of_accounts or self.undecided)


@dataclass(frozen=True, slots=True)
class Page:
    """What the template names.

    Attributes:
        accounts: those that were to be looked at.
        data_from: how old the oldest data is; None when nothing is known of it, `data_to` likewise of the youngest.
        figures: how many findings there are of each severity, the worst first.
        resolved: how many there were and are no more.
        new: what was not there, or had gone, when the report was last made; None without an earlier one.
        left_out: how many findings the table does not have.
        rows: the worst findings; consumed by one look.
        listed: the ids of those that the table has.
        has_accounts: whether a finding has to say whose it is.
        has_use: whether it may say when something was last used.
    """

    report: Report
    accounts: Sequence[AccountLine]
    data_from: datetime | None
    data_to: datetime | None
    figures: Sequence[tuple[Level, int]]
    resolved: int
    notes: Notes
    new: Group | None
    fixed: Group | None
    ages: Histogram | None
    total: int
    left_out: int
    rows: Iterator[Row]
    listed: frozenset[str]
    has_accounts: bool
    has_use: bool

    @property
    def verdict(self) -> str:
        """What is said where there are no findings."""
        if not self.notes.is_empty:
            return "No findings in what was read."
        return "No findings but what was agreed to." if self.report.agreed else "No findings."


def page_of(report: Report) -> Page:
    """Return what the template shows of a report."""
    shown = nsmallest(MOST_ROWS, report.findings, key=_order)
    listed = frozenset(one.id for one in shown)
    levels = Counter(level_of(one.observation) for one in report.findings if one.status is not Status.RESOLVED)
    owners = {one.observation.resource_owner_account for one in report.findings}
    accounts = report.accounts or [AccountLine(one) for one in sorted(owners)]
    times = [one.data_at for one in accounts if one.data_at is not None]
    new = [one for one in report.findings if one.id in report.marks]
    return Page(
        report=report,
        accounts=accounts,
        data_from=min(times, default=None),
        data_to=max(times, default=None),
        figures=[
            (one, levels[one]) for one in (UNDECIDED, *map(LEVELS.get, Severity)) if one and _is_shown(one, levels)
        ],
        resolved=len(report.findings) - levels.total(),
        notes=_notes(report, levels[UNDECIDED]),
        new=None if report.since is None else _group(new, lambda one: row_of(one, report.marks[one.id])),
        fixed=None if report.since is None else _group(report.fixed, row_of),
        ages=None if report.key_ages is None else histogram_of(report.key_ages),
        total=len(report.findings),
        left_out=len(report.findings) - len(shown),
        rows=(row_of(one, report.marks.get(one.id, "")) for one in shown),
        listed=listed,
        has_accounts=len(owners) > 1,
        has_use=any(isinstance(one.observation.outcome, CredentialRisk) for one in shown),
    )


def _order(finding: Finding) -> tuple[bool, int, str, str, str]:
    """The worst first, and what is resolved last."""
    seen = finding.observation
    return finding.status is Status.RESOLVED, rank(seen), seen.resource_owner_account, seen.resource, finding.id


def _is_shown(level: Level, levels: Counter[Level]) -> bool:
    """Every severity has its number, also when it is 0; that nothing could be decided is the exception."""
    return level is not UNDECIDED or levels[level] > 0


def _notes(report: Report, undecided: int) -> Notes:
    left, of_accounts = MOST_LISTED, list[AccountLine]()
    for one in report.accounts:
        if one.notes and left > 0:
            of_accounts.append(AccountLine(one.account_id, one.data_at, one.notes[:left]))
            left -= len(one.notes)
    told = sum(len(one.notes) for one in of_accounts)
    return Notes(
        of_all=report.notes,
        of_accounts=of_accounts,
        more=sum(len(one.notes) for one in report.accounts) - told,
        undecided=count(undecided, "finding") if undecided else "",
    )


def _group(findings: Iterable[Finding], row: Callable[[Finding], Row]) -> Group:
    known = list(findings)
    worst = nsmallest(MOST_LISTED, known, key=_order)
    return Group([row(one) for one in worst], len(known), len(known) - len(worst))
