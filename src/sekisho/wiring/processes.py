"""Work in several processes of this machine; one that is killed costs a repetition of what it had begun."""

import ctypes
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


def give_back() -> None:
    """Give back to the system what was freed, before something else begins: some 25 MB after log files were read.

    Source: malloc_trim(3); other C libraries than GNU's have no such function.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def begin_early(number: int, *, loads: str) -> None:
    """Start the process that others begin from, so that it loads what they need while this one does.

    Args:
        number: of processes, this one included.
        loads: the module that has all of it.
    """
    if number >= _FEWEST_FROM_ONE and _CAN_FORK:
        from multiprocessing.forkserver import ensure_running  # noqa: PLC0415 - not on every system

        _context(number, loads)
        ensure_running()


def in_processes(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    number: int,
    *,
    loads: str,
    prepare: Callable[[], object] = settle,
) -> Iterator[tuple[Task, Result]]:
    """Yield each task with its result, in the order in which they are done.

    This process is one of them: it does tasks like the others, and between them hands on what those have done.

    Args:
        work: what is done; a function of a module.
        tasks: taken as they can be done, some ahead.
        number: of processes, this one included.
        loads: the module that has `work`, with all that it needs.
        prepare: what each of the other processes does first.

    Raises:
        UsageError: processes were killed again and again, or cannot begin.
    """
    if number == 1:
        yield from ((task, work(task)) for task in tasks)
        return
    _check_program()
    others = number - 1
    start = partial(ProcessPoolExecutor, others, mp_context=_context(number, loads), initializer=prepare)
    left = iter(tasks)
    waiting: list[Task] = []
    for attempt in range(1, MOST_TRIES + 1):
        try:
            yield from _run(work, left, waiting, others, start)
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
    others: int,
    start: Callable[[], ProcessPoolExecutor],
) -> Iterator[tuple[Task, Result]]:
    """Do what waits and what is left; what is under way in another process when one dies waits again."""
    with start() as pool:
        under_way: dict[Future[Result], Task] = {pool.submit(work, task): task for task in waiting}
        while True:
            own = list(islice(left, 1))
            # One more than the others can begin, so that none of them waits while this process is at work.
            for task in islice(left, max(0, others + 1 - len(under_way))):
                waiting.append(task)
                under_way[pool.submit(work, task)] = task
            yield from ((task, work(task)) for task in own)
            if not own and not under_way:
                return
            done, _ = wait(under_way, timeout=0 if own else None, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()
                task = under_way.pop(future)
                waiting.remove(task)
                yield task, result


def _context(number: int, loads: str) -> BaseContext:
    """Return how others begin: several from one that has loaded what they need, where the system can do that."""
    if number < _FEWEST_FROM_ONE or not _CAN_FORK:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([loads])
    return context


_FEWEST_FROM_ONE: Final = 3
"""From how many processes on it takes less memory that the others have what they need from one more."""

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
