"""The short ways of the reasoner say what its search says."""

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from properties.strategies import BUCKET, OWNER
from sekisho.evaluation import CallerKind
from sekisho.policy import Principal, parse_policy
from sekisho.policy.actions import ActionTable
from sekisho.reasoning import Document, Gate, Inside, Question, Region, Target, View, World
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.clauses import live_clauses
from sekisho.reasoning.plain import plain_regions
from sekisho.reasoning.solve import _solve
from sekisho.reasoning.wishes import _written_out

PROVIDER = "arn:aws:iam::111122223333:oidc-provider/login.example.com"
PRINCIPALS: list[dict[str, str]] = [
    {"AWS": "*"},
    {"AWS": OWNER},
    {"AWS": f"arn:aws:iam::{OWNER}:role/own"},
    {"AWS": "444455556666"},
    {"AWS": "arn:aws:iam::444455556666:root"},
    {"AWS": "777788889999"},
    {"AWS": "arn:aws:iam::444455556666:role/app"},
    {"AWS": "arn:aws:iam::444455556666:role/team/app"},
    {"AWS": "arn:aws:iam::444455556666:user/alice"},
    {"AWS": "arn:aws:iam::999988887777:user/alice"},
    {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
    {"AWS": "AROAEXAMPLEROLEID1234"},
    {"Service": "sns.amazonaws.com"},
    {"Federated": PROVIDER},
    {"Federated": "arn:aws:iam::111122223333:saml-provider/example"},
    {"Federated": "accounts.google.com"},
]
OF_ONE_ACCOUNT = [one for one in PRINCIPALS if "444455556666" in one.get("AWS", "")]
GLOBS = ["*", BUCKET, f"{BUCKET}/*", f"{BUCKET}/a*", f"{BUCKET}/a/b*", f"{BUCKET}/a/b", f"{BUCKET}/example*"]
ACTIONS = ActionTable(["s3:GetObject", "s3:ListBucket", "s3:PutObject", "sts:AssumeRoleWithWebIdentity"])
SIGNED = frozenset({CallerKind.AWS})


@st.composite
def plain_statements(draw: st.DrawFn) -> dict[str, Any]:
    """A statement without a condition."""
    entries: dict[str, list[str]] = {}
    for entry in draw(st.lists(st.sampled_from(PRINCIPALS) | st.sampled_from(OF_ONE_ACCOUNT), min_size=1, max_size=3)):
        for key, value in entry.items():
            entries.setdefault(key, []).append(value)
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Principal": entries,
        "Action": draw(st.lists(st.sampled_from([*ACTIONS.names, "s3:*", "*"]), min_size=1, max_size=2)),
        "Resource": draw(st.lists(st.sampled_from(GLOBS), min_size=1, max_size=2)),
    }


def _question(policies: Iterable[list[dict[str, Any]]], callers: frozenset[CallerKind]) -> Question:
    gates = tuple(
        Gate((Document("BucketPolicy", parse_policy(json.dumps({"Statement": one})), BUCKET),)) for one in policies
    )
    objects = ACTIONS.set_of(["s3:GetObject", "s3:PutObject"])
    web = ACTIONS.set_of(["sts:AssumeRoleWithWebIdentity"])
    targets = (
        Target(objects, (View(f"{BUCKET}/"),) * len(gates), open_ended=True),
        Target(ACTIONS.set_of(["s3:ListBucket"]), (View(BUCKET),) * len(gates), callers=SIGNED),
        Target(web, (View(BUCKET),) * len(gates), callers=frozenset({CallerKind.WEB_IDENTITY})),
    )
    return Question(gates, targets, ACTIONS, World("aws", Inside(frozenset({OWNER})), callers, frozenset()))


def _said(regions: Iterable[Region]) -> dict[Principal, int]:
    return {one.principal: one.witnesses.actions for one in regions}


@given(
    st.lists(st.lists(plain_statements(), min_size=1, max_size=4), min_size=1, max_size=2),
    st.sampled_from(
        [
            frozenset({CallerKind.ANONYMOUS, CallerKind.AWS}),
            SIGNED,
            frozenset({CallerKind.AWS, CallerKind.SAML, CallerKind.WEB_IDENTITY}),
        ]
    ),
)
def test_without_conditions_the_short_way_says_what_the_search_says(
    policies: list[list[dict[str, Any]]], callers: frozenset[CallerKind]
) -> None:
    question = _question(policies, callers)
    clauses = live_clauses(question)
    if clauses is None:
        return
    short = plain_regions(question, clauses, Budget())
    if short is not None:
        assert _said(short) == _said(_solve(question, clauses, {}, Budget()))
        assert all(not one.condition for one in short)


letters = st.text("ab/", max_size=3) | st.sampled_from(["e", "example", "example.txt", "another"])


@given(st.lists(st.tuples(letters, st.booleans()), max_size=5))
def test_written_out_objects_are_one_of_every_kind(written: list[tuple[str, bool]]) -> None:
    prefix = f"{BUCKET}/"
    globs = [f"{prefix}{text}{'*' if start else ''}" for text, start in written] or ["*"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": globs}
    clauses = live_clauses(_question([[statement]], SIGNED)) or []

    found = _written_out(clauses, prefix, Budget())

    def kind(text: str) -> tuple[bool, ...]:
        return tuple(text.startswith(glob[:-1]) if glob.endswith("*") else text == glob for glob in globs)

    assert found is not None
    assert len(set(found)) == len(found)
    kinds = {kind(one) for one in found}
    tried = [f"{text}{more}" for text in ("", *(text for text, _ in written)) for more in ("", "a", "b", "/", "x")]
    assert kinds >= {kind(prefix + text) for text in tried if text}


@given(st.lists(st.sampled_from(["a*", "b", "ab*", "*a", "a?"]), min_size=1, max_size=3))
def test_patterns_that_are_more_than_a_beginning_are_left_to_the_automaton(tails: list[str]) -> None:
    prefix = f"{BUCKET}/"
    globs = [prefix + tail for tail in tails]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": globs}
    clauses = live_clauses(_question([[statement]], SIGNED)) or []

    found = _written_out(clauses, prefix, Budget())

    assert (found is None) == any(tail in {"*a", "a?"} for tail in tails)
