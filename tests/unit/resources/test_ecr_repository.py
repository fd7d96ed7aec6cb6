"""Repositories: their own policy and the registry's, which counts as far as its scope goes."""

import pytest

from sekisho.policy import Effect
from sekisho.resources.answers import UnreadableError
from sekisho.resources.documents import MalformedDocumentError
from sekisho.resources.ecr_repository import read_repository
from sekisho.resources.exposure import SIGNED, Exposure
from sekisho.resources.snapshot import ApiCall, RawResource
from unit.resources.builders import OWNER, VENDOR, allow, answered, deny, failed, policy_text

REPOSITORY = f"arn:aws:ecr:us-east-1:{OWNER}:repository/app"
POLICY = policy_text({"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "ecr:BatchGetImage"})
OF_REGISTRY = policy_text(allow({"AWS": VENDOR}, "ecr:*"), deny({"AWS": VENDOR}, "ecr:PutImage"))
OWN = answered("ecr.get_repository_policy", {"policyText": POLICY}, repositoryName="app")
REGISTRY = answered("ecr.get_registry_policy", {"policyText": OF_REGISTRY})
AT_REGISTRY = {"ecr:BatchImportUpstreamImage", "ecr:ReplicateImage"}


def scope(value: str, name: str = "REGISTRY_POLICY_SCOPE") -> ApiCall:
    return answered("ecr.get_account_setting", {"name": name, "value": value}, name=name)


def read(*calls: ApiCall) -> Exposure:
    return read_repository(RawResource("AWS::ECR::Repository", REPOSITORY, OWNER, "us-east-1", calls))


def ways(exposure: Exposure) -> list[tuple[list[str], set[str]]]:
    """Of each way, the documents that decide and what can be wanted there."""
    return [
        ([one.name for one in way.gates[0].documents], set(way.actions.names_in(way.targets[0].actions)))
        for way in exposure.ways
    ]


def every_action() -> set[str]:
    ((_, actions),) = ways(read(OWN))
    return actions


def test_the_policy_of_the_repository_decides_every_action() -> None:
    exposure = read(OWN, failed("ecr.get_registry_policy", "RegistryPolicyNotFoundException"))

    ((documents, actions),) = ways(exposure)
    assert documents == ["RepositoryPolicy"]
    assert {"ecr:BatchGetImage", *AT_REGISTRY} <= actions
    assert not actions & {"ecr:CreateRepository", "ecr:GetAuthorizationToken"}
    assert exposure.callers == SIGNED
    assert exposure.approximations == ()


def test_a_repository_without_policy_is_closed() -> None:
    exposure = read(failed("ecr.get_repository_policy", "RepositoryPolicyNotFoundException"))

    assert exposure.ways == ()
    assert exposure.notes == ("it has no RepositoryPolicy: only its own account gets in",)


def test_a_registry_policy_of_scope_2_decides_everything_as_well() -> None:
    exposure = read(OWN, REGISTRY, scope("V2"))

    assert ways(exposure) == [(["RepositoryPolicy", "RegistryPolicy"], every_action())]
    assert exposure.approximations == ()


def test_a_registry_policy_of_scope_1_decides_what_is_done_at_the_registry() -> None:
    exposure = read(OWN, REGISTRY, scope("V1"))

    assert ways(exposure) == [
        (["RepositoryPolicy"], every_action() - AT_REGISTRY),
        (["RepositoryPolicy", "RegistryPolicy"], AT_REGISTRY),
    ]
    assert exposure.approximations == ()


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param((), id="never asked for"),
        pytest.param((failed("ecr.get_account_setting", "AccessDeniedException"),), id="denied"),
        pytest.param((scope("V2", "BASIC_SCAN_TYPE_VERSION"),), id="another setting"),
        pytest.param((scope("V3"),), id="a later invention"),
    ],
)
def test_of_a_registry_policy_of_unknown_scope_the_allows_count_alone(calls: tuple[ApiCall, ...]) -> None:
    exposure = read(OWN, REGISTRY, *calls)

    assert ways(exposure) == [(["RepositoryPolicy", "RegistryPolicy"], every_action())]
    _, registry = exposure.ways[0].gates[0].documents
    assert [one.effect for one in registry.policy.statements] == [Effect.ALLOW]
    (said,) = exposure.approximations
    assert "the scope of the RegistryPolicy is not known" in said


def test_a_registry_policy_of_unknown_scope_that_only_denies_is_left_aside() -> None:
    denies = answered("ecr.get_registry_policy", {"policyText": policy_text(deny({"AWS": VENDOR}, "ecr:*"))})

    assert ways(read(OWN, denies)) == [(["RepositoryPolicy"], every_action())]
    assert read(denies).ways == ()


def test_a_registry_policy_alone_opens_the_repository() -> None:
    assert ways(read(REGISTRY, scope("V2"))) == [(["RegistryPolicy"], every_action())]


@pytest.mark.parametrize("call", ["ecr.get_repository_policy", "ecr.get_registry_policy"])
def test_a_repository_whose_policies_could_not_be_read_is_not_understood(call: str) -> None:
    with pytest.raises(UnreadableError):
        read(failed(call, "AccessDeniedException"))


@pytest.mark.parametrize(
    ("call", "document"),
    [("ecr.get_repository_policy", "RepositoryPolicy"), ("ecr.get_registry_policy", "RegistryPolicy")],
)
def test_a_malformed_policy_is_an_error(call: str, document: str) -> None:
    with pytest.raises(MalformedDocumentError, match=document):
        read(answered(call, {"policyText": "{"}))
