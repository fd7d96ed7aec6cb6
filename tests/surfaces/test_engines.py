"""Processes of this machine and executors of Spark's come to the same, whatever dies meanwhile."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pyspark
import pytest

from sekisho.activity.usage import FileReport, UseOf
from sekisho.collectors.trails import LocalFiles
from sekisho.storage.usage import UsageStore
from sekisho.wiring.usage import Processes
from surfaces.aws import ENVIRONMENT, client
from surfaces.killing import read
from trails import write_trail

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
PROGRAM = (sys.executable, "-c", "from sekisho.cli import main; main()", "generate-policy")
BUCKET = "trail-logs"
BROKEN: Mapping[str, bytes] = {
    "empty.json.gz": b"",
    "cut-off.json.gz": gzip.compress(b'{"Records":[' + os.urandom(4096))[:2048],
    "text.json": b"no JSON",
    "half.json": b'{"Records":[{"eventVersion":"1.08"},7]}',
}
REMEDY = "there is no Java; install one with `apt-get install default-jre-headless`, or name its folder in JAVA_HOME"


@pytest.fixture(scope="module", autouse=True)
def java() -> None:
    """Without Java the tests are skipped, but where everything has to run they fail."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(REMEDY)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The trails of some accounts, each of them a place, as each becomes a batch at least; the largest is the last."""
    folder = tmp_path_factory.mktemp("trail")
    write_trail(folder, 3, 6_000, files=60)
    accounts = sorted((folder / "AWSLogs").iterdir(), key=lambda one: len(list(one.rglob("*.gz"))))
    for name, content in BROKEN.items():
        (accounts[0] / name).write_bytes(content)
    return accounts


@pytest.fixture(scope="module")
def right(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> UsageStore:
    return read(tmp_path_factory.mktemp("right"), [LocalFiles(folder) for folder in folders], Processes(2))


def environment(**more: str) -> dict[str, str]:
    own = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
    found = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH"))))
    return {**own, "PYTHONPATH": found, "HOME": "/nonexistent", "SPARK_LOCAL_IP": "127.0.0.1", **more}


def files_of(store: UsageStore) -> list[FileReport]:
    return sorted(store.files().values(), key=lambda file: (file.place, file.key))


def parts_of(store: UsageStore) -> list[bytes]:
    return sorted(part.read_bytes() for part in (store.folder / "parts").iterdir())


def home(folder: Path) -> Path:
    """Make a home of Spark's in which a cluster can leave what it leaves, and return it."""
    folder.mkdir()
    for one in Path(pyspark.__file__).parent.iterdir():
        (folder / one.name).symlink_to(one)
    return folder


def killed(usage: Path, folders: list[Path], *victims: str, master: str, wave: int = 64) -> str:
    """Read folders while victims die, and return what is told on standard error."""
    command = (sys.executable, "-m", "surfaces.killing", str(usage), str(wave), master, " ".join(victims))
    return subprocess.run(
        (*command, *map(str, folders)),
        env=environment(SPARK_HOME=str(home(usage.with_name("spark")))),
        capture_output=True,
        text=True,
        check=False,
    ).stderr


def rows_of(store: UsageStore) -> list[UseOf]:
    return sorted(store.uses(), key=repr)


def test_the_local_pool_and_spark_say_the_same(folders: list[Path], moto: str, tmp_path: Path) -> None:
    bucket = client(moto, "s3")
    bucket.create_bucket(Bucket=BUCKET)
    for file in folders[1].rglob("*.gz"):
        bucket.put_object(Bucket=BUCKET, Key=file.relative_to(folders[1].parents[1]).as_posix(), Body=file.read_bytes())
    places = (*map(str, folders[:1] + folders[2:]), f"s3://{BUCKET}/AWSLogs/")

    def asked(name: str, *options: str) -> "subprocess.CompletedProcess[str]":
        sources = [option for place in places for option in ("--from", place)]
        command = (*PROGRAM, "--principal", "all", "--format", "json", *sources, "--usage", str(tmp_path / name))
        return subprocess.run(
            (*command, *options),
            env=environment(**ENVIRONMENT, AWS_ENDPOINT_URL=moto),
            capture_output=True,
            text=True,
            check=False,
        )

    local = asked("local", "--workers", "2")
    spark = asked("spark", "--engine", "spark", "--spark-master", "local[2]")

    assert (spark.returncode, spark.stderr) == (0, local.stderr)
    assert spark.stdout == local.stdout
    assert all(name in spark.stderr for name in BROKEN)
    here, there = UsageStore(tmp_path / "local"), UsageStore(tmp_path / "spark")
    assert rows_of(here) == rows_of(there)
    assert files_of(here) == files_of(there)
    assert sum(file.records for file in files_of(there)) > 6_000
    assert len(parts_of(there)) == len(places)


def test_a_killed_executor_costs_a_retry_and_no_row(folders: list[Path], right: UsageStore, tmp_path: Path) -> None:
    told = killed(tmp_path / "usage", folders, "worker", "executor", master="local-cluster[2,1,1024]")

    store = UsageStore(tmp_path / "usage")
    said = (tmp_path / "usage" / "spark.log").read_text("utf-8")
    assert not told
    assert len(list((tmp_path / "deaths").iterdir())) == 2
    assert "Python worker exited unexpectedly" in said
    assert "Lost executor" in said
    assert rows_of(store) == rows_of(right)
    assert files_of(store) == files_of(right)
    assert parts_of(store) == parts_of(right)


def test_what_was_read_before_spark_gave_up_is_kept(folders: list[Path], right: UsageStore, tmp_path: Path) -> None:
    usage = tmp_path / "usage"

    told = killed(usage, folders, *["worker"] * 4, master="local[2]", wave=1).splitlines()[-1]

    assert "EngineError: Spark gave up: " in told
    assert "Python worker exited unexpectedly" in told
    kept = UsageStore(usage)
    assert {file.place for file in files_of(kept)} == set(map(str, folders[:-1]))
    parts = parts_of(kept)

    more = read(usage, [LocalFiles(folder) for folder in folders], Processes(2))

    assert set(parts) < set(parts_of(more))
    assert rows_of(more) == rows_of(right)
    assert files_of(more) == files_of(right)
