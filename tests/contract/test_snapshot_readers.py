"""What every `SnapshotReader` promises, whatever it reads from."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.collectors import (
    CollectError,
    LiveOptions,
    LiveReader,
    OutOfReachError,
    RecordedReader,
    SnapshotReader,
    UnsupportedArnError,
    write_recording,
)
from sekisho.resources.gaps import account_gaps, resource_gaps
from sekisho.resources.snapshot import ApiCall, Snapshot
from surfaces.aws import (
    ELSEWHERE,
    ENVIRONMENT,
    OWNER,
    PARTNER,
    REGION,
    Refuses,
    Wire,
    build_account,
    running_moto,
    running_proxy,
)

OPTIONS = LiveOptions(regions=(REGION, ELSEWHERE), attempts=2)

NEVER_THERE = (
    "arn:aws:s3:::open-buc",
    f"arn:aws:iam::{OWNER}:role/nobody",
    f"arn:aws:iam::{OWNER}:role/elsewhere/partner",
    f"arn:aws:kms:{REGION}:{OWNER}:key/00000000-0000-4000-8000-000000000000",
    f"arn:aws:lambda:{REGION}:{OWNER}:function:nothing",
    f"arn:aws:lambda:{REGION}:{OWNER}:layer:layer:9",
    f"arn:aws:lambda:{REGION}:{OWNER}:layer:nothing:1",
    f"arn:aws:sqs:{REGION}:{OWNER}:queue-",
    f"arn:aws:sns:{ELSEWHERE}:{OWNER}:nothing",
    f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:by-id",
    f"arn:aws:secretsmanager:{REGION}:{OWNER}:secret:nothing-AbCdEf",
)
"""Names close to those that exist, and the same names in other places."""

pytestmark = pytest.mark.slow  # the live reader needs a server, and what is recorded is what it read


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """An account in which one queue and the listing of topics may not be read."""
    with running_moto() as moto, running_proxy(moto) as wire, pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": wire.endpoint}.items():
            patch.setenv(name, value)
        build_account(moto)
        wire.faults["sqs.get_queue_attributes queue-1"] = Refuses()
        wire.faults["sns.list_topics"] = Refuses()
        yield wire


def _live(_: Path) -> SnapshotReader:
    return LiveReader(OPTIONS)


def _recorded(folder: Path) -> SnapshotReader:
    path = folder / "account.jsonl.gz"
    write_recording(LiveReader(OPTIONS).read(), path)
    return RecordedReader(path)


@pytest.fixture(scope="module", params=[pytest.param(_live, id="live"), pytest.param(_recorded, id="recorded")])
def reader(request: pytest.FixtureRequest, wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> SnapshotReader:
    assert wire.endpoint
    make: Callable[[Path], SnapshotReader] = request.param
    return make(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def snapshot(reader: SnapshotReader) -> Snapshot:
    return reader.read()


class Steps:
    """Counts what a reading says of its progress."""

    def __init__(self) -> None:
        self.expected = 0
        self.advanced = 0

    def expect(self, steps: int) -> None:
        self.expected += steps

    def advance(self, step: str) -> None:
        assert step is not None
        self.advanced += 1
        assert self.advanced <= self.expected


def _calls(snapshot: Snapshot) -> Iterator[ApiCall]:
    for account in snapshot.accounts:
        yield from account.api_calls
    for resource in snapshot.resources:
        yield from resource.api_calls


def test_reading_again_gives_the_same_but_for_the_time(reader: SnapshotReader, snapshot: Snapshot) -> None:
    again = reader.read()

    assert again.resources == snapshot.resources
    assert again.accounts == snapshot.accounts
    assert again.zone_of_trust == snapshot.zone_of_trust


def test_the_time_is_in_utc(snapshot: Snapshot) -> None:
    assert snapshot.taken_at.utcoffset() == timedelta(0)


def test_resources_and_accounts_are_sorted_and_unique(snapshot: Snapshot) -> None:
    places = [(one.owner_account, one.region, one.resource_type, one.arn) for one in snapshot.resources]

    assert places == sorted(set(places))
    assert [one.account_id for one in snapshot.accounts] == sorted({one.account_id for one in snapshot.accounts})
    assert {one.owner_account for one in snapshot.resources} <= {one.account_id for one in snapshot.accounts}


def test_a_call_has_an_answer_or_an_error(snapshot: Snapshot) -> None:
    made = list(_calls(snapshot))

    assert made
    assert all((one.response is None) != (one.error is None) for one in made)


def test_answers_are_json(snapshot: Snapshot, tmp_path: Path) -> None:
    write_recording(snapshot, tmp_path / "again.jsonl")

    assert RecordedReader(tmp_path / "again.jsonl").read() == snapshot


def test_what_could_not_be_read_is_named(snapshot: Snapshot) -> None:
    of_resources = [gap for one in snapshot.resources for gap in resource_gaps(one)]
    of_accounts = [gap for one in snapshot.accounts for gap in account_gaps(one)]

    assert [(gap.call, gap.code, gap.resource) for gap in of_resources] == [
        ("sqs.get_queue_attributes", "AccessDenied", f"arn:aws:sqs:{REGION}:123456789012:queue-1")
    ]
    assert {(gap.call, gap.region, gap.resource_types) for gap in of_accounts} == {
        ("sns.list_topics", region, ("AWS::SNS::Topic",)) for region in (REGION, ELSEWHERE)
    }


def test_each_resource_is_read_by_itself_as_with_all_others(reader: SnapshotReader, snapshot: Snapshot) -> None:
    assert snapshot.resources
    for one in snapshot.resources:
        alone = reader.read_resource(one.arn)

        assert alone.resources == (one,)
        assert alone.only == (one.arn,)
        assert (alone.zone_of_trust, alone.regions) == (snapshot.zone_of_trust, snapshot.regions)


@pytest.mark.parametrize("arn", NEVER_THERE)
def test_what_does_not_exist_is_looked_at_and_not_there(reader: SnapshotReader, arn: str) -> None:
    alone = reader.read_resource(arn)

    assert (alone.resources, alone.only) == ((), (arn,))
    assert OWNER in {one.account_id for one in alone.accounts}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("open-bucket", id="a name"),
        pytest.param("arn:aws:s3:::open-bucket/report", id="an object"),
        pytest.param(f"arn:aws:s3:{REGION}:{OWNER}:accesspoint/door", id="an access point"),
        pytest.param(f"arn:aws:s3:{REGION}::open-bucket", id="a bucket with a Region"),
        pytest.param(f"arn:aws:s3::{OWNER}:open-bucket", id="a bucket with an account"),
        pytest.param(f"arn:aws:iam::{OWNER}:user/alice", id="a user"),
        pytest.param(f"arn:aws:kms:{REGION}:{OWNER}:alias/secrets", id="an alias"),
        pytest.param(f"arn:aws:lambda:{REGION}:{OWNER}:function:shared:1", id="a version of a function"),
        pytest.param(f"arn:aws:lambda:{REGION}:{OWNER}:layer:layer", id="a layer without its version"),
        pytest.param(f"arn:aws:sns:{REGION}:{OWNER}:topic:12345678", id="a subscription"),
        pytest.param(f"arn:aws:sqs::{OWNER}:jobs", id="a queue without a Region"),
        pytest.param(f"arn:aws:sqs:{REGION}::jobs", id="a queue without an account"),
        pytest.param(f"arn:aws:sqs:example.com/#:{OWNER}:jobs", id="a Region that leads elsewhere"),
        pytest.param(f"arn:aws:sqs:{REGION}:{OWNER}:jobs\x1b\n", id="control characters"),
    ],
)
def test_what_is_no_arn_of_a_resource_that_is_read_is_refused(reader: SnapshotReader, text: str) -> None:
    with pytest.raises(UnsupportedArnError) as caught:
        reader.read_resource(text)

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("arn", "owner", "reason"),
    [
        pytest.param(f"arn:aws:sqs:{REGION}:{PARTNER}:jobs", None, "outside the zone", id="an account in the ARN"),
        pytest.param("arn:aws:s3:::open-bucket", PARTNER, "outside the zone", id="an account that is named"),
        pytest.param(f"arn:aws:sqs:{REGION}:{OWNER}:queue-0", PARTNER, "not to the account", id="two accounts"),
        pytest.param("arn:aws-cn:s3:::open-bucket", None, "another partition", id="a partition"),
        pytest.param(f"arn:aws:sqs:us-west-1:{OWNER}:jobs", None, "in the Region us-west-1", id="a Region"),
    ],
)
def test_what_is_elsewhere_is_neither_there_nor_gone(
    reader: SnapshotReader, arn: str, owner: str | None, reason: str
) -> None:
    with pytest.raises(OutOfReachError, match=reason):
        reader.read_resource(arn, owner_account=owner)


def test_progress_ends_where_it_said(reader: SnapshotReader) -> None:
    steps = Steps()

    reader.read(steps)

    assert steps.advanced == steps.expected > 0


def test_what_stops_a_reading_is_one_error_on_one_line(wire: Wire, tmp_path: Path) -> None:
    wire.faults["sts.get_caller_identity"] = Refuses("ExpiredToken")
    readers: tuple[SnapshotReader, ...] = (LiveReader(OPTIONS), RecordedReader(tmp_path / "absent.jsonl"))

    for broken in readers:
        with pytest.raises(CollectError) as caught:
            broken.read()

        assert "\n" not in str(caught.value)
    del wire.faults["sts.get_caller_identity"]
