"""What every `SnapshotReader` promises, whatever it reads from."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.collectors import CollectError, LiveOptions, LiveReader, RecordedReader, SnapshotReader, write_recording
from sekisho.resources.gaps import account_gaps, resource_gaps
from sekisho.resources.snapshot import ApiCall, Snapshot
from surfaces.aws import ELSEWHERE, ENVIRONMENT, REGION, Refuses, Wire, build_account, running_moto, running_proxy

OPTIONS = LiveOptions(regions=(REGION, ELSEWHERE), attempts=2)

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
