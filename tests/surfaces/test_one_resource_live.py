"""Single resources of an account that moto plays: read as among all others, scanned without touching the others."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from msgspec import structs

from sekisho.analyzers.external import analyze_external_access, analyze_resource
from sekisho.analyzers.observation import AnalysisError, ExternalAccess
from sekisho.collectors import CollectError, LiveOptions, LiveReader, OutOfReachError
from sekisho.collectors.one_resource import collector_of
from sekisho.collectors.services import ACCOUNT_READS
from sekisho.findings import Finding, FindingFilter, FindingStore, ScanReport, Status, coverage_of, record_scan
from sekisho.resources.gaps import account_gaps, resource_gaps
from sekisho.resources.proposals import propose
from sekisho.resources.snapshot import RawResource, Snapshot
from sekisho.storage import SqlFindingStore
from surfaces.account_of_four import AccountOfFour, policy
from surfaces.aws import (
    ELSEWHERE,
    ENVIRONMENT,
    OWNER,
    PARTNER,
    REGION,
    Babbles,
    Fault,
    Hangs,
    HangsUp,
    Refuses,
    Wire,
    build_account,
    client,
    running_moto,
    running_proxy,
)

pytestmark = pytest.mark.slow

OPTIONS = LiveOptions(regions=(REGION, ELSEWHERE), attempts=1)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def proxied() -> Iterator[Wire]:
    """A wire to an account with at least one of everything."""
    with running_moto() as moto, running_proxy(moto) as wire:
        build_account(moto)
        yield wire


def _lead(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", wire.endpoint)
    wire.clear()
    yield wire
    wire.clear()


@pytest.fixture
def wire(proxied: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    yield from _lead(proxied, monkeypatch)


@pytest.fixture(scope="module")
def whole(proxied: Wire) -> Snapshot:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", proxied.endpoint)
        return _reader().read()


def _reader(options: LiveOptions = OPTIONS) -> LiveReader:
    return LiveReader(options, now=lambda: NOON)


def _read(arn: str, options: LiveOptions = OPTIONS, *, owner_account: str | None = None) -> Snapshot:
    return _reader(options).read_resource(arn, owner_account=owner_account)


def _failed(snapshot: Snapshot) -> set[str]:
    of_resources = {gap.call for one in snapshot.resources for gap in resource_gaps(one)}
    return of_resources | {gap.call for one in snapshot.accounts for gap in account_gaps(one)}


def _one_of_each_type(snapshot: Snapshot) -> tuple[RawResource, ...]:
    return tuple({one.resource_type: one for one in snapshot.resources}.values())


# --- reading


def test_each_resource_is_read_by_itself_as_with_all_others(wire: Wire, whole: Snapshot) -> None:
    assert len(whole.resources) >= 14
    for one in whole.resources:
        alone = _read(one.arn)

        assert alone == structs.replace(whole, resources=(one,), only=(one.arn,))
    assert wire.seen["iam.list_roles"] == wire.seen["kms.list_keys"] == wire.seen["secretsmanager.list_secrets"] == 0


def test_a_bucket_that_is_yet_to_be_made_is_under_the_block_of_its_account(wire: Wire) -> None:
    present = _read("arn:aws:s3:::yet-to-be-made")
    everyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::yet-to-be-made/*",
    }
    proposal = {"s3Bucket": {"bucketPolicy": json.dumps({"Version": "2012-10-17", "Statement": [everyone]})}}

    assert present.resources == ()
    (block,) = [made for one in present.accounts for made in one.api_calls]
    made = propose("arn:aws:s3:::yet-to-be-made", proposal, present).find("s3control.get_public_access_block")
    assert made == block
    wire.faults["s3control.get_public_access_block"] = Refuses("AccessDenied", 403)
    unsure = propose("arn:aws:s3:::yet-to-be-made", proposal, _read("arn:aws:s3:::yet-to-be-made"))
    (seen,) = analyze_resource(unsure, present.zone_of_trust).observations
    assert isinstance(seen.outcome, AnalysisError)


@pytest.mark.parametrize("call", sorted(set(ACCOUNT_READS) - {"sts.get_caller_identity"}))
def test_what_is_refused_is_never_taken_for_gone(wire: Wire, whole: Snapshot, call: str) -> None:
    """Whatever is refused, the resource is as without the fault, or the gap has its name; and the same as among all."""
    wire.faults[call] = Refuses()
    for one in _one_of_each_type(whole):
        if call not in collector_of(one.arn)[0].reads:
            continue

        alone = _read(one.arn)

        assert alone.resources == (one,) or _failed(alone) == {call}
        coverage = coverage_of(alone, ())
        place = {"resource_type": one.resource_type, "account": one.owner_account, "region": one.region}
        assert alone.resources or not coverage.includes(one.arn, **place)


EXISTENCE = (
    "iam.get_role",
    "kms.describe_key",
    "lambda.get_function_concurrency",
    "lambda.list_layer_versions",
    "s3.list_buckets",
    "secretsmanager.describe_secret",
    "sns.get_topic_attributes",
    "sqs.get_queue_attributes",
    "sqs.list_queues",
)
"""The calls that say whether something exists; where a bucket is not listed, its name is not enough."""

ABSENT = {
    "iam": f"arn:aws:iam::{OWNER}:role/absent",
    "kms": f"arn:aws:kms:{REGION}:{OWNER}:key/00000000-0000-4000-8000-000000000000",
    "s3": "arn:aws:s3:::absent-bucket",
    "secretsmanager": f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:absent-AbCdEf",
    "sns": f"arn:aws:sns:{REGION}:{OWNER}:absent",
    "sqs": f"arn:aws:sqs:{REGION}:{OWNER}:absent",
    "lambda.get_function_concurrency": f"arn:aws:lambda:{REGION}:{OWNER}:function:absent",
    "lambda.list_layer_versions": f"arn:aws:lambda:{REGION}:{OWNER}:layer:absent:1",
    "sqs.get_queue_attributes": f"arn:aws:sqs:{REGION}:{OWNER}:queue-0",
}


@pytest.mark.parametrize("call", EXISTENCE)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Refuses("AccessDeniedException", 400), id="refused"),
        pytest.param(Refuses("ThrottlingException", 400), id="throttled"),
        pytest.param(Refuses("InternalFailure", 500), id="broken"),
        pytest.param(Refuses("404", 404), id="a page that is not there"),
        pytest.param(Hangs(), id="never answered"),
        pytest.param(HangsUp(), id="hung up on"),
        pytest.param(Babbles(), id="answered with a page of HTML"),
    ],
)
def test_without_the_word_of_the_service_nothing_is_gone(wire: Wire, call: str, fault: Fault) -> None:
    wire.faults[call] = fault
    options = replace(OPTIONS, read_timeout=timedelta(seconds=1)) if isinstance(fault, Hangs) else OPTIONS

    alone = _read(ABSENT.get(call) or ABSENT[call.partition(".")[0]], options)

    assert call in _failed(alone)


def test_a_queue_that_vanishes_after_the_listing_is_gone(wire: Wire) -> None:
    wire.faults["sqs.get_queue_attributes"] = Refuses("AWS.SimpleQueueService.NonExistentQueue", 400)

    alone = _read(f"arn:aws:sqs:{REGION}:{OWNER}:queue-0")

    assert (alone.resources, _failed(alone)) == ((), set())


def test_a_bucket_that_vanishes_after_the_listing_is_gone(wire: Wire) -> None:
    wire.faults["s3.get_bucket_location"] = Refuses("NoSuchBucket", 404)

    alone = _read("arn:aws:s3:::open-bucket")

    assert (alone.resources, _failed(alone)) == ((), set())


def test_a_secret_that_is_to_be_deleted_is_gone_as_for_the_listing(wire: Wire) -> None:
    secrets = client(wire.endpoint, "secretsmanager")
    arn = secrets.create_secret(Name="to-be-deleted", SecretString="must-not-leave")["ARN"]
    assert len(_read(arn).resources) == 1

    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)

    assert _read(arn).resources == ()
    assert arn not in {one.arn for one in _reader().read().resources}


def test_a_bucket_in_a_region_that_is_not_read_is_out_of_reach(wire: Wire) -> None:
    with pytest.raises(OutOfReachError, match=f"in the Region {ELSEWHERE}, which is not among those to read"):
        _read("arn:aws:s3:::bare-bucket", replace(OPTIONS, regions=(REGION,)))
    assert wire.seen["s3.get_bucket_policy"] == 0


def test_a_region_that_is_not_enabled_is_out_of_reach(wire: Wire) -> None:
    with pytest.raises(CollectError, match="`ap-east-1` is not enabled in account"):
        _read(f"arn:aws:sqs:ap-east-1:{OWNER}:jobs", replace(OPTIONS, regions=None))
    assert wire.seen["sqs.list_queues"] == 0


# --- organizations


@pytest.fixture(scope="module")
def organization() -> Iterator[tuple[Wire, str]]:
    """A wire to an organization, and a member account that has a queue and a bucket."""
    with running_moto() as moto, running_proxy(moto) as wire:
        organizations = client(moto, "organizations")
        organizations.create_organization(FeatureSet="ALL")
        created = organizations.create_account(AccountName="member", Email="member@example.com")
        member: str = created["CreateAccountStatus"]["AccountId"]
        granted = client(moto, "sts").assume_role(RoleArn=f"arn:aws:iam::{member}:role/any", RoleSessionName="setup")
        keys = granted["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
        session.client("sqs", endpoint_url=moto).create_queue(QueueName="members-own")
        session.client("s3", endpoint_url=moto).create_bucket(Bucket="members-bucket")
        yield wire, member


@pytest.fixture
def member(organization: tuple[Wire, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    wire, account = organization
    for _ in _lead(wire, monkeypatch):
        yield account


ORGANIZATION = replace(OPTIONS, organization=True, regions=(REGION,))


def test_a_resource_of_a_member_is_read_in_its_account(organization: tuple[Wire, str], member: str) -> None:
    arn = f"arn:aws:sqs:{REGION}:{member}:members-own"
    whole = _reader(ORGANIZATION).read()

    alone = _read(arn, ORGANIZATION)

    assert alone.resources == tuple(one for one in whole.resources if one.arn == arn)
    assert alone.zone_of_trust == whole.zone_of_trust
    assert alone.accounts == whole.accounts
    assert organization


def test_a_member_that_cannot_be_entered_is_a_gap(organization: tuple[Wire, str], member: str) -> None:
    wire, _ = organization
    wire.faults["sts.assume_role"] = Refuses()
    arn = f"arn:aws:sqs:{REGION}:{member}:members-own"

    alone = _read(arn, ORGANIZATION)

    assert (alone.resources, _failed(alone)) == ((), {"sts.assume_role"})
    place = {"resource_type": "AWS::SQS::Queue", "account": member, "region": REGION}
    assert not coverage_of(alone, ()).includes(arn, **place)


def test_a_bucket_is_read_in_the_account_that_is_named(member: str) -> None:
    (bucket,) = _read("arn:aws:s3:::members-bucket", ORGANIZATION, owner_account=member).resources

    assert (bucket.owner_account, bucket.region) == (member, REGION)


def test_a_bucket_of_another_account_is_neither_ours_nor_gone(member: str) -> None:
    with pytest.raises(OutOfReachError, match=f"not among the buckets of account {OWNER}; name the account"):
        _read("arn:aws:s3:::members-bucket", ORGANIZATION)
    with pytest.raises(OutOfReachError, match="outside the zone of trust"):
        _read("arn:aws:s3:::members-bucket", replace(OPTIONS, regions=(REGION,)), owner_account=member)


# --- scanning


@pytest.fixture(scope="module")
def four() -> Iterator[tuple[Wire, AccountOfFour]]:
    with running_moto() as moto, running_proxy(moto) as wire:
        account = AccountOfFour(moto)
        account.build()
        yield wire, account


@pytest.fixture
def account(four: tuple[Wire, AccountOfFour], monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountOfFour]:
    wire, made = four
    for _ in _lead(wire, monkeypatch):
        yield made


@pytest.fixture
def store(account: AccountOfFour) -> Iterator[FindingStore]:
    """A store that has seen the whole account."""
    assert account.expected
    with SqlFindingStore("sqlite://") as opened:
        snapshot = _reader(SCANNED).read()
        record_scan(opened, snapshot, analyze_external_access(snapshot), now=NOON)
        yield opened


SCANNED = replace(OPTIONS, regions=(REGION,))
LATER = NOON + timedelta(days=400)
"""So late that a scan of everything would also forget what was resolved."""


def _scan_one(store: FindingStore, arn: str, now: datetime = LATER) -> ScanReport:
    snapshot = _read(arn, SCANNED)
    return record_scan(store, snapshot, analyze_external_access(snapshot), now=now)


def _on(findings: Iterable[Finding], arn: str) -> tuple[list[Finding], list[Finding]]:
    """Return what is on one resource, and what is on others."""
    known = list(findings)
    return [one for one in known if one.observation.resource == arn], [
        one for one in known if one.observation.resource != arn
    ]


def _function(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{OWNER}:function:{name}"


def _secret(account: AccountOfFour) -> str:
    arn: str = account.secrets.describe_secret(SecretId="secret-account")["ARN"]
    return arn


def _key(store: FindingStore) -> str:
    found = store.findings(FindingFilter(resource_type="AWS::KMS::Key"))
    return next(one.observation.resource for one in found if PARTNER in json.dumps(dict(_principal(one))))


def _principal(finding: Finding) -> dict[str, str]:
    outcome = finding.observation.outcome
    assert isinstance(outcome, ExternalAccess)
    return dict(outcome.principal)


Act = Callable[[AccountOfFour], object]
QUEUE = f"arn:aws:sqs:{REGION}:{OWNER}:queue-account"
TOPIC = f"arn:aws:sns:{REGION}:{OWNER}:topic-account"


def _drop_bucket(account: AccountOfFour) -> None:
    account.s3.delete_bucket(Bucket="bucket-account")


def _close_topic(account: AccountOfFour) -> None:
    account.sns.set_topic_attributes(
        TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy("closed", "sns:Publish", TOPIC)
    )


def _drop_queue(account: AccountOfFour) -> None:
    account.sqs.delete_queue(QueueUrl=account.sqs.get_queue_url(QueueName="queue-account")["QueueUrl"])


@pytest.mark.parametrize(
    ("arn", "close", "delete"),
    [
        pytest.param(
            "arn:aws:s3:::bucket-account",
            lambda account: account.open_bucket("bucket-account", "closed"),
            _drop_bucket,
            id="bucket",
        ),
        pytest.param(
            f"arn:aws:iam::{OWNER}:role/role-account",
            lambda account: account.open_role("role-account", "closed"),
            lambda account: account.iam.delete_role(RoleName="role-account"),
            id="role",
        ),
        pytest.param(
            _function("function-account"),
            lambda account: account.functions.remove_permission(FunctionName="function-account", StatementId="one"),
            lambda account: account.functions.delete_function(FunctionName="function-account"),
            id="function",
        ),
        pytest.param(
            f"arn:aws:lambda:{REGION}:{OWNER}:layer:layer-account:1",
            lambda account: account.functions.remove_layer_version_permission(
                LayerName="layer-account", VersionNumber=1, StatementId="one"
            ),
            lambda account: account.functions.delete_layer_version(LayerName="layer-account", VersionNumber=1),
            id="layer version",
        ),
        pytest.param(QUEUE, lambda account: account.open_queue("queue-account", "closed"), _drop_queue, id="queue"),
        pytest.param(TOPIC, _close_topic, lambda account: account.sns.delete_topic(TopicArn=TOPIC), id="topic"),
        pytest.param(
            _secret,
            lambda account: account.secrets.delete_resource_policy(SecretId="secret-account"),
            lambda account: account.secrets.delete_secret(SecretId="secret-account", ForceDeleteWithoutRecovery=True),
            id="secret",
        ),
    ],
)
def test_what_is_closed_is_resolved_and_what_is_deleted_is_forgotten(
    store: FindingStore, account: AccountOfFour, arn: str | Callable[[AccountOfFour], str], close: Act, delete: Act
) -> None:
    resource = arn if isinstance(arn, str) else arn(account)
    ((before,), others) = _on(store.findings(FindingFilter()), resource)
    assert before.status is Status.ACTIVE

    close(account)
    closed = _scan_one(store, resource)

    ((resolved,), still) = _on(store.findings(FindingFilter()), resource)
    assert (resolved.id, resolved.status) == (before.id, Status.RESOLVED)
    assert [one.analyzed_at for one in store.analyzed_resources(resource)] == [LATER]
    assert still == others

    delete(account)
    deleted = _scan_one(store, resource, LATER + timedelta(hours=1))

    assert store.analyzed_resources(resource) == ()
    assert _on(store.findings(FindingFilter()), resource) == ([resolved], others)
    assert all(store.analyzed_resources(one.observation.resource) for one in others)
    assert closed.coverage.is_complete
    assert deleted.coverage.is_complete
    assert len(deleted.reconciliation.left_alone) == 0
    assert len(store.scans(limit=10)) == 1


def test_an_open_resource_that_is_deleted_is_resolved_and_forgotten(
    store: FindingStore, four: tuple[Wire, AccountOfFour]
) -> None:
    """moto deletes no key at once."""
    key = _key(store)
    four[0].faults["kms.describe_key"] = Refuses("NotFoundException", 400)
    ((before,), others) = _on(store.findings(FindingFilter()), key)

    _scan_one(store, key)

    ((after,), still) = _on(store.findings(FindingFilter()), key)
    assert (after.id, after.status) == (before.id, Status.RESOLVED)
    assert store.analyzed_resources(key) == ()
    assert still == others


PUBLIC_QUEUE = f"arn:aws:sqs:{REGION}:{OWNER}:queue-public"


def test_a_refused_call_is_an_error_finding_until_it_is_answered(
    store: FindingStore, four: tuple[Wire, AccountOfFour]
) -> None:
    wire, _ = four
    wire.faults["sqs.get_queue_attributes"] = Refuses()
    ((before,), others) = _on(store.findings(FindingFilter()), PUBLIC_QUEUE)

    denied = _scan_one(store, PUBLIC_QUEUE)
    known, still = _on(store.findings(FindingFilter(statuses=frozenset({Status.ACTIVE}))), PUBLIC_QUEUE)
    wire.clear()
    _scan_one(store, PUBLIC_QUEUE, LATER + timedelta(hours=1))
    active, _ = _on(store.findings(FindingFilter(statuses=frozenset({Status.ACTIVE}))), PUBLIC_QUEUE)

    assert [isinstance(one.observation.outcome, AnalysisError) for one in known] == [True]
    assert [gap.call for gap in denied.coverage.gaps] == ["sqs.get_queue_attributes"]
    assert still == others
    assert [(one.id, one.created_at) for one in active] == [(before.id, before.created_at)]
    assert len(store.analyzed_resources(PUBLIC_QUEUE)) == 1


@pytest.mark.parametrize(
    ("arn", "call"), [(PUBLIC_QUEUE, "sqs.list_queues"), ("arn:aws:s3:::bucket-public", "s3.list_buckets")]
)
def test_a_refused_listing_leaves_everything_as_it_is(
    store: FindingStore, four: tuple[Wire, AccountOfFour], arn: str, call: str
) -> None:
    four[0].faults[call] = Refuses()
    before = store.findings(FindingFilter())

    report = _scan_one(store, arn)

    assert store.findings(FindingFilter()) == before
    assert len(store.analyzed_resources(arn)) == 1
    assert [gap.call for gap in report.coverage.gaps] == [call]
    assert [one.observation.resource for one in report.reconciliation.left_alone] == [arn]


def test_a_new_resource_is_found_without_a_look_at_the_others(store: FindingStore, account: AccountOfFour) -> None:
    arn = f"arn:aws:sqs:{REGION}:{OWNER}:queue-new"
    before = store.findings(FindingFilter())
    with suppress(account.sqs.exceptions.QueueNameExists):
        account.sqs.create_queue(QueueName="queue-new")
    account.open_queue("queue-new", "public")

    report = _scan_one(store, arn)

    assert [one.observation.resource for one in report.reconciliation.new] == [arn]
    assert _on(store.findings(FindingFilter()), arn)[1] == list(before)
