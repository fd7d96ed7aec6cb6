"""Callers: who can be behind a name."""

import re
from typing import Any

import pytest

from properties.strategies import BUCKET, CANONICAL_ID, policy_of, question_about
from sekisho.reasoning import solve
from sekisho.reasoning.callers import parsed

ROLE = "arn:aws:iam::444455556666:role"
ORIGIN_ACCESS_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"


@pytest.mark.parametrize("condition", [{"StringLike": "a*"}, {"StringEquals": "alice"}, {"ArnEquals": "a*"}])
def test_what_is_written_like_a_user_and_can_be_none_has_no_user_name(condition: dict[str, str]) -> None:
    ((operator, value),) = condition.items()
    named = [ORIGIN_ACCESS_IDENTITY, "arn:aws:iam::444455556666:role/team/app"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": named},
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
    }
    question = question_about(
        policy_of([{**statement, "Condition": {f"ForAllValues:{operator}": {"aws:username": value}}}])
    )

    assert [region.principal.value for region in solve(question)] == named


def about_callers(**condition: dict[str, str]) -> dict[str, Any]:
    """Let an account list the bucket, under a condition."""
    named = {"AWS": "444455556666"}
    return {
        "Effect": "Allow",
        "Principal": named,
        "Action": "s3:ListBucket",
        "Resource": BUCKET,
        "Condition": condition,
    }


@pytest.mark.parametrize(
    "listed",
    [
        [about_callers(ArnNotLike={"aws:PrincipalArn": f"{ROLE}/*"}, Null={"aws:username": "true"})],
        [
            about_callers(),
            {**about_callers(ArnLike={"aws:PrincipalArn": f"{ROLE}/*"}), "Effect": "Deny"},
            {**about_callers(Null={"aws:username": "false"}), "Effect": "Deny"},
        ],
    ],
)
def test_the_root_of_an_account_has_no_user_name_and_is_no_role(listed: list[dict[str, Any]]) -> None:
    (region,) = solve(question_about(policy_of(listed)))

    caller = region.witnesses["s3:ListBucket"].request.caller
    assert caller.principal_arn in {
        "arn:aws:iam::444455556666:root",
        "arn:aws:sts::444455556666:federated-user/example",
    }


@pytest.mark.parametrize("arn", [f"{ROLE}/", f"{ROLE}//", "arn:aws:sts::444455556666:user/bob", f"{ROLE[:-5]}:root/x"])
def test_nobody_has_an_arn_that_is_none_of_a_caller(arn: str) -> None:
    listed = [about_callers(ArnLike={"aws:PrincipalArn": arn}), about_callers(StringEquals={"aws:PrincipalArn": arn})]

    assert solve(question_about(policy_of(listed))) == ()


@pytest.mark.parametrize("prefix", ["straße", "İstanbul", "ﬁn"])
def test_letters_without_another_case_are_ignored_case_too(prefix: str) -> None:
    listed = [about_callers(StringEqualsIgnoreCase={"s3:prefix": prefix}, StringLike={"s3:delimiter": "*a*"})]

    (region,) = solve(question_about(policy_of(listed)))

    assert region.witnesses["s3:ListBucket"].request.context["s3:prefix"][0].lower() == prefix.lower()


ODD_ARNS = [
    "arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:root/", "arn:aws:iam::444455556666:root/a",
    "arn:aws:iam::444455556666:user/a", "arn:aws:iam::444455556666:user/a/b", "arn:aws:iam::444455556666:user//b",
    "arn:aws:iam::444455556666:user/a/", "arn:aws:iam::444455556666:user/", "arn:aws:iam::444455556666:user",
    "arn:aws:iam::444455556666:role/a:b", "arn:aws:iam::444455556666:role/a\n/b", "arn:aws:iam::444455556666:group/a",
    "arn:aws:iam::*:role/a", "arn:aws:iam::4?:role/a", "arn:aws:iam::$:role/a", "arn:aws:iam:::role/a",
    "arn:aws:iam:us-east-1:444455556666:role/a", "arn:aws:sts::444455556666:role/a", "arn:aws:sts::444455556666:root",
    "arn:aws:sts::444455556666:federated-user/a", "arn:aws:sts::444455556666:federated-user/a/b",
    "arn:aws:iam::444455556666:federated-user/a", "arn:aws:sts::444455556666:assumed-role/a/b",
    "arn:aws-cn:iam::cloudfront:user/Origin Access Identity", "arn:aws:iam::444455556666", "arn", "", "*",
]  # fmt: skip


@pytest.mark.parametrize("arn", ODD_ARNS)
def test_an_arn_is_split_into_what_a_regular_expression_finds_in_it(arn: str) -> None:
    iam = re.fullmatch(r"arn:([a-z-]+):iam::([^:*?$]+):(root|user|role)(?:/(?:.*/)?([^/]+))?", arn, re.DOTALL)
    sts = re.fullmatch(r"arn:([a-z-]+):sts::([^:*?$]+):(federated-user)/([^/]+)", arn, re.DOTALL)
    found = iam or sts
    fits = found is not None and (found[3] == "root") is (found[4] is None)

    assert parsed(arn) == ((found[1], found[2], found[3], found[4] or "") if found is not None and fits else None)


def test_a_canonical_user_is_told_beside_the_account_whatever_a_variable_stands_for() -> None:
    named = {"AWS": "444455556666", "CanonicalUser": CANONICAL_ID}
    statement = {"Effect": "Allow", "Principal": named, "Action": "s3:GetObject"}
    listed = [{**statement, "Resource": f"{BUCKET}/${{aws:username}}/*"}, {**statement, "Resource": f"{BUCKET}/all"}]

    found = solve(question_about(policy_of(listed)))

    assert {region.principal.value for region in found} == {"444455556666", CANONICAL_ID}


def test_a_key_that_a_set_operator_names_can_have_several_values_beside_keys_that_are_known() -> None:
    both = {f"ForAnyValue:{operator}": {"custom:thing": "a"} for operator in ("StringEquals", "StringNotEquals")}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}

    assert solve(
        question_about(policy_of([{**statement, "Condition": {"Bool": {"aws:SecureTransport": "true"}} | both}]))
    )


def test_objects_are_told_apart_where_some_patterns_begin_with_the_bucket_and_some_do_not() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    allow = {**statement, "Resource": f"{BUCKET.replace('aws', '*', 1)}/x*z"}
    deny = {**statement, "Effect": "Deny", "Resource": f"{BUCKET}/a?c"}

    assert solve(question_about(policy_of([allow, deny])))


def test_an_account_that_is_named_is_told_beside_patterns_of_users_of_another() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "777788889999"}, "Action": "s3:GetObject", "Resource": "*"}
    users = [f"arn:aws:iam::444455556666:user/{name}*" for name in ("a", "ab")]
    patterned = {**statement, "Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": users}}}

    found = solve(question_about(policy_of([statement, patterned])))

    assert "777788889999" in {region.principal.value for region in found}
