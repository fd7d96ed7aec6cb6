"""Resources with one policy: what is under it, who can call without a signature, and what is so without one."""

import pytest

from sekisho.evaluation import CallerKind
from sekisho.resources.answers import UnreadableError
from sekisho.resources.documents import MalformedDocumentError
from sekisho.resources.exposure import SIGNED, SIGNED_OR_ANONYMOUS, Exposure
from sekisho.resources.registry import read_exposure
from sekisho.resources.single_policy import SINGLE_POLICIES
from sekisho.resources.snapshot import ApiCall, RawResource
from unit.resources.builders import OWNER, VENDOR, allow, answered, failed, policy_text

FILE_SYSTEM = f"arn:aws:elasticfilesystem:us-east-1:{OWNER}:file-system/fs-0123456789abcdef0"
TABLE = f"arn:aws:dynamodb:us-east-1:{OWNER}:table/orders"
STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
ARNS = {
    "AWS::EFS::FileSystem": FILE_SYSTEM,
    "AWS::DynamoDB::Table": TABLE,
    "AWS::DynamoDB::Stream": STREAM,
}
ABSENCES = {
    "AWS::EFS::FileSystem": "PolicyNotFound",
    "AWS::DynamoDB::Table": "PolicyNotFoundException",
    "AWS::DynamoDB::Stream": "PolicyNotFoundException",
}
OPEN = policy_text(allow({"AWS": VENDOR}, "*"))
every_type = pytest.mark.parametrize("resource_type", ARNS)


def read(resource_type: str, *calls: ApiCall) -> Exposure:
    return read_exposure(RawResource(resource_type, ARNS[resource_type], OWNER, "us-east-1", calls))


def opened(resource_type: str) -> Exposure:
    return read(resource_type, answered(SINGLE_POLICIES[resource_type].call, {"Policy": OPEN}))


@every_type
def test_the_one_policy_decides(resource_type: str) -> None:
    (way,) = opened(resource_type).ways

    (document,) = way.gates[0].documents
    assert document.name == SINGLE_POLICIES[resource_type].document
    assert document.resource == ARNS[resource_type]
    assert way.targets[0].views[0].resource == ARNS[resource_type]


@every_type
def test_the_code_for_no_policy_is_no_failure(resource_type: str) -> None:
    exposure = read(resource_type, failed(SINGLE_POLICIES[resource_type].call, ABSENCES[resource_type]))

    assert exposure.ways == ()
    assert exposure.notes[0].startswith(f"it has no {SINGLE_POLICIES[resource_type].document}: ")


def test_of_an_index_by_itself_only_what_an_index_answers_can_be_wanted() -> None:
    calls = (answered("dynamodb.get_resource_policy", {"Policy": OPEN}),)
    exposure = read_exposure(RawResource("AWS::DynamoDB::Table", f"{TABLE}/index/by-year", OWNER, "us-east-1", calls))

    (way,) = exposure.ways
    (target,) = way.targets
    assert set(way.actions.names_in(target.actions)) == {"dynamodb:Query", "dynamodb:Scan"}


def test_whether_a_function_without_a_policy_exists_makes_no_difference_to_who_gets_in() -> None:
    calls = (
        failed("lambda.get_policy", "ResourceNotFoundException"),
        failed("lambda.get_function_url_config", "ResourceNotFoundException"),
        failed("lambda.get_function_concurrency", "AccessDeniedException"),
    )
    arn = f"arn:aws:lambda:us-east-1:{OWNER}:function:orders"

    assert read_exposure(RawResource("AWS::Lambda::Function", arn, OWNER, "us-east-1", calls)).ways == ()


@every_type
def test_any_other_failure_is(resource_type: str) -> None:
    with pytest.raises(UnreadableError):
        read(resource_type, failed(SINGLE_POLICIES[resource_type].call, "AccessDeniedException"))


@every_type
def test_a_malformed_policy_is_an_error(resource_type: str) -> None:
    with pytest.raises(MalformedDocumentError):
        read(resource_type, answered(SINGLE_POLICIES[resource_type].call, {"Policy": "{"}))


def test_a_file_system_without_policy_is_said_to_be_open_to_its_network() -> None:
    (note,) = read("AWS::EFS::FileSystem").notes

    assert "any client that reaches one of its mount targets may mount it" in note


def test_clients_mount_without_a_signature_and_nobody_calls_the_service_so() -> None:
    exposure = opened("AWS::EFS::FileSystem")

    (way,) = exposure.ways
    free, signed = way.targets
    assert set(way.actions.names_in(free.actions)) == {
        "elasticfilesystem:ClientMount",
        "elasticfilesystem:ClientRootAccess",
        "elasticfilesystem:ClientWrite",
    }
    assert signed.callers == frozenset({CallerKind.AWS})
    assert exposure.callers == SIGNED_OR_ANONYMOUS


def test_the_indexes_of_a_table_are_queried_and_scanned() -> None:
    exposure = opened("AWS::DynamoDB::Table")

    (way,) = exposure.ways
    _, indexes = way.targets
    assert set(way.actions.names_in(indexes.actions)) == {"dynamodb:Query", "dynamodb:Scan"}
    assert [one.resource for one in indexes.views] == [f"{TABLE}/index/"]
    assert indexes.open_ended
    assert exposure.callers == SIGNED


def test_a_stream_has_three_actions_for_other_accounts() -> None:
    (way,) = opened("AWS::DynamoDB::Stream").ways

    assert set(way.actions.names) == {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
