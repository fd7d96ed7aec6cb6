"""`generate-policy --verify-integrity` from the outside, beside the AWS CLI's `cloudtrail validate-logs`."""

import gzip
import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from digested import ACCOUNT, BUCKET, REGION, DigestedTrail, public_keys, trail_of
from surfaces.aws import ENVIRONMENT, Babbles, Refuses, Wire, client, reset_moto

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).parent
KEYS = "cloudtrail.list_public_keys"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"


@pytest.fixture
def wire(moto: str, proxy: Wire) -> Wire:
    """Lend a wire to an empty bucket, and to a CloudTrail that knows one public key, which moto's does not."""
    reset_moto(moto)
    client(moto, "s3", REGION).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    proxy.clear()
    proxy.faults[KEYS] = Babbles(json.dumps(public_keys(0)).encode())
    return proxy


class Programs:
    """The installed programs, with a home of their own."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "300", **ENVIRONMENT}
        self.environment |= {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION}
        self.environment |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}

    def run(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        said = subprocess.run(
            list(map(str, arguments)), cwd=self.home, env=self.environment, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in said.stderr
        return said

    def sekisho(self, *arguments: str | Path, status: int = 0) -> str:
        """Return what the program says on standard error."""
        said = self.run(PROGRAM / "sekisho", "generate-policy", *arguments)
        assert said.returncode == status, said.stderr
        self.out = said.stdout
        return " ".join(said.stderr.split())

    def aws_finds(self) -> dict[str, tuple[int, int]]:
        """Ask the AWS CLI how many digests and log files are valid, out of how many."""
        trail = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
        said = self.run(
            *(PROGRAM / "aws", "cloudtrail", "validate-logs", "--trail-arn", trail, "--s3-bucket", BUCKET),
            *("--start-time", "2026-10-01T00:00:00Z", "--end-time", "2026-10-02T00:00:00Z", "--account-id", ACCOUNT),
        )
        ratios = re.findall(r"(\d+)/(\d+) (digest|backfill digest|log) files valid", said.stdout)
        assert ratios, said.stdout + said.stderr
        return {kind: (int(valid), int(of)) for valid, of, kind in ratios}


@pytest.fixture
def programs(wire: Wire, tmp_path: Path) -> Programs:
    return Programs(tmp_path, wire.endpoint)


ASKED = ("--principal", ROLE, "--from", f"s3://{BUCKET}/", "--verify-integrity", "--strict", "--workers", "1")


def upload(moto: str, trail: DigestedTrail) -> None:
    trail.upload(client(moto, "s3", REGION))


def test_a_trail_in_its_bucket_is_whole(wire: Wire, moto: str, programs: Programs) -> None:
    upload(moto, trail_of(5))

    said = programs.sekisho(*ASKED)

    assert "5 digests, 5 with CloudTrail's signature; they have the hashes of 5 log files" in said
    assert "sqs:ListQueues" in programs.out
    assert set(wire.seen) == {"s3.list_objects_v2", "s3.get_object", KEYS}
    assert programs.aws_finds() == {"digest": (5, 5), "log": (5, 5)}


@pytest.mark.parametrize(
    "prefix", [f"AWSLogs/{ACCOUNT}/CloudTrail/", f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/10/"]
)
def test_digests_are_found_beside_a_part_of_a_trail(moto: str, programs: Programs, prefix: str) -> None:
    upload(moto, trail_of(3))

    said = programs.sekisho(*(f"{one}{prefix}" if one.startswith("s3://") else one for one in ASKED))

    assert "3 digests, 3 with CloudTrail's signature; they have the hashes of 3 log files" in said


def test_a_folder_is_checked_without_aws(programs: Programs) -> None:
    trail = trail_of(3)
    trail.objects[trail.logs[0]] = gzip.compress(b"{}")
    folder = trail.write(programs.home / "trail", metadata=True)
    keys = programs.home / "keys.json"
    keys.write_text(json.dumps(public_keys(0)))

    said = programs.sekisho(
        *("--from", folder, "--verify-integrity", "--public-keys", keys, "--late", "0", "--end", "2026-10-01"),
        "--strict",
        status=3,
    )

    assert "3 digests, 3 with CloudTrail's signature" in said
    assert f"{trail.logs[0]}: it was changed after its delivery" in said
    assert ROLE in programs.out


def test_what_was_changed_is_named_and_not_read(moto: str, programs: Programs) -> None:
    trail = trail_of(5)
    forged = {"Records": [{**json.loads(gzip.decompress(trail.objects[trail.logs[1]]))["Records"][0]}]}
    forged["Records"][0]["eventName"] = "PurgeQueue"
    trail.objects[trail.logs[1]] = gzip.compress(json.dumps(forged).encode())
    del trail.objects[trail.logs[3]]
    upload(moto, trail)

    said = programs.sekisho(*ASKED, status=3)

    assert f"{trail.logs[1]}: it was changed after its delivery" in said
    assert f"log files that are missing, by their digests: {trail.logs[3]}" in said
    assert "PurgeQueue" not in programs.out
    assert programs.aws_finds() == {"digest": (5, 5), "log": (3, 5)}


def test_a_changed_digest_is_named(moto: str, programs: Programs) -> None:
    trail = trail_of(5)
    told = trail.told(trail.digests[2])
    trail.put_digest(trail.digests[2], {**told, "logFiles": []}, signed=False)
    upload(moto, trail)

    said = programs.sekisho(*ASKED, status=3)

    assert f"digests that do not count: {trail.digests[2]}: it was changed" in said
    assert f"{trail.logs[2]}: no digest names it" in said
    assert programs.aws_finds()["digest"] == (4, 5)


def test_a_digest_without_its_metadata_is_named(moto: str, programs: Programs) -> None:
    trail = trail_of(3)
    del trail.metadata[trail.digests[-1]]
    upload(moto, trail)

    said = programs.sekisho(*ASKED, status=3)

    assert f"{trail.digests[-1]}: it has lost its signature" in said
    assert programs.aws_finds()["digest"] == (2, 3)


def test_what_was_read_unchecked_is_read_again(wire: Wire, moto: str, programs: Programs) -> None:
    trail = trail_of(3)
    trail.objects[trail.logs[1]] = gzip.compress(
        gzip.decompress(trail.objects[trail.logs[1]]).replace(b"ListQueues", b"PurgeQueue")
    )
    upload(moto, trail)
    unchecked = tuple(one for one in ASKED if one != "--verify-integrity")
    usage = ("--usage", programs.home / "usage")

    programs.sekisho(*unchecked, *usage)
    assert "sqs:PurgeQueue" in programs.out
    programs.sekisho(*ASKED, *usage, status=3)
    assert "sqs:PurgeQueue" not in programs.out
    programs.sekisho(*unchecked, *usage)
    assert "sqs:PurgeQueue" in programs.out
    wire.clear()
    wire.faults[KEYS] = Babbles(json.dumps(public_keys(0)).encode())
    programs.sekisho(*ASKED, *usage, status=3)
    assert wire.seen["s3.get_object"] == 3 + 1  # the digests, and what could not be read before


def test_what_a_digest_no_longer_vouches_for_is_forgotten(moto: str, programs: Programs) -> None:
    trail = trail_of(3)
    upload(moto, trail)
    programs.sekisho(*ASKED)
    client(moto, "s3", REGION).delete_object(Bucket=BUCKET, Key=trail.digests[1])

    said = programs.sekisho(*ASKED, status=3)

    assert f"digests that are missing, by those after them: {trail.digests[1]}" in said
    assert "2 records in 2 files" in said


def test_without_the_permission_to_list_keys_it_is_said_that_signatures_were_not_checked(
    wire: Wire, moto: str, programs: Programs
) -> None:
    upload(moto, trail_of(3))
    wire.faults[KEYS] = Refuses("AccessDeniedException", 400)

    said = programs.sekisho(*ASKED, status=3)

    assert "the signatures of 3 digests were NOT checked: the public keys of eu-west-1 could not be read: " in said
    assert "it takes cloudtrail:ListPublicKeys, or name keys with --public-keys" in said
    assert "sqs:ListQueues" in programs.out


def test_keys_out_of_a_file_need_no_cloudtrail(wire: Wire, moto: str, programs: Programs) -> None:
    upload(moto, trail_of(3))
    keys = programs.home / "keys.json"
    keys.write_text(json.dumps(public_keys(1, 0)))

    said = programs.sekisho(*ASKED, "--public-keys", keys)

    assert "3 digests, 3 with CloudTrail's signature" in said
    assert KEYS not in wire.seen


def test_late_digests_are_judged_as_the_aws_cli_judges_them(moto: str, programs: Programs) -> None:
    trail = trail_of(3)
    late = trail.log(1, 7)
    digest = trail.digest(trail_end(trail), [late], late=True)
    upload(moto, trail)

    said = programs.sekisho(*ASKED)

    assert digest.endswith("_backfill.json.gz")
    assert "4 digests, 4 with CloudTrail's signature; they have the hashes of 4 log files" in said
    assert programs.aws_finds() == {"digest": (3, 3), "backfill digest": (1, 1), "log": (4, 4)}


def trail_end(trail: DigestedTrail) -> datetime:
    return datetime.fromisoformat(trail.told(trail.digests[-1])["digestEndTime"])


def test_public_keys_alone_make_no_sense(programs: Programs) -> None:
    said = programs.sekisho("--from", ".", "--public-keys", "keys.json", status=2)

    assert "--public-keys is for --verify-integrity" in said
