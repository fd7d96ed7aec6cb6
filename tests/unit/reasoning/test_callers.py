"""Callers: who can be behind a name."""

import pytest

from properties.strategies import BUCKET, policy_of, question_about
from sekisho.reasoning import solve

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
