"""Laws of remedies: a policy that is offered closes the finding, and takes nothing from those who are trusted."""

import random
from typing import Any

from hypothesis import given, reject
from hypothesis import strategies as st

from properties.strategies import BUCKET, OWNER, documents, is_from, policy_of, requests_from_anyone
from sekisho.analyzers.access import passage_by
from sekisho.analyzers.remedies import Opening, remedy_for
from sekisho.analyzers.subject import Subject, question_of
from sekisho.evaluation import CallerKind, Outcome, Request, evaluate_policy
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import Policy, format_policy, parse_policy
from sekisho.reasoning import Region, UndecidedError, Wanted, solution_of
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.registry import read_exposure
from sekisho.resources.zone import MemberAccount, ZoneOfTrust, ZoneType

ORGANIZATION = "o-a1b2c3d4e5"
ZONES = {
    None: ZoneOfTrust(ZoneType.ACCOUNT, OWNER, "us-east-1"),
    ORGANIZATION: ZoneOfTrust(
        ZoneType.ORGANIZATION,
        OWNER,
        "us-east-1",
        organization_id=ORGANIZATION,
        accounts=(MemberAccount(OWNER, f"{ORGANIZATION}/r-ab12/"),),
    ),
}


def _remedied(listed: list[dict[str, Any]], zone: ZoneOfTrust) -> list[tuple[Region, Policy]]:
    """Return the regions for which there is a policy, with it."""
    text = format_policy(policy_of(listed))
    raw = hypothetical_resource(text, resource_type="AWS::S3::Bucket", owner_account=OWNER, resource=BUCKET)
    subject = Subject(raw, zone, read_exposure(raw))
    found: list[tuple[Region, Policy]] = []
    for way in subject.exposure.ways:
        try:
            found_by_way = solution_of(question_of(subject, way))
        except UndecidedError:
            reject()
        spelled = passage_by(subject, way, found_by_way).spelled
        for region in found_by_way.regions:
            remedy = remedy_for(Opening(subject, way, region, (), spelled))
            if remedy.policy is not None:
                found.append((region, parse_policy(remedy.policy)))
    return found


def _some(listed: list[dict[str, Any]]) -> list[Request]:
    keys = frozenset(key.lower() for one in listed for block in one.get("Condition", {}).values() for key in block)
    requests = list(requests_from_anyone(keys | {"aws:principalorgid"}))
    return random.Random(len(requests)).sample(requests, min(len(requests), 500))  # noqa: S311 - no secret


def _lies_in(request: Request, region: Region) -> bool:
    return (
        request.action in region.witnesses
        and principal_matches(region.principal, request.caller)
        and all(label.contains(request.context) for label in region.condition.values())
    )


@given(documents(), st.sampled_from([None, ORGANIZATION]))
def test_a_remedy_closes_its_finding_takes_nothing_from_the_trusted_and_gives_nothing(
    listed: list[dict[str, Any]], organization_id: str | None
) -> None:
    before, zone = policy_of(listed), ZONES[organization_id]
    for region, after in _remedied(listed, zone):
        for request in _some(listed):
            allowed = evaluate_policy(after, request).outcome is Outcome.ALLOW
            was_allowed = evaluate_policy(before, request).outcome is Outcome.ALLOW
            service = request.caller.kind is CallerKind.SERVICE
            assert was_allowed or not allowed, request
            if is_from(Wanted.OUTSIDE, request, organization_id) and not service:
                assert not (allowed and _lies_in(request, region)), request
            if service or _is_trusted(request, organization_id):
                assert allowed or not was_allowed, request


def _is_trusted(request: Request, organization_id: str | None) -> bool:
    """Say whether a caller is of the one account that the zones have; those of an organization call with its id."""
    member = organization_id is None or request.context.get("aws:principalorgid") == (organization_id,)
    return request.caller.account == OWNER and member
