"""Reading on a cluster: Spark's executors run the function that the processes here run, and send back whole parts.

Executors need not share a disk with this machine; the log files of a folder have to be under the same path on each of
them.
"""

# The stubs of pyarrow know half of its types, and Spark may not be there.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import socket
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from sekisho.activity.usage import FileReport
from sekisho.collectors.trails import LocalFiles
from sekisho.storage.usage.store import FORMAT, encode_part, keep_part
from sekisho.wiring.processes import settle
from sekisho.wiring.spark_session import EngineError, failures, running
from sekisho.wiring.usage import Batch, summarise

WAVE: Final = 64
"""How many batches one job has, each a task of its own: up to some 400 MB of log files, a sixth of that as parts."""

AT_ONCE: Final = 4
"""How many jobs are under way, so that nobody waits for the last task of one; no more parts are in memory here."""

_COLUMNS: Final[Mapping[str, pa.DataType]] = {"number": pa.int64(), "part": pa.binary(), "reports": pa.binary()}

ROW: Final = pa.schema(_COLUMNS)
"""What a task returns of a batch: its number in the job, the part, and what was found in each file."""


@dataclass(frozen=True, slots=True)
class Spark:
    """Reads batches on a cluster; an executor that is lost costs a repetition of the batches it was at.

    Attributes:
        master: its URL; None leaves the choice to Spark's configuration.
        log: the file that takes what Spark says of itself.
    """

    master: str | None
    log: Path

    def run(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[FileReport]]]:
        """Read batches, many at once; without any, Spark does not start.

        Raises:
            EngineError: Spark is not there, does not start, or gives up.
        """
        left = iter(batches)
        waves = iter(lambda: tuple(islice(left, WAVE)), ())
        first = next(waves, None)
        if first is None:
            return
        with running(self.master, self.log) as session:
            pool = ThreadPoolExecutor(AT_ONCE)
            under_way: deque[Future[list[tuple[Batch, list[FileReport]]]]] = deque()
            try:
                for wave in chain([first], waves):
                    under_way.append(pool.submit(self._read, session, wave))
                    if len(under_way) == AT_ONCE:
                        yield from under_way.popleft().result()
                while under_way:
                    yield from under_way.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)  # what still runs ends with the session

    def _read(self, session: Any, wave: tuple[Batch, ...]) -> list[tuple[Batch, list[FileReport]]]:
        """Have a job read batches, and write their parts."""
        with failures(self.log):
            numbers = session.range(0, len(wave), 1, len(wave))
            rows = numbers.mapInArrow(partial(read_there, wave, FORMAT), _DDL).collect()
        return [(wave[row["number"]], _keep(wave[row["number"]], row)) for row in rows]


_DDL: Final = "number bigint, part binary, reports binary"
"""The same in Spark's words."""


def read_there(wave: tuple[Batch, ...], kept: str, numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read those batches whose numbers come, on an executor, and yield a `ROW` for each.

    Args:
        wave: all batches of the job.
        kept: the `FORMAT` of who asks.
        numbers: Arrow batches of one column, `id`.

    Raises:
        EngineError: nothing that is read here would be right.
    """
    if kept != FORMAT:
        raise EngineError(f"the executor {socket.gethostname()} has another version of sekisho; install this one there")
    settle()
    for number in (int(row["id"]) for some in numbers for row in some.to_pylist()):
        place = wave[number].place
        if isinstance(place, LocalFiles) and not place.path.exists():
            raise EngineError(
                f"`{place.name}` is not there on the executor {socket.gethostname()}; a folder has to be on a file"
                " system that all executors share"
            )
        table, reports = summarise(wave[number])
        row = {"number": number, "part": encode_part(table), "reports": msgspec.json.encode(reports)}
        yield pa.RecordBatch.from_pylist([row], schema=ROW)


def _keep(batch: Batch, row: Any) -> list[FileReport]:
    keep_part(row["part"], batch.part)
    return msgspec.json.decode(row["reports"], type=list[FileReport])
