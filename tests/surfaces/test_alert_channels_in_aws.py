"""Alerts arrive in AWS: at topics, on event buses, in Security Hub."""

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from fakes.messages import make_message
from sekisho.alerts.channel import BrokenTargetError, Channel, TemporaryError
from sekisho.alerts.channels import AwsClients, ChannelSettings, open_channel
from sekisho.alerts.channels.settings import AmazonQSettings, EventBridgeSettings, SecurityHubSettings, SnsSettings
from sekisho.alerts.errors import DeliveryError
from surfaces.aws import OWNER, REGION, Refuses, Wire, client

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("wire")]  # which forgets what was there before


def clients_of(endpoint: str) -> AwsClients:
    """Return what makes clients that try once."""

    def make(service: str, region: str | None) -> Any:
        session: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
        once = Config(retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=endpoint, region_name=region, config=once)

    return make


def opened(settings: ChannelSettings, endpoint: str) -> Channel:
    return open_channel(settings, clients=clients_of(endpoint))


def queue(moto: str, name: str, **attributes: str) -> tuple[str, str]:
    sqs = client(moto, "sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def taken_from(moto: str, url: str) -> list[Any]:
    messages = client(moto, "sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(one["Body"]) for one in messages]


def test_who_subscribes_to_a_topic_gets_the_message(moto: str) -> None:
    sns = client(moto, "sns")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    url, arn = queue(moto, "subscriber")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    opened(SnsSettings(name="t", topic_arn=topic), moto).send(make_message())
    opened(AmazonQSettings(name="t", topic_arn=topic), moto).send(make_message())

    text, notification = taken_from(moto, url)
    assert text["Subject"] == "[HIGH] alice made an access key for bob"
    assert text["Message"].startswith(text["Subject"])
    assert text["MessageAttributes"]["messageId"]["Value"] == make_message().id
    assert json.loads(notification["Message"])["source"] == "custom"


def test_a_fifo_topic_has_a_repeat_once(moto: str) -> None:
    sns = client(moto, "sns")
    topic = sns.create_topic(Name="alerts.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    url, arn = queue(moto, "subscriber.fifo", FifoQueue="true")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    channel = opened(SnsSettings(name="t", topic_arn=topic), moto)

    for message in (make_message(), make_message(), make_message(id="another")):
        channel.send(message)

    ids = [one["MessageAttributes"]["messageId"]["Value"] for one in taken_from(moto, url)]
    assert sorted(ids) == sorted([make_message().id, "another"])


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Refuses("AuthorizationError"), BrokenTargetError),
        (Refuses("Throttling", 400), TemporaryError),
        (Refuses("InternalError", 500), TemporaryError),
    ],
    ids=lambda one: one.code if isinstance(one, Refuses) else "",
)
def test_what_sns_says_is_told(moto: str, wire: Wire, fault: Refuses, kind: type[DeliveryError]) -> None:
    topic = client(moto, "sns").create_topic(Name="alerts")["TopicArn"]
    wire.faults["sns.publish"] = fault

    with pytest.raises(DeliveryError) as caught:
        opened(SnsSettings(name="t", topic_arn=topic), wire.endpoint).send(make_message())

    assert type(caught.value) is kind
    assert fault.code in str(caught.value)


def test_a_topic_that_is_not_there_is_broken(moto: str) -> None:
    settings = SnsSettings(name="t", topic_arn=f"arn:aws:sns:{REGION}:{OWNER}:gone")

    with pytest.raises(BrokenTargetError, match="NotFound"):
        opened(settings, moto).send(make_message())


def test_rules_on_a_bus_get_the_event(moto: str) -> None:
    events = client(moto, "events")
    bus = events.create_event_bus(Name="security")["EventBusArn"]
    url, arn = queue(moto, "target")
    pattern = {"source": ["sekisho"], "detail-type": ["Sekisho Alert"], "detail": {"severity": ["HIGH"]}}
    events.put_rule(Name="all", EventBusName="security", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="all", EventBusName="security", Targets=[{"Id": "1", "Arn": arn}])

    opened(EventBridgeSettings(name="t", event_bus=bus), moto).send(make_message())

    (event,) = taken_from(moto, url)
    assert event["detail"]["id"] == make_message().id
    assert event["detail"]["entries"][0]["event"]["detail"]["eventName"] == "CreateAccessKey"


def test_security_hub_has_one_finding_of_messages_about_the_same(moto: str) -> None:
    hub = client(moto, "securityhub")
    hub.enable_security_hub()
    channel = opened(SecurityHubSettings(name="t", region=REGION), moto)

    for message in (make_message(), make_message(), make_message(id="another", is_resolved=True)):
        channel.send(message)

    (finding,) = hub.get_findings()["Findings"]
    assert finding["AwsAccountId"] == OWNER
    assert finding["Title"] == "alice made an access key for bob"
    assert finding["RecordState"] == "ARCHIVED"
    hub.disable_security_hub()
