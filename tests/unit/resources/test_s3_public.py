"""What S3 calls public, by the examples of the S3 User Guide."""

import json
from typing import Any

import pytest

from sekisho.policy import parse_policy
from sekisho.resources.s3_public import is_public

FIXED_VPC = {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}


def verdict(*statements: dict[str, Any], of_access_point: bool = False) -> bool:
    base = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [{**base, **one} for one in statements]}))
    return is_public(policy, of_access_point=of_access_point)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param({}, True, id="no condition"),
        pytest.param({"StringLike": {"aws:SourceVpc": "vpc-*"}}, True, id="a wildcard VPC"),
        pytest.param(FIXED_VPC, False, id="a fixed VPC"),
        pytest.param({"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}}, True, id="any other VPC"),
        pytest.param({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-91237329"}}, True, id="a VPC, if any"),
        pytest.param({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False, id="a narrow range"),
        pytest.param({"IpAddress": {"aws:SourceIp": "203.0.0.0/7"}}, True, id="a wide range"),
        pytest.param({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}}, True, id="one range is wide"),
        pytest.param({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, False, id="a narrow range of IPv6"),
        pytest.param({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, False, id="an organization"),
        pytest.param({"StringLike": {"aws:userid": "AROAEXAMPLEID12345678:*"}}, False, id="sessions of a role id"),
        pytest.param({"StringLike": {"aws:userid": "*:session"}}, True, id="sessions of any role"),
        pytest.param({"StringEquals": {"aws:Referer": "https://example.com"}}, True, id="a key that limits nothing"),
        pytest.param({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}, True, id="a variable"),
    ],
)
def test_a_condition_limits_a_policy_or_it_does_not(condition: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 - a table
    assert verdict({"Condition": condition}) is expected


def test_a_named_principal_is_not_public() -> None:
    assert not verdict({"Principal": {"AWS": "444455556666"}})
    assert not verdict({"Principal": {"Service": "cloudtrail.amazonaws.com"}})


def test_everyone_but_somebody_is_public() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "*"}
    policy = parse_policy(json.dumps({"Statement": [statement]}))

    assert is_public(policy)


def test_one_public_statement_makes_the_policy_public() -> None:
    assert verdict({"Principal": {"AWS": "444455556666"}}, {"Condition": FIXED_VPC}, {})
    assert not verdict({"Principal": {"AWS": "444455556666"}}, {"Condition": FIXED_VPC})


def test_a_deny_changes_nothing() -> None:
    assert verdict({}, {"Effect": "Deny"})
    assert not verdict({"Effect": "Deny"})


@pytest.mark.parametrize("service", ["s3", "s3express"])
def test_an_access_point_is_limited_by_its_arn_in_a_bucket_policy_only(service: str) -> None:
    arn = f"arn:aws:{service}:us-west-2:444455556666:accesspoint/*"
    condition = {"StringLike": {f"{service}:DataAccessPointArn": arn}}

    assert not verdict({"Condition": condition})
    assert verdict({"Condition": condition}, of_access_point=True)
    assert verdict({"Condition": {"StringLike": {f"{service}:DataAccessPointArn": arn.replace("444455556666", "*")}}})
