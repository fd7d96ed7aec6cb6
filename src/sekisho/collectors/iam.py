"""IAM roles with their trust policies, service-linked roles among them."""

import json
from collections.abc import Mapping
from functools import partial
from urllib.parse import unquote

from sekisho.collectors.collector import Account, ArnForm, Collector, Found, Read, answer, says_gone
from sekisho.resources.snapshot import ApiCall, Json, RawResource


def _find_roles(aws: Account, region: str) -> Found:
    """List the roles. The listing carries the trust policies, so that no role needs a call of its own."""
    listed = aws.list("iam.list_roles", region)
    return Found(tuple(partial(_role, aws.account_id, role) for role in listed.items), listed.failed)


def _read_role(aws: Account, region: str, arn: str) -> RawResource | None:
    """Read a role by its name, which is its own in the account; under another path it is another role."""
    made = aws.call("iam.get_role", region, RoleName=arn.rpartition("/")[2])
    if made.error is not None:
        gone = says_gone(made, "NoSuchEntity")
        return None if gone else RawResource("AWS::IAM::Role", arn, aws.account_id, "global", (made,))
    role: Mapping[str, Json] = answer(made)["Role"]
    return _role(aws.account_id, role) if role["Arn"] == arn else None


def _role(account_id: str, role: Mapping[str, Json]) -> RawResource:
    described = {**role, "AssumeRolePolicyDocument": _document_text(role["AssumeRolePolicyDocument"])}
    made = ApiCall("iam.get_role", {"RoleName": role["RoleName"]}, response={"Role": described})
    return RawResource("AWS::IAM::Role", role["Arn"], account_id, "global", (made,))


def _document_text(document: Json) -> str:
    """Return the policy as its author wrote it: IAM sends it URL-encoded, botocore may have parsed it."""
    return unquote(document) if isinstance(document, str) else json.dumps(document)


ROLES = Collector(
    title="IAM roles",
    reads={
        "iam.list_roles": Read(
            "iam:ListRoles",
            keep=("Roles.Path", "Roles.RoleName", "Roles.RoleId", "Roles.Arn", "Roles.AssumeRolePolicyDocument"),
            needs=("Roles.RoleName", "Roles.Arn", "Roles.AssumeRolePolicyDocument"),
            page_size=1000,
        ),
        "iam.get_role": Read(
            "iam:GetRole",
            keep=("Role.Path", "Role.RoleName", "Role.RoleId", "Role.Arn", "Role.AssumeRolePolicyDocument"),
            needs=("Role.RoleName", "Role.Arn", "Role.AssumeRolePolicyDocument"),
        ),
    },
    find=_find_roles,
    arns=ArnForm("iam", r"role/([\x21-\x7e]+/)?[\w+=,.@-]{1,64}", region=""),
    read_one=_read_role,
    regional=False,
)
