"""As few regions as hold every request."""

import json
import random
from typing import Any

import pytest
from hypothesis import example, given, reject

from overlap import BUCKET, OWNER, overlapping
from properties.strategies import CANONICAL_ID, documents, policy_of, question_about, requests_from_outside
from sekisho.analyzers import analyze_policy_document
from sekisho.evaluation import Outcome, Request, evaluate_policy
from sekisho.evaluation.principals import principal_matches
from sekisho.policy import PrincipalForm
from sekisho.reasoning import Region, UndecidedError, fewest, solve


@pytest.mark.parametrize("statements", [2, 3, 7])
def test_statements_that_all_overlap_are_told_once_each(statements: int) -> None:
    def findings(*, least: bool) -> int:
        analysis = analyze_policy_document(
            overlapping(statements),
            resource_type="AWS::S3::Bucket",
            owner_account=OWNER,
            resource=BUCKET,
            fewest_findings=least,
        )
        return len(analysis.observations)

    assert findings(least=False) == statements * statements
    assert findings(least=True) == statements


def _lies_in(request: Request, region: Region) -> bool:
    everyone = region.principal.form is PrincipalForm.EVERYONE
    if not everyone and not principal_matches(region.principal, request.caller):
        return False
    return all(label.contains(request.context) for label in region.condition.values())


OPEN_TO_ONE_ACCOUNT_BUT_FOR_LISTING = [
    {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": "111122223333"},
        "NotAction": ["s3:GetObject"],
        "Resource": "arn:aws:s3:::amzn-s3-demo-bucket*",
    },
    {
        "Effect": "Deny",
        "Principal": "*",
        "NotAction": ["s3:GetObject"],
        "NotResource": "arn:aws:s3:::amzn-s3-demo-bucket",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}},
    },
]
"""The whole of the statement's requests lies in a region for one action, and for the other one in none."""


NAMED_BY_NUMBER_AND_BY_CANONICAL_ID = [
    {"Effect": "Allow", "NotPrincipal": "*", "Action": "s3:*", "Resource": "*"},
    {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/a*",
    },
    {
        "Effect": "Allow",
        "Principal": {"CanonicalUser": CANONICAL_ID},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*",
    },
]
"""The account's witness may be one that the other statement lets in; its own requests lie in no other region."""


@example(listed=OPEN_TO_ONE_ACCOUNT_BUT_FOR_LISTING)
@example(listed=NAMED_BY_NUMBER_AND_BY_CANONICAL_ID)
@given(documents(max_statements=3))
def test_every_request_still_lies_in_a_region_for_its_action(listed: list[dict[str, Any]]) -> None:
    if "${" in json.dumps(listed):
        reject()
    policy = policy_of(listed)
    question = question_about(policy)
    try:
        regions = fewest(question, solve(question))
    except UndecidedError:
        reject()
    keys = frozenset(key.lower() for one in listed for block in one.get("Condition", {}).values() for key in block)
    requests = list(requests_from_outside(keys))
    for request in random.Random(7).sample(requests, min(len(requests), 800)):  # noqa: S311 - no secret
        if evaluate_policy(policy, request).outcome is Outcome.ALLOW:
            assert any(_lies_in(request, one) for one in regions if request.action in one.witnesses), request
