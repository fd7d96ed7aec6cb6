"""Keys that a service uses with the rights of its caller."""

from typing import Final

from msgspec.structs import replace

from sekisho.activity.actions.needed import NeededAction
from sekisho.activity.actions.parameters import words
from sekisho.activity.call import Call

_DOMAIN: Final = ".amazonaws.com"
_KEY: Final = "kms:ViaService"
_PARTITIONS: Final = frozenset({"aws", "aws-us-gov"})
"""Where services have that domain in the key."""

SERVICES: Final = frozenset(
    words(
        """acm airflow aoss athena auditmanager backup bedrock cassandra codeartifact connect dms dynamodb ec2 ecr
        elasticache elasticfilesystem es forecast fsx glue healthlake imagebuilder kafka kendra kinesis lambda lex
        license-manager logs memorydb mgn mq personalize rds redshift rekognition s3 sagemaker secretsmanager ses sns
        sqs ssm storagegateway timestream translate workmail workspaces xray"""
    )
)
"""The services that CloudTrail names as those that called with the rights of a principal, by their name in the key.

Source: AWS KMS Developer Guide, "kms:ViaService", table "Services that support the kms:ViaService condition key".
"""

ACTIONS: Final = frozenset(
    f"kms:{name}"
    for name in words(
        """CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyPair
        GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo"""
    )
)
"""The actions on keys that services call for their callers; all of them have the condition key."""


def via_service(call: Call, needed: NeededAction) -> NeededAction:
    """Return an action on a key with the service through which it was called, where one was."""
    service = call.invoked_by.removesuffix(_DOMAIN)
    if needed.action not in ACTIONS or service not in SERVICES or call.partition not in _PARTITIONS or not call.region:
        return needed
    return replace(needed, context={**needed.context, _KEY: (f"{service}.{call.region}{_DOMAIN}",)})
