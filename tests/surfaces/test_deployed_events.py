"""What `deploy` prints, put into a service over HTTP: what it should lets through comes out at the other end."""

import json
import re
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import loads

from sekisho.alerts.alert import IncomingEvent
from sekisho.cli.deploy import Stack, render_cloudformation
from sekisho.collectors import LiveOptions
from sekisho.collectors.connection import open_client
from sekisho.collectors.events import SqsIntake
from surfaces.aws import ENVIRONMENT, OWNER, client, reset_moto
from unit.collectors.events.samples import record

pytestmark = pytest.mark.slow

ROLE = f"arn:aws:iam::{OWNER}:role/sekisho"
OPTIONS = LiveOptions(attempts=1, regions=("us-east-1",), read_timeout=timedelta(seconds=30))


class Deployed:
    """A template with its resources made one by one, as CloudFormation would; moto's own knows no queue policies."""

    def __init__(self, stack: Stack, endpoint: str, region: str) -> None:
        self._region = region
        self._known: dict[str, Any] = {
            "AWS::Partition": "aws", "AWS::Region": region, "AWS::AccountId": OWNER, "AWS::StackName": "sekisho",
        }  # fmt: skip
        self._template: Any = loads("\n".join(render_cloudformation(stack)))
        for name, parameter in self._template["Parameters"].items():
            self._known[name] = parameter["Default"]
        self._sqs, self.events = client(endpoint, "sqs", region), client(endpoint, "events", region)
        self.rules: list[str] = []
        made = {
            "AWS::SQS::Queue": self._queue,
            "AWS::SQS::QueuePolicy": self._policy,
            "AWS::Events::Rule": self._rule,
            "AWS::Events::EventBus": self._bus,
            "AWS::Events::EventBusPolicy": self._bus_policy,
        }
        for name, resource in self._template["Resources"].items():
            if self._is_wanted(resource):
                made[resource["Type"]](name, self._resolved(resource["Properties"]))

    def _is_wanted(self, resource: Mapping[str, Any]) -> bool:
        one, other = self._resolved(self._template.get("Conditions", {}).get(resource.get("Condition"), [1, 1]))
        return bool(one == other)

    def _resolved(self, value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return self._known[name]
            case {"Fn::GetAtt": [name, _]}:
                return self._known[f"{name}.Arn"]
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._known[found[1]], text)
            case {"Fn::FindInMap": [name, first, second]}:
                return self._template["Mappings"][name][self._resolved(first)][second]
            case {"Fn::Equals": both}:
                return [self._resolved(one) for one in both]
            case dict():
                return {name: self._resolved(one) for name, one in value.items()}
            case list():
                return [self._resolved(one) for one in value]
            case _:
                return value

    def _queue(self, name: str, properties: dict[str, Any]) -> None:
        queue_name = properties.pop("QueueName")
        attributes = {one: _text(given) for one, given in properties.items()}
        self._known[name] = url = self._sqs.create_queue(QueueName=queue_name, Attributes=attributes)["QueueUrl"]
        told = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        self._known[f"{name}.Arn"] = told["Attributes"]["QueueArn"]

    def _policy(self, _: str, properties: dict[str, Any]) -> None:
        for url in properties["Queues"]:
            policy = json.dumps(properties["PolicyDocument"])
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def _rule(self, name: str, properties: dict[str, Any]) -> None:
        targets = properties.pop("Targets")
        if "EventPattern" in properties:
            properties["EventPattern"] = json.dumps(properties["EventPattern"])
        bus = {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
        self.events.put_rule(**properties)
        answer = self.events.put_targets(Rule=properties["Name"], Targets=targets, **bus)
        assert answer["FailedEntryCount"] == 0
        self.rules.append(name)

    def _bus(self, name: str, properties: dict[str, Any]) -> None:
        self._known[f"{name}.Arn"] = self.events.create_event_bus(Name=properties["Name"])["EventBusArn"]
        self._known[name] = self.bus = properties["Name"]

    def _bus_policy(self, _: str, properties: dict[str, Any]) -> None:
        statement = {"Sid": properties["StatementId"], **properties["Statement"]}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.events.put_permission(EventBusName=properties["EventBusName"], Policy=policy)

    def send(self, *records: dict[str, Any], **further: Any) -> None:
        entries = [
            {
                "Source": f"aws.{one['eventSource'].partition('.')[0]}",
                "DetailType": "AWS API Call via CloudTrail",
                "Detail": json.dumps(one),
                **further,
            }
            for one in records
        ]
        assert self.events.put_events(Entries=entries)["FailedEntryCount"] == 0

    def taken(self, number: int) -> set[str]:
        """Take events until there are so many, and return their ids."""
        stopping = threading.Event()
        found: set[str] = set()

        def take(events: Any) -> int:
            found.update(event.id for event in events if isinstance(event, IncomingEvent))
            if len(found) >= number:
                stopping.set()
            return len(events)

        queue = self._resolved(self._template["Outputs"]["QueueUrl"]["Value"])
        intake = SqsIntake(queue, lambda: open_client("sqs", OPTIONS), wait=timedelta(seconds=1))
        thread = threading.Thread(target=intake.run, args=(take, stopping))
        thread.start()
        stopping.wait(30)
        stopping.set()
        thread.join()
        return found


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value).lower() if value is True else str(value)


@pytest.fixture
def endpoint(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto}.items():
        monkeypatch.setenv(name, value)
    reset_moto(moto)
    return moto


CALLS = [
    record("iam"),
    record("trail", eventSource="cloudtrail.amazonaws.com", eventName="StopLogging"),
    record("bucket", eventSource="s3.amazonaws.com", eventName="PutBucketPolicy"),
    record("snapshot", eventSource="ec2.amazonaws.com", eventName="ModifySnapshotAttribute"),
]


def test_what_the_rules_are_for_is_taken_once_from_whichever_rule(endpoint: str) -> None:
    """What else comes through is not asked here, as moto does not know `$or` and lets everything through."""
    deployed = Deployed(Stack(consumer_role_arn=ROLE), endpoint, "us-east-1")
    deployed.send(*CALLS)

    assert deployed.taken(4) == {"iam", "trail", "bucket", "snapshot"}
    assert set(deployed.rules) == {"IdentityRule", "GuardRule", "ResourcesARule", "ResourcesBRule", "HeartbeatRule"}


def test_another_region_has_no_rule_about_iam(endpoint: str) -> None:
    deployed = Deployed(Stack(consumer_role_arn=ROLE), endpoint, "eu-west-1")

    assert set(deployed.rules) == {"GuardRule", "ResourcesARule", "ResourcesBRule", "HeartbeatRule"}


def test_a_home_bus_passes_on_what_aws_sends_and_nobody_else(endpoint: str) -> None:
    deployed = Deployed(Stack(consumer_role_arn=ROLE, home_bus_for="o-exampleorgid"), endpoint, "us-east-1")
    bus = {"EventBusName": deployed.bus}
    deployed.send(record("forged"), Source="my.app", **bus)
    deployed.send(record("iam"), **bus)

    assert deployed.taken(1) == {"iam"}
