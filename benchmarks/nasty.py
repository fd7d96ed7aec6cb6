"""Legal policies that are hard on whoever reads them: named families, each as long as a limit allows.

AWS accepts up to 20,480 characters for a bucket policy. Every family here is one idea that has been, or could be, slow
or hungry: products of keys, patterns whose automata explode, long lists, satisfiability written as Deny statements.
`NASTY` has them all by name; a function takes the limit in characters and returns a policy that fits.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Statement = dict[str, Any]

LIMIT = 20_480
OWNER, OUTSIDER = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
QUEUE = f"arn:aws:sqs:us-east-1:{OWNER}:example"
ROLE = f"arn:aws:iam::{OWNER}:role/example-role"
KEY = f"arn:aws:kms:us-east-1:{OWNER}:key/1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f"


@dataclass(frozen=True, slots=True)
class NastyPolicy:
    """A policy, with what it would be attached to."""

    text: str
    resource_type: str = "AWS::S3::Bucket"
    resource: str = BUCKET
    owner_account: str = OWNER


Family = Callable[[int], NastyPolicy]


def largest(build: Callable[[int], Sequence[Statement]], limit: int) -> str:
    """Return the policy of the largest number that fits into the limit; that of 1 when none does."""

    def fits(number: int) -> bool:
        return len(_text(build(number))) <= limit

    high = 1
    while fits(high * 2) and high < limit:
        high *= 2
    low = high
    high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return _text(build(low))


def _text(statements: Sequence[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def _one(
    effect: str = "Allow",
    *,
    condition: Mapping[str, Any] | None = None,
    action: Any = "s3:GetObject",
    resource: Any = f"{BUCKET}/*",
    principal: Any = "*",
    **more: Any,
) -> Statement:
    one: Statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}
    if condition:
        one["Condition"] = condition
    return {name: value for name, value in one.items() if value is not None}


def _user(name: str) -> str:
    return f"arn:aws:iam::{OUTSIDER}:user/{name}"


def _letters(number: int, width: int = 4) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 26)
        digits.append(chr(97 + rest))
    return "".join(reversed(digits))


def _address(number: int, length: int = 24) -> str:
    value = (11 << 24) + (number * 7919 << (32 - length))
    value &= 0xDFFFFFFF
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"


def many_ranges(limit: int = LIMIT) -> NastyPolicy:
    """Return an Allow for as many address ranges as fit."""
    return NastyPolicy(
        largest(lambda n: [_one(condition={"IpAddress": {"aws:SourceIp": [_address(one) for one in range(n)]}})], limit)
    )


def ranges_with_holes(limit: int = LIMIT) -> NastyPolicy:
    """Return an Allow for many wide ranges, and a Deny for a narrow one in each, in statements of their own."""

    def build(n: int) -> list[Statement]:
        wide = [_one(condition={"IpAddress": {"aws:SourceIp": _address(one, 16)}}) for one in range(n)]
        return wide + [
            _one("Deny", condition={"IpAddress": {"aws:SourceIp": _address(one, 16)[:-2] + "24"}}) for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def nested_ranges(limit: int = LIMIT) -> NastyPolicy:
    """Return alternating Allows and Denies of ranges within ranges, of both versions."""

    def build(n: int) -> list[Statement]:
        chain = [f"2001:db8::/{length}" for length in range(32, 129)] + [f"10.0.0.0/{length}" for length in range(33)]
        ranges = list(itertools.islice(itertools.cycle(chain), n))
        return [
            _one(("Allow", "Deny")[number % 2], condition={"IpAddress": {"aws:SourceIp": one}})
            for number, one in enumerate(ranges)
        ]

    return NastyPolicy(largest(build, limit))


def addresses_as_text(limit: int = LIMIT) -> NastyPolicy:
    """Return ranges and patterns of text on the same key: the address and its text are one thing."""

    def build(n: int) -> list[Statement]:
        return [
            _one(condition={"IpAddress": {"aws:SourceIp": [_address(one, 16) for one in range(n)]}}),
            _one("Deny", condition={"StringLike": {"aws:SourceIp": [f"*.{one}.?*.*{one % 10}" for one in range(n)]}}),
            _one("Deny", condition={"StringNotLike": {"aws:SourceIp": [f"1*{one}*" for one in range(n)]}}),
        ]

    return NastyPolicy(largest(build, limit))


def starred_names(limit: int = LIMIT) -> NastyPolicy:
    """Return many patterns of the form `*a*b*` on one key, in one list."""

    def build(n: int) -> list[Statement]:
        patterns = [_user(f"*{_letters(one, 3)[1]}*{_letters(one, 3)[2]}{one}*") for one in range(n)]
        return [_one(condition={"StringLike": {"aws:PrincipalArn": patterns}})]

    return NastyPolicy(largest(build, limit))


def starred_names_apart(limit: int = LIMIT) -> NastyPolicy:
    """Return the same patterns in statements of their own, every other one a Deny."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 2],
                condition={"StringLike": {"aws:PrincipalArn": _user(f"*{_letters(one, 2)[0]}*{_letters(one, 2)[1]}*")}},
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def counting_stars(limit: int = LIMIT) -> NastyPolicy:
    """Return patterns that count different letters, `*a*a*a*`: their automata multiply."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 2],
                condition={"StringLike": {"aws:PrincipalArn": _user("*" + f"{chr(97 + one % 26)}*" * (3 + one // 26))}},
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def letter_from_the_end(limit: int = LIMIT) -> NastyPolicy:
    """Return patterns that ask for a letter so many places from the end: `*a???????`, an automaton of 2^n states."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 2],
                condition={"StringLike": {"aws:PrincipalArn": _user("*" + "ab"[one % 2] + "?" * (one + 1))}},
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def question_runs(limit: int = LIMIT) -> NastyPolicy:
    """Return patterns of many single wildcards, of every length, in objects' names."""

    def build(n: int) -> list[Statement]:
        allowed = [f"{BUCKET}/{'?' * one}a*" for one in range(n)]
        denied = [f"{BUCKET}/*b{'?' * one}" for one in range(n)]
        return [_one(resource=allowed), _one("Deny", resource=denied)]

    return NastyPolicy(largest(build, limit))


def question_runs_apart(limit: int = LIMIT) -> NastyPolicy:
    """Return a letter at every place of objects' names, in statements of their own; found by search."""

    def build(n: int) -> list[Statement]:
        return [
            _one(("Allow", "Allow", "Deny")[one % 3], resource=f"{BUCKET}/{'?' * one}{'ab'[one % 2]}*")
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def nested_names(limit: int = LIMIT) -> NastyPolicy:
    """Return patterns each within the one before, Allow and Deny in turn."""

    def build(n: int) -> list[Statement]:
        word = "abcdefghijklmnopqrstuvwxyz" * 8
        return [
            _one(("Allow", "Deny")[one % 2], condition={"StringLike": {"aws:PrincipalArn": _user(f"{word[:one]}*")}})
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def starred_objects(limit: int = LIMIT) -> NastyPolicy:
    """Return many patterns of objects' names, in Allow and Deny, that all overlap."""

    def build(n: int) -> list[Statement]:
        made: list[Statement] = []
        for one in range(n):
            first, second, third = tuple(_letters(one * 37, 3))
            name = f"{BUCKET}/*{first}*/{second}*{third}*"
            made.append(_one(("Allow", "Deny")[one % 2], resource=name, action=("s3:GetObject", "s3:*")[one % 2]))
        return made

    return NastyPolicy(largest(build, limit))


def starred_actions(limit: int = LIMIT) -> NastyPolicy:
    """Return long lists of patterns of actions, which match many actions each."""

    def build(n: int) -> list[Statement]:
        made: list[Statement] = []
        for one in range(n):
            first, second = tuple(_letters(one, 2))
            patterns = [f"s3:*{first}*{second}*", f"s3:?{second}*{first}*", f"s3:*{second}??{first}*"]
            made.append(_one(("Allow", "Deny")[one % 3 == 2], action=patterns, resource=[BUCKET, f"{BUCKET}/*"]))
        return made

    return NastyPolicy(largest(build, limit))


def many_tag_keys(limit: int = LIMIT) -> NastyPolicy:
    """Return statements with a tag key of their own each, with two values: two to the power of the keys."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 2],
                condition={"StringEquals": {f"aws:PrincipalTag/t{one}": [f"v{one}", f"w{one}"]}},
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def many_tag_keys_at_once(limit: int = LIMIT) -> NastyPolicy:
    """Return one Allow with as many keys as fit, three values each."""

    def build(n: int) -> list[Statement]:
        keys = {f"aws:PrincipalTag/t{one}": ["a", "b", "c*"] for one in range(n)}
        return [_one(condition={"StringLike": keys})]

    return NastyPolicy(largest(build, limit))


def optional_keys(limit: int = LIMIT) -> NastyPolicy:
    """Return statements that tell for many keys whether they are absent: Null, IfExists, negated operators."""

    def build(n: int) -> list[Statement]:
        made: list[Statement] = []
        for one in range(n):
            key = f"aws:PrincipalTag/t{one}"
            made.append(
                _one(condition={"StringEqualsIfExists": {key: "a"}, "Null": {f"aws:RequestTag/r{one}": "true"}})
            )
            made.append(
                _one("Deny", condition={"StringNotLike": {key: "a*"}, "Null": {f"aws:RequestTag/r{one}": "false"}})
            )
        return made

    return NastyPolicy(largest(build, limit))


def tag_keys_under_set_operators(limit: int = LIMIT) -> NastyPolicy:
    """Return ForAllValues and ForAnyValue on multivalued keys, with overlapping patterns."""

    def build(n: int) -> list[Statement]:
        made: list[Statement] = []
        for one in range(n):
            first, second = tuple(_letters(one, 2))
            made.append(_one(condition={"ForAnyValue:StringLike": {"aws:TagKeys": [f"*{first}*", f"{second}*"]}}))
            made.append(_one("Deny", condition={"ForAllValues:StringNotLike": {"aws:TagKeys": [f"*{second}*{first}"]}}))
        return made

    return NastyPolicy(largest(build, limit))


def organization_paths(limit: int = LIMIT) -> NastyPolicy:
    """Return overlapping patterns of organization paths."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 3 == 2],
                condition={
                    ("ForAnyValue:StringLike", "ForAllValues:StringLike")[one % 2]: {
                        "aws:PrincipalOrgPaths": f"o-*{_letters(one, 1)}/r-*/ou-*{_letters(one, 2)}*/*"
                    }
                },
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def named_users_with_folders(limit: int = LIMIT) -> NastyPolicy:
    """Return a folder by `${aws:username}` for many named users, with a Deny on the folders of others."""

    def build(n: int) -> list[Statement]:
        names = [_letters(one) for one in range(n)]
        users = {"aws:username": names}
        return [
            _one(resource=f"{BUCKET}/home/${{aws:username}}/*", condition={"StringEquals": users}),
            _one("Deny", resource=[f"{BUCKET}/home/{one}/*" for one in names], condition={"StringNotLike": users}),
        ]

    return NastyPolicy(largest(build, limit))


def organization_paths_anywhere(limit: int = LIMIT) -> NastyPolicy:
    """Return paths of organizations with a star before and after, so that any number of them are begun at once."""

    def build(n: int) -> list[Statement]:
        paths = [f"*o-{one:010}/r-ab12/*" for one in range(n)]
        return [_one(condition={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": paths}})]

    return NastyPolicy(largest(build, limit))


def networks_and_endpoints(limit: int = LIMIT) -> NastyPolicy:
    """Return names of VPCs beside names of their endpoints: each may go with each."""

    def build(n: int) -> list[Statement]:
        networks, endpoints = [f"vpc-{one:08x}" for one in range(n)], [f"vpce-{one:08x}*" for one in range(n)]
        return [
            _one(condition={"StringEquals": {"aws:SourceVpc": networks}, "StringLike": {"aws:SourceVpce": endpoints}})
        ]

    return NastyPolicy(largest(build, limit))


def folder_for_each_account(limit: int = LIMIT) -> NastyPolicy:
    """Return a folder by `${aws:PrincipalAccount}` for each of many accounts: as many values to try as accounts."""

    def build(n: int) -> list[Statement]:
        accounts = {"aws:PrincipalAccount": [str(444455550000 + one) for one in range(n)]}
        return [_one(resource=f"{BUCKET}/${{aws:PrincipalAccount}}/*", condition={"StringEquals": accounts})]

    return NastyPolicy(largest(build, limit))


def folder_for_each_role(limit: int = LIMIT) -> NastyPolicy:
    """Return folders by account and user name for roles and users that patterns of ARNs name."""

    def build(n: int) -> list[Statement]:
        arns = [f"arn:aws:iam::{444455550000 + one}:{('role', 'user')[one % 2]}/app-*" for one in range(n)]
        folder = f"{BUCKET}/${{aws:PrincipalAccount}}/${{aws:username}}/*"
        return [_one(resource=folder, condition={"ArnLike": {"aws:PrincipalArn": arns}})]

    return NastyPolicy(largest(build, limit))


def sources_with_variables(limit: int = LIMIT) -> NastyPolicy:
    """Return many patterns of one key that each have a variable: every proof puts its value into all of them."""

    def build(n: int) -> list[Statement]:
        sources = [f"arn:aws:s3:*:*:{_letters(one)}-${{aws:PrincipalAccount}}" for one in range(n)]
        return [_one(condition={"ArnLike": {"aws:SourceArn": sources}})]

    return NastyPolicy(largest(build, limit))


def many_variables(limit: int = LIMIT) -> NastyPolicy:
    """Return many variables, each compared with another key's values."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 2],
                resource=f"{BUCKET}/${{aws:PrincipalTag/t{one}}}/${{aws:userid}}/*",
                condition={
                    "StringLike": {"s3:prefix": f"${{aws:PrincipalTag/t{one}}}*", f"aws:PrincipalTag/t{one}": "a*"}
                },
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def pairs_of_letters(limit: int = LIMIT) -> NastyPolicy:
    """Return patterns that ask for two letters anywhere in any value of a key; short already; found by search."""

    def build(n: int) -> list[Statement]:
        pairs = [f"*{_letters(one % 5 + one // 5 * 26, 2)}*" for one in range(n)]
        return [
            _one(condition={"ForAnyValue:StringLike": {"aws:PrincipalTag/t": pairs}}),
            _one("Deny", condition={"ForAnyValue:StringLike": {"aws:PrincipalTag/t": "${aws:username}"}}),
        ]

    return NastyPolicy(largest(build, limit))


def users_told_apart_twice(limit: int = LIMIT) -> NastyPolicy:
    """Return lists of patterns that spare users by their names and by their ids; found by search."""

    def build(n: int) -> list[Statement]:
        tests = {
            "StringNotLike": {
                "aws:username": [f"*{_letters(one * 3, 2)}*" for one in range(n)],
                "aws:userid": [f"*{'ab'[one % 2]}{'?' * (one % 40)}" for one in range(n)],
            }
        }
        return [_one(condition=tests), _one("Deny", condition={"StringNotLike": {"aws:userid": ["*a", "*b?", "*c??"]}})]

    return NastyPolicy(largest(build, limit))


def spared_names(limit: int = LIMIT) -> NastyPolicy:
    """Return a long list of names that are not denied, as patterns, under an Allow for some of them."""

    def build(n: int) -> list[Statement]:
        spared = [_user(f"*{_letters(one, 3)}*") for one in range(n)]
        return [
            _one(condition={"StringNotLike": {"aws:PrincipalArn": spared[::2]}}),
            _one("Deny", condition={"StringNotLike": {"aws:PrincipalArn": spared[1::2] or spared}}),
        ]

    return NastyPolicy(largest(build, limit))


def many_accounts(limit: int = LIMIT) -> NastyPolicy:
    """Return an Allow for hundreds of accounts."""

    def build(n: int) -> list[Statement]:
        return [_one(principal={"AWS": [f"{300_000_000_000 + one * 7919}" for one in range(n)]})]

    return NastyPolicy(largest(build, limit))


def accounts_allowed_and_denied(limit: int = LIMIT) -> NastyPolicy:
    """Return hundreds of accounts in an Allow, the same as patterns of ARNs in Denies."""

    def build(n: int) -> list[Statement]:
        accounts = [f"{300_000_000_000 + one * 7919}" for one in range(n)]
        arns = [f"arn:aws:iam::{one}:role/*{one[-2:]}*" for one in accounts]
        return [
            _one(principal={"AWS": accounts}),
            _one("Deny", condition={"ArnLike": {"aws:PrincipalArn": arns}}),
            _one("Deny", condition={"StringEquals": {"aws:PrincipalAccount": accounts[::3]}}),
        ]

    return NastyPolicy(largest(build, limit))


def statement_for_each_account(limit: int = LIMIT) -> NastyPolicy:
    """Return a statement for each account, with a source of its own."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                principal={"AWS": f"arn:aws:iam::{300_000_000_000 + one}:root"},
                condition={"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{300_000_000_000 + one}:*{_letters(one, 2)}*"}},
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def many_roles(limit: int = LIMIT) -> NastyPolicy:
    """Return hundreds of roles and their sessions, allowed and denied."""

    def build(n: int) -> list[Statement]:
        roles = [f"arn:aws:iam::{OUTSIDER}:role/p/{_letters(one)}" for one in range(n)]
        sessions = [f"arn:aws:sts::{OUTSIDER}:assumed-role/{_letters(one)}/s{one}" for one in range(n)]
        return [_one(principal={"AWS": roles}), _one("Deny", principal={"AWS": sessions})]

    return NastyPolicy(largest(build, limit))


def accounts_times_roles(limit: int = LIMIT) -> NastyPolicy:
    """Return an Allow for many accounts and, in whichever of them, as many beginnings of roles."""

    def build(n: int) -> list[Statement]:
        accounts = [f"4444{one:08d}" for one in range(n)]
        roles = [f"arn:aws:iam::*:role/{_letters(one)}*" for one in range(n)]
        return [_one(principal={"AWS": accounts}, condition={"ArnLike": {"aws:PrincipalArn": roles}})]

    return NastyPolicy(largest(build, limit))


def many_spared_principals(limit: int = LIMIT) -> NastyPolicy:
    """Return many Denies with NotPrincipal, each sparing somebody else."""

    def build(n: int) -> list[Statement]:
        denies = [
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": [f"arn:aws:iam::{OUTSIDER}:root", _user(_letters(one))]},
                "Action": "s3:*",
                "Resource": f"{BUCKET}/{_letters(one, 1)}*",
            }
            for one in range(n)
        ]
        return [_one(), *denies]

    return NastyPolicy(largest(build, limit))


def many_spared_objects(limit: int = LIMIT) -> NastyPolicy:
    """Return many Denies with NotResource, whose patterns overlap."""

    def build(n: int) -> list[Statement]:
        denies = [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "NotResource": f"{BUCKET}/*{_letters(one, 2)[0]}*{_letters(one, 2)[1]}*",
            }
            for one in range(n)
        ]
        return [_one(), *denies]

    return NastyPolicy(largest(build, limit))


def many_denies(limit: int = LIMIT) -> NastyPolicy:
    """Return Denies on a dozen kinds of key in turn, under one Allow for everybody."""

    def build(n: int) -> list[Statement]:
        kinds: tuple[Callable[[int], Mapping[str, Any]], ...] = (
            lambda one: {"StringNotEquals": {"aws:SourceVpce": f"vpce-{one:08x}"}},
            lambda one: {"NotIpAddress": {"aws:SourceIp": _address(one, 8)}},
            lambda one: {"NumericGreaterThan": {"s3:max-keys": str(one)}},
            lambda one: {"DateGreaterThan": {"aws:CurrentTime": f"20{30 + one % 60}-01-01T00:00:00Z"}},
            lambda one: {"StringLike": {"aws:UserAgent": f"*{_letters(one, 2)}*"}},
            lambda one: {"StringNotLikeIfExists": {"aws:Referer": f"https://{_letters(one)}.example.com/*"}},
            lambda one: {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/*{_letters(one, 2)}*"}},
            lambda one: {"StringEquals": {f"aws:PrincipalTag/{_letters(one, 2)}": "x"}},
            lambda _: {"Bool": {"aws:SecureTransport": "false"}},
            lambda one: {"StringNotEqualsIgnoreCase": {"aws:PrincipalOrgID": f"o-{_letters(one)}ABCDEF"}},
        )
        return [_one(), *(_one("Deny", condition=kinds[one % len(kinds)](one)) for one in range(n))]

    return NastyPolicy(largest(build, limit))


def many_numbers(limit: int = LIMIT) -> NastyPolicy:
    """Return rays of numbers and dates that cut each other."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 2],
                action="s3:ListBucket",
                resource=BUCKET,
                condition={
                    ("NumericLessThan", "NumericGreaterThan")[one % 2]: {"s3:max-keys": str(one * 3)},
                    ("DateLessThan", "DateGreaterThan")[one // 2 % 2]: {"aws:CurrentTime": str(1_700_000_000 + one)},
                },
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit))


def mixed_case_values(limit: int = LIMIT) -> NastyPolicy:
    """Return the same values with and without regard to case, on one key."""

    def build(n: int) -> list[Statement]:
        values = [_letters(one, 6) for one in range(n)]
        return [
            _one(condition={"StringEqualsIgnoreCase": {"aws:UserAgent": [one.upper() for one in values]}}),
            _one("Deny", condition={"StringEquals": {"aws:UserAgent": values}}),
            _one("Deny", condition={"StringLike": {"aws:UserAgent": [f"*{one.title()[:3]}*" for one in values]}}),
        ]

    return NastyPolicy(largest(build, limit))


def repositories(limit: int = LIMIT) -> NastyPolicy:
    """Return a role for many repositories of a workflow provider, as patterns of the subject."""

    def build(n: int) -> list[Statement]:
        provider = "token.actions.githubusercontent.com"
        return [
            _one(
                ("Allow", "Deny")[one % 4 == 3],
                principal={"Federated": f"arn:aws:iam::{OWNER}:oidc-provider/{provider}"},
                action="sts:AssumeRoleWithWebIdentity",
                resource=None,
                condition={
                    "StringLike": {f"{provider}:sub": [f"repo:acme/*{_letters(one, 2)}*:*", f"repo:*:ref:*{one}"]}
                },
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit), "AWS::IAM::Role", ROLE)


def encryption_contexts(limit: int = LIMIT) -> NastyPolicy:
    """Return a key with many keys of the encryption context, grants and services."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                ("Allow", "Deny")[one % 3 == 2],
                action=["kms:Decrypt", "kms:GenerateDataKey*"],
                resource="*",
                condition={
                    "StringLike": {f"kms:EncryptionContext:k{one}": f"*{_letters(one, 2)}*"},
                    "StringEquals": {"kms:ViaService": [f"s3.{_letters(one, 2)}.amazonaws.com", "ec2.*"]},
                },
            )
            for one in range(n)
        ]

    return NastyPolicy(largest(build, limit), "AWS::KMS::Key", KEY)


def overlapping_users(limit: int = LIMIT) -> NastyPolicy:
    """Return n statements whose patterns all overlap, with n sources and n ranges: n x n findings."""

    def build(n: int) -> list[Statement]:
        word = "".join(chr(code) for code in range(48, 48 + 75) if chr(code).isalnum())[: max(n, 15)]
        return [
            _one(
                action="s3:ListBucket",
                resource=BUCKET,
                condition={
                    "StringLike": {"aws:PrincipalArn": _user(f"{word[:one]}*{word[one + 1 :]}")},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{OUTSIDER}:{word}{one}"},
                    "IpAddress": {"aws:SourceIp": _address(one, 16)},
                },
            )
            for one in range(min(n, len(word)))
        ]

    return NastyPolicy(largest(build, limit))


def overlapping_on_three_keys(limit: int = LIMIT) -> NastyPolicy:
    """Return overlapping patterns on three keys that findings show: n x n x n findings."""

    def build(n: int) -> list[Statement]:
        word = "".join(chr(code) for code in range(48, 48 + 75) if chr(code).isalnum())[: max(n, 8)]
        return [
            _one(
                action="s3:ListBucket",
                resource=BUCKET,
                condition={
                    "StringLike": {
                        "aws:PrincipalArn": _user(f"{word[:one]}*{word[one + 1 :]}"),
                        "aws:PrincipalOrgID": f"o-{word[:one]}*{word[one + 1 :]}",
                        "aws:SourceVpce": f"vpce-{word[:one]}*{word[one + 1 :]}",
                    }
                },
            )
            for one in range(min(n, len(word)))
        ]

    return NastyPolicy(largest(build, limit))


def values_times_values(limit: int = LIMIT) -> NastyPolicy:
    """Return shown keys with many exact values each, all in one statement: a product of findings."""

    def build(n: int) -> list[Statement]:
        return [
            _one(
                condition={
                    "StringEquals": {
                        "aws:SourceVpce": [f"vpce-{one:08x}" for one in range(n)],
                        "aws:PrincipalOrgID": [f"o-{_letters(one)}abcdef" for one in range(n)],
                        "aws:SourceAccount": [str(300_000_000_000 + one) for one in range(n)],
                        "aws:userid": [f"AROA{_letters(one).upper()}:s" for one in range(n)],
                    }
                }
            )
        ]

    return NastyPolicy(largest(build, limit))


def _with_tags(tags: Mapping[str, Iterable[str]], denied: Iterable[Mapping[str, str]]) -> list[Statement]:
    """Return an Allow for callers whose tags have one of the values each, and Denies of combinations."""
    allowed = {f"aws:PrincipalTag/{tag}": list(values) for tag, values in tags.items()}
    return [
        _one(condition={"StringEquals": allowed}),
        *(
            _one("Deny", condition={"StringEquals": {f"aws:PrincipalTag/{tag}": value for tag, value in one.items()}})
            for one in denied
        ),
    ]


def pigeons(limit: int = LIMIT) -> NastyPolicy:
    """Return the pigeonhole principle as Denies: nobody gets in, which search alone takes factorially long to see."""

    def build(n: int) -> list[Statement]:
        holes = [str(one) for one in range(n)]
        denied = [
            {f"p{one}": hole, f"p{two}": hole} for one, two in itertools.combinations(range(n + 1), 2) for hole in holes
        ]
        return _with_tags({f"p{one}": holes for one in range(n + 1)}, denied)

    return NastyPolicy(largest(build, limit))


def satisfiability(limit: int = LIMIT) -> NastyPolicy:
    """Return random clauses of three, 4.3 for each variable, as Denies: the hard place of 3-SAT."""

    def build(n: int) -> list[Statement]:
        rng = random.Random(n)
        variables = [f"x{one}" for one in range(max(3, n))]
        denied = [
            {one: rng.choice("01") for one in rng.sample(variables, 3)} for _ in range(round(4.3 * len(variables)))
        ]
        return _with_tags(dict.fromkeys(variables, "01"), denied)

    return NastyPolicy(largest(build, limit))


def parity(limit: int = LIMIT) -> NastyPolicy:
    """Return a chain of exclusive ors that contradicts itself, as Denies."""

    def build(n: int) -> list[Statement]:
        count = max(3, n)
        links = [(one, (one + 1) % count) for one in range(count)]
        denied = []
        for number, (one, two) in enumerate(links):
            odd = number == 0
            denied += [{f"x{one}": a, f"x{two}": b} for a in "01" for b in "01" if (a != b) != odd]
        return _with_tags({f"x{one}": "01" for one in range(count)}, denied)

    return NastyPolicy(largest(build, limit))


def colours(limit: int = LIMIT) -> NastyPolicy:
    """Return a graph to be coloured with three colours, as Denies of neighbours of the same colour."""

    def build(n: int) -> list[Statement]:
        rng = random.Random(n)
        nodes = range(max(4, n))
        edges = {tuple(sorted(rng.sample(nodes, 2))) for _ in range(round(2.3 * len(nodes)))}
        denied = [{f"n{one}": colour, f"n{two}": colour} for one, two in sorted(edges) for colour in "rgb"]
        return _with_tags({f"n{one}": "rgb" for one in nodes}, denied)

    return NastyPolicy(largest(build, limit))


def queue_of_everything(limit: int = LIMIT) -> NastyPolicy:
    """Return on a queue one statement for each kind of condition, again and again with other values."""

    def build(n: int) -> list[Statement]:
        made: list[Statement] = []
        for one in range(n):
            effect = ("Allow", "Allow", "Deny")[one % 3]
            condition = {
                "StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/*{_letters(one, 2)}*"},
                "IpAddress": {"aws:SourceIp": [_address(one, 12), _address(one + 1, 20)]},
                "StringNotEqualsIfExists": {f"aws:PrincipalTag/{_letters(one, 1)}": [_letters(one), _letters(one + 1)]},
                "ForAllValues:StringLike": {"aws:PrincipalOrgPaths": f"o-{_letters(one, 2)}*/*"},
            }
            made.append(_one(effect, action="sqs:*", resource=QUEUE, condition=condition))
        return made

    return NastyPolicy(largest(build, limit), "AWS::SQS::Queue", QUEUE)


NASTY: Mapping[str, Family] = {
    family.__name__: family
    for family in (
        many_ranges,
        ranges_with_holes,
        nested_ranges,
        addresses_as_text,
        starred_names,
        starred_names_apart,
        counting_stars,
        letter_from_the_end,
        question_runs,
        question_runs_apart,
        nested_names,
        starred_objects,
        starred_actions,
        many_tag_keys,
        many_tag_keys_at_once,
        optional_keys,
        tag_keys_under_set_operators,
        organization_paths,
        named_users_with_folders,
        organization_paths_anywhere,
        networks_and_endpoints,
        folder_for_each_account,
        folder_for_each_role,
        sources_with_variables,
        many_variables,
        spared_names,
        pairs_of_letters,
        users_told_apart_twice,
        many_accounts,
        accounts_allowed_and_denied,
        statement_for_each_account,
        many_roles,
        accounts_times_roles,
        many_spared_principals,
        many_spared_objects,
        many_denies,
        many_numbers,
        mixed_case_values,
        repositories,
        encryption_contexts,
        overlapping_users,
        overlapping_on_three_keys,
        values_times_values,
        pigeons,
        satisfiability,
        parity,
        colours,
        queue_of_everything,
    )
}
"""Every family by its name."""
