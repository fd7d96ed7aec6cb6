"""Today's policies beside those that take their place, as a unified diff."""

import json
import re
import unicodedata
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.cli.render.difference import coloured, render_difference
from sekisho.policy import parse_policy
from sekisho.resources.identity_policies import IdentityPolicy

ROLE = "arn:aws:iam::111122223333:role/app"


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: str | list[str], resources: str | list[str] = "*", **members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **members}


def difference(today: Mapping[str, Mapping[str, Any]], *policies: Mapping[str, Any]) -> list[str]:
    attached = [IdentityPolicy(name, parse_policy(json.dumps(one))) for name, one in today.items()]
    return list(render_difference(ROLE, attached, policies))


def changes(lines: list[str]) -> list[str]:
    return [re.sub(r"\s+", "", line) for line in lines if line[0] in "+-" and line[:3] not in {"+++", "---"}]


def test_what_goes_and_what_comes_stand_below_each_other() -> None:
    today = document(allow(["s3:GetObject", "s3:*"], "*"))

    lines = difference({"inline policy own": today}, document(allow("s3:GetObject", "arn:aws:s3:::b/*")))

    assert lines[:2] == ["--- inline policy own", f"+++ proposed policy of {ROLE}"]
    assert changes(lines) == ['-"s3:*",', '-"*"', '+"arn:aws:s3:::b/*"']


def test_what_says_the_same_in_other_words_is_no_change() -> None:
    keys = {"StringEquals": {"b": ["y", "x"], "a": "z"}, "Bool": {"aws:SecureTransport": "true"}}
    other_keys = {"Bool": {"aws:SecureTransport": ["true"]}, "StringEquals": {"a": ["z"], "b": ["x", "y"]}}
    deny = {"Effect": "Deny", "NotAction": ["sqs:*", "s3:*"], "NotResource": "*"}
    today = document(deny, allow(["s3:b", "s3:a"], ["x:2", "x:1"], Condition=keys))
    same = document(
        allow(["s3:a", "s3:b"], ["x:1", "x:2"], Condition=other_keys), {**deny, "NotAction": ["s3:*", "sqs:*"]}
    )

    assert difference({"a": today}, same) == []


def test_policies_without_a_partner_go_or_come_whole() -> None:
    today = {"queues": document(allow("sqs:*")), "tables": document(allow("dynamodb:*"))}

    (*gone, _) = [line for line in difference(today, document(allow("dynamodb:Query"))) if line[:3] in {"---", "+++"}]
    assert gone == ["--- queues", "+++ /dev/null", "--- tables"]

    lines = difference({"queues": today["queues"]}, document(allow("sns:Publish")), document(allow("sqs:SendMessage")))
    heads = [line for line in lines if line[:3] in {"---", "+++"}]
    assert heads == [
        "--- queues",
        f"+++ proposed policy 2 of {ROLE}",
        "--- /dev/null",
        f"+++ proposed policy 1 of {ROLE}",
    ]


def test_nothing_attached_and_nothing_proposed() -> None:
    assert difference({}) == []
    assert difference({"a": document(allow("s3:*"))})[1] == "+++ /dev/null"
    assert difference({}, document(allow("s3:*")))[0] == "--- /dev/null"


TEXTS = st.text(min_size=1, max_size=20)


@given(TEXTS, TEXTS, TEXTS)
def test_nothing_in_a_policy_steers_a_terminal(name: str, sid: str, resource: str) -> None:
    statement = allow("s3:GetObject", f"arn:aws:s3:::b/{resource}", Sid=sid)

    for line in difference({name: document(statement)}, document(allow("s3:GetObject", "arn:aws:s3:::c"))):
        assert all(unicodedata.category(character)[0] != "C" for character in line)


@given(st.lists(st.sampled_from(["s3:*", "sqs:SendMessage", "sns:Publish"]), min_size=1, max_size=3, unique=True))
def test_a_diff_has_all_of_what_goes_and_all_of_what_comes(actions: list[str]) -> None:
    new = [document(allow("ec2:RunInstances", f"arn:aws:ec2:::{at}")) for at in range(2)]
    found = changes(difference({one: document(allow(one)) for one in actions}, *new))

    assert all(any(f'-"{one}"' in line for line in found) for one in actions)
    assert all(any(f'+"arn:aws:ec2:::{at}"' in line for line in found) for at in range(2))


@pytest.mark.parametrize(
    ("line", "style"),
    [("--- a", "bold"), ("+++ b", "bold"), ("@@ -1 +1 @@", "cyan"), ("-  x", "red"), ("+  x", "green"), ("   x", "")],
)
def test_a_line_has_the_colour_of_what_it_does(line: str, style: str) -> None:
    assert (coloured(line).plain, coloured(line).style) == (line, style)


def test_every_policy_is_compared_once() -> None:
    for old, new in product(range(4), range(4)):
        today = {f"policy {at}": document(allow(f"s3:Get{at}")) for at in range(old)}
        lines = difference(today, *(document(allow(f"sqs:Send{at}")) for at in range(new)))
        heads = [line for line in lines if line[:3] in {"---", "+++"}]
        assert len(heads) == 2 * max(old, new)
        assert len(set(heads) - {"--- /dev/null", "+++ /dev/null"}) == old + new
