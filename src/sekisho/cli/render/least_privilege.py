"""What is told of a generated policy: all of it for programs, and for people what they should look at."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from rich.text import Text

from sekisho.activity.actions.reference import ServiceReference
from sekisho.activity.caller import Nobody
from sekisho.activity.permission import Basis, Reach
from sekisho.activity.usage import FileReport
from sekisho.analyzers.least_privilege import (
    MOST_MANAGED_POLICIES,
    Activity,
    Comparison,
    Conditions,
    Denied,
    Evidence,
    Grant,
    Proposal,
)
from sekisho.cli.escape import plain
from sekisho.cli.render.comparison import (
    document_of_comparison,
    document_of_grant,
    notes_on_comparison,
    notes_on_unrecorded,
)
from sekisho.cli.render.suggestions import documents_of_suggestions, lines_on_suggestions
from sekisho.cli.render.words import count

MOST_TOLD: Final = 20
MOST_ALIKE: Final = 3
ALWAYS_TOLD: Final = frozenset({"iam:PassRole"})


def document_of(proposal: Proposal) -> dict[str, Any]:
    """Return all that is known of a proposal as a JSON object."""
    activity = proposal.activity
    return {
        "principal": activity.principal,
        "policies": list(proposal.policies),
        "isProven": _is_proven(proposal),
        "notAllowed": [document_of_grant(one.grant) for one in proposal.not_allowed],
        "grants": [
            {**document_of_grant(grant), **_evidence(seen)}
            for grant, seen in sorted(proposal.granted.items(), key=_by_grant)
        ],
        "widened": [{"pattern": pattern, "standsFor": number} for pattern, number in proposal.widened.items()],
        "denied": [
            {**document_of_grant(one.wanted), "reason": one.reason, **_evidence(seen)}
            for one, seen in sorted(activity.denied.items(), key=_by_denial)
        ],
        "refused": [
            {**document_of_grant(grant), **_evidence(seen)}
            for grant, seen in sorted(activity.refused.items(), key=_by_grant)
        ],
        "unmapped": [
            {"eventSource": one.source, "eventName": one.name, "why": one.why, **_evidence(seen)}
            for one, seen in sorted(activity.unmapped.items(), key=lambda row: (row[0].source, row[0].name))
        ],
        "suggestions": list(documents_of_suggestions(proposal)),
        "assumed": sorted(activity.assumed),
        "mayNeed": [
            {"action": action, "becauseOf": sorted(because_of)} for action, because_of in sorted(activity.hints.items())
        ],
        "notRecorded": [{"what": one.what, "switchOn": one.advice} for one in proposal.unrecorded],
        **({"comparison": document_of_comparison(proposal.comparison)} if proposal.comparison else {}),
    }


def notes_on(proposal: Proposal) -> Iterator[Text]:
    """Yield what the reader of a policy should know: whose it is, what was guessed, and what it leaves out."""
    yield Text(plain(proposal.activity.principal), "bold")
    yield from _on_policies(proposal)
    yield from _on_guesses(proposal)
    yield from _on_what_is_left_out(proposal.activity, denied_is_granted=_is_granted(proposal))
    yield from notes_on_unrecorded(proposal.unrecorded)
    if proposal.comparison is not None:
        yield from notes_on_comparison(proposal.comparison)


def _on_policies(proposal: Proposal) -> Iterator[Text]:
    records = sum(seen.count for seen in proposal.granted.values())
    actions = {grant.action for grant in proposal.granted}
    if not proposal.granted:
        yield Text("  Nothing of what it did needs a permission.", "yellow")
    else:
        yield Text(
            f"  {count(len(actions), 'action')} out of {count(records, 'use')}, in {_policies(len(proposal.policies))}."
            + (_PROVEN if _is_all_allowed(proposal) else "")
        )
    if proposal.is_template:
        yield Text("  Its resources are placeholders: fill in what stands in ${…} before you attach it.", "yellow")
    if len(proposal.policies) > MOST_MANAGED_POLICIES:
        yield Text(
            f"  That is more than the {MOST_MANAGED_POLICIES} managed policies that IAM attaches unless AWS has raised"
            " it; `--resources star` makes fewer.",
            "yellow",
        )
    for one in proposal.not_allowed:
        yield Text(
            plain(f"  NOT ALLOWED, which is a fault in sekisho: {one.grant.action} {one.grant.resource}"), "bold red"
        )


def _on_guesses(proposal: Proposal) -> Iterator[Text]:
    activity = proposal.activity
    yield from listed("inferred, as no event tells of it", _inferred(proposal.granted), "cyan")
    yield from listed("on resources that the records do not name", _unknown(proposal.granted), "yellow")
    yield from listed(
        "written wider than it was recorded",
        [f"{pattern}  stands for {count(number, 'ARN')}" for pattern, number in proposal.widened.items()],
        "yellow",
    )
    yield from listed("assumed", sorted(activity.assumed), "yellow")
    yield from listed(_of_conditions(proposal), lines_on_suggestions(proposal.suggestions), "cyan")
    if activity.hints:
        number = count(len(activity.hints), "action")
        yield Text(f"  {number} more may be needed in some cases; --format json has them under `mayNeed`", "dim")


def _of_conditions(proposal: Proposal) -> str:
    if proposal.conditions is Conditions.ALL:
        return "conditions that held each time, and are written"
    if proposal.comparison is not None:
        return "conditions that held each time, and are not written"
    return "conditions that held each time, and that --conditions all writes as well"


def _on_what_is_left_out(activity: Activity, *, denied_is_granted: bool) -> Iterator[Text]:
    yield from listed(
        "denied, and granted as it was asked for" if denied_is_granted else "denied, and not granted",
        [
            f"{one.action}  {one.resource}  {count(seen.count, 'time')}{f': {one.reason}' if one.reason else ''}"
            for one, seen in sorted(activity.denied.items(), key=_by_denial)
        ],
        "red",
    )
    yield from listed(
        "throttled or malformed, and not granted",
        [
            f"{grant.action}  {grant.resource}"
            for grant in sorted(activity.refused, key=lambda one: (one.action, one.resource))
        ],
        "yellow",
    )
    yield from listed(
        "of actions that are not known, and not granted",
        [
            f"{one.source} {one.name}  {count(seen.count, 'time')}: {one.why}"
            for one, seen in sorted(activity.unmapped.items(), key=lambda row: (row[0].source, row[0].name))
        ],
        "red",
    )


def notes_on_reference(reference: ServiceReference | None) -> Iterator[Text]:
    """Yield that calls are mapped by AWS's Service Reference as well, where it is there."""
    if reference is not None:
        services = count(len(reference.services), "service")
        yield Text(plain(f"AWS's Service Reference of {reference.day} is used, with {services}."), "dim")


def notes_on_files(
    kept: Collection[FileReport], now: Iterable[FileReport], nobodies: Mapping[str, int]
) -> Iterator[Text]:
    """Yield what was read, and what was not."""
    reports = list(now)
    fresh = [file for file in reports if file.is_read]
    known = f" ({count(len(kept) - len(fresh), 'file')} known already)" if len(kept) > len(fresh) else ""
    yield Text(f"{count(sum(file.records for file in kept), 'record')} in {count(len(kept), 'file')}{known}.", "dim")
    for name, number in nobodies.items():
        yield Text(f"  {count(number, 'record')} of {Nobody[name].value}", "dim")
    others = Counter[str]()
    for file in kept:
        others.update(file.no_calls)
    for kind, number in sorted(others.items()):
        yield Text(plain(f"  {count(number, 'record')} of type {kind}, which are no calls"), "dim")
    yield from listed("not read", [f"{file.key}: {file.problem}" for file in reports if not file.is_read], "bold red")
    yield from listed(
        "read in part",
        [f"{file.key}: {_entries(file.malformed)}: {file.problem}" for file in kept if file.malformed],
        "red",
    )


_PROVEN: Final = " Each of them is allowed: the evaluator was asked."


def _is_proven(proposal: Proposal) -> bool | None:
    """Say whether the policies allow what was done; where they replace others, also that they allow no more."""
    comparison = proposal.comparison
    if isinstance(comparison, Comparison):
        return not (proposal.not_allowed or comparison.proof.more or comparison.proof.lost) and (
            None if comparison.proof.undecided else True
        )
    return not proposal.not_allowed if proposal.policies and not proposal.is_template else None


def _is_all_allowed(proposal: Proposal) -> bool:
    comparison = proposal.comparison
    is_part = isinstance(comparison, Comparison) and bool(comparison.missing)
    return not (proposal.not_allowed or proposal.is_template or is_part)


def _is_granted(proposal: Proposal) -> bool:
    return any(one.wanted in proposal.granted for one in proposal.activity.denied)


def _by_denial(row: tuple[Denied, Evidence]) -> tuple[str, str, Any, str]:
    denied, _ = row
    return denied.action, denied.resource, denied.context, denied.reason


def _entries(number: int) -> str:
    return "1 entry is no record" if number == 1 else f"{number:,} entries are no records"


def _policies(number: int) -> str:
    return "one policy" if number == 1 else f"{number:,} policies"


def listed(title: str, lines: Collection[str], style: str) -> Iterator[Text]:
    """Yield a title and lines below it, not too many of them; nothing for none."""
    if lines:
        yield Text(f"  {title}:", style)
        for line in islice(lines, MOST_TOLD):
            yield Text(plain(f"    {line}"))
        if len(lines) > MOST_TOLD:
            yield Text(f"    and {len(lines) - MOST_TOLD:,} more; --format json has them", "dim")


def _inferred(grants: Mapping[Grant, Evidence]) -> list[str]:
    """Return who is passed, each on its own, and the other actions with the number of their resources."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    inferred = (row for row in grants.items() if Basis.INFERRED in row[1].bases)
    for grant, seen in sorted(inferred, key=_by_grant):
        found[grant.action, ", ".join(sorted(seen.rules))].append(grant.resource)
    return [
        f"{action}  {told}  from {rules}"
        for (action, rules), resources in sorted(found.items())
        for told in (
            resources
            if action in ALWAYS_TOLD or len(resources) <= MOST_ALIKE
            else [f"on {count(len(resources), 'resource')}"]
        )
    ]


def _unknown(grants: Mapping[Grant, Evidence]) -> list[str]:
    unknown = (row for row in grants.items() if Reach.UNKNOWN in row[1].reaches)
    return [f"{grant.action}  from {', '.join(sorted(seen.calls))}" for grant, seen in sorted(unknown, key=_by_grant)]


def _by_grant(row: tuple[Grant, Evidence]) -> tuple[str, str, Any]:
    grant, _ = row
    return grant.action, grant.resource, grant.context


def _evidence(seen: Evidence) -> dict[str, Any]:
    return {
        "count": seen.count,
        "first": seen.first,
        "last": seen.last,
        "calls": sorted(seen.calls),
        "regions": sorted(seen.regions),
        "samples": sorted(seen.samples),
        "rules": sorted(seen.rules),
        "basis": sorted(one.value for one in seen.bases),
        "reach": sorted(one.value for one in seen.reaches),
    }
