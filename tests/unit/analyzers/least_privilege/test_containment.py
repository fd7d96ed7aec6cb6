"""The proof finds what is wrong with a replacement."""

import json
from typing import Any

from sekisho.analyzers.least_privilege import Grant
from sekisho.analyzers.least_privilege.containment import Proof, compare_policies
from sekisho.analyzers.least_privilege.today import facts_of
from sekisho.policy import Policy, parse_policy

ROLE = "arn:aws:iam::111122223333:role/app"
GET = "s3:GetObject"
IN = "arn:aws:s3:::data/in/*"


def policy(*statements: dict[str, Any]) -> Policy:
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(action: str, resource: str = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


def proof(today: list[dict[str, Any]], new: list[dict[str, Any]], *done: Grant) -> Proof:
    return compare_policies(ROLE, facts_of(ROLE), [policy(*today)], [policy(*new)], done)


def test_a_resource_beyond_todays_is_found() -> None:
    found = proof([allow("s3:*", IN)], [allow(GET, "arn:aws:s3:::data/*")])

    assert found.more[0].action == GET
    assert not found.more[0].resource.startswith(IN[:-1])


def test_a_condition_that_is_gone_is_found() -> None:
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}

    assert proof([allow("s3:*", Condition=condition)], [allow(GET)]).more
    assert proof([allow("s3:*", Condition=condition)], [allow(GET, Condition=condition)]).holds


def test_a_deny_that_is_gone_is_found() -> None:
    denied = {**allow("s3:Get*", IN), "Effect": "Deny"}

    assert proof([allow("s3:*"), denied], [allow(GET, IN)]).more
    assert proof([allow("s3:*"), denied], [allow(GET, IN), denied]).holds


def test_what_was_done_and_is_no_longer_allowed_is_found() -> None:
    done = Grant(GET, "arn:aws:s3:::data/in/a")
    found = proof([allow("s3:*", IN)], [allow(GET, "arn:aws:s3:::data/in/b")], done)

    assert [(one.action, one.resource) for one in found.lost] == [(GET, done.resource)]
    assert proof([allow("s3:*", IN)], [allow(GET, "arn:aws:s3:::data/in/a")], done).holds


def test_a_condition_that_was_added_loses_what_was_done_without_it() -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/k"
    condition = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    new = [allow("kms:Decrypt", key, Condition=condition)]

    assert proof([allow("kms:*")], new, Grant("kms:Decrypt", key)).lost
    assert proof(
        [allow("kms:*")], new, Grant("kms:Decrypt", key, (("kms:ViaService", ("s3.eu-west-1.amazonaws.com",)),))
    ).holds


def test_a_variable_that_both_have_proves_what_else_stands_beside_it() -> None:
    team, home = "arn:aws:s3:::data/${aws:PrincipalTag/team}/*", "arn:aws:s3:::data/home/*"
    both = {**allow("s3:*"), "Resource": [home, team]}

    assert proof([allow("s3:*", home), allow("s3:*", team)], [{**both, "Action": GET}]).holds
    assert proof([both], [allow(GET, team)], Grant(GET, "arn:aws:s3:::data/blue/a")).holds


def test_what_is_beyond_the_reasoner_is_said_to_be_undecided() -> None:
    keys = "abcdefghijklmnopqrst"
    today = [allow(GET, f"arn:aws:s3:::${{aws:PrincipalTag/{key}}}/{key}/*") for key in keys]
    found = proof(today, [allow(GET, "arn:aws:s3:::data/a/*")])

    assert not found.holds
    assert not found.more
    assert found.undecided[0].startswith("s3:GetObject: ")
