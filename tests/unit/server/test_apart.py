"""A function in a process of its own."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.server.apart import Apart
from sekisho.server.errors import FaultError, ProcessDiedError
from work_apart import die, double, fail, tell_and_sleep

LONG = timedelta(seconds=60)


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2]


def number_in(file: Path) -> int:
    until = time.monotonic() + 60
    while not (file.exists() and (text := file.read_text())):
        assert time.monotonic() < until
        time.sleep(0.05)
    return int(text)


def test_what_a_function_returns_is_its_result() -> None:
    under_way = Apart(double, 21)

    assert under_way.is_done(LONG)
    assert under_way.result() == 42
    under_way.end()


def test_what_it_raises_is_told_with_its_traceback() -> None:
    under_way = Apart(fail, "the reason")

    with pytest.raises(FaultError, match=r"in fail(.|\n)*ValueError: the reason"):
        under_way.result()
    under_way.end()


def test_a_process_that_is_killed_has_no_result() -> None:
    under_way = Apart(die, None)

    assert under_way.is_done(LONG)
    with pytest.raises(ProcessDiedError):
        under_way.result()
    under_way.end()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks Linux which processes there are")
def test_what_is_ended_is_gone_though_it_does_not_want_to(tmp_path: Path) -> None:
    under_way = Apart(tell_and_sleep, tmp_path / "number")
    number = number_in(tmp_path / "number")

    assert not under_way.is_done(timedelta(seconds=0.1))
    under_way.end()

    assert not is_running(number)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks Linux which processes there are")
def test_it_ends_with_whoever_began_it(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from sekisho.server.apart import Apart; "
        "from work_apart import tell_and_sleep; "
        f"Apart(tell_and_sleep, Path({str(tmp_path / 'number')!r})).result()"
    )
    with subprocess.Popen([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": ":".join(sys.path)}) as one:
        number = number_in(tmp_path / "number")
        one.kill()

    until = time.monotonic() + 30
    while is_running(number):
        assert time.monotonic() < until
        time.sleep(0.05)
