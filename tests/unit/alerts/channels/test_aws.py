"""What is sent to targets in AWS, and what their answers mean."""

import json
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from fakes.messages import make_entry, make_group, make_message
from sekisho.alerts.channel import BrokenTargetError, RefusedError, TemporaryError
from sekisho.alerts.channels import (
    EventBridgeSettings,
    Product,
    SecurityHubSettings,
    open_channel,
    render_amazon_q,
    render_eventbridge,
    render_security_hub,
    render_sns,
)
from sekisho.alerts.channels.aws import aws_failure
from sekisho.alerts.errors import DeliveryError

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"
PRODUCT = Product("aws-cn", "cn-north-1", "444455556666")


# --- SNS


def test_subscribers_by_mail_get_text_that_they_can_read() -> None:
    publication = render_sns(make_message(), topic_arn=TOPIC)

    assert publication["Subject"] == "[HIGH] alice made an access key for bob"
    text = publication["Message"]
    assert text.startswith("[HIGH] alice made an access key for bob\n\n")
    assert "Who: alice (IAM user)\n" in text
    assert "When: 2026-11-20 19:11:12 JST (2026-11-20 10:11:12 UTC)\n" in text


def test_subscribers_can_filter_by_attributes_and_drop_repeats() -> None:
    attributes = render_sns(make_message(is_resolved=True), topic_arn=TOPIC)["MessageAttributes"]

    assert {name: one["StringValue"] for name, one in attributes.items()} == {
        "severity": "HIGH",
        "rule": "access-key-created",
        "messageId": make_message().id,
        "dedupKey": make_message().dedup_key,
        "status": "resolved",
    }


def test_a_subject_in_japanese_gives_way_to_the_rule() -> None:
    entry = make_entry(title=("キーが作成されました",))

    assert (
        render_sns(make_message(entries=(entry,)), topic_arn=TOPIC)["Subject"] == "[HIGH] Sekisho: access-key-created"
    )


def test_a_fifo_topic_drops_repeats_and_keeps_the_order_of_what_is_about_the_same() -> None:
    first, repeat = (render_sns(make_message(), topic_arn=f"{TOPIC}.fifo") for _ in range(2))
    update = render_sns(make_message(id="another"), topic_arn=f"{TOPIC}.fifo")

    assert first["MessageDeduplicationId"] == repeat["MessageDeduplicationId"] == make_message().id
    assert first["MessageDeduplicationId"] != update["MessageDeduplicationId"]
    assert first["MessageGroupId"] == update["MessageGroupId"]
    assert "MessageGroupId" not in render_sns(make_message(), topic_arn=TOPIC)


def test_amazon_q_gets_a_custom_notification() -> None:
    told = json.loads(render_amazon_q(make_message(), topic_arn=TOPIC)["Message"])

    assert (told["version"], told["source"], told["id"]) == ("1.0", "custom", make_message().id)
    assert told["content"]["textType"] == "client-markdown"
    assert told["content"]["title"] == "［HIGH］ alice made an access key for bob"  # noqa: RUF001 - full-width is meant
    assert "When: 2026-11-20 19:11:12 JST (2026-11-20 10:11:12 UTC)" in told["content"]["description"]
    assert "\nUser: https://us-east-1.console.aws" in told["content"]["description"]
    assert told["content"]["nextSteps"] == ["Ask alice; deactivate the key if nobody knows of it."]
    again = json.loads(render_amazon_q(make_message(id="another"), topic_arn=TOPIC)["Message"])
    assert told["metadata"]["threadId"] == again["metadata"]["threadId"]


# --- EventBridge


def test_an_event_bus_gets_the_json_of_the_webhook() -> None:
    entry = render_eventbridge(make_group(3), event_bus="security")

    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("sekisho", "Sekisho Alert", "security")
    assert entry["Time"].isoformat() == "2026-11-20T10:13:12+00:00"
    assert [one["eventId"] for one in json.loads(entry["Detail"])["entries"]] == ["event-0", "event-1", "event-2"]


class EventBus:
    """A bus that takes nothing, and says so with status 200."""

    def __init__(self, code: str) -> None:
        self._code = code

    def put_events(self, **_: Any) -> Any:
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self._code, "ErrorMessage": "no"}]}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", TemporaryError), ("InternalFailure", TemporaryError), ("MalformedDetail", RefusedError),
        ("InvalidArgument", RefusedError), ("AccessDeniedException", BrokenTargetError),
        ("NotAuthorizedForSourceException", BrokenTargetError),
    ],
)  # fmt: skip
def test_an_event_that_is_not_taken_is_told_though_the_status_is_200(code: str, kind: type[DeliveryError]) -> None:
    channel = open_channel(EventBridgeSettings(name="t"), clients=lambda *_: EventBus(code))

    with pytest.raises(DeliveryError, match=f"event bus `default`: {code}: no") as caught:
        channel.send(make_message())
    assert type(caught.value) is kind


# --- Security Hub


def test_security_hub_gets_a_finding_of_the_account_that_sends_it() -> None:
    finding = render_security_hub(make_message(), PRODUCT)

    assert finding["ProductArn"] == "arn:aws-cn:securityhub:cn-north-1:444455556666:product/444455556666/default"
    assert finding["AwsAccountId"] == "444455556666"
    assert finding["GeneratorId"] == "sekisho/alerts/access-key-created"
    assert finding["Severity"]["Label"] == "HIGH"
    assert finding["Types"] == ["Unusual Behaviors/User"]
    assert finding["Resources"] == [
        {
            "Type": "AwsAccount",
            "Id": "AWS::::Account:111122223333",
            "Partition": "aws-cn",
            "Region": "cn-north-1",
        }
    ]
    assert finding["ProductFields"]["sekisho/Who"] == "alice (IAM user)"
    assert finding["Remediation"]["Recommendation"]["Text"].startswith("Ask alice")
    assert finding["Remediation"]["Recommendation"]["Url"].startswith("https://us-east-1.console.aws")


def test_what_is_about_the_same_is_one_finding_that_ends_with_what_it_is_about() -> None:
    first = render_security_hub(make_message(), PRODUCT)
    over = render_security_hub(make_message(id="another", is_resolved=True), PRODUCT)
    other = render_security_hub(make_message(dedup_key="another thing"), PRODUCT)

    assert first["Id"] == over["Id"] != other["Id"]
    assert (first["RecordState"], first["Workflow"]) == ("ACTIVE", {"Status": "NEW"})
    assert (over["RecordState"], over["Workflow"]) == ("ARCHIVED", {"Status": "RESOLVED"})


def test_a_finding_of_ours_is_about_its_resource() -> None:
    envelope = {
        "source": "aws.access-analyzer", "account": "111122223333",
        "resources": ["arn:aws:access-analyzer:us-east-1:111122223333:analyzer/a"],
        "detail": {"resource": "arn:aws:s3:::open-bucket"},
    }  # fmt: skip
    finding = render_security_hub(make_message(entries=(make_entry(envelope=json.dumps(envelope)),)), PRODUCT)

    assert [one["Id"] for one in finding["Resources"]] == ["arn:aws:s3:::open-bucket"]
    assert finding["Types"] == ["Software and Configuration Checks/AWS Security Best Practices"]


class Hub:
    """A Security Hub that takes nothing, and says so with status 200."""

    class meta:  # noqa: N801 - as boto3 calls it
        partition = "aws"
        region_name = "eu-west-1"

    def __init__(self, code: str) -> None:
        self._code = code

    def batch_import_findings(self, **_: Any) -> Any:
        return {"FailedCount": 1, "FailedFindings": [{"Id": "x", "ErrorCode": self._code, "ErrorMessage": "no"}]}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InternalException", TemporaryError), ("LimitExceededException", TemporaryError),
        ("InvalidInput", RefusedError), ("InvalidAccess", BrokenTargetError),
    ],
)  # fmt: skip
def test_a_finding_that_is_not_taken_is_told_though_the_status_is_200(code: str, kind: type[DeliveryError]) -> None:
    settings = SecurityHubSettings(name="t", account="111122223333")
    channel = open_channel(settings, clients=lambda *_: Hub(code))

    with pytest.raises(DeliveryError, match=f"Security Hub of 111122223333: {code}: no") as caught:
        channel.send(make_message())
    assert type(caught.value) is kind


# --- errors


def client_error(code: str, status: int, message: str = "no") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Publish")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("Throttling", 400), TemporaryError),
        (client_error("ThrottledException", 429), TemporaryError),
        (client_error("TooManyRequestsException", 429), TemporaryError),
        (client_error("KMSThrottling", 400), TemporaryError),
        (client_error("LimitExceededException", 429), TemporaryError),
        (client_error("InternalError", 500), TemporaryError),
        (client_error("ServiceUnavailable", 503), TemporaryError),
        (client_error("Unheard", 502), TemporaryError),
        (client_error("InvalidParameter", 400), RefusedError),
        (client_error("InvalidParameterValue", 400), RefusedError),
        (client_error("ValidationException", 400), RefusedError),
        (client_error("InvalidInputException", 400), RefusedError),
        (client_error("InvalidParameter", 400, "Invalid parameter: TopicArn"), BrokenTargetError),
        (client_error("AuthorizationError", 403), BrokenTargetError),
        (client_error("AccessDeniedException", 403), BrokenTargetError),
        (client_error("NotFound", 404), BrokenTargetError),
        (client_error("ResourceNotFoundException", 400), BrokenTargetError),
        (client_error("InvalidClientTokenId", 403), BrokenTargetError),
        (client_error("ExpiredToken", 403), BrokenTargetError),
        (client_error("InvalidAccessException", 401), BrokenTargetError),
        (client_error("KMSAccessDenied", 400), BrokenTargetError),
        (EndpointConnectionError(endpoint_url="https://sns.eu-west-1.amazonaws.com"), TemporaryError),
        (ConnectTimeoutError(endpoint_url="https://sns.eu-west-1.amazonaws.com"), TemporaryError),
        (NoCredentialsError(), BrokenTargetError),
        (NoRegionError(), BrokenTargetError),
        (ParamValidationError(report="Unknown parameter"), RefusedError),
    ],
    ids=str,
)
def test_what_an_error_of_aws_means(error: ClientError | BotoCoreError, kind: type[DeliveryError]) -> None:
    told = aws_failure(error, "the place")

    assert type(told) is kind
    assert str(told).startswith("the place: ")
    assert "\n" not in str(told)
