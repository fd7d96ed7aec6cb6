"""The recording format: what is written, what is read back, and what is refused with its line."""

import gzip
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.collectors import (
    CollectError,
    OutOfReachError,
    RecordedReader,
    RecordingError,
    write_recording,
)
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount, RawResource, Snapshot
from sekisho.resources.zone import MemberAccount, ZoneOfTrust, ZoneType

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneOfTrust(ZoneType.ACCOUNT, "111122223333", "us-east-1")
HEADER = {
    "recording": 1,
    "takenAt": "2026-11-22T00:00:00Z",
    "zoneOfTrust": {"type": "ACCOUNT", "accountId": "111122223333", "region": "us-west-2"},
}
CALL = {"call": "s3.get_bucket_policy", "params": {"Bucket": "b"}, "response": {"Policy": "{}"}}
RESOURCE = {
    "resourceType": "AWS::S3::Bucket",
    "arn": "arn:aws:s3:::b",
    "ownerAccount": "111122223333",
    "region": "us-west-2",
    "apiCalls": [CALL],
}
ACCOUNT = {"accountId": "111122223333", "apiCalls": []}
LOGS = "arn:aws:s3:::logs"

texts = st.text(max_size=8)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts | st.binary(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts.filter(lambda name: name != "base64"), inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.dictionaries(texts.filter(lambda name: name != "base64"), values, max_size=3)
errors = st.builds(ApiError, code=texts, message=texts)
calls = st.builds(ApiCall, call=texts, params=objects, response=objects, region=st.none() | texts) | st.builds(
    ApiCall, call=texts, params=objects, error=errors, region=st.none() | texts
)
call_lists = st.lists(calls, max_size=3).map(tuple)
resources = st.builds(
    RawResource, resource_type=texts, arn=texts, owner_account=texts, region=texts, api_calls=call_lists
)
zones = st.sampled_from(
    [
        ZONE,
        ZoneOfTrust(
            ZoneType.ORGANIZATION,
            "111122223333",
            "us-east-1",
            organization_id="o-1",
            accounts=(MemberAccount("111122223333", "o-1/r-1/"),),
            partners=frozenset({"444455556666"}),
        ),
    ]
)
snapshots = st.builds(
    Snapshot,
    taken_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as `datetimes` asks
    zone_of_trust=zones,
    resources=st.lists(resources, max_size=4, unique_by=lambda one: one.arn).map(
        lambda some: tuple(sorted(some, key=lambda one: (one.owner_account, one.region, one.resource_type, one.arn)))
    ),
    accounts=st.lists(
        st.builds(RawAccount, account_id=texts, api_calls=call_lists), max_size=3, unique_by=lambda one: one.account_id
    ).map(lambda some: tuple(sorted(some, key=lambda one: one.account_id))),
    regions=st.none() | st.lists(texts, max_size=3).map(tuple),
    only=st.none() | st.lists(texts, max_size=3).map(tuple),
)


def _write_lines(path: Path, *lines: object) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


@given(snapshots, st.sampled_from(["", ".gz", ".zst"]))
@settings(max_examples=60, deadline=None)
def test_reading_what_was_written_is_the_identity(
    tmp_path_factory: pytest.TempPathFactory, snapshot: Snapshot, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"round-trip.jsonl{suffix}"
    write_recording(snapshot, path)

    assert RecordedReader(path).read() == snapshot


@given(snapshots)
@settings(max_examples=20, deadline=None)
def test_equal_snapshots_give_equal_bytes(tmp_path_factory: pytest.TempPathFactory, snapshot: Snapshot) -> None:
    folder = tmp_path_factory.getbasetemp()
    for suffix in (".jsonl", ".gz", ".zst"):
        first, second = folder / f"first{suffix}", folder / f"second{suffix}"
        write_recording(snapshot, first)
        write_recording(snapshot, second)

        assert first.read_bytes() == second.read_bytes()


def test_order_of_members_does_not_reach_the_bytes(tmp_path: Path) -> None:
    for name, params in (("a", {"x": 1, "y": 2}), ("b", {"y": 2, "x": 1})):
        account = RawAccount("1", (ApiCall("a.b", params, response={}),))
        write_recording(Snapshot(NOON, ZONE, accounts=(account,)), tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_bucket_is_only_in_the_account_that_the_recording_says(tmp_path: Path) -> None:
    organization = {
        "type": "ORGANIZATION",
        "organizationId": "o-1",
        "managementAccountId": "444455556666",
        "region": "us-west-2",
        "accounts": [{"id": one, "orgPath": "o-1/r-1/"} for one in ("111122223333", "444455556666")],
    }
    bucket = RESOURCE | {"arn": LOGS}
    reader = RecordedReader(_write_lines(tmp_path / "r", HEADER | {"zoneOfTrust": organization}, {"resource": bucket}))

    assert len(reader.read_resource(LOGS).resources) == 1
    assert len(reader.read_resource(LOGS, owner_account="111122223333").resources) == 1
    with pytest.raises(OutOfReachError, match="another account than the one that is named"):
        reader.read_resource(LOGS, owner_account="444455556666")


def test_an_account_that_the_recording_says_nothing_of_was_not_looked_at(tmp_path: Path) -> None:
    organization = {
        "type": "ORGANIZATION",
        "organizationId": "o-1",
        "managementAccountId": "444455556666",
        "region": "us-west-2",
        "accounts": [{"id": one, "orgPath": "o-1/r-1/"} for one in ("111122223333", "444455556666")],
    }
    header, account = HEADER | {"zoneOfTrust": organization}, {"account": ACCOUNT | {"accountId": "444455556666"}}
    reader = RecordedReader(_write_lines(tmp_path / "r", header, account))

    assert reader.read_resource("arn:aws:sqs:us-east-1:444455556666:orders").resources == ()
    with pytest.raises(OutOfReachError, match="of which this is no recording"):
        reader.read_resource("arn:aws:sqs:us-east-1:111122223333:orders")


def test_a_recording_of_one_resource_does_not_know_the_others(tmp_path: Path) -> None:
    path = _write_lines(tmp_path / "r", HEADER | {"only": [LOGS]})

    assert RecordedReader(path).read_resource(LOGS).resources == ()
    with pytest.raises(OutOfReachError, match="none of the resources that this is a recording of"):
        RecordedReader(path).read_resource("arn:aws:s3:::others")


def test_the_written_form_is_the_documented_one(tmp_path: Path) -> None:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    made = ApiCall("iam.get_role", {"RoleName": "r"}, response={"CreateDate": created, "Blob": b"\xff"})
    failed = ApiCall("iam.list_roles", {}, error=ApiError("AccessDenied", "no"), region="us-east-1")
    resource = RawResource("AWS::IAM::Role", "arn:aws:iam::1:role/r", "1", "global", (made,))
    write_recording(Snapshot(NOON, ZONE, (resource,), (RawAccount("1", (failed,)),), ("us-east-1",)), tmp_path / "r")

    assert [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()] == [
        {
            "recording": 1,
            "takenAt": "2026-11-22T12:00:00Z",
            "zoneOfTrust": {"type": "ACCOUNT", "accountId": "111122223333", "region": "us-east-1"},
            "regions": ["us-east-1"],
        },
        {
            "account": {
                "accountId": "1",
                "apiCalls": [
                    {
                        "call": "iam.list_roles",
                        "params": {},
                        "error": {"Code": "AccessDenied", "Message": "no"},
                        "region": "us-east-1",
                    }
                ],
            }
        },
        {
            "resource": {
                "resourceType": "AWS::IAM::Role",
                "arn": "arn:aws:iam::1:role/r",
                "ownerAccount": "1",
                "region": "global",
                "apiCalls": [
                    {
                        "call": "iam.get_role",
                        "params": {"RoleName": "r"},
                        "response": {"CreateDate": "2026-01-01T00:00:00+00:00", "Blob": {"base64": "/w=="}},
                    }
                ],
            }
        },
    ]


def test_lines_may_come_in_any_order(tmp_path: Path) -> None:
    other = {**RESOURCE, "arn": "arn:aws:s3:::a"}
    path = _write_lines(tmp_path / "r", HEADER, {"resource": RESOURCE}, {"account": ACCOUNT}, "", {"resource": other})

    snapshot = RecordedReader(path).read()

    assert [one.arn for one in snapshot.resources] == ["arn:aws:s3:::a", "arn:aws:s3:::b"]
    assert snapshot.resources[1].api_calls == (ApiCall("s3.get_bucket_policy", {"Bucket": "b"}, {"Policy": "{}"}),)
    assert [one.account_id for one in snapshot.accounts] == ["111122223333"]


def _encode(line: object) -> bytes:
    match line:
        case bytes():
            return line
        case str():
            return line.encode()
        case _:
            return json.dumps(line).encode()


def _call(**changes: Any) -> dict[str, Any]:
    changed = {name: value for name, value in {**CALL, **changes}.items() if value is not None}
    return {"resource": {**RESOURCE, "apiCalls": [changed]}}


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        pytest.param([], 1, "not JSON", id="an empty file"),
        pytest.param(["nonsense"], 1, "not JSON", id="not JSON"),
        pytest.param(["[]"], 1, "expected `object`", id="not an object"),
        pytest.param([{"resource": RESOURCE}], 1, "begins with its header", id="no header"),
        pytest.param([{**HEADER, "recording": 2}], 1, "version 2", id="a version to come"),
        pytest.param([{**HEADER, "recording": "1"}], 1, "version '1'", id="a version of the wrong type"),
        pytest.param([{**HEADER, "takenAt": "yesterday"}], 1, "takenAt", id="a time that is none"),
        pytest.param([{**HEADER, "takenAt": "2026-11-22T00:00:00"}], 1, "time zone", id="a time without its zone"),
        pytest.param([{**HEADER, "colour": 1}], 1, "`colour`", id="an unknown member of the header"),
        pytest.param([{**HEADER, "zoneOfTrust": {"type": "CITY"}}], 1, "`CITY`", id="an unknown zone"),
        pytest.param([{"recording": 1, "takenAt": "2026-11-22T00:00:00Z"}], 1, "`zoneOfTrust`", id="no zone"),
        pytest.param([HEADER, HEADER], 2, "second header", id="two headers"),
        pytest.param([HEADER, {"user": {}}], 2, "`user`", id="an unknown kind of line"),
        pytest.param([HEADER, {}], 2, "holds nothing", id="an empty line of no kind"),
        pytest.param([HEADER, {"resource": RESOURCE, "account": ACCOUNT}], 2, "`resource`, `account`", id="two kinds"),
        pytest.param([HEADER, {"account": ACCOUNT}, '{"resource":'], 3, "not JSON", id="a line cut short"),
        pytest.param([HEADER, b'{"account":{"accountId":"\xff","apiCalls":[]}}'], 2, "not JSON", id="not UTF-8"),
        pytest.param([HEADER, {"resource": {**RESOURCE, "tags": []}}], 2, "`tags`", id="an unknown member"),
        pytest.param(
            [HEADER, {"resource": {name: RESOURCE[name] for name in RESOURCE if name != "arn"}}],
            2,
            "`arn`",
            id="a missing member",
        ),
        pytest.param([HEADER, _call(colour="red")], 2, "`colour`", id="an unknown member of a call"),
        pytest.param([HEADER, _call(params=[])], 2, "params", id="parameters of the wrong type"),
        pytest.param([HEADER, _call(response=None)], 2, "exactly one", id="neither response nor error"),
        pytest.param([HEADER, _call(error={"Code": "X"})], 2, "exactly one", id="response and error"),
        pytest.param([HEADER, _call(response=None, error={})], 2, "`Code`", id="an error without its code"),
        pytest.param([HEADER, _call(response={"Blob": {"base64": "?"}})], 2, "not base64", id="bytes that are none"),
    ],
)
def test_what_is_malformed_is_refused_with_its_line(tmp_path: Path, lines: list[Any], line: int, reason: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\n".join(_encode(each) for each in lines))

    with pytest.raises(RecordingError) as caught:
        RecordedReader(path).read()

    assert caught.value.line == line
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.999], ids=["most is missing", "some is missing", "the end is missing"])
def test_a_compressed_file_cut_short_is_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"r{suffix}"
    write_recording(_noisy(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(RecordingError, match="cut short or damaged"):
        RecordedReader(path).read()


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_gone_wrong_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    write_recording(_noisy(), path)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0x55
    path.write_bytes(whole)

    with pytest.raises(RecordingError, match=r"cut short or damaged|not JSON"):
        RecordedReader(path).read()


def _noisy() -> Snapshot:
    """A snapshot that does not compress away."""
    account = RawAccount("1", tuple(ApiCall("a.b", {"n": os.urandom(32)}, response={}) for _ in range(200)))
    return Snapshot(NOON, ZONE, accounts=(account,))


def test_compression_is_known_by_content_not_by_name(tmp_path: Path) -> None:
    plain = json.dumps(HEADER).encode()
    for name, data in {"a": gzip.compress(plain), "b": zstandard.compress(plain), "c.gz": plain}.items():
        (tmp_path / name).write_bytes(data)

        assert RecordedReader(tmp_path / name).read().zone_of_trust.region == "us-west-2"


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"missing\.jsonl: cannot be read: No such file"):
        RecordedReader(tmp_path / "missing.jsonl").read()
    with pytest.raises(RecordingError, match="cannot be read: Is a directory"):
        RecordedReader(tmp_path).read()


# --- writing whole or not at all


def test_an_error_while_writing_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("before")
    unwritable = RawAccount("1", (ApiCall("a.b", {}, response={"value": object()}),))

    with pytest.raises(TypeError):
        write_recording(Snapshot(NOON, ZONE, accounts=(unwritable,)), path)

    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["r.jsonl"]  # noqa: PTH208 - the names are the point


def test_only_the_owner_may_read_a_recording(tmp_path: Path) -> None:
    write_recording(Snapshot(NOON, ZONE), tmp_path / "r.jsonl")

    assert (tmp_path / "r.jsonl").stat().st_mode & 0o077 == 0


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")

    write_recording(Snapshot(NOON, ZONE), tmp_path / "link")

    assert (tmp_path / "link").is_symlink()
    assert RecordedReader(tmp_path / "target").read() == Snapshot(NOON, ZONE)


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match=r"cannot write .*nowhere/r\.jsonl: No such file"):
        write_recording(Snapshot(NOON, ZONE), tmp_path / "nowhere" / "r.jsonl")
    with pytest.raises(CollectError, match="cannot write /dev/null: it is not a regular file"):
        write_recording(Snapshot(NOON, ZONE), Path("/dev/null"))


def test_zstd_without_its_package_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)

    with pytest.raises(CollectError, match=r"pip install 'sekisho\[zstd\]'"):
        write_recording(Snapshot(NOON, ZONE), tmp_path / "r.zst")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - the names are the point
