"""What a connection refuses to do, and what it makes of failures."""

import botocore.session
import pytest
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
from sekisho.collectors.services import ACCOUNT_READS


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
    ],
)
def test_an_answer_without_what_it_needs_is_none(answer: dict[str, object], lacking: tuple[str, ...]) -> None:
    assert Read("a:B", keep=("Functions.Arn",), needs=("Functions.Arn",)).lacks(answer) == lacking


def test_what_may_be_absent_is_needed_when_present() -> None:
    read = Read("a:B", keep=("Points.Name",), needs=("Points?.Name",))

    assert read.lacks({}) == ()
    assert read.lacks({"Points": [{}]}) == ("Points?.Name",)
