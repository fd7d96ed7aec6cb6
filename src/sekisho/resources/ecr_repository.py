"""ECR private repositories: the repository's own policy, and the policy of the registry it is in.

A caller also needs `ecr:GetAuthorizationToken`, which only its own account can give it: that is assumed.

Source: Amazon ECR User Guide, "Private repository policies in Amazon ECR", "Private registry permissions in Amazon
ECR".
"""

from collections.abc import Iterator

from msgspec.structs import replace

from sekisho.policy import Effect
from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Document, Gate, Target, View
from sekisho.resources.answers import answer, answer_of, require_read, text_in
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import Exposure, Way
from sekisho.resources.snapshot import RawResource

_TYPE = "AWS::ECR::Repository"
_SCOPE_CALL = "ecr.get_account_setting"
_SCOPE = "REGISTRY_POLICY_SCOPE"
_OF_SCOPE_V1 = frozenset({"ecr:BatchImportUpstreamImage", "ecr:ReplicateImage"})
"""What a registry policy of scope V1 is enforced for; of scope V2 it is for every action. Source: Amazon ECR User
Guide, "Private registry permissions in Amazon ECR"."""


def read_repository(resource: RawResource) -> Exposure:
    """Read the policy of a repository, and of its registry where there is one.

    Whether AWS IAM Access Analyzer counts the registry's policy is not documented; the ECR User Guide says that it is
    enforced, so it counts. Where its scope is not known the result may include too much access.

    Raises:
        ReadingError: one of them could not be read or understood.
    """
    require_read(resource, optional=frozenset({_SCOPE_CALL}))
    own = policy_document(
        "RepositoryPolicy", answer(resource, "ecr.get_repository_policy").get("policyText"), resource.arn
    )
    registry = policy_document(
        "RegistryPolicy", answer(resource, "ecr.get_registry_policy").get("policyText"), resource.arn
    )
    scope = None if registry is None else _scope(resource)
    ways = tuple(_ways(resource, own, registry, scope))
    if not ways:
        return Exposure((), notes=("it has no RepositoryPolicy: only its own account gets in",))
    return Exposure(ways, approximations=(_ASSUMED,) if registry is not None and scope is None else ())


_ASSUMED = "the scope of the RegistryPolicy is not known: its Allows are taken for every action, its Denies for none"


def _scope(resource: RawResource) -> str | None:
    """Return `V1` or `V2`; None when it was not read."""
    for made in resource.api_calls:
        if made.call == _SCOPE_CALL and made.error is None:
            setting = answer_of(made)
            if text_in(setting, "name") == _SCOPE and text_in(setting, "value") in {"V1", "V2"}:
                return text_in(setting, "value")
    return None


def _ways(resource: RawResource, own: Document | None, registry: Document | None, scope: str | None) -> Iterator[Way]:
    """Yield the ways in: one, or where the registry's policy is enforced for some actions alone, one for those."""
    actions, views = cross_account_table(_TYPE), (View(resource.arn),)
    at_registry = actions.set_of(_OF_SCOPE_V1)
    deciding: tuple[tuple[tuple[Document | None, ...], int], ...]
    match scope:
        case "V1":
            deciding = ((own,), actions.all & ~at_registry), ((own, registry), at_registry)
        case "V2":
            deciding = (((own, registry), actions.all),)
        case _:
            deciding = (((own, _allows_of(registry)), actions.all),)
    for documents, wanted in deciding:
        if known := tuple([one for one in documents if one is not None]):
            yield Way((Gate(known),), (Target(wanted, views),), actions)


def _allows_of(document: Document | None) -> Document | None:
    if document is None:
        return None
    allows = tuple([one for one in document.policy.statements if one.effect is Effect.ALLOW])
    return replace(document, policy=replace(document.policy, statements=allows)) if allows else None
