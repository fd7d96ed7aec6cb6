import msgspec
import pytest

from sekisho.analyzers.observation import AnalysisError, ErrorCode
from sekisho.findings import Coverage, Undecided, coverage_of
from sekisho.resources.gaps import Gap
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount, RawResource, Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType
from unit.findings.builders import ACCOUNT, BUCKET, MONDAY, analysis, analysis_error, coverage

MEMBER = "222233334444"


def failed(call: str, *resource_types: str, region: str | None = None, account: str = ACCOUNT) -> Gap:
    return Gap(call, "AccessDenied", "", account, region, resource_types=resource_types)


@pytest.mark.parametrize(
    ("gap", "hidden"),
    [
        pytest.param(failed("sqs.list_queues", "AWS::SQS::Queue", region="us-west-2"), True, id="its own listing"),
        pytest.param(failed("sqs.list_queues", "AWS::SQS::Queue"), True, id="its listing in no named Region"),
        pytest.param(failed("sqs.list_queues", "AWS::SQS::Queue", region="eu-west-1"), False, id="another Region"),
        pytest.param(failed("kms.list_keys", "AWS::KMS::Key", region="us-west-2"), False, id="another type"),
        pytest.param(failed("sqs.list_queues", "AWS::SQS::Queue", account=MEMBER), False, id="another account"),
    ],
)
def test_a_failed_listing_hides_what_it_would_have_listed(gap: Gap, hidden: bool) -> None:  # noqa: FBT001 - a table row
    looked_at = coverage(gap)

    included = looked_at.includes(BUCKET, resource_type="AWS::SQS::Queue", account=ACCOUNT, region="us-west-2")

    assert included is not hidden


def test_a_failed_listing_of_buckets_hides_them_in_every_region() -> None:
    looked_at = coverage(failed("s3.list_buckets", "AWS::S3::Bucket", region="us-east-1"))

    assert not looked_at.includes(BUCKET, resource_type="AWS::S3::Bucket", account=ACCOUNT, region="eu-west-1")


def test_a_region_that_was_not_asked_was_not_looked_at() -> None:
    looked_at = coverage(regions=("eu-west-1",))

    assert not looked_at.includes(BUCKET, resource_type="AWS::SQS::Queue", account=ACCOUNT, region="us-west-2")
    assert looked_at.includes(BUCKET, resource_type="AWS::SQS::Queue", account=ACCOUNT, region="eu-west-1")
    assert looked_at.includes(BUCKET, resource_type="AWS::IAM::Role", account=ACCOUNT, region="global")


@pytest.mark.parametrize("resource_type", ["AWS::EC2::Snapshot", "AWS::ECR::Repository"])
def test_a_type_that_no_account_is_searched_for_was_not_looked_at(resource_type: str) -> None:
    assert not coverage().includes(BUCKET, resource_type=resource_type, account=ACCOUNT, region="us-west-2")


def test_an_account_that_was_not_read_was_not_looked_at() -> None:
    assert not coverage().includes(BUCKET, resource_type="AWS::SQS::Queue", account=MEMBER, region="us-west-2")


def test_a_scan_of_one_resource_looked_at_no_other() -> None:
    snapshot = Snapshot(MONDAY, ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-west-2"), only=(BUCKET,))

    looked_at = coverage_of(snapshot, ())

    place = {"resource_type": "AWS::S3::Bucket", "account": ACCOUNT, "region": "us-west-2"}
    assert looked_at.only == (BUCKET,)
    assert looked_at.includes(BUCKET, **place)
    assert not looked_at.includes(BUCKET + "2", **place)
    assert not looked_at.includes(BUCKET, **place | {"account": MEMBER})


def test_a_coverage_from_before_there_were_scans_of_one_resource_is_of_everything() -> None:
    stored = b'{"taken_at": "2026-11-16T08:00:00Z", "accounts": ["111122223333"], "regions": null, "resources": 3}'

    assert msgspec.json.decode(stored, type=Coverage).only is None


def test_the_account_of_an_empty_recording_was_read() -> None:
    snapshot = Snapshot(MONDAY, ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-west-2"))

    assert coverage_of(snapshot, ()).accounts == (ACCOUNT,)


def test_a_member_of_which_the_snapshot_says_nothing_was_not_read() -> None:
    zone = ZoneOfTrust(ZoneType.ORGANIZATION, ACCOUNT, "us-west-2", organization_id="o-exampleorgid")

    assert coverage_of(Snapshot(MONDAY, zone, accounts=(RawAccount(MEMBER),)), ()).accounts == (MEMBER,)


def test_a_member_that_could_not_be_entered_was_not_read() -> None:
    zone = ZoneOfTrust(ZoneType.ORGANIZATION, ACCOUNT, "us-west-2", organization_id="o-exampleorgid")
    closed = RawAccount(MEMBER, (ApiCall("sts.assume_role", {}, error=ApiError("AccessDenied")),))

    seen = coverage_of(Snapshot(MONDAY, zone, accounts=(RawAccount(ACCOUNT), closed)), ())

    assert seen.accounts == (ACCOUNT,)
    assert [gap.call for gap in seen.gaps] == ["sts.assume_role"]


def test_failed_listings_and_failed_reads_are_gaps() -> None:
    denied = ApiError("AccessDenied")
    bucket = RawResource(
        "AWS::S3::Bucket", BUCKET, ACCOUNT, "us-west-2", (ApiCall("s3.get_bucket_policy", {}, error=denied),)
    )
    account = RawAccount(ACCOUNT, (ApiCall("sqs.list_queues", {}, error=denied, region="eu-west-1"),))
    zone = ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-west-2")

    seen = coverage_of(Snapshot(MONDAY, zone, (bucket,), (account,)), ())

    assert [(gap.call, gap.resource) for gap in seen.gaps] == [
        ("sqs.list_queues", None),
        ("s3.get_bucket_policy", BUCKET),
    ]
    assert not seen.is_complete


def test_an_analysis_that_gave_up_is_undecided_and_a_denied_read_is_not_told_twice() -> None:
    snapshot = Snapshot(MONDAY, ZoneOfTrust(ZoneType.ACCOUNT, ACCOUNT, "us-west-2"))
    gave_up = AnalysisError(ErrorCode.INTERNAL_ERROR, "the policy is beyond the budget")

    seen = coverage_of(snapshot, [analysis(gave_up), analysis(analysis_error(failed("s3.get_bucket_policy")))])

    assert seen.undecided == (Undecided(BUCKET, "the policy is beyond the budget"),)
    assert not seen.is_complete
