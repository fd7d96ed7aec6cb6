"""Policies that nobody has attached: what they are for, and whose."""

import json
from typing import Any

import pytest

from sekisho.policy import Policy, parse_policy
from sekisho.resources.hypothetical import (
    HYPOTHETICAL_TYPES,
    guess_owner,
    guess_resource,
    guess_resource_type,
    hypothetical_resource,
)
from sekisho.resources.registry import read_exposure


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
        ("ecr:BatchGetImage", None, "AWS::ECR::Repository"),
        ("elasticfilesystem:ClientMount", None, "AWS::EFS::FileSystem"),
        ("s3express:CreateSession", "*", "AWS::S3Express::DirectoryBucket"),
        ("dynamodb:GetItem", "*", "AWS::DynamoDB::Table"),
        (["dynamodb:GetRecords", "dynamodb:DescribeStream"], "*", "AWS::DynamoDB::Stream"),
        ("dynamodb:*", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "AWS::DynamoDB::Table"),
        ("*", "arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/2026", "AWS::DynamoDB::Stream"),
        ("s3:GetObject", "arn:aws:s3:::b/stream/*", "AWS::S3::Bucket"),
        ("glue:GetTable", "*", None),
    ],
)
def test_the_actions_and_arns_say_what_a_policy_is_for(action: Any, resource: Any, expected: str | None) -> None:
    assert guess_resource_type(policy(action, resource)) == expected


def test_the_arns_say_whose_it_is() -> None:
    queue = "arn:aws:sqs:us-east-1:111122223333:q"

    assert guess_owner(policy("sqs:*", queue), None) == "111122223333"
    assert guess_owner(policy("sqs:*", "*"), queue) == "111122223333"
    assert guess_owner(policy("s3:*", "arn:aws:s3:::b/*"), None) is None


def test_a_part_counts_for_the_resource_that_it_belongs_to() -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/t"

    assert guess_resource(policy("*", [table, f"{table}/index/*"]), "AWS::DynamoDB::Table") == table
    assert guess_resource(policy("*", ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]), "AWS::S3::Bucket") == "arn:aws:s3:::b"
    assert guess_resource(policy("*", [table, f"{table}-2"]), "AWS::DynamoDB::Table") is None


@pytest.mark.parametrize("resource_type", HYPOTHETICAL_TYPES)
def test_every_resource_type_that_has_a_policy_can_be_asked_about(resource_type: str) -> None:
    account = {"AWS": "444455556666"}
    text = json.dumps({"Statement": {"Effect": "Allow", "Principal": account, "Action": "*", "Resource": "*"}})

    raw = hypothetical_resource(text, resource_type=resource_type, owner_account="111122223333")

    assert read_exposure(raw).ways
