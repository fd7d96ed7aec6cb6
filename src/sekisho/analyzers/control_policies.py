"""Resource control policies: whether one concerns a resource. Their effect is not subtracted, as AWS's is not.

Source: IAM User Guide, "Findings for external access", resource control policy restriction.
"""

from sekisho.analyzers.observation import ResourceControlPolicyRestriction
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Effect, Policy, PolicyError, parse_policy
from sekisho.resources.zone import ResourceControlPolicy, ZoneOfTrust

CONTROL_POLICY_CALLS = frozenset(
    {"organizations.list_policies", "organizations.describe_policy", "organizations.list_targets_for_policy"}
)
"""The calls that read control policies: where one failed, their effect is not known."""


def restriction_on(zone: ZoneOfTrust, account: str, actions: tuple[str, ...]) -> ResourceControlPolicyRestriction:
    """Say whether a control policy over the account denies any of the actions to anyone.

    Args:
        zone: with the control policies of its organization.
        account: the owner of the resource.
        actions: what a finding lists.
    """
    if not zone.resource_control_policies:
        return _NOT_APPLICABLE
    over = [one for one in zone.resource_control_policies if _is_over(one, zone, account)]
    try:
        policies = [parse_policy(one.content) for one in over]
    except PolicyError:
        return ResourceControlPolicyRestriction.FAILED_TO_EVALUATE_RCP
    if any(_concerns(policy, actions) for policy in policies):
        return ResourceControlPolicyRestriction.APPLICABLE
    return _NOT_APPLICABLE


_NOT_APPLICABLE = ResourceControlPolicyRestriction.NOT_APPLICABLE


def _is_over(one: ResourceControlPolicy, zone: ZoneOfTrust, account: str) -> bool:
    """A policy is attached to the account, or to the root or a unit on its path; never over the management account."""
    path = next((member.org_path for member in zone.accounts if member.account_id == account), "")
    return account != zone.account_id and (one.target_id == account or one.target_id in path.split("/"))


def _concerns(policy: Policy, actions: tuple[str, ...]) -> bool:
    return any(
        statement.effect is Effect.DENY and any(actions_match(statement.actions, one) for one in actions)
        for statement in policy.statements
    )
