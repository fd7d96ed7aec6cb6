"""KMS keys: the key policy, and the grants that open the key beside it."""

from collections.abc import Mapping
from typing import Any

from sekisho.policy import Principal, Principals, Statement
from sekisho.policy.principals import parse_principal
from sekisho.reasoning import Document, Gate
from sekisho.resources.documents import (
    UnexpectedAnswerError,
    allow,
    answer,
    grants_document,
    policy_document,
    require_read,
)
from sekisho.resources.exposure import Exposure, Way, targets
from sekisho.resources.snapshot import RawResource


def read_key(resource: RawResource) -> Exposure:
    """Read the policy and the grants of a key.

    Raises:
        ReadingError: one of them could not be read or understood.
    """
    require_read(resource, optional=frozenset({"kms.list_key_policies"}))
    gate = key_gate(resource, resource.arn)
    return Exposure((Way((gate,), targets("AWS::KMS::Key", resource.arn)),))


def key_gate(resource: RawResource, key: str) -> Gate:
    """Return the documents of a key, whichever resource's calls they were read with: a Deny closes grants too.

    Raises:
        ReadingError: they are not among the calls, or could not be understood.
    """
    answered = answer(resource, "kms.get_key_policy") or {}
    policy = policy_document("KeyPolicy", answered.get("Policy"), key)
    if policy is None:
        raise UnexpectedAnswerError("the answer to kms.get_key_policy has no policy")
    listed = (answer(resource, "kms.list_grants") or {}).get("Grants") or []
    return Gate((policy, _grants(listed, key)) if listed else (policy,))


def _grants(grants: list[Mapping[str, Any]], key: str) -> Document:
    """Write grants as statements.

    The grantee gets the grant's operations, under the grant's encryption context; the retiring principal may retire
    it. Source: AWS KMS API reference, `GrantListEntry`; AWS KMS Developer Guide, "Grants in AWS KMS".
    """
    statements: list[Statement] = []
    labels: list[str] = []
    for place, grant in enumerate(grants):
        operations = tuple(f"kms:{name}" for name in grant.get("Operations") or ())
        grantee = _principals(grant.get("GranteePrincipal"))
        if grantee is not None and operations:
            statements.append(allow(len(statements), grantee, operations, tuple(_constraints(grant))))
            labels.append(f"Grants[{place}].GranteePrincipal")
        retiring = _principals(grant.get("RetiringPrincipal"))
        if retiring is not None:
            statements.append(allow(len(statements), retiring, ("kms:RetireGrant",)))
            labels.append(f"Grants[{place}].RetiringPrincipal")
    return grants_document("Grants", statements, key, labels)


def _principals(value: object) -> Principals | None:
    if not isinstance(value, str) or not value:
        return None
    form = "Service" if value.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    entry = parse_principal(form, value)
    return Principals((entry,)) if isinstance(entry, Principal) else None


def _constraints(grant: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    constraints: Mapping[str, Mapping[str, str]] = grant.get("Constraints") or {}
    pairs = {
        **(constraints.get("EncryptionContextSubset") or {}),
        **(constraints.get("EncryptionContextEquals") or {}),
    }
    return [("StringEquals", f"kms:EncryptionContext:{name}", value) for name, value in sorted(pairs.items())]
