"""Secrets: the secret's policy, and the key that also has to open."""

from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Gate
from sekisho.resources.answers import ReadingError, answer, object_in, require_read, text_in
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import Exposure, FurtherGate, Way, targets
from sekisho.resources.gaps import resource_gaps
from sekisho.resources.kms_key import key_gate
from sekisho.resources.snapshot import RawResource

_TYPE = "AWS::SecretsManager::Secret"
_KEY_CALLS = frozenset({"kms.describe_key", "kms.get_key_policy", "kms.list_grants"})
DEFAULT_KEY_ALIAS = "alias/aws/secretsmanager"
"""The AWS managed key that encrypts a secret unless its owner names another."""

_DECRYPTING = frozenset({"secretsmanager:GetSecretValue"})
"""What needs kms:Decrypt. Source: AWS Secrets Manager User Guide, "Secret encryption and decryption"."""

_UNDER_DEFAULT = (
    "it is encrypted under the AWS managed key aws/secretsmanager, whose key policy admits its own account alone,"
    " so nobody outside can read it whatever its SecretPolicy says"
)


def read_secret(resource: RawResource) -> Exposure:
    """Read the policy of a secret, and the policy of its key where the secret has one of its own.

    A secret under the AWS managed key is never open to other accounts: that key's policy, which nobody can change,
    admits its own account alone. Source: AWS Secrets Manager User Guide, "Permissions for users in a different
    account"; Access Analyzer API reference, `SecretsManagerSecretConfiguration`.

    Raises:
        ReadingError: the secret could not be read or understood.
    """
    require_read(resource, optional=_KEY_CALLS)
    answered = answer(resource, "secretsmanager.get_resource_policy")
    document = policy_document("SecretPolicy", answered.get("ResourcePolicy"), resource.arn)
    if document is None:
        return Exposure((), notes=("it has no SecretPolicy: only its own account gets in",))
    key = text_in(answer(resource, "secretsmanager.describe_secret"), "KmsKeyId") or DEFAULT_KEY_ALIAS
    if key.endswith(DEFAULT_KEY_ALIAS):
        return Exposure(
            (),
            notes=(_UNDER_DEFAULT,),
        )
    way = Way((Gate((document,)),), targets(_TYPE, resource.arn), cross_account_table(_TYPE))
    further, approximations = _key(resource, key)
    return Exposure((way,), further=further, approximations=approximations)


def _key(resource: RawResource, key: str) -> tuple[tuple[FurtherGate, ...], tuple[str, ...]]:
    failed = [gap for gap in resource_gaps(resource) if gap.call in _KEY_CALLS - {"kms.describe_key"}]
    if failed or resource.find("kms.get_key_policy") is None:
        why = f" ({failed[0].call} answered {failed[0].code})" if failed else ""
        return (), (f"whether the key {key} also lets the caller in is not known{why}",)
    arn = text_in(object_in(answer(resource, "kms.describe_key"), "KeyMetadata"), "Arn") or key
    try:
        gate = key_gate(resource, arn)
    except ReadingError as error:
        return (), (f"whether the key {key} also lets the caller in is not known: {error}",)
    given = {"kms:viaservice": (f"secretsmanager.{resource.region}.amazonaws.com",)}
    return (FurtherGate("KeyPolicy", arn, gate, "kms:Decrypt", _DECRYPTING, given),), ()
