"""What is wrong with credentials as a table: how often each check has found something, then the worst in full."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from sekisho.analyzers.credentials import CHECKS
from sekisho.analyzers.observation import AnalysisError, CredentialRisk, Observation
from sekisho.cli.escape import plain
from sekisho.cli.render import words
from sekisho.cli.render.since import Since
from sekisho.resources.credentials import AccountCredentials

MOST_SHOWN: Final = 200
"""How many findings are shown one by one; programs get all of them."""

EXAMPLES: Final = 3

Mark = Callable[[Observation], str]
"""Returns what is written beside an observation; empty for nothing."""

UNREAD: Final = "could not be read"


def render_since(since: Since) -> RenderableType:
    """Return what is new and what is fixed since the last time, in words, and the worst of what is fixed."""
    if not since.marks and not since.fixed:
        return Text(since.in_words, "dim")
    worst = nsmallest(MOST_SHOWN, since.fixed, key=lambda one: (words.rank(one.observation), one.observation.resource))
    lines = [
        Text.assemble(("fixed  ", "green"), (_name(one), "bold"), f"  {plain(_sentence(one))}  ", (_check(one), "dim"))
        for one in (finding.observation for finding in worst)
    ]
    left = len(since.fixed) - len(worst)
    more = [Text(f"and {left:,} more; `sekisho findings list --status RESOLVED` has them", "dim")] if left else []
    return Group(Text(since.in_words, "bold"), *lines, *more)


def render_credentials(
    observations: Sequence[Observation],
    account: AccountCredentials,
    *,
    width: int,
    verdict: Text,
    mark: Mark | None = None,
) -> RenderableType:
    """Return the observations on one account as tables that fit into `width` columns.

    Args:
        observations: what there is to tell.
        account: of which it was made.
        width: of the terminal, in columns.
        verdict: what is said where there is nothing to tell.
        mark: returns a word for what is new or back, else an empty one.
    """
    number = len(account.report.rows) if account.report else 0
    made = "" if account.generated_at is None else f", as of {account.generated_at:%Y-%m-%d %H:%M} UTC"
    heading = Text(f"Account {plain(account.account_id)}", "bold underline")
    about = Text(f"{words.count(number, 'row')} of its credential report{made}", "dim")
    if not observations:
        return Group(heading, about, Text(), verdict)
    groups = _by_check(observations)
    shown = list(_worst(groups))
    left = len(observations) - len(shown)
    more = [Text(f"\nand {left:,} more; --format csv has all of them", "dim")] if left else []
    return Group(heading, about, Text(), _counts(groups), Text(), _in_full(shown, width, mark), *more)


def _by_check(observations: Sequence[Observation]) -> list[list[Observation]]:
    """Return the observations of each check and severity together, the worst first."""
    groups: defaultdict[tuple[int, str], list[Observation]] = defaultdict(list)
    for one in observations:
        groups[words.rank(one), _check(one)].append(one)
    return [group for _, group in sorted(groups.items(), key=lambda one: one[0])]


def _worst(groups: Iterable[Sequence[Observation]]) -> Iterator[Observation]:
    left = MOST_SHOWN
    for group in groups:
        some = nsmallest(left, group, key=lambda one: one.resource)
        yield from some
        left -= len(some)


def _check(observation: Observation) -> str:
    return observation.outcome.check if isinstance(observation.outcome, CredentialRisk) else UNREAD


def _counts(groups: Iterable[Sequence[Observation]]) -> Table:
    table = Table("", "", Column("", justify="right"), "", box=None, show_header=False, padding=(0, 2, 0, 0))
    for group in groups:
        check = _check(group[0])
        title = CHECKS[check].title if check in CHECKS else UNREAD
        table.add_row(words.severity(group[0]), Text(title), f"{len(group):,}", Text(", ".join(_some(group)), "dim"))
    return table


def _some(group: Sequence[Observation]) -> Iterator[str]:
    names = list(dict.fromkeys(_name(one) for one in group[: EXAMPLES + 1]))
    yield from names[:EXAMPLES]
    if len(group) > EXAMPLES:
        yield "…"


def _in_full(observations: Sequence[Observation], width: int, mark: Mark | None) -> Table:
    columns = (Column(overflow="fold") for _ in range(4))
    table = Table(*columns, box=None, show_header=False, padding=(0, 2, 0, 0), width=width)
    for one in observations:
        sentence = Text(plain(_sentence(one)))
        if mark is not None and (word := mark(one)):
            sentence = Text.assemble((f"{word}  ", "bold cyan"), sentence)
        table.add_row(words.severity(one), Text(_name(one), "bold"), sentence, Text(_check(one), "dim"))
    return table


def _name(observation: Observation) -> str:
    """Return how people call a user, a role or an account."""
    name = observation.resource.rpartition(":")[2]
    return plain(name.rpartition("/")[2] if name.startswith(("user/", "role/")) else name)


def _sentence(observation: Observation) -> str:
    match observation.outcome:
        case CredentialRisk(sentence=sentence):
            return sentence
        case AnalysisError(reason=reason):
            return reason
        case _:
            return ""
