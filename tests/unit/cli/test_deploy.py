"""What has to be deployed, in two languages: both are valid, and both say the same."""

import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any, cast

import hcl2
import pytest
from cfnlint.api import lint
from cfnlint.decode.cfn_yaml import loads
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from alert_events import call
from hcl import policy_documents
from sekisho.alerts.patterns import matches, parse_event, parse_pattern
from sekisho.alerts.shipped import shipped_rules
from sekisho.cli.commands import sekisho
from sekisho.cli.deploy import DeployError, Stack, render_cloudformation, render_terraform
from sekisho.cli.deploy.cloudformation import _yaml
from sekisho.collectors.events.calls import queue_actions
from sekisho.collectors.events.patterns import FORWARDED, PATTERNS

ROLE = "arn:aws:iam::111122223333:role/security/sekisho"
BUS = "arn:aws:events:us-east-1:111122223333:event-bus/sekisho-events"
STACKS = {
    "queue": Stack(),
    "queue of a role": Stack(consumer_role_arn=ROLE, identity_region="eu-west-1"),
    "home": Stack(home_bus_for="o-exampleorgid", consumer_role_arn=ROLE),
    "member": Stack(forward_to_bus=BUS),
    "member with its Region": Stack(forward_to_bus=BUS, identity_region="us-gov-west-1"),
}
EVERY = pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)


def template(stack: Stack) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(json.dumps(loads("\n".join(render_cloudformation(stack))))))


def configuration(stack: Stack) -> str:
    return "\n".join(render_terraform(stack)) + "\n"


def resources(stack: Stack, kind: str) -> dict[str, Any]:
    return {name: one for name, one in template(stack)["Resources"].items() if one["Type"] == kind}


def unquoted(value: Any) -> Any:
    """Return what the parser of HCL has read without the quotes that it leaves around texts."""
    if isinstance(value, dict):
        return {unquoted(name): unquoted(one) for name, one in value.items() if not str(name).startswith("__")}
    if isinstance(value, list):
        return [unquoted(one) for one in value]
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


@EVERY
def test_cloudformation_finds_nothing_wrong(stack: Stack) -> None:
    assert lint("\n".join(render_cloudformation(stack)), regions=["eu-west-1"]) == []


@EVERY
def test_alerts_tell_when_somebody_disables_a_rule(stack: Stack) -> None:
    (cut,) = (parse_pattern(rule.pattern) for rule in shipped_rules() if rule.name == "intake-cut")
    names = [one["Properties"]["Name"] for one in resources(stack, "AWS::Events::Rule").values()]
    disabled = [call("DisableRule", "events", requestParameters={"name": name}) for name in names]

    assert names
    assert all(matches(cut, parse_event(json.dumps(event))) for event in disabled)


@EVERY
def test_both_languages_have_the_same_patterns(stack: Stack) -> None:
    (local,) = unquoted(hcl2.load(StringIO(configuration(stack))))["locals"]
    rules = resources(stack, "AWS::Events::Rule").values()
    in_rules = [one["Properties"]["EventPattern"] for one in rules if "EventPattern" in one["Properties"]]

    assert list(local["patterns"].values()) == in_rules
    assert in_rules == list(stack.patterns.values())


@pytest.mark.parametrize("pattern", [*PATTERNS.values(), FORWARDED], ids=[*PATTERNS, "forwarded"])
def test_a_pattern_is_as_short_and_as_simple_as_eventbridge_wants_it(pattern: Mapping[str, Any]) -> None:
    text = json.dumps(pattern, separators=(",", ":"))

    assert len(text) <= 2048
    assert "wildcard" not in text


def statements(stack: Stack) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what a stack allows and denies: the service's word for who, and the actions."""
    for policy in resources(stack, "AWS::SQS::QueuePolicy").values():
        for one in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield one["Sid"], frozenset([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    for bus in resources(stack, "AWS::Events::EventBusPolicy").values():
        yield bus["Properties"]["StatementId"], frozenset([bus["Properties"]["Statement"]["Action"]])


@EVERY
def test_both_languages_allow_the_same(stack: Stack) -> None:
    told = [
        (str(unquoted(one["sid"])), frozenset(unquoted(one["actions"])))
        for name, document in policy_documents(configuration(stack)).items()
        for one in document
        if name not in {"consumer", "trust", "forwarding"}
    ]

    assert sorted(told, key=str) == sorted(statements(stack), key=str)


@EVERY
def test_queues_are_encrypted_and_take_nothing_without_tls_nor_from_strangers(stack: Stack) -> None:
    queues = resources(stack, "AWS::SQS::Queue")
    policies = resources(stack, "AWS::SQS::QueuePolicy")

    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values())
    assert sorted(one["Properties"]["Queues"][0]["Ref"] for one in policies.values()) == sorted(queues)
    for policy in policies.values():
        document = policy["Properties"]["PolicyDocument"]["Statement"]
        (sends,) = [one for one in document if one["Action"] == "sqs:SendMessage"]
        assert sends["Principal"] == {"Service": "events.amazonaws.com"}
        assert set(sends["Condition"]) == {"ArnLike", "StringEquals"}
        (denies,) = [one for one in document if one["Effect"] == "Deny"]
        assert denies["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        allowed = [one for one in document if one["Effect"] == "Allow" and one is not sends]
        assert [one["Action"] for one in allowed] == ([queue_actions()] if allowed else [])
        assert "*" not in str([one.get("Principal") for one in allowed])


@EVERY
def test_what_cannot_be_delivered_is_kept(stack: Stack) -> None:
    targets = [
        target for rule in resources(stack, "AWS::Events::Rule").values() for target in rule["Properties"]["Targets"]
    ]

    assert targets
    assert all("DeadLetterConfig" in target for target in targets)
    assert configuration(stack).count("dead_letter_config {") == configuration(stack).count(
        'resource "aws_cloudwatch_event_target"'
    )


@pytest.mark.parametrize("name", ["queue", "home"])
def test_a_queue_has_a_heartbeat_and_a_member_has_none(name: str) -> None:
    rules = resources(STACKS[name], "AWS::Events::Rule").values()
    rates = [rule["Properties"].get("ScheduleExpression") for rule in rules]

    assert [rate for rate in rates if rate] == ["rate(15 minutes)"]
    assert 'schedule_expression = "rate(15 minutes)"' in configuration(STACKS[name])
    assert "schedule_expression" not in configuration(STACKS["member"])


@EVERY
def test_a_stack_names_no_place_but_those_that_were_given(stack: Stack) -> None:
    """So that one template is right for all Regions and accounts of a stack set."""
    given = [*filter(None, [stack.consumer_role_arn, stack.forward_to_bus, stack.identity_region])]
    text = "\n".join([*render_cloudformation(stack), configuration(stack)])
    for one in [*given, "{Region: us-east-1}", "{Region: us-gov-west-1}", "{Region: cn-north-1}"]:
        text = text.replace(one, "")
    text = re.sub(r"identity_region = \{.*", "", text)

    assert re.findall(r"\b[0-9]{12}\b|\b[a-z]{2}-[a-z]+-[0-9]\b", text) == []


def test_only_rules_about_iam_ask_where_they_are() -> None:
    rules = resources(Stack(), "AWS::Events::Rule")

    assert {name for name, rule in rules.items() if "Condition" in rule} == {"IdentityRule"}
    assert template(Stack(identity_region="eu-west-1"))["Conditions"]["WithIdentity"] == {
        "Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]
    }
    assert 'if name != "identity" || data.aws_region.current.id == local.identity_region' in configuration(Stack())


def test_only_the_organization_may_send_to_a_home_bus() -> None:
    (policy,) = resources(STACKS["home"], "AWS::Events::EventBusPolicy").values()

    assert policy["Properties"]["Statement"]["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}
    }
    assert template(STACKS["home"])["Parameters"]["OrganizationId"]["Default"] == "o-exampleorgid"


def test_what_forwards_can_send_to_the_home_bus_and_nothing_else() -> None:
    (role,) = resources(STACKS["member"], "AWS::IAM::Role").values()
    ((statement,),) = [one["PolicyDocument"]["Statement"] for one in role["Properties"]["Policies"]]

    assert statement == {"Effect": "Allow", "Action": "events:PutEvents", "Resource": {"Ref": "HomeBusArn"}}
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(trust["Condition"]) == {"StringEquals", "ArnLike"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"consumer_role_arn": "sekisho"}, "`sekisho` is no role; write for example", id="no ARN"),
        pytest.param({"consumer_role_arn": f"{ROLE}\n"}, "is no role", id="a line end"),
        pytest.param({"consumer_role_arn": f'{ROLE}"'}, "is no role", id="a quote"),
        pytest.param({"identity_region": "Virginia"}, "`Virginia` is no Region", id="no Region"),
        pytest.param({"forward_to_bus": "default"}, "`default` is no bus", id="no bus"),
        pytest.param({"home_bus_for": "111122223333"}, "is no organization", id="an account"),
        pytest.param({"forward_to_bus": BUS, "home_bus_for": "o-exampleorgid"}, "no queue", id="both ends"),
        pytest.param({"forward_to_bus": BUS, "consumer_role_arn": ROLE}, "no queue", id="a role for no queue"),
        pytest.param({"home_bus_for": "o-exampleorgid", "identity_region": "us-east-1"}, "passes on", id="no rules"),
    ],
)
def test_a_stack_that_cannot_be_is_refused(wrong: dict[str, str], told: str) -> None:
    with pytest.raises(DeployError, match=told):
        Stack(**wrong)


TEXTS = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), min_size=1, max_size=20)
VALUES = st.recursive(
    TEXTS
    | st.booleans()
    | st.integers(-1000, 10**9)
    | st.sampled_from(
        ["yes", "No", "on", "null", "~", "1e3", "0o7", "1:30", "a: b", "a #b", "- a", "AWS::Region", "=", "<<"]
    ),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, min_size=1, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1))
def test_what_is_written_as_yaml_is_read_as_the_same(value: dict[str, Any]) -> None:
    assert json.loads(json.dumps(loads("\n".join(_yaml(value))))) == value


def test_the_command_prints_and_does_nothing_else() -> None:
    run = CliRunner().invoke

    assert run(sekisho, ["deploy"], standalone_mode=True).exit_code == 2
    assert "say --print" in run(sekisho, ["deploy"]).output
    printed = run(sekisho, ["deploy", "--print", "--consumer-role-arn", ROLE]).stdout
    assert printed == "\n".join(render_cloudformation(Stack(consumer_role_arn=ROLE))) + "\n"
    printed = run(sekisho, ["deploy", "--print", "--format", "terraform", "--forward-to-bus", BUS]).stdout
    assert printed == "\n".join(render_terraform(Stack(forward_to_bus=BUS))) + "\n"
