"""From CloudTrail's files to kept usage: which files are new, and who reads them."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import chain, groupby
from pathlib import Path
from typing import BinaryIO, Final, Generic, Protocol, TypeVar

import pyarrow as pa
from platformdirs import user_state_path

from sekisho.activity import NotARecordFileError
from sekisho.activity.caller import Caller, told_without_path
from sekisho.activity.kept import Keeper
from sekisho.activity.needs import FREE, READS, UNSEEN, WHOLE
from sekisho.activity.passed_roles import role_of_profile
from sekisho.activity.record import read_records
from sekisho.activity.summarist import Summarist
from sekisho.activity.usage import FileReport, UseOf, call_of
from sekisho.analyzers.least_privilege import Activity, Aside, activity_of
from sekisho.collectors.errors import CollectError
from sekisho.collectors.reader import Progress
from sekisho.collectors.trails import LocalFiles, LogFile, LogFiles, Question, RemoteFiles
from sekisho.storage.usage import UsageReader, UsageStore, table_of, temporary_file, write_part
from sekisho.wiring.processes import in_order, in_processes, settle
from sekisho.wiring.service_reference import use_reference

MOST_BYTES: Final = 6 * 1024 * 1024
"""How much of compressed files becomes one part: some forty thousand records."""

MOST_FILES: Final = 1000


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

    Raises:
        OSError: the part cannot be written.
    """
    table, reports = summarise(batch)
    write_part(table, batch.part)
    return reports


def summarise(batch: Batch) -> tuple[pa.Table, list[FileReport]]:
    """Read files, and return what they come down to and what was found in each.

    A file that cannot be read, or is none of CloudTrail's, is told of and adds nothing.
    """
    summarist = Summarist(Keeper(READS, WHOLE, UNSEEN, FREE))
    reports: list[FileReport] = []
    for file, content in _contents(batch):
        try:
            # No more than the records of one file are held.
            told = summarist.add(read_records(content()))
        except (NotARecordFileError, CollectError) as error:
            reports.append(FileReport(batch.place.name, file.key, file.version, problem=str(error), is_read=False))
            continue
        reports.append(
            FileReport(
                batch.place.name, file.key, file.version, told.records, told.no_calls, told.malformed, told.problem
            )
        )
    return table_of(summarist.rows), reports


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
        yield from in_processes(read_batch, batches, self.number, loads=__name__)


def log_files(source: str, profile: str | None) -> LogFiles:
    """Return the place that `--from` names.

    Args:
        source: a folder, a file, or an address that begins with `s3://`.
        profile: of the AWS configuration, to read a bucket with.

    Raises:
        CollectError: the address is that of no bucket.
    """
    if source.startswith("s3://"):
        from sekisho.collectors.options import LiveOptions  # noqa: PLC0415 - botocore takes a fifth of a second
        from sekisho.collectors.trails.s3 import S3Files  # noqa: PLC0415 - as above

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
            reports += _lost(kept, found, question, still_kept=store.files())
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


def _lost(
    kept: Mapping[tuple[str, str], FileReport],
    found: Iterable[tuple[LogFiles, LogFile]],
    question: Question,
    *,
    still_kept: Collection[tuple[str, str]],
) -> Iterator[FileReport]:
    """Yield files that are kept no longer and lie there no more: they were in one part with a file that has changed."""
    there = {(place.name, file.key) for place, file in found}
    for key, report in kept.items():
        if key not in still_kept and key not in there and question.may_be_in("/".join(key)):
            problem = "it lies there no more, and no longer counts, as a file that was read with it has changed"
            yield FileReport(report.place, report.key, report.version, problem=problem, is_read=False)


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


Answer = TypeVar("Answer")


def answers(
    store: UsageReader,
    principals: Sequence[str] | None,
    start: str = "",
    end: str = "~",
    *,
    then: Callable[[Activity], Answer],
    aside: Callable[[BinaryIO], Aside] | None = None,
    processes: int = 1,
    reference: Path | None = None,
) -> Iterator[Answer]:
    """Yield what becomes of what each principal did, one after the other.

    Args:
        store: where it is kept.
        principals: their ARNs; None for all but service-linked roles, whose policies are AWS's own. What older records
            tell of one without its path is told of it together with the rest.
        start: the first moment, as the store takes it.
        end: the last moment.
        then: what is made of it; with more than one process a function of a module, or one that is `partial`.
        aside: gives what an activity need not hold a file; None where all of it is asked for.
        processes: how many make it at once.
        reference: the file with AWS's Service Reference, which this process uses already; None for without.

    Raises:
        UsageError: processes were killed again and again.
    """
    whole = told_without_path(store.principals(start, end))
    named = None if principals is None else dict.fromkeys(whole.get(one, one) for one in principals)
    ranges = store.ranges(start, end) if named is None else [(one, one) for one in named]
    answer = _Answering(
        UsageReader(store.parts),
        instance_profiles(store),
        {arn: older for older, arn in whole.items()},
        start,
        end,
        then,
        aside,
        are_named=named is not None,
    )
    number = min(processes, len(ranges)) or 1
    done = in_processes(answer, list(enumerate(ranges)), number, loads=__name__, prepare=partial(_prepare, reference))
    yield from chain.from_iterable(in_order(done))


def _prepare(reference: Path | None) -> None:
    settle()
    if reference is not None:
        use_reference(reference)


@dataclass(frozen=True, slots=True)
class _Answering(Generic[Answer]):
    """Makes something of what principals did."""

    reader: UsageReader
    profiles: Mapping[str, str]
    older: Mapping[str, str]
    start: str
    end: str
    then: Callable[[Activity], Answer]
    aside: Callable[[BinaryIO], Aside] | None
    are_named: bool

    def __call__(self, task: tuple[int, tuple[str, str]]) -> list[Answer]:
        """Return what becomes of each principal of a numbered range, from the first to the last."""
        _, principals = task
        addresses = self.reader.addresses(principals, self.start, self.end)
        groups = groupby(self.reader.uses(principals, self.start, self.end), lambda row: row.usage.principal)
        parts = set(self.older.values())
        return [
            self._answer(principal, uses, addresses.get(principal, frozenset()))
            for principal, uses in groups
            if principal not in parts and (self.are_named or not Caller(principal).is_service_linked)
        ]

    def _answer(self, principal: str, uses: Iterable[UseOf], addresses: frozenset[str] | None) -> Answer:
        older = self.older.get(principal)
        if older is not None:
            uses = chain(uses, self.reader.uses(older, self.start, self.end))
            others = self.reader.addresses(older, self.start, self.end).get(older)
            addresses = None if addresses is None or others is None else addresses | others
        if self.aside is None:
            return self.then(activity_of(principal, uses, self.profiles, addresses))
        with temporary_file() as file:
            return self.then(activity_of(principal, uses, self.profiles, addresses, self.aside(file)))


def instance_profiles(store: UsageReader) -> Mapping[str, str]:
    """Return the roles of instance profiles, as far as calls tell of them."""
    return dict(filter(None, (role_of_profile(call_of(usage)) for usage in store.calls("AddRoleToInstanceProfile"))))


def usage_folder(places: Sequence[LogFiles]) -> Path:
    """Return where the usage of some places is kept unless it is said otherwise: in the user's state folder."""
    names = sorted({place.name for place in places})
    return user_state_path("sekisho") / "usage" / blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
