"""Findings as a table: by account and resource, the worst first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from sekisho.analyzers.observation import AnalysisError, CredentialRisk, ExternalAccess, Severity
from sekisho.cli.escape import plain
from sekisho.cli.render import words
from sekisho.findings import Finding, Status

SEVERITY_WIDTH: Final = len("CRITICAL")
BADGE_WIDTH: Final = len("PUBLIC")
GAP: Final = 2
INDENT: Final = 2
NARROW: Final = 80
"""With fewer columns, what stands side by side stands below each other."""


def render_findings(
    findings: Sequence[Finding], *, width: int, marks: Mapping[str, str] | None = None
) -> RenderableType:
    """Return the findings as a table that fits into `width` columns; long values fold and nothing is cut.

    Args:
        findings: in any order.
        width: of the terminal, in columns.
        marks: a word beside some of them, by id, for instance `new`.
    """
    ordered = sorted(findings, key=_order)
    parts: list[RenderableType] = []
    for account, of_account in groupby(ordered, key=lambda one: one.observation.resource_owner_account):
        parts += [Text(f"Account {plain(account)}", "bold underline"), Text()]
        for group in _by_resource(of_account):
            parts += [_heading(group[0]), Padding(_rows(group, width - INDENT, marks or {}), (0, 0, 1, INDENT))]
    return Group(*parts, _summary(ordered))


def _order(finding: Finding) -> tuple[str, str]:
    return finding.observation.resource_owner_account, finding.observation.resource


def _by_resource(findings: Iterable[Finding]) -> list[list[Finding]]:
    groups = [
        sorted(group, key=lambda one: (words.rank(one.observation), one.id))
        for _, group in groupby(findings, key=lambda one: one.observation.resource)
    ]
    return sorted(groups, key=lambda group: (words.rank(group[0].observation), group[0].observation.resource))


def _heading(finding: Finding) -> Text:
    seen = finding.observation
    kind = Text(f"{plain(seen.resource_type.removeprefix('AWS::'))} ", "dim", overflow="fold")
    return kind.append(plain(seen.resource), "bold not dim").append(f"  {plain(seen.region)}", "dim")


def _rows(findings: Iterable[Finding], width: int, marks: Mapping[str, str]) -> RenderableType:
    return Group(*(_row(one, width, marks.get(one.id)) for one in findings))


def _row(finding: Finding, width: int, mark: str | None) -> Table:
    wide = max(width - SEVERITY_WIDTH - words.SHORT_ID_LENGTH - 3 * GAP, 1)
    match finding.observation.outcome:
        case ExternalAccess() as access if width < NARROW:
            columns = [(wide, _stacked(*_told(access)))]
        case ExternalAccess() as access:
            columns = list(zip(_widths(wide), _told(access), strict=True))
        case CredentialRisk(sentence=sentence):
            columns = [(wide, Text(plain(sentence)))]
        case AnalysisError() as error:
            columns = [(wide, Text(plain(error.reason)))]
    short_id = Text(finding.id[: words.SHORT_ID_LENGTH], "blue")
    cells = [(SEVERITY_WIDTH, _level(finding, mark)), *columns, (words.SHORT_ID_LENGTH, short_id)]
    grid = Table.grid(*(Column(width=one, overflow="fold") for one, _ in cells), padding=(0, GAP, 0, 0))
    grid.add_row(*(cell for _, cell in cells))
    return grid


def _widths(wide: int) -> tuple[int, int, int, int]:
    rest = wide - BADGE_WIDTH - 3 * GAP
    who, what = rest * 4 // 10, rest * 3 // 10
    return BADGE_WIDTH, who, what, rest - who - what


def _level(finding: Finding, mark: str | None) -> Text:
    level = words.severity(finding.observation)
    if len(level) > SEVERITY_WIDTH:
        level.right_crop(len(level) - len("INFO"))
    for word in (None if finding.status is Status.ACTIVE else finding.status.value.lower(), mark):
        if word is not None:
            level.append(f"\n{word}", "not bold dim")
    return level


def _told(access: ExternalAccess) -> tuple[Text, Text, Text, Text]:
    return _badge(access), _who(access), Text(words.what(access)), _through(access)


def _stacked(badge: Text, who: Text, *rest: Text) -> Text:
    first = Text(" ").join((badge, who)) if badge else who
    return Text("\n").join((first, *rest))


def _badge(access: ExternalAccess) -> Text:
    return Text("PUBLIC", words.PUBLIC_STYLE) if access.is_public else Text()


def _who(access: ExternalAccess) -> Text:
    text = Text(words.who(access.principal))
    for line in words.when(access.condition):
        text.append(f"\n{line}", "dim")
    return text


def _through(access: ExternalAccess) -> Text:
    text = Text("\n".join(dict.fromkeys(words.through(one) for one in access.because)))
    for blocker in access.blocked_by:
        text.append(f"\nblocked by {plain(blocker.document)}", "yellow")
    if access.approximations:
        text.append("\napproximate", "yellow")
    return text


def _summary(findings: Sequence[Finding]) -> Text:
    if not findings:
        return Text("No findings.", "bold green")
    resources = len({finding.observation.resource for finding in findings})
    parts = [f"{words.count(len(findings), 'finding')} on {words.count(resources, 'resource')}", *_counts(findings)]
    return Text("; ".join(parts) + ".", "bold")


def _counts(findings: Sequence[Finding]) -> Iterator[str]:
    """Count what is so now: what is resolved is counted as that and nothing else."""
    resolved = sum(one.status is Status.RESOLVED for one in findings)
    standing = [one for one in findings if one.status is not Status.RESOLVED]
    accesses = [one.observation.outcome for one in standing if isinstance(one.observation.outcome, ExternalAccess)]
    levels = Counter(access.severity for access in accesses)
    if levels:
        yield ", ".join(f"{levels[level]:,} {level.name.lower()}" for level in Severity if levels[level])
    if public := sum(access.is_public for access in accesses):
        yield f"{public:,} public"
    if errors := len(standing) - len(accesses):
        yield f"{words.count(errors, 'resource')} could not be decided"
    if resolved:
        yield f"{resolved:,} resolved"
