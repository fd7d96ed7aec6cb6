"""Resource control policies: over which accounts, on which actions, and when that is not known."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sekisho.analyzers import analyze_external_access
from sekisho.analyzers.control_policies import CONTROL_POLICY_CALLS, restriction_on
from sekisho.analyzers.observation import ExternalAccess, ResourceControlPolicyRestriction
from sekisho.resources.snapshot import ApiCall, RawAccount, Snapshot
from sekisho.resources.zone import MemberAccount, ResourceControlPolicy, ZoneOfTrust, ZoneType
from unit.resources.builders import OWNER, VENDOR, allow, bucket, failed, policy_text

MANAGEMENT = "999900001111"
READ = ("s3:GetObject",)
APPLICABLE = ResourceControlPolicyRestriction.APPLICABLE
NOT_APPLICABLE = ResourceControlPolicyRestriction.NOT_APPLICABLE
FAILED = ResourceControlPolicyRestriction.FAILED_TO_EVALUATE_RCP


def zone(*policies: ResourceControlPolicy) -> ZoneOfTrust:
    members = (
        MemberAccount(MANAGEMENT, "o-a1b2c3d4e5/r-ab12/"),
        MemberAccount(OWNER, "o-a1b2c3d4e5/r-ab12/ou-ab12-workload/ou-ab12-prod/"),
    )
    return ZoneOfTrust(
        ZoneType.ORGANIZATION,
        MANAGEMENT,
        "us-east-1",
        "o-a1b2c3d4e5",
        None,
        members,
        resource_control_policies=policies,
    )


def attached(target: str, *statements: dict[str, Any]) -> ResourceControlPolicy:
    return ResourceControlPolicy(target, policy_text(*statements))


def denies(**members: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Resource": "*", **({"Action": "s3:*"} | members)}


@pytest.mark.parametrize(
    ("target", "account", "expected"),
    [
        pytest.param("r-ab12", OWNER, APPLICABLE, id="the root is over every member"),
        pytest.param("ou-ab12-workload", OWNER, APPLICABLE, id="a unit is over those in units within it"),
        pytest.param("ou-ab12-prod", OWNER, APPLICABLE, id="a unit is over its accounts"),
        pytest.param(OWNER, OWNER, APPLICABLE, id="an account is over itself"),
        pytest.param("ou-ab12-sandbox", OWNER, NOT_APPLICABLE, id="another unit is not"),
        pytest.param("ou-ab12-pro", OWNER, NOT_APPLICABLE, id="a unit that begins alike is not"),
        pytest.param(VENDOR, OWNER, NOT_APPLICABLE, id="another account is not"),
        pytest.param("r-ab12", MANAGEMENT, NOT_APPLICABLE, id="nothing is over the management account"),
        pytest.param(MANAGEMENT, MANAGEMENT, NOT_APPLICABLE, id="not even what is attached to it"),
        pytest.param("r-ab12", "777788889999", NOT_APPLICABLE, id="an account that is no member is under no root"),
    ],
)
def test_a_policy_is_over_what_it_is_attached_to_and_all_below(
    target: str, account: str, expected: ResourceControlPolicyRestriction
) -> None:
    assert restriction_on(zone(attached(target, denies())), account, READ) is expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(denies(Action="s3:GetObject"), APPLICABLE, id="the action is denied"),
        pytest.param(denies(Action="s3:get*"), APPLICABLE, id="a pattern in another case covers it"),
        pytest.param(denies(Action=["sqs:*", "s3:GetObject"]), APPLICABLE, id="one of several covers it"),
        pytest.param(
            denies(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            APPLICABLE,
            id="it is denied to some",
        ),
        pytest.param(denies(Action="s3:PutObject"), NOT_APPLICABLE, id="another action is denied"),
        pytest.param(
            {"Effect": "Deny", "Principal": "*", "Resource": "*", "NotAction": "s3:PutObject"},
            APPLICABLE,
            id="all actions but another are denied",
        ),
        pytest.param(
            {"Effect": "Deny", "Principal": "*", "Resource": "*", "NotAction": "s3:Get*"},
            NOT_APPLICABLE,
            id="all actions but this are denied",
        ),
        pytest.param(allow(), NOT_APPLICABLE, id="everything is allowed"),
    ],
)
def test_a_policy_concerns_the_actions_that_it_denies(
    statement: dict[str, Any], expected: ResourceControlPolicyRestriction
) -> None:
    assert restriction_on(zone(attached("r-ab12", statement)), OWNER, READ) is expected


def test_one_action_of_a_finding_is_enough() -> None:
    over = zone(attached("r-ab12", denies(Action="s3:PutObject")))

    assert restriction_on(over, OWNER, ("s3:GetObject", "s3:PutObject")) is APPLICABLE


def test_without_a_policy_nothing_applies() -> None:
    assert restriction_on(zone(), OWNER, READ) is NOT_APPLICABLE


@pytest.mark.parametrize("content", ["", "{", json.dumps({"Statement": [{"Effect": "Deny"}]})])
def test_a_malformed_policy_over_the_account_leaves_it_open(content: str) -> None:
    malformed = ResourceControlPolicy("r-ab12", content)

    assert restriction_on(zone(malformed, attached("r-ab12", denies())), OWNER, READ) is FAILED


def test_a_malformed_policy_elsewhere_does_not_matter() -> None:
    assert restriction_on(zone(ResourceControlPolicy("ou-ab12-sandbox", "{")), OWNER, READ) is NOT_APPLICABLE


def restrictions(*calls: ApiCall) -> set[ResourceControlPolicyRestriction]:
    """What the findings on an open bucket say, with calls about the management account."""
    over = zone(attached("r-ab12", denies()))
    opened = bucket(policy=policy_text(allow({"AWS": VENDOR}, "s3:GetObject")))
    taken_at = datetime(2026, 11, 16, tzinfo=UTC)
    snapshot = Snapshot(taken_at, over, (opened,), (RawAccount(MANAGEMENT, calls),))
    return {
        one.outcome.resource_control_policy_restriction
        for analysis in analyze_external_access(snapshot)
        for one in analysis.observations
        if isinstance(one.outcome, ExternalAccess)
    }


@pytest.mark.parametrize("call", sorted(CONTROL_POLICY_CALLS))
def test_control_policies_that_were_not_read_leave_it_open(call: str) -> None:
    assert restrictions(failed(call, "AccessDeniedException")) == {FAILED}


def test_control_policies_that_were_read_apply() -> None:
    assert restrictions() == {APPLICABLE}
    assert restrictions(failed("sqs.list_queues", "AccessDenied")) == {APPLICABLE}
