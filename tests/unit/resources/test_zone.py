"""Zones of trust: written and read back, and refused by the name of the member that is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.resources.zone import (
    MemberAccount,
    ResourceControlPolicy,
    ZoneError,
    ZoneOfTrust,
    ZoneType,
    format_zone,
    parse_zone,
    zone_of_account,
)

ACCOUNT = {"type": "ACCOUNT", "accountId": "111122223333", "region": "us-east-1"}
ORGANIZATION = {
    "type": "ORGANIZATION",
    "organizationId": "o-a1b2c3d4e5",
    "managementAccountId": "111122223333",
    "region": "us-east-1",
    "accounts": [{"id": "444455556666", "orgPath": "o-a1b2c3d4e5/r-ab12/"}],
    "resourceControlPolicies": [{"targetId": "r-ab12", "content": "{}"}],
    "partners": ["777788889999"],
}

account_ids = st.text("0123456789", min_size=12, max_size=12)
texts = st.text(max_size=20)
partners = st.frozensets(account_ids, max_size=3)
account_zones = st.builds(
    ZoneOfTrust,
    type=st.just(ZoneType.ACCOUNT),
    account_id=account_ids,
    region=texts,
    member_of_organization_id=st.none() | texts,
    partners=partners,
)
organization_zones = st.builds(
    ZoneOfTrust,
    type=st.just(ZoneType.ORGANIZATION),
    account_id=account_ids,
    region=texts,
    organization_id=texts,
    accounts=st.lists(st.builds(MemberAccount, account_ids, texts), max_size=3).map(tuple),
    resource_control_policies=st.lists(st.builds(ResourceControlPolicy, texts, texts), max_size=3).map(tuple),
    partners=partners,
)


@given(account_zones | organization_zones)
def test_format_then_parse_is_the_identity(zone: ZoneOfTrust) -> None:
    assert parse_zone(format_zone(zone)) == zone


@pytest.mark.parametrize(
    ("raw", "member"),
    [
        *((ACCOUNT, member) for member in ("accountId", "region")),
        *((ORGANIZATION, member) for member in ("organizationId", "managementAccountId", "region")),
    ],
)
def test_a_member_that_is_needed_is_missed_by_name(raw: dict[str, Any], member: str) -> None:
    without = {name: value for name, value in raw.items() if name != member}

    with pytest.raises(ZoneError, match=f"`{member}`"):
        parse_zone(without)


@pytest.mark.parametrize("value", [None, 1, [], {}, True])
@pytest.mark.parametrize(
    ("raw", "member"),
    [
        *((ACCOUNT, member) for member in ("type", "accountId", "region", "memberOfOrganizationId", "partners")),
        *((ORGANIZATION, member) for member in ORGANIZATION),
    ],
)
def test_a_member_of_the_wrong_type_is_refused_by_name(raw: dict[str, Any], member: str, value: Any) -> None:
    if isinstance(value, list) and isinstance(ORGANIZATION.get(member), list):
        value = [1]

    with pytest.raises(ZoneError, match=member):
        parse_zone({**raw, member: value})


def test_a_control_policy_may_be_written_as_an_object() -> None:
    content: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    policies = [{"targetId": "r-ab12", "content": content}]

    (read,) = parse_zone({**ORGANIZATION, "resourceControlPolicies": policies}).resource_control_policies

    assert json.loads(read.content) == content


@pytest.mark.parametrize(
    ("member", "inner"),
    [
        ("accounts", "id"),
        ("accounts", "orgPath"),
        ("resourceControlPolicies", "targetId"),
        ("resourceControlPolicies", "content"),
    ],
)
@pytest.mark.parametrize("value", [None, 1, []])
def test_a_member_of_a_member_is_refused_by_name(member: str, inner: str, value: Any) -> None:
    raw: dict[str, Any] = dict(ORGANIZATION)
    raw[member] = [{**raw[member][0], inner: value}]

    with pytest.raises(ZoneError, match=inner):
        parse_zone(raw)


@pytest.mark.parametrize(
    ("raw", "member"),
    [
        pytest.param(ACCOUNT, "acountId", id="a slip"),
        pytest.param(ACCOUNT, "accounts", id="a member that only the other kind has"),
        pytest.param(ORGANIZATION, "accountId", id="a member that only an account zone has"),
    ],
)
def test_an_unknown_member_is_refused_by_name(raw: dict[str, Any], member: str) -> None:
    with pytest.raises(ZoneError, match=f"`{member}`"):
        parse_zone({**raw, member: "x"})


@pytest.mark.parametrize("kind", ["account", "BOTH", ""])
def test_a_zone_of_an_unknown_type_is_refused(kind: str) -> None:
    with pytest.raises(ZoneError, match=r"zoneOfTrust\.type"):
        parse_zone({**ACCOUNT, "type": kind})


def test_trusted_are_the_account_the_members_and_the_partners() -> None:
    assert parse_zone(ORGANIZATION).trusted_accounts == {"111122223333", "444455556666", "777788889999"}


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_region_says_the_partition(region: str, partition: str) -> None:
    assert parse_zone({**ACCOUNT, "region": region}).partition == partition


def test_to_an_analyzer_of_one_account_the_rest_of_its_organization_is_outside() -> None:
    zone = zone_of_account(parse_zone(ORGANIZATION), "444455556666", "eu-west-1")

    assert (zone.type, zone.account_id, zone.region) == (ZoneType.ACCOUNT, "444455556666", "eu-west-1")
    assert zone.trusted_accounts == {"444455556666", "777788889999"}
    assert (zone.organization_id, zone.member_of_organization_id) == (None, "o-a1b2c3d4e5")


def test_the_zone_of_an_account_is_its_own() -> None:
    zone = parse_zone(ACCOUNT)

    assert zone_of_account(zone, "111122223333", "eu-west-1") is zone
