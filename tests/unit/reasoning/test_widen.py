"""Policy variables whose values are not all tried: closed, open, or said to be undecided."""

import json
from typing import Any

from sekisho.analyzers.external import analyze_policy_document
from sekisho.analyzers.observation import AnalysisError, ErrorCode, ExternalAccess, Outcome


def outcomes(**statement: Any) -> list[Outcome]:
    whole = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::example-bucket/*",
        **statement,
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [whole]})
    analysis = analyze_policy_document(text, resource_type="AWS::S3::Bucket", owner_account="111122223333")
    return [one.outcome for one in analysis.observations]


def test_a_policy_that_admits_nobody_whatever_its_variable_is_closed() -> None:
    condition = {"StringEquals": {"aws:username": "${aws:PrincipalTag/x}", "aws:PrincipalAccount": "111122223333"}}

    assert outcomes(Condition=condition) == []


def test_a_variable_in_the_path_of_an_object_lets_its_owner_in() -> None:
    (access,) = outcomes(Resource="arn:aws:s3:::example-bucket/${aws:username}/*")

    assert isinstance(access, ExternalAccess)
    assert access.witness.resource == f"arn:aws:s3:::example-bucket/{access.witness.context['aws:username']}/"


def test_where_a_value_that_was_not_tried_might_let_somebody_in_that_is_said() -> None:
    condition = {
        "StringLike": {"aws:PrincipalTag/x": "q*"},
        "StringEquals": {"aws:UserAgent": "ab${aws:PrincipalTag/x}"},
        "StringNotLike": {"aws:UserAgent": "abq*"},
    }
    (error,) = outcomes(Condition=condition)

    assert isinstance(error, AnalysisError)
    assert error.code is ErrorCode.INTERNAL_ERROR
    assert "`${aws:principaltag/x}`" in error.reason
