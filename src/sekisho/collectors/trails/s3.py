"""A trail's files in its bucket."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sekisho.collectors.connection import RAISED, open_client
from sekisho.collectors.errors import CollectError, MissingError, shown
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.trails.files import LogFile
from sekisho.collectors.trails.layout import Question, is_named_as_records
from sekisho.collectors.trails.s3_failures import failure
from sekisho.collectors.trails.s3_listing import Listing, Page

_SCHEME: Final = "s3://"
_ADDRESS: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?", re.DOTALL)
"""Source: Amazon S3 User Guide, "General purpose bucket naming rules"; the underscore is that of old buckets."""

_PAUSES: Final = (0.5, 1.0)
"""How long to wait before an object is fetched again whose content broke off, in seconds.

botocore itself repeats only what fails before the content.
"""


class _BrokenOffError(CollectError):
    """The content of an object did not come to its end."""


@dataclass(frozen=True, slots=True)
class S3Files:
    """All that is below a prefix of a bucket, or a single object.

    Nothing is called but `ListObjectsV2` and `GetObject`, and `HeadBucket` where that alone tells a bucket's Region.

    Attributes:
        prefix: ends with a slash where it is a folder; empty for the whole bucket.
        options: with whose credentials, and how patiently. Each process makes a client of its own from them.
    """

    bucket: str
    prefix: str = ""
    options: LiveOptions = field(default_factory=LiveOptions)

    @classmethod
    def is_address(cls, text: str) -> bool:
        """Say whether a text means a bucket and not a folder."""
        return text.startswith(_SCHEME)

    @classmethod
    def at(cls, address: str, options: LiveOptions) -> "S3Files":
        """Return what an address means: `s3://BUCKET/PREFIX/`, or `s3://BUCKET/KEY` with the ending of a log file.

        Raises:
            CollectError: it is no such address.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise CollectError(f"`{shown(address)}` names no bucket; write for example `s3://trail-logs/AWSLogs/`")
        prefix = found["prefix"] or ""
        is_whole = not prefix or prefix.endswith("/") or is_named_as_records(prefix)
        return cls(found["bucket"], prefix if is_whole else f"{prefix}/", options)

    @property
    def name(self) -> str:
        """The address."""
        return f"{_SCHEME}{self.bucket}/{self.prefix}"

    @property
    def at_once(self) -> int:
        """How many requests are under way at most."""
        return self.options.workers

    def list(self, question: Question) -> Iterator[LogFile]:
        """Yield the objects that can have events that are asked for, in the order of their keys."""
        _client(self.options)  # before there are threads
        files = Listing(self._pages, question).files(self.prefix, self.at_once)
        if not files and not any(page.files or page.folders for page in self._pages(self.prefix, MaxKeys=1)):
            raise MissingError(f"`{shown(self.name)}` has no objects; check the prefix")
        yield from sorted(files, key=lambda file: file.key)

    def read(self, file: LogFile) -> bytes:
        """Return the content of an object."""
        return self.read_signed(file)[0]

    def where(self, key: str) -> str:
        """Return the key."""
        return key

    def read_signed(self, file: LogFile) -> tuple[bytes, Mapping[str, str]]:
        """Return the content of an object, and its metadata."""
        for pause in _PAUSES:
            try:
                return self._fetch(file)
            except _BrokenOffError:
                time.sleep(pause)
        return self._fetch(file)

    def _fetch(self, file: LogFile) -> tuple[bytes, Mapping[str, str]]:
        what, permission = f"`{shown(file.key)}` could not be read", "s3:GetObject on the object"
        try:
            answer: Any = _client(self.options).get_object(Bucket=self.bucket, Key=file.key)
            body: Any = answer["Body"]
        except RAISED as error:
            raise failure(what, error, permission, self.options) from error
        try:
            with closing(body):
                content: bytes = body.read()
        except RAISED as error:
            raise _BrokenOffError(str(failure(what, error, permission, self.options))) from error
        return content, answer.get("Metadata", {})

    def _pages(self, prefix: str, **params: str | int) -> Iterator[Page]:
        """List what has a prefix, page by page.

        Raises:
            CollectError: it may not be listed.
        """
        where = f"`{_SCHEME}{self.bucket}/{shown(prefix)}` could not be listed"
        permission = f"s3:ListBucket on the bucket `{self.bucket}`"
        paginator = _client(self.options).get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=self.bucket, Prefix=prefix, **params))
        while True:
            try:
                answer = next(pages, None)
                page = None if answer is None else Page.of(answer)
            except RAISED as error:
                raise failure(where, error, permission, self.options) from error
            if page is None:
                return
            yield page


@cache
def _client(options: LiveOptions) -> Any:
    """Return this process's client for some options; it remembers in which Region a bucket is."""
    return open_client("s3", options)
