"""The trails that a server may read."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sekisho.collectors import CollectError, LiveOptions
from sekisho.collectors.trails import LocalFiles, S3Files
from sekisho.findings import JobError, JobErrorCode, PolicyGeneration, TrailScope
from sekisho.wiring.trails import generate_from_trails, trail_places

ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
OPTIONS = LiveOptions(profile="audit")


def test_a_trail_has_a_bucket_a_folder_or_what_cloudtrail_says(tmp_path: Path) -> None:
    china = "arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/a_b.c-d"
    folder = tmp_path / "a=b"

    places = trail_places([ARN, f"{ARN}2=s3://trail-logs/AWSLogs/", f"{china}={folder}"], OPTIONS)

    assert places == {
        ARN: None,
        f"{ARN}2": S3Files("trail-logs", "AWSLogs/", OPTIONS),
        china: LocalFiles(folder.resolve()),
    }


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(["s3://trail-logs/"], "names no trail", id="a place alone"),
        pytest.param([f"{ARN}="], "names no trail", id="no place"),
        pytest.param([f"{ARN}/x"], "names no trail", id="more than a name"),
        pytest.param(["arn:aws:cloudtrail:*:111122223333:trail/main"], "names no trail", id="a pattern"),
        pytest.param([f"{ARN}=s3://"], "names no bucket", id="no bucket"),
        pytest.param([ARN, f"{ARN}=/trail"], "is named twice", id="twice"),
    ],
)
def test_what_names_no_trail_is_refused(settings: list[str], said: str) -> None:
    with pytest.raises(CollectError, match=said):
        trail_places(settings, OPTIONS)


def test_a_job_on_a_trail_that_is_not_read_any_more_fails() -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    job = PolicyGeneration("one", "arn:aws:iam::111122223333:role/app", (TrailScope(ARN),), at, at, at)

    assert generate_from_trails([], OPTIONS)(job) == JobError(
        JobErrorCode.RESOURCE_NOT_FOUND_ERROR,
        f"the trail `{ARN}` is not one that this server reads; start it with `--trail {ARN}`",
    )


def test_a_server_needs_no_duckdb() -> None:
    program = (
        "import sys, sekisho.cli.serving; "
        "sys.exit(any(name in sys.modules for name in ('duckdb', 'pyarrow', 'sekisho.wiring.generations')))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
