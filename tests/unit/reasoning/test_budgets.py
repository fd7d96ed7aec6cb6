"""Budgets: each can be reached, and then the reasoner says which, in words that follow "because"."""

import importlib
import json
from types import ModuleType
from typing import Any

import pytest

from properties.strategies import BUCKET, policy_of, question_about
from sekisho.analyzers import analyze_resource
from sekisho.analyzers.observation import ExternalAccess
from sekisho.reasoning import Question, UndecidedError, budget, regions, solve
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.zone import MemberAccount, ZoneOfTrust, ZoneType


def asking(**members: Any) -> Question:
    """Who outside gets through a policy of two Allows, one with some members of its own."""
    named = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "*"}
    return question_about(policy_of([{**named, "Principal": "*", **members}, named]))


solve_module = importlib.import_module("sekisho.reasoning.solve")
SENTENCE = "it could not be decided who gets in, because "

BUDGETS = [
    pytest.param(
        budget,
        "MAX_STEPS",
        asking(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["blue", "green"]}}),
        "telling its requests apart takes more than 2 steps",
        id="the sets of values of a multivalued key",
    ),
    pytest.param(
        budget,
        "MAX_STEPS",
        asking(Condition={"StringLike": {"aws:PrincipalArn": "*alice"}}),
        "telling its requests apart takes more than 2 steps",
        id="the steps of exploring texts",
    ),
    pytest.param(
        regions,
        "MAX_GROUPS",
        asking(Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"]}}),
        "its statements tell more than 2 groups of requests apart",
        id="the groups of requests",
    ),
    pytest.param(
        solve_module,
        "MAX_REGIONS",
        asking(Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"]}}),
        "more than 2 groups of requests get in",
        id="the regions",
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


def test_beyond_the_budget_it_is_said_how_many_values_of_policy_variables_could_be_tried() -> None:
    names = {"StringEquals": {"aws:username": [f"user-{number}" for number in range(40)]}}
    question = asking(Resource=f"{BUCKET}/${{aws:username}}/*", Condition=names)

    with pytest.raises(UndecidedError, match=r"^its policy variables have more than 37 combinations of values to try$"):
        solve(question, steps=2_000)
    assert solve(question)


def test_a_large_budget_is_told_with_its_thousands_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 1_000)
    globs = [f"*{letter}*" for letter in "bcdfghjkpq"]

    with pytest.raises(UndecidedError, match="more than 1,000 steps"):
        solve(asking(Condition={"StringLike": {"aws:PrincipalArn": globs}}))


def test_an_outsider_is_found_among_any_number_of_trusted_accounts_that_a_pattern_matches() -> None:
    members = tuple(MemberAccount(f"{number:012d}", "o-a1b2c3d4e5/r-ab12/") for number in range(200_000, 200_099))
    zone = ZoneOfTrust(ZoneType.ORGANIZATION, members[0].account_id, "us-east-1", "o-a1b2c3d4e5", accounts=members)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:PrincipalAccount": "0000002000*"}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    resource = hypothetical_resource(text, resource_type="AWS::S3::Bucket", owner_account=members[0].account_id)

    (observation,) = analyze_resource(resource, zone).observations

    assert isinstance(observation.outcome, ExternalAccess)
    assert observation.outcome.witness.context["aws:PrincipalAccount"] == "000000200099"


def test_what_a_walk_has_seen_costs_no_more_where_letters_are_left_out() -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    denies = [
        {"Effect": "Deny", "Condition": {"StringLike": {"aws:PrincipalArn": f"*a{digit}*"}}} for digit in range(8)
    ]

    assert solve(question_about(policy_of([allow, *[allow | one for one in denies]])), steps=5_000)
