"""A trail in its bucket, over HTTP: what is listed, what is fetched, and what is said when something goes wrong."""

import gzip
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sekisho.collectors import CollectError, LiveOptions
from sekisho.collectors.trails import LocalFiles, LogFile, Question, S3Files, s3
from sekisho.wiring.usage import Batch, read_batch
from surfaces.aws import (
    ENVIRONMENT,
    Babbles,
    BreaksOff,
    Fault,
    HangsUp,
    LivesIn,
    Refuses,
    Wire,
    client,
    reset_moto,
)
from trails import write_trail

pytestmark = pytest.mark.slow

SEKISHO = Path(sys.executable).parent / "sekisho"
BUCKET = "trail-logs"
OPTIONS = LiveOptions(attempts=2, workers=4, read_timeout=timedelta(seconds=10))
APP, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-exampleorgid"
LIST, GET = "s3.list_objects_v2", "s3.get_object"
OBJECT = gzip.compress(b'{"Records":[]}')


@pytest.fixture
def wire(moto: str, proxy: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": proxy.endpoint}.items():
        monkeypatch.setenv(name, value)
    reset_moto(moto)
    client(moto, "s3").create_bucket(Bucket=BUCKET)
    s3._client.cache_clear()
    proxy.clear()
    yield proxy
    s3._client.cache_clear()


def key(account: str, region: str, day: str, *, kind: str = "CloudTrail", root: str = "AWSLogs/") -> str:
    year, month, number = day.split("-")
    name = f"{account}_{kind}_{region}_{year}{month}{number}T0000Z_0123456789abcdef.json.gz"
    return f"{root}{account}/{kind}/{region}/{year}/{month}/{number}/{name}"


def put(moto: str, keys: Iterable[str], content: bytes = OBJECT) -> None:
    bucket = client(moto, "s3")
    for one in keys:
        bucket.put_object(Bucket=BUCKET, Key=one, Body=content)


def keys_in(prefix: str = "", question: Question | None = None) -> list[str]:
    place = S3Files.at(f"s3://{BUCKET}/{prefix}", OPTIONS)
    return [file.key for file in place.list(question or Question())]


# --- what is listed


WANTED = key(APP, "eu-west-1", "2026-06-01")
TRAIL = [
    WANTED,
    key(APP, "us-east-1", "2026-06-01"),
    key(OTHER, "us-east-1", "2026-06-01"),
    *(key(APP, "eu-west-1", "2026-06-01", kind=f"CloudTrail-{kind}") for kind in ("Digest", "Insight")),
    key(APP, "eu-west-1", "2026-06-01", kind="Config"),
]


@pytest.mark.parametrize(
    ("root", "prefix"),
    [
        pytest.param("AWSLogs/", "", id="the bucket"),
        pytest.param("AWSLogs/", "AWSLogs", id="without its slash"),
        pytest.param("AWSLogs/", f"AWSLogs/{APP}/", id="an account"),
        pytest.param("AWSLogs/", f"AWSLogs/{APP}/CloudTrail/", id="its trail"),
        pytest.param("AWSLogs/", f"AWSLogs/{APP}/CloudTrail/eu-west-1/", id="a Region"),
        pytest.param("AWSLogs/", f"AWSLogs/{APP}/CloudTrail/eu-west-1/2026/06/", id="a month"),
        pytest.param("AWSLogs/", f"AWSLogs/{APP}/CloudTrail/eu-west-1/2026/06/01/", id="a day"),
        pytest.param("AWSLogs/", WANTED, id="one object"),
        pytest.param("some/trail/AWSLogs/", "", id="the bucket of a trail with a prefix"),
        pytest.param("some/trail/AWSLogs/", "some/trail/", id="the prefix of the trail"),
        pytest.param(f"AWSLogs/{ORGANIZATION}/", "", id="an organization trail"),
        pytest.param(f"AWSLogs/{ORGANIZATION}/", f"AWSLogs/{ORGANIZATION}/", id="the organization in it"),
        pytest.param(f"x/AWSLogs/{ORGANIZATION}/", f"x/AWSLogs/{ORGANIZATION}/{APP}/", id="an account of it"),
    ],
)
def test_the_trail_is_found_from_wherever_one_begins(wire: Wire, moto: str, root: str, prefix: str) -> None:
    assert wire
    put(moto, (one.replace("AWSLogs/", root) for one in TRAIL))
    wanted = WANTED.replace("AWSLogs/", root)

    assert keys_in(prefix, Question(frozenset({APP}), frozenset({"eu-west-1"}))) == [wanted]


def test_a_bucket_without_the_layout_is_listed_whole(wire: Wire, moto: str) -> None:
    assert wire
    records = ["2026/a.json", "2026/deep/er/b.json.gz", "c.jsonl.zst"]
    put(moto, [*records, "2026/photo.png", "folder.json/"])

    assert keys_in() == sorted(records)


def test_what_lies_beside_trails_is_found_with_them(wire: Wire, moto: str) -> None:
    assert wire
    beside = ["a.json", "AWSLogs.json", "AWSLogs0/b.json", "z/c.json", "AWSLogs/d.json", "AWSLogs/else/e.json"]
    trails = [key(APP, "eu-west-1", "2026-06-01", root=root) for root in ("AWSLogs/", "b/AWSLogs/", "b/c/AWSLogs/")]
    put(moto, beside + trails)

    assert keys_in() == sorted(beside + trails)


def test_a_bucket_has_what_its_copy_in_a_folder_has(wire: Wire, moto: str, tmp_path: Path) -> None:
    assert wire
    write_trail(tmp_path, 5, 800, files=150)
    written = upload(moto, tmp_path)
    question = Question(frozenset({APP}), start=date(2026, 6, 20), end=date(2026, 7, 20))

    assert keys_in() == written
    assert keys_in("", question) == sorted(file.key for file in LocalFiles(tmp_path).list(question))


def test_only_what_can_have_an_answer_is_listed(wire: Wire, moto: str) -> None:
    days = [f"2026-06-{day:02}" for day in range(1, 31)]
    put(moto, (key(account, "eu-west-1", day) for account in (APP, OTHER) for day in days))
    put(moto, [key(APP, "eu-west-1", day, kind="CloudTrail-Digest") for day in days])
    question = Question(frozenset({APP}), start=date(2026, 6, 10), end=date(2026, 6, 12))

    assert keys_in("AWSLogs/", question) == [key(APP, "eu-west-1", f"2026-06-{day}") for day in range(10, 15)]
    assert wire.seen == {LIST: 3}  # the accounts, the Regions of one, its days
    assert not any(OTHER in one or "Digest" in one for one in wire.targets)
    assert "start-after=AWSLogs%2F111122223333%2FCloudTrail%2Feu-west-1%2F2026%2F06%2F10%2F" in wire.targets[-1]


def five_a_page() -> None:
    """Let a page have five keys instead of a thousand."""
    s3._client(OPTIONS).meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 5}
    )


def test_a_listing_ends_with_the_last_day(wire: Wire, moto: str) -> None:
    put(moto, (key(APP, "eu-west-1", f"2026-06-{day:02}") for day in range(1, 31)))
    place = S3Files(BUCKET, f"AWSLogs/{APP}/CloudTrail/eu-west-1/", OPTIONS)
    five_a_page()

    found = [file.key for file in place.list(Question(end=date(2026, 6, 2)))]

    assert found == [key(APP, "eu-west-1", f"2026-06-0{day}") for day in range(1, 5)]
    assert wire.seen == {LIST: 1}


def test_pages_follow_one_another(wire: Wire, moto: str) -> None:
    keys = [key(APP, "eu-west-1", f"2026-06-{day:02}") for day in range(1, 31)] + ["z.json"]
    put(moto, keys)
    five_a_page()

    assert keys_in() == sorted(keys)
    assert wire.seen[LIST] > 6


def test_a_version_changes_with_the_content(wire: Wire, moto: str) -> None:
    assert wire
    versions: list[str] = []
    for content in (b"one", b"one", b"two"):
        put(moto, [WANTED], content)
        versions += [file.version for file in S3Files(BUCKET, options=OPTIONS).list(Question())]

    assert versions[0] == versions[1] != versions[2]


# --- what is fetched


def file_of(name: str) -> LogFile:
    return LogFile(name, len(OBJECT), "")


def test_an_object_is_read_by_whoever_a_place_is_sent_to(wire: Wire, moto: str) -> None:
    assert wire
    put(moto, [WANTED, "strange näme+%2F &?.json"])
    place = pickle.loads(pickle.dumps(S3Files(BUCKET, options=OPTIONS)))  # noqa: S301 - our own

    assert [place.read(file) for file in place.list(Question())] == [OBJECT, OBJECT]


def test_objects_of_a_batch_are_fetched_at_once_and_reported_in_order(wire: Wire, moto: str, tmp_path: Path) -> None:
    names = [f"{number:02}.json" for number in range(20)]
    put(moto, names)
    wire.faults[f"{GET} 07.json"] = Refuses()
    place = S3Files(BUCKET, options=OPTIONS)

    reports = read_batch(Batch(place, tuple(file_of(name) for name in names), tmp_path / "part"))

    assert [report.key for report in reports] == names
    assert [report.key for report in reports if not report.is_read] == ["07.json"]
    assert wire.seen[GET] == 20


def test_a_body_that_breaks_off_is_fetched_again(wire: Wire, moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_PAUSES", (0.0, 0.0))
    put(moto, [WANTED])
    wire.faults[GET] = BreaksOff(times=2)

    assert S3Files(BUCKET, options=OPTIONS).read(file_of(WANTED)) == OBJECT
    assert wire.seen[GET] == 3


def test_throttling_is_waited_out(wire: Wire, moto: str) -> None:
    put(moto, [WANTED])
    wire.faults = {LIST: Refuses("SlowDown", 503, times=1), GET: Refuses("SlowDown", 503, times=1)}
    place = S3Files(BUCKET, options=OPTIONS)

    assert [place.read(file) for file in place.list(Question())] == [OBJECT]


def test_a_bucket_of_another_region_is_followed_once(wire: Wire, moto: str) -> None:
    put(moto, [WANTED])
    wire.faults = {LIST: LivesIn("eu-west-1"), GET: LivesIn("eu-west-1")}
    place = S3Files(BUCKET, f"AWSLogs/{APP}/CloudTrail/eu-west-1/", options=OPTIONS)

    assert [place.read(file) for file in place.list(Question())] == [OBJECT]
    assert wire.seen == {LIST: 2, GET: 1}


# --- what goes wrong


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(
            Refuses(),
            f"`s3://{BUCKET}/AWSLogs/` could not be listed: AccessDenied; the test says no; "
            f"it takes s3:ListBucket on the bucket `{BUCKET}`",
            id="denied",
        ),
        pytest.param(
            Refuses("NoSuchBucket", 404),
            f"`s3://{BUCKET}/AWSLogs/` could not be listed: NoSuchBucket; the test says no; "
            "check the name of the bucket",
            id="no such bucket",
        ),
        pytest.param(
            Refuses("ExpiredToken", 400),
            "AWS does not accept the credentials: ExpiredToken: the test says no; renew them",
            id="credentials of yesterday",
        ),
        pytest.param(Refuses("SlowDown", 503), "run it again later; what was read is kept", id="throttled"),
        pytest.param(HangsUp(), "check the network, the proxy and AWS_ENDPOINT_URL", id="no answer"),
    ],
)
def test_a_bucket_that_cannot_be_listed_says_why(wire: Wire, fault: Fault, said: str) -> None:
    wire.faults[LIST] = fault

    with pytest.raises(CollectError) as raised:
        keys_in("AWSLogs/")

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(Refuses(), "AccessDenied; the test says no; it takes s3:GetObject on the object", id="denied"),
        pytest.param(
            Refuses("KMS.DisabledException", 400), "it takes kms:Decrypt on the key that encrypts it", id="no key"
        ),
        pytest.param(Refuses("InvalidObjectState"), "it is archived; restore it first", id="archived"),
        pytest.param(Refuses("NoSuchKey", 404), "it was deleted after it was listed", id="deleted"),
        pytest.param(BreaksOff(), "check the network", id="always cut short"),
    ],
)
def test_an_object_that_cannot_be_read_says_why(
    wire: Wire, moto: str, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    monkeypatch.setattr(s3, "_PAUSES", (0.0, 0.0))
    put(moto, [WANTED])
    wire.faults[GET] = fault

    with pytest.raises(CollectError) as raised:
        S3Files(BUCKET, options=OPTIONS).read(file_of(WANTED))

    assert str(raised.value).startswith(f"`{WANTED}` could not be read: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_bucket_that_is_not_there_says_so(wire: Wire) -> None:
    assert wire
    with pytest.raises(CollectError, match=r"could not be listed: NoSuchBucket; .*; check the name of the bucket"):
        list(S3Files("no-such-bucket", options=OPTIONS).list(Question()))


def test_a_prefix_below_which_there_is_nothing_says_so(wire: Wire, moto: str) -> None:
    assert wire
    put(moto, [WANTED])

    with pytest.raises(CollectError, match=f"`s3://{BUCKET}/AWSLog/` has no objects; check the prefix"):
        keys_in("AWSLog/")
    assert keys_in("AWSLogs/", Question(frozenset({OTHER}))) == []


@pytest.mark.parametrize("body", [b"<html>sign in", b"<Strange/>", b"{}"], ids=["a web page", "other XML", "JSON"])
def test_what_is_no_listing_does_not_pass_for_an_empty_one(wire: Wire, body: bytes) -> None:
    wire.faults[LIST] = Babbles(body)

    with pytest.raises(CollectError, match=r"could not be listed: \w+; .*check the network, the proxy"):
        keys_in()


def test_without_credentials_it_is_said_how_to_give_some(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wire
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(CollectError, match="no AWS credentials found"):
        keys_in()


def test_a_profile_that_is_not_there_is_named(wire: Wire) -> None:
    assert wire
    with pytest.raises(CollectError, match="there is no profile `nobody`"):
        list(S3Files(BUCKET, options=LiveOptions(profile="nobody")).list(Question()))


# --- the program


def upload(moto: str, folder: Path) -> list[str]:
    """Put a folder into the bucket, and return the keys in order."""
    bucket = client(moto, "s3")
    keys = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    for one in keys:
        bucket.put_object(Bucket=BUCKET, Key=one, Body=(folder / one).read_bytes())
    return keys


class Program:
    """The installed program, with a home of its own."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), **ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}
        self.environment |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}

    def run(self, *arguments: str | Path, status: int = 0) -> Any:
        done = subprocess.run(
            [SEKISHO, "generate-policy", "--principal", "all", "--format", "json", *arguments],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == status, done.stderr
        self.said = done.stderr
        return json.loads(done.stdout) if done.stdout else None


def test_two_processes_find_in_a_bucket_what_is_in_the_folder(wire: Wire, moto: str, tmp_path: Path) -> None:
    trail = tmp_path / "trail"
    write_trail(trail, 5, 800, files=150)
    written = upload(moto, trail)
    program = Program(tmp_path, wire.endpoint)
    wire.clear()

    accounts = sorted({one.split("/")[1] for one in written})
    places = [part for one in accounts for part in ("--from", f"s3://{BUCKET}/AWSLogs/{one}/")]  # a batch each
    from_bucket = program.run(*places, "--workers", "2")

    assert from_bucket == program.run("--from", trail)
    assert wire.seen[GET] == len(written)
    assert wire.seen.keys() == {LIST, GET}


def test_a_second_run_reads_only_what_is_new(wire: Wire, moto: str, tmp_path: Path) -> None:
    write_trail(tmp_path / "trail", 5, 200, files=20)
    written = upload(moto, tmp_path / "trail")
    program = Program(tmp_path, wire.endpoint)
    wire.faults[f"{GET} {written[0]}"] = Refuses()

    program.run("--from", f"s3://{BUCKET}/", "--strict", status=3)
    assert "it takes s3:GetObject on the object" in program.said
    wire.clear()
    put(moto, [WANTED.replace("2026/06/01/", "2026/06/02/")])
    program.run("--from", f"s3://{BUCKET}/", "--strict")

    fetched = [one for one in wire.targets if "list-type" not in one]
    assert len(fetched) == 2
    wire.clear()
    program.run("--from", f"s3://{BUCKET}/")
    assert GET not in wire.seen


def test_a_denied_bucket_ends_a_run_with_one_line(wire: Wire, tmp_path: Path) -> None:
    wire.faults[LIST] = Refuses()
    program = Program(tmp_path, wire.endpoint)

    program.run("--from", f"s3://{BUCKET}/", status=4)

    assert f"it takes s3:ListBucket on the bucket `{BUCKET}`" in " ".join(program.said.split())


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "s3://UPPER/", "s3://arn:aws:s3:::logs/x"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(CollectError, match=r"names no bucket; write for example `s3://"):
        S3Files.at(address, OPTIONS)
