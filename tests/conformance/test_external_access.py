"""Every external access case, against the analyzer."""

import pytest

from conformance.cases import Case, disagreements, external_access_cases
from sekisho.analyzers.external import analyze_resource
from sekisho.resources.registry import READERS

CASES = list(external_access_cases())

NOT_YET_SUPPORTED = frozenset(
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
"""The resource types that external access analysis has and this project has not yet: their cases wait."""


def test_there_are_cases() -> None:
    assert CASES


def test_a_type_that_is_supported_waits_no_longer() -> None:
    assert not NOT_YET_SUPPORTED & READERS.keys()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_analyzer_finds_what_the_case_expects(case: Case) -> None:
    if case.resource_type in NOT_YET_SUPPORTED:
        pytest.skip(f"{case.resource_type} is not yet supported")

    analysis = analyze_resource(case.raw, case.zone)

    assert disagreements(case, analysis) == [], case.why
