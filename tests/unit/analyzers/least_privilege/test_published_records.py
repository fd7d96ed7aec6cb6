"""Records that AWS's guides and open projects publish, all the way to policies; see tests/recorded/cloudtrail."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.activity.caller import Caller as CallerOfRecords
from sekisho.activity.kept import Keeper
from sekisho.activity.needs import READS, UNSEEN, WHOLE
from sekisho.activity.record import read_records
from sekisho.activity.summarist import Summarist
from sekisho.activity.usage import UseOf
from sekisho.analyzers.least_privilege import Proposal, Width, activity_of, propose
from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.policy import Policy, parse_policy
from sekisho.policy.patterns import unescaped

MOMENT = "2026-10-01T08:00:00Z"
RECORDS = Path(__file__).parents[3] / "recorded" / "cloudtrail" / "records.jsonl"


@dataclass(frozen=True)
class Published:
    """A record, with what a reader of the guides says of it.

    Attributes:
        principal: whose policy has to allow it; empty for nobody's.
        outcome: `granted`, `denied`, `refused`, `free`, `of nobody`, `of AWS's own role` or `no call`.
        needs: the requests that were made.
    """

    principal: str
    outcome: str
    needs: tuple[Mapping[str, Any], ...]
    call: str


def principal_of(identity: Mapping[str, Any]) -> str:
    """Return whose identity policy a record is about, by the guide's own words; see the identities in NOTICE.md."""
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
    return str(issuer.get("arn") or identity.get("arn", ""))


@cache
def published() -> Sequence[Published]:
    lines = [json.loads(line) for line in RECORDS.read_text("utf-8").splitlines()]
    return [
        Published(
            principal_of(one["detail"]["userIdentity"]) if one["outcome"] in {"granted", "denied", "refused"} else "",
            one["outcome"],
            tuple(one["needs"]),
            f"{one['detail']['eventSource']} {one['detail']['eventName']}",
        )
        for one in lines
    ]


@cache
def proposals() -> Mapping[str, Proposal]:
    found = read_records(RECORDS.read_bytes())
    assert (len(found.records), found.malformed) == (len(published()), 0)
    summarist = Summarist(Keeper(READS, WHOLE, UNSEEN))
    summarist.add(found)
    rows, uses = summarist.rows, defaultdict[str, list[UseOf]](list)
    for (number, call), row in rows.numbers.items():
        usage = replace(rows.usages[number], call=call)
        uses[usage.principal].append(
            UseOf(usage, rows.row_of.count(row), "2026-10-01T08:00:00Z", "2026-10-01T08:00:00Z")
        )
    return {
        principal: propose(activity_of(principal, of_it), width=Width.EXACT)
        for principal, of_it in uses.items()
        if principal and not CallerOfRecords(principal).is_service_linked
    }


def allows(policies: Sequence[Policy], principal: str, need: Mapping[str, Any]) -> bool:
    caller = Caller(CallerKind.AWS, account=principal.split(":")[4], principal_arn=principal)
    context = {key.lower(): tuple(values) for key, values in need.get("context", {}).items()}
    request = Request(caller, need["action"], unescaped(need["resource"]), context)
    return any(evaluate_policy(policy, request).outcome is Outcome.ALLOW for policy in policies)


def parsed(policies: Sequence[Mapping[str, Any]]) -> list[Policy]:
    return [parse_policy(json.dumps(policy)) for policy in policies]


def of_outcome(outcome: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((one.principal, need) for one in published() if one.outcome == outcome for need in one.needs)


def test_there_are_records_of_many_services() -> None:
    calls = {one.call for one in published()}

    assert len(published()) >= 150
    assert len(calls) >= 150
    assert len({call.partition(" ")[0] for call in calls}) >= 50


def test_every_request_is_allowed_under_the_new_policy() -> None:
    policies = {principal: parsed(proposal.policies) for principal, proposal in proposals().items()}
    refused = [
        (principal, need)
        for principal, need in of_outcome("granted")
        if not allows(policies[principal], principal, need)
    ]
    assert not refused
    assert not any(proposal.not_allowed for proposal in proposals().values())


def test_without_any_one_action_some_request_is_refused() -> None:
    needs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for principal, need in of_outcome("granted"):
        needs[principal].append(need)
    for principal, proposal in proposals().items():
        for action in actions_in(proposal.policies):
            fewer = parsed([without(policy, action) for policy in proposal.policies])
            concerned = [need for need in needs[principal] if need["action"] == action]
            assert not all(allows(fewer, principal, need) for need in concerned), (principal, action)


def actions_in(policies: Sequence[Mapping[str, Any]]) -> set[str]:
    statements = chain.from_iterable(policy["Statement"] for policy in policies)
    return set(chain.from_iterable(listed(one["Action"]) for one in statements))


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def without(policy: Mapping[str, Any], action: str) -> Mapping[str, Any]:
    return {
        **policy,
        "Statement": [
            {**statement, "Action": left}
            for statement in policy["Statement"]
            if (left := [one for one in listed(statement["Action"]) if one != action])
        ],
    }


def test_nothing_is_granted_that_no_record_needed() -> None:
    needed = {(principal, need["action"]) for principal, need in of_outcome("granted")}
    granted = {(name, action) for name, one in proposals().items() for action in actions_in(one.policies)}

    assert granted == needed


def test_what_was_denied_or_refused_unread_is_not_granted() -> None:
    done = {(principal, need["action"]) for principal, need in of_outcome("granted")}
    not_done = [one for outcome in ("denied", "refused") for one in of_outcome(outcome)]

    assert len(not_done) >= 4
    for principal, need in not_done:
        if (principal, need["action"]) not in done:
            assert need["action"] not in actions_in(proposals()[principal].policies)


def test_no_published_call_is_unmapped() -> None:
    unmapped = {f"{one.source} {one.name}" for found in proposals().values() for one in found.activity.unmapped}
    calls = {one.call for one in published()}

    assert unmapped == set()
    assert 1 - len(unmapped) / len(calls) >= 0.97


@pytest.mark.parametrize("width", [Width.EXACT, Width.GROUPED, Width.STAR])
def test_all_of_it_is_allowed_however_wide(width: Width) -> None:
    wider = {
        principal: parsed(propose(proposal.activity, width=width).policies)
        for principal, proposal in proposals().items()
    }
    for principal, need in of_outcome("granted"):
        assert allows(wider[principal], principal, need), need
