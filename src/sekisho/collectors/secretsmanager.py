"""AWS Secrets Manager secrets: their policies, and the customer managed keys that encrypt them. Never a value."""

from functools import partial

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Read, answer, says_gone
from sekisho.collectors.kms import KEY_READS, read_key
from sekisho.resources.secret import DEFAULT_KEY_ALIAS
from sekisho.resources.snapshot import ApiCall, RawResource


def _find_secrets(aws: Account, region: str) -> Found:
    listed = aws.list("secretsmanager.list_secrets", region)
    return Found(tuple(partial(_secret, aws, region, secret["ARN"]) for secret in listed.items), listed.failed)


def _secret(aws: Account, region: str, arn: str) -> RawResource:
    described = aws.call("secretsmanager.describe_secret", region, SecretId=arn)
    calls = (
        described,
        aws.call("secretsmanager.get_resource_policy", region, SecretId=arn),
        *_read_encryption_key(aws, region, answer(described).get("KmsKeyId")),
    )
    return RawResource("AWS::SecretsManager::Secret", arn, aws.account_id, region, calls)


def _read_secret(aws: Account, region: str, arn: str) -> RawResource | None:
    """Read a secret, but not one that is to be deleted: nobody gets at its value, and no listing has it.

    Source: API reference, "DeleteSecret", "ListSecrets". An ARN without its last six letters is no secret's own.
    """
    found = _secret(aws, region, arn)
    described = found.api_calls[0]
    if described.error is None:
        told = answer(described)
        return found if told["ARN"] == arn and told.get("DeletedDate") is None else None
    return None if says_gone(described, "ResourceNotFoundException") else found


def _read_encryption_key(aws: Account, region: str, key_id: str | None) -> tuple[ApiCall, ...]:
    """Return the calls that describe a secret's key; no id means the AWS managed key, which needs no reading.

    The key may belong to another account. Then KMS refuses, and what is kept is that it did.
    """
    if key_id is None or key_id.endswith(DEFAULT_KEY_ALIAS):
        return ()
    if "alias/" not in key_id:
        return read_key(aws, region, key_id)
    named = aws.call("kms.describe_key", region, KeyId=key_id)
    if named.error is not None:
        return (named,)
    return (named, *read_key(aws, region, answer(named)["KeyMetadata"]["Arn"])[1:])


SECRETS = Collector(
    title="secrets",
    reads={
        "secretsmanager.list_secrets": Read(
            "secretsmanager:ListSecrets", keep=("SecretList.ARN",), needs=("SecretList.ARN",), page_size=100
        ),
        "secretsmanager.describe_secret": Read(
            "secretsmanager:DescribeSecret",
            keep=("ARN", "Name", "KmsKeyId", "OwningService", "DeletedDate"),
            needs=("ARN",),
        ),
        "secretsmanager.get_resource_policy": Read(
            "secretsmanager:GetResourcePolicy", keep=("ARN", "Name", "ResourcePolicy"), needs=("ARN",)
        ),
        **KEY_READS,
    },
    find=_find_secrets,
    arns=ArnForm("secretsmanager", r"secret:[A-Za-z0-9/_+=.@!-]+"),
    read_one=_read_secret,
)
