import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from signal import SIGKILL

import pytest

from sekisho.alerts import DeliveryError, FileTarget, deliver
from sekisho.findings import FindingFilter, Scan, archive, unarchive
from sekisho.storage import SqlFindingStore
from unit.findings.builders import (
    ANALYZER,
    BUCKET,
    MONDAY,
    TUESDAY,
    analysis,
    coverage,
    external_access,
    keep_analyzer,
    rescan,
)

TESTS = Path(__file__).parents[2]
OURS = FindingFilter(analyzer_arn=ANALYZER)


class Recorder:
    """A target that keeps what it takes, and refuses as often as it is told."""

    name = place = "recorder"

    def __init__(self, refusals: int = 0) -> None:
        self.got: list[str] = []
        self.refusals = refusals

    def send(self, envelope: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise DeliveryError("not now")
        self.got.append(json.loads(envelope)["id"])


def filled(url: str, resources: int = 3) -> SqlFindingStore:
    """Return a store with `resources` findings that were each found, archived and made active: three events each."""
    store = SqlFindingStore(url)
    keep_analyzer(store)
    analyses = [analysis(external_access(), resource=f"{BUCKET}{number}") for number in range(resources)]
    scan = Scan(ANALYZER, MONDAY, coverage())
    store.record_scan(scan, analyses, lambda known: rescan(known.findings, *analyses, now=MONDAY))
    store.change(OURS, lambda known: archive(known.findings, by="ann", now=TUESDAY))
    store.change(OURS, lambda known: unarchive(known.findings, by="ann", now=TUESDAY))
    return store


def test_a_target_gets_everything_once_and_then_only_what_is_new() -> None:
    target = Recorder()
    with filled("sqlite://") as store:
        first = deliver(store, target)
        again = deliver(store, target)

        assert (first.sent, again.sent, first.failure) == (9, 0, None)
        assert len(set(target.got)) == 9
        store.change(OURS, lambda known: archive(known.findings, by="ann", now=TUESDAY))
        assert deliver(store, target).sent == 3


def test_a_refusal_is_tried_again_after_a_pause() -> None:
    pauses: list[float] = []
    target = Recorder(refusals=3)
    with filled("sqlite://") as store:
        assert deliver(store, target, sleep=pauses.append).failure is None

    assert pauses == [0.5, 2.0, 5.0]
    assert len(target.got) == 9


def test_a_target_that_keeps_refusing_gets_nothing_later_first() -> None:
    target = Recorder(refusals=4)
    with filled("sqlite://") as store:
        failed = deliver(store, target, sleep=lambda _: None)
        assert (failed.sent, failed.failure) == (0, "not now")

        expected = [json.loads(one.envelope)["id"] for one in store.events("other", limit=100)]
        deliver(store, target)

    assert target.got == expected


CHILD = """
import sys
from pathlib import Path
from sekisho.alerts import FileTarget, deliver
from sekisho.storage import SqlFindingStore

print("ready", flush=True)
with SqlFindingStore(sys.argv[1]) as store:
    deliver(store, FileTarget(Path(sys.argv[2])))
"""


@pytest.mark.slow
def test_a_delivery_that_is_killed_at_any_moment_loses_nothing_and_goes_on_in_order(tmp_path: Path) -> None:
    database, file = tmp_path / "findings.db", tmp_path / "events.jsonl"
    arguments = [sys.executable, "-c", CHILD, str(database), str(file)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    rng = Random(1)  # noqa: S311 - no secret
    killed_at = set[int]()
    with filled(str(database), resources=120) as store:
        for round_ in range(50):
            change = archive if round_ % 2 == 0 else unarchive
            store.change(OURS, lambda known, change=change: change(known.findings, by="ann", now=TUESDAY))  # type: ignore[misc]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
                assert process.stdout is not None
                process.stdout.readline()
                try:
                    process.wait(timeout=rng.uniform(0.05, 0.4))
                except subprocess.TimeoutExpired:
                    process.send_signal(SIGKILL)
                    killed_at.add(len(store.events(FileTarget(file).name, limit=100_000)))
        subprocess.run(arguments, check=True, env=environment, timeout=60)
        expected = [json.loads(one.envelope)["id"] for one in store.events("other", limit=100_000)]

    got = [json.loads(line)["id"] for line in file.read_text("utf-8").splitlines()]
    assert list(dict.fromkeys(got)) == expected
    assert len(got) <= len(expected) + 50
    assert len(killed_at) > 5  # it was killed half-way, and not only before or after
