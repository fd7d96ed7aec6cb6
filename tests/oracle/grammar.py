"""Random bucket policies over the whole grammar, and real documents with something changed.

Every choice is made by a `random.Random`, so that the same text serves hypothesis, which brings its own, and long runs,
where a policy is known by its seed alone.
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from properties.strategies import ACTIONS, BUCKET, OWNER
from sekisho.policy.operators import BASE_OPERATORS, BaseOperator, Family, Quantifier

Statement: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, Any]

ORGANIZATIONS = ("o-a1b2c3d4e5", "o-z9y8x7w6v5")
CANONICAL_ID = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
_ONE, _TWO = "444455556666", "777788889999"

_ENTRIES: tuple[tuple[str, str], ...] = (
    ("AWS", "*"),
    ("AWS", OWNER),
    ("AWS", f"arn:aws:iam::{OWNER}:role/app"),
    ("AWS", _ONE),
    ("AWS", _ONE),
    ("AWS", f"arn:aws:iam::{_ONE}:root"),
    ("AWS", _TWO),
    ("AWS", f"arn:aws:iam::{_ONE}:role/app"),
    ("AWS", f"arn:aws:iam::{_ONE}:role/app"),
    ("AWS", f"arn:aws:iam::{_ONE}:role/team/app"),
    ("AWS", f"arn:aws:iam::{_TWO}:role/app"),
    ("AWS", f"arn:aws:iam::{_ONE}:user/alice"),
    ("AWS", f"arn:aws:iam::{_ONE}:user/team/alice"),
    ("AWS", f"arn:aws:sts::{_ONE}:assumed-role/app/run"),
    ("AWS", f"arn:aws:sts::{_ONE}:assumed-role/app/other"),
    ("AWS", f"arn:aws:sts::{_ONE}:federated-user/alice"),
    ("AWS", "AIDAJQABLZS4A3QDU576Q"),
    ("Service", "sns.amazonaws.com"),
    ("Federated", "accounts.google.com"),
    ("CanonicalUser", CANONICAL_ID),
)
_ODD_ENTRIES: tuple[tuple[str, str], ...] = (
    ("AWS", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"),
    ("AWS", f"arn:aws-us-gov:iam::{_ONE}:role/app"),
    ("AWS", "arn:aws:iam::123:root"),
    ("AWS", "arn:aws:iam::123:role/app"),
)
_ACTIONS = (
    *ACTIONS,
    "s3:GetObject",
    "s3:*",
    "s3:*",
    "s3:*",
    "s3:*",
    "s3:*",
    "s3:Get*",
    "S3:putobject",
    "s3:?etObject",
    "s3:*Object",
    "*",
    "sns:Publish",
)
_RESOURCES = (
    BUCKET,
    f"{BUCKET}/*",
    f"{BUCKET}/*",
    f"{BUCKET}/*",
    f"{BUCKET}*",
    f"{BUCKET}*",
    f"{BUCKET}*",
    "*",
    "*",
    "*",
    "arn:aws:s3:::*",
    "arn:*:s3:::*/a*",
    "arn:aws:s3:*",
    f"{BUCKET}/a*",
    f"{BUCKET}/*z",
    f"{BUCKET}/a?z",
    f"{BUCKET}/*a*b*",
    f"{BUCKET}/ab*ba",
    f"{BUCKET}/?*:*",
    f"{BUCKET}/a",
    "arn:aws:s3:::other/*",
)
_RESOURCE_VARIABLES = (
    f"{BUCKET}/${{aws:username}}*",
    f"{BUCKET}/home/${{aws:username}}/*",
    f"{BUCKET}/${{aws:PrincipalAccount}}/*",
    f"{BUCKET}/*/${{aws:PrincipalTag/team}}/*",
    f"{BUCKET}/${{aws:PrincipalTag/team, 'a'}}*",
    f"{BUCKET}/${{*}}*",
    f"{BUCKET}/a${{?}}${{$}}*",
)
_GLOBS = ("a*", "*z", "a*z", "*a*", "?*", "a?c*", "*bc", "a*c", "ab", "abc", "b", "*", "")
_TEXTS: dict[str, tuple[str, ...]] = {
    "aws:PrincipalArn": (
        f"arn:aws:iam::{_ONE}:role/app",
        f"arn:aws:iam::{_ONE}:root",
        f"arn:aws:sts::{_ONE}:federated-user/alice",
        "arn:aws:iam::*:role/app",
        f"arn:aws:iam::{_ONE}:*",
        f"arn:aws:iam::{_ONE}:role/team/*",
        f"arn:aws:iam::{_ONE}:*/a*",
        "arn:aws:iam::4444*",
        "arn:aws:iam::4444*:role/*",
        "arn:aws:iam::*6666:user/*",
        "arn:*:role/*",
        "*:user/*",
        "*alice",
        "*a?p*",
        "*",
    ),
    "aws:PrincipalAccount": (OWNER, _ONE, _ONE, _TWO, "4444*", "*6666", "????5555*", "anonymous", "anon*"),
    "kms:CallerAccount": (_ONE, "4444*"),
    "aws:PrincipalOrgID": (*ORGANIZATIONS, "o-*", "o-a*", "*5"),
    "aws:PrincipalOrgPaths": (
        "o-a1b2c3d4e5/*",
        "o-a1b2c3d4e5/r-ab12/ou-ab12-1/*",
        "o-z9y8x7w6v5/r-ab12/*",
        "*/r-ab12/*",
        "o-z9y8x7w6v5/r-ab12/",
    ),
    "aws:PrincipalType": ("User", "AssumedRole", "Account", "Anonymous", "*User", "A*"),
    "aws:userid": ("AROAEXAMPLE:*", "AROAEXAMPLE:run", "anonymous", "*:run", OWNER, _ONE, f"{_ONE}:*", "A*"),
    "aws:username": ("alice", "a*", "*e", "al?ce", "bob", "Alice"),
    "aws:SourceIp": ("203.0.113.*", "10.*", "*.10", "203.0.113.10", "2001:db8:*", "1?.*"),
    "aws:SourceVpc": ("vpc-1", "vpc-*", "vpc-1*", "*1"),
    "aws:SourceVpce": ("vpce-1", "vpce-*", "*"),
    "aws:VpceAccount": (OWNER, _ONE, "4444*"),
    "aws:VpceOrgID": ORGANIZATIONS,
    "aws:VpceOrgPaths": ("o-a1b2c3d4e5/*", "*/r-ab12/*"),
    "aws:SourceVpcArn": (f"arn:aws:ec2:us-east-1:{_ONE}:vpc/vpc-1", f"arn:aws:ec2:*:{_ONE}:vpc/*", "*vpc-1"),
    "aws:SourceArn": (
        f"arn:aws:sns:us-east-1:{OWNER}:topic",
        f"arn:aws:sns:*:{_ONE}:*",
        f"arn:aws:sns:us-east-1:{_ONE}:b*",
        "arn:aws:sns:*:*:b*",
        f"arn:aws:cloudwatch:*:{_ONE}:alarm:*",
        f"arn:aws:logs:us-east-1:{_ONE}:log-group:a*",
        "arn:aws:s3:::other-bucket",
        "arn:aws:s3:::*",
        f"*:{_ONE}:*",
        "*topic",
    ),
    "aws:SourceAccount": (OWNER, _ONE, "4444*", _TWO),
    "aws:SourceOwner": (_ONE, "7777*"),
    "aws:SourceOrgID": ORGANIZATIONS,
    "aws:Referer": (*_GLOBS, "https://example.com/*", "https://a.example/", "A*"),
    "aws:UserAgent": _GLOBS,
    "aws:TagKeys": ("blue", "green", "b*", "*n", "Blue"),
    "aws:PrincipalTag/team": _GLOBS,
    "aws:CalledViaFirst": ("athena.amazonaws.com", "*.amazonaws.com"),
    "aws:PrincipalServiceName": ("sns.amazonaws.com",),
    "aws:RequestedRegion": ("us-east-1", "us-*", "eu-*"),
    "s3:prefix": _GLOBS,
    "s3:x-amz-acl": ("private", "public-read*", "bucket-owner-full-control"),
    "s3:DataAccessPointArn": ("arn:aws:s3:us-east-1:444455556666:accesspoint/*", "arn:aws:s3:*:*:accesspoint/a"),
    "s3:DataAccessPointAccount": (OWNER, _ONE, "4444*"),
    "s3:AccessPointNetworkOrigin": ("VPC", "Internet"),
    "SAML:aud": ("https://signin.aws.amazon.com/saml",),
    "example:Unknown": _GLOBS,
    "example:Set": ("a", "b", "a*", "*b"),
}
_VARIABLES = (
    "${aws:username}",
    "${aws:PrincipalAccount}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'ab'}",
    "a${aws:username}",
    "${aws:username}*",
    "*${aws:username}",
    "x${aws:PrincipalTag/team}*z",
    "https://${aws:username}.example/*",
    "${aws:userid}",
    "${aws:SourceVpc}",
    "${*}",
    "a${*}*",
    "${?}${$}",
    "${aws:PrincipalArn}",
    "${aws:PrincipalType}",
    "arn:aws:iam::${aws:PrincipalAccount}:role/*",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:sns:*:${aws:PrincipalAccount}:*",
)
_RANGES = (
    "203.0.113.0/24", "203.0.113.10/32", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.128.0.0/9",
    "2001:db8::/32", "2001:db8::10", "::/0", "203.0.113.77/25", "192.0.2.1",
)  # fmt: skip
_NUMBERS = ("10", "20", "10.5", "0", "-1", "1e2", "19")
_DATES = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "1767225600", "2026-06-01T00:00:00+09:00")
_BINARIES = ("c2VraXNobw==", "QUJD")
_TYPED: dict[Family, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # keys, values
    Family.NUMERIC: (("s3:max-keys", "aws:MultiFactorAuthAge", "example:Number", "s3:signatureAge"), _NUMBERS),
    Family.DATE: (("aws:CurrentTime", "aws:TokenIssueTime", "aws:EpochTime", "example:Date"), _DATES),
    Family.BOOL: (
        (
            "aws:SecureTransport",
            "aws:ViaAWSService",
            "aws:MultiFactorAuthPresent",
            "aws:PrincipalIsAWSService",
            "example:Flag",
        ),
        ("true", "false", "True"),
    ),
    Family.BINARY: (("example:Binary",), _BINARIES),
    Family.ADDRESS: (("aws:SourceIp", "aws:SourceIp", "aws:SourceIp", "aws:VpcSourceIp", "example:Address"), _RANGES),
}
_FAVOURED = (
    "aws:PrincipalArn", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:SourceVpc",
    "aws:SourceArn", "aws:Referer", "aws:username", "aws:TagKeys", "aws:PrincipalOrgPaths", "s3:prefix",
)  # fmt: skip
_NAMES_OF_THINGS = frozenset(
    {"aws:PrincipalArn", "aws:PrincipalOrgID", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceArn", "aws:VpceOrgID"}
)
"""Keys that have no stars in their values: one that is compared exactly is no value at all."""

_MULTIVALUED = frozenset({"aws:TagKeys", "aws:PrincipalOrgPaths", "example:Set"})
_BY_FAMILY: dict[Family, tuple[BaseOperator, ...]] = {
    family: tuple(one for one in BASE_OPERATORS.values() if one.family is family) for family in Family
}


def random_document(rng: Random) -> Document:
    """Return a bucket policy of one to four statements."""
    count = rng.choice((1, 1, 2, 2, 2, 3, 3, 4))
    keys = _some_keys(rng)
    variables = rng.random() < 0.15
    statements = [random_statement(rng, keys, variables=variables) for _ in range(count)]
    if all(one["Effect"] == "Deny" for one in statements):
        statements[0]["Effect"] = "Allow"
    if rng.random() < 0.45:
        allows = [one for one in statements if one["Effect"] == "Allow"]
        statements[-1:] = [statements[-1], *(opposed(rng, one) for one in allows[:2])]
    version = "2008-10-17" if rng.random() < 0.05 else "2012-10-17"
    return {"Version": version, "Statement": statements}


def _some_keys(rng: Random) -> list[str]:
    """Return few keys: statements about the same key are where it gets interesting."""
    everything = [*_TEXTS, *(key for keys, _ in _TYPED.values() for key in keys)]
    favoured = [*_FAVOURED, "aws:SourceIp", "aws:SourceIp", "s3:max-keys", "aws:CurrentTime"]
    return [rng.choice(favoured if rng.random() < 0.6 else everything) for _ in range(rng.choice((1, 2, 2, 3)))]


def random_statement(rng: Random, keys: list[str], *, variables: bool = False) -> Statement:
    """Return one statement."""
    found: Statement = {"Effect": rng.choice(("Allow", "Allow", "Deny"))}
    found["NotPrincipal" if rng.random() < 0.12 else "Principal"] = random_principals(rng)
    found["NotAction" if rng.random() < 0.08 else "Action"] = _one_or_list(rng, _ACTIONS, (1, 1, 1, 2))
    resources = (*_RESOURCES, *_RESOURCE_VARIABLES) if variables else _RESOURCES
    found["NotResource" if rng.random() < 0.1 else "Resource"] = _one_or_list(rng, resources, (1, 1, 1, 2))
    block: dict[str, dict[str, Any]] = {}
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        operator, key, values = random_condition(rng, rng.choice(keys), variables=variables)
        block.setdefault(operator, {})[key] = values
    if block:
        found["Condition"] = block
    return found


def opposed(rng: Random, allow: Statement) -> Statement:
    """Return a Deny that takes away most of what a statement allows, and perhaps all."""
    found: Statement = {"Effect": "Deny"}
    shape = rng.random()
    for name in ("Principal", "NotPrincipal"):
        if name in allow and shape < 0.3:
            found[name] = allow[name]
        elif name in allow and shape < 0.5 and name == "Principal":
            found["NotPrincipal"] = allow[name]
    if len(found) == 1:
        found["Principal"] = "*"
    found["Action"] = "s3:*" if rng.random() < 0.8 else rng.choice(_ACTIONS)
    resource = allow.get("Resource", "*")
    if rng.random() < 0.2:
        found["NotResource"] = resource if rng.random() < 0.5 else rng.choice(_RESOURCES)
    else:
        found["Resource"] = rng.choice(("*", "*", resource, f"{BUCKET}*"))
    block: dict[str, dict[str, Any]] = {}
    lines = [(name, key, value) for name, keys in allow.get("Condition", {}).items() for key, value in keys.items()]
    for name, key, value in lines[:2] if rng.random() < 0.2 else lines[:1]:
        block.setdefault(_turned(rng, name), {})[key] = value
    if block and rng.random() < 0.9:
        found["Condition"] = block
    return found


def _turned(rng: Random, name: str) -> str:
    """Return the operator that holds where another does not, or something near it."""
    quantifier, _, rest = name.rpartition(":")
    base = BASE_OPERATORS[rest.removesuffix("IfExists")]
    others = [
        one.name
        for one in BASE_OPERATORS.values()
        if one.family is base.family and (one.negated != base.negated) == (rng.random() < 0.8)
    ]
    turned = rng.choice(others or [base.name])
    if quantifier and rng.random() < 0.8:
        turned = f"{rng.choice(tuple(Quantifier)).value}:{turned}"
    return f"{turned}IfExists" if base.family is not Family.NULL and rng.random() < 0.3 else turned


def random_principals(rng: Random) -> Any:
    """Return what stands in a `Principal` element."""
    if rng.random() < 0.45:
        return rng.choice(("*", {"AWS": "*"}))
    if rng.random() < 0.02:
        return {}
    found: dict[str, list[str]] = {}
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        kind, value = rng.choice(_ENTRIES if rng.random() < 0.98 else _ODD_ENTRIES)
        found.setdefault(kind, []).append(value)
    return {kind: values if len(values) > 1 else values[0] for kind, values in found.items()}


def random_condition(rng: Random, key: str, *, variables: bool = False) -> tuple[str, str, Any]:
    """Return an operator, a key and values."""
    if rng.random() < 0.06:
        return "Null", _respelled(rng, key), rng.choice(("true", "false", ["true", "false"]))
    families = [family for family, (keys, _) in _TYPED.items() if key in keys]
    if key in _TEXTS and (not families or rng.random() < 0.2):
        family = Family.ARN if "Arn" in key and rng.random() < 0.6 else Family.STRING
        values = _TEXTS[key]
    elif rng.random() < 0.02:
        family, values = Family.STRING, (*_GLOBS, *_NUMBERS, "true")
    else:
        family = rng.choice(families)
        values = _TYPED[family][1]
    base = rng.choice(_BY_FAMILY[family])
    if not base.takes_wildcards and key in _NAMES_OF_THINGS:
        values = tuple(one for one in values if not {"*", "?"} & set(one))
    if variables and base.takes_variables and rng.random() < 0.5:
        values = (*values, *_VARIABLES)
    name = base.name
    if rng.random() < 0.15:
        name += "IfExists"
    if rng.random() < (0.8 if key in _MULTIVALUED else 0.05):
        name = f"{rng.choice(tuple(Quantifier)).value}:{name}"
    return name, _respelled(rng, key), _one_or_list(rng, values, (1, 1, 1, 2, 3))


def _respelled(rng: Random, key: str) -> str:
    return key.lower() if rng.random() < 0.05 else key


def _one_or_list(rng: Random, values: tuple[str, ...], counts: tuple[int, ...]) -> Any:
    chosen = list(dict.fromkeys(rng.choice(values) for _ in range(rng.choice(counts))))
    return chosen[0] if len(chosen) == 1 else chosen


# Real documents with something changed.


@lru_cache(maxsize=1)
def real_documents() -> tuple[Document, ...]:
    """Return the policies of the project's own cases, rewritten as policies of the bucket."""
    found: dict[str, Document] = {}
    for path in sorted((Path(__file__).parents[1] / "conformance" / "external-access").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        for document in _policies_in(case["resource"]["apiCalls"]):
            adapted = _adapted(document, case["resource"]["arn"], case["resource"]["ownerAccount"])
            if adapted is not None:
                found[json.dumps(adapted, sort_keys=True)] = adapted
    return tuple(found.values())


def _policies_in(value: Any) -> Iterable[Document]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
        for one in value.values():
            yield from _policies_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _policies_in(one)
    elif isinstance(value, str) and '"Statement"' in value:
        try:
            yield from _policies_in(json.loads(value))
        except ValueError:
            return


def _adapted(document: Document, arn: str, owner: str) -> Document | None:
    text = json.dumps(document).replace(owner, OWNER)
    arn = arn.replace(owner, OWNER)
    found: Document = json.loads(text.replace(arn, BUCKET))
    statements = found["Statement"] if isinstance(found["Statement"], list) else [found["Statement"]]
    if not all(isinstance(one, dict) for one in statements):
        return None
    for statement in statements:
        for name in ("Action", "NotAction"):
            if name in statement:
                listed = statement[name] if isinstance(statement[name], list) else [statement[name]]
                statement[name] = [_action_like(str(one)) for one in listed]
    return {**found, "Statement": statements}


def _action_like(name: str) -> str:
    """Return one of the bucket's actions, the same for the same name; patterns stay patterns."""
    service, colon, rest = name.partition(":")
    if not colon or service.lower() == "s3":
        return name
    if "*" in rest or "?" in rest:
        return f"s3:{rest}" if rest == "*" else "s3:*Object"
    return ACTIONS[sum(map(ord, rest)) % len(ACTIONS)]


def mutated_document(rng: Random) -> Document:
    """Return a real document with one to three changes."""
    found: Document = json.loads(json.dumps(rng.choice(real_documents())))
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        rng.choice(_CHANGES)(rng, found["Statement"])
    del found["Statement"][5:]
    return found


def _swap_effect(rng: Random, statements: list[Statement]) -> None:
    one = rng.choice(statements)
    one["Effect"] = "Deny" if one.get("Effect") == "Allow" else "Allow"


def _drop_statement(rng: Random, statements: list[Statement]) -> None:
    if len(statements) > 1:
        del statements[rng.randrange(len(statements))]


def _repeat_statement(rng: Random, statements: list[Statement]) -> None:
    again = json.loads(json.dumps(rng.choice(statements)))
    again.pop("Sid", None)
    statements.insert(rng.randrange(len(statements) + 1), again)
    rng.choice(_CHANGES)(rng, [again])


def _borrow_statement(rng: Random, statements: list[Statement]) -> None:
    other = json.loads(json.dumps(rng.choice(rng.choice(real_documents())["Statement"])))
    other.pop("Sid", None)
    statements.append(other)


def _add_statement(rng: Random, statements: list[Statement]) -> None:
    keys = [key for one in statements for block in one.get("Condition", {}).values() for key in block]
    known = [key for key in keys if key in _TEXTS or any(key in typed for typed, _ in _TYPED.values())]
    statements.append(random_statement(rng, known or _some_keys(rng)))


def _change_principals(rng: Random, statements: list[Statement]) -> None:
    one = rng.choice(statements)
    one.pop("NotPrincipal", None)
    one["Principal"] = random_principals(rng)


def _turn_principals(rng: Random, statements: list[Statement]) -> None:
    _turn(rng.choice(statements), "Principal")


def _turn_actions(rng: Random, statements: list[Statement]) -> None:
    _turn(rng.choice(statements), "Action")


def _turn_resources(rng: Random, statements: list[Statement]) -> None:
    _turn(rng.choice(statements), "Resource")


def _turn(statement: Statement, element: str) -> None:
    for name, other in ((element, f"Not{element}"), (f"Not{element}", element)):
        if name in statement:
            statement[other] = statement.pop(name)
            return


def _change_resources(rng: Random, statements: list[Statement]) -> None:
    one = rng.choice(statements)
    one.pop("NotResource", None)
    one["Resource"] = _one_or_list(rng, _RESOURCES, (1, 1, 2))


def _with_conditions(rng: Random, statements: list[Statement]) -> tuple[dict[str, Any], str] | None:
    found = [
        (one["Condition"], name)
        for one in statements
        for name, block in one.get("Condition", {}).items()
        if isinstance(block, dict) and block
    ]
    return rng.choice(found) if found else None


def _change_operator(rng: Random, statements: list[Statement]) -> None:
    found = _with_conditions(rng, statements)
    if found is None:
        return
    conditions, name = found
    bare = name.rpartition(":")[2].removesuffix("IfExists")
    base = BASE_OPERATORS.get(bare)
    if base is None or base.family is Family.NULL:
        return
    family = rng.choice((Family.STRING, Family.ARN)) if base.family in {Family.STRING, Family.ARN} else base.family
    other = rng.choice(_BY_FAMILY[family]).name
    if rng.random() < 0.2:
        other = f"{rng.choice(tuple(Quantifier)).value}:{other}"
    if rng.random() < 0.3:
        other += "IfExists"
    block = conditions.pop(name)
    conditions[other] = {**conditions.get(other, {}), **block}


def _change_values(rng: Random, statements: list[Statement]) -> None:
    found = _with_conditions(rng, statements)
    if found is None:
        return
    conditions, name = found
    key = rng.choice(list(conditions[name]))
    value = conditions[name][key]
    listed = value if isinstance(value, list) else [value]
    bare = name.rpartition(":")[2].removesuffix("IfExists")
    base = BASE_OPERATORS.get(bare)
    if base is None or base.family is Family.NULL:
        return
    known = _TYPED[base.family][1] if base.family in _TYPED else _TEXTS.get(key, _GLOBS)
    shape = rng.randrange(4)
    if shape == 0 or not listed:
        listed = [*listed, rng.choice(known)]
    elif shape == 1 and len(listed) > 1:
        listed = [one for one in listed if one is not rng.choice(listed)] or listed
    elif shape == 2 and base.takes_wildcards:
        listed = [_with_wildcard(rng, str(one)) for one in listed]
    else:
        listed = [rng.choice(known)]
    conditions[name][key] = list(dict.fromkeys(listed))


def _with_wildcard(rng: Random, text: str) -> str:
    at, to = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    return f"{text[:at]}{rng.choice('**?')}{text[to:]}"


def _drop_condition(rng: Random, statements: list[Statement]) -> None:
    found = _with_conditions(rng, statements)
    if found is not None:
        conditions, name = found
        del conditions[name]


def _add_condition(rng: Random, statements: list[Statement]) -> None:
    one = rng.choice(statements)
    if not isinstance(one.setdefault("Condition", {}), dict):
        return
    operator, key, values = random_condition(rng, rng.choice(_some_keys(rng)), variables=rng.random() < 0.1)
    one["Condition"][operator] = {**one["Condition"].get(operator, {}), key: values}


_CHANGES: tuple[Callable[[Random, list[Statement]], None], ...] = (
    _swap_effect, _drop_statement, _repeat_statement, _borrow_statement, _add_statement, _change_principals,
    _turn_principals, _turn_actions, _turn_resources, _change_resources, _change_operator, _change_operator,
    _change_values, _change_values, _drop_condition, _add_condition, _add_condition,
)  # fmt: skip
