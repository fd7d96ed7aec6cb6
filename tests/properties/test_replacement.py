"""Laws of replacing policies by what was used of them, on made-up policies and beside the evaluator."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sekisho.activity.visibility import Hidden, invisible
from sekisho.analyzers.least_privilege import Activity, Comparison, Evidence, Grant, Width, compare_with_today, propose
from sekisho.analyzers.least_privilege.overlap import are_apart, is_within, meet
from sekisho.evaluation import Caller, CallerKind, Outcome, Request, evaluate_policy
from sekisho.evaluation.decide import resources_match
from sekisho.policy import Patterns, Policy, Version, parse_policy
from sekisho.resources.identity_policies import IdentityPolicy, Permissions

ROLE = "arn:aws:iam::111122223333:role/app"
KEYS = ["a", "b", "in/a", "in/b", "in/c", "in/x/a", "out/a", "out/b"]
OBJECTS = [f"arn:aws:s3:::data/{key}" for key in KEYS] + ["arn:aws:s3:::logs/a", "arn:aws:s3:::data"]
GLOBS = [
    "*",
    *(f"arn:aws:s3:::{end}" for end in ("*", "data/*", "data/in/*", "data/*/a", "d*/a", "data/in/?", "da*/in/*")),
    *(f"arn:aws:s3:::{end}" for end in ("data/${aws:PrincipalTag/team}/*", "data", "data/out/b")),
    "arn:aws:*:::logs/a",
]
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl", "sqs:SendMessage"]
PATTERNS = [*ACTIONS, "s3:*", "s3:Get*", "*", "sqs:*"]
CONDITIONS: list[dict[str, Any]] = [
    {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "in"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}},
]
CONTEXTS: list[dict[str, tuple[str, ...]]] = [
    {},
    {"aws:sourcevpce": ("vpce-1",)},
    {"aws:principaltag/team": ("in",), "aws:securetransport": ("true",)},
    {"aws:sourcevpce": ("vpce-1",), "aws:principaltag/team": ("out",), "aws:securetransport": ("true",)},
]


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(PATTERNS))
    statement[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(GLOBS))
    if draw(st.booleans()):
        statement["Condition"] = draw(st.sampled_from(CONDITIONS))
    return statement


def policy(listed: Sequence[dict[str, Any]]) -> Policy:
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(listed)}))


def allowed(policies: Sequence[Policy], action: str, resource: str, context: dict[str, tuple[str, ...]]) -> bool:
    joined = Policy(tuple(one for each in policies for one in each.statements), Version.V2012)
    caller = Caller(CallerKind.AWS, account=ROLE.split(":")[4], principal_arn=ROLE)
    whole = {"aws:principalarn": (ROLE,), "aws:principalaccount": (ROLE.split(":")[4],), **context}
    return evaluate_policy(joined, Request(caller, action, resource, whole)).outcome is Outcome.ALLOW


grants = st.builds(Grant, st.sampled_from(ACTIONS), st.sampled_from([*OBJECTS, "arn:aws:s3:::data/in/*", "*"]))


@given(
    st.lists(st.lists(statements(), min_size=1, max_size=3), min_size=1, max_size=2),
    st.lists(grants, min_size=1, max_size=8, unique=True),
    st.sampled_from([Width.EXACT, Width.GROUPED, Width.STAR]),
    st.sampled_from([{}, invisible([])]),
)
def test_a_replacement_allows_no_more_and_loses_nothing_that_was_done(
    documents: list[list[dict[str, Any]]], done: list[Grant], width: Width, hidden: Mapping[str, Hidden]
) -> None:
    today = [policy(one) for one in documents]
    permissions = Permissions(ROLE, tuple(IdentityPolicy(str(at), one) for at, one in enumerate(today)))
    proposal = propose(Activity(ROLE, {grant: Evidence(1) for grant in done}), width=width)

    compared = compare_with_today(proposal, permissions, hidden, width=width, context=True)

    comparison = compared.comparison
    assert isinstance(comparison, Comparison)
    assert not comparison.proof.more
    assert not comparison.proof.lost
    assert not compared.not_allowed
    new = [parse_policy(json.dumps(one)) for one in compared.policies]
    for action in ACTIONS:
        for resource in OBJECTS:
            for context in CONTEXTS:
                if allowed(new, action, resource, context):
                    assert allowed(today, action, resource, context), (action, resource, context)
    missing = {one.grant for one in comparison.missing}
    for grant in done:
        for context in CONTEXTS:
            if "*" not in grant.resource and allowed(today, grant.action, grant.resource, context):
                assert grant not in missing
                assert allowed(new, grant.action, grant.resource, context), (grant, context)
    kept = {(one.action, one.resource) for one in comparison.kept}
    assert hidden or not kept


values = st.text("ab:*?/", max_size=6).map(lambda end: f"arn:aws:s3:::{end}") | st.text("ab*?:", min_size=1, max_size=7)
texts = st.text("ab:/c", max_size=6).map(lambda end: f"arn:aws:s3:::{end}") | st.text("ab:c", max_size=7)


def matches(value: str, text: str) -> bool:
    return resources_match(Patterns((value,)), text, {}, variables=True)


@given(values, values, st.lists(texts, max_size=30))
def test_values_are_set_against_each_other_on_the_safe_side(one: str, other: str, some_texts: list[str]) -> None:
    both = meet(one, other)
    for text in some_texts:
        if is_within(one, other) and matches(one, text):
            assert matches(other, text)
        if both is not None and matches(both, text):
            assert matches(one, text)
            assert matches(other, text)
        if are_apart(one, other):
            assert not (matches(one, text) and matches(other, text))
