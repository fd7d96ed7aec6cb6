"""A stack as Terraform configuration."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
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
from sekisho.cli.render.terraform import quoted
from sekisho.collectors.events.calls import QUEUE, queue_actions
from sekisho.collectors.events.patterns import IDENTITY
from sekisho.resources.json_values import is_list, is_object

_WIDTH: Final = 110
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RULES: Final = (
    "arn:${data.aws_partition.current.partition}:events:${data.aws_region.current.id}"
    ":${data.aws_caller_identity.current.account_id}:rule/"
)
_HERE: Final = "data.aws_caller_identity.current.account_id"


def render_terraform(stack: Stack) -> Iterator[str]:
    """Yield the lines of a file; it is applied once for each Region and account, by a provider for that."""
    yield from (f"# {line}" for line in stack.headline())
    for block in _blocks(stack):
        yield ""
        yield from block.strip("\n").splitlines()


def _blocks(stack: Stack) -> Iterator[str]:
    yield _PROVIDER
    yield from _variables(stack)
    yield _DATA
    yield _locals(stack)
    match stack.kind:
        case Kind.QUEUE:
            yield from (_dead_letters(stack, DEAD), _queue(stack), _consumer())
            yield from (_rules(stack), _targets(stack), _HEARTBEAT, _OUTPUTS)
        case Kind.MEMBER:
            yield from (_dead_letters(stack, FAILED), _FORWARDING, _rules(stack), _targets(stack))
        case Kind.HOME:
            yield from (_bus(), _dead_letters(stack, DEAD), _queue(stack), _consumer())
            yield from (_rules(stack), _targets(stack), _HEARTBEAT, _OUTPUTS, _BUS_OUTPUT)


_PROVIDER: Final = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"""

_DATA: Final = """
data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}
"""


def _variables(stack: Stack) -> Iterator[str]:
    role = _variable(
        "consumer_role_arn",
        "The role of whoever takes events out of the queue",
        ROLE_FORM,
        stack.consumer_role_arn,
    )
    match stack.kind:
        case Kind.QUEUE:
            yield role
        case Kind.MEMBER:
            yield _variable("home_bus_arn", "The bus of the home account", BUS_FORM, stack.forward_to_bus)
        case Kind.HOME:
            yield role
            yield _variable(
                "organization_id",
                "The organization whose accounts may send to the bus",
                ORGANIZATION_FORM,
                stack.home_bus_for,
            )


def _variable(name: str, description: str, form: str, default: str | None) -> str:
    given = f"  default     = {quoted(default)}\n" if default else ""
    return f"""
variable "{name}" {{
  type        = string
  description = {quoted(description)}
{given}
  validation {{
    condition     = can(regex({quoted(form)}, var.{name}))
    error_message = {quoted(f"{description}: it has another form.")}
  }}
}}
"""


def _locals(stack: Stack) -> str:
    region = ""
    if stack.kind is not Kind.HOME:
        by_partition = _hcl(dict(IDENTITY_REGIONS), 2)
        region = (
            f"  identity_region = {quoted(stack.identity_region)}\n"
            if stack.identity_region
            else f"  identity_region = {by_partition}[data.aws_partition.current.partition]\n"
        )
    patterns = _hcl(stack.patterns, 2)
    return f"locals {{\n{region}\n  patterns = {patterns}\n}}\n"


def _dead_letters(stack: Stack, name: str) -> str:
    return f"""
resource "aws_sqs_queue" "dead_letters" {{
  name                      = {quoted(name)}
  message_retention_seconds = {RETENTION_SECONDS}
  sqs_managed_sse_enabled   = true
}}

data "aws_iam_policy_document" "dead_letters" {{
{_sends(stack, "dead_letters")}

{_tls("dead_letters")}
}}

resource "aws_sqs_queue_policy" "dead_letters" {{
  queue_url = aws_sqs_queue.dead_letters.id
  policy    = data.aws_iam_policy_document.dead_letters.json
}}
"""


def _queue(stack: Stack) -> str:
    return f"""
resource "aws_sqs_queue" "events" {{
  name                       = {quoted(QUEUE)}
  message_retention_seconds  = {RETENTION_SECONDS}
  receive_wait_time_seconds  = {WAIT_SECONDS}
  visibility_timeout_seconds = {VISIBILITY_SECONDS}
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({{
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = {MOST_RECEIVES}
  }})
}}

data "aws_iam_policy_document" "events" {{
{_sends(stack, "events")}

  statement {{
    sid       = "ConsumerPolls"
    effect    = "Allow"
    actions   = {_hcl(queue_actions(), 4)}
    resources = [aws_sqs_queue.events.arn]

    principals {{
      type        = "AWS"
      identifiers = [var.consumer_role_arn]
    }}
  }}

{_tls("events")}
}}

resource "aws_sqs_queue_policy" "events" {{
  queue_url = aws_sqs_queue.events.id
  policy    = data.aws_iam_policy_document.events.json
}}
"""


def _sends(stack: Stack, queue: str) -> str:
    rules = [f'"{_RULES}{bus}{QUEUE}-*"' for bus in ("", f"{QUEUE}/")[: 2 if stack.kind is Kind.HOME else 1]]
    return f"""
  statement {{
    sid       = "RulesSend"
    effect    = "Allow"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.{queue}.arn]

    principals {{
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }}

    condition {{
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [{", ".join(rules)}]
    }}

    condition {{
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [{_HERE}]
    }}
  }}
""".strip("\n")


def _tls(queue: str) -> str:
    return f"""
  statement {{
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.{queue}.arn]

    principals {{
      type        = "*"
      identifiers = ["*"]
    }}

    condition {{
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }}
  }}
""".strip("\n")


def _consumer() -> str:
    return f"""
# What the consumer's role needs where it is a role of another account.
data "aws_iam_policy_document" "consumer" {{
  statement {{
    sid       = "SekishoTakesEvents"
    effect    = "Allow"
    actions   = {_hcl(queue_actions(), 4)}
    resources = [aws_sqs_queue.events.arn]
  }}
}}
"""


def _rules(stack: Stack) -> str:
    here = f' if name != "{IDENTITY}" || data.aws_region.current.id == local.identity_region'
    is_home = stack.kind is Kind.HOME
    given = {"name": f'"{QUEUE}-${{each.key}}"', "event_pattern": "each.value", "state": '"ENABLED"'}
    return f"""
resource "aws_cloudwatch_event_rule" "events" {{
  for_each = {{
    for name, pattern in local.patterns : name => jsonencode(pattern){"" if is_home else here}
  }}

{_aligned({**given, **(_ON_BUS if is_home else {})})}
}}
"""


def _targets(stack: Stack) -> str:
    match stack.kind:
        case Kind.QUEUE:
            given = {"target_id": '"queue"', "arn": "aws_sqs_queue.events.arn"}
        case Kind.HOME:
            given = {"target_id": '"queue"', "arn": "aws_sqs_queue.events.arn", **_ON_BUS}
        case Kind.MEMBER:
            given = {"target_id": '"home"', "arn": "var.home_bus_arn", "role_arn": "aws_iam_role.forwarding.arn"}
    return f"""
resource "aws_cloudwatch_event_target" "events" {{
  for_each = aws_cloudwatch_event_rule.events

{_aligned({"rule": "each.value.name", **given})}

{_RETRY}
}}
"""


_ON_BUS: Final = {"event_bus_name": "aws_cloudwatch_event_bus.home.name"}


def _aligned(given: dict[str, str]) -> str:
    return "\n".join(f"  {line}" for line in _lines(list(given.items())))


_RETRY: Final = f"""
  dead_letter_config {{
    arn = aws_sqs_queue.dead_letters.arn
  }}

  retry_policy {{
    maximum_event_age_in_seconds = {RETRY_SECONDS}
    maximum_retry_attempts       = {RETRIES}
  }}
""".strip("\n")

_HEARTBEAT: Final = f"""
resource "aws_cloudwatch_event_rule" "heartbeat" {{
  name                = "{QUEUE}-heartbeat"
  schedule_expression = "{HEARTBEAT_RATE}"
  state               = "ENABLED"
}}

resource "aws_cloudwatch_event_target" "heartbeat" {{
  rule      = aws_cloudwatch_event_rule.heartbeat.name
  target_id = "queue"
  arn       = aws_sqs_queue.events.arn

{_RETRY}
}}
"""

_OUTPUTS: Final = """
output "queue_url" {
  value = aws_sqs_queue.events.id
}

output "consumer_policy" {
  value = data.aws_iam_policy_document.consumer.json
}
"""

_BUS_OUTPUT: Final = """
output "bus_arn" {
  value = aws_cloudwatch_event_bus.home.arn
}
"""

_FORWARDING: Final = f"""
data "aws_iam_policy_document" "trust" {{
  statement {{
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {{
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }}

    condition {{
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [{_HERE}]
    }}

    condition {{
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["{_RULES}{QUEUE}-*"]
    }}
  }}
}}

data "aws_iam_policy_document" "forwarding" {{
  statement {{
    effect    = "Allow"
    actions   = ["events:PutEvents"]
    resources = [var.home_bus_arn]
  }}
}}

resource "aws_iam_role" "forwarding" {{
  name_prefix        = "{QUEUE}-"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}}

resource "aws_iam_role_policy" "forwarding" {{
  name   = "send-events"
  role   = aws_iam_role.forwarding.id
  policy = data.aws_iam_policy_document.forwarding.json
}}
"""


def _bus() -> str:
    return f"""
resource "aws_cloudwatch_event_bus" "home" {{
  name = {quoted(QUEUE)}
}}

data "aws_iam_policy_document" "bus" {{
  statement {{
    sid       = "OrganizationSends"
    effect    = "Allow"
    actions   = ["events:PutEvents"]
    resources = [aws_cloudwatch_event_bus.home.arn]

    principals {{
      type        = "*"
      identifiers = ["*"]
    }}

    condition {{
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }}
  }}
}}

resource "aws_cloudwatch_event_bus_policy" "home" {{
  event_bus_name = aws_cloudwatch_event_bus.home.name
  policy         = data.aws_iam_policy_document.bus.json
}}
"""


def _hcl(value: Any, indent: int) -> str:
    """Return a value as an expression; what fits on one line stands on one."""
    flow = _flow(value)
    if len(flow) + indent <= _WIDTH:
        return flow
    pad = " " * (indent + 2)
    if is_object(value):
        members = [(_key(name), _hcl(one, indent + 2)) for name, one in value.items()]
        return "{\n" + "".join(f"{pad}{line}\n" for line in _lines(members)) + " " * indent + "}"
    inner = "".join(f"{pad}{_hcl(one, indent + 2)},\n" for one in value)
    return f"[\n{inner}{' ' * indent}]"


def _lines(members: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield members with their equals signs below one another as far as each is a line, as `terraform fmt` has them."""
    for is_long, group in groupby(members, lambda member: "\n" in member[1]):
        some = list(group)
        width = 0 if is_long else max(len(name) for name, _ in some)
        yield from (f"{name:{width}} = {value}" for name, value in some)


def _flow(value: Any) -> str:
    if is_object(value):
        return "{ " + ", ".join(f"{_key(name)} = {_flow(one)}" for name, one in value.items()) + " }"
    if is_list(value):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else quoted(value)


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else quoted(name)
