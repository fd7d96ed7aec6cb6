"""Several processes and one store: one that is killed, and several that begin at once."""

import subprocess
import sys
from pathlib import Path
from signal import SIGKILL

import pytest

from sekisho.findings import FindingFilter, Scan
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ANALYZER, BUCKET, MONDAY, TUESDAY, analysis, coverage, external_access, rescan

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
    analyses = [analysis(external_access(), notes=("first",)), analysis(external_access(), resource=BUCKET + "2")]
    store.record_scan(Scan(ANALYZER, MONDAY, coverage()), analyses, lambda known: rescan(known, *analyses, now=MONDAY))


def second_scan(store: SqlFindingStore) -> None:
    analyses = [analysis(external_access({"AWS": "*"})), analysis(resource=BUCKET + "3", notes=("second",))]
    store.record_scan(
        Scan(ANALYZER, TUESDAY, coverage()), analyses, lambda known: rescan(known, *analyses, now=TUESDAY)
    )


def state(file: Path) -> object:
    with SqlFindingStore(str(file)) as store:
        resources = [store.analyzed_resources(BUCKET + suffix) for suffix in ("", "2", "3")]
        return store.findings(FindingFilter()), store.scans(limit=10), resources


@pytest.mark.slow
def test_a_killed_scan_leaves_the_state_before_or_after_and_the_next_one_works(tmp_path: Path) -> None:
    reference = tmp_path / "reference.db"
    with SqlFindingStore(str(reference)) as store:
        first_scan(store)
    before = state(reference)
    with SqlFindingStore(str(reference)) as store:
        second_scan(store)
    after = state(reference)

    statements = 0
    while True:
        file = tmp_path / f"killed-{statements}.db"
        with SqlFindingStore(str(file)) as store:
            first_scan(store)
        command = [sys.executable, "-c", CHILD, str(file), str(statements)]
        status = subprocess.run(command, check=False, cwd=TESTS).returncode
        if status != -SIGKILL:
            break
        assert state(file) == before
        with SqlFindingStore(str(file)) as store:
            second_scan(store)
        assert state(file) == after
        statements += 1

    assert status == 0
    assert state(file) == after
    assert statements >= 9


@pytest.mark.slow
def test_processes_that_begin_at_once_on_a_new_database_take_turns(tmp_path: Path) -> None:
    program = (
        "import sys; from unit.storage.test_processes import first_scan, SqlFindingStore; "
        "first_scan(SqlFindingStore(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "findings.db")]
    running = [subprocess.Popen(command, cwd=TESTS, stderr=subprocess.PIPE) for _ in range(4)]

    assert [(process.communicate()[1], process.returncode) for process in running] == [(b"", 0)] * 4
    with SqlFindingStore(str(tmp_path / "findings.db")) as store:
        assert len(store.findings(FindingFilter())) == 2
        assert len(store.scans(limit=10)) == 4
