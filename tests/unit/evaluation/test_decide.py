"""Decisions: principals, actions, resources, and how statements combine."""

import json
from typing import Any

import pytest

from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.policy import parse_policy

ROLE = Caller(
    CallerKind.AWS,
    "444455556666",
    "arn:aws:iam::444455556666:role/app",
    "arn:aws:sts::444455556666:assumed-role/app/run",
)
ALICE = Caller(CallerKind.AWS, "444455556666", "arn:aws:iam::444455556666:user/alice")
NOBODY = Caller(CallerKind.ANONYMOUS)
SNS = Caller(CallerKind.SERVICE, service="sns.amazonaws.com")


def outcome(caller: Caller, *statements: dict[str, Any], action: str = "s3:GetObject", key: str = "a") -> Outcome:
    base = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}

    def completed(one: dict[str, Any]) -> dict[str, Any]:
        without = {name for name in ("Principal", "Action", "Resource") if f"Not{name}" in one}
        return {name: value for name, value in {**base, **one}.items() if name not in without}

    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(map(completed, statements))}))
    return evaluate_policy(policy, Request(caller, action, f"arn:aws:s3:::b/{key}")).outcome


@pytest.mark.parametrize(
    ("principal", "matched"),
    [
        ("*", {ROLE, ALICE, NOBODY, SNS}),
        ({"AWS": "444455556666"}, {ROLE, ALICE}),
        ({"AWS": "arn:aws:iam::444455556666:role/app"}, {ROLE}),
        ({"AWS": "arn:aws:iam::444455556666:user/alice"}, {ALICE}),
        ({"AWS": "arn:aws:iam::444455556666:user/Alice"}, set()),
        ({"AWS": "arn:aws:sts::444455556666:assumed-role/app/run"}, {ROLE}),
        ({"AWS": "arn:aws:sts::444455556666:assumed-role/app/other"}, set()),
        ({"AWS": "AIDAEXAMPLEID12345678"}, set()),
        ({"Service": "sns.amazonaws.com"}, {SNS}),
        ({}, set()),
    ],
)
def test_a_principal_matches_whom_it_names(principal: Any, matched: set[Caller]) -> None:
    allowed = {one for one in (ROLE, ALICE, NOBODY, SNS) if outcome(one, {"Principal": principal}) is Outcome.ALLOW}

    assert allowed == matched


def test_not_principal_in_an_allow_lets_everyone_else_in() -> None:
    statement = {"NotPrincipal": {"AWS": "arn:aws:iam::444455556666:user/alice"}}

    assert outcome(NOBODY, statement) is Outcome.ALLOW
    assert outcome(ROLE, statement) is Outcome.ALLOW
    assert outcome(ALICE, statement) is Outcome.NO_MATCH


@pytest.mark.parametrize(
    ("listed", "spared"),
    [
        (["arn:aws:iam::444455556666:user/alice"], set[Caller]()),
        (["arn:aws:iam::444455556666:user/alice", "444455556666"], {ALICE}),
        (["444455556666"], {ALICE, ROLE}),
        (["arn:aws:iam::444455556666:role/app", "444455556666"], {ROLE}),
    ],
)
def test_not_principal_in_a_deny_spares_only_whom_it_names_with_their_account(
    listed: list[str], spared: set[Caller]
) -> None:
    deny = {"Effect": "Deny", "NotPrincipal": {"AWS": listed}}
    allowed = {one for one in (ROLE, ALICE, NOBODY) if outcome(one, {}, deny) is Outcome.ALLOW}

    assert allowed == spared


def test_a_deny_wins_over_every_allow() -> None:
    assert outcome(ALICE, {}, {"Effect": "Deny"}) is Outcome.DENY
    assert outcome(ALICE, {"Effect": "Deny", "Action": "s3:Put*"}, {}) is Outcome.ALLOW


def test_nothing_is_said_where_no_statement_matches() -> None:
    assert outcome(ALICE, {"Action": "s3:PutObject"}) is Outcome.NO_MATCH
    assert outcome(ALICE, {"Effect": "Deny", "Action": "s3:PutObject"}) is Outcome.NO_MATCH


@pytest.mark.parametrize("action", ["S3:getobject", "s3:Get*", "s3:*", "*", "s3:G?tObject"])
def test_actions_match_without_regard_to_case_and_with_wildcards(action: str) -> None:
    assert outcome(ALICE, {"Action": action}) is Outcome.ALLOW


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:s3:::b/*", Outcome.ALLOW),
        ("arn:aws:s3:::b/a", Outcome.ALLOW),
        ("arn:aws:s3:::B/*", Outcome.NO_MATCH),
        ("arn:aws:s3:::b", Outcome.NO_MATCH),
        ("arn:aws:s3:::?/?", Outcome.ALLOW),
        ("arn:aws:s3:::b/${aws:username}", Outcome.NO_MATCH),
    ],
)
def test_resources_match_with_case_and_wildcards(resource: str, expected: Outcome) -> None:
    assert outcome(ALICE, {"Resource": resource}) is expected


def test_not_action_and_not_resource_cover_everything_else() -> None:
    assert outcome(ALICE, {"NotAction": "s3:Put*"}) is Outcome.ALLOW
    assert outcome(ALICE, {"NotAction": "s3:Get*"}) is Outcome.NO_MATCH
    assert outcome(ALICE, {"NotResource": "arn:aws:s3:::b/secret/*"}) is Outcome.ALLOW
    assert outcome(ALICE, {"NotResource": "arn:aws:s3:::b/*"}) is Outcome.NO_MATCH
