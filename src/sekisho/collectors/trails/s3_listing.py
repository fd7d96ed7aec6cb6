"""Which of a bucket's objects a question needs, in few listings.

Folders are listed from the top, and only those are gone into that can have an answer: `AWSLogs/`, its accounts, their
`CloudTrail/`, and in each Region the days that are asked for. What lies outside of the layout is listed whole.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sekisho.collectors.trails.files import LogFile
from sekisho.collectors.trails.layout import Question, place_of

_FOLDER: Final = re.compile(
    r"(?:.*?/)??AWSLogs/(?:o-[a-z0-9]+/)?"
    r"(?:(?P<account>\d{12})/(?:(?P<kind>[^/]+)/(?:(?P<region>[a-z0-9-]+)/(?P<days>[\d/]*))?)?)?",
    re.DOTALL,
)
"""A folder of the layout, from `AWSLogs/` down to the days of a Region; see `layout`."""

_ROOT: Final = re.compile(r"(?:.*?/)??AWSLogs/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing: the objects in it, in the order of their keys, and the folders."""

    files: tuple[LogFile, ...]
    folders: tuple[str, ...]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Page":
        """Return what `ListObjectsV2` answered.

        Raises:
            LookupError: it lacks what every such answer has.
        """
        answer["IsTruncated"]  # what is no listing must not pass for an empty one
        return cls(
            tuple(
                LogFile(one["Key"], one["Size"], f"{one.get('ETag', '').strip(chr(34))}-{one['Size']}")
                for one in answer.get("Contents", ())
                if not one["Key"].endswith("/")  # the console makes such objects so that a folder shows
            ),
            tuple(one["Prefix"] for one in answer.get("CommonPrefixes", ())),
        )


class Pages(Protocol):
    """Lists a bucket, with the parameters of `ListObjectsV2`; threads may share it."""

    def __call__(self, prefix: str, **params: str | int) -> Iterator[Page]:
        """Yield page after page."""
        ...


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look into a folder has shown: files that are wanted, and folders that are to be looked into."""

    files: list[LogFile]
    folders: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Finds the objects that a question needs."""

    pages: Pages
    question: Question

    def files(self, prefix: str, at_once: int) -> list[LogFile]:
        """Return those below a prefix, in any order.

        Args:
            prefix: ends with a slash, is empty, or is one whole key.
            at_once: how many folders may be listed at the same time.

        Raises:
            CollectError: one of them may not be listed.
        """
        files: list[LogFile] = []
        with ThreadPoolExecutor(at_once) as pool:
            waiting: set[Future[_Look]] = {pool.submit(self._look, prefix)}
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for look in (future.result() for future in done):
                        files += look.files
                        waiting |= {pool.submit(self._look, folder) for folder in look.folders}
            finally:
                pool.shutdown(cancel_futures=True)
        return files

    def _look(self, folder: str) -> _Look:
        found = _FOLDER.fullmatch(folder)
        if found is None:
            return self._without_layout(folder)
        account, kind, region = found.group("account", "kind", "region")
        if not (
            _is_asked(account, self.question.accounts)
            and _is_asked(kind, frozenset({self.question.kind}))
            and _is_asked(region, self.question.regions)
        ):
            return _Look([])
        if region is not None:
            return self._days(folder, folder[: found.start("days")])
        return self._top(f"{folder}{self.question.kind}/" if account and not kind else folder)

    def _top(self, folder: str) -> _Look:
        """Return what is right in a folder."""
        pages = list(self.pages(folder, Delimiter="/"))
        return _Look(
            [file for page in pages for file in page.files if self.question.may_be_in(file.key)],
            [one for page in pages for one in page.folders],
        )

    def _days(self, folder: str, region: str) -> _Look:
        """Return what a Region's folder has of the days that are asked for, or the folder of some of its days."""
        start, end = self.question.start, self.question.end
        files: list[LogFile] = []
        for page in self.pages(folder, **_after(f"{region}{start:%Y/%m/%d}/" if start else "")):
            files += (file for file in page.files if self.question.may_be_in(file.key))
            last = place_of(page.files[-1].key) if page.files else None
            if end and last and last.day > end + self.question.late:
                break
        return _Look(files)

    def _without_layout(self, folder: str) -> _Look:
        """Return all below a folder, but each `AWSLogs/` as a folder that is to be looked into."""
        files: list[LogFile] = []
        roots: list[str] = []
        after: str | None = ""
        while after is not None:
            following = None
            for file in (file for page in self.pages(folder, **_after(after)) for file in page.files):
                if root := _ROOT.match(file.key, len(folder)):
                    roots.append(file.key[: root.end()])
                    following = f"{roots[-1][:-1]}0"  # 0 comes after the slash: all of the root is left out
                    break
                if self.question.may_be_in(file.key):
                    files.append(file)
            after = following
        return _Look(files, roots)


def _is_asked(one: str | None, asked: frozenset[str]) -> bool:
    return one is None or not asked or one in asked


def _after(key: str) -> Mapping[str, str]:
    return {"StartAfter": key} if key else {}
