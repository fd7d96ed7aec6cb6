"""A stack as a CloudFormation template, which is YAML."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sekisho.cli.deploy.stack import (
    BUS_FORM,
    DEAD,
    FAILED,
    HEARTBEAT_RATE,
    IDENTITY_REGIONS,
    MOST_RECEIVES,
    ORGANIZATION_FORM,
    RETENTION_SECONDS,
    RETRIES,
    RETRY_SECONDS,
    ROLE_FORM,
    VISIBILITY_SECONDS,
    WAIT_SECONDS,
    Kind,
    Stack,
)
from sekisho.collectors.events.calls import QUEUE, queue_actions
from sekisho.collectors.events.patterns import IDENTITY
from sekisho.resources.json_values import is_list, is_object

_WIDTH: Final = 120
_PLAIN: Final = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z$/](?:[A-Za-z0-9_$/.-]|:(?=[:A-Za-z]))*",
    re.IGNORECASE | re.ASCII,
)
"""What YAML takes for a text without quotes in any of its versions."""

_RULES_OF_STACK: Final = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
_HERE: Final = {"Ref": "AWS::AccountId"}


def render_cloudformation(stack: Stack) -> Iterator[str]:
    """Yield the lines of a template that can be a stack or a stack set."""
    yield from (f"# {line}" for line in stack.headline())
    yield from _yaml(_template(stack))


def _template(stack: Stack) -> dict[str, Any]:
    match stack.kind:
        case Kind.QUEUE:
            resources = {**_queues(stack), **_rules(stack, _to_queue()), **_heartbeat()}
            outputs = _outputs()
        case Kind.MEMBER:
            resources = {**_forwarding(stack), **_rules(stack, _to_bus())}
            outputs = {}
        case Kind.HOME:
            resources = {**_bus(), **_queues(stack), **_rules(stack, _to_queue()), **_heartbeat()}
            outputs = {"BusArn": {"Value": _arn("HomeBus")}, **_outputs()}
    conditions = {} if stack.kind is Kind.HOME else _where_identity_is(stack)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Events for Sekisho ({stack.kind.value})",
        "Parameters": _parameters(stack),
        **conditions,
        "Resources": resources,
        **({"Outputs": outputs} if outputs else {}),
    }


def _parameters(stack: Stack) -> dict[str, Any]:
    role = _parameter("The role of whoever takes events out of the queue", ROLE_FORM, stack.consumer_role_arn)
    match stack.kind:
        case Kind.QUEUE:
            return {"ConsumerRoleArn": role}
        case Kind.MEMBER:
            return {"HomeBusArn": _parameter("The bus of the home account", BUS_FORM, stack.forward_to_bus)}
        case Kind.HOME:
            organization = _parameter(
                "The organization whose accounts may send to the bus", ORGANIZATION_FORM, stack.home_bus_for
            )
            return {"ConsumerRoleArn": role, "OrganizationId": organization}


def _parameter(description: str, form: str, default: str | None) -> dict[str, Any]:
    given = {"Default": default} if default else {}
    return {"Type": "String", "Description": description, "AllowedPattern": form, **given}


def _where_identity_is(stack: Stack) -> dict[str, Any]:
    """Return what says whether IAM's calls are recorded where the stack is."""
    if stack.identity_region:
        region: Any = stack.identity_region
        mappings: dict[str, Any] = {}
    else:
        region = {"Fn::FindInMap": ["IdentityRegions", {"Ref": "AWS::Partition"}, "Region"]}
        mappings = {"Mappings": {"IdentityRegions": {name: {"Region": one} for name, one in IDENTITY_REGIONS.items()}}}
    return {**mappings, "Conditions": {"WithIdentity": {"Fn::Equals": [{"Ref": "AWS::Region"}, region]}}}


def _queues(stack: Stack) -> dict[str, Any]:
    redrive = {"deadLetterTargetArn": _arn("DeadLetters"), "maxReceiveCount": MOST_RECEIVES}
    consumer = {
        "Sid": "ConsumerPolls",
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "ConsumerRoleArn"}},
        "Action": queue_actions(),
        "Resource": _arn("Events"),
    }
    return {
        "DeadLetters": _queue(DEAD),
        "Events": _queue(
            QUEUE,
            ReceiveMessageWaitTimeSeconds=WAIT_SECONDS,
            VisibilityTimeout=VISIBILITY_SECONDS,
            RedrivePolicy=redrive,
        ),
        "DeadLettersPolicy": _queue_policy(stack, "DeadLetters"),
        "EventsPolicy": _queue_policy(stack, "Events", consumer),
    }


def _queue(name: str, **further: Any) -> dict[str, Any]:
    properties = {"QueueName": name, "MessageRetentionPeriod": RETENTION_SECONDS, "SqsManagedSseEnabled": True}
    return {
        "Type": "AWS::SQS::Queue",
        "UpdateReplacePolicy": "Delete",
        "DeletionPolicy": "Delete",
        "Properties": {**properties, **further},
    }


def _queue_policy(stack: Stack, queue: str, *further: dict[str, Any]) -> dict[str, Any]:
    """Return who may do what with a queue: rules of this stack send, and nobody does anything without TLS."""
    buses = ("", f"{QUEUE}/") if stack.kind is Kind.HOME else ("",)
    rules = [{"Fn::Sub": f"{_RULES_OF_STACK}{bus}${{AWS::StackName}}-*"} for bus in buses]
    sends = {
        "Sid": "RulesSend",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _arn(queue),
        "Condition": {"ArnLike": {"aws:SourceArn": rules}, "StringEquals": {"aws:SourceAccount": _HERE}},
    }
    tls = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": _arn(queue),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": queue}], "PolicyDocument": _document(sends, *further, tls)},
    }


def _rules(stack: Stack, target: dict[str, Any]) -> dict[str, Any]:
    """Return a rule for each pattern, by a name of ours: alerts know by it that somebody disables one."""
    bus = {"EventBusName": {"Ref": "HomeBus"}} if stack.kind is Kind.HOME else {}
    return {
        f"{''.join(part.title() for part in name.split('-'))}Rule": {
            "Type": "AWS::Events::Rule",
            **({"Condition": "WithIdentity"} if name == IDENTITY else {}),
            "Properties": {
                "Name": f"{QUEUE}-{name}",
                "State": "ENABLED",
                **bus,
                "EventPattern": pattern,
                "Targets": [target],
            },
        }
        for name, pattern in stack.patterns.items()
    }


def _heartbeat() -> dict[str, Any]:
    name = f"{QUEUE}-heartbeat"
    properties = {"Name": name, "State": "ENABLED", "ScheduleExpression": HEARTBEAT_RATE, "Targets": [_to_queue()]}
    return {"HeartbeatRule": {"Type": "AWS::Events::Rule", "Properties": properties}}


def _to_queue() -> dict[str, Any]:
    return _target("queue", _arn("Events"), "DeadLetters")


def _to_bus() -> dict[str, Any]:
    return {**_target("home", {"Ref": "HomeBusArn"}, "NotForwarded"), "RoleArn": _arn("ForwardingRole")}


def _target(name: str, arn: Any, dead_letters: str) -> dict[str, Any]:
    return {
        "Id": name,
        "Arn": arn,
        "DeadLetterConfig": {"Arn": _arn(dead_letters)},
        "RetryPolicy": {"MaximumEventAgeInSeconds": RETRY_SECONDS, "MaximumRetryAttempts": RETRIES},
    }


def _forwarding(stack: Stack) -> dict[str, Any]:
    """Return the role that rules send with, which can do nothing else, and where what they cannot send ends."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": _HERE},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": f"{_RULES_OF_STACK}${{AWS::StackName}}-*"}},
        },
    }
    sends = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": {"Ref": "HomeBusArn"}}
    return {
        "NotForwarded": _queue(FAILED),
        "NotForwardedPolicy": _queue_policy(stack, "NotForwarded"),
        "ForwardingRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _document(trust),
                "Policies": [{"PolicyName": "send-events", "PolicyDocument": _document(sends)}],
            },
        },
    }


def _bus() -> dict[str, Any]:
    return {
        "HomeBus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": QUEUE}},
        "HomeBusPolicy": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": {"Ref": "HomeBus"},
                "StatementId": "OrganizationSends",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "events:PutEvents",
                    "Resource": _arn("HomeBus"),
                    "Condition": {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}},
                },
            },
        },
    }


def _outputs() -> dict[str, Any]:
    """Return the queue, and the policy that the consumer's role needs where it is a role of another account."""
    statement = {"Effect": "Allow", "Action": queue_actions(), "Resource": "${Events.Arn}"}
    policy = json.dumps(_document(statement), separators=(",", ":"))
    return {"QueueUrl": {"Value": {"Ref": "Events"}}, "ConsumerPolicy": {"Value": {"Fn::Sub": policy}}}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _arn(resource: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, "Arn"]}


# --- YAML


def _yaml(value: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """Yield the lines of an object: what fits on one line stands on one."""
    for name, one in value.items():
        yield from _member(f"{' ' * indent}{_scalar(name)}:", one, indent + 2)


def _member(start: str, value: Any, indent: int) -> Iterator[str]:
    line = f"{start} {_flow(value)}"
    if (not is_object(value) and not is_list(value)) or not value or (len(line) <= _WIDTH and _depth(value) < _DEEP):
        yield line
    elif is_object(value):
        yield start
        yield from _yaml(value, indent)
    else:
        yield start
        for one in value:
            yield from _item(one, indent)


_DEEP: Final = 3


def _item(value: Any, indent: int) -> Iterator[str]:
    dash = f"{' ' * indent}-"
    if is_object(value) and (len(dash) + len(_flow(value)) >= _WIDTH or _depth(value) >= _DEEP):
        first, *rest = _yaml(value, indent + 2)
        yield f"{dash} {first.lstrip()}"
        yield from rest
    else:
        yield from _member(dash, value, indent + 2)


def _flow(value: Any) -> str:
    if is_object(value):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if is_list(value):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: str | bool | int) -> str:  # noqa: FBT001 - a value like others
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value)


def _depth(value: Any) -> int:
    if is_object(value):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if is_list(value) else 0
