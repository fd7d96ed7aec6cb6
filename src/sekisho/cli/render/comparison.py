"""What is told of policies that take the place of today's."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.text import Text

from sekisho.activity.visibility import HIDDEN, WITHOUT_CALL, Hidden
from sekisho.analyzers.least_privilege import Comparison, Grant, NotCompared
from sekisho.analyzers.least_privilege.replacement import Allowed
from sekisho.analyzers.least_privilege.unused import ServiceUse, StatementUse
from sekisho.cli.escape import plain
from sekisho.cli.render.words import count
from sekisho.evaluation import Request

MOST_TOLD: Final = 8
MOST_NAMED: Final = 3


def document_of_comparison(comparison: Comparison | NotCompared) -> dict[str, Any]:
    """Return all that is known of a comparison as a JSON object."""
    if isinstance(comparison, NotCompared):
        return {"notCompared": comparison.reason}
    boundary = comparison.permissions.boundary
    proof = comparison.proof
    return {
        "today": [one.name for one in comparison.permissions.policies],
        "permissionsBoundary": boundary.name if boundary else None,
        "isContained": None if proof.undecided and not proof.more else not proof.more,
        "losesNothingUsed": None if proof.undecided and not proof.lost else not proof.lost,
        "undecided": list(proof.undecided),
        "more": [_request(one) for one in proof.more],
        "lost": [_request(one) for one in proof.lost],
        "unusedServices": [one.service for one in comparison.uses.unused_services],
        "services": [
            {
                "service": one.service,
                "used": list(one.used),
                "keptUnseen": len(one.unseen),
                "unused": len(one.unused),
                **({} if one.is_unused else {"unusedActions": list(one.unused)}),
            }
            for one in comparison.uses.services
        ],
        "statements": [
            {
                "policy": one.policy,
                "statement": one.statement,
                "actions": one.actions,
                "used": one.used,
                "keptUnseen": one.unseen,
                "unusedResources": list(one.unused_resources),
            }
            for one in comparison.uses.statements
        ],
        "kept": [
            {"actions": sorted({one.action for one in some}), "why": hidden.what, "switchOn": hidden.advice}
            for hidden, some in _by_reason(comparison).items()
        ],
        "notAllowedToday": [{**document_of_grant(one.grant), "reason": one.reason} for one in comparison.missing],
        "underConditionsOfToday": [
            {**document_of_grant(grant), "statements": list(names)} for grant, names in comparison.conditional.items()
        ],
    }


def notes_on_comparison(comparison: Comparison | NotCompared) -> Iterator[Text]:
    """Yield what the reader should know before the policies take the place of today's."""
    if isinstance(comparison, NotCompared):
        yield Text(plain(f"  not compared with today's policies: {comparison.reason}"), "bold yellow")
        return
    names = [one.name for one in comparison.permissions.policies]
    yield Text(plain(f"  in place of {', '.join(names) if names else 'no policy'}"))
    if any(name.startswith("group ") for name in names):
        yield Text("  what a group has stays until the user leaves it", "yellow")
    yield from _proof(comparison)
    uses = comparison.uses
    yield Text(f"  unused today: {count(len(uses.unused_services), 'service')}, {count(uses.unused_actions, 'action')}")
    yield from _listed([_service(one) for one in uses.services if one.unused])
    yield from _titled("of today's statements", [_statement(one) for one in uses.statements], "")
    kept = [
        f"{_named({one.action for one in some})}  {_advice(hidden)}" for hidden, some in _by_reason(comparison).items()
    ]
    yield from _titled("kept, as nothing here could show its use", kept, "yellow")
    resource = "resource"
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in comparison.missing:
        reasons[one.grant.action, one.reason].append(one.grant.resource)
    yield from _titled(
        "done, but not allowed by today's policies, and not added",
        [
            f"{action}  {arns[0] if len(arns) == 1 else f'on {count(len(arns), resource)}'}: {reason}"
            for (action, reason), arns in reasons.items()
        ],
        "red",
    )
    if comparison.conditional:
        statements = sorted({name for names in comparison.conditional.values() for name in names})
        yield Text(
            plain(
                f"  {count(len(comparison.conditional), 'grant')} under conditions of today's, which are kept: "
                f"{', '.join(statements[:MOST_NAMED])}{', …' if len(statements) > MOST_NAMED else ''}"
            )
        )
    boundary = comparison.permissions.boundary
    if boundary:
        yield Text(plain(f"  its permissions boundary {boundary.name} stays, and limits all of it"), "dim")
    if comparison.oversized:
        yield Text(
            f"  {count(comparison.oversized, 'policy')} fit into no managed policy: a statement of today's "
            "is too large for one; attach as inline policy",
            "bold yellow",
        )


def notes_on_unrecorded(unrecorded: tuple[Hidden, ...]) -> Iterator[Text]:
    """Yield what the trail should have been told to record."""
    lines = [_advice(one) for one in unrecorded]
    yield from _titled("probably used, and not recorded by this trail", lines, "yellow")


def _proof(comparison: Comparison) -> Iterator[Text]:
    proof = comparison.proof
    if proof.holds:
        yield Text(
            "  proven: nothing is allowed that today's policies do not allow, and nothing that was done and they allow "
            "is lost"
        )
    for request in proof.more:
        yield Text(plain(f"  ALLOWS MORE THAN TODAY, which is a fault in sekisho: {_told(request)}"), "bold red")
    for request in proof.lost:
        yield Text(plain(f"  ALLOWS LESS THAN WAS DONE, which is a fault in sekisho: {_told(request)}"), "bold red")
    for one in proof.undecided:
        yield Text(plain(f"  not proven for {one}"), "bold yellow")


def _service(one: ServiceUse) -> str:
    level = next(iter(one.unused.values()))
    riskiest = [name.partition(":")[2] for name in one.riskiest]
    some = f"{', '.join(riskiest[:MOST_NAMED])}{', …' if len(riskiest) > MOST_NAMED else ''}"
    rest = "all of it" if one.is_unused else f"{len(one.unused):,} of {len(one.unused) + len(one.used):,} actions"
    return f"- {one.service}:*  {rest}; {level.lower()}: {some}"


def _statement(one: StatementUse) -> str:
    unseen = f", {one.unseen:,} kept unseen" if one.unseen else ""
    idle = f"; nothing on {', '.join(one.unused_resources[:MOST_NAMED])}" if one.unused_resources else ""
    more = f" and {len(one.unused_resources) - MOST_NAMED:,} more" if len(one.unused_resources) > MOST_NAMED else ""
    return f"{one.statement} of {one.policy}: {one.used:,} of {count(one.actions, 'action')} used{unseen}{idle}{more}"


def _advice(hidden: Hidden) -> str:
    return f"{hidden.what}: {hidden.advice}" if hidden.what else hidden.advice


def _by_reason(comparison: Comparison) -> Mapping[Hidden, list[Allowed]]:
    found: dict[Hidden, list[Allowed]] = {}
    for one in comparison.kept:
        if one.hidden is not None:
            found.setdefault(one.hidden, []).append(one)
    return dict(sorted(found.items(), key=lambda row: (*HIDDEN, WITHOUT_CALL).index(row[0])))


def _named(actions: set[str]) -> str:
    names = sorted(actions)
    return f"{', '.join(names[:MOST_NAMED])}{f' and {len(names) - MOST_NAMED} more' if len(names) > MOST_NAMED else ''}"


def _told(request: Request) -> str:
    context = {key: values for key, values in request.context.items() if not key.startswith("aws:principal")}
    return f"{request.action} on {request.resource}{f' with {context}' if context else ''}"


def _titled(title: str, lines: list[str], style: str) -> Iterator[Text]:
    if lines:
        yield Text(f"  {title}:", style)
        yield from _listed(lines)


def _listed(lines: list[str]) -> Iterator[Text]:
    for line in lines[:MOST_TOLD]:
        yield Text(plain(f"    {line}"))
    if len(lines) > MOST_TOLD:
        yield Text(f"    and {len(lines) - MOST_TOLD:,} more; --format json has them", "dim")


def document_of_grant(grant: Grant) -> dict[str, Any]:
    """Return something that a policy has to allow as a JSON object."""
    context = {key: list(values) for key, values in grant.context}
    return {"action": grant.action, "resource": grant.resource, **({"condition": context} if context else {})}


def _request(request: Request) -> dict[str, Any]:
    return {
        "action": request.action,
        "resource": request.resource,
        "context": {key: list(values) for key, values in request.context.items()},
    }
