"""What a trail cannot show."""

import pytest

from sekisho.activity.actions.known import find_action, has_prefix
from sekisho.activity.visibility import HIDDEN, actions_without_calls, expected, invisible, recorded


def test_every_action_of_the_table_exists() -> None:
    for one in HIDDEN:
        assert has_prefix(one.prefix)
        assert one.actions == {"*"} or all(find_action(one.prefix, name) for name in one.actions), one.prefix


def test_no_action_stands_in_the_table_twice() -> None:
    names = [name for one in HIDDEN for name in one.names]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("s3.amazonaws.com", "HeadObject", "s3:GetObject"),
        ("lambda.amazonaws.com", "Invoke", "lambda:InvokeFunction"),
        ("lambda.amazonaws.com", "Invoke20150331", "lambda:InvokeFunction"),
        ("dynamodb.amazonaws.com", "TransactGetItems", "dynamodb:GetItem"),
        ("sqs.amazonaws.com", "SendMessageBatch", "sqs:ReceiveMessage"),
        ("monitoring.amazonaws.com", "PutMetricData", "cloudwatch:PutMetricData"),
        ("kms.amazonaws.com", "GenerateDataKey", "kms:Decrypt"),
    ],
)
def test_one_event_shows_that_a_trail_records_its_kind(source: str, name: str, action: str) -> None:
    assert action in invisible([])
    assert action not in invisible([(source, name)])


def test_calls_of_the_management_plane_show_nothing_of_the_others() -> None:
    assert not recorded([("s3.amazonaws.com", "GetBucketAcl"), ("sqs.amazonaws.com", "GetQueueUrl")])
    assert "iam:CreateUser" not in invisible([])


def test_what_a_principal_evidently_does_is_expected() -> None:
    queue = [("sqs.amazonaws.com", "GetQueueUrl")]

    assert [one.resource_type for one in expected(queue, queue)] == ["AWS::SQS::Queue"]
    assert not expected(queue, [*queue, ("sqs.amazonaws.com", "SendMessage")])
    assert [one.resource_type for one in expected([], [], ["s3.amazonaws.com"])] == ["AWS::S3::Object"]


def test_actions_without_a_call_exist_and_are_told_apart_from_those_with_one() -> None:
    found = actions_without_calls()

    assert all(find_action(*name.split(":")) == name for name in found)
    assert {"sts:GetServiceBearerToken", "eks:AccessKubernetesApi"} <= found
    assert not found & {
        "iam:PassRole",
        "s3:GetObject",
        "s3:ListAllMyBuckets",
        "lambda:InvokeFunction",
        "ec2:RunInstances",
    }
    assert not found & {name for one in HIDDEN for name in one.names}
