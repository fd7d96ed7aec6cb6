"""Policies as a template of CloudFormation: a managed policy for each, which nobody has yet."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sekisho.cli.render.policy_names import Proposed, named_policies

_DYNAMIC: Final = "{{resolve:"
"""What CloudFormation puts a secret or a parameter in the place of, wherever it stands.

Source: CloudFormation User Guide, "Get values stored in other services using dynamic references".
"""


def render_cloudformation(proposed: Iterable[Proposed]) -> Iterator[str]:
    """Yield the lines of a template.

    A text that CloudFormation would put something else in the place of becomes `?{resolve:` in a resource that is
    allowed, which matches it and hardly anything else; the metadata say so.

    Raises:
        ValueError: something else has such a text, for instance a condition, and nothing can stand for it.
    """
    resources = {name: _resource(principal, policy) for name, principal, policy in named_policies(proposed, "")}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    yield from json.dumps(template, indent=2).splitlines()


def _resource(principal: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    statements = [_statement(one) for one in policy["Statement"]]
    metadata: dict[str, Any] = {"Principal": principal}
    if statements != policy["Statement"]:
        metadata["Wider"] = "`?` stands for a brace before `{resolve:`, which CloudFormation would replace"
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Metadata": metadata,
        "Properties": {"PolicyDocument": {**policy, "Statement": statements}},
    }


def _statement(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    written = dict(statement)
    if statement["Effect"] == "Allow" and "Resource" in statement:
        resources = statement["Resource"]
        is_one = isinstance(resources, str)
        written["Resource"] = _replaced(resources) if is_one else [_replaced(one) for one in resources]
    for name, value in written.items():
        if _DYNAMIC in json.dumps(value):
            effect = statement["Effect"]
            raise ValueError(
                f"CloudFormation cannot say `{_DYNAMIC}` in the `{name}` of this {effect}; use --format json"
            )
    return written


def _replaced(resource: str) -> str:
    return resource.replace(_DYNAMIC, "?{resolve:")
