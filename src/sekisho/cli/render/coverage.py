"""What a scan looked at, what it could not read, and what it changed."""

from collections.abc import Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sekisho.cli.escape import plain
from sekisho.cli.render.words import count
from sekisho.findings import Coverage, Reconciliation
from sekisho.resources.gaps import Gap


def render_gaps(coverage: Coverage) -> RenderableType:
    """Return a table of what could not be read or decided; equal failures share a row."""
    table = Table(
        "Not read", "Answer", "Account", "Region", "What is unknown now", box=None, header_style="dim", pad_edge=False
    )
    for column in table.columns:
        column.overflow = "fold"
    for gaps in alike(coverage.gaps):
        first = gaps[0]
        cells = (first.call, first.code, first.account, first.region or "all", unknown_now(gaps))
        table.add_row(*(Text(plain(cell)) for cell in cells))
    undecided = [
        Text(f"not decided: {plain(one.resource)}: {plain(one.reason)}", "yellow") for one in coverage.undecided
    ]
    return Group(*([table] if coverage.gaps else []), *undecided)


def render_coverage(coverage: Coverage, *, left_alone: int = 0) -> str:
    """Say in one line how far a scan looked."""
    return "; ".join(_coverage(coverage, left_alone)) + "."


def render_changes(reconciliation: Reconciliation) -> str:
    """Say in one line what a scan changed."""
    groups = {
        "new": reconciliation.new,
        "back": reconciliation.returned,
        "changed": reconciliation.changed,
        "resolved": reconciliation.resolved,
        "unchanged": reconciliation.unchanged,
    }
    return (
        "Findings: " + (", ".join(f"{len(group):,} {name}" for name, group in groups.items() if group) or "none") + "."
    )


def _coverage(coverage: Coverage, left_alone: int) -> Iterator[str]:
    regions = "every enabled Region" if coverage.regions is None else count(len(coverage.regions), "Region")
    seen, accounts = count(coverage.resources, "resource"), count(len(coverage.accounts), "account")
    yield f"Looked at {seen} in {accounts}, {regions}"
    yield f"{count(len(coverage.gaps), 'call')} failed" if coverage.gaps else "no call failed"
    if coverage.undecided:
        yield f"{count(len(coverage.undecided), 'resource')} not decided"
    if left_alone:
        yield f"{count(left_alone, 'finding')} not looked at and left as before"


def alike(gaps: tuple[Gap, ...]) -> Iterator[list[Gap]]:
    """Yield equal failures together."""

    def key(gap: Gap) -> tuple[str, str, str, str]:
        return gap.call, gap.code, gap.account, gap.region or ""

    return (list(group) for _, group in groupby(sorted(gaps, key=key), key=key))


def unknown_now(gaps: list[Gap]) -> str:
    """Say what is not known after equal failures."""
    resources = sorted({gap.resource for gap in gaps if gap.resource is not None})
    if resources:
        return resources[0] + (f" and {len(resources) - 1:,} more" if len(resources) > 1 else "")
    kinds = sorted({kind.removeprefix("AWS::") for gap in gaps for kind in gap.resource_types})
    if kinds:
        return "every " + ", ".join(kinds)
    if gaps[0].call == "organizations.describe_organization":
        return "which organization the account belongs to"
    return "whether control policies apply"
