"""Resources that exist only as a policy text: what a policy would open, before anyone attaches it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from sekisho.policy import Policy
from sekisho.policy.arns import account_of, parse_arn
from sekisho.resources.answers import UnsupportedResourceError
from sekisho.resources.snapshot import ApiCall, RawResource

_KEY = "1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f"

_SHAPES: Mapping[str, tuple[str, str, Callable[[str, str], tuple[ApiCall, ...]]]] = {
    "AWS::S3::Bucket": (
        "arn:aws:s3:::example-bucket",
        "us-east-1",
        lambda text, _: (ApiCall("s3.get_bucket_policy", {}, {"Policy": text}),),
    ),
    "AWS::IAM::Role": (
        "arn:aws:iam::{account}:role/example-role",
        "global",
        lambda text, _: (ApiCall("iam.get_role", {}, {"Role": {"AssumeRolePolicyDocument": text}}),),
    ),
    "AWS::KMS::Key": (
        f"arn:aws:kms:us-east-1:{{account}}:key/{_KEY}",
        "us-east-1",
        lambda text, _: (ApiCall("kms.get_key_policy", {}, {"Policy": text}),),
    ),
    "AWS::Lambda::Function": (
        "arn:aws:lambda:us-east-1:{account}:function:example",
        "us-east-1",
        lambda text, _: (ApiCall("lambda.get_policy", {}, {"Policy": text}),),
    ),
    "AWS::Lambda::LayerVersion": (
        "arn:aws:lambda:us-east-1:{account}:layer:example:1",
        "us-east-1",
        lambda text, _: (ApiCall("lambda.get_layer_version_policy", {}, {"Policy": text}),),
    ),
    "AWS::SQS::Queue": (
        "arn:aws:sqs:us-east-1:{account}:example",
        "us-east-1",
        lambda text, arn: (ApiCall("sqs.get_queue_attributes", {}, {"Attributes": {"QueueArn": arn, "Policy": text}}),),
    ),
    "AWS::SNS::Topic": (
        "arn:aws:sns:us-east-1:{account}:example",
        "us-east-1",
        lambda text, _: (ApiCall("sns.get_topic_attributes", {}, {"Attributes": {"Policy": text}}),),
    ),
    "AWS::SecretsManager::Secret": (
        "arn:aws:secretsmanager:us-east-1:{account}:secret:example-AbCdEf",
        "us-east-1",
        lambda text, _: (
            ApiCall("secretsmanager.describe_secret", {}, {"KmsKeyId": _KEY}),
            ApiCall("secretsmanager.get_resource_policy", {}, {"ResourcePolicy": text}),
        ),
    ),
    "AWS::S3Express::DirectoryBucket": (
        "arn:aws:s3express:us-east-1:{account}:bucket/example--use1-az4--x-s3",
        "us-east-1",
        lambda text, _: (ApiCall("s3.get_bucket_policy", {}, {"Policy": text}),),
    ),
    "AWS::ECR::Repository": (
        "arn:aws:ecr:us-east-1:{account}:repository/example",
        "us-east-1",
        lambda text, _: (ApiCall("ecr.get_repository_policy", {}, {"policyText": text}),),
    ),
    "AWS::EFS::FileSystem": (
        "arn:aws:elasticfilesystem:us-east-1:{account}:file-system/fs-0123456789abcdef0",
        "us-east-1",
        lambda text, _: (ApiCall("efs.describe_file_system_policy", {}, {"Policy": text}),),
    ),
    "AWS::DynamoDB::Table": (
        "arn:aws:dynamodb:us-east-1:{account}:table/example",
        "us-east-1",
        lambda text, _: (ApiCall("dynamodb.get_resource_policy", {}, {"Policy": text}),),
    ),
    "AWS::DynamoDB::Stream": (
        "arn:aws:dynamodb:us-east-1:{account}:table/example/stream/2026-01-01T00:00:00.000",
        "us-east-1",
        lambda text, _: (ApiCall("dynamodb.get_resource_policy", {}, {"Policy": text}),),
    ),
}
"""To each resource type that has a policy an ARN, a Region, and the calls that would answer with the policy."""

HYPOTHETICAL_TYPES = tuple(_SHAPES)


_BY_SERVICE = {
    "s3": "AWS::S3::Bucket",
    "sts": "AWS::IAM::Role",
    "kms": "AWS::KMS::Key",
    "lambda": "AWS::Lambda::Function",
    "sqs": "AWS::SQS::Queue",
    "sns": "AWS::SNS::Topic",
    "secretsmanager": "AWS::SecretsManager::Secret",
    "s3express": "AWS::S3Express::DirectoryBucket",
    "ecr": "AWS::ECR::Repository",
    "elasticfilesystem": "AWS::EFS::FileSystem",
    "dynamodb": "AWS::DynamoDB::Table",
}

_OF_STREAMS = frozenset({"dynamodb:describestream", "dynamodb:getrecords", "dynamodb:getsharditerator"})

_PARTS = {"AWS::S3::Bucket": "/", "AWS::DynamoDB::Table": "/index/"}
"""What stands between the ARN of a resource and the rest of the ARN of a part of it."""


def guess_resource_type(policy: Policy) -> str | None:
    """Say what a policy is for, by its actions and ARNs; None when they do not say, or say several things."""
    globs = [glob for statement in policy.statements for glob in statement.actions.globs]
    services = {glob.partition(":")[0].lower() for glob in globs if ":" in glob}
    services |= {arn.service for arn in map(parse_arn, _arns(policy)) if arn is not None}
    if len(services) != 1:
        return None
    if all("layerversion" in glob.lower() for glob in globs):
        return "AWS::Lambda::LayerVersion"
    if services == {"dynamodb"} and _is_of_stream(policy, globs):
        return "AWS::DynamoDB::Stream"
    return _BY_SERVICE.get(services.pop())


def _is_of_stream(policy: Policy, globs: Iterable[str]) -> bool:
    of_streams = any("/stream/" in arn for arn in _arns(policy))
    return of_streams or {glob.lower() for glob in globs} <= _OF_STREAMS


def guess_owner(policy: Policy, resource: str | None) -> str | None:
    """Return the account that the resource's ARN, or else every ARN of the policy's resources, names; None if none."""
    accounts = {account_of(arn) for arn in ([resource] if resource else _arns(policy))}
    owner = accounts.pop() if len(accounts) == 1 else ""
    return owner if owner.isdigit() else None


def guess_resource(policy: Policy, resource_type: str) -> str | None:
    """Return the one resource that a policy's ARNs name; None if there is none.

    The bucket of an object and the table of an index count for it.
    """
    part = _PARTS.get(resource_type)
    named = {arn.partition(part)[0] if part else arn for arn in _arns(policy)}
    resource = named.pop() if len(named) == 1 else "*"
    return None if "*" in resource or "?" in resource else resource


def _arns(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        for glob in statement.resources.globs if statement.resources else ():
            if parse_arn(glob) is not None:
                yield glob


def hypothetical_resource(
    text: str, *, resource_type: str, owner_account: str, resource: str | None = None
) -> RawResource:
    """Return a resource with the policy `text` and nothing else: no ACL, no block, no grant.

    Args:
        text: the policy.
        resource_type: one of `HYPOTHETICAL_TYPES`.
        owner_account: whose it would be.
        resource: its ARN; an example's by default.

    Raises:
        UnsupportedResourceError: the resource type is not one of them.
    """
    if resource_type not in _SHAPES:
        raise UnsupportedResourceError(resource_type)
    pattern, region, calls = _SHAPES[resource_type]
    arn = resource or pattern.format(account=owner_account)
    return RawResource(resource_type, arn, owner_account, region, calls(text, arn))
