from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_events import ACCOUNT, EVENT_ID, FINDING_ID
from sekisho.alerts.messages.links import (
    HOSTS,
    event_url,
    finding_url,
    partition_of,
    region_of_iam,
    resource_url,
    role_url,
    user_url,
)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("ap-northeast-1", "aws"),
        ("mx-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", ""),
        ("eu-isoe-west-1", ""),
        ("eusc-de-east-1", ""),
        ("us-east-1.evil.example", ""),
        ("", ""),
    ],
)
def test_a_region_tells_its_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (
            "us-east-1",
            f"https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/{EVENT_ID}",
        ),
        (
            "cn-north-1",
            f"https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1#/events/{EVENT_ID}",
        ),
        (
            "us-gov-west-1",
            f"https://us-gov-west-1.console.amazonaws-us-gov.com/cloudtrailv2/home?region=us-gov-west-1#/events/{EVENT_ID}",
        ),
        ("us-iso-east-1", ""),
        ("x", ""),
    ],
)
def test_an_event_is_shown_by_the_console_of_its_partition(region: str, expected: str) -> None:
    assert event_url(EVENT_ID, region) == expected


@pytest.mark.parametrize("event_id", ["", "x", f"{EVENT_ID}/../x", f"{EVENT_ID}\n", "javascript:alert(1)"])
def test_an_event_without_a_proper_id_has_no_link(event_id: str) -> None:
    assert event_url(event_id, "us-east-1") == ""


def test_a_name_is_quoted_to_the_last_character() -> None:
    assert user_url("a+b=c,d.e@f-g", "aws") == (
        "https://console.aws.amazon.com/iam/home#/users/details/a%2Bb%3Dc%2Cd.e%40f-g?section=security_credentials"
    )
    assert role_url("App", "aws-cn") == (
        "https://console.amazonaws.cn/iam/home#/roles/details/App?section=trust_relationships"
    )


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 129, "é", 'a"onclick=', "a\n"])
def test_what_is_no_name_of_iam_has_no_link(name: str) -> None:
    assert user_url(name, "aws") == ""
    assert role_url(name, "aws") == ""


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/team/alice", "https://console.aws.amazon.com/iam/home#/users/details/alice?"),
        (f"arn:aws:iam::{ACCOUNT}:role/App", "https://console.aws.amazon.com/iam/home#/roles/details/App?"),
        ("arn:aws:s3:::reports", "https://eu-west-1.console.aws.amazon.com/s3/buckets/reports?tab=permissions&region=eu-"),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/12ab", "https://eu-west-1.console.aws.amazon.com/kms/home?region=eu-west-1#/kms/keys/12ab"),
        (f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f:live", "https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/f?"),
        (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", f"https://eu-west-1.console.aws.amazon.com/sqs/v3/home?region=eu-west-1#/queues/https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F{ACCOUNT}%2Fq"),
        (f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", f"https://eu-west-1.console.aws.amazon.com/sns/v3/home?region=eu-west-1#/topic/arn:aws:sns:eu-west-1:{ACCOUNT}:t"),
        (f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db/main-AbCdEf", "https://eu-west-1.console.aws.amazon.com/secretsmanager/secret?name=db%2Fmain-AbCdEf&region=eu-west-1"),
        (f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/T/stream/x", "https://eu-west-1.console.aws.amazon.com/dynamodbv2/home?region=eu-west-1#table?name=T&"),
        (f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/a/b", f"https://eu-west-1.console.aws.amazon.com/ecr/repositories/private/{ACCOUNT}/a/b/_/permissions?region="),
        (f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/fs-1", "https://eu-west-1.console.aws.amazon.com/efs/home?region=eu-west-1#/file-systems/fs-1?"),
        (f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:q", f"https://cn-north-1.console.amazonaws.cn/sqs/v3/home?region=cn-north-1#/queues/https%3A%2F%2Fsqs.cn-north-1.amazonaws.com.cn%2F{ACCOUNT}%2Fq"),
    ],
)  # fmt: skip
def test_a_resource_is_shown_where_it_is(arn: str, expected: str) -> None:
    assert resource_url(arn, "eu-west-1").startswith(expected)


@pytest.mark.parametrize(
    "arn",
    [
        "reports",
        "arn:aws:s3:::Bad_Bucket!",
        "arn:aws:s3:::../../x",
        "arn:aws:new:eu-west-1:1:thing",
        "arn:aws-iso:s3:::reports",
        "arn:aws-cn:s3:::reports",
        f"arn:aws:iam::{ACCOUNT}:group/x",
        "arn:aws:kms:eu-west-1:1:key/12ab",
        f"arn:aws:kms:evil.example:{ACCOUNT}:key/12ab",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1?x=2",
    ],
)
def test_what_we_do_not_know_has_no_link(arn: str) -> None:
    assert resource_url(arn, "eu-west-1") == ""


def test_our_own_console_shows_a_finding_where_there_is_one() -> None:
    assert finding_url(FINDING_ID, "https://s.example/console/") == f"https://s.example/console/findings/{FINDING_ID}"
    assert finding_url(FINDING_ID, "") == ""
    assert finding_url(FINDING_ID, "javascript:alert(1)") == ""
    assert finding_url("../x", "https://s.example") == ""


@pytest.mark.parametrize(
    ("region", "expected"), [("eu-west-1", "us-east-1"), ("cn-northwest-1", "cn-north-1"), ("nowhere", "")]
)
def test_the_events_of_iam_are_in_one_region_of_a_partition(region: str, expected: str) -> None:
    assert region_of_iam(region) == expected


parts = st.text(max_size=30)


@given(st.lists(parts, min_size=5, max_size=5), parts, parts)
def test_no_part_of_an_arn_reaches_beyond_its_place_in_a_url(arn: list[str], region: str, name: str) -> None:
    urls = [
        resource_url(f"arn:{':'.join(arn)}", region),
        resource_url(f"arn:aws:kms:{region}:{ACCOUNT}:key/{name}", region),
        resource_url(f"arn:aws:s3:::{name}", "eu-west-1"),
        resource_url(f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{name}"),
        user_url(name, "aws"),
        event_url(name, region),
    ]

    for url in filter(None, urls):
        told = urlsplit(url)
        assert told.scheme == "https"
        assert told.netloc.endswith(tuple(HOSTS.values()))
        assert url.isascii()
        assert url.isprintable()
        assert not set(' "<>|\\^`{}') & set(url)
