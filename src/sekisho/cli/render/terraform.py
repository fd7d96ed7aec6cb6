"""Policies as Terraform: a data source `aws_iam_policy_document` for each."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sekisho.cli.escape import plain
from sekisho.cli.render.policy_names import Proposed, named_policies

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TEMPLATE: Final = re.compile(r"([$%])\{")
_SPECIAL: Final = re.compile(r'["\\]|[^ -~]')

_VARIABLE_OF_PROVIDER: Final = "&{"
"""What the provider turns into `${`, wherever it stands.

Source: documentation of the AWS provider, data source aws_iam_policy_document, "Context variable interpolation".
"""


def render_terraform(proposed: Iterable[Proposed]) -> Iterator[str]:
    """Yield the lines of a file of Terraform's configuration language.

    A text that the provider would read otherwise, `&{`, becomes `?{` in a resource that is allowed, which matches it
    and hardly anything else; a comment says so.

    Raises:
        ValueError: something else has such a text, for instance a condition, and nothing can stand for it.
    """
    for name, principal, policy in named_policies(proposed, "_"):
        yield f"# {plain(principal)}"
        yield f'data "aws_iam_policy_document" "{name}" {{'
        for statement in policy["Statement"]:
            yield from _statement(statement)
        yield "}"
        yield ""


def quoted(text: str) -> str:
    """Return a text as a quoted template in which nothing is a template, an escape or a line of its own.

    Source: HCL Native Syntax Specification, "Template Expressions", quoted template expressions.
    """
    escaped = _SPECIAL.sub(lambda found: _escape(found.group()), text)
    return '"' + _TEMPLATE.sub(r"\1\1{", escaped) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    wide = f"\\U{code:08x}" if code > _LARGEST_SHORT else f"\\u{code:04x}"
    return _ESCAPES.get(character, wide)


_LARGEST_SHORT: Final = 0xFFFF


def _statement(statement: Mapping[str, Any]) -> Iterator[str]:
    written = dict(statement)
    if statement["Effect"] == "Allow" and "Resource" in statement:
        written["Resource"] = [one.replace(_VARIABLE_OF_PROVIDER, "?{") for one in _listed(statement["Resource"])]
        if written["Resource"] != _listed(statement["Resource"]):
            yield "  # `?` stands for an ampersand below, which would begin a variable of the provider."
    _check(written)
    members = {_MEMBERS[name]: value for name, value in written.items() if name in _MEMBERS}
    width = max(map(len, members))
    yield "  statement {"
    for name, value in members.items():
        text = quoted(value) if name in {"sid", "effect"} else _list(_listed(value), 4)
        yield f"    {name:{width}} = {text}"
    for operator, keys in written.get("Condition", {}).items():
        for key, values in keys.items():
            yield from _condition(operator, key, _listed(values))
    yield "  }"


_MEMBERS: Final = {
    "Sid": "sid",
    "Effect": "effect",
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}


def _check(statement: Mapping[str, Any]) -> None:
    """Check that the provider reads all of a statement as it stands.

    Raises:
        ValueError: it does not.
    """
    for name, value in statement.items():
        if _VARIABLE_OF_PROVIDER in json.dumps(value):
            effect = statement["Effect"]
            raise ValueError(
                f"Terraform cannot say `{_VARIABLE_OF_PROVIDER}` in the `{name}` of this {effect}; use --format json"
            )


def _condition(operator: str, key: str, values: Sequence[str]) -> Iterator[str]:
    yield ""
    yield "    condition {"
    yield f"      test     = {quoted(operator)}"
    yield f"      variable = {quoted(key)}"
    yield f"      values   = {_list(values, 6)}"
    yield "    }"


def _listed(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _list(values: Sequence[str], indent: int) -> str:
    if len(values) == 1:
        return f"[{quoted(values[0])}]"
    inner = "".join(f"{' ' * (indent + 2)}{quoted(one)},\n" for one in values)
    return f"[\n{inner}{' ' * indent}]"
