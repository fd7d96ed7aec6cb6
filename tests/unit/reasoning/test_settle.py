"""Values of policy variables: as many are tried as there is time for, and always in the same order."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from properties.strategies import BUCKET, policy_of, question_about
from sekisho.reasoning import UndecidedError, solution_of

ACCOUNTS = [str(account) for account in range(444455550000, 444455550150)]
NAMES = [f"user-{number}" for number in range(150)]
ORGANIZATIONS = [f"o-{number:010}" for number in range(150)]
NETWORKS = [f"vpc-{number:08x}" for number in range(150)]


def allowing(**members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **members}


@pytest.mark.parametrize(
    ("key", "values", "members", "groups"),
    [
        pytest.param("aws:PrincipalAccount", ACCOUNTS, {"Principal": {"AWS": ACCOUNTS}}, 150, id="accounts"),
        pytest.param(
            "aws:PrincipalAccount",
            ACCOUNTS,
            {"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNTS}}},
            150,
            id="accounts in a condition",
        ),
        pytest.param(
            "aws:PrincipalAccount",
            ACCOUNTS,
            {"Condition": {"ArnLike": {"aws:PrincipalArn": [f"arn:aws:iam::{one}:role/app-*" for one in ACCOUNTS]}}},
            150,
            id="roles of accounts",
        ),
        pytest.param(
            "aws:username",
            NAMES,
            {"Principal": {"AWS": [f"arn:aws:iam::444455556666:user/{one}" for one in NAMES]}},
            150,
            id="users",
        ),
        pytest.param(
            "aws:username", NAMES, {"Condition": {"StringEquals": {"aws:username": NAMES}}}, 1, id="names of users"
        ),
        pytest.param(
            "aws:PrincipalTag/team",
            NAMES,
            {"Condition": {"StringLike": {"aws:PrincipalTag/team": NAMES}}},
            1,
            id="tags",
        ),
        pytest.param(
            "aws:PrincipalOrgID",
            ORGANIZATIONS,
            {"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATIONS}}},
            150,
            id="organizations",
        ),
        pytest.param(
            "aws:SourceVpc", NETWORKS, {"Condition": {"StringEquals": {"aws:SourceVpc": NETWORKS}}}, 150, id="networks"
        ),
    ],
)
def test_a_folder_for_each_of_many_values_is_open_to_each(
    key: str, values: list[str], members: dict[str, Any], groups: int
) -> None:
    found = solution_of(question_about(policy_of([allowing(**members, Resource=f"{BUCKET}/${{{key}}}/*")])))

    told: set[str] = set()
    for region in found.regions:
        for witness in region.witnesses.distinct:
            (value,) = witness.request.context[key.lower()]
            assert witness.request.resource.startswith(f"{BUCKET}/{value}/")
            told.add(value)
    assert len(found.regions) == len(told) == groups
    assert told <= {*values}
    assert not found.inexact


def test_of_many_folders_the_one_that_no_deny_is_about_is_found() -> None:
    names = {"StringEquals": {"aws:username": NAMES}}
    others = [f"{BUCKET}/{name}/*" for name in NAMES if name != "user-77"]
    policy = policy_of(
        [
            allowing(Resource=f"{BUCKET}/${{aws:username}}/*", Condition=names),
            allowing(Effect="Deny", Resource=others),
        ]
    )

    (region,) = solution_of(question_about(policy)).regions

    (witness,) = region.witnesses.distinct
    assert witness.request.context["aws:username"] == ("user-77",)


def test_as_many_groups_may_get_in_for_all_values_together_as_for_one() -> None:
    networks = {"StringEquals": {"aws:SourceVpc": NETWORKS[:45]}}
    statement = allowing(Resource=f"{BUCKET}/${{aws:SourceVpc}}/*", Condition=networks)

    assert (
        len(solution_of(question_about(policy_of([statement | {"Principal": {"AWS": ACCOUNTS[:40]}}]))).regions)
        == 1_800
    )
    with pytest.raises(UndecidedError, match="more than 2,000 groups of requests get in"):
        solution_of(question_about(policy_of([statement | {"Principal": {"AWS": ACCOUNTS[:50]}}])))


def test_many_patterns_with_a_variable_are_decided_for_few_values() -> None:
    folders = [f"{BUCKET}/${{aws:username}}/{number:x}" for number in range(340)]
    names = {"StringEquals": {"aws:username": ["alice", "bob", "carol"]}}

    assert solution_of(question_about(policy_of([allowing(Resource=folders, Condition=names)]))).regions


SHOW_WITNESSES = """
import json, sys

from properties.strategies import policy_of, question_about
from sekisho.reasoning import solution_of

for region in solution_of(question_about(policy_of(json.loads(sys.argv[1])))).regions:
    for witness in region.witnesses.distinct:
        print(witness.request)
"""


def test_another_run_shows_the_same_request() -> None:
    policy = json.dumps(
        [
            allowing(
                Resource=f"{BUCKET}/${{aws:username}}/*", Condition={"StringLike": {"aws:userid": "${aws:username}"}}
            )
        ]
    )

    shown = {_shown_by_a_run(policy, seed) for seed in ("0", "1", "2")}

    assert len(shown) == 1
    assert "aws:username" in shown.pop()


def _shown_by_a_run(policy: str, seed: str) -> str:
    """Return the witnesses that a process finds whose hashes are made from a seed."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SHOW_WITNESSES, policy]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
