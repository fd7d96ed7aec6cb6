"""Lambda policies as stand-ins for AWS give them back."""

import json
from typing import Any

import pytest

from sekisho.policy import Policy, parse_policy
from sekisho.resources.documents import MalformedDocumentError
from sekisho.resources.lambda_policy import lambda_document


def _text(**statement: Any) -> str:
    base = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**base, **statement}]})


def _read(text: str) -> Policy:
    document = lambda_document("FunctionPolicy", text, "arn:aws:lambda:us-east-1:111122223333:function:example")
    assert document is not None
    return document.policy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param({"Principal": "*"}, {"Principal": "*"}, id="a policy is read as it stands"),
        pytest.param({"Principal": "444455556666"}, {"Principal": {"AWS": "444455556666"}}, id="an account"),
        pytest.param(
            {"Principal": "*", "OrganizationId": "o-a1b2c3d4e5"},
            {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}},
            id="an organization",
        ),
    ],
)
def test_the_parameters_of_a_call_are_read_as_aws_writes_them(written: dict[str, Any], meant: dict[str, Any]) -> None:
    assert _read(_text(**written)) == parse_policy(_text(**meant))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no JSON"),
        pytest.param(_text(Principal="everybody"), id="no principal"),
        pytest.param(_text(Principal="444455556666", Effect="Let"), id="no effect, and a stand-in's principal"),
    ],
)
def test_what_is_no_policy_in_either_spelling_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDocumentError, match="FunctionPolicy is malformed"):
        _read(text)
