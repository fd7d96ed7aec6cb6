"""From CloudTrail's files to kept usage: which files are new, and who reads them."""

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Final, Protocol

from platformdirs import user_state_path

from sekisho.activity import NotARecordFileError, UsageError
from sekisho.activity.caller import Caller
from sekisho.activity.needs import READS, UNSEEN, WHOLE
from sekisho.activity.passed_roles import role_of_profile
from sekisho.activity.record import read_records
from sekisho.activity.usage import FileReport, Summarist, Summary, call_of
from sekisho.analyzers.least_privilege import Activity, activity_of
from sekisho.collectors.errors import CollectError
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.reader import Progress
from sekisho.collectors.trails import LocalFiles, LogFile, LogFiles, Question, RemoteFiles, S3Files
from sekisho.storage.usage import UsageStore, table_of, write_part

MOST_BYTES: Final = 3 * 1024 * 1024
"""How much of compressed files becomes one part: some twenty thousand records."""

MOST_FILES: Final = 1000
MOST_TRIES: Final = 3

COLLECTED_AFTER: Final = (50_000, 20, 50)
"""How many new objects there are before the young are looked through, and how often that is before the older ones are.

Rows are hundreds of thousands of objects, none of which is in a cycle.
"""


def collect_seldom() -> None:
    """Look for garbage more seldom than Python does by itself, in a process that reads or answers.

    Source: Python documentation, `gc.set_threshold`.
    """
    gc.set_threshold(*COLLECTED_AFTER)


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that become one part.

    Attributes:
        place: where they are.
        part: the file that is written.
    """

    place: LogFiles
    files: tuple[LogFile, ...]
    part: Path


class Engine(Protocol):
    """Who reads batches: processes here, or a cluster."""

    def run(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[FileReport]]]:
        """Read batches, and yield each once its part is written."""
        ...


def read_batch(batch: Batch) -> list[FileReport]:
    """Read files, write what they come down to, and say what was found in each.

    A file that cannot be read, or is none of CloudTrail's, is told of and adds nothing.

    Raises:
        OSError: the part cannot be written.
    """
    rows = Summary()
    summarist = Summarist(READS, WHOLE, UNSEEN)
    reports: list[FileReport] = []
    for file, content in _contents(batch):
        try:
            found = read_records(content())
        except (NotARecordFileError, CollectError) as error:
            reports.append(FileReport(batch.place.name, file.key, file.version, problem=str(error), is_read=False))
            continue
        told = Summary(rows.rows)
        summarist.summarise(found, told)
        reports.append(
            FileReport(
                batch.place.name, file.key, file.version, told.records, told.no_calls, told.malformed, told.problem
            )
        )
    write_part(table_of(rows.rows), batch.part)
    return reports


def _contents(batch: Batch) -> Iterator[tuple[LogFile, Callable[[], bytes]]]:
    """Yield files in order, each with what returns its content or raises a `CollectError`.

    Those of a remote place are fetched ahead. No more is held than a batch has, which is one file or `MOST_BYTES`.
    """
    if not isinstance(batch.place, RemoteFiles):
        yield from ((file, partial(batch.place.read, file)) for file in batch.files)
        return
    with ThreadPoolExecutor(min(batch.place.at_once, len(batch.files))) as pool:
        fetched = deque((file, pool.submit(batch.place.read, file)) for file in batch.files)
        while fetched:
            file, content = fetched.popleft()
            yield file, content.result


@dataclass(frozen=True, slots=True)
class Processes:
    """Reads batches in processes of this machine; a process that is killed costs a repetition of its batch."""

    number: int

    def run(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[FileReport]]]:
        """Read batches, some at once."""
        if self.number == 1:
            for batch in batches:
                yield batch, read_batch(batch)
            return
        left = iter(batches)
        waiting: list[Batch] = []
        for attempt in range(1, MOST_TRIES + 1):
            try:
                yield from self._run(left, waiting)
            except BrokenProcessPool as error:
                if attempt == MOST_TRIES:
                    raise UsageError("a process that reads was killed three times; is there enough memory?") from error
            else:
                return

    def _run(self, left: Iterator[Batch], waiting: list[Batch]) -> Iterator[tuple[Batch, list[FileReport]]]:
        """Read what waits and what is left; what is under way when a process dies waits again."""
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.number, mp_context=context, initializer=collect_seldom) as pool:
            under_way: dict[Future[list[FileReport]], Batch] = {
                pool.submit(read_batch, batch): batch for batch in waiting
            }
            while True:
                for batch in islice(left, 2 * self.number - len(under_way)):
                    waiting.append(batch)
                    under_way[pool.submit(read_batch, batch)] = batch
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    reports = future.result()
                    batch = under_way.pop(future)
                    waiting.remove(batch)
                    yield batch, reports


def log_files(source: str, profile: str | None) -> LogFiles:
    """Return the place that `--from` names.

    Args:
        source: a folder, a file, or an address that begins with `s3://`.
        profile: of the AWS configuration, to read a bucket with.

    Raises:
        CollectError: the address is that of no bucket.
    """
    if S3Files.is_address(source):
        return S3Files.at(source, LiveOptions(profile=profile))
    return LocalFiles(Path(source).expanduser().resolve())


def read_usage(
    store: UsageStore, places: Sequence[LogFiles], question: Question, engine: Engine, progress: Progress | None = None
) -> list[FileReport]:
    """Read the files that a question needs and that are not kept yet.

    Args:
        store: keeps what they come down to.
        places: where files are.
        question: what is asked; files that cannot have an answer stay closed.
        engine: who reads.
        progress: hears how far the reading is.

    Returns:
        What was found in each file that was read now, or could not be read; those that were kept are not among them.

    Raises:
        CollectError: a place is not there, or may not be read.
        UsageError: what was read cannot be kept.
    """
    found = [(place, file) for place in places for file in place.list(question)]
    reports: list[FileReport] = []
    with store.writing():
        kept = store.files()
        stale = [
            (place.name, file.key) for place, file in found if _version(kept, place, file) not in {None, file.version}
        ]
        if stale:
            store.forget(stale)
            kept = store.files()
        new = [(place, file) for place, file in found if _version(kept, place, file) is None]
        if progress is not None:
            progress.expect(len(new))
        for batch, told in engine.run(_batches(store, new)):
            store.add(batch.part, told)
            reports += told
            if progress is not None:
                for file in batch.files:
                    progress.advance(file.key)
    return reports


def _version(kept: Mapping[tuple[str, str], FileReport], place: LogFiles, file: LogFile) -> str | None:
    report = kept.get((place.name, file.key))
    return report.version if report else None


def _batches(store: UsageStore, files: Iterable[tuple[LogFiles, LogFile]]) -> Iterator[Batch]:
    """Put files of a place together as long as they are small."""
    for place, group in groupby(files, lambda one: one[0]):
        some: list[LogFile] = []
        size = 0
        for _, file in group:
            if some and (size + file.size > MOST_BYTES or len(some) == MOST_FILES):
                yield Batch(place, tuple(some), store.new_part())
                some, size = [], 0
            some.append(file)
            size += file.size
        if some:
            yield Batch(place, tuple(some), store.new_part())


def activities(
    store: UsageStore, principals: Sequence[str] | None, start: str = "", end: str = "~"
) -> Iterator[Activity]:
    """Yield what principals did, one after the other.

    Args:
        store: where it is kept.
        principals: their ARNs; None for all but service-linked roles, whose policies are AWS's own.
        start: the first day, in UTC.
        end: the last day, in UTC.
    """
    profiles = dict(
        filter(None, (role_of_profile(call_of(usage)) for usage in store.calls("AddRoleToInstanceProfile")))
    )
    wanted: Sequence[str | None] = [None] if principals is None else principals
    rows = chain.from_iterable(store.uses(one, start, end) for one in wanted)
    for principal, uses in groupby(rows, lambda row: row.usage.principal):
        if principals is not None or not Caller(principal).is_service_linked:
            yield activity_of(principal, uses, profiles)


def usage_folder(places: Sequence[LogFiles]) -> Path:
    """Return where the usage of some places is kept unless it is said otherwise: in the user's state folder."""
    names = sorted({place.name for place in places})
    return user_state_path("sekisho") / "usage" / blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
