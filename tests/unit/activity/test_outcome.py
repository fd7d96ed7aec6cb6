"""What the error of a record says of the permission."""

import pytest

from sekisho.activity.outcome import Denial, Outcome, outcome_of, parse_denial

WHO = "User: arn:aws:sts::111122223333:assumed-role/app/s is not authorized to perform: "


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        pytest.param("", "", Outcome.SUCCEEDED, id="no error"),
        pytest.param("Client.DryRunOperation", "", Outcome.SUCCEEDED, id="a dry run that would have succeeded"),
        pytest.param("AccessDenied", "", Outcome.DENIED, id="denied"),
        pytest.param("AccessDeniedException", "", Outcome.DENIED, id="denied, as newer services say it"),
        pytest.param("Client.UnauthorizedOperation", "", Outcome.DENIED, id="denied, as EC2 says it"),
        pytest.param("KMS.KMSAccessDeniedException", "", Outcome.DENIED, id="denied by the key of something else"),
        pytest.param("VpceAccessDenied", "", Outcome.DENIED, id="denied by the policy of a VPC endpoint"),
        pytest.param("ClientError", f"{WHO}x:Y", Outcome.DENIED, id="denied, as the message alone says"),
        pytest.param("ExpiredTokenException", "", Outcome.UNAUTHENTICATED, id="an expired token"),
        pytest.param("InvalidClientTokenId", "", Outcome.UNAUTHENTICATED, id="a key that is none"),
        pytest.param("NoSuchBucketPolicy", "", Outcome.FAILED, id="allowed, and there was none"),
        pytest.param("ResourceNotFoundException", "", Outcome.FAILED, id="allowed, and not found"),
        pytest.param("EntityAlreadyExistsException", "", Outcome.FAILED, id="allowed, and there already"),
        pytest.param("LimitExceededException", "", Outcome.FAILED, id="allowed, and too many"),
        pytest.param("ThrottlingException", "", Outcome.REFUSED_UNREAD, id="throttled"),
        pytest.param("Client.RequestLimitExceeded", "", Outcome.REFUSED_UNREAD, id="throttled by EC2"),
        pytest.param("ValidationException", "", Outcome.REFUSED_UNREAD, id="malformed"),
        pytest.param("Client.InvalidParameterValue", "", Outcome.REFUSED_UNREAD, id="malformed for EC2"),
        pytest.param("InvalidParameterException", "", Outcome.REFUSED_UNREAD, id="malformed, as newer services say it"),
        pytest.param("BadRequestException", "", Outcome.REFUSED_UNREAD, id="a bad request"),
        pytest.param("", "something went wrong", Outcome.REFUSED_UNREAD, id="a message without a code"),
        pytest.param("Client.InvalidInstanceID.Malformed", "", Outcome.REFUSED_UNREAD, id="a malformed id"),
    ],
)
def test_an_error_says_whether_the_call_was_allowed(code: str, message: str, outcome: Outcome) -> None:
    assert outcome_of(code, message) is outcome


@pytest.mark.parametrize(
    ("message", "denial"),
    [
        pytest.param(
            f"{WHO}s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject"
            " action",
            Denial("s3:GetObject", "arn:aws:s3:::b/k", "no identity-based policy allows it"),
            id="nothing allows it",
        ),
        pytest.param(
            f"{WHO}kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/k with an explicit deny in a service control"
            " policy",
            Denial("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k", "an explicit deny in a service control policy"),
            id="something denies it",
        ),
        pytest.param(
            f'{WHO}s3:GetObject on resource: "arn:aws:s3:::b/my key.txt" because no identity-based policy allows the'
            " s3:GetObject action",
            Denial("s3:GetObject", "arn:aws:s3:::b/my key.txt", "no identity-based policy allows it"),
            id="a name in quotation marks",
        ),
        pytest.param(f"{WHO}ec2:RunInstances", Denial("ec2:RunInstances", "", ""), id="the action alone"),
        pytest.param("Access Denied", None, id="nothing"),
    ],
)
def test_the_message_of_a_denied_call_names_what_was_missing(message: str, denial: Denial | None) -> None:
    assert parse_denial(message) == denial
