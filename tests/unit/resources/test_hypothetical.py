"""Policies that nobody has attached: what they are for, and whose."""

import json
from typing import Any

import pytest

from sekisho.policy import Policy, parse_policy
from sekisho.resources.hypothetical import HYPOTHETICAL_TYPES, guess_owner, guess_resource_type, hypothetical_resource
from sekisho.resources.registry import READERS, read_exposure


def policy(action: Any, resource: Any = None) -> Policy:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action}
    if resource is not None:
        statement["Resource"] = resource
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "*", "AWS::S3::Bucket"),
        ("*", "arn:aws:s3:::b/*", "AWS::S3::Bucket"),
        ("SQS:*", "arn:aws:sqs:us-east-1:111122223333:q", "AWS::SQS::Queue"),
        ("sts:AssumeRole", None, "AWS::IAM::Role"),
        ("lambda:GetLayerVersion", "*", "AWS::Lambda::LayerVersion"),
        ("lambda:InvokeFunction", "*", "AWS::Lambda::Function"),
        ("*", "*", None),
        (["s3:GetObject", "sqs:SendMessage"], "*", None),
        ("dynamodb:GetItem", "*", None),
    ],
)
def test_the_actions_and_arns_say_what_a_policy_is_for(action: Any, resource: Any, expected: str | None) -> None:
    assert guess_resource_type(policy(action, resource)) == expected


def test_the_arns_say_whose_it_is() -> None:
    queue = "arn:aws:sqs:us-east-1:111122223333:q"

    assert guess_owner(policy("sqs:*", queue), None) == "111122223333"
    assert guess_owner(policy("sqs:*", "*"), queue) == "111122223333"
    assert guess_owner(policy("s3:*", "arn:aws:s3:::b/*"), None) is None


@pytest.mark.parametrize("resource_type", READERS)
def test_every_resource_type_can_be_asked_about(resource_type: str) -> None:
    text = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}})
    assert resource_type in HYPOTHETICAL_TYPES

    raw = hypothetical_resource(text, resource_type=resource_type, owner_account="111122223333")

    assert read_exposure(raw).ways
