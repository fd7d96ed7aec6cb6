"""One finding, told as a page: who, what, through which statement, the proof, and what would close it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from sekisho.analyzers.observation import (
    AnalysisError,
    CredentialRisk,
    ExternalAccess,
    Observation,
    ResourceControlPolicyRestriction,
)
from sekisho.cli.escape import plain
from sekisho.cli.render import words
from sekisho.findings import AnalyzedResource, Finding, Status, format_time, witness_document

LABEL_WIDTH: Final = 12


def render_finding(finding: Finding) -> RenderableType:
    """Return a finding as a page; of a resolved one it tells what was so."""
    gone = finding.status is Status.RESOLVED
    history = (
        f"{finding.status.value.lower()}; first seen {format_time(finding.created_at)}, "
        f"last changed {format_time(finding.updated_at)}, last looked at {format_time(finding.analyzed_at)}"
    )
    return Group(
        _heading(finding.observation, gone=gone),
        _grid([("Finding", Text(finding.id)), ("Status", Text(history)), *_parts(finding.observation, gone=gone)]),
    )


def render_observation(observation: Observation) -> RenderableType:
    """Return what an analyzer saw as a page: a finding without a history."""
    return Group(_heading(observation), _grid(_parts(observation)))


def render_no_access(resource: str, resource_type: str, notes: Iterable[str]) -> RenderableType:
    """Return why a resource has no finding."""
    told = [Text(f"• {plain(note)}") for note in notes]
    return Group(
        Text("Nobody outside gets in: ", "bold green").append(plain(resource), "bold not green"),
        Padding(Group(Text(plain(resource_type), "dim"), *told), (0, 0, 1, 2)),
    )


def render_analyzed_resource(seen: AnalyzedResource) -> RenderableType:
    """Return why a resource that was looked at has no finding, and when that was."""
    when = f"looked at {format_time(seen.analyzed_at)} by {seen.analyzer_arn}"
    return render_no_access(seen.resource, seen.resource_type, (*seen.notes, when))


def _heading(observation: Observation, *, gone: bool = False) -> Text:
    text = words.severity(observation)
    verb = "could" if gone else "may"
    match observation.outcome:
        case ExternalAccess() as access:
            if access.is_public:
                text.append(" ", "default").append("PUBLIC", words.PUBLIC_STYLE)
            text.append(
                f"  {words.who(access.principal)} {verb} {words.what(access)}", "not dim bold default on default"
            )
        case CredentialRisk(check=check):
            text.append(f"  {plain(check)}", "bold default on default")
        case AnalysisError():
            text.append("  not decided: it may be open", "bold default on default")
    return text


def _grid(parts: Iterable[tuple[str, RenderableType]]) -> RenderableType:
    grid = Table.grid(Column(width=LABEL_WIDTH), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for label, content in parts:
        grid.add_row(Text(label, "dim"), content)
    return Padding(grid, (0, 0, 1, 2))


def _parts(observation: Observation, *, gone: bool = False) -> Iterator[tuple[str, RenderableType]]:
    kind = f"{observation.resource_type}, account {observation.resource_owner_account}, {observation.region}"
    yield "Resource", Text(plain(observation.resource)).append(f"\n{plain(kind)}", "dim")
    match observation.outcome:
        case ExternalAccess() as access:
            yield from _access_parts(access, gone=gone)
        case CredentialRisk() as risk:
            yield "In short", Text(plain(risk.sentence))
            for fact in risk.facts:
                yield "Fact", Text(plain(f"{fact.name}: {fact.value}")).append(f"  {plain(fact.source)}", "dim")
            yield "Severity", Text(f"{risk.severity.name}: {plain(risk.severity_rule)}")
        case AnalysisError() as error:
            yield "Why", Text(plain(error.reason))
            for one in error.at_most:
                yield "At most", Text(f"{words.who(one.principal)}: ").append(plain(", ".join(one.action)))
            for gap in error.gaps:
                yield "Failed call", Text(plain(f"{gap.call}: {gap.code} {gap.message}"))


def _access_parts(access: ExternalAccess, *, gone: bool) -> Iterator[tuple[str, RenderableType]]:
    if access.sentence:
        yield "It was so" if gone else "In short", Text(plain(access.sentence))
    yield "Who", Text("\n".join((words.who(access.principal), *words.when(access.condition))))
    yield "What", Text(plain(", ".join(access.action)))
    yield "Through", Text("\n".join(f"{words.through(one)}, at {words.place(one)}" for one in access.because))
    for source in access.sources:
        detail = " ".join(filter(None, (source.type, source.access_point_arn, source.access_point_account)))
        yield "Source", Text(plain(detail))
    yield (
        "Proof",
        Group(Text(f"this request {'was' if gone else 'is'} allowed:"), _json(witness_document(access.witness))),
    )
    for blocker in access.blocked_by:
        named = plain(blocker.document) + (f" of {plain(blocker.resource)}" if blocker.resource else "")
        yield "Blocked by", Text(f"{named}: {plain(blocker.reason)}", "yellow")
    if access.resource_control_policy_restriction is not ResourceControlPolicyRestriction.NOT_APPLICABLE:
        yield "RCP", Text(access.resource_control_policy_restriction.value)
    yield "Severity", Text(f"{access.severity.name}: {plain(access.severity_rule)}")
    for approximation in access.approximations:
        yield "Approximate", Text(plain(approximation), "yellow")
    yield "To close it", _remedy(access)


def _remedy(access: ExternalAccess) -> RenderableType:
    told = Text(plain(access.remedy.text))
    if access.remedy.policy is None:
        return told
    try:
        return Group(told, _json(json.loads(access.remedy.policy)))
    except ValueError:
        return Group(told, Text(plain(access.remedy.policy)))


def _json(value: Any) -> Text:
    # ASCII, so that nothing in it can steer the terminal.
    return Text(json.dumps(value, indent=2), "cyan")
