"""Who is inside: the accounts, the organization and the partners that an analyzer trusts."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec


class ZoneType(Enum):
    """The two zones that AWS IAM Access Analyzer knows. Source: IAM User Guide, "Findings for external access"."""

    ACCOUNT = "ACCOUNT"
    ORGANIZATION = "ORGANIZATION"


class MemberAccount(msgspec.Struct, frozen=True):
    """An account of an organization.

    Attributes:
        org_path: the entity path, `o-…/r-…/ou-…/`, with the closing slash.
    """

    account_id: str
    org_path: str


class ResourceControlPolicy(msgspec.Struct, frozen=True):
    """A resource control policy and the root, unit or account it is attached to."""

    target_id: str
    content: str


class ZoneOfTrust(msgspec.Struct, frozen=True):
    """The accounts whose principals are inside, and what is known of their organization.

    Attributes:
        account_id: the account of an ACCOUNT zone; the management account of an ORGANIZATION zone.
        region: the Region of the analyzer, part of its ARN.
        organization_id: the trusted organization; None in an ACCOUNT zone.
        member_of_organization_id: the organization that the account of an ACCOUNT zone belongs to. It is external:
            for an account analyzer every other account is.
        accounts: the members of a trusted organization.
        partners: further accounts that the operator trusts by name.
    """

    type: ZoneType
    account_id: str
    region: str
    organization_id: str | None = None
    member_of_organization_id: str | None = None
    accounts: tuple[MemberAccount, ...] = ()
    resource_control_policies: tuple[ResourceControlPolicy, ...] = ()
    partners: frozenset[str] = frozenset()

    @property
    def trusted_accounts(self) -> frozenset[str]:
        """The account ids whose principals are inside."""
        return self.partners.union((self.account_id,), [member.account_id for member in self.accounts])

    @property
    def partition(self) -> str:
        """The partition of the zone's Region: `aws`, `aws-cn` or `aws-us-gov`."""
        return partition_of(self.region)


def zone_of_account(zone: ZoneOfTrust, account_id: str, region: str) -> ZoneOfTrust:
    """Return the zone of one account of a zone: the rest of its organization is outside.

    Args:
        zone: with the account in it; the zone of this very account stays as it is.
        account_id: the account.
        region: of the analyzer.
    """
    if zone.type is ZoneType.ACCOUNT and zone.account_id == account_id:
        return zone
    organization = zone.organization_id or zone.member_of_organization_id
    return ZoneOfTrust(
        ZoneType.ACCOUNT, account_id, region, member_of_organization_id=organization, partners=zone.partners
    )


HOME_REGIONS: Mapping[str, str] = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The Region of a zone by partition. Ids of findings depend on it, so it must not follow a machine's settings."""


def partition_of(region: str) -> str:
    """Return the partition of a Region. Source: IAM User Guide, "Identify AWS resources with ARNs"."""
    match region.split("-"):
        case ["cn", *_]:
            return "aws-cn"
        case ["us", "gov", *_]:
            return "aws-us-gov"
        case _:
            return "aws"


class ZoneError(ValueError):
    """A zone of trust is not written as the recording format asks."""


def parse_zone(raw: Mapping[str, Any]) -> ZoneOfTrust:
    """Read the `zoneOfTrust` object of a recording or a conformance case.

    Raises:
        ZoneError: a member is missing, unknown or of the wrong type; the message names it.
    """
    known = {
        "ACCOUNT": {"type", "accountId", "region", "memberOfOrganizationId", "partners"},
        "ORGANIZATION": {
            "type", "organizationId", "managementAccountId", "region", "accounts", "resourceControlPolicies",
            "partners",
        },
    }  # fmt: skip
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in known:
        raise ZoneError(f"zoneOfTrust.type is `{kind}`; it must be ACCOUNT or ORGANIZATION")
    if unknown := sorted(set(raw) - known[kind]):
        raise ZoneError(f"zoneOfTrust has the unknown member `{unknown[0]}`")
    return ZoneOfTrust(
        type=ZoneType(kind),
        account_id=_text(raw, "accountId" if kind == "ACCOUNT" else "managementAccountId"),
        region=_text(raw, "region"),
        organization_id=_text(raw, "organizationId") if kind == "ORGANIZATION" else None,
        member_of_organization_id=_text(raw, "memberOfOrganizationId") if "memberOfOrganizationId" in raw else None,
        accounts=tuple(MemberAccount(_text(one, "id"), _text(one, "orgPath")) for one in _objects(raw, "accounts")),
        resource_control_policies=tuple(
            ResourceControlPolicy(_text(one, "targetId"), _policy_text(one, "content"))
            for one in _objects(raw, "resourceControlPolicies")
        ),
        partners=frozenset(_texts(raw, "partners")),
    )


def format_zone(zone: ZoneOfTrust) -> dict[str, Any]:
    """Write a zone as the recording format has it; the inverse of `parse_zone`."""
    raw: dict[str, Any] = {"type": zone.type.value}
    if zone.type is ZoneType.ACCOUNT:
        raw |= {"accountId": zone.account_id, "region": zone.region}
        if zone.member_of_organization_id is not None:
            raw["memberOfOrganizationId"] = zone.member_of_organization_id
    else:
        raw |= {"organizationId": zone.organization_id, "managementAccountId": zone.account_id, "region": zone.region}
        raw["accounts"] = [{"id": one.account_id, "orgPath": one.org_path} for one in zone.accounts]
        if zone.resource_control_policies:
            raw["resourceControlPolicies"] = [
                {"targetId": one.target_id, "content": one.content} for one in zone.resource_control_policies
            ]
    if zone.partners:
        raw["partners"] = sorted(zone.partners)
    return raw


def _text(raw: Mapping[str, Any], member: str) -> str:
    value = raw.get(member)
    if not isinstance(value, str):
        raise ZoneError(f"zoneOfTrust needs `{member}`, a string")
    return value


def _policy_text(raw: Mapping[str, Any], member: str) -> str:
    """Return a policy as text, whether it is written as text or as an object."""
    value = raw.get(member)
    return json.dumps(value) if isinstance(value, dict) else _text(raw, member)


def _texts(raw: Mapping[str, Any], member: str) -> list[str]:
    try:
        return msgspec.convert(raw.get(member, []), list[str])
    except msgspec.ValidationError as error:
        raise ZoneError(f"zoneOfTrust.{member} must be a list of strings") from error


def _objects(raw: Mapping[str, Any], member: str) -> list[dict[str, Any]]:
    try:
        return msgspec.convert(raw.get(member, []), list[dict[str, Any]])
    except msgspec.ValidationError as error:
        raise ZoneError(f"zoneOfTrust.{member} must be a list of objects") from error
