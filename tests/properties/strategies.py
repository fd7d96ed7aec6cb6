"""Random policies over a small vocabulary, and all requests of a small world to try them on."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product
from typing import Any

from hypothesis import strategies as st

from sekisho.evaluation import Caller, CallerKind, Request
from sekisho.policy import Policy, Version, parse_policy
from sekisho.policy.actions import ActionTable
from sekisho.reasoning import Document, Gate, Inside, Question, Target, View, Wanted, World

OWNER = "111122223333"
CANONICAL_ID = "c" * 64
BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
ACTIONS = ("s3:GetObject", "s3:ListBucket", "s3:PutObject")
SHOWN = frozenset(
    {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:sourceip", "aws:sourcevpc", "aws:sourcearn"}
)

_PRINCIPALS = [
    "*",
    {"AWS": "*"},
    {"AWS": OWNER},
    {"AWS": "444455556666"},
    {"AWS": ["444455556666", "777788889999"]},
    {"AWS": "arn:aws:iam::444455556666:role/app"},
    {"AWS": "arn:aws:iam::444455556666:user/alice"},
    {"AWS": "arn:aws:sts::444455556666:assumed-role/app/run"},
    {"Service": "sns.amazonaws.com"},
    {"CanonicalUser": CANONICAL_ID},
    {},
]
_RESOURCES = [
    BUCKET,
    f"{BUCKET}/*",
    f"{BUCKET}*",
    "*",
    f"{BUCKET}/a*",
    f"{BUCKET}/*z",
    f"{BUCKET}/a?z",
    f"{BUCKET}/${{aws:username}}*",
]
_VALUES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # key: operators, values
    "aws:PrincipalArn": (
        ("StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "StringEquals"),
        (
            "arn:aws:iam::444455556666:role/app",
            "arn:aws:iam::*:role/app",
            "arn:aws:iam::444455556666:*",
            "arn:aws:iam::4444*",
            "*alice",
            "*",
        ),
    ),
    "aws:PrincipalAccount": (
        ("StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists"),
        (OWNER, "444455556666", "4444*", "anonymous"),
    ),
    "aws:PrincipalOrgID": (
        ("StringEquals", "StringNotEquals", "StringEqualsIfExists", "Null"),
        ("o-a1b2c3d4e5", "o-z9y8x7w6v5"),
    ),
    "aws:SourceIp": (
        ("IpAddress", "NotIpAddress", "IpAddressIfExists"),
        ("203.0.113.0/24", "203.0.113.10/32", "0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32"),
    ),
    "aws:SourceVpc": (("StringEquals", "StringNotEquals", "StringLike"), ("vpc-1", "vpc-*")),
    "aws:SourceArn": (
        ("ArnLike", "ArnNotLike", "StringEquals"),
        (
            f"arn:aws:sns:us-east-1:{OWNER}:topic",
            "arn:aws:sns:*:444455556666:*",
            "arn:aws:sns:us-east-1:444455556666:b*",
        ),
    ),
    "aws:SecureTransport": (("Bool",), ("true", "false")),
    "aws:PrincipalIsAWSService": (("Bool", "BoolIfExists", "Null"), ("true", "false")),
    "aws:PrincipalServiceName": (
        ("StringEquals", "StringLike", "StringNotEquals"),
        ("sns.amazonaws.com", "s*.amazonaws.com"),
    ),
    "aws:PrincipalServiceNamesList": (
        ("ForAllValues:StringEquals", "ForAnyValue:StringLike", "ForAllValues:StringNotEquals"),
        ("sns.amazonaws.com", "sns.*.amazonaws.com"),
    ),
    "aws:Referer": (
        ("StringLike", "StringEquals", "StringNotLike"),
        ("https://example.com/*", "https://a.example/", "${aws:username}", "https://${aws:username}.example/"),
    ),
    "aws:username": (("StringEquals", "StringLike", "StringNotEquals"), ("alice", "a*", "${aws:PrincipalAccount}")),
    "s3:max-keys": (("NumericLessThanEquals", "NumericGreaterThan", "NumericEquals"), ("10", "20")),
    "aws:CurrentTime": (("DateLessThan", "DateGreaterThanEquals"), ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")),
    "aws:TagKeys": (
        ("ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "Null"),
        ("blue", "green"),
    ),
}


def _conditions() -> st.SearchStrategy[dict[str, Any]]:
    def block(key: str) -> st.SearchStrategy[tuple[str, str, list[str]]]:
        operators, values = _VALUES[key]
        return st.sampled_from(operators).flatmap(
            lambda name: st.tuples(
                st.just(name),
                st.just(key),
                st.just(["true"]) | st.just(["false"])
                if name == "Null"
                else st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True),
            )
        )

    def joined(blocks: list[tuple[str, str, list[str]]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for operator, key, values in blocks:
            found.setdefault(operator, {})[key] = values
        return found

    return st.lists(st.sampled_from(sorted(_VALUES)).flatmap(block), max_size=2).map(joined)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    """A statement of a bucket policy, as a JSON object."""
    statement: dict[str, Any] = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    negated_principal = draw(st.integers(0, 9)) == 0
    statement["NotPrincipal" if negated_principal else "Principal"] = draw(st.sampled_from(_PRINCIPALS))
    negated_action = draw(st.integers(0, 9)) == 0
    globs = st.sampled_from([*ACTIONS, "s3:*", "s3:Get*", "S3:putobject", "*"])
    statement["NotAction" if negated_action else "Action"] = draw(st.lists(globs, min_size=1, max_size=2))
    negated_resource = draw(st.integers(0, 9)) == 0
    statement["NotResource" if negated_resource else "Resource"] = draw(st.sampled_from(_RESOURCES))
    conditions = draw(_conditions())
    if conditions:
        statement["Condition"] = conditions
    return statement


def documents(max_statements: int = 4) -> st.SearchStrategy[list[dict[str, Any]]]:
    """The statements of a bucket policy."""
    return st.lists(statements(), min_size=1, max_size=max_statements)


def policy_of(listed: list[dict[str, Any]]) -> Policy:
    """Parse statements as one policy."""
    return parse_policy(json.dumps({"Version": Version.V2012.value, "Statement": listed}))


def question_about(policy: Policy, organization_id: str | None = None) -> Question:
    """Ask who outside the owner's account can do any of `ACTIONS`."""
    return question_through(policy, organization_id=organization_id)


def question_through(*policies: Policy, organization_id: str | None = None) -> Question:
    """Ask the same where every one of several policies has to let the request through."""
    gates = tuple(Gate((Document("BucketPolicy", policy, BUCKET),)) for policy in policies)
    table = ActionTable(ACTIONS)
    on_objects = table.set_of(["s3:GetObject", "s3:PutObject"])
    targets = (
        Target(on_objects, (View(f"{BUCKET}/"),) * len(gates), open_ended=True),
        Target(table.all & ~on_objects, (View(BUCKET),) * len(gates)),
    )
    inside = Inside(frozenset({OWNER}), organization_id)
    return Question(
        gates, targets, table, World("aws", inside, frozenset({CallerKind.AWS, CallerKind.ANONYMOUS}), SHOWN)
    )


def _callers() -> Iterator[tuple[Caller, dict[str, tuple[str, ...]]]]:
    yield Caller(CallerKind.ANONYMOUS), {"aws:principalaccount": ("anonymous",)}
    for account, name in product(("444455556666", "777788889999", "999988887777"), ("alice", "bob")):
        arn = f"arn:aws:iam::{account}:user/{name}"
        yield (
            Caller(CallerKind.AWS, account, arn),
            {**_SIGNED, "aws:principalarn": (arn,), "aws:principalaccount": (account,), "aws:username": (name,)},
        )
    for account, session in product(("444455556666", "999988887777"), ("run", "other")):
        yield _session(account, session)
    caller, context = _session("777788889999", "run")
    yield (
        Caller(caller.kind, caller.account, caller.principal_arn, caller.session_arn, None, None, CANONICAL_ID),
        context,
    )


def _session(account: str, session: str) -> tuple[Caller, dict[str, tuple[str, ...]]]:
    arn = f"arn:aws:iam::{account}:role/app"
    return (
        Caller(CallerKind.AWS, account, arn, f"arn:aws:sts::{account}:assumed-role/app/{session}"),
        {**_SIGNED, "aws:principalarn": (arn,), "aws:principalaccount": (account,)},
    )


_SIGNED: dict[str, tuple[str, ...]] = {"aws:principalisawsservice": ("false",)}


def _trusted_callers_and_services() -> Iterator[tuple[Caller, dict[str, tuple[str, ...]]]]:
    for name in ("alice", "bob"):
        arn = f"arn:aws:iam::{OWNER}:user/{name}"
        yield (
            Caller(CallerKind.AWS, OWNER, arn),
            {**_SIGNED, "aws:principalarn": (arn,), "aws:principalaccount": (OWNER,), "aws:username": (name,)},
        )
    yield _session(OWNER, "run")
    for service, others in (("sns", ()), ("sns", ("sns.us-east-1.amazonaws.com",)), ("ec2", ()), ("sqs", ())):
        name = f"{service}.amazonaws.com"
        yield (
            Caller(CallerKind.SERVICE, service=name),
            {
                "aws:principalisawsservice": ("true",),
                "aws:principalservicename": (name,),
                "aws:principalservicenameslist": (name, *others),
            },
        )


_WORLD: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "aws:principalorgid": ((), ("o-a1b2c3d4e5",), ("o-z9y8x7w6v5",), ("o-other12345",)),
    "aws:securetransport": (("true",), ("false",)),
    "aws:referer": (
        (),
        ("https://example.com/x",),
        ("https://a.example/",),
        ("https://bob.example/",),
        ("bob",),
        ("other",),
    ),
    "s3:max-keys": ((), ("5",), ("10",), ("15",), ("20",), ("25",)),
    "aws:currenttime": (("2025-06-01T00:00:00Z",), ("2026-06-01T00:00:00Z",), ("2027-06-01T00:00:00Z",)),
    "aws:tagkeys": ((), ("blue",), ("green",), ("red",), ("blue", "green"), ("blue", "red"), ("blue", "green", "red")),
}
_NETWORKS: tuple[dict[str, tuple[str, ...]], ...] = (
    {"aws:sourceip": ("203.0.113.10",)},
    {"aws:sourceip": ("203.0.113.77",)},
    {"aws:sourceip": ("10.1.2.3",)},
    {"aws:sourceip": ("198.51.100.1",)},
    {"aws:sourceip": ("2001:db8::1",)},
    {"aws:sourceip": ("2001:ffff::1",)},
    {"aws:sourcevpc": ("vpc-1",)},
    {"aws:sourcevpc": ("vpc-2",)},
)
_SOURCES: tuple[dict[str, tuple[str, ...]], ...] = (
    {},
    {"aws:sourcearn": ("arn:aws:sns:us-east-1:444455556666:b1",)},
    {"aws:sourcearn": ("arn:aws:sns:eu-west-1:444455556666:c",)},
    {"aws:sourcearn": ("arn:aws:sqs:us-east-1:777788889999:c",)},
)
_TRUSTED_SOURCE: dict[str, tuple[str, ...]] = {
    "aws:sourcearn": (f"arn:aws:sns:us-east-1:{OWNER}:topic",),
    "aws:sourceaccount": (OWNER,),
}


def requests_from_outside(mentioned: frozenset[str]) -> Iterator[Request]:
    """Yield every request from outside of a small world, varying only the keys that are mentioned."""
    yield from _requests(_callers(), mentioned, _SOURCES)


def requests_from_anyone(mentioned: frozenset[str]) -> Iterator[Request]:
    """Yield every request of the same world, those of trusted callers and of AWS services too."""
    yield from _requests(chain(_callers(), _trusted_callers_and_services()), mentioned, (*_SOURCES, _TRUSTED_SOURCE))


def is_from(wanted: Wanted, request: Request, organization_id: str | None) -> bool:
    """Say whether a request of that world is among those that are looked for."""
    context = request.context
    organization = organization_id is not None and context.get("aws:principalorgid") == (organization_id,)
    caller = request.caller.account == OWNER or organization
    match wanted:
        case Wanted.ANYONE:
            return True
        case Wanted.INSIDE:
            return caller
        case Wanted.OUTSIDE:
            return not caller and context.get("aws:sourceaccount") != (OWNER,)


def _requests(
    callers: Iterable[tuple[Caller, dict[str, tuple[str, ...]]]],
    mentioned: frozenset[str],
    of_sources: Iterable[dict[str, tuple[str, ...]]],
) -> Iterator[Request]:
    wishes = [("s3:ListBucket", BUCKET)]
    for action, name in product(("s3:GetObject", "s3:PutObject"), ("b", "abz", "az", "axx", "bob1", "alice")):
        wishes.append((action, f"{BUCKET}/{name}"))
    single = [key for key in _WORLD if key in mentioned]
    networks = _NETWORKS if mentioned & {"aws:sourceip", "aws:sourcevpc"} else ({},)
    sources = of_sources if "aws:sourcearn" in mentioned else ({},)
    for (caller, of_caller), network, source in product(callers, networks, sources):
        anonymous = caller.kind is CallerKind.ANONYMOUS
        if anonymous and source:
            continue
        for values in product(*(_WORLD[key] for key in single)):
            context = {key: value for key, value in zip(single, values, strict=True) if value}
            if caller.kind is not CallerKind.AWS and "aws:principalorgid" in context:
                continue
            for action, resource in wishes:
                yield Request(caller, action, resource, {**of_caller, **network, **source, **context})
