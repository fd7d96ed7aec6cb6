"""AWS Secrets Manager secrets: their policies, and the customer managed keys that encrypt them. Never a value."""

from functools import partial

from sekisho.collectors.collector import Account, Collector, Found, Read, answer
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
            "secretsmanager:DescribeSecret", keep=("ARN", "Name", "KmsKeyId", "OwningService"), needs=("ARN",)
        ),
        "secretsmanager.get_resource_policy": Read(
            "secretsmanager:GetResourcePolicy", keep=("ARN", "Name", "ResourcePolicy"), needs=("ARN",)
        ),
        **KEY_READS,
    },
    find=_find_secrets,
)
