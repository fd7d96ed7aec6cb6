"""Work in several processes of this machine; one that is killed costs a repetition of what it had begun."""

import gc
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Final, TypeVar

from sekisho.activity import UsageError

MOST_TRIES: Final = 3

COLLECTED_AFTER: Final = (50_000, 20, 50)
"""How many new objects there are before the young are looked through, and how often that is before the older ones are.

Rows are hundreds of thousands of objects, none of which is in a cycle.
"""

Task = TypeVar("Task")
Result = TypeVar("Result")


def settle() -> None:
    """Prepare a process that reads or answers: for many objects, and to give back the memory that it no longer needs.

    Arrow would keep what it has had for the next time, with a pool of its own: some 20 MB in each process.

    Source: Python documentation, `gc.set_threshold`; Arrow documentation, "Memory pools".
    """
    import pyarrow as pa  # noqa: PLC0415 - takes a tenth of a second, in which others can begin

    gc.set_threshold(*COLLECTED_AFTER)
    pa.set_memory_pool(pa.system_memory_pool())


def begin_early(loads: str) -> None:
    """Start the process that others begin from, so that it loads what they need while this one does.

    Args:
        loads: the module that has all of it.
    """
    if _CAN_FORK:
        from multiprocessing.forkserver import ensure_running  # noqa: PLC0415 - not on every system

        _context(loads)
        ensure_running()


def in_processes(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    number: int,
    *,
    loads: str,
    prepare: Callable[[], object] = settle,
) -> Iterator[tuple[Task, Result]]:
    """Yield each task with its result, in the order in which they are done; with one process, here and one by one.

    Args:
        work: what is done; a function of a module.
        tasks: taken as they can be done, some ahead.
        number: of processes.
        loads: the module that has `work`, with all that it needs.
        prepare: what each process does first.

    Raises:
        UsageError: processes were killed again and again, or cannot begin.
    """
    if number == 1:
        yield from ((task, work(task)) for task in tasks)
        return
    _check_program()
    start = partial(ProcessPoolExecutor, number, mp_context=_context(loads), initializer=prepare)
    left = iter(tasks)
    waiting: list[Task] = []
    for attempt in range(1, MOST_TRIES + 1):
        try:
            yield from _run(work, left, waiting, number, start)
        except BrokenProcessPool as error:
            if attempt == MOST_TRIES:
                raise UsageError("a process was killed three times; is there enough memory?") from error
        else:
            return


def _check_program() -> None:
    """Check that other processes can load the program that this one runs, which they do before anything else.

    Raises:
        UsageError: it came from standard input or a pipe, which is read only once.

    Source: Python documentation, `multiprocessing`, "The spawn and forkserver start methods".
    """
    program = getattr(sys.modules["__main__"], "__file__", None)
    if program is not None and not Path(program).is_file():
        raise UsageError(
            f"several processes cannot load the program `{program}`, which is no file; save it as one, or use one"
            " process"
        )


def _run(
    work: Callable[[Task], Result],
    left: Iterator[Task],
    waiting: list[Task],
    number: int,
    start: Callable[[], ProcessPoolExecutor],
) -> Iterator[tuple[Task, Result]]:
    """Do what waits and what is left; what is under way when a process dies waits again."""
    with start() as pool:
        under_way: dict[Future[Result], Task] = {pool.submit(work, task): task for task in waiting}
        while True:
            for task in islice(left, 2 * number - len(under_way)):
                waiting.append(task)
                under_way[pool.submit(work, task)] = task
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()
                task = under_way.pop(future)
                waiting.remove(task)
                yield task, result


def _context(loads: str) -> BaseContext:
    """Return how processes begin: from one that has loaded what they need, where the system can do that."""
    if not _CAN_FORK:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([loads])
    return context


_CAN_FORK: Final = "forkserver" in multiprocessing.get_all_start_methods()


def in_order(done: Iterable[tuple[tuple[int, Task], Result]]) -> Iterator[Result]:
    """Yield the results of numbered tasks in the order of their numbers, each as soon as its turn has come."""
    early: dict[int, Result] = {}
    turn = 0
    for (number, _), result in done:
        early[number] = result
        while turn in early:
            yield early.pop(turn)
            turn += 1
