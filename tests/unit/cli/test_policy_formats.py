"""Generated policies as Terraform and CloudFormation."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcl import policy_documents
from sekisho.analyzers.least_privilege import Activity, Evidence, Grant, propose
from sekisho.cli.render.cloudformation import render_cloudformation
from sekisho.cli.render.policy_names import Proposed
from sekisho.cli.render.terraform import quoted, render_terraform
from sekisho.policy.patterns import literal

ROLE = "arn:aws:iam::111122223333:role/team/app.one"
PASSED = (("iam:PassedToService", ("lambda.amazonaws.com",)),)
HOSTILE = (
    '"}\n resource "x" "y" { /* ',
    '${file("/etc/passwd")}',
    "%{ for x in y }",
    "\\u0022",
    "a\u202eb\x00\x1b[31m\U0001f600",
    "{{resolve:ssm-secure:password}}",
    "&{aws:username}",
    "$${x}",
)


def proposal(*keys: str, principal: str = ROLE, context: Any = ()) -> Proposed:
    grants = {Grant("s3:GetObject", literal(f"arn:aws:s3:::b/{key}"), context): Evidence(1) for key in keys}
    return principal, propose(Activity(principal, grants)).policies


def unquoted(text: str) -> str:
    """Undo HCL's quoting, by the specification: an account of it beside the one under test."""
    inner = text[1:-1]
    assert not re.search(r"(?<![$%])[$%]\{", inner.replace("$${", "").replace("%%{", "")), "nothing is a template"
    pieces = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return found[1][0] + "{"
        return chr(int(found[2] or found[3], 16)) if found[2] or found[3] else pieces[found[4]]

    return re.sub(r'(\$\$\{|%%\{)|\\U([0-9a-f]{8})|\\u([0-9a-f]{4})|\\([nrt"\\])', one, inner)


@given(st.text())
def test_a_quoted_text_is_one_line_of_ascii_that_stands_for_the_text(text: str) -> None:
    told = quoted(text)

    assert told.isascii()
    assert told.isprintable()
    assert unquoted(told) == text


def test_a_policy_is_a_data_source_that_terraform_can_read() -> None:
    text = "\n".join(render_terraform([proposal("k", context=PASSED)]))

    (statements,) = policy_documents(text).values()
    (statement,) = statements
    assert statement["actions"] == ['"s3:GetObject"']
    assert statement["resources"] == ['"arn:aws:s3:::b/k"']
    (condition,) = statement["condition"]
    assert (condition["test"], condition["variable"]) == ('"StringEquals"', '"iam:PassedToService"')
    assert condition["values"] == ['"lambda.amazonaws.com"']


@pytest.mark.parametrize("key", HOSTILE)
def test_nothing_in_a_name_is_terraform(key: str) -> None:
    one = proposal(key)
    ((statement,),) = policy_documents("\n".join(render_terraform([one]))).values()

    (resource,) = statement["resources"]
    expected = one[1][0]["Statement"][0]["Resource"].replace("&{", "?{")
    assert unquoted(resource) == expected


def test_a_comment_that_names_a_principal_stays_a_comment() -> None:
    lines = list(render_terraform([proposal("k", principal=f'{ROLE}"\n}}\nresource "x" "y" {{')]))

    assert [line for line in lines if line.startswith("resource")] == []
    assert len(policy_documents("\n".join(lines))) == 1


def test_every_policy_has_a_name_of_its_own() -> None:
    alike = ("role/a.b", "role/a-b", "role/a_b", "user/a_b", "role/a/b")
    proposals = [proposal("k", principal=f"arn:aws:iam::111122223333:{one}") for one in alike]
    proposals.append(proposal(*(f"{at:04}{'x' * 80}/{at}" for at in range(5)), principal=ROLE))

    assert len(policy_documents("\n".join(render_terraform(proposals)))) == 6
    resources = json.loads("\n".join(render_cloudformation(proposals)))["Resources"]
    assert len(resources) == 6
    assert all(re.fullmatch("[A-Za-z0-9]{1,255}", name) for name in resources)


def test_a_name_stays_whoever_is_beside() -> None:
    other = proposal("k", principal="arn:aws:iam::111122223333:role/other")
    alone = set(policy_documents("\n".join(render_terraform([proposal("k")]))))

    assert alone < set(policy_documents("\n".join(render_terraform([other, proposal("k")]))))


def test_a_policy_is_a_managed_policy_of_a_template() -> None:
    one = proposal("k", context=PASSED)
    template = json.loads("\n".join(render_cloudformation([one])))

    (resource,) = template["Resources"].values()
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    assert resource["Type"] == "AWS::IAM::ManagedPolicy"
    assert resource["Metadata"] == {"Principal": ROLE}
    assert resource["Properties"] == {"PolicyDocument": one[1][0]}


@pytest.mark.parametrize("key", HOSTILE)
def test_nothing_in_a_name_is_replaced_by_cloudformation(key: str) -> None:
    text = "\n".join(render_cloudformation([proposal(key)]))

    assert "{{resolve:" not in text
    assert text.isascii()
    json.loads(text)


@pytest.mark.parametrize(
    ("render", "value"),
    [
        pytest.param(render_terraform, "&{aws:username}", id="Terraform"),
        pytest.param(render_cloudformation, "{{resolve:ssm:x}}", id="CloudFormation"),
    ],
)
def test_a_condition_that_a_language_cannot_say_is_named(render: Any, value: str) -> None:
    with pytest.raises(ValueError, match="use --format json"):
        list(render([proposal("k", context=(("sts:ExternalId", (value,)),))]))


REPLACEMENT: Any = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
        {
            "Sid": "OwnOnly",
            "Effect": "Deny",
            "NotAction": ["iam:Get*", "iam:List*"],
            "Resource": "arn:aws:iam::*:user/${aws:username}",
            "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": ["a*", "b*"]}, "Null": {"x:y": "true"}},
        },
    ],
}
"""What takes the place of policies that are attached: their Denies, and what only `NotResource` can say."""


def test_a_replacement_is_terraform() -> None:
    ((allow, deny),) = policy_documents("\n".join(render_terraform([(ROLE, [REPLACEMENT])]))).values()

    assert allow["not_resources"] == ['"arn:aws:s3:::b"', '"arn:aws:s3:::b/*"']
    assert not {"sid", "resources"} & allow.keys()
    assert unquoted(deny["effect"]) == "Deny"
    assert [unquoted(one) for one in deny["not_actions"]] == ["iam:Get*", "iam:List*"]
    assert [unquoted(one) for one in deny["resources"]] == ["arn:aws:iam::*:user/${aws:username}"]
    assert [unquoted(one["test"]) for one in deny["condition"]] == ["ForAnyValue:StringLike", "Null"]


def test_a_replacement_is_cloudformation() -> None:
    template = json.loads("\n".join(render_cloudformation([(ROLE, [REPLACEMENT])])))

    (resource,) = template["Resources"].values()
    assert resource["Properties"]["PolicyDocument"] == REPLACEMENT


@pytest.mark.parametrize(
    ("render", "text"),
    [
        pytest.param(render_terraform, "&{aws:username}", id="Terraform"),
        pytest.param(render_cloudformation, "{{resolve:ssm:x}}", id="CloudFormation"),
    ],
)
@pytest.mark.parametrize(
    ("effect", "element"), [("Deny", "Resource"), ("Deny", "NotResource"), ("Allow", "NotResource")]
)
def test_what_would_deny_less_or_allow_more_is_refused(render: Any, text: str, effect: str, element: str) -> None:
    statement = {"Effect": effect, "Action": "s3:GetObject", element: ["arn:aws:s3:::c", f"arn:aws:s3:::b/{text}"]}

    with pytest.raises(ValueError, match=f"in the `{element}` of this {effect}; use --format json"):
        list(render([(ROLE, [{"Version": "2012-10-17", "Statement": [statement]}])]))


def test_without_policies_there_is_nothing() -> None:
    assert list(render_terraform([])) == []
    assert json.loads("\n".join(render_cloudformation([])))["Resources"] == {}
