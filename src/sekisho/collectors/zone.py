"""Whose account it is, which Regions it has enabled, and what organization stands around it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sekisho.collectors.collector import Account, Pages, Read, Reads, answer
from sekisho.collectors.errors import CollectError
from sekisho.resources.gaps import is_absence, is_denial
from sekisho.resources.snapshot import ApiCall, ApiError, Json
from sekisho.resources.zone import MemberAccount, ResourceControlPolicy, ZoneOfTrust, ZoneType, partition_of

ACCOUNT_READS: Reads = {
    "sts.get_caller_identity": Read(None, keep=("Account",), needs=("Account",)),
    "ec2.describe_regions": Read(
        "ec2:DescribeRegions", keep=("Regions.RegionName", "Regions.OptInStatus"), needs=("Regions.RegionName",)
    ),
    "organizations.describe_organization": Read(
        "organizations:DescribeOrganization",
        keep=("Organization.Id", "Organization.MasterAccountId"),
        needs=("Organization.Id", "Organization.MasterAccountId"),
    ),
}

SESSION_KEYS = tuple(f"Credentials.{key}" for key in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
"""Used to enter an account, and never part of a snapshot."""

ORGANIZATION_READS: Reads = {
    "organizations.list_roots": Read("organizations:ListRoots", keep=("Roots.Id",), needs=("Roots.Id",)),
    "organizations.list_organizational_units_for_parent": Read(
        "organizations:ListOrganizationalUnitsForParent",
        keep=("OrganizationalUnits.Id",),
        needs=("OrganizationalUnits.Id",),
    ),
    "organizations.list_accounts_for_parent": Read(
        "organizations:ListAccountsForParent", keep=("Accounts.Id",), needs=("Accounts.Id",)
    ),
    "organizations.list_policies": Read("organizations:ListPolicies", keep=("Policies.Id",), needs=("Policies.Id",)),
    "organizations.describe_policy": Read(
        "organizations:DescribePolicy", keep=("Policy.Content",), needs=("Policy.Content",)
    ),
    "organizations.list_targets_for_policy": Read(
        "organizations:ListTargetsForPolicy", keep=("Targets.TargetId",), needs=("Targets.TargetId",)
    ),
    "sts.assume_role": Read("sts:AssumeRole", keep=SESSION_KEYS, needs=SESSION_KEYS),
}


@dataclass(frozen=True, slots=True)
class ReadZone:
    """A zone of trust, and the calls that failed while it was read: it may be larger than it looks."""

    zone: ZoneOfTrust
    failed: tuple[ApiCall, ...] = ()

    @property
    def lost(self) -> ApiCall | None:
        """The first of the calls that failed and would have named accounts; None when all of them are known."""
        return next((made for made in self.failed if made.call in _NAMING_ACCOUNTS), None)


_NAMING_ACCOUNTS = frozenset(
    {
        "organizations.list_roots",
        "organizations.list_accounts_for_parent",
        "organizations.list_organizational_units_for_parent",
    }
)


def read_account_zone(aws: Account, partners: frozenset[str]) -> ReadZone:
    """Trust one account, and note the organization that it belongs to.

    No organization, and one that the account may not see, are no failures; any other error is one. Without the note,
    the organization of a resource is left open, which errs to too much access: a finding may remain that a condition
    on `aws:ResourceOrgID` rules out.
    """
    made = aws.call("organizations.describe_organization", aws.home)
    zone = ZoneOfTrust(
        ZoneType.ACCOUNT,
        aws.account_id,
        aws.home,
        member_of_organization_id=answer(made).get("Organization", {}).get("Id"),
        partners=partners,
    )
    is_silent = made.error is None or is_absence(made.call, made.error) or is_denial(made.error.code)
    return ReadZone(zone, () if is_silent else (made,))


def read_organization_zone(aws: Account, partners: frozenset[str], *, policies: bool = True) -> ReadZone:
    """Trust all accounts of the organization that the account belongs to.

    Args:
        aws: the account.
        partners: who is trusted besides.
        policies: whether to read its resource control policies; to credentials they do not matter.

    Raises:
        CollectError: the account belongs to none, or may not see which accounts are in it.
    """
    organization = _describe_organization(aws)
    failed: list[ApiCall] = []
    members = tuple(_walk(aws, organization["Id"], failed))
    controls = tuple(_read_resource_control_policies(aws, failed)) if policies else ()
    zone = ZoneOfTrust(
        ZoneType.ORGANIZATION,
        organization["MasterAccountId"],
        aws.home,
        organization_id=organization["Id"],
        accounts=tuple(sorted(members, key=lambda member: member.account_id)),
        resource_control_policies=tuple(sorted(controls, key=lambda policy: (policy.target_id, policy.content))),
        partners=partners,
    )
    return ReadZone(zone, tuple(failed))


def read_regions(aws: Account) -> tuple[tuple[str, ...], tuple[ApiCall, ...]]:
    """Return the enabled Regions of an account, sorted, and the call if it failed; then only `home` is left."""
    made = aws.call("ec2.describe_regions", aws.home, AllRegions=False)
    if made.error is not None:
        return (aws.home,), (made,)
    enabled = (one["RegionName"] for one in answer(made)["Regions"] if one.get("OptInStatus") != "not-opted-in")
    return tuple(sorted(name for name in enabled if partition_of(name) == aws.partition)), ()


def _describe_organization(aws: Account) -> Mapping[str, Json]:
    made = aws.call("organizations.describe_organization", aws.home)
    if made.error is None:
        described: Mapping[str, Json] = answer(made)["Organization"]
        return described
    if is_absence(made.call, made.error):
        raise CollectError(f"account {aws.account_id} belongs to no organization; leave out `--organization`")
    raise _stopped(aws, "read its organization", made.error, "allow what `sekisho iam-policy --organization` prints")


def _walk(aws: Account, organization_id: str, failed: list[ApiCall]) -> Iterator[MemberAccount]:
    roots = aws.list("organizations.list_roots", aws.home)
    if not roots.items:
        remedy = "use the management account or a delegated administrator"
        why = next((made.error for made in roots.failed if made.error), ApiError("InvalidResponse", "no root"))
        raise _stopped(aws, f"list the accounts of organization {organization_id}", why, remedy)
    failed.extend(roots.failed)
    parents = [(root["Id"], f"{organization_id}/{root['Id']}/") for root in roots.items]
    while parents:
        parent_id, path = parents.pop()
        accounts = aws.list("organizations.list_accounts_for_parent", aws.home, ParentId=parent_id)
        units = aws.list("organizations.list_organizational_units_for_parent", aws.home, ParentId=parent_id)
        yield from (MemberAccount(account["Id"], path) for account in accounts.items)
        parents.extend((unit["Id"], f"{path}{unit['Id']}/") for unit in units.items)
        failed.extend(accounts.failed + units.failed)


def _stopped(aws: Account, doing: str, error: ApiError, remedy: str) -> CollectError:
    """Tell a refusal, which has a remedy, from a failure that may pass."""
    if is_denial(error.code):
        return CollectError(
            f"account {aws.account_id} may not {doing} ({error.code}); {remedy}, or leave out `--organization`"
        )
    why = " ".join(f"{error.code}: {error.message}".split()).removesuffix(":")
    return CollectError(f"account {aws.account_id} could not {doing} ({why}); try again, or leave out `--organization`")


def _read_resource_control_policies(aws: Account, failed: list[ApiCall]) -> Iterable[ResourceControlPolicy]:
    listed = aws.list("organizations.list_policies", aws.home, Filter="RESOURCE_CONTROL_POLICY")
    failed.extend(listed.failed)
    for policy in listed.items:
        described = aws.call("organizations.describe_policy", aws.home, PolicyId=policy["Id"])
        targets: Pages = aws.list("organizations.list_targets_for_policy", aws.home, PolicyId=policy["Id"])
        failed.extend(targets.failed)
        if described.error is not None:
            failed.append(described)
            continue
        content = answer(described)["Policy"]["Content"]
        yield from (ResourceControlPolicy(target["TargetId"], content) for target in targets.items)
