"""Set the reasoner beside the solvers for as many policies as wanted.

    python tests/oracle/long_run.py --policies 200000 --seed 1 --jobs 2

Which policies these are, the seed alone says. What is done is kept in the output folder: an interrupted run goes on
from there when it is started again. Every disagreement is made as small as it gets and written down as JSON.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from oracle.differential import Disagreement, Example, Judge, Tally, random_example, shown_request
from oracle.shrinking import as_json, shrink

CHUNK = 100
"""How many policies a worker takes at a time."""

PATIENCE = 60
"""After so many seconds a single policy is given up."""


@dataclass(slots=True)
class Outcome:
    """What came of one chunk."""

    chunk: int
    tally: Tally
    slow: list[int] = field(default_factory=list[int])
    disagreements: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class TooSlowError(Exception):
    """A policy has taken too long."""


def main() -> int:
    """Run, and say how many disagreements there were."""
    arguments = _arguments()
    folder = arguments.out or Path("build") / f"oracle-{arguments.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "done.jsonl"
    total, done = Tally(), _done(state)
    for tally in done.values():
        total.add(tally)
    console = Console()
    chunks = [one for one in range(-(-arguments.policies // CHUNK)) if one not in done]
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _run(arguments, chunks, total, folder, console)
    except KeyboardInterrupt:
        console.print("interrupted; start it again to go on")
    except BrokenProcessPool:
        console.print("a worker has died; start it again to go on")
    _summarize(console, total, time.monotonic() - started, folder)
    return 1 if total.disagreements else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policies", type=int, default=10_000, help=f"how many, in steps of {CHUNK}")
    parser.add_argument("--seed", default="1", help="which ones")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    parser.add_argument("--out", type=Path, default=None, help="folder of what is found; build/oracle-SEED if not told")
    return parser.parse_args()


def _done(state: Path) -> dict[int, Tally]:
    if not state.exists():
        return {}
    rows = (json.loads(line) for line in state.read_text("utf-8").splitlines())
    return {row["chunk"]: Tally(**row["tally"]) for row in rows}


def _run(arguments: argparse.Namespace, chunks: list[int], total: Tally, folder: Path, console: Console) -> None:
    columns = (
        TextColumn("policies"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[found]} disagreements"),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        all_chunks = -(-arguments.policies // CHUNK)
        bar = progress.add_task("", total=all_chunks * CHUNK, completed=(all_chunks - len(chunks)) * CHUNK, found=0)
        for outcome in _outcomes(arguments, chunks):
            total.add(outcome.tally)
            for place, one in enumerate(outcome.disagreements):
                group = folder / ("documented" if one["documented"] else "disagreements")
                group.mkdir(exist_ok=True)
                name = f"{outcome.chunk:06}-{place}-{one['kind'].replace(' ', '-').replace(',', '')}.json"
                (group / name).write_text(json.dumps(one, indent=2) + "\n", "utf-8")
            with (folder / "done.jsonl").open("a", encoding="utf-8") as state:
                row = {"chunk": outcome.chunk, "tally": asdict(outcome.tally), "slow": outcome.slow}
                state.write(json.dumps(row) + "\n")
            progress.update(bar, advance=CHUNK, found=total.disagreements)


def _outcomes(arguments: argparse.Namespace, chunks: list[int]) -> Iterator[Outcome]:
    """Yield what comes of every chunk; never more than a few are under way, so that an interruption loses little."""
    left = iter(chunks)
    # A worker is replaced now and then, for what the solvers keep in memory.
    with ProcessPoolExecutor(
        arguments.jobs, mp_context=get_context("spawn"), initializer=_ignore_interrupts, max_tasks_per_child=50
    ) as pool:
        running = set[Future[Outcome]]()
        try:
            while True:
                while len(running) < 2 * arguments.jobs and (chunk := next(left, None)) is not None:
                    running.add(pool.submit(judge_chunk, arguments.seed, chunk))
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in finished)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ignore_interrupts() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _too_slow)


def _too_slow(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise TooSlowError


def judge_chunk(seed: str, chunk: int) -> Outcome:
    """Compare the policies of one chunk."""
    judge = Judge(Random(f"{seed}:{chunk}"))  # noqa: S311 - no secret
    outcome = Outcome(chunk, judge.tally)
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        example = random_example(Random(f"{seed}:{number}"))  # noqa: S311 - no secret
        signal.alarm(PATIENCE)
        try:
            found = judge.compare(example)
        except TooSlowError:
            outcome.slow.append(number)
            continue
        finally:
            signal.alarm(0)
        for kind in dict.fromkeys((one.kind, one.documented) for one in found):
            outcome.disagreements.append({"number": number, **_smallest(example, *kind)})
    return outcome


def _smallest(example: Example, kind: str, documented: bool) -> dict[str, Any]:  # noqa: FBT001 - one fact of two
    """Return the smallest example of a disagreement, as JSON has it."""

    def shown_by(one: Example) -> list[Disagreement]:
        signal.alarm(PATIENCE)
        try:
            found = Judge(Random(0)).compare(one)  # noqa: S311 - no secret
        except TooSlowError:
            return []
        finally:
            signal.alarm(0)
        return [each for each in found if (each.kind, each.documented) == (kind, documented)]

    small = shrink(example, lambda one: bool(shown_by(one)))
    found = shown_by(small)
    if not found:
        return {"kind": kind, "documented": documented, "example": as_json(example)}
    return {
        "kind": kind,
        "documented": documented,
        "action": found[0].action,
        "said": found[0].said,
        "request": shown_request(found[0].request),
        "example": as_json(small),
        "before": as_json(example),
    }


def _summarize(console: Console, total: Tally, seconds: float, folder: Path) -> None:
    table = Table("what", "how many", title="The reasoner beside the solvers")
    for name, count in asdict(total).items():
        if isinstance(count, dict):
            for solver, unknown in count.items():
                table.add_row(f"unknown to {solver}", f"{unknown:,}")
        else:
            table.add_row(name.replace("_", " "), f"{count:,}")
    console.print(table)
    console.print(f"{seconds:,.0f} seconds; what was found is in {folder}")


if __name__ == "__main__":
    sys.exit(main())
