"""A server that is killed, again and again, wherever it happens to be: nothing is lost, doubled or half-written."""

import json
import random
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from sekisho.api import IssuedKey, Role
from sekisho.findings import ChangeKind, FindingFilter, Status
from sekisho.storage import SqlFindingStore
from surfaces.aws import ENVIRONMENT, OWNER, client, policy, running_moto
from surfaces.serving import REGION, Program, Served, wait_for

pytestmark = pytest.mark.slow

ANALYZER = f"arn:aws:access-analyzer:{REGION}:{OWNER}:analyzer/sekisho"
BUCKETS = [f"ledger-{number}" for number in range(4)]
KILLS = 12

LEADS_TO = {
    ChangeKind.CREATED: Status.ACTIVE,
    ChangeKind.RETURNED: Status.ACTIVE,
    ChangeKind.RESOLVED: Status.RESOLVED,
}
"""All that can happen to a finding here."""


@pytest.fixture
def moto() -> Iterator[str]:
    with running_moto() as endpoint:
        yield endpoint


def toggle(moto: str, bucket: str, opened: set[str]) -> None:
    """Open a bucket to a partner, or close it."""
    s3 = client(moto, "s3")
    if bucket in opened:
        s3.delete_bucket_policy(Bucket=bucket)
    else:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    opened ^= {bucket}


def disturb(served: Served, key: IssuedKey, draw: random.Random) -> None:
    """Keep the server busy; it may be dead by now."""
    asked = served.client(key)
    try:
        for bucket in draw.sample(BUCKETS, 2):
            asked.start_resource_scan(analyzerArn=ANALYZER, resourceArn=f"arn:aws:s3:::{bucket}")
    except (ClientError, HTTPClientError):
        pass  # the analyzer is made by the first scan, which may not have begun


def test_a_server_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, moto: str) -> None:
    draw, opened = random.Random(7), set[str]()  # noqa: S311 - no secret
    for bucket in BUCKETS:
        client(moto, "s3").create_bucket(Bucket=bucket)
    program = Program(
        tmp_path, {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto, "SEKISHO_REGION": REGION, "SEKISHO_DB": "findings.db"}
    )
    key = program.issue_key(Role.OPERATOR)
    for _ in range(KILLS):
        toggle(moto, draw.choice(BUCKETS), opened)
        with program.serving("--events-to", "events.jsonl") as served:
            disturb(served, key, draw)
            toggle(moto, draw.choice(BUCKETS), opened)
            disturb(served, key, draw)
            time.sleep(draw.random() * 1.5)
            served.process.send_signal(signal.SIGKILL)
            served.process.wait(10)

    wanted = {f"arn:aws:s3:::{bucket}" for bucket in opened}
    with program.serving("--events-to", "events.jsonl") as served:
        for bucket in BUCKETS:
            wait_for(lambda: _asked(served, key, bucket))  # noqa: B023 - called at once
        wait_for(lambda: _open_resources(program) == wanted)
        wait_for(lambda: _told(tmp_path / "events.jsonl") == _happened(program))
    with SqlFindingStore(str(tmp_path / "findings.db")) as store:
        findings = store.findings(FindingFilter(ANALYZER))
        assert len({one.observation.resource for one in findings}) == len(findings)
        for one in findings:
            _check_history(store, one.id, one.status)


def _asked(served: Served, key: IssuedKey, bucket: str) -> bool:
    try:
        served.client(key).start_resource_scan(analyzerArn=ANALYZER, resourceArn=f"arn:aws:s3:::{bucket}")
    except ClientError:
        return False
    return True


def _open_resources(program: Program) -> set[str]:
    listed = json.loads(program.document("findings", "list", "--format", "json"))
    return {one["resource"] for one in listed}


def _happened(program: Program) -> dict[str, list[str]]:
    """Return to each finding the statuses that its history leads through."""
    with SqlFindingStore(str(program.home / "findings.db")) as store:
        return {
            one.id: [entry.after.value for entry in store.history(one.id)]
            for one in store.findings(FindingFilter(ANALYZER))
        }


def _told(file: Path) -> dict[str, list[str]]:
    """Return to each finding the statuses that the events tell of, an event that came twice once."""
    seen, statuses = set[str](), defaultdict[str, list[str]](list)
    for line in file.read_text().splitlines():
        event = json.loads(line)
        if event["id"] not in seen:
            seen.add(event["id"])
            statuses[event["detail"]["id"]].append(event["detail"]["status"])
    return dict(statuses)


def _check_history(store: SqlFindingStore, finding: str, status: Status) -> None:
    history = store.history(finding)
    assert [one.kind for one in history[:1]] == [ChangeKind.CREATED]
    assert all(LEADS_TO[one.kind] is one.after for one in history)
    assert all(earlier.after is later.before is not later.after for earlier, later in pairwise(history))
    assert history[-1].after is status
