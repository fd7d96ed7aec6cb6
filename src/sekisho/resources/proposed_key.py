"""Proposed KMS keys, and secrets, which depend on one.

Source: Access Analyzer API reference, `KmsKeyConfiguration`, `KmsGrantConfiguration`,
`SecretsManagerSecretConfiguration`; AWS KMS Developer Guide, "Default key policy".
"""

import json
from collections.abc import Mapping
from typing import Final, Literal

from sekisho.policy import Principal
from sekisho.policy.principals import parse_principal
from sekisho.resources.answers import answer, object_in, text_in
from sekisho.resources.proposed import (
    PolicyPart,
    Proposal,
    ProposalError,
    read_proposal,
    with_answer,
    with_policy,
    without,
)
from sekisho.resources.snapshot import Json, RawResource

MOST_GRANTS: Final = 100

Operation = Literal[
    "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GetPublicKey", "ReEncryptFrom",
    "ReEncryptTo", "RetireGrant", "Sign", "Verify",
]  # fmt: skip


class Constraints(Proposal, frozen=True):
    """An encryption context that the grant asks for; an empty one is none."""

    encryption_context_equals: Mapping[str, str] | None = None
    encryption_context_subset: Mapping[str, str] | None = None


class Grant(Proposal, frozen=True):
    """A proposed grant of a key."""

    operations: tuple[Operation, ...]
    grantee_principal: str
    issuing_account: str
    retiring_principal: str | None = None
    constraints: Constraints | None = None


class Key(Proposal, frozen=True):
    """A proposed key."""

    key_policies: Mapping[str, str] | None = None
    grants: tuple[Grant, ...] | None = None


class Secret(Proposal, frozen=True):
    """A proposed secret."""

    secret_policy: str | None = None
    kms_key_id: str | None = None


_KEY_POLICY = PolicyPart("default", "kms.get_key_policy", required=True)
_SECRET_POLICY = PolicyPart("secretPolicy", "secretsmanager.get_resource_policy", ("ResourcePolicy",))
_DESCRIBE_SECRET = "secretsmanager.describe_secret"  # noqa: S105 - the name of a call


def propose_key(before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return a key as it would be.

    Raises:
        ProposalError: AWS would not take the configuration.
    """
    proposal = read_proposal(configuration, Key, at)
    policies = dict(proposal.key_policies or {})
    policy = policies.pop("default", None)
    if policies:
        problem = f"a key has no policy `{min(policies)[:60]}`"
        raise ProposalError(problem, at=f"{at}.keyPolicies", remedy="the one policy is called `default`")
    if policy is None and before.find(_KEY_POLICY.call) is None:
        policy = _default_policy(before)
    after = with_policy(before, _KEY_POLICY, policy, at=f"{at}.keyPolicies")
    if proposal.grants is None:
        return after
    if len(proposal.grants) > MOST_GRANTS:
        problem = f"{len(proposal.grants)} grants are too many"
        raise ProposalError(problem, at=f"{at}.grants", remedy=f"propose {MOST_GRANTS} at most")
    grants = [_grant(one, f"{at}.grants[{place}]") for place, one in enumerate(proposal.grants)]
    return with_answer(after, "kms.list_grants", {"Grants": grants})


def propose_secret(before: RawResource, configuration: Json, at: str) -> RawResource:
    """Return a secret as it would be.

    What is known of its present key goes when it gets another one: whether that lets a caller in is not known then.

    Raises:
        ProposalError: AWS would not take the configuration.
    """
    proposal = read_proposal(configuration, Secret, at)
    after = with_policy(before, _SECRET_POLICY, proposal.secret_policy, at=at)
    described = answer(before, _DESCRIBE_SECRET)
    if proposal.kms_key_id is None or proposal.kms_key_id in _names_of_key(before):
        return after
    kept = {name: value for name, value in described.items() if name != "KmsKeyId"}
    key = {"KmsKeyId": proposal.kms_key_id} if proposal.kms_key_id else {}
    bare = without(after, "kms.describe_key", "kms.get_key_policy", "kms.list_grants")
    return with_answer(bare, _DESCRIBE_SECRET, {**kept, **key})


def _default_policy(key: RawResource) -> str:
    """Return what AWS puts on a key that is made without a policy: its account, and no other, may manage access."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{key.partition}:iam::{key.owner_account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})


def _grant(grant: Grant, at: str) -> dict[str, Json]:
    if not grant.operations:
        raise ProposalError("the grant has no operation", at=f"{at}.operations", remedy="name at least one")
    principals = {"GranteePrincipal": grant.grantee_principal, "RetiringPrincipal": grant.retiring_principal}
    for name, value in principals.items():
        if value is not None:
            _check_principal(value, f"{at}.{name[0].lower()}{name[1:]}")
    constraints = grant.constraints or Constraints()
    equals, subset = constraints.encryption_context_equals, constraints.encryption_context_subset
    if equals and subset:
        raise ProposalError(
            "a grant has one kind of encryption context", at=f"{at}.constraints",
            remedy="leave out `encryptionContextEquals` or `encryptionContextSubset`",
        )  # fmt: skip
    asked = {"EncryptionContextEquals": equals, "EncryptionContextSubset": subset}
    return {
        "Operations": list(grant.operations),
        "IssuingAccount": grant.issuing_account,
        **{name: value for name, value in principals.items() if value is not None},
        "Constraints": {name: dict(value) for name, value in asked.items() if value},
    }


def _check_principal(value: str, at: str) -> None:
    form = "Service" if value.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    found = parse_principal(form, value)
    if not isinstance(found, Principal):
        raise ProposalError(f"`{value[:60]}` is no principal", at=at, remedy=found)


def _names_of_key(secret: RawResource) -> frozenset[str]:
    """Return how the present key of a secret is called: as its owner wrote it, by its ARN, by its id."""
    described = object_in(answer(secret, "kms.describe_key"), "KeyMetadata")
    names = {
        text_in(answer(secret, _DESCRIBE_SECRET), "KmsKeyId"), text_in(described, "Arn"), text_in(described, "KeyId")
    }  # fmt: skip
    return frozenset(one for one in names if one)
