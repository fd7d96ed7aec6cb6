"""Live snapshots of an account that moto plays, over HTTP, with and without faults on the wire."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sekisho.collectors import CollectError, LiveOptions, LiveReader, RecordedReader, read_policy, write_recording
from sekisho.collectors.services import ACCOUNT_READS, CREDENTIAL_READS, ORGANIZATION_READS
from sekisho.resources.gaps import Gap, account_gaps, resource_gaps
from sekisho.resources.snapshot import RawResource, Snapshot
from surfaces.aws import (
    ELSEWHERE,
    ENVIRONMENT,
    OWNER,
    REGION,
    Babbles,
    Fault,
    Hangs,
    HangsUp,
    Refuses,
    Wire,
    build_account,
    client,
    policy,
    reset_moto,
    running_moto,
    running_proxy,
    trust_policy,
)

pytestmark = pytest.mark.slow

OPTIONS = LiveOptions(regions=(REGION, ELSEWHERE), attempts=3)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def proxied(moto: str) -> Iterator[Wire]:
    reset_moto(moto)
    build_account(moto)
    with running_proxy(moto) as wire:
        yield wire


@pytest.fixture
def wire(proxied: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The wire to the rich test account, without faults."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": proxied.endpoint}.items():
        monkeypatch.setenv(name, value)
    proxied.clear()
    yield proxied
    proxied.clear()


@pytest.fixture(scope="module")
def whole(proxied: Wire) -> Snapshot:
    """The test account, read once without faults."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": proxied.endpoint}.items():
            patch.setenv(name, value)
        proxied.clear()
        return _read()


def _read(options: LiveOptions = OPTIONS) -> Snapshot:
    return LiveReader(options, now=lambda: NOON).read()


def _read_one(arn: str, options: LiveOptions = OPTIONS, *, owner_account: str | None = None) -> Snapshot:
    return LiveReader(options, now=lambda: NOON).read_resource(arn, owner_account=owner_account)


def _gaps(snapshot: Snapshot) -> list[Gap]:
    return [gap for account in snapshot.accounts for gap in account_gaps(account)] + [
        gap for resource in snapshot.resources for gap in resource_gaps(resource)
    ]


def _one(snapshot: Snapshot, ending: str) -> RawResource:
    (found,) = (resource for resource in snapshot.resources if resource.arn.endswith(ending))
    return found


def _answer(resource: RawResource, call: str) -> object:
    made = resource.find(call)
    assert made is not None
    return made.response


def test_every_kind_is_read_without_gaps(whole: Snapshot) -> None:
    kinds = {resource.resource_type for resource in whole.resources}

    assert kinds == {
        "AWS::S3::Bucket",
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::SecretsManager::Secret",
    }
    assert _gaps(whole) == []
    assert whole.taken_at == NOON
    assert whole.regions == (ELSEWHERE, REGION)


def test_policies_are_their_authors_text(whole: Snapshot) -> None:
    role = _one(whole, ":role/partner").find("iam.get_role", {"RoleName": "partner"})
    bucket = _answer(_one(whole, ":::open-bucket"), "s3.get_bucket_policy")

    assert role is not None
    assert role.response is not None
    assert role.response["Role"]["AssumeRolePolicyDocument"] == trust_policy()
    assert bucket == {"Policy": policy("s3:GetObject", "arn:aws:s3:::open-bucket/*")}


def test_a_bucket_carries_all_that_leads_to_it(whole: Snapshot) -> None:
    bucket = _one(whole, ":::open-bucket")
    calls = [(made.call, made.error and made.error.code) for made in bucket.api_calls]

    assert bucket.region == REGION
    assert calls == [
        ("s3.get_bucket_location", None),
        ("s3.get_bucket_policy", None),
        ("s3.get_bucket_acl", None),
        ("s3.get_public_access_block", None),
        ("s3.get_bucket_ownership_controls", None),
        ("s3control.get_public_access_block", None),
        ("s3control.list_access_points", None),
        ("s3control.get_access_point", None),
        ("s3control.get_access_point_policy", None),
        ("s3control.list_multi_region_access_points", None),
        ("s3control.get_multi_region_access_point_policy", None),
    ]
    everywhere = _answer(bucket, "s3control.get_multi_region_access_point_policy")
    assert everywhere == {
        "Policy": {"Established": {"Policy": policy("s3:GetObject", f"arn:aws:s3::{OWNER}:accesspoint/everywhere")}}
    }


def test_a_bucket_is_where_s3_says(whole: Snapshot) -> None:
    bare = _one(whole, ":::bare-bucket")

    assert bare.region == ELSEWHERE
    assert [made.error.code for made in bare.api_calls if made.error] == [
        "NoSuchBucketPolicy",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
    ]


def test_buckets_elsewhere_are_left_out_when_regions_are_named(wire: Wire) -> None:
    snapshot = _read(replace(OPTIONS, regions=(REGION,)))

    assert {one.arn for one in snapshot.resources if one.resource_type == "AWS::S3::Bucket"} == {
        "arn:aws:s3:::open-bucket"
    }
    assert wire.seen["s3.get_bucket_acl"] == 1


@pytest.mark.parametrize(
    ("name", "keyed"),
    [
        pytest.param("by-id", True, id="a key named by its id"),
        pytest.param("by-alias", True, id="a key named by an alias"),
        pytest.param("by-default", False, id="the AWS managed key"),
    ],
)
def test_a_secret_carries_the_key_that_encrypts_it(whole: Snapshot, name: str, *, keyed: bool) -> None:
    (secret,) = (one for one in whole.resources if f":secret:{name}-" in one.arn)

    calls = [made.call for made in secret.api_calls]

    assert calls[:2] == ["secretsmanager.describe_secret", "secretsmanager.get_resource_policy"]
    assert calls[2:] == (["kms.describe_key", "kms.get_key_policy", "kms.list_grants"] if keyed else [])
    if keyed:
        read = secret.find("kms.get_key_policy", {"PolicyName": "default"})
        assert read is not None
        assert read.response is not None
        assert read.response["Policy"] == policy("kms:Decrypt")


def test_nothing_secret_leaves_aws(whole: Snapshot) -> None:
    assert "must-not-leave" not in repr(whole)


@pytest.mark.parametrize("name", ["account.jsonl", "account.jsonl.gz", "account.jsonl.zst"])
def test_what_is_recorded_is_read_back(whole: Snapshot, tmp_path: Path, name: str) -> None:
    write_recording(whole, tmp_path / name)

    assert RecordedReader(tmp_path / name).read() == whole


def test_reading_twice_gives_the_same(whole: Snapshot, wire: Wire) -> None:
    assert _read(replace(OPTIONS, workers=3)) == whole
    assert wire.seen


def test_every_enabled_region_is_read_unless_named(wire: Wire) -> None:
    snapshot = _read(replace(OPTIONS, regions=None))

    assert snapshot.regions is None
    assert wire.seen["sqs.list_queues"] > 10
    assert _gaps(snapshot) == []


# --- the policy that `read_policy` prints


def test_the_policy_is_what_was_called_and_nothing_else(wire: Wire, whole: Snapshot) -> None:
    """Observed on the wire: each call has its action in the policy, and each action in the policy was called for."""
    _read()
    for one in whole.resources:
        _read_one(one.arn)

    needed = {ACCOUNT_READS[call].action for call in wire.seen} - {None}

    # `test_credentials_live` observes the calls about credentials.
    for_credentials = {read.action for name, read in CREDENTIAL_READS.items() if name not in ACCOUNT_READS}
    assert needed == set(read_policy()["Statement"][0]["Action"]) - for_credentials


# --- faults


FOR_ONE = {"iam.get_role", "lambda.get_function_concurrency"}
"""Calls that only the reading of one resource makes: a listing tells as much."""


@pytest.mark.parametrize("call", sorted(set(ACCOUNT_READS) - {"sts.get_caller_identity"} - FOR_ONE))
def test_a_refused_call_is_a_named_gap(wire: Wire, whole: Snapshot, call: str) -> None:
    """Whatever is refused, nothing is raised, the gap has its name, and everything else is as without the fault."""
    wire.faults[call] = Refuses()

    snapshot = _read()

    expected = set() if call in {"organizations.describe_organization", "ec2.describe_regions"} else {call}
    assert {gap.call for gap in _gaps(snapshot)} == expected
    assert {gap.code for gap in _gaps(snapshot)} <= {"AccessDenied"}
    untouched = [one for one in snapshot.resources if not resource_gaps(one)]
    assert set(map(repr, untouched)) <= set(map(repr, whole.resources))
    missing = {one.resource_type for one in whole.resources} - {one.resource_type for one in snapshot.resources}
    assert missing <= {kind for gap in _gaps(snapshot) for kind in gap.resource_types}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param(Refuses("AccessDeniedException", 400), "AccessDeniedException", id="refused"),
        pytest.param(Refuses("ThrottlingException", 400), "ThrottlingException", id="throttled for good"),
        pytest.param(Refuses("InternalFailure", 500), "InternalFailure", id="broken for good"),
        pytest.param(Hangs(), "Timeout", id="never answered"),
        pytest.param(HangsUp(), "ConnectionError", id="hung up on"),
        pytest.param(Babbles(), "InvalidResponse", id="answered with a page of HTML"),
        pytest.param(Babbles(b"{}"), "InvalidResponse", id="answered with an empty object"),
        pytest.param(Babbles(b"[1]"), "InvalidResponse", id="answered with an array"),
        pytest.param(Babbles(b""), "InvalidResponse", id="answered with nothing"),
    ],
)
def test_a_fault_is_kept_on_the_call_under_its_name(wire: Wire, whole: Snapshot, fault: Fault, code: str) -> None:
    wire.faults["secretsmanager.get_resource_policy by-id"] = fault

    snapshot = _read(replace(OPTIONS, attempts=2, read_timeout=timedelta(seconds=2)))

    assert [(gap.call, gap.code) for gap in _gaps(snapshot)] == [("secretsmanager.get_resource_policy", code)]
    assert len(snapshot.resources) == len(whole.resources)


@pytest.mark.parametrize(
    "call",
    ["s3.get_bucket_acl", "iam.list_roles", "sns.list_topics", "lambda.get_policy", "s3control.list_access_points"],
)
def test_rubbish_is_invalid_in_every_protocol(wire: Wire, call: str) -> None:
    wire.faults[call] = Babbles(b"<html><body>sign in</body></html>")

    assert {(gap.call, gap.code) for gap in _gaps(_read())} == {(call, "InvalidResponse")}


def test_without_the_list_of_regions_the_home_region_is_read(wire: Wire, whole: Snapshot) -> None:
    wire.faults["ec2.describe_regions"] = Refuses("UnauthorizedOperation")

    snapshot = _read(replace(OPTIONS, regions=None))

    (gap,) = _gaps(snapshot)
    assert (gap.call, gap.code) == ("ec2.describe_regions", "UnauthorizedOperation")
    assert set(gap.resource_types) - {"AWS::IAM::User"} == {one.resource_type for one in whole.resources}
    at_home = {one.arn for one in whole.resources if one.region in {REGION, "global"}}
    assert at_home <= {one.arn for one in snapshot.resources}


def test_passing_throttles_are_waited_out(wire: Wire, whole: Snapshot) -> None:
    wire.faults["kms.get_key_policy"] = Refuses("ThrottlingException", 400, times=2)
    wire.faults["s3.get_bucket_acl"] = Refuses("SlowDown", 503, times=2)

    assert _read() == whole


def test_a_listing_that_fails_in_one_region_hides_that_region_only(wire: Wire) -> None:
    wire.faults["sqs.list_queues"] = Refuses("AccessDenied", times=1)

    gaps = _gaps(_read(replace(OPTIONS, attempts=1, workers=1)))

    assert [(gap.call, gap.region, gap.resource_types) for gap in gaps] == [
        ("sqs.list_queues", REGION if gaps[0].region == REGION else ELSEWHERE, ("AWS::SQS::Queue",))
    ]


def test_a_page_that_fails_leaves_the_pages_before_it(moto: str, wire: Wire) -> None:
    sns = client(moto, "sns")
    topics = [sns.create_topic(Name=f"many-{number:03}")["TopicArn"] for number in range(101)]
    wire.faults["sns.list_topics NextToken"] = Refuses()

    snapshot = _read()

    for topic in topics:
        sns.delete_topic(TopicArn=topic)
    assert [(gap.call, gap.region) for gap in _gaps(snapshot)] == [("sns.list_topics", REGION)]
    assert len([one for one in snapshot.resources if ":many-" in one.arn]) == 100


# --- what stops a reading


def test_regions_that_are_not_enabled_are_refused(wire: Wire) -> None:
    with pytest.raises(
        CollectError, match=r"`ap-east-1` is not enabled in account 123456789012; enabled are .*us-east"
    ):
        _read(replace(OPTIONS, regions=("ap-east-1",)))
    assert wire.seen["s3.list_buckets"] == 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param(Refuses("ExpiredToken"), "ExpiredToken: the test says no; renew them", id="expired"),
        pytest.param(Babbles(), "check the network, the proxy and AWS_ENDPOINT_URL", id="a captive portal"),
        pytest.param(Babbles(b"<p>sign in</p>"), "check the network", id="XML of others"),
        pytest.param(HangsUp(), "check the network, the proxy and AWS_ENDPOINT_URL", id="no network"),
    ],
)
def test_no_sign_in_is_one_clear_line(wire: Wire, fault: Fault, message: str) -> None:
    wire.faults["sts.get_caller_identity"] = fault

    with pytest.raises(CollectError) as caught:
        _read()

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# --- organizations


@pytest.fixture(scope="module")
def organization() -> Iterator[tuple[Wire, dict[str, str]]]:
    """A wire to an organization with a unit, and the ids of what is in it."""
    with running_moto() as moto, running_proxy(moto) as wire:
        organizations = client(moto, "organizations")
        ids = {"organization": organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]}
        ids["root"] = organizations.list_roots()["Roots"][0]["Id"]
        unit = organizations.create_organizational_unit(ParentId=ids["root"], Name="unit")["OrganizationalUnit"]
        ids["unit"] = unit["Id"]
        created = organizations.create_account(AccountName="member", Email="member@example.com")
        ids["member"] = created["CreateAccountStatus"]["AccountId"]
        organizations.move_account(AccountId=ids["member"], SourceParentId=ids["root"], DestinationParentId=ids["unit"])
        organizations.enable_policy_type(RootId=ids["root"], PolicyType="RESOURCE_CONTROL_POLICY")
        fence = organizations.create_policy(
            Name="fence", Description="", Type="RESOURCE_CONTROL_POLICY", Content=policy("s3:*")
        )["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=fence, TargetId=ids["unit"])
        granted = client(moto, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{ids['member']}:role/any", RoleSessionName="setup"
        )["Credentials"]
        _build_member(moto, granted)
        yield wire, ids


def _build_member(moto: str, granted: dict[str, str]) -> None:
    import boto3  # noqa: PLC0415 - credentials of another account, needed here only

    session = boto3.Session(granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"], REGION)
    sqs = session.client("sqs", endpoint_url=moto)
    sqs.create_queue(QueueName="members-own")


@pytest.fixture
def member_wire(
    organization: tuple[Wire, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Wire, dict[str, str]]]:
    wire, ids = organization
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": wire.endpoint}.items():
        monkeypatch.setenv(name, value)
    wire.clear()
    yield wire, ids
    wire.clear()


ORGANIZATION = replace(OPTIONS, organization=True, regions=(REGION,))


def test_an_organization_is_read_account_by_account(member_wire: tuple[Wire, dict[str, str]]) -> None:
    wire, ids = member_wire

    snapshot = _read(ORGANIZATION)

    zone = snapshot.zone_of_trust
    root = f"{ids['organization']}/{ids['root']}/"
    assert {member.account_id: member.org_path for member in zone.accounts} == {
        OWNER: root,
        ids["member"]: f"{root}{ids['unit']}/",
    }
    assert (ids["unit"], policy("s3:*")) in {(one.target_id, one.content) for one in zone.resource_control_policies}
    assert [account.account_id for account in snapshot.accounts] == sorted([OWNER, ids["member"]])
    (queue,) = (one for one in snapshot.resources if one.arn.endswith(":members-own"))
    assert queue.owner_account == ids["member"]
    assert _gaps(snapshot) == []
    assert set(ORGANIZATION_READS) >= set(wire.seen)


def test_the_organization_policy_adds_what_an_organization_takes(member_wire: tuple[Wire, dict[str, str]]) -> None:
    wire, _ = member_wire
    _read(ORGANIZATION)
    reads, enters = read_policy(organization=True, role_name="reader")["Statement"]

    needed = {ORGANIZATION_READS[call].action for call in wire.seen} - {None}

    added = set(reads["Action"]) - set(read_policy()["Statement"][0]["Action"])
    assert added | {enters["Action"]} <= needed
    assert needed <= set(reads["Action"]) | {enters["Action"]}
    assert enters["Resource"] == "arn:aws:iam::*:role/reader"


@pytest.mark.parametrize(
    "call",
    [
        "organizations.list_accounts_for_parent",
        "organizations.list_organizational_units_for_parent",
        "organizations.list_policies",
        "organizations.describe_policy",
        "organizations.list_targets_for_policy",
        "sts.assume_role",
    ],
)
def test_what_an_organization_hides_is_a_gap(member_wire: tuple[Wire, dict[str, str]], call: str) -> None:
    wire, _ = member_wire
    wire.faults[call] = Refuses()

    snapshot = _read(ORGANIZATION)

    assert {(gap.call, gap.code) for gap in _gaps(snapshot)} == {(call, "AccessDenied")}
    assert OWNER in {account.account_id for account in snapshot.accounts}


def test_the_session_in_a_member_account_can_only_read(member_wire: tuple[Wire, dict[str, str]]) -> None:
    """The fault strikes only a request that carries the action, that is, a session policy that names it."""
    wire, ids = member_wire
    wire.faults["sts.assume_role secretsmanager%3ADescribeSecret"] = Refuses()

    gaps = _gaps(_read(ORGANIZATION))

    assert [(gap.call, gap.account) for gap in gaps] == [("sts.assume_role", ids["member"])]


def test_a_recorded_organization_is_read_back(member_wire: tuple[Wire, dict[str, str]], tmp_path: Path) -> None:
    assert member_wire
    snapshot = _read(ORGANIZATION)
    write_recording(snapshot, tmp_path / "organization.jsonl")

    assert RecordedReader(tmp_path / "organization.jsonl").read() == snapshot


@pytest.mark.parametrize("call", ["organizations.describe_organization", "organizations.list_roots"])
def test_an_organization_that_cannot_be_seen_stops_the_reading(
    member_wire: tuple[Wire, dict[str, str]], call: str
) -> None:
    wire, _ = member_wire
    wire.faults[call] = Refuses()

    with pytest.raises(CollectError, match="or leave out `--organization`"):
        _read(ORGANIZATION)


def test_an_organization_that_does_not_answer_is_a_gap_of_its_account(wire: Wire) -> None:
    wire.faults["organizations.describe_organization"] = Babbles()

    (gap,) = _gaps(_read())

    assert (gap.call, gap.code, gap.resource_types) == ("organizations.describe_organization", "InvalidResponse", ())


def test_a_member_that_is_entered_with_rubbish_is_a_gap(member_wire: tuple[Wire, dict[str, str]]) -> None:
    wire, ids = member_wire
    wire.faults["sts.assume_role"] = Babbles()

    snapshot = _read(ORGANIZATION)

    assert [(gap.call, gap.code, gap.account) for gap in _gaps(snapshot)] == [
        ("sts.assume_role", "InvalidResponse", ids["member"])
    ]


def test_an_account_zone_notes_the_organization(member_wire: tuple[Wire, dict[str, str]]) -> None:
    _, ids = member_wire

    zone = _read(replace(OPTIONS, regions=(REGION,))).zone_of_trust

    assert zone.member_of_organization_id == ids["organization"]
    assert zone.organization_id is None


def test_no_organization_is_an_error_only_when_one_is_asked_for(wire: Wire) -> None:
    assert _read().zone_of_trust.member_of_organization_id is None
    with pytest.raises(CollectError, match="belongs to no organization"):
        _read(ORGANIZATION)
    assert wire.seen
