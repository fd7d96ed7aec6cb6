"""Grants as policies."""

import json

from sekisho.analyzers.least_privilege import (
    LARGEST_MANAGED_POLICY,
    Activity,
    Conditions,
    Denied,
    Evidence,
    Grant,
    Width,
    propose,
)

ROLE = "arn:aws:iam::111122223333:role/app"
PASSED = (("iam:PassedToService", ("lambda.amazonaws.com",)),)


def activity(*grants: Grant, denied: tuple[Denied, ...] = ()) -> Activity:
    return Activity(ROLE, {grant: Evidence(1) for grant in grants}, {one: Evidence(1) for one in denied})


def test_actions_on_the_same_resources_are_one_statement() -> None:
    proposal = propose(
        activity(
            Grant("s3:PutObject", "arn:aws:s3:::b/k"),
            Grant("s3:GetObject", "arn:aws:s3:::b/k"),
            Grant("s3:ListAllMyBuckets", "*"),
            Grant("ec2:DescribeInstances", "*"),
            Grant("iam:PassRole", f"{ROLE}2", PASSED),
        )
    )

    (policy,) = proposal.policies
    assert [{**one, "Sid": None} for one in policy["Statement"]] == [
        {"Sid": None, "Effect": "Allow", "Action": ["ec2:DescribeInstances", "s3:ListAllMyBuckets"], "Resource": "*"},
        {
            "Sid": None,
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": f"{ROLE}2",
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
        {"Sid": None, "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/k"},
    ]
    assert proposal.not_allowed == ()


def test_the_names_of_statements_are_unique_and_stay() -> None:
    grants = [Grant("s3:GetObject", "arn:aws:s3:::b/k"), Grant("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:q")]
    names = [one["Sid"] for one in propose(activity(*grants)).policies[0]["Statement"]]
    (more,) = propose(activity(*reversed(grants), Grant("s3:ListAllMyBuckets", "*"))).policies

    assert len(set(names)) == len(names)
    assert all(name.isalnum() for name in names)
    assert set(names) < {one["Sid"] for one in more["Statement"]}


def test_what_is_granted_without_a_condition_is_not_granted_under_one() -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/k"
    via = (("kms:ViaService", ("s3.eu-west-1.amazonaws.com",)),)
    (policy,) = propose(activity(Grant("kms:Decrypt", key), Grant("kms:Decrypt", key, via))).policies

    assert [one.get("Condition") for one in policy["Statement"]] == [None]


def test_without_conditions_there_are_none_and_all_is_allowed() -> None:
    proposal = propose(activity(Grant("iam:PassRole", ROLE, PASSED)), conditions=Conditions.NONE)

    assert "Condition" not in json.dumps(proposal.policies)
    assert proposal.not_allowed == ()


def test_what_was_denied_is_granted_when_asked_for() -> None:
    denied = (Denied("sqs:SendMessage", "arn:aws:sqs:eu-west-1:1:q", ""),)

    assert propose(activity(denied=denied)).policies == ()
    assert "sqs:SendMessage" in json.dumps(propose(activity(denied=denied), denied=True).policies)


def test_the_evidence_of_what_was_denied_for_several_reasons_is_joined() -> None:
    queue = "arn:aws:sqs:eu-west-1:1:q"
    denied = {
        Denied("sqs:SendMessage", queue, "an identity policy"): Evidence(2, "2026-01-02", "2026-01-03", ("b",)),
        Denied("sqs:SendMessage", queue, ""): Evidence(3, "2026-01-01", "2026-01-02", ("a",)),
    }

    granted = propose(Activity(ROLE, denied=denied), denied=True).granted

    assert granted == {Grant("sqs:SendMessage", queue): Evidence(5, "2026-01-01", "2026-01-03", ("a", "b"))}
    assert [seen.count for seen in denied.values()] == [2, 3]


def test_who_may_become_or_pass_whom_is_never_widened() -> None:
    roles = [f"arn:aws:iam::111122223333:role/app-{name}" for name in "abcdefgh"]
    proposal = propose(activity(*(Grant("sts:AssumeRole", role) for role in roles)))

    assert proposal.policies[0]["Statement"][0]["Resource"] == roles
    assert proposal.widened == {}


def test_policies_too_large_are_split_and_allow_the_same() -> None:
    grants = [
        Grant(f"s3:{name}", f"arn:aws:s3:::bucket-{at:04}")
        for at in range(400)
        for name in ("GetBucketAcl", "ListBucket")
    ]
    proposal = propose(activity(*grants), width=Width.EXACT)

    sizes = [len(json.dumps(policy, separators=(",", ":"))) for policy in proposal.policies]
    assert len(sizes) > 1
    assert max(sizes) <= LARGEST_MANAGED_POLICY
    assert proposal.not_allowed == ()


def test_a_wildcard_in_a_recorded_name_is_no_wildcard_in_the_policy() -> None:
    proposal = propose(activity(Grant("s3:GetObject", "arn:aws:s3:::b/${*}")))

    assert proposal.not_allowed == ()
    assert proposal.policies[0]["Statement"][0]["Resource"] == "arn:aws:s3:::b/${*}"


def test_placeholders_stand_for_what_an_action_works_on() -> None:
    proposal = propose(
        activity(
            Grant("s3:GetObject", "arn:aws:s3:::b/k"),
            Grant("s3:GetObject", "arn:aws:s3:::c/*"),
            Grant("s3:PutObject", "arn:aws:s3:::d/e/f"),
            Grant("s3:ListAllMyBuckets", "*"),
            Grant("iam:PassRole", f"{ROLE}2", PASSED),
        ),
        width=Width.PLACEHOLDERS,
    )

    (policy,) = proposal.policies
    assert [(one["Action"], one["Resource"], one.get("Condition")) for one in policy["Statement"]] == [
        (
            "iam:PassRole",
            "arn:aws:iam::${Account}:role/${RoleNameWithPath}",
            {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        ),
        (["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::${BucketName}/${ObjectName}", None),
        ("s3:ListAllMyBuckets", "*", None),
    ]
    assert (proposal.is_template, proposal.widened, proposal.not_allowed) == (True, {}, ())


def test_of_several_kinds_of_resources_those_are_placeholders_that_were_used() -> None:
    used = Grant("ec2:CreateTags", "arn:aws:ec2:eu-west-1:111122223333:instance/*")
    known, unknown = (
        propose(activity(Grant("ec2:CreateTags", one)), width=Width.PLACEHOLDERS) for one in (used.resource, "*")
    )

    assert known.policies[0]["Statement"][0]["Resource"] == "arn:aws:ec2:${Region}:${Account}:instance/${InstanceId}"
    assert len(unknown.policies[0]["Statement"][0]["Resource"]) > 50


def test_a_placeholder_under_a_condition_adds_nothing_to_one_without() -> None:
    key = "arn:aws-cn:kms:cn-north-1:111122223333:key"
    via = (("kms:ViaService", ("s3.cn-north-1.amazonaws.com.cn",)),)
    grants = {Grant("kms:Decrypt", f"{key}/a"): Evidence(1), Grant("kms:Decrypt", f"{key}/b", via): Evidence(1)}
    (policy,) = propose(Activity(ROLE.replace("aws", "aws-cn"), grants), width=Width.PLACEHOLDERS).policies

    (statement,) = policy["Statement"]
    assert statement["Resource"] == "arn:aws-cn:kms:${Region}:${Account}:key/${KeyId}"
    assert "Condition" not in statement


def test_whom_to_pass_is_listed_however_wide_the_rest_is() -> None:
    roles = [f"arn:aws:iam::111122223333:role/{name}" for name in ("a", "b")]
    activity = Activity(ROLE, {Grant("iam:PassRole", role): Evidence(1) for role in roles})

    (policy,) = propose(activity, width=Width.STAR).policies
    assert policy["Statement"][0]["Resource"] == roles


def test_a_denied_action_that_nobody_knows_is_told_and_not_granted() -> None:
    activity = Activity(ROLE, denied={Denied("nosuch:Thing", "*", ""): Evidence(1)})

    assert propose(activity, denied=True).policies == ()
