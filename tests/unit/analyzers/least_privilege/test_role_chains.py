"""Who assumed which role."""

import json

from sekisho.activity.usage import Usage, UseOf
from sekisho.analyzers.least_privilege.role_chains import role_chains

HERE, THERE = "111122223333", "444455556666"
A, B, C = (f"arn:aws:iam::{HERE}:role/{name}" for name in ("a", "b", "team/c"))
ABROAD = f"arn:aws:iam::{THERE}:role/abroad"


def assumed(role: str, by: str = "", *, nobody: str = "", count: int = 1, first: str = "1", last: str = "1") -> UseOf:
    account = by.split(":")[4] if by else role.split(":")[4]
    usage = Usage(
        by,
        nobody,
        unique_id="",
        is_path_known=True,
        has_mfa=False,
        account=account,
        region="us-east-1",
        partition="aws",
        source="sts.amazonaws.com",
        name="AssumeRole",
        outcome="succeeded",
        error_code="",
        denial="",
        invoked_by="",
        endpoint="",
        call=json.dumps([{"roleArn": role}, []]),
    )
    return UseOf(usage, count, first, last)


def test_roles_are_reached_over_others_and_each_once() -> None:
    chains = role_chains([assumed(B, A), assumed(C, B), assumed(A, C), assumed(A, A)], [A, B, C])

    assert chains.reached([A]) == [A, B, C]
    assert chains.reached([C]) == [C, A, B]


def test_who_assumed_a_role_is_told_apart() -> None:
    chains = role_chains(
        [assumed(B, A, count=2, first="1", last="4"), assumed(B, A, first="0", last="0"), assumed(B, C)], [A, B, C]
    )

    assert [(one.by, one.count, one.first, one.last) for one in chains.into(B)] == [(A, 3, "0", "4"), (C, 1, "1", "1")]
    assert [one.role for one in chains.from_(A)] == [B]


def test_a_role_whose_records_tell_no_path_is_the_same_role() -> None:
    pathless = f"arn:aws:iam::{HERE}:role/c"

    assert role_chains([assumed(C, A)], [A, pathless]).reached([A]) == [A, pathless]
    assert role_chains([assumed(C, A)], [A, pathless, C]).reached([A]) == [A, C]


def test_services_and_strangers_are_told_in_words() -> None:
    chains = role_chains([assumed(B, nobody="AWS_SERVICE"), assumed(B, nobody="OTHER_ACCOUNT", count=2)], [B])

    assert {one.by: one.count for one in chains.into(B)} == {
        "a service of AWS": 1,
        "a principal of another account, who is told of in the trail of that account": 2,
    }


def test_the_owners_record_of_a_call_that_the_callers_account_tells_of_is_not_another_call() -> None:
    both = [assumed(ABROAD, A, count=3), assumed(ABROAD, nobody="OTHER_ACCOUNT", count=3)]
    one_more = assumed(ABROAD, nobody="OTHER_ACCOUNT", count=1)

    assert [one.by for one in role_chains(both, [A, ABROAD]).into(ABROAD)] == [A]
    assert [one.count for one in role_chains([*both, one_more], [A, ABROAD]).into(ABROAD)] == [1, 3]


def test_service_linked_roles_are_not_followed() -> None:
    linked = f"arn:aws:iam::{HERE}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"

    assert role_chains([assumed(linked, A)], [A, linked]).reached([A]) == [A]
