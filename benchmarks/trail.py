"""From CloudTrail's files to policies: the whole program, beside the least that any program has to do, and a rival.

A made-up trail, with a seed. In turns, each in a process of its own: inflating the files; decoding and grouping them
(`trail_bare.py`), which nobody can be quicker than in Python; `sekisho generate-policy` for all principals, from
nothing to their policies, with one process and with two; and, on a smaller trail, trailscraper (`trail_rival.py`).
Told is the least of several rounds: CPU seconds of the processes and of those that they start, and the most memory
that all of them had at once. That is their proportional set size: pages that they share count once, and those that
other programs have as well count in part, so that a second environment in use with the same libraries makes less of it.
Two processes are the quicker by the clock alone. Both need a machine that does nothing else. Linux alone tells all of
this.

A million events take seven minutes in three rounds, and a minute before that to be made. Ten million, by proportion,
take half an hour in one round, a third of it to be made, and 1.6 GB of disk. Names are drawn anew for each event, so
that a fifth of the records are about something that no other one is about.

    make trail
    PYTHONPATH=src:tests .venv/bin/python benchmarks/trail.py --events 100000 --rounds 2
    PYTHONPATH=src:tests .venv/bin/python benchmarks/trail.py --events 10000000 --rounds 1
"""

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from rich.console import Console
from rich.table import Table

from trails import write_trail

HERE: Final = Path(__file__).parent
TO_BARE: Final = 1.5
TO_RIVAL: Final = 60
MOST_MEGABYTES: Final = 300
MOST_GROWTH: Final = 1.15
LEAST_SPEEDUP: Final = 1.7
MOST_FOR_RIVAL: Final = 100_000
"""It keeps every record as it was: ten kilobytes each."""
EVENTS_A_FILE: Final = 2000
PAUSE: Final = 0.05
"""Seconds between two looks at the memory, which take milliseconds and keep the process waiting."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process, with those that it started, has used.

    Attributes:
        cpu: seconds of user and system.
        wall: seconds by the clock.
        megabytes: the most memory that all of them had at once.
        said: what it wrote.
    """

    cpu: float
    wall: float
    megabytes: float
    said: str = ""


def measured(command: Sequence[str]) -> Run:
    """Run a command to its end, and to that of all that it has started."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        ended = Event()
        with ThreadPoolExecutor(1) as pool:
            memory = pool.submit(_most_memory, process.pid, ended)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
            ended.set()
        process.returncode = os.waitstatus_to_exitcode(status)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    left = sum(_seconds_of_the_left())
    return Run(usage.ru_utime + usage.ru_stime + left, wall, memory.result(), said)


def _seconds_of_the_left() -> Iterator[float]:
    """Yield the CPU seconds of each process that outlived the one which started it; see `adopt`."""
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return
        yield usage.ru_utime + usage.ru_stime


def adopt() -> None:
    """Become the parent of processes whose own parent has ended, so that their time can be told.

    The process that others are forked from ends after the program, and nobody else waits for it.

    Source: prctl(2), PR_SET_CHILD_SUBREAPER.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")


_CHILD_SUBREAPER: Final = 36


def _most_memory(process: int, ended: Event) -> float:
    """Return the most megabytes of a process and all below it: of each alone, and of what was seen of all together."""
    most = 0.0
    while not ended.wait(PAUSE):
        alive = list(_tree(process))
        together = sum(_megabytes(one, "smaps_rollup", "Pss:") for one in alive)
        most = max(most, together, *(_megabytes(one, "status", "VmHWM:") for one in alive))
    return most


def _tree(process: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield process
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        for child in _read(file).split():
            yield from _tree(int(child))


def _megabytes(process: int, file: str, name: str) -> float:
    for line in _read(Path(f"/proc/{process}/{file}")).splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # it has just ended
        return ""


def least(runs: Sequence[Run]) -> Run:
    """Return the least of each figure."""
    return Run(min(one.cpu for one in runs), min(one.wall for one in runs), min(one.megabytes for one in runs))


def ours(trail: Path, workers: int) -> Run:
    """Run ours from nothing to the policies of all principals."""
    program = str(Path(sys.executable).with_name("sekisho"))
    with tempfile.TemporaryDirectory() as folder:
        return measured(
            [
                program, "generate-policy", "--principal", "all", "--from", str(trail), "--workers", str(workers),
                "--usage", f"{folder}/usage", "--out", f"{folder}/policies",
            ]
        )  # fmt: skip


def bare(trail: Path, part: str) -> Run:
    """Run a part of the least that any program has to do."""
    return measured([sys.executable, str(HERE / "trail_bare.py"), part, str(trail)])


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was run on how many records, and all of its runs."""

    name: str
    records: int
    runs: tuple[Run, ...]

    @property
    def least(self) -> Run:
        """The least of each figure."""
        return least(self.runs)

    @property
    def microseconds(self) -> float:
        """CPU time of a record."""
        return self.least.cpu / self.records * 1e6


def rows(trails: Mapping[str, Path], rival: Path | None, rounds: int) -> dict[str, Row]:
    """Run everything, in turns."""
    runs: dict[str, list[Run]] = {}
    for _ in range(rounds):
        for name, run in _round(trails, rival):
            runs.setdefault(name, []).append(run)
    whole, tenth = int(runs["bare decode"][0].said), int(runs["bare decode, a tenth"][0].said)
    records = {"ours, a tenth": tenth, "bare decode, a tenth": tenth}
    if rival is not None:
        records["trailscraper"] = int(runs["trailscraper"][0].said)
    return {name: Row(name, records.get(name, whole), tuple(some)) for name, some in runs.items()}


def _round(trails: Mapping[str, Path], rival: Path | None) -> Iterator[tuple[str, Run]]:
    yield "inflate", bare(trails["whole"], "inflate")
    yield "bare decode", bare(trails["whole"], "group")
    yield "ours, 1 process", ours(trails["whole"], 1)
    yield "ours, 2 processes", ours(trails["whole"], 2)
    yield "bare decode, a tenth", bare(trails["tenth"], "group")
    yield "ours, a tenth", ours(trails["tenth"], 1)
    if rival is not None:
        yield "trailscraper", measured([str(rival), str(HERE / "trail_rival.py"), str(trails["rival"])])


def goals(found: Mapping[str, Row]) -> Iterator[tuple[str, float, bool]]:
    """Yield what was aimed at, what came out, and whether that is met."""
    one, two, tenth = (found[f"ours, {name}"] for name in ("1 process", "2 processes", "a tenth"))
    to_bare = one.microseconds / found["bare decode"].microseconds
    yield f"at most {TO_BARE} times the bare decode", to_bare, to_bare <= TO_BARE
    if "trailscraper" in found:
        to_rival = found["trailscraper"].microseconds / one.microseconds
        yield f"at least {TO_RIVAL} times as fast as trailscraper", to_rival, to_rival >= TO_RIVAL
    for row in (one, two):
        megabytes = row.least.megabytes
        yield f"under {MOST_MEGABYTES} MB: {row.name}", megabytes, megabytes < MOST_MEGABYTES
    growth = one.least.megabytes / tenth.least.megabytes
    yield f"at most {MOST_GROWTH} times the memory of a tenth of the events", growth, growth <= MOST_GROWTH
    speedup = one.least.wall / two.least.wall
    yield f"with two processes {LEAST_SPEEDUP} times as fast by the clock", speedup, speedup >= LEAST_SPEEDUP


def show(console: Console, found: Mapping[str, Row], rounds: int) -> None:
    """Print the figures, and which goals are met."""
    table = Table(title=f"the least of {rounds} runs")
    table.add_column("")
    for heading in ("records", "CPU seconds", "µs a record", "seconds", "MB", "to bare decode", "to trailscraper"):
        table.add_column(heading, justify="right")
    rival = found.get("trailscraper")
    for row in found.values():
        to_bare = f"{row.microseconds / found['bare decode'].microseconds:.2f}"
        to_rival = f"1/{rival.microseconds / row.microseconds:.1f}" if rival else ""
        table.add_row(
            row.name, f"{row.records:,}", f"{row.least.cpu:.2f}", f"{row.microseconds:.2f}", f"{row.least.wall:.2f}",
            f"{row.least.megabytes:.0f}", to_bare, to_rival,
        )  # fmt: skip
    console.print(table)
    for goal, value, is_met in goals(found):
        console.print(f"{'met' if is_met else '[red]missed[/]'}: {goal}: {value:.2f}", highlight=False)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = HERE.parent / ".venv-trailscraper" / "bin" / "python"
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trailscraper", type=Path, default=default, help="a Python that has it (%(default)s)")
    parser.add_argument("--trails", type=Path, help="where trails are kept for the next time")
    options = parser.parse_args(arguments)
    adopt()
    console = Console(width=None if sys.stdout.isatty() else 130)
    rival = options.trailscraper if options.trailscraper.exists() else None
    if rival is None:
        console.print(f"without trailscraper: there is no {options.trailscraper}", highlight=False)
    tenth = max(options.events // 10, 1)
    events = {"whole": options.events, "tenth": tenth, "rival": min(tenth, MOST_FOR_RIVAL)}
    with tempfile.TemporaryDirectory() as folder:
        made = {name: _trail(options.trails or Path(folder), options.seed, some) for name, some in events.items()}
        show(console, rows(made, rival, options.rounds), options.rounds)


def _trail(folder: Path, seed: int, events: int) -> Path:
    trail = folder / f"{events}-{seed}"
    if not trail.exists():
        write_trail(trail, seed, events, files=max(events // EVENTS_A_FILE, 1))
    return trail


if __name__ == "__main__":
    main(sys.argv[1:])
