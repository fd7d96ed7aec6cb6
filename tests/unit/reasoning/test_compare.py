"""Comparing policies: who gains and who loses by one change, and the answers yes, no and not decided."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from properties.strategies import BUCKET, question_about
from sekisho.evaluation import CallerKind
from sekisho.policy import Policy, parse_policy
from sekisho.policy.actions import ActionTable
from sekisho.reasoning import (
    Answer,
    Difference,
    Document,
    Fails,
    Gate,
    Holds,
    Inside,
    Question,
    Target,
    UndecidedError,
    Unknown,
    View,
    Wanted,
    World,
    compare,
    is_no_more_permissive,
)

OBJECTS = f"{BUCKET}/*"
VENDOR = "444455556666"
OWNER = "111122223333"


def one(**members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS, **members}


def policy(*statements: dict[str, Any]) -> Policy:
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def gate(of: Policy) -> Gate:
    return Gate((Document("BucketPolicy", of, BUCKET),))


def contained(old: Policy, new: Policy, *, steps: int | None = None) -> Answer:
    return is_no_more_permissive(question_about(old), [gate(new)], steps=steps)


def compared(old: Policy, new: Policy, wanted: Wanted = Wanted.ANYONE) -> Difference:
    question = question_about(old)
    callers = frozenset({CallerKind.AWS, CallerKind.ANONYMOUS, CallerKind.SERVICE})
    return compare(replace(question, world=replace(question.world, wanted=wanted, callers=callers)), [gate(new)])


SNS = {"Service": "sns.amazonaws.com"}
DENY_ALL = one(Effect="Deny")

NO_MORE = [
    pytest.param([one()], [one()], id="the same"),
    pytest.param([one()], [one(Principal={"AWS": VENDOR})], id="a named account among everyone"),
    pytest.param([one()], [one(Principal=SNS)], id="a service among everyone"),
    pytest.param(
        [one(Action=["s3:GetObject", "s3:ListBucket"])],
        [one(Action="s3:ListBucket"), one()],
        id="split, in another order",
    ),
    pytest.param([one()], [one(), one(Effect="Deny", Principal={"AWS": VENDOR})], id="a Deny more"),
    pytest.param([one(Resource="*")], [one(Resource=f"{BUCKET}/home/*")], id="a folder of a bucket"),
    pytest.param(
        [one(Principal={"AWS": VENDOR})],
        [one(Principal={"AWS": f"arn:aws:iam::{VENDOR}:role/app"})],
        id="a role of an account",
    ),
    pytest.param(
        [one(Principal={"AWS": VENDOR})],
        [one(Condition={"StringEquals": {"aws:PrincipalAccount": VENDOR}})],
        id="an account by its key",
    ),
    pytest.param(
        [one(Resource=f"{BUCKET}/${{aws:username}}/*")],
        [one(Resource=f"{BUCKET}/${{aws:username}}/*", Action="s3:Get*")],
        id="the same variable in the path of the object",
    ),
    pytest.param(
        [one(Condition={"StringLike": {"aws:Referer": "https://${aws:username}.example/*"}})],
        [
            one(
                Condition={
                    "StringLike": {"aws:Referer": "https://${aws:username}.example/*"},
                    "Bool": {"aws:SecureTransport": "true"},
                }
            )
        ],
        id="the same variable in a condition, and one condition more",
    ),
    pytest.param(
        [one(), one(Effect="Deny", Resource=f"{BUCKET}/${{aws:username}}/*")],
        [one(), one(Effect="Deny", Resource=f"{BUCKET}/${{aws:username}}/*"), one(Principal={"AWS": VENDOR})],
        id="the same variable in a Deny",
    ),
    pytest.param(
        [one(Principal=SNS)],
        [one(Condition={"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}})],
        id="a service by its name",
    ),
]

MORE = [
    pytest.param([DENY_ALL], [one()], "anonymous", id="from nobody to everyone"),
    pytest.param([one(Principal={"AWS": VENDOR})], [one(Principal=SNS)], "service", id="a service is nobody else"),
    pytest.param(
        [one(), one(Effect="Deny", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})],
        [one()],
        "service",
        id="services, no longer denied",
    ),
    pytest.param(
        [one(Principal={"AWS": f"arn:aws:iam::{VENDOR}:role/app"})],
        [one(Principal={"AWS": f"arn:aws:iam::{VENDOR}:role/team/app"})],
        "AWS",
        id="a role of the same name on another path",
    ),
    pytest.param(
        [one(), one(Effect="Deny", Principal={"AWS": VENDOR})],
        [one(Principal={"CanonicalUser": "c" * 64})],
        "AWS",
        id="a canonical id that may be of an account that is denied",
    ),
    pytest.param(
        [one(), one(Effect="Deny", Principal={"AWS": OWNER})],
        [one(Principal={"CanonicalUser": "c" * 64})],
        "AWS",
        id="a canonical id that may be of the own account, which is denied",
    ),
    pytest.param(
        [one(Principal={"AWS": VENDOR})],
        [one(Principal={"AWS": [VENDOR, OWNER]})],
        "AWS",
        id="the own account counts as any other",
    ),
    pytest.param(
        [one(Principal={"Federated": "accounts.google.com"})],
        [one(Principal={"Federated": "www.amazon.com"})],
        "web identity provider",
        id="another provider",
    ),
    pytest.param(
        [one(Principal={"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})],
        [one(Condition={"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}})],
        "anonymous",
        id="for all values of no values",
    ),
]


@pytest.mark.parametrize(("old", "new"), NO_MORE)
def test_a_policy_that_is_no_more_permissive(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    assert contained(policy(*old), policy(*new)) == Holds()


@pytest.mark.parametrize(("old", "new", "caller"), MORE)
def test_a_policy_that_is_more_permissive_comes_with_a_request_that_shows_it(
    old: list[dict[str, Any]], new: list[dict[str, Any]], caller: str
) -> None:
    answer = contained(policy(*old), policy(*new))

    assert isinstance(answer, Fails)
    assert answer.witness.request.caller.kind.value == caller
    assert answer.witness.openers


def test_beyond_the_budget_the_answer_is_that_it_is_not_decided() -> None:
    like = {"StringLike": {"aws:PrincipalArn": "*alice"}}

    answer = contained(policy(one(Condition=like)), policy(one()), steps=3)

    assert answer == Unknown("telling its requests apart takes more than 3 steps")


def test_where_it_hangs_on_a_value_of_a_variable_it_is_not_decided() -> None:
    like = {"StringLike": {"aws:PrincipalTag/x": "q*"}, "StringEquals": {"aws:UserAgent": "ab${aws:PrincipalTag/x}"}}
    old, new = policy(one(Condition={"StringLike": {"aws:UserAgent": "abq*"}})), policy(one(Condition=like))

    answer = contained(old, new)

    assert isinstance(answer, Unknown)
    assert "`${aws:principaltag/x}`" in answer.reason


def test_a_difference_says_who_gains_by_which_statement_and_which_deny_is_gone() -> None:
    deny = one(Effect="Deny", Principal={"AWS": VENDOR})
    difference = compared(policy(one(), deny), policy(one(), one(Action="s3:ListBucket", Resource=BUCKET)))

    assert [(region.principal.value, list(region.witnesses)) for region in difference.gained] == [
        (VENDOR, ["s3:GetObject"]),
        ("*", ["s3:ListBucket"]),
    ]
    vendor, everyone = (region.witnesses.distinct[0] for region in difference.gained)
    assert [opener.statement.index for opener in vendor.openers] == [0]
    assert [closer.statement.index for closer in vendor.closers] == [1]
    assert [opener.statement.index for opener in everyone.openers] == [1]
    assert everyone.closers == ()
    assert difference.lost == ()
    assert difference


def test_a_difference_says_of_which_variables_values_were_not_tried() -> None:
    before, after = (
        policy(one(Resource=f"{BUCKET}/a*")),
        policy(one(Action="s3:*", Resource=f"{BUCKET}/${{aws:username}}*")),
    )

    assert compared(before, after).gained
    assert compared(before, after).inexact == ("aws:username",)
    assert compared(before, policy(one())).inexact == ()


@pytest.mark.parametrize(
    ("wanted", "lost"), [(Wanted.INSIDE, False), (Wanted.OUTSIDE, True), (Wanted.ANYONE, True)], ids=lambda one: one
)
def test_a_deny_that_spares_the_own_account_takes_nothing_from_the_inside(wanted: Wanted, *, lost: bool) -> None:
    deny = one(Effect="Deny", Condition={"StringNotEquals": {"aws:PrincipalAccount": OWNER}})

    assert bool(compared(policy(one()), policy(one(), deny), wanted).lost) is lost


@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        ({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}, False),
        ({"Null": {"aws:PrincipalServiceName": "true"}}, False),
        ({"StringNotEqualsIfExists": {"aws:PrincipalServiceName": "sns.amazonaws.com"}}, False),
        ({"StringNotEqualsIfExists": {"aws:PrincipalServiceName": "sqs.amazonaws.com"}}, True),
        ({"ForAllValues:StringNotLike": {"aws:PrincipalServiceNamesList": "sns.*"}}, False),
        ({"Null": {"aws:SourceIp": "true"}}, True),
        ({"Null": {"aws:PrincipalArn": "false"}}, False),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, False),
        ({"Null": {"aws:SourceAccount": "false"}}, True),
        ({"StringNotEquals": {"aws:PrincipalAccount": OWNER}}, True),
    ],
    ids=str,
)
def test_what_a_deny_to_everyone_takes_from_a_service(kept: dict[str, Any], *, lost: bool) -> None:
    before = policy(one(Principal=SNS))
    question = question_about(before)
    services = replace(question.world, wanted=Wanted.ANYONE, callers=frozenset({CallerKind.SERVICE}))

    difference = compare(
        replace(question, world=services), [gate(policy(one(Principal=SNS), {**DENY_ALL, "Condition": kept}))]
    )

    assert bool(difference.lost) is lost
    assert not difference.gained


def test_two_gates_are_shut_by_either() -> None:
    open_, shut = gate(policy(one())), gate(policy(DENY_ALL))
    table = ActionTable(["s3:GetObject"])
    views = (View(f"{BUCKET}/"), View("arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/"))
    world = World("aws", Inside(frozenset()), frozenset({CallerKind.AWS}), frozenset())
    through = gate(policy(one(Resource="*")))
    question = Question((open_, through), (Target(table.all, views, open_ended=True),), table, world)

    assert compare(question, [open_, shut]).lost
    assert compare(question, [shut, through]).lost
    assert not compare(question, [open_, through])


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("arn:aws:s3:::pay*", "arn:aws:s3:::payroll/*", Holds),
        ("arn:aws:s3:::payroll/*", "arn:aws:s3:::pay*", Fails),
        ("*", "arn:aws:sqs:*:*:*", Holds),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username}/*", Holds),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username}/home/*", Unknown),
    ],
)
def test_policies_of_identities_are_compared_over_any_resource(old: str, new: str, answer: type) -> None:
    def of(resource: str) -> Policy:
        return policy({"Effect": "Allow", "Action": "s3:*", "Resource": resource})

    table = ActionTable(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
    world = World("aws", Inside(frozenset({OWNER})), frozenset({CallerKind.AWS}), frozenset())
    question = Question((gate(of(old)),), (Target(table.all, (View(""),), open_ended=True),), table, world)

    assert isinstance(is_no_more_permissive(question, [gate(of(new))]), answer)


def test_an_unfinished_comparison_is_an_error_for_those_who_ask_for_regions() -> None:
    old = question_about(policy(one(Condition={"StringLike": {"aws:PrincipalArn": "*alice"}})))

    with pytest.raises(UndecidedError):
        compare(old, [gate(policy(one()))], steps=3)
