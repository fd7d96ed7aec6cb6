"""KMS keys: the key policy, and the grants that open the key beside it."""

from collections.abc import Iterator, Mapping

from sekisho.policy import Principal, Principals
from sekisho.policy.catalogue import cross_account_table
from sekisho.policy.principals import parse_principal
from sekisho.reasoning import Gate
from sekisho.resources.answers import (
    UnexpectedAnswerError,
    answer,
    object_in,
    objects_in,
    require_read,
    text_in,
    texts_in,
)
from sekisho.resources.documents import Grant, grants_document, policy_document
from sekisho.resources.exposure import Exposure, Way, targets
from sekisho.resources.snapshot import Json, RawResource

_TYPE = "AWS::KMS::Key"


def read_key(resource: RawResource) -> Exposure:
    """Read the policy and the grants of a key.

    Raises:
        ReadingError: one of them could not be read or understood.
    """
    require_read(resource, optional=frozenset({"kms.list_key_policies"}))
    gate = key_gate(resource, resource.arn)
    return Exposure((Way((gate,), targets(_TYPE, resource.arn), cross_account_table(_TYPE)),))


def key_gate(resource: RawResource, key: str) -> Gate:
    """Return the documents of a key, whichever resource's calls they were read with: a Deny closes grants too.

    Raises:
        ReadingError: they are not among the calls, or could not be understood.
    """
    policy = policy_document("KeyPolicy", answer(resource, "kms.get_key_policy").get("Policy"), key)
    if policy is None:
        raise UnexpectedAnswerError("the answer to kms.get_key_policy has no policy")
    grants = grants_document("Grants", _grants(objects_in(answer(resource, "kms.list_grants"), "Grants")), key)
    return Gate((policy,) if grants is None else (policy, grants))


def _grants(listed: list[Mapping[str, Json]]) -> Iterator[Grant]:
    """Yield what each grant gives.

    The grantee gets the grant's operations, under the grant's encryption context; the retiring principal may retire
    it. Source: AWS KMS API reference, `GrantListEntry`; AWS KMS Developer Guide, "Grants in AWS KMS".
    """
    for place, grant in enumerate(listed):
        operations = tuple(f"kms:{name}" for name in texts_in(grant, "Operations"))
        grantee = _principals(text_in(grant, "GranteePrincipal"), place)
        if grantee is not None and operations:
            yield Grant(f"Grants[{place}].GranteePrincipal", grantee, operations, tuple(_constraints(grant)))
        retiring = _principals(text_in(grant, "RetiringPrincipal"), place)
        if retiring is not None:
            yield Grant(f"Grants[{place}].RetiringPrincipal", retiring, ("kms:RetireGrant",))


def _principals(value: str | None, place: int) -> Principals | None:
    if not value:
        return None
    form = "Service" if value.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"
    entry = parse_principal(form, value)
    if not isinstance(entry, Principal):
        raise UnexpectedAnswerError(f"the principal `{value}` of Grants[{place}] is of no known form: {entry}")
    return Principals((entry,))


def _constraints(grant: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    subset = object_in(grant, "Constraints", "EncryptionContextSubset")
    exact = object_in(grant, "Constraints", "EncryptionContextEquals")
    for name, value in sorted({**subset, **exact}.items()):
        yield "StringEquals", f"kms:EncryptionContext:{name}", str(value)
