"""Budgets: each can be reached, and then the reasoner says which, in words that follow "because"."""

import json
from types import ModuleType
from typing import Any

import pytest

from properties.strategies import BUCKET, policy_of, question_about
from sekisho.analyzers import analyze_resource
from sekisho.analyzers.observation import AnalysisError
from sekisho.reasoning import Question, UndecidedError, regions, samples, settle, solve, values, words
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.zone import MemberAccount, ZoneOfTrust, ZoneType


def asking(**members: Any) -> Question:
    """Who outside gets through a policy of two Allows, one with some members of its own."""
    named = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "*"}
    return question_about(policy_of([{**named, "Principal": "*", **members}, named]))


SENTENCE = "it could not be decided who gets in, because "

BUDGETS = [
    pytest.param(
        values,
        "MAX_SETS",
        asking(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["blue", "green"]}}),
        "`aws:tagkeys` has more than 2 sets of values to tell apart",
        id="the sets of values of a multivalued key",
    ),
    pytest.param(
        words,
        "MAX_STEPS",
        asking(Condition={"StringLike": {"aws:PrincipalArn": "*alice"}}),
        "telling its values apart takes more than 2 steps",
        id="the steps of exploring texts",
    ),
    pytest.param(
        settle,
        "MAX_COMBINATIONS",
        asking(Resource=f"{BUCKET}/${{aws:username}}/*", Condition={"StringLike": {"aws:username": ["a*", "b*"]}}),
        "its policy variables have more than 2 combinations of values to try",
        id="the values of policy variables",
    ),
    pytest.param(
        regions,
        "MAX_GROUPS",
        asking(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        "its statements tell more than 2 groups of requests apart",
        id="the groups of requests",
    ),
]


@pytest.mark.parametrize(("module", "name", "question", "message"), BUDGETS)
def test_beyond_a_budget_the_reasoner_says_which(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, question: Question, message: str
) -> None:
    monkeypatch.setattr(module, name, 2)

    with pytest.raises(UndecidedError) as caught:
        solve(question)

    assert f"it could not be decided who gets in, because {caught.value}" == SENTENCE + message


@pytest.mark.parametrize(("module", "name", "question", "message"), BUDGETS)
def test_within_its_budget_the_same_question_is_decided(
    module: ModuleType, name: str, question: Question, message: str
) -> None:
    assert getattr(module, name) > 2, message

    assert solve(question)


def test_a_large_budget_is_told_with_its_thousands_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MAX_STEPS", 1_000)
    globs = [f"*{letter}*" for letter in "abcdefghij"]

    with pytest.raises(UndecidedError, match="more than 1,000 steps"):
        solve(asking(Condition={"StringLike": {"aws:PrincipalArn": globs}}))


def test_a_pattern_that_matches_too_many_trusted_accounts_is_undecided_rather_than_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(samples, "MOST_WORDS", 4)
    members = tuple(MemberAccount(f"{number:012d}", "o-a1b2c3d4e5/r-ab12/") for number in range(200_000, 200_040))
    zone = ZoneOfTrust(ZoneType.ORGANIZATION, members[0].account_id, "us-east-1", "o-a1b2c3d4e5", accounts=members)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:PrincipalAccount": "00000020000*"}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    resource = hypothetical_resource(text, resource_type="AWS::S3::Bucket", owner_account=members[0].account_id)

    (observation,) = analyze_resource(resource, zone).observations

    assert isinstance(observation.outcome, AnalysisError)
    assert "trusted accounts" in observation.outcome.reason
