import json
import subprocess
import sys
from pathlib import Path

import pytest

from sekisho.alerts import DeliveryError, deliver
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


KILLED = """
import json, os, signal, sys
from pathlib import Path
from sekisho.alerts import FileTarget, deliver
from sekisho.storage import SqlFindingStore


class Killed(FileTarget):
    def __init__(self, path, event, moment):
        super().__init__(path)
        self.left, self.moment = event, moment

    def send(self, envelope):
        self.left -= 1
        if self.left == 0:
            if self.moment == "amid":
                with Path(self.place).open("a") as file:
                    file.write(envelope[:100])
            if self.moment == "after":
                super().send(envelope)
            os.kill(os.getpid(), signal.SIGKILL)
        super().send(envelope)


for event, moment in json.loads(sys.argv[3]):
    child = os.fork()
    if child == 0:
        with SqlFindingStore(sys.argv[1]) as store:
            deliver(store, Killed(Path(sys.argv[2]), event, moment))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == (-signal.SIGKILL if event else 0)
"""


@pytest.mark.slow
def test_a_delivery_that_is_killed_at_any_moment_loses_nothing_and_goes_on_in_order(tmp_path: Path) -> None:
    """It is killed before, amid or after the line of an event, always before that is noted."""
    database, file = tmp_path / "findings.db", tmp_path / "events.jsonl"
    moments = ("before", "amid", "after")
    kills = [(event, moment) for event in (1, 2, 3, 5, 8) for moment in moments]
    with filled(str(database), resources=30) as store:
        arguments = [str(database), str(file), json.dumps([*kills, (0, "never")])]
        subprocess.run([sys.executable, "-c", KILLED, *arguments], check=True)
        expected = [json.loads(one.envelope)["id"] for one in store.events("other", limit=100_000)]

    got = [json.loads(line)["id"] for line in file.read_text("utf-8").splitlines()]
    assert list(dict.fromkeys(got)) == expected
    assert len(got) == len(expected) + sum(moment == "after" for _, moment in kills)
