"""Several processes and one store: one that is killed, and several that begin at once."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from signal import SIGKILL
from threading import Event

import pytest

from sekisho.findings import FindingFilter, Known, Reconciliation, Scan
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

CHILD = """
import os, signal, sys
from sqlalchemy import event
from unit.storage.test_processes import second_scan
from sekisho.storage import SqlFindingStore

store = SqlFindingStore(sys.argv[1])
left = int(sys.argv[2])

def count_down(*_):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1

event.listen(store.engine, "before_cursor_execute", count_down)
event.listen(store.engine, "commit", count_down)
second_scan(store)
"""


def first_scan(store: SqlFindingStore) -> None:
    keep_analyzer(store)
    analyses = [analysis(external_access(), notes=("first",)), analysis(external_access(), resource=BUCKET + "2")]
    store.record_scan(
        Scan(ANALYZER, MONDAY, coverage()), analyses, lambda known: rescan(known.findings, *analyses, now=MONDAY)
    )


def second_scan(store: SqlFindingStore) -> None:
    analyses = [analysis(external_access({"AWS": "*"})), analysis(resource=BUCKET + "3", notes=("second",))]
    store.record_scan(
        Scan(ANALYZER, TUESDAY, coverage()), analyses, lambda known: rescan(known.findings, *analyses, now=TUESDAY)
    )


def state(url: str) -> object:
    with SqlFindingStore(url) as store:
        resources = [store.analyzed_resources(BUCKET + suffix) for suffix in ("", "2", "3")]
        findings = store.findings(FindingFilter())
        return findings, store.scans(limit=10), resources, [store.history(one.id) for one in findings]


@pytest.mark.slow
def test_a_killed_scan_leaves_the_state_before_or_after_and_the_next_one_works(
    new_database: Callable[[], str],
) -> None:
    reference = new_database()
    with SqlFindingStore(reference) as store:
        first_scan(store)
    before = state(reference)
    with SqlFindingStore(reference) as store:
        second_scan(store)
    after = state(reference)

    statements = 0
    while True:
        url = new_database()
        with SqlFindingStore(url) as store:
            first_scan(store)
        command = [sys.executable, "-c", CHILD, url, str(statements)]
        status = subprocess.run(command, check=False, cwd=TESTS).returncode
        if status != -SIGKILL:
            break
        assert state(url) == before
        with SqlFindingStore(url) as store:
            second_scan(store)
        assert state(url) == after
        statements += 1

    assert status == 0
    assert state(url) == after
    assert statements >= 9


@pytest.mark.slow
def test_processes_that_begin_at_once_on_a_new_database_take_turns(new_database: Callable[[], str]) -> None:
    url = new_database()
    program = (
        "import sys; from unit.storage.test_processes import first_scan, SqlFindingStore; "
        "first_scan(SqlFindingStore(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, url]
    running = [subprocess.Popen(command, cwd=TESTS, stderr=subprocess.PIPE) for _ in range(4)]

    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 4
    with SqlFindingStore(url) as store:
        assert len(store.findings(FindingFilter())) == 2
        assert len(store.scans(limit=10)) == 4


@pytest.mark.parametrize("analyzer", ["scanned", "new"])
def test_a_scan_waits_for_the_one_before_it_and_sees_what_that_stored(
    new_database: Callable[[], str], analyzer: str
) -> None:
    url = new_database()
    seen = analysis(external_access())
    late = Event()
    second: Future[Reconciliation]

    def reconcile_late(known: Known) -> Reconciliation:
        late.set()
        return rescan(known.findings, seen, now=TUESDAY)

    def reconcile(known: Known) -> Reconciliation:
        nonlocal second
        second = pool.submit(partial(other.record_scan, Scan(ANALYZER, TUESDAY, coverage()), [seen], reconcile_late))
        assert not late.wait(0.3)
        return rescan(known.findings, seen, now=MONDAY)

    with ThreadPoolExecutor(1) as pool, SqlFindingStore(url) as store, SqlFindingStore(url) as other:
        keep_analyzer(store)
        if analyzer == "scanned":
            store.record_scan(Scan(ANALYZER, MONDAY, coverage()), [], lambda known: rescan(known.findings, now=MONDAY))
        store.record_scan(Scan(ANALYZER, MONDAY, coverage()), [seen], reconcile)
        stored = second.result()

    assert (len(stored.new), len(stored.unchanged)) == (0, 1)


@pytest.mark.slow
def test_the_server_of_the_tests_is_gone_when_they_are_killed() -> None:
    program = (
        "import os, signal; from postgresql import started\n"
        "with started() as server:\n"
        "    print(server.folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False, cwd=TESTS, stdout=subprocess.PIPE, text=True)

    deadline = time.monotonic() + 30
    while (folder := Path(killed.stdout.strip())).exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert killed.returncode == -SIGKILL
    assert folder.is_absolute()
    assert not folder.exists()
