"""Callers: who can be behind a name."""

from typing import Any

import pytest

from properties.strategies import BUCKET, policy_of, question_about
from sekisho.reasoning import solve

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
