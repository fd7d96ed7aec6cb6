"""Distinct resource policies of the kinds people write, from a seed: what the other benchmarks are run on.

The mix: one to ten statements, most of them one or two; a third with a Deny; half with conditions; a few in a hundred
hard on purpose (dozens of address ranges or accounts, several overlapping patterns). Shapes come from the AWS
documentation and from what is published in public repositories; names, accounts and addresses are made up, and no two
policies of a run are the same text.

    python benchmarks/policies.py --count 2000     what the mix looks like
    python benchmarks/policies.py --show 5         a few of them
"""

import argparse
import json
import random
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Statement = dict[str, Any]
Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GeneratedPolicy:
    """A policy, with what it would be attached to.

    Attributes:
        hard: whether it is one of the few that are meant to be hard.
    """

    text: str
    resource_type: str
    owner_account: str
    resource: str
    hard: bool


class Names:
    """Made-up names, for one policy."""

    def __init__(self, rng: random.Random, resource_type: str) -> None:
        """Choose the owner, the organization and the resource."""
        self.rng = rng
        self.owner = self.account()
        self.organization = "o-" + self.letters(10)
        self.region = rng.choice(("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1"))
        self.resource_type = resource_type
        self.resource = _ARN[resource_type](self)

    def account(self) -> str:
        """Return an account id."""
        return str(self.rng.randrange(100_000_000_000, 1_000_000_000_000))

    def letters(self, count: int) -> str:
        """Return letters and digits."""
        return "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=count))

    def name(self) -> str:
        """Return a name as people give them."""
        rng = self.rng
        parts = [rng.choice(_TEAMS), rng.choice(_THINGS)]
        if rng.random() < 0.5:
            parts.append(rng.choice(_STAGES))
        if rng.random() < 0.5:
            parts.append(self.letters(rng.randint(3, 8)))
        return "-".join(parts)

    def principal(self, account: str | None = None) -> str:
        """Return a user, a role, an account root or a bare account id."""
        account = account or self.account()
        kind = self.rng.choices(("role", "root", "user", "id"), (5, 4, 2, 2))[0]
        match kind:
            case "root":
                return f"arn:aws:iam::{account}:root"
            case "id":
                return account
            case _:
                path = self.rng.choice(("", "", "", "service/", "team/platform/"))
                return f"arn:aws:iam::{account}:{kind}/{path}{self.name()}"

    def cidr(self) -> str:
        """Return an address range, mostly a small one."""
        rng = self.rng
        if rng.random() < 0.07:
            return f"2001:db8:{rng.randrange(65536):x}::/{rng.choice((48, 56, 64))}"
        length = rng.choice((32, 32, 32, 28, 24, 24, 22, 16, 8))
        address = rng.randrange(1 << 24, 223 << 24) >> (32 - length) << (32 - length)
        return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"

    def several(self, make: Callable[[], str], most: int = 4) -> str | list[str]:
        """Return one made value as text, or a few as a list."""
        count = min(self.rng.choices((1, 2, 3, 4), (6, 2, 1, 1))[0], most)
        made = list(dict.fromkeys(make() for _ in range(count)))
        return made[0] if len(made) == 1 else made

    def vpce(self) -> str:
        """Return the id of a VPC endpoint."""
        return "vpce-0" + "".join(self.rng.choices("0123456789abcdef", k=16))

    def inner(self) -> str | list[str]:
        """Return what a statement writes for `Resource`."""
        rng = self.rng
        match self.resource_type:
            case "AWS::S3::Bucket":
                bucket = self.resource
                return rng.choice(
                    (
                        f"{bucket}/*",
                        f"{bucket}/*",
                        [bucket, f"{bucket}/*"],
                        bucket,
                        f"{bucket}/{rng.choice(_FOLDERS)}/*",
                        f"{bucket}/AWSLogs/{self.owner}/*",
                    )
                )
            case "AWS::KMS::Key" | "AWS::SecretsManager::Secret":
                return "*"
            case _:
                return self.resource


_TEAMS = ("acme", "billing", "data", "platform", "web", "mobile", "ml", "infra", "security", "analytics", "core")
_THINGS = ("artifacts", "assets", "backup", "events", "export", "ingest", "jobs", "logs", "orders", "reports", "worker")
_STAGES = ("dev", "prod", "staging", "test", "qa", "us", "eu")
_FOLDERS = ("public", "incoming", "reports/2024", "uploads", "shared/team", "home")

_ARN: Mapping[str, Callable[[Names], str]] = {
    "AWS::S3::Bucket": lambda one: f"arn:aws:s3:::{one.name()}-{one.letters(6)}",
    "AWS::SQS::Queue": lambda one: f"arn:aws:sqs:{one.region}:{one.owner}:{one.name()}",
    "AWS::SNS::Topic": lambda one: f"arn:aws:sns:{one.region}:{one.owner}:{one.name()}",
    "AWS::KMS::Key": lambda one: f"arn:aws:kms:{one.region}:{one.owner}:key/{_uuid(one)}",
    "AWS::IAM::Role": lambda one: f"arn:aws:iam::{one.owner}:role/{one.name()}",
    "AWS::Lambda::Function": lambda one: f"arn:aws:lambda:{one.region}:{one.owner}:function:{one.name()}",
    "AWS::SecretsManager::Secret": lambda one: (
        f"arn:aws:secretsmanager:{one.region}:{one.owner}:secret:{one.name()}-{one.letters(6)}"
    ),
}

_MIX = {
    "AWS::S3::Bucket": 35,
    "AWS::IAM::Role": 20,
    "AWS::SQS::Queue": 13,
    "AWS::SNS::Topic": 10,
    "AWS::KMS::Key": 10,
    "AWS::Lambda::Function": 7,
    "AWS::SecretsManager::Secret": 5,
}

_ACTIONS: Mapping[str, tuple[str | list[str], ...]] = {
    "AWS::S3::Bucket": (
        "s3:GetObject",
        "s3:GetObject",
        "s3:PutObject",
        "s3:*",
        ["s3:GetObject", "s3:ListBucket"],
        ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        ["s3:Get*", "s3:List*"],
        "s3:ListBucket",
        ["s3:GetBucketAcl", "s3:GetBucketLocation"],
    ),
    "AWS::SQS::Queue": (
        "sqs:SendMessage",
        "sqs:SendMessage",
        "sqs:*",
        "SQS:*",
        ["sqs:SendMessage", "sqs:ReceiveMessage"],
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    ),
    "AWS::SNS::Topic": (
        "sns:Publish",
        "SNS:Publish",
        "sns:Subscribe",
        ["sns:Publish", "sns:Subscribe"],
        [
            "SNS:GetTopicAttributes",
            "SNS:SetTopicAttributes",
            "SNS:AddPermission",
            "SNS:RemovePermission",
            "SNS:DeleteTopic",
            "SNS:Subscribe",
            "SNS:ListSubscriptionsByTopic",
            "SNS:Publish",
        ],
    ),
    "AWS::KMS::Key": (
        "kms:*",
        "kms:Decrypt",
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
        ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Get*"],
    ),
    "AWS::IAM::Role": ("sts:AssumeRole", "sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"]),
    "AWS::Lambda::Function": ("lambda:InvokeFunction", "lambda:InvokeFunction", "lambda:GetFunction", "lambda:*"),
    "AWS::SecretsManager::Secret": (
        "secretsmanager:GetSecretValue",
        ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        "secretsmanager:*",
    ),
}

_SERVICES: Mapping[str, tuple[str, ...]] = {
    "AWS::S3::Bucket": ("cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com"),
    "AWS::SQS::Queue": ("sns.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"),
    "AWS::SNS::Topic": ("s3.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com", "ses.amazonaws.com"),
    "AWS::KMS::Key": ("sns.amazonaws.com", "cloudtrail.amazonaws.com", "logs.us-east-1.amazonaws.com"),
    "AWS::IAM::Role": ("lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "states.amazonaws.com"),
    "AWS::Lambda::Function": ("apigateway.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"),
    "AWS::SecretsManager::Secret": ("rds.amazonaws.com", "redshift.amazonaws.com"),
}


def generate(count: int, *, seed: int = 1) -> Iterator[GeneratedPolicy]:
    """Yield `count` policies, no two of the same text; the same for the same seed."""
    seen = set[str]()
    number = 0
    while len(seen) < count:
        one = _generate_one(random.Random(f"{seed}/{number}"))
        number += 1
        if one.text not in seen:
            seen.add(one.text)
            yield one


def _generate_one(rng: random.Random) -> GeneratedPolicy:
    names = Names(rng, rng.choices(list(_MIX), list(_MIX.values()))[0])
    hard = rng.random() < 0.03
    statements = _hard(names) if hard else _statements(names)
    document: dict[str, Any] = {"Version": "2012-10-17"} if rng.random() < 0.9 else {"Version": "2008-10-17"}
    if rng.random() < 0.1:
        document["Id"] = f"{names.name()}-policy"
    document["Statement"] = statements[0] if len(statements) == 1 and rng.random() < 0.1 else statements
    text = json.dumps(document, indent=2) if rng.random() < 0.15 else json.dumps(document, separators=(",", ":"))
    return GeneratedPolicy(text, names.resource_type, names.owner, names.resource, hard)


def _statements(names: Names) -> list[Statement]:
    rng = names.rng
    count = rng.choices(range(1, 11), (51, 21, 11, 6, 3, 2.5, 2, 1.5, 1, 1))[0]
    conditional = rng.random() < 0.5
    denies = min(count, rng.choice((1, 1, 1, 2))) if rng.random() < (0.52 if conditional else 0.14) else 0
    if denies == count and rng.random() < 0.7:
        count += 1
    made = [_deny(names, conditional=conditional) for _ in range(denies)]
    made += [_allow(names, conditional=conditional and rng.random() < 0.6) for _ in range(count - denies)]
    if conditional and not any("Condition" in one for one in made):
        made[-1] = _allow(names, conditional=True)
    rng.shuffle(made)
    if rng.random() < 0.5:
        made = [{"Sid": f"{rng.choice(_SIDS)}{names.letters(4)}", **one} for one in made]
    return made


_SIDS = ("Allow", "Stmt", "Statement", "AllowCrossAccount", "Grant", "Enforce", "Policy")


def _statement(
    names: Names, effect: str, principal: Any, *, condition: Condition | None = None, **changes: Any
) -> Statement:
    one: Statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": names.rng.choice(_ACTIONS[names.resource_type]),
    }
    if names.resource_type != "AWS::IAM::Role":
        one["Resource"] = names.inner()
    one |= changes
    if condition is not None:
        one["Condition"] = condition
    return {name: value for name, value in one.items() if value is not None}


def _allow(names: Names, *, conditional: bool) -> Statement:
    rng = names.rng
    if not conditional:
        return _statement(names, "Allow", _plain_principal(names))
    if names.resource_type == "AWS::IAM::Role":
        return rng.choice(_TRUSTS)(names)
    general = (_org_only, _service, _service, _addresses, _endpoint, _patterned_callers, _tagged, _by_account)
    special = _SPECIAL.get(names.resource_type, ())
    return rng.choice(special if special and rng.random() < 0.4 else general)(names)


def _plain_principal(names: Names) -> Any:
    rng = names.rng
    kind = rng.choices(("outside", "own", "service", "everyone", "several"), (30, 30, 22, 10, 8))[0]
    match kind:
        case "outside":
            return {"AWS": names.several(names.principal)}
        case "own":
            return {"AWS": names.principal(names.owner)}
        case "service":
            return {"Service": rng.choice(_SERVICES[names.resource_type])}
        case "everyone":
            return rng.choice(("*", {"AWS": "*"}))
        case _:
            return {
                "AWS": [names.principal(names.owner), names.principal()],
                "Service": rng.choice(_SERVICES[names.resource_type]),
            }


def _org_only(names: Names) -> Statement:
    rng, organization = names.rng, names.organization
    condition: Condition = rng.choice(
        (
            {"StringEquals": {"aws:PrincipalOrgID": organization}},
            {"StringEquals": {"aws:PrincipalOrgID": [organization, f"o-{names.letters(10)}"]}},
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{organization}/r-{names.letters(4)}/ou-*/*"}},
            {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": [f"{organization}/r-{names.letters(4)}/"]}},
        )
    )
    return _statement(names, "Allow", rng.choice(("*", {"AWS": "*"})), condition=condition)


def _service(names: Names) -> Statement:
    rng = names.rng
    account = names.owner if rng.random() < 0.85 else names.account()
    source = rng.choice(
        (
            f"arn:aws:sns:{names.region}:{account}:{names.name()}",
            f"arn:aws:events:{names.region}:{account}:rule/{names.name()}",
            f"arn:aws:cloudtrail:{names.region}:{account}:trail/{names.name()}",
            f"arn:aws:s3:::{names.name()}",
            f"arn:aws:logs:{names.region}:{account}:*",
        )
    )
    condition: Condition = rng.choice(
        (
            {"ArnLike": {"aws:SourceArn": source}},
            {"ArnEquals": {"aws:SourceArn": source}},
            {"StringEquals": {"aws:SourceAccount": account}},
            {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"AWS:SourceArn": source}},
        )
    )
    principal = {"Service": rng.choice(_SERVICES[names.resource_type])} if rng.random() < 0.75 else {"AWS": "*"}
    return _statement(names, "Allow", principal, condition=condition)


def _addresses(names: Names) -> Statement:
    rng = names.rng
    condition: Condition = {"IpAddress": {"aws:SourceIp": names.several(names.cidr)}}
    if rng.random() < 0.15:
        condition["Bool"] = {"aws:SecureTransport": "true"}
    return _statement(names, "Allow", rng.choice(("*", {"AWS": "*"})), condition=condition)


def _endpoint(names: Names) -> Statement:
    key, value = names.rng.choice(
        (
            ("aws:SourceVpce", names.vpce()),
            ("aws:SourceVpce", names.vpce()),
            ("aws:SourceVpc", f"vpc-{names.vpce()[6:]}"),
        )
    )
    return _statement(names, "Allow", "*", condition={"StringEquals": {key: value}})


def _patterned_callers(names: Names) -> Statement:
    rng, account = names.rng, names.account()
    value = rng.choice(
        (
            f"arn:aws:iam::{account}:role/{names.name()}-*",
            f"arn:aws:iam::{account}:role/*/{names.name()}",
            f"arn:aws:iam::{account}:user/{names.letters(3)}*",
            f"arn:aws:iam::*:role/{names.name()}",
            f"arn:aws:iam::{names.owner}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_{names.letters(5)}*",
        )
    )
    operator = rng.choice(("ArnLike", "StringLike"))
    return _statement(
        names, "Allow", rng.choice(("*", {"AWS": "*"})), condition={operator: {"aws:PrincipalArn": value}}
    )


def _tagged(names: Names) -> Statement:
    rng = names.rng
    condition: Condition = rng.choice(
        (
            {"StringEquals": {f"aws:PrincipalTag/{rng.choice(_TEAMS)}": names.letters(5)}},
            {"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}},
            {"StringLike": {"aws:UserAgent": f"{names.letters(8)}*"}},
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"DateLessThan": {"aws:CurrentTime": f"20{rng.randint(24, 39)}-0{rng.randint(1, 9)}-01T00:00:00Z"}},
        )
    )
    return _statement(names, "Allow", {"AWS": names.several(names.principal)}, condition=condition)


def _by_account(names: Names) -> Statement:
    account = names.owner if names.rng.random() < 0.5 else names.account()
    return _statement(names, "Allow", {"AWS": "*"}, condition={"StringEquals": {"aws:PrincipalAccount": account}})


def _cloudfront(names: Names) -> Statement:
    if names.rng.random() < 0.4:
        identity = "".join(names.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=14))
        user = f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {identity}"
        condition: Condition = {"StringEquals": {"aws:UserAgent": names.letters(20)}}
        return _statement(
            names, "Allow", {"AWS": user}, Action="s3:GetObject", Resource=f"{names.resource}/*", condition=condition
        )
    distribution = f"arn:aws:cloudfront::{names.owner}:distribution/E{names.letters(13).upper()}"
    return _statement(
        names,
        "Allow",
        {"Service": "cloudfront.amazonaws.com"},
        Action="s3:GetObject",
        Resource=f"{names.resource}/*",
        condition={"StringEquals": {"AWS:SourceArn": distribution}},
    )


def _log_delivery(names: Names) -> Statement:
    rng = names.rng
    principal = rng.choice(
        (
            {"AWS": "arn:aws:iam::127311923021:root"},
            {"Service": "delivery.logs.amazonaws.com"},
            {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        )
    )
    condition: Condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    if rng.random() < 0.5:
        condition["StringEquals"]["aws:SourceAccount"] = names.owner
    resource = f"{names.resource}/{rng.choice(('', 'elb/', 'flow/'))}AWSLogs/{names.owner}/*"
    return _statement(names, "Allow", principal, Action="s3:PutObject", Resource=resource, condition=condition)


def _prefixes(names: Names) -> Statement:
    prefix = names.rng.choice(("${aws:username}/*", "home/${aws:username}/*", f"{names.name()}/*", ["", "public/*"]))
    return _statement(
        names,
        "Allow",
        {"AWS": names.principal()},
        Action="s3:ListBucket",
        Resource=names.resource,
        condition={"StringLike": {"s3:prefix": prefix}},
    )


def _object_tags(names: Names) -> Statement:
    rng = names.rng
    condition: Condition = rng.choice(
        (
            {"StringEquals": {f"s3:ExistingObjectTag/{rng.choice(_TEAMS)}": names.letters(5)}},
            {"ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": [names.letters(4), names.letters(5)]}},
            {"StringLike": {"aws:Referer": [f"https://www.{names.letters(6)}.example.com/*", "https://example.com/*"]}},
            {"NumericLessThanEquals": {"s3:max-keys": str(rng.randint(1, 1000))}},
        )
    )
    return _statement(names, "Allow", "*", condition=condition)


def _via_service(names: Names) -> Statement:
    service = names.rng.choice(("s3", "ec2", "rds", "secretsmanager", "sqs"))
    account = names.owner if names.rng.random() < 0.7 else names.account()
    condition: Condition = {
        "StringEquals": {"kms:CallerAccount": account, "kms:ViaService": f"{service}.{names.region}.amazonaws.com"}
    }
    return _statement(names, "Allow", {"AWS": "*"}, condition=condition)


def _grants_for_resources(names: Names) -> Statement:
    return _statement(
        names,
        "Allow",
        {"AWS": names.several(names.principal)},
        Action=["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
        condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


def _encryption_context(names: Names) -> Statement:
    value = f"arn:aws:logs:{names.region}:{names.owner}:log-group:{names.name()}*"
    condition: Condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": value}}
    return _statement(names, "Allow", {"Service": f"logs.{names.region}.amazonaws.com"}, condition=condition)


def _source_owner(names: Names) -> Statement:
    return _statement(names, "Allow", {"AWS": "*"}, condition={"StringEquals": {"AWS:SourceOwner": names.owner}})


def _subscriptions(names: Names) -> Statement:
    domain = f"{names.letters(6)}.example.com"
    condition: Condition = names.rng.choice(
        ({"StringEquals": {"sns:Protocol": "https"}}, {"StringLike": {"sns:Endpoint": f"*@{domain}"}})
    )
    return _statement(names, "Allow", "*", Action="sns:Subscribe", condition=condition)


def _function_url(names: Names) -> Statement:
    condition: Condition = {
        "StringEquals": {"lambda:FunctionUrlAuthType": names.rng.choice(("NONE", "AWS_IAM"))},
    }
    return _statement(names, "Allow", "*", Action="lambda:InvokeFunctionUrl", condition=condition)


_SPECIAL: Mapping[str, tuple[Callable[[Names], Statement], ...]] = {
    "AWS::S3::Bucket": (_cloudfront, _log_delivery, _prefixes, _object_tags),
    "AWS::KMS::Key": (_via_service, _grants_for_resources, _encryption_context),
    "AWS::SNS::Topic": (_source_owner, _subscriptions),
    "AWS::Lambda::Function": (_function_url,),
}


def _external_id(names: Names) -> Statement:
    condition: Condition = {"StringEquals": {"sts:ExternalId": names.several(lambda: names.letters(16))}}
    return _statement(names, "Allow", {"AWS": names.several(names.principal)}, condition=condition)


def _github(names: Names) -> Statement:
    rng = names.rng
    provider = "token.actions.githubusercontent.com"
    repository = f"{rng.choice(_TEAMS)}-{names.letters(4)}/{names.name()}"
    sub = rng.choice((f"repo:{repository}:*", f"repo:{repository}:ref:refs/heads/main", f"repo:{repository[:8]}*"))
    condition: Condition = {"StringLike": {f"{provider}:sub": sub}}
    if rng.random() < 0.8:
        condition["StringEquals"] = {f"{provider}:aud": "sts.amazonaws.com"}
    principal = {"Federated": f"arn:aws:iam::{names.owner}:oidc-provider/{provider}"}
    return _statement(names, "Allow", principal, Action="sts:AssumeRoleWithWebIdentity", condition=condition)


def _kubernetes(names: Names) -> Statement:
    provider = f"oidc.eks.{names.region}.amazonaws.com/id/{names.letters(32).upper()}"
    condition: Condition = {
        "StringEquals": {
            f"{provider}:sub": f"system:serviceaccount:{names.name()}:{names.name()}",
            f"{provider}:aud": "sts.amazonaws.com",
        }
    }
    principal = {"Federated": f"arn:aws:iam::{names.owner}:oidc-provider/{provider}"}
    return _statement(names, "Allow", principal, Action="sts:AssumeRoleWithWebIdentity", condition=condition)


def _saml(names: Names) -> Statement:
    principal = {"Federated": f"arn:aws:iam::{names.owner}:saml-provider/{names.name()}"}
    condition: Condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    return _statement(names, "Allow", principal, Action="sts:AssumeRoleWithSAML", condition=condition)


def _cognito(names: Names) -> Statement:
    condition: Condition = {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": f"{names.region}:{_uuid(names)}"},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
    }
    principal = {"Federated": "cognito-identity.amazonaws.com"}
    return _statement(names, "Allow", principal, Action="sts:AssumeRoleWithWebIdentity", condition=condition)


_TRUSTS = (_external_id, _external_id, _github, _github, _kubernetes, _saml, _cognito, _org_only, _patterned_callers)


def _uuid(names: Names) -> str:
    return "-".join(names.letters(length) for length in (8, 4, 4, 4, 12))


def _deny(names: Names, *, conditional: bool) -> Statement:
    return names.rng.choice(_CONDITIONAL_DENIES if conditional else _PLAIN_DENIES)(names)


def _deny_all(names: Names, condition: Condition | None, principal: Any = "*") -> Statement:
    service = str(names.rng.choice(_ACTIONS[names.resource_type][:1])).partition(":")[0]
    resource = names.resource
    inner: Any = [resource, f"{resource}/*"] if names.resource_type == "AWS::S3::Bucket" else names.inner()
    changes = {} if names.resource_type == "AWS::IAM::Role" else {"Resource": inner}
    return _statement(names, "Deny", principal, Action=f"{service}:*", condition=condition, **changes)


def _deny_plain_transport(names: Names) -> Statement:
    return _deny_all(names, {"Bool": {"aws:SecureTransport": "false"}}, names.rng.choice(("*", {"AWS": "*"})))


def _deny_old_tls(names: Names) -> Statement:
    if names.resource_type != "AWS::S3::Bucket":
        return _deny_plain_transport(names)
    return _deny_all(names, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})


def _deny_other_accounts(names: Names) -> Statement:
    accounts = names.rng.choice((names.owner, [names.owner, names.account()]))
    return _deny_all(names, {"StringNotEquals": {"aws:PrincipalAccount": accounts}})


def _deny_other_organizations(names: Names) -> Statement:
    operator = names.rng.choice(("StringNotEquals", "StringNotEqualsIfExists"))
    condition: Condition = {operator: {"aws:PrincipalOrgID": names.organization}}
    if names.rng.random() < 0.5:
        condition["BoolIfExists"] = {"aws:PrincipalIsAWSService": "false"}
    return _deny_all(names, condition)


def _deny_other_addresses(names: Names) -> Statement:
    condition: Condition = {"NotIpAddress": {"aws:SourceIp": names.several(names.cidr)}}
    if names.rng.random() < 0.4:
        condition["Bool"] = {"aws:ViaAWSService": "false"}
    return _deny_all(names, condition)


def _deny_other_endpoints(names: Names) -> Statement:
    return _deny_all(names, {"StringNotEquals": {"aws:SourceVpce": names.several(names.vpce)}})


def _deny_other_callers(names: Names) -> Statement:
    roles = [f"arn:aws:iam::{names.owner}:role/{names.name()}" for _ in range(names.rng.randint(1, 3))]
    operator = names.rng.choice(("ArnNotEquals", "ArnNotLike", "StringNotLike"))
    return _deny_all(names, {operator: {"aws:PrincipalArn": roles}})


def _deny_other_encryption(names: Names) -> Statement:
    if names.resource_type != "AWS::S3::Bucket":
        return _deny_plain_transport(names)
    condition: Condition = names.rng.choice(
        (
            {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
            {"Null": {"s3:x-amz-server-side-encryption": "true"}},
        )
    )
    return _statement(names, "Deny", "*", Action="s3:PutObject", Resource=f"{names.resource}/*", condition=condition)


def _deny_spared_callers(names: Names) -> Statement:
    spared = {"AWS": [f"arn:aws:iam::{names.owner}:root", f"arn:aws:iam::{names.owner}:role/{names.name()}"]}
    one = _deny_all(names, None)
    del one["Principal"]
    return {"Effect": one.pop("Effect"), "NotPrincipal": spared, **one}


def _deny_somebody(names: Names) -> Statement:
    return _deny_all(names, None, {"AWS": names.several(names.principal)})


def _deny_some_actions(names: Names) -> Statement:
    return _statement(names, "Deny", "*")


_CONDITIONAL_DENIES = (
    _deny_plain_transport,
    _deny_plain_transport,
    _deny_plain_transport,
    _deny_plain_transport,
    _deny_old_tls,
    _deny_other_accounts,
    _deny_other_accounts,
    _deny_other_organizations,
    _deny_other_addresses,
    _deny_other_endpoints,
    _deny_other_callers,
    _deny_other_encryption,
)
_PLAIN_DENIES = (_deny_spared_callers, _deny_somebody, _deny_some_actions)


def _hard_addresses(names: Names) -> list[Statement]:
    ranges = [names.cidr() for _ in range(names.rng.randint(40, 120))]
    closed = [names.cidr() for _ in range(names.rng.randint(5, 30))]
    return [
        _statement(names, "Allow", "*", condition={"IpAddress": {"aws:SourceIp": ranges}}),
        _deny_all(names, {"IpAddress": {"aws:SourceIp": closed}}),
    ]


def _hard_accounts(names: Names) -> list[Statement]:
    named = [f"arn:aws:iam::{names.account()}:root" for _ in range(names.rng.randint(40, 90))]
    return [_statement(names, "Allow", {"AWS": named}), _deny_plain_transport(names)]


def _hard_patterns(names: Names) -> list[Statement]:
    account, word = names.account(), names.letters(12)
    statements: list[Statement] = []
    for index in range(names.rng.randint(4, 7)):
        caller = f"arn:aws:iam::{account}:role/{word[:index]}*{word[index + 1 :]}"
        source = f"arn:aws:sns:{names.region}:{account}:{names.name()}"
        condition: Condition = {"StringLike": {"aws:PrincipalArn": caller}, "ArnLike": {"aws:SourceArn": source}}
        statements.append(_statement(names, "Allow", {"AWS": "*"}, condition=condition))
    return statements


def _hard_folders(names: Names) -> list[Statement]:
    bucket = names.resource
    allowed = [f"{bucket}/{names.name()}/*/{names.letters(3)}*" for _ in range(names.rng.randint(4, 8))]
    denied = [f"{bucket}/*/{names.letters(3)}?{names.letters(2)}*" for _ in range(names.rng.randint(2, 4))]
    return [
        _statement(names, "Allow", "*", Action="s3:GetObject", Resource=allowed),
        _statement(names, "Deny", "*", Action="s3:GetObject", Resource=denied),
    ]


def _hard(names: Names) -> list[Statement]:
    shapes = [_hard_addresses, _hard_accounts, _hard_patterns]
    if names.resource_type == "AWS::S3::Bucket":
        shapes.append(_hard_folders)
    return names.rng.choice(shapes)(names)


def describe(policies: list[GeneratedPolicy]) -> dict[str, float]:
    """Return what the mix looks like: shares in per cent, sizes in bytes."""
    documents = [json.loads(one.text)["Statement"] for one in policies]
    lists = [one if isinstance(one, list) else [one] for one in documents]
    sizes = sorted(len(one.text.encode()) for one in policies)

    def share(holds: Callable[[list[Statement]], bool]) -> float:
        return round(100 * sum(map(holds, lists)) / len(lists), 1)

    return {
        "policies": len(policies),
        "median statements": statistics.median(map(len, lists)),
        "most statements": max(map(len, lists)),
        "median bytes": statistics.median(sizes),
        "largest, bytes": sizes[-1],
        "with Deny, %": share(lambda one: any(each["Effect"] == "Deny" for each in one)),
        "with conditions, %": share(lambda one: any("Condition" in each for each in one)),
        "hard, %": round(100 * sum(one.hard for one in policies) / len(policies), 1),
    }


def main() -> None:
    """Print the mix, or some of its policies."""
    parser = argparse.ArgumentParser(description="Policies of the kinds people write, from a seed.")
    parser.add_argument("--count", type=int, default=2000, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (%(default)s)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N")
    options = parser.parse_args()
    policies = list(generate(options.count, seed=options.seed))
    for one in policies[: options.show]:
        print(one.resource_type, one.resource, one.text, sep="\n", end="\n\n")
    for name, value in describe(policies).items():
        print(f"{name:>20}  {value:g}")


if __name__ == "__main__":
    main()
