"""AWS KMS keys: who manages them, their key policies and their grants."""

from functools import partial

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Read, Reads, answer, says_gone
from sekisho.resources.snapshot import ApiCall, RawResource

KEY_READS: Reads = {
    "kms.describe_key": Read(
        "kms:DescribeKey",
        keep=(
            "KeyMetadata.AWSAccountId",
            "KeyMetadata.KeyId",
            "KeyMetadata.Arn",
            "KeyMetadata.Enabled",
            "KeyMetadata.KeyState",
            "KeyMetadata.KeyManager",
            "KeyMetadata.KeyUsage",
            "KeyMetadata.KeySpec",
        ),
        needs=("KeyMetadata.Arn",),
    ),
    "kms.get_key_policy": Read("kms:GetKeyPolicy", keep=("Policy", "PolicyName"), needs=("Policy",)),
    "kms.list_grants": Read(
        "kms:ListGrants",
        keep=(
            "Grants.KeyId",
            "Grants.GrantId",
            "Grants.Name",
            "Grants.GranteePrincipal",
            "Grants.RetiringPrincipal",
            "Grants.IssuingAccount",
            "Grants.Operations",
            "Grants.Constraints",
        ),
        needs=("Grants",),
        page_size=100,
    ),
}
"""What describes a key, whether it is looked at for itself or because it encrypts a secret."""


def read_key(aws: Account, region: str, key_id: str) -> tuple[ApiCall, ...]:
    """Return the calls that describe a key.

    Args:
        aws: the account that asks, which need not own the key.
        region: the Region of the key.
        key_id: an id or an ARN. Source: API reference, "GetKeyPolicy" (it takes no alias).
    """
    return (
        aws.call("kms.describe_key", region, KeyId=key_id),
        aws.call("kms.get_key_policy", region, KeyId=key_id, PolicyName="default"),
        *aws.list("kms.list_grants", region, KeyId=key_id).calls,
    )


def _find_keys(aws: Account, region: str) -> Found:
    listed = aws.list("kms.list_keys", region)
    return Found(tuple(partial(_read, aws, region, key["KeyId"], key["KeyArn"]) for key in listed.items), listed.failed)


def _read(aws: Account, region: str, key_id: str, arn: str) -> RawResource:
    return RawResource("AWS::KMS::Key", arn, aws.account_id, region, read_key(aws, region, key_id))


def _read_one(aws: Account, region: str, arn: str) -> RawResource | None:
    found = _read(aws, region, arn.rpartition("/")[2], arn)
    described = found.api_calls[0]
    if described.error is None:
        return found if answer(described)["KeyMetadata"]["Arn"] == arn else None
    return None if says_gone(described, "NotFoundException") else found


KEYS = Collector(
    title="KMS keys",
    reads={
        "kms.list_keys": Read(
            "kms:ListKeys", keep=("Keys.KeyId", "Keys.KeyArn"), needs=("Keys.KeyId", "Keys.KeyArn"), page_size=1000
        ),
        **KEY_READS,
    },
    find=_find_keys,
    arns=ArnForm("kms", r"key/[A-Za-z0-9-]+"),
    read_one=_read_one,
)
