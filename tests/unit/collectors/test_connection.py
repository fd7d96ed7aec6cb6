"""What a connection refuses to do, and what it makes of failures."""

from collections.abc import Iterator, Mapping
from typing import cast

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from sekisho.collectors.collector import Read
from sekisho.collectors.connection import Connection, api_error
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.services import ACCOUNT_READS, CREDENTIAL_READS


@pytest.mark.parametrize("call", ["s3.delete_bucket", "secretsmanager.get_secret_value", "sts.assume_role"])
def test_a_call_outside_the_table_is_a_mistake_of_ours(call: str) -> None:
    aws = Connection(botocore.session.Session(), LiveOptions(), ACCOUNT_READS, account_id="1", home="us-east-1")

    with pytest.raises(KeyError):
        aws.call(call, "us-east-1")
    with pytest.raises(KeyError):
        aws.list(call, "us-east-1")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(ClientError({"Error": {"Code": "AccessDenied"}}, "GetKeyPolicy"), "AccessDenied", id="refused"),
        pytest.param(ClientError({"Error": {}}, "GetKeyPolicy"), "InvalidResponse", id="an error without a code"),
        pytest.param(ConnectTimeoutError(endpoint_url="https://x"), "Timeout", id="no connection in time"),
        pytest.param(ReadTimeoutError(endpoint_url="https://x"), "Timeout", id="no answer in time"),
        pytest.param(EndpointConnectionError(endpoint_url="https://x"), "ConnectionError", id="no such host"),
        pytest.param(SSLError(endpoint_url="https://x", error=OSError("x")), "ConnectionError", id="no trust"),
        pytest.param(ResponseParserError("x"), "InvalidResponse", id="not parsable"),
        pytest.param(AttributeError("x"), "InvalidResponse", id="of another shape"),
        pytest.param(NoCredentialsError(), "NoCredentialsError", id="never asked"),
    ],
)
def test_a_failure_has_a_name(error: Exception, code: str) -> None:
    assert api_error(error).code == code


class Broken(Mapping[str, str]):
    """An answer of botocore's at which our own code stumbles."""

    def __getitem__(self, key: str) -> str:
        raise AttributeError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("Topics", "Policy"))

    def __len__(self) -> int:
        return 2


class Client:
    """A client of botocore that answers every call alike."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def can_paginate(self, _: str) -> bool:
        return False

    def _call(self, **_: object) -> object:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    get_policy = list_topics = _call


def _connection(answer: object) -> Connection:
    aws = Connection(botocore.session.Session(), LiveOptions(), ACCOUNT_READS, account_id="1", home="us-east-1")
    for service in ("lambda", "sns"):
        aws._clients[service, "us-east-1"] = cast("BaseClient", Client(answer))
    return aws


@pytest.mark.parametrize("raised", [AttributeError("x"), KeyError("x"), TypeError("x"), ResponseParserError("x")])
def test_what_botocore_raises_on_rubbish_is_an_invalid_answer(raised: Exception) -> None:
    aws = _connection(raised)
    made = aws.call("lambda.get_policy", "us-east-1")
    listed = aws.list("sns.list_topics", "us-east-1")

    assert made.error is not None
    assert made.error.code == "InvalidResponse"
    assert [failed.error and failed.error.code for failed in listed.failed] == ["InvalidResponse"]


def test_a_fault_of_ours_is_no_answer_of_theirs() -> None:
    aws = _connection(Broken())

    with pytest.raises(AttributeError):
        aws.call("lambda.get_policy", "us-east-1")
    with pytest.raises(AttributeError):
        aws.list("sns.list_topics", "us-east-1")


def test_the_same_page_twice_ends_a_listing() -> None:
    listed = _connection({"Topics": [{"TopicArn": "t"}], "NextToken": "again"}).list("sns.list_topics", "us-east-1")

    assert [failed.error and failed.error.message for failed in listed.failed] == [
        "the same page was named twice in a row"
    ]
    assert listed.items


def test_only_what_is_kept_is_kept() -> None:
    read = Read("a:B", keep=("Functions.Arn", "Owner", "Map.Policy"), needs=("Functions.Arn",))

    kept = read.reduce(
        {
            "Functions": [{"Arn": "one", "Environment": {"PASSWORD": "x"}}],
            "Owner": {"Id": 1, "More": [2]},
            "Map": {"Policy": "p", "Other": "o"},
            "ResponseMetadata": {},
        }
    )

    assert kept == {"Functions": [{"Arn": "one"}], "Owner": {"Id": 1, "More": [2]}, "Map": {"Policy": "p"}}


@pytest.mark.parametrize(
    ("answer", "lacking"),
    [
        pytest.param({"Functions": [{"Arn": "one"}, {"Arn": "two"}]}, (), id="all there"),
        pytest.param({"Functions": []}, (), id="an empty list lacks nothing"),
        pytest.param({"Functions": [{"Arn": "one"}, {}]}, ("Functions.Arn",), id="one item lacks it"),
        pytest.param({}, ("Functions.Arn",), id="no list"),
        pytest.param({"Functions": [None]}, ("Functions.Arn",), id="a list of nothing"),
        pytest.param({"Functions": "one"}, ("Functions.Arn",), id="a text for a list"),
    ],
)
def test_an_answer_without_what_it_needs_is_none(answer: dict[str, object], lacking: tuple[str, ...]) -> None:
    assert Read("a:B", keep=("Functions.Arn",), needs=("Functions.Arn",)).lacks(answer) == lacking


def test_what_may_be_absent_is_needed_when_present() -> None:
    read = Read("a:B", keep=("Points.Name",), needs=("Points?.Name",))

    assert read.lacks({}) == ()
    assert read.lacks({"Points": [{}]}) == ("Points?.Name",)


class Marking(Client):
    """A client of botocore that answers in pages which `Marker` names, and cannot page by itself."""

    def list_service_specific_credentials(self, **params: object) -> object:
        name = "second" if params.get("Marker") == "next" else "first"
        following = {} if name == "second" else {"IsTruncated": True, "Marker": "next"}
        one = {"UserName": name, "ServiceSpecificCredentialId": "ACCA", "ServicePassword": "must-not-leave"}
        return {"ServiceSpecificCredentials": [one], **following}


def test_pages_are_followed_by_either_name() -> None:
    aws = Connection(botocore.session.Session(), LiveOptions(), CREDENTIAL_READS, account_id="1", home="us-east-1")
    aws._clients["iam", "us-east-1"] = cast("BaseClient", Marking({}))

    listed = aws.list("iam.list_service_specific_credentials", "us-east-1", AllUsers=True)

    assert [one["UserName"] for one in listed.items] == ["first", "second"]
    assert listed.failed == ()
    assert "must-not-leave" not in repr(listed)
