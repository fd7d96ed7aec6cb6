"""The rows of the catalogue, ready to be filled in quickly."""

from typing import Any, Final

from trails.rows import Row, Service
from trails.services import SERVICES
from trails.services.ec2 import RUNS_ON_EDGE
from trails.services.identity import ADDS_EDGE_ROLE
from trails.templates import Template, compile_text, placeholders
from trails.truth import PASS_ROLE
from trails.world import FRESH, OF_EVENT, Values


class CallKind:
    """A row of the catalogue, compiled.

    Attributes:
        service: whose call it is.
        row: as the catalogue has it.
        actions: all that it needs, `iam:PassRole` among them where a role is passed.
        stable: the placeholders that stand for one of a few things of the caller's.
        fresh: the placeholders that stand for something else every time.
    """

    __slots__ = (
        "_needs",
        "_passes",
        "actions",
        "additional",
        "fresh",
        "parameters",
        "resources",
        "response",
        "row",
        "service",
        "stable",
    )

    def __init__(self, service: Service, row: Row) -> None:
        self.service = service
        self.row = row
        self.parameters = Template(row.parameters)
        self.response = Template(row.response)
        self.additional = Template(row.additional)
        self.resources = Template([_entry(kind, arn) for kind, arn in row.touched])
        self._needs = [(need.action, compile_text(need.resource)) for need in row.needs]
        self._passes = [(compile_text(one.role), one.service) for one in row.passes]
        self.actions = tuple(
            dict.fromkeys([*(need.action for need in row.needs), *([PASS_ROLE] if row.passes else [])])
        )
        named = placeholders([row.parameters, row.response, row.additional, [arn for _, arn in row.touched]])
        self.fresh = tuple(sorted(named & FRESH.keys()))
        self.stable = tuple(sorted(named - FRESH.keys() - OF_EVENT))

    def needs(self, values: Values) -> list[tuple[str, str]]:
        """Return the (action, resource) pairs of a call."""
        return [(action, resource % values) for action, resource in self._needs]

    def passes(self, values: Values) -> list[tuple[str, str]]:
        """Return the (role, service principal) pairs of a call."""
        return [
            (role, _in_partition(service, role)) for role, service in ((one % values, two) for one, two in self._passes)
        ]


def _in_partition(service: str, role: str) -> str:
    """Return a service principal as a partition has it: EC2's is another one in China.

    Source: AmazonEC2 service principal in "Getting Started with Amazon Web Services in China", IAM.
    """
    return f"{service}.cn" if role.startswith("arn:aws-cn:") and service == "ec2.amazonaws.com" else service


def _entry(kind: str, arn: str) -> dict[str, Any]:
    """Return an entry of `resources`: a prefix stands for many, and an object has no account beside it."""
    entry = {"type": kind, "ARNPrefix": arn.removesuffix("*")} if arn.endswith("/*") else {"type": kind, "ARN": arn}
    return entry if kind == "AWS::S3::Object" else {"accountId": "{a}", **entry}


CALLS: Final = tuple(CallKind(service, row) for service in SERVICES for row in service.rows)
"""The whole catalogue."""


def _of(prefix: str, row: Row) -> CallKind:
    return CallKind(next(service for service in SERVICES if service.prefix == prefix), row)


EDGE_PROFILE: Final = (_of("iam", ADDS_EDGE_ROLE), _of("ec2", RUNS_ON_EDGE))
"""Calls on an instance profile that has another name than its role; the first tells which. They come once each."""
