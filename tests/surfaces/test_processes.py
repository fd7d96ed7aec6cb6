"""Programs that let several processes read, however they were started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
from sekisho.activity import UsageError
from sekisho.wiring.processes import in_processes

if __name__ == "__main__":
    try:
        print(sorted(result for _, result in in_processes(abs, [-1, -2], NUMBER, loads="sekisho.wiring.processes")))
    except UsageError as error:
        print(error)
"""


def run(*arguments: str, program: str | None = None) -> str:
    said = subprocess.run(
        [sys.executable, *arguments],
        input=program,
        env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout.strip()


def test_a_program_in_a_file_has_as_many_processes_as_it_likes(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.replace("NUMBER", "2"))

    assert run(str(file)) == "[1, 2]"


@pytest.mark.parametrize("arguments", [("-",), (), ("/dev/stdin",)], ids=" ".join)
def test_a_program_on_standard_input_is_told_what_to_do(arguments: tuple[str, ...]) -> None:
    told = run(*arguments, program=PROGRAM.replace("NUMBER", "2"))

    assert told.startswith("several processes cannot load the program `")
    assert told.endswith("save it as one, or use one process")


def test_one_process_needs_no_file() -> None:
    assert run("-", program=PROGRAM.replace("NUMBER", "1")) == "[1, 2]"
    assert run("-c", PROGRAM.replace("NUMBER", "2")) == "[1, 2]"


WORK = """
import os
import signal
import sys
import time
from multiprocessing import parent_process
from pathlib import Path

from sekisho.activity import UsageError
from sekisho.wiring.processes import in_processes


def die_once(task):
    time.sleep(0.05)
    if parent_process() and not Path(sys.argv[1]).exists():
        Path(sys.argv[1]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def die(task):
    time.sleep(0.05)
    if parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return task


if __name__ == "__main__":
    try:
        done = in_processes(WORK, range(60), 2, loads="sekisho.wiring.processes")
        print(sorted(done) == [(task, task) for task in range(60)])
    except UsageError as error:
        print(error)
"""


def worked(tmp_path: Path, work: str) -> str:
    file = tmp_path / "program.py"
    file.write_text(WORK.replace("WORK", work))
    return run(str(file), str(tmp_path / "died"))


def test_what_a_process_had_begun_that_is_killed_is_done_by_another(tmp_path: Path) -> None:
    assert worked(tmp_path, "die_once") == "True"
    assert (tmp_path / "died").exists()


def test_processes_that_are_killed_again_and_again_end_it(tmp_path: Path) -> None:
    assert worked(tmp_path, "die") == "a process was killed three times; is there enough memory?"
