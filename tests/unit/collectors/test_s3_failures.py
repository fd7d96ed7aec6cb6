"""What is said when a bucket or an object could not be read."""

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    FlexibleChecksumError,
    IncompleteReadError,
    PartialCredentialsError,
    ResponseStreamingError,
    UnauthorizedSSOTokenError,
)

from sekisho.collectors import LiveOptions
from sekisho.collectors.trails.s3_failures import failure


def refused(code: str, message: str = "Access Denied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(refused("AccessDenied"), "AccessDenied; Access Denied; it takes s3:GetObject", id="denied"),
        pytest.param(
            refused("AccessDenied", "User: r is not authorized to perform: kms:Decrypt on the resource."),
            "it takes kms:Decrypt on the key that encrypts it, and that the key is enabled",
            id="the key denied, as S3 tells it",
        ),
        pytest.param(refused("KMS.DisabledException", "k is disabled."), "it takes kms:Decrypt", id="the key disabled"),
        pytest.param(refused("InvalidObjectState", ""), "InvalidObjectState; it is archived", id="archived"),
        pytest.param(refused("SlowDown", "a\nb"), "SlowDown; a b; run it again later", id="throttled, in two lines"),
        pytest.param(refused("Strange", "x"), "could not be read: Strange; x", id="a code that nobody knows"),
        pytest.param(refused("InvalidAccessKeyId"), "AWS does not accept the credentials", id="a key of nobody"),
        pytest.param(EndpointConnectionError(endpoint_url="u"), "check the network", id="no such host"),
        pytest.param(ResponseStreamingError(error="x"), "check the network", id="the connection lost"),
        pytest.param(IncompleteReadError(actual_bytes=1, expected_bytes=2), "IncompleteReadError", id="cut short"),
        pytest.param(FlexibleChecksumError(error_msg="x"), "FlexibleChecksumError", id="another checksum"),
        pytest.param(
            PartialCredentialsError(provider="env", cred_var="x"), "credentials are incomplete", id="half a key"
        ),
        pytest.param(UnauthorizedSSOTokenError(), "sign in again, for instance with `aws sso login`", id="signed out"),
        pytest.param(KeyError("Key"), "InvalidResponse", id="no listing"),
    ],
)
def test_a_failure_is_one_line_with_what_would_help(error: Exception, said: str) -> None:
    told = str(failure("`k` could not be read", error, "s3:GetObject on the object", LiveOptions()))

    assert said in told
    assert "\n" not in told
