"""What is attached to users and roles, by the answers of IAM."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from sekisho.policy import PolicyError
from sekisho.resources.identity_policies import DetailsError, permissions_of_all, policies_alone

OWN = "arn:aws:iam::111122223333"
READ = f"{OWN}:policy/read"
DOCUMENT = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
OLDER = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
MANAGED = {
    "Arn": READ,
    "PolicyVersionList": [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": OLDER},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": DOCUMENT},
    ],
}


def role(**members: Any) -> dict[str, Any]:
    return {"Arn": f"{OWN}:role/app", "RolePolicyList": [], "AttachedManagedPolicies": [], **members}


def attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def test_a_role_has_its_own_policies_and_managed_ones_in_their_default_version() -> None:
    own = {"PolicyName": "write", "PolicyDocument": OLDER}
    page = {
        "RoleDetailList": [role(RolePolicyList=[own], AttachedManagedPolicies=attached(READ))],
        "Policies": [MANAGED],
    }
    found = permissions_of_all([page])[f"{OWN}:role/app"]

    assert [one.name for one in found.policies] == ["inline policy write", READ]
    assert [one.policy.statements[0].actions.globs for one in found.policies] == [("*",), ("s3:GetObject",)]
    assert not found.boundary


def test_a_user_has_those_of_its_groups_on_whatever_page_they_are() -> None:
    user = {"Arn": f"{OWN}:user/alice", "GroupList": ["readers"], "AttachedManagedPolicies": []}
    group = {"GroupName": "readers", "AttachedManagedPolicies": attached(READ), "GroupPolicyList": []}
    found = permissions_of_all([{"UserDetailList": [user]}, {"GroupDetailList": [group]}, {"Policies": [MANAGED]}])

    assert [one.name for one in found[f"{OWN}:user/alice"].policies] == [f"group readers, {READ}"]


def test_a_boundary_stands_by_itself() -> None:
    limited = role(PermissionsBoundary={"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ})
    found = permissions_of_all([{"RoleDetailList": [limited], "Policies": [MANAGED]}])[f"{OWN}:role/app"]

    assert found.policies == ()
    assert found.boundary is not None
    assert found.boundary.name == READ


@pytest.mark.parametrize("text", [json.dumps(DOCUMENT), quote(json.dumps(DOCUMENT))])
def test_documents_are_read_as_text_and_as_iam_encodes_them(text: str) -> None:
    own = {"PolicyName": "read", "PolicyDocument": text}
    found = permissions_of_all([{"RoleDetailList": [role(RolePolicyList=[own])]}])[f"{OWN}:role/app"]

    assert found.policies[0].policy.statements[0].actions.globs == ("s3:GetObject",)


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ({"RoleDetailList": [role(AttachedManagedPolicies=attached(READ))]}, f"the document of {READ} is not among"),
        ({"UserDetailList": [{**role(), "GroupList": ["readers"]}]}, "group readers is not among"),
        (
            {"RoleDetailList": [role(RolePolicyList=[{"PolicyName": "p", "PolicyDocument": {}}])]},
            "`Statement` is missing",
        ),
    ],
)
def test_what_is_not_known_in_full_says_why(page: dict[str, Any], why: str) -> None:
    (found,) = permissions_of_all([page]).values()

    assert why in found.unknown
    assert found.policies == ()


def test_another_shape_is_no_account_authorization_details() -> None:
    with pytest.raises(DetailsError, match="no account authorization details"):
        permissions_of_all([{"RoleDetailList": [{"RoleName": "app"}]}])


def test_policies_alone_have_numbers_for_names() -> None:
    assert [one.name for one in policies_alone([DOCUMENT, OLDER]) or ()] == ["policy 1", "policy 2"]
    assert policies_alone({"Roles": []}) is None
    assert policies_alone([]) is None
    with pytest.raises(PolicyError):
        policies_alone({"Statement": [{"Effect": "Maybe"}]})


def test_managed_policies_of_awss_own_may_be_longer_than_others() -> None:
    long = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:Get*"] * 20_000, "Resource": "*"}}
    own = {"PolicyName": "read", "PolicyDocument": long}
    found = permissions_of_all([{"RoleDetailList": [role(RolePolicyList=[own])]}])[f"{OWN}:role/app"]

    assert not found.unknown
