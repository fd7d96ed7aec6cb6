"""Policy documents: what is taken, what is refused, and how that is said."""

import json
from typing import Any

import pytest

from sekisho.policy import EVERYONE, Effect, PolicyError, Principal, PrincipalForm, Version, parse_policy
from sekisho.policy.places import MAX_CHARACTERS


def policy_text(**statement: Any) -> str:
    base = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**base, **statement}]})


def test_a_statement_may_stand_without_a_list() -> None:
    policy = parse_policy('{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}')

    assert policy.version is Version.V2008
    assert [one.effect for one in policy.statements] == [Effect.DENY]
    assert policy.statements[0].path == "Statement"


def test_a_statement_knows_its_line() -> None:
    text = '{\n "Statement": [\n  {"Effect": "Allow", "Action": "*"},\n  {"Effect": "Deny", "Action": "*"}\n ]\n}'
    policy = parse_policy(text)

    assert [policy.line_of(one) for one in policy.statements] == [3, 4]


def test_condition_operators_are_taken_in_any_case_and_keys_as_spelled() -> None:
    policy = parse_policy(policy_text(Condition={"forAnyValue:stringlikeifexists": {"AWS:PrincipalArn": "x"}}))
    (condition,) = policy.statements[0].conditions

    assert str(condition.operator) == "ForAnyValue:StringLikeIfExists"
    assert condition.key == "AWS:PrincipalArn"


def test_numbers_and_booleans_count_as_their_text() -> None:
    policy = parse_policy(
        policy_text(Condition={"NumericLessThan": {"s3:max-keys": 10.50}, "Bool": {"aws:SecureTransport": False}})
    )

    assert [one.values for one in policy.statements[0].conditions] == [("10.5",), ("false",)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("*", EVERYONE, id="a star is everyone"),
        pytest.param({"AWS": "*"}, EVERYONE, id="so is a star under AWS"),
        pytest.param({"AWS": "111122223333"}, Principal(PrincipalForm.ACCOUNT, "111122223333"), id="an account id"),
        pytest.param(
            {"AWS": "arn:aws-cn:iam::111122223333:root"},
            Principal(PrincipalForm.ACCOUNT, "111122223333"),
            id="a root ARN is its account, in every partition",
        ),
        pytest.param(
            {"AWS": "arn:aws:iam::111122223333:role/a/b"},
            Principal(PrincipalForm.IDENTITY, "arn:aws:iam::111122223333:role/a/b"),
            id="a role with a path",
        ),
        pytest.param(
            {"AWS": "arn:aws:sts::111122223333:assumed-role/a/b"},
            Principal(PrincipalForm.SESSION, "arn:aws:sts::111122223333:assumed-role/a/b"),
            id="a session",
        ),
        pytest.param(
            {"AWS": "AROAEXAMPLEID12345678"},
            Principal(PrincipalForm.UNIQUE_ID, "AROAEXAMPLEID12345678"),
            id="a deleted role",
        ),
        pytest.param(
            {"Service": ["sns.amazonaws.com"]},
            Principal(PrincipalForm.SERVICE, "sns.amazonaws.com"),
            id="a service in a list",
        ),
    ],
)
def test_principals_are_normalised(written: Any, expected: Principal) -> None:
    principals = parse_policy(policy_text(Principal=written)).statements[0].principals

    assert principals is not None
    assert principals.entries == (expected,)


def test_a_policy_may_have_lost_all_its_statements() -> None:
    assert parse_policy('{"Version": "2008-10-17", "Statement": []}').statements == ()


def test_an_empty_principal_object_names_nobody() -> None:
    principals = parse_policy(policy_text(Principal={})).statements[0].principals

    assert principals is not None
    assert principals.entries == ()


DEEP = "[" * 30_000 + "]" * 30_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "not JSON: expecting value at the document (line 1, column 1)", id="empty"),
        pytest.param("{", "line 1, column 2", id="cut off"),
        pytest.param('{"Statement": NaN}', "`NaN` is not a JSON value", id="not a number"),
        pytest.param("[]", "an object is wanted at the document", id="a list"),
        pytest.param("{}", "the element `Statement` is missing", id="no statement"),
        pytest.param(
            '{"Statement": [],\n "Statement": []}',
            "the key `Statement` stands twice at Statement (line 2, column 15)",
            id="a key twice",
        ),
        pytest.param('"' + "x" * MAX_CHARACTERS + '"', "the document has 65,538 characters", id="too long"),
        pytest.param(policy_text() + " " * MAX_CHARACTERS, "the document has 65,", id="too long by its blanks"),
        pytest.param(DEEP, "nested too deeply", id="too deep"),
        pytest.param('{"Version": "2012-10-18", "Statement": []}', "unknown version `2012-10-18`", id="version"),
        pytest.param('{"statement": []}', "did you mean `Statement`?", id="element in lower case"),
        pytest.param(policy_text(Effect="allow"), "unknown effect `allow` at Statement[0].Effect", id="effect"),
        pytest.param(policy_text(Effect=1), "a text is wanted at Statement[0].Effect", id="effect is a number"),
        pytest.param(policy_text(Action=[]), "`Action` is empty at Statement[0].Action", id="no action"),
        pytest.param(policy_text(Action="GetObject"), "`GetObject` is no action", id="action without service"),
        pytest.param(policy_text(NotAction="s3:*"), "`Action` and `NotAction` stand together", id="both actions"),
        pytest.param(policy_text(Principal="111122223333"), "neither `*` nor an object", id="bare principal"),
        pytest.param(
            policy_text(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}),
            "narrowed by a condition on `aws:PrincipalArn`",
            id="wildcard principal",
        ),
        pytest.param(policy_text(Principal={"Aws": "*"}), "no principal under `Aws`", id="principal key"),
        pytest.param(
            policy_text(Condition={"StringLikes": {"a:b": "c"}}),
            "unknown condition operator `StringLikes` at Statement[0].Condition.StringLikes",
            id="operator",
        ),
        pytest.param(policy_text(Condition={"NullIfExists": {"a:b": "true"}}), "unknown condition operator", id="null"),
        pytest.param(policy_text(Condition={"StringLike": {"a:b": []}}), "a condition without a value", id="no value"),
        pytest.param(
            policy_text(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}),
            "`203.0.113.0/33` is no address",
            id="range",
        ),
        pytest.param(
            policy_text(Condition={"IpAddress": {"aws:SourceIp": f"203.0.113.0/{'0' * 5000}8"}}),
            "is no address",
            id="range of thousands of digits",
        ),
        pytest.param(policy_text(Condition={"DateLessThan": {"a:b": "soon"}}), "is no date", id="date"),
        pytest.param(policy_text(Condition={"NumericEquals": {"a:b": "one"}}), "is no number", id="number"),
        pytest.param(policy_text(Condition={"Null": {"a:b": "maybe"}}), "is no presence", id="presence"),
        pytest.param(policy_text(Resource={"a": "b"}), "a text or a list of texts is wanted", id="resource"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_place_and_remedy(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)

    message = str(caught.value)
    assert said in message
    assert "\n" not in message
    assert len(message) < 300
    assert caught.value.remedy
