"""What takes the place of today's policies: a rule each."""

import json
from typing import Any

from sekisho.activity.visibility import WITHOUT_CALL, Hidden, invisible
from sekisho.analyzers.least_privilege import (
    LARGEST_MANAGED_POLICY,
    Activity,
    Comparison,
    Evidence,
    Grant,
    NotCompared,
    Proposal,
    Width,
    compare_with_today,
    propose,
)
from sekisho.policy import parse_policy
from sekisho.resources.identity_policies import IdentityPolicy, Permissions

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/staff/alice"
DATA = "arn:aws:s3:::data"
GET = "s3:GetObject"


def allow(action: Any, resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


def deny(action: Any, resource: Any = "*", **members: Any) -> dict[str, Any]:
    return {**allow(action, resource, **members), "Effect": "Deny"}


def attached(
    *statements: dict[str, Any], version: str = "2012-10-17", boundary: dict[str, Any] | None = None, to: str = ROLE
) -> Permissions:
    def policy(*some: dict[str, Any]) -> IdentityPolicy:
        return IdentityPolicy("p", parse_policy(json.dumps({"Version": version, "Statement": list(some)})))

    return Permissions(to, (policy(*statements),), policy(boundary) if boundary else None)


def replaced(
    permissions: Permissions,
    *grants: Grant,
    hidden: dict[str, Hidden] | None = None,
    width: Width = Width.GROUPED,
) -> Proposal:
    proposal = propose(Activity(permissions.principal or ROLE, {one: Evidence(1) for one in grants}), width=width)
    return compare_with_today(proposal, permissions, hidden or {}, width=width, context=True)


def statements_of(proposal: Proposal) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in one.items() if name != "Sid" or one["Effect"] == "Deny"}
        for policy in proposal.policies
        for one in policy["Statement"]
    ]


def comparison_of(proposal: Proposal) -> Comparison:
    assert isinstance(proposal.comparison, Comparison)
    return proposal.comparison


def is_proven(proposal: Proposal) -> bool:
    return comparison_of(proposal).proof.holds and not proposal.not_allowed


def keys(*names: str) -> list[Grant]:
    return [Grant(GET, f"{DATA}/{name}") for name in names]


# --- within today's


def test_what_was_done_is_all_that_is_left_of_a_wide_policy() -> None:
    proposal = replaced(attached(allow("s3:*")), *keys("a"))

    assert statements_of(proposal) == [allow(GET, f"{DATA}/a")]
    assert is_proven(proposal)


def test_a_pattern_that_reaches_beyond_today_is_cut_to_what_is_allowed() -> None:
    proposal = replaced(
        attached(allow(GET, f"{DATA}/in/*")), *keys(*(f"in/{one}" for one in "abcdefg")), width=Width.STAR
    )

    assert statements_of(proposal) == [allow(GET, f"{DATA}/in/*")]
    assert is_proven(proposal)


def test_a_pattern_of_which_today_has_single_arns_becomes_these() -> None:
    done = keys(*(f"in/{one}" for one in "abcdefg"))
    today = [f"{DATA}/in/{one}" for one in "abcdefgh"]
    proposal = replaced(attached(allow(GET, today)), *done)

    assert statements_of(proposal) == [allow(GET, today[:7])]
    assert is_proven(proposal)


def test_a_resource_that_no_record_names_is_what_today_allows_of_it() -> None:
    proposal = replaced(attached(allow(GET, [f"{DATA}/in/*", "arn:aws:sqs:*:*:q"])), Grant(GET, "arn:aws:s3:::*"))

    assert statements_of(proposal) == [allow(GET, f"{DATA}/in/*")]
    assert is_proven(proposal)


def test_what_a_not_action_and_a_not_resource_leave_is_allowed() -> None:
    today = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": f"{DATA}/secret/*"}
    proposal = replaced(attached(today), *keys("a", "secret/b"), Grant("iam:ListRoles", "*"))

    assert statements_of(proposal) == [allow(GET, f"{DATA}/a")]
    assert {one.grant.resource for one in comparison_of(proposal).missing} == {f"{DATA}/secret/b", "*"}
    assert is_proven(proposal)


def test_what_only_a_not_resource_can_say_stays_one() -> None:
    today = {"Effect": "Allow", "Action": "s3:*", "NotResource": f"{DATA}/secret/*"}
    proposal = replaced(attached(today), Grant(GET, f"{DATA}/*"))

    assert statements_of(proposal) == [{"Effect": "Allow", "Action": GET, "NotResource": f"{DATA}/secret/*"}]
    assert is_proven(proposal)


# --- conditions


def test_the_condition_under_which_today_allows_something_is_kept() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    proposal = replaced(attached(allow("s3:*", Condition=condition), allow(GET, f"{DATA}/a")), *keys("a", "b"))

    assert statements_of(proposal) == [allow(GET, f"{DATA}/a"), allow(GET, f"{DATA}/b", Condition=condition)]
    assert list(comparison_of(proposal).conditional.values()) == [("Statement[0] of p",)]
    assert is_proven(proposal)


def test_a_condition_of_the_grant_stands_beside_todays_and_the_narrower_value_counts() -> None:
    today = {
        "StringEquals": {"iam:passedtoservice": ["lambda.amazonaws.com", "ec2.amazonaws.com"]},
        "Bool": {"a:b": "true"},
    }
    passed = Grant("iam:PassRole", f"{ROLE}2", (("iam:PassedToService", ("lambda.amazonaws.com",)),))
    proposal = replaced(attached(allow("iam:*", Condition=today)), passed)

    (statement,) = statements_of(proposal)
    assert statement["Condition"] == {
        "Bool": {"a:b": "true"},
        "StringEquals": {"iam:passedtoservice": "lambda.amazonaws.com"},
    }
    assert is_proven(proposal)


def test_a_statement_whose_condition_cannot_have_held_allowed_nothing() -> None:
    another = {"StringEquals": {"aws:PrincipalArn": f"{ROLE}2"}}
    passed = Grant("iam:PassRole", f"{ROLE}2", (("iam:PassedToService", ("lambda.amazonaws.com",)),))
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    proposal = replaced(
        attached(allow("s3:*", Condition=another), allow("iam:PassRole", Condition=to_ec2)), *keys("a"), passed
    )

    assert proposal.policies == ()
    assert {one.reason for one in comparison_of(proposal).missing} == {"no policy of today allows it"}


def test_the_name_of_a_user_is_put_into_variables_and_others_stay() -> None:
    home = attached(allow("s3:*", f"{DATA}/home/${{aws:username}}/*"), to=USER)
    assert statements_of(own := replaced(home, *keys("home/alice/a"))) == [allow(GET, f"{DATA}/home/alice/a")]
    assert is_proven(own)

    team = f"{DATA}/${{aws:PrincipalTag/team}}/*"
    tagged = replaced(attached(allow("s3:*", team)), *keys("blue/a", "blue/b"))
    assert statements_of(tagged) == [allow(GET, team)]
    assert not comparison_of(tagged).proof.more


def test_a_variable_of_the_older_version_is_plain_text() -> None:
    old = attached(allow("s3:*", f"{DATA}/${{aws:username}}/*"), version="2008-10-17", to=USER)
    proposal = replaced(old, *keys("alice/a"))

    assert proposal.policies == ()
    assert len(comparison_of(proposal).missing) == 1


# --- what today does not allow


def test_what_today_does_not_allow_is_not_added_but_told() -> None:
    proposal = replaced(
        attached(allow("s3:*", f"{DATA}/*")), *keys("a"), Grant("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:q")
    )

    assert statements_of(proposal) == [allow(GET, f"{DATA}/a")]
    (missing,) = comparison_of(proposal).missing
    assert (missing.grant.action, missing.reason) == ("sqs:SendMessage", "no policy of today allows it")


def test_what_a_deny_of_today_refuses_is_not_added_and_the_deny_is_named() -> None:
    proposal = replaced(
        attached(allow("s3:*"), deny("s3:Get*", f"{DATA}/secret/*", Sid="NoSecrets")), *keys("secret/a")
    )

    (missing,) = comparison_of(proposal).missing
    assert missing.reason == "NoSecrets of p denies it"
    assert statements_of(proposal) == [deny("s3:Get*", f"{DATA}/secret/*", Sid="NoSecrets")]


# --- denies


def test_denies_of_today_go_on_as_they_stand() -> None:
    condition = {"StringNotEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}
    denies = [
        deny(["s3:Delete*", "s3:Put*"], f"{DATA}/${{aws:username}}/*", Sid="Own"),
        {"Sid": "Own2", "Effect": "Deny", "NotAction": "s3:*", "NotResource": f"{DATA}/*", "Condition": condition},
    ]
    proposal = replaced(attached(allow("s3:*"), *denies), *keys("a"))

    assert statements_of(proposal)[1:] == denies
    assert is_proven(proposal)


def test_denies_of_one_name_get_two() -> None:
    permissions = attached(
        allow("s3:*"), deny("s3:Put*", Sid="No"), deny("s3:Delete*", Sid="No"), deny("s3:Put*", Sid="No")
    )
    proposal = replaced(permissions, *keys("a"))

    assert [one["Sid"] for one in proposal.policies[0]["Statement"][1:]] == ["No", "No2"]


# --- what nothing could have shown


def test_grants_whose_use_nothing_could_show_are_kept_on_todays_resources() -> None:
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    permissions = attached(allow("sqs:*", "arn:aws:sqs:eu-west-1:1:q", Condition=condition), allow("s3:GetBucketAcl"))
    proposal = replaced(permissions, hidden=dict(invisible([])))

    (statement,) = statements_of(proposal)
    assert statement == allow(
        ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"],
        "arn:aws:sqs:eu-west-1:1:q",
        Condition=condition,
    )
    assert {one.hidden.resource_type for one in comparison_of(proposal).kept if one.hidden} == {"AWS::SQS::Queue"}
    assert is_proven(proposal)


def test_a_grant_is_not_kept_where_the_trail_would_have_shown_its_use() -> None:
    hidden = dict(invisible([("sqs.amazonaws.com", "ReceiveMessage")]))

    assert replaced(attached(allow("sqs:*")), hidden=hidden).policies == ()


def test_an_action_of_which_no_call_has_the_name_is_kept_where_it_is_named_in_full() -> None:
    hidden = dict(invisible([]))
    named = replaced(attached(allow(["sts:GetServiceBearerToken", "ecr:GetAuthorizationToken"])), hidden=hidden)

    assert statements_of(named) == [allow("sts:GetServiceBearerToken")]
    assert [one.hidden for one in comparison_of(named).kept] == [WITHOUT_CALL]
    assert replaced(attached(allow("sts:*")), hidden=hidden).policies == ()


def test_a_grant_that_the_boundary_rules_out_is_not_kept() -> None:
    permissions = attached(allow("sqs:*"), boundary=allow("s3:*"))

    assert replaced(permissions, hidden=dict(invisible([]))).policies == ()


# --- what was not used


def test_unused_services_actions_and_resources_are_told_the_riskiest_first() -> None:
    permissions = attached(
        allow(["s3:Get*", "iam:*", "sqs:ListQueues"]),
        allow("s3:PutObject", [f"{DATA}/in/*", f"{DATA}/out/*"], Sid="Write"),
    )
    done = [*keys("a"), Grant("s3:PutObject", f"{DATA}/in/a")]
    uses = comparison_of(replaced(permissions, *done)).uses

    assert [one.service for one in uses.services] == ["iam", "s3", "sqs"]
    assert {one.service for one in uses.unused_services} == {"iam", "sqs"}
    s3 = next(one for one in uses.services if one.service == "s3")
    assert s3.used == ("s3:GetObject", "s3:PutObject")
    assert "s3:GetBucketAcl" in s3.unused
    assert [(one.statement, one.used, one.unused_resources) for one in uses.statements] == [
        ("Statement[0]", 1, ()),
        ("Write", 1, (f"{DATA}/out/*",)),
    ]


def test_what_a_boundary_or_a_deny_rules_out_was_not_unused_but_never_allowed() -> None:
    permissions = attached(allow(["s3:*", "iam:*"]), deny("s3:Put*"), boundary=allow("s3:*"))
    uses = comparison_of(replaced(permissions)).uses

    assert [one.service for one in uses.services] == ["s3"]
    assert not any(name.startswith("s3:Put") for name in uses.services[0].unused)


# --- limits


def test_a_replacement_that_is_too_long_is_split() -> None:
    arns = [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{'q' * 60}{number}" for number in range(120)]
    proposal = replaced(
        attached(allow("sqs:*", arns)), *(Grant("sqs:SendMessage", arn) for arn in arns), width=Width.EXACT
    )

    sizes = [len(json.dumps(one, separators=(",", ":"))) for one in proposal.policies]
    assert len(sizes) > 1
    assert max(sizes) <= LARGEST_MANAGED_POLICY
    assert is_proven(proposal)


def test_a_deny_that_nobody_may_cut_is_told_where_it_fits_nowhere() -> None:
    large = {"Effect": "Deny", "NotAction": [f"s3:{'Get' * 20}{number}" for number in range(120)], "Resource": "*"}
    proposal = replaced(attached(allow("s3:*"), large))

    assert comparison_of(proposal).oversized == 1
    assert proposal.policies[-1]["Statement"][-1]["NotAction"] == large["NotAction"]


def test_a_deny_that_is_too_long_is_cut_between_its_resources() -> None:
    secrets = [f"{DATA}/{'s' * 60}{number}/*" for number in range(120)]
    proposal = replaced(attached(allow("s3:*"), deny("s3:Get*", secrets)), *keys("a"))

    denied = [one["Resource"] for one in statements_of(proposal) if one["Effect"] == "Deny"]
    assert [arn for some in denied for arn in some] == secrets
    assert len(denied) > 1
    assert comparison_of(proposal).oversized == 0
    assert is_proven(proposal)


def test_policies_that_are_not_all_known_are_not_compared_with() -> None:
    proposal = replaced(Permissions(ROLE, (), None, "the document of x is missing"), *keys("a"))

    assert proposal.comparison == NotCompared("the document of x is missing")
    assert statements_of(proposal) == [allow(GET, f"{DATA}/a")]
